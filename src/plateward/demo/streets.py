"""The streets: two towns on a coast, the county's roads around them, and the shortest way between any two crossings.

Drawn here, after no real place, in metres east and north of the map's south-west corner.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from plateward.core.place import Position

WIDTH_M, HEIGHT_M = 10_000.0, 8_000.0
SOUTH_WEST = Position(35.40, -121.25)
"""About 30 km off the coast of California: water, in truth."""

_M_PER_LAT = 111_195.0
_M_PER_LON = _M_PER_LAT * math.cos(math.radians(SOUTH_WEST.lat))

NORTH_SOUTH = ("Wharf", "Harbor", "Main", "Mission", "Cedar", "Olive", "Grand", "Orchard", "Sierra", "Laurel", "Summit")
EAST_WEST = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th", "11th")
ALDER_NORTH_SOUTH = ("Dock", "Cannery", "Alder", "Church", "Vine", "Juniper", "Quarry")
ALDER_EAST_WEST = ("A", "B", "C", "D", "E")
PARK = frozenset({("Olive", "8th"), ("Olive", "9th"), ("Harbor", "1st"), ("Wharf", "1st"), ("Summit", "11th")})
"""Corners that were never built: Founders Park, the river mouth and a hill top."""


class Area(StrEnum):
    """Whose ground a crossing lies on; a gateway is where a road leaves the map."""

    RIDGEPORT = "ridgeport"
    PORT_ALDER = "port-alder"
    COUNTY = "county"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where streets meet: metres east and north of the map's corner."""

    name: str
    area: Area
    x: float
    y: float

    @property
    def position(self) -> Position:
        """The crossing on the earth."""
        return position(self.x, self.y)


@dataclass(frozen=True, slots=True)
class Street:
    """A named street as runs of neighbouring crossings (a park may interrupt it). ``speed`` in metres a second."""

    name: str
    runs: tuple[tuple[int, ...], ...]
    speed: float
    area: Area


@dataclass(frozen=True, slots=True)
class Network:
    """All crossings and streets. Crossings are named by their index."""

    crossings: tuple[Crossing, ...]
    streets: tuple[Street, ...]
    by_name: Mapping[str, int]
    neighbours: tuple[tuple[tuple[int, float, int], ...], ...]
    """For each crossing: neighbour, seconds to it, and the street that leads there, by its index."""

    def crossing(self, name: str) -> int:
        """The index of the crossing of that name, as in ``Harbor & 5th``. Raises KeyError."""
        return self.by_name[name]

    def of(self, *areas: Area) -> tuple[int, ...]:
        """The crossings on the ground of ``areas``."""
        return tuple(i for i, crossing in enumerate(self.crossings) if crossing.area in areas)

    def heading_deg(self, start: int, end: int) -> int:
        """The direction of travel from one crossing to another, whole degrees clockwise from north."""
        a, b = self.crossings[start], self.crossings[end]
        return round(math.degrees(math.atan2(b.x - a.x, b.y - a.y))) % 360


class Ways:
    """Shortest ways by time, worked out once from each crossing that is asked for.

    ``taste``: by street, how much longer it seems to a driver who would rather not take it (1.0 for one who does not mind), for
    not everybody takes Main Street.
    """

    def __init__(self, network: Network, taste: Sequence[float] = ()) -> None:
        self._network = network
        self._taste = tuple(taste) or (1.0,) * len(network.streets)
        self._trees: dict[int, tuple[list[int], list[float]]] = {}

    def route(self, start: int, end: int) -> tuple[tuple[int, float], ...]:
        """The crossings from ``start`` to ``end``, each with the seconds until it is reached."""
        before, seconds = self._tree(start)
        path = []
        here = end
        while here != -1:
            path.append((here, seconds[here]))
            here = before[here]
        return tuple(reversed(path))

    def _tree(self, start: int) -> tuple[list[int], list[float]]:
        if start not in self._trees:
            count = len(self._network.crossings)
            before, seconds = [-1] * count, [math.inf] * count
            seconds[start] = 0.0
            queue = [(0.0, start)]
            while queue:
                cost, here = heapq.heappop(queue)
                if cost > seconds[here]:
                    continue
                for there, plain, street in self._network.neighbours[here]:
                    step = plain * self._taste[street]
                    if cost + step < seconds[there]:
                        seconds[there], before[there] = cost + step, here
                        heapq.heappush(queue, (cost + step, there))
            self._trees[start] = before, seconds
        return self._trees[start]


def position(x: float, y: float) -> Position:
    """A point of the map, in metres, on the earth, to the millionth of a degree that is stored."""
    return Position(round(SOUTH_WEST.lat + y / _M_PER_LAT, 6), round(SOUTH_WEST.lon + x / _M_PER_LON, 6))


def metres(place: Position) -> tuple[float, float]:
    """A position on the earth as metres east and north of the map's corner."""
    return (place.lon - SOUTH_WEST.lon) * _M_PER_LON, (place.lat - SOUTH_WEST.lat) * _M_PER_LAT


def _ridgeport() -> Iterable[tuple[str, Area, float, float]]:
    for i, street in enumerate(NORTH_SOUTH):
        for j, cross in enumerate(EAST_WEST):
            if (street, cross) not in PARK:
                x, y = 1_700 + 430 * i, 2_700 + 400 * j
                bent = x + 170 * math.sin(y / 1_500), y + 110 * math.sin(x / 1_400)
                yield f"{street} & {cross}", Area.RIDGEPORT, *bent


