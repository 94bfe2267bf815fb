"""The inventory as it stands, read in one statement per table: what changes, exports and imports compare against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.forms import DEFAULTS, FORMS, Form, ObjectKind, field_names
from inventory.models import Contact, Credential, Device, Hotspot, Interface, Link, Sector, Site, Terminal

K = ObjectKind

MODELS: dict[ObjectKind, type[Any]] = {
    K.CONTACT: Contact,
    K.CREDENTIAL: Credential,
    K.SITE: Site,
    K.DEVICE: Device,
    K.INTERFACE: Interface,
    K.SECTOR: Sector,
    K.TERMINAL: Terminal,
    K.LINK: Link,
    K.HOTSPOT: Hotspot,
}

COLUMNS: dict[tuple[ObjectKind, str], str] = {
    (K.CREDENTIAL, "version"): "kind",
    (K.SITE, "site_kind"): "kind",
    (K.LINK, "link_kind"): "kind",
}
"""Columns that are not called as their field is."""

REFERENCES: dict[ObjectKind, dict[str, tuple[ObjectKind, str]]] = {
    K.SITE: {"contact": (K.CONTACT, "contact_id")},
    K.DEVICE: {
        "site": (K.SITE, "site_id"),
        "credential": (K.CREDENTIAL, "credential_id"),
        "ssh_credential": (K.CREDENTIAL, "ssh_credential_id"),
        "parent": (K.DEVICE, "parent_id"),
    },
    K.INTERFACE: {"device": (K.DEVICE, "device_id")},
    K.SECTOR: {"device": (K.DEVICE, "device_id")},
    K.TERMINAL: {
        "sector": (K.SECTOR, "sector_id"),
        "device": (K.DEVICE, "device_id"),
        "site": (K.SITE, "site_id"),
    },
    K.LINK: {
        "site": (K.SITE, "site_id"),
        "sector": (K.SECTOR, "sector_id"),
        "terminal": (K.TERMINAL, "terminal_id"),
    },
    K.HOTSPOT: {"site": (K.SITE, "site_id"), "device": (K.DEVICE, "device_id")},
}
"""Fields that name another object: its kind, and the column that holds its id."""

PORTS: dict[ObjectKind, dict[tuple[str, str], str]] = {
    K.LINK: {("a_device", "a_interface"): "a_interface_id", ("b_device", "b_interface"): "b_interface_id"},
    K.HOTSPOT: {("device", "interface"): "interface_id"},
}
"""Pairs of fields that name a port (device, interface), and the column that holds its id."""


def port_key(device: str, name: str) -> str:
    """The key of a port."""
    return f"{device}\n{name}"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object of the database: its id and the value of each field of its form."""

    id: int
    values: dict[str, Any]


class Snapshot:
    """Lazily read tables by key; each table is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stored: dict[ObjectKind, dict[str, Stored]] = {}
        self._keys: dict[ObjectKind, dict[int, str]] = {}

    def of(self, kind: ObjectKind) -> dict[str, Stored]:
        """Every object of a kind by its key."""
        if kind not in self._stored:
            self._stored[kind] = self._read(kind)
        return self._stored[kind]

    def forms(self, kind: ObjectKind) -> list[Form]:
        """Every object of a kind as a form, by name."""
        stored = self.of(kind)
        return [FORMS[kind](**stored[key].values) for key in sorted(stored)]

    def keys(self, kind: ObjectKind) -> dict[int, str]:
        """Key of each id."""
        if kind not in self._keys:
            model = MODELS[kind]
            if kind is K.INTERFACE:
                devices = self.keys(K.DEVICE)
                rows = self._session.execute(select(model.id, model.device_id, model.name))
                self._keys[kind] = {id_: port_key(devices[device], name) for id_, device, name in rows}
            else:
                found = self._session.execute(select(model.id, model.name))
                self._keys[kind] = dict(found.all())
        return self._keys[kind]

    def ids(self, kind: ObjectKind) -> dict[str, int]:
        """Id of each key."""
        return {key: id_ for id_, key in self.keys(kind).items()}

    def forget(self, kind: ObjectKind) -> None:
        """Read a kind again at its next use: it was written."""
        self._stored.pop(kind, None)
        self._keys.pop(kind, None)

    def _read(self, kind: ObjectKind) -> dict[str, Stored]:
        keys = self.keys(kind)
        table = MODELS[kind].__table__
        wanted = [column for column in table.columns if column.name != "sealed"]
        rows = self._session.execute(select(*wanted)).mappings()
        return {keys[row["id"]]: Stored(row["id"], self._values(kind, dict(row))) for row in rows}

    def _values(self, kind: ObjectKind, row: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in field_names(kind):
            column = COLUMNS.get((kind, field), field)
            if column in row:
                values[field] = row[column]
        for field, (target, column) in REFERENCES.get(kind, {}).items():
            values[field] = "" if row[column] is None else self.keys(target)[row[column]]
        for (device, port), column in PORTS.get(kind, {}).items():
            if row[column] is not None:
                values[device], values[port] = self.keys(K.INTERFACE)[row[column]].split("\n", 1)
        for field, default in DEFAULTS[kind].items():
            if values.get(field) is None:
                values[field] = default
        return values
