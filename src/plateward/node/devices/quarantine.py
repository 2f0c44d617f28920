"""What is set apart: reads from clocks that cannot be right, and messages of cameras that nobody could read.

It is kept until its retention ends, then it goes by itself. Until then somebody who looks after readers releases it (with the time
it states, or the time it came in at where the clock was wrong) or drops it; each with a reason, as an event. Plates are not shown
here: whether a clock was wrong is decided without them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.ids import derived_uuid7
from plateward.core.people import Permission, Person
from plateward.formats.payloads.message import Unsafe
from plateward.formats.reads import Item
from plateward.node import ledger
from plateward.node.devices.cameras import Delivery, Unread, as_item, understand
from plateward.node.ingest import CLOCK_TOLERANCE, IngestAnswer, take
from plateward.node.node import Node
from plateward.node.sealing import id_key
from plateward.store import readers, reads
from plateward.store.connection import Connection

MOST = 200
"""Entries of a page, and of one decision."""


class When(StrEnum):
    """Which time a released read gets."""

    STATED = "stated"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Apart:
    """One delivery set apart. ``kind``: "read" or "message". ``read_at``: what a read states; None for a message.

    ``why``: the sentence that says what is wrong. ``expires_at``: when it goes by itself. ``size``: of what was sent, in bytes.
    """

    id: int
    kind: str
    reader: str
    reader_name: str
    received_at: datetime
    expires_at: datetime
    why: str
    read_at: datetime | None
    size: int
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of entries. ``stored`` and ``duplicates`` count reads; ``still``: entries that stay, each with why."""

    decided: int
    stored: int = 0
    duplicates: int = 0
    expired: int = 0
    still: tuple[tuple[int, str], ...] = ()


async def set_apart(node: Node, person: Person, before: int | None = None) -> tuple[Apart, ...]:
    """What is set apart of the own agency's readers, newest first; ``before``: the id a page ended with. Raises NotAllowed."""
    number, known = await _own(node, person)
    if number is None:
        return ()
    async with node.store.transaction([number]) as tx:
        found = await reads.quarantined(tx, [number], limit=MOST, before=before or 2**62)
    return tuple(_view(one, known) for one in found)


async def drop(node: Node, person: Person, ids: Sequence[int], note: str) -> Decided:
    """Delete entries for good. Raises BadInput without a reason, NotAllowed."""
    number, _ = await _own(node, person)
    _check(ids, note)
    if number is None:
        return Decided(0)
    async with node.store.transaction([number]) as tx:
        gone = await reads.release_quarantined(tx, [number], ids)
        if gone:
            await _tell(node, tx, person, len(gone), note, stored=False)
    return Decided(len(gone))


async def release(node: Node, person: Person, ids: Sequence[int], note: str, when: When = When.STATED) -> Decided:
    """Store what entries hold after all. A message is read again, as this version reads it.

    Reads are stored first and the entry goes then: after a crash between the two, releasing again finds duplicates. What still lies
    ahead of the clock, or still cannot be read, stays. Raises BadInput without a reason, NotAllowed, Fault.
    """
    number, known = await _own(node, person)
    _check(ids, note)
    if number is None:
        return Decided(0)
    async with node.store.transaction([number]) as tx:
        every = await reads.quarantined(tx, [number], limit=10_000)
    done: list[int] = []
    still: list[tuple[int, str]] = []
    answers: list[IngestAnswer] = []
    for one in every:
        if one.quarantine_id not in ids:
            continue
        try:
            answers.append(await _store(node, one, known[one.reader_no], when))
            done.append(one.quarantine_id)
        except BadInput as wrong:
            still.append((one.quarantine_id, str(wrong)))
    if done:
        async with node.store.transaction([number]) as tx:
            gone = await reads.release_quarantined(tx, [number], done)
            if gone:
                await _tell(node, tx, person, len(gone), note, stored=True)
    return Decided(
        len(done), sum(a.accepted for a in answers), sum(a.duplicates for a in answers), sum(a.expired for a in answers),
        tuple(still),
    )  # fmt: skip


