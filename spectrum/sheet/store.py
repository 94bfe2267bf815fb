"""Files of acts between their upload and their record: one officer brings and explains, another one records.

The octets stay here, so that what is recorded is what was judged; nothing that a page sends back is believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from inventory.table_file import Table
from nms.base import ledger
from nms.base.clock import legal_day
from nms.base.errors import Conflict, InputError, NotFound, PermissionRefused, StoreUnavailable
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, say
from spectrum import register as registers
from spectrum.act_file import read_acts
from spectrum.acts import Act
from spectrum.models import SheetRow
from spectrum.places import Places
from spectrum.sheet.columns import Layout, fingerprint, guess, layout_from_json, with_steps
from spectrum.sheet.file import read_sheet
from spectrum.sheet.judging import Plan, judge, judge_acts

KIND = "register.sheet"
RECORDED, DROPPED = "recorded", "dropped"
WAITING_CAP = 20
"""Files of one officer that wait."""
LISTED = 100


class Form(StrEnum):
    """How a file is read."""

    SHEET = "sheet"
    """A lawyer's spreadsheet: its officer says what the columns mean."""
    ACTS = "acts"
    """A file of acts (`spectrum.act_file`): its columns have fixed names."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as kept: its row, its cells, what its columns say (nothing, of a file of acts)."""

    row: SheetRow
    table: Table
    layout: Layout


class Sheets:
    """The files brought to the register; every change is sealed in the journal in the same transaction."""

    def __init__(self, register: registers.Register) -> None:
        self._register = register
        self._database = register.database

    def every(self) -> list[SheetRow]:
        """The last ones, the newest first, without their octets."""
        query = select(SheetRow).options(defer(SheetRow.octets)).order_by(SheetRow.id.desc()).limit(LISTED)
        with self._database.reading() as session:
            return list(session.scalars(query))

    def open(
        self,
        octets: bytes,
        name: str,
        actor: Actor,
        *,
        form: Form = Form.SHEET,
        correct: bool = False,
    ) -> str:
        """Keep a file; answers its reference. The same file of the same officer that waits already is found again.

        The columns of a spreadsheet are those of the last one with the same header, else guessed.

        Raises:
            InputError: it is no table that can be read, or too many wait. PermissionRefused.
        """
        actor.require(Permission.ACT_DRAFT)
        table = read_sheet(octets)
        digest = hashlib.sha256(octets).hexdigest()
        with self._database.transaction() as session:
            registers.lock(session)
            if form is Form.ACTS:
                read_acts(octets, self._register.places(session))
            mine = select(SheetRow).where(SheetRow.outcome == "", SheetRow.created_by == actor.name)
            waiting = session.scalars(mine.options(defer(SheetRow.octets))).all()
            alike = (digest, form.value, correct)
            if same := next((row for row in waiting if (row.digest, row.form, row.correct) == alike), None):
                return same.reference
            if len(waiting) >= WAITING_CAP:
                raise InputError(
                    "too_many_sheets",
                    say("{most} of your files wait already: record or drop one first.", most=WAITING_CAP),
                )
            header = fingerprint(table.header) if form is Form.SHEET else ""
            layout = _remembered(session, header, table) if form is Form.SHEET else Layout()
            now = self._register.clock.now()
            number = (session.scalar(select(func.max(SheetRow.id))) or 0) + 1
            row = SheetRow(
                id=number,
                reference=f"F-{legal_day(now).year}-{number:04}",
                name=clean(name, 200) or "–",
                octets=octets,
                digest=digest,
                fingerprint=header,
                layout=layout.as_json(),
                form=form.value,
                correct=correct,
                version=1,
                created_at=now,
                created_by=actor.name,
                outcome="",
                ended_by="",
                acts=0,
            )
            session.add(row)
            told: dict[str, object] = {"name": row.name, "sha256": digest}
            self._seal(session, row, actor, None, told | ({"correct": correct} if form is Form.ACTS else {}))
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

    def foresee(self, octets: bytes, *, correct: bool = False) -> Plan:
        """What recording a file of acts now would do; keeps and writes nothing.

        Raises:
            InputError: it is no table, or columns are missing.
        """
        with self._database.reading() as session:
            return self._judge_acts(session, octets, correct=correct)

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
            if row.form == Form.ACTS:
                raise InputError("fixed_columns", say("The columns of a file of acts have fixed names."))
            before, after = row.layout, read(_opened(row).table).as_json()
            if before != after:
                row.layout, row.version = after, row.version + 1
                told = {"layout": json.loads(after), "version": row.version}
                self._seal(session, row, actor, {"layout": json.loads(before)}, told)

    def record(self, reference: str, version: int, actor: Actor, sha256: str | None = None) -> int:
        """Record every act that the register does not hold, all in one transaction or none; answers how many.

        Whoever recorded it and asks again changes nothing. With `sha256`, the file must be that one.

        Raises:
            PermissionRefused: the actor brought the file, or may not decide.
            Conflict: it is another file, or was changed or ended meanwhile. InputError: a row is wrong.
        """
        actor.require(Permission.ACT_DECIDE)
        with self._database.transaction() as session:
            registers.lock(session)
            row = _row(session, reference)
            if sha256 is not None and sha256.casefold() != row.digest:
                raise Conflict(
                    "sheet_other",
                    say("{reference} is not the file with this SHA-256: nothing was recorded.", reference=reference),
                )
            if (row.outcome, row.ended_by, row.version) == (RECORDED, actor.name, version):
                return row.acts
            row = _waiting(session, reference, version)
            if row.created_by == actor.name:
                raise PermissionRefused(
                    "two_people", say("{name} brought this file: another officer must record it.", name=actor.name)
                )
            plan = self._judge(session, _opened(row))
            refuse(plan)
            places, at = self._register.places(session), self._register.clock.now()
            receipts = registers.record(session, places, plan.new, actor=actor, at=at, correct=row.correct)
            row.acts = sum(receipt.new for receipt in receipts)
            self._end(session, row, actor, RECORDED, {"entries": [one.ledger_seq for one in receipts]})
            return row.acts

    def drop(self, reference: str, version: int, actor: Actor) -> None:
        """Put a file away without recording it; its octets are forgotten, its layout is remembered.

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
        if one.row.form == Form.ACTS:
            return self._judge_acts(session, one.row.octets, correct=one.row.correct)
        places = self._register.places(session)
        return judge(one.table, one.layout, places, _standing(session, places))

    def _judge_acts(self, session: Session, octets: bytes, *, correct: bool) -> Plan:
        places = self._register.places(session)
        return judge_acts(read_acts(octets, places), _standing(session, places), correct=correct)

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


def _standing(session: Session, places: Places) -> list[tuple[str, Act]]:
    return [(one.row.key, one.act) for one in registers.recorded(session, places)]


def _remembered(session: Session, header: str, table: Table) -> Layout:
    query = select(SheetRow.layout).where(SheetRow.fingerprint == header).order_by(SheetRow.id.desc()).limit(1)
    kept = session.scalar(query)
    return with_steps(layout_from_json(kept), table) if kept is not None else guess(table)


def _opened(row: SheetRow) -> Opened:
    """The file as it was brought.

    Raises:
        StoreUnavailable: its octets are not those that were sealed.
    """
    if row.outcome == DROPPED:
        return Opened(row, Table((), [], "", ""), layout_from_json(row.layout))
    if hashlib.sha256(row.octets).hexdigest() != row.digest:
        raise StoreUnavailable(
            "sheet_damaged_here", say("The file {reference} is not as it was sealed.", reference=row.reference)
        )
    table = read_sheet(row.octets)
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
