"""Spreadsheets of acts between their upload and their record: one officer brings and explains, another one records.

The octets stay here, so that what is recorded is what was judged; nothing that a page sends back is believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from inventory.table_file import Table
from nms.base import ledger
from nms.base.clock import legal_day
from nms.base.errors import Conflict, InputError, NotFound, PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, say
from spectrum import register as registers
from spectrum.models import SheetRow
from spectrum.sheet.columns import Layout, fingerprint, guess, layout_from_json, with_steps
from spectrum.sheet.file import read_sheet
from spectrum.sheet.judging import Plan, judge

KIND = "register.sheet"
RECORDED, DROPPED = "recorded", "dropped"
WAITING_CAP = 20
"""Spreadsheets of one officer that wait."""
LISTED = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """A spreadsheet as kept: its row, its cells, what its columns say."""

    row: SheetRow
    table: Table
    layout: Layout


class Sheets:
    """The spreadsheets of the register; every change is sealed in the journal in the same transaction."""

    def __init__(self, register: registers.Register) -> None:
        self._register = register
        self._database = register.database

    def every(self) -> list[SheetRow]:
        """The last ones, the newest first, without their octets."""
        query = select(SheetRow).options(defer(SheetRow.octets)).order_by(SheetRow.id.desc()).limit(LISTED)
        with self._database.reading() as session:
            return list(session.scalars(query))

    def open(self, octets: bytes, name: str, actor: Actor) -> str:
        """Keep a file; answers its reference. The same file that waits already is found again.

        Its columns are those of the last file with the same header, else guessed.

        Raises:
            InputError: it is no spreadsheet that can be read, or too many wait. PermissionRefused.
        """
        actor.require(Permission.ACT_DRAFT)
        table = read_sheet(octets)
        digest = hashlib.sha256(octets).hexdigest()
        with self._database.transaction() as session:
            registers.lock(session)
            mine = select(SheetRow).where(SheetRow.outcome == "", SheetRow.created_by == actor.name)
            waiting = session.scalars(mine.options(defer(SheetRow.octets))).all()
            if (same := next((row for row in waiting if row.digest == digest), None)) is not None:
                return same.reference
            if len(waiting) >= WAITING_CAP:
                raise InputError(
                    "too_many_sheets",
                    say("{most} of your files wait already: record or drop one first.", most=WAITING_CAP),
                )
            header = fingerprint(table.header)
            now = self._register.clock.now()
            number = (session.scalar(select(func.max(SheetRow.id))) or 0) + 1
            row = SheetRow(
                id=number,
                reference=f"F-{legal_day(now).year}-{number:04}",
                name=clean(name, 200) or "–",
                octets=octets,
                digest=digest,
                fingerprint=header,
                layout=_remembered(session, header, table).as_json(),
                version=1,
                created_at=now,
                created_by=actor.name,
                outcome="",
                ended_by="",
                acts=0,
            )
            session.add(row)
            self._seal(session, row, actor, None, {"name": row.name, "sha256": digest})
            return row.reference

    def one(self, reference: str) -> Opened:
        """A spreadsheet with its cells.

        Raises:
            NotFound: there is none of that reference.
        """
        with self._database.reading() as session:
            return _opened(_row(session, reference))

    def plan(self, one: Opened) -> Plan:
        """What recording it now would do; writes nothing."""
        with self._database.reading() as session:
            return self._judge(session, one)

    def explain(self, reference: str, version: int, read: Callable[[Table], Layout], actor: Actor) -> None:
        """Say what the columns mean; `read` makes the layout for the file's table.

        Raises:
            PermissionRefused: another officer brought it. Conflict: it was changed or ended meanwhile. InputError.
        """
        actor.require(Permission.ACT_DRAFT)
        with self._database.transaction() as session:
            registers.lock(session)
            row = _waiting(session, reference, version)
            if row.created_by != actor.name:
                raise PermissionRefused(
                    "not_yours",
                    say("{name} brought this file: only they say what its columns mean.", name=row.created_by),
                )
            before, after = row.layout, read(_opened(row).table).as_json()
            if before != after:
                row.layout, row.version = after, row.version + 1
                told = {"layout": json.loads(after), "version": row.version}
                self._seal(session, row, actor, {"layout": json.loads(before)}, told)

    def record(self, reference: str, version: int, actor: Actor) -> int:
        """Record every act that the register does not hold, all in one transaction or none; answers how many.

        Raises:
            PermissionRefused: the actor brought the file, or may not decide.
            Conflict: it was changed or ended meanwhile. InputError: a row is wrong.
        """
        actor.require(Permission.ACT_DECIDE)
        with self._database.transaction() as session:
            registers.lock(session)
            row = _waiting(session, reference, version)
            if row.created_by == actor.name:
                raise PermissionRefused(
                    "two_people", say("{name} brought this file: another officer must record it.", name=actor.name)
                )
            plan = self._judge(session, _opened(row))
            refuse(plan)
            places = self._register.places(session)
            receipts = registers.record(session, places, plan.new, actor=actor, at=self._register.clock.now())
            row.acts = sum(receipt.new for receipt in receipts)
            self._end(session, row, actor, RECORDED, {"entries": [one.ledger_seq for one in receipts]})
            return row.acts

    def drop(self, reference: str, version: int, actor: Actor) -> None:
        """Put a spreadsheet away without recording it; its octets are forgotten, its layout is remembered.

        Raises:
            Conflict: it was changed or ended meanwhile. PermissionRefused.
        """
        actor.require(Permission.ACT_DRAFT)
        with self._database.transaction() as session:
            registers.lock(session)
            row = _waiting(session, reference, version)
            row.octets = b""
            self._end(session, row, actor, DROPPED, {})

    def _judge(self, session: Session, one: Opened) -> Plan:
        places = self._register.places(session)
        standing = [(found.row.key, found.act) for found in registers.recorded(session, places)]
        return judge(one.table, one.layout, places, standing)

    def _end(self, session: Session, row: SheetRow, actor: Actor, outcome: str, more: Mapping[str, object]) -> None:
        row.outcome, row.ended_at, row.ended_by = outcome, self._register.clock.now(), actor.name
        told = {"outcome": outcome, "acts": row.acts, "sha256": row.digest, "brought_by": row.created_by}
        self._seal(session, row, actor, {"outcome": ""}, told | {"layout": json.loads(row.layout)} | dict(more))

    def _seal(
        self,
        session: Session,
        row: SheetRow,
        actor: Actor,
        before: Mapping[str, object] | None,
        after: Mapping[str, object],
    ) -> None:
        at = self._register.clock.now()
        ledger.append(session, kind=KIND, subject=row.reference, actor=actor.name, at=at, before=before, after=after)


def refuse(plan: Plan) -> None:
    """Raise InputError with every complaint when a row is wrong, or when there is none."""
    if plan.complaints:
        first = plan.complaints[0]
        raise InputError(
            "acts_refused",
            say(
                "Nothing was recorded: {total} errors, the first one in row {row}, column {column}: {remedy}",
                total=len(plan.complaints),
                row=first.row,
                column=first.column,
                remedy=first.remedy,
            ),
            complaints=[str(complaint) for complaint in plan.complaints],
        )
    if not plan.judged:
        raise InputError("no_act", say("Nothing was recorded: the file holds no act."))


def _remembered(session: Session, header: str, table: Table) -> Layout:
    query = select(SheetRow.layout).where(SheetRow.fingerprint == header).order_by(SheetRow.id.desc()).limit(1)
    kept = session.scalar(query)
    return with_steps(layout_from_json(kept), table) if kept is not None else guess(table)


def _opened(row: SheetRow) -> Opened:
    table = read_sheet(row.octets) if row.outcome != DROPPED else Table((), [], "", "")
    return Opened(row, table, layout_from_json(row.layout))


def _row(session: Session, reference: str) -> SheetRow:
    row = session.scalar(select(SheetRow).where(SheetRow.reference == reference))
    if row is None:
        raise NotFound("no_such_sheet", say("There is no file {reference}.", reference=clean(reference, 40)))
    return row


def _waiting(session: Session, reference: str, version: int) -> SheetRow:
    row = _row(session, reference)
    if row.outcome:
        raise Conflict(
            "sheet_ended",
            say(
                "{reference} was ended by {name} meanwhile; nothing was changed.",
                reference=reference,
                name=row.ended_by,
            ),
        )
    if row.version != version:
        raise Conflict(
            "sheet_changed",
            say(
                "The columns of {reference} were changed meanwhile: read the rows again, nothing was recorded.",
                reference=reference,
            ),
        )
    return row
