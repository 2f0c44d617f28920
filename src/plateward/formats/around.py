"""Lines of an export that are no rows of it: totals, page numbers, how the report was made, rulers, its title once more.

Such a line is passed over and named, never counted: an audit that took "Total" for an officer would ask a question about nobody.
What a line says of how many rows there are is held against what was read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from plateward.formats.spreadsheets import plain

_FEW = 4
"""A line around a log fills no more cells than this; a search that says so little says something else."""

TITLE_AGAIN = "its title again"
_RULER = re.compile(r"[-=_–—─+ ]{2,}|:?-+:?")
_NUMBER = re.compile(r"\(?#?\d[\d,. ]*\)?%?")
_MADE = r"generated|created|exported|printed|prepared|produced|downloaded|erstellt|gedruckt"
_WHAT = r"(?:report|file|data|log|audit|export|list|search)"
_KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("a page's number", r"(?:page|seite|pg\.?) *#? *\d+(?: *(?:of|/|von|de) *\d+)?\W*"),
        ("the end of the report", r"\W*(?:(?:the )?end of (?:the )?(?:report|file|list|log|data|audit|export|page)|eof)\W*"),
        ("a total", r"\W*(?:(?:grand|sub|over-?all|report|page|final|running)[ -]?)?totals?\b.{0,80}"),
        ("a total", r"\W*(?:summe|gesamt\w*|zwischensumme|somme|suma)\b.{0,80}"),
        ("a total", r"\W*(?:(?:row|record|search|result|entry|audit) ?)?(?:count|anzahl)\b.{0,60}|\W*number of \w+.{0,60}"),
        ("a total", r"\W*\d[\d,.]* (?:(?:matching|total) )?(?:rows?|records?|searches|entries|results?|queries|audits?)\b.{0,40}"),
        ("how the report was made", rf"(?:(?:this )?{_WHAT}s? )?(?:was |is )?(?:{_MADE})\b.*"),
        ("how the report was made", r"(?:(?:this )?(?:report|log|audit|export) )?(?:(?:run|ran) (?:on|by|at|date)|as of)\b.*"),
        ("how the report was made", r"(?:report|print|export|run)(?:ed)? (?:date|time)\b.*"),
        ("how the report was made", r"(?:date range|criteria|filter(?:s|ed)?(?: by)?)\b.*"),
        ("a marking", r"\W*(?:confidential|law enforcement sensitive|(?:for )?official use only|fouo|unclassified|copyright|©).*"),
    )
)  # fmt: skip
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _KINDS), re.IGNORECASE)
_OPEN = frozenset({"how the report was made", "a marking"})
"""Kinds beside which anything may stand; beside the others only numbers do."""

_OF_ROWS = re.compile(r"\b(?:rows?|records?|searches|entries|results?|queries|audits?)\b", re.IGNORECASE)
_PART = re.compile(r"sub|page|zwischen", re.IGNORECASE)


def what_is(cells: Sequence[str], titles: Collection[str] = ()) -> str | None:
    """What a line around a log is, for people ("a total"), or None where it may be a row.

    ``titles``: the lines above the heading, as ``plain`` makes them. It is for the caller to see that the row tells nothing else:
    an officer may be called Page.
    """
    filled = [text for cell in cells if (text := cell.strip())]
    if not filled:
        return None
    if all(_RULER.fullmatch(text) for text in filled):
        return "a ruler"
    if len(filled) > _FEW:
        return None
    label = next((text for text in filled if not _NUMBER.fullmatch(text)), "")
    if not label:
        return None
    if titles and plain("".join(filled)) in titles:
        return TITLE_AGAIN
    if _ANY.fullmatch(label) is None:
        return None
    rest = [text for text in filled if text is not label]
    bare = all(_NUMBER.fullmatch(text) for text in rest)
    kinds = (kind for kind, pattern in _KINDS if pattern.fullmatch(label) and (bare or kind in _OPEN))
    return next(kinds, None)


def rows_stated(cells: Sequence[str]) -> int | None:
    """How many rows a total says the whole log has, where it speaks of rows, records or searches; else None."""
    text = " ".join(cell.strip() for cell in cells if cell.strip())
    if not _OF_ROWS.search(text) or _PART.search(text):
        return None
    numbers = re.findall(r"\d[\d,]*", text)
    return int(numbers[0].replace(",", "")) if len(numbers) == 1 and len(numbers[0]) < 16 else None


def told(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One note on all lines that were passed over, given as (where, what)."""
    if lines:
        first = "; ".join(f"{where} ({what})" for where, what in lines[:6])
        more = f"; and {len(lines) - 6:,} more" if len(lines) > 6 else ""
        yield f"Not counted, as they stand around the rows: {first}{more}."
