"""A territory pack from the official open-data API: communes of today with outlines, beside what is known already.

The API tells neither the past nor the villages: successors, departments and known positions are taken over from the
loaded territory. The pack is written whole under `NMS_HOME/territory`, under a name made of its content, or not at all:
a download that ends half-way leaves nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import outlines, territory_pack, territory_source
from inventory.territory import Commune, CommuneSuccessor, Department, bundled_pack
from inventory.territory_pack import ATTRIBUTION
from inventory.territory_source import Found
from nms.base.download import Patience, document

FOLDER = "territory"
TOLERANCE_M = 50.0
OCTETS_MOST = 64 * 1024 * 1024
"""Of one answer; the outlines of a department are some 3 MB."""
_COMMUNES = (
    "insee", "name", "department", "epci_siren", "epci_name", "population", "population_year", "area_km2", "lat_deg",
    "lon_deg", "vintage",
)  # fmt: skip
_SUCCESSORS = ("old_insee", "old_name", "new_insee", "kind", "date_on")
_DEPARTMENTS = ("code", "name", "region", "region_name", "region_2015", "region_2015_name")
_DATA = ("communes.csv", "commune_successors.csv", "departments.csv", "communes.geojson")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Before:
    """What is known here and the API does not tell; by code."""

    communes: Mapping[str, Row]
    successors: Mapping[str, Row]
    departments: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source told of some departments."""

    departments: Sequence[str]
    communes: Sequence[Found]
    groupings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of a pack and what an operator should know: communes without an outline, and such as are no more."""

    communes: Sequence[Row]
    successors: Sequence[Row]
    departments: Sequence[Row]
    outlines: Mapping[str, outlines.Geometry]
    bare: Sequence[str]
    vanished: Sequence[str]


def before(session: Session) -> Before:
    """What the loaded territory knows, and the bundled one where the loaded one was cut to fewer departments."""
    bundled = territory_pack.read(bundled_pack())

    def by(key: str, table: type[Any], columns: Iterable[str], beside: Iterable[Row]) -> dict[str, Row]:
        loaded = ({column: getattr(one, column) for column in columns} for one in session.scalars(select(table)))
        return {row[key]: row for rows in (beside, loaded) for row in rows}

    return Before(
        by("insee", Commune, _COMMUNES, bundled.communes),
        by("old_insee", CommuneSuccessor, _SUCCESSORS, bundled.successors),
        by("code", Department, _DEPARTMENTS, bundled.departments),
    )


def ask(
    source: str, departments: Sequence[str], patience: Patience, *, silence_s: float, told: Callable[[str, int], None]
) -> Answer:
    """Ask the source for each department; `told` hears which one, and how many octets of it have come.

    Raises:
        SourceUnavailable: as `download.document`, or an answer that is not believed.
    """
    communes: list[Found] = []
    groupings: dict[str, str] = {}
    for department in departments:

        def heard(octets: int, of: str = department) -> None:
            told(of, octets)

        address = territory_source.communes_address(source, department)
        body = document(address, patience, silence_s=silence_s, octets=OCTETS_MOST, told=heard)
        communes += territory_source.communes(body, department)
        address = territory_source.groupings_address(source, department)
        body = document(address, patience, silence_s=silence_s, octets=OCTETS_MOST)
        groupings |= territory_source.groupings(body, department)
    return Answer(departments, communes, groupings)


def make(answer: Answer, known: Before, vintage: int, tolerance_m: float = TOLERANCE_M) -> Made:
    """The pack of an answer.

    A village's known position stays; else the source's centre, else a point inside the outline. A commune that is known
    here and no more told there, without a known successor, stays as it is, without an outline or an area: what became
    of it is not guessed.
    """
    shapes = {one.code: one.outline for one in answer.communes if one.outline is not None}
    rows = [_row(one, known.communes.get(one.code), answer.groupings, vintage) for one in answer.communes]
    there = {one.code for one in answer.communes}
    follow = {old: row["new_insee"] for old, row in known.successors.items()}
    vanished = [
        row
        for code, row in sorted(known.communes.items())
        if row["department"] in answer.departments and code not in there and follow.get(code, code) not in there
    ]
    rows += [row | {"area_km2": None} for row in vanished]
    there |= {row["insee"] for row in vanished}
    return Made(
        communes=sorted(rows, key=lambda row: str(row["insee"])),
        successors=[row for _, row in sorted(known.successors.items()) if row["new_insee"] in there],
        departments=[row for _, row in sorted(known.departments.items())],
        outlines=outlines.simplified(shapes, tolerance_m),
        bare=[f"{one.name} ({one.code})" for one in answer.communes if one.outline is None],
        vanished=[f"{row['name']} ({row['insee']})" for row in vanished],
    )


def _row(one: Found, known: Row | None, groupings: Mapping[str, str], vintage: int) -> Row:
    known = known or {}
    place: tuple[float, float] | None = one.centre
    if known.get("lat_deg") is not None:
        place = known["lon_deg"], known["lat_deg"]
    elif place is None and one.outline is not None:
        place = outlines.inner_point(one.outline)
    people = one.population
    return {
        "insee": one.code,
        "name": one.name,
        "department": known.get("department") or (one.code[:3] if one.code.startswith("97") else one.code[:2]),
        "epci_siren": one.epci,
        "epci_name": groupings.get(one.epci, ""),
        "population": people,
        "population_year": known.get("population_year") if people == known.get("population") else None,
        "area_km2": None if one.outline is None else round(outlines.area_km2(one.outline), 3),
        "lat_deg": None if place is None else round(place[1], 5),
        "lon_deg": None if place is None else round(place[0], 5),
        "vintage": vintage,
    }


def write(made: Made, home: Path, *, source: str, attribution: str, on: date, tolerance_m: float = TOLERANCE_M) -> Path:
    """Write the pack under a name made of its content, whole or not at all; the same content is the same folder.

    Raises:
        OSError: the disk refuses; nothing of the new pack is left.
    """
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": shape} for code, shape in made.outlines.items()
    ]
    data = {
        "communes.csv": _csv(_COMMUNES, made.communes),
        "commune_successors.csv": _csv(_SUCCESSORS, made.successors),
        "departments.csv": _csv(_DEPARTMENTS, made.departments),
        "communes.geojson": json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")),
    }
    digest = hashlib.sha256("\0".join(data[name] for name in _DATA).encode()).hexdigest()
    vintage = max(row["vintage"] for row in made.communes)
    folder = home / FOLDER / f"{vintage}-{digest[:12]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = Path(tempfile.mkdtemp(prefix="half-", dir=folder.parent))
    try:
        data[ATTRIBUTION] = f"{attribution}, {on.isoformat()}\n"
        data["SOURCES.md"] = _SOURCES.format(source=source, attribution=attribution, on=on, tolerance_m=tolerance_m)
        for name, text in data.items():
            with (half / name).open("x", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        half.rename(folder)
    except OSError:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return folder


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    out = StringIO()
    write_row = csv.writer(out, lineterminator="\n").writerow
    write_row(columns)
    for row in rows:
        write_row(["" if row[column] is None else row[column] for column in columns])
    return out.getvalue()


_SOURCES = """# Sources of this territory pack

Made by `nms territory fetch` on {on}.

- Codes, names, inhabitants, groupings and outlines of the communes: {source}. {attribution}.
- `area_km2`: computed here from the outlines before they were simplified, on the ellipsoid of WGS84.
- Outlines: simplified here, by at most {tolerance_m:g} m, with shared borders kept shared. They are for drawing.
- Positions: those of villages that were known already; else the centre that the source gives, or a point inside the
  outline.
- `commune_successors.csv` and `departments.csv`: taken over from the territory that was loaded before.
"""
