"""Tables of the control room: the newest health of each object (so that "since" survives a restart), and its events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from nms.base.db import Base


class CurrentHealth(Base):
    """The newest judgement of one object; `reasons` is JSON: [[code, facts], ...]."""

    __tablename__ = "current_health"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(63), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    reasons: Mapped[str] = mapped_column(Text, default="[]")


class HealthEvent(Base):
    """One change of state of one object: the timeline of its page."""

    __tablename__ = "health_event"
    __table_args__ = (Index("ix_health_event_object", "kind", "name", "at"), Index("ix_health_event_at", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(63))
    at: Mapped[datetime]
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[str] = mapped_column(Text, default="[]")
