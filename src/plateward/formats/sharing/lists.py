"""What every sharing file becomes: entries with a direction and a kind, each with the place in the file it was read from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class Direction(StrEnum):
    """Which way data goes, seen from the owner of the list."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Kind(StrEnum):
    """What goes: every detection (read), or a hot list."""

    DETECTIONS = "detections"
    HOTLIST = "hotlist"


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file: page (from 1) and box (x0, top, x1, bottom in points) of a PDF, line of a text or table, sheet, field."""

    page: int | None = None
    line: int | None = None
    sheet: str = ""
    field: str = ""
    box: tuple[float, float, float, float] | None = None

    def __str__(self) -> str:
        parts = (
            f"page {self.page}" if self.page else "",
            f"sheet {self.sheet}" if self.sheet else "",
            f"line {self.line}" if self.line else "",
            self.field,
        )
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Entry:
    """One agency on a list. ``name`` is as written, joined where it was wrapped; ``networks`` and ``hotlists`` what is shared.

    ``confidence`` is 1 except where a scanned page was read by OCR (0 to 1).
    """

    name: str
    direction: Direction
    kind: Kind
    where: Where
    state: str | None = None
    city: str | None = None
    inactive: bool = False
    hotlists: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that could not be understood, and why."""

    where: Where
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Portal:
    """What a transparency portal states. Texts are as published; counts are None where it states none."""

    prohibited_uses: str = ""
    acceptable_use: str = ""
    access_policy: str = ""
    hotlist_policy: str = ""
    sharing_policy: str = ""
    other_policy: str = ""
    hotlists: tuple[str, ...] = ()
    retention_days: int | None = None
    cameras: int | None = None
    vehicles_30d: int | None = None
    hits_30d: int | None = None
    searches_30d: int | None = None
    organizations_stated: int | None = None


@dataclass(frozen=True, slots=True)
class SharingList:
    """One owner's list, from one file on one date.

    ``owner`` and ``dated`` are None where the file does not say; ``also`` is another name of the owner, as a portal's slug.
    ``empty`` names sections that the file shows as empty, which is a fact too; ``notes`` what a reader of the result should know
    about how it was read.
    """

    format: str
    entries: tuple[Entry, ...]
    owner: str | None = None
    dated: date | None = None
    unread: tuple[Unread, ...] = ()
    portal: Portal | None = None
    empty: tuple[tuple[Direction, Kind], ...] = ()
    notes: tuple[str, ...] = ()
    also: str = ""

    def of_kind(self, direction: Direction | None, kind: Kind | None) -> SharingList:
        """This list with every entry's direction and kind set, for a plain list whose reader knows what it is."""
        entries = tuple(replace(e, direction=direction or e.direction, kind=kind or e.kind) for e in self.entries)
        return replace(self, entries=entries)


_INACTIVE = re.compile(
    r"^\W*(?:inactive|in-active|dead(?:\s*/\s*old)?|deactivated|disabled|do not use|revoked(?:\s+mou)?|closed|former)\b\W*"
    r"|\W*\b(?:inactive|deactivated|disabled|do not use)\W*$"
    r"|\s*(?:\s[-–]|\()\s*(?:pending|denied|expired|suspended|revoked|terminated|requested)\)?$",
    re.IGNORECASE,
)


_ACTIVE = re.compile(r"\s*(?:\s[-–]|\()\s*(?:active|approved|accepted|enabled)\)?$", re.IGNORECASE)


def clean_name(written: str) -> tuple[str, bool]:
    """A name without its marker of inactivity, and whether it had one ("(INACTIVE) Troup County GA SO" → …, True)."""
    name = " ".join(written.replace("\u00a0", " ").replace("\u200b", "").split())
    name = _ACTIVE.sub("", name)
    bare = _INACTIVE.sub("", name).strip()
    if bare and bare != name:
        return bare, True
    return name, False


_OF_ONE_NAME = re.compile(
    r"(?:Bureau of )?Alcohol,\s*Tobacco,\s*(?:and\s+)?Firearms(?:,?\s*(?:and|&)\s*Explosives)?"
    r"|Fish,\s*Wildlife,?\s*(?:and|&)\s*\w+|Parks,\s*Recreation,?\s*(?:and|&)\s*\w+",
    re.IGNORECASE,
)
"""Names of agencies with commas of their own."""

_EDGES = re.compile(r"^[\s,•·*–-]+|[\s,•·*–-]+$")


def split_names(text: str) -> list[str]:
    """The names of a list written in one cell: split at line ends and semicolons, else at commas outside parentheses.

    A state or suffix after a comma stays with its name ("El Cajon, CA", "Axon, Inc."), and so do the commas of ATF's.
    """
    text = _OF_ONE_NAME.sub(lambda found: found[0].replace(",", "\x1f"), text)
    if re.search(r"[\n;]", text):
        parts = re.split(r"[\n;]+", text)
    else:
        parts = re.split(r",\s*+(?![^()]*\))(?!(?:[A-Z]{2}|Inc\.?|LLC|L\.L\.C\.|Ltd\.?|the)(?:\s*,|\s*$))", text)
    return [name for part in parts if (name := _EDGES.sub("", " ".join(part.replace("\x1f", ",").split())))]
