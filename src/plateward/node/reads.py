"""One read: its details, its picture, its plate behind the mask, and its correction. Each passes the gate and is recorded.

Details and picture are looked at under the purpose of the search that found the read: ``access`` is that search's record. It must
be the same person's and of today, and what was asked then must find the read: the record of one search opens no other read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.people import Permission, Person
from plateward.core.plate import normalise
from plateward.core.purpose import Purpose
from plateward.core.read import Read
from plateward.core.share import Act, Grant
from plateward.formats.jpeg import without_metadata
from plateward.node import ledger
from plateward.node.gate import Found, Passage, Request, Scope, Work, pass_gate
from plateward.node.node import Node
from plateward.node.search import FoundRead, OwnerAnswer, tell, told_in, wanted_rows, within_grants
from plateward.node.sending.feed_queue import queue
from plateward.store import events, pictures, readers
from plateward.store import reads as rows
from plateward.store import search as found_rows
from plateward.store.connection import Connection

T = TypeVar("T")

ACCESS_TERM = timedelta(hours=12)
"""How long a search's purpose covers looking at what it found."""

_FINDING = frozenset({str(EventType.ACCESS_SEARCH), str(EventType.ACCESS_EXPORT)})
"""Records of acts that find reads. Opening the live feed or the alerts finds none: a mask is lifted by a search of its own."""

