"""What a reason says: nothing, a case, somebody else's work, or a subject that needs a second look, and innocent look-alikes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Subject(StrEnum):
    """A subject of a reason that a policy or law may forbid."""

    IMMIGRATION = "immigration"
    REPRODUCTIVE = "reproductive-care"
    PROTEST = "protest"


@dataclass(frozen=True, slots=True)
class Mention:
    """A word of a subject in a reason. ``doubtful``: a look-alike is as likely ("ICE impersonation", "Ice St")."""

    subject: Subject
    word: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Helped:
    """Words that say a search was made for somebody else. ``whom``: "immigration", "federal", "task-force" or "other"."""

    whom: str
    word: str


PLACEHOLDERS = frozenset(
    ["", "na", "n a", "none", "null", "nil", "x", "xx", "xxx", "test", "testing", "tbd", "unknown", "unk", "asdf", "a", "aa", "aaa",
     "abc", "no", "yes", "0", "00", "000", "1", "11", "111", "12", "123", "1234", "12345", "123456", "other", "same", "see above"]
)  # fmt: skip

_SAYS_NOTHING = frozenset(
    """
    a an the of for to on in at and or by with re my our this that is be was investigation investigations investigative
    investigate investigating inv invest investig invst invs investigatin investigaton investigtion ivestigation
    invesitgation investgation investiagtion investigatoin investigaiton police policing law enforcement le leo official
    officer duty work business purpose purposes use patrol street dispatch criminal crim crime crimes case cases incident
    report ongoing active current open pending general routine suspect suspects susp sus suspected suspicious suspcious
    suspicious subject subjects person persons people poi interest vehicle vehicles veh vehs vech car cars auto plate plates
    tag tags lp lpr alpr flock camera cameras license location locations locate locating located loc find finding look
    looking lookup search searching query check checking checks run running see info information intel intelligence lead
    leads follow followup up fu f u bolo atl be lookout request requested misc other stuff thing verify confirm confirmation
    possible poss area travel history hx movement activity related attempt attempted assist help needed need via unk unknown
    test testing tbd na none same new old felony misdemeanor pc detective det sgt lt unit team squad
    """.split()  # noqa: SIM905
)  # fmt: skip

_CASE = re.compile(
    r"\b(?:\d{2,4}[- ]\d{2,4}[- ]?\d{2,7}|\d{2,4}-\d{3,9}|[a-z]{1,5}-?\d{2}-?\d{4,8}|\d{2}[a-z]{1,4}-?\d{3,8}|\d{6,12}"
    r"|[a-z]{1,5}\d{6,10}|[a-z]{1,4}-\d{4,9}|\d{2}s\d{4,7}|(?:case|cr|incident|inc|rpt|report|dr|event|cad)[ #:.]*\d{3,12})\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b\d{2,5}(?:\.\d{1,3})?(?:\s?\([a-z0-9]{1,2}\))*\s?(?:pc|cvc|vc|h&s|hs|hsc|wi|wic|bp|b&p|ccp|cpc|fgc|rcw|usc|ors|ars|nrs|ilcs)?\b",
    re.IGNORECASE,
)
_CODE_FIRST = re.compile(r"\b(?:pc|cvc|vc|hs|wic?|bp|rcw|usc|orc|ss|fss|s)[\s.#]*\d{2,5}(?:\.\d{1,3})?", re.IGNORECASE)
_PLATE = re.compile(r"(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{5,8}", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def normal(text: str) -> str:
    """A reason as it is compared: lower case, words and digits only."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


@lru_cache(maxsize=100_000)
def case_in(text: str) -> bool:
    """Whether a text holds what looks like a case number, rather than a section of a code."""
    return any(_PLATE.fullmatch(found[0]) is None or "-" in found[0] for found in _CASE.finditer(text))


@lru_cache(maxsize=100_000)
def says_nothing(text: str) -> bool:
    """Whether a reason names no crime, code, person, event or case: "investigation", "inv", "suspect vehicle", "n/a"."""
    plain = normal(text)
    if plain in PLACEHOLDERS:
        return True
    if case_in(text) or _CODE_FIRST.search(text):
        return False
    words = plain.split()
    return all(word in _SAYS_NOTHING for word in words) or (len(plain) == 1 and plain.isalpha())


