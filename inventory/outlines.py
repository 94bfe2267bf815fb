"""Outlines of communes: fewer points with shared borders kept shared, area, a point inside. Pure.

A border between two communes is cut where it meets a third, and each piece is simplified once, so neighbours neither
overlap nor part. What is simplified is for drawing: areas are computed before it, and a check against a border needs
the original.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Geometry = dict[str, Any]
"""A GeoJSON Polygon or MultiPolygon in WGS84."""
Position = tuple[float, float]
"""Longitude and latitude in degrees."""
Point = tuple[int, int]
"""A position in steps of the grid."""

STEPS_PER_DEGREE = 100_000
"""Positions are kept to 0.00001°, about one metre."""
_METRES_PER_STEP = 111_320.0 / STEPS_PER_DEGREE
_SEMI_MAJOR_KM, _ECCENTRICITY = 6378.137, 0.0818191908426215  # WGS84


def rings(shape: Geometry) -> Iterator[Sequence[Sequence[float]]]:
    """Every ring of a shape, outer and inner."""
    for polygon in polygons(shape):
        yield from polygon


def polygons(shape: Geometry) -> Sequence[Sequence[Sequence[Sequence[float]]]]:
    """The polygons of a shape, each a list of rings, the outer one first."""
    return [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]


def area_km2(shape: Geometry) -> float:
    """The area on the ellipsoid of WGS84, by its equal-area latitude; inner rings are taken off."""
    return sum(
        abs(_ring_area_km2(ring)) * (1 if place == 0 else -1)
        for polygon in polygons(shape)
        for place, ring in enumerate(polygon)
    )


def _ring_area_km2(ring: Sequence[Sequence[float]]) -> float:
    heights = [_equal_area_height(position[1]) for position in ring]
    total = sum(math.radians(ring[i][0] - ring[i - 1][0]) * (heights[i] + heights[i - 1]) / 2 for i in range(len(ring)))
    return _SEMI_MAJOR_KM**2 * total / 2


def _equal_area_height(lat_deg: float) -> float:
    """Snyder, Map Projections: A Working Manual (USGS 1395), equation 3-12."""
    sine, e = math.sin(math.radians(lat_deg)), _ECCENTRICITY
    return (1 - e * e) * (sine / (1 - (e * sine) ** 2) - math.log((1 - e * sine) / (1 + e * sine)) / (2 * e))


def inner_point(shape: Geometry) -> Position:
    """A point inside the largest part: its centre of gravity, or else the middle of its widest run at that latitude."""
    part = max(polygons(shape), key=lambda polygon: abs(_ring_area_km2(polygon[0])))
    x0, y0 = part[0][0][:2]
    twice = x = y = 0.0
    for (x1, y1), (x2, y2) in _edges(part[0]):
        cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        twice, x, y = twice + cross, x + (x1 + x2 - 2 * x0) * cross, y + (y1 + y2 - 2 * y0) * cross
    at = (x0 + x / (3 * twice), y0 + y / (3 * twice)) if twice else (x0, y0)
    crossings = sorted(
        x1 + (at[1] - y1) * (x2 - x1) / (y2 - y1)
        for ring in part
        for (x1, y1), (x2, y2) in _edges(ring)
        if (y1 <= at[1]) != (y2 <= at[1])
    )
    runs = list(zip(crossings[::2], crossings[1::2], strict=False))
    if not runs or any(low < at[0] < high for low, high in runs):
        return at
    low, high = max(runs, key=lambda run: run[1] - run[0])
    return (low + high) / 2, at[1]


def _edges(ring: Sequence[Sequence[float]]) -> Iterator[tuple[Position, Position]]:
    for i in range(len(ring)):
        yield (ring[i - 1][0], ring[i - 1][1]), (ring[i][0], ring[i][1])


def simplified(shapes: Mapping[str, Geometry], tolerance_m: float) -> dict[str, Geometry]:
    """The shapes with fewer points, none moved by more than the tolerance (Douglas and Peucker, 1973).

    Neighbours that share positions go on sharing them; no ring is left with fewer than three positions. A ring that
    has fewer to begin with is left out, and so is a shape of such rings only.
    """
    gridded = {code: [[_on_grid(ring) for ring in part] for part in polygons(s)] for code, s in shapes.items()}
    every = [ring for parts in gridded.values() for part in parts for ring in part if ring]
    nodes = _nodes(every)
    cut = {tuple(ring): _arcs(ring, nodes) for ring in every}
    kept = {arc: _thinned(arc, tolerance_m) for arcs in cut.values() for arc, _ in arcs}
    for arcs in cut.values():  # two borders between the same two ends would become one line: both stay as they are
        if len(set(_joined(arcs, kept))) < 3:
            kept.update((arc, arc) for arc, _ in arcs)
    found = {}
    for code, parts in gridded.items():
        drawn = [[_closed(_joined(cut[tuple(ring)], kept)) for ring in part if ring] for part in parts if part[0]]
        if drawn:
            single = len(drawn) == 1
            found[code] = {
                "type": "Polygon" if single else "MultiPolygon",
                "coordinates": drawn[0] if single else drawn,
            }
    return found


Arc = tuple[Point, ...]


def _on_grid(ring: Sequence[Sequence[float]]) -> list[Point]:
    """The positions of a ring in steps, each once; empty when they are fewer than three."""
    steps = [(round(position[0] * STEPS_PER_DEGREE), round(position[1] * STEPS_PER_DEGREE)) for position in ring]
    points = [point for i, point in enumerate(steps) if point != steps[i - 1]]
    return points if len(set(points)) >= 3 else []


def _nodes(every: Sequence[Sequence[Point]]) -> set[Point]:
    """Where borders meet: points whose neighbours are not the same two in each ring that passes."""
    beside: dict[Point, tuple[Point, Point]] = {}
    found = set()
    for ring in every:
        for i, point in enumerate(ring):
            before, after = ring[i - 1], ring[(i + 1) % len(ring)]
            pair = (before, after) if before < after else (after, before)
            if beside.setdefault(point, pair) != pair:
                found.add(point)
    return found


def _arcs(ring: Sequence[Point], nodes: set[Point]) -> list[tuple[Arc, bool]]:
    """The ring from node to node; each arc in the direction that both of its sides agree on, and whether it is turned.

    A ring without nodes, such as an island or the edge of an enclave, is one arc from its least point to itself.
    """
    places = [i for i, point in enumerate(ring) if point in nodes] or [ring.index(min(ring))]
    turned = [*ring[places[0] :], *ring[: places[0]], ring[places[0]]]
    stops = [place - places[0] for place in places] + [len(ring)]
    found = []
    for start, stop in pairwise(stops):
        arc = tuple(turned[start : stop + 1])
        back = arc[::-1]
        found.append((min(arc, back), back < arc))
    return found


def _joined(arcs: Sequence[tuple[Arc, bool]], kept: Mapping[Arc, Arc]) -> list[Point]:
    """The ring again, without the repetition of its first point."""
    points: list[Point] = []
    for arc, is_turned in arcs:
        thin = kept[arc][::-1] if is_turned else kept[arc]
        points += thin[:-1]
    return points


def _closed(points: Sequence[Point]) -> list[list[float]]:
    return [[x / STEPS_PER_DEGREE, y / STEPS_PER_DEGREE] for x, y in (*points, points[0])]


def _thinned(arc: Arc, tolerance_m: float) -> Arc:
    """The arc with the points that matter; a closed one keeps three at least."""
    if tolerance_m <= 0:
        return arc
    squeeze = math.cos(math.radians(arc[0][1] / STEPS_PER_DEGREE))
    least = (tolerance_m / _METRES_PER_STEP) ** 2
    if arc[0] != arc[-1]:
        keep = {0, len(arc) - 1, *_matter(arc, 0, len(arc) - 1, squeeze, least)}
    else:
        far = max(range(len(arc)), key=lambda i: _distance2(arc[i], arc[0], arc[0], squeeze))
        third = max(range(len(arc)), key=lambda i: _distance2(arc[i], arc[0], arc[far], squeeze))
        keep = {0, far, third, len(arc) - 1}
        keep |= {*_matter(arc, 0, far, squeeze, least), *_matter(arc, far, len(arc) - 1, squeeze, least)}
    return tuple(arc[i] for i in sorted(keep))


def _matter(arc: Arc, first: int, last: int, squeeze: float, least: float) -> Iterator[int]:
    """Points farther than the tolerance from the line that would replace them."""
    stretches = [(first, last)]
    while stretches:
        low, high = stretches.pop()
        best, at = least, -1
        for i in range(low + 1, high):
            distance = _distance2(arc[i], arc[low], arc[high], squeeze)
            if distance > best:
                best, at = distance, i
        if at >= 0:
            yield at
            stretches += [(low, at), (at, high)]


def _distance2(point: Point, a: Point, b: Point, squeeze: float) -> float:
    """The square of the distance from a point to a stretch, in steps of latitude."""
    x, y = (point[0] - a[0]) * squeeze, float(point[1] - a[1])
    dx, dy = (b[0] - a[0]) * squeeze, float(b[1] - a[1])
    length2 = dx * dx + dy * dy
    if length2:
        along = min(1.0, max(0.0, (x * dx + y * dy) / length2))
        x, y = x - along * dx, y - along * dy
    return x * x + y * y
