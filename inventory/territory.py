"""The territory: communes (the INSEE code is the atom), their successors, departments and the 22 regions before 2016.

It comes from a *territory pack*: a folder with `communes.csv` and, where present, `commune_successors.csv`,
`departments.csv` and outlines (`communes.topojson` or `communes.geojson`, also gzipped) with `attribution.txt`. What a
pack does not say stays unsaid: a position, an area or an outline that is not known is None, never 0.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import ForeignKey, String, Text, delete, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from inventory import territory_pack
from inventory.outlines import Geometry
from nms.base import ledger
from nms.base.db import Base
from nms.base.errors import NotFound
from nms.base.ids import insee as checked_insee
from nms.base.text import say

LOADED = "inventory.territory"
"""The kind of the journal's entry about a pack."""


class Department(Base):
    """A department, with its region today and before 2016."""

    __tablename__ = "department"
    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(63))
    region: Mapped[str] = mapped_column(String(3), default="")
    region_name: Mapped[str] = mapped_column(String(63), default="")
    region_2015: Mapped[str] = mapped_column(String(3), default="")
    region_2015_name: Mapped[str] = mapped_column(String(63), default="")


class Commune(Base):
    """A commune of the pack's vintage; position in WGS84 degrees, None when not known."""

    __tablename__ = "commune"
    insee: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(63))
    department: Mapped[str] = mapped_column(String(3), index=True)
    epci_siren: Mapped[str] = mapped_column(String(9), default="", index=True)
    epci_name: Mapped[str] = mapped_column(String(255), default="")
    population: Mapped[int | None]
    population_year: Mapped[int | None]
    area_km2: Mapped[float | None]
    lat_deg: Mapped[float | None]
    lon_deg: Mapped[float | None]
    vintage: Mapped[int]
    search_name: Mapped[str] = mapped_column(String(63), index=True)


class CommuneSuccessor(Base):
    """What became of a commune of 2006: merged into another code, enlarged under its own, or renamed."""

    __tablename__ = "commune_successor"
    old_insee: Mapped[str] = mapped_column(String(5), primary_key=True)
    old_name: Mapped[str] = mapped_column(String(63), default="")
    new_insee: Mapped[str] = mapped_column(String(5), index=True)
    kind: Mapped[str] = mapped_column(String(63), default="")
    date_on: Mapped[date | None]
    search_name: Mapped[str] = mapped_column(String(63), default="")


