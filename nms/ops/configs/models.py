"""Tables of configurations: versions, how the last backup went, pinned host keys, locks, what happened when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from nms.base.db import Base


class Cause(StrEnum):
    """Why a configuration was read."""

    NIGHTLY = "nightly"
    TRAP = "trap"
    MANUAL = "manual"
    BEFORE_CHANGE = "before_change"
    AFTER_CHANGE = "after_change"
    REHEARSAL = "rehearsal"


class EventKind(StrEnum):
    """What happens to the configuration of a device beside a new version."""

    DRIFT_BEGAN = "drift_began"
    DRIFT_ENDED = "drift_ended"
    KEY_REFUSED = "key_refused"
    KEY_CONFIRMED = "key_confirmed"
    BACKUPS_FAIL = "backups_fail"
    BACKUPS_AGAIN = "backups_again"


def _cause() -> Enum:
    return Enum(Cause, native_enum=False, length=32, values_callable=lambda kind: [member.value for member in kind])


class ConfigVersion(Base):
    """One text that a device ran with: from `at` at the latest until `seen_at` at least.

    `sealed` is the text under the key file (`SecretBox`), secrets included; `sha256` and `lines` are of the text.
    """

    __tablename__ = "config_version"
    __table_args__ = (Index("ix_config_version_device", "device_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    seen_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(String(255))
    cause: Mapped[Cause] = mapped_column(_cause())
    sha256: Mapped[str] = mapped_column(String(64))
    lines: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ConfigBackup(Base):
    """How backing up one device goes: `good_at` the last time that worked, `failures` in a row since, the last one's
    `code` and sentence (`told`, JSON of template and facts)."""

    __tablename__ = "config_backup"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    tried_at: Mapped[datetime]
    good_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    code: Mapped[str] = mapped_column(String(63), default="")
    told: Mapped[str] = mapped_column(Text, default="")


class HostKeyRow(Base):
    """The SSH key of a device: the pinned one, and another that it offered and that waits for a person.

    Each key is a line as OpenSSH writes it (`ssh-ed25519 AAAA...`), empty when there is none.
    """

    __tablename__ = "host_key"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    pinned: Mapped[str] = mapped_column(Text, default="")
    pinned_at: Mapped[datetime | None]
    pinned_by: Mapped[str] = mapped_column(String(255), default="")
    offered: Mapped[str] = mapped_column(Text, default="")
    offered_at: Mapped[datetime | None]


class DeviceLock(Base):
    """Who may write to a device, or must not be disturbed in reading it, until when."""

    __tablename__ = "device_lock"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    since: Mapped[datetime]
    until: Mapped[datetime]


class ConfigEvent(Base):
    """Something of the timeline of a device; `kind` is one of `EventKind`, `told` a sentence as JSON."""

    __tablename__ = "config_event"
    __table_args__ = (Index("ix_config_event_device", "device_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(15))
    told: Mapped[str] = mapped_column(Text, default="")
