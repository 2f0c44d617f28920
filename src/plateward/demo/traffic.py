"""A day on the streets: who passed which reader when.

Residents by habit, patrol cars among parked cars, strangers passing through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from plateward.demo.chance import stream
from plateward.demo.drivers import Driver, Habit, Passes, Trip, residents, trips
from plateward.demo.hours import HOUR_MS, MINUTE_MS, midnight_ms
from plateward.demo.numbering import californian, commercial, elsewhere
from plateward.demo.readers import Patrol, Readers, readers
from plateward.demo.streets import Area, Network, Ways, network

Passing = tuple[int, int, str, str, str, float, float]
"""Unix milliseconds, reader's index, true plate, region, what a misreading reader saw ('' leaves it to chance), and for a mobile
reader where it was, in metres east and north of the map's corner (0, 0 for a fixed one)."""

CAUGHT = 0.4
"""How many of those who pass a fixed reader it reads: it sees one lane of two, and some plates are dirty or hidden."""

_FULL_SIZE = 9_000
"""Drivers in a town of full size; in a smaller one the patrol cars stop less often."""

_HOURLY = (5, 3, 2, 2, 4, 10, 26, 48, 52, 44, 44, 48, 52, 50, 52, 60, 68, 66, 50, 38, 30, 22, 14, 8)
"""How much through traffic each local hour has."""

_NIGHT, _DAY = (int(22.2 * 60), 23 * 60 + 50), (10 * 60, 15 * 60 + 30)
_EARLY = (10, 4 * 60 + 20)


