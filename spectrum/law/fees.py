"""The annual fee for the use of frequencies: l x bf x c x k2, by legal day, exact to the cent (décret 2007-1532).

Linear in area, bandwidth and days: what a split gives to each party adds up to what was owed before it. What the texts
that are held do not say is told as a reason, never as nought.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise

from nms.base.text import Said, say
from spectrum.bands import Bands
from spectrum.rights import Period

ARTICLE = "Décret 2007-1532, art. 4 à 6"
DUPLEX_KHZ = 100_000
"""What lies between the halves of a pair in 3,400-3,600 MHz (décision 2005-1082)."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A value of the tariff with its first day, its text, its source; the band it is for, where it is for one."""

    name: str
    value: Fraction
    since: date
    article: str
    source: str
    confidence: str
    low_khz: int | None
    high_khz: int | None


def _read() -> tuple[Factor, ...]:
    told = tomllib.loads(files("spectrum.law").joinpath("fees.toml").read_text("utf-8"))
    return tuple(
        Factor(
            name=one["name"],
            value=Fraction(one["value"]),
            since=date.fromisoformat(one["since"]),
            article=one["article"],
            source=one["source"],
            confidence=one["confidence"],
            low_khz=one.get("low_khz"),
            high_khz=one.get("high_khz"),
        )
        for one in told["factor"]
    )


FACTORS = _read()


@dataclass(frozen=True, slots=True)
class Fee:
    """The fee of a right over some days of a year, in euros; `why` says what lacks when it cannot be computed.

    `width_khz` counts both halves of a pair; `single_khz` counts a pair once: the text leaves open which is meant.
    """

    period: Period
    days: int
    year_days: int
    width_khz: int | None
    single_khz: int | None
    area_km2: Fraction | None
    factors: tuple[Factor, ...]
    euros: Fraction | None
    why: Said | None

    @property
    def other_euros(self) -> Fraction | None:
        """The fee when a pair counts once."""
        if self.euros is None or not self.width_khz or self.single_khz is None:
            return None
        return self.euros * self.single_khz / self.width_khz


def year_of(year: int) -> Period:
    """The legal days of a year."""
    return Period(date(year, 1, 1), date(year + 1, 1, 1))


def fees(bands: Bands, area_km2: Fraction | None, period: Period, year: int) -> tuple[Fee, ...]:
    """The fee of a right in a year, cut where a value of the tariff changes; none when no day lies in the year.

    A right whose end is not established is counted to the end of the year.
    """
    days = period.intersection(year_of(year))
    if days is None or days.end is None:
        return ()
    cuts = {one.since for one in FACTORS if days.start < one.since < days.end}
    edges = [days.start, *sorted(cuts), days.end]
    return tuple(_fee(bands, area_km2, Period(start, end), year) for start, end in pairwise(edges))


def _fee(bands: Bands, area_km2: Fraction | None, period: Period, year: int) -> Fee:
    whole = year_of(year)
    k2, bf = _in_force("k2", period.start), _in_force("bf", period.start, bands)
    metropolis = _in_force("metropolis_km2", period.start)
    width = bands.width_khz if bands.known else None
    days, year_days = _count(period), _count(whole)
    why, euros = None, None
    if k2 is None or metropolis is None:
        why = say("cannot be computed: the text of that time is not held")
    elif width is None:
        why = say("cannot be computed: the bands are not established")
    elif bf is None:
        why = say("cannot be computed: no factor is held for that band")
    elif area_km2 is None:
        why = say("cannot be computed: the area of a commune is not known")
    else:
        euros = Fraction(width, 1000) * bf.value * area_km2 / metropolis.value * k2.value * days / year_days
    known = tuple(one for one in (k2, bf, metropolis) if one is not None)
    return Fee(period, days, year_days, width, single_khz(bands), area_km2, known, euros, why)


def single_khz(bands: Bands) -> int | None:
    """The width with each pair counted once; None when the bands are not established."""
    if not bands.known:
        return None
    shifted = Bands.of(*((low + DUPLEX_KHZ, high + DUPLEX_KHZ) for low, high in bands.parts or ()))
    return bands.width_khz - bands.intersection(shifted).width_khz


def in_cents(euros: Sequence[Fraction]) -> tuple[int, ...]:
    """Cents by largest remainder, the earlier first among equals: they sum to the whole rounded half up."""
    exact = [amount * 100 for amount in euros]
    floors = [int(amount // 1) for amount in exact]
    left = int((sum(exact, Fraction()) + Fraction(1, 2)) // 1) - sum(floors)
    order = sorted(range(len(exact)), key=lambda place: floors[place] - exact[place])
    for place in order[:left]:
        floors[place] += 1
    return tuple(floors)


def _in_force(name: str, day: date, bands: Bands | None = None) -> Factor | None:
    """The latest value that is held on a day; with bands, one that is for all of them."""
    found = [one for one in FACTORS if one.name == name and one.since <= day and _is_for(one, bands)]
    return max(found, key=lambda one: one.since, default=None)


def _is_for(one: Factor, bands: Bands | None) -> bool:
    if bands is None or one.low_khz is None or one.high_khz is None:
        return True
    return all(one.low_khz <= low and high <= one.high_khz for low, high in bands.parts or ())


def _count(period: Period) -> int:
    return (period.end - period.start).days if period.end else 0
