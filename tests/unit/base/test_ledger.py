"""What the sealed journal promises: it chains, it refuses change, and it names the first bad entry."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, LedgerBroken


def fill(database: Database, clock: FakeClock, count: int = 4) -> list[str]:
    """Some entries; answers the export."""
    for number in range(count):
        with database.transaction() as session:
            ledger.append(
                session, kind="device", subject=f"d{number}", actor="me", at=clock.now(), after={"n": number, "é": "à"}
            )
        clock.advance(60)
    with database.reading() as session:
        return list(ledger.export(session))


def test_the_chain_holds_in_the_database_and_in_its_export(database: Database, clock: FakeClock) -> None:
    """Both verifications agree on the head."""
    lines = fill(database, clock)
    with database.reading() as session:
        inside = ledger.verify(session)
        assert inside.head == ledger.head(session)
    assert inside == ledger.verify_export(lines)
    assert (inside.entries, inside.broken_at) == (4, None)


def test_the_database_itself_refuses_update_and_delete(database: Database, clock: FakeClock) -> None:
    """Nobody can change a row by accident, or by SQL injection."""
    fill(database, clock, 2)
    for statement in ("UPDATE ledger SET actor = 'x' WHERE seq = 1", "DELETE FROM ledger WHERE seq = 2"):
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_no_ledger_no_act_when_the_transaction_fails(database: Database, clock: FakeClock) -> None:
    """The entry goes with its transaction."""

    def act() -> None:
        with database.transaction() as session:
            ledger.append(session, kind="device", subject="d", actor="me", at=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    with database.reading() as session:
        assert ledger.verify(session).entries == 0


@pytest.mark.parametrize(
    ("tamper", "broken_at"),
    [
        (lambda rows: rows[1].update(actor="x"), 2),
        (lambda rows: rows.pop(1), 2),
        (lambda rows: rows.insert(1, rows[0]), 2),
        (lambda rows: rows.reverse(), 1),
        (lambda rows: rows[3].update(previous="0" * 64), 4),
    ],
    ids=["a byte changed", "a row deleted", "a row inserted", "rows swapped", "a link cut"],
)
def test_fault_78_tampering_is_named_by_its_first_bad_entry(
    sqlite_database: Database, clock: FakeClock, tamper: object, broken_at: int
) -> None:
    """From the exported file alone."""
    rows = [json.loads(line) for line in fill(sqlite_database, clock)]
    tamper(rows)  # type: ignore[operator]  # a lambda of the table above
    found = ledger.verify_export(json.dumps(row) for row in rows)
    assert found.broken_at == broken_at
    with pytest.raises(LedgerBroken, match=f"entry {broken_at}"):
        ledger.require_whole(found)


def test_fault_78_a_cut_tail_or_a_rebuilt_chain_is_caught_by_the_exported_head(
    sqlite_database: Database, clock: FakeClock
) -> None:
    """A chain that holds by itself still must end in the head that was exported."""
    lines = fill(sqlite_database, clock)
    head = json.loads(lines[-1])["digest"]
    assert ledger.verify_export(lines, head).broken_at is None
    assert ledger.verify_export(lines[:-1]).broken_at is None
    assert ledger.verify_export(lines[:-1], head).broken_at == 3


def test_fault_28_an_entry_dated_before_its_predecessor_is_refused(sqlite_database: Database, clock: FakeClock) -> None:
    """The wall clock jumped back: the act waits for a sane clock, and says so."""
    fill(sqlite_database, clock, 1)
    clock.step_wall(-3600)
    with pytest.raises(Conflict, match="set the machine's clock right"), sqlite_database.transaction() as session:
        ledger.append(session, kind="device", subject="d", actor="me", at=clock.now())
    clock.step_wall(7200)
    with sqlite_database.transaction() as session:
        ledger.append(session, kind="device", subject="d", actor="me", at=clock.now() + timedelta(0))


@given(st.lists(st.text(max_size=200), max_size=5))
def test_lines_that_are_no_journal_never_pass(lines: list[str]) -> None:
    """Whatever the file holds, the verification answers; an empty file is an empty journal."""
    found = ledger.verify_export(lines)
    assert (found.broken_at is None) == (not lines)
