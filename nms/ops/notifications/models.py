"""Tables: what devices notified, and when nobody listened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from nms.base.db import Base


class NotificationRow(Base):
    """What a device notified. `varbinds` is JSON, [[oid, text], ...]; `times` how often it came within a second."""

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_device", "device_id", "at"), Index("ix_notification_at", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    oid: Mapped[str] = mapped_column(Text)
    ticks: Mapped[int | None] = mapped_column(BigInteger)
    varbinds: Mapped[str] = mapped_column(Text)
    times: Mapped[int]


class NotificationGap(Base):
    """A time in which nobody listened: the process had ended or kept silent. `why` is a word of `receiver.Ended`."""

    __tablename__ = "notification_gap"
    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(32))
