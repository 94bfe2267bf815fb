"""Projects of cession, of making available, of location: drafted, judged, followed by their events, executed into acts.

The state of a project is never stored: it follows from its events and the day (`spectrum.law.procedure`). One officer
drafts, another one decides. Financial conditions are sealed and leave this module only for who may read them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

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
from spectrum.bands import Bands, read_bands
from spectrum.chronicle import Chronicle, Holding, chronicle
from spectrum.law import cession, procedure
from spectrum.law.cession import Project, Title
from spectrum.law.procedure import Event, Mark, Standing
from spectrum.law.verdict import Outcome, Verdict, worst
from spectrum.law.versions import Nature, Regime
from spectrum.models import DossierEventRow, DossierRow
from spectrum.places import Places
from spectrum.projects import judgement
from spectrum.register import Register
from spectrum.rights import Extent, Period, canonical

KIND, EVENT_KIND = "register.dossier", "register.dossier_event"
FINANCE_ITEM = "4"
"""The item of R. 20-44-9-3 that is a business secret."""
BY_ANOTHER = frozenset({Mark.SENT, Mark.EXECUTED})
"""Steps that the officer who drafted may not take."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer enters. `area_text` and `bands_text` are as typed; None stands for "not established"."""

    nature: Nature
    title: str
    cedant: str
    cessionnaire: str
    area_text: str
    bands_text: str
    start: date
    until: date | None
    total: bool = False
    items: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    agreement: str = ""
    assigned_by_call: bool | None = None
    public_service: bool | None = None
    station_locations: bool | None = None
    commitments: bool | None = None
    sanctioned: bool | None = None
    capacity: bool | None = None
    simulated: bool = False

    def as_json(self) -> dict[str, object]:
        """Every fact but the financial conditions."""
        items = {code: text for code, text in sorted(self.items.items()) if code != FINANCE_ITEM and text}
        told: dict[str, object] = {name: getattr(self, name) for name in _PLAIN}
        told |= {"nature": self.nature.value, "items": items, "finance": bool(self.items.get(FINANCE_ITEM))}
        return told | {"start": self.start.isoformat(), "until": self.until.isoformat() if self.until else None}


_PLAIN = (
    "title", "cedant", "cessionnaire", "area_text", "bands_text", "total", "split", "agreement", "assigned_by_call",
    "public_service", "station_locations", "commitments", "sanctioned", "capacity", "simulated",
)  # fmt: skip


def draft_from_json(told: Mapping[str, object]) -> Draft:
    """The draft that `as_json` wrote; the financial conditions show only that they are there."""
    plain = {name: told[name] for name in _PLAIN}
    items = told["items"]
    known = {str(code): str(text) for code, text in items.items()} if isinstance(items, dict) else {}
    if told.get("finance"):
        known[FINANCE_ITEM] = SEALED
    until = told["until"]
    return Draft(
        nature=Nature(str(told["nature"])),
        start=date.fromisoformat(str(told["start"])),
        until=date.fromisoformat(str(until)) if until else None,
        items=known,
        **plain,  # type: ignore[arg-type]
    )


SEALED = "(sealed)"


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft against the register of a day: the verdicts, what is taken of the cédant's right and what he keeps."""

    on: date
    project: Project
    verdicts: tuple[Verdict, ...]
    wanted: Extent
    taken: tuple[Extent, ...]
    kept: tuple[Extent, ...]
    effects: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of the verdicts."""
        return worst(self.verdicts)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A project as it stands: its row, its draft, its events, and where the law says that it is on a day."""

    row: DossierRow
    draft: Draft
    events: tuple[Event, ...]
    standing: Standing


def judge(draft: Draft, folded: Chronicle, places: Places, on: date) -> Judged:
    """What the law of a day says of a draft; `folded` is the register with every act.

    Raises:
        InputError: the area or the bands cannot be read, or the period has no day.
    """
    area, bands = places.area(draft.area_text), read_bands(draft.bands_text)
    held = _held(draft, folded)
    wanted = Extent(area, _wanted_bands(held, bands), Period(draft.start, draft.until or _end(held)))
    project = _project(draft, folded, held, wanted, on)
    verdicts = cession.judge(project)
    taken = tuple(common for one in held if (common := one.extent.intersection(wanted)))
    kept = _kept(held, wanted)
    return Judged(on, project, verdicts, wanted, taken, kept, cession.effects(project))


def _kept(held: Sequence[Holding], wanted: Extent) -> tuple[Extent, ...]:
    """What the cédant keeps from the day of effect on, in canonical form when every band is established."""
    start = wanted.period.start
    later = [replace(one.extent, period=period) for one in held if (period := _from(one.extent.period, start))]
    pieces = tuple(piece for extent in later for piece in extent.minus(wanted))
    return canonical(pieces) if all(piece.bands.known for piece in pieces) else pieces


def _from(period: Period, start: date) -> Period | None:
    if period.end is not None and period.end <= start:
        return None
    return Period(max(period.start, start), period.end)


def _held(draft: Draft, folded: Chronicle) -> list[Holding]:
    """What the cédant holds by the title named, or by any when none is."""
    return [
        one
        for one in folded.holdings()
        if folded.parties.same(one.holder, draft.cedant) and draft.title in ("", one.authorisation)
    ]


def _wanted_bands(held: Sequence[Holding], bands: Bands) -> Bands:
    """A project that names no band takes those of the title."""
    if bands.known or not held:
        return bands
    found = held[0].extent.bands
    for one in held[1:]:
        found = found.union(one.extent.bands)
    return found


def _end(held: Sequence[Holding]) -> date | None:
    ends = [one.extent.period.end for one in held]
    return max((end for end in ends if end), default=None) if all(ends) else None


def _project(draft: Draft, folded: Chronicle, held: Sequence[Holding], wanted: Extent, on: date) -> Project:
    title = Title(
        number=draft.title or (held[0].authorisation if held else ""),
        holder=folded.parties.name_on(held[0].holder, on) if held else "",
        held=tuple(one.extent for one in held),
        assigned_by_call=draft.assigned_by_call,
        public_service=draft.public_service,
        station_locations=draft.station_locations,
    )
    return Project(
        nature=draft.nature,
        title=title,
        cedant=folded.parties.name_on(draft.cedant, on),
        cessionnaire=draft.cessionnaire,
        wanted=wanted,
        on=on,
        total=draft.total,
        dossier={code: text for code, text in draft.items.items() if text},
        sanctioned=draft.sanctioned,
        capacity=draft.capacity,
        commitments=draft.commitments,
        split=draft.split,
        agreement=draft.agreement,
    )


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
            if _events(session, row.id):
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


BINDING = frozenset({"holder", "inside_area", "inside_bands", "inside_period", "nature", "axes"})
"""Rules that an execution must pass even though a decision was given: nobody can cede what he does not hold."""


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
    steps = {Nature.MAKING_AVAILABLE: Step.MAKING_AVAILABLE, Nature.LEASE: Step.LEASE}
    moved = steps.get(draft.nature, Step.EXECUTION)
    wanted = judged.wanted
    return Act(
        number=event.reference.strip(),
        step=Step.APPROVAL if event.mark is Mark.APPROVED else moved,
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


def regime_for(draft: Draft) -> Regime:
    """How ARCEP takes part: approval when the facts leave it open (the stricter one)."""
    if draft.nature is Nature.MAKING_AVAILABLE:
        return Regime.AGREEMENT
    if draft.assigned_by_call is False and draft.public_service is False:
        return Regime.NOTIFICATION
    return Regime.APPROVAL


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
