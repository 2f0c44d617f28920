"""Taking a name apart as vendors print it: flags, state, form and body. Pure rules over text, no registry.

``Wright Township PD (Luzerne County) PA PD [Inactive]`` is the police of *wright township*, county *luzerne*, in PA, and inactive.
The rules know the habits of vendors' lists: a state before, behind or within the name, ``PD`` put behind everything, accounts of
one agency for several products, and notes of administrators.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from plateward.registry.states import STATES
from plateward.registry.statewords import find_state


class Form(StrEnum):
    """What a name says its bearer is. The value ends the ids of local agencies."""

    POLICE = "pd"
    SHERIFF = "so"
    PROSECUTOR = "da"
    CONSTABLE = "constable"
    MARSHAL = "marshal"
    CAMPUS = "campus"
    TRIBAL = "tribal"
    TRANSIT = "transit"
    HOSPITAL = "hospital"
    TASK_FORCE = "tf"
    FUSION = "fusion"
    DISPATCH = "dispatch"
    FIRE = "fire"
    CORRECTIONS = "corrections"
    PROBATION = "probation"
    COURT = "court"
    HOUSING = "housing"
    PARKS = "parks"
    STATE = "state"
    GOVERNMENT = "gov"
    PRIVATE = "private"
    NONE = "org"


@dataclass(frozen=True, slots=True)
class ParsedName:
    """A name taken apart. ``body`` is the part that identifies, in lower case; ``whole`` the name without its flags.

    ``state`` is None where the name gives none; ``states`` holds what it may mean where that is in doubt (``LA PD``).
    """

    text: str
    whole: str
    form: Form
    body: str
    state: str | None = None
    states: tuple[str, ...] = ()
    county: str | None = None
    flags: frozenset[str] = frozenset()


_NOTE = (
    r"in-?active|de-?activated?|decommissioned(?: org)?|dead/old|defunct|no longer (?:used|active)|revoked mou"
)
_UNUSED = (
    r"do ?n[o'o]?t use|don'?t use|do no use|do not use|no not use|not in use|dnu|please delete|delete(?: this)?|made in error"
    r"|error"
)
_PRODUCT = (
    r"ravens?(?: v?\d+(?:\.\d+)?)?|condors?(?: demo)?|falcons?|flex|lr|axon|tech|insight(?: omnia)?|trailers?|mobile|wing"
    r"|custom hotlist|new business|original|old|expansion|disp|lpr|alpr|cameras?|wal-?mart grant|nova|outpost"
)
_FLAGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("federal-label", re.compile(r"[\[(]\s*(?:federal|fed)\s*[\])]", re.I)),
    ("vendor-label", re.compile(r"[\[(]\s*vendor\s*[\])]", re.I)),
    ("inactive", re.compile(rf"[\[(]?\b(?:{_NOTE})\b[\])]?", re.I)),
    ("duplicate", re.compile(r"[\[(]?\b(?:duplicated?(?: account| org)?|dupe|dup)\b[\])]?", re.I)),
    ("do-not-use", re.compile(rf"[\[(]?\s*\b(?:{_UNUSED})\b\s*[\])]?", re.I)),
    ("test", re.compile(
        r"[\[(]?\b(?:(?:sales |le |org )?test(?:ing)?(?: org| account| agency)?(?=\W|$)(?!\s+(?:center|lab|range|track))"
        r"|demo(?: org| cam| account| agency)?|sandbox|walk-?through|(?:le|flock|campus security)(?: flock)? training)\b[\])]?", re.I)),
    ("second-account", re.compile(rf"[\[(]\s*(?:{_PRODUCT}|\d)\s*[\])]", re.I)),
    ("second-account", re.compile(rf"(?:(?<=\bPD)|(?<=\bSO)|(?<=\bFD)|(?<=\bPolice)|-)\s*-?\s*(?:{_PRODUCT}|\d)\s*$", re.I)),
    ("second-account", re.compile(rf"\s(?:ravens?(?: v?\d+(?:\.\d+)?)?|condors?|insight)\s*$", re.I)),
    ("", re.compile(r"[\[(]\s*(?:law enforcement|le)\s*[\])]", re.I)),
)  # fmt: skip

_ABBREVIATED = {
    "ft": "fort", "mt": "mount", "ste": "st", "saint": "st", "sainte": "st", "twp": "township", "twsp": "township",
    "boro": "borough", "univ": "university", "intl": "international", "hts": "heights", "spgs": "springs", "cnty": "county",
    "cty": "county", "dept": "department", "dpt": "department", "depart": "department", "deparment": "department",
    "departement": "department", "ctr": "center", "centre": "center", "auth": "authority", "comm": "community",
    "metro": "metropolitan", "polic": "police", "polce": "police", "sherriff": "sheriff", "sherriffs": "sheriffs",
    "sherif": "sheriff", "sherifs": "sheriffs", "sheriffs'": "sheriffs", "constables": "constable", "const": "constable",
    "pct": "precinct", "prec": "precinct", "atty": "attorney", "govt": "government", "assn": "association",
    "assoc": "association", "prosector": "prosecutor", "hosp": "hospital", "taskforce": "task force", "natl": "national",
    "dist": "district", "jud": "judicial", "disptach": "dispatch", "bldg": "building", "hwy": "highway", "reg": "regional",
}  # fmt: skip

_WORD = re.compile(r"[a-z0-9]+")


def clean(name: str) -> str:
    """``name`` in one spelling of its signs: straight quotes, plain dashes, single spaces, no entities or control characters."""
    text = html.unescape(unicodedata.normalize("NFKC", name))
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0x2212: "-", 0xFFFD: "'", 0x92: "'"})
    text = "".join(ch if ch.isprintable() else " " for ch in text).replace("_", " ")
    return re.sub(r"\s+", " ", text).strip()


def normal(text: str) -> str:
    """``text`` as lower-case words with abbreviations written out: the form in which names are compared."""
    folded = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    folded = re.sub(r"(\w)'s\b", r"\1s", folded).replace("s'", "s").replace("'", "").replace("&", " and ")
    folded = re.sub(r"\b(?:[a-z]\.){2,}", lambda found: found.group().replace(".", ""), folded)
    words = [_ABBREVIATED.get(word, word) for word in _WORD.findall(folded)]
    return " ".join(words)


def parse(name: str) -> ParsedName:
    """Take ``name`` apart. Never fails: what it cannot tell it leaves None, and the form ``Form.NONE``."""
    text = clean(name)
    whole, flags = _strip_flags(_from_slug(text))
    kept, county = _strip_county(_ACRONYM.sub(" ", whole))
    state, rest, states = find_state(kept)
    form, body = form_of(normal(rest), state)
    if state is None and county is None and form is Form.NONE and states:
        body = normal(kept)
    return ParsedName(text, whole, form, body, state, states, county, flags)


_SLUG = re.compile(r"^-?[a-z0-9]+(?:-[a-z0-9]+){2,}$")
_ACRONYM = re.compile(rf"[\[(]\s*(?!(?:{'|'.join(STATES)})\b)[A-Z]{{2,6}}\s*[\])]")


def _from_slug(text: str) -> str:
    """A portal's slug as a name: ``alameda-county-ca-so`` is Alameda County CA SO."""
    if not _SLUG.match(text):
        return text
    words = text.strip("-").split("-")
    words = [word.upper() if at > 0 and word.upper() in STATES and word not in {"la", "de", "co", "in"} else word for at, word in enumerate(words)]
    return " ".join(words)