_USUAL_CASE = re.compile(r"\d{2,4}-0*[1-9]\d{2,}")


def malformed_case(text: str) -> str | None:
    """Why a case number cannot be one, or None. Cities number cases in many ways: only what is surely none is named."""
    if _USUAL_CASE.fullmatch(text):
        return None
    plain = normal(text)
    digits = re.sub(r"\D", "", text)
    if plain in PLACEHOLDERS:
        return "is a placeholder"
    if not digits:
        return "has no digit"
    if len(digits) >= 3 and len(set(digits)) == 1:
        return "repeats one digit"
    if digits in "0123456789012345" and len(digits) >= 4 and digits == plain:
        return "counts up"
    if re.fullmatch(r"\d[A-Z]{3}\d{3}", text.strip().upper()):
        return "has the shape of a California plate"
    if len(digits) < 3 and len(plain) < 5:
        return "is too short"
    return None


_ICE_AGENCY = (
    r"(?:agents?|ero|hold|detainer|warrant|assist\w*|request\w*|agency|officers?|task ?force|case|invest\w*"
    r"|removal|arrest\w*|op\w*)"
)
_SURE: tuple[tuple[Subject, re.Pattern[str]], ...] = (
    (Subject.IMMIGRATION, re.compile(
        r"\bimm?igration\b|\bimmig\b|\bdeport\w*|\bremoval order|\bundocumented|\billegal (?:alien|immigrant)s?\b|\bvisa overstay"
        r"|\bice[ /+-]*ero\b|\bero[ /+-]*ice\b|\bborder patrol\b|\busbp\b|\bcbp\b|\b287 ?\(?g\)?(?![a-z(])|\bimmigrants?\b"
        rf"|\bice {_ICE_AGENCY}\b|\b(?:for|assist\w*|aid|w/|with|per|help) ice\b|\billegal re-?entry\b|\b8 u\.?s\.?c\.?\b",
        re.IGNORECASE)),
    (Subject.REPRODUCTIVE, re.compile(
        r"\babortions?\b|\breproductive\b|\bplanned parenthood\b|\bmiscarriage\b|\bgender[ -]affirming\b", re.IGNORECASE)),
    (Subject.PROTEST, re.compile(
        r"\bprotest\w*|\bdemonstrators?\b|\bno kings\b|\bunlawful assembly\b|\bantifa\b|\bblm\b|\bactivists?\b|\bpicket\w*"
        r"|\b(?:women'?s|political|campus|student) (?:march|rally)\b|\bdemonstration\b", re.IGNORECASE)),
)  # fmt: skip
_BARE_ICE = re.compile(r"\bICE\b|^\W*ice\W*$")
_DOUBT: tuple[tuple[Subject, re.Pattern[str]], ...] = (
    (Subject.IMMIGRATION, re.compile(
        r"\bimpersonat\w*|\bfake (?:ice|immigration|agents?)\b|\bposing as\b|\bice (?:cream|rink|house|box|skat\w*"
        r"|machine|truck|pick"
        r"|chest|plant)\b|\b(?:black|dry|on|of) ice\b|\bice (?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|way|ct|blvd|house)\b"
        r"|\b(?:meth\w*|narcotics?|drugs?|crystal|dope|sales?|grams?)\b.*\bice\b|\bice\b.*\b(?:meth\w*|narcotics?|drugs?|crystal|grams?)\b"
        r"|\b(?:not|non|no)[ -]+(?:ice|immigration)\b|\bcbpd\b|\bagainst (?:an? )?immigrants?\b|\bimmigrant victims?\b"
        r"|\bu[ -]visa\b"
        r"|\bimmigration (?:fraud|scam|attorney|lawyer)\b|\balienation\b", re.IGNORECASE)),
    (Subject.REPRODUCTIVE, re.compile(
        r"\bmiscarriage of justice\b|\b(?:arson|shooting|vandal\w*|threats?|bomb\w*|burglary"
        r"|graffiti)\b.*\b(?:planned parenthood|abortion)"
        r"|\b(?:planned parenthood|abortion)\b.*\b(?:arson|shooting|vandal\w*|threats?|bomb\w*|burglary)\b", re.IGNORECASE)),
    (Subject.PROTEST, re.compile(
        r"\b(?:system|product|training|flock|vendor|camera) demonstration\b|\bdemonstration (?:of|for) (?:system|flock|training)\b"
        r"|\bassault\w*\b.*\bprotest\w*|\bprotest\w*\b.*\b(?:assault\w*|stabb\w*|shoot\w*|shot|hit and run|struck|ran over)\b",
        re.IGNORECASE)),
)  # fmt: skip


