"""The town as a map: the GeoJSON file that its node draws under reads, as an agency's own streets would be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from plateward.demo.readers import readers
from plateward.demo.streets import Area, Street, network, position

Point = tuple[float, float]

COAST: tuple[Point, ...] = (
    (-9_000, -3_000), (1_460, -3_000), (1_420, 0),
    (1_360, 480), (1_480, 900), (1_300, 1_150), (1_520, 1_500), (1_610, 2_050), (1_500, 2_330),
    (1_600, 2_620), (1_700, 3_100), (1_640, 3_700), (1_560, 4_150), (1_180, 4_220), (1_150, 4_330), (1_520, 4_420),
    (1_500, 4_900), (1_080, 5_020), (1_060, 5_130), (1_450, 5_200), (1_380, 5_800), (1_330, 6_400), (1_420, 6_900),
    (1_900, 7_250), (2_350, 7_500), (2_560, 8_000), (3_100, 9_200), (4_200, 11_000), (-9_000, 11_000),
)  # fmt: skip
"""The sea west of the town, with two breakwaters at the harbour; metres east and north of the map's corner."""
RIVER: tuple[Point, ...] = (
    (10_000, 3_420), (8_900, 3_260), (7_900, 3_560), (6_900, 2_820), (5_600, 2_420), (4_300, 2_480), (3_100, 2_380),
    (2_200, 2_480), (1_500, 2_400),
)  # fmt: skip
PARKS: tuple[tuple[str, tuple[Point, ...]], ...] = (
    ("Founders Park", ((3_740, 5_420), (4_330, 5_350), (4_300, 6_180), (3_700, 6_220))),
    ("Bluffs Preserve", ((1_750, 2_100), (2_450, 2_150), (2_430, 2_300), (1_640, 2_300))),
    ("Ridge Open Space", ((8_050, 5_300), (9_700, 6_150), (9_600, 7_700), (8_800, 7_600), (8_250, 6_500))),
)
_TOWNS = ((Area.RIDGEPORT, "Ridgeport"), (Area.PORT_ALDER, "Port Alder"))


def geojson() -> dict[str, Any]:
    """Streets, readers, towns, parks and water as a GeoJSON FeatureCollection (RFC 7946: longitude first)."""
    features = [_feature("Polygon", [_ring(COAST)], kind="water", name="Pacific Ocean")]
    features += [_feature("LineString", [_lon_lat(p) for p in RIVER], kind="river", name="Alder River")]
    features += [_feature("Polygon", [_ring(points)], kind="park", name=name) for name, points in PARKS]
    features += [_feature("Polygon", [_ring(outline(area))], kind="town", name=name) for area, name in _TOWNS]
    features += [_feature("MultiLineString", lines, kind=kind, name=name) for name, kind, lines in _streets_as_lines()]
    for reader in readers().all:
        if reader.position is not None:
            place = [reader.position.lon, reader.position.lat]
            features.append(
                _feature(
                    "Point", place, kind="reader", id=reader.id, name=reader.name, agency=reader.agency,
                    heading_deg=reader.heading_deg,
                )
            )  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _streets_as_lines() -> Iterable[tuple[str, str, list[list[list[float]]]]]:
    net = network()
    for street in net.streets:
        lines = [[_lon_lat((net.crossings[i].x, net.crossings[i].y)) for i in run] for run in street.runs]
        yield street.name, _kind(street), lines


def _feature(geometry: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": geometry, "coordinates": coordinates},
        "properties": properties,
    }


def _lon_lat(point: Point) -> list[float]:
    place = position(*point)
    return [place.lon, place.lat]


def _ring(points: Sequence[Point]) -> list[list[float]]:
    """A closed ring, anticlockwise as RFC 7946 asks."""
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))
    ordered = points if area > 0 else tuple(reversed(points))
    return [_lon_lat(point) for point in (*ordered, ordered[0])]


def _kind(street: Street) -> str:
    return "road" if street.area is Area.COUNTY else "broad street" if street.speed > 10 else "street"


def outline(area: Area, margin: float = 170) -> tuple[Point, ...]:
    """The limits of a town: the hull of its crossings, ``margin`` metres wider, anticlockwise."""
    net = network()
    found = sorted({(net.crossings[i].x, net.crossings[i].y) for i in net.of(area)})

    def half(points: Iterable[Point]) -> list[Point]:
        kept: list[Point] = []
        for p in points:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], p) <= 0:
                kept.pop()
            kept.append(p)
        return kept[:-1]

    hull = half(found) + half(reversed(found))
    cx, cy = (sum(p[i] for p in hull) / len(hull) for i in (0, 1))
    wider = []
    for x, y in hull:
        away = math.hypot(x - cx, y - cy)
        wider.append((x + (x - cx) / away * margin, y + (y - cy) / away * margin))
    return tuple(wider)


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
