"""Readers that sign: their keys, their deliveries, their heartbeats, and the terms on which they collect.

A reader proves itself once with the key an administrator gave it and enters a signing key of its own making; from then on nothing
but a signature delivers in its name. Every delivery carries a number. A number that comes again with the same body gets the
answer it got, because answers get lost; with another body it is refused and written down.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from plateward import rulepacks
from plateward.core.canonical import JSON
from plateward.core.delivery import (
    FRAME,
    HEALTH,
    MAX_SEQUENCE,
    READS,
    SEQUENCE_HEADER,
    SPOOL,
    SPOOL_HEADER,
    Keep,
    signed_text,
)
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.place import Position
from plateward.core.promise import NoCollect
from plateward.formats.heartbeat import decode_heartbeat
from plateward.formats.reads import Rejected, check_picture, decode_batch
from plateward.node import ledger
from plateward.node.ingest import AT_WORK, IngestAnswer, Numbered, TakenBefore, UnknownReader, at_work, take
from plateward.node.keeping.retention import kept_of, plan
from plateward.node.node import Node
from plateward.store import reader_link, readers
from plateward.store.connection import Connection
from plateward.store.readers import ReaderStatus

HEARD = AT_WORK | {ReaderStatus.PAUSED}
"""A paused reader delivers nothing, and may still learn that it is paused and say how it does."""

REFUSALS_EVERY = timedelta(minutes=10)
"""A wrong signature can be sent by anybody, so that of one reader's only one in this time is written down."""

WORTH_KEEPING_MIN = 60
"""Where less may be kept, a law or a promise means "hits alone": a reader then sends nothing that matches no list."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a request, with which number of which of its spools. ``signature``: over ``core.delivery.signed_text``."""

    reader: str
    spool: str
    sequence: int
    signature: bytes

    @property
    def number(self) -> reader_link.Number:
        """Its place in the row of its spool."""
        return reader_link.Number(self.spool, self.sequence)


@dataclass(frozen=True, slots=True)
class Clash:
    """A number that was used for something else, or so long ago that nobody knows for what."""

    why: str


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a reader collects. ``keep``: what its agency told it; ``most``: what its retention permits.

    ``kept_minutes``: None where nobody has set it. ``no_collect``: places named by a rule pack in force. ``signs``: whether a
    signing key is known.
    """

    reader: str
    agency: str
    kind: str
    position: Position | None
    keep: Keep
    most: Keep
    kept_minutes: int | None
    no_collect: tuple[NoCollect, ...]
    signs: bool
    now: datetime


async def accept_signed(
    node: Node, signed: Signed, body: bytes, content_type: str
) -> IngestAnswer | UnknownReader | Clash:
    """Take a signed delivery. Raises BadInput when its body is no batch, Fault when it could not be made durable."""
    reader = await _signer(node, signed, READS, body)
    if isinstance(reader, UnknownReader):
        return reader
    digest = hashlib.sha256(body).digest()
    batch = await asyncio.to_thread(decode_batch, body, content_type)
    try:
        return await take(node, reader, batch.items, batch.rejected, Numbered(signed.number, digest))
    except TakenBefore as before:
        if before.earlier is not None and before.earlier.digest == digest:
            return _told_again(before.earlier.answer)
        why = "another-body" if before.earlier is not None else "number-too-old"
        await _refuse(node, reader, why, len(batch.items) + len(batch.rejected))
        return Clash(
            f"Delivery {signed.sequence} of {reader.reader.id} was answered before, with another body."
            if before.earlier is not None
            else f"Delivery {signed.sequence} of {reader.reader.id} is older than the answers that are kept."
        )


async def enrol(node: Node, key: str, public: bytes) -> str | UnknownReader | Clash:
    """Enter the signing key of the reader whose key this is; its id. The same key again changes nothing."""
    if len(public) != 32:
        raise BadInput("an Ed25519 public key has 32 bytes", where="public")
    async with node.store.transaction() as tx:
        reader = await _of_key(tx, key)
        if isinstance(reader, UnknownReader):
            return reader
        await readers.seen(tx, [reader.reader_no], node.now())
        known = await reader_link.public_key(tx, reader.reader_no)
        if known == public:
            return reader.reader.id
        if known is not None:
            return Clash(
                "This reader has a signing key already. If the reader lost it, an ALPR administrator gives it a new key."
            )
        await reader_link.set_public_key(tx, reader.reader_no, public)
        told: dict[str, JSON] = {
            "key": hashlib.sha256(public).hexdigest()[:12],
            "use": f"signatures of reader {reader.reader.id}",
            "public": public.hex(),
        }
        await ledger.append(node, tx, Event(EventType.KEY_MADE, node.now(), reader.reader.agency, told))
    return reader.reader.id


async def terms_of(node: Node, key: str) -> Terms | UnknownReader:
    """The terms of the reader whose key this is."""
    async with node.store.transaction() as tx:
        reader = await _of_key(tx, key, HEARD)
        if isinstance(reader, UnknownReader):
            return reader
        return await terms(node, tx, reader)


async def terms(node: Node, tx: Connection, reader: readers.StoredReader) -> Terms:
    """On what terms ``reader`` collects today."""
    agency = reader.reader.agency
    policy = await node.policy(tx)
    owner = policy.registry.agencies.get(agency)
    packs = [rulepacks.load(name) for name in node.settings.promises.packs]
    held = kept_of(await plan(node, tx, policy), reader)
    kept = held.minutes if held is not None else None
    keep = Keep.parse((await reader_link.keeps(tx, [reader.reader_no]))[reader.reader_no])
    if reader.status is ReaderStatus.PAUSED:
        keep = Keep(nothing=True)
    return Terms(
        reader.reader.id, agency, str(reader.reader.kind), reader.reader.position,
        keep, Keep() if node.settings.home and kept else _most(kept), kept,
        tuple(p.no_collect for p in packs if p.no_collect and owner and p.applies_to.covers(owner)),
        await reader_link.public_key(tx, reader.reader_no) is not None, node.now(),
    )  # fmt: skip


async def take_heartbeat(node: Node, who: str | Signed, body: bytes) -> datetime | UnknownReader:
    """Keep what a reader says of itself, by its key or (once it signs) its signature; the node's time.

    Raises BadInput when the body is no heartbeat.
    """
    reader = await _teller(node, who, HEALTH, body, HEARD)
    if isinstance(reader, UnknownReader):
        return reader
    beat, now = decode_heartbeat(body), node.now()
    health = reader_link.Health(beat.at, now, beat.told())
    async with node.store.transaction() as tx:
        if await reader_link.set_health(tx, reader.reader_no, _number(who), health):
            await readers.seen(tx, [reader.reader_no], now)
    return now


async def take_frame(node: Node, who: str | Signed, camera: str, jpeg: bytes) -> datetime | UnknownReader:
    """Keep what a camera of a reader saw last, made unreadable by the reader; the node's time. Raises BadInput for no JPEG."""
    reader = await _teller(node, who, f"{FRAME} {camera}", jpeg)
    if isinstance(reader, UnknownReader):
        return reader
    check_picture(jpeg)
    if not camera.isprintable():
        raise BadInput("a camera's name is printable text", where="camera")
    now = node.now()
    async with node.store.transaction() as tx:
        await reader_link.set_frame(tx, reader.reader_no, _number(who), reader_link.Frame(camera, now, now), jpeg)
    return now


