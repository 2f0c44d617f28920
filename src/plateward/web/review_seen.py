"""What the review page shows: results cut down to what people read on a page, with how much more the files hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from plateward.core.agency import Source
from plateward.web.chains import Step

MOST = 400
"""Rows of one table on the page; the files hold all."""


class FindingSeen(msgspec.Struct, frozen=True):
    """One promise or section that an entry appears to break, or a question."""

    voice: str
    sentence: str
    title: str
    section: str
    since: date | None


class EntrySeen(msgspec.Struct, frozen=True):
    """One entry: where it stands, who it is by which steps, and what was found."""

    name: str
    where: str
    direction: str
    kind: str
    inactive: bool
    called: str
    why: str
    findings: tuple[FindingSeen, ...]
    steps: tuple[Step, ...]
    sources: tuple[Source, ...]
    ask: str
    confidence: float


class Unclear(msgspec.Struct, frozen=True):
    """What could not be read, and where it stands."""

    where: str
    text: str
    why: str


class DocumentSeen(msgspec.Struct, frozen=True):
    """The file a result is about."""

    name: str
    sha256: str
    format: str
    dated: date | None = None


class SharingSeen(msgspec.Struct, frozen=True):
    """One list reviewed. ``meant``: how the agency was told by its name; ``by_voice``: findings by what they say."""

    document: DocumentSeen
    agency: str
    agency_id: str
    typed: str
    meant: str
    day: date
    entries: int
    by_voice: dict[str, int]
    found: tuple[EntrySeen, ...]
    found_in_all: int
    unknown: tuple[EntrySeen, ...]
    unknown_in_all: int
    by_name: int
    unread: tuple[Unclear, ...]
    unread_in_all: int
    notes: tuple[str, ...]
    promises: tuple[str, ...]


class PortalFindingSeen(msgspec.Struct, frozen=True):
    """One thing that a portal states and what it shows does not bear out."""

    voice: str
    sentence: str


class PortalSeen(msgspec.Struct, frozen=True):
    """One portal: promise against fact. ``problem``: why its agency cannot be told. ``unread``: what was compared with nothing."""

    document: DocumentSeen
    name: str
    agency: str
    outbound: int
    inbound: int
    findings: tuple[PortalFindingSeen, ...]
    in_all: int
    problem: str
    unread: tuple[Unclear, ...] = ()
    unread_in_all: int = 0
    notes: tuple[str, ...] = ()


class AuditSeen(msgspec.Struct, frozen=True):
    """One finding in a search log."""

    title: str
    severity: str
    sentence: str
    lines: tuple[int, ...]
    searches: int


class SearchesSeen(msgspec.Struct, frozen=True):
    """One search log audited. ``withheld``: blacked out cells by column; ``notes``: how it was understood."""

    document: DocumentSeen
    rows: int
    first: datetime | None
    last: datetime | None
    by_severity: dict[str, int]
    findings: tuple[AuditSeen, ...]
    in_all: int
    tried: tuple[str, ...]
    not_tried: tuple[tuple[str, str], ...]
    withheld: dict[str, int]
    unread: tuple[Unclear, ...]
    unread_in_all: int
    notes: tuple[str, ...] = ()


class Compared(msgspec.Struct, frozen=True):
    """Lists compared over time; ``document`` as ``plateward review compare --json`` prints it, cut to ``MOST`` rows a table."""

    document: dict[str, Any]
    changes: int
    entries: int