def _strip_flags(text: str) -> tuple[str, frozenset[str]]:
    flags: set[str] = set()
    for flag, pattern in _FLAGS:
        text, count = pattern.subn(" ", text)
        if count and flag:
            flags.add(flag)
    text = re.sub(r"[\[(]\s*[\])]", " ", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"^[\s\-:,]+|[\s\-:,(\[]+$", "", text), frozenset(flags)


_COUNTY = re.compile(r"[\[(]\s*([A-Za-z. ']+?)\s+(?:county|co\.?)\s*[\])]", re.I)
_COUNTY_BEHIND = re.compile(r"\s-\s*([A-Za-z. ']+?)\s+(?:county|co\.?)\s*$", re.I)


def _strip_county(text: str) -> tuple[str, str | None]:
    """A county that only says which of several namesakes is meant: ``Springfield Township PD (Hamilton Co)``."""
    found = _COUNTY.search(text)
    if found is None and re.search(r"\b(?:pd|police)\b", text, re.I):
        found = _COUNTY_BEHIND.search(text)
    if found is None:
        return text, None
    before = text[: found.start()]
    if not before.strip() or re.search(r"\b(?:so|sheriff\S*)\s*$", before, re.I):
        return text, None
    return f"{before} {text[found.end():]}".strip(), normal(found.group(1))


