"""What the control room knows now, shared between the sweep that writes and the pages and metrics that read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from nms.ops.state import SEVERITY, Key, Kind, State, Status


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
    """A thread-safe table of the newest `Status` per object; readers get immutable snapshots.

    Kept in the order of the names and counted as it changes: it is read far more often than its objects come and go.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[Kind, dict[str, Status]] = {kind: {} for kind in Kind}
        self._counts = {kind: dict.fromkeys(State, 0) for kind in Kind}
        self._unsorted: set[Kind] = set()
        self.version = 0
        self.sweep = SweepStats()

    def update(self, rows: Iterable[Status]) -> None:
        """Replace what is known about these objects."""
        with self._lock:
            for row in rows:
                kind, state = row.subject.kind, row.judgement.state
                of_kind, counts = self._rows[kind], self._counts[kind]
                before = of_kind.get(row.subject.name)
                if before is None:
                    self._unsorted.add(kind)
                    counts[state] += 1
                elif before.judgement.state is not state:
                    counts[before.judgement.state] -= 1
                    counts[state] += 1
                of_kind[row.subject.name] = row
            self.version += 1

    def keep_only(self, keys: set[Key]) -> None:
        """Forget every object that the inventory no longer has."""
        with self._lock:
            gone = [
                (kind, name) for kind, of_kind in self._rows.items() for name in of_kind if (kind, name) not in keys
            ]
            for kind, name in gone:
                self._counts[kind][self._rows[kind].pop(name).judgement.state] -= 1
            if gone:
                self.version += 1

    def note_sweep(self, **changes: object) -> None:
        """Replace some of the sweep's own figures."""
        with self._lock:
            self.sweep = replace(self.sweep, **changes)  # type: ignore[arg-type]  # names are checked by replace itself

    def get(self, kind: Kind, name: str) -> Status | None:
        """The newest status of one object."""
        with self._lock:
            return self._rows[kind].get(name)

    def all(self, kind: Kind | None = None) -> list[Status]:
        """Every status of a kind (or of all), in the order of the names."""
        with self._lock:
            for unsorted in self._unsorted:
                self._rows[unsorted] = dict(sorted(self._rows[unsorted].items()))
            self._unsorted.clear()
            if kind is not None:
                return list(self._rows[kind].values())
            return [row for of_kind in self._rows.values() for row in of_kind.values()]

    def count(self, kind: Kind) -> dict[State, int]:
        """How many objects of a kind stand in each state."""
        with self._lock:
            return dict(self._counts[kind])

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
