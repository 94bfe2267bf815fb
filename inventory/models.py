"""The tables of the inventory: sites, devices, interfaces, sectors, terminals, links, hotspots, contacts, credentials.

A base station is a device with sectors; a sector serves terminals (point to multipoint). A link has two ends, each an
interface of a device, or, for an access link, a sector and a terminal. `name` is the public reference of every object:
unique in its table, stable, part of its address on the web.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nms.base.db import Base


class Lifecycle(StrEnum):
    """Where an object stands in its life; only what is in service is judged and alarmed."""

    PLANNED = "planned"
    IN_SERVICE = "in_service"
    MAINTENANCE = "maintenance"
    RETIRED = "retired"

    @property
    def is_asked(self) -> bool:
        """Whether such a device is polled and backed up: it stands there and is to answer."""
        return self in (Lifecycle.IN_SERVICE, Lifecycle.MAINTENANCE)


class SiteKind(StrEnum):
    """What a site is to the plan."""

    BASE_STATION = "base_station"
    CYBERCENTRE = "cybercentre"
    TOWN_HALL = "town_hall"
    POP = "pop"
    OTHER = "other"


class DeviceRole(StrEnum):
    """What a device is for."""

    BASE_STATION = "base_station"
    TERMINAL = "terminal"
    BACKHAUL = "backhaul"
    ROUTER = "router"
    SWITCH = "switch"
    ACCESS_POINT = "access_point"
    SERVER = "server"
    OTHER = "other"


class Reachability(StrEnum):
    """How reachability, round-trip time and loss are measured."""

    SNMP = "snmp"
    ICMP = "icmp"


class LinkKind(StrEnum):
    """What a link is for."""

    DEDICATED = "dedicated"
    BACKHAUL = "backhaul"
    ACCESS = "access"


class CredentialKind(StrEnum):
    """What a credential opens: SNMP of a version, or a command line over SSH."""

    V1 = "v1"
    V2C = "v2c"
    V3 = "v3"
    SSH = "ssh"


def _enum(kind: type[StrEnum]) -> Enum:
    """An enum stored by value as text, the same on both databases."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda k: [member.value for member in k])


class Contact(Base):
    """Somebody to call."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    organisation: Mapped[str] = mapped_column(String(255), default="")
    phone: Mapped[str] = mapped_column(String(63), default="")
    email: Mapped[str] = mapped_column(String(255), default="")


class Credential(Base):
    """A credential of SNMP or SSH; `sealed` is its secret under the key file (`SecretBox`), never shown again."""

    __tablename__ = "credential"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    kind: Mapped[CredentialKind] = mapped_column(_enum(CredentialKind))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Site(Base):
    """A place: WGS84 degrees, metres above sea; `insee` is the commune of its vintage.

    `owner` is who answers for what stands there, as the acts of the register write parties; `contact` whom one calls.
    """

    __tablename__ = "site"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    kind: Mapped[SiteKind] = mapped_column(_enum(SiteKind), default=SiteKind.OTHER)
    insee: Mapped[str | None] = mapped_column(String(5), index=True)
    lat_deg: Mapped[float | None]
    lon_deg: Mapped[float | None]
    altitude_m: Mapped[float | None]
    address: Mapped[str] = mapped_column(String(255), default="")
    owner: Mapped[str] = mapped_column(String(255), default="", server_default="")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    lifecycle: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle), default=Lifecycle.IN_SERVICE)
    note: Mapped[str] = mapped_column(String(1000), default="")
    contact: Mapped[Contact | None] = relationship()


class Device(Base):
    """Something that answers SNMP. `family` pins a profile; empty means: recognise it.

    `parent_id` is the device through which it is reached (topology for impact). `poll_interval_s` empty means the
    default of the settings. `cli` names the driver of its command line (empty: that of its family), reached on the same
    host at `ssh_port` (empty: 22) with `ssh_credential`; without one, its configuration is not backed up.
    """

    __tablename__ = "device"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    role: Mapped[DeviceRole] = mapped_column(_enum(DeviceRole), default=DeviceRole.OTHER)
    family: Mapped[str] = mapped_column(String(63), default="")
    address: Mapped[str] = mapped_column(String(255))
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"))
    reachability: Mapped[Reachability] = mapped_column(_enum(Reachability), default=Reachability.SNMP)
    poll_interval_s: Mapped[int | None]
    cli: Mapped[str] = mapped_column(String(40), default="", server_default="")
    ssh_credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"))
    ssh_port: Mapped[int | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    vendor: Mapped[str] = mapped_column(String(255), default="")
    model: Mapped[str] = mapped_column(String(255), default="")
    serial: Mapped[str] = mapped_column(String(255), default="")
    lifecycle: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle), default=Lifecycle.IN_SERVICE)
    note: Mapped[str] = mapped_column(String(1000), default="")
    site: Mapped[Site | None] = relationship()
    credential: Mapped[Credential | None] = relationship(foreign_keys=[credential_id])
    ssh_credential: Mapped[Credential | None] = relationship(foreign_keys=[ssh_credential_id])
    parent: Mapped[Device | None] = relationship(remote_side=[id])
    interfaces: Mapped[list[Interface]] = relationship(back_populates="device", cascade="all, delete-orphan")
    sectors: Mapped[list[Sector]] = relationship(back_populates="device", cascade="all, delete-orphan")


class Interface(Base):
    """A port, keyed by its name: `if_index` is only where it was seen last, and renumbers after a reboot."""

    __tablename__ = "interface"
    __table_args__ = (UniqueConstraint("device_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    descr: Mapped[str] = mapped_column(String(255), default="")
    alias: Mapped[str] = mapped_column(String(255), default="")
    if_index: Mapped[int | None]
    speed_bps: Mapped[int | None] = mapped_column(BigInteger)
    device: Mapped[Device] = relationship(back_populates="interfaces")


class Sector(Base):
    """One antenna of a base station: where it points and what it is planned to emit.

    Degrees clockwise from north; metres above ground; `gain_dbi`, `feeder_loss_db`, `power_dbm` (conducted);
    `centre_khz` and `width_khz` are the *planned* emission. `radio_index` is its row in the device's radio tables.
    """

    __tablename__ = "sector"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    radio_index: Mapped[str] = mapped_column(String(63), default="")
    azimuth_deg: Mapped[float | None]
    beamwidth_deg: Mapped[float | None]
    tilt_deg: Mapped[float | None]
    height_m: Mapped[float | None]
    gain_dbi: Mapped[float | None]
    feeder_loss_db: Mapped[float | None]
    power_dbm: Mapped[float | None]
    centre_khz: Mapped[int | None]
    width_khz: Mapped[int | None]
    lifecycle: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle), default=Lifecycle.IN_SERVICE)
    device: Mapped[Device] = relationship(back_populates="sectors")
    terminals: Mapped[list[Terminal]] = relationship(back_populates="sector")


class Terminal(Base):
    """A subscriber terminal; `device_id` is set when it is polled itself, `mac` names it in the sector's tables."""

    __tablename__ = "terminal"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    mac: Mapped[str] = mapped_column(String(17), default="")
    lifecycle: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle), default=Lifecycle.IN_SERVICE)
    sector: Mapped[Sector | None] = relationship(back_populates="terminals")
    device: Mapped[Device | None] = relationship()
    site: Mapped[Site | None] = relationship()


