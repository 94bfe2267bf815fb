"""Days as thin bars: the hours of an object, laid out day by day of Paris, worst first within an hour.

Pure. A bar is made of pieces in the order of time; adjoining pieces of the same state are one. What nothing speaks for
is left out (a gap is a gap), unless it lies in works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nms.base.clock import epoch_s, start_of_legal_day
from nms.ops.history import Hour
from nms.ops.works import Span

WORKS = "maintenance"
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a day's bar: from and to as shares of the day, and the state that it shows."""

    start: float
    end: float
    state: str


@dataclass(frozen=True, slots=True)
class Day:
    """One legal day: seconds per state and its bar. `length_s` is 23, 24 or 25 hours; `future_s` is not over yet."""

    on: date
    length_s: int
    future_s: int
    up_s: int
    degraded_s: int
    down_s: int
    unknown_s: int
    maintenance_s: int
    bar: tuple[Piece, ...]

    @property
    def unmeasured_s(self) -> int:
        """What nothing speaks for, works apart."""
        told_s = self.up_s + self.degraded_s + self.down_s + self.unknown_s + self.maintenance_s
        return max(0, self.length_s - self.future_s - told_s)

    @property
    def ratio(self) -> float | None:
        """Served out of measured time; None when nothing was measured."""
        measured_s = self.up_s + self.degraded_s + self.down_s
        return (self.up_s + self.degraded_s) / measured_s if measured_s else None


def days(first: date, last: date) -> list[date]:
    """Every day from one to another, both included."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def bounds_s(on: date) -> tuple[int, int]:
    """When a legal day begins and ends."""
    return epoch_s(start_of_legal_day(on)), epoch_s(start_of_legal_day(on + timedelta(1)))


def laid_out(which: Sequence[date], hours: Iterable[Hour], works: Sequence[Span], now_s: int) -> list[Day]:
    """One `Day` for each of the days that are asked for."""
    by_hour = {hour.at_s: hour for hour in hours}
    return [_day(on, by_hour, works, now_s) for on in which]


def _day(on: date, hours: dict[int, Hour], works: Sequence[Span], now_s: int) -> Day:
    start_s, end_s = bounds_s(on)
    inside = [hours[at_s] for at_s in range(start_s, end_s, _HOUR_S) if at_s in hours]
    mended = [(max(start_s, a), min(end_s, b, now_s)) for a, b in works]
    told_s = sum(hour.up_s + hour.degraded_s + hour.down_s + hour.unknown_s for hour in inside)
    future_s = min(end_s - start_s, max(0, end_s - now_s))
    silent_s = max(0, end_s - start_s - future_s - told_s)
    return Day(
        on,
        end_s - start_s,
        future_s,
        sum(hour.up_s for hour in inside),
        sum(hour.degraded_s for hour in inside),
        sum(hour.down_s for hour in inside),
        sum(hour.unknown_s for hour in inside),
        min(silent_s, sum(b - a for a, b in mended if a < b)),
        tuple(_bar(start_s, end_s, inside, mended)),
    )


def _bar(start_s: int, end_s: int, hours: Sequence[Hour], works: Sequence[Span]) -> Iterator[Piece]:
    found: list[tuple[float, float, str]] = [(a, b, WORKS) for a, b in works if a < b]
    for hour in hours:
        at_s = float(hour.at_s)
        for state, length_s in (
            ("down", hour.down_s),
            ("degraded", hour.degraded_s),
            ("unknown", hour.unknown_s),
            ("up", hour.up_s),
        ):
            if length_s:
                found.append((at_s, min(hour.at_s + _HOUR_S, at_s + length_s), state))
                at_s += length_s
    span_s = end_s - start_s
    last: tuple[float, float, str] | None = None
    for a, b, state in found:
        if last is not None and last[2] == state and a - last[1] <= 60:
            last = (last[0], b, state)
            continue
        if last is not None:
            yield Piece((last[0] - start_s) / span_s, (last[1] - start_s) / span_s, last[2])
        last = (a, b, state)
    if last is not None:
        yield Piece((last[0] - start_s) / span_s, (last[1] - start_s) / span_s, last[2])
