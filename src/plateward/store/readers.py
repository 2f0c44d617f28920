"""Readers and the agencies that own reads on this node, with the small numbers that reads carry for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from psycopg.rows import DictRow, dict_row

from plateward.core.errors import BadInput
from plateward.core.ids import instant_of
from plateward.core.place import Position
from plateward.core.read import Reader, ReaderKind
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("readers")
_MILLISECOND = timedelta(milliseconds=1)


class ReaderStatus(StrEnum):
    """Whether a reader may deliver: a paused one may again, a retired one never."""

    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class StoredReader:
    """A reader as the node knows it. ``keep_minutes``: None where its agency's retention holds."""

    reader: Reader
    reader_no: int
    agency_no: int
    status: ReaderStatus
    has_key: bool
    keep_minutes: int | None = None
    last_seen: datetime | None = None
    last_sequence: int | None = None


async def agency_numbers(connection: Connection, agencies: Sequence[str]) -> dict[str, int]:
    """The numbers under which reads of ``agencies`` are stored; an agency that owns none here is left out."""
    rows = await (await connection.execute(_SQL["agency_numbers"], {"agencies": list(agencies)})).fetchall()
    return dict(rows)


async def owners(connection: Connection) -> tuple[str, ...]:
    """Every agency that owns reads here, by id."""
    return tuple(row[0] for row in await (await connection.execute(_SQL["owners"])).fetchall())


async def add_agency(connection: Connection, agency: str) -> int:
    """Make ``agency`` an owner of reads here; its number, the same one if it was already."""
    await connection.execute(_SQL["add_agency"], {"agency": agency})
    return (await agency_numbers(connection, [agency]))[agency]


async def readers(connection: Connection, agency: str | None = None) -> tuple[StoredReader, ...]:
    """Every reader, or those of one agency."""
    return await _many(connection, "readers", {"agency": agency})


async def readers_by_id(connection: Connection, reader_ids: Sequence[str]) -> Mapping[str, StoredReader]:
    """Readers by their ids; unknown ones are left out."""
    found = await _many(connection, "by_ids", {"reader_ids": list(reader_ids)})
    return {stored.reader.id: stored for stored in found}


async def reader(connection: Connection, reader_id: str) -> StoredReader | None:
    """One reader by id."""
    return next(iter(await _many(connection, "reader", {"reader_id": reader_id})), None)


async def reader_by_key(connection: Connection, key_hash: bytes) -> StoredReader | None:
    """The reader whose key has this SHA-256 digest."""
    return next(iter(await _many(connection, "by_key", {"key_hash": key_hash})), None)


async def add_reader(
    connection: Connection, reader: Reader, *, key_hash: bytes | None = None, keep_minutes: int | None = None
) -> int:
    """Enter a reader, its agency becoming an owner if it is none; returns its number. Raises BadInput when the id is taken."""
    agency_no = await add_agency(connection, reader.agency)
    values = {**_columns(reader, agency_no), "key_hash": key_hash, "keep_minutes": keep_minutes}
    row = await (await connection.execute(_SQL["add"], values)).fetchone()
    if row is None:
        raise BadInput(f"there is a reader {reader.id} already", where="reader")
    return int(row[0])


async def change_reader(connection: Connection, reader: Reader, *, status: ReaderStatus) -> None:
    """Change a reader's settings; its id and agency never change. Raises BadInput when the agency has no such reader."""
    numbers = await agency_numbers(connection, [reader.agency])
    values = {**_columns(reader, numbers.get(reader.agency, 0)), "status": str(status)}
    if await (await connection.execute(_SQL["change"], values)).fetchone() is None:
        raise BadInput(f"{reader.agency} has no reader {reader.id}", where="reader")


async def set_key(connection: Connection, reader_id: str, key_hash: bytes | None) -> bool:
    """Give a reader a new key by its SHA-256 digest, or none; the old one stops at once. False when there is no such reader."""
    cursor = await connection.execute(_SQL["set_key"], {"reader_id": reader_id, "key_hash": key_hash})
    return await cursor.fetchone() is not None


async def seen(connection: Connection, reader_nos: Sequence[int], at: datetime, *, sequence: int | None = None) -> None:
    """Note that readers delivered at ``at``; from here to its end the transaction is the only one to deliver for them."""
    values = {"reader_nos": list(reader_nos), "at": at, "sequence": sequence}
    await connection.execute(_SQL["seen"], values)


async def owner_of_read(connection: Connection, read_id: UUID) -> str | None:
    """Whose read this is, and nothing else of it: the gate must know before it lets anybody see that it is there."""
    at = instant_of(read_id)
    # An id fixes the millisecond, not what is below it.
    values = {"read_id": read_id, "first_at": at - _MILLISECOND, "last_at": at + _MILLISECOND}
    row = await (await connection.execute(_SQL["owner_of_read"], values)).fetchone()
    return row[0] if row else None


async def reads_since(connection: Connection, owners: Sequence[int], since: datetime) -> dict[int, int]:
    """How many reads each reader of ``owners`` made since, by the reader's number."""
    values = {"owners": list(owners), "since": since}
    return dict(await (await connection.execute(_SQL["reads_since"], values)).fetchall())


def _columns(reader: Reader, agency_no: int) -> dict[str, object]:
    place = reader.position
    return {
        "reader_id": reader.id,
        "agency_no": agency_no,
        "name": reader.name,
        "kind": str(reader.kind),
        "lat": place and round(place.lat * 1e6),
        "lon": place and round(place.lon * 1e6),
        "heading": reader.heading_deg,
    }


async def _many(connection: Connection, name: str, values: Mapping[str, object]) -> tuple[StoredReader, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL[name], values)
    return tuple(_reader(row) for row in await cursor.fetchall())


def _reader(row: DictRow) -> StoredReader:
    position = None if row["lat"] is None else Position(row["lat"] / 1e6, row["lon"] / 1e6)
    kind = ReaderKind(row["kind"])
    return StoredReader(
        Reader(row["reader_id"], row["agency"], row["name"], kind, position, row["heading"]),
        row["reader_no"],
        row["agency_no"],
        ReaderStatus(row["status"]),
        row["has_key"],
        row["keep_minutes"],
        row["last_seen"],
        row["last_sequence"],
    )
