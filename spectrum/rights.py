"""The algebra of rights: where, in which bands, when. Pure, exact, without geometry.

An `Extent` is a box along three axes: atoms of area (INSEE codes of today, or one opaque atom for a department that is
not loaded), bands in kHz, and legal days. Every operation answers with boxes that do not overlap. Along any axis a
right may be cut (R. 20-44-9-1); the parts rebuild the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from nms.base.errors import InputError
from nms.base.text import say
from spectrum.bands import NONE, Answer, Bands

Area = frozenset[str]


@dataclass(frozen=True, slots=True)
class Period:
    """Legal days from `start` up to, and without, `end`; None: the end was not established."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise InputError(
                "period_empty",
                say(
                    "A period from {start} to {end} has no day.", start=self.start.isoformat(), end=self.end.isoformat()
                ),
            )

    def holds(self, day: date) -> bool:
        """Whether the day lies in it, as far as is known."""
        return self.start <= day and (self.end is None or day < self.end)

    def intersection(self, other: Period) -> Period | None:
        """The days that lie in both; None when there is none."""
        start, end = max(self.start, other.start), _earlier(self.end, other.end)
        return Period(start, end) if end is None or start < end else None

    def minus(self, other: Period) -> tuple[Period, ...]:
        """The days of this that do not lie in the other, before it and after it."""
        common = self.intersection(other)
        if common is None:
            return (self,)
        before = (Period(self.start, common.start),) if self.start < common.start else ()
        ends_later = common.end is not None and (self.end is None or common.end < self.end)
        after = (Period(common.end, self.end),) if common.end is not None and ends_later else ()
        return before + after

    def since(self, day: date) -> Period | None:
        """The days of this from a day on; None when there is none."""
        return None if self.end is not None and self.end <= day else Period(max(self.start, day), self.end)

    def contains(self, other: Period) -> Answer:
        """Whether every day of the other lies in this; it cannot be proved when an end is not established."""
        if other.start < self.start or (self.end is not None and other.start >= self.end):
            return Answer.NO
        if self.end is not None and other.end is not None:
            return Answer.YES if other.end <= self.end else Answer.NO
        return Answer.CANNOT_PROVE


@dataclass(frozen=True, slots=True)
class Extent:
    """A box: area x bands x period."""

    area: Area
    bands: Bands
    period: Period

    def intersects(self, other: Extent) -> Answer:
        """Whether some (commune, kHz, day) lies in both."""
        if self.area.isdisjoint(other.area) or self.period.intersection(other.period) is None:
            return Answer.NO
        return self.bands.intersects(other.bands)

    def contains(self, other: Extent) -> Answer:
        """Whether the other lies in this along all three axes."""
        if not other.area <= self.area:
            return Answer.NO
        answers = (self.bands.contains(other.bands), self.period.contains(other.period))
        return (
            Answer.NO if Answer.NO in answers else Answer.CANNOT_PROVE if Answer.CANNOT_PROVE in answers else Answer.YES
        )

    def intersection(self, other: Extent) -> Extent | None:
        """The box that lies in both; None when there is none."""
        area, period = self.area & other.area, self.period.intersection(other.period)
        bands = self.bands.intersection(other.bands)
        return Extent(area, bands, period) if area and period and bands else None

    def minus(self, other: Extent) -> tuple[Extent, ...]:
        """What lies in this and not in the other: beside it, in other bands, before it and after it.

        Bands that the other does not touch go on in one piece, from the first day to the last. Where bands are not
        established that cannot be told, and only the days in common are another piece.
        """
        common = self.intersection(other)
        if common is None:
            return (self,)
        beside, rest = self.area - common.area, self.bands.minus(other.bands)
        left = [Extent(beside, self.bands, self.period)] if beside else []
        if rest:
            left.append(Extent(common.area, rest, self.period if rest.known else common.period))
        touched = common.bands if rest.known else self.bands
        left += [Extent(common.area, touched, period) for period in self.period.minus(common.period)]
        return tuple(left)


def minus(extents: Iterable[Extent], taken: Iterable[Extent]) -> list[Extent]:
    """What is left of some boxes when others are taken away."""
    left = list(extents)
    for box in taken:
        left = [piece for one in left for piece in one.minus(box)]
    return left