_PLACE_WITH_CAMPUS_WORD = re.compile(
    r"\b(?:college|university|campus) (?:park|station|city|heights|place|hill|corner|grove|springs|view)\b|^state college\b"
)
_POLICE = re.compile(
    r"\b(?:police(?: and public safety)?(?: services)?(?: department| division| bureau)?|division of police|department of police"
    r"|bureau of police|pd|p d|department of public safety|department of pub safety|public safety(?: services)?(?: department)?"
    r"|dps|campus security|law enforcement)\b"
)
_RULES: tuple[tuple[Form, re.Pattern[str]], ...] = (
    (Form.TASK_FORCE, re.compile(
        r"\b(?:task force|dtf|strike force|auto theft (?:task force|team)|auto theft|vehicle theft|narcotics (?:team|unit|enforcement)"
        r"|counter narcotics|interagency narcotics|anti gang|major (?:crimes?|case) (?:unit|squad)|drug enforcement team|drug unit"
        r"|burglary suppression|special investigations bureau|tf)\b")),
    (Form.PROSECUTOR, re.compile(
        r"\b(?:district attorneys?|das? office|prosecut\w+|states? attorneys?|county attorneys?|city attorneys?|commonwealths? attorneys?"
        r"|solicitors? office|attorney generals?|da(?:s)?$|da office)\b")),
    (Form.FUSION, re.compile(r"\b(?:fusion center|intelligence (?:center|exchange)|rtic|information (?:and analysis )?center)\b")),
    (Form.DISPATCH, re.compile(
        r"\b(?:911|e911|9 1 1|dispatch|communications? center|recc|ecc|ecom911|emergency communications?|communications)\b")),
    (Form.TRIBAL, re.compile(
        r"\b(?:tribes?|tribal|rancheria|nation|reservation|band of|pueblo of|indians?(?= (?:community|tribe|nation|reservation|colony))"
        r"|indians|iipay|potawatomi|potowatomi)\b")),
    (Form.HOSPITAL, re.compile(r"\b(?:hospitals?|medical center|health|healthcare|health system|medical)\b")),
    (Form.CAMPUS, re.compile(
        r"\b(?:university|college|isd|cisd|schools?|academy|campus|polytechnic|institute of technology|cal state|csu|suny|cuny|csulb"
        r"|uc (?:irvine|davis|berkeley|riverside|merced|santa|san|los)|ucla|ucsd|ucsf|lsu|seminary|cal maritime|georgia tech"
        r"|virginia tech|texas tech|community college)\b")),
    (Form.TRANSIT, re.compile(
        r"\b(?:airports?(?: authority)?|rapid transit|transit|railroad|railway|port authority|port of \w+"
        r"|transportation authority)\b")),
    (Form.HOUSING, re.compile(r"\bhousing authority\b")),
    (Form.PROBATION, re.compile(r"\b(?:probations?|parole)\b")),
    (Form.CORRECTIONS, re.compile(
        r"\b(?:corrections?|correctional|jails?|detention center|prisons?|criminal justice authority)\b")),
    (Form.COURT, re.compile(r"\b(?:courts?|judicial (?:district|circuit))\b")),
    (Form.FIRE, re.compile(
        r"\b(?:fire (?:department|district|authority|protection|rescue|marshals?)|fire|fd|arson|ambulance district|emergency services)\b")),
    (Form.CONSTABLE, re.compile(r"\bconstable\b")),
    (Form.MARSHAL, re.compile(r"\b(?:(?:city|town) )?marshal(?:l)?s?(?: office| department)?$|\bmarshals? office\b")),
    (Form.SHERIFF, re.compile(r"\b(?:sheriffs?(?: (?:office|department|ofc|police))?|so|s o|cso|(?<=county )sd)\b")),
    (Form.PARKS, re.compile(r"\b(?:metro ?parks|park district|parks district|forest preserves?(?: district)?|state parks?|parks and rec\w*"
                            r"|parks department|conservation (?:district|commission)|county conservation|open spaces?|park rangers?|parks)\b")),
    (Form.PRIVATE, re.compile(
        r"^inc (?!village)|\b(?:hoa|homeowners?|residents? association|master association|association|apartments?|mall|shopping|(?<!^)inc|llc|corp|corporation"
        r"|corporate|country club|yacht club|golf|towing|tow|repo\w*|recovery|hotel|church|insurance|company|companies|properties"
        r"|auctioneers|autobody|security|neighborhood(?: watch)?|estates|financial|ranch|condominiums?|villas|marina)\b")),
)  # fmt: skip
_KEEP_WORDS = frozenset({
    Form.TASK_FORCE, Form.FUSION, Form.TRIBAL, Form.CAMPUS, Form.TRANSIT, Form.HOSPITAL, Form.HOUSING, Form.PARKS, Form.PRIVATE,
    Form.COURT, Form.DISPATCH, Form.FIRE, Form.CORRECTIONS, Form.PROBATION,
})  # fmt: skip
"""Forms whose words are part of what identifies the bearer: only ``PD`` behind them is dropped."""
_PROSECUTOR_WORDS = re.compile(
    r"\b(?:office of the |the )?(?:district attorneys?|prosecut\w+(?: attorneys?)?|states? attorneys?|attorneys?|commonwealths? attorneys?"
    r"|solicitors?|das?)(?: office)?(?: of)?\b|\boffice\b"
)
_STATE_WORDS = re.compile(
    r"^(?:state(?! college| line| center)|department of|department|bureau of|division of|office of|highway (?:patrol|police|safety)|board of|commission|attorney general|fish and"
    r"|game and|wildlife|alcohol\w*|capitol(?! heights)|park police|dot|dmv|dps|doc|law enforcement|tollway|turnpike|lottery|military|parks and wildlife"
    r"|national guard|gaming|marine (?:resources|fisheries|patrol)|franchise|financial|statewide|public safety)\b"
)


