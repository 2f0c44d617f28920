"""What a name says its bearer is (police, sheriff, campus, task force ...), and which part of the name identifies it.

Rules over normalised words (``names.normal``), tried in order: a district attorney's office stays one when a list puts ``PD``
behind it, and a place's own police stay police when the place is named like something else (Park Ridge, Golf, College Station).
"""

from __future__ import annotations

import re
from enum import StrEnum

from plateward.registry.states import STATES


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


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b")


_PLACE_WITH_CAMPUS_WORD = re.compile(
    r"\b(?:college|university|campus) (?:park|station|city|heights|place|hill|corner|grove|springs|view)\b|^state college\b"
)
_POLICE = re.compile(
    r"\b(?:police(?: and public safety)?(?: services)?(?: department| division| bureau)?|division of police|department of police"
    r"|bureau of police|pd|p d|department of public safety|department of pub safety|public safety(?: services)?(?: department)?"
    r"|dps|campus security|law enforcement)\b"
)
_RULES: tuple[tuple[Form, re.Pattern[str]], ...] = (
    (Form.TASK_FORCE, _any(
        "task force", "dtf", "tf", "strike force", "auto theft", "vehicle theft",
        "narcotics (?:team|unit|enforcement)", "counter narcotics",
        "interagency narcotics", "anti gang", "major (?:crimes?|case) (?:unit|squad)", "drug enforcement team", "drug unit",
        "burglary suppression", "special investigations bureau",
    )),
    (Form.PROSECUTOR, _any(
        "district attorneys?", "das? office", r"prosecut\w+", "states? attorneys?", "county attorneys?", "city attorneys?",
        "commonwealths? attorneys?", "solicitors? office", "attorney generals?", "da(?:s)?$",
    )),
    (Form.FUSION, _any("fusion center", "intelligence (?:center|exchange)", "rtic", "information (?:and analysis )?center")),
    (Form.DISPATCH, _any(
        "911", "e911", "9 1 1", "dispatch", "recc", "ecc", "ecom911", "emergency communications?", "communications(?: center)?",
    )),
    (Form.TRIBAL, _any(
        "tribes?", "tribal", "rancheria", "nation", "reservation", "band of", "pueblo of", "indians", "iipay", "pot[ao]watomi",
        "indian(?= (?:community|tribe|nation|reservation|colony))",
    )),
    (Form.HOSPITAL, _any("hospitals?", "medical(?: center)?", "health(?: system)?", "healthcare")),
    (Form.CAMPUS, _any(
        "university", "college", "isd", "cisd", "schools?", "academy", "campus", "polytechnic",
        "institute of technology", "cal state",
        "csu", "suny", "cuny", "csulb", "uc (?:irvine|davis|berkeley|riverside|merced|santa|san|los)", "ucla", "ucsd",
        "ucsf", "lsu",
        "seminary", "cal maritime", "georgia tech", "virginia tech", "texas tech",
    )),
    (Form.TRANSIT, _any(
        "airports?(?: authority)?", "rapid transit", "transit", "railroad", "railway", "port authority",
        r"port of \w+", "transportation authority",
    )),
    (Form.HOUSING, _any("housing authority")),
    (Form.PROBATION, _any("probations?", "parole")),
    (Form.CORRECTIONS, _any("corrections?", "correctional", "jails?", "detention center", "prisons?",
    "criminal justice authority")),
    (Form.COURT, _any("courts?", "judicial (?:district|circuit)")),
    (Form.FIRE, _any(
        "fire(?: (?:department|district|authority|protection|rescue|marshals?))?", "fd", "arson",
        "ambulance district", "emergency services",
    )),
    (Form.CONSTABLE, _any("constable")),
    (Form.MARSHAL, re.compile(r"\b(?:(?:city|town) )?marshal(?:l)?s?(?: office| department)?$|\bmarshals? office\b")),
    (Form.SHERIFF, _any(
        "sheriffs?(?: and)? coroners?(?: (?:office|department))?", "sheriffs?(?: (?:office|department|ofc|police))?", "so", "s o",
        "cso", "(?<=county )sd",
    )),
    (Form.PARKS, _any(
        "metro ?parks", "parks? district", "forest preserves?(?: district)?", "state parks?", r"parks and rec\w*",
        "parks department",
        "conservation (?:district|commission)", "county conservation", "open spaces?", "park rangers?", "parks",
    )),
    (Form.PRIVATE, _any(
        "hoa", "homeowners?", "association", "apartments?", "mall", "shopping", "(?<!^)inc", "llc", "corp",
        "corporation", "corporate",
        "country club", "yacht club", "golf", "towing", "tow", "repo", r"reposs\w+", "recovery", "hotel", "church",
        "insurance", "company",
        "companies", "properties", "auctioneers", "autobody", "security", "neighborhood(?: watch)?", "estates",
        "financial", "ranch",
        "condominiums?", "villas", "marina",
    )),
)  # fmt: skip
_KEEP_WORDS = frozenset({
    Form.TASK_FORCE, Form.FUSION, Form.TRIBAL, Form.CAMPUS, Form.TRANSIT, Form.HOSPITAL, Form.HOUSING, Form.PARKS, Form.PRIVATE,
    Form.COURT, Form.DISPATCH, Form.FIRE, Form.CORRECTIONS, Form.PROBATION,
})  # fmt: skip
"""Forms whose words are part of what identifies the bearer: only ``PD`` behind them is dropped."""
_PROSECUTOR_WORDS = re.compile(
    r"\b(?:office of the |the )?(?:district attorneys?|prosecut\w+(?: attorneys?)?|states? attorneys?|attorneys?"
    r"|commonwealths? attorneys?|solicitors?|das?)(?: office)?(?: of)?\b|\boffice\b"
)
_STATE_WORDS = re.compile(
    "^" + _any(
        "state(?! college| line| center)", "department of", "department", "bureau of", "division of", "office of",
        "highway (?:patrol|police|safety)", "board of", "commission", "attorney general", "fish and", "game and",
        "wildlife", r"alcohol\w*",
        "capitol(?! heights)", "park police", "dot", "dmv", "dps", "doc", "law enforcement", "tollway", "turnpike",
        "lottery", "military",
        "parks and wildlife", "national guard", "gaming", "marine (?:resources|fisheries|patrol)", "franchise",
        "financial", "statewide",
        "public safety",
    ).pattern
)  # fmt: skip


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
_SURELY_PRIVATE = re.compile(
    r"\b(?:hoa|homeowners?|association|inc|llc|corp|corporation|mall|hotel|insurance|company|country club)$"
)


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
        body = place_of(dropped) or place_of(text)
        return _campus_written_out(body) if form is Form.CAMPUS else body
    if form is Form.SHERIFF:
        text = re.sub(r"\bcso\b", "county so", text)
    return place_of(_POLICE.sub(" ", pattern.sub(" ", text)))


