"""What there is to discover in the town's reads, each with how to find it.

Told after things that happened elsewhere: burglars who drive from town to town, a wrong stop after a misread plate, an officer
who followed a woman through the readers for weeks, a patient from a state that would like to know where she went.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plateward.core.ids import milliseconds
from plateward.core.place import Position
from plateward.demo.agencies import PORT_ALDER_PD, RIDGEPORT_PD
from plateward.demo.chance import stream
from plateward.demo.hours import at_local, local
from plateward.demo.readers import Readers, readers
from plateward.demo.streets import Network, network
from plateward.demo.traffic import Passing

BURGLAR = "7ABC128"
"""Seen minutes from three burglaries in two towns. A reader once took its last character for a B."""
PATTERN = "7AB?12*"
"""What a witness remembered of it; two innocent cars match too."""
NEIGHBOUR, COURIER = "7ABD124", "7ABG121"
STOLEN = "8KDB018"
"""Stolen from a driveway; half of its reads are look-alike misreads, so that only a look-alike search finds them all."""
STOLEN_SEEN_AS = ("8K0B018", "8KDB0I8", "BKDB018", "8KD8018")
FOLLOWED = "9FRC274"
"""The car of the woman whom one officer looks up again and again."""
TWO_HOMES = "8LMN503"
"""Sleeps in Port Alder from Sunday to Wednesday and in Ridgeport from Thursday to Saturday."""
PATIENT, PATIENT_REGION = "RKT4127", "US-TX"
"""From Texas, twice at the women's clinic on Orchard Avenue."""
CONVOY = ("47381K2", "52206R7")
"""Two trucks that leave the foundry at night, forty seconds apart, and cross the pass."""

PLATES = frozenset({BURGLAR, NEIGHBOUR, COURIER, STOLEN, FOLLOWED, TWO_HOMES, PATIENT, *CONVOY})


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that was reported to the police: case number, whose case, where, when, and a line of the report."""

    case: str
    agency: str
    offence: str
    at: datetime
    place: str
    position: Position
    words: str


def _day(now: datetime, ago: int) -> date:
    return local(now).date() - timedelta(days=ago)


def incidents(now: datetime) -> tuple[Incident, ...]:
    """The reports behind the stories, oldest first."""
    net = network()
    rows = (
        (22, 2, 45, RIDGEPORT_PD, "burglary", "Sierra & 8th", "Back door forced, safe taken. A grey sedan waited."),
        (
            14,
            3,
            10,
            PORT_ALDER_PD,
            "burglary",
            "Vine & D",
            "Office broken into. Same tools. Grey sedan, 7AB something 12.",
        ),
        (9, 13, 30, RIDGEPORT_PD, "vehicle theft", "Laurel & 3rd", f"White SUV {STOLEN} taken from the driveway."),
        (
            6,
            2,
            20,
            RIDGEPORT_PD,
            "burglary",
            "Grand & 5th",
            "Pharmacy, rear window. Witness: plate 7AB?12 and one more.",
        ),
    )
    prefix = {RIDGEPORT_PD: "R", PORT_ALDER_PD: "PA"}
    return tuple(
        Incident(
            f"{prefix[agency]}{day:%y}-{int(f'{day:%j}') * 23 + hour:05d}",
            agency,
            offence,
            at_local(day, hour, minute),
            place,
            net.crossings[net.crossing(place)].position,
            words,
        )
        for ago, hour, minute, agency, offence, place, words in rows
        for day in (_day(now, ago),)
    )


class _Teller:
    """Collects the passings of one story after another."""

    def __init__(self, seed: int, now: datetime, days: int) -> None:
        self._net: Network = network()
        self._readers: Readers = readers()
        self.rng = stream(seed, "stories")
        self.now = now
        self.days = days
        self.passings: list[Passing] = []

    def seen(
        self, ago: int, clock: str, reader: str, plate: str, region: str = "US-CA", seen_as: str = "", near: str = ""
    ) -> None:
        """One sighting ``ago`` days back at local ``clock``: ``HH:MM``, seconds left to chance, or ``HH:MM:SS``."""
        hour, minute, *second = (int(part) for part in clock.split(":"))
        at = at_local(_day(self.now, ago), hour, minute, second[0] if second else self.rng.randrange(60))
        x = y = 0.0
        if near:
            here = self._net.crossings[self._net.crossing(near)]
            x, y = here.x + self.rng.uniform(-40, 40), here.y + self.rng.uniform(-40, 40)
        ms = milliseconds(at) + self.rng.randrange(1_000)
        self.passings.append((ms, self._readers.index[reader], plate, region, seen_as, x, y))

    def about(self, clock: str, spread: int) -> str:
        """``clock`` give or take ``spread`` minutes."""
        hour, minute = (int(part) for part in clock.split(":"))
        total = max(0, min(24 * 60 - 1, hour * 60 + minute + self.rng.randrange(-spread, spread + 1)))
        return f"{total // 60:02d}:{total % 60:02d}"

    def weekday(self, ago: int) -> int:
        """Monday is 0."""
        return _day(self.now, ago).weekday()


def _burglar(t: _Teller) -> None:
    """Before and after each scene, within four minutes' drive; and by day, where it lives."""
    for ago, clock, reader, seen_as in (
        (22, "02:31", "rpd-laurel-6th-w", ""),
        (22, "02:36", "rpd-orchard-7th-e", ""),
        (22, "02:58", "rpd-grand-9th-s", "7ABC12B"),
        (14, "02:52", "papd-alder-d-s", ""),
        (14, "02:55", "papd-church-c-e", ""),
        (14, "03:22", "papd-vine-c-w", ""),
        (6, "02:04", "rpd-laurel-6th-w", ""),
        (6, "02:09", "rpd-grand-6th-e", "7A8C128"),
        (6, "02:31", "rpd-grand-3rd-n", ""),
    ):
        t.seen(ago, clock, reader, BURGLAR, seen_as=seen_as)
    for ago in range(1, t.days):
        if t.weekday(ago) in (1, 4):
            t.seen(ago, t.about("17:50", 25), "rcso-pine-flat-e", BURGLAR)
        if t.weekday(ago) == 5:
            t.seen(ago, t.about("00:50", 20), "rcso-car-31", BURGLAR, near="Quarry Junction")


