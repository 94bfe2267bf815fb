"""Outlines: fewer points, the same borders on both sides, areas that a map projection would falsify."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import pytest

from inventory import outlines
from inventory.outlines import Geometry
from tests.fakes.geo_api import square


def polygon(*rings: list[list[float]]) -> Geometry:
    return {"type": "Polygon", "coordinates": list(rings)}


def wavy(ends: tuple[list[float], list[float]], seed: int, sway: float = 0.002, steps: int = 60) -> list[list[float]]:
    """A line from end to end that sways to both sides."""
    chance = random.Random(seed)
    (x1, y1), (x2, y2) = ends
    between = [
        [x1 + (x2 - x1) * i / steps + chance.uniform(-sway, sway), y1 + (y2 - y1) * i / steps] for i in range(1, steps)
    ]
    return [[x1, y1], *between, [x2, y2]]


def edges(shape: Geometry) -> list[frozenset[tuple[float, ...]]]:
    return [frozenset(map(tuple, pair)) for ring in outlines.rings(shape) for pair in pairwise(ring)]


def test_the_area_is_that_of_the_ellipsoid_and_holes_are_taken_off() -> None:
    """A quadrangle of one degree at 46° N: 8 615.4 km2 on the ellipsoid of WGS84 (the sphere would say 8 600)."""
    e2 = 0.00669437999014
    steps = 2000

    def strip(lat: float) -> float:  # the integral of M N cos(lat) over the latitude, by the midpoint rule
        w2 = 1 - e2 * math.sin(lat) ** 2
        return 6378.137**2 * (1 - e2) * math.cos(lat) / w2**2

    height = math.radians(1) / steps
    whole = sum(strip(math.radians(46) + (i + 0.5) * height) for i in range(steps)) * height * math.radians(1)
    shape = polygon(square(0, 46, 1.0))
    assert outlines.area_km2(shape) == pytest.approx(whole, rel=1e-6)
    hole = square(0.4, 46.4, 0.2)
    holed = outlines.area_km2(polygon(square(0, 46, 1.0), hole))
    assert holed == pytest.approx(whole - outlines.area_km2(polygon(hole)))
    both = {"type": "MultiPolygon", "coordinates": [[square(0, 46, 1.0)], [square(3, 46, 1.0)]]}
    assert outlines.area_km2(both) == pytest.approx(2 * whole, rel=1e-6)


def test_neighbours_go_on_sharing_their_border() -> None:
    border = wavy(([0.1, 46.0], [0.1, 46.1]), seed=1)
    west = polygon([[0.0, 46.0], *border, [0.0, 46.1], [0.0, 46.0]])
    east = polygon([[0.2, 46.1], *border[::-1], [0.2, 46.0], [0.2, 46.1]])  # drawn the other way round
    thin = outlines.simplified({"west": west, "east": east}, 100)
    shared = set(edges(thin["west"])) & set(edges(thin["east"]))
    assert 3 < len(shared) < 40
    assert outlines.area_km2(thin["west"]) + outlines.area_km2(thin["east"]) == pytest.approx(
        outlines.area_km2(polygon(square(0.0, 46.0, 0.1))) * 2, rel=1e-9
    )


def test_where_three_meet_the_meeting_point_stays() -> None:
    north = polygon([[0.0, 46.1], [0.1, 46.1], [0.2, 46.1], [0.2, 46.2], [0.0, 46.2], [0.0, 46.1]])
    west, east = polygon(square(0.0, 46.0)), polygon(square(0.1, 46.0))
    thin = outlines.simplified({"n": north, "w": west, "e": east}, 1000)
    for shape in thin.values():
        assert [0.1, 46.1] in [position for ring in outlines.rings(shape) for position in ring]


def test_an_enclave_fills_its_hole_and_small_things_stay() -> None:
    tiny = square(0.05, 46.05, 0.0002, steps=5)
    thin = outlines.simplified({"around": polygon(square(0.0, 46.0), tiny[::-1]), "within": polygon(tiny)}, 5000)
    hole, inner = thin["around"]["coordinates"][1], thin["within"]["coordinates"][0]
    assert sorted(map(tuple, hole)) == sorted(map(tuple, inner))
    assert len({tuple(position) for position in inner}) >= 3
    sliver: list[list[float]] = [[0.1, 46.0], [0.1001, 46.05], [0.1, 46.1], [0.0999, 46.05], [0.1, 46.0]]
    thin = outlines.simplified(
        {"sliver": polygon(sliver), "beside": polygon([*sliver[:3], [0.2, 46.05], sliver[0]])}, 100
    )
    assert outlines.area_km2(thin["sliver"]) == pytest.approx(outlines.area_km2(polygon(sliver)), rel=1e-6)


@pytest.mark.parametrize("tolerance_m", [0, 20, 100])
def test_no_point_moves_by_more_than_the_tolerance(tolerance_m: float) -> None:
    line = wavy(([0.1, 46.0], [0.1, 46.1]), seed=2)
    ring = [[0.0, 46.0], *line, [0.0, 46.1], [0.0, 46.0]]
    thin = outlines.simplified({"one": polygon(ring)}, tolerance_m)["one"]["coordinates"][0]
    assert (len(thin) == len(ring)) == (tolerance_m == 0)
    worst = max(min(_away_m(point, a, b) for a, b in pairwise(thin)) for point in ring)
    assert worst <= tolerance_m + 1.2  # the grid is a metre


def _away_m(point: list[float], a: list[float], b: list[float]) -> float:
    east = 111_320 * math.cos(math.radians(46.05))
    x, y, dx, dy = (
        (point[0] - a[0]) * east,
        (point[1] - a[1]) * 111_320,
        (b[0] - a[0]) * east,
        (b[1] - a[1]) * 111_320,
    )
    along = max(0.0, min(1.0, (x * dx + y * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - along * dx, y - along * dy)


def test_what_is_no_ring_is_left_out() -> None:
    line: list[list[float]] = [[0.0, 46.0], [0.1, 46.0], [0.0, 46.0], [0.0, 46.0]]
    assert outlines.simplified({"line": polygon(line), "one": polygon(square(0, 46), line)}, 10) == {
        "one": polygon([[0.0, 46.0], [0.1, 46.0], [0.1, 46.1], [0.0, 46.1], [0.0, 46.0]])
    }


def test_a_point_inside_is_inside_also_of_a_crescent() -> None:
    assert outlines.inner_point(polygon(square(0.0, 46.0))) == pytest.approx((0.05, 46.05))
    crescent: Any = [[0, 46], [1, 46], [1, 47], [0, 47], [0, 46.9], [0.9, 46.9], [0.9, 46.1], [0, 46.1], [0, 46]]
    x, y = outlines.inner_point(polygon(crescent))
    assert 0.9 < x < 1
    assert y == pytest.approx(46.5)
    holed = polygon(square(0, 46, 1.0), square(0.25, 46.25, 0.5))
    x, y = outlines.inner_point(holed)
    assert not 0.25 < x < 0.75
    islands = {"type": "MultiPolygon", "coordinates": [[square(5, 46, 0.01)], [square(0, 46, 1.0)]]}
    assert outlines.inner_point(islands) == pytest.approx((0.5, 46.5))
