"""What devices notified."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from nms.base.permissions import Permission
from web.api.schemas import NotificationListOut, NotificationOut
from web.guard import requires
from web.notifications import seen
from web.services import Services

MOST = 500


class NotificationsIn(BaseModel):
    """`device`: of this device only; `before`: the id to go on from; `limit`: how many at most."""

    device: str = Field("", max_length=100)
    before: int | None = Field(None, ge=1, lt=2**63)
    limit: int = Field(100, ge=1, le=MOST)


def add(blueprint: APIBlueprint, _services: Services) -> None:
    """Add the route."""

    @blueprint.get("/notifications")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(NotificationsIn, location="query", arg_name="asked")
    @blueprint.output(NotificationListOut)
    def list_notifications(asked: NotificationsIn) -> NotificationListOut:
        """What devices notified, the newest first; a hint, the poll tells what is true."""
        rows = seen(asked.device, asked.before, asked.limit + 1)
        items = [
            NotificationOut(
                id=row.id,
                device=row.device,
                at=row.at,
                oid=row.oid,
                name=row.meaning.name,
                uptime_s=int(row.up.total_seconds()) if row.up is not None else None,
                values=list(row.values),
                times=row.times,
            )
            for row in rows[: asked.limit]
        ]
        return NotificationListOut(items=items, before=items[-1].id if len(rows) > asked.limit else None)
