"""What the control room knows now, shared between the sweep that writes and the pages and metrics that read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from nms.ops.state import SEVERITY, Kind, State, Status

Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class SweepStats:
    """The sweep's own health. Counts are totals since the start; `failed` is by class name of the error tree."""

    started_at: datetime | None = None
    last_tick_at: datetime | None = None
    duration_s: float = 0.0
    polled: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    missed_runs: int = 0
    in_flight: int = 0
    devices: int = 0
    dropped_samples: int = 0


class LiveState:
    """A thread-safe table of the newest `Status` per object; readers get immutable snapshots."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[Key, Status] = {}
        self._ordered: dict[Kind, list[Status]] | None = None
        self.version = 0
        self.sweep = SweepStats()

    def update(self, rows: Iterable[Status]) -> None:
        """Replace what is known about these objects."""
        with self._lock:
            for row in rows:
                self._rows[row.subject.kind, row.subject.name] = row
            self._changed()

    def keep_only(self, keys: set[Key]) -> None:
        """Forget every object that the inventory no longer has."""
        with self._lock:
            gone = self._rows.keys() - keys
            for key in gone:
                del self._rows[key]
            if gone:
                self._changed()

    def note_sweep(self, **changes: object) -> None:
        """Replace some of the sweep's own figures."""
        with self._lock:
            self.sweep = replace(self.sweep, **changes)  # type: ignore[arg-type]  # names are checked by replace itself

    def get(self, kind: Kind, name: str) -> Status | None:
        """The newest status of one object."""
        with self._lock:
            return self._rows.get((kind, name))

    def all(self, kind: Kind | None = None) -> list[Status]:
        """Every status of a kind (or of all), in the order of the names."""
        with self._lock:
            if self._ordered is None:
                self._ordered = {k: [] for k in Kind}
                for row in sorted(self._rows.values(), key=lambda r: r.subject.name):
                    self._ordered[row.subject.kind].append(row)
            ordered = self._ordered
            return list(ordered[kind]) if kind is not None else [row for rows in ordered.values() for row in rows]

    def count(self, kind: Kind) -> dict[State, int]:
        """How many objects of a kind stand in each state."""
        counts = dict.fromkeys(State, 0)
        for row in self.all(kind):
            counts[row.judgement.state] += 1
        return counts

    def worst_by_commune(self) -> dict[str, State]:
        """The worst state of the links, sectors and hotspots of each commune (INSEE code)."""
        worst: dict[str, State] = {}
        for row in self.all():
            insee = row.subject.insee
            if row.subject.kind is Kind.DEVICE or not insee or row.subject.maintenance:
                continue
            state = row.judgement.state
            if insee not in worst or SEVERITY[state] > SEVERITY[worst[insee]]:
                worst[insee] = state
        return worst

    def _changed(self) -> None:
        self._ordered = None
        self.version += 1
