"""Tables of the control room: the newest health of each object (so that "since" survives a restart), its events, who
has its alarm, what became of its emissions against the rights, and the reminders that were sent or tried.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
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


class ConformityEvent(Base):
    """One change of case of what an object emits against the rights; `before` is empty the first time.

    Silence of a radio is no event: health tells it. `told` is JSON: the emission, why, the article, the acts.
    """

    __tablename__ = "conformity_event"
    __table_args__ = (
        Index("ix_conformity_event_object", "kind", "name", "at"),
        Index("ix_conformity_event_at", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(63))
    at: Mapped[datetime]
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    told: Mapped[str] = mapped_column(Text, default="{}")


class Acknowledgement(Base):
    """A person took the alarm of an object, in the state that it had then; `ended_at` when it was given back."""

    __tablename__ = "acknowledgement"
    __table_args__ = (Index("ix_acknowledgement_object", "kind", "name", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(63))
    state: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column("taken_by", String(255))
    note: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(255), default="")


class ReminderRow(Base):
    """A reminder by mail: sent once, or tried and why it failed. `key` is the end's, `threshold` in days before it.

    `claimed_at` holds others off while one sends it; `why` tells the newest failure, or who was refused, as JSON that
    keeps its template; empty when all went well.
    """

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("key", "threshold"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    threshold: Mapped[int]
    subject: Mapped[str] = mapped_column(String(255))
    last: Mapped[date] = mapped_column("last_day")
    claimed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(default=False)
    recipients: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="")
