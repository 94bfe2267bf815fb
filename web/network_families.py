"""What /metrics says of devices, sectors, links and hotspots, as a table: one entry per family, with its labels and
where its samples come from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from collectors.base import InterfaceReading, Metric
from nms.ops.state import Kind, Measures, State, Subject
from spectrum.conformance import Case, Verdict
from web.family import COUNTER, GAUGE, PLACE, Family, Table, escape

MOST_PORTS = 1024
"""Ports of one device that are exposed: more than any chassis has, so that no device can flood a time-series store."""


def _up(kind: Kind) -> Family:
    name = f"nms_{kind.value}_up"
    serving = {State.UP: 1, State.DEGRADED: 1, State.DOWN: 0}

    def lines(table: Table) -> list[str]:
        return [
            f"{name}{{{label}}} {serving[row.judgement.state]}\n"
            for label, row, _ in table[kind]
            if row.judgement.state in serving
        ]

    help_ = f"1 when the {kind.value} serves (up or degraded), 0 when it is down; absent when unknown or unmeasured."
    return Family(name, GAUGE, help_, (kind.value, *PLACE), lines)


def _health(kind: Kind) -> Family:
    name = f"nms_{kind.value}_health"
    endings = {
        state: [f',state="{other.value}"}} {1 if other is state else 0}\n' for other in State] for state in State
    }

    def lines(table: Table) -> list[str]:
        return [f"{name}{{{label}{end}" for label, row, _ in table[kind] for end in endings[row.judgement.state]]

    return Family(name, GAUGE, f"1 for the state of the {kind.value}, 0 for the others.", _with(kind, "state"), lines)


def _since(kind: Kind) -> Family:
    name = f"nms_{kind.value}_state_since_timestamp_seconds"

    def lines(table: Table) -> list[str]:
        return [f"{name}{{{label}}} {row.judgement.since.timestamp()!r}\n" for label, row, _ in table[kind]]

    return Family(name, GAUGE, f"Since when the {kind.value} is in its state.", (kind.value, *PLACE), lines)


def _measure(kind: Kind, ending: str, help_: str, read: Callable[[Measures], float | None]) -> Family:
    name = f"nms_{kind.value}_{ending}"

    def lines(table: Table) -> list[str]:
        return [
            f"{name}{{{label}}} {value!r}\n"
            for label, row, _ in table[kind]
            if row.measures is not None and (value := read(row.measures)) is not None
        ]

    return Family(name, GAUGE, help_, (kind.value, *PLACE), lines)


def _declared(kind: Kind, name: str, help_: str, read: Callable[[Subject], float | None]) -> Family:
    """What the inventory says of an object."""

    def lines(table: Table) -> list[str]:
        return [
            f"{name}{{{label}}} {value!r}\n"
            for label, row, _ in table[kind]
            if (value := read(row.subject)) is not None
        ]

    return Family(name, GAUGE, help_, (kind.value, *PLACE), lines)


def _radio(
    metric: Metric, name: str, help_: str, of: Callable[[list[float]], float | None], kinds: tuple[Kind, ...]
) -> Family:
    """One series per object, whatever the number of its terminals and radios."""

    def lines(table: Table) -> list[str]:
        return [
            f"{name}{{{label}}} {value!r}\n"
            for kind in kinds
            for label, _, levels in table[kind]
            if metric in levels and (value := of(levels[metric])) is not None
        ]

    words = "|".join(kind.value for kind in kinds)
    return Family(name, GAUGE, help_, (words, *PLACE), lines)


def _median(values: list[float]) -> float:
    middle = len(values) // 2
    return float(values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2)


def _agreed(values: list[float]) -> float | None:
    """The value that all share; a mean of two frequencies is on nobody's air."""
    return float(values[0]) if values[0] == values[-1] else None


def _agreed_hertz(values_khz: list[float]) -> float | None:
    value_khz = _agreed(values_khz)
    return None if value_khz is None else value_khz * 1000


def _port(ending: str, type_: str, help_: str, read: Callable[[InterfaceReading], int | None]) -> Family:
    name = f"nms_interface_{ending}"

    def lines(table: Table) -> list[str]:
        return [
            f'{name}{{{label},interface="{escape(port.name)}"}} {value}\n'
            for label, row, _ in table[Kind.DEVICE]
            for port in row.ports[:MOST_PORTS]
            if (value := read(port)) is not None
        ]

    return Family(name, type_, help_, _with(Kind.DEVICE, "interface"), lines)


def _with(kind: Kind, last: str) -> tuple[str, ...]:
    return (kind.value, *PLACE, last)


def _conformant(kind: Kind) -> Family:
    name = f"nms_{kind.value}_conformant"
    proved = {Verdict.CONFORM: 1, Verdict.VIOLATION: 0}

    def lines(table: Table) -> list[str]:
        return [
            f"{name}{{{label}}} {proved[row.on_air.found.verdict]}\n"
            for label, row, _ in table[kind]
            if row.on_air is not None and row.on_air.found.verdict in proved
        ]

    help_ = f"1 when what the {kind.value} emits is within the rights of today, 0 when not; absent when not proved."
    return Family(name, GAUGE, help_, (kind.value, *PLACE), lines)


