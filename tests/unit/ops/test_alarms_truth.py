"""One alarm per fault: what belongs to it, and whom it cuts off, worked out by hand on five communes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from nms.ops.alarms import Alarm, alarms, cut_off
from nms.ops.state import Judgement, Kind, Reason, State, Status, Subject

AT = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)
PEOPLE = {"86001": 100, "86002": 230, "86003": 1_000, "86004": 40, "86005": 7}
ENDS = {
    "link-1": ("term-1", "bs"),
    "link-2": ("term-2", "bs"),
    "link-3": ("cpe-3",),
    "backhaul": ("bs", "pop"),
    "other-2": ("term-9", "bs-9"),
}


def row(kind: Kind, name: str, state: State, insee: str = "", device: str = "", **reasons: str) -> Status:
    """An object in a state; `behind="bs"` is hidden behind it, `code=""` is any other cause."""
    subject = Subject(kind, name, "", device or name, "", insee, insee[:2])
    told = tuple(Reason(code, {"parent": value} if value else {}) for code, value in reasons.items())
    return Status(subject, Judgement(state, AT, told), None)


def down(kind: Kind, name: str, insee: str = "", device: str = "", **reasons: str) -> Status:
    return row(kind, name, State.DOWN, insee, device, **(reasons or {"no_answer": ""}))


def up(kind: Kind, name: str, insee: str = "", device: str = "") -> Status:
    return row(kind, name, State.UP, insee, device)


def found(*rows: Status) -> list[Alarm]:
    return alarms(rows, ENDS, lambda code: "86002" if code == "86992" else code, lambda code: PEOPLE.get(code, 0))


def names(rows: Sequence[Status]) -> list[str]:
    return [one.subject.name for one in rows]


STATION = (
    down(Kind.DEVICE, "bs", "86001"),
    down(Kind.SECTOR, "sector", "86001", "bs"),
    down(Kind.LINK, "backhaul", "86001", "pop"),
    down(Kind.DEVICE, "term-1", "86003", behind="bs", no_answer=""),
    down(Kind.LINK, "link-1", "86003", "bs", behind="bs", no_answer=""),
    down(Kind.DEVICE, "term-2", "86002", behind="bs", no_answer=""),
    down(Kind.LINK, "link-2", "86002", "bs", behind="bs", no_answer=""),
    down(Kind.DEVICE, "ap-2", "86002", behind="term-2", no_answer=""),
    down(Kind.HOTSPOT, "spot-2", "86002", "ap-2", behind="term-2", no_answer=""),
    up(Kind.DEVICE, "pop", "86005"),
)


@pytest.mark.parametrize("order", [STATION, STATION[::-1], *list(permutations(STATION[:4]))[5:8]])
def test_a_silent_station_is_one_alarm_with_everything_behind_it(order: Sequence[Status]) -> None:
    """Sectors, links, and devices behind devices: however the rows lie, one fault."""
    rest = [one for one in STATION if one not in order]
    (alarm,) = found(*order, *rest)
    assert alarm.key == (Kind.DEVICE, "bs")
    assert alarm.counts() == {Kind.DEVICE: 3, Kind.SECTOR: 1, Kind.LINK: 3, Kind.HOTSPOT: 1}
    assert "bs" not in names(alarm.behind)


def test_only_the_communes_that_nothing_else_serves_are_cut_off() -> None:
    """Two stations over one commune: what the one loses there the other still serves. 100 + 1,000 people, not 230."""
    (alarm,) = found(*STATION, up(Kind.LINK, "other-2", "86002", "bs-9"), up(Kind.LINK, "far", "86004"))
    assert alarm.footprint.cut == ("86001", "86003")
    assert alarm.footprint.touched == ("86002",)
    assert (alarm.people, alarm.people_touched) == (1_100, 230)


def test_a_degraded_service_still_serves_and_an_unknown_one_leaves_it_open() -> None:
    """Neither is called cut off."""
    (first,) = [
        one for one in found(*STATION, row(Kind.LINK, "other-2", State.DEGRADED, "86002", latency="")) if one.people
    ]
    assert first.footprint.touched == ("86002",)
    (alarm,) = [one for one in found(*STATION, row(Kind.LINK, "o", State.UNKNOWN, "86002", refused="")) if one.people]
    assert (alarm.footprint.unsure, alarm.people) == (("86002",), 1_100)


def test_what_is_only_planned_serves_nobody_and_a_code_of_the_past_is_that_of_today() -> None:
    """A service of an absorbed commune serves its successor."""
    planned = row(Kind.LINK, "soon", State.UNMEASURED, "86002", planned="")
    (alarm,) = found(*STATION, planned)
    assert alarm.people == 1_330
    (alarm,) = found(*STATION, up(Kind.HOTSPOT, "old", "86992"))
    assert (alarm.people, alarm.footprint.touched) == (1_100, ("86002",))


def test_two_faults_that_darken_a_commune_together_are_both_told_and_its_people_counted_once() -> None:
    """Mending one of them does not bring it back alone."""
    lone = down(Kind.LINK, "link-3", "86003", port_down="")
    told = found(*STATION, lone)
    assert [(one.key[1], one.people) for one in told] == [("bs", 1_330), ("link-3", 1_000)]
    assert sum(PEOPLE[code] for code in cut_off(told)) == 1_330


def test_the_queue_is_sorted_by_people_not_by_devices() -> None:
    """One link for a thousand people stands before a station with three sectors for seven, both before a blemish."""
    station = [down(Kind.DEVICE, "x", "86005"), *(down(Kind.SECTOR, f"x{n}", "86005", "x") for n in range(3))]
    station.append(down(Kind.HOTSPOT, "x-spot", "86005", "x"))
    link = down(Kind.LINK, "link-3", "86003", port_down="")
    blemish = row(Kind.LINK, "late", State.DEGRADED, "86004", latency="")
    assert names([one.root for one in found(blemish, *station, link)]) == ["link-3", "x", "late"]


def test_a_fault_of_its_own_is_an_alarm_of_its_own() -> None:
    """A port that is down, a weak signal, a device that refuses beside one that is silent."""
    told = found(
        down(Kind.DEVICE, "bs", "86001"),
        down(Kind.LINK, "link-1", "86003", "bs", port_down=""),
        row(Kind.SECTOR, "s", State.DEGRADED, "86001", "bs", cinr=""),
        row(Kind.LINK, "link-2", State.UNKNOWN, "86002", "bs", refused=""),
    )
    assert sorted(names([one.root for one in told])) == ["bs", "link-1", "link-2", "s"]


def test_a_slow_device_and_what_is_slow_by_it_are_one_alarm() -> None:
    """Loss and round trip of a link are those of its device; a full link is a fault of its own."""
    told = found(
        row(Kind.DEVICE, "cpe-3", State.DEGRADED, "86003", latency=""),
        row(Kind.LINK, "link-3", State.DEGRADED, "86003", latency=""),
        row(Kind.LINK, "link-1", State.DEGRADED, "86003", latency="", utilisation=""),
        row(Kind.DEVICE, "term-1", State.DEGRADED, "86003", latency=""),
    )
    assert {one.key[1]: names(one.behind) for one in told} == {"cpe-3": ["link-3"], "link-1": [], "term-1": []}


def test_what_is_hidden_behind_a_device_that_one_does_not_see_begins_where_one_sees_it() -> None:
    """For an account of communes the fault begins at the first device of its own."""
    (alarm,) = found(*STATION[3:5])
    assert (alarm.key, names(alarm.behind)) == ((Kind.DEVICE, "term-1"), ["link-1"])


def test_a_circle_of_parents_ends_and_loses_nobody() -> None:
    """Whatever the inventory says."""
    told = found(down(Kind.DEVICE, "a", behind="b"), down(Kind.DEVICE, "b", behind="a"))
    assert sorted(name for one in told for name in names([one.root, *one.behind])) == ["a", "b"]


def test_works_and_health_are_no_alarm() -> None:
    """Nor is what was never measured; older faults come after newer ones of the same weight."""
    works = Status(
        Subject(Kind.LINK, "w", "", "", "", "86001", "86", maintenance=True), Judgement(State.DOWN, AT), None
    )
    assert found(works, up(Kind.LINK, "u", "86001"), row(Kind.LINK, "n", State.UNMEASURED, never_polled="")) == []
    old, new = down(Kind.DEVICE, "a"), down(Kind.DEVICE, "b")
    new = Status(new.subject, Judgement(State.DOWN, AT + timedelta(minutes=1), new.judgement.reasons), None)
    assert names([one.root for one in found(old, new)]) == ["b", "a"]
