"""Hot lists: wanted plates with owner, kind, reason and an end; and the rules by which a read fits an entry.

A list is owned by one agency. It matches that agency's reads, and another owner's only under a share that permits ``hits``. A list
that is older than its limit stops matching: stops of innocent people began with entries that nobody had taken off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateward.core.alert import VERIFY, How
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.people import Asker
from plateward.core.plate import look_alike
from plateward.core.policy import Circumstances, Policy
from plateward.core.purpose import IMMIGRATION, OWN_LIST, REPRODUCTIVE_CARE
from plateward.core.read import Read
from plateward.core.share import Act

IMMIGRATION_VIOLATOR = "immigration-violator"
"""The kind of NCIC's Immigration Violator File; promises name it as ``context.hotlist``."""

KINDS: Mapping[str, tuple[str, str]] = {
    "stolen-vehicle": ("Stolen or felony vehicle", "stolen-vehicle"),
    "stolen-plate": ("Stolen or lost plate", "stolen-vehicle"),
    "wanted-person": ("Wanted person", "wanted-person"),
    "missing-person": ("Missing or endangered person", "missing-person"),
    "amber-alert": ("AMBER, silver or blue alert", "missing-person"),
    "protection-order": ("Protection order", "violent-crime"),
    "violent-person": ("Violent person, gang or terrorist watch", "threat"),
    "sex-offender": ("Registered sex offender", "violent-crime"),
    "supervised-release": ("Supervised release", "wanted-person"),
    "traffic-crime": ("Hit and run or traffic crime", "traffic-crime"),
    "property-crime": ("Property crime", "property-crime"),
    "drug-crime": ("Drug crime", "drug-crime"),
    "other": ("Other", "wanted-person"),
    IMMIGRATION_VIOLATOR: ("Immigration violator", "wanted-person"),
}
"""Kinds of wanted plates: what people read, and the reason (``core.purpose``) for which such a plate is looked for."""

HOUSEHOLD = "household"
EVERY_KIND: Mapping[str, tuple[str, str]] = {**KINDS, HOUSEHOLD: ("On your list", OWN_LIST)}
"""The same with the one kind of a household's own list, where nobody is wanted. An agency's list cannot be of it."""

NCIC_CODES: Mapping[str, str] = {
    "V": "stolen-vehicle", "R": "stolen-vehicle", "F": "stolen-vehicle", "SFV": "stolen-vehicle",
    "P": "stolen-plate", "LP": "stolen-plate", "CNVP": "stolen-plate",
    "W": "wanted-person", "WP": "wanted-person",
    "M": "missing-person", "MP": "missing-person",
    "H": "protection-order", "PO": "protection-order",
    "T": "violent-person", "VGT": "violent-person",
    "X": "sex-offender", "SOR": "sex-offender",
    "C": "supervised-release", "SR": "supervised-release",
    "N": IMMIGRATION_VIOLATOR, "IV": IMMIGRATION_VIOLATOR, "IVF": IMMIGRATION_VIOLATOR, "IMM": IMMIGRATION_VIOLATOR,
    "DF": IMMIGRATION_VIOLATOR, "EDF": IMMIGRATION_VIOLATOR,
}  # fmt: skip
"""File codes as state extracts of NCIC write them: the first letter of a record's NIC number, or a state's own short word."""

AT_HOME = (
    "Compare the picture with the plate on your list: an alert is a machine's guess, and stops are for the police."
)


def verify_of(kind: str) -> str:
    """What stands beside each alert of a plate of ``kind``, wherever it is shown."""
    return AT_HOME if kind == HOUSEHOLD else VERIFY


LATE_AFTER = timedelta(minutes=10)
"""A read that comes in later than this after it was made is recorded when it matches, and never sounds."""

UNCONFIRMED = timedelta(hours=4)
"""An entry made by hand matches at once, and after this only when a second person has confirmed it."""