def _neighbours(t: _Teller) -> None:
    for ago in range(1, t.days):
        if t.weekday(ago) < 5:
            t.seen(ago, t.about("07:42", 9), "rpd-sierra-4th-w", NEIGHBOUR)
            t.seen(ago, t.about("17:31", 12), "rpd-mission-3rd-e", NEIGHBOUR)
            if ago % 2:
                t.seen(ago, t.about("06:20", 8), "papd-alder-d-n", COURIER)
                t.seen(ago, t.about("06:34", 4), "rpd-main-2nd-n", COURIER)


def _stolen(t: _Teller) -> None:
    for ago in range(10, t.days):
        if t.weekday(ago) < 5:
            t.seen(ago, t.about("08:05", 8), "rpd-sierra-4th-w", STOLEN)
    t.seen(9, "13:52", "rpd-sierra-4th-w", STOLEN)
    sightings = (
        (9, "14:03", "rpd-main-2nd-s", STOLEN_SEEN_AS[0]),
        (9, "14:11", "rcso-the-bluffs-s", STOLEN_SEEN_AS[1]),
        (8, "22:40", "papd-cannery-b-w", ""),
        (5, "23:15", "papd-alder-b-s", STOLEN_SEEN_AS[2]),
        (3, "21:48", "papd-juniper-d-s", STOLEN_SEEN_AS[3]),
        (1, "22:20", "rcso-mill-creek-e", ""),
    )
    for ago, clock, reader, seen_as in sightings:
        t.seen(ago, clock, reader, STOLEN, seen_as=seen_as)


def _followed(t: _Teller) -> None:
    for ago in range(1, t.days):
        if t.weekday(ago) < 5:
            t.seen(ago, t.about("08:12", 6), "rpd-laurel-6th-w", FOLLOWED)
            t.seen(ago, t.about("16:55", 10), "rpd-laurel-6th-e", FOLLOWED)
        if t.weekday(ago) == 2:
            t.seen(ago, t.about("19:05", 5), "rpd-harbor-5th-n", FOLLOWED)
        if t.weekday(ago) == 6:
            t.seen(ago, t.about("10:20", 5), "rpd-orchard-7th-e", FOLLOWED)


def _two_homes(t: _Teller) -> None:
    for ago in range(1, t.days):
        night = t.about("01:40", 70)
        if t.weekday(ago) in (0, 1, 2, 6):
            t.seen(ago, night, "papd-car-4", TWO_HOMES, near="Juniper & C")
        else:
            t.seen(ago, night, "rpd-car-17", TWO_HOMES, near="Laurel & 8th")
        if t.weekday(ago) == 3:
            t.seen(ago, t.about("18:20", 15), "rpd-main-2nd-n", TWO_HOMES)
        if t.weekday(ago) == 6:
            t.seen(ago, t.about("20:10", 15), "rpd-main-2nd-s", TWO_HOMES)


def _visits(t: _Teller) -> None:
    for ago in (18, 11):
        t.seen(ago, "08:41", "rcso-pine-flat-w", PATIENT, PATIENT_REGION)
        t.seen(ago, "08:55", "rpd-orchard-7th-e", PATIENT, PATIENT_REGION)
        t.seen(ago, "15:36", "rpd-laurel-6th-e", PATIENT, PATIENT_REGION)
    for ago in (26, 19, 12, 5):
        for plate, clock in zip(CONVOY, ("23:12:08", "23:12:47"), strict=True):
            t.seen(ago, clock, "rcso-mill-creek-e", plate)
        for plate, clock in zip(CONVOY, ("23:27:31", "23:28:10"), strict=True):
            t.seen(ago, clock, "rcso-oak-gate-n", plate)
        for plate, clock in zip(CONVOY, ("23:35:02", "23:35:44"), strict=True):
            t.seen(ago, clock, "rcso-pine-flat-e", plate)


def passings(seed: int, now: datetime, days: int) -> Iterable[Passing]:
    """Every sighting of the stories in the ``days`` before ``now``, in no order (some may lie outside: the caller cuts)."""
    teller = _Teller(seed, now, days)
    for tell in (_burglar, _neighbours, _stolen, _followed, _two_homes, _visits):
        tell(teller)
    return teller.passings
