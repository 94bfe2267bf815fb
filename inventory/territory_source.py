"""What the official open-data API of French communes answers, as checked values (docs/territory.md).

`GET /departements/{code}/communes?fields=...&format=geojson&geometry=contour` answers a GeoJSON collection, and
`GET /epcis?codeDepartement={code}&fields=code,nom` a list with the names of groupings. Pure: octets in, values out;
what is not of the form is refused with its place, so that nothing doubtful enters a pack.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode

from inventory.outlines import Geometry
from nms.base.errors import InputError, SourceUnavailable
from nms.base.ids import insee
from nms.base.text import clean, say

_FIELDS = "code,nom,population,codeEpci,centre,contour"
_DEPARTMENT = re.compile(r"[0-9]{2}|2A|2B|97[0-9]")
_SIREN = re.compile(r"[0-9]{9}")
_MOST_PEOPLE = 20_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A commune as the source tells it; None where it says nothing. `centre` is longitude and latitude."""

    code: str
    name: str
    population: int | None
    epci: str
    centre: tuple[float, float] | None
    outline: Geometry | None


def departments_of(text: str) -> list[str]:
    """Department codes with commas between, each once, in order.

    Raises:
        InputError: one is not of the form.
    """
    codes = sorted({part.strip().upper() for part in text.split(",") if part.strip()})
    wrong = [code for code in codes if not _DEPARTMENT.fullmatch(code)]
    if wrong or not codes:
        shown = clean(wrong[0] if wrong else text, 20)
        raise InputError(
            "bad_department", say("“{shown}” is not a department code: write them as 16,17,79,86.", shown=shown)
        )
    return codes


def communes_address(source: str, department: str) -> str:
    """Where the communes of a department are asked for."""
    asked = urlencode({"fields": _FIELDS, "format": "geojson", "geometry": "contour"}, safe=",")
    return f"{source.rstrip('/')}/departements/{department}/communes?{asked}"


def groupings_address(source: str, department: str) -> str:
    """Where the names of a department's groupings are asked for."""
    return f"{source.rstrip('/')}/epcis?{urlencode({'codeDepartement': department, 'fields': 'code,nom'}, safe=',')}"


def communes(document: bytes, department: str) -> list[Found]:
    """The communes of an answer, by code.

    Raises:
        SourceUnavailable: not the form above, no commune, or one of another department.
    """
    where = f"communes of {department}"
    content = _parsed(document, where)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        _refuse(where, "a GeoJSON collection with communes was expected")
    found: dict[str, Found] = {}
    for number, feature in enumerate(features, 1):
        one = _commune(feature, department, f"{where}, number {number}")
        if one.code in found:
            _refuse(where, f"{one.code} is there twice")
        found[one.code] = one
    return [found[code] for code in sorted(found)]


def groupings(document: bytes, department: str) -> dict[str, str]:
    """The names of groupings by SIREN.

    Raises:
        SourceUnavailable: not a list of objects with `code` and `nom`.
    """
    where = f"groupings of {department}"
    rows = _parsed(document, where)
    if not isinstance(rows, list):
        _refuse(where, "a list was expected")
    found = {}
    for number, row in enumerate(rows, 1):
        code, name = (row.get("code"), row.get("nom")) if isinstance(row, dict) else (None, None)
        if not isinstance(code, str) or not _SIREN.fullmatch(code) or not isinstance(name, str):
            _refuse(f"{where}, number {number}", "code and nom were expected")
        found[code] = clean(name)
    return found


def _commune(feature: Any, department: str, where: str) -> Found:
    told = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(told, dict):
        _refuse(where, "a feature with properties was expected")
    code, name = told.get("code"), told.get("nom")
    if not isinstance(code, str) or not _is_code(code) or not code.startswith(department):
        _refuse(where, f"code {_shown(code)} is not one of a commune of {department}")
    where = f"{where} ({code})"
    if not isinstance(name, str) or not clean(name, 63):
        _refuse(where, f"nom {_shown(name)} is not a name")
    people, epci = told.get("population"), told.get("codeEpci") or ""
    if people is not None and (
        isinstance(people, bool) or not isinstance(people, int) or not 0 <= people < _MOST_PEOPLE
    ):
        _refuse(where, f"population {_shown(people)} is not a number of inhabitants")
    if not isinstance(epci, str) or (epci and not _SIREN.fullmatch(epci)):
        _refuse(where, f"codeEpci {_shown(epci)} is not a SIREN")
    return Found(code, clean(name, 63), people, epci, _centre(told, where), _outline(feature.get("geometry"), where))


def _centre(told: dict[str, Any], where: str) -> tuple[float, float] | None:
    point = told.get("centre")
    if point is None:
        return None
    if not isinstance(point, dict) or point.get("type") != "Point":
        _refuse(where, "centre is not a point")
    longitude, latitude = _position(point.get("coordinates"), where)
    return longitude, latitude


def _outline(shape: Any, where: str) -> Geometry | None:
    """The outline in plain lists of two numbers; a height, which GeoJSON allows, is left out."""
    if shape is None:
        return None
    kind, coordinates = (shape.get("type"), shape.get("coordinates")) if isinstance(shape, dict) else (None, None)
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list) or not coordinates:
        _refuse(where, "contour is not a Polygon or a MultiPolygon")
    parts = [coordinates] if kind == "Polygon" else coordinates
    made = [[_ring(ring, where) for ring in _listed(part, where)] for part in parts]
    return {"type": kind, "coordinates": made[0] if kind == "Polygon" else made}


def _ring(ring: Any, where: str) -> list[list[float]]:
    positions = [_position(position, where) for position in _listed(ring, where)]
    if len(positions) < 4 or positions[0] != positions[-1]:
        _refuse(where, "contour has a ring that is not closed")
    return positions


def _listed(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        _refuse(where, "contour has an empty part")
    return value


def _position(value: Any, where: str) -> list[float]:
    pair = value[:2] if isinstance(value, list) else []
    if len(pair) != 2 or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in pair):
        _refuse(where, f"{_shown(value)} is not a position")
    longitude, latitude = pair
    if not (math.isfinite(longitude) and abs(longitude) <= 180 and math.isfinite(latitude) and abs(latitude) <= 90):
        _refuse(where, f"{_shown(value)} is not a position in degrees")
    return [float(longitude), float(latitude)]


def _is_code(code: str) -> bool:
    try:
        insee(code)
    except InputError:
        return False
    return True


def _parsed(document: bytes, where: str) -> Any:
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        _refuse(where, "it is not whole JSON")


def _shown(value: object) -> str:
    return f"“{clean(str(value)[:200], 40)}”"


def _refuse(where: str, why: str) -> NoReturn:
    raise SourceUnavailable(
        "source_not_believed", say("The answer of the source is not believed: {where}: {why}.", where=where, why=why)
    )
