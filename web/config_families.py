"""What /metrics says of backups of configurations and of drift; only a device that drifts is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nms.ops.change import verdicts
from nms.ops.change.drift import Conformity
from nms.ops.configs.backup import OUTCOMES
from nms.ops.configs.summary import Standing, Summary, rows, summed
from nms.ops.state import Kind
from web.family import COUNTER, GAUGE, PLACE, FamilyOf, escape, told
from web.services import Services


@dataclass(frozen=True, slots=True)
class ConfigsNow:
    """How the backups stand, what became of those since the start, and how devices stand to the golden blocks.

    `place` tells the labels of a device.
    """

    summary: Summary
    totals: dict[str, int]
    drift: Mapping[Conformity, int]
    drifting: Sequence[tuple[str, int]]
    place: Callable[[str], str]


def _oldest(now: ConfigsNow) -> Iterator[tuple[str, float]]:
    if now.summary.oldest is not None:
        yield "", now.summary.oldest.total_seconds()


def _standings(now: ConfigsNow) -> Iterator[tuple[str, float]]:
    if now.summary.due:
        yield from ((f'{{state="{standing.value}"}}', now.summary.standings[standing]) for standing in Standing)


def _drift_devices(now: ConfigsNow) -> Iterator[tuple[str, float]]:
    if any(now.drift.values()):
        yield from ((f'{{state="{state.value}"}}', count) for state, count in now.drift.items())


def _drift_lines(now: ConfigsNow) -> Iterator[tuple[str, float]]:
    yield from ((f"{{{now.place(device)}}}", lines) for device, lines in now.drifting)


CONFIGS: tuple[FamilyOf[ConfigsNow], ...] = (
    FamilyOf(
        "nms_config_oldest_backup_age_seconds",
        GAUGE,
        "Age of the oldest backup of a configuration; absent when there is none.",
        (),
        _oldest,
    ),
    FamilyOf(
        "nms_config_devices",
        GAUGE,
        "Devices whose configuration is to be kept, by how its backup stands.",
        ("state",),
        _standings,
    ),
    FamilyOf(
        "nms_config_backups_total",
        COUNTER,
        "Backups of one device since the start, by outcome.",
        ("outcome",),
        lambda now: [(f'{{outcome="{outcome}"}}', now.totals[outcome]) for outcome in OUTCOMES if now.totals],
    ),
    FamilyOf(
        "nms_config_drift_devices",
        GAUGE,
        "Devices that golden blocks are for, by how their configuration stands to them; absent when there is none.",
        ("state",),
        _drift_devices,
    ),
    FamilyOf(
        "nms_config_drift_lines",
        GAUGE,
        "Lines that differ from the golden blocks; only of devices that drift.",
        (Kind.DEVICE.value, *PLACE),
        _drift_lines,
    ),
)


def render(services: Services, openmetrics: bool) -> str:
    """Text of every family that has a sample; of backups nothing while no device's configuration is to be kept.

    Nothing is unsealed or judged here.
    """
    with services.database.reading() as session:
        summary = summed(rows(session), services.clock.now())
        drift, drifting = verdicts.counted(session), verdicts.drifting(session)
    totals = dict(services.backups.totals) if summary.due else {}

    def place(device: str) -> str:
        status = services.live.get(Kind.DEVICE, device)
        insee, department = (status.subject.insee, status.subject.department) if status is not None else ("", "")
        return f'device="{escape(device)}",commune="{escape(insee)}",department="{escape(department)}"'

    return told(CONFIGS, ConfigsNow(summary, totals, drift, drifting, place), openmetrics)
