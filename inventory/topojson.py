"""TopoJSON to GeoJSON geometries: the form in which a pack's outlines are small enough for a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Position = list[float]
Row = dict[str, Any]


def features(topology: Row) -> Iterator[tuple[Row, Row]]:
    """Properties and geometry of every polygon of every object.

    Raises:
        KeyError, TypeError, ValueError, IndexError: not a TopoJSON topology.
    """
    arcs = [_arc(arc, topology.get("transform")) for arc in topology["arcs"]]
    for collection in topology["objects"].values():
        for shape in collection.get("geometries", [collection]):
            if shape.get("type") == "Polygon":
                coordinates: Any = [_ring(ring, arcs) for ring in shape["arcs"]]
            elif shape.get("type") == "MultiPolygon":
                coordinates = [[_ring(ring, arcs) for ring in polygon] for polygon in shape["arcs"]]
            else:
                continue
            yield shape.get("properties") or {}, {"type": shape["type"], "coordinates": coordinates}


def _arc(arc: list[list[float]], transform: Row | None) -> list[Position]:
    """The positions of an arc; a quantised one holds whole steps from the position before."""
    if transform is None:
        return [list(position[:2]) for position in arc]
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0.0
    found = []
    for step in arc:
        x, y = x + step[0], y + step[1]
        found.append([round(x * scale_x + move_x, 6), round(y * scale_y + move_y, 6)])
    return found


def _ring(indexes: list[int], arcs: list[list[Position]]) -> list[Position]:
    """Arcs joined end to end; a negative index is an arc walked backwards."""
    ring: list[Position] = []
    for index in indexes:
        part = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += part[1:] if ring else part
    return ring
