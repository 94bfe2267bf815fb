"""Reading a territory pack from its folder: files to checked rows, all complaints at once."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from inventory import topojson
from nms.base.errors import InputError
from nms.base.ids import insee
from nms.base.text import clean, say

Row = dict[str, Any]

_FILE_CAP_OCTETS = 64 * 1024 * 1024
_COMPLAINT_CAP = 50
ATTRIBUTION = "attribution.txt"
_OUTLINES = ("communes.topojson", "communes.geojson", "communes.geojson.gz", "communes_full.geojson.gz")
_ALIASES = {
    "dep": "department",
    "lat": "lat_deg",
    "lon": "lon_deg",
    "old_name_2006": "old_name",
    "date_last": "date_on",
}


@dataclass(frozen=True, slots=True)
class Pack:
    """The checked rows of a pack, ready to be stored."""

    communes: list[Row]
    successors: list[Row]
    departments: list[Row]
    outlines: dict[str, Row]
    attribution: str = ""
    """Whose data the outlines are, as their licence wants it named beside a map."""


@dataclass(slots=True)
class _Judge:
    """Reads cells and remembers every complaint, with file, row, column and remedy."""

    complaints: list[str] = field(default_factory=list)

    def cell(self, file: str, number: int, row: Row, column: str, convert: Callable[[str], Any]) -> Any:
        """The converted cell; None when it is empty, or when it is wrong and was complained about."""
        value = (row.get(column) or "").strip()
        if not value:
            return None
        try:
            return convert(value)
        except (ValueError, InputError) as error:
            remedy = error.message if isinstance(error, InputError) else f"expected {convert.__doc__ or 'a value'}"
            self.complaints.append(f"{file} row {number}, column {column}: “{clean(value, 40)}”: {remedy}")
            return None


def _number(value: str) -> float:
    """a number"""
    return float(value.replace(",", "."))


def _whole(value: str) -> int:
    """a whole number of 0 or more"""
    number = int(value)
    if number < 0:
        raise ValueError(value)
    return number


def _latitude(value: str) -> float:
    """degrees of latitude, -90 to 90"""
    degrees = _number(value)
    if not -90 <= degrees <= 90:
        raise ValueError(value)
    return degrees


def _longitude(value: str) -> float:
    """degrees of longitude, -180 to 180"""
    degrees = _number(value)
    if not -180 <= degrees <= 180:
        raise ValueError(value)
    return degrees


def _area(value: str) -> float:
    """an area above 0"""
    area = _number(value)
    if not area > 0:
        raise ValueError(value)
    return area


def _day(value: str) -> date:
    """a day, YYYY-MM-DD"""
    return date.fromisoformat(value)


def read(directory: Path) -> Pack:
    """Read and check a pack.

    Raises:
        InputError: no folder, no communes, or wrong cells (`complaints`).
    """
    if not (directory / "communes.csv").is_file():
        raise InputError(
            "no_territory_pack",
            say(
                "{directory} is not a territory pack: it holds no communes.csv; name a folder that does.",
                directory=directory,
            ),
            directory=str(directory),
        )
    judge = _Judge()
    communes = _communes(directory / "communes.csv", judge)
    pack = Pack(
        communes,
        _successors(directory / "commune_successors.csv", judge, {row["insee"] for row in communes}),
        _departments(directory / "departments.csv", judge),
        _outlines(directory, judge, {row["insee"] for row in communes}),
        _attribution(directory / ATTRIBUTION),
    )
    if judge.complaints or not communes:
        complaints = judge.complaints or ["communes.csv: no commune in it"]
        shown = "\n".join(f"  - {text}" for text in complaints[:_COMPLAINT_CAP])
        raise InputError(
            "bad_territory_pack", say("The territory pack is refused:\n{shown}", shown=shown), complaints=complaints
        )
    return pack


def _table(path: Path, judge: _Judge, required: tuple[str, ...]) -> list[tuple[int, Row]]:
    """Rows with their line numbers; a file that is absent has none."""
    if not path.is_file():
        return []
    if path.stat().st_size > _FILE_CAP_OCTETS:
        judge.complaints.append(f"{path.name}: larger than {_FILE_CAP_OCTETS // 2**20} MiB; is it the right file?")
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        judge.complaints.append(f"{path.name}: not UTF-8; save it as UTF-8")
        return []
    reader = csv.DictReader(text.splitlines(), delimiter=";" if ";" in text[: text.find("\n")] else ",")
    header = [_ALIASES.get(name, name) for name in reader.fieldnames or ()]
    reader.fieldnames = header
    missing = [name for name in required if name not in header]
    if missing:
        judge.complaints.append(f"{path.name}: the columns {', '.join(missing)} are missing")
        return []
    return [(reader.line_num, row) for row in reader]


def _communes(path: Path, judge: _Judge) -> list[Row]:
    rows: list[Row] = []
    seen: set[str] = set()
    for number, row in _table(path, judge, ("insee", "name")):
        code = judge.cell(path.name, number, row, "insee", insee)
        if code is None or code in seen:
            judge.complaints.append(f"{path.name} row {number}, column insee: empty, wrong or there twice")
            continue
        seen.add(code)
        lat = judge.cell(path.name, number, row, "lat_deg", _latitude)
        lon = judge.cell(path.name, number, row, "lon_deg", _longitude)
        known = lat is not None and lon is not None
        rows.append(
            {
                "insee": code,
                "name": clean(row["name"] or code, 63),
                "department": clean(row.get("department") or code[:2], 3),
                "epci_siren": clean(row.get("epci_siren") or "", 9),
                "epci_name": clean(row.get("epci_name") or ""),
                "population": judge.cell(path.name, number, row, "population", _whole),
                "population_year": judge.cell(path.name, number, row, "population_year", _whole),
                "area_km2": judge.cell(path.name, number, row, "area_km2", _area),
                "lat_deg": lat if known else None,
                "lon_deg": lon if known else None,
                "vintage": judge.cell(path.name, number, row, "vintage", _whole) or 0,
            }
        )
    return rows


def _successors(path: Path, judge: _Judge, today: set[str]) -> list[Row]:
    rows: dict[str, Row] = {}
    for number, row in _table(path, judge, ("old_insee", "new_insee")):
        old = judge.cell(path.name, number, row, "old_insee", insee)
        new = judge.cell(path.name, number, row, "new_insee", insee)
        if old is None or new not in today or old in rows:
            judge.complaints.append(
                f"{path.name} row {number}: {old} to {new}: twice, or not a commune of communes.csv"
            )
            continue
        rows[old] = {
            "old_insee": old,
            "old_name": clean(row.get("old_name") or "", 63),
            "new_insee": new,
            "kind": clean(row.get("kind") or "", 63),
            "date_on": judge.cell(path.name, number, row, "date_on", _day),
        }
    return list(rows.values())


def _departments(path: Path, judge: _Judge) -> list[Row]:
    columns = ("name", "region", "region_name", "region_2015", "region_2015_name")
    found = {}
    for _, row in _table(path, judge, ("code", "name")):
        limits = {column: 3 if column in ("region", "region_2015") else 63 for column in columns}
        found[row["code"]] = {"code": clean(row["code"], 3)} | {c: clean(row.get(c) or "", limits[c]) for c in columns}
    return list(found.values())


def _outlines(directory: Path, judge: _Judge, today: set[str]) -> dict[str, Row]:
    """The outlines of the first outline file that the folder has, by code."""
    path = next((directory / name for name in _OUTLINES if (directory / name).is_file()), None)
    if path is None:
        return {}
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            octets = file.read(_FILE_CAP_OCTETS + 1)
        shapes = _shapes(json.loads(octets[:_FILE_CAP_OCTETS]))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        judge.complaints.append(f"{path.name}: not GeoJSON or TopoJSON of communes ({type(error).__name__})")
        return {}
    return {
        code: shape
        for code, shape in shapes.items()
        if code in today and isinstance(shape, dict) and shape.get("type") in ("Polygon", "MultiPolygon")
    }


def _attribution(path: Path) -> str:
    """The first line of the file, which a pack may have."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return clean(file.readline(2000).rstrip())


def _shapes(content: Row) -> dict[str, Row]:
    if content.get("type") == "Topology":
        return {str(_code(properties)): shape for properties, shape in topojson.features(content)}
    return {str(_code(f["properties"])): f["geometry"] for f in content["features"]}


def _code(properties: Row) -> Any:
    return properties.get("insee") or properties["code"]
