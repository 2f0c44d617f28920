"""Whether a piece of text is one agency's name, several, or a part of one: printed lists lose the gaps between their columns.

A name says a place and then what it is ("Alder County Sheriff's Office", "Elm PD", "Oak Police Department, CA"). Where a text says
that twice, two names were joined; where it says only one half, a name was cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from plateward.formats.sharing.lists import split_names

_STATE = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
_OFFICE = r"(?: (?:department|dept\.?|office|ofc|services?|bureau|division|district|authority|force|agency))?"
_KIND = (
    r"(?:(?:department|dept\.?) of (?:public safety|justice|corrections|homeland security|motor vehicles|investigation)"
    rf"|police{_OFFICE}|(?:county )?sheriff(?:['’]?s?|s['’])?{_OFFICE}|(?:highway|state|border) patrol"
    r"|(?:public safety|probation|corrections) (?:department|dept\.?|office)"
    r"|district attorney(?:['’]?s?)?(?: office)?|(?:state['’]?s )?attorney(?:['’]?s)? office"
    r"|marshal(?:['’]?s|s)?(?: office| service)?|constable(?:['’]?s)?(?: office)?|(?:fusion|intelligence|crime|information) center"
    r"|task force|PD|P\.D\.|SO|S\.O\.|SD|DA|DAO|DPS|CSO|CHP|HIDTA|RTCC)"
)
_KINDS = re.compile(rf"(?<![\w'’-])(?:{_KIND})(?![\w'’])(?:,? \(?(?-i:{_STATE})\)?(?![\w'’]))?", re.IGNORECASE)
_KIND_ALONE = re.compile(rf"(?<![\w'’-])(?:{_KIND})(?![\w'’])", re.IGNORECASE)
_ENDS = re.compile(r"[\s.,;)*-]*")
_ACRONYM = re.compile(r"(?:FBI|DEA|ATF|HSI|ICE|CBP|USSS|USMS|CHP|JRIC|NCRIC)")
_TAIL = re.compile(
    rf"(?:(?:county|township|parish|borough|tribal|regional|campus|city) )?(?:{_KIND})(?![\w'’])(?!.* of )",
    re.IGNORECASE,
)
_TAIL_ALONE = re.compile(rf"{_TAIL.pattern}(?:,? \(?{_STATE}\)?)?\W*", re.IGNORECASE)
_STATE_ALONE = re.compile(rf"\(?{_STATE}\)?")
_GOES_ON = re.compile(
    r"(?:\b(?:of|the|and|for|in|at|de|la|las|los|san|santa|el|mt|st|fort|new|north|south|east|west)|[-&/,])$",
    re.IGNORECASE,
)
WIDE = re.compile(r"\t+|\s{2,}")
_GLUED = re.compile(r"(?:\bPD|\bSO|Department|Office|Patrol|Police|Center)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z][a-z]+ )")

_ASIDE = re.compile(r"\([^()]*\)")

TWO = "may be two names that stand side by side"
CUT = "may be a part of a name"


def complete(text: str) -> bool:
    """Whether this is a whole name: a place, what it is, perhaps a state; or an agency known by its letters."""
    text = " ".join(text.split())
    if _ACRONYM.fullmatch(text):
        return True
    return any(found.start() > 1 and _ENDS.fullmatch(text[found.end() :]) for found in _KINDS.finditer(text))


def is_state(text: str) -> bool:
    """Whether this is a state's two letters and nothing else."""
    return _STATE_ALONE.fullmatch(text.strip()) is not None


def is_tail(text: str) -> bool:
    """Whether this can only be the end of a name: it begins with what the agency is ("Police Department")."""
    return _TAIL.match(text.strip()) is not None


def goes_on(text: str) -> bool:
    """Whether a name cannot end here ("Intelligence Center of the")."""
    return _GOES_ON.search(text.rstrip()) is not None


