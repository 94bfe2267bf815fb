"""Which reminders are due, which are late, whom they concern: pure, on every day around the thresholds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.models import DeviceRole, Lifecycle, LinkKind, Reachability
from inventory.rows import LinkRow, PollTarget, SectorRow
from nms.ops.reminders import THRESHOLDS, Mark, coming, concerned, day_of, due
from spectrum.bands import UNKNOWN, read_bands
from spectrum.rights import Extent, Period
from spectrum.terms import Term, TermKind

LAST = date(2027, 6, 30)
KNOWN = date(2020, 1, 1)
DAY = timedelta(1)
BAND = read_bands("3432.5-3447.5/3532.5-3547.5")
EXTENT = Extent(frozenset({"86194", "17300"}), BAND, Period(date(2020, 1, 1), LAST + DAY))
TERM = Term(TermKind.RIGHT, "T-1", "Région", LAST, LAST, KNOWN, (EXTENT,), "last day", "key")


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_it_is_due_on_its_day_and_not_the_day_before(threshold: int) -> None:
    earlier = {(TERM.key, days) for days in THRESHOLDS if days > threshold}
    day = LAST - timedelta(threshold)
    assert due(day - DAY, [TERM], earlier) == []
    (found,) = due(day, [TERM], earlier)
    assert (found.threshold, found.late, found.missed) == (threshold, False, ())
    assert due(day, [TERM], {*earlier, found.mark}) == []
    (late,) = due(day + DAY, [TERM], earlier)
    assert late.late


@given(
    passes=st.lists(st.integers(min_value=0, max_value=400), max_size=60),
    known=st.integers(min_value=-500, max_value=20),
)
def test_whatever_the_days_on_which_the_machine_runs_nothing_goes_out_twice_and_lateness_is_told(
    passes: list[int], known: int
) -> None:
    """Days are counted from 370 days before the end, so that some lie after it."""
    term = replace(TERM, known=LAST + timedelta(known))
    sent: dict[Mark, date] = {}
    for offset in sorted(set(passes)):
        day = LAST - timedelta(370) + timedelta(offset)
        if day < term.known:
            continue
        for one in due(day, [term], sent):
            assert one.mark not in sent
            assert day >= day_of(term, one.threshold)
            assert one.late == (day > max(day_of(term, one.threshold), term.known + DAY))
            assert all(days > one.threshold for days in one.missed)
            sent[one.mark] = day
    assert list(sent) == sorted(sent, key=lambda mark: -mark[1])


def test_after_a_long_stop_one_reminder_stands_for_all_and_names_those_that_never_went_out() -> None:
    (one,) = due(LAST - timedelta(20), [TERM], set())
    assert (one.threshold, one.late, one.missed) == (30, True, (180, 90))
    (one,) = due(LAST + timedelta(5), [TERM], {(TERM.key, 180), (TERM.key, 90)})
    assert (one.threshold, one.late, one.missed) == (30, True, ())


def test_what_the_register_learned_late_is_not_our_lateness() -> None:
    fresh = replace(TERM, known=LAST - timedelta(60))
    (one,) = due(LAST - timedelta(59), [fresh], set())
    assert (one.threshold, one.late, one.missed) == (90, False, ())
    assert due(LAST - timedelta(58), [fresh], set())[0].late
    assert due(LAST + DAY, [replace(TERM, known=LAST)], set()) == []


def test_what_follows() -> None:
    assert coming(LAST - timedelta(200), TERM) == (180, LAST - timedelta(180))
    assert coming(LAST - timedelta(180), TERM) == (90, LAST - timedelta(90))
    assert coming(LAST - timedelta(30), TERM) is None


def sector(name: str, insee: str = "86194", centre: int | None = 3_440_000, width: int | None = 3_500) -> SectorRow:
    """A sector as planned."""
    place = (46.6, 0.3, "1", 0.0, 90.0, 0.0, 30.0, 15.0, 1.0, 30.0)
    return SectorRow(name, "", "bs", "site", insee, *place, centre, width, Lifecycle.IN_SERVICE)


def link(name: str, of: str, insee: str) -> LinkRow:
    """An access link of a sector."""
    ends = ("", "", None, None, "", "", None, None)
    return LinkRow(
        name, "", LinkKind.ACCESS, "s", insee, *ends, of, "bs", "t", "", "", None, "", "", Lifecycle.IN_SERVICE
    )


def device(name: str, parent: str, insee: str) -> PollTarget:
    """A device that is reached through another."""
    asked = ("127.0.0.1", "", None, None, "family", Reachability.SNMP, None, Lifecycle.IN_SERVICE, DeviceRole.TERMINAL)
    return PollTarget(name, *asked, "", "site", insee, parent)


def today(code: str) -> str:
    """86999 became Poitiers."""
    return {"86999": "86194"}.get(code, code)


def test_stations_inside_place_and_band_and_who_they_serve() -> None:
    sectors = [
        sector("in"),
        sector("old-code", "86999"),
        sector("elsewhere", "79191"),
        sector("other-band", centre=3_600_000),
        sector("open", centre=None),
        replace(sector("gone"), lifecycle=Lifecycle.RETIRED),
        sector("edge", centre=3_449_250),
        sector("beyond", centre=3_449_251),
    ]
    links = [link("l1", "in", "86100"), link("l2", "elsewhere", "79191"), link("l3", "in", "86200")]
    devices = [device("cpe", "bs", "86300"), device("far", "other", "86400"), device("bs", "bs", "86500")]
    people = {"86194": 90_000, "86100": 1_000, "86200": None, "86300": 500}
    found = concerned(TERM, sectors, links, devices, people, today)
    assert [one.name for one in found.stations] == ["in", "old-code"]
    assert [one.name for one in found.unproven] == ["open"]
    assert (found.communes, found.inhabitants, found.uncounted) == (("86100", "86194", "86200", "86300"), 91_500, 1)


def test_a_right_whose_band_is_not_established_names_stations_as_not_proved() -> None:
    open_ = replace(TERM, extents=(replace(EXTENT, bands=UNKNOWN),))
    found = concerned(open_, [sector("in"), sector("elsewhere", "79191")], [], [], {}, today)
    assert (found.stations, [one.name for one in found.unproven], found.inhabitants) == ((), ["in"], 0)
