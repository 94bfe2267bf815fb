"""The sealed journal: an append-only chain of entries, each carrying the hash of the one before.

An entry is written in the transaction of the change that it records: no ledger, no act. Nobody can update or delete a
row (triggers refuse it), and whoever does it in spite of that is caught by `verify`; a rebuilt chain is caught by
comparing with a head that was exported earlier.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

from sqlalchemy import BigInteger, Index, Integer, String, Text, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from nms.base.db import Base
from nms.base.errors import Conflict, LedgerBroken
from nms.base.text import say

GENESIS = "0" * 64
_LOCK = 7_440_744  # one advisory lock of PostgreSQL for the tail of the chain


class LedgerEntry(Base):
    """One entry. `before` and `after` are canonical JSON texts; `digest` seals all of it and `previous`."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_subject", "kind", "subject"),)
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(63))
    subject: Mapped[str] = mapped_column(String(255))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found: entries read, the first bad one (None: the chain holds) and why, and the head's hash."""

    entries: int
    broken_at: int | None
    reason: str
    head: str


def append(
    session: Session,
    *,
    kind: str,
    subject: str,
    actor: str,
    at: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> LedgerEntry:
    """Add an entry in the caller's transaction.

    Raises:
        Conflict: `at` lies before the last entry: the machine's clock went back.
    """
    return append_all(session, [(kind, subject, before, after)], actor=actor, at=at)[0]


_Change = tuple[str, str, Mapping[str, object] | None, Mapping[str, object] | None]


def append_all(session: Session, changes: Iterable[_Change], *, actor: str, at: datetime) -> list[LedgerEntry]:
    """Add many entries (kind, subject, before, after) at one instant; the same promises as `append`."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    at = at.astimezone(UTC)  # as it will be read back
    last = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(1)).first()
    if last is not None and at < last.at:
        raise Conflict(
            "clock_went_back",
            say(
                "The last entry of the journal is dated {last}, after this one ({at}): set the machine's clock right, "
                "then try again.",
                last=last.at.isoformat(),
                at=at.isoformat(),
            ),
            last=last.at.isoformat(),
            at=at.isoformat(),
        )
    seq, previous = (last.seq, last.digest) if last is not None else (0, GENESIS)
    entries: list[LedgerEntry] = []
    for kind, subject, before, after in changes:
        seq += 1
        entry = LedgerEntry(
            seq=seq,
            at=at,
            actor=actor,
            kind=kind,
            subject=subject,
            before=_canonical(before),
            after=_canonical(after),
            previous=previous,
        )
        previous = entry.digest = _digest(_row(entry))
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    return entries


def head(session: Session) -> str:
    """Hash of the last entry; `GENESIS` when there is none."""
    found = session.scalar(select(LedgerEntry.digest).order_by(LedgerEntry.seq.desc()).limit(1))
    return found or GENESIS


def verify(session: Session) -> Verification:
    """Recompute the whole chain from the database."""
    return _verify(_row(e) | {"digest": e.digest} for e in _entries(session))


def export(session: Session) -> Iterator[str]:
    """The chain as JSON lines, enough to be verified alone; the last line's digest is the head."""
    for entry in _entries(session):
        yield _dump(_row(entry) | {"digest": entry.digest})


def verify_export(lines: Iterable[str], expected_head: str | None = None) -> Verification:
    """Recompute the chain of an exported file; `expected_head` catches one that was rebuilt or cut."""
    found = _verify(_parsed(lines))
    if found.broken_at is None and expected_head is not None and found.head != expected_head:
        return Verification(found.entries, found.entries, "the head is not the expected one", found.head)
    return found


def require_whole(found: Verification) -> None:
    """Raise LedgerBroken unless the chain holds."""
    if found.broken_at is not None:
        raise LedgerBroken(
            "ledger_broken",
            say(
                "The journal is broken at entry {broken_at}: {reason}.", broken_at=found.broken_at, reason=found.reason
            ),
            entry=found.broken_at,
            reason=found.reason,
        )


def _entries(session: Session) -> Iterable[LedgerEntry]:
    return session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq).execution_options(yield_per=1000))


def _verify(rows: Iterable[Mapping[str, object]]) -> Verification:
    previous, count = GENESIS, 0
    for count, row in enumerate(rows, start=1):
        reason = _flaw(row, count, previous)
        if reason:
            return Verification(count, count, reason, previous)
        previous = str(row["digest"])
    return Verification(count, None, "", previous)


def _flaw(row: Mapping[str, object], expected_seq: int, previous: str) -> str:
    """Why this row cannot stand after the one before; empty when it can."""
    if "unreadable" in row:
        return say("the line is not an entry")
    if row.get("seq") != expected_seq:
        return say("entry {wanted} is missing; {found} stands in its place", wanted=expected_seq, found=row.get("seq"))
    if row.get("previous") != previous:
        return say("it does not carry the hash of the entry before")
    if row.get("digest") != _digest({key: value for key, value in row.items() if key != "digest"}):
        return say("its content does not match its hash")
    return ""


def _parsed(lines: Iterable[str]) -> Iterator[Mapping[str, object]]:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        yield row if isinstance(row, dict) else {"unreadable": True}


def _row(entry: LedgerEntry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "kind": entry.kind,
        "subject": entry.subject,
        "before": entry.before,
        "after": entry.after,
        "previous": entry.previous,
    }


def _digest(row: Mapping[str, object]) -> str:
    return hashlib.sha256(_dump(row).encode()).hexdigest()


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _canonical(value: Mapping[str, object] | None) -> str | None:
    return None if value is None else _dump(value)


def _plain(value: object) -> object:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in the journal")


SEAL: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
        "CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    ),
}
"""Statements that make the table append-only, by dialect; the migration runs them too."""


@event.listens_for(LedgerEntry.__table__, "after_create")
def _seal(_table: object, connection: Connection, **_options: object) -> None:
    for statement in SEAL[connection.dialect.name]:
        connection.exec_driver_sql(statement)
