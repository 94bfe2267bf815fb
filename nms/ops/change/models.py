"""Tables of change plans and of drift. Lines may hold secrets, so lines, answers and configurations are sealed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nms.base.db import Base


class PlanRow(Base):
    """A plan. `key` makes a double click one plan; `running_by` and `seen_at` tell which process carries it out."""

    __tablename__ = "change_plan"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(31), unique=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    author: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    until: Mapped[date | None] = mapped_column(Date)
    canary: Mapped[int]
    stop_after: Mapped[int]
    wait_s: Mapped[int]
    back_pct: Mapped[int]
    cause: Mapped[str] = mapped_column(String(63), default="")
    state: Mapped[str] = mapped_column(String(15), index=True)
    why: Mapped[str] = mapped_column(Text, default="")
    unattended: Mapped[bool] = mapped_column(default=False)
    stop_asked: Mapped[bool] = mapped_column(default=False)
    running_by: Mapped[str] = mapped_column(String(63), default="")
    seen_at: Mapped[datetime | None]
    steps: Mapped[list[StepRow]] = relationship(
        order_by="StepRow.seq", cascade="all, delete-orphan", lazy="selectin", passive_deletes=True
    )
    approvals: Mapped[list[ApprovalRow]] = relationship(order_by="ApprovalRow.id", lazy="selectin")
    reassignments: Mapped[list[ReassignmentRow]] = relationship(
        order_by="ReassignmentRow.seq", cascade="all, delete-orphan", lazy="selectin", passive_deletes=True
    )


class StepRow(Base):
    """A device of a plan. `sealed` holds lines, inverse and both configurations; `log` what was said, redacted.

    `why` is a sentence as JSON. `revert_at` is when a device that did not come back is taken for reverted by itself.
    """

    __tablename__ = "change_step"
    __table_args__ = (UniqueConstraint("plan_id", "seq"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("change_plan.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    device: Mapped[str] = mapped_column(String(63), index=True)
    base: Mapped[str] = mapped_column(String(64))
    expected: Mapped[str] = mapped_column(String(64))
    radios: Mapped[str] = mapped_column(Text, default="[]")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(15))
    why: Mapped[str] = mapped_column(Text, default="")
    log: Mapped[bytes | None] = mapped_column(LargeBinary)
    revert_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ReassignmentRow(Base):
    """A site that passes to somebody else, from what was so when the plan was written. `why` is a sentence as JSON."""

    __tablename__ = "change_reassignment"
    __table_args__ = (UniqueConstraint("plan_id", "seq"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("change_plan.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    site: Mapped[str] = mapped_column(String(63))
    owner_before: Mapped[str] = mapped_column(String(255))
    owner_after: Mapped[str] = mapped_column(String(255))
    contact_before: Mapped[str] = mapped_column(String(63))
    contact_after: Mapped[str] = mapped_column(String(63))
    state: Mapped[str] = mapped_column(String(15))
    why: Mapped[str] = mapped_column(Text, default="")


class ApprovalRow(Base):
    """Somebody's yes to one digest, and whether it was taken back."""

    __tablename__ = "change_approval"
    __table_args__ = (UniqueConstraint("plan_id", "digest", "by", "capacity"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("change_plan.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(255))
    capacity: Mapped[str] = mapped_column(String(15))
    at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class DriftRow(Base):
    """A device against the golden blocks that are for it, as it was last judged.

    `state` is a `drift.Conformity`, `lines` how many differ. `since` is when it was first seen to drift, None when it
    does not; it stays while nothing can be told. `stamp` is of everything that was judged, `version_id` the version of
    the configuration (None: there was none). `sealed` is what was found per block: lines may hold secrets.
    """

    __tablename__ = "config_drift"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(15))
    lines: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]
    version_id: Mapped[int | None]
    stamp: Mapped[str] = mapped_column(String(64), default="")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
