"""The drivers: where each lives, what each does all day, and the habits that follow.

A habit is a trip by a known way at a usual minute on usual weekdays. Habits are what makes a month of reads tell where
somebody lives, works and prays, which is why they are here: whoever looks at the demo must see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

from plateward.demo.chance import stream
from plateward.demo.hours import MINUTE_MS
from plateward.demo.numbering import VANITY, californian, commercial, elsewhere
from plateward.demo.readers import Readers
from plateward.demo.streets import Area, Network, Ways

WEEKDAYS, WEEKEND, EVERY_DAY = 0b0011111, 0b1100000, 0b1111111
"""Days as bits, Monday the lowest."""

Passes = tuple[tuple[int, int], ...]
"""Readers passed on a trip: index and milliseconds after leaving."""


class Habit(StrEnum):
    """What a driver does all day, and how many in a hundred do."""

    COMMUTER = "commuter"
    SHOP_WORKER = "shop-worker"
    NIGHT_WORKER = "night-worker"
    AT_HOME = "at-home"
    STUDENT = "student"
    DELIVERY = "delivery"
    OCCASIONAL = "occasional"


_SHARE_OF = {
    Habit.COMMUTER: 44,
    Habit.SHOP_WORKER: 13,
    Habit.NIGHT_WORKER: 5,
    Habit.AT_HOME: 18,
    Habit.STUDENT: 6,
    Habit.DELIVERY: 3,
    Habit.OCCASIONAL: 11,
}


@dataclass(frozen=True, slots=True)
class Driver:
    """A vehicle and its habits. ``home`` and ``work`` are crossings; ``leaves`` and ``returns`` minutes after midnight."""

    plate: str
    region: str
    habit: Habit
    home: int
    work: int
    leaves: int
    returns: int
    errand: int


class Trip(NamedTuple):
    """A habit as the simulation runs it: on which days, how likely, when (milliseconds after midnight), past which readers.

    ``parks``: the crossing where the car then stands for the day, or -1.
    """

    days: int
    chance: float
    mean_ms: int
    spread_ms: int
    passes: Passes
    parks: int


class Picker:
    """Crossings to choose from, some likelier than others."""

    def __init__(self, weights: dict[int, float]) -> None:
        self._crossings = tuple(weights)
        self._sums = tuple(accumulate(weights.values()))

    def pick(self, rng: Random) -> int:
        """One crossing."""
        return rng.choices(self._crossings, cum_weights=self._sums)[0]


def homes(net: Network) -> Picker:
    """Where people live: Ridgeport's east and north, Port Alder away from its docks, here and there in the county."""
    weights = {}
    for i, crossing in enumerate(net.crossings):
        if crossing.area is Area.RIDGEPORT:
            weights[i] = 3.2 if crossing.x > 3_700 else 1.3
        elif crossing.area is Area.PORT_ALDER:
            weights[i] = 3.4 if crossing.x > 2_300 else 1.2
        elif crossing.area is Area.COUNTY:
            weights[i] = 6.0 if crossing.name in {"Upper Mesa", "Mesa End"} else 2.0
    return Picker(weights)


def workplaces(net: Network) -> Picker:
    """Where people work: downtown, the harbour, Port Alder's centre, the foundry, and beyond the map."""
    weights = {}
    for i, crossing in enumerate(net.crossings):
        if crossing.area is Area.RIDGEPORT:
            downtown = 2_300 < crossing.x < 3_900 and 3_700 < crossing.y < 5_400
            weights[i] = 6.0 if downtown else 3.0 if crossing.x < 2_300 else 0.4
        elif crossing.area is Area.PORT_ALDER:
            weights[i] = 2.2
        else:
            weights[i] = {"Foundry": 14.0, "Packing House": 10.0}.get(crossing.name, 0.8)
            if crossing.area is Area.GATEWAY:
                weights[i] = 16.0
    return Picker(weights)


def _plate(rng: Random, habit: Habit) -> tuple[str, str]:
    if habit is Habit.DELIVERY:
        return commercial(rng), "US-CA"
    if rng.random() < 0.025:
        return elsewhere(rng)
    return californian(rng), "US-CA"


