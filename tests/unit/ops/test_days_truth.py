"""Days as bars and sums over days: exact on both days on which the clocks change, works and outages apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from inventory.models import Lifecycle, LifecycleChange
from nms.base.clock import from_epoch
from nms.base.db import Database
from nms.base.errors import InputError
from nms.ops import day_bars, reports, works
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.network import Network
from nms.ops.reports import Group, Period
from nms.ops.state import Kind, Measures, State, Subject
from nms.ops.works import Works

HOUR_S, DAY_S = 3600, 86_400
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "ts.db")
    yield opened
    opened.close()


def write(store: SqliteStore, start_s: int, states: list[State], name: str = "l", step_s: int = 300) -> None:
    store.write_batch(
        [Sample(Kind.LINK, name, state, step_s, Measures(start_s + step_s * n)) for n, state in enumerate(states)]
    )


@pytest.mark.parametrize(("on", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 23), 24)])
def test_a_day_of_paris_has_23_24_or_25_hours(store: SqliteStore, on: date, hours: int) -> None:
    start_s, end_s = day_bars.bounds_s(on)
    assert end_s - start_s == hours * HOUR_S
    write(store, start_s - HOUR_S, [State.DOWN] * 12 + [State.UP] * hours * 12 + [State.DOWN] * 12)
    store.roll_up(end_s + 3 * DAY_S)
    (found,) = store.availability(start_s, end_s)
    assert (found.up_s, found.down_s, found.unmeasured_s) == (hours * HOUR_S, 0, 0)
    (day,) = day_bars.laid_out([on], store.hours(Kind.LINK, ["l"], start_s, end_s)["l"], (), end_s)
    assert (day.up_s, day.unmeasured_s, day.ratio) == (hours * HOUR_S, 0, 1.0)
    assert [(piece.start, piece.end, piece.state) for piece in day.bar] == [(0.0, 1.0, "up")]


@pytest.mark.parametrize("late_h", [0, 1, 5, 23])
def test_days_hours_and_raw_samples_give_the_same_seconds(store: SqliteStore, late_h: int) -> None:
    """Whatever was summed by then, a period that begins and ends within a day has the same seconds."""
    start_s = int(datetime(2026, 11, 20, 23, tzinfo=UTC).timestamp())
    states = [[State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN, State.UNMEASURED][n % 5] for n in range(12 * 80)]
    write(store, start_s, states)
    store.roll_up(start_s + (57 + late_h) * HOUR_S)
    (found,) = store.availability(start_s + HOUR_S, start_s + 79 * HOUR_S)
    inside = states[12 : 79 * 12]
    assert found.up_s == inside.count(State.UP) * 300
    assert found.down_s == inside.count(State.DOWN) * 300
    assert found.unmeasured_s == inside.count(State.UNMEASURED) * 300
    hours = store.hours(Kind.LINK, ["l"], start_s + HOUR_S, start_s + 79 * HOUR_S)["l"]
    assert sum(hour.up_s for hour in hours) == found.up_s
    assert sum(hour.unknown_s for hour in hours) == found.unknown_s


def test_pieces_of_a_bar_lie_in_the_order_of_time_and_a_gap_stays_a_gap(store: SqliteStore) -> None:
    start_s, end_s = day_bars.bounds_s(date(2026, 11, 23))
    write(store, start_s, [State.UP] * 24)
    write(store, start_s + 12 * HOUR_S, [State.DOWN] * 12)
    hours = store.hours(Kind.LINK, ["l"], start_s, end_s)["l"]
    (day,) = day_bars.laid_out([date(2026, 11, 23)], hours, [(start_s + 2 * HOUR_S, start_s + 4 * HOUR_S)], end_s)
    assert [piece.state for piece in day.bar] == ["maintenance", "up", "down"]
    assert day.maintenance_s == 2 * HOUR_S
    assert day.unmeasured_s == (24 - 2 - 1 - 2) * HOUR_S


def test_the_hours_that_are_still_to_come_are_not_unmeasured(store: SqliteStore) -> None:
    start_s, _ = day_bars.bounds_s(date(2026, 11, 23))
    write(store, start_s, [State.UP] * 12 * 6)
    hours = store.hours(Kind.LINK, ["l"], start_s, start_s + 6 * HOUR_S)["l"]
    (day,) = day_bars.laid_out([date(2026, 11, 23)], hours, (), start_s + 6 * HOUR_S)
    assert day.unmeasured_s == 0
    assert day.future_s == 18 * HOUR_S


def change(session: Session, kind: str, name: str, before: Lifecycle | None, after: Lifecycle, at_s: int) -> None:
    session.add(LifecycleChange(kind=kind, name=name, before=before, after=after, at=from_epoch(at_s), by="x"))


def test_works_of_the_object_its_device_and_its_site_are_one_time(sqlite_database: Database) -> None:
    on, off = Lifecycle.MAINTENANCE, Lifecycle.IN_SERVICE
    with sqlite_database.transaction() as session:
        change(session, "link", "l", off, on, 1000)
        change(session, "site", "s", off, on, 1500)
        change(session, "link", "l", on, off, 2000)
        change(session, "site", "s", on, off, 2500)
        change(session, "device", "d", None, on, 9000)
        change(session, "device", "other", off, on, 0)
    with sqlite_database.reading() as session:
        found = works.read(session)
    subject = Subject(Kind.LINK, "l", "", "d", "s", "86194", "86")
    assert found.of(subject, 0, 10_000) == [(1000, 2500), (9000, 10_000)]
    assert found.seconds(subject, 1200, 1300) == 100


def test_groups_weigh_each_object_by_its_measured_time_and_works_stand_apart(store: SqliteStore) -> None:
    period = Period(date(2026, 11, 20), date(2026, 11, 20))
    start_s, end_s = day_bars.bounds_s(period.first)
    write(store, start_s, [State.UP] * 12 * 24, "a")
    write(store, start_s, [State.DOWN] * 12 * 6, "b")
    subjects = {
        (Kind.LINK, name): Subject(Kind.LINK, name, "", f"d{name}", "", insee, insee[:2])
        for name, insee in (("a", "86194"), ("b", "86137"))
    }
    mended = Works({("link", "b"): ((start_s + 6 * HOUR_S, start_s + 10 * HOUR_S),)})
    table = reports.availability(store, Network(subjects=subjects), period.start, period.end, works=mended)
    b = table.set_index("name").loc["b"]
    assert (b["down_h"], b["maintenance_h"], b["unmeasured_h"]) == (6, 4, 14)
    by_department = reports.grouped(table, Group.DEPARTMENT).set_index("name").loc["86"]
    assert by_department["objects"] == 2
    assert by_department["availability_pct"] == 80.0
    assert list(reports.grouped(table, Group.COMMUNE)["name"]) == ["86137", "86194"]
    assert reports.of_all(table, Kind.LINK) == pytest.approx(0.8)
    assert end_s - start_s == 24 * HOUR_S


def test_a_period_is_refused_with_every_complaint_at_once() -> None:
    with pytest.raises(InputError) as refusal:
        reports.period("x", "2026-02-30")
    assert "“x”" in refusal.value.message
    assert "2026-02-30" in refusal.value.message
    with pytest.raises(InputError, match="must not come after"):
        reports.period("2026-11-02", "2026-11-01")


def test_a_silence_of_the_program_is_an_outage_and_a_clock_that_steps_is_none(store: SqliteStore) -> None:
    for at_s in (*range(1000, 1301, 30), *range(5000, 5091, 30)):
        store.beat(at_s)
    assert store.outages(0, 10_000) == [(1300, 5000)]
    store.beat(4000)
    for at_s in range(5120, 5300, 30):
        store.beat(at_s)
    assert store.outages(0, 10_000) == [(1300, 4000), (4000, 5000)]
    store.beat(900_000_000)
    store.beat(5320)
    assert store.outages(5000, 5320) == []
