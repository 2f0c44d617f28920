"""The people with accounts: each employed by somebody, hosted by somebody, and not always the same.

Two of them are there because of what happened elsewhere: an ATF agent with an account inside a city department searched for ICE
(Loveland, Colorado), and a task-force officer's account searched for a federal agent (Palos Heights, Illinois).
"""

from __future__ import annotations

from dataclasses import dataclass

from plateward.core.people import Person, Role
from plateward.demo.agencies import ATF, BCSC, COASTAL_TASK_FORCE, PORT_ALDER_PD, RIDGE_SO, RIDGEPORT_PD, SILVER_FLAT_PD


@dataclass(frozen=True, slots=True)
class Resident:
    """A person of the town with what the badge and the door plate say. ``shift``: local hours on duty, start and end."""

    person: Person
    title: str
    badge: str | None = None
    shift: tuple[int, int] | None = None


def _someone(
    user: str,
    name: str,
    role: Role,
    organisation: str,
    title: str,
    badge: str | None = None,
    shift: tuple[int, int] | None = None,
    employer: str | None = None,
    assignments: tuple[str, ...] = (),
) -> Resident:
    return Resident(Person(user, name, role, organisation, employer or organisation, assignments), title, badge, shift)


_R = Role
PEOPLE: tuple[Resident, ...] = (
    _someone("alvarez", "Marisol Alvarez", _R.OFFICER, RIDGEPORT_PD, "Detective, burglary", "2417", (8, 17)),
    _someone("okafor", "Daniel Okafor", _R.OFFICER, RIDGEPORT_PD, "Patrol officer", "2563", (6, 16)),
    _someone("marsh", "Dale Marsh", _R.OFFICER, RIDGEPORT_PD, "Patrol officer", "2388", (14, 24)),
    _someone("brandt", "Ingrid Brandt", _R.SUPERVISOR, RIDGEPORT_PD, "Sergeant, investigations", "2104", (8, 18)),
    _someone("nakamura", "Ken Nakamura", _R.ALPR_ADMINISTRATOR, RIDGEPORT_PD, "ALPR administrator"),
    _someone("whitfield", "Joan Whitfield", _R.PRIVACY_OFFICER, RIDGEPORT_PD, "Privacy officer, City of Ridgeport"),
    _someone("delacroix", "Simone Delacroix", _R.AUDITOR, RIDGEPORT_PD, "Auditor, City of Ridgeport"),
    _someone("vance", "Teresa Vance", _R.COUNSEL, RIDGEPORT_PD, "Deputy city attorney of Ridgeport"),
    _someone("pham", "Linh Pham", _R.SYSTEM_ADMINISTRATOR, RIDGEPORT_PD, "System administrator"),
    _someone("castellano", "Rita Castellano", _R.OFFICER, PORT_ALDER_PD, "Detective", "318", (8, 17)),
    _someone("hale", "Victor Hale", _R.ALPR_ADMINISTRATOR, PORT_ALDER_PD, "Lieutenant, ALPR administrator", "302"),
    _someone("osei", "Abena Osei", _R.PRIVACY_OFFICER, PORT_ALDER_PD, "City clerk and privacy officer"),
    _someone("quintero", "Luis Quintero", _R.OFFICER, RIDGE_SO, "Deputy, patrol", "D-771", (6, 18)),
    _someone("farrow", "Beth Farrow", _R.ALPR_ADMINISTRATOR, RIDGE_SO, "ALPR administrator"),
    _someone("lindqvist", "Per Lindqvist", _R.PRIVACY_OFFICER, RIDGE_SO, "Undersheriff, privacy officer", "D-002"),
    _someone(
        "tanner",
        "Cole Tanner",
        _R.OFFICER,
        RIDGE_SO,
        "Deputy, assigned to the Coastal Contraband Task Force",
        "D-824",
        (8, 18),
        assignments=(COASTAL_TASK_FORCE,),
    ),
    _someone(
        "reyes",
        "Anton Reyes",
        _R.OFFICER,
        RIDGEPORT_PD,
        "Special agent of ATF with a desk at Ridgeport Police",
        "ATF-5519",
        (9, 17),
        employer=ATF,
    ),
    _someone("keller", "Morgan Keller", _R.OFFICER, BCSC, "Analyst, Bulk Cash Smuggling Center", "HSI-40177", (7, 16)),
    _someone("boone", "Wade Boone", _R.OFFICER, SILVER_FLAT_PD, "Detective, Silver Flat, Nevada", "61", (8, 17)),
)

SEARCHING_OFFICER = "alvarez"
"""Who the demo searches as: the search that is allowed."""

FEDERAL_ANALYST = "keller"
"""Who the same search is refused to."""


def person(user: str) -> Person:
    """The person with that user id. Raises KeyError."""
    return _BY_ID[user].person


_BY_ID = {resident.person.id: resident for resident in PEOPLE}
