"""Pictures of rights, computed here and drawn by templates as SVG: the spectrum ruler and the life of each right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from spectrum.bands import Bands
from spectrum.chronicle import Chronicle, Holding
from spectrum.places import OPAQUE, Places
from spectrum.rights import Area

COLOURS = 8
WIDTH = 1000.0
PANEL_KHZ = ((3_400_000, 3_500_000), (3_500_000, 3_600_000))
"""The two halves of the duplex, drawn one above the other: the pair of a channel stands under it."""
LANE, GAP = 22.0, 4.0


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of band in a lane: x and width in the picture's units, and what it is."""

    x: float
    width: float
    low_khz: int
    high_khz: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One party's bands in one half."""

    name: str
    colour: int
    blocks: tuple[Block, ...]

    @property
    def label_x(self) -> float:
        """Where its name may begin: after the last block."""
        return self.blocks[-1].x + self.blocks[-1].width


@dataclass(frozen=True, slots=True)
class Panel:
    """One half of the duplex, with its ticks as (x, MHz)."""

    low_khz: int
    high_khz: int
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an authorisation's life: x, width; thickness says how much of the territory it covers."""

    x: float
    width: float
    thickness: float
    text: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Life:
    """One authorisation: its row, the parties that held it, its segments, and the row of its parent."""

    number: str
    holder: str
    colour: int
    y: float
    segments: tuple[Segment, ...]
    parent_y: float | None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Lives:
    """All rows, the years of the axis as (x, year), where a day stands, and the height."""

    rows: tuple[Life, ...]
    years: tuple[tuple[float, int], ...]
    day_x: float
    height: float


class Colours:
    """A colour for each party of a register, in the order of its first right; names of one party share it."""

    def __init__(self, folded: Chronicle) -> None:
        self._who = folded.parties.who
        self._given: dict[str, int] = {}
        for one in sorted(folded.holdings(), key=lambda h: (h.extent.period.start, h.authorisation)):
            self.of(one.holder)

    def of(self, party: str) -> int:
        """Its number, 0 to COLOURS - 1."""
        return self._given.setdefault(self._who(party), len(self._given) % COLOURS)


def _holder(one: Holding) -> str:
    return one.holder


def ruler(held: Iterable[Holding], colours: Colours, party_of: Callable[[Holding], str] = _holder) -> tuple[Panel, ...]:
    """The band as it is held: a lane for each party (the holder, unless told otherwise), in both halves."""
    by_party: dict[str, list[Holding]] = defaultdict(list)
    for one in held:
        by_party[party_of(one)].append(one)
    panels = []
    for low, high in PANEL_KHZ:
        lanes = []
        for party, rights in sorted(by_party.items()):
            parts = Bands.of(*{part for right in rights for part in right.extent.bands.parts or ()}).parts or ()
            blocks = tuple(_block(part, low, high) for part in parts if part[0] < high and low < part[1])
            if blocks:
                lanes.append(Lane(party, colours.of(party), blocks))
        ticks = tuple(((khz - low) / (high - low) * WIDTH, khz // 1000) for khz in range(low, high + 1, 10_000))
        panels.append(Panel(low, high, tuple(lanes), ticks))
    return tuple(panels)


def _block(part: tuple[int, int], low: int, high: int) -> Block:
    start, end = max(part[0], low), min(part[1], high)
    scale = WIDTH / (high - low)
    return Block((start - low) * scale, (end - start) * scale, *part)


def lives(held: Sequence[Holding], places: Places, colours: Colours, day: date) -> Lives:
    """The life of each authorisation, children below the parent that they were taken from."""
    by_number: dict[str, list[Holding]] = defaultdict(list)
    for one in held:
        by_number[one.authorisation].append(one)
    ends = [one.extent.period.end for one in held if one.extent.period.end]
    first = min((one.extent.period.start for one in held), default=day)
    last = max([*ends, day, *(one.extent.period.start for one in held)]).replace(month=12, day=31)
    first = min(first, day).replace(month=1, day=1)
    span = max((last - first).days, 1)

    def x(on: date) -> float:
        return (on - first).days / span * WIDTH

    most = max((len(one.extent.area) for one in held), default=1)
    order = _family(by_number)
    height = LANE + 2 * GAP
    y_of = {number: height * (place + 0.5) for place, number in enumerate(order)}
    rows = []
    for number in order:
        pieces = by_number[number]
        parent = next((one.parent for one in pieces if one.parent), "")
        rows.append(
            Life(
                number,
                pieces[-1].holder,
                colours.of(pieces[-1].holder),
                y_of[number],
                tuple(_segments(pieces, places, x, last, most)),
                y_of.get(parent),
                any(one.simulated for one in pieces),
            )
        )
    step = 1 if span < 366 * 12 else 2 if span < 366 * 26 else 5
    years = tuple((x(date(year, 1, 1)), year) for year in range(first.year, last.year + 1, step))
    return Lives(tuple(rows), years, x(day), height * len(order))


def _family(by_number: Mapping[str, Sequence[Holding]]) -> list[str]:
    """Authorisations so that each stands under its parent."""
    born = {number: min(one.extent.period.start for one in pieces) for number, pieces in by_number.items()}
    parent = {n: next((one.parent for one in pieces if one.parent), "") for n, pieces in by_number.items()}
    children: dict[str, list[str]] = defaultdict(list)
    for number in sorted(by_number, key=lambda n: (born[n], n)):
        above = parent[number]
        children[above if above in by_number and above != number else ""].append(number)
    order: list[str] = []
    waiting = list(reversed(children[""]))
    while waiting:
        number = waiting.pop()
        if number not in order:
            order.append(number)
            waiting.extend(reversed(children[number]))
    return order


def _segments(
    pieces: Sequence[Holding], places: Places, x: Callable[[date], float], last: date, most: int
) -> Iterable[Segment]:
    """The stretches of an authorisation's life, cut where its area changes."""
    days = sorted({day for one in pieces for day in (one.extent.period.start, one.extent.period.end) if day})
    endless = any(one.extent.period.end is None for one in pieces)
    for start, end in zip(days, [*days[1:], None], strict=True):
        area = frozenset().union(*(one.extent.area for one in pieces if one.extent.period.holds(start)))
        if not area or (end is None and not endless):
            continue
        x0, x1 = x(start), x(end or last)
        thickness = 5 + (LANE - 5) * len(area) / most
        yield Segment(x0, max(x1 - x0, 2.0), thickness, area_text(area, places), start, end)


def area_text(area: Area, places: Places) -> str:
    """`16, 17 + 2 communes`: whole departments, then how many single communes (or their names when few)."""
    whole, communes = places.departments_of(area)
    names = [places.commune_names.get(code, code) for code in communes if not code.startswith(OPAQUE)]
    single = ", ".join(names) if len(names) <= 2 else f"{len(names)} communes"
    return " + ".join(text for text in (", ".join(whole), single) if text)