@lru_cache(maxsize=100_000)
def mentions(text: str) -> tuple[Mention, ...]:
    """The subjects a reason mentions, each once; doubtful where an innocent reading is as likely."""
    found: list[Mention] = []
    for subject, pattern in _SURE:
        match = pattern.search(text) or (_BARE_ICE.search(text) if subject is Subject.IMMIGRATION else None)
        if match:
            doubtful = any(s is subject and p.search(text) for s, p in _DOUBT)
            found.append(Mention(subject, match[0].strip(), doubtful))
    return tuple(found)


_HELPED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("immigration", re.compile(r"\bhsi\b|\bice[ /+-]*ero\b|\bero\b(?!\s*order)|\bcbp\b|\busbp\b|\bborder patrol\b"
    r"|\bICE\b", re.IGNORECASE)),
    ("federal", re.compile(
        r"\bfbi\b|\bdea\b|\batf\b|\busms\b|\bu\.?s\.? marshals?\b|\bsecret service\b|\busss\b|\bdhs\b|\bhomeland\b|\buspis\b"
        r"|\bpostal inspect\w*|\birs(?:-ci)?\b|\bncis\b|\bafosi\b|\bfederal (?:agents?|agency|partners?|case"
        r"|investigation)\b|\bfeds\b",
        re.IGNORECASE)),
    ("task-force", re.compile(r"\btask ?force\b|\bjttf\b|\bhidta\b|\btfo\b", re.IGNORECASE)),
    ("other", re.compile(
        r"\b(?:assist(?:ing)?|asst|agency assist|aoa|oaa|mutual aid|o/?a assist) (?:an? |the )?(?:other|outside|another"
        r"|allied|neighbou?ring|[a-z]+ (?:pd|so|sd|police|sheriff\w*))\b"
        r"|\b(?:other|outside|allied|out of state|out of county) (?:agency|agencies|dept|department|jurisdiction|pd)\b"
        r"|\bagency assist\b|\bassist(?:ing)? (?:oa|o/a|pd|so|agency)\b|\baoa\b|\bon behalf of\b|\boutside assist\b|\bmutual aid\b",
        re.IGNORECASE)),
)  # fmt: skip
_NOT_HELP = re.compile(
    r"\bimpersonat\w*|\bfake\b|\bposing as\b|\bscam\b|\bice (?:cream|rink|house|box|skat\w*)\b|\bfbi (?:number|no|#)"
    r"|\bhomeland (?:dr|st|ave|rd)\b"
    r"|\bagainst\b|\bblack ice\b|\bemergency restraining\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=100_000)
def on_behalf(text: str) -> Helped | None:
    """Whom a reason says the search was made for, the gravest first; None where it says no such thing."""
    if _NOT_HELP.search(text):
        return None
    for whom, pattern in _HELPED:
        match = pattern.search(text)
        if match and not (whom == "immigration" and match[0] == "ice"):
            return Helped(whom, match[0].strip())
    return None


_MINOR = re.compile(
    r"\bparking\b|\bnoise\b|\bloud (?:music|exhaust)\b|\babandoned (?:vehicle|car|auto|veh)\b|\bexpired (?:tag|tags"
    r"|registration|reg)\b"
    r"|\bregistration\b|\btraffic (?:stop|enforcement|infraction|citation|violation)\b|\bspeed(?:ing|er)?\b|\btoll\b"
    r"|\btraining\b|\bdemo\b"
    r"|\bcivil (?:matter|standby|dispute)\b|\bdumping\b|\blitter\w*|\bcode enforcement\b|\bcuriosity\b|\btest(?:ing)?\b"
    r"|\bdog\b|\btrespass\w*",
    re.IGNORECASE,
)


@lru_cache(maxsize=100_000)
def minor(text: str) -> str | None:
    """The word that makes a reason a minor matter (parking, noise, a training), or None."""
    found = _MINOR.search(text)
    return found[0] if found else None