async def _store(node: Node, one: reads.Quarantined, reader: readers.StoredReader, when: When) -> IngestAnswer:
    """Store the reads of one entry. Raises BadInput saying why it has to stay."""
    if reader.status is readers.ReaderStatus.RETIRED:
        raise BadInput(f"reader {reader.reader.id} is retired: nothing is stored in its name")
    items = await _items(node, one, reader, when)
    ahead = [item for item in items if item.read_at > node.now() + CLOCK_TOLERANCE]
    if ahead:
        raise BadInput(
            f"it states {ahead[0].read_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, which is yet to come; take the time it came in at"
        )
    answer = await take(node, reader, list(enumerate(items)))
    again = sum(rejected.field == "id" for rejected in answer.rejected)
    if len(answer.rejected) > again:
        first = next(rejected for rejected in answer.rejected if rejected.field != "id")
        raise BadInput(first.error, where=first.field)
    return answer


async def _items(node: Node, one: reads.Quarantined, reader: readers.StoredReader, when: When) -> list[Item]:
    held = _opened(one.payload)
    if isinstance(held, Item):
        return [held if when is When.STATED else _received(held, one.received_at, reader.reader.id)]
    delivery = Delivery(held.body, held.content_type, held.sender, _zone(held.zone), held.mapping)
    try:
        parsed = await asyncio.to_thread(understand, node, delivery)
    except Unsafe:
        raise BadInput("it is made to harm whoever reads it; drop it") from None
    if parsed.rejected:
        raise BadInput(f"a part of it still cannot be read: {parsed.rejected[0].error}")
    key = await asyncio.to_thread(id_key, node.settings.data)
    items = [as_item(sent, reader.reader.id, key) for sent in parsed.reads]
    if not items:
        raise BadInput("it holds no read")
    return items if when is When.STATED else [_received(item, one.received_at, reader.reader.id) for item in items]


def _received(item: Item, at: datetime, reader: str) -> Item:
    """``item`` at the time it came in, under an id that the same release always gives."""
    return msgspec.structs.replace(item, id=derived_uuid7(at, "released", reader, str(item.id)), read_at=at)


def _opened(payload: bytes) -> Item | Unread:
    try:
        return msgspec.msgpack.decode(payload, type=Unread)
    except msgspec.ValidationError:
        return msgspec.msgpack.decode(payload, type=Item)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


async def _own(node: Node, person: Person) -> tuple[int | None, dict[int, readers.StoredReader]]:
    """The number of the own agency and its readers by number. Raises NotAllowed."""
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        if not person.may(Permission.READERS):
            raise NotAllowed("What is set apart is decided by who looks after the readers.")
        numbers = await node.agency_numbers(tx, [person.organisation])
        known = await readers.readers(tx, person.organisation)
    return numbers.get(person.organisation), {reader.reader_no: reader for reader in known}


def _view(one: reads.Quarantined, known: dict[int, readers.StoredReader]) -> Apart:
    held, reader = _opened(one.payload), known.get(one.reader_no)
    item = held if isinstance(held, Item) else None
    return Apart(
        one.quarantine_id, "read" if item else "message", reader.reader.id if reader else "", reader.reader.name if reader else "",
        one.received_at, one.expires_at, one.why, item.read_at if item else None,
        len(one.payload) if item else len(held.body) if isinstance(held, Unread) else 0,
        item is not None and item.picture is not None,
    )  # fmt: skip


def _check(ids: Sequence[int], note: str) -> None:
    if not ids:
        raise BadInput("choose at least one entry", where="ids")
    if len(ids) > MOST:
        raise BadInput(f"at most {MOST} entries at a time", where="ids")
    if not note.strip():
        raise BadInput("say why", where="note")


async def _tell(node: Node, tx: Connection, person: Person, count: int, note: str, *, stored: bool) -> None:
    body: dict[str, JSON] = {
        "owner": person.organisation, "reads": count, "stored": stored, "by": person.id, "note": note.strip()[:500],
    }  # fmt: skip
    await ledger.append(node, tx, Event(EventType.READ_RELEASED, node.now(), person.organisation, body))
