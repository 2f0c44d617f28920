"""The town as a map: GeoJSON for programs, and an SVG of our own for pages.

The SVG names classes rather than colours, so that a page's style sheet shows it light or dark (``CSS`` holds the rules, every
colour a variable). It carries no script and no inline style, so that a strict content security policy lets it pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from plateward.core.place import Position
from plateward.core.read import Reader
from plateward.demo.readers import readers
from plateward.demo.streets import HEIGHT_M, WIDTH_M, Area, Street, metres, network, position

Point = tuple[float, float]

COAST: tuple[Point, ...] = (
    (0, 0), (1_420, 0), (1_360, 480), (1_480, 900), (1_300, 1_150), (1_520, 1_500), (1_610, 2_050), (1_500, 2_330),
    (1_600, 2_620), (1_700, 3_100), (1_640, 3_700), (1_560, 4_150), (1_180, 4_220), (1_150, 4_330), (1_520, 4_420),
    (1_500, 4_900), (1_080, 5_020), (1_060, 5_130), (1_450, 5_200), (1_380, 5_800), (1_330, 6_400), (1_420, 6_900),
    (1_900, 7_250), (2_350, 7_500), (2_560, 8_000), (0, 8_000),
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

CSS = """\
.town-map { --water: #c8dfec; --land: #f3f0e8; --town: #eae5d8; --park: #d3e4c4; --street: #ffffff; --road: #f6dfa6;
  --edge: #c9c1ae; --label: #4a463d; --reader: #0b57a4; --mobile: #7a4c9f; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) .town-map { --water: #16303f; --land: #1e211f;
  --town: #282b27; --park: #243525; --street: #4a4e48; --road: #6d6136; --edge: #3a3d38; --label: #d8d4c7;
  --reader: #7db8f0; --mobile: #c79be8; --mark: #ff9a8f; } }
:root[data-theme="dark"] .town-map { --water: #16303f; --land: #1e211f; --town: #282b27; --park: #243525; --street: #4a4e48;
  --road: #6d6136; --edge: #3a3d38; --label: #d8d4c7; --reader: #7db8f0; --mobile: #c79be8; --mark: #ff9a8f; }
.town-map { background: var(--land); display: block; height: auto; max-width: 100%; }
.town-map .land { fill: var(--land); } .town-map .water { fill: var(--water); }
.town-map .river { fill: none; stroke: var(--water); stroke-width: 12; }
.town-map .park { fill: var(--park); } .town-map .town { fill: var(--town); }
.town-map .street, .town-map .casing { fill: none; stroke-linecap: round; stroke-linejoin: round; }
.town-map .street { stroke: var(--street); stroke-width: 3; } .town-map .casing { stroke: var(--edge); stroke-width: 4.4; }
.town-map .broad { stroke-width: 5; } .town-map .casing.broad { stroke-width: 6.6; }
.town-map .road { stroke: var(--road); stroke-width: 5.6; } .town-map .casing.road { stroke: var(--edge); stroke-width: 7.4; }
.town-map text { fill: var(--label); font: 10px system-ui, sans-serif; paint-order: stroke; stroke: var(--land);
  stroke-width: 2.4; }
.town-map .place { font-size: 17px; font-weight: 600; letter-spacing: .08em; text-anchor: middle; }
.town-map .name { text-anchor: middle; }
.town-map .reader { fill: var(--reader); stroke: var(--land); stroke-width: 1.5; }
.town-map .mark { fill: var(--mark); stroke: var(--land); stroke-width: 1.5; }
.town-map a:focus .reader, .town-map a:hover .reader { stroke: var(--label); stroke-width: 3; }
"""
"""The map's rules for a page's style sheet: light, dark by the reader's wish, or by ``data-theme`` on the root."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to point out: where, and what it is called."""

    position: Position
    label: str


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


def _xy(point: Point) -> tuple[float, float]:
    """Metres as units of the picture: ten metres each, north up."""
    return round(point[0] / 10, 1), round((HEIGHT_M - point[1]) / 10, 1)


def _d(points: Iterable[Point], closed: bool = False) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in map(_xy, points)) + ("Z" if closed else "")


def svg(
    marks: Sequence[Mark] = (), link: Callable[[Reader], str] | None = None, title: str = "Map of Ridgeport"
) -> str:
    """The map as an SVG element for a page that has ``CSS``: readers as dots that point where they look.

    ``link`` gives a reader's address, to make its dot a link. ``marks`` are pointed out. All text is escaped.
    """
    width, height = int(WIDTH_M / 10), int(HEIGHT_M / 10)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="town-map" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}">',
        f'<rect class="land" width="{width}" height="{height}"/>',
        *(f'<path class="town" d="{_d(outline(area), closed=True)}"/>' for area, _ in _TOWNS),
        *(f'<path class="park" d="{_d(points, closed=True)}"><title>{name}</title></path>' for name, points in PARKS),
        f'<path class="river" d="{_d(RIVER)}"/>',
        f'<path class="water" d="{_d(COAST, closed=True)}"/>',
        *_street_paths(),
        *_labels(),
        *_dots(link),
        *_marks(marks),
        "</svg>",
    ]
    return "\n".join(parts)


def _street_paths() -> Iterable[str]:
    net = network()
    for layer in ("casing", "street"):
        for street in sorted(net.streets, key=lambda s: s.speed):
            words = {"road": " road", "broad street": " broad"}.get(_kind(street), "")
            d = "".join(_d((net.crossings[i].x, net.crossings[i].y) for i in run) for run in street.runs)
            yield f'<path class="{layer}{words}" d="{d}"/>'


def _labels() -> Iterable[str]:
    net = network()
    seen = set[str]()
    for street in net.streets:
        if _kind(street) == "street" or street.name in seen:
            continue
        seen.add(street.name)
        run = max(street.runs, key=len)
        at = min(len(run) // 2 if street.area is Area.COUNTY else len(run), len(run) - 2)
        a, b = (net.crossings[run[i]] for i in (at, at + 1))
        (x1, y1), (x2, y2) = sorted((_xy((a.x, a.y)), _xy((b.x, b.y))))
        turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        yield f'<text class="name" transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})" dy="-5">{escape(street.name)}</text>'
    for (area, name), (x, y) in zip(_TOWNS, ((430.0, 98.0), (150.0, 780.0)), strict=True):
        del area
        yield f'<text class="place" x="{x:g}" y="{y:g}">{name.upper()}</text>'


def _dots(link: Callable[[Reader], str] | None) -> Iterable[str]:
    """Readers, moved a little against their direction, so that two at one crossing do not hide each other."""
    for reader in readers().all:
        if reader.position is None or reader.heading_deg is None:
            continue
        x, y = _xy(metres(reader.position))
        turn = math.radians(reader.heading_deg)
        x, y = x - 7 * math.sin(turn), y + 7 * math.cos(turn)
        dot = (
            f'<path class="reader" transform="translate({x:.1f} {y:.1f}) rotate({reader.heading_deg})" '
            f'd="M0 -9L5.4 1A5.6 5.6 0 1 1 -5.4 1Z"><title>{escape(reader.name)}</title></path>'
        )
        yield f'<a href="{escape(link(reader))}" aria-label="{escape(reader.name)}">{dot}</a>' if link else dot


def _marks(marks: Sequence[Mark]) -> Iterable[str]:
    for mark in marks:
        x, y = _xy(metres(mark.position))
        label = escape(mark.label)
        yield f'<circle class="mark" cx="{x:g}" cy="{y:g}" r="7"><title>{label}</title></circle>'
        yield f'<text class="name" x="{x:g}" y="{y - 11:g}">{label}</text>'
