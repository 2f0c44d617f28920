"""Ingest: reads come in from readers, in batches, and are acknowledged only when they are durable.

An item is *accepted*, a *duplicate* (the same reader sent the same thing before), *expired* (older than its retention: never
stored), *quarantined* (a clock that cannot be right: kept apart, not lost), or *rejected* by index and field. At home what fits no
plate of the own list is *not kept*: nothing of it is written (``household.sieve``).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from plateward.core.errors import BadInput, Fault
from plateward.core.policy import Policy
from plateward.core.read import Read, Reader
from plateward.formats.reads import Batch, Item, Rejected, to_read
from plateward.node.hotlists.matching import match
from plateward.node.household.law import require_read
from plateward.node.household.sieve import count_passed, hold_list, listed_among
from plateward.node.keeping.retention import kept_minutes, require_still
from plateward.node.node import Node
from plateward.node.sealing import bucket
from plateward.node.sending.feed_queue import queue
from plateward.store import pictures, reader_link, readers, reads
from plateward.store.connection import Connection

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A read from further ahead than this has a wrong clock."""


@dataclass(frozen=True, slots=True)
class IngestAnswer:
    """The acknowledgement: everything counted here is durable or named with its reason."""

    accepted: int = 0
    duplicates: int = 0
    expired: int = 0
    quarantined: int = 0
    rejected: tuple[Rejected, ...] = ()
    not_kept: int = 0


@dataclass(frozen=True, slots=True)
class UnknownReader:
    """The key belongs to no reader that may deliver."""

    why: str


AT_WORK = frozenset({readers.ReaderStatus.ACTIVE})
Outcomes = tuple[reads.Outcome, ...]
_ACCEPTED = reads.Outcome.ACCEPTED


@dataclass(frozen=True, slots=True)
class Numbered:
    """A signed delivery's number and the digest of its body: the same number is answered once and for all."""

    number: reader_link.Number
    digest: bytes


class TakenBefore(Exception):
    """A delivery of this number was answered already, with ``earlier`` (None where that is no longer known)."""

    def __init__(self, earlier: reader_link.Acknowledged | None) -> None:
        super().__init__("a delivery of this number was answered already")
        self.earlier = earlier


@dataclass(slots=True)
class _Sorted:
    """A batch on its way in, each item with its index."""

    good: list[tuple[int, Read, Item]]
    late: int
    ahead: list[tuple[int, Item]]
    rejected: list[Rejected]
    not_kept: int = 0


async def accept(node: Node, key: str, batch: Batch) -> IngestAnswer | UnknownReader:
    """Take a batch from the reader whose key this is. Raises Fault when it could not be made durable: send it again."""
    async with node.store.transaction() as tx:
        reader = await readers.reader_by_key(tx, hashlib.sha256(key.encode()).digest())
        signs = reader is not None and await reader_link.public_key(tx, reader.reader_no) is not None
    known = at_work(reader)
    if isinstance(known, UnknownReader):
        return known
    if signs:
        return UnknownReader("This reader signs what it delivers; a delivery with its key alone is not from it.")
    return await take(node, known, batch.items, batch.rejected)


def at_work(
    reader: readers.StoredReader | None, states: frozenset[readers.ReaderStatus] = AT_WORK
) -> readers.StoredReader | UnknownReader:
    """``reader``, the one of a key or name, where it is in one of ``states``; else why nothing is taken from it."""
    if reader is None or reader.status is readers.ReaderStatus.RETIRED:
        return UnknownReader("No active reader has this key. An ALPR administrator can make a new one.")
    if reader.status not in states:
        return UnknownReader(
            "This reader is paused: nothing is taken from it until an ALPR administrator lets it go on."
        )
    return reader


async def take(
    node: Node,
    reader: readers.StoredReader,
    items: Sequence[tuple[int, Item]],
    rejected: Sequence[Rejected] = (),
    numbered: Numbered | None = None,
) -> IngestAnswer:
    """Store ``items`` as reads of ``reader``: pictures first, then the rows that point at them.

    A delivery with a number is answered once: raises TakenBefore, and stores nothing, when that number was used.
    """
    kept = await kept_minutes(node, reader)
    now, kept_for = node.now(), timedelta(minutes=kept)
    batch = await asyncio.to_thread(_sort, reader, items, now, kept_for)
    batch.rejected.extend(rejected)
    at_home, stored = node.settings.home, dict[int, UUID]()
    if not at_home:
        stored = await asyncio.to_thread(_store_pictures, node, reader, batch, kept_for)
    await node.partitions.ensure((kept, read.read_at) for _, read, _ in batch.good)
    try:
        async with node.store.transaction([reader.agency_no]) as tx:
            if at_home:
                await hold_list(tx)
            policy = await node.policy(tx)  # before any row is locked: whoever changes it waits for no reader
            # Then: one delivery of a reader at a time, so that two cannot bring the same id with different plates.
            await readers.seen(tx, [reader.reader_no], now)
            await require_still(node, tx, policy, reader, kept)
            if numbered:
                await _use_number(tx, reader, numbered, now)
            if at_home:
                await _drop_unlisted(node, tx, policy, batch)
                stored |= await asyncio.to_thread(_store_pictures, node, reader, batch, kept_for)
            incoming = [_incoming(read, item, stored.get(index), reader, kept) for index, read, item in batch.good]
            outcomes = await reads.add(tx, incoming, now)
            await _keep_pictures(tx, reader, batch, stored, outcomes, kept_for)
            quarantined = [await _quarantine(tx, reader, item, now, kept_for) for _, item in batch.ahead]
            answer = _answer(batch, outcomes, len(quarantined))
            if numbered:
                given = reader_link.Acknowledged(numbered.digest, asdict(answer))
                await reader_link.acknowledge(tx, reader.reader_no, numbered.number, given, now)
            fresh = [item.read for item, outcome in zip(incoming, outcomes, strict=True) if outcome is _ACCEPTED]
            await match(node, tx, policy, reader.reader.agency, fresh)
            await queue(node, tx, policy, reader.reader.agency, fresh, {reader.reader.id: kept})
    except (TakenBefore, Fault):
        for picture in stored.values():
            await asyncio.to_thread(node.vault.remove, picture)
        raise
    await asyncio.to_thread(_drop_orphans, node, stored, batch, outcomes)
    if at_home:
        count_passed(node, batch.not_kept)
    return answer


