"""Annual fees: the worked figures of the region, splits that lose no cent, and reasons instead of noughts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum.bands import UNKNOWN, Bands, read_bands
from spectrum.chronicle import Holding
from spectrum.former import Part
from spectrum.law import fees as tariff
from spectrum.law.fees import FACTORS, fees, in_cents
from spectrum.rights import Extent, Period
from spectrum.statement import as_csv, row, statement

LOT = read_bands("3432.5-3447.5/3532.5-3547.5")
LICENCE = Period(date(2006, 7, 25), date(2026, 7, 25))
REGION_KM2 = Fraction(25_809)


def euros(bands: Bands = LOT, area: Fraction | None = REGION_KM2, period: Period = LICENCE, year: int = 2010) -> object:
    """The fee of a year in one piece."""
    (one,) = fees(bands, area, period, year)
    return one.euros


@pytest.mark.parametrize(
    ("area_km2", "expected"), [(25_809, 12_894), (5_956, 2_976), (6_864, 3_429), (5_999, 2_997), (6_990, 3_492)]
)
def test_the_figures_of_the_region_and_its_departments(area_km2: int, expected: int) -> None:
    """A lot of 2 x 15 MHz, both halves counted, a whole year."""
    (one,) = fees(LOT, Fraction(area_km2), LICENCE, 2010)
    assert one.euros is not None
    assert one.other_euros is not None
    assert abs(one.euros - expected) < 1
    assert one.other_euros * 2 == one.euros
    assert {factor.name for factor in one.factors} == {"k2", "bf", "metropolis_km2"}


@given(
    areas=st.lists(st.integers(1, 100_000), min_size=1, max_size=12),
    year=st.integers(2008, 2025),
)
def test_the_parts_of_a_split_by_area_owe_to_the_cent_what_the_whole_owed(areas: list[int], year: int) -> None:
    """Linear: nothing falls between the parties."""
    parts = [fees(LOT, Fraction(area, 10), LICENCE, year)[0].euros for area in areas]
    (whole,) = fees(LOT, Fraction(sum(areas), 10), LICENCE, year)
    found = [part for part in parts if part is not None]
    assert len(found) == len(areas)
    assert sum(found) == whole.euros
    assert whole.euros is not None
    assert sum(in_cents(found)) == in_cents([whole.euros])[0]


@given(day=st.dates(date(2010, 1, 2), date(2010, 12, 31)))
def test_the_parts_of_a_split_in_time_or_band_owe_what_the_whole_owed(day: date) -> None:
    """Pro rata by legal day; half the band is half the fee."""
    before = euros(period=Period(LICENCE.start, day))
    after = euros(period=Period(day, LICENCE.end))
    assert isinstance(before, Fraction)
    assert isinstance(after, Fraction)
    assert before + after == euros()
    low, high = Bands.of((3_432_500, 3_440_000), (3_532_500, 3_540_000)), read_bands("3440-3447.5/3540-3547.5")
    one, two = euros(low), euros(high)
    assert isinstance(one, Fraction)
    assert isinstance(two, Fraction)
    assert one + two == euros()


def test_what_is_not_held_or_not_known_is_a_reason_and_never_nought() -> None:
    """No text, no band, no area, no factor."""
    reasons = {
        str(one.why)
        for one in (
            fees(LOT, REGION_KM2, LICENCE, 2006)[0],
            fees(UNKNOWN, REGION_KM2, LICENCE, 2010)[0],
            fees(LOT, None, LICENCE, 2010)[0],
            fees(Bands.of((24_500_000, 24_600_000)), REGION_KM2, LICENCE, 2010)[0],
        )
        if one.euros is None
    }
    assert len(reasons) == 4
    assert all(reason.startswith("cannot be computed") for reason in reasons)


def test_nothing_is_computed_before_the_first_day_of_the_decree() -> None:
    """In force since 1 January 2008: signed and published before, it binds nobody in 2007."""
    (before,) = fees(LOT, REGION_KM2, LICENCE, 2007)
    assert (before.euros, before.factors) == (None, ())
    (first,) = fees(LOT, REGION_KM2, LICENCE, 2008)
    assert (first.period.start, first.days, first.year_days) == (date(2008, 1, 1), 366, 366)
    assert first.euros is not None


def test_a_year_in_which_the_tariff_changes_is_cut_on_the_first_day_of_the_new_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (k2,) = (one for one in tariff.FACTORS if one.name == "k2")
    dearer = replace(k2, value=2 * k2.value, since=date(2010, 10, 24))
    monkeypatch.setattr(tariff, "FACTORS", (*tariff.FACTORS, dearer))
    before, after = fees(LOT, REGION_KM2, LICENCE, 2010)
    assert (before.days, after.period.start, after.days, after.year_days) == (296, date(2010, 10, 24), 69, 365)
    assert before.euros is not None
    assert after.euros == before.euros / 296 * 69 * 2


def test_a_year_outside_the_right_owes_nothing_and_the_last_one_only_its_days() -> None:
    """To 24 July 2026 included: 205 days."""
    assert fees(LOT, REGION_KM2, LICENCE, 2027) == ()
    (last,) = fees(LOT, REGION_KM2, LICENCE, 2026)
    assert (last.days, last.year_days) == (205, 365)


def test_every_factor_says_where_it_comes_from_and_how_sure_it_is() -> None:
    """A lawyer can lay the text beside it."""
    assert all(one.article and one.source and one.confidence in ("H", "M", "L") for one in FACTORS)


def test_a_statement_of_holders_sums_to_the_whole_and_keeps_its_reasons() -> None:
    """Two communes, one without an area."""
    held = [
        Holding("A", "Région", "Région", Extent(frozenset({code}), LOT, LICENCE), "A") for code in ("86194", "17300")
    ]
    lines = statement(held, {"86194": Fraction("42.11")}, 2010)
    told = {row(line, 2010)["cents"] for line in lines}
    assert None in told
    assert len(told) == 2
    text = as_csv(lines, 2010)
    assert "the area of a commune is not known" in text
    assert len(text.splitlines()) == 3


def test_a_right_for_a_former_commune_is_not_charged_for_the_whole_of_todays() -> None:
    """The area of what was absorbed is not held, and that of its successor is too large."""
    held = [Holding("A", "Région", "Région", Extent(frozenset({"16230"}), LOT, LICENCE), act) for act in ("old", "new")]
    lines = statement(held, {"16230": Fraction(65)}, 2010, {("old", "16230"): Part(("16004",), ("Aignes",))})
    assert {line.holding.act: line.cents is None for line in lines} == {"old": True, "new": False}
