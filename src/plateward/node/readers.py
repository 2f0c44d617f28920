"""Readers: which there are, how they do, and their keys. A key is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.core.place import Position
from plateward.core.read import Reader
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import readers as rows
from plateward.store.connection import Connection, limit_to


@dataclass(frozen=True, slots=True)
class ReaderView:
    """A reader and how it does. ``reads_24h``: reads of the last 24 hours."""

    id: str
    name: str
    agency: str
    agency_name: str
    kind: str
    position: Position | None
    last_seen: datetime | None
    reads_24h: int
    status: str


@dataclass(frozen=True, slots=True)
class NewReader:
    """A reader with its key, which is never shown again."""

    reader: Reader
    key: str


async def list_readers(node: Node, person: Person) -> tuple[ReaderView, ...]:
    """The readers of the person's own agency; for whoever looks after readers, all of the node."""
    agency = None if person.may(Permission.READERS) else person.organisation
    async with node.store.transaction() as tx:
        registry = (await node.policy(tx)).registry
        every = await rows.readers(tx, agency)
        numbers = sorted({stored.agency_no for stored in every})
        await limit_to(tx, numbers)
        counts = await rows.reads_since(tx, numbers, node.now() - timedelta(hours=24))
    return tuple(
        ReaderView(
            stored.reader.id,
            stored.reader.name,
            stored.reader.agency,
            registry.called(stored.reader.agency),
            str(stored.reader.kind),
            stored.reader.position,
            stored.last_seen,
            counts.get(stored.reader_no, 0),
            str(stored.status),
        )
        for stored in every
    )


async def add_reader(node: Node, person: Person, reader: Reader) -> NewReader:
    """Add a reader of the person's own agency. Raises BadInput when the id is taken or the agency is not theirs."""
    _require(person, reader.agency)
    key = _key(node)
    async with node.store.transaction() as tx:
        await add(node, tx, reader, by=person.id, key=key)
    return NewReader(reader, key)


async def add(node: Node, tx: Connection, reader: Reader, *, by: str | None, key: str | None = None) -> None:
    """Add ``reader`` in ``tx``, with ``key`` or without one for now. Raises BadInput when the id is taken."""
    await rows.add_reader(tx, reader, key_hash=hashlib.sha256(key.encode()).digest() if key else None)
    body: dict[str, JSON] = {"reader": reader.id, "owner": reader.agency, "kind": str(reader.kind)}
    await ledger.append(
        node, tx, Event(EventType.READER_ADDED, node.now(), reader.agency, body | ({"by": by} if by else {}))
    )


async def new_key(node: Node, person: Person, reader_id: str) -> NewReader:
    """Give a reader a new key; the old one stops working at once."""
    key = _key(node)
    digest = hashlib.sha256(key.encode())
    async with node.store.transaction() as tx:
        stored = await rows.reader(tx, reader_id)
        if stored is None:
            raise BadInput(f"there is no reader {reader_id!r}", where="reader")
        _require(person, stored.reader.agency)
        await rows.set_key(tx, reader_id, digest.digest())
        body: dict[str, JSON] = {"key": digest.hexdigest()[:12], "use": f"reader {reader_id}", "by": person.id}
        await ledger.append(node, tx, Event(EventType.KEY_MADE, node.now(), person.organisation, body))
    return NewReader(stored.reader, key)


def _require(person: Person, agency: str) -> None:
    if not person.may(Permission.READERS) or agency != person.organisation:
        raise BadInput("an ALPR administrator of the agency looks after its readers", where="agency")


def _key(node: Node) -> str:
    return "pwr_" + urlsafe_b64encode(node.random(32)).rstrip(b"=").decode()
