"""Cameras of other makers: their messages become reads on the same path as any reader's.

Ids are derived from reader, instant and plate by a key, so that a message sent twice adds nothing. What a camera wrote that
never sends again, or sends for ever, and nobody can read is set apart as it came, before it is answered.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import structlog

from plateward.core.errors import BadInput, Fault
from plateward.core.ids import derived_uuid7
from plateward.formats.payloads.detect import always_answered, parse
from plateward.formats.payloads.message import Unsafe
from plateward.formats.payloads.sent import Parsed, Sent
from plateward.formats.reads import Item
from plateward.node.devices.camera_spool import FOLDER, CameraSpool, Spooled
from plateward.node.ingest import IngestAnswer, UnknownReader, at_work, take
from plateward.node.keeping.retention import kept_minutes
from plateward.node.node import Node
from plateward.node.sealing import Keys, id_key
from plateward.store import reader_link, readers, reads
from plateward.store.connection import SILENT

log = structlog.get_logger()

PATIENCE_S = 8
"""A camera that never sends again hangs up after some ten seconds; before that its message is on disk."""

SPOOL_BATCH = 100
SPOOL_POLL_S = 5.0
NEVER_SET = datetime(2010, 1, 1, tzinfo=UTC)
"""A clock before this was never set: cameras that lost power begin anew in 1970 or 2000."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A camera's request. ``sender``: who it is from, None to find out. ``zone``: what a time without offset is in.

    ``received_at``: when it came in, None for now.
    """

    body: bytes
    content_type: str
    sender: str | None
    zone: tzinfo
    mapping: Mapping[str, str]
    received_at: datetime | None = None


class Unread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message that nobody could read, as it is kept apart: all that is needed to try again. ``zone``: by its name."""

    content_type: str
    body: bytes
    sender: str | None = None
    zone: str = "UTC"
    mapping: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class CameraAnswer:
    """What became of a message. ``unread``: why nothing of it could be read; it is set apart then, and nothing is lost."""

    sender: str
    taken: IngestAnswer
    notes: tuple[str, ...] = ()
    unread: str = ""


async def receive(node: Node, key: str, reader_id: str, delivery: Delivery) -> CameraAnswer | UnknownReader:
    """Take the message of the camera that is reader ``reader_id``; answered only when everything in it is durable.

    Of a sender that must always be answered, what the database cannot take is durable on disk and taken later. Raises
    BadInput for a message of which nothing can be read, unless its sender must be answered: then it is set apart.
    Raises Fault when it could not be made durable.
    """
    digest = hashlib.sha256(key.encode()).digest()
    delivery = replace(delivery, received_at=delivery.received_at or node.now())
    must = always_answered(delivery.body, delivery.sender)
    if must is None:
        return await _take(node, digest, reader_id, delivery)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _take(node, digest, reader_id, delivery)
    except (TimeoutError, Fault, OSError, *SILENT) as silent:
        # At home nothing of a plate that may be unlisted touches the disk.
        if node.settings.home or not await asyncio.to_thread(_spool, node, digest, reader_id, delivery):
            raise Fault(
                "The database does not answer, and the message cannot be kept on disk.",
                next_step="Look at the database and at the free space of the data folder.",
            ) from silent
    note = "The database does not answer: the message is kept on disk and taken when it does."
    return CameraAnswer(must, IngestAnswer(), (note,))


def spool_of(node: Node) -> CameraSpool:
    """Where messages wait for the database."""
    if node.camera_spool is None:
        data = node.settings.data
        node.camera_spool = CameraSpool(data / FOLDER, Keys(data / "keys" / FOLDER))
    return node.camera_spool


def _spool(node: Node, digest: bytes, reader_id: str, delivery: Delivery) -> bool:
    spool = spool_of(node)
    kept, at = spool.kept(reader_id, digest), delivery.received_at or node.now()
    return kept is not None and spool.put(
        Spooled(
            reader_id, digest, at, at + kept, delivery.content_type[:200], delivery.body, delivery.sender,
            str(delivery.zone), dict(delivery.mapping),
        )
    )  # fmt: skip


async def take_spooled(node: Node) -> int:
    """Take what waits on disk, the oldest first, without what is past its time; how many messages are gone from it. Stops where the
    database does not answer.
    """
    spool = spool_of(node)
    done = await asyncio.to_thread(spool.expire, node.now())
    for file, held in await asyncio.to_thread(lambda: list(islice(spool.waiting(), SPOOL_BATCH))):
        if held is not None and held.expires_at > node.now():
            delivery = Delivery(
                held.body, held.content_type, held.sender, _zone_of(held.zone), held.mapping, held.received_at
            )
            try:
                answer = await _take(node, held.key_digest, held.reader, delivery)
            except (Fault, OSError, *SILENT):
                return done
            except BadInput as wrong:
                log.warning("a message kept on disk cannot be taken", reader=held.reader, where=wrong.where)
            else:
                if isinstance(answer, UnknownReader):
                    log.warning("a message kept on disk is of a reader that may not deliver", reader=held.reader)
        await asyncio.to_thread(spool.remove, file)
        done += 1
    return done


async def take_spooled_for_ever(node: Node) -> None:
    """Look for what waits on disk, for good."""
    while True:
        try:
            while await take_spooled(node):
                pass
        except Exception as fault:
            log.error("taking what was kept on disk failed", kind=type(fault).__name__)
        await asyncio.sleep(SPOOL_POLL_S)


