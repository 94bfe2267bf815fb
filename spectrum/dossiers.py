"""Projects of cession, of making available, of location: drafted, judged, followed by their events, executed into acts.

The state of a project is never stored: it follows from its events and the day (`spectrum.law.procedure`). One officer
drafts, another one decides. Financial conditions are sealed and leave this module only for who may read them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
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
from spectrum.acts import Act, Step, act_from_json
from spectrum.chronicle import chronicle
from spectrum.drafts import FINANCE_ITEM, SEALED, STEPS, Draft, Judged, draft_from_json, judge, regime_for
from spectrum.law import procedure
from spectrum.law.course import Event, Mark, stood
from spectrum.law.procedure import Standing
from spectrum.law.verdict import Outcome, Verdict
from spectrum.models import ActRow, DossierEventRow, DossierRow
from spectrum.places import Places
from spectrum.projects import BINDING, judgement
from spectrum.register import Register
from spectrum.rights import Area

KIND, EVENT_KIND = "register.dossier", "register.dossier_event"
BY_ANOTHER = frozenset({Mark.SENT, Mark.EXECUTED})
"""Steps that an officer who drafted, or changed the draft, may not take."""
PAPERS = frozenset({"items", "split", "commitments", "sanctioned", "capacity"})
"""What may be changed when ARCEP asks for items: the papers, never who cedes what to whom."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A project as it stands: its row, its draft, its events, and where the law says that it is on a day."""

    row: DossierRow
    draft: Draft
    events: tuple[Event, ...]
    standing: Standing

    def area(self, places: Places) -> Area:
        """The communes that it means: those of its text on the day on which it was written down, as they are today."""
        return area_of(self.row, places)

    @property
    def may_be_edited(self) -> bool:
        """Whether something in it may be changed: it was not sent, or ARCEP asks for items."""
        return _open(self.events)


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

    def judged(self, one: Dossier, on: date) -> Judged:
        """What the law of its day (of `on`, when it was never judged) says of a project, for the communes it means."""
        with self._database.reading() as session:
            places = self._register.places(session)
        folded = self._register.as_of(date.max)
        return judge(one.draft, folded, places, one.row.judged_on or on, one.area(places))

    def act_of_last(self, one: Dossier) -> str:
        """The number of the act that the last event recorded, where that act stands."""
        with self._database.reading() as session:
            return _act_of_last(session, one.row, one.events)

    def writers(self, reference: str) -> frozenset[str]:
        """Who drafted a project or changed it."""
        with self._database.reading() as session:
            return _writers(session, reference)

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
        """Change a draft that nobody else changed meanwhile, or papers that ARCEP asks for; answers the new version.

        Raises:
            Conflict: somebody else changed it; the sentence names what differs. Or it was sent already.
        """
        actor.require(Permission.ACT_DRAFT)
        judged = self.judge(draft, on)
        with self._database.transaction() as session:
            registers.lock(session)
            row = _row(session, reference)
            events = _events(session, row.id).get(row.id, [])
            if not _open(events):
                raise Conflict("dossier_sent", say("{reference} was sent: it cannot be changed.", reference=reference))
            if stood(events) and (changed := _changed(draft_from_json(json.loads(row.facts)), draft) - PAPERS):
                raise Conflict(
                    "dossier_sent",
                    say("{reference} was sent: of it only the papers can be completed, not {changed}.",
                        reference=reference, changed=", ".join(sorted(changed))),
                )  # fmt: skip
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
            if event.mark in BY_ANOTHER and actor.name in _writers(session, reference):
                raise _two_people(actor)
            if event.on > legal_day(self._clock.now()):
                raise InputError("event_in_future", say("An event of the future cannot be recorded."))
            draft = draft_from_json(json.loads(row.facts))
            events = tuple(_event(one) for one in stored)
            verdicts = procedure.may(events, regime_for(draft), event, _act_of_last(session, row, events))
            refuse(verdicts)
            if event.mark is Mark.RECTIFIED and not event.note.strip():
                raise InputError("no_reason", say("Say in the note why the last event was entered by mistake."))
            approved = any(one.mark is Mark.APPROVED for one in stood(events))
            self._apply(session, row, draft, event, actor, approved=approved)
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

    def _apply(
        self, session: Session, row: DossierRow, draft: Draft, event: Event, actor: Actor, *, approved: bool
    ) -> None:
        """What an event does to rights: an approval is recorded and moves nothing, nor does its withdrawal; an
        execution moves them.
        """
        gives_up = event.mark is Mark.WITHDRAWN and approved
        if event.mark not in (Mark.APPROVED, Mark.EXECUTED) and not gives_up:
            return
        if gives_up and not event.reference.strip():
            event = replace(event, reference=row.reference)
        if not event.reference.strip():
            raise InputError("no_reference", say("The number of the decision (or of the convention) is needed."))
        places = self._register.places(session)
        folded = chronicle(one.act for one in registers.recorded(session, places))
        judged = judge(draft, folded, places, event.on, area_of(row, places))
        if event.mark is Mark.EXECUTED:
            refuse(tuple(v for v in judged.verdicts if v.rule in BINDING))
            row.act = event.reference
        acts = [_act(draft, event, judged, _written(row, draft, places))]
        registers.record(
            session, places, acts, actor=actor, at=self._clock.now(), dossier=row.reference,
            judged={} if gives_up else {acts[0].key: judgement(judged.project)},
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


_BEFORE_EXECUTION = {Mark.APPROVED: Step.APPROVAL, Mark.WITHDRAWN: Step.WITHDRAWAL}
"""What an act is that moves nothing: it has effect on its own day, whatever day the parties wish."""


def _written(row: DossierRow, draft: Draft, places: Places) -> str:
    """The area in the words of the project, with the codes of communes that were merged since: it is for them alone."""
    meant = _meant(row) or frozenset()
    gone = sorted(code for code in meant if code not in draft.area_text and places.current(frozenset({code})) != {code})
    return f"{draft.area_text} ({', '.join(gone)})" if gone else draft.area_text


def _act(draft: Draft, event: Event, judged: Judged, area_text: str) -> Act:
    wanted = judged.wanted
    return Act(
        number=event.reference.strip(),
        step=_BEFORE_EXECUTION.get(event.mark, STEPS[draft.nature]),
        decided_on=event.on,
        effective_on=event.on if event.mark in _BEFORE_EXECUTION else max(event.on, wanted.period.start),
        area=wanted.area,
        bands=wanted.bands,
        cedant=draft.cedant,
        cessionnaire=draft.cessionnaire,
        kind=f"{draft.nature.value}_{'total' if draft.total else 'partial'}",
        area_text=area_text,
        until=wanted.period.end,
        title=judged.project.title.number,
        note=event.note,
        simulated=draft.simulated,
    )


def _dossier(row: DossierRow, events: Sequence[Event], on: date) -> Dossier:
    draft = draft_from_json(json.loads(row.facts))
    return Dossier(row, draft, tuple(events), procedure.standing(events, regime_for(draft), on))


def area_of(row: DossierRow, places: Places) -> Area:
    """The communes that a project means, as they are today; read from its text when it was never judged."""
    meant = _meant(row)
    return places.area(str(json.loads(row.facts)["area_text"])) if meant is None else places.current(meant)


def _meant(row: DossierRow) -> Area | None:
    """The communes of the day on which a project was written down; None when it was never judged."""
    told = json.loads(row.judged)
    return frozenset(map(str, told["project"]["wanted"]["area"])) if told else None


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


def _act_of_last(session: Session, row: DossierRow, events: Sequence[Event]) -> str:
    happened = stood(events)
    if not happened or happened[-1].mark not in _RECORDS:
        return ""
    number = happened[-1].reference.strip() or row.reference
    last: dict[str, ActRow] = {}
    for act in session.scalars(select(ActRow).where(ActRow.dossier == row.reference).order_by(ActRow.id)):
        last[act.key] = act
    standing = (act.number for act in last.values() if not act_from_json(json.loads(act.payload)).annulled)
    return number if number in standing else ""


_RECORDS = frozenset({Mark.APPROVED, Mark.EXECUTED, Mark.WITHDRAWN})
"""What may record an act."""


def _writers(session: Session, reference: str) -> frozenset[str]:
    """Every name under which the journal keeps a version of a project."""
    wrote = select(ledger.LedgerEntry.actor).where(ledger.LedgerEntry.kind == KIND)
    return frozenset(session.scalars(wrote.where(ledger.LedgerEntry.subject == reference)))


def _open(events: Sequence[Event]) -> bool:
    """Whether a project may be edited: nothing has happened, or the last that did is that items are asked for."""
    happened = stood(events)
    return not happened or happened[-1].mark is Mark.INCOMPLETE


def _changed(before: Draft, after: Draft) -> frozenset[str]:
    """The facts in which two drafts differ."""
    return frozenset(one.name for one in fields(Draft) if getattr(before, one.name) != getattr(after, one.name))


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
        "two_people", say("{name} drafted this project, or changed it: another officer must decide.", name=actor.name)
    )
