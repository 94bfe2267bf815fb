"""Frequencies of a right: half-open intervals of whole kilohertz, the halves of a duplex pair kept in one value. Pure.

Which band an act means is not always established. `UNKNOWN` is then its value, and a question about it is answered
`CANNOT_PROVE`: no conflict, and no all-clear either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nms.base.errors import InputError
from nms.base.text import clean, say
from spectrum.figures import readings, unclear

LOWEST_KHZ, HIGHEST_KHZ = 9, 300_000_000
_SEPARATORS = re.compile(r"\s*(?:[;/+&]|\bet\b|\band\b)\s*", re.IGNORECASE)
_RANGE = re.compile(
    r"^(?:de\s+|from\s+)?(\S+?)\s*(?:-|–|—|\bà\b|\bto\b)\s*(\S+?)\s*(k|m|g)?hz$|^(\S+?)\s*(?:-|–|—)\s*(\S+?)$", re.I
)
_NUMBER = re.compile(r"^[0-9]{1,9}(?:[.,][0-9]{1,6})?$", re.ASCII)
_KHZ_OF = {"k": 1, "m": 1000, "g": 1_000_000}


class Answer(StrEnum):
    """What can be said of two things of which one may be unknown."""

    YES = "yes"
    NO = "no"
    CANNOT_PROVE = "cannot_prove"


@dataclass(frozen=True, slots=True)
class Bands:
    """A set of kilohertz. `parts` are disjoint, apart from each other and in order; None: not established."""

    parts: tuple[tuple[int, int], ...] | None

    @classmethod
    def of(cls, *parts: tuple[int, int]) -> Bands:
        """Bands of half-open intervals in kHz, in any order.

        Raises:
            InputError: an interval is empty, or lies outside 9 kHz to 300 GHz.
        """
        for low, high in parts:
            if not LOWEST_KHZ <= low < high <= HIGHEST_KHZ:
                raise InputError(
                    "band_impossible",
                    say("{low} to {high} kHz is no band: write low, then high, in MHz.", low=low, high=high),
                    low=low,
                    high=high,
                )
        return cls(_joined(parts))

    @property
    def known(self) -> bool:
        """Whether the bands are established."""
        return self.parts is not None

    @property
    def width_khz(self) -> int:
        """Sum of the widths; 0 when not established."""
        return sum(high - low for low, high in self.parts or ())

    def intersects(self, other: Bands) -> Answer:
        """Whether some kilohertz lies in both."""
        if self.parts == () or other.parts == ():
            return Answer.NO
        if self.parts is None or other.parts is None:
            return Answer.CANNOT_PROVE
        return Answer.YES if any(a < d and c < b for a, b in self.parts for c, d in other.parts) else Answer.NO

    def contains(self, other: Bands) -> Answer:
        """Whether every kilohertz of the other lies in this."""
        if other.parts == ():
            return Answer.YES
        if self.parts is None or other.parts is None:
            return Answer.CANNOT_PROVE
        inside = all(any(a <= c and d <= b for a, b in self.parts) for c, d in other.parts)
        return Answer.YES if inside else Answer.NO

    def intersection(self, other: Bands) -> Bands:
        """What lies in both; not established when either is not (and neither is empty)."""
        if self.parts is None or other.parts is None:
            return NONE if () in (self.parts, other.parts) else UNKNOWN
        common = ((max(a, c), min(b, d)) for a, b in self.parts for c, d in other.parts)
        return Bands(_joined([(low, high) for low, high in common if low < high]))

    def minus(self, other: Bands) -> Bands:
        """What lies in this and not in the other; not established when either is not."""
        if self.parts is None or other.parts is None:
            return self if other.parts == () else NONE if self.parts == () else UNKNOWN
        left = list(self.parts)
        for c, d in other.parts:
            left = [piece for a, b in left for piece in ((a, min(b, c)), (max(a, d), b)) if piece[0] < piece[1]]
        return Bands(tuple(left))

    def union(self, other: Bands) -> Bands:
        """What lies in either; not established when either is not."""
        if self.parts is None or other.parts is None:
            return UNKNOWN
        return Bands(_joined((*self.parts, *other.parts)))

    def as_lists(self) -> list[list[int]]:
        """`[[low, high), ...]` in kHz for JSON; empty when not established."""
        return [[low, high] for low, high in self.parts or ()]

    def text(self) -> str:
        """`3432.5-3447.5/3532.5-3547.5` in MHz, which `read_bands` reads back; empty when not established."""
        return "/".join(f"{_mhz(low)}-{_mhz(high)}" for low, high in self.parts or ())

    def __bool__(self) -> bool:
        """False when there is nothing in it; what is not established may be something."""
        return self.parts != ()


UNKNOWN = Bands(None)
NONE = Bands(())


def read_bands(text: str) -> Bands:
    """Bands as people write them: `3432.5-3447.5/3532.5-3547.5` (MHz), `3,5–3,51 GHz`; empty: not established.

    Raises:
        InputError: a part that cannot be read in one way only; the sentence shows it.
    """
    if not text.strip():
        return UNKNOWN
    parts = [part for part in _SEPARATORS.split(text.strip()) if part]
    units = [found[3] for part in parts if (found := _RANGE.match(part)) and found[3]]
    return Bands.of(*(_range(part, units[-1] if units else "m") for part in parts))


def _range(part: str, unit: str) -> tuple[int, int]:
    found = _RANGE.match(part)
    if found is None:
        raise _unreadable(part)
    low, high = (found[1], found[2]) if found[1] else (found[4], found[5])
    factor = _KHZ_OF[(found[3] or unit).lower()]
    ends = _khz(low, factor), _khz(high, factor)
    if not LOWEST_KHZ <= ends[0] < ends[1] <= HIGHEST_KHZ:
        raise InputError(
            "band_impossible",
            say(
                "“{part}” was understood as {low} to {high} kHz, which is no band.",
                part=part,
                low=ends[0],
                high=ends[1],
            ),
            part=part,
        )
    return ends


def _khz(number: str, factor: int) -> int:
    """A number with a decimal point or comma, but not one that could mean thousands (`3,500` is refused)."""
    if not _NUMBER.match(number):
        raise _unreadable(number)
    whole, _, decimals = number.replace(",", ".").partition(".")
    if "," in number and len(decimals) == 3 and factor == 1000 and len(whole) <= 3:
        raise _unreadable(number)
    scaled = int(whole) * factor * 1_000_000 + int(decimals.ljust(6, "0") or 0) * factor
    if scaled % 1_000_000:
        raise InputError(
            "band_too_fine", say("“{part}” is no whole number of kilohertz.", part=clean(number, 40)), part=number
        )
    return scaled // 1_000_000


def _unreadable(part: str) -> InputError:
    shown = clean(part, 80)
    if readings(part):
        return InputError("band_unreadable", unclear(part), part=shown)
    return InputError(
        "band_unreadable",
        say("The band “{part}” cannot be read: write it in MHz, as 3432.5-3447.5/3532.5-3547.5.", part=shown),
        part=shown,
    )


def _joined(parts: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for low, high in sorted(parts):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _mhz(khz: int) -> str:
    whole, rest = divmod(khz, 1000)
    return f"{whole}.{rest:03}".rstrip("0") if rest else str(whole)
