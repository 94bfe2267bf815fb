"""Holdings, found by commune, by band, by party and by title, so that one act is judged without all others. Pure.

Communes in which many rights lie also keep them by band: an interval of kilohertz lies in one or two cells of the grid
whose step is the power of two that is not less than its width. A question looks at the cells that it touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from spectrum.bands import Answer, Bands
from spectrum.parties import key_of
from spectrum.rights import Extent

MANY = 32
"""Rights of one commune from which on they are kept by band too."""


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


class _Grid:
    """Numbers of one commune's rights by band; those of bands that are not established apart."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._open: set[int] = set()

    def add(self, number: int, bands: Bands) -> None:
        """Take one in."""
        if not bands.known:
            self._open.add(number)
        for level, cell in _cells(bands):
            self._cells[level][cell].add(number)

    def discard(self, number: int, bands: Bands) -> None:
        """Leave one out."""
        self._open.discard(number)
        for level, cell in _cells(bands):
            self._cells[level][cell].discard(number)
            if not self._cells[level][cell]:
                del self._cells[level][cell]

    def near(self, bands: Bands) -> set[int]:
        """Those that may share a kilohertz with established bands."""
        found = set(self._open)
        for low, high in bands.parts or ():
            for level, cells in self._cells.items():
                first, last = low >> level, (high - 1) >> level
                wide = last - first >= len(cells)
                for cell in [c for c in cells if first <= c <= last] if wide else range(first, last + 1):
                    found |= cells.get(cell, set())
        return found


def _cells(bands: Bands) -> Iterator[tuple[int, int]]:
    """The one or two cells, as (power of two, place), in which each interval lies."""
    for low, high in bands.parts or ():
        level = (high - low - 1).bit_length()
        yield from ((level, cell) for cell in range(low >> level, ((high - 1) >> level) + 1))


class _Names:
    """Numbers of rights by the key of their holder's name and by their authorisation."""

    def __init__(self) -> None:
        self.by_party: dict[str, set[int]] = defaultdict(set)
        self.by_title: dict[str, set[int]] = defaultdict(set)

    def add(self, number: int, holding: Holding) -> None:
        """Take one in."""
        self.by_party[key_of(holding.holder)].add(number)
        self.by_title[holding.authorisation].add(number)

    def discard(self, number: int, holding: Holding) -> None:
        """Leave one out."""
        self.by_party[key_of(holding.holder)].discard(number)
        self.by_title[holding.authorisation].discard(number)


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
                self._by_band[atom].add(number, holding.extent.bands)
            elif len(there) > MANY:
                grid = self._by_band[atom] = _Grid()
                for one in there:
                    grid.add(one, self._all[one].extent.bands)

    def replace(self, number: int, new: Iterable[Holding]) -> None:
        """Put others in the place of one."""
        old = self._all.pop(number)
        if self._names is not None:
            self._names.discard(number, old)
        for atom in old.extent.area:
            self._by_atom[atom].discard(number)
            if atom in self._by_band:
                self._by_band[atom].discard(number, old.extent.bands)
        for holding in new:
            self.add(holding)

    def touching(self, box: Extent) -> list[tuple[int, Holding]]:
        """Holdings that share a commune and a day with a box, and perhaps a kilohertz, in the order they came in."""
        numbers: set[int] = set()
        for atom in box.area:
            grid = self._by_band.get(atom) if box.bands.known else None
            numbers |= self._by_atom.get(atom, set()) if grid is None else grid.near(box.bands)
        found = ((number, self._all[number]) for number in sorted(numbers))
        return [(n, holding) for n, holding in found if holding.extent.intersects(box) is not Answer.NO]

    def of_party(self, keys: Iterable[str], area: frozenset[str]) -> list[tuple[int, Holding]]:
        """Holdings of a party, under any of the keys of its names, that share a commune with an area (empty: anywhere).

        In the order they came in.
        """
        by_party = self._named().by_party
        numbers = set().union(*(by_party.get(key, set()) for key in keys))
        if area and len(area) < len(numbers):
            numbers &= set().union(*(self._by_atom.get(atom, set()) for atom in area))
        found = ((number, self._all[number]) for number in sorted(numbers))
        return [(n, one) for n, one in found if not area or not area.isdisjoint(one.extent.area)]

    def of_title(self, authorisation: str) -> list[Holding]:
        """Holdings by one authorisation, in the order they came in."""
        return [self._all[number] for number in sorted(self._named().by_title.get(authorisation, ()))]

    def _named(self) -> _Names:
        if self._names is None:
            self._names = _Names()
            for number, holding in self._all.items():
                self._names.add(number, holding)
        return self._names
