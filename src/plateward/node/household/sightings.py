"""When plates of the own list were seen: through the gate, on record, and of nothing else.

The record names the entry and not the plate: when it is taken off, nothing of the visitor is left in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import NotAllowed
from plateward.core.event import EventType
from plateward.core.hotlist import HOUSEHOLD, fit
from plateward.core.household import LEAST_CONFIDENCE
from plateward.core.people import Permission, Person
from plateward.core.policy import Circumstances
from plateward.core.purpose import OWN_LIST, Purpose
from plateward.core.read import Read
from plateward.core.share import Act
from plateward.node.gate import Found, Request, Scope, pass_gate
from plateward.node.household.my_list import MyPlate, entries, plate_of
from plateward.node.node import Node
from plateward.store import search as rows
from plateward.store.connection import Connection

NOW = timedelta(hours=24)
MOST = 1000


@dataclass(frozen=True, slots=True)
class Sighting:
    """A read of a listed plate. ``entry`` and ``name``: the entry it fits best; ``exact``: whether every character is the same."""

    id: UUID
    entry: str
    name: str
    plate: str
    read_plate: str
    exact: bool
    at: datetime
    reader: str
    reader_name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Sightings:
    """Sightings, the latest first, and the record that tells of the look. ``refusal``: why there are none."""

    seen: tuple[Sighting, ...]
    record: int
    refusal: str = ""


async def seen_lately(node: Node, person: Person, *, session: str | None = None) -> Sightings:
    """What of the list was seen in the last 24 hours."""
    return await _look(
        node, person, Act.LIVE, EventType.ACCESS_LIVE, {"list": "own", "hours": 24}, node.now() - NOW, None, session
    )


async def seen_of(
    node: Node, person: Person, entry_id: str, *, limit: int = 200, session: str | None = None
) -> tuple[MyPlate, Sightings]:
    """When one plate of the list was seen, as long as it is kept. Raises BadInput where it is not on the list."""
    _require(person)
    async with node.store.transaction() as tx:
        wanted = await plate_of(tx, entry_id)
    query: dict[str, JSON] = {"entry": wanted.id}
    found = await _look(node, person, Act.SEARCH, EventType.ACCESS_SEARCH, query, None, wanted, session)
    return wanted, Sightings(found.seen[: min(max(limit, 1), MOST)], found.record, found.refusal)


async def _look(
    node: Node,
    person: Person,
    act: Act,
    event: EventType,
    query: Mapping[str, JSON],
    begins: datetime | None,
    wanted: MyPlate | None,
    session: str | None,
) -> Sightings:
    _require(person)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[tuple[Sighting, ...]]:
        listed = (wanted,) if wanted else await entries(tx)
        seen = await _matching(node, tx, scopes, begins, [one for one in listed if one.ends > node.now()])
        return Found(seen, {person.organisation: len(seen)})

    request = Request(
        act, event, Permission.OWN_LIST, (person.organisation,), Purpose(OWN_LIST), query,
        circumstances=Circumstances(hotlist=HOUSEHOLD), session=session,
    )  # fmt: skip
    passage = await pass_gate(node, person, request, work)
    decision = passage.decisions[0]
    return Sightings(passage.answer or (), passage.record, "" if decision.allowed else decision.why)


async def _matching(
    node: Node, tx: Connection, scopes: Sequence[Scope], begins: datetime | None, listed: Sequence[MyPlate]
) -> tuple[Sighting, ...]:
    """The reads that fit ``listed``, at most ``MOST``: everything stored fits some plate of the list, so few are left out."""
    owners = tuple((scope.number, scope.since) for scope in scopes)
    seen: list[Sighting] = []
    after: str | None = None
    while len(seen) < MOST:
        page = await rows.find(tx, rows.Wanted(owners, begins=begins, limit=MOST, after=after, now=node.now()))
        seen.extend(one for row in page.reads if (one := _sighting(row, listed)) is not None)
        after = page.next
        if after is None:
            break
    return tuple(seen[:MOST])


def _sighting(row: rows.Row, listed: Sequence[MyPlate]) -> Sighting | None:
    fits = [(found.confidence, one) for one in listed if (found := fit(row.read, one.plate, one.region)) is not None]
    confidence, best = max(fits, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or confidence < LEAST_CONFIDENCE:
        return None
    return _told(row.read, row.reader_name, best, confidence)


def _told(read: Read, reader_name: str, entry: MyPlate, confidence: float) -> Sighting:
    return Sighting(
        read.id, entry.id, entry.name, entry.plate, read.plate, read.plate == entry.plate, read.read_at, read.reader, reader_name,
        confidence,
    )  # fmt: skip


def _require(person: Person) -> None:
    if not person.may(Permission.OWN_LIST):
        raise NotAllowed("the person of the household looks at the list", where="person")
