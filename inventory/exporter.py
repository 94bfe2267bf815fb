"""The inventory as files: CSV that `inventory.importer` reads back to the same, and GeoJSON for maps."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from inventory import queries
from inventory.forms import FORMS, cells_of, field_names
from inventory.importer import COLUMNS
from inventory.queries import Place
from inventory.snapshot import Snapshot
from nms.base.text import csv_cell

_HEADER = tuple(name for name in COLUMNS if name != "interfaces")
_NUMERIC_SUFFIXES = ("_deg", "_m", "_dbi", "_db", "_dbm", "_khz", "_bps", "_s", "_index")
_NOT_NUMBERS = ("radio_index",)


def export_csv(session: Session) -> Iterator[str]:
    """The whole inventory, row by row, without any secret; text cells are safe for a spreadsheet."""
    snapshot = Snapshot(session)
    yield _line(_HEADER)
    for kind in FORMS:
        numbers = {name for name in field_names(kind) if _is_number(name)}
        for form in snapshot.forms(kind):
            cells = {"kind": kind.value} | cells_of(form)
            yield _line([cells.get(c, "") if c in numbers else csv_cell(cells.get(c, "")) for c in _HEADER])


def _is_number(name: str) -> bool:
    return name.endswith(_NUMERIC_SUFFIXES) and name not in _NOT_NUMBERS


def _line(cells: list[str] | tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def export_geojson(session: Session) -> str:
    """Sites, sectors, hotspots (points) and links (lines) as one FeatureCollection in WGS84.

    What has no known position has a null geometry: it is in the file, and nowhere on the map.
    """
    places = {place.name: place for place in queries.places(session)}
    device_site = {target.name: target.site for target in queries.poll_targets(session)}
    features = [_feature("site", _point(place), _properties(place)) for place in places.values()]
    features += [_feature("sector", _point(places.get(s.site)), _properties(s)) for s in queries.sectors(session)]
    for hotspot in queries.hotspots(session):
        site = hotspot.site or device_site.get(hotspot.device, "")
        features.append(_feature("hotspot", _point(places.get(site)), _properties(hotspot)))
    for link in queries.links(session):
        near = places.get(device_site.get(link.a_device or link.sector_device, ""))
        far = places.get(link.site or device_site.get(link.b_device or link.terminal_device, ""))
        features.append(_feature("link", _line_between(near, far), _properties(link)))
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)


def _feature(kind: str, geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"object": kind} | properties}


def _properties(row: Any) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in type(row).__dataclass_fields__}
    return {
        name: value for name, value in found.items() if value not in (None, "") and name not in ("lat_deg", "lon_deg")
    }


def _point(place: Place | None) -> dict[str, Any] | None:
    at = _position(place)
    return None if at is None else {"type": "Point", "coordinates": at}


def _line_between(near: Place | None, far: Place | None) -> dict[str, Any] | None:
    a, b = _position(near), _position(far)
    return None if a is None or b is None or a == b else {"type": "LineString", "coordinates": [a, b]}


def _position(place: Place | None) -> list[float] | None:
    if place is None or place.lat_deg is None or place.lon_deg is None:
        return None
    return [place.lon_deg, place.lat_deg]
