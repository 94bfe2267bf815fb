"""The protocol of a sample store: what is written each poll, what charts and reports read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from nms.ops.state import Kind, Measures, State

STATE_CODES: dict[State, int] = {
    State.UP: 0,
    State.DEGRADED: 1,
    State.DOWN: 2,
    State.UNKNOWN: 3,
    State.UNMEASURED: 4,
}
STATE_OF_CODE = {code: state for state, code in STATE_CODES.items()}


@dataclass(frozen=True, slots=True)
class Sample:
    """One object at one poll. `step_s` is how long it speaks for: the interval until the next poll is due."""

    kind: Kind
    name: str
    state: State
    step_s: int
    measures: Measures


class Resolution(StrEnum):
    """How fine a series is."""

    RAW = "raw"
    HOURLY = "hourly"
    DAILY = "daily"


COLUMNS = (
    "rtt_s",
    "loss_ratio",
    "in_bps",
    "out_bps",
    "utilisation_ratio",
    "errors_per_s",
    "rssi_dbm",
    "cinr_db",
    "clients",
)
"""The measures that are stored, by their names in `Measures`."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one object in the order of time. `values[column][i]` belongs to `at_s[i]`; None is a gap."""

    resolution: Resolution
    at_s: list[int]
    states: list[State | None]
    values: dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class Availability:
    """Seconds of a period in each state; `unmeasured_s` holds all that nothing speaks for."""

    kind: Kind
    name: str
    up_s: float
    degraded_s: float
    down_s: float
    unknown_s: float
    unmeasured_s: float

    @property
    def ratio(self) -> float | None:
        """Share of the measured time in which it served (up or degraded); None when nothing was measured."""
        measured_s = self.up_s + self.degraded_s + self.down_s
        return (self.up_s + self.degraded_s) / measured_s if measured_s > 0 else None


class Hour(NamedTuple):
    """Seconds of one hour (or of the part that samples speak for) in each state; `at_s` is its start."""

    at_s: int
    up_s: int
    degraded_s: int
    down_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True)
class Space:
    """One part of the history: rows (or files, for the sealed days), octets, its oldest instant, when measured."""

    what: str
    rows: int
    octets: int
    oldest_s: int | None
    measured_at_s: int


class SampleStore(Protocol):
    """Keeps samples. One writer, many readers; times are whole epoch seconds, intervals half-open."""

    def write_batch(self, samples: Sequence[Sample]) -> None:
        """Store the samples of a moment, all or none."""
        ...

    def series(
        self, kind: Kind, name: str, start_s: int, end_s: int, resolution: Resolution = Resolution.RAW
    ) -> Series:
        """The points of one object; an unknown object has none."""
        ...

    def availability(self, start_s: int, end_s: int, kinds: Iterable[Kind] = tuple(Kind)) -> list[Availability]:
        """Per object of these kinds, from the roll-ups (whole hours) and raw samples of the unfinished hour."""
        ...

    def hours(self, kind: Kind, names: Sequence[str], start_s: int, end_s: int) -> dict[str, list[Hour]]:
        """The hours of these objects in the order of time; what nothing speaks for is left out."""
        ...

    def first_s(self, kind: Kind, name: str) -> int | None:
        """When the oldest that is known of an object begins."""
        ...

    def beat(self, now_s: int) -> None:
        """Note that the program runs and can write: what lies between two runs is its own outage."""
        ...

    def sealed_in(self, start_s: int, end_s: int) -> list[str]:
        """The sealed files that a period touches; reading them needs the extra `parquet`."""
        ...

    def spaces(self) -> list[Space]:
        """What each part of the history holds and takes, as last measured; empty before that."""
        ...

    def measure(self, now_s: int) -> list[Space]:
        """Measure now what each part holds and takes: reads the whole file."""
        ...

    def outages(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """When the program did not run (or could not write) in a period, as far as it was ever noted."""
        ...

    def roll_up(self, now_s: int) -> int:
        """Sum finished hours and days that are not summed yet; returns how many hours."""
        ...

    def forget(self, raw_before_s: int, hourly_before_s: int, daily_before_s: int) -> None:
        """Delete what retention no longer keeps."""
        ...