async def _drop_unlisted(node: Node, tx: Connection, policy: Policy, batch: _Sorted) -> None:
    """Leave in ``batch`` what fits the own list. What lies ahead of the clock goes too: at home nothing is set apart.

    Raises BadInput before the law was read.
    """
    await require_read(node, tx)
    listed = await listed_among(node, tx, policy, [read for _, read, _ in batch.good])
    taken = len(batch.good) + len(batch.ahead)
    batch.good = [one for one in batch.good if one[1] in listed]
    batch.ahead.clear()
    batch.not_kept = taken - len(batch.good)


async def _use_number(tx: Connection, reader: readers.StoredReader, numbered: Numbered, now: datetime) -> None:
    number = numbered.number
    if number.sequence <= await reader_link.last_sequence(tx, reader.reader_no, number.spool):
        raise TakenBefore(await reader_link.acknowledged(tx, reader.reader_no, number))
    await readers.seen(tx, [reader.reader_no], now, sequence=number.sequence)


def _sort(reader: readers.StoredReader, items: Sequence[tuple[int, Item]], now: datetime, kept: timedelta) -> _Sorted:
    batch = _Sorted([], 0, [], [])
    for index, item in items:
        if item.read_at > now + CLOCK_TOLERANCE:
            batch.ahead.append((index, item))
        elif item.read_at <= now - kept:
            batch.late += 1
        else:
            try:
                read = to_read(item, reader.reader.id, reader.reader.agency)
                batch.good.append((index, _placed(read, reader.reader), item))
            except BadInput as error:
                batch.rejected.append(Rejected(index, error.where or "item", error.args[0]))
    return batch


def _placed(read: Read, reader: Reader) -> Read:
    """A fixed reader need not send its position with each read."""
    return read if read.position is not None or reader.position is None else replace(read, position=reader.position)


def _incoming(read: Read, item: Item, picture: UUID | None, reader: readers.StoredReader, kept: int) -> reads.Incoming:
    """The digest tells a repeated delivery from another read under the same id; it leaves out what the node added."""
    digest = hashlib.sha256(msgspec.msgpack.encode(item)).digest()
    return reads.Incoming(replace(read, picture=picture), reader.agency_no, reader.reader_no, kept, digest)


def _store_pictures(node: Node, reader: readers.StoredReader, batch: _Sorted, kept: timedelta) -> dict[int, UUID]:
    stored: dict[int, UUID] = {}
    for index, read, item in batch.good:
        if item.picture is not None:
            stored[index] = uuid4()
            node.vault.put(stored[index], reader.reader.agency, bucket(read.read_at + kept, kept), item.picture)
    return stored


async def _keep_pictures(
    tx: Connection,
    reader: readers.StoredReader,
    batch: _Sorted,
    stored: dict[int, UUID],
    outcomes: Outcomes,
    kept: timedelta,
) -> None:
    for position, (index, read, item) in enumerate(batch.good):
        if item.picture is None or outcomes[position] is not reads.Outcome.ACCEPTED:
            continue
        await pictures.add(
            tx,
            stored[index],
            agency_no=reader.agency_no,
            reader_no=reader.reader_no,
            bucket=bucket(read.read_at + kept, kept),
            media_type="image/jpeg",
            size=len(item.picture),
            sha256=hashlib.sha256(item.picture).digest(),
            expires_at=read.read_at + kept,
        )


async def _quarantine(tx: Connection, reader: readers.StoredReader, item: Item, now: datetime, kept: timedelta) -> bool:
    payload = msgspec.msgpack.encode(item)
    return await reads.quarantine(
        tx,
        agency_no=reader.agency_no,
        reader_no=reader.reader_no,
        received_at=now,
        expires_at=now + kept,
        read_id=item.id,
        why="the read lies ahead of the node's clock",
        payload=payload,
        digest=hashlib.sha256(payload).digest(),
    )


def _drop_orphans(node: Node, stored: dict[int, UUID], batch: _Sorted, outcomes: Outcomes) -> None:
    """A duplicate's picture was stored before it was known to be one: its file goes again."""
    for position, (index, _, _) in enumerate(batch.good):
        if index in stored and outcomes[position] is not reads.Outcome.ACCEPTED:
            node.vault.remove(stored[index])


def _answer(batch: _Sorted, outcomes: Outcomes, quarantined: int) -> IngestAnswer:
    counts = {outcome: outcomes.count(outcome) for outcome in reads.Outcome}
    clashes = [
        Rejected(index, "id", "another read has this id already; ids are made once and never again")
        for position, (index, _, _) in enumerate(batch.good)
        if outcomes[position] is reads.Outcome.CONFLICT
    ]
    return IngestAnswer(
        counts[reads.Outcome.ACCEPTED],
        counts[reads.Outcome.DUPLICATE],
        batch.late,
        quarantined,
        tuple(sorted((*batch.rejected, *clashes), key=lambda rejected: rejected.index)),
        batch.not_kept,
    )