def _port_alder() -> Iterable[tuple[str, Area, float, float]]:
    turn = math.radians(-9)
    for i, street in enumerate(ALDER_NORTH_SOUTH):
        for j, cross in enumerate(ALDER_EAST_WEST):
            x, y = 380.0 * i, 330.0 * j
            turned = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
            yield f"{street} & {cross}", Area.PORT_ALDER, 1_650 + turned[0], 640 + turned[1]


_COUNTY: tuple[tuple[str, Area, float, float], ...] = (
    ("Coast Highway north", Area.GATEWAY, 3_400, 7_990),
    ("Coast Highway south", Area.GATEWAY, 3_050, 10),
    ("Ridge Pass east", Area.GATEWAY, 9_990, 5_900),
    ("Valley Road east", Area.GATEWAY, 9_990, 1_480),
    ("Lookout", Area.COUNTY, 3_050, 7_430),
    ("The Bluffs", Area.COUNTY, 2_560, 2_420),
    ("Pine Flat", Area.COUNTY, 6_850, 4_960),
    ("Quarry Junction", Area.COUNTY, 7_800, 5_040),
    ("Ridge Pass", Area.COUNTY, 8_950, 5_620),
    ("Mill Creek", Area.COUNTY, 6_050, 1_650),
    ("Valley Junction", Area.COUNTY, 7_300, 1_960),
    ("Sutter Ranch", Area.COUNTY, 8_650, 1_720),
    ("Dry Wells", Area.COUNTY, 5_000, 1_180),
    ("Packing House", Area.COUNTY, 7_520, 3_060),
    ("Oak Gate", Area.COUNTY, 7_640, 4_060),
    ("Foundry", Area.COUNTY, 3_960, 2_080),
    ("Upper Mesa", Area.COUNTY, 6_900, 6_560),
    ("Mesa End", Area.COUNTY, 7_850, 6_720),
    ("Hawk Hill", Area.COUNTY, 8_430, 6_230),
    ("Creek Bridge", Area.COUNTY, 6_480, 2_430),
)

_COUNTY_ROADS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("Coast Highway", 21.0, ("Coast Highway north", "Lookout", "Main & 11th")),
    ("Coast Highway", 21.0, ("Main & 1st", "The Bluffs", "Alder & E")),
    ("Coast Highway", 21.0, ("Alder & A", "Coast Highway south")),
    ("Ridge Pass Road", 19.0, ("Summit & 6th", "Pine Flat", "Quarry Junction", "Ridge Pass", "Ridge Pass east")),
    (
        "Valley Road",
        19.0,
        ("Quarry & C", "Dry Wells", "Mill Creek", "Valley Junction", "Sutter Ranch", "Valley Road east"),
    ),
    ("Ranch Road", 16.0, ("Valley Junction", "Packing House", "Oak Gate", "Quarry Junction")),
    ("Foundry Road", 14.0, ("Cedar & 1st", "Foundry", "Juniper & E")),
    ("Foundry Road", 14.0, ("Foundry", "Mill Creek")),
    ("Mesa Road", 14.0, ("Summit & 10th", "Upper Mesa", "Mesa End", "Hawk Hill", "Ridge Pass")),
    ("Mill Creek Road", 14.0, ("Summit & 2nd", "Creek Bridge", "Mill Creek")),
)


def _grid_streets(
    index: Mapping[str, int], down: tuple[str, ...], across: tuple[str, ...], area: Area
) -> Iterable[Street]:
    broad = {"Main", "Grand", "6th", "3rd", "Alder", "C"}
    for street in down:
        rows = [f"{street} & {cross}" for cross in across]
        kind = "Avenue" if street in {"Grand", "Orchard", "Sierra"} else "Street"
        yield Street(f"{street} {kind}", _runs(index, rows), 11.0 if street in broad else 8.0, area)
    for cross in across:
        rows = [f"{street} & {cross}" for street in down]
        yield Street(f"{cross} Street", _runs(index, rows), 11.0 if cross in broad else 8.0, area)


def _runs(index: Mapping[str, int], names: Iterable[str]) -> tuple[tuple[int, ...], ...]:
    runs: list[list[int]] = [[]]
    for name in names:
        if name in index:
            runs[-1].append(index[name])
        else:
            runs.append([])
    return tuple(tuple(run) for run in runs if len(run) > 1)


@lru_cache(maxsize=1)
def network() -> Network:
    """The streets of the town: the same for every seed, as a town's are."""
    crossings = tuple(Crossing(*row) for row in (*_ridgeport(), *_port_alder(), *_COUNTY))
    index = {crossing.name: i for i, crossing in enumerate(crossings)}
    streets = (
        *_grid_streets(index, NORTH_SOUTH, EAST_WEST, Area.RIDGEPORT),
        *_grid_streets(index, ALDER_NORTH_SOUTH, ALDER_EAST_WEST, Area.PORT_ALDER),
        *(Street(name, _runs(index, names), speed, Area.COUNTY) for name, speed, names in _COUNTY_ROADS),
    )
    reach: list[list[tuple[int, float, int]]] = [[] for _ in crossings]
    for number, street in enumerate(streets):
        for run in street.runs:
            for a, b in pairwise(run):
                length = math.dist((crossings[a].x, crossings[a].y), (crossings[b].x, crossings[b].y))
                reach[a].append((b, length / street.speed, number))
                reach[b].append((a, length / street.speed, number))
    return Network(crossings, streets, index, tuple(tuple(sorted(row)) for row in reach))
