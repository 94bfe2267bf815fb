"""The timeline of a device's configuration: when it drifted, when its key was refused, when its backups failed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inventory.models import Device
from nms.base.text import as_json
from nms.ops.configs.models import ConfigEvent, EventKind


def note(session: Session, device_id: int, kind: EventKind, at: datetime, sentence: str) -> None:
    """Add to the timeline of a device, in the caller's transaction."""
    session.add(ConfigEvent(device_id=device_id, at=at, kind=kind.value, told=as_json(sentence)))
    session.flush()


def newest(session: Session, names: Collection[str], most: int) -> list[tuple[str, ConfigEvent]]:
    """The newest of the devices of these names, with the device, the newest first."""
    query = select(Device.name, ConfigEvent).join(Device, Device.id == ConfigEvent.device_id)
    query = query.where(Device.name.in_(names)).order_by(ConfigEvent.at.desc(), ConfigEvent.id.desc()).limit(most)
    return [(name, event) for name, event in session.execute(query)]


def forget(session: Session, before: datetime) -> None:
    """Delete what is older than an instant."""
    session.execute(delete(ConfigEvent).where(ConfigEvent.at < before))