def _zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


async def _take(node: Node, digest: bytes, reader_id: str, delivery: Delivery) -> CameraAnswer | UnknownReader:
    async with node.store.transaction() as tx:
        reader = await readers.reader_by_key(tx, digest)
        if reader is not None and await reader_link.public_key(tx, reader.reader_no) is not None:
            return UnknownReader("This reader signs what it delivers; a message with its key alone is not from it.")
    known = at_work(reader if reader is not None and reader.reader.id == reader_id else None)
    if isinstance(known, UnknownReader):
        spool_of(node).forget(reader_id, digest)
        return known
    reader = known
    kept = timedelta(minutes=await kept_minutes(node, reader))
    spool_of(node).remember(reader_id, digest, kept)
    try:
        parsed = await asyncio.to_thread(understand, node, delivery)
    except Unsafe:
        raise
    except BadInput as wrong:
        must = always_answered(delivery.body, delivery.sender)
        if must is None:
            raise
        await _set_apart_whole(node, reader, delivery, kept, str(wrong))
        unread = IngestAnswer(not_kept=1) if node.settings.home else IngestAnswer(quarantined=1)
        return CameraAnswer(must, unread, unread=str(wrong))
    partly = bool(parsed.rejected) and always_answered(delivery.body, delivery.sender) is not None
    if partly:
        await _set_apart_whole(node, reader, delivery, kept, parsed.rejected[0].error)
    key = await asyncio.to_thread(id_key, node.settings.data)
    unset = [sent for sent in parsed.reads if sent.read_at < NEVER_SET]
    for sent in unset:
        payload = msgspec.msgpack.encode(as_item(sent, reader.reader.id, key))
        await _set_apart(node, reader, kept, "the camera's clock was never set", payload)
    items = [as_item(sent, reader.reader.id, key) for sent in parsed.reads if sent.read_at >= NEVER_SET]
    taken = await take(node, reader, list(enumerate(items)))
    return CameraAnswer(parsed.sender, _told(node, parsed, taken, len(unset) + partly), parsed.notes)


def understand(node: Node, delivery: Delivery) -> Parsed:
    """What a message says, as the wizard shows it and ``receive`` takes it. Raises BadInput when it holds only what is wrong."""
    parsed = parse(
        delivery.body,
        delivery.content_type,
        delivery.received_at or node.now(),
        delivery.zone,
        sender=delivery.sender,
        mapping=delivery.mapping,
    )
    if parsed.rejected and not parsed.reads:
        first = parsed.rejected[0]
        raise BadInput(first.error, where=first.field)
    return parsed


def as_item(sent: Sent, reader_id: str, key: bytes) -> Item:
    """A camera's read as a reader would deliver it; the same read always gets the same id. ``key``: ``sealing.id_key``."""
    return Item(
        id=read_id(sent, reader_id, key), plate=sent.plate, read_at=sent.read_at, confidence=sent.confidence,
        char_confidences=sent.char_confidences, candidates=sent.candidates, plate_raw=sent.plate_raw, region=sent.region,
        lat=sent.lat, lon=sent.lon, direction=sent.direction_deg, lane=sent.lane, box=sent.box, picture=sent.picture,
    )  # fmt: skip


def read_id(sent: Sent, reader_id: str, key: bytes) -> UUID:
    """The id of a camera's read, derived from reader, instant and plate by a key of the node."""
    at = sent.read_at.astimezone(UTC).isoformat()
    return derived_uuid7(sent.read_at, "camera", reader_id, at, sent.plate, key=key)


def _told(node: Node, parsed: Parsed, taken: IngestAnswer, apart: int) -> IngestAnswer:
    """The answer over the whole message. Another read under the same id is the same one told again."""
    again = [rejected for rejected in taken.rejected if rejected.field == "id"]
    others = (rejected for rejected in taken.rejected if rejected.field != "id")
    return replace(
        taken,
        duplicates=taken.duplicates + len(again),
        quarantined=taken.quarantined + (0 if node.settings.home else apart),
        not_kept=taken.not_kept + (apart if node.settings.home else 0),
        rejected=(*parsed.rejected, *others),
    )


async def _set_apart_whole(
    node: Node, reader: readers.StoredReader, delivery: Delivery, kept: timedelta, why: str
) -> None:
    payload = msgspec.msgpack.encode(
        Unread(
            delivery.content_type[:200], delivery.body, delivery.sender, str(delivery.zone), dict(delivery.mapping)
        )
    )  # fmt: skip
    await _set_apart(node, reader, kept, f"the message cannot be read: {why}"[:400], payload)


async def _set_apart(node: Node, reader: readers.StoredReader, kept: timedelta, why: str, payload: bytes) -> None:
    now = node.now()
    async with node.store.transaction([reader.agency_no]) as tx:
        if node.settings.home:  # whose plate it is nobody knows, so nothing of it is written
            await readers.seen(tx, [reader.reader_no], now)
            return
        await reads.quarantine(
            tx,
            agency_no=reader.agency_no,
            reader_no=reader.reader_no,
            received_at=now,
            expires_at=now + kept,
            read_id=None,
            why=why,
            payload=payload,
            digest=hashlib.sha256(payload).digest(),
        )
        await readers.seen(tx, [reader.reader_no], now)