def form_of(text: str, state: str | None) -> tuple[Form, str]:
    """What a normalised name without its state says its bearer is, and the body that identifies it."""
    text = re.sub(r"^(?:the|inc) ", "", text)
    for form, pattern in _RULES:
        if form is Form.HOSPITAL and (of_state := _of_state(text, state)):
            return Form.STATE, of_state
        if not pattern.search(text) or (form is Form.CAMPUS and _campus_is_a_place(text)):
            continue
        if form is Form.TRIBAL and re.search(r"\bindian (?:river|hill|wells|head|trail|lake|creek|rocks)\b", text):
            continue
        if _police_of_a_place(form, text):
            continue
        return form, _body(form, pattern, text)
    if _POLICE.search(text):
        return Form.POLICE, place_of(_POLICE.sub(" ", text))
    government = re.match(r"^(?:city|town|village|borough|township|county|commission) of\b", text)
    if government or re.search(r"\b(?:county|board of commissioners|county commission|township|borough)$", text):
        return Form.GOVERNMENT, place_of(text)
    return Form.NONE, place_of(text)


def _campus_is_a_place(text: str) -> bool:
    return not re.search(
        r"\b(?:university|college|campus|isd|schools?|academy)\b", _PLACE_WITH_CAMPUS_WORD.sub(" ", text)
    ) and bool(_PLACE_WITH_CAMPUS_WORD.search(text))


_ENDS_IN_POLICE = re.compile(r"\b(?:pd|police|police department|public safety|dps|department of public safety)$")
_SURELY_PRIVATE = re.compile(r"\b(?:hoa|homeowners?|association|inc|llc|corp|corporation|mall|hotel|insurance|company|country club)$")


def _police_of_a_place(form: Form, text: str) -> bool:
    """A place's own police whose place is named like a form: Palos Verdes Estates PD, Golf PD, Reservation PD, Health PD."""
    if not _ENDS_IN_POLICE.search(text):
        return False
    place = _ENDS_IN_POLICE.sub("", text).strip()
    if form is Form.PRIVATE:
        return not _SURELY_PRIVATE.search(place)
    return form in {Form.TRANSIT, Form.COURT} and place in {"port", "airport", "transit"}


def _of_state(text: str, state: str | None) -> str:
    """The body of a state's own agency: ``department of corrections`` out of ``california department of corrections``; or empty."""
    if state is None or re.search(r"\b(?:university|college|county|school)\b", text):
        return ""
    body = re.sub(rf"^(?:state of )?(?:{STATES[state]}|{state.lower()}) ", "", text)
    body = re.sub(rf" (?:of|for the state of) {STATES[state]}$", "", body)
    return place_of(re.sub(r" (?:pd|police department)$", "", body)) if _STATE_WORDS.match(body) else ""


def _body(form: Form, pattern: re.Pattern[str], text: str) -> str:
    if form is Form.PROSECUTOR:
        text = re.sub(r"\b(?:pd|police department)\b", " ", text)
        return place_of(_PROSECUTOR_WORDS.sub(" ", text))
    if form in _KEEP_WORDS:
        dropped = re.sub(
            r"\b(?:police(?: services)?(?: department)?|pd|public safety(?: department)?|department of public safety|campus(?= |$)"
            r"|law enforcement|safety and security(?: department)?|dps)\b|(?<=force) so$",
            " ", text,
        )  # fmt: skip
        return place_of(dropped) or place_of(text)
    if form is Form.SHERIFF:
        text = re.sub(r"\bcso\b", "county so", text)
    return place_of(_POLICE.sub(" ", pattern.sub(" ", text)))


def place_of(text: str) -> str:
    """``text`` without the words that only frame a place: city of, town of, department, office."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"^(?:county of) (.+)$", r"\1 county", text)
    text = re.sub(r"^township of (.+)$", r"\1 township", text)
    text = re.sub(r"^(?:the )?(?:city|town|village|borough) of (?:the )?(?=\w)", "", text)
    text = re.sub(r"\bco\b", "county", text)
    text = re.sub(r"(?: (?:department|office|of|and|the|at))+$", "", text)
    return re.sub(r"^(?:(?:department of|office of|of|the) )+", "", text)
