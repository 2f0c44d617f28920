"""An agency's own map of its area: streets, water, parks and towns from a GeoJSON file (RFC 7946), to be drawn under reads.

Nothing is fetched from anybody: a map service would learn where an agency looks. Every county publishes its streets, and what a
feature is, is taken from the words that publishers use: ``kind`` as below, OpenStreetMap's tags, or the feature classes of the
U.S. Census Bureau's TIGER/Line files (MTFCC). Features that tell nothing of themselves are streets where they are lines, and
built-up land where they are areas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from plateward.core.errors import BadInput

Point = tuple[float, float]
"""Longitude and latitude in degrees, as RFC 7946 orders them."""

MOST_BYTES = 64 * 1024 * 1024
MOST_POINTS = 1_000_000
"""A county's streets have some hundred thousand points; what is far beyond is a state, and no page shows one."""


class Kind(StrEnum):
    """What a shape is, in the order in which they are drawn."""

    TOWN = "town"
    PARK = "park"
    WATER = "water"
    RIVER = "river"
    STREET = "street"
    BROAD = "broad street"
    ROAD = "road"

    @property
    def is_area(self) -> bool:
        """Whether it is filled rather than drawn as a line."""
        return self in (Kind.TOWN, Kind.PARK, Kind.WATER)


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature's lines, or the rings of its areas. ``bounds``: west, south, east and north in degrees."""

    kind: Kind
    name: str
    lines: tuple[tuple[Point, ...], ...]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class AreaMap:
    """All shapes, in the order in which they are drawn."""

    shapes: tuple[Shape, ...] = ()

    def within(self, west: float, south: float, east: float, north: float) -> Iterator[Shape]:
        """The shapes of which something may lie between these degrees."""
        for shape in self.shapes:
            w, s, e, n = shape.bounds
            if w <= east and e >= west and s <= north and n >= south:
                yield shape


class _Feature(msgspec.Struct, frozen=True):
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct, frozen=True):
    features: list[_Feature]
    type: str = ""


def parse_area_map(body: bytes, name: str) -> AreaMap:
    """Read a GeoJSON FeatureCollection. Raises BadInput naming ``name`` and the feature, counted from 1."""
    if len(body) > MOST_BYTES:
        raise BadInput(f"this map has more than {MOST_BYTES // 1024 // 1024} MiB; cut it to your area", where=name)
    try:
        collection = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=_Collection)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"this is no GeoJSON FeatureCollection ({error})", where=name) from None
    shapes, points = [], 0
    for number, feature in enumerate(collection.features, 1):
        where = f"{name}, feature {number}"
        for areas, parts in _lines(feature.geometry, where):
            lines = tuple(filter(None, parts))
            kind = _kind(feature.properties or {}, areas)
            points += sum(map(len, lines))
            if points > MOST_POINTS:
                raise BadInput(f"this map has more than {MOST_POINTS:,} points; simplify it or cut it", where=name)
            if kind is not None and lines:
                shapes.append(Shape(kind, _name(feature.properties or {}), lines, _bounds(lines)))
    order = list(Kind)
    return AreaMap(tuple(sorted(shapes, key=lambda shape: order.index(shape.kind))))


def _lines(geometry: Mapping[str, Any] | None, where: str) -> Iterator[tuple[bool, tuple[tuple[Point, ...], ...]]]:
    """Whether it is an area, and its lines or rings; nothing for points."""
    kind, parts = (geometry or {}).get("type"), (geometry or {}).get("coordinates")
    try:
        if kind == "GeometryCollection":
            for inner in (geometry or {})["geometries"]:
                yield from _lines(inner, where)
        elif kind == "LineString":
            yield False, (_line(parts or ()),)
        elif kind == "MultiLineString":
            yield False, tuple(map(_line, parts or ()))
        elif kind == "Polygon":
            yield True, tuple(map(_line, parts or ()))
        elif kind == "MultiPolygon":
            yield True, tuple(_line(ring) for polygon in parts or () for ring in polygon)
        elif kind not in (None, "Point", "MultiPoint"):
            raise BadInput(f"{kind!r} is no geometry of GeoJSON", where=where)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RecursionError):
        raise BadInput(
            "its coordinates are no pairs of longitude and latitude in degrees (WGS 84)", where=where
        ) from None


def _line(coordinates: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    points = tuple((float(at[0]), float(at[1])) for at in coordinates)
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points):
        raise ValueError("metres, or latitude first")
    return points


def _bounds(lines: Sequence[Sequence[Point]]) -> tuple[float, float, float, float]:
    lons, lats = zip(*(point for line in lines for point in line), strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def _name(properties: Mapping[str, Any]) -> str:
    found = next((properties[key] for key in _NAMES if isinstance(properties.get(key), str)), "")
    return " ".join(found.split())[:60]


_NAMES = ("name", "NAME", "Name", "FULLNAME", "FULL_NAME", "STREETNAME", "title")
_HIGHWAYS = {
    "motorway": Kind.ROAD, "trunk": Kind.ROAD, "primary": Kind.ROAD, "secondary": Kind.BROAD, "tertiary": Kind.BROAD,
}  # fmt: skip
_NO_STREETS = frozenset(
    {"footway", "path", "steps", "cycleway", "bridleway", "pedestrian", "corridor", "platform", "proposed"}
)
_TAGS: Mapping[str, Mapping[str, Kind]] = {
    "natural": dict.fromkeys(("water", "bay", "strait", "wetland"), Kind.WATER) | {"wood": Kind.PARK},
    "leisure": dict.fromkeys(("park", "nature_reserve", "golf_course", "garden"), Kind.PARK),
    "landuse": dict.fromkeys(("forest", "grass", "meadow", "recreation_ground", "cemetery"), Kind.PARK)
    | dict.fromkeys(("reservoir", "basin"), Kind.WATER),
}
_TIGER = {"S1100": Kind.ROAD, "S1200": Kind.BROAD, "S1630": Kind.BROAD}
_TIGER_PATHS = frozenset({"S1500", "S1710", "S1720", "S1750", "S1820", "S1830"})


def _kind(properties: Mapping[str, Any], area: bool) -> Kind | None:
    """What a feature is; None for what is not drawn."""
    said = properties.get("kind")
    if isinstance(said, str) and said in list(Kind):
        kind: Kind | None = Kind(said)
    else:
        kind = _tagged({key: word for key, word in properties.items() if isinstance(word, str)}, area)
    return kind if kind is None or kind.is_area == area else None


def _tagged(tags: Mapping[str, str], area: bool) -> Kind | None:
    if not area and "highway" in tags:
        road = tags["highway"].removesuffix("_link")
        return None if road in _NO_STREETS else _HIGHWAYS.get(road, Kind.STREET)
    if "waterway" in tags:
        return Kind.WATER if area else Kind.RIVER
    found = next((_TAGS[key].get(tags[key]) for key in _TAGS if key in tags), None)
    if found is not None:
        return found
    code = tags.get("MTFCC", "")
    if code.startswith("H"):
        return Kind.WATER if area else Kind.RIVER
    if code in _TIGER_PATHS or any(key in tags for key in ("railway", "power", "building", "barrier")):
        return None
    if area and code.startswith("K"):
        return Kind.PARK
    return Kind.TOWN if area else _TIGER.get(code, Kind.STREET)
