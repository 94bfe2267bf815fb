"""What comes out of a tick: judgements, samples, live statuses, and events, each stored once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from collectors.base import RadioReading
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import Conflict, StoreUnavailable
from nms.base.settings import Settings
from nms.ops.conformity import Watch
from nms.ops.evidence import Seen, Witness
from nms.ops.health import Evidence, Memory, judge, never_polled
from nms.ops.history import Sample, SampleStore
from nms.ops.live import LiveState
from nms.ops.models import CurrentHealth, HealthEvent
from nms.ops.network import Network
from nms.ops.state import Judgement, Key, Kind, Measures, OnAir, Reason, State, Status
from nms.ops.tracking import Track

log = logging.getLogger(__name__)

_Change = tuple[Key, State, Judgement]
_FORGET = delete(CurrentHealth).where(
    CurrentHealth.kind == bindparam("of_kind"), CurrentHealth.name == bindparam("of_name")
)


class Recorder:
    """Judges every object that the polled devices speak for, and writes what changed."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        live: LiveState,
        store: SampleStore,
        clock: Clock,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._database = database
        self._settings = settings
        self._live = live
        self._store = store
        self._clock = clock
        self._network = Network()
        self._witness = Witness(self._network, {})
        self._memories: dict[Key, Memory] | None = None
        self._pending: dict[Key, _Change] = {}
        self.incomplete: set[str] = set()
        """Devices whose tables should be read anew: something that belongs there was not in them."""
        self.families: dict[str, str] = {}
        """The family as which each device was recognised."""
        self._samples: list[Sample] = []
        self._lookers: dict[Key, str] = {}
        self._places: dict[Key, tuple[int, float]] = {}

    def forget_events(self, before: datetime) -> int:
        """Delete the changes before an instant; how many they were. The states of now stay."""
        others = self._watch.forget(before) if self._watch is not None else 0
        with self._database.transaction() as session:
            return others + len(
                session.scalars(delete(HealthEvent).where(HealthEvent.at < before).returning(HealthEvent.id)).all()
            )

    def adopt(self, network: Network, tracks: Mapping[str, Track]) -> None:
        """Take a new inventory: known objects keep their judgement, new ones start unmeasured."""
        if self._memories is None:
            self._memories = self._remembered()
        at = self._clock.now()
        self._network, self._witness = network, Witness(network, tracks)
        self._lookers.clear()
        memories = self._memories
        self._memories = {key: memories.get(key) or never_polled(at) for key in network.subjects}
        self._live.keep_only(set(network.subjects))
        if self._watch is not None:
            self._watch.keep_only(network.subjects.keys())
        spoken = {key for keys in network.spoken_for.values() for key in keys}
        silent = [key for key in network.subjects if key in network.not_in_service or key not in spoken]
        for key in silent:
            self._judge(key, self._witness.see(key)[0], at)
        self._live.update(self._status(key, self._witness.see(key), at) for key in network.subjects)

    def record(self, devices: Iterable[str], interval_of: Callable[[str], float]) -> set[str]:
        """Judge and store what these devices speak for; answers the devices that want a second look."""
        at = self._clock.now()
        again: set[str] = set()
        samples: list[Sample] = []
        statuses: dict[Key, Status] = {}
        for device in devices:
            step_s = int(interval_of(device))
            for key in self._network.spoken_for.get(device, ()):
                seen = self._witness.see(key)
                memory = self._judge(key, seen[0], at, device)
                if memory is None:
                    continue
                if seen[0].absent:
                    self.incomplete.add(device)
                if memory.wants_second_look and self._lookers.get(key) == device:
                    again.add(device)
                status = statuses[key] = self._status(key, seen, at)
                if status.measures is not None:
                    measures = _placed(status.measures, self._place(key, status.measures.at_s, step_s))
                    samples.append(Sample(key[0], key[1], memory.judgement.state, step_s, measures))
        if statuses:
            self._live.update(statuses.values())
        self._samples += samples
        return again

    def flush(self) -> None:
        """Write what was recorded: samples to their store, changes of state to the database."""
        samples, self._samples = self._samples, []
        self._write_samples(samples)
        self._write_events()
        if self._watch is not None:
            self._watch.flush()

    def _judge(self, key: Key, evidence: Evidence, at: datetime, device: str = "") -> Memory | None:
        """Judge one object on what a device's poll said (no device: on what the inventory says).

        Two looks are two polls of the same device: the other end's poll brings no new look at the first one's trouble.
        An object that no poll spoke of yet keeps the judgement of before a restart.
        """
        memories = self._memories
        if memories is None or key not in memories:
            return None
        before = memories[key]
        if device and not evidence.spoken:
            return before
        if before.wants_second_look and self._lookers.get(key, device) != device:
            return before
        after = memories[key] = judge(before, evidence, at, self._settings.health)
        if after.wants_second_look:
            self._lookers[key] = device
        else:
            self._lookers.pop(key, None)
        if after.judgement.state is not before.judgement.state:
            old = self._pending.get(key)
            self._pending[key] = (key, old[1] if old else before.judgement.state, after.judgement)
        return after

    def _place(self, key: Key, at_s: float, step_s: int) -> int:
        """The place of a poll on the grid: one point per interval.

        A second look takes the place of the first; a poll that comes a little early or late for its place still takes
        it, so that jitter at the edge of the grid leaves no false gap.
        """
        place = int(at_s // step_s * step_s)
        last_place, last_at_s = self._places.get(key, (place, at_s))
        if 0 <= at_s - last_at_s < step_s / 2 and abs(place - last_place) <= step_s:
            self._places[key] = (last_place, last_at_s)
            return last_place
        if last_at_s < at_s <= last_at_s + 1.5 * step_s and -step_s / 2 <= at_s - last_place - step_s < 1.5 * step_s:
            place = last_place + step_s
        self._places[key] = (place, at_s)
        return place

    def _status(self, key: Key, seen: Seen, at: datetime) -> Status:
        assert self._memories is not None
        _, measures, radio = seen
        shown = measures if measures.at_s else None
        ports, subject = self._witness.ports(key), self._network.subjects[key]
        family = self.families.get(key[1], subject.family) if key[0] is Kind.DEVICE else ""
        return Status(subject, self._memories[key].judgement, shown, radio, ports, family, self._on_air(key, radio, at))

    def _on_air(self, key: Key, radio: tuple[RadioReading, ...], at: datetime) -> OnAir | None:
        """What the object emits against the rights; nothing for what is not in service."""
        if self._watch is None or key in self._network.not_in_service:
            return None
        return self._watch.see(self._network.subjects[key], self._witness.emissions(key, radio), at)

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
        rows = [_row(key, now) for key, _, now in changes]
        events = [
            {
                **_key_of(key),
                "at": now.since,
                "before": before.value,
                "after": now.state.value,
                "reasons": row["reasons"],
            }
            for (key, before, now), row in zip(changes, rows, strict=True)
        ]
        try:
            with self._database.transaction() as session:
                connection = session.connection()
                connection.execute(_FORGET, [{"of_kind": row["kind"], "of_name": row["name"]} for row in rows])
                connection.execute(insert(CurrentHealth), rows)
                connection.execute(insert(HealthEvent), events)
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


def _placed(m: Measures, at_s: int) -> Measures:
    """The same measures at another instant (`dataclasses.replace` takes three times as long, at each poll)."""
    return Measures(
        at_s, m.rtt_s, m.loss_ratio, m.in_bps, m.out_bps, m.utilisation_ratio, m.errors_per_s, m.rssi_dbm, m.cinr_db,
        m.clients,
    )  # fmt: skip


def _key_of(key: Key) -> dict[str, str]:
    """The columns that name an object."""
    return {"kind": key[0].value, "name": key[1]}


def _row(key: Key, now: Judgement) -> dict[str, object]:
    return {**_key_of(key), "state": now.state.value, "since": now.since, "reasons": _dump(now.reasons)}


def load_reasons(text: str) -> tuple[Reason, ...]:
    """Reasons from their stored form."""
    return tuple(Reason(code, facts) for code, facts in json.loads(text))


def _dump(reasons: tuple[Reason, ...]) -> str:
    return json.dumps([[reason.code, dict(reason.facts)] for reason in reasons], ensure_ascii=False)
