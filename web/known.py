"""What pages need of the inventory, kept in memory: read again when the journal has grown.

Every change of the inventory is in the journal, so its head tells whether anything changed; one short question replaces
the reading of thousands of rows for a page that shows one of them.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar, cast

from flask import current_app, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import queries, search
from inventory.queries import HotspotRow, LinkRow, Place, PollTarget, SectorRow
from inventory.search import Entry
from inventory.territory import Commune, CommuneOutline, CommuneSuccessor, changes, last_loaded
from nms.base import ledger
from nms.base.db import Database
from nms.ops import network as networks
from nms.ops.network import Network
from nms.ops.state import Kind
from spectrum.former import Former, former
from spectrum.register import Recorded, Register, recorded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A link on the map: the places of its two ends."""

    a: Place
    b: Place


@dataclass(frozen=True, slots=True)
class Outlines:
    """The outline of each commune as GeoJSON text, and a version that changes with any of them; None without.

    `attribution` says whose data they are, where their pack does.
    """

    by_code: Mapping[str, str]
    version: str | None
    attribution: str


class Known:
    """The inventory by name, each part read when it is first asked for and again when the journal has grown."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, tuple[str, Any]] = {}
        self._lock = threading.Lock()

    def places(self) -> Mapping[str, Place]:
        """Every site, in the order of the names."""
        return self._part("places", lambda s: {place.name: place for place in queries.places(s)})

    def communes(self) -> Mapping[str, Commune]:
        """Every commune of the territory by its code, in that order; plain columns only."""
        return self._part(
            "communes", lambda s: {c.insee: c for c in s.scalars(select(Commune).order_by(Commune.insee))}
        )

    def successors(self) -> Mapping[str, CommuneSuccessor]:
        """What became of each commune of 2006, by its old code."""
        return self._part("successors", changes)

    def today(self, insee: str) -> str:
        """The code of today for a code of any time; one that nothing is known of is its own answer."""
        return _today(self.successors(), insee)

    def todays(self) -> Callable[[str], str]:
        """As `today`, for a loop over thousands: what became of the communes is asked for once."""
        return partial(_today, self.successors())

    def outlines(self) -> Outlines:
        """The outlines, read again only when the journal has grown."""

        def read(session: Session) -> Outlines:
            query = select(CommuneOutline.insee, CommuneOutline.geometry).order_by(CommuneOutline.insee)
            found = {row.insee: row.geometry for row in session.execute(query)}
            text = "".join(code + geometry for code, geometry in found.items())
            loaded = last_loaded(session) if found else None
            version = hashlib.sha256(text.encode()).hexdigest()[:16] if found else None
            return Outlines(found, version, loaded[1] if loaded else "")

        return self._part("outlines", read)

    def commune_names(self) -> Mapping[str, str]:
        """The name of every commune by its code; that of one that is no more with the one that it is part of."""

        def read(session: Session) -> dict[str, str]:
            names: dict[str, str] = dict(session.execute(select(Commune.insee, Commune.name)).all())
            gone = ((old, one) for old, one in changes(session).items() if old not in names and one.new_insee in names)
            return names | {old: f"{one.old_name} ({names[one.new_insee]})" for old, one in gone}

        return self._part("names", read)

    def devices(self) -> Mapping[str, PollTarget]:
        """Every device that is not retired."""
        return self._part("devices", lambda s: {row.name: row for row in queries.poll_targets(s)})

    def links(self) -> Mapping[str, LinkRow]:
        """Every link."""
        return self._part("links", lambda s: {row.name: row for row in queries.links(s)})

    def sectors(self) -> Mapping[str, SectorRow]:
        """Every sector."""
        return self._part("sectors", lambda s: {row.name: row for row in queries.sectors(s)})

    def contacts(self) -> Mapping[str, str]:
        """The organisation of every contact, by name."""
        return self._part("contacts", queries.contacts)

    def hotspots(self) -> Mapping[str, HotspotRow]:
        """Every hotspot."""
        return self._part("hotspots", lambda s: {row.name: row for row in queries.hotspots(s)})

    def findable(self) -> Sequence[Entry]:
        """Everything of the inventory and the territory that a search finds."""
        return self._part("findable", search.index)

    def acts(self, register: Register) -> Sequence[Recorded]:
        """Every act that stands, in the order of its record."""
        return self._part("acts", lambda s: recorded(s, register.places(s)))

    def former(self, register: Register) -> Former:
        """Which rights are for communes that are part of a larger one today."""
        return self._part("former", lambda s: former(recorded(s, register.places(s)), changes(s)))

    def network(self) -> Network:
        """The inventory as the sweep sees it."""
        return self._part("network", networks.read)

    def lines(self) -> Mapping[str, Line]:
        """Every link whose two ends have a position, and not the same one."""
        places, devices, links = self.places(), self.devices(), self.links()

        def at(site: str, device: str) -> Place | None:
            place = places.get(site or (devices[device].site if device in devices else ""))
            return place if place is not None and place.lat_deg is not None else None

        def drawn(_session: Session) -> dict[str, Line]:
            found = {}
            for link in links.values():
                a, b = at("", link.a_device or link.sector_device), at(link.site, link.b_device)
                if a is not None and b is not None and (a.lat_deg, a.lon_deg) != (b.lat_deg, b.lon_deg):
                    found[link.name] = Line(a, b)
            return found

        return self._part("lines", drawn)

    def row(self, kind: Kind, name: str) -> LinkRow | SectorRow | HotspotRow | PollTarget | None:
        """What the inventory says of one object."""
        if kind is Kind.LINK:
            return self.links().get(name)
        if kind is Kind.SECTOR:
            return self.sectors().get(name)
        if kind is Kind.HOTSPOT:
            return self.hotspots().get(name)
        return self.devices().get(name)

    def of_day(self, what: str, on: date, read: Callable[[], T]) -> T:
        """What follows from the journal and the day: made anew when either is another."""
        return self.lately(what, on.isoformat(), read)

    def lately(self, what: str, stamp: str, read: Callable[[], T]) -> T:
        """What is good as long as neither the journal nor a stamp has moved."""
        stamp = f"{self._head()} {stamp}"
        kept = self._kept.get(what)
        if kept is None or kept[0] != stamp:
            kept = self._kept[what] = (stamp, read())
        return cast("T", kept[1])

    def _part(self, what: str, read: Callable[[Session], T]) -> T:
        head = self._head()
        kept = self._kept.get(what)
        if kept is None or kept[0] != head:
            with self._lock, self._database.reading() as session:
                kept = self._kept.get(what)
                if kept is None or kept[0] != head:
                    kept = self._kept[what] = (head, read(session))
        return cast("T", kept[1])

    def _head(self) -> str:
        """Head of the journal, asked once per request."""
        if "ledger_head" not in g:
            with self._database.reading() as session:
                g.ledger_head = ledger.head(session)
        return str(g.ledger_head)


def _today(successors: Mapping[str, CommuneSuccessor], insee: str) -> str:
    change = successors.get(insee)
    return insee if change is None else change.new_insee


def known() -> Known:
    """That of this application."""
    return cast("Known", current_app.extensions["nms_known"])


def communes_of(codes: set[str]) -> dict[str, Commune]:
    """The communes of today by codes of any time."""
    communes, today = known().communes(), known().todays()
    return {code: communes[now] for code in sorted(codes) if (now := today(code)) in communes}
