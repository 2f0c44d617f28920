"""Places: positions on the earth, distances, and the grid cells that make a search around a place fast.

Positions are WGS 84 degrees; stored as whole millionths of a degree (about 0.11 m).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from plateward.core.errors import BadInput

CELL_DEGREES = 0.01
"""Side of a grid cell: about 1.1 km north to south."""

MAX_RADIUS_M = 25_000
"""A wider circle is not a place any more; it also bounds the number of cells a query names."""

_EARTH_M = 6_371_008.8
_COLUMNS = round(360 / CELL_DEGREES)


@dataclass(frozen=True, slots=True)
class Position:
    """A point in degrees, latitude north and longitude east positive."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lat) and -90 <= self.lat <= 90):
            raise BadInput(f"{self.lat} is no latitude: it lies between -90 and 90 degrees", where="lat")
        if not (math.isfinite(self.lon) and -180 <= self.lon <= 180):
            raise BadInput(f"{self.lon} is no longitude: it lies between -180 and 180 degrees", where="lon")

    @property
    def cell(self) -> int:
        """The number of the grid cell this point lies in."""
        return _cell(math.floor(self.lat / CELL_DEGREES), math.floor(self.lon / CELL_DEGREES))

    @property
    def coarse(self) -> Position:
        """The middle of its grid cell: what is shown where the exact place is not shared."""
        lat, lon = (int(degrees // CELL_DEGREES) * CELL_DEGREES + CELL_DEGREES / 2 for degrees in (self.lat, self.lon))
        return Position(round(lat, 4), round(lon, 4))

    def distance_m(self, other: Position) -> float:
        """Great-circle distance in metres (haversine)."""
        lat1, lat2 = math.radians(self.lat), math.radians(other.lat)
        half_lat, half_lon = (lat2 - lat1) / 2, math.radians(other.lon - self.lon) / 2
        a = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
        return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(a)))


@dataclass(frozen=True, slots=True)
class Near:
    """A circle: a point and a radius in metres."""

    center: Position
    radius_m: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius_m) and 0 < self.radius_m <= MAX_RADIUS_M):
            raise BadInput(f"a radius lies between 0 and {MAX_RADIUS_M} metres, not {self.radius_m}", where="near")

    @staticmethod
    def parse(text: str) -> Near:
        """Read ``LAT,LON,METRES``. Raises BadInput naming what is wrong."""
        parts = text.split(",")
        try:
            lat, lon, radius = (float(part) for part in parts)
        except ValueError:
            raise BadInput(
                f"{text!r} is no place: write latitude,longitude,metres as in 33.1,-117.2,500", where="near"
            ) from None
        return Near(Position(lat, lon), radius)

    def bounds(self) -> tuple[float, float, float, float]:
        """South, west, north and east edge in degrees of the box around the circle."""
        d_lat = math.degrees(self.radius_m / _EARTH_M)
        shrink = max(math.cos(math.radians(min(89.9, abs(self.center.lat) + d_lat))), 1e-3)
        d_lon = d_lat / shrink
        return (self.center.lat - d_lat, self.center.lon - d_lon, self.center.lat + d_lat, self.center.lon + d_lon)

    def cells(self) -> tuple[int, ...]:
        """The numbers of the grid cells that the circle may touch."""
        south, west, north, east = (math.floor(edge / CELL_DEGREES) for edge in self.bounds())
        return tuple(_cell(row, column) for row in range(south, north + 1) for column in range(west, east + 1))


def _cell(row: int, column: int) -> int:
    return row * _COLUMNS + column % _COLUMNS
