"""Scanned acts, postal receipts and annexes attached to acts and projects: sealed in the journal, read by whoever may.

An attachment is seen by whoever sees its act or project; a secret annex (the financial conditions) by legal officers
alone: it is kept encrypted, and neither its name nor its note is in the journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nms.base import ledger
from nms.base.errors import Conflict, InputError, NotFound
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Actor, Permission
from nms.base.secrets import SecretBox
from nms.base.text import clean, say
from spectrum import register as registers
from spectrum.dossiers import area_of
from spectrum.models import AttachmentRow, DossierRow
from spectrum.paper import Shelf, digest_of, form_of
from spectrum.places import plain
from spectrum.register import Register

KIND, WITHDRAWAL = "register.attachment", "register.attachment_withdrawn"
MAX_OF_ONE = 40
"""Attachments of one act or project, the withdrawn ones too."""
NAME_LENGTH, NOTE_LENGTH = 120, 500


class Subject(StrEnum):
    """What a paper is attached to."""

    ACT = "act"
    DOSSIER = "dossier"


class Paper(StrEnum):
    """What a paper is."""

    SCANNED_ACT = "scanned_act"
    POSTAL_RECEIPT = "postal_receipt"
    LETTER = "letter"
    ANNEX = "annex"
    SECRET = "secret_annex"  # noqa: S105 - a kind of paper, no password


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as a person sent it, with what they say of it."""

    octets: bytes
    name: str
    kind: Paper
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An attachment with the name and the address of what it is attached to."""

    row: AttachmentRow
    title: str
    path: str


class Attachments:
    """The attachments of the register; every change is sealed in the journal in the same transaction."""

    def __init__(self, register: Register, box: SecretBox, shelf: Shelf) -> None:
        self._register = register
        self._database = register.database
        self._box = box
        self._shelf = shelf

    def of(self, subject: Subject, of: str, actor: Actor) -> list[AttachmentRow]:
        """The attachments of one act or project that the caller has found visible; secret ones for legal officers."""
        query = select(AttachmentRow).where(AttachmentRow.subject == subject.value, AttachmentRow.of == of)
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(AttachmentRow.id)).all()
        return [row for row in rows if _may_know(actor, row)]

    def attach(self, subject: Subject, of: str, upload: Upload, actor: Actor, key: str) -> AttachmentRow:
        """Keep a file and seal who attached it, when and what; the same `key` again is the same attachment.

        Raises:
            InputError: the file is none that is taken.
            Conflict: it is attached there already, or there are too many.
            PermissionRefused, StoreUnavailable.
        """
        actor.require(Permission.ACT_DRAFT)
        if upload.kind is Paper.SECRET:
            actor.require(Permission.FINANCE_READ)
        form = form_of(upload.octets)
        kept = self._box.seal(upload.octets) if upload.kind is Paper.SECRET else upload.octets
        once = hashlib.sha256(f"{actor.name}\0{subject}\0{of}\0{key}".encode()).hexdigest()
        with self._database.transaction() as session:
            registers.lock(session)
            stored = session.scalars(
                select(AttachmentRow).where(AttachmentRow.subject == subject.value, AttachmentRow.of == of)
            ).all()
            if (same := next((row for row in stored if row.key == once), None)) is not None:
                return same
            _refuse_more(stored, digest_of(kept))
            row = AttachmentRow(
                id=(session.scalar(select(func.max(AttachmentRow.id))) or 0) + 1,
                key=once,
                subject=subject.value,
                of=of,
                kind=upload.kind.value,
                form=form.value,
                octets=len(upload.octets),
                digest=self._shelf.put(kept),
                name=clean(upload.name, NAME_LENGTH) or form.value,
                note=clean(upload.note, NOTE_LENGTH),
                added_at=self._register.clock.now(),
                added_by=actor.name,
            )
            entry = ledger.append(
                session, kind=KIND, subject=of, actor=actor.name, at=row.added_at, after=_told(row)
            )  # fmt: skip
            row.ledger_seq = entry.seq
            session.add(row)
            return row

    def withdraw(self, number: int, reason: str, actor: Actor) -> None:
        """Mark an attachment as withdrawn; its file stays, and is served to legal officers alone.

        Raises:
            InputError: without a reason. Conflict: withdrawn already. NotFound, PermissionRefused.
        """
        actor.require(Permission.ACT_DRAFT)
        reason = clean(reason, NOTE_LENGTH)
        if not reason:
            raise InputError("no_reason", say("Say why this attachment is withdrawn."))
        with self._database.transaction() as session:
            registers.lock(session)
            row = session.get(AttachmentRow, number)
            if row is None or not _may_know(actor, row):
                raise _missing()
            if row.withdrawn_at is not None:
                raise Conflict("withdrawn_already", say("This attachment is withdrawn already."))
            row.withdrawn_at, row.withdrawn_by, row.reason = self._register.clock.now(), actor.name, reason
            ledger.append(
                session, kind=WITHDRAWAL, subject=row.of, actor=actor.name, at=row.withdrawn_at,
                before=_told(row), after={"attachment": row.id, "reason": _reason_told(row)},
            )  # fmt: skip

    def one(self, number: int, actor: Actor) -> Found:
        """One attachment.

        Raises:
            NotFound: there is none, or its act or project, or its secret, is not the actor's: the answer is the same.
        """
        with self._database.reading() as session:
            row = session.get(AttachmentRow, number)
            found = self._visible(session, [row] if row is not None else [], actor)
        if not found:
            raise _missing()
        return found[0]

    def content(self, number: int, actor: Actor) -> tuple[AttachmentRow, bytes]:
        """An attachment with its octets, compared with the hash that was sealed.

        Raises:
            NotFound: as `one`, and a withdrawn one for whoever is no legal officer. StoreUnavailable: it was damaged.
        """
        row = self.one(number, actor).row
        if row.withdrawn_at is not None and not actor.may(Permission.ACT_DRAFT):
            raise _missing()
        octets = self._shelf.get(row.digest)
        return row, self._box.unseal(octets) if row.kind == Paper.SECRET else octets

    def search(self, text: str, actor: Actor, word: Callable[[Paper], str] = str) -> list[Found]:
        """What the actor sees whose name, note or kind holds every word; all of it for an empty text.

        The newest first; `word` names a kind in the reader's language.
        """
        words = plain(text).split()
        with self._database.reading() as session:
            rows = session.scalars(select(AttachmentRow).order_by(AttachmentRow.id.desc())).all()
            matching = [row for row in rows if all(one in _searched(row, word) for one in words)]
            return self._visible(session, matching, actor)

    def _visible(self, session: Session, rows: Sequence[AttachmentRow], actor: Actor) -> list[Found]:
        """The rows that the actor may know, with their act or project; a commune's, when that lies wholly in it."""
        rows = [row for row in rows if _may_know(actor, row)]
        if not rows or not actor.may(Permission.RIGHT_READ):
            return []
        places, found = self._register.places(session), {}
        if any(row.subject == Subject.ACT for row in rows):
            for act in registers.recorded(session, places):
                if actor.scope is None or (act.act.area and act.act.area <= actor.scope):
                    found[Subject.ACT.value, act.row.key] = (act.row.number, f"/registre/actes/{act.row.id}")
        if any(row.subject == Subject.DOSSIER for row in rows):
            for one in session.scalars(select(DossierRow)):
                if actor.scope is None or area_of(one, places) <= actor.scope:
                    found[Subject.DOSSIER.value, one.reference] = (one.reference, f"/dossiers/{one.reference}")
        return [Found(row, *found[row.subject, row.of]) for row in rows if (row.subject, row.of) in found]


