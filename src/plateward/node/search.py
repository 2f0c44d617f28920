"""Search: find reads of a plate, or of a place and time, through the gate.

A search by place, or with fewer than four fixed characters, looks at people nobody named. It is a permission of its own, needs a
case, a bound of time and a supervisor's consent, and is recorded like every other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.opening import Opening
from plateward.core.people import Permission, Person
from plateward.core.place import Near
from plateward.core.plate import Likeness, PlatePattern
from plateward.core.policy import Policy
from plateward.core.purpose import Purpose
from plateward.core.read import Read
from plateward.core.share import Act, Grant
from plateward.node.gate import Found, Passage, Request, Scope, pass_gate
from plateward.node.node import Node
from plateward.node.people import consent
from plateward.store import search as rows
from plateward.store.connection import Connection

MAX_LIMIT = 1000
NAMED_CHARACTERS = 4
"""A pattern with fewer fixed characters names nobody."""

WIDE_SPAN = timedelta(days=7)
"""The longest time that one search of people nobody named may cover."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What somebody looks for. ``owners`` empty: every owner on this node. ``consent``: the supervisor's, for a wide search;
    ``emergency``: the number of the one it is made in.
    """

    pattern: PlatePattern | None
    purpose: Purpose
    begins: datetime | None = None
    ends: datetime | None = None
    near: Near | None = None
    readers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    limit: int = 100
    cursor: str | None = None
    consent: str | None = None
    session: str | None = None
    emergency: str | None = None

    def __post_init__(self) -> None:
        if self.pattern is None and self.near is None and not self.readers:
            raise BadInput("give a plate, a place or a reader", where="pattern")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadInput(f"between 1 and {MAX_LIMIT}", where="limit")
        for name, instant in (("from", self.begins), ("to", self.ends)):
            if instant is not None and instant.tzinfo is None:
                raise BadInput("an instant needs its offset from UTC, as in 2026-01-12T08:30:00-08:00", where=name)
        if self.begins and self.ends and self.begins >= self.ends:
            raise BadInput("the time ends before it begins", where="to")

    @property
    def wide(self) -> bool:
        """Whether this looks at people nobody named."""
        return self.pattern is None or self.pattern.fixed_characters < NAMED_CHARACTERS

    @property
    def query(self) -> dict[str, JSON]:
        """What was asked, as the record keeps it and a supervisor reads it. Where a page begins is not part of it."""
        asked: dict[str, JSON] = {
            "plate": self.pattern.text if self.pattern else None,
            "likeness": str(self.pattern.likeness) if self.pattern else None,
            "from": self.begins.isoformat() if self.begins else None,
            "to": self.ends.isoformat() if self.ends else None,
            "near": f"{self.near.center.lat},{self.near.center.lon},{self.near.radius_m:g}" if self.near else None,
            "readers": list(self.readers),
            "owners": list(self.owners),
            "emergency": self.emergency,
        }
        return {name: value for name, value in asked.items() if value}


_FIELDS = frozenset({"plate", "likeness", "from", "to", "near", "readers", "owners", "emergency", "format"})


def told_in(query: Mapping[str, Any], purpose: Purpose) -> SearchRequest | None:
    """The search (or export) that a record's ``query`` tells of; None where it tells of something else, such as the live feed."""
    if not query.keys() <= _FIELDS or not query.keys() & {"plate", "near", "readers"}:
        return None
    begins, ends = (datetime.fromisoformat(query[end]) if end in query else None for end in ("from", "to"))
    return SearchRequest(
        PlatePattern.parse(query["plate"], Likeness(query["likeness"])) if "plate" in query else None, purpose, begins, ends,
        Near.parse(query["near"]) if "near" in query else None, tuple(query.get("readers", ())), tuple(query.get("owners", ())),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundRead:
    """A read with its reader's name, how it matched, whether its exact place may be shown, and when its time is over."""

    read: Read
    reader_name: str
    likeness: Likeness
    exact_location: bool
    expires: datetime


@dataclass(frozen=True, slots=True)
class OwnerAnswer:
    """What one owner answered. ``chain``: ids and names of the affiliations that led to a refusal. ``reads``: how many it gave."""

    agency: str
    name: str
    allowed: bool
    why: str
    promises: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    chain: tuple[tuple[str, str], ...] = ()
    help: str = ""
    reads: int = 0


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The reads found, newest first, who was asked and what each said, and the record that tells of it.

    ``next``: where the next page begins. ``consent_wanted``: the request for a supervisor's consent that was filed.
    """

    reads: tuple[FoundRead, ...]
    owners: tuple[OwnerAnswer, ...]
    access_record: int
    next: str | None = None
    refusal: str | None = None
    consent_wanted: str | None = None


async def search(node: Node, person: Person, request: SearchRequest, opening: Opening | None = None) -> SearchAnswer:
    """Search as ``person``, in an emergency by its ``opening``.

    Raises BadInput for a wide search without case or bound of time, or an owner that is not here.
    """
    refusal, wanted = await consent.needed(node, person, request) if request.wide else (None, None)
    owners = await owners_here(node, request.owners)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[rows.Page]:
        page = await rows.find(tx, wanted_rows(node, request, scopes))
        return Found(page, Counter(found.agency for found in page.reads))

    passage = await pass_gate(
        node,
        person,
        Request(
            act=Act.SEARCH,
            event=EventType.ACCESS_SEARCH,
            permission=Permission.WIDE_SEARCH if request.wide else Permission.SEARCH,
            owners=owners,
            purpose=request.purpose,
            query=request.query,
            refusal=refusal,
            approvals=tuple(filter(None, (request.consent, opening.reference if opening else None))),
            opening=opening,
            session=request.session,
        ),
        work,
    )
    return replace(_answer(passage, request), refusal=refusal, consent_wanted=wanted)


async def owners_here(node: Node, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Who is asked: ``asked``, or every owner on this node. Raises BadInput naming one that is not here."""
    here = await node.owners_lately(among=asked)
    unknown = [owner for owner in asked if owner not in here]
    if unknown:
        raise BadInput(f"{unknown[0]} owns no reads here; owners are {', '.join(here)}", where="owners")
    return asked or here


def wanted_rows(node: Node, request: SearchRequest, scopes: tuple[Scope, ...]) -> rows.Wanted:
    """What to look for, within what the gate allowed."""
    return rows.Wanted(
        owners=tuple((scope.number, scope.since) for scope in scopes),
        pattern=request.pattern,
        begins=request.begins,
        ends=request.ends,
        near=request.near,
        readers=request.readers,
        limit=request.limit,
        after=request.cursor,
        now=node.now(),
        coarse=coarse_of(scopes),
    )


def coarse_of(scopes: Iterable[Scope]) -> tuple[int, ...]:
    """The owners among ``scopes`` that do not share exact places: asking for a place or a reader must not tell one either."""
    return tuple(scope.number for scope in scopes if Grant.EXACT_LOCATION not in scope.grants)


def _answer(passage: Passage[rows.Page], request: SearchRequest) -> SearchAnswer:
    grants = {decision.owner: decision.grants for decision in passage.decisions}
    page = passage.answer
    reads = tuple(within_grants(found, request.pattern, grants[found.agency]) for found in page.reads) if page else ()
    owners = tuple(tell(decision, passage.policy, passage.rows) for decision in passage.decisions)
    return SearchAnswer(reads, owners, passage.record, page.next if page else None)


def tell(decision: Decision, policy: Policy, counts: Mapping[str, int]) -> OwnerAnswer:
    """A decision as people see it, with names."""
    name = policy.registry.called
    return OwnerAnswer(
        decision.owner, name(decision.owner), decision.allowed, decision.why, decision.promises, decision.shares,
        tuple((agency, name(agency)) for agency in decision.chain), decision.help, counts.get(decision.owner, 0),
    )  # fmt: skip


def within_grants(found: rows.Row, pattern: PlatePattern | None, grants: Iterable[Grant]) -> FoundRead:
    """A row as the share allows it to be seen: without the grant of exact location, its place is the middle of its grid cell."""
    read, exact = found.read, Grant.EXACT_LOCATION in grants
    if not exact:
        read = replace(
            read, position=read.position and read.position.coarse, direction_deg=None, lane=None, reader="withheld"
        )
    if Grant.PICTURES not in grants:
        read = replace(read, picture=None)
    name, expires = (
        found.reader_name if exact else "place withheld",
        read.read_at + timedelta(minutes=found.keep_minutes),
    )
    return FoundRead(read, name, _likeness(read.plate, pattern), exact, expires)


def _likeness(plate: str, pattern: PlatePattern | None) -> Likeness:
    """How a plate matched: exactly where it did, else by the likeness that was asked for."""
    if pattern is None or replace(pattern, likeness=Likeness.EXACT).matches(plate):
        return Likeness.EXACT
    return pattern.likeness
