"""What comes out of a tick: judgements, samples, live statuses, and events, each stored once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select

from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import Conflict, StoreUnavailable
from nms.base.settings import Settings
from nms.ops.evidence import Witness
from nms.ops.health import Memory, judge, never_polled
from nms.ops.history import Sample, SampleStore
from nms.ops.live import LiveState
from nms.ops.models import CurrentHealth, HealthEvent
from nms.ops.network import Key, Network
from nms.ops.state import Judgement, Kind, Measures, Reason, State, Status
from nms.ops.tracking import Track

log = logging.getLogger(__name__)

_Change = tuple[Key, State, Judgement]


class Recorder:
    """Judges every object that the polled devices speak for, and writes what changed."""

    def __init__(
        self, database: Database, settings: Settings, live: LiveState, store: SampleStore, clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._live = live
        self._store = store
        self._clock = clock
        self._network = Network()
        self._witness = Witness(self._network, {})
        self._memories: dict[Key, Memory] | None = None
        self._pending: dict[Key, _Change] = {}

    def adopt(self, network: Network, tracks: Mapping[str, Track]) -> None:
        """Take a new inventory: known objects keep their judgement, new ones start unmeasured."""
        if self._memories is None:
            self._memories = self._remembered()
        at = self._clock.now()
        self._network, self._witness = network, Witness(network, tracks)
        memories = self._memories
        self._memories = {key: memories.get(key) or never_polled(at) for key in network.subjects}
        self._live.keep_only(set(network.subjects))
        silent = [key for key in network.subjects if key in network.not_in_service or not self._spoken(key)]
        for key in silent:
            self._judge(key, at)
        self._live.update(self._status(key) for key in network.subjects)
        self._write_events()

    def record(self, devices: Iterable[str], interval_of: Callable[[str], float]) -> set[str]:
        """Judge and store what these devices speak for; answers the devices that want a second look."""
        at = self._clock.now()
        again: set[str] = set()
        samples: list[Sample] = []
        statuses: dict[Key, Status] = {}
        for device in devices:
            step_s = int(interval_of(device))
            for key in self._network.spoken_for.get(device, ()):
                memory = self._judge(key, at)
                if memory is None:
                    continue
                if memory.wants_second_look:
                    again.add(device)
                status = statuses[key] = self._status(key)
                if status.measures is not None and status.measures.at_s:
                    samples.append(Sample(key[0], key[1], memory.judgement.state, step_s, _snapped(status, step_s)))
        self._live.update(statuses.values())
        self._write_samples(samples)
        self._write_events()
        return again

    def _spoken(self, key: Key) -> bool:
        return bool(self._network.subjects[key].device)

    def _judge(self, key: Key, at: datetime) -> Memory | None:
        memories = self._memories
        if memories is None or key not in memories:
            return None
        before = memories[key]
        evidence, _, _ = self._witness.see(key)
        after = memories[key] = judge(before, evidence, at, self._settings.health)
        if after.judgement.state is not before.judgement.state:
            old = self._pending.get(key)
            self._pending[key] = (key, old[1] if old else before.judgement.state, after.judgement)
        return after

    def _status(self, key: Key) -> Status:
        assert self._memories is not None
        _, measures, radio = self._witness.see(key)
        shown = measures if measures.at_s else None
        return Status(self._network.subjects[key], self._memories[key].judgement, shown, radio)

    def _write_samples(self, samples: list[Sample]) -> None:
        try:
            self._store.write_batch(samples)
        except StoreUnavailable as error:
            log.error("samples dropped: %s", error)
            self._live.note_sweep(dropped_samples=self._live.sweep.dropped_samples + len(samples))

    def _write_events(self) -> None:
        """Store the changes of state; what cannot be stored now is kept and tried again at the next tick."""
        if not self._pending:
            return
        changes = list(self._pending.values())
        try:
            with self._database.transaction() as session:
                for (kind, name), before, now in changes:
                    row = {
                        "kind": kind.value,
                        "name": name,
                        "state": now.state.value,
                        "since": now.since,
                        "reasons": _dump(now.reasons),
                    }
                    session.execute(
                        delete(CurrentHealth).where(CurrentHealth.kind == kind.value, CurrentHealth.name == name)
                    )
                    session.execute(insert(CurrentHealth).values(**row))
                    session.execute(
                        insert(HealthEvent).values(
                            kind=kind.value,
                            name=name,
                            at=now.since,
                            before=before.value,
                            after=now.state.value,
                            reasons=row["reasons"],
                        )
                    )
        except (StoreUnavailable, Conflict) as error:
            log.error("events kept for the next tick: %s", error)
            return
        self._pending = {}

    def _remembered(self) -> dict[Key, Memory]:
        """The judgements of before a restart, so that `since` goes on."""
        with self._database.reading() as session:
            rows = session.scalars(select(CurrentHealth)).all()
        return {
            (Kind(row.kind), row.name): Memory(Judgement(State(row.state), row.since, load_reasons(row.reasons)))
            for row in rows
        }


def load_reasons(text: str) -> tuple[Reason, ...]:
    """Reasons from their stored form."""
    return tuple(Reason(code, facts) for code, facts in json.loads(text))


def _dump(reasons: tuple[Reason, ...]) -> str:
    return json.dumps([[reason.code, dict(reason.facts)] for reason in reasons], ensure_ascii=False)


def _snapped(status: Status, step_s: int) -> Measures:
    """The measures at their place on the poll grid: one point per interval, a second look replaces the first."""
    assert status.measures is not None
    return replace(status.measures, at_s=status.measures.at_s // step_s * step_s)
