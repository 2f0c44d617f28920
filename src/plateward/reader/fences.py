"""Places where nothing is collected: schools, clinics, places of worship. Inside, frames are not even searched.

Areas come from a GeoJSON file (RFC 7946). A fixed reader is inside or not for good; a moving one asks its satellites, and where it
does not know where it is, it collects nothing. How often and how long is counted; where is not written down.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.place import Position
from plateward.reader.position import Whereabouts

WITHIN_M = 50.0
"""Metres around an area where neither the file, the law nor the user gives a figure: about how far a camera sees."""
MOST_BYTES = 64 * 1024 * 1024
_METRES_A_DEGREE = 111_195.0

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon with its holes, or (one ring of one point) a place. ``within_m``: metres around it. Points are (lon, lat)."""

    rings: tuple[Ring, ...]
    within_m: float
    bounds: tuple[float, float, float, float]

    def holds(self, place: Position) -> bool:
        """Whether ``place`` lies in it or so near."""
        west, south, east, north = self.bounds
        if not (south <= place.lat <= north and west <= place.lon <= east):
            return False
        shrink = math.cos(math.radians(place.lat))
        rings = [[((x - place.lon) * shrink, y - place.lat) for x, y in ring] for ring in self.rings]
        inside = len(rings[0]) > 2 and _inside(rings[0]) and not any(_inside(hole) for hole in rings[1:])
        return inside or _METRES_A_DEGREE * min(map(_distance, rings)) <= self.within_m


@dataclass(frozen=True, slots=True)
class Fences:
    """All areas."""

    areas: tuple[Area, ...]

    def holds(self, place: Position) -> bool:
        """Whether nothing may be collected at ``place``."""
        return any(area.holds(place) for area in self.areas)


def read_fences(path: Path, within_m: float | None = None) -> Fences:
    """The areas of a GeoJSON file: polygons, multipolygons, lines and points, alone, as features or collections.

    A feature's ``within_m`` (or ``radius_m``) counts for it; else ``within_m``, else ``WITHIN_M``. Raises BadInput naming it.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"a file of areas has at most {MOST_BYTES // 1024**2} MiB", where=str(path))
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"the file of areas cannot be read ({error.strerror})", where=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"this is no GeoJSON ({error})", where=str(path)) from None
    areas: list[Area] = []
    for number, (geometry, properties) in enumerate(_geometries(document), 1):
        where = f"{path}, feature {number}"
        given = properties.get("within_m", properties.get("radius_m", within_m))
        try:
            metres = WITHIN_M if given is None else float(given)
            areas.extend(_area(rings, metres) for rings in _rings(geometry))
        except (BadInput, TypeError, ValueError, KeyError, IndexError, AttributeError):
            raise BadInput("this is no geometry of GeoJSON in degrees", where=where) from None
    if not areas:
        raise BadInput("the file names no area; nothing would be kept out", where=str(path))
    return Fences(tuple(areas))


def _geometries(document: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    if not isinstance(document, dict):
        return
    kind = document.get("type")
    if kind == "FeatureCollection":
        for feature in document.get("features") or ():
            yield from _geometries(feature)
    elif kind == "Feature":
        properties = document.get("properties") or {}
        for geometry, _ in _geometries(document.get("geometry")):
            yield geometry, properties
    elif kind == "GeometryCollection":
        for geometry in document.get("geometries") or ():
            yield from _geometries(geometry)
    elif kind:
        yield document, {}


def _rings(geometry: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    kind, points = geometry["type"], geometry["coordinates"]
    if kind == "Polygon":
        yield points
    elif kind == "MultiPolygon":
        yield from points
    elif kind == "Point":
        yield [[points]]
    elif kind == "MultiPoint":
        yield from ([[point]] for point in points)
    elif kind == "LineString":
        yield from ([[a, b]] for a, b in pairwise(points))
    else:
        raise ValueError(kind)


def _area(rings: Sequence[Any], within_m: float) -> Area:
    if not (math.isfinite(within_m) and 0 <= within_m <= 100_000):
        raise ValueError(within_m)
    drawn = tuple(tuple((float(p[0]), float(p[1])) for p in ring) for ring in rings)
    for lon, lat in (point for ring in drawn for point in ring):
        Position(lat, lon)
    lons, lats = [lon for lon, _ in drawn[0]], [lat for _, lat in drawn[0]]
    d_lat = within_m / _METRES_A_DEGREE
    d_lon = d_lat / max(0.01, math.cos(math.radians(max(abs(min(lats)), abs(max(lats))))))
    return Area(drawn, within_m, (min(lons) - d_lon, min(lats) - d_lat, max(lons) + d_lon, max(lats) + d_lat))


def _inside(ring: Sequence[tuple[float, float]]) -> bool:
    """Whether the origin lies in ``ring``: how often a ray to the east crosses it."""
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > 0) != (by > 0) and ax + (0 - ay) * (bx - ax) / (by - ay) > 0:
            inside = not inside
    return inside


def _distance(ring: Sequence[tuple[float, float]]) -> float:
    """Of the origin from the line through ``ring``, in its own measure."""
    if len(ring) == 1:
        return math.hypot(*ring[0])
    best = math.inf
    for (ax, ay), (bx, by) in pairwise(ring):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
        best = min(best, math.hypot(ax + along * dx, ay + along * dy))
    return best


@dataclass(slots=True)
class Collecting:
    """Whether collecting is allowed where the reader is now. Counts times and seconds in which it was not; never where."""

    where: Whereabouts
    fences: Fences | None
    elapsed: Callable[[], float] = time.monotonic
    times: int = 0
    seconds: float = 0.0
    _since: float | None = field(default=None, init=False)

    def allowed(self) -> bool:
        """Ask before each frame is searched."""
        barred = self._barred()
        now = self.elapsed()
        if self._since is not None:
            self.seconds += now - self._since
        elif barred:
            self.times += 1
        self._since = now if barred else None
        return not barred

    @property
    def place(self) -> str:
        """``fixed``, ``satellites``, ``lost`` or ``none``, for the heartbeat."""
        if not self.where.moves:
            return "fixed" if self.where.now() else "none"
        return "satellites" if self.where.now() else "lost"

    def _barred(self) -> bool:
        if self.fences is None:
            return False
        fix = self.where.now()
        if fix is None:
            return self.where.moves
        return self.fences.holds(fix.position)
