"""Reads coming in: stored once, durably when the transaction commits, with their plates learned for searching.

Whoever adds reads has made sure of their partitions first (``partitions``) and opened the transaction for their owners.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.core.plate import look_alike, position_tokens
from plateward.core.read import Read
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("reads")
_MILLISECOND = timedelta(milliseconds=1)
_COPY_TYPES = (
    "uuid", "timestamptz", "timestamptz", "int8", "int4", "int4", "int4", "int4", "int4", "int2", "int2", "int2",
    "text", "text", "text", "bytea", "uuid", "uuid", "jsonb",
)  # fmt: skip

CHANNEL = "plateward_reads"
"""Where committed reads are announced (NOTIFY): the payload holds the numbers of their agencies, comma between."""


class Outcome(StrEnum):
    """What became of an item. A conflict is an id that stands for another read already: an error to report, nothing is stored."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A read to store: its numbers, how long it is kept, and a digest of the item as it was sent."""

    read: Read
    agency_no: int
    reader_no: int
    keep_minutes: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A delivery set apart: ``payload`` is what was sent, ``why`` the sentence that says what is wrong with it."""

    quarantine_id: int
    agency_no: int
    reader_no: int
    received_at: datetime
    expires_at: datetime
    read_id: UUID | None
    why: str
    payload: bytes


async def add(connection: Connection, items: Sequence[Incoming], received_at: datetime) -> tuple[Outcome, ...]:
    """Store ``items`` and say for each, in order, what became of it.

    A duplicate is the same content under the same id from the same reader; every other use of a known id is a conflict. An id
    that another owner used is found without showing anything of that read.
    """
    if not items:
        return ()
    known = await _sent_before(connection, items)
    fresh: dict[UUID, int] = {}  # id: index of the first item that has it
    for index, item in enumerate(items):
        if item.read.id not in known:
            fresh.setdefault(item.read.id, index)
    stored = await _insert(connection, [items[index] for index in fresh.values()], received_at) if fresh else set()
    if len(stored) < len(fresh):  # somebody else stored one of them since we looked
        known |= await _sent_before(connection, [items[index] for key, index in fresh.items() if key not in stored])
    accepted = {read_id: items[fresh[read_id]] for read_id in stored}
    if accepted:
        await learn(connection, ((item.read.plate, item.read.read_at, item.keep_minutes) for item in accepted.values()))
        agencies = ",".join(str(number) for number in sorted({item.agency_no for item in accepted.values()}))
        await connection.execute(_SQL["announce"], {"agencies": agencies})
    known |= {read_id: (item.reader_no, item.digest) for read_id, item in accepted.items()}
    return tuple(
        Outcome.ACCEPTED
        if item.read.id in stored and fresh[item.read.id] == index
        else Outcome.DUPLICATE
        if known.get(item.read.id) == (item.reader_no, item.digest)
        else Outcome.CONFLICT
        for index, item in enumerate(items)
    )


async def _sent_before(connection: Connection, items: Sequence[Incoming]) -> dict[UUID, tuple[int, bytes]]:
    instants = [item.read.read_at for item in items]
    cursor = await connection.execute(
        _SQL["sent_before"],
        {
            "ids": [item.read.id for item in items],
            # An id fixes the millisecond, not what is below it.
            "first_at": min(instants) - _MILLISECOND,
            "last_at": max(instants) + _MILLISECOND,
        },
    )
    return {read_id: (reader_no, bytes(digest)) for read_id, reader_no, digest in await cursor.fetchall()}


async def _insert(connection: Connection, items: Iterable[Incoming], received_at: datetime) -> set[UUID]:
    cursor = connection.cursor()
    async with cursor.copy(_SQL["copy_incoming"]) as copy:
        copy.set_types(_COPY_TYPES)
        for item in items:
            await copy.write_row(_row(item, received_at))
    await cursor.execute(_SQL["insert_incoming"])
    return {row[0] for row in await cursor.fetchall()}


def _row(item: Incoming, received_at: datetime) -> tuple[object, ...]:
    read = item.read
    place = read.position
    return (
        read.id, read.read_at, received_at, place and place.cell, item.agency_no, item.reader_no, item.keep_minutes,
        place and round(place.lat * 1e6), place and round(place.lon * 1e6), round(read.confidence * 1000),
        read.direction_deg, read.lane, read.plate, read.region, read.plate_raw, item.digest, read.picture, read.corrects,
        Jsonb([list(candidate) for candidate in read.candidates]) if read.candidates else None,
    )  # fmt: skip


async def learn(connection: Connection, sightings: Iterable[tuple[str, datetime, int]]) -> int:
    """Put the plates of ``sightings`` (plate, when, minutes kept) into the dictionary or raise when they leave it.

    Returns how many were new or raised. The time to leave is rounded up to a thirtieth of the retention, so that a plate seen all
    day long is written once a day.
    """
    latest: dict[str, datetime] = {}
    for plate, read_at, keep_minutes in sightings:
        expires = leaves_dictionary(read_at, keep_minutes)
        if plate not in latest or latest[plate] < expires:
            latest[plate] = expires
    cursor = await connection.execute(
        _SQL["plates_to_learn"], {"plates": list(latest), "expires": list(latest.values())}
    )
    wanted: list[tuple[str, datetime]] = sorted(await cursor.fetchall())
    if wanted:
        plates = [plate for plate, _ in wanted]
        await connection.execute(
            _SQL["learn_plates"],
            {
                "plates": plates,
                "look_alikes": [look_alike(plate) for plate in plates],
                "tokens": [" ".join(position_tokens(plate)) for plate in plates],
                "expires": [expires for _, expires in wanted],
            },
        )
    return len(wanted)


def leaves_dictionary(read_at: datetime, keep_minutes: int) -> datetime:
    """When a plate read at ``read_at`` and kept ``keep_minutes`` may leave the dictionary: a day after its read at most."""
    step = max(60, min(86_400, keep_minutes * 2))
    seconds = read_at.timestamp() + keep_minutes * 60
    return datetime.fromtimestamp(math.ceil(seconds / step) * step, UTC)


async def quarantine(
    connection: Connection,
    *,
    agency_no: int,
    reader_no: int,
    received_at: datetime,
    expires_at: datetime,
    read_id: UUID | None,
    why: str,
    payload: bytes,
    digest: bytes,
) -> bool:
    """Set a delivery apart; False when the same reader's same item is there already."""
    cursor = await connection.execute(
        _SQL["quarantine"],
        {
            "agency_no": agency_no,
            "reader_no": reader_no,
            "received_at": received_at,
            "expires_at": expires_at,
            "read_id": read_id,
            "why": why,
            "payload": payload,
            "digest": digest,
        },
    )
    return await cursor.fetchone() is not None


async def quarantined(
    connection: Connection, owners: Sequence[int], *, limit: int = 100, before: int = 2**62
) -> tuple[Quarantined, ...]:
    """What is set apart of ``owners``, newest first; ``before``: the id that the last page ended with."""
    cursor = connection.cursor(row_factory=class_row(Quarantined))
    await cursor.execute(_SQL["quarantined"], {"owners": list(owners), "limit": limit, "before": before})
    return tuple(await cursor.fetchall())


async def release_quarantined(
    connection: Connection, owners: Sequence[int], ids: Sequence[int]
) -> tuple[Quarantined, ...]:
    """Take ``ids`` out of quarantine and return them, to be stored after all or dropped in the same transaction."""
    cursor = connection.cursor(row_factory=class_row(Quarantined))
    await cursor.execute(_SQL["release_quarantined"], {"owners": list(owners), "ids": list(ids)})
    return tuple(await cursor.fetchall())
