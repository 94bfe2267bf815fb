"""What was notified, for pages and the API: the newest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from collectors.notification_names import Meaning, meaning
from inventory.models import Device
from nms.ops.notifications.models import NotificationGap, NotificationRow
from nms.ops.notifications.receiver import Ended, Gap

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Notified:
    """One notification. `up` is how long the device said that it was up; `values` are (OID, text)."""

    id: int
    device: str
    at: datetime
    oid: str
    meaning: Meaning
    up: timedelta | None
    values: tuple[tuple[str, str], ...]
    times: int


def notified(
    session: Session,
    *,
    device: str = "",
    only: Sequence[str] | None = None,
    before: int | None = None,
    most: int = SHOWN,
) -> list[Notified]:
    """Notifications of a device, or of all (`only`: of these names); `before` is the id to go on from."""
    query = select(NotificationRow, Device.name).join(Device, Device.id == NotificationRow.device_id)
    if device:
        query = query.where(Device.name == device)
    if only is not None:
        query = query.where(Device.name.in_(only))
    if before is not None:
        query = query.where(NotificationRow.id < before)
    rows = session.execute(query.order_by(NotificationRow.id.desc()).limit(most))
    return [_told(row, name) for row, name in rows]


def gaps(session: Session, most: int = 20) -> list[Gap]:
    """The newest times in which nobody listened."""
    rows = session.scalars(select(NotificationGap).order_by(NotificationGap.id.desc()).limit(most))
    return [Gap(row.started_at, row.ended_at, Ended(row.why)) for row in rows]


def count_since(session: Session, since: datetime) -> int:
    """How many were noted since an instant."""
    query = select(func.coalesce(func.sum(NotificationRow.times), 0)).where(NotificationRow.at >= since)
    return session.scalar(query) or 0


def _told(row: NotificationRow, device: str) -> Notified:
    return Notified(
        id=row.id,
        device=device,
        at=row.at,
        oid=row.oid,
        meaning=meaning(row.oid),
        up=None if row.ticks is None else timedelta(seconds=row.ticks // 100),
        values=tuple((oid, text) for oid, text in json.loads(row.varbinds)),
        times=row.times,
    )
