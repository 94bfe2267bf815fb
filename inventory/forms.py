"""One form per kind of object: what a person, a file or the API may say about it, references by name.

`read_form` turns text cells into a form and `cells_of` turns it back; web pages, CSV files and the shell all pass here,
so that a value is judged in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from inventory import fields as cell
from inventory.fields import Complaint, Reader, complaint_of, shown
from inventory.models import (
    CredentialKind,
    DeviceRole,
    Lifecycle,
    LinkKind,
    Reachability,
    SiteKind,
)
from nms.base.errors import InputError
from nms.base.text import say


class ObjectKind(StrEnum):
    """Kinds of object of the inventory, in the order in which they refer to one another."""

    CONTACT = "contact"
    CREDENTIAL = "credential"
    SITE = "site"
    DEVICE = "device"
    INTERFACE = "interface"
    SECTOR = "sector"
    TERMINAL = "terminal"
    LINK = "link"
    HOTSPOT = "hotspot"


@dataclass(frozen=True, slots=True)
class ContactForm:
    """Somebody to call."""

    name: str
    label: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class CredentialForm:
    """A reference to a credential; its secret is never part of a form or a file."""

    name: str
    version: CredentialKind | None = None


@dataclass(frozen=True, slots=True)
class SiteForm:
    """A place; `address` is its postal address, `owner` who answers for it, as the register names parties."""

    name: str
    label: str = ""
    site_kind: SiteKind = SiteKind.OTHER
    insee: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None
    altitude_m: float | None = None
    address: str = ""
    owner: str = ""
    contact: str = ""
    lifecycle: Lifecycle = Lifecycle.IN_SERVICE
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeviceForm:
    """Something that answers SNMP at `address` (`host`, `host:port`, `[::1]:161`)."""

    name: str
    address: str
    label: str = ""
    site: str = ""
    role: DeviceRole = DeviceRole.OTHER
    family: str = ""
    credential: str = ""
    reachability: Reachability = Reachability.SNMP
    poll_interval_s: int | None = None
    cli: str = ""
    ssh_credential: str = ""
    ssh_port: int | None = None
    parent: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    lifecycle: Lifecycle = Lifecycle.IN_SERVICE
    note: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceForm:
    """A port of a device, keyed by its name."""

    device: str
    name: str
    descr: str = ""
    alias: str = ""
    if_index: int | None = None
    speed_bps: int | None = None


@dataclass(frozen=True, slots=True)
class SectorForm:
    """One antenna of a base station and its planned emission."""

    name: str
    device: str
    label: str = ""
    radio_index: str = ""
    azimuth_deg: float | None = None
    beamwidth_deg: float | None = None
    tilt_deg: float | None = None
    height_m: float | None = None
    gain_dbi: float | None = None
    feeder_loss_db: float | None = None
    power_dbm: float | None = None
    centre_khz: int | None = None
    width_khz: int | None = None
    lifecycle: Lifecycle = Lifecycle.IN_SERVICE


@dataclass(frozen=True, slots=True)
class TerminalForm:
    """A subscriber terminal."""

    name: str
    label: str = ""
    sector: str = ""
    device: str = ""
    site: str = ""
    mac: str = ""
    lifecycle: Lifecycle = Lifecycle.IN_SERVICE


@dataclass(frozen=True, slots=True)
class LinkForm:
    """A link: two interfaces (device and port), or a sector and a terminal; `site` is the place served."""

    name: str
    link_kind: LinkKind
    label: str = ""
    site: str = ""
    a_device: str = ""
    a_interface: str = ""
    b_device: str = ""
    b_interface: str = ""
    sector: str = ""
    terminal: str = ""
    committed_bps: int | None = None
    provider: str = ""
    contract_class: str = ""
    lifecycle: Lifecycle = Lifecycle.IN_SERVICE


@dataclass(frozen=True, slots=True)
class HotspotForm:
    """A municipal Wi-Fi access point."""

    name: str
    label: str = ""
    ssid: str = ""
    site: str = ""
    device: str = ""
    interface: str = ""
    lifecycle: Lifecycle = Lifecycle.IN_SERVICE


Form = (
    ContactForm
    | CredentialForm
    | SiteForm
    | DeviceForm
    | InterfaceForm
    | SectorForm
    | TerminalForm
    | LinkForm
    | HotspotForm
)

FORMS: dict[ObjectKind, type[Any]] = {
    ObjectKind.CONTACT: ContactForm,
    ObjectKind.CREDENTIAL: CredentialForm,
    ObjectKind.SITE: SiteForm,
    ObjectKind.DEVICE: DeviceForm,
    ObjectKind.INTERFACE: InterfaceForm,
    ObjectKind.SECTOR: SectorForm,
    ObjectKind.TERMINAL: TerminalForm,
    ObjectKind.LINK: LinkForm,
    ObjectKind.HOTSPOT: HotspotForm,
}
_KIND_OF = {form: kind for kind, form in FORMS.items()}

_TEXT = cell.text(255)
_RATE = cell.whole(1, 10**13, "bit/s", say("2 Mb/s is 2000000"))
_FREQUENCY = cell.whole(30_000, 300_000_000, "kHz", say("3500 MHz is 3500000"))
_WIDTH = cell.whole(100, 2_000_000, "kHz", say("3.5 MHz is 3500"))

READERS: dict[str, Reader] = {
    "name": cell.name,
    "label": _TEXT,
    "organisation": _TEXT,
    "phone": cell.text(63),
    "email": cell.email,
    "version": cell.choice(CredentialKind),
    "site_kind": cell.choice(SiteKind),
    "insee": cell.commune_code,
    "lat_deg": cell.number(-90, 90, say("degrees of latitude")),
    "lon_deg": cell.number(-180, 180, say("degrees of longitude")),
    "altitude_m": cell.number(-500, 9_000, "m"),
    "owner": _TEXT,
    "contact": cell.name,
    "lifecycle": cell.choice(Lifecycle),
    "note": cell.text(1000),
    "address": _TEXT,
    "site": cell.name,
    "role": cell.choice(DeviceRole),
    "family": cell.text(63),
    "credential": cell.name,
    "reachability": cell.choice(Reachability),
    "poll_interval_s": cell.whole(5, 86_400, "s"),
    "cli": cell.text(40),
    "ssh_credential": cell.name,
    "ssh_port": cell.whole(1, 65_535, ""),
    "parent": cell.name,
    "vendor": _TEXT,
    "model": _TEXT,
    "serial": _TEXT,
    "device": cell.name,
    "descr": _TEXT,
    "alias": _TEXT,
    "if_index": cell.whole(1, 2**31 - 1, ""),
    "speed_bps": cell.whole(0, 10**13, "bit/s"),
    "radio_index": cell.text(63),
    "azimuth_deg": cell.number(0, 360, say("degrees from north")),
    "beamwidth_deg": cell.number(0.1, 360, say("degrees")),
    "tilt_deg": cell.number(-90, 90, say("degrees")),
    "height_m": cell.number(0, 1_000, say("m above ground")),
    "gain_dbi": cell.number(-20, 60, "dBi"),
    "feeder_loss_db": cell.number(0, 60, "dB"),
    "power_dbm": cell.number(-60, 70, "dBm"),
    "centre_khz": _FREQUENCY,
    "width_khz": _WIDTH,
    "sector": cell.name,
    "mac": cell.mac,
    "link_kind": cell.choice(LinkKind),
    "a_device": cell.name,
    "a_interface": _TEXT,
    "b_device": cell.name,
    "b_interface": _TEXT,
    "terminal": cell.name,
    "committed_bps": _RATE,
    "provider": _TEXT,
    "contract_class": cell.text(63),
    "ssid": cell.text(32),
    "interface": _TEXT,
}
"""How the text of each field is read."""

_OTHERWISE: dict[tuple[ObjectKind, str], Reader] = {
    (ObjectKind.DEVICE, "address"): cell.endpoint,
    (ObjectKind.INTERFACE, "name"): _TEXT,
}
"""Fields whose reading depends on the kind."""

_NEEDS: dict[ObjectKind, tuple[str, ...]] = {
    ObjectKind.DEVICE: ("address",),
    ObjectKind.INTERFACE: ("device",),
    ObjectKind.SECTOR: ("device",),
    ObjectKind.LINK: ("link_kind",),
}
REQUIRED: dict[ObjectKind, tuple[str, ...]] = {kind: ("name", *_NEEDS.get(kind, ())) for kind in ObjectKind}

DEFAULTS: dict[ObjectKind, dict[str, Any]] = {
    kind: {f.name: f.default for f in fields(form) if f.name not in REQUIRED[kind]} for kind, form in FORMS.items()
}
"""What an empty cell means."""

_TOGETHER = (("lat_deg", "lon_deg"), ("a_device", "a_interface"), ("b_device", "b_interface"))


def kind_of(form: Form) -> ObjectKind:
    """The kind that a form is of."""
    return _KIND_OF[type(form)]


def field_names(kind: ObjectKind) -> tuple[str, ...]:
    """The fields of a kind, in order."""
    return tuple(f.name for f in fields(FORMS[kind]))


def key_of(form: Form) -> str:
    """What makes the object one: its name; for a port, `device` and name joined by a line feed."""
    return f"{form.device}\n{form.name}" if isinstance(form, InterfaceForm) else form.name


def cells_of(form: Form) -> dict[str, str]:
    """Every field as text."""
    return {name: shown(getattr(form, name)) for name in field_names(kind_of(form))}


def read_cells(kind: ObjectKind, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Complaint]]:
    """The values of the cells that are fields of the kind, and a complaint for each that is wrong or missing."""
    values: dict[str, Any] = {}
    complaints: list[Complaint] = []
    for name in field_names(kind):
        given = cells.get(name)
        if given is None and name not in REQUIRED[kind]:
            continue
        stripped = (given or "").strip()
        if not stripped:
            if name in REQUIRED[kind]:
                complaints.append(Complaint(name, "", say("missing: a {kind} needs it", kind=kind)))
            else:
                values[name] = DEFAULTS[kind][name]
            continue
        reader = _OTHERWISE.get((kind, name)) or READERS[name]
        try:
            values[name] = reader(stripped)
        except (ValueError, InputError) as error:
            complaints.append(complaint_of(name, stripped, error))
    complaints += _pairs(kind, values, {c.field for c in complaints})
    return values, complaints


def _pairs(kind: ObjectKind, values: Mapping[str, Any], refused: set[str]) -> list[Complaint]:
    """Complaints about values that only make sense together."""
    names = field_names(kind)
    found = []
    for one, other in _TOGETHER:
        for has, lacks in ((one, other), (other, one)):
            given = has in names and values.get(has) not in (None, "")
            if given and has in values and lacks not in refused and values.get(lacks) in (None, ""):
                found.append(Complaint(lacks, "", say("missing: it goes with {has}", has=has)))
    if kind is ObjectKind.HOTSPOT and values.get("interface") and not values.get("device") and "device" not in refused:
        found.append(Complaint("device", "", say("missing: it goes with interface")))
    return found


def read_form(kind: ObjectKind, cells: Mapping[str, str]) -> Form:
    """A form from text.

    Raises:
        InputError: `complaints` lists every field with its value and the remedy.
    """
    unknown = [
        Complaint(name, "", say("not a field of a {kind}", kind=kind))
        for name in cells
        if name not in field_names(kind)
    ]
    values, complaints = read_cells(kind, cells)
    refuse(unknown + complaints, say("The {kind} is refused", kind=kind))
    form: Form = FORMS[kind](**(DEFAULTS[kind] | values))
    return form


def refuse(complaints: list[Complaint], what: str) -> None:
    """Raise InputError with all complaints, if there are any."""
    if complaints:
        listed = "\n".join(f"  - {complaint}" for complaint in complaints)
        raise InputError("bad_form", say("{what}:\n{listed}", what=what, listed=listed), complaints=complaints)
