"""Keeps a verdict per device on what configurations should say: made when something changed, read by everybody.

To unseal, fill in and compare takes milliseconds per device; pages and scrapes read rows (`verdicts`). What changes a
verdict is a new version, the inventory, a file of blocks or a driver: two short questions and the files tell whether
any did, and a stamp per device whether it concerns that one.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from inventory.models import Device
from nms.base import ledger
from nms.base.clock import Clock, epoch_s
from nms.base.db import Database
from nms.base.errors import NmsError
from nms.base.secrets import SecretBox
from nms.base.text import say
from nms.ops.change import drift, fleet, intents
from nms.ops.change.drift import Conformity, Verdict
from nms.ops.change.intents import Compliance, Facts, Intent
from nms.ops.change.models import DriftRow
from nms.ops.change.prepare import Family, Subject
from nms.ops.configs import access, events, store
from nms.ops.configs.access import Access
from nms.ops.configs.models import ConfigVersion

log = logging.getLogger(__name__)
BATCH = 50
"""Devices that are judged and written at a time."""
EVERYTHING_S = 3600
"""Stamps are compared this often even where nothing tells of a change."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A device that blocks are for; `stamp` is of everything that goes into its verdict."""

    device_id: int
    device: str
    family: Family | None
    facts: Facts
    chosen: tuple[Intent, ...]
    version_id: int | None
    stamp: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A block and the devices that it is for, by name."""

    name: str
    label: str
    devices: tuple[str, ...]


class Watch:
    """Judges; one look at a time."""

    def __init__(self, database: Database, home: Path, box: SecretBox, clock: Clock) -> None:
        self._database, self._home, self._box, self._clock = database, home, box, clock
        self._turn = threading.Lock()
        self._seen = ""
        self._broken: tuple[str, ...] = ()
        self._blocks: tuple[Chosen, ...] = ()

    @property
    def broken(self) -> tuple[str, ...]:
        """What is wrong with files of blocks, as the last look found it."""
        return self._broken

    @property
    def blocks(self) -> tuple[Chosen, ...]:
        """Every block whose file can be used, by name, as the last look found it."""
        return self._blocks

    @property
    def has_looked(self) -> bool:
        """Whether a look has ended since the start."""
        return self._seen != ""

    def look(self) -> int:
        """Judge every device of whose verdict anything changed; how many they were."""
        with self._turn:
            texts = intents.files(self._home)
            with self._database.reading() as session:
                seen = self._now(session, texts)
            if seen == self._seen:
                return 0
            loaded, broken = intents.load(texts)
            self._broken = tuple(broken)
            with self._database.reading() as session:
                known = access.accesses(session)
                asked = {one.device_id: one for one in self._asked(session, known, loaded)}
                rows = {row.device_id: row for row in session.scalars(_BARE)}
            self._blocks = _chosen(loaded, asked.values())
            self._drop([row for id_, row in rows.items() if id_ not in asked], {one.device_id for one in known})
            due = [one for id_, one in asked.items() if not _stands(rows.get(id_), one)]
            if len(due) > BATCH:
                self._write(dict.fromkeys(due))
            for at in range(0, len(due), BATCH):
                self._judge(due[at : at + BATCH])
            self._seen = seen
            return len(due)

    def _now(self, session: Session, texts: Mapping[str, bytes]) -> str:
        """What is another when anything changed."""
        newest = session.scalar(select(func.max(ConfigVersion.id)))
        return f"{ledger.head(session)} {newest} {epoch_s(self._clock.now()) // EVERYTHING_S} {_digest(repr(texts))}"

    def _asked(self, session: Session, known: Sequence[Access], loaded: Sequence[Intent]) -> Iterator[Asked]:
        """Every device that a block is for, or may be for while a file cannot be used."""
        facts, newest = fleet.facts(session), store.newest_ids(session)
        written = {intent.name: repr(intent) for intent in loaded}
        for one in known:
            told, driver, version_id = facts.get(one.device, {}), fleet.driver_of(one), newest.get(one.device_id)
            chosen = tuple(intent for intent in loaded if intent.chooses(told, driver.name if driver else ""))
            if chosen or (self._broken and version_id is not None):
                family = fleet.family_of(one)
                grammar = repr(family.grammar) if family else ""
                parts = (repr(sorted(told.items())), str(version_id), grammar, *self._broken)
                stamp = _digest("\n".join((*parts, *(written[intent.name] for intent in chosen))))
                yield Asked(one.device_id, one.device, family, told, chosen, version_id, stamp)

    def _judge(self, due: Sequence[Asked]) -> None:
        with self._database.reading() as session:
            versions = store.latest_of(session, [one.device_id for one in due])
        self._write({one: self._verdict(one, versions.get(one.device_id)) for one in due}, versions)

    def _verdict(self, one: Asked, version: ConfigVersion | None) -> Verdict | None:
        try:
            subject = None
            if version is not None:
                subject = Subject(one.device, store.text_of(self._box, version), one.family)
            found = intents.judged(one.chosen, one.device, one.facts, subject)
        except NmsError as error:
            found = [Compliance(one.device, "", why=error.message)]
        except Exception:  # one device never stops the others, whatever is written there
            log.exception("blocks of %s", one.device)
            found = [Compliance(one.device, "", why=say("An error of the program; its log tells more."))]
        return drift.verdict(one.device, found, version is not None, self._broken)

    def _write(self, verdicts: Mapping[Asked, Verdict | None], versions: Mapping[int, ConfigVersion] = {}) -> None:
        """Keep verdicts; one of None waits to be judged, and everything else of it stays."""
        with self._database.transaction() as session:
            ids = [one.device_id for one in verdicts]
            rows = {row.device_id: row for row in session.scalars(select(DriftRow).where(DriftRow.device_id.in_(ids)))}
            there = set(session.scalars(select(Device.id).where(Device.id.in_(ids))))
            for one, verdict in verdicts.items():
                if one.device_id not in there:
                    continue
                row = rows.get(one.device_id)
                if row is None:
                    row = DriftRow(device_id=one.device_id, state=Conformity.WAITING.value, lines=0, stamp="")
                    session.add(row)
                if verdict is None:
                    row.state = Conformity.WAITING.value
                else:
                    self._keep(session, row, one, verdict, versions.get(one.device_id))

    def _keep(
        self, session: Session, row: DriftRow, one: Asked, verdict: Verdict, version: ConfigVersion | None
    ) -> None:
        now = self._clock.now()
        began = version.at if version is not None and row.judged_at and version.id != row.version_id else now
        row.since, told = drift.turn(row.since, verdict, began)
        if told is not None:
            events.note(session, one.device_id, told.kind, told.at, told.sentence)
        row.state, row.lines, row.judged_at = verdict.state.value, verdict.lines, now
        row.version_id, row.stamp = one.version_id, one.stamp
        row.sealed = self._box.seal(drift.as_text(verdict.found).encode())

    def _drop(self, gone: Sequence[DriftRow], known: set[int]) -> None:
        """Devices that no block is for any more, or that are retired, of which nothing is told."""
        if not gone:
            return
        with self._database.transaction() as session:
            session.execute(delete(DriftRow).where(DriftRow.device_id.in_([row.device_id for row in gone])))
            for row in gone:
                _, told = drift.turn(row.since, None, self._clock.now())
                if told is not None and row.device_id in known:
                    events.note(session, row.device_id, told.kind, told.at, told.sentence)


def _chosen(loaded: Sequence[Intent], asked: Iterable[Asked]) -> tuple[Chosen, ...]:
    """Which block is for which devices, which come by name."""
    found: dict[str, list[str]] = {intent.name: [] for intent in loaded}
    for one in asked:
        for intent in one.chosen:
            found[intent.name].append(one.device)
    by_name = sorted(loaded, key=lambda intent: intent.name)
    return tuple(Chosen(intent.name, intent.label, tuple(found[intent.name])) for intent in by_name)


_BARE = select(DriftRow).options(defer(DriftRow.sealed))


def _stands(row: DriftRow | None, one: Asked) -> bool:
    """Whether a verdict is of what there is now."""
    return row is not None and row.state != Conformity.WAITING and row.stamp == one.stamp


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
