"""What the read side of the inventory answers with: plain frozen values; an absent name is the empty text."""

from __future__ import annotations

from dataclasses import dataclass, field

from inventory.models import CredentialKind, DeviceRole, Lifecycle, LinkKind, Reachability, SiteKind


@dataclass(frozen=True, slots=True)
class PollInterface:
    """A port as the poller expects it."""

    name: str
    if_index: int | None
    speed_bps: int | None


@dataclass(frozen=True, slots=True)
class PollSector:
    """A sector of the device and its row in the device's radio tables."""

    name: str
    radio_index: str
    centre_khz: int | None
    width_khz: int | None


@dataclass(frozen=True, slots=True)
class PollTarget:
    """A device to be asked; `sealed` is its sealed credential (None: it has none), `interval_s` None the default.

    `cli` names the driver of its command line (empty: that of its family), `ssh_port` None is 22.
    """

    name: str
    address: str
    credential: str
    credential_kind: CredentialKind | None
    sealed: bytes | None = field(repr=False)
    family: str
    reachability: Reachability
    interval_s: int | None
    lifecycle: Lifecycle
    role: DeviceRole
    label: str
    site: str
    insee: str
    parent: str
    interfaces: tuple[PollInterface, ...] = ()
    sectors: tuple[PollSector, ...] = ()
    cli: str = ""
    ssh_port: int | None = None


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """An object that has a health, as pages and metrics name it; `kind` is device, sector, link or hotspot.

    `device` feeds it (the near one for a link); `maintenance` is true when it, its device or its site is in works.
    """

    kind: str
    name: str
    label: str
    device: str
    site: str
    insee: str
    department: str
    family: str
    role: str
    lifecycle: Lifecycle
    maintenance: bool


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link with the names at both of its ends; an access link has a sector and a terminal instead of ports."""

    name: str
    label: str
    kind: LinkKind
    site: str
    insee: str
    a_device: str
    a_interface: str
    a_if_index: int | None
    a_speed_bps: int | None
    b_device: str
    b_interface: str
    b_if_index: int | None
    b_speed_bps: int | None
    sector: str
    sector_device: str
    terminal: str
    terminal_mac: str
    terminal_device: str
    committed_bps: int | None
    provider: str
    contract_class: str
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class SectorRow:
    """A sector with its base station; planned emission, position of the site."""

    name: str
    label: str
    device: str
    site: str
    insee: str
    lat_deg: float | None
    lon_deg: float | None
    radio_index: str
    azimuth_deg: float | None
    beamwidth_deg: float | None
    tilt_deg: float | None
    height_m: float | None
    gain_dbi: float | None
    feeder_loss_db: float | None
    power_dbm: float | None
    centre_khz: int | None
    width_khz: int | None
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class HotspotRow:
    """A hotspot with the device and the port that tell of it."""

    name: str
    label: str
    ssid: str
    site: str
    insee: str
    device: str
    interface: str
    if_index: int | None
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """A subscriber terminal with its sector and base station."""

    name: str
    label: str
    sector: str
    base_station: str
    device: str
    site: str
    insee: str
    mac: str
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class Place:
    """A site for the map; `position_of` says whose position it is: `site`, `commune` or nobody's (empty)."""

    name: str
    label: str
    kind: SiteKind
    insee: str
    commune: str
    department: str
    lat_deg: float | None
    lon_deg: float | None
    position_of: str
    address: str
    owner: str
    contact: str
    lifecycle: Lifecycle