def belongs(left: str, right: str) -> bool:
    """Whether ``right``, which stands apart from ``left``, is the rest of it: a state, or what the agency is."""
    if is_state(right):
        return not is_state(left)
    if goes_on(left):
        return True
    both = f"{left} {right}"
    across = any(found.start() < len(left) < found.end() and found.start() > 1 for found in _KIND_ALONE.finditer(both))
    return across or (is_tail(right) and not complete(left))


def joined(parts: Sequence[str]) -> list[str]:
    """Pieces that stand apart on one line, with those put together that are one name."""
    names: list[str] = []
    for part in (part.strip() for part in parts):
        if names and part and belongs(names[-1], part):
            names[-1] = f"{names[-1]} {part}"
        elif part:
            names.append(part)
    return names


def apart(text: str) -> list[str]:
    """The names in one line or cell: cut at gaps, line ends, semicolons, commas and slashes where each piece is a whole name."""
    for pieces in (_at_gaps(text), _at_marks(text)):
        if len(pieces) > 1 and all(complete(piece) and piece.count("(") == piece.count(")") for piece in pieces):
            return pieces
    return [" ".join(text.split())]


def _at_gaps(text: str) -> list[str]:
    return joined(WIDE.split(text.strip()))


def _at_marks(text: str) -> list[str]:
    pieces = split_names(text) if re.search(r"[,;\n]", text) else re.split(r"\s+[/|]\s+", text)
    return [one for piece in pieces for one in _at_and(piece.removeprefix("and ").strip())]


def _at_and(text: str) -> list[str]:
    halves = [half.strip() for half in re.split(r"\s+(?:and|&)\s+", text)]
    return halves if len(halves) > 1 and all(map(complete, halves)) else [text]


def running(lines: Sequence[str]) -> list[tuple[int, str]] | None:
    """The names of a list that runs on over lines, each with the index of the line it begins on; None where lines are names.

    It runs on where nearly every line but the last holds a separator, and most of what stands between them are whole names.
    """
    mark = ";" if sum(line.count(";") for line in lines) > 1 else ","
    ended = [line.strip() for line in lines]
    for at, (line, below) in enumerate(pairwise(ended)):
        last = line.rpartition(mark)[2]
        if not line.endswith(mark) and (complete(last) or is_state(last)) and complete(below.partition(mark)[0]):
            ended[at] += mark  # a whole name ends the line, and another begins the next
    text = "\n".join(ended)
    if (
        len(lines) < 2
        or sum(mark in line for line in lines[:-1]) < 0.8 * (len(lines) - 1)
        or text.count(mark) < len(lines)
    ):
        return None
    found: list[tuple[int, str]] = []
    for begins, piece in _pieces(text, mark):
        names = split_names(" ".join(piece.split())) if mark == "," else [" ".join(piece.split()).strip(" ;")]
        if found and mark == "," and names and is_state(names[0]):
            found[-1] = (found[-1][0], f"{found[-1][1]}, {names.pop(0)}")
        found += [(begins, one) for name in names for one in _at_and(name.removeprefix("and ")) if one]
    whole = sum(complete(name) for _, name in found)
    return found if len(found) > len(lines) and whole > 0.6 * len(found) else None


def _pieces(text: str, mark: str) -> Iterator[tuple[int, str]]:
    """What stands between separators, with the line on which it begins."""
    line = 0
    for piece in text.split(mark):
        yield line + len(piece[: len(piece) - len(piece.lstrip())].split("\n")) - 1, piece
        line += piece.count("\n")


def doubt(text: str) -> str:
    """Why a text that is taken for one name may be none: empty where nothing speaks against it."""
    bare = " ".join(_ASIDE.sub(" ", text).split())
    kinds = list(_KINDS.finditer(bare))
    if len(kinds) > 2:
        return TWO
    for found in kinds:
        rest = bare[found.end() :].strip(" ,;/-")
        state, _, after = rest.partition(" ")
        if found.start() > 1 and complete(after if is_state(state) else rest) and not is_tail(rest):
            return TWO
    for glued in _GLUED.finditer(bare):
        if complete(bare[glued.end() :]) and (glued[0] or len(bare[: glued.end()].split()) > 3):
            return TWO
    return CUT if _TAIL_ALONE.fullmatch(bare) else ""