class Traffic:
    """The town in motion, for one seed: habits worked out once, then any day on its own."""

    def __init__(self, seed: int, count: int) -> None:
        self._seed = seed
        self._net: Network = network()
        self._readers: Readers = readers()
        self._tastes = tuple(Ways(self._net, taste) for taste in _tastes(seed, self._net))
        self.drivers: tuple[Driver, ...] = residents(seed, self._net, count)
        self._weeks: tuple[tuple[str, str, tuple[Trip, ...]], ...] = tuple(
            (driver.plate, driver.region, trips(driver, self._readers, self._tastes[i % len(self._tastes)]))
            for i, driver in enumerate(self.drivers)
        )
        self._at_home: dict[int, list[tuple[str, str]]] = {}
        for driver in self.drivers:
            if driver.habit is not Habit.NIGHT_WORKER:
                self._at_home.setdefault(driver.home, []).append((driver.plate, driver.region))
        self._through: tuple[tuple[Passes, ...], tuple[float, ...]] = self._through_ways()

    def day(self, day: date) -> list[Passing]:
        """Everybody who lives here passing readers on ``day``, in no order. A day ends at its own midnight."""
        start, end = midnight_ms(day), midnight_ms(day + timedelta(days=1)) - 1
        rng = stream(self._seed, "day", day.isoformat())
        passings, parked = self._residents(rng, start, end, 1 << day.weekday())
        for patrol in self._readers.patrols:
            passings += self._patrol(rng, patrol, start, parked)
        return [passing for passing in passings if passing[0] <= end]

    def strangers(self, day: date, wanted: int) -> list[Passing]:
        """``wanted`` passings on ``day`` by cars that do not live here, in no order."""
        rng = stream(self._seed, "strangers", day.isoformat())
        start, end = midnight_ms(day), midnight_ms(day + timedelta(days=1)) - 1
        ways, sums = self._through
        hours = tuple(accumulate(_HOURLY))
        found: list[Passing] = []
        while len(found) < wanted:
            plate, region = _stranger(rng)
            at = start + int((rng.choices(range(24), cum_weights=hours)[0] + rng.random()) * HOUR_MS)
            for reader, late in rng.choices(ways, cum_weights=sums)[0]:
                if rng.random() < CAUGHT and at + late <= end:
                    found.append((at + late, reader, plate, region, "", 0.0, 0.0))
        return found[:wanted]

    def _residents(
        self, rng: Random, start: int, end: int, weekday: int
    ) -> tuple[list[Passing], dict[int, list[tuple[str, str]]]]:
        passings: list[Passing] = []
        parked: dict[int, list[tuple[str, str]]] = {}
        chance, gauss = rng.random, rng.gauss
        for plate, region, week in self._weeks:
            for days, likely, mean, spread, passes, parks in week:
                if not days & weekday or chance() > likely:
                    continue
                at = start + min(max(0, int(gauss(mean, spread))), 24 * HOUR_MS)
                for reader, late in passes:
                    if chance() < CAUGHT:
                        # Traffic and lights: up to a quarter later than the empty road allows.
                        when = min(end, at + int(late * (1 + chance() / 4)))
                        passings.append((when, reader, plate, region, "", 0.0, 0.0))
                if parks >= 0:
                    parked.setdefault(parks, []).append((plate, region))
        return passings, parked

    def _patrol(
        self, rng: Random, patrol: Patrol, start: int, parked: dict[int, list[tuple[str, str]]]
    ) -> Iterable[Passing]:
        """A patrol car's day: before dawn and late in the evening among cars at home, by day among cars at work."""
        corners = self._net.of(*patrol.areas)
        stops = (
            [(minute, self._at_home) for minute in _minutes(rng, _EARLY, 9)]
            + [(minute, parked) for minute in _minutes(rng, _DAY, 12)]
            + [(minute, self._at_home) for minute in _minutes(rng, _NIGHT, 5)]
        )
        likely = min(1.0, len(self.drivers) / _FULL_SIZE)
        for minute, standing in stops:
            if rng.random() > likely:
                continue
            corner = rng.choice(corners)
            here = self._net.crossings[corner]
            cars = standing.get(corner, [])
            at = start + minute * MINUTE_MS + rng.randrange(MINUTE_MS)
            for plate, region in rng.sample(cars, min(len(cars), rng.randrange(2, 7))):
                at += rng.randrange(1_800, 6_500)
                x, y = here.x + rng.uniform(-60, 60), here.y + rng.uniform(-60, 60)
                yield at, patrol.reader, plate, region, "", x, y

    def _through_ways(self) -> tuple[tuple[Passes, ...], tuple[float, ...]]:
        """Ways of strangers, gateway to gateway and to the places visitors go, with how many take each."""
        gates = self._net.of(Area.GATEWAY)
        sights = [self._net.crossing(name) for name in ("Wharf & 3rd", "Main & 5th", "Harbor & 6th", "Cannery & C")]
        ways: list[Passes] = []
        weights: list[float] = []
        for gate in gates:
            for to, weight in [
                *((other, 3.0) for other in gates if other != gate),
                *((sight, 2.0) for sight in sights),
            ]:
                for a, b in ((gate, to), (to, gate)):
                    for tastes in self._tastes:
                        passes = self._readers.along(tastes, a, b)
                        if passes:
                            ways.append(passes)
                            weights.append(weight)
        return tuple(ways), tuple(accumulate(weights))


def _tastes(seed: int, net: Network) -> Iterable[tuple[float, ...]]:
    """Five ways to like streets: one by time alone, four with whims."""
    yield (1.0,) * len(net.streets)
    for whim in "abcd":
        rng = stream(seed, "taste", whim)
        yield tuple(rng.uniform(0.6, 1.5) if street.area is not Area.COUNTY else 1.0 for street in net.streets)


def _minutes(rng: Random, between: tuple[int, int], count: int) -> Sequence[int]:
    return sorted(rng.randrange(*between) for _ in range(count))


def _stranger(rng: Random) -> tuple[str, str]:
    draw = rng.random()
    if draw < 0.18:
        return elsewhere(rng)
    return (commercial(rng) if draw < 0.34 else californian(rng)), "US-CA"