def _emissions() -> Family:
    """How many emissions stand in each case, of sectors and of devices with radios of their own."""

    def lines(table: Table) -> list[str]:
        counts = Counter(row.on_air.found.case for kind in EMITTING for _, row, _ in table[kind] if row.on_air)
        return [f'nms_emissions{{verdict="{case.value}"}} {counts[case]}\n' for case in Case] if counts else []

    help_ = "Emissions of sectors, and of devices with radios of their own, by how they stand against the rights."
    return Family("nms_emissions", GAUGE, help_, ("verdict",), lines)


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _bytes(rate_bps: float | None) -> float | None:
    return None if rate_bps is None else rate_bps / 8


def _hertz(value_khz: int | None) -> float | None:
    return None if value_khz is None else value_khz * 1000.0


_DEVICE, _SECTOR, _LINK, _HOTSPOT = Kind.DEVICE, Kind.SECTOR, Kind.LINK, Kind.HOTSPOT
_KINDS = (_DEVICE, _SECTOR, _LINK, _HOTSPOT)
_SERVED = (_LINK, _HOTSPOT)
EMITTING = (_SECTOR, _DEVICE)
"""Kinds whose emissions are judged against the rights."""

NETWORK: tuple[Family, ...] = (
    *(family for kind in _KINDS for family in (_up(kind), _health(kind), _since(kind))),
    _measure(_DEVICE, "last_poll_timestamp_seconds", "Instant of the last poll, answered or not.", lambda m: m.at_s),
    *(
        family
        for kind in (_DEVICE, _LINK)
        for family in (
            _measure(kind, "round_trip_seconds", "Round trip of the last poll.", lambda m: m.rtt_s),
            _measure(kind, "loss_ratio", "Share of requests lost over the last 60 requests.", lambda m: m.loss_ratio),
        )
    ),
    _declared(
        _LINK,
        "nms_link_committed_bytes_per_second",
        "Committed rate of the contract.",
        lambda s: _bytes(s.committed_bps),
    ),
    _measure(
        _LINK,
        "utilisation_ratio",
        "Load against the committed rate, else against the speed of the port.",
        lambda m: m.utilisation_ratio,
    ),
    *(
        family
        for kind in _SERVED
        for family in (
            _measure(kind, "receive_bytes_per_second", "Rate towards the place served.", lambda m: _bytes(m.in_bps)),
            _measure(kind, "transmit_bytes_per_second", "Rate from the place served.", lambda m: _bytes(m.out_bps)),
        )
    ),
    _measure(_LINK, "errors_per_second", "Errors at its ports.", lambda m: m.errors_per_s),
    *(_measure(kind, "clients", "Clients registered.", lambda m: m.clients) for kind in (_SECTOR, _HOTSPOT)),
    *(
        _radio(metric, f"nms_radio_{ending}", help_, _median, _KINDS)
        for metric, ending, help_ in (
            (Metric.CINR, "cinr_db", "Carrier to interference and noise ratio (decibels); median of the readings."),
            (Metric.RSSI, "rssi_dbm", "Received level (decibel-milliwatts); median of the readings."),
            (Metric.SNR, "snr_db", "Signal to noise ratio (decibels); median of the readings."),
            (Metric.NOISE, "noise_dbm", "Noise floor (decibel-milliwatts); median of the readings."),
        )
    ),
    _radio(
        Metric.TX_POWER,
        "nms_radio_transmit_power_dbm",
        "Transmitted power (decibel-milliwatts), where all readings agree.",
        _agreed,
        _KINDS,
    ),
    _radio(
        Metric.FREQUENCY,
        "nms_radio_frequency_hertz",
        "Centre frequency on the air, where all readings agree.",
        _agreed_hertz,
        _KINDS,
    ),
    _radio(
        Metric.CHANNEL_WIDTH,
        "nms_radio_channel_width_hertz",
        "Channel width on the air, where all readings agree.",
        _agreed_hertz,
        _KINDS,
    ),
    _declared(
        _SECTOR,
        "spectrum_sector_planned_frequency_hertz",
        "Planned centre frequency of the sector.",
        lambda s: _hertz(s.planned_khz),
    ),
    *(_conformant(kind) for kind in EMITTING),
    _emissions(),
    _radio(
        Metric.FREQUENCY,
        "spectrum_sector_measured_frequency_hertz",
        "Centre frequency that the sector tells, where all readings agree.",
        _agreed_hertz,
        (_SECTOR,),
    ),
    _port("receive_bytes_total", COUNTER, "Octets received, as the device counts them.", lambda p: p.in_octets),
    _port("transmit_bytes_total", COUNTER, "Octets sent, as the device counts them.", lambda p: p.out_octets),
    _port("receive_errors_total", COUNTER, "Received packets with errors.", lambda p: p.in_errors),
    _port("transmit_errors_total", COUNTER, "Packets not sent because of errors.", lambda p: p.out_errors),
    _port("up", GAUGE, "1 when the port is operational, 0 when not; absent when unknown.", lambda p: _flag(p.oper_up)),
)
