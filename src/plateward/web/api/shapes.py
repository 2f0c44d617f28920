"""What programs get: the shapes of answers. Names are a contract; add freely, rename nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from plateward.core.people import Person
from plateward.node.devices.readers import ReaderView
from plateward.node.overseeing.access import AccessRow
from plateward.node.search import FoundRead, OwnerAnswer, SearchAnswer


class Link(msgspec.Struct, frozen=True):
    """One agency of a chain of affiliations."""

    agency: str
    name: str


class Owner(msgspec.Struct, frozen=True):
    """What one agency answered about its reads."""

    agency: str
    name: str
    allowed: bool
    why: str
    promises: tuple[str, ...]
    shares: tuple[str, ...]
    chain: tuple[Link, ...]
    help: str
    reads: int


class ReadShape(msgspec.Struct, frozen=True):
    """A read. ``picture``: whether there is one that you may see. ``exact_location`` false: the place is a grid cell's middle."""

    id: UUID
    plate: str
    read_at: datetime
    reader: str
    reader_name: str
    agency: str
    confidence: float
    likeness: str
    region: str | None
    lat: float | None
    lon: float | None
    exact_location: bool
    direction: int | None
    lane: int | None
    plate_raw: str | None
    candidates: tuple[tuple[str, float], ...]
    picture: bool
    corrects: UUID | None


class Found(msgspec.Struct, frozen=True):
    """The answer to a search, newest read first. ``next``: the cursor of the older page. ``consent_wanted``: the request filed."""

    reads: tuple[ReadShape, ...]
    owners: tuple[Owner, ...]
    access_record: int
    next: str | None = None
    refusal: str | None = None
    consent_wanted: str | None = None


class Seen(msgspec.Struct, frozen=True):
    """One read looked at, and later corrections of it."""

    read: ReadShape | None
    owners: tuple[Owner, ...]
    access_record: int
    corrections: tuple[ReadShape, ...] = ()


class PersonShape(msgspec.Struct, frozen=True):
    """Somebody with an account."""

    id: str
    name: str
    role: str
    organisation: str
    employer: str
    assignments: tuple[str, ...]


class Record(msgspec.Struct, frozen=True):
    """One access record (California Civ. Code 1798.90.52). ``number``: its place in the ledger."""

    number: int
    at: datetime
    event: str
    person: str
    name: str
    organisation: str
    employer: str
    on_behalf_of: str | None
    query: Mapping[str, Any]
    reason: str
    words: str
    case: str | None
    offence: str | None
    allowed: bool
    rows: int
    owners: tuple[Owner, ...]


class Log(msgspec.Struct, frozen=True):
    """Access records, newest first. ``next``: the cursor of the older page."""

    records: tuple[Record, ...]
    next: str | None


class ReaderShape(msgspec.Struct, frozen=True):
    """A reader and how it does.

    ``keep``: what it is told to keep of what it sees. ``silent_since``: when it was last heard, where that is too long ago.
    ``warnings``: what its last heartbeat gives cause to look at. ``status``: active, paused or retired. ``heading``: where it
    looks, degrees clockwise from north.
    """

    id: str
    name: str
    agency: str
    kind: str
    lat: float | None
    lon: float | None
    last_seen: datetime | None
    reads_24h: int
    status: str
    keep: str
    silent_since: datetime | None
    warnings: tuple[str, ...]
    heading: int | None


def reader(view: ReaderView) -> ReaderShape:
    """A reader as programs get it."""
    place = view.position
    return ReaderShape(
        view.id, view.name, view.agency, view.kind, place.lat if place else None, place.lon if place else None,
        view.last_seen, view.reads_24h, view.status, view.keep, view.silent_since, view.warnings, view.heading_deg,
    )  # fmt: skip


def owner(answer: OwnerAnswer) -> Owner:
    """``answer`` as programs get it."""
    chain = tuple(Link(agency, name) for agency, name in answer.chain)
    return Owner(
        answer.agency,
        answer.name,
        answer.allowed,
        answer.why,
        answer.promises,
        answer.shares,
        chain,
        answer.help,
        answer.reads,
    )


def read(found: FoundRead) -> ReadShape:
    """``found`` as programs get it."""
    seen = found.read
    return ReadShape(
        id=seen.id,
        plate=seen.plate,
        read_at=seen.read_at,
        reader=seen.reader,
        reader_name=found.reader_name,
        agency=seen.agency,
        confidence=seen.confidence,
        likeness=str(found.likeness),
        region=seen.region,
        lat=seen.position.lat if seen.position else None,
        lon=seen.position.lon if seen.position else None,
        exact_location=found.exact_location,
        direction=seen.direction_deg,
        lane=seen.lane,
        plate_raw=seen.plate_raw,
        candidates=seen.candidates,
        picture=seen.picture is not None,
        corrects=seen.corrects,
    )


def found(answer: SearchAnswer) -> Found:
    """``answer`` as programs get it."""
    return Found(
        tuple(map(read, answer.reads)),
        tuple(map(owner, answer.owners)),
        answer.access_record,
        answer.next,
        answer.refusal,
        answer.consent_wanted,
    )


def person(who: Person) -> PersonShape:
    """``who`` as programs get them."""
    return PersonShape(who.id, who.name, str(who.role), who.organisation, who.employer, who.assignments)


def record(row: AccessRow) -> Record:
    """``row`` as programs get it."""
    return Record(
        row.seq, row.at, row.event, row.person, row.person_name, row.organisation, row.employer, row.on_behalf_of, row.query,
        row.reason, row.words, row.case, row.offence, row.allowed, row.rows, tuple(map(owner, row.owners)),
    )  # fmt: skip
