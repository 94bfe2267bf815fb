"""What a sweep of the management network found, as it was seen last: an observation, kept until somebody decides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from nms.base.db import Base


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A port as the device tells of it."""

    name: str
    if_index: int | None = None
    speed_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A neighbour that announces itself on a port (LLDP)."""

    local_port: str
    chassis_id: str = ""
    port_id: str = ""
    port_descr: str = ""
    sys_name: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered at `address` (`host` or `host:port`) with the credential of that name.

    `identity` is what tells one box from another, whatever the address: its SNMP engine or its LLDP chassis.
    """

    address: str
    credential: str
    family: str = ""
    vendor: str = ""
    model: str = ""
    role: str = ""
    sys_name: str = ""
    sys_descr: str = ""
    identity: str = ""
    chassis_id: str = ""
    ports: tuple[FoundPort, ...] = ()
    neighbours: tuple[Heard, ...] = ()
    warnings: tuple[str, ...] = ()


class Finding(Base):
    """One address that answered, or one decision not to take what was proposed (`payload` empty, for a link)."""

    __tablename__ = "finding"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    payload: Mapped[str] = mapped_column(Text, default="")
    seen_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[str] = mapped_column(String(255), default="")


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was found, by address, with the instant; and the keys that somebody dismissed."""

    devices: tuple[tuple[Found, datetime], ...]
    dismissed: frozenset[str]


def remember(session: Session, found: Iterable[Found], at: datetime) -> None:
    """Keep what was found; what was known of an address is replaced, a dismissal of it stays."""
    known = {row.key: row for row in session.scalars(select(Finding))}
    for device in found:
        row = known.get(device.address)
        if row is None:
            row = known[device.address] = Finding(key=device.address, dismissed_by="")
            session.add(row)
        row.payload, row.seen_at = json.dumps(asdict(device), ensure_ascii=False), at
    session.flush()


def recall(session: Session) -> Findings:
    """Everything that was found and dismissed."""
    devices, dismissed = [], set()
    for row in session.scalars(select(Finding).order_by(Finding.key)):
        if row.payload:
            devices.append((_found(json.loads(row.payload)), row.seen_at))
        if row.dismissed_at is not None:
            dismissed.add(row.key)
    return Findings(tuple(devices), frozenset(dismissed))


def dismiss(session: Session, keys: Iterable[str], by: str, at: datetime, *, again: bool = False) -> None:
    """Leave proposals aside, or (`again`) take them up once more."""
    known = {row.key: row for row in session.scalars(select(Finding))}
    for key in keys:
        row = known.get(key)
        if row is None:
            row = known[key] = Finding(key=key, payload="", seen_at=at)
            session.add(row)
        row.dismissed_at, row.dismissed_by = (None, "") if again else (at, by)
    session.flush()


def forget(session: Session, keys: Iterable[str]) -> None:
    """Drop findings, such as those of a network that is no more."""
    session.execute(delete(Finding).where(Finding.key.in_(list(keys))))


def _found(data: dict[str, Any]) -> Found:
    """A finding back from its text; what an older or newer program wrote beside is left out."""
    known = {name: value for name, value in data.items() if name in {field.name for field in fields(Found)}}
    known["ports"] = tuple(FoundPort(**port) for port in data.get("ports", ()))
    known["neighbours"] = tuple(Heard(**near) for near in data.get("neighbours", ()))
    known["warnings"] = tuple(data.get("warnings", ()))
    return Found(**known)
