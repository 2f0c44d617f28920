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

from plateward.registry.forms import Form, form_of
from plateward.registry.states import STATES
from plateward.registry.statewords import find_state


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
    r"|^former(?= \w+ county| \w+ [A-Z]{2} PD)"
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
        r"|demo(?: org| cam| account| agency)?|sandbox|walk-?through"
        r"|(?:le|flock|campus security)(?: flock)? training)\b[\])]?", re.I)),
    ("second-account", re.compile(rf"[\[(]\s*(?:{_PRODUCT}|\d)\s*[\])]", re.I)),
    ("second-account", re.compile(rf"(?:(?<=\bPD)|(?<=\bSO)|(?<=\bFD)|(?<=\bPolice)|-)\s*-?\s*(?:{_PRODUCT}|\d)\s*$", re.I)),
    ("second-account", re.compile(r"\s(?:ravens?(?: v?\d+(?:\.\d+)?)?|condors?|insight)\s*$", re.I)),
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
    "intel": "intelligence", "info": "information", "svc": "service", "svcs": "services", "admin": "administration",
    "norcal": "northern california", "socal": "southern california", "rr": "railroad", "rwy": "railway",
}  # fmt: skip

_WORD = re.compile(r"[a-z0-9]+")


def clean(name: str) -> str:
    """``name`` in one spelling of its signs: straight quotes, plain dashes, single spaces, no accents, entities or controls."""
    text = html.unescape(unicodedata.normalize("NFKC", name))
    text = text.translate(
        {
            0x2018: "'",
            0x2019: "'",
            0x201C: '"',
            0x201D: '"',
            0x2013: "-",
            0x2014: "-",
            0x2212: "-",
            0xFFFD: "'",
            0x92: "'",
        }
    )
    text = "".join(ch for ch in unicodedata.normalize("NFKD", text) if not unicodedata.combining(ch))
    text = "".join(ch if ch.isprintable() else " " for ch in text).replace("_", " ")
    return re.sub(r"\s+", " ", text).strip()


def normal(text: str) -> str:
    """``text`` as lower-case words with abbreviations written out: the form in which names are compared."""
    folded = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    folded = re.sub(r"(\w)'s\b", r"\1s", folded).replace("s'", "s").replace("'", "").replace("&", " and ")
    folded = re.sub(r"\b(?:[a-z]\.){2,}", lambda found: found.group().replace(".", ""), folded)
    folded = _SPACED.sub(lambda found: found.group().replace(" ", ""), folded)
    words = [_ABBREVIATED.get(word, word) for word in _WORD.findall(folded)]
    return " ".join(words)


_SPACED = re.compile(r"\b[a-z](?: [a-z]){2,}\b")
"""Initials with spaces between them: F B I."""

_DIRECTIONS = {"n": "North", "no": "North", "s": "South", "so": "South", "e": "East", "w": "West"}
_DIRECTION = re.compile(r"^(?:([NSEW])\.?|([NS]o)\.) (?=[A-Z][a-z]{2,}|[A-Z]{3,} )")
"""A direction cut short before a place's name, as in So. San Francisco; the same letters behind a name are a sheriff's office."""


def parse(name: str) -> ParsedName:
    """Take ``name`` apart. Never fails: what it cannot tell it leaves None, and the form ``Form.NONE``."""
    text = clean(name)
    full = _DIRECTION.sub(lambda found: f"{_DIRECTIONS[(found[1] or found[2]).lower()]} ", text)
    whole, flags = _strip_flags(_from_slug(full))
    kept, county = _strip_county(without_initials(whole))
    state, rest, states = find_state(kept)
    form, body = form_of(normal(rest), state)
    if state is None and county is None and form is Form.NONE and states:
        body = normal(kept)
    return ParsedName(text, whole, form, body, state, states, county, flags)


def without_initials(text: str) -> str:
    """``text`` without initials in brackets that only repeat the name: Orange County Intelligence Assessment Center (OCIAC)."""
    return _ACRONYM.sub(" ", text)


_SLUG = re.compile(r"^-?[a-z0-9]+(?:-[a-z0-9]+){2,}$")
_ACRONYM = re.compile(rf"[\[(]\s*(?!(?:{'|'.join(STATES)})\b)[A-Z]{{2,6}}\s*[\])]")


def _from_slug(text: str) -> str:
    """A portal's slug as a name: ``alameda-county-ca-so`` is Alameda County CA SO."""
    if not _SLUG.match(text):
        return text
    words = text.strip("-").split("-")
    words = [
        word.upper() if at > 0 and word.upper() in STATES and word not in {"la", "de", "co", "in"} else word
        for at, word in enumerate(words)
    ]
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
    return f"{before} {text[found.end() :]}".strip(), normal(found.group(1))
