"""The only source of time.

Everything else takes a `Clock` or an `at: datetime` argument; ruff bans the standard library's own clocks elsewhere.
Wall time names an instant (aware UTC); monotonic time measures a duration and never goes back.
"""

from __future__ import annotations

import struct
import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
PACKET_AGE_MOST_S = 60.0
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""Days that somebody can mean; near the ends of the calendar, days and months cannot be counted on."""
_TIMESPEC = struct.Struct("@qq")


class Clock(Protocol):
    """Tells the instant and measures durations."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start; never falls, whatever happens to the wall clock."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Wait for a duration in seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, duration_s: float) -> None:
        time.sleep(duration_s)


class FakeClock:
    """A clock that moves when told; wall and monotonic time move apart to play a stepped wall clock."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)) -> None:
        self._now = at
        self._monotonic_s = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def sleep(self, duration_s: float) -> None:
        self.advance(duration_s)

    def advance(self, duration_s: float) -> None:
        """Let time pass: both wall and monotonic."""
        self._now += timedelta(seconds=duration_s)
        self._monotonic_s += duration_s

    def step_wall(self, delta_s: float) -> None:
        """Step the wall clock only, as NTP or an operator would."""
        self._now += timedelta(seconds=delta_s)


def epoch_s(at: datetime) -> int:
    """Whole seconds since 1970 of an aware instant."""
    return int(at.timestamp())


def from_epoch(seconds: float) -> datetime:
    """The aware UTC instant of a number of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def packet_age_s(stamp: bytes) -> float:
    """How long ago the kernel took a packet in, from its stamp (SCM_TIMESTAMPNS, a `timespec`).

    0 when the stamp cannot be so: the wall clock was stepped in between, or the stamp is of another shape.
    """
    if len(stamp) != _TIMESPEC.size:
        return 0.0
    seconds, nanoseconds = _TIMESPEC.unpack(stamp)
    age_s = (time.time_ns() - seconds * 1_000_000_000 - nanoseconds) / 1e9
    return age_s if 0.0 <= age_s < PACKET_AGE_MOST_S else 0.0


def legal_day(at: datetime) -> date:
    """The day in Paris of an instant: the day that counts in law."""
    return at.astimezone(PARIS).date()


def meant(on: date) -> date:
    """A day that was read, if somebody can mean it.

    Raises:
        ValueError: before 1900 or after 2999.
    """
    if not FIRST_DAY <= on <= LAST_DAY:
        raise ValueError(f"{on} is before {FIRST_DAY} or after {LAST_DAY}")
    return on


def start_of_legal_day(on: date) -> datetime:
    """The UTC instant at which a legal day begins in Paris (23 or 25 hours long twice a year)."""
    return datetime(on.year, on.month, on.day, tzinfo=PARIS).astimezone(UTC)
