"""What the town's agency wrote down: usage policy, shift table, who was trained until when, the keyed list of staff's plates.

The documents say what is so, with two honest gaps that the checklist finds: nobody trained the federal agent who has a desk at
Ridgeport Police, and a patrol officer's training has run out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from plateward.core.share import ShareState
from plateward.demo import stories
from plateward.demo.agencies import RIDGEPORT_PD
from plateward.demo.chance import stream
from plateward.demo.hours import local
from plateward.demo.numbering import californian
from plateward.demo.people import Resident
from plateward.demo.town import Town
from plateward.formats.usage_policy import FILE_NAME
from plateward.oversight.audit.findings import listed_plate

UNTRAINED = "reyes"
"""Special agent of ATF: an account, and no training on record."""

LATE = "okafor"
"""Trained, but not in time: his training ran out a week ago."""

GAPS = (
    "Two lines of this town are not met on purpose, so that you see what that looks like: nobody trained the ATF agent who has a "
    "desk at Ridgeport Police, and a patrol officer's training ran out last week. Every other line is as it should be."
)
"""What whoever looks at the town's checklist is told of its gaps."""

SECRET = "the town keeps this to itself"
AHEAD = 120
"""Days for which shifts are planned, so that a demonstration that is started again later still has some."""

_POLICY = """\
# The usage and privacy policy of Ridgeport Police as a document that can be held against what is so. Everything is invented.
agency = "{agency}"
adopted = {adopted}
published = "https://ridgeport.example/alpr-policy"

[purposes]                       # Civ. Code 1798.90.51(b)(2)(A)
reasons = ["stolen-vehicle", "wanted-person", "missing-person", "violent-crime", "property-crime", "drug-crime", "traffic-crime",
  "threat", "court-order"]
text = "To investigate the crimes named, to find missing and endangered persons, and to answer courts. Never for immigration \
enforcement, never for reproductive or gender-affirming care, never to follow who takes part in a protest."

{users}
[monitoring]                     # (C)
audit_every_days = 31
reviewer = "Auditor of the City of Ridgeport"
approver = "Privacy officer of the City of Ridgeport"
text = "Every search is audited monthly by patterns, and a random sample is judged. Findings go to the chief and to the council."

[sharing]                        # (D)
recipients = [{recipients}]
text = "No sale. A share needs a review of right and need, two persons, and ends after a year. Never to federal agencies."

[custodian]                      # (E)
title = "ALPR administrator, Ridgeport Police"

[accuracy]                       # (F)
text = "Nobody acts on a read before a person has compared plate and picture. Misreads are corrected; the misread stays on record."

[retention]                      # (G)
minutes = {minutes}
why = "Of the cases of 2025 in which a read helped, nine in ten used one of the last thirty days."
destruction = "Dropped by the day, with a receipt in the ledger; pictures by destroying their key."

[data]                           # State Auditor 2019-118
types = ["plate reads", "pictures of vehicles", "hot lists of this agency and of its partners"]

[security]
assessed = {assessed}
contract = "The city runs the node on its own machine; no vendor holds the data or can reach it."
"""

_USERS = {
    "officer": ("Detectives and patrol officers", "Four hours before the first search, two hours every year."),
    "supervisor": ("Sergeants", "Four hours before the first search, two hours every year."),
    "alpr-administrator": ("ALPR administrator", "Eight hours before the first day, four every year."),
    "privacy-officer": (
        "Privacy officer of the city",
        "The law of data protection; no training to search, which they may not.",
    ),
    "auditor": ("Auditor of the city", "Auditing; no training to search, which they may not."),
    "counsel": ("Deputy city attorneys", "The law of evidence; no training to search, which they may not."),
    "system-administrator": ("System administrator", "Security of the machine; they see no plate and need no other."),
}


def write_policy(folder: Path, town: Town, minutes: int) -> None:
    """Put policy and audit inputs of the town's agency into the data folder. ``minutes``: how long reads are kept."""
    (folder / FILE_NAME).write_text(policy_text(town, minutes), encoding="utf-8")
    inputs = folder / "audit"
    inputs.mkdir(exist_ok=True)
    today, staff = local(town.now).date(), tuple(_staff(town))
    (inputs / "shifts.csv").write_text("\n".join(_shifts(staff, today)) + "\n", encoding="utf-8")
    (inputs / "training.csv").write_text("\n".join(_training(staff, today)) + "\n", encoding="utf-8")
    (inputs / "listed-plates.txt").write_text("\n".join(_listed(town.seed)) + "\n", encoding="utf-8")
    (inputs / "heads.txt").write_text(
        "# The chief has no account. Auditors count as heads by themselves.\n", encoding="utf-8"
    )


def policy_text(town: Town, minutes: int) -> str:
    """The agency's ``policy.toml``: it names who receives at the town's beginning."""
    receiving = sorted(
        {share.receiver for share in town.shares if share.owner == RIDGEPORT_PD and share.state is ShareState.ACTIVE}
    )
    users = "".join(
        f'[[users]]                        # (B)\nrole = "{role}"\ntitles = "{titles}"\ntraining = "{training}"\n\n'
        for role, (titles, training) in _USERS.items()
    )
    return _POLICY.format(
        agency=RIDGEPORT_PD, adopted="2026-01-12", users=users, minutes=minutes,
        recipients=", ".join(f'"{agency}"' for agency in receiving),
        assessed=(local(town.now).date() - timedelta(days=140)).isoformat(),
    )  # fmt: skip


def _staff(town: Town) -> Iterator[Resident]:
    return (one for one in town.people if one.person.organisation == RIDGEPORT_PD and one.shift is not None)


def _shifts(staff: Iterable[Resident], today: date) -> Iterator[str]:
    yield "user,date,begins,ends"
    people = tuple(staff)
    for ago in range(-AHEAD, 46):
        day = today - timedelta(days=ago)
        for one in people:
            begins, ends = one.shift or (0, 0)
            yield f"{one.person.id},{day},{begins:02d}:00,{ends % 24:02d}:00"


def _training(staff: Iterable[Resident], today: date) -> Iterator[str]:
    yield "user,until"
    for one in staff:
        if one.person.id == LATE:
            yield f"{one.person.id},{today - timedelta(days=7)}"
        elif one.person.id != UNTRAINED:
            yield f"{one.person.id},{today + timedelta(days=200)}"


def _listed(seed: int) -> Iterator[str]:
    """Plates of staff and relations: four made-up ones, and the woman's, whom an officer's household once included."""
    rng = stream(seed, "staff plates")
    yield SECRET
    for plate in (*(californian(rng) for _ in range(4)), stories.FOLLOWED):
        yield listed_plate(plate, SECRET.encode())
