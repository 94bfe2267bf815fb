"""Prometheus text from the live state: pure, fast, closed label sets. Absence is absence: no sample, never a zero.

The label part of each object's lines is rendered once and kept; a scrape joins strings (`tests/bench`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from collectors.base import Metric, RadioReading
from nms import __version__
from nms.ops.live import LiveState, SweepStats
from nms.ops.state import Kind, Measures, State, Status, Subject

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_STATES = tuple(State)
_WORDS = {Kind.DEVICE: "device", Kind.SECTOR: "sector", Kind.LINK: "link", Kind.HOTSPOT: "hotspot"}


@dataclass(frozen=True, slots=True)
class Gauge:
    """One gauge made from the measures of objects."""

    name: str
    help: str
    kinds: tuple[Kind, ...]
    read: Callable[[Measures], float | None]


GAUGES = (
    Gauge("round_trip_seconds", "Round trip of the last poll.", (Kind.DEVICE, Kind.LINK), lambda m: m.rtt_s),
    Gauge("loss_ratio", "Share of requests lost over the window.", (Kind.DEVICE, Kind.LINK), lambda m: m.loss_ratio),
    Gauge("utilisation_ratio", "Load against the committed rate.", (Kind.LINK,), lambda m: m.utilisation_ratio),
    Gauge("receive_bits_per_second", "Rate towards the place.", (Kind.LINK, Kind.HOTSPOT), lambda m: m.in_bps),
    Gauge("transmit_bits_per_second", "Rate from the place.", (Kind.LINK, Kind.HOTSPOT), lambda m: m.out_bps),
    Gauge("errors_per_second", "Errors at its ports.", (Kind.LINK,), lambda m: m.errors_per_s),
    Gauge("clients", "Clients or subscribers registered.", (Kind.SECTOR, Kind.HOTSPOT), lambda m: m.clients),
)
RADIO = (
    (Metric.CINR, "nms_radio_cinr_db", "Carrier to interference and noise ratio (decibels).", 1.0),
    (Metric.RSSI, "nms_radio_rssi_dbm", "Received level (decibel-milliwatts).", 1.0),
    (Metric.SNR, "nms_radio_snr_db", "Signal to noise ratio (decibels).", 1.0),
    (Metric.NOISE, "nms_radio_noise_dbm", "Noise floor (decibel-milliwatts).", 1.0),
    (Metric.TX_POWER, "nms_radio_transmit_power_dbm", "Transmitted power (decibel-milliwatts).", 1.0),
    (Metric.FREQUENCY, "nms_radio_frequency_hertz", "Centre frequency on the air.", 1000.0),
    (Metric.CHANNEL_WIDTH, "nms_radio_channel_width_hertz", "Channel width on the air.", 1000.0),
)
PORTS = (
    ("nms_interface_receive_bytes", "Octets received (ifHCInOctets).", lambda p: p.in_octets),
    ("nms_interface_transmit_bytes", "Octets sent (ifHCOutOctets).", lambda p: p.out_octets),
)


class Exposition:
    """Renders scrapes; keeps the label parts by subject."""

    def __init__(self, live: LiveState) -> None:
        self._live = live
        self._labels: dict[tuple[Kind, str], tuple[Subject, str]] = {}
        self._cached: tuple[tuple[int, bool], bytes] | None = None

    def render(self, openmetrics: bool) -> bytes:
        """The whole exposition; the part of the objects is made anew only when something changed."""
        key = (self._live.version, openmetrics)
        if self._cached is None or self._cached[0] != key:
            body = "".join(self._objects(openmetrics)).encode()
            self._cached = (key, body)
        tail = "".join(_sweep(self._live.sweep, openmetrics)) + ("# EOF\n" if openmetrics else "")
        return self._cached[1] + tail.encode()

    def _objects(self, openmetrics: bool) -> Iterator[str]:
        rows = {kind: [(self._label(row.subject), row) for row in self._live.all(kind)] for kind in Kind}
        for kind, word in _WORDS.items():
            yield from _up(f"nms_{word}_up", word, rows[kind])
            yield from _health(f"nms_{word}_health", word, rows[kind])
        for gauge in GAUGES:
            for kind in gauge.kinds:
                yield from _gauge(f"nms_{_WORDS[kind]}_{gauge.name}", gauge, rows[kind])
        for metric, name, help_, factor in RADIO:
            yield from _radio(name, help_, metric, factor, rows[Kind.SECTOR], rows[Kind.HOTSPOT])
        for name, help_, read in PORTS:
            yield from _ports(name, help_, read, rows[Kind.DEVICE], openmetrics)

    def _label(self, subject: Subject) -> str:
        """`device="…",commune="…",department="…"`, rendered once per version of the subject."""
        key = (subject.kind, subject.name)
        kept = self._labels.get(key)
        if kept is not None and kept[0] is subject:
            return kept[1]
        label = (
            f'{subject.kind.value}="{escape(subject.name)}",commune="{escape(subject.insee)}",'
            f'department="{escape(subject.department)}"'
        )
        self._labels[key] = (subject, label)
        return label


_Rows = list[tuple[str, Status]]


def escape(text: str) -> str:
    """A label value: backslash, quote and line feed escaped."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _head(name: str, help_: str, kind: str) -> str:
    return f"# HELP {name} {help_}\n# TYPE {name} {kind}\n"


