"""Finding an object by what somebody remembers of it: a name, a label, an address, a serial number, a commune."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from inventory.models import Device, Hotspot, Link, Sector, Site, Terminal
from inventory.territory import search_communes
from nms.base.text import clean

_LONGEST = 100
_Find = Select[str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class Hit:
    """One find: `kind` is site, device, sector, terminal, link, hotspot or commune; `name` its reference."""

    kind: str
    name: str
    label: str
    detail: str
    insee: str


def search(session: Session, text: str, limit: int = 20, sees: Callable[[str], bool] | None = None) -> list[Hit]:
    """What matches a text, names first; `sees` tells by INSEE code what may be shown; seven statements."""
    key = clean(text, _LONGEST).strip()
    if not key:
        return []
    found = [hit for statement, kind in _statements(key) for hit in _hits(session, statement, kind)]
    communes = [Hit("commune", c.insee, c.name, c.epci_name, c.insee) for c in search_communes(session, key, limit)]
    shown = [hit for hit in (*found, *communes) if sees is None or sees(hit.insee)]
    return sorted(shown, key=lambda hit: _rank(hit, key.casefold()))[:limit]


def _statements(key: str) -> list[tuple[_Find, str]]:
    place = (Site.insee,)
    return [
        (
            select(Device.name, Device.label, Device.address, *place)
            .outerjoin(Site, Device.site_id == Site.id)
            .where(_like(key, Device.name, Device.label, Device.address, Device.serial, Site.name)),
            "device",
        ),
        (
            select(Site.name, Site.label, Site.address, *place).where(
                _like(key, Site.name, Site.label, Site.address, Site.insee)
            ),
            "site",
        ),
        (
            select(Sector.name, Sector.label, Device.name, *place)
            .join(Device, Sector.device_id == Device.id)
            .outerjoin(Site, Device.site_id == Site.id)
            .where(_like(key, Sector.name, Sector.label)),
            "sector",
        ),
        (
            select(Link.name, Link.label, Link.provider, *place)
            .outerjoin(Site, Link.site_id == Site.id)
            .where(_like(key, Link.name, Link.label, Link.provider, Site.name)),
            "link",
        ),
        (
            select(Hotspot.name, Hotspot.label, Hotspot.ssid, *place)
            .outerjoin(Site, Hotspot.site_id == Site.id)
            .where(_like(key, Hotspot.name, Hotspot.label, Hotspot.ssid)),
            "hotspot",
        ),
        (
            select(Terminal.name, Terminal.label, Terminal.mac, *place)
            .outerjoin(Site, Terminal.site_id == Site.id)
            .where(_like(key, Terminal.name, Terminal.label, Terminal.mac)),
            "terminal",
        ),
    ]


def _like(key: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(column.icontains(key, autoescape=True) for column in columns))


def _hits(session: Session, statement: _Find, kind: str) -> list[Hit]:
    rows = session.execute(statement.limit(200)).all()
    return [Hit(kind, name, label, detail, insee or "") for name, label, detail, insee in rows]


def _rank(hit: Hit, key: str) -> tuple[int, str, str]:
    name = hit.name.casefold()
    order = 0 if name == key else 1 if name.startswith(key) else 2 if key in name else 3
    return order, hit.kind, hit.name
