"""What /metrics says of the backups of configurations; no label names a device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nms.ops.configs.backup import OUTCOMES
from nms.ops.configs.summary import Standing, Summary, rows, summed
from web.families import COUNTER, GAUGE
from web.services import Services


@dataclass(frozen=True, slots=True)
class ConfigsNow:
    """How the backups stand, and what became of those since the start."""

    summary: Summary
    totals: dict[str, int]


@dataclass(frozen=True, slots=True)
class ConfigFamily:
    """One family: `read` answers label part and value of each sample."""

    name: str
    type: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[ConfigsNow], Iterable[tuple[str, float]]]


def _oldest(now: ConfigsNow) -> Iterator[tuple[str, float]]:
    if now.summary.oldest is not None:
        yield "", now.summary.oldest.total_seconds()


CONFIGS = (
    ConfigFamily(
        "nms_config_oldest_backup_age_seconds",
        GAUGE,
        "Age of the oldest backup of a configuration; absent when there is none.",
        (),
        _oldest,
    ),
    ConfigFamily(
        "nms_config_devices",
        GAUGE,
        "Devices whose configuration is to be kept, by how its backup stands.",
        ("state",),
        lambda now: [(f'{{state="{standing.value}"}}', now.summary.standings[standing]) for standing in Standing],
    ),
    ConfigFamily(
        "nms_config_backups_total",
        COUNTER,
        "Backups of one device since the start, by outcome.",
        ("outcome",),
        lambda now: [(f'{{outcome="{outcome}"}}', now.totals[outcome]) for outcome in OUTCOMES],
    ),
)


def render(services: Services, openmetrics: bool) -> str:
    """Text of every family that has a sample; nothing while no device's configuration is to be kept."""
    with services.database.reading() as session:
        summary = summed(rows(session), services.clock.now())
    if not summary.due:
        return ""
    return "".join(_lines(ConfigsNow(summary, dict(services.backups.totals)), openmetrics))


def _lines(now: ConfigsNow, openmetrics: bool) -> Iterator[str]:
    for family in CONFIGS:
        samples = list(family.read(now))
        if samples:
            name = family.name.removesuffix("_total") if openmetrics else family.name
            yield f"# HELP {name} {family.help}\n# TYPE {name} {family.type}\n"
            yield from (f"{family.name}{labels} {value!r}\n" for labels, value in samples)
