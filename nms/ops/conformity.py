"""What is on the air, at every poll, against what the rights allow at that place on that day.

The register is read again when the journal has grown or another legal day has begun; between two readings the verdict
on a carrier at a place is looked up, so that a sweep of a whole region costs next to nothing. A verdict that changes is
an event. Silence is none: a radio that tells nothing is unknown, and its health says why.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select

from inventory.territory import changes
from nms.base.db import Database
from nms.base.errors import StoreUnavailable
from nms.base.text import kept, said_again, say
from nms.ops.models import ConformityEvent
from nms.ops.on_air import Emission
from nms.ops.state import Key, Kind, OnAir, Subject
from spectrum.chronicle import Chronicle, Holding
from spectrum.conformance import Case, Conformance, told
from spectrum.former import Former, former
from spectrum.register import Register

log = logging.getLogger(__name__)
GRAVITY = {case: place for place, case in enumerate(Case)}
"""Cases from the gravest to the best."""
_MOST_KEPT = 200_000
_UNREAD = Conformance(Case.NOT_ESTABLISHED, (), say("the register cannot be read at this moment"))


@dataclass(frozen=True, slots=True)
class Rights:
    """The register of one legal day, by commune of today."""

    day: date
    fold: Chronicle
    held: Mapping[str, Sequence[Holding]]
    former: Former
    successors: Mapping[str, str]

    def judge(self, emission: Emission, insee: str) -> Conformance:
        """The verdict on a carrier whose station stands in a commune (code as the inventory has it)."""
        commune = self.successors.get(insee, insee)
        return told(
            emission.centre_khz,
            emission.width_khz,
            commune,
            self.day,
            self.held.get(commune, ()),
            stands=insee,
            former=self.former,
        )


def rights_of(register: Register, day: date) -> Rights:
    """Read the register for a day.

    Raises:
        StoreUnavailable: the database refuses.
    """
    fold = register.as_of(day)
    held: dict[str, list[Holding]] = defaultdict(list)
    for one in fold.on(day):
        for atom in one.extent.area:
            held[atom].append(one)
    with register.database.reading() as session:
        known = changes(session)
    parts = former(register.acts(), known)
    return Rights(day, fold, held, parts, {old: one.new_insee for old, one in known.items()})


class Watch:
    """Judges what each object emits and remembers what it was told last. Used by one thread at a time."""

    def __init__(self, database: Database, register: Register) -> None:
        self._database = database
        self._register = register
        self._rights: Rights | None = None
        self._head: str | None = None
        self._day: date | None = None
        self._verdicts: dict[tuple[str, float | None, float | None], Conformance] = {}
        self._told: dict[Key, tuple[Case, datetime]] | None = None
        self._shown: dict[Key, OnAir] = {}
        self._events: list[dict[str, object]] = []

    def stale(self, head: str | None, day: date) -> bool:
        """Whether the journal has grown, or another day has begun, since the register was read."""
        return self._head != head or self._day != day

    def refresh(self, head: str | None, day: date) -> None:
        """Read what may have changed. While the database refuses, the rights of another day are not known."""
        try:
            if self._told is None:
                self._told = self._remembered()
            before = self._rights
            if before is None or before.day != day or self._register.as_of(day) is not before.fold:
                self._rights = rights_of(self._register, day)
                self._verdicts = {}
        except StoreUnavailable:
            log.exception("the register cannot be read; emissions are judged by what is known of it")
            if self._rights is not None and self._rights.day != day:
                self._rights, self._verdicts = None, {}
            self._day = day
            return
        self._head, self._day = head, day

    def keep_only(self, keys: Collection[Key]) -> None:
        """Forget what the inventory no longer has."""
        for gone in self._shown.keys() - keys:
            del self._shown[gone]

    def see(self, subject: Subject, emissions: Sequence[Emission], at: datetime) -> OnAir | None:
        """What an object emits against the rights of now; None for what emits nothing that is judged.

        Args:
            subject: the object.
            emissions: its carriers as its radios told them last; of a sector one, perhaps silent.
            at: the instant of the poll.
        """
        if not emissions or self._day is None or self._told is None:
            return None
        key, insee = (subject.kind, subject.name), subject.insee
        emission, found = min(
            ((one, self._judged(one, insee)) for one in emissions), key=lambda pair: GRAVITY[pair[1].case]
        )
        shown = self._shown.get(key)
        if shown is not None and shown.found is found and shown.emission == emission and shown.day == self._day:
            return shown
        since = self._since(key, found, emission, at, shown)
        seen = self._shown[key] = OnAir(emission, found, self._day, since)
        return seen

    def _judged(self, emission: Emission, insee: str) -> Conformance:
        asked = (insee, emission.centre_khz, emission.width_khz)
        found = self._verdicts.get(asked)
        if found is None:
            if len(self._verdicts) > _MOST_KEPT:
                self._verdicts = {}
            found = _UNREAD if self._rights is None else self._rights.judge(emission, insee)
            self._verdicts[asked] = found
        return found

    def _since(self, key: Key, found: Conformance, emission: Emission, at: datetime, shown: OnAir | None) -> datetime:
        """Since when the case is told; a case other than the one told before is noted as an event."""
        assert self._told is not None
        if found.case is Case.NOT_TOLD or found is _UNREAD:
            return shown.since if shown is not None and shown.found.case is found.case else at
        before = self._told.get(key)
        if before is not None and before[0] is found.case:
            return before[1]
        self._told[key] = (found.case, at)
        self._events.append(
            {
                "kind": key[0].value,
                "name": key[1],
                "at": at,
                "before": before[0].value if before else "",
                "after": found.case.value,
                "told": dump(emission, found),
            }
        )
        return at

    def flush(self) -> None:
        """Store the changes; what cannot be stored now is kept for the next time."""
        if not self._events:
            return
        events = self._events
        try:
            with self._database.transaction() as session:
                session.execute(insert(ConformityEvent), events)
        except StoreUnavailable as error:
            log.error("changes of conformity kept for the next tick: %s", error)
            return
        self._events = self._events[len(events) :]

    def forget(self, before: datetime) -> int:
        """Delete changes before an instant, but the newest of each object; how many they were."""
        newest = select(func.max(ConformityEvent.id)).group_by(ConformityEvent.kind, ConformityEvent.name)
        old = delete(ConformityEvent).where(ConformityEvent.at < before, ConformityEvent.id.not_in(newest))
        with self._database.transaction() as session:
            return len(session.scalars(old.returning(ConformityEvent.id)).all())

    def _remembered(self) -> dict[Key, tuple[Case, datetime]]:
        """What was told last of each object before a restart."""
        newest = select(func.max(ConformityEvent.id)).group_by(ConformityEvent.kind, ConformityEvent.name)
        with self._database.reading() as session:
            rows = session.scalars(select(ConformityEvent).where(ConformityEvent.id.in_(newest))).all()
        return {(Kind(row.kind), row.name): (Case(row.after), row.at) for row in rows}


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says: the carrier, why in a sentence, the article, and the acts that it rests on."""

    emission: Emission
    why: str
    article: str
    acts: tuple[str, ...]


def dump(emission: Emission, found: Conformance) -> str:
    """What an event says, as its column has it."""
    return json.dumps(
        {
            "centre_khz": emission.centre_khz,
            "width_khz": emission.width_khz,
            "power_dbm": emission.power_dbm,
            "why": kept(found.why),
            "article": found.article,
            "acts": list(found.acts),
        },
        ensure_ascii=False,
    )


def load(text: str) -> Told:
    """The inverse of `dump`."""
    row = json.loads(text)
    emission = Emission(row["centre_khz"], row["width_khz"], row["power_dbm"])
    return Told(emission, said_again(row["why"]), row["article"], tuple(row["acts"]))