_CALIFORNIA_STATE = (
    "bakersfield|channel islands|chico|dominguez hills|east bay|fresno|fullerton|long beach|los angeles|maritime|monterey bay"
    "|northridge|sacramento|san bernardino|san bernadino|san marcos|stanislaus"
)


def _campus_written_out(body: str) -> str:
    """A campus under one name: UC Irvine is the University of California's, CSU and Cal State Fullerton one."""
    body = re.sub(r"^uc (?=irvine|davis|berkeley|riverside|merced|santa|san|los)", "university of california ", body)
    body = re.sub(
        rf"^(?:csu|cal state|california state university) (?=(?:{_CALIFORNIA_STATE})\b)",
        "california state university ",
        body,
    )
    body = body.replace("san bernadino", "san bernardino").replace("independent school district", "isd")
    return re.sub(r"^(university of [a-z ]+?) (?:at|in) ", r"\1 ", body)


def place_of(text: str) -> str:
    """``text`` without the words that only frame a place: city of, town of, department, office."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"^(?:county of) (.+)$", r"\1 county", text)
    text = re.sub(r"^township of (.+)$", r"\1 township", text)
    text = re.sub(r"^(?:the )?(?:city|town|village|borough) of (?:the )?(?=\w)", "", text)
    text = re.sub(r"\bco\b", "county", text)
    text = re.sub(r"(?: (?:department|office|of|and|the|at))+$", "", text)
    return re.sub(r"^(?:(?:department of|office of|of|the) )+", "", text)
