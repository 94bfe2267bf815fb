"""What the sweep remembers of one device between two polls: last counters, losses, rates, when to ask again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from collectors.base import DeviceReading, InterfaceReading, Metric, RadioReading
from nms.base.errors import DeviceError, Timeout, Unreachable
from nms.ops import counters

LOSS_WINDOW = 60
"""Requests over which loss is counted: an hour of single questions, twelve polls of five echoes each."""
LOSS_LEAST_REQUESTS = 20
LOSS_LEAST_LOST = 2
"""A single lost datagram is no loss rate: it proves nothing about the link."""


RowKey = tuple[Metric, str, str]
"""A radio row: metric, index, OID."""


TOLD_BY_CODE = frozenset(
    {"icmp_not_permitted", "name_not_resolved", "no_credential", "snmp_silent", "too_many_files", "unexpected"}
)
"""Failures that say more by their code than by their class; none of them is the silence of the device."""


class PortRates:
    """Rates of one port over the last interval; None is a gap, and `gap` says why."""

    __slots__ = ("errors_per_s", "gap", "in_bps", "out_bps")

    def __init__(self, in_bps: float | None, out_bps: float | None, errors_per_s: float | None, gap: str) -> None:
        self.in_bps = in_bps
        self.out_bps = out_bps
        self.errors_per_s = errors_per_s
        self.gap = gap


class Track:
    """The memory of one device; `take` digests a reading."""

    __slots__ = (
        "_before",
        "_before_s",
        "_before_ticks",
        "_fast_rows",
        "_lost",
        "_requests",
        "_rows",
        "_sent",
        "error",
        "last_at_s",
        "ports",
        "radio",
        "rates",
        "reachable",
        "reading",
        "restarts",
    )

    def __init__(self) -> None:
        self.reachable: bool | None = None
        self.error = ""
        self.ports: dict[str, InterfaceReading] = {}
        self.rates: dict[str, PortRates] = {}
        self.radio: dict[str, tuple[RadioReading, ...]] = {}
        self.reading: DeviceReading | None = None
        self.last_at_s = 0.0
        self.restarts = 0
        self._before: Mapping[str, InterfaceReading] = {}
        self._before_s = 0.0
        self._before_ticks: int | None = None
        self._rows: dict[RowKey, RadioReading] = {}
        self._fast_rows: set[RowKey] = set()
        self._requests: deque[tuple[int, int]] = deque()
        self._sent = self._lost = 0

    def take(self, reading: DeviceReading, slow: bool) -> None:
        """Digest one reading. Radio rows of the slow tier stay until the next slow poll."""
        self.reading = reading
        self.last_at_s = reading.at_s
        silent = isinstance(reading.error, (Unreachable, Timeout)) and reading.error.code not in TOLD_BY_CODE
        if silent and self.reachable is False:
            self._requests.clear()
            self._sent = self._lost = 0  # an outage is told by the state; once over, it is no loss of the link
        elif reading.sent:
            self._count(reading.sent, reading.lost)
        if reading.error is not None:
            self.reachable = False if silent else None
            self.error = "" if silent else _refusal(reading.error)
            self.ports, self.rates, self.radio, self._rows = {}, {}, {}, {}
            return
        self.reachable, self.error = True, ""
        self.ports = {port.name: port for port in reading.interfaces}
        self._take_counters(reading)
        if reading.radio or slow or self._fast_rows:
            self._take_radio(reading.radio, slow)

    def _take_radio(self, rows: tuple[RadioReading, ...], slow: bool) -> None:
        """Newer rows replace older ones; a row of the fast tier that is no longer told is gone."""
        told = {(row.metric, row.index, row.oid): row for row in rows}
        if slow:
            self._rows = told
        else:
            for key in self._fast_rows - told.keys():
                self._rows.pop(key, None)
            self._rows.update(told)
            self._fast_rows = set(told)
        self.radio = _by_index(self._rows.values())

    def _count(self, sent: int, lost: int) -> None:
        """Keep as many polls as make up the window, and no more."""
        self._requests.append((sent, lost))
        self._sent += sent
        self._lost += lost
        while self._sent - self._requests[0][0] >= LOSS_WINDOW:
            old_sent, old_lost = self._requests.popleft()
            self._sent -= old_sent
            self._lost -= old_lost

    def loss_ratio(self) -> float | None:
        """Share of lost requests in the window; None until there are enough to tell."""
        return self._lost / self._sent if self._sent >= LOSS_LEAST_REQUESTS else None

    def judged_loss(self) -> float | None:
        """Loss that health may judge: at least `LOSS_LEAST_LOST` requests of the window were lost."""
        return self.loss_ratio() if self._lost >= LOSS_LEAST_LOST else None

    def _take_counters(self, reading: DeviceReading) -> None:
        elapsed_s = reading.monotonic_s - self._before_s
        first = not self._before
        restarted = counters.restarted(self._before_ticks, reading.uptime_ticks, elapsed_s)
        self.restarts += restarted
        gap = counters.FIRST if first else counters.RESTARTED if restarted else ""
        before = self._before
        self.rates = {
            name: PortRates(None, None, None, gap) if gap else _rates(before.get(name), port, elapsed_s)
            for name, port in self.ports.items()
        }
        self._before, self._before_s, self._before_ticks = self.ports, reading.monotonic_s, reading.uptime_ticks


def _rates(before: InterfaceReading | None, after: InterfaceReading, elapsed_s: float) -> PortRates:
    if before is None:
        return PortRates(None, None, None, counters.FIRST)
    if before.discontinuity_ticks != after.discontinuity_ticks:
        return PortRates(None, None, None, counters.DISCONTINUITY)
    if before.counter_bits != after.counter_bits:
        return PortRates(None, None, None, counters.WIDTH_CHANGED)
    bits, speed = after.counter_bits, after.speed_bps
    received = counters.rate(before.in_octets, after.in_octets, elapsed_s, bits, speed_bps=speed)
    sent = counters.rate(before.out_octets, after.out_octets, elapsed_s, bits, speed_bps=speed)
    bad = (
        _errors(before.in_errors, after.in_errors, elapsed_s),
        _errors(before.out_errors, after.out_errors, elapsed_s),
    )
    known = [per_s for per_s in bad if per_s is not None]
    return PortRates(
        None if received.per_s is None else received.per_s * 8,
        None if sent.per_s is None else sent.per_s * 8,
        sum(known) if known else None,
        received.gap or sent.gap,
    )


def _errors(before: int | None, after: int | None, elapsed_s: float) -> float | None:
    """Errors per second; a counter that stands still, as nearly all do, is none without further ado."""
    if before == after and after is not None and elapsed_s > 0:
        return 0.0
    return counters.rate(before, after, elapsed_s, 32).per_s


def _refusal(error: DeviceError) -> str:
    """The word for why a device cannot be judged, a key of the translations."""
    return error.code if error.code in TOLD_BY_CODE else type(error).__name__


def _by_index(rows: Iterable[RadioReading]) -> dict[str, tuple[RadioReading, ...]]:
    grouped: dict[str, list[RadioReading]] = {}
    for row in rows:
        grouped.setdefault(row.index, []).append(row)
    return {index: tuple(values) for index, values in grouped.items()}
