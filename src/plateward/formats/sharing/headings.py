"""What a heading, a line or a sheet's name says about the entries below it: which way data goes, or that it is no agency."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePath

from plateward.formats.sharing.lists import Direction, Kind, Unread, Where
from plateward.formats.spreadsheets import plain

NAME_HEADINGS = (
    "organization name", "organisation name", "organization", "organisation", "org name", "org", "agency name", "agency",
    "network name", "network", "name", "department", "shared with", "recipient", "external agency", "external organization",
    "agencies", "organizations", "receiving organization", "receiving agency", "partner", "partner agency",
)  # fmt: skip
"""What columns of agencies' names are called, the likeliest first."""

_INBOUND = re.compile(
    r"\b(?:inbound|incoming|receiv\w+|received|(?:they|who|that) (?:shares?|are sharing)\b.{0,20}$"
    r"|(?:shar\w+|giv\w+|provid\w+)\b.{0,30}\b(?:with|to) (?:us|me|you)\b|shares? (?:with|to) (?:us|me)|givers?)\b",
    re.IGNORECASE,
)
_THEY_RECEIVE = re.compile(
    r"\breceivers?\b|\breceiving (?:agenc|organi|our\b)"
    r"|\b(?:agenc\w+|organi\w+|departments|partners|who|that) (?!we\b)(?:\w+ )?receiv\w+",
    re.IGNORECASE,
)
_OUTBOUND = re.compile(
    r"\b(?:outbound|outgoing|we(?:'re| are|’re)? shar\w+|we (?:share|give|grant)\w*|i(?:'m| am|’m)? sharing"
    r"|shar(?:e|es|ed|ing)\b.{0,20}\b(?:with|to)\b|(?:granted|with|have|has) access|recipients?|receivers?"
    r"|(?:sharing|shares?) (?:detections?|reads?|data|hot ?lists?)|(?:detections?|reads?|data|hot ?lists?) shar(?:ed|ing))\b",
    re.IGNORECASE,
)
_NO_AGENCY = re.compile(
    r"^(?:(?:grand )?totals?(?:[ :#]*(?:\d|agenc|organi|entries|count|number|shares).*|[ :]*)|page \d+(?: of \d+)?"
    r"|(?:report|list|file|data) (?:generated|created|date|exported|prepared)\b.*"
    r"|(?:generated|printed|exported|created|prepared) (?:on|by|at)?\b.*|as of \S.*|(?:from|to|cc|bcc|sent|subject|date):.*|.*@.*"
    r"|https?:\S+|(?:hi|hello|dear|thanks|thank you|regards|sincerely|best)\b[^a-z]*(?:\w+,?)?|[\W\d_]+|end of (?:report|list))$",
    re.IGNORECASE,
)


def direction_of(text: str) -> Direction | None:
    """Which way data goes by these words, seen from the list's owner; None where they do not say, or say both."""
    if _THEY_RECEIVE.search(text):
        return Direction.OUTBOUND
    if _INBOUND.search(text):
        return Direction.INBOUND
    return Direction.OUTBOUND if _OUTBOUND.search(text) else None


def no_agency(text: str) -> bool:
    """Whether a cell or line is what exports and letters put around a list (a total, a page number, a greeting)."""
    return _NO_AGENCY.match(text.strip()) is not None


_INACTIVE = re.compile(
    r".*(?:inactive|disabled|deactivated|revoked|expired|removed|denied|declined|rejected|pending|requested|terminated|suspended)"
    r"|(?:no|n|false|0|off)$",
    re.IGNORECASE,
)
_SAID_INBOUND = re.compile(r"inbound|incoming|receiv|\bwith (?:me|us)\b|\bfrom\b|^in$", re.IGNORECASE)


def is_inactive(status: str) -> bool:
    """Whether a status says that nothing is shared now: ended, refused or not begun."""
    return _INACTIVE.match(status.strip()) is not None


def direction_said(cell: str) -> Direction:
    """The direction that a cell of a column "Direction" says; outbound unless it says otherwise."""
    return Direction.INBOUND if _SAID_INBOUND.search(cell) else Direction.OUTBOUND


_TITLE = re.compile(
    r"(?:[\w'’&-]+ ){0,6}(?:sharing|agency|agencies|network|networks|alpr|lpr|access|audit) "
    r"(?:report|lists?|export|sheet|details|summary)",
    re.IGNORECASE,
)


def is_title(text: str) -> bool:
    """Whether a line is the title of a list ("ALPR Data Sharing Report")."""
    return _TITLE.fullmatch(text.strip()) is not None


def is_name_heading(text: str) -> bool:
    """Whether a line is what a column of names is called."""
    return plain(text) in _PLAIN_HEADINGS


_PLAIN_HEADINGS = frozenset(map(plain, NAME_HEADINGS))


def heading_within(where: Where, text: str, way: Direction) -> Unread:
    """A line that was taken for a heading, said so."""
    return Unread(where, text[:200], f"is taken for a heading: what follows it is {way}")


def kind_of_file(name: str, found: Collection[str]) -> tuple[Kind, tuple[str, ...]]:
    """What a file's name says of its entries' kind, where no column (of those ``found``) does, and a note on it."""
    if "kind" not in found and re.search(r"hot[ _-]?lists?(?![ _-]?action)", PurePath(name).name, re.IGNORECASE):
        return Kind.HOTLIST, ("The file's name says that hot lists are shared, so entries are of the kind hotlist.",)
    return Kind.DETECTIONS, ()
