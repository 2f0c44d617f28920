"""The town's hot list, and the searches its people made before the visitor came: most as they should be, some not.

They are given as values; whoever starts the demo decides what to make of them (a hot list, events in the ledger, an audit file).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plateward.core.purpose import Purpose
from plateward.demo import stories
from plateward.demo.agencies import ATF, HSI, PORT_ALDER_PD, RIDGE_SO, RIDGEPORT_PD
from plateward.demo.chance import stream
from plateward.demo.hours import at_local, local
from plateward.demo.numbering import californian
from plateward.demo.people import PEOPLE, Resident


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry of the hot list: the owner who wants the plate, why, for which case, until when."""

    owner: str
    plate: str
    region: str
    reason: str
    case: str
    words: str
    added_by: str
    expires: datetime


def wanted(now: datetime) -> tuple[Wanted, ...]:
    """The plates that are wanted at ``now``; one entry is about to expire."""
    cases = {incident.at: incident for incident in stories.incidents(now)}
    oldest, _, theft, newest = (cases[at] for at in sorted(cases))
    soon, later = now + timedelta(hours=20), now + timedelta(days=14)
    return (
        Wanted(RIDGEPORT_PD, stories.STOLEN, "US-CA", "stolen-vehicle", theft.case, theft.words, "alvarez", later),
        Wanted(RIDGEPORT_PD, stories.BURGLAR, "US-CA", "property-crime", newest.case, "Grey sedan.", "alvarez", later),
        Wanted(
            RIDGEPORT_PD,
            "6TRV880",
            "US-CA",
            "missing-person",
            f"R{oldest.at:%y}-00418",
            "Silver alert.",
            "okafor",
            soon,
        ),
        Wanted(
            PORT_ALDER_PD,
            "402K86",
            "US-NV",
            "wanted-person",
            f"PA{oldest.at:%y}-00977",
            "Warrant.",
            "castellano",
            later,
        ),
        Wanted(
            RIDGE_SO,
            stories.CONVOY[0],
            "US-CA",
            "property-crime",
            f"S{oldest.at:%y}-01203",
            "Copper.",
            "quintero",
            later,
        ),
    )


@dataclass(frozen=True, slots=True)
class PriorSearch:
    """A search somebody made: what an access record would hold. ``on_duty`` is for whoever checks the checker."""

    user: str
    at: datetime
    pattern: str
    purpose: Purpose
    on_duty: bool


def prior_searches(seed: int, now: datetime, days: int = 30) -> tuple[PriorSearch, ...]:
    """About a hundred and fifty searches of the ``days`` before ``now``, oldest first.

    Nearly all are ordinary: a case, a plate or two, on duty. Officer Marsh looked up one woman's car on most days, without a case
    and sometimes off duty. Deputy Tanner searched for HSI, special agent Reyes for ICE from his desk at Ridgeport Police.
    """
    found = [*_ordinary(seed, now, days), *_following(seed, now, days), *_for_others(now, days)]
    return tuple(sorted((s for s in found if s.at < now), key=lambda s: (s.at, s.user)))


_ORDINARY = (
    ("stolen-vehicle", "Vehicle theft"),
    ("property-crime", "Burglary"),
    ("violent-crime", "Robbery"),
    ("traffic-crime", "Hit and run"),
    ("missing-person", "Missing person"),
)


def _ordinary(seed: int, now: datetime, days: int) -> list[PriorSearch]:
    rng = stream(seed, "searches")
    working = [
        r for r in PEOPLE if r.shift is not None and r.person.id in {"alvarez", "okafor", "castellano", "quintero"}
    ]
    found = []
    for ago in range(1, days):
        for resident in working:
            for _ in range(rng.randrange(0, 3)):
                reason, offence = rng.choice(_ORDINARY)
                at = _on_duty(now, ago, resident, rng.random())
                case = f"{_PREFIX[resident.person.organisation]}{at:%y}-{rng.randrange(100, 9_000):05d}"
                purpose = Purpose(reason, offence, case, offence)
                found.append(PriorSearch(resident.person.id, at, californian(rng), purpose, on_duty=True))
    return found


_PREFIX = {RIDGEPORT_PD: "R", PORT_ALDER_PD: "PA", RIDGE_SO: "S"}


def _on_duty(now: datetime, ago: int, resident: Resident, part: float) -> datetime:
    begins, ends = resident.shift or (8, 17)
    minutes = begins * 60 + int(part * (ends - begins) * 60)
    return at_local(local(now).date() - timedelta(days=ago), minutes // 60, minutes % 60)


def _following(seed: int, now: datetime, days: int) -> list[PriorSearch]:
    rng = stream(seed, "following")
    words = ("welfare check", "investigation, welfare", "officer safety", "welfare")
    found = []
    for ago in range(1, min(days, 26)):
        for _ in range(rng.choices((0, 1, 2), (2, 5, 3))[0]):
            off = rng.random() < 0.3
            hour = rng.choice((1, 9, 11)) if off else rng.randrange(14, 24)
            at = at_local(local(now).date() - timedelta(days=ago), hour, rng.randrange(60))
            typed = rng.choice(words)
            reason = "threat" if "safety" in typed else "missing-person"
            found.append(PriorSearch("marsh", at, stories.FOLLOWED, Purpose(reason, typed), on_duty=not off))
    return found


def _for_others(now: datetime, days: int) -> list[PriorSearch]:
    rows = (
        ("tanner", 17, 10, "52206R7", "drug-crime", "assist other agency", HSI),
        ("tanner", 12, 11, "47381K2", "drug-crime", "assist other agency, CCTF", None),
        ("tanner", 4, 9, "8JVW355", "immigration-enforcement", "assist HSI, ERO request", HSI),
        ("reyes", 15, 14, "7DKP219", "immigration-enforcement", "ICE", None),
        ("reyes", 8, 15, "6MZT870", "violent-crime", "firearms trafficking", ATF),
    )
    today = local(now).date()
    return [
        PriorSearch(
            user,
            at_local(today - timedelta(days=ago), hour, 20),
            plate,
            Purpose(reason, words, on_behalf_of=behalf),
            True,
        )
        for user, ago, hour, plate, reason, words, behalf in rows
        if ago < days
    ]
