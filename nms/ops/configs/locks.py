"""One hand on a device at a time: a row with an end, so that a crash frees it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from nms.base.errors import Conflict
from nms.base.text import say
from nms.ops.configs.models import DeviceLock


def acquire(session: Session, device_id: int, owner: str, until: datetime, *, now: datetime) -> None:
    """Take the device, or keep it for longer when it is the owner's already.

    Raises:
        Conflict: another holds it: facts `owner` and `until`.
    """
    held = session.scalars(select(DeviceLock).where(DeviceLock.device_id == device_id).with_for_update()).one_or_none()
    if held is not None:
        if held.owner != owner and held.until > now:
            raise taken(held.owner, held.until)
        if held.owner != owner:
            held.owner, held.since = owner, now
        held.until = until
        session.flush()
        return
    try:
        with session.begin_nested():
            session.add(DeviceLock(device_id=device_id, owner=owner, since=now, until=until))
    except IntegrityError as error:  # PostgreSQL: another's row came between
        raise taken("", until) from error


def release(session: Session, device_id: int, owner: str) -> None:
    """Give the device back; nothing happens when it is another's by now."""
    session.execute(delete(DeviceLock).where(DeviceLock.device_id == device_id, DeviceLock.owner == owner))


def holder(session: Session, device_id: int, *, now: datetime) -> DeviceLock | None:
    """Who holds a device now."""
    return session.scalars(
        select(DeviceLock).where(DeviceLock.device_id == device_id, DeviceLock.until > now)
    ).one_or_none()


def taken(owner: str, until: datetime) -> Conflict:
    """Somebody is working on a device."""
    return Conflict(
        "device_locked",
        say("{owner} is working on this device, until {until} UTC at the latest; try again then.",
            owner=owner or say("Somebody else"), until=f"{until:%H:%M}"),
        owner=owner, until=until.isoformat(),
    )  # fmt: skip