class CommuneOutline(Base):
    """The outline of a commune, as GeoJSON text; only packs with outlines have rows here."""

    __tablename__ = "commune_outline"
    insee: Mapped[str] = mapped_column(ForeignKey("commune.insee", ondelete="CASCADE"), primary_key=True)
    geometry: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a pack brought."""

    communes: int
    positions: int
    outlines: int
    areas: int
    successors: int
    departments: int
    vintage: int
    attribution: str = ""


def bundled_pack() -> Path:
    """The folder of the pack that ships with the program."""
    return Path(__file__).resolve().parent / "data" / "territory"


def folded(name: str) -> str:
    """A name as it is searched: no accents, no case, no punctuation, ligatures and `St`/`Ste` written out."""
    text = name.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in bare.casefold()).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def load_pack(session: Session, directory: Path) -> PackReport:
    """Replace the territory by a pack, whole or not at all (the caller's transaction).

    Raises:
        InputError: the folder is not a readable pack; facts hold `complaints` with file, row, column and remedy.
    """
    pack = territory_pack.read(directory)
    for table in (CommuneOutline, CommuneSuccessor, Commune, Department):
        session.execute(delete(table))
    communes = [row | {"search_name": folded(row["name"])} for row in pack.communes]
    changes = [row | {"search_name": folded(row["old_name"])} for row in pack.successors]
    outlines = [
        {"insee": code, "geometry": json.dumps(shape, separators=(",", ":"))} for code, shape in pack.outlines.items()
    ]
    for table, rows in (
        (Department, pack.departments),
        (Commune, communes),
        (CommuneSuccessor, changes),
        (CommuneOutline, outlines),
    ):
        if rows:
            session.execute(insert(table), rows)
    return PackReport(
        communes=len(communes),
        positions=sum(row["lat_deg"] is not None for row in communes),
        outlines=len(outlines),
        areas=sum(row["area_km2"] is not None for row in communes),
        successors=len(changes),
        departments=len(pack.departments),
        vintage=max(row["vintage"] for row in communes),
        attribution=pack.attribution,
    )


def _dense(shape: Geometry) -> str:
    return json.dumps(shape, separators=(",", ":"))


def replace(session: Session, directory: Path, *, actor: str, at: datetime) -> PackReport:
    """Load a pack and say so in the journal.

    Raises:
        InputError: as `load_pack`.
    """
    report = load_pack(session, directory)
    ledger.append(session, kind=LOADED, subject=directory.name, actor=actor, at=at, after=asdict(report))
    return report


def last_loaded(session: Session) -> tuple[str, str] | None:
    """Name and attribution of the pack that was loaded last; None while it is the bundled one from the start."""
    query = select(ledger.LedgerEntry).where(ledger.LedgerEntry.kind == LOADED)
    entry = session.scalars(query.order_by(ledger.LedgerEntry.seq.desc()).limit(1)).first()
    return None if entry is None else (entry.subject, str(json.loads(entry.after or "{}").get("attribution", "")))


def is_loaded(session: Session) -> bool:
    """Whether any territory is there."""
    return session.execute(select(Commune.insee).limit(1)).first() is not None


def ensure_loaded(session: Session) -> PackReport | None:
    """Load the bundled pack when there is no territory yet; None when there is."""
    return None if is_loaded(session) else load_pack(session, bundled_pack())


def commune(session: Session, insee: str) -> Commune:
    """The commune of a code of today, or the successor of a code of the past.

    Raises:
        InputError: not a code.
        NotFound: no commune of the loaded pack has or had it.
    """
    found = session.get(Commune, today_of(session, insee))
    if found is None:
        raise NotFound(
            "no_such_commune", say("No commune {insee} is in the loaded territory.", insee=insee), insee=insee
        )
    return found


def changes(session: Session) -> dict[str, CommuneSuccessor]:
    """What became of each commune of 2006, by its old code."""
    return {change.old_insee: change for change in session.scalars(select(CommuneSuccessor))}


def today_of(session: Session, insee: str) -> str:
    """The code of today for a code of any time; a code of today, or an unknown one, is its own answer."""
    change = session.get(CommuneSuccessor, checked_insee(insee))
    return insee if change is None else change.new_insee


def former_of(session: Session, insee: str) -> list[str]:
    """The codes of 2006 whose territory a commune of today holds, its own among them when it existed then."""
    merged = session.scalars(
        select(CommuneSuccessor.old_insee).where(CommuneSuccessor.new_insee == checked_insee(insee))
    ).all()
    return sorted(merged) or [insee]


def search_communes(session: Session, text: str, limit: int = 20) -> list[Commune]:
    """Communes by any of their names or codes, of today or of 2006; the best match first."""
    key = folded(text)
    if not key:
        return []
    code = text.strip().upper()
    by_past = select(CommuneSuccessor.new_insee).where(
        or_(CommuneSuccessor.search_name.contains(key, autoescape=True), CommuneSuccessor.old_insee == code)
    )
    found = session.scalars(
        select(Commune).where(
            or_(
                Commune.search_name.contains(key, autoescape=True),
                Commune.insee.startswith(code, autoescape=True),
                Commune.insee.in_(by_past),
            )
        )
    ).all()
    return sorted(found, key=lambda c: _rank(c, key, code))[:limit]


def _rank(found: Commune, key: str, code: str) -> tuple[int, str]:
    name = found.search_name
    exact = name == key or found.insee == code
    order = 0 if exact else 1 if name.startswith(key) else 2 if f" {key}" in name else 3
    return order, name


def has_outlines(session: Session) -> bool:
    """Whether any commune has an outline."""
    return session.execute(select(CommuneOutline.insee).limit(1)).first() is not None


def polygons(session: Session) -> dict[str, Geometry] | None:
    """The outline of each commune by code; None when the loaded pack has none."""
    rows = session.execute(select(CommuneOutline.insee, CommuneOutline.geometry)).all()
    return {code: json.loads(geometry) for code, geometry in rows} or None


def area_km2(session: Session, codes: list[str]) -> float | None:
    """The area of several communes together; None (it cannot be computed) when any of them is not known."""
    areas = session.scalars(select(Commune.area_km2).where(Commune.insee.in_(codes))).all()
    known = [area for area in areas if area is not None]
    return sum(known) if known and len(known) == len(set(codes)) else None
