"""The rules of a household's node: one person with a camera or two, nothing kept but the own list, nothing that leaves.

An agency's node is held to promises because it watches the public; a person at home has no business with other people's movements
at all. So what an agency does with two people, a household cannot do with one: it is refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import StrEnum

from plateward.core.people import Permission


class Profile(StrEnum):
    """Whose node it is. It is chosen before the first start and never changes."""

    AGENCY = "agency"
    HOME = "home"


PLACE = r"^(US(-[A-Z]{2})?|(?!US)[A-Z]{2}(-[A-Z0-9]{1,3})?)?$"
"""Where a household is: ISO 3166-1 or 3166-2, or nothing. A state of the United States has two letters."""

MOST_PLATES = 200
"""A list that is longer is not of family and visitors."""

MOST_NAME = 60
"""Characters of the name that a plate has on the list."""

MOST_MINUTES = 30 * 1440
"""How long reads of listed plates are kept at most."""

LEAST_CONFIDENCE = 0.4
"""A match below this is somebody else's plate too often: two characters that only look alike, or a doubtful reading."""

_P = Permission

NOT_AT_HOME: Mapping[str, frozenset[Permission]] = {
    "A home node has one person: nobody else can have an account, a role or a say.": frozenset(
        {_P.PEOPLE, _P.CONSENT, _P.SETTINGS}
    ),
    "A home node shares nothing, with nobody: what its cameras see stays in the house.": frozenset(
        {
            _P.SHARE_REQUEST,
            _P.SHARE_REVIEW,
            _P.SHARE_APPROVE,
            _P.DOCUMENTS,
            _P.EXPOSURE,
            _P.BRAKE,
            _P.FEED_DECIDE,
            _P.FEEDS,
        }
    ),
    "A home node looks for the plates on your own list alone; it has no other search.": frozenset(
        {_P.SEARCH, _P.WIDE_SEARCH, _P.CORRECT}
    ),
    "A home node hands nothing over, in no emergency and under no process: ask a lawyer when you are asked.": frozenset(
        {_P.EMERGENCY, _P.EMERGENCIES, _P.PRODUCTION, _P.PRODUCTIONS, _P.COUNSEL}
    ),
    "A home node wants nobody: it has your own list, and no lists of wanted plates.": frozenset(
        {_P.HOT_LISTS, _P.HOT_ENTRIES, _P.ALERT_FIGURES}
    ),
    "A home node keeps nothing past its time, for no case: there are no holds.": frozenset(
        {_P.HOLD, _P.HOLD_DECIDE, _P.HOLDS}
    ),
    "A home node has one person, and what takes two is not done by one.": frozenset(
        {_P.TRUTH, _P.PROMISES, _P.ACCESS_LOG}
    ),
}
"""What no household does, each with the sentence that says so."""

NOTHING_ELSE = "A home node has one person, and does no more than tell that person of the plates on the own list."
"""Of whatever else agencies do."""


def why_not_at_home(permission: Permission) -> str:
    """The sentence that refuses what ``permission`` allows elsewhere."""
    return next((sentence for sentence, held in NOT_AT_HOME.items() if permission in held), NOTHING_ELSE)


OWN_NAMES = (".local", ".lan", ".home.arpa", ".internal", ".home")
"""What names in a network of one's own end in, where they have a dot."""


def in_own_network(host: str) -> bool:
    """Whether ``host`` is in a network of one's own, by its address or the form of its name; nobody is asked."""
    name = host.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(OWN_NAMES)
    return address.is_private or address.is_loopback or address.is_link_local


WHAT_INSTEAD = "plateward home --help says what there is at home."