def _family(name: str, help_: str, lines: list[str]) -> Iterator[str]:
    """A family without a sample is left out."""
    if lines:
        yield _head(name, help_, "gauge")
        yield "".join(lines)


def _up(name: str, word: str, rows: _Rows) -> Iterator[str]:
    serving = {State.UP: 1, State.DEGRADED: 1, State.DOWN: 0}
    lines = [
        f"{name}{{{label}}} {serving[row.judgement.state]}\n" for label, row in rows if row.judgement.state in serving
    ]
    help_ = f"1 when the {word} serves (up or degraded), 0 when it is down; absent when unknown or unmeasured."
    yield from _family(name, help_, lines)


def _health(name: str, word: str, rows: _Rows) -> Iterator[str]:
    endings = {
        state: [f',state="{other.value}"}} {1 if other is state else 0}\n' for other in _STATES] for state in _STATES
    }
    lines = [f"{name}{{{label}{end}" for label, row in rows for end in endings[row.judgement.state]]
    yield from _family(name, f"1 for the state of the {word}, 0 for the others.", lines)


def _gauge(name: str, gauge: Gauge, rows: _Rows) -> Iterator[str]:
    read = gauge.read
    lines = [
        f"{name}{{{label}}} {value!r}\n"
        for label, row in rows
        if row.measures is not None and (value := read(row.measures)) is not None
    ]
    yield from _family(name, gauge.help, lines)


def _radio(name: str, help_: str, metric: Metric, factor: float, *groups: _Rows) -> Iterator[str]:
    """The median of the usable readings of a sector or hotspot: one series each, whatever the number of terminals."""
    lines = [
        f"{name}{{{label}}} {value * factor!r}\n"
        for rows in groups
        for label, row in rows
        if (value := _median(row.radio, metric)) is not None
    ]
    yield from _family(name, help_, lines)


def _median(radio: Iterable[RadioReading], metric: Metric) -> float | None:
    values = sorted(r.value for r in radio if r.metric is metric and r.usable and r.value is not None)
    if not values:
        return None
    middle = len(values) // 2
    return float(values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2)


def _ports(name: str, help_: str, read: Callable[..., int | None], rows: _Rows, openmetrics: bool) -> Iterator[str]:
    lines = [
        f'{name}_total{{{label},interface="{escape(port.name)}"}} {value}\n'
        for label, row in rows
        for port in row.ports
        if (value := read(port)) is not None
    ]
    if lines:
        yield _head(name if openmetrics else f"{name}_total", help_, "counter")
        yield "".join(lines)


def _sweep(sweep: SweepStats, openmetrics: bool) -> Iterator[str]:
    yield _head("nms_build_info", "Version of the program.", "gauge")
    yield f'nms_build_info{{version="{__version__}"}} 1\n'
    gauges: tuple[tuple[str, str, float | None], ...] = (
        ("nms_sweep_duration_seconds", "Duration of the last sweep.", sweep.duration_s),
        ("nms_sweep_in_flight", "Polls under way in the slow lane.", sweep.in_flight),
        ("nms_sweep_devices", "Devices that are polled.", sweep.devices),
        (
            "nms_sweep_last_tick_timestamp_seconds",
            "Instant of the last tick.",
            sweep.last_tick_at.timestamp() if sweep.last_tick_at else None,
        ),
    )
    for name, help_, value in gauges:
        if value is not None:
            yield _head(name, help_, "gauge")
            yield f"{name} {value!r}\n"
    counters = (
        ("nms_sweep_polls", "Polls made.", [("", sweep.polled)]),
        ("nms_sweep_missed_runs", "Ticks that were due while the one before still ran.", [("", sweep.missed_runs)]),
        ("nms_sweep_dropped_samples", "Samples that could not be stored.", [("", sweep.dropped_samples)]),
        (
            "nms_sweep_failures",
            "Polls that failed, by class of error.",
            [(f'{{reason="{escape(reason)}"}}', count) for reason, count in sorted(sweep.failed.items())],
        ),
    )
    for name, help_, samples in counters:
        if samples:
            yield _head(name if openmetrics else f"{name}_total", help_, "counter")
            yield from (f"{name}_total{labels} {value}\n" for labels, value in samples)