class Link(Base):
    """A link between two ends; the dedicated 2 Mb/s link of a cybercentre is the one that the plan is about.

    End A is the near end (towards the core), end B the far end (the place served: `site_id`). `committed_bps` is the
    contract's rate. An access link names its sector and terminal instead of interfaces.
    """

    __tablename__ = "link"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    kind: Mapped[LinkKind] = mapped_column(_enum(LinkKind))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    a_interface_id: Mapped[int | None] = mapped_column(ForeignKey("interface.id"), index=True)
    b_interface_id: Mapped[int | None] = mapped_column(ForeignKey("interface.id"), index=True)
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"), index=True)
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminal.id"), index=True)
    committed_bps: Mapped[int | None] = mapped_column(BigInteger)
    provider: Mapped[str] = mapped_column(String(255), default="")
    contract_class: Mapped[str] = mapped_column(String(63), default="")
    lifecycle: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle), default=Lifecycle.IN_SERVICE)
    site: Mapped[Site | None] = relationship()
    a_interface: Mapped[Interface | None] = relationship(foreign_keys=[a_interface_id])
    b_interface: Mapped[Interface | None] = relationship(foreign_keys=[b_interface_id])
    sector: Mapped[Sector | None] = relationship()
    terminal: Mapped[Terminal | None] = relationship()


class Hotspot(Base):
    """A municipal Wi-Fi access point; its radio is on `device`, its traffic on `interface`."""

    __tablename__ = "hotspot"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    label: Mapped[str] = mapped_column(String(255), default="")
    ssid: Mapped[str] = mapped_column(String(32), default="")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    interface_id: Mapped[int | None] = mapped_column(ForeignKey("interface.id"), index=True)
    lifecycle: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle), default=Lifecycle.IN_SERVICE)
    site: Mapped[Site | None] = relationship()
    device: Mapped[Device | None] = relationship()
    interface: Mapped[Interface | None] = relationship()


class LifecycleChange(Base):
    """One step of an object's life: who, when, from, to."""

    __tablename__ = "lifecycle_change"
    __table_args__ = (Index("ix_lifecycle_change_object", "kind", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(63))
    before: Mapped[Lifecycle | None] = mapped_column(_enum(Lifecycle))
    after: Mapped[Lifecycle] = mapped_column(_enum(Lifecycle))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(255))
