"""The algebra of rights against its own definition: sets of (commune, kHz, day)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.errors import InputError
from spectrum.bands import UNKNOWN, Answer, Bands
from spectrum.rights import Extent, Period, canonical, minus, overlaps, split, union

DAY = date(2008, 2, 27)
Cell = tuple[str, int, int]
spans = st.tuples(st.integers(0, 7), st.integers(1, 8)).map(lambda p: (p[0], p[0] + p[1]))
periods = spans.map(lambda p: Period(DAY + timedelta(p[0]), DAY + timedelta(p[1])))
bands = st.lists(spans, min_size=1, max_size=2).map(lambda parts: Bands.of(*((a + 10, b + 10) for a, b in parts)))
areas = st.frozensets(st.sampled_from("ABCD"), min_size=1)
boxes = st.builds(Extent, areas, bands, periods)


def cells(*extents: Extent) -> set[Cell]:
    return {
        (atom, khz, day)
        for box in extents
        for atom in box.area
        for low, high in box.bands.parts or ()
        for khz in range(low, high)
        for day in range((box.period.start - DAY).days, ((box.period.end or DAY) - DAY).days)
    }


@given(boxes, boxes)
def test_operations_are_those_of_sets_of_communes_kilohertz_and_days(one: Extent, other: Extent) -> None:
    a, b = cells(one), cells(other)
    assert cells(*one.minus(other)) == a - b
    common = one.intersection(other)
    assert (cells(common) if common else set()) == a & b
    assert (one.intersects(other) is Answer.YES) == bool(a & b)
    assert (one.contains(other) is Answer.YES) == (b <= a)


@given(boxes, boxes)
def test_pieces_never_overlap_and_rebuild_the_whole(whole: Extent, taken: Extent) -> None:
    pieces = [*whole.minus(taken), *([common] if (common := whole.intersection(taken)) else [])]
    assert not any(cells(x) & cells(y) for x, y in combinations(pieces, 2))
    assert canonical(pieces) == canonical([whole])


@given(st.lists(boxes, max_size=4), st.lists(boxes, max_size=3))
def test_equal_sets_have_one_canonical_form(some: list[Extent], taken: list[Extent]) -> None:
    form = canonical(some)
    assert cells(*form) == cells(*some)
    assert canonical(reversed(some)) == form == canonical(form) == union(some, some)
    assert not any(cells(x) & cells(y) for x, y in combinations(form, 2))
    assert cells(*minus(some, taken)) == cells(*some) - cells(*taken)


@given(st.lists(boxes, max_size=6))
def test_the_sweep_finds_exactly_the_pairs_that_overlap(some: list[Extent]) -> None:
    meant = {(i, j) for i, j in combinations(range(len(some)), 2) if cells(some[i]) & cells(some[j])}
    assert {(i, j) for i, j, _ in overlaps(some)} == meant


def test_a_part_is_cut_out_along_all_three_axes_and_nothing_is_lost() -> None:
    whole = Extent(frozenset("ABC"), Bands.of((100, 160), (200, 260)), Period(DAY, DAY + timedelta(100)))
    wanted = Extent(frozenset("A"), Bands.of((100, 135), (200, 235)), Period(DAY + timedelta(9), DAY + timedelta(50)))
    part, rest = split(whole, wanted)
    assert canonical([part, *rest]) == canonical([whole])
    for late in (wanted.period.end, None):
        outside = Extent(frozenset("AD"), wanted.bands, Period(wanted.period.start, late))
        with pytest.raises(InputError):
            split(whole, outside)


def test_a_derived_right_never_outlives_its_parent() -> None:
    parent = Period(DAY, DAY + timedelta(10))
    assert parent.contains(Period(DAY, DAY + timedelta(10))) is Answer.YES
    assert parent.contains(Period(DAY, DAY + timedelta(11))) is Answer.NO
    assert parent.contains(Period(DAY)) is Answer.CANNOT_PROVE
    assert Period(DAY).contains(parent) is Answer.CANNOT_PROVE


def test_fault_72_the_last_day_of_one_is_not_the_first_of_the_next() -> None:
    first, later = Period(DAY, DAY + timedelta(5)), Period(DAY + timedelta(5), DAY + timedelta(9))
    area, band = frozenset("A"), Bands.of((100, 110))
    assert Extent(area, band, first).intersects(Extent(area, band, later)) is Answer.NO
    one_day_more = Period(DAY, DAY + timedelta(6))
    assert Extent(area, band, one_day_more).intersects(Extent(area, band, later)) is Answer.YES
    with pytest.raises(InputError):
        Period(DAY, DAY)


def test_an_unknown_band_is_neither_a_conflict_nor_an_all_clear() -> None:
    one = Extent(frozenset("A"), UNKNOWN, Period(DAY))
    assert one.intersects(one) is one.contains(one) is Answer.CANNOT_PROVE
    assert list(overlaps([one, one])) == []
