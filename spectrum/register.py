"""The register: acts recorded once, under one lock, judged before they are written, sealed in the journal.

What is held on a day is never stored: it is the fold of the acts that had taken effect by then, as they were known.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nms.base import ledger
from nms.base.clock import Clock, start_of_legal_day
from nms.base.db import Database
from nms.base.errors import Conflict
from nms.base.permissions import Actor, Permission
from nms.base.text import say
from spectrum import guard
from spectrum.acts import Act, act_from_json
from spectrum.chronicle import Chronicle, Holding, chronicle
from spectrum.gazetteer import read_places
from spectrum.models import ActRow
from spectrum.places import Places
from spectrum.projects import judgement, project_of_act
from spectrum.rights import Area

KIND = "register.act"
_LOCK = 2_006_744  # one advisory lock of PostgreSQL for the whole register
_KEPT = 24


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an act: its row, its entry in the journal; `new` is False for one that was already recorded."""

    id: int
    number: str
    ledger_seq: int
    recorded_at: datetime
    new: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """An act as it stands in the register: its area is of today, `stored` are the atoms of its record."""

    row: ActRow
    act: Act
    stored: Area


def lock(session: Session) -> None:
    """Wait for the register's turn: SQLite has one writer anyway, PostgreSQL one advisory lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def recorded(session: Session, places: Places, known_at: date | None = None) -> list[Recorded]:
    """The acts in force as records: what corrections put right is left out; with a day, as it was known at its end."""
    query = select(ActRow).order_by(ActRow.id)
    if known_at is not None and known_at < date.max:
        query = query.where(ActRow.recorded_at < start_of_legal_day(known_at + timedelta(1)))
    rows = session.scalars(query).all()
    put_right = {row.supersedes for row in rows}
    orders: dict[int, int] = {}  # a record that was put right keeps its place among the acts of its day
    found = []
    for row in rows:
        order = orders.get(row.supersedes or 0, row.id)
        act = act_from_json(json.loads(row.payload), order)
        if act.annulled:
            continue
        orders[row.id] = order
        if row.id not in put_right:
            found.append(Recorded(row, replace(act, area=places.current(act.area)), act.area))
    return found


def record(
    session: Session,
    places: Places,
    acts: Sequence[Act],
    *,
    actor: Actor,
    at: datetime,
    dossier: str = "",
    correct: bool = False,
    judged: Mapping[str, Mapping[str, object]] | None = None,
) -> list[Receipt]:
    """Record acts in the caller's transaction, all or none; one that is recorded already is found again.

    `judged` is what the law of its day said of an act, by key; else it is judged here. With `correct`, an act whose
    facts differ from its record puts that record right; both stay readable.

    Raises:
        Conflict: an act contradicts the register (the sentence names the act that stands), or another record of it.
    """
    actor.require(Permission.ACT_DRAFT)
    lock(session)
    standing = recorded(session, places)
    fresh = _sort_out(standing, acts, _annulled(session, acts), correct=correct)
    rows = {one.row.key: one.row for one in standing}
    new = {}
    if fresh:
        said, folded = _judged([one.act for one in standing], fresh)
        new = {row.key: row for row in _write(session, fresh, actor, at, dossier, said | dict(judged or {}))}
        guard.refresh(session, folded.holdings())
    return [_receipt(new.get(act.key) or rows[act.key], new=act.key in new) for act in acts]


_Fresh = list[tuple[Act, ActRow | None]]


def _annulled(session: Session, acts: Sequence[Act]) -> Mapping[str, ActRow]:
    """The last record of each act that has one, by key: one that was annulled may be recorded again."""
    keys = {act.key for act in acts}
    later = select(ActRow).where(ActRow.supersedes.is_not(None)).order_by(ActRow.id)
    return {row.key: row for row in session.scalars(later) if row.key in keys}


def _sort_out(
    standing: Sequence[Recorded], acts: Sequence[Act], last: Mapping[str, ActRow], *, correct: bool
) -> _Fresh:
    """The acts that are new, each with the row that it puts right.

    Raises:
        Conflict: an act contradicts its own record, or annuls one that does not stand.
    """
    known = {one.row.key: one for one in standing}
    fresh: dict[str, tuple[Act, ActRow | None]] = {}
    for act in acts:
        stands = known.get(act.key)
        if stands is None and act.annulled:
            raise Conflict("not_recorded", not_recorded(act), act=act.number)
        if stands is None or (not _same(stands, act) and correct):
            fresh.setdefault(act.key, (act, stands.row if stands else last.get(act.key)))
        elif not _same(stands, act):
            raise _recorded_otherwise(act, stands.row)
    return list(fresh.values())


def _judged(standing: Sequence[Act], fresh: _Fresh) -> tuple[dict[str, Mapping[str, object]], Chronicle]:
    """What the law of its day says of each new act, by key, against the register just before it; and the whole fold.

    Raises:
        Conflict: an act contradicts the register.
    """
    new = {act.key for act, _ in fresh}
    after = max((act.order for act in standing), default=0) + 1
    orders = {act.key: act.order for act in standing}
    acts = [act for act in standing if act.key not in new]
    acts += [replace(act, order=orders.get(act.key, after + n)) for n, (act, _) in enumerate(fresh) if not act.annulled]
    folded = Chronicle()
    found: dict[str, Mapping[str, object]] = {}
    for act in sorted(acts, key=lambda act: (act.effective_on, act.order)):
        if act.key in new and (project := project_of_act(act, folded)) is not None:
            found[act.key] = judgement(project)
        folded.apply(act)
    annulled = [act for act, _ in fresh if act.annulled]
    if annulled and (resting := rest_on(chronicle(standing), folded)):
        raise Conflict("act_rests_on_it", rests_on_it(annulled[0], resting), act=annulled[0].number)
    return found, folded


def rest_on(before: Chronicle, after: Chronicle) -> list[str]:
    """The numbers of acts that lose their ground between two folds: something about them is open that was not."""
    known = set(before.remarks)
    return list(dict.fromkeys(number for number, text in after.remarks if (number, text) not in known))


def rests_on_it(act: Act, numbers: Sequence[str]) -> str:
    """Why a record cannot be annulled by itself."""
    return say("The record of {number} cannot be annulled by itself: {others} would be without ground; put them right "
               "in the same file.", number=act.number, others=", ".join(numbers))  # fmt: skip


def not_recorded(act: Act) -> str:
    """Why there is nothing to annul."""
    return say("The register holds no record of {number} between these parties for this area: nothing to annul.",
               number=act.number)  # fmt: skip


def _write(
    session: Session,
    fresh: _Fresh,
    actor: Actor,
    at: datetime,
    dossier: str,
    judged: Mapping[str, Mapping[str, object]],
) -> list[ActRow]:
    changes = [
        (KIND, act.number, json.loads(old.payload) if old else None, act.as_json() | {"judged": judged.get(act.key)})
        for act, old in fresh
    ]
    entries = ledger.append_all(session, changes, actor=actor.name, at=at)
    rows = [
        ActRow(
            key=act.key,
            revision=old.revision + 1 if old else 1,
            number=act.number,
            step=act.step.value,
            effective_on=act.effective_on,
            payload=_dump(act),
            judged=json.dumps(judged.get(act.key), ensure_ascii=False, sort_keys=True),
            dossier=dossier or (old.dossier if old else ""),
            supersedes=old.id if old else None,
            recorded_at=at,
            recorded_by=actor.name,
            ledger_seq=entry.seq,
        )
        for (act, old), entry in zip(fresh, entries, strict=True)
    ]
    session.add_all(rows)
    session.flush()
    return rows


class Register:
    """Reads the register and keeps what it folded last; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._mutex = Lock()
        self._folds: OrderedDict[tuple[int, int, date, date | None], Chronicle] = OrderedDict()
        self._places: tuple[int, Places] | None = None

    def places(self, session: Session) -> Places:
        """The gazetteer; read anew when the territory was loaded anew."""
        stamp = session.scalar(
            select(func.max(ledger.LedgerEntry.seq)).where(ledger.LedgerEntry.kind == "inventory.territory")
        )
        with self._mutex:
            kept = self._places
        if kept is None or kept[0] != (stamp or 0):
            kept = (stamp or 0, read_places(session))
            with self._mutex:
                self._places = kept
        return kept[1]

    def as_of(self, on: date, known_at: date | None = None) -> Chronicle:
        """The fold of the acts that had taken effect by a day, as they were known at the end of another."""
        with self.database.reading() as session:
            places = self.places(session)
            last = session.scalar(select(func.max(ActRow.id))) or 0
            key = (last, id(places), on, known_at)
            with self._mutex:
                if key in self._folds:
                    self._folds.move_to_end(key)
                    return self._folds[key]
            folded = chronicle((one.act for one in recorded(session, places, known_at)), on)
        with self._mutex:
            self._folds[key] = folded
            while len(self._folds) > _KEPT:
                self._folds.popitem(last=False)
        return folded

    def holdings(self, on: date, known_at: date | None = None) -> list[Holding]:
        """What is held on a day."""
        return self.as_of(on, known_at).on(on)

    def acts(self, known_at: date | None = None) -> list[Recorded]:
        """Every act that stands, in the order of its record."""
        with self.database.reading() as session:
            return recorded(session, self.places(session), known_at)

    def replay(self, acts: Sequence[Act], actor: Actor, *, correct: bool = False) -> list[Receipt]:
        """Record published acts on the authority of their decisions, all or none.

        For the host's owner and the demo: what an officer brings goes through `spectrum.sheet.store`.
        """
        with self.database.transaction() as session:
            places = self.places(session)
            return record(session, places, acts, actor=actor, at=self.clock.now(), correct=correct)


def _same(standing: Recorded, act: Act) -> bool:
    """Whether a record tells the same facts; its area is compared as it is today."""
    return replace(act, order=0) == replace(standing.act, order=0)


def _dump(act: Act) -> str:
    return json.dumps(act.as_json(), ensure_ascii=False, sort_keys=True)


def _receipt(row: ActRow, *, new: bool) -> Receipt:
    return Receipt(row.id, row.number, row.ledger_seq, row.recorded_at, new)


def _recorded_otherwise(act: Act, row: ActRow) -> Conflict:
    told, stands = act.as_json(), json.loads(row.payload)
    differs = ", ".join(sorted(name for name in told | stands if told.get(name) != stands.get(name)))
    return Conflict(
        "recorded_otherwise",
        say(
            "Act {number} is recorded with other facts ({differs}): a correction must be asked for.",
            number=act.number,
            differs=differs,
        ),
        act=act.number,
        differs=differs,
    )