def _number(who: str | Signed) -> reader_link.Number:
    return who.number if isinstance(who, Signed) else reader_link.Number("", 0)


async def _teller(
    node: Node, who: str | Signed, use: str, body: bytes, states: frozenset[ReaderStatus] = AT_WORK
) -> readers.StoredReader | UnknownReader:
    """The reader that tells something of itself: by its key alone only as long as it signs nothing."""
    if isinstance(who, Signed):
        return await _signer(node, who, use, body, states)
    async with node.store.transaction() as tx:
        reader = await _of_key(tx, who, states)
        if not isinstance(reader, UnknownReader) and await reader_link.public_key(tx, reader.reader_no):
            return UnknownReader("This reader signs what it sends; what comes with its key alone is not from it.")
    return reader


async def _of_key(
    tx: Connection, key: str, states: frozenset[ReaderStatus] = AT_WORK
) -> readers.StoredReader | UnknownReader:
    return at_work(await readers.reader_by_key(tx, hashlib.sha256(key.encode()).digest()), states)


async def _signer(
    node: Node, signed: Signed, use: str, body: bytes, states: frozenset[ReaderStatus] = AT_WORK
) -> readers.StoredReader | UnknownReader:
    """The reader in one of ``states`` that made this signature over ``body``."""
    if not 0 < signed.sequence <= MAX_SEQUENCE:
        raise BadInput("a delivery's number lies between 1 and 2^53 - 1", where=SEQUENCE_HEADER)
    if not SPOOL.fullmatch(signed.spool):
        raise BadInput("a spool's name is 16 hexadecimal digits", where=SPOOL_HEADER)
    async with node.store.transaction() as tx:
        reader = await readers.reader(tx, signed.reader)
        public = await reader_link.public_key(tx, reader.reader_no) if reader else None
    if reader is None or public is None:
        return UnknownReader(
            "No active reader of this name signs here. It enters its signing key with its own key first."
        )
    text = signed_text(use, signed.reader, signed.spool, signed.sequence, body)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed.signature, text)
    except InvalidSignature:
        await _refuse(node, reader, "signature", 0)
        return UnknownReader("This is not the reader's signature over this delivery.")
    return at_work(reader, states)


async def _refuse(node: Node, reader: readers.StoredReader, why: str, items: int) -> None:
    async with node.store.transaction() as tx:
        if why == "signature" and not await reader_link.refusal_is_new(
            tx, reader.reader_no, node.now(), REFUSALS_EVERY
        ):
            return
        told: dict[str, JSON] = {"reader": reader.reader.id, "why": why, "items": items}
        await ledger.append(node, tx, Event(EventType.READER_REFUSED, node.now(), reader.reader.agency, told))


def _most(kept: int | None) -> Keep:
    if kept is None:
        return Keep(nothing=True)
    return Keep(kept) if kept < WORTH_KEEPING_MIN else Keep(None)


def _told_again(answer: Mapping[str, Any]) -> IngestAnswer:
    rejected = tuple(Rejected(**one) for one in answer["rejected"])
    not_kept = answer.get("not_kept", 0)
    return IngestAnswer(
        answer["accepted"], answer["duplicates"], answer["expired"], answer["quarantined"], rejected, not_kept
    )