UNCONFIRMED_AGAIN = timedelta(days=30)
"""Before this a plate does not match unconfirmed for another four hours, however often it is taken off and entered again."""

LONGEST = timedelta(days=366)
"""No entry is wanted longer without somebody saying so again."""

MAX_REASON = 300

_NIC_OF_IMMIGRATION = re.compile(r"\bN[0-9]{9}(?![0-9])")
_IMMIGRATION = re.compile(
    r"\b(?:immig(?:ration)?|imm[. ]*viol(?:ators?|ations?)?|deport(?:ed|ation|able|ee)|order of removal|removal order|undocumented"
    r"|(?:illegal|criminal|removed|removable|absconding) aliens?|aliens? (?:absconder|removed|felon|at large)"
    r"|(?:illegal|unlawful) re-?entry|admin(?:istrative)?\.? warrant|ice (?:warrant|detainer|hold|fugitive)|nseers)\b",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(r"\b(?:ivf|ero|i\.?c\.?e)\b", re.IGNORECASE)
_CARE = re.compile(r"\b(?:abortion|reproductive|gender[- ]affirming|miscarriage)\b", re.IGNORECASE)
_INNOCENT = re.compile(
    r"\bice (?:cream|rink|impersonat\w*|house|box|skat\w*)|\b(?:black|on) ice\b"
    r"|\bimpersonat\w* (?:of )?(?:an? )?(?:ice|immigration)\b(?: (?:agent|officer))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ListedPlate:
    """A wanted plate. ``region``: ISO 3166-2 (``US-CA``), a country alone, or None. ``priority``: 1 (highest) to 3."""

    plate: str
    region: str | None
    kind: str
    reason: str
    case: str | None
    priority: int
    expires: datetime

    def __post_init__(self) -> None:
        if self.kind not in EVERY_KIND:
            raise BadInput(f"{self.kind[:40]!r} is no kind: choose one of {', '.join(KINDS)}", where="kind")
        if not 1 <= self.priority <= 3:
            raise BadInput("priority is 1 (highest), 2 or 3", where="priority")
        if not self.reason.strip() or len(self.reason) > MAX_REASON or not self.reason.isprintable():
            raise BadInput(f"say why the plate is wanted, in at most {MAX_REASON} characters", where="reason")


@dataclass(frozen=True, slots=True)
class Fit:
    """How a read fits an entry. ``confidence``: 0 to 1, lowered for what does not agree. ``same_state``: None where unknown."""

    how: How
    same_state: bool | None
    confidence: float


def fit(read: Read, plate: str, region: str | None, *, alike: bool = True) -> Fit | None:
    """How ``read`` fits a listed ``plate`` of ``region``, or None. ``alike``: whether look-alikes count on that list.

    The same text counts with the reader's confidence; each character that only looks alike takes 40 % off; another reading that the
    reader held possible counts with its own probability; another state halves it.
    """
    if read.plate == plate:
        how, confidence = How.EXACT, read.confidence
    elif alike and look_alike(read.plate) == look_alike(plate):
        how, confidence = How.LOOK_ALIKE, read.confidence * 0.6 ** _differing(read.plate, plate)
    else:
        held = max((probability for text, probability in read.candidates if text == plate), default=0.0)
        if held <= 0.0:
            return None
        how, confidence = How.CANDIDATE, held
    same = same_state(read.region, region)
    return Fit(how, same, round(confidence * (0.5 if same is False else 1.0), 4))


def _differing(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))


def same_state(read: str | None, listed: str | None) -> bool | None:
    """Whether two regions are the same; None where one is not known or only its country is."""
    if read is None or listed is None:
        return None
    if read == listed:
        return True if "-" in read else None
    if read.partition("-")[0] != listed.partition("-")[0]:
        return False
    return False if "-" in read and "-" in listed else None


def kind_of(
    code: str, words: str, default: str, own_codes: Mapping[str, str] | None = None, record: str = "", nic: str = ""
) -> str:
    """The kind that a record's file ``code``, its ``words`` or the whole ``record`` say; ``default`` where they say nothing.

    What names the Immigration Violator File is that, whatever else the record or ``own_codes`` (of a layout) call it. ``nic``: the
    record's number, whose first letter is its file where no code is given. Raises BadInput for a code that nobody has explained.
    """
    named = {NCIC_CODES.get(told) for told in (code, re.split(r"[-_ /]", code)[0], nic[:1])}
    if IMMIGRATION_VIOLATOR in named or concerns_immigration(f"{code} {words}", record):
        return IMMIGRATION_VIOLATOR
    code = code or nic[:1]
    if not code:
        return default
    for codes in (own_codes or {}, NCIC_CODES):
        if code in codes:
            return codes[code]
    plain = re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")
    if plain in KINDS:
        return plain
    raise BadInput(f"the code {code[:20]!r} is not explained: say in [kinds] what it stands for", where="kind")


def concerns_immigration(words: str, record: str = "") -> bool:
    """Whether ``words``, or a whole ``record``, speak of immigration enforcement, or hold an NIC number of that file.

    Three-letter words count in ``words`` only: elsewhere they are plates and makes of cars.
    """
    meant = _INNOCENT.sub(" ", words)
    return bool(
        _IN_WORDS.search(meant)
        or _IMMIGRATION.search(meant)
        or (record and (_NIC_OF_IMMIGRATION.search(record) or _IMMIGRATION.search(_INNOCENT.sub(" ", record))))
        or _NIC_OF_IMMIGRATION.search(words)
    )


def reasons_of(kind: str, words: str = "") -> tuple[str, ...]:
    """The reasons that an entry of ``kind`` stands for; a rule that forbids any of them forbids the entry."""
    found = [EVERY_KIND[kind][1]]
    if kind == IMMIGRATION_VIOLATOR:
        found.append(IMMIGRATION)
    if _CARE.search(words):
        found.append(REPRODUCTIVE_CARE)
    return tuple(found)


def decide_entry(policy: Policy, asker: Asker, owner: str, kind: str, words: str, now: datetime) -> Decision:
    """Whether ``asker`` may put a plate of ``kind`` on a list of ``owner``. The refusal names the promises."""
    return _decide(policy, asker, owner, Act.HOTLIST_ENTRY, kind, words, now)


def decide_hits(policy: Policy, list_owner: str, owner: str, kind: str, now: datetime) -> Decision:
    """Whether a list of ``list_owner`` may match reads of ``owner`` for entries of ``kind``."""
    return _decide(policy, Asker.agency(list_owner), owner, Act.HITS, kind, "", now)


def _decide(policy: Policy, asker: Asker, owner: str, act: Act, kind: str, words: str, now: datetime) -> Decision:
    """An immigration file is decided as what it says it is and as what it is for: a promise against either refuses it."""
    circumstances = Circumstances(hotlist=kind)
    listed, *further = reasons_of(kind, words)
    decision = policy.decide(asker, owner, act, listed, now, circumstances)
    for reason in further:
        if not decision.allowed:
            break
        if reason == IMMIGRATION:
            _, promises = policy.judge(asker, owner, act, reason, True, circumstances)
            if not promises:
                continue
        decision = policy.decide(asker, owner, act, reason, now, circumstances)
    return decision


def require_reason(words: str) -> None:
    """Raise BadInput unless ``words`` say why a plate is wanted."""
    if len(words.strip()) < 4 or not re.search(r"[a-zA-Z]{3}", words):
        raise BadInput("say why the plate is wanted, so that another person understands it", where="reason")


def limit_of_age(own: timedelta, *others: timedelta | None) -> timedelta:
    """How old a list may be: its own limit, or a shorter one that a law sets."""
    return min((own, *(other for other in others if other is not None)))
