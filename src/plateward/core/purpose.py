"""Purposes: why somebody looks. The reason comes from the policy's list; two kinds of purpose exist only to be refused.

California Civ. Code 1798.90.52(a) asks that every access record state the purpose, and .52(b) that information be used only for
the purposes in the published policy. A free text cannot be checked, so a reason is one of a list; the person's own words stay
beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plateward.core.errors import BadInput

IMMIGRATION = "immigration-enforcement"
REPRODUCTIVE_CARE = "reproductive-care"

REASONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "stolen-vehicle": (
        "Stolen vehicle or plate",
        ("stolen", "vehicle theft", "auto theft", "carjacking", "stolen plate", "gta"),
    ),
    "wanted-person": ("Wanted person or warrant", ("wanted", "warrant", "fugitive", "apprehension")),
    "missing-person": (
        "Missing or endangered person",
        ("missing", "endangered", "amber", "silver alert", "welfare check", "abduction"),
    ),
    "violent-crime": (
        "Violent crime",
        (
            "homicide",
            "murder",
            "shooting",
            "assault",
            "robbery",
            "kidnapping",
            "rape",
            "trafficking",
            "weapon",
            "domestic violence",
        ),
    ),
    "property-crime": (
        "Property crime",
        ("burglary", "theft", "larceny", "vandalism", "arson", "shoplifting", "fraud", "catalytic"),
    ),
    "drug-crime": ("Drug crime", ("narcotics", "drug", "dui drugs")),
    "traffic-crime": (
        "Hit and run or traffic crime",
        ("hit and run", "hit run", "collision", "crash", "dui", "reckless", "pursuit"),
    ),
    "threat": ("Threat to life or to public safety", ("threat", "bomb", "terror", "officer safety")),
    "court-order": ("Court order or discovery", ("court order", "subpoena", "discovery", "search warrant return")),
    "audit": ("Audit, accuracy check or correction", ("audit", "accuracy", "correction", "verify read")),
    IMMIGRATION: (
        "Immigration enforcement",
        (
            "immigration",
            "ice",
            "ero",
            "deportation",
            "removal order",
            "undocumented",
            "border crossing",
            "civil immigration",
        ),
    ),
    REPRODUCTIVE_CARE: (
        "Reproductive or gender-affirming care",
        ("abortion", "reproductive", "gender affirming", "miscarriage"),
    ),
}
"""Id of a reason: what people read, and the words by which it is recognised in what somebody types."""

REFUSABLE = frozenset({IMMIGRATION, REPRODUCTIVE_CARE})
"""Reasons on no policy's list: recognised, so that they are refused as what they are rather than as unclear."""

OWN_LIST = "own-list"
"""The one reason of a household: a plate on its own list. No agency has it, so it is on nobody's list and never recognised."""

KNOWN = frozenset(REASONS) | {OWN_LIST}
"""Every reason that a record or a promise can name."""

MAX_TEXT = 200

_INNOCENT_ICE = re.compile(r"\bice (?:cream|rink|impersonat\w*|house|box|skat\w*)|\b(?:black|on) ice\b")
"""Words in which "ice" is not the agency: real reasons such as "ICE impersonation" are lawful ones."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why: a reason of the list, the person's own words, case number, offence, and the agency on whose behalf."""

    reason: str
    words: str = ""
    case: str | None = None
    offence: str | None = None
    on_behalf_of: str | None = None

    def __post_init__(self) -> None:
        if self.reason not in KNOWN:
            raise BadInput(f"{self.reason!r} is not a reason: choose one of {', '.join(listed())}", where="reason")
        for name in ("words", "case", "offence", "on_behalf_of"):
            value = getattr(self, name)
            if value is not None and (len(value) > MAX_TEXT or not value.isprintable()):
                raise BadInput(f"at most {MAX_TEXT} printable characters", where=name)

    @staticmethod
    def of(
        typed: str, *, case: str | None = None, offence: str | None = None, on_behalf_of: str | None = None
    ) -> Purpose:
        """Recognise the reason in what was typed, by id or by its words. Raises BadInput with the list when there is none."""
        return Purpose(recognise(typed, offence), typed.strip(), case or None, offence or None, on_behalf_of or None)


def listed() -> tuple[str, ...]:
    """The reasons a policy may list, in the order people read them."""
    return tuple(reason for reason in REASONS if reason not in REFUSABLE)


def title(reason: str) -> str:
    """What people read for a reason's id."""
    return "A plate on one's own list" if reason == OWN_LIST else REASONS[reason][0]


def recognise(typed: str, offence: str | None = None) -> str:
    """The id of the reason somebody means. What must be refused wins over what may be allowed: "warrant for ICE" is for ICE."""
    plain = _plain(typed)
    if not plain:
        raise BadInput(f"say why you search: one of {', '.join(listed())}", where="reason")
    named = {reason for reason, (_, words) in REASONS.items() if _names(f"{plain} {_plain(offence or '')}", words)}
    chosen = {reason for reason in REASONS if plain in (_plain(reason), _plain(title(reason)))}
    for candidates in (named & REFUSABLE, chosen, named):
        for reason in REASONS:
            if reason in candidates:
                return reason
    raise BadInput(f"{typed.strip()[:60]!r} says too little: choose one of {', '.join(listed())}", where="reason")


def _names(text: str, words: Iterable[str]) -> bool:
    meant = _INNOCENT_ICE.sub(" ", text)
    return any(re.search(rf"\b{word}" if len(word) > 3 else rf"\b{word}\b", meant) for word in words)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