def canonical(extents: Iterable[Extent]) -> tuple[Extent, ...]:
    """The one form of a set of (commune, kHz, day) with established bands: equal sets give equal values.

    Boxes may overlap. Each commune's days are cut wherever something changes, equal neighbours are joined, and communes
    with the same life share boxes.
    """
    boxes = list(extents)
    members: dict[str, list[int]] = defaultdict(list)
    for number, box in enumerate(boxes):
        for atom in box.area:
            members[atom].append(number)
    lives: dict[tuple[tuple[Period, Bands], ...], set[str]] = defaultdict(set)
    known: dict[tuple[int, ...], tuple[tuple[Period, Bands], ...]] = {}
    for atom, numbers in members.items():
        key = tuple(numbers)
        if key not in known:
            known[key] = _life([boxes[number] for number in numbers])
        lives[known[key]].add(atom)
    joined: dict[tuple[Period, Bands], set[str]] = defaultdict(set)
    for life, atoms in lives.items():
        for cell in life:
            joined[cell] |= atoms
    found = [Extent(frozenset(atoms), bands, period) for (period, bands), atoms in joined.items()]
    return tuple(sorted(found, key=lambda box: (box.period.start, box.bands.parts or (), min(box.area))))


def union(one: Iterable[Extent], other: Iterable[Extent]) -> tuple[Extent, ...]:
    """Both together, in canonical form."""
    return canonical((*one, *other))


def split(whole: Extent, wanted: Extent) -> tuple[Extent, tuple[Extent, ...]]:
    """Cut a part out along one or several axes: the part, and what remains.

    Raises:
        InputError: the part does not lie inside the whole, or that cannot be proved.
    """
    if whole.contains(wanted) is not Answer.YES:
        raise InputError("not_inside", say("The part does not lie inside the right along all three axes."))
    return wanted, whole.minus(wanted)


def overlaps(extents: Sequence[Extent]) -> Iterator[tuple[int, int, str]]:
    """Every pair of positions that share a commune, a kilohertz and a day, with one such commune; bands established.

    A sweep along the days of each commune: it looks at what lives at the same time only.
    """
    by_atom: dict[str, list[int]] = defaultdict(list)
    for number, box in enumerate(extents):
        for atom in box.area:
            by_atom[atom].append(number)
    told: set[tuple[int, int]] = set()
    for atom, numbers in by_atom.items():
        if len(numbers) < 2:
            continue
        for pair in _together(extents, numbers):
            if pair not in told:
                told.add(pair)
                yield *pair, atom


def _together(extents: Sequence[Extent], numbers: list[int]) -> Iterator[tuple[int, int]]:
    living: list[int] = []
    for number in sorted(numbers, key=lambda n: extents[n].period.start):
        box = extents[number]
        living = [n for n in living if (end := extents[n].period.end) is None or end > box.period.start]
        for other in living:
            if extents[other].bands.intersects(box.bands) is Answer.YES:
                yield (other, number) if other < number else (number, other)
        living.append(number)


def _life(boxes: list[Extent]) -> tuple[tuple[Period, Bands], ...]:
    """What one commune lives through: bands by period, cut where they change, one entry per interval of frequencies."""
    days = sorted({day for box in boxes for day in (box.period.start, box.period.end) if day is not None})
    endless = any(box.period.end is None for box in boxes)
    ends: list[date | None] = [*days[1:], *([None] if endless else [])]
    cells: list[tuple[Period, Bands]] = []
    coming = sorted(boxes, key=lambda box: box.period.start, reverse=True)
    living: list[Extent] = []
    for start, end in zip(days, ends, strict=False):
        living = [box for box in living if box.period.holds(start)]
        while coming and coming[-1].period.start == start:
            living.append(coming.pop())
        bands = NONE
        for box in living:
            bands = bands.union(box.bands)
        if cells and bands == cells[-1][1] and cells[-1][0].end == start:
            cells[-1] = (Period(cells[-1][0].start, end), bands)
        elif bands:
            cells.append((Period(start, end), bands))
    return tuple(cells)


def _earlier(one: date | None, other: date | None) -> date | None:
    known = [day for day in (one, other) if day is not None]
    return min(known) if known else None
