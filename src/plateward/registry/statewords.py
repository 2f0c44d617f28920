"""Finding the state in a name: as a postal code before, behind or within it, or written out.

A code counts by its place. In brackets it says most, then beside a dash or comma, then before ``PD`` or at the end; a code that
opens a name says least, for it may be an article (La Mesa) or a direction (NE).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plateward.registry.states import ABBREVIATIONS, BY_NAME, NEVER_FIRST, STATES, WORD_CODES

_TOKEN = re.compile(r"[A-Za-z0-9.'&]+|[()\[\],/|:;-]")
_FORM_WORDS = frozenset({
    "pd", "so", "p.d.", "s.o.", "police", "sheriff", "sheriffs", "sheriff's", "sheriffs'", "da", "da's", "dps", "sd",
    "fd", "isd",
    "const", "constable", "campus", "marshal's", "marshals", "district", "dept", "department", "public",
    "prosecutor's", "prosecutors",
    "prosecutor", "co", "county", "jail", "dispatch", "law", "condor",
})  # fmt: skip
_PLACE_WORDS = frozenset({
    "county", "co", "co.", "parish", "township", "twp", "pd", "so", "police", "office", "sheriff", "department",
})  # fmt: skip


_LA = re.compile(r"^L\.?A\.? (?:pd|so|police|sheriff)(?:'?s)?(?: (?:dept\.?|department|office))?$", re.I)
"""``LA PD`` may be Los Angeles or stand for Louisiana."""


@dataclass(frozen=True, slots=True)
class _Mark:
    at: int
    code: str
    rank: int


def find_state(text: str) -> tuple[str | None, str, tuple[str, ...]]:
    """The state that ``text`` names, the text without it, and the candidates where they contradict or a code is in doubt."""
    if _LA.match(text):
        return None, text, ("LA",)
    tokens = _TOKEN.findall(text)
    marks = [mark for at in range(len(tokens)) if (mark := _mark(tokens, at)) is not None]
    if not marks:
        return _written_out(text)
    if len({mark.code for mark in marks}) > 1:
        marks = [mark for mark in marks if mark.code != "CO" or not _may_be_county(tokens, mark.at)] or marks
    if len({mark.code for mark in marks}) > 1 and re.search(r"\bcounty\b|\bco\b", text, re.I):
        marks = [mark for mark in marks if mark.code != "SD" or mark.at != len(tokens) - 1] or marks
    top = max(mark.rank for mark in marks)
    codes = tuple(dict.fromkeys(mark.code for mark in marks if mark.rank == top))
    if len(codes) > 1:
        return None, text, codes
    code = codes[0]
    if _in_doubt(tokens, marks, code):
        return None, text, (code,)
    return code, _without(tokens, {mark.at for mark in marks if mark.code == code}, code), ()


def _mark(tokens: list[str], at: int) -> _Mark | None:
    word = tokens[at]
    code = word.upper().rstrip(".").replace(".", "")
    if code not in STATES or "'" in word:
        return None
    before = tokens[at - 1] if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    in_brackets = before in {"(", "["} and after in {")", "]"} and word.istitle()
    plain = not word.replace(".", "").isupper() and (code in WORD_CODES or not _stands_apart(before, after))
    if plain and not in_brackets:
        return None
    rank = _rank(tokens, at, before, after, code)
    return _Mark(at, code, rank) if rank else None


def _stands_apart(before: str, after: str) -> bool:
    return after.lower() in {"pd", "so", "police", ""} or (before in {"(", "[", ","} and after in {")", "]", ""})


def _rank(tokens: list[str], at: int, before: str, after: str, code: str) -> int:
    if before in {"(", "["} and after in {")", "]"}:
        return 5
    first, last = at == 0, at == len(tokens) - 1
    if after in {")", "]"} and before.isalpha() and before.lower() not in {"of"}:
        return 4 if code != "CO" else 0
    if (first and after in {"-", ":", "/"}) or (last and before in {"-", ","}) or (before == "," and after != ","):
        return 4
    if first:
        return 0 if code in NEVER_FIRST else 1
    if before in {"-", ","} and after.lower() in _FORM_WORDS:
        return 4
    if last or after.lower() in _FORM_WORDS or after in {"-", "(", "["}:
        return 3 if code not in {"AS", "VI", "MP"} else 0
    if before.lower() in _PLACE_WORDS:
        return 3
    everything_in_capitals = not any(token.isalpha() and not token.isupper() for token in tokens)
    if everything_in_capitals and (code in WORD_CODES or before in {"OF", "AND"}):
        return 0
    return 2


def _may_be_county(tokens: list[str], at: int) -> bool:
    """``CO`` beside another state is the county: Jefferson CO TX SO, Wagoner CO SO OK."""
    after = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
    return at > 0 and (
        after.upper() in STATES or after in {"so", "sheriff", "sheriffs", "sheriff's", "pd", "police", ")", "-", "("}
    )


def _in_doubt(tokens: list[str], marks: list[_Mark], code: str) -> bool:
    """``LA PD`` may be Los Angeles, ``Adams CO SO`` the county of any state."""
    words = [token for token in tokens if token[0].isalnum()]
    if code == "LA" and len(words) <= 2 and words[0].upper() == "LA":
        return True
    return code == "CO" and all(
        mark.at + 1 < len(tokens) and tokens[mark.at + 1].lower().rstrip("'s") in {"so", "sheriff", "s.o."}
        and tokens[mark.at - 1].lower() != "county" for mark in marks
    )  # fmt: skip


def _without(tokens: list[str], gone: set[int], code: str) -> str:
    kept = [
        "County" if token.upper() == "CO" and at not in gone and code != "CO" and at > 0 else token
        for at, token in enumerate(tokens)
        if at not in gone
    ]
    return re.sub(r"[()\[\]]", " ", " ".join(kept)).strip(" -,:/")


_NAMES = "|".join(sorted(BY_NAME, key=len, reverse=True))
_LEADING = re.compile(
    rf"^(?:the )?(?:state of )?({_NAMES})\b(?! (?:city|county|township|village|beach|heights|springs|park pd|gardens)\b)\s*(.*)$"
)
_STATEWIDE = re.compile(
    r"^(?:state|department|dept|bureau|highway|division|office|attorney|capitol|fish|fusion|national guard|law enforcement"
    r"|fire marshal|game|alcohol|board|commission|information|statewide|parks|drug enforcement|doc\b|dot\b|dps\b|a and m|a m\b|a&m"
    r"|gaming|public safety|tollway|turnpike|lottery|intelligence|anti|dmv|toll|wildlife|university|doj|financial|military"
    r"|medical board|franchise|association of|supreme|crime|criminal)"
)
_STATE_SCHOOL = re.compile(
    rf"\b(?:university of|univ\.? of|college of|northern|southern|eastern|western|central|middle|north|south|east|west|southeast"
    rf"|southeastern|northeastern|southwestern|northwest|upper|lower) ({_NAMES})\b"
)
_TRAILING = re.compile(
    rf"^(.+?)[\s,(-]+({_NAMES})[\s)]*((?:pd|so|police|sheriff\S*|department|dept\.?|office|public safety|da)\b.*)?$"
)
_ABBREVIATED = re.compile(rf"^(.+?)\s*[,(-]\s*({'|'.join(ABBREVIATIONS)})\.?[\s)]*$")


def _written_out(text: str) -> tuple[str | None, str, tuple[str, ...]]:
    lower = text.lower()
    leading = _LEADING.match(lower)
    if leading and (code := _leading_state(leading.group(1), leading.group(2))):
        rest = re.sub(r"^[\s-]+", "", leading.group(2))
        school = re.search(r"\b(?:university|college|institute|tech)\b", rest)
        dashed = leading.group(2).startswith("-")
        return code, (rest if dashed or not school else text), ()
    school_of = re.findall(_STATE_SCHOOL, lower)
    if school_of and re.search(r"\b(?:university|univ|college|school)\b", lower):
        return BY_NAME[school_of[-1]], text, ()
    if lower.startswith("new york city"):
        return "NY", text, ()
    trailing = _TRAILING.match(lower)
    if trailing and not re.search(r"\b(?:of|lake|fort|mount|port|new|west|north|south|east)$", trailing.group(1)):
        return BY_NAME[trailing.group(2)], f"{trailing.group(1)} {trailing.group(3) or ''}".strip(" -,("), ()
    short = _ABBREVIATED.match(lower)
    if short:
        return ABBREVIATIONS[short.group(2)], short.group(1).strip(" -,("), ()
    return None, text, ()


def _leading_state(name: str, rest: str) -> str | None:
    """Whether a state's name that opens ``name`` means the state: Ohio DPS, but neither Delaware PD nor Iowa County SO."""
    if re.match(rf"university of (?:{_NAMES})\b", rest):
        return None  # Indiana University of Pennsylvania
    if rest.startswith("-") or _STATEWIDE.match(rest):
        return BY_NAME[name] if not (rest.startswith("university") and name == "washington") else None
    if name not in {"washington", "delaware", "wyoming", "nevada", "california"} and re.search(
        r"\b(?:university|college|tech|institute)\b", rest
    ):
        return None if re.search(rf"\bof ({_NAMES})\b", rest) else BY_NAME[name]
    return None
