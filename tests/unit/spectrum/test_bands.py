"""Bands: half-open kHz, written and read back, unknown stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.errors import InputError
from spectrum.bands import NONE, UNKNOWN, Answer, Bands, read_bands

LOT = Bands.of((3_432_500, 3_447_500), (3_532_500, 3_547_500))
edges = st.integers(3_400_000 // 250, 3_600_000 // 250).map(lambda n: n * 250)
parts = st.tuples(edges, edges).filter(lambda p: p[0] != p[1]).map(lambda p: (min(p), max(p)))
bands = st.lists(parts, max_size=4).map(lambda p: Bands.of(*p))


def kilohertz(some: Bands) -> set[int]:
    return {khz for low, high in some.parts or () for khz in range(low, high, 250)}


@given(bands, bands)
def test_operations_are_those_of_sets_of_kilohertz(one: Bands, other: Bands) -> None:
    a, b = kilohertz(one), kilohertz(other)
    assert kilohertz(one.union(other)) == a | b
    assert kilohertz(one.minus(other)) == a - b
    assert kilohertz(one.intersection(other)) == a & b
    assert (one.intersects(other) is Answer.YES) == bool(a & b)
    assert (one.contains(other) is Answer.YES) == (b <= a)
    assert one.union(other) == other.union(one)
    assert read_bands(one.text()) == (one if one else UNKNOWN)


def test_fault_72_neighbours_share_nothing_and_one_kilohertz_is_an_overlap() -> None:
    assert Bands.of((3_500_000, 3_510_000)).intersects(Bands.of((3_510_000, 3_520_000))) is Answer.NO
    assert Bands.of((3_500_000, 3_510_001)).intersects(Bands.of((3_510_000, 3_520_000))) is Answer.YES


def test_what_is_not_established_proves_nothing() -> None:
    assert UNKNOWN.intersects(LOT) is LOT.intersects(UNKNOWN) is UNKNOWN.intersects(UNKNOWN) is Answer.CANNOT_PROVE
    assert UNKNOWN.contains(LOT) is LOT.contains(UNKNOWN) is Answer.CANNOT_PROVE
    assert UNKNOWN.minus(LOT) == LOT.minus(UNKNOWN) == UNKNOWN.union(LOT) == UNKNOWN
    assert NONE.intersects(UNKNOWN) is Answer.NO
    assert UNKNOWN.as_lists() == []


@pytest.mark.parametrize(
    "text",
    [
        "3432.5-3447.5/3532.5-3547.5",
        "3432,5 - 3447,5 ; 3532,5 – 3547,5",
        "3432.5–3447.5 MHz et 3532.5–3547.5 MHz",
        "3.4325-3.4475 + 3.5325-3.5475 GHz",
        "3432500-3447500/3532500-3547500 kHz",
        "de 3432,5 à 3447,5 MHz et de 3532,5 à 3547,5 MHz",
    ],
)
def test_bands_are_read_as_people_write_them(text: str) -> None:
    assert read_bands(text) == LOT


@pytest.mark.parametrize(
    "text",
    [
        "3,500.000-3,510.000",
        "3,500-3,510",
        "3.5e3-3.6e3",
        "nan-inf",
        "-0-5",
        "1" + "0" * 30 + "-3600",
        "\u0663\u0664\u0663\u0662-3447",
        "3447.5-3432.5",
        "3432.5",
        "3432.5-3432.5",
        "3.4325-3.4475",
        "3432.0005-3447",
        "lot 2",
    ],
)
def test_fault_80_a_number_that_reads_in_two_ways_is_refused_and_shown(text: str) -> None:
    with pytest.raises(InputError) as refused:
        read_bands(text)
    assert "“" in refused.value.message
