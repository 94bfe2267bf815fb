"""Finding an object by what somebody remembers of it: a name, a label, an address, a serial number, a commune.

The index is read once, in a constant number of statements, and searched in memory: a text is compared as people write
it (without accents, `St` is `Saint`, articles and hyphens forgiven), a code as machines write it (part of an IPv4 or
IPv6 address, a MAC with any separator).
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from inventory.models import Device, Hotspot, Interface, Lifecycle, Link, Sector, Site, Terminal
from inventory.territory import Commune, CommuneSuccessor, folded
from nms.base.text import clean

LONGEST = 100
_ARTICLES = frozenset({"l", "le", "la", "les", "d", "de", "du", "des"})
_MAC_LEAST = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """One find: `kind` is site, device, sector, terminal, link, hotspot or commune; `name` its reference.

    `of` is what carries it: the sector of a terminal.
    """

    kind: str
    name: str
    label: str
    detail: str
    insee: str
    of: str = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A hit with what it is found by: `words` folded, `codes` in lower case, `digits` a MAC without separators."""

    hit: Hit
    words: str
    codes: str
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody typed, in the forms in which it is compared."""

    words: tuple[str, ...]
    code: str
    digits: str

    @classmethod
    def of(cls, text: str) -> Wanted | None:
        """Read a text; None when nothing in it can be searched."""
        key = clean(text, LONGEST).strip()
        every = tuple(folded(key).split())
        words = tuple(word for word in every if word not in _ARTICLES) or every
        return cls(words, _address(key.casefold()), _mac(key)) if words or key else None

    def matches(self, words: str, codes: str = "", digits: str = "") -> bool:
        """Whether every word is there, or the code; a short word only at the start of one, a letter only alone."""
        if self.words and all(self._is_in(word, words) for word in self.words):
            return True
        return bool(self.code and self.code in codes) or bool(self.digits and self.digits in digits)

    def _is_in(self, word: str, words: str) -> bool:
        if len(word) > 2:
            return word in words
        alone = len(self.words) > 1 and len(word) == 1
        return (f" {word} " if alone else f" {word}") in f" {words} "


def search(session: Session, text: str, limit: int = 20, sees: Callable[[str], bool] | None = None) -> list[Hit]:
    """What matches a text, names first; `sees` tells by INSEE code what may be shown."""
    return find(index(session), text, limit, sees)


def find(
    entries: Iterable[Entry], text: str, limit: int | None = 20, sees: Callable[[str], bool] | None = None
) -> list[Hit]:
    """What matches a text among the entries that may be seen, names first; no statement."""
    wanted = Wanted.of(text)
    if wanted is None:
        return []
    found = [
        entry.hit
        for entry in entries
        if (sees is None or sees(entry.hit.insee)) and wanted.matches(entry.words, entry.codes, entry.digits)
    ]
    key = " ".join(wanted.words)
    return sorted(found, key=lambda hit: _rank(hit, key, wanted.code))[:limit]


def index(session: Session) -> list[Entry]:
    """Everything that can be found, the retired too; eight statements."""
    return [
        *_devices(session),
        *_sites(session),
        *_sectors(session),
        *_links(session),
        *_hotspots(session),
        *_terminals(session),
        *_communes(session),
    ]


def _devices(session: Session) -> list[Entry]:
    rows = session.execute(select(Device, Site.name, Site.insee).outerjoin(Site, Device.site_id == Site.id))
    return [
        _entry("device", d, d.address, insee, (site, d.vendor, d.model), f"{d.address} {d.serial}")
        for d, site, insee in rows
    ]


def _sites(session: Session) -> list[Entry]:
    return [_entry("site", s, s.address, s.insee, (s.address,), s.insee or "") for s in session.scalars(select(Site))]


def _sectors(session: Session) -> list[Entry]:
    rows = session.execute(
        select(Sector, Device.name, Site.insee)
        .join(Device, Sector.device_id == Device.id)
        .outerjoin(Site, Device.site_id == Site.id)
    )
    return [_entry("sector", sector, device, insee) for sector, device, insee in rows]


def _links(session: Session) -> list[Entry]:
    port, far, far_site = aliased(Interface), aliased(Device), aliased(Site)
    rows = session.execute(
        select(Link, Site, far_site)
        .outerjoin(Site, Link.site_id == Site.id)
        .outerjoin(port, Link.b_interface_id == port.id)
        .outerjoin(far, port.device_id == far.id)
        .outerjoin(far_site, far.site_id == far_site.id)
    )
    return [_served("link", link, link.provider, site or other) for link, site, other in rows]


def _hotspots(session: Session) -> list[Entry]:
    device_site = aliased(Site)
    rows = session.execute(
        select(Hotspot, Site, device_site)
        .outerjoin(Site, Hotspot.site_id == Site.id)
        .outerjoin(Device, Hotspot.device_id == Device.id)
        .outerjoin(device_site, Device.site_id == device_site.id)
    )
    return [_served("hotspot", spot, spot.ssid, site or other) for spot, site, other in rows]


def _terminals(session: Session) -> list[Entry]:
    rows = session.execute(
        select(Terminal, Sector.name, Site.insee)
        .outerjoin(Sector, Terminal.sector_id == Sector.id)
        .outerjoin(Site, Terminal.site_id == Site.id)
    )
    return [_entry("terminal", t, t.mac, insee, (), t.mac, of=sector or "") for t, sector, insee in rows]


def _communes(session: Session) -> list[Entry]:
    former: dict[str, list[CommuneSuccessor]] = defaultdict(list)
    for change in session.scalars(select(CommuneSuccessor).order_by(CommuneSuccessor.old_name)):
        former[change.new_insee].append(change)
    found = []
    for c in session.scalars(select(Commune)):
        names = [change.search_name for change in former[c.insee]]
        codes = " ".join([c.insee, *(change.old_insee for change in former[c.insee])]).casefold()
        hit = Hit("commune", c.insee, c.name, _former_names(c, former[c.insee]), c.insee)
        found.append(Entry(hit, " | ".join(dict.fromkeys([c.search_name, *names])), codes))
    return found


def _former_names(now: Commune, changes: Sequence[CommuneSuccessor]) -> str:
    names = [change.old_name for change in changes if change.old_name and folded(change.old_name) != now.search_name]
    return ", ".join(names) or now.epci_name


def _served(kind: str, found: Any, detail: str, site: Site | None) -> Entry:
    return _entry(kind, found, detail, site.insee if site else None, (site.name if site else "", detail))


def _entry(
    kind: str,
    found: Any,
    detail: str,
    insee: str | None,
    more: Sequence[str | None] = (),
    codes: str = "",
    of: str = "",
) -> Entry:
    hit = Hit(kind, found.name, found.label, detail, insee or "", of, found.lifecycle is Lifecycle.RETIRED)
    words = folded(" ".join([found.name, found.label, of, *(text or "" for text in more)]))
    return Entry(hit, words, f"{found.name} {codes}".casefold(), _mac(codes) if kind == "terminal" else "")


def _address(code: str) -> str:
    """A whole address as it is stored; a part of one, or another code, as it is."""
    try:
        return str(ipaddress.ip_address(code))
    except ValueError:
        return code


def _mac(text: str) -> str:
    """The digits of a MAC (or of a part of one), whatever separates them; empty when it is none."""
    digits = "".join(c for c in text.casefold() if c not in ":-. ")
    hexadecimal = len(digits) >= _MAC_LEAST and all(c in "0123456789abcdef" for c in digits)
    return digits if hexadecimal else ""


def _rank(hit: Hit, key: str, code: str) -> tuple[int, str, str]:
    names = (folded(hit.name), folded(hit.label))
    if code == hit.name.casefold() or key in names:
        order = 0
    elif any(name.startswith(key) for name in names):
        order = 1
    else:
        order = 2 if any(key in name for name in names) else 3
    return order, hit.kind, hit.label if hit.kind == "commune" else hit.name
