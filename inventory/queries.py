"""Reading the inventory: plain values for the poller, the pages and the API, in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from inventory.models import (
    Contact,
    Credential,
    Device,
    Hotspot,
    Interface,
    Lifecycle,
    Link,
    Sector,
    Site,
    Terminal,
)
from inventory.rows import (
    HotspotRow,
    LinkRow,
    Place,
    PollInterface,
    PollSector,
    PollTarget,
    SectorRow,
    SubjectRow,
    TerminalRow,
)
from inventory.territory import Commune

__all__ = [
    "HotspotRow",
    "LinkRow",
    "Place",
    "PollInterface",
    "PollSector",
    "PollTarget",
    "SectorRow",
    "SubjectRow",
    "TerminalRow",
    "contacts",
    "department_of",
    "hotspots",
    "links",
    "places",
    "poll_targets",
    "sectors",
    "subjects",
    "terminals",
]


def department_of(insee: str) -> str:
    """The department of an INSEE code; empty for an empty code."""
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]


def poll_targets(session: Session, devices: Collection[str] | None = None) -> list[PollTarget]:
    """Every device that is not retired, or those of these names, with what is needed to ask it; three statements."""
    parent = aliased(Device)
    query = (
        select(Device, Credential, Site.name, Site.insee, parent.name)
        .outerjoin(Credential, Device.credential_id == Credential.id)
        .outerjoin(Site, Device.site_id == Site.id)
        .outerjoin(parent, Device.parent_id == parent.id)
        .where(Device.lifecycle != Lifecycle.RETIRED)
        .order_by(Device.name)
    )
    rows = session.execute(query.where(_among(devices))).all()
    ports: dict[int, list[PollInterface]] = defaultdict(list)
    of_ports = select(Interface.device_id, Interface.name, Interface.if_index, Interface.speed_bps)
    of_ports = of_ports.where(_of(Interface.device_id, devices)).order_by(Interface.name)
    for device_id, name, if_index, speed_bps in session.execute(of_ports):
        ports[device_id].append(PollInterface(name, if_index, speed_bps))
    antennas: dict[int, list[PollSector]] = defaultdict(list)
    of_antennas = (
        select(Sector.device_id, Sector.name, Sector.radio_index, Sector.centre_khz, Sector.width_khz)
        .where(Sector.lifecycle != Lifecycle.RETIRED, _of(Sector.device_id, devices))
        .order_by(Sector.name)
    )
    for device_id, name, radio_index, centre_khz, width_khz in session.execute(of_antennas):
        antennas[device_id].append(PollSector(name, radio_index, centre_khz, width_khz))
    return [
        PollTarget(
            name=device.name,
            address=device.address,
            credential=credential.name if credential else "",
            credential_kind=credential.kind if credential else None,
            sealed=credential.sealed if credential else None,
            family=device.family,
            reachability=device.reachability,
            interval_s=device.poll_interval_s,
            lifecycle=device.lifecycle,
            role=device.role,
            label=device.label,
            site=site or "",
            insee=insee or "",
            parent=above or "",
            interfaces=tuple(ports[device.id]),
            sectors=tuple(antennas[device.id]),
            cli=device.cli,
            ssh_port=device.ssh_port,
        )
        for device, credential, site, insee, above in rows
    ]


def subjects(session: Session) -> list[SubjectRow]:
    """Every device, sector, link and hotspot that is not retired, by kind and name; four statements."""
    return [*_devices(session), *_sectors(session), *_links(session), *_hotspots(session)]


def _devices(session: Session) -> list[SubjectRow]:
    rows = session.execute(
        select(Device, Site).outerjoin(Site, Device.site_id == Site.id).where(_alive(Device)).order_by(Device.name)
    )
    return [_subject("device", device, device, site) for device, site in rows]


def _sectors(session: Session) -> list[SubjectRow]:
    rows = session.execute(
        select(Sector, Device, Site)
        .join(Device, Sector.device_id == Device.id)
        .outerjoin(Site, Device.site_id == Site.id)
        .where(_alive(Sector))
        .order_by(Sector.name)
    )
    return [_subject("sector", sector, device, site) for sector, device, site in rows]


def _links(session: Session) -> list[SubjectRow]:
    near, port, base, far, far_port, far_site = (
        aliased(Device),
        aliased(Interface),
        aliased(Device),
        aliased(Device),
        aliased(Interface),
        aliased(Site),
    )
    rows = session.execute(
        select(Link, near, base, Site, far_site)
        .outerjoin(port, Link.a_interface_id == port.id)
        .outerjoin(near, port.device_id == near.id)
        .outerjoin(Sector, Link.sector_id == Sector.id)
        .outerjoin(base, Sector.device_id == base.id)
        .outerjoin(far_port, Link.b_interface_id == far_port.id)
        .outerjoin(far, far_port.device_id == far.id)
        .outerjoin(far_site, far.site_id == far_site.id)
        .outerjoin(Site, Link.site_id == Site.id)
        .where(_alive(Link))
        .order_by(Link.name)
    )
    return [_subject("link", link, near_ or base_, site or other) for link, near_, base_, site, other in rows]


def _hotspots(session: Session) -> list[SubjectRow]:
    device_site = aliased(Site)
    rows = session.execute(
        select(Hotspot, Device, Site, device_site)
        .outerjoin(Device, Hotspot.device_id == Device.id)
        .outerjoin(Site, Hotspot.site_id == Site.id)
        .outerjoin(device_site, Device.site_id == device_site.id)
        .where(_alive(Hotspot))
        .order_by(Hotspot.name)
    )
    return [_subject("hotspot", hotspot, device, site or other) for hotspot, device, site, other in rows]


def _alive(model: Any) -> Any:
    return model.lifecycle != Lifecycle.RETIRED


def _subject(kind: str, found: Any, device: Device | None, site: Site | None) -> SubjectRow:
    insee = (site.insee if site else None) or ""
    works = [found.lifecycle, device.lifecycle if device else None, site.lifecycle if site else None]
    return SubjectRow(
        kind=kind,
        name=found.name,
        label=found.label,
        device=device.name if device else "",
        site=site.name if site else "",
        insee=insee,
        department=department_of(insee),
        family=device.family if device else "",
        role=found.kind.value if isinstance(found, Link) else device.role.value if device else "",
        lifecycle=found.lifecycle,
        maintenance=Lifecycle.MAINTENANCE in works,
    )


def links(session: Session) -> list[LinkRow]:
    """Every link by name, the retired ones too; one statement."""
    a_port, a, b_port, b = aliased(Interface), aliased(Device), aliased(Interface), aliased(Device)
    base, polled = aliased(Device), aliased(Device)
    rows = session.execute(
        select(
            Link.name,
            Link.label,
            Link.kind,
            Site.name,
            Site.insee,
            a.name,
            a_port.name,
            a_port.if_index,
            a_port.speed_bps,
            b.name,
            b_port.name,
            b_port.if_index,
            b_port.speed_bps,
            Sector.name,
            base.name,
            Terminal.name,
            Terminal.mac,
            polled.name,
            Link.committed_bps,
            Link.provider,
            Link.contract_class,
            Link.lifecycle,
        )
        .outerjoin(a_port, Link.a_interface_id == a_port.id)
        .outerjoin(a, a_port.device_id == a.id)
        .outerjoin(b_port, Link.b_interface_id == b_port.id)
        .outerjoin(b, b_port.device_id == b.id)
        .outerjoin(Sector, Link.sector_id == Sector.id)
        .outerjoin(base, Sector.device_id == base.id)
        .outerjoin(Terminal, Link.terminal_id == Terminal.id)
        .outerjoin(polled, Terminal.device_id == polled.id)
        .outerjoin(Site, Link.site_id == Site.id)
        .order_by(Link.name)
    )
    return [LinkRow(*_texts(LinkRow, row)) for row in rows]


def sectors(session: Session, devices: Collection[str] | None = None) -> list[SectorRow]:
    """Every sector by name, or those of these devices, the retired ones too; one statement."""
    emission = (
        Sector.radio_index,
        Sector.azimuth_deg,
        Sector.beamwidth_deg,
        Sector.tilt_deg,
        Sector.height_m,
        Sector.gain_dbi,
        Sector.feeder_loss_db,
        Sector.power_dbm,
        Sector.centre_khz,
        Sector.width_khz,
    )
    query = (
        select(Sector.name, Sector.label, Device.name, Site.name, Site.insee, Site.lat_deg, Site.lon_deg)
        .add_columns(*emission, Sector.lifecycle)
        .select_from(Sector)
        .join(Device, Sector.device_id == Device.id)
        .outerjoin(Site, Device.site_id == Site.id)
        .order_by(Sector.name)
    )
    return [SectorRow(*_texts(SectorRow, row)) for row in session.execute(query.where(_among(devices)))]


def hotspots(session: Session, devices: Collection[str] | None = None) -> list[HotspotRow]:
    """Every hotspot by name, or those of these devices, the retired ones too; one statement."""
    query = (
        select(
            Hotspot.name,
            Hotspot.label,
            Hotspot.ssid,
            Site.name,
            Site.insee,
            Device.name,
            Interface.name,
            Interface.if_index,
            Hotspot.lifecycle,
        )
        .outerjoin(Site, Hotspot.site_id == Site.id)
        .outerjoin(Device, Hotspot.device_id == Device.id)
        .outerjoin(Interface, Hotspot.interface_id == Interface.id)
        .order_by(Hotspot.name)
    )
    return [HotspotRow(*_texts(HotspotRow, row)) for row in session.execute(query.where(_among(devices)))]


def terminals(session: Session) -> list[TerminalRow]:
    """Every subscriber terminal by name, the retired ones too; one statement."""
    base = aliased(Device)
    rows = session.execute(
        select(
            Terminal.name,
            Terminal.label,
            Sector.name,
            base.name,
            Device.name,
            Site.name,
            Site.insee,
            Terminal.mac,
            Terminal.lifecycle,
        )
        .outerjoin(Sector, Terminal.sector_id == Sector.id)
        .outerjoin(base, Sector.device_id == base.id)
        .outerjoin(Device, Terminal.device_id == Device.id)
        .outerjoin(Site, Terminal.site_id == Site.id)
        .order_by(Terminal.name)
    )
    return [TerminalRow(*_texts(TerminalRow, row)) for row in rows]


def contacts(session: Session) -> dict[str, str]:
    """The organisation of every contact, by name; one statement."""
    rows = session.execute(select(Contact.name, Contact.organisation))
    return {row.name: row.organisation for row in rows}


def places(session: Session, sites: Collection[str] | None = None) -> list[Place]:
    """Every site by name, or these, with its position, else that of its commune, else none; one statement."""
    query = (
        select(Site, Commune, Contact.name)
        .outerjoin(Commune, Site.insee == Commune.insee)
        .outerjoin(Contact, Site.contact_id == Contact.id)
        .order_by(Site.name)
    )
    if sites is not None:
        query = query.where(Site.name.in_(sites))
    return [_place(site, commune, contact) for site, commune, contact in session.execute(query)]


def _among(devices: Collection[str] | None) -> ColumnElement[bool]:
    """Whether a device is one of these names; None are all."""
    return true() if devices is None else Device.name.in_(devices)


def _of(device_id: InstrumentedAttribute[int], devices: Collection[str] | None) -> ColumnElement[bool]:
    """Whether a part is of one of these devices."""
    return true() if devices is None else device_id.in_(select(Device.id).where(Device.name.in_(devices)))


def _place(site: Site, commune: Commune | None, contact: str | None) -> Place:
    lat, lon, whose = site.lat_deg, site.lon_deg, "site"
    if (lat is None or lon is None) and commune is not None:
        lat, lon, whose = commune.lat_deg, commune.lon_deg, "commune"
    known = lat is not None and lon is not None
    return Place(
        name=site.name,
        label=site.label,
        kind=site.kind,
        insee=site.insee or "",
        commune=commune.name if commune else "",
        department=department_of(site.insee or ""),
        lat_deg=lat if known else None,
        lon_deg=lon if known else None,
        position_of=whose if known else "",
        address=site.address,
        owner=site.owner,
        contact=contact or "",
        lifecycle=site.lifecycle,
    )


def _texts(kind: type[Any], row: Sequence[Any]) -> list[Any]:
    """The columns of a row, where an absent name (of a row that was not joined) becomes the empty text."""
    wants_text = [f.type == "str" for f in kind.__dataclass_fields__.values()]
    return ["" if value is None and text else value for value, text in zip(row, wants_text, strict=True)]
