"""Holdings, found by commune, by band, by party and by title, so that one act is judged without all others. Pure.

Where many rights lie they are kept in the order in which they end, so that what is over is not looked at: a commune
whose rights follow one another for years costs what those of one day cost. Communes in which many lie also keep them by
band: an interval of kilohertz lies in one or two cells of the grid whose step is the power of two that is not less than
its width. A question looks at the cells that it touches.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import date

from spectrum.bands import Answer, Bands
from spectrum.parties import key_of
from spectrum.rights import Extent

MANY = 32
"""Rights of one commune from which on they are kept by end and by band too."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A right: by which authorisation, whose, used by whom, over what; `act` gave it this shape.

    `parent` is the authorisation from which it was taken. `marks` say what is pending or not established.
    """

    authorisation: str
    holder: str
    user: str
    extent: Extent
    act: str
    marks: tuple[str, ...] = ()
    simulated: bool = False
    parent: str = ""

    def marked(self, *marks: str) -> Holding:
        """The same with more marks."""
        new = tuple(mark for mark in marks if mark not in self.marks)
        return replace(self, marks=self.marks + new) if new else self


class _Ends:
    """Numbers of rights in the order in which they end; an end that is not established comes last."""

    def __init__(self) -> None:
        self._order: list[tuple[date, int]] = []

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[int]:
        return (number for _, number in self._order)

    def add(self, number: int, holding: Holding) -> None:
        """Take one in."""
        insort(self._order, (_end(holding), number))

    def discard(self, number: int, holding: Holding) -> None:
        """Leave one out that was taken in."""
        del self._order[bisect_left(self._order, (_end(holding), number))]

    def after(self, day: date) -> Iterator[int]:
        """Those that have a day on or after this one, or that have none before it that is known to be their last."""
        first = bisect_right(self._order, day, key=_day)
        return (self._order[place][1] for place in range(first, len(self._order)))


def _end(holding: Holding) -> date:
    return holding.extent.period.end or date.max


def _day(one: tuple[date, int]) -> date:
    return one[0]


class _Grid:
    """Numbers of one commune's rights by end, and by band and end; those of bands that are not established apart."""

    def __init__(self) -> None:
        self.every = _Ends()
        self._cells: dict[int, dict[int, _Ends]] = defaultdict(lambda: defaultdict(_Ends))
        self._open = _Ends()

    def add(self, number: int, holding: Holding) -> None:
        """Take one in."""
        for ends in self._places(holding.extent.bands):
            ends.add(number, holding)
        self.every.add(number, holding)

    def discard(self, number: int, holding: Holding) -> None:
        """Leave one out."""
        for ends in self._places(holding.extent.bands):
            ends.discard(number, holding)
        self.every.discard(number, holding)

    def _places(self, bands: Bands) -> list[_Ends]:
        return [self._cells[level][cell] for level, cell in _cells(bands)] if bands.known else [self._open]

    def near(self, bands: Bands, day: date) -> set[int]:
        """Those not over on a day that may share a kilohertz with established bands."""
        found = set(self._open.after(day))
        for low, high in bands.parts or ():
            for level, cells in self._cells.items():
                first, last = low >> level, (high - 1) >> level
                wide = last - first >= len(cells)
                for cell in [c for c in cells if first <= c <= last] if wide else range(first, last + 1):
                    if cell in cells:
                        found.update(cells[cell].after(day))
        return found


def _cells(bands: Bands) -> Iterator[tuple[int, int]]:
    """The one or two cells, as (power of two, place), in which each interval lies."""
    for low, high in bands.parts or ():
        level = (high - low - 1).bit_length()
        yield from ((level, cell) for cell in range(low >> level, ((high - 1) >> level) + 1))