def flaw(session: Session, shelf: Shelf | None) -> tuple[int, str] | None:
    """The first attachment that is not as sealed: its entry of the journal, and why; with a shelf, its file too."""
    entries = select(LedgerEntry).where(LedgerEntry.kind.in_((KIND, WITHDRAWAL))).order_by(LedgerEntry.seq)
    added: dict[int, LedgerEntry] = {}
    withdrawn: dict[int, tuple[int, str]] = {}
    for entry in session.scalars(entries):
        after = json.loads(entry.after or "{}")
        if entry.kind == KIND:
            added[entry.seq] = entry
        else:
            withdrawn[after["attachment"]] = (entry.seq, after["reason"])
    for row in session.scalars(select(AttachmentRow).order_by(AttachmentRow.id)):
        sealed = added.pop(row.ledger_seq, None)
        if sealed is None or json.loads(sealed.after or "{}") != _told(row) or sealed.actor != row.added_by:
            return row.ledger_seq, f"attachment {row.id} is not what was sealed"
        seq, reason = withdrawn.get(row.id, (row.ledger_seq, ""))
        known = row.id in withdrawn
        if (row.withdrawn_at is not None) != known or (known and _reason_told(row) != reason):
            return seq, f"the withdrawal of attachment {row.id} is not what was sealed"
        if shelf is not None and not shelf.is_whole(row.digest):
            return row.ledger_seq, f"the file of attachment {row.id} is missing or damaged"
    if added:
        return min(added), "the attachment that it seals is not in the register"
    return None


def _told(row: AttachmentRow) -> dict[str, object]:
    """What the journal keeps of an attachment: of a secret annex neither its name nor its note nor its length."""
    told: dict[str, object] = {
        "attachment": row.id, "subject": row.subject, "of": row.of, "kind": row.kind, "form": row.form,
        "sha256": row.digest,
    }  # fmt: skip
    return told if row.kind == Paper.SECRET else told | {"name": row.name, "note": row.note, "octets": row.octets}


def _reason_told(row: AttachmentRow) -> str:
    return "" if row.kind == Paper.SECRET else row.reason


def _may_know(actor: Actor, row: AttachmentRow) -> bool:
    return row.kind != Paper.SECRET or actor.may(Permission.FINANCE_READ)


def _searched(row: AttachmentRow, word: Callable[[Paper], str]) -> str:
    return plain(f"{row.name} {row.note} {word(Paper(row.kind))} {row.form} {row.of}")


def _refuse_more(stored: Sequence[AttachmentRow], digest: str) -> None:
    if any(row.digest == digest and row.withdrawn_at is None for row in stored):
        raise Conflict("attached_already", say("This very file is attached here already."))
    if len(stored) >= MAX_OF_ONE:
        raise Conflict(
            "too_many_attachments",
            say("There are {most} attachments here already, which is the most: join the papers in one PDF.",
                most=MAX_OF_ONE),
        )  # fmt: skip


def _missing() -> NotFound:
    return NotFound("no_such_attachment", say("There is no such attachment."))
