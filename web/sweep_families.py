"""What /metrics says of the program itself and of its sweep."""

from __future__ import annotations

from nms import __version__
from nms.ops.live import SweepStats
from web.family import COUNTER, GAUGE, FamilyOf, escape

SWEEP: tuple[FamilyOf[SweepStats], ...] = (
    FamilyOf(
        "nms_build_info",
        GAUGE,
        "Version of the program.",
        ("version",),
        lambda _: [(f'{{version="{escape(__version__)}"}}', 1)],
    ),
    FamilyOf("nms_sweep_devices", GAUGE, "Devices that are polled.", (), lambda s: [("", s.devices)]),
    FamilyOf("nms_sweep_in_flight", GAUGE, "Polls under way after the last tick.", (), lambda s: [("", s.in_flight)]),
    FamilyOf("nms_sweep_duration_seconds", GAUGE, "Duration of the last sweep.", (), lambda s: [("", s.duration_s)]),
    FamilyOf(
        "nms_sweep_started_timestamp_seconds",
        GAUGE,
        "Instant of the start.",
        (),
        lambda s: [("", s.started_at.timestamp())] if s.started_at else [],
    ),
    FamilyOf(
        "nms_sweep_last_tick_timestamp_seconds",
        GAUGE,
        "Instant of the last tick.",
        (),
        lambda s: [("", s.last_tick_at.timestamp())] if s.last_tick_at else [],
    ),
    FamilyOf("nms_sweep_polls_total", COUNTER, "Polls made.", (), lambda s: [("", s.polled)]),
    FamilyOf(
        "nms_sweep_failures_total",
        COUNTER,
        "Polls that failed, by class of error.",
        ("reason",),
        lambda s: [(f'{{reason="{escape(reason)}"}}', count) for reason, count in sorted(s.failed.items())],
    ),
    FamilyOf(
        "nms_sweep_missed_runs_total",
        COUNTER,
        "Turns that passed while the one before still ran.",
        (),
        lambda s: [("", s.missed_runs)],
    ),
    FamilyOf(
        "nms_sweep_dropped_samples_total",
        COUNTER,
        "Samples that could not be stored.",
        (),
        lambda s: [("", s.dropped_samples)],
    ),
)
