"""The readers: fixed ones at crossings, under names a resident understands, and mobile ones in patrol cars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from plateward.core.read import Reader, ReaderKind
from plateward.demo.agencies import PORT_ALDER_PD, RIDGE_SO, RIDGEPORT_PD, SUMMIT_HOA
from plateward.demo.streets import Area, Network, Ways, network

_PREFIX = {RIDGEPORT_PD: "rpd", PORT_ALDER_PD: "papd", RIDGE_SO: "rcso", SUMMIT_HOA: "hoa"}
_BOUND = {"n": ("northbound", 0), "e": ("eastbound", 90), "s": ("southbound", 180), "w": ("westbound", 270)}

_FIXED: tuple[tuple[str, str, str, str], ...] = (
    (RIDGEPORT_PD, "Harbor & 5th", "n", "Harbor St & 5th"),
    (RIDGEPORT_PD, "Main & 10th", "s", "Main St & 10th"),
    (RIDGEPORT_PD, "Main & 10th", "n", "Main St & 10th"),
    (RIDGEPORT_PD, "Main & 2nd", "n", "Main St & 2nd"),
    (RIDGEPORT_PD, "Main & 2nd", "s", "Main St & 2nd"),
    (RIDGEPORT_PD, "Main & 6th", "n", "Main St & 6th"),
    (RIDGEPORT_PD, "Mission & 3rd", "e", "Mission St & 3rd"),
    (RIDGEPORT_PD, "Cedar & 6th", "w", "Cedar St & 6th"),
    (RIDGEPORT_PD, "Grand & 3rd", "n", "Grand Ave & 3rd"),
    (RIDGEPORT_PD, "Grand & 9th", "s", "Grand Ave & 9th"),
    (RIDGEPORT_PD, "Grand & 6th", "e", "Grand Ave & 6th"),
    (RIDGEPORT_PD, "Orchard & 7th", "e", "Orchard Ave & 7th"),
    (RIDGEPORT_PD, "Sierra & 4th", "w", "Sierra Ave & 4th"),
    (RIDGEPORT_PD, "Laurel & 6th", "w", "Laurel St & 6th"),
    (RIDGEPORT_PD, "Laurel & 6th", "e", "Laurel St & 6th"),
    (RIDGEPORT_PD, "Wharf & 4th", "n", "Wharf St & 4th"),
    (PORT_ALDER_PD, "Alder & D", "s", "Alder St & D"),
    (PORT_ALDER_PD, "Alder & D", "n", "Alder St & D"),
    (PORT_ALDER_PD, "Alder & B", "s", "Alder St & B"),
    (PORT_ALDER_PD, "Church & C", "e", "Church St & C"),
    (PORT_ALDER_PD, "Vine & C", "w", "Vine St & C"),
    (PORT_ALDER_PD, "Juniper & D", "s", "Juniper St & D"),
    (PORT_ALDER_PD, "Cannery & B", "w", "Cannery St & B"),
    (RIDGE_SO, "The Bluffs", "s", "Coast Hwy at The Bluffs"),
    (RIDGE_SO, "Pine Flat", "e", "Ridge Pass Rd at Pine Flat"),
    (RIDGE_SO, "Pine Flat", "w", "Ridge Pass Rd at Pine Flat"),
    (RIDGE_SO, "Mill Creek", "w", "Valley Rd at Mill Creek"),
    (RIDGE_SO, "Mill Creek", "e", "Valley Rd at Mill Creek"),
    (RIDGE_SO, "Foundry", "s", "Foundry Rd at the old foundry"),
    (RIDGE_SO, "Oak Gate", "n", "Ranch Rd at Oak Gate"),
    (SUMMIT_HOA, "Upper Mesa", "e", "Summit Ridge gate"),
    (SUMMIT_HOA, "Upper Mesa", "w", "Summit Ridge gate"),
)


@dataclass(frozen=True, slots=True)
class Patrol:
    """A patrol car with a reader: the reader's index and where its crew drives."""

    reader: int
    areas: tuple[Area, ...]


_CARS: tuple[tuple[str, str, tuple[Area, ...]], ...] = (
    (RIDGEPORT_PD, "12", (Area.RIDGEPORT,)),
    (RIDGEPORT_PD, "17", (Area.RIDGEPORT,)),
    (RIDGEPORT_PD, "23", (Area.RIDGEPORT,)),
    (PORT_ALDER_PD, "4", (Area.PORT_ALDER,)),
    (RIDGE_SO, "31", (Area.COUNTY,)),
    (RIDGE_SO, "38", (Area.COUNTY, Area.PORT_ALDER)),
)


@dataclass(frozen=True, slots=True)
class Readers:
    """All readers. ``on_edge``: the reader that sees who arrives at a crossing from a neighbour, by that pair of crossings."""

    all: tuple[Reader, ...]
    on_edge: Mapping[tuple[int, int], int]
    patrols: tuple[Patrol, ...]
    index: Mapping[str, int]

    def along(self, ways: Ways, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """The fixed readers passed on the shortest way: reader's index and milliseconds after leaving."""
        route = ways.route(start, end)
        return tuple(
            (reader, round(seconds * 1_000))
            for (a, _), (b, seconds) in pairwise(route)
            if (reader := self.on_edge.get((a, b))) is not None
        )


def _arriving_from(net: Network, crossing: int, bearing: int) -> int:
    """The neighbour from which traffic with about that bearing arrives."""

    def off(neighbour: int) -> int:
        return abs((net.heading_deg(neighbour, crossing) - bearing + 180) % 360 - 180)

    return min((neighbour for neighbour, _, _ in net.neighbours[crossing]), key=off)


@lru_cache(maxsize=1)
def readers() -> Readers:
    """The readers of the town: the same for every seed."""
    net = network()
    every: list[Reader] = []
    on_edge: dict[tuple[int, int], int] = {}
    for agency, crossing, bound, name in _FIXED:
        words, bearing = _BOUND[bound]
        here = net.crossing(crossing)
        start = _arriving_from(net, here, bearing)
        on_edge[start, here] = len(every)
        reader_id = f"{_PREFIX[agency]}-{crossing.lower().replace(' & ', '-').replace(' ', '-')}-{bound}"
        place, heading = net.crossings[here].position, net.heading_deg(start, here)
        every.append(Reader(reader_id, agency, f"{name}, {words}", ReaderKind.FIXED, place, heading))
    patrols = []
    for agency, number, areas in _CARS:
        patrols.append(Patrol(len(every), areas))
        every.append(Reader(f"{_PREFIX[agency]}-car-{number}", agency, f"Patrol car {number}", ReaderKind.MOBILE))
    return Readers(tuple(every), on_edge, tuple(patrols), {reader.id: i for i, reader in enumerate(every)})
