"""People: what a role may do, and who is asking.

A role says what somebody may do on a node at all; whether an act on an owner's reads is allowed is the gate's question. The
system administrator runs the machine and can read no plates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PERSON_ID = r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$"
"""The form of an account's id."""


NOBODYS = frozenset({"node", "operator", "request"})
"""Words that stand in records where no person took a step: nobody has them as an id."""


class Role(StrEnum):
    """A person's job on this node."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ALPR_ADMINISTRATOR = "alpr-administrator"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"
    COUNSEL = "counsel"
    SYSTEM_ADMINISTRATOR = "system-administrator"
    HOUSEHOLDER = "householder"


class Permission(StrEnum):
    """Something a role allows; each endpoint names the one it needs. ``EMERGENCIES``, ``PRODUCTIONS``, ``DOCUMENTS``,
    ``HOLDS`` and ``FEEDS``: to see.
    """

    SEARCH = "search"
    WIDE_SEARCH = "wide-search"
    LIVE = "live"
    CONSENT = "consent"
    CORRECT = "correct"
    SHARE_REQUEST = "share-request"
    SHARE_REVIEW = "share-review"
    SHARE_APPROVE = "share-approve"
    PROMISES = "promises"
    BRAKE = "brake"
    HOT_LISTS = "hot-lists"
    HOT_ENTRIES = "hot-entries"
    ALERTS = "alerts"
    EXPOSURE = "exposure"
    PRODUCTION = "production"
    COUNSEL = "counsel"
    EMERGENCY = "emergency"
    EMERGENCIES = "emergencies"
    PRODUCTIONS = "productions"
    DOCUMENTS = "documents"
    TRUTH = "truth"
    READERS = "readers"
    ACCESS_LOG = "access-log"
    OWN_ACCESS_LOG = "own-access-log"
    PEOPLE = "people"
    SETTINGS = "settings"
    HOLD = "hold"
    HOLD_DECIDE = "hold-decide"
    HOLDS = "holds"
    ALERT_FIGURES = "alert-figures"
    FEED = "feed"
    FEED_DECIDE = "feed-decide"
    FEEDS = "feeds"
    OWN_LIST = "own-list"


_P = Permission

PERMISSION_WORDS: Mapping[Permission, str] = {
    _P.SEARCH: "searching",
    _P.WIDE_SEARCH: "searching for people nobody named",
    _P.LIVE: "the live feed",
    _P.CONSENT: "consenting to searches",
    _P.CORRECT: "correcting reads",
    _P.SHARE_REQUEST: "requesting shares",
    _P.SHARE_REVIEW: "reviewing shares",
    _P.SHARE_APPROVE: "approving shares",
    _P.PROMISES: "deciding on promises and changes",
    _P.BRAKE: "pulling the brake",
    _P.HOT_LISTS: "looking after hot lists",
    _P.HOT_ENTRIES: "entries of hot lists",
    _P.ALERTS: "alerts",
    _P.EXPOSURE: "who received what",
    _P.PRODUCTION: "making productions",
    _P.COUNSEL: "counsel's decisions",
    _P.EMERGENCY: "declaring emergencies",
    _P.EMERGENCIES: "seeing emergencies",
    _P.PRODUCTIONS: "seeing productions",
    _P.DOCUMENTS: "seeing documents",
    _P.TRUTH: "proposing changes of what is true, retention among it",
    _P.READERS: "looking after readers",
    _P.ACCESS_LOG: "the access log of everybody",
    _P.OWN_ACCESS_LOG: "an access log of one's own",
    _P.PEOPLE: "looking after accounts",
    _P.SETTINGS: "running the node",
    _P.HOLD: "asking for holds",
    _P.HOLD_DECIDE: "deciding on holds",
    _P.HOLDS: "seeing holds",
    _P.ALERT_FIGURES: "figures of alerts",
    _P.FEED: "asking for feeds",
    _P.FEED_DECIDE: "deciding on feeds",
    _P.FEEDS: "seeing feeds",
    _P.OWN_LIST: "a list of one's own at home",
}
"""What each allows, as a sentence says it: "your role does not include …"."""

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(
        {
            _P.ALERT_FIGURES,
            _P.HOLDS,
            _P.SEARCH,
            _P.WIDE_SEARCH,
            _P.LIVE,
            _P.EMERGENCIES,
            _P.ALERTS,
            _P.HOT_ENTRIES,
            _P.OWN_ACCESS_LOG,
            _P.HOLD,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            _P.ALERT_FIGURES,
            _P.HOLDS,
            _P.HOLD,
            _P.HOLD_DECIDE,
            _P.SEARCH,
            _P.WIDE_SEARCH,
            _P.LIVE,
            _P.CONSENT,
            _P.ALERTS,
            _P.HOT_ENTRIES,
            _P.CORRECT,
            _P.OWN_ACCESS_LOG,
            _P.BRAKE,
            _P.EMERGENCY,
            _P.EMERGENCIES,
            _P.TRUTH,
        }
    ),
    Role.ALPR_ADMINISTRATOR: frozenset(
        {
            _P.FEEDS,
            _P.FEED,
            _P.ALERT_FIGURES,
            _P.HOLDS,
            _P.HOLD,
            _P.SHARE_REQUEST,
            _P.SHARE_REVIEW,
            _P.READERS,
            _P.HOT_LISTS,
            _P.HOT_ENTRIES,
            _P.CORRECT,
            _P.LIVE,
            _P.EXPOSURE,
            _P.OWN_ACCESS_LOG,
            _P.BRAKE,
            _P.EMERGENCIES,
            _P.PRODUCTION,
            _P.PRODUCTIONS,
            _P.DOCUMENTS,
            _P.TRUTH,
        }
    ),
    Role.PRIVACY_OFFICER: frozenset(
        {
            _P.FEEDS,
            _P.FEED_DECIDE,
            _P.ALERT_FIGURES,
            _P.HOLDS,
            _P.HOLD_DECIDE,
            _P.SHARE_REVIEW,
            _P.SHARE_APPROVE,
            _P.PROMISES,
            _P.BRAKE,
            _P.EXPOSURE,
            _P.ACCESS_LOG,
            _P.OWN_ACCESS_LOG,
            _P.EMERGENCIES,
            _P.PRODUCTION,
            _P.PRODUCTIONS,
            _P.DOCUMENTS,
            _P.TRUTH,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            _P.FEEDS,
            _P.ALERT_FIGURES,
            _P.HOLDS,
            _P.ACCESS_LOG,
            _P.EXPOSURE,
            _P.EMERGENCIES,
            _P.PRODUCTIONS,
            _P.DOCUMENTS,
            _P.OWN_ACCESS_LOG,
        }
    ),
    Role.COUNSEL: frozenset(
        {
            _P.FEEDS,
            _P.HOLDS,
            _P.HOLD,
            _P.HOLD_DECIDE,
            _P.COUNSEL,
            _P.PRODUCTION,
            _P.PRODUCTIONS,
            _P.DOCUMENTS,
            _P.OWN_ACCESS_LOG,
        }
    ),
    Role.SYSTEM_ADMINISTRATOR: frozenset({_P.PEOPLE, _P.TRUTH, _P.SETTINGS, _P.READERS, _P.OWN_ACCESS_LOG}),
    Role.HOUSEHOLDER: frozenset({_P.OWN_LIST, _P.FEED, _P.LIVE, _P.ALERTS, _P.READERS, _P.OWN_ACCESS_LOG}),
}

AGENCY_ROLES: tuple[Role, ...] = tuple(role for role in Role if role is not Role.HOUSEHOLDER)
"""The jobs there are at an agency. A home node has one person, the householder, and no other role (``core.household``)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account.

    ``organisation``: the agency whose account it is. ``employer``: who pays this person, which may be another (an ATF agent with
    an account inside a city's department once searched for ICE there). ``assignments``: task forces and other bodies the person
    works for at present.
    """

    id: str
    name: str
    role: Role
    organisation: str
    employer: str
    assignments: tuple[str, ...] = ()
    active: bool = True

    def may(self, permission: Permission) -> bool:
        """Whether this person's role allows ``permission``."""
        return self.active and permission in PERMISSIONS[self.role]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as the gate sees it: every organisation that would learn the answer."""

    person: str
    organisation: str
    employer: str
    assignments: tuple[str, ...] = ()
    on_behalf_of: str | None = None

    @staticmethod
    def of(person: Person, on_behalf_of: str | None = None) -> Asker:
        """``person`` asking, for another agency perhaps."""
        return Asker(person.id, person.organisation, person.employer, person.assignments, on_behalf_of)

    @staticmethod
    def agency(agency: str) -> Asker:
        """An agency as a whole, as the receiver of a share."""
        return Asker(f"agency:{agency}", agency, agency)

    @property
    def parties(self) -> tuple[str, ...]:
        """Every agency behind this asker, each once: organisation, employer, assignments, and the one asked for."""
        behind = (
            self.organisation,
            self.employer,
            *self.assignments,
            *((self.on_behalf_of,) if self.on_behalf_of else ()),
        )
        return tuple(dict.fromkeys(behind))
