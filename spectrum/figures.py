"""Numbers and days as people type them into spreadsheets: read in one way only, or refused with what was understood."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from nms.base.clock import meant
from nms.base.errors import InputError
from nms.base.text import clean, say

_KHZ, _MHZ, _GHZ = "khz", "mhz", "ghz"
_IN_MHZ = {_KHZ: Decimal("0.001"), _MHZ: Decimal(1), _GHZ: Decimal(1000)}
_UNIT = re.compile(r"^(.*?)\s*(k|m|g)hz$", re.IGNORECASE | re.DOTALL)
_SPACED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d{1,6})?", re.ASCII)
_PLAIN = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?", re.ASCII)
_TWO_WAYS = re.compile(r"\d{1,3},\d{3}", re.ASCII)
_ENGLISH = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?", re.ASCII)
_CONTINENTAL = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?", re.ASCII)
_POWER = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?e[+-]?\d{1,2}", re.ASCII | re.IGNORECASE)
_LEAST_MHZ, _MOST_MHZ = 30, 300_000
"""Below, GHz were meant; above, kHz or Hz: no right of the register lies there."""
_SERIAL = re.compile(r"[1-9]\d{4}(?:\.0+)?", re.ASCII)
_FIRST_SERIAL = date(1899, 12, 30)
_NUMERIC_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2})", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_WRITTEN_DAY = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)?\s+([a-z]+)\.?\s+(\d{4})", re.ASCII)
_MONTHS = (
    ("janvier", "january"), ("fevrier", "february"), ("mars", "march"), ("avril", "april"), ("mai", "may"),
    ("juin", "june"), ("juillet", "july"), ("aout", "august"), ("septembre", "september"), ("octobre", "october"),
    ("novembre", "november"), ("decembre", "december"),
)  # fmt: skip


def readings(text: str) -> tuple[Decimal, ...]:
    """Every value that a number as typed could mean; none when it is no number."""
    typed = "".join(str(unicodedata.decimal(char, char)) for char in text.strip())
    if _SPACED.fullmatch(typed):
        typed = re.sub(r"\s", "", typed)
    if _TWO_WAYS.fullmatch(typed):
        return Decimal(typed.replace(",", ".")), Decimal(typed.replace(",", ""))
    if _PLAIN.fullmatch(typed) or _POWER.fullmatch(typed):
        return (Decimal(typed.replace(",", ".")),)
    if _ENGLISH.fullmatch(typed):
        return (Decimal(typed.replace(",", "")),)
    if _CONTINENTAL.fullmatch(typed):
        return (Decimal(typed.replace(".", "").replace(",", ".")),)
    return ()


def number(text: str) -> Decimal:
    """A number written in a way that can be read in one way: `3500,000`, `3 500,5`, `3500.5`.

    Raises:
        InputError: `3,500.000`, `3,500`, `3.5e3`, digits of another script, no number; what was understood is echoed.
    """
    typed = re.sub(r"\s", "", text) if _SPACED.fullmatch(text.strip()) else text.strip()
    if _PLAIN.fullmatch(typed) and not _TWO_WAYS.fullmatch(typed):
        return Decimal(typed.replace(",", "."))
    raise InputError("number_unclear", unclear(text), value=clean(text, 40))


def unclear(text: str) -> str:
    """Why a number is refused, with each value that it could mean."""
    shown, values = clean(text, 40), readings(text)
    if not values:
        return say("“{text}” is no number: write digits with one comma or point, such as 3432,5.", text=shown)
    return say(
        "“{text}” is refused, because it could be misread; it was understood as {values}: write it so.",
        text=shown,
        values=" / ".join(map(written, values)),
    )


def written(value: Decimal) -> str:
    """A value without an exponent and without zeros that say nothing: `3432.5`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def megahertz(text: str, unit: str = _MHZ) -> str:
    """A frequency in MHz as `read_bands` reads it; `unit` (khz, mhz, ghz) holds where the cell names none.

    Raises:
        InputError: it cannot be read in one way, or lies where nobody holds a right: a wrong unit; both are echoed.
    """
    found = _UNIT.match(text.strip())
    typed, unit = (found[1], f"{found[2].lower()}hz") if found else (text, unit)
    value = number(typed) * _IN_MHZ[unit]
    if _LEAST_MHZ <= value <= _MOST_MHZ:
        return written(value)
    other = value * 1000 if value < _LEAST_MHZ else value / 1000
    raise InputError(
        "unit_unlikely",
        say(
            "“{text}” was understood as {value} MHz, which no right of this register has; for {other} MHz write so.",
            text=clean(text, 40),
            value=written(value),
            other=written(other),
        ),
        value=clean(text, 40),
    )


def day(text: str) -> date:
    """A day as spreadsheets write it: `2009-03-12`, `12/03/2009` (day first), `12 mars 2009`, `1er mai 2009`.

    Raises:
        InputError: no such day, a year of two digits, a serial number; what was understood is echoed.
    """
    typed = " ".join(text.split())
    plain = "".join(c for c in unicodedata.normalize("NFD", typed.casefold()) if not unicodedata.combining(c))
    try:
        if found := _MIDNIGHT.fullmatch(typed.upper()):
            return meant(date.fromisoformat(found[1]))
        if found := _NUMERIC_DAY.fullmatch(typed):
            return meant(date(int(found[3]), int(found[2]), int(found[1])))
        if (found := _WRITTEN_DAY.fullmatch(plain)) and (month := _month(found[2])):
            return meant(date(int(found[3]), month, int(found[1])))
    except ValueError:
        pass
    understood = _echo(typed)
    shown = clean(text, 40)
    if understood is None:
        raise InputError(
            "no_such_day",
            say("“{day}” is no day from 1900 to 2999: write 2008-02-26 or 26/02/2008.", day=shown),
            value=shown,
        )
    raise InputError(
        "day_unclear",
        say(
            "“{day}” is refused, because it could be misread; it was understood as {understood}: write it so.",
            day=shown,
            understood=understood.isoformat(),
        ),
        value=shown,
    )


def _month(word: str) -> int:
    return next((place for place, names in enumerate(_MONTHS, 1) if word in names), 0)


def _echo(typed: str) -> date | None:
    """What a refused day would mean: a serial number of a spreadsheet, or a year of two digits."""
    if _SERIAL.fullmatch(typed):
        return _FIRST_SERIAL + timedelta(int(typed.partition(".")[0]))
    if found := _SHORT_YEAR.fullmatch(typed):
        try:
            return date(2000 + int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            return None
    return None
