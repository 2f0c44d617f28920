"""What the database knows of pictures: whose, under which key, until when. The pictures and their keys lie outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("pictures")


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture's row. ``bucket`` names its key within its owner's; ``size`` in bytes and ``sha256`` are of the clear picture."""

    ref: UUID
    agency_no: int
    agency: str
    reader_no: int
    bucket: str
    media_type: str
    size: int
    sha256: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ExpiredPicture:
    """A picture whose time has passed: destroy its file, then ``forget`` it."""

    ref: UUID
    agency: str
    bucket: str


async def add(
    connection: Connection,
    ref: UUID,
    *,
    agency_no: int,
    reader_no: int,
    bucket: str,
    media_type: str,
    size: int,
    sha256: bytes,
    expires_at: datetime,
) -> None:
    """Note a picture that was stored under the random name ``ref``."""
    values = {"ref": ref, "agency_no": agency_no, "reader_no": reader_no, "bucket": bucket, "media_type": media_type}
    await connection.execute(_SQL["add"], {**values, "size": size, "sha256": sha256, "expires_at": expires_at})


async def picture(connection: Connection, owners: Sequence[int], ref: UUID) -> StoredPicture | None:
    """One picture, where it belongs to ``owners`` and the transaction was opened for them."""
    cursor = connection.cursor(row_factory=class_row(StoredPicture))
    await cursor.execute(_SQL["picture"], {"ref": ref, "owners": list(owners)})
    return await cursor.fetchone()


async def expired(connection: Connection, at: datetime, *, most: int = 1000) -> tuple[ExpiredPicture, ...]:
    """Pictures of any owner whose time has passed at ``at``, the longest past first."""
    cursor = await connection.execute(_SQL["expired"], {"at": at, "most": most})
    return tuple(ExpiredPicture(*row) for row in await cursor.fetchall())


async def forget(connection: Connection, refs: Sequence[UUID], at: datetime) -> int:
    """Delete the rows of pictures whose files are gone; only of those whose time has passed. Returns how many."""
    row = await (await connection.execute(_SQL["forget"], {"refs": list(refs), "at": at})).fetchone()
    assert row is not None
    return int(row[0])


async def database_made_at(connection: Connection) -> datetime:
    """When this database was first set up; one that was restored keeps the instant of the first."""
    row = await (await connection.execute(_SQL["database_made_at"])).fetchone()
    assert row is not None and isinstance(row[0], datetime)
    return row[0]


async def note_leftovers(connection: Connection, refs: Sequence[UUID]) -> None:
    """Note which of these files no picture's row tells of, whoever they belong to: destroy them, then ``forget_leftovers``."""
    await connection.execute(_SQL["note_leftovers"], {"refs": list(refs)})


async def leftovers(connection: Connection, *, most: int = 1000) -> tuple[UUID, ...]:
    """Files that were noted as left over and may still be there."""
    cursor = await connection.execute(_SQL["leftovers"], {"most": most})
    return tuple(row[0] for row in await cursor.fetchall())


async def forget_leftovers(connection: Connection, refs: Sequence[UUID]) -> int:
    """Leftovers whose files are gone: they are counted for the receipt, once. Returns how many."""
    row = await (await connection.execute(_SQL["forget_leftovers"], {"refs": list(refs)})).fetchone()
    assert row is not None
    return int(row[0])