def residents(seed: int, net: Network, count: int) -> tuple[Driver, ...]:
    """``count`` drivers who live in the town, no plate twice."""
    rng = stream(seed, "residents")
    living, working = homes(net), workplaces(net)
    habits, sums = tuple(_SHARE_OF), tuple(accumulate(_SHARE_OF.values()))
    plates: set[str] = set()
    drivers = []
    for number in range(count):
        habit = rng.choices(habits, cum_weights=sums)[0]
        plate, region = (VANITY[number], "US-CA") if number < len(VANITY) else _plate(rng, habit)
        while plate in plates:
            plate, region = _plate(rng, habit)
        plates.add(plate)
        drivers.append(_driver(rng, plate, region, habit, living, working))
    return tuple(drivers)


_HOURS: dict[Habit, tuple[int, int, int]] = {
    Habit.COMMUTER: (7 * 60 + 45, 17 * 60 + 25, 42),
    Habit.SHOP_WORKER: (9 * 60 + 40, 19 * 60 + 10, 45),
    Habit.NIGHT_WORKER: (21 * 60 + 40, 6 * 60 + 20, 20),
    Habit.AT_HOME: (10 * 60 + 30, 12 * 60 + 30, 70),
    Habit.STUDENT: (8 * 60 + 20, 15 * 60 + 10, 35),
    Habit.DELIVERY: (8 * 60, 16 * 60 + 30, 30),
    Habit.OCCASIONAL: (12 * 60, 16 * 60, 130),
}
"""Usual minute of leaving and of coming back, and by how many minutes drivers differ."""


def _driver(rng: Random, plate: str, region: str, habit: Habit, living: Picker, working: Picker) -> Driver:
    leaves, returns, differ = _HOURS[habit]
    home, work, errand = living.pick(rng), working.pick(rng), working.pick(rng)
    own = rng.gauss(0, differ)
    leaves, returns = round(leaves + own), round(returns + own * 0.7 + rng.gauss(0, differ * 1.1))
    if habit is not Habit.NIGHT_WORKER:
        leaves = min(max(300, leaves), 20 * 60)
        returns = min(max(leaves + 75, returns), 23 * 60)
    return Driver(plate, region, habit, home, work, leaves, returns, errand)


def trips(driver: Driver, readers: Readers, ways: Ways) -> tuple[Trip, ...]:
    """What the driver does in a week, as trips; those that no reader sees are kept only where the car parks at their end."""
    home, work, errand = driver.home, driver.work, driver.errand

    def there_and_back(days: int, chance: float, out: int, back: int, spread: int, to: int, parks: bool) -> list[Trip]:
        first = Trip(
            days, chance, out * MINUTE_MS, spread * MINUTE_MS, readers.along(ways, home, to), to if parks else -1
        )
        second = Trip(days, chance, back * MINUTE_MS, spread * MINUTE_MS, readers.along(ways, to, home), -1)
        return [first, second]

    out, back = driver.leaves, driver.returns
    match driver.habit:
        case Habit.COMMUTER | Habit.STUDENT:
            week = there_and_back(WEEKDAYS, 0.88, out, back, 7, work, parks=True)
            week += there_and_back(WEEKEND, 0.34, 11 * 60, 14 * 60, 80, errand, parks=False)
        case Habit.SHOP_WORKER:
            week = there_and_back(0b1111011, 0.72, out, back, 8, work, parks=True)
        case Habit.NIGHT_WORKER:
            week = there_and_back(0b0111110, 0.8, out, back, 6, work, parks=False)
        case Habit.AT_HOME:
            week = there_and_back(EVERY_DAY, 0.36, out, back, 45, errand, parks=False)
        case Habit.DELIVERY:
            week = _round(driver, readers, ways)
        case Habit.OCCASIONAL:
            week = there_and_back(EVERY_DAY, 0.15, out, back, 90, errand, parks=False)
    return tuple(trip for trip in week if trip.passes or trip.parks >= 0)


def _round(driver: Driver, readers: Readers, ways: Ways) -> list[Trip]:
    """A van's round: home, depot, errand, back to the depot, errand, home."""
    stops: Sequence[int] = (driver.home, driver.work, driver.errand, driver.work, driver.errand, driver.home)
    step = (driver.returns - driver.leaves) // (len(stops) - 1)
    legs = enumerate(pairwise(stops))
    return [
        Trip(WEEKDAYS, 0.85, (driver.leaves + i * step) * MINUTE_MS, 9 * MINUTE_MS, readers.along(ways, a, b), -1)
        for i, (a, b) in legs
    ]