class _Names:
    """Numbers of rights by the key of their holder's name and by their authorisation."""

    def __init__(self) -> None:
        self.by_party: dict[str, _Ends] = defaultdict(_Ends)
        self.by_title: dict[str, _Ends] = defaultdict(_Ends)

    def add(self, number: int, holding: Holding) -> None:
        """Take one in."""
        self.by_party[key_of(holding.holder)].add(number, holding)
        self.by_title[holding.authorisation].add(number, holding)

    def discard(self, number: int, holding: Holding) -> None:
        """Leave one out."""
        self.by_party[key_of(holding.holder)].discard(number, holding)
        self.by_title[holding.authorisation].discard(number, holding)


class Book:
    """Holdings under running numbers, with their indexes."""

    def __init__(self) -> None:
        self._all: dict[int, Holding] = {}
        self._by_atom: dict[str, set[int]] = defaultdict(set)
        self._by_band: dict[str, _Grid] = {}
        self._names: _Names | None = None  # made by the first question about a party or a title
        self._next = 0

    def copy(self) -> Book:
        """The same holdings in a book of its own."""
        found = Book()
        for number, holding in self._all.items():
            found._next = number
            found.add(holding)
        found._next = self._next
        return found

    def __iter__(self) -> Iterator[Holding]:
        return iter(self._all.values())

    def add(self, holding: Holding) -> None:
        """Take one in."""
        number, self._next = self._next, self._next + 1
        self._all[number] = holding
        if self._names is not None:
            self._names.add(number, holding)
        for atom in holding.extent.area:
            there = self._by_atom[atom]
            there.add(number)
            if atom in self._by_band:
                self._by_band[atom].add(number, holding)
            elif len(there) > MANY:
                grid = self._by_band[atom] = _Grid()
                for one in there:
                    grid.add(one, self._all[one])

    def replace(self, number: int, new: Iterable[Holding]) -> None:
        """Put others in the place of one."""
        old = self._all.pop(number)
        if self._names is not None:
            self._names.discard(number, old)
        for atom in old.extent.area:
            self._by_atom[atom].discard(number)
            if atom in self._by_band:
                self._by_band[atom].discard(number, old)
        for holding in new:
            self.add(holding)

    def touching(self, box: Extent) -> list[tuple[int, Holding]]:
        """Holdings that share a commune and a day with a box, and perhaps a kilohertz, in the order they came in."""
        numbers: set[int] = set()
        for atom in box.area:
            grid = self._by_band.get(atom) if box.bands.known else None
            numbers |= grid.near(box.bands, box.period.start) if grid else self._there(atom, box.period.start)
        found = ((number, self._all[number]) for number in sorted(numbers))
        return [(n, holding) for n, holding in found if holding.extent.intersects(box) is not Answer.NO]

    def _there(self, atom: str, day: date) -> Set[int]:
        """The rights in a commune; where there are many, those not over on a day."""
        grid = self._by_band.get(atom)
        return set(grid.every.after(day)) if grid else self._by_atom.get(atom, frozenset())

    def of_party(
        self, keys: Collection[str], area: frozenset[str], since: date = date.min
    ) -> list[tuple[int, Holding]]:
        """Holdings of a party, under any of the keys of its names, that share a commune with an area (empty: anywhere).

        Those that are over on the day `since` are left out. In the order they came in.
        """
        by_party = self._named().by_party
        parties = [by_party[key] for key in keys if key in by_party]
        if area and len(area) < sum(map(len, parties)):
            numbers = set().union(*(self._there(atom, since) for atom in area))
        else:
            numbers = set().union(*(party.after(since) for party in parties))
        found = ((number, self._all[number]) for number in sorted(numbers))
        return [
            (n, one)
            for n, one in found
            if key_of(one.holder) in keys and _end(one) > since and (not area or not area.isdisjoint(one.extent.area))
        ]

    def of_title(self, authorisation: str, since: date = date.min) -> list[Holding]:
        """Holdings by one authorisation that are not over on a day, in the order they came in."""
        by_title = self._named().by_title
        numbers = by_title[authorisation].after(since) if authorisation in by_title else ()
        return [self._all[number] for number in sorted(numbers)]

    def _named(self) -> _Names:
        if self._names is None:
            self._names = _Names()
            for number, holding in self._all.items():
                self._names.add(number, holding)
        return self._names