MAX_CORRECTIONS = 10


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """A read with its corrections, or why not. ``corrections``: later readings of this one, the latest last."""

    found: FoundRead | None
    owners: tuple[OwnerAnswer, ...]
    access_record: int
    corrections: tuple[FoundRead, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureAnswer:
    """The picture as JPEG; None where it was refused or is gone."""

    jpeg: bytes | None
    owners: tuple[OwnerAnswer, ...]
    access_record: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """A misread mended: the new read beside the old one."""

    read_id: UUID
    plate: str


async def view(node: Node, person: Person, read_id: UUID, access: int, *, session: str | None = None) -> ReadAnswer:
    """The details of a read that the search ``access`` found."""
    record = await _record(node, person, access)
    owner = await _owner(node, read_id)

    request = Request(
        Act.SEARCH, EventType.ACCESS_READ, Permission.SEARCH, (owner,), _purpose(record),
        {"read": str(read_id), "search": access}, session=session,
    )  # fmt: skip
    return _read_answer(await pass_gate(node, person, request, _with_corrections(node, read_id, record)))


async def unmask(
    node: Node, person: Person, read_id: UUID, purpose: Purpose, *, session: str | None = None
) -> ReadAnswer:
    """The plate behind the live feed's mask: a search of its own, with a purpose of its own."""
    owner = await _owner(node, read_id)

    request = Request(
        Act.SEARCH,
        EventType.ACCESS_UNMASK,
        Permission.SEARCH,
        (owner,),
        purpose,
        {"read": str(read_id)},
        session=session,
    )
    return _read_answer(await pass_gate(node, person, request, _with_corrections(node, read_id, None)))


async def picture(
    node: Node, person: Person, read_id: UUID, access: int, *, session: str | None = None
) -> PictureAnswer:
    """The picture of a read that the search ``access`` found."""
    record = await _record(node, person, access)
    owner = await _owner(node, read_id)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[bytes | None]:
        if Grant.PICTURES not in scopes[0].grants:
            return Found(None)
        row = await _found(node, tx, scopes, read_id, record)
        stored = (
            await pictures.picture(tx, [scope.number for scope in scopes], row.read.picture)
            if row and row.read.picture
            else None
        )
        if stored is None:
            return Found(None)
        jpeg = await asyncio.to_thread(node.vault.get, stored.ref, owner, stored.bucket)
        return Found(picture_within(jpeg, scopes[0].grants), {owner: 1})

    request = Request(
        Act.PICTURE, EventType.ACCESS_PICTURE, Permission.SEARCH, (owner,), _purpose(record),
        {"read": str(read_id), "search": access}, session=session,
    )  # fmt: skip
    passage = await pass_gate(node, person, request, work)
    return PictureAnswer(passage.answer, _told(passage), passage.record)


async def correct(
    node: Node, person: Person, read_id: UUID, plate: str, access: int, note: str = ""
) -> Corrected | ReadAnswer:
    """Mend a misread of one's own agency: a new row points at the old one, which stays. A refusal comes as a ReadAnswer."""
    text = normalise(plate)
    owner = await _owner(node, read_id)
    if not person.may(Permission.CORRECT) or owner != person.organisation:
        raise BadInput("only a supervisor or ALPR administrator of the owner corrects its reads", where="read")
    seen = await view(node, person, read_id, access)
    if seen.found is None:
        return seen
    old = seen.found.read
    if old.plate == text:
        raise BadInput("this is what the read says already", where="plate")
    new = replace(
        old, id=uuid7(old.read_at, node.random(10)), plate=text, plate_raw=old.plate, confidence=1.0, corrects=old.id
    )
    await _store_correction(node, person, new, note)
    return Corrected(new.id, text)


async def _store_correction(node: Node, person: Person, new: Read, note: str) -> None:
    async with node.store.transaction() as tx:
        reader = await readers.reader(tx, new.reader)
    if reader is None:
        raise BadInput("the reader of this read does not exist any more", where="read")
    digest = hashlib.sha256(f"{new.corrects}{new.plate}{person.id}".encode()).digest()
    async with node.store.transaction([reader.agency_no]) as tx:
        policy = await node.policy(tx)
        old = await found_rows.find_one(tx, [(reader.agency_no, None)], new.corrects) if new.corrects else None
        if old is None:
            raise BadInput("this read is not kept any more", where="read")
        # In the class of the read it mends: a correction never outlives it.
        await rows.add(
            tx, [rows.Incoming(new, reader.agency_no, reader.reader_no, old.keep_minutes, digest)], node.now()
        )
        # Whoever was fed the misread is fed what it says.
        await queue(node, tx, policy, new.agency, [new], {new.reader: old.keep_minutes})
        body: dict[str, JSON] = {
            "owner": new.agency,
            "read": str(new.corrects),
            "correction": str(new.id),
            "by": person.id,
        }
        body |= {"note": note.strip()[:500]} if note.strip() else {}
        await ledger.append(node, tx, Event(EventType.READ_CORRECTED, node.now(), person.organisation, body))


def _with_corrections(
    node: Node, read_id: UUID, record: events.AccessRecord | None
) -> Work[tuple[found_rows.Row, ...]]:
    """The work of looking at one read that ``record`` found: the read and whatever mended it, the latest last."""

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[tuple[found_rows.Row, ...]]:
        row = await _found(node, tx, scopes, read_id, record)
        chain = [row] if row else []
        while row is not None and row.corrected_by is not None and len(chain) < MAX_CORRECTIONS:
            row = await found_rows.find_one(tx, _limits(scopes), row.corrected_by)
            chain += [row] if row else []
        return Found(tuple(chain), {scopes[0].owner: len(chain)})

    return work


async def _found(
    node: Node, tx: Connection, scopes: tuple[Scope, ...], read_id: UUID, record: events.AccessRecord | None
) -> found_rows.Row | None:
    """The read, where ``record`` (None: no search went before) is of a search that found it or of this read's unmasking."""
    if record is None or (record.act == EventType.ACCESS_UNMASK and record.query.get("read") == str(read_id)):
        return await found_rows.find_one(tx, _limits(scopes), read_id)
    asked = told_in(record.query, _purpose(record)) if record.act in _FINDING else None
    if asked is None or scopes[0].owner not in record.owners or scopes[0].owner in record.refused:
        return None
    row = await found_rows.find_one(tx, _limits(scopes), read_id, wanted_rows(node, asked, scopes))
    if row is None or row.received_at > record.at:
        return None
    return row if asked.pattern is None or asked.pattern.matches(row.read.plate) else None


def _limits(scopes: tuple[Scope, ...]) -> list[tuple[int, datetime | None]]:
    return [(scope.number, scope.since) for scope in scopes]


def picture_within(jpeg: bytes | None, grants: Iterable[Grant]) -> bytes | None:
    """``jpeg`` as the share allows it to be seen: without what was written into the file, where the exact place is not shared."""
    return jpeg if jpeg is None or Grant.EXACT_LOCATION in grants else without_metadata(jpeg)


async def _owner(node: Node, read_id: UUID) -> str:
    """Whose read this is: the gate must know before it lets anybody see that it is there."""
    async with node.store.transaction() as tx:
        owner = await readers.owner_of_read(tx, read_id)
    if owner is None:
        raise BadInput("there is no such read; it may have expired", where="read")
    return owner


async def _record(node: Node, person: Person, access: int) -> events.AccessRecord:
    async with node.store.transaction() as tx:
        record = await events.access_record(tx, access)
    if record is None or record.user_id != person.id or record.at < node.now() - ACCESS_TERM or not record.allowed:
        raise BadInput("look at a read through a search of your own of today; search for it again", where="access")
    return record


def _purpose(record: events.AccessRecord) -> Purpose:
    return Purpose(record.reason, record.words, record.case_no, record.offence, record.on_behalf_of)


def _read_answer(passage: Passage[tuple[found_rows.Row, ...]]) -> ReadAnswer:
    seen: tuple[FoundRead, ...] = ()
    if passage.answer:
        seen = tuple(within_grants(row, None, passage.decisions[0].grants) for row in passage.answer)
    return ReadAnswer(seen[0] if seen else None, _told(passage), passage.record, seen[1:])


def _told(passage: Passage[T]) -> tuple[OwnerAnswer, ...]:
    return tuple(tell(decision, passage.policy, passage.rows) for decision in passage.decisions)
