"""The small floor: text, time, units, permissions."""

from __future__ import annotations

import math
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base import units
from nms.base.clock import FakeClock, legal_day, start_of_legal_day
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, PermissionRefused
from nms.base.ids import insee, object_name
from nms.base.permissions import ROLES, Permission, Role, actor_of_roles
from nms.base.text import clean, csv_cell, csv_cell_back


@given(st.one_of(st.text(), st.binary()), st.integers(1, 60))
def test_fault_22_untrusted_text_is_one_printable_line_within_its_limit(value: str | bytes, limit: int) -> None:
    """Controls, direction overrides and line separators are gone; what was clipped is marked."""
    text = clean(value, limit)
    assert len(text) <= limit
    assert text.isprintable() or text == ""
    assert "\n" not in text
    assert text == text.strip()


def test_fault_22_a_long_text_is_clipped_with_a_mark() -> None:
    """64 kB of sysDescr."""
    assert clean(b"a" * 65536, 20) == "a" * 19 + "…"
    assert clean("\x1b[31mred\x1b[0m‮evil") == "[31mred [0m evil"
    assert clean(b"caf\xe9") == "caf�"


@given(st.text())
def test_a_csv_cell_comes_back_and_is_no_formula(value: str) -> None:
    """export, then import."""
    cell = csv_cell(value)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert csv_cell_back(cell) == value


@given(st.text())
def test_fault_51_an_accepted_name_has_no_space_and_no_control(value: str) -> None:
    """`fullmatch` only: a line feed at the end does not pass."""
    try:
        accepted = object_name(value)
    except InputError:
        return
    assert accepted == accepted.strip()
    assert accepted.isascii()
    assert accepted.isprintable()


@pytest.mark.parametrize("value", ["86194\n", "8619", "861940", "٨٦١٩٤", "2C001", ""])
def test_a_bad_insee_code_is_refused(value: str) -> None:
    """Five characters of the INSEE form, ASCII digits only."""
    with pytest.raises(InputError):
        insee(value)
    assert insee("2A004") == "2A004"


def test_fault_31_the_legal_day_is_that_of_paris() -> None:
    """23:30 in Paris is the same legal day; in UTC it is another hour of it."""
    assert legal_day(datetime(2026, 7, 1, 21, 30, tzinfo=UTC)) == date(2026, 7, 1)
    assert legal_day(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert start_of_legal_day(date(2026, 7, 2)) == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_fault_30_a_legal_day_has_23_or_25_hours_twice_a_year() -> None:
    """The last Sundays of March and October."""

    def hours(day: date, after: date) -> float:
        return (start_of_legal_day(after) - start_of_legal_day(day)).total_seconds() / 3600

    assert hours(date(2026, 3, 29), date(2026, 3, 30)) == 23
    assert hours(date(2026, 10, 25), date(2026, 10, 26)) == 25


def test_fault_28_a_stepped_wall_clock_leaves_durations_alone() -> None:
    """Durations are measured by monotonic time."""
    clock = FakeClock()
    start_s = clock.monotonic_s()
    clock.advance(5)
    clock.step_wall(-315_360_000)
    assert clock.monotonic_s() - start_s == 5


@given(st.lists(st.floats(-120, 60), min_size=1, max_size=20))
def test_powers_add_as_milliwatts(levels: list[float]) -> None:
    """A sum is at least its strongest part, and two equal parts add 3 dB."""
    assert units.sum_dbm(levels) >= max(levels) - 1e-9
    assert units.sum_dbm([levels[0]] * 2) == pytest.approx(levels[0] + 10 * math.log10(2))
    assert units.sum_dbm([]) == -math.inf


def test_kilohertz_are_integers() -> None:
    """3,432.5 MHz is exact."""
    assert units.mhz_to_khz(3432.5) == 3_432_500
    assert units.khz_to_mhz(3_432_500) == 3432.5


def test_the_administrator_decides_no_act_and_the_auditor_writes_nothing() -> None:
    """The lines of the table that must never move by accident."""
    admin, auditor = ROLES[Role.ADMINISTRATOR], ROLES[Role.AUDITOR]
    assert not admin & {Permission.ACT_DECIDE, Permission.ACT_DRAFT, Permission.CONFIG_APPROVE}
    assert not [p for p in auditor if p.value.endswith((":write", ":decide", ":draft", ":apply", ":approve"))]
    assert not any(Permission.METRICS_READ in ROLES[role] for role in Role if role is not Role.ADMINISTRATOR)


def test_a_commune_sees_its_own_and_nothing_without_a_commune() -> None:
    """An empty scope is nothing, not everything."""
    actor = actor_of_roles("mairie", [Role.COMMUNE], frozenset({"86194"}))
    assert actor.sees("86194")
    assert not actor.sees("86001")
    assert not actor.sees(None)
    assert not actor_of_roles("mairie", [Role.COMMUNE]).sees("86194")
    assert actor_of_roles("both", [Role.COMMUNE, Role.NOC]).scope is None
    with pytest.raises(PermissionRefused, match="device:write"):
        actor.require(Permission.DEVICE_WRITE)


def test_fault_36_a_second_writer_waits_and_is_then_told_that_it_is_busy(tmp_path: Path) -> None:
    """Never a traceback of the driver; the one that holds the lock is not disturbed."""
    first, second = Database.sqlite(tmp_path / "x.db"), Database(f"sqlite:///{tmp_path / 'x.db'}", busy_timeout_s=0.2)
    with first.transaction() as session:
        session.connection().exec_driver_sql("CREATE TABLE t (a INTEGER)")
        with pytest.raises(Conflict, match="busy"), second.transaction() as other:
            other.connection().exec_driver_sql("INSERT INTO t VALUES (1)")
    first.dispose()
    second.dispose()


def test_fault_36_a_reader_that_turns_writer_waits_for_its_turn(tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: two read-then-write transactions at once both land."""
    database = Database.sqlite(tmp_path / "x.db")
    with database.transaction() as session:
        session.connection().exec_driver_sql("CREATE TABLE t (a INTEGER)")
        session.connection().exec_driver_sql("INSERT INTO t VALUES (0)")

    def add() -> None:
        for _ in range(20):
            with database.transaction() as session:
                value = session.connection().exec_driver_sql("SELECT a FROM t").scalar_one()
                session.connection().exec_driver_sql("UPDATE t SET a = ?", (value + 1,))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT a FROM t").scalar_one() == 80
    database.dispose()
