"""What the register answers, as rows for JSON, CSV and GeoJSON: the same everywhere."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.territory import Commune, CommuneOutline
from nms.base.text import csv_cell
from spectrum.bands import UNKNOWN, Bands
from spectrum.chronicle import Chronicle, Holding
from spectrum.places import Places
from spectrum.rights import Area, Extent, Period, canonical

HOLDING_COLUMNS = (
    "authorisation", "holder", "user", "departments", "communes", "bands_khz", "valid_from", "valid_until", "act",
)  # fmt: skip
"""Columns that every answer about holdings has, in this order."""

Row = dict[str, Any]


def holding(one: Holding, places: Places) -> Row:
    """One holding. `departments` are whole departments, `communes` the rest; `bands_khz` is empty when not established.

    `valid_until` is the first day without the right, None when not established; `marks` say what is open.
    """
    departments, communes = places.departments_of(one.extent.area)
    return {
        "authorisation": one.authorisation,
        "holder": one.holder,
        "user": one.user,
        "departments": departments,
        "communes": communes,
        "bands_khz": one.extent.bands.as_lists(),
        "valid_from": one.extent.period.start.isoformat(),
        "valid_until": one.extent.period.end.isoformat() if one.extent.period.end else None,
        "act": one.act,
        "parent": one.parent,
        "marks": list(map(str, one.marks)),
        "simulated": one.simulated,
    }


def holdings(held: Iterable[Holding], places: Places) -> list[Row]:
    """Rows of what is held."""
    return [holding(one, places) for one in held]


def residual(folded: Chronicle, day: date, area: Area | None = None, holder: str = "") -> list[Holding]:
    """What may still be ceded from a day on: held, and used by nobody but its holder; cut to an area.

    `folded` must hold every act, of later effect too. What is approved and not executed is a mark.
    """
    found = []
    for one in folded.holdings():
        period, here = one.extent.period, one.extent.area if area is None else one.extent.area & area
        over = period.end is not None and period.end <= day
        if over or not here or not folded.parties.same(one.user, one.holder):
            continue
        if holder and not folded.parties.same(one.holder, holder):
            continue
        extent = replace(one.extent, area=here, period=Period(max(period.start, day), period.end))
        found.append(folded.shown(replace(one, extent=extent), extent.period.start))
    return sorted(
        found, key=lambda h: (h.holder, h.extent.period.start, h.extent.bands.parts or (), min(h.extent.area))
    )


def authorisations(folded: Chronicle, day: date) -> list[Holding]:
    """The authorisations in force on a day as R. 20-44-9-12 has them: whose, where, in which bands, until when.

    Whoever uses a right is not told, nor what a use cuts: the end is that of the authorisation.
    """
    found: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for one in folded.on(day):
        found[one.authorisation, one.holder].append(one)
    told = []
    for (number, holder), pieces in found.items():
        period = Period(day, folded.end_of(number, day))
        boxes = canonical(replace(one.extent, period=period) for one in pieces if one.extent.bands.known)
        if open_ := [one.extent.area for one in pieces if not one.extent.bands.known]:
            boxes = (*boxes, Extent(frozenset().union(*open_), UNKNOWN, period))
        told += [replace(pieces[0], user=holder, extent=box, marks=()) for box in boxes]
    return sorted(told, key=lambda h: (h.authorisation, h.holder, h.extent.bands.parts or (), min(h.extent.area)))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; lists with blanks between, bands in MHz as the replay reads them."""
    out = io.StringIO()
    write = csv.writer(out)
    columns = (*HOLDING_COLUMNS[:5], "bands_mhz", *HOLDING_COLUMNS[6:], "marks")
    write.writerow(columns)
    for row in rows:
        told = {**row, "bands_mhz": bands_of(row).text()}
        write.writerow([_cell(told[column]) for column in columns])
    return out.getvalue()


def bands_of(row: Mapping[str, Any]) -> Bands:
    """The bands of a row."""
    return Bands.of(*((low, high) for low, high in row["bands_khz"])) if row["bands_khz"] else UNKNOWN


def _cell(value: object) -> str:
    if isinstance(value, list):
        return csv_cell(" ".join(map(str, value)))
    return csv_cell("" if value is None else str(value))


def geojson(session: Session, held: Iterable[Holding], places: Places) -> dict[str, Any]:
    """Holdings as GeoJSON features: outlines of communes where they are loaded, else their positions, else null."""
    outlines = {row.insee: json.loads(row.geometry) for row in session.scalars(select(CommuneOutline))}
    points = {
        row.insee: [row.lon_deg, row.lat_deg] for row in session.scalars(select(Commune)) if row.lat_deg is not None
    }
    features = []
    for one in held:
        atoms = sorted(one.extent.area)
        geometry: dict[str, Any] | None = None
        if shapes := [outlines[atom] for atom in atoms if atom in outlines]:
            geometry = {"type": "GeometryCollection", "geometries": shapes}
        elif known := [points[atom] for atom in atoms if atom in points]:
            geometry = {"type": "MultiPoint", "coordinates": known}
        features.append({"type": "Feature", "geometry": geometry, "properties": holding(one, places)})
    return {"type": "FeatureCollection", "features": features}
