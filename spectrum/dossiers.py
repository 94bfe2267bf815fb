"""Projects of cession, of making available, of location: drafted, judged, followed by their events, executed into acts.

The state of a project is never stored: it follows from its events and the day (`spectrum.law.procedure`). One officer
drafts, another one decides. Financial conditions are sealed and leave this module only for who may read them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nms.base import ledger
from nms.base.clock import legal_day
from nms.base.errors import Conflict, InputError, LawRefusal, NotFound, PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.base.secrets import SecretBox
from nms.base.text import clean, say
from spectrum import register as registers
from spectrum.acts import Act, Step
from spectrum.chronicle import chronicle
from spectrum.drafts import FINANCE_ITEM, SEALED, STEPS, Draft, Judged, draft_from_json, judge, regime_for
from spectrum.law import procedure
from spectrum.law.course import Event, Mark, stood
from spectrum.law.procedure import Standing
from spectrum.law.verdict import Outcome, Verdict
from spectrum.models import DossierEventRow, DossierRow
from spectrum.projects import BINDING, judgement
from spectrum.register import Register

KIND, EVENT_KIND = "register.dossier", "register.dossier_event"
BY_ANOTHER = frozenset({Mark.SENT, Mark.EXECUTED})
"""Steps that the officer who drafted may not take."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A project as it stands: its row, its draft, its events, and where the law says that it is on a day."""

    row: DossierRow
    draft: Draft
    events: tuple[Event, ...]
    standing: Standing

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed: nothing of its procedure has happened."""
        return not stood(self.events)


class Dossiers:
    """The projects of the register; every change is sealed in the journal in the same transaction."""

    def __init__(self, register: Register, box: SecretBox) -> None:
        self._register = register
        self._database = register.database
        self._clock = register.clock
        self._box = box

    def every(self, on: date) -> list[Dossier]:
        """All projects, the newest first, as they stand on a day."""
        with self._database.reading() as session:
            rows = session.scalars(select(DossierRow).order_by(DossierRow.id.desc())).all()
            events = _events(session)
        return [_dossier(row, events.get(row.id, ()), on) for row in rows]

    def one(self, reference: str, on: date) -> Dossier:
        """One project as it stands on a day.

        Raises:
            NotFound: there is none of that reference.
        """
        with self._database.reading() as session:
            row = _row(session, reference)
            return _dossier(row, _events(session, row.id).get(row.id, ()), on)

    def recorded_at(self) -> dict[int, datetime]:
        """When the newest event of each project was recorded, by the number of its row."""
        query = select(DossierEventRow.dossier_id, func.max(DossierEventRow.recorded_at))
        with self._database.reading() as session:
            return dict(session.execute(query.group_by(DossierEventRow.dossier_id)).all())

    def judge(self, draft: Draft, on: date) -> Judged:
        """What the law of a day says of a draft, against everything that the register holds."""
        with self._database.reading() as session:
            places = self._register.places(session)
        return judge(draft, self._register.as_of(date.max), places, on)

    def finance(self, reference: str, actor: Actor) -> str:
        """The financial conditions in clear.

        Raises:
            PermissionRefused: the actor is no legal officer.
        """
        actor.require(Permission.FINANCE_READ)
        with self._database.reading() as session:
            sealed = _row(session, reference).finance
        return self._box.unseal(sealed).decode() if sealed else ""

    def create(self, draft: Draft, actor: Actor, on: date, key: str) -> str:
        """Open a project; answers its reference. The same `key` again is the same project: a double click is one.

        Raises:
            PermissionRefused, InputError.
        """
        actor.require(Permission.ACT_DRAFT)
        judged = self.judge(draft, on)
        with self._database.transaction() as session:
            registers.lock(session)
            kept = session.scalar(select(DossierRow.reference).where(DossierRow.key == key))
            if kept is not None:
                return kept
            number = (session.scalar(select(func.max(DossierRow.id))) or 0) + 1
            row = DossierRow(
                id=number,
                reference=f"D-{on.year}-{number:04}",
                key=key,
                version=1,
                created_at=self._clock.now(),
                created_by=actor.name,
                simulated=draft.simulated,
            )
            self._put(row, draft, judged)
            session.add(row)
            self._seal(session, KIND, row.reference, actor, None, self._told(row))
            return row.reference

    def edit(self, reference: str, version: int, draft: Draft, actor: Actor, on: date) -> int:
        """Change a draft that nobody else changed meanwhile; answers the new version.

        Raises:
            Conflict: somebody else changed it; the sentence names what differs. Or it was sent already.
        """
        actor.require(Permission.ACT_DRAFT)
        judged = self.judge(draft, on)
        with self._database.transaction() as session:
            registers.lock(session)
            row = _row(session, reference)
            if stood(_events(session, row.id).get(row.id, ())):
                raise Conflict("dossier_sent", say("{reference} was sent: it cannot be changed.", reference=reference))
            if row.version != version:
                raise _changed_meanwhile(row, draft)
            before = self._told(row)
            row.version += 1
            self._put(row, draft, judged)
            self._seal(session, KIND, reference, actor, before, self._told(row))
            return row.version

    def add_event(self, reference: str, event: Event, actor: Actor, key: str) -> tuple[Verdict, ...]:
        """Record an event of the procedure, and what it does to the register, in one transaction.

        The same `key` again changes nothing: a double click is one event.

        Raises:
            LawRefusal: the event is not in order; its verdict says why.
            PermissionRefused: the actor drafted the project and may not send or execute it.
        """
        actor.require(Permission.ACT_DECIDE)
        digest = hashlib.sha256(key.encode()).hexdigest()
        with self._database.transaction() as session:
            registers.lock(session)
            row = _row(session, reference)
            stored = session.scalars(
                select(DossierEventRow).where(DossierEventRow.dossier_id == row.id).order_by(DossierEventRow.seq)
            ).all()
            if any(one.key == digest for one in stored):
                return ()
            if event.mark in BY_ANOTHER and row.created_by == actor.name:
                raise _two_people(actor)
            if event.on > legal_day(self._clock.now()):
                raise InputError("event_in_future", say("An event of the future cannot be recorded."))
            draft = draft_from_json(json.loads(row.facts))
            events = tuple(_event(one) for one in stored)
            verdicts = procedure.may(events, regime_for(draft), event)
            refuse(verdicts)
            if event.mark is Mark.RECTIFIED and not event.note.strip():
                raise InputError("no_reason", say("Say in the note why the last event was entered by mistake."))
            self._apply(session, row, draft, event, actor)
            told = {"mark": event.mark, "on": event.on, "by": event.by, "reference": event.reference,
                    "note": event.note, "verdicts": [one.as_json() for one in verdicts]}  # fmt: skip
            entry = self._seal(session, EVENT_KIND, reference, actor, None, told)
            session.add(
                DossierEventRow(
                    dossier_id=row.id,
                    seq=len(stored) + 1,
                    key=digest,
                    mark=event.mark.value,
                    on=event.on,
                    by=event.by,
                    reference=event.reference,
                    note=event.note,
                    recorded_at=entry.at,
                    recorded_by=actor.name,
                )
            )
            return verdicts

    def _apply(self, session: Session, row: DossierRow, draft: Draft, event: Event, actor: Actor) -> None:
        """What an event does to rights: an approval is recorded and moves nothing; an execution moves them."""
        if event.mark not in (Mark.APPROVED, Mark.EXECUTED):
            return
        if not event.reference.strip():
            raise InputError("no_reference", say("The number of the decision (or of the convention) is needed."))
        places = self._register.places(session)
        folded = chronicle(one.act for one in registers.recorded(session, places))
        judged = judge(draft, folded, places, event.on)
        if event.mark is Mark.EXECUTED:
            refuse(tuple(v for v in judged.verdicts if v.rule in BINDING))
            row.act = event.reference
        acts = [_act(draft, event, judged)]
        registers.record(
            session, places, acts, actor=actor, at=self._clock.now(), dossier=row.reference,
            judged={acts[0].key: judgement(judged.project)},
        )  # fmt: skip

    def _put(self, row: DossierRow, draft: Draft, judged: Judged) -> None:
        """Write a draft into its row; the financial conditions are kept as they were when they were not given anew."""
        given = draft.items.get(FINANCE_ITEM, "")
        if given and given != SEALED:
            row.finance = self._box.seal(given.encode())
        elif not given:
            row.finance = None
        row.title, row.cessionnaire = judged.project.title.number, draft.cessionnaire
        row.facts = json.dumps(draft.as_json(), ensure_ascii=False, sort_keys=True)
        row.judged = json.dumps(judgement(judged.project), ensure_ascii=False, sort_keys=True)
        row.judged_on = judged.on

    def _told(self, row: DossierRow) -> dict[str, object]:
        """What the journal keeps: the facts, and of the financial conditions a digest that nobody can guess."""
        told: dict[str, object] = {"version": row.version, "facts": json.loads(row.facts)}
        if row.finance:
            salt = self._box.derive("finance-digest")
            told["finance_digest"] = hmac.new(salt, self._box.unseal(row.finance), "sha256").hexdigest()
        return told

    def _seal(
        self,
        session: Session,
        kind: str,
        subject: str,
        actor: Actor,
        before: Mapping[str, object] | None,
        after: Mapping[str, object],
    ) -> ledger.LedgerEntry:
        return ledger.append(
            session, kind=kind, subject=subject, actor=actor.name, at=self._clock.now(), before=before, after=after
        )


def refuse(verdicts: Sequence[Verdict]) -> None:
    """Raise LawRefusal when a verdict refuses; its facts hold every verdict."""
    refused = [one for one in verdicts if one.outcome is Outcome.REFUSED]
    if refused:
        raise LawRefusal(
            "law_refuses",
            say("{article}: {text}", article=refused[0].article, text=refused[0].text),
            article=refused[0].article,
            reason=str(refused[0].text),
            verdicts=[one.as_json() for one in verdicts],
        )


def _act(draft: Draft, event: Event, judged: Judged) -> Act:
    wanted = judged.wanted
    return Act(
        number=event.reference.strip(),
        step=Step.APPROVAL if event.mark is Mark.APPROVED else STEPS[draft.nature],
        decided_on=event.on,
        effective_on=max(event.on, wanted.period.start),
        area=wanted.area,
        bands=wanted.bands,
        cedant=draft.cedant,
        cessionnaire=draft.cessionnaire,
        kind=f"{draft.nature.value}_{'total' if draft.total else 'partial'}",
        area_text=draft.area_text,
        until=wanted.period.end,
        title=judged.project.title.number,
        note=event.note,
        simulated=draft.simulated,
    )


def _dossier(row: DossierRow, events: Sequence[Event], on: date) -> Dossier:
    draft = draft_from_json(json.loads(row.facts))
    return Dossier(row, draft, tuple(events), procedure.standing(events, regime_for(draft), on))


def _row(session: Session, reference: str) -> DossierRow:
    row = session.scalar(select(DossierRow).where(DossierRow.reference == reference))
    if row is None:
        raise NotFound("no_such_dossier", say("There is no project {reference}.", reference=clean(reference, 40)))
    return row


def _events(session: Session, dossier: int | None = None) -> dict[int, list[Event]]:
    query = select(DossierEventRow).order_by(DossierEventRow.dossier_id, DossierEventRow.seq)
    if dossier is not None:
        query = query.where(DossierEventRow.dossier_id == dossier)
    found: dict[int, list[Event]] = {}
    for row in session.scalars(query):
        found.setdefault(row.dossier_id, []).append(_event(row))
    return found


def _event(row: DossierEventRow) -> Event:
    return Event(Mark(row.mark), row.on, row.by, row.reference, row.note)


def _changed_meanwhile(row: DossierRow, draft: Draft) -> Conflict:
    theirs, mine = json.loads(row.facts), draft.as_json()
    differs = ", ".join(sorted(name for name in mine if mine[name] != theirs.get(name)))
    return Conflict(
        "changed_meanwhile",
        say(
            "Somebody else changed {reference} meanwhile (version {version}); yours differs in: {differs}. "
            "Nothing was overwritten.",
            reference=row.reference,
            version=row.version,
            differs=differs or "—",
        ),
        reference=row.reference,
        version=row.version,
        differs=differs,
    )


def _two_people(actor: Actor) -> PermissionRefused:
    return PermissionRefused(
        "two_people", say("{name} drafted this project: another officer must decide.", name=actor.name)
    )
