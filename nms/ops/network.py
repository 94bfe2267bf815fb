"""The inventory as the sweep needs it: devices to ask, and which objects each device's poll speaks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from inventory import queries
from inventory.models import Lifecycle
from inventory.queries import HotspotRow, LinkRow, PollTarget, SubjectRow
from nms.ops.state import Key, Kind, Subject


@dataclass(frozen=True, slots=True)
class Network:
    """A snapshot. `spoken_for` names, per device, the objects whose evidence its poll renews."""

    devices: Mapping[str, PollTarget] = field(default_factory=dict)
    subjects: Mapping[Key, Subject] = field(default_factory=dict)
    not_in_service: Mapping[Key, str] = field(default_factory=dict)
    links: Mapping[str, LinkRow] = field(default_factory=dict)
    hotspots: Mapping[str, HotspotRow] = field(default_factory=dict)
    spoken_for: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)


def read(session: Session) -> Network:
    """Read the whole inventory in a constant number of statements."""
    rows = queries.subjects(session)
    links = {row.name: row for row in queries.links(session) if row.lifecycle is not Lifecycle.RETIRED}
    hotspots = {row.name: row for row in queries.hotspots(session) if row.lifecycle is not Lifecycle.RETIRED}
    devices = {target.name: target for target in queries.poll_targets(session)}
    planned = {s.name: s.centre_khz for target in devices.values() for s in target.sectors}
    spoken: dict[str, list[Key]] = defaultdict(list)
    for row in rows:
        key = (Kind(row.kind), row.name)
        for device in _speakers(row, links.get(row.name) if row.kind == "link" else None):
            spoken[device].append(key)
    return Network(
        devices=devices,
        subjects={(Kind(row.kind), row.name): _subject(row, links, planned) for row in rows},
        not_in_service={(Kind(row.kind), row.name): word for row in rows if (word := _off(row))},
        links=links,
        hotspots=hotspots,
        spoken_for={device: tuple(keys) for device, keys in spoken.items()},
    )


def ends_of(link: LinkRow) -> tuple[str, ...]:
    """The devices of a link, that of the place served first."""
    names = (link.b_device, link.terminal_device, link.a_device, link.sector_device)
    return tuple(name for name in names if name)


def _speakers(row: SubjectRow, link: LinkRow | None) -> Iterator[str]:
    """Devices whose poll renews this object, each once."""
    names = (
        (row.name,)
        if row.kind == "device"
        else (row.device,)
        if link is None
        else (link.a_device, link.b_device, link.sector_device, link.terminal_device)
    )
    yield from dict.fromkeys(name for name in names if name)


def _subject(row: SubjectRow, links: Mapping[str, LinkRow], planned: Mapping[str, int | None]) -> Subject:
    link = links.get(row.name) if row.kind == "link" else None
    return Subject(
        kind=Kind(row.kind),
        name=row.name,
        label=row.label,
        device=row.device,
        site=row.site,
        insee=row.insee,
        department=row.department,
        family=row.family,
        role=row.role,
        maintenance=row.maintenance,
        committed_bps=link.committed_bps if link is not None else None,
        planned_khz=planned.get(row.name) if row.kind == "sector" else None,
    )


def _off(row: SubjectRow) -> str:
    """Why the object is not judged; empty when it is in service."""
    if row.lifecycle is Lifecycle.PLANNED:
        return "planned"
    if row.maintenance:
        return "maintenance"
    return ""
