"""The steps of a restore inside the database: an empty one to begin with, rows loaded, the dictionary made anew."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from plateward.core.errors import BadInput, Fault
from plateward.store import reads
from plateward.store.backup_files import Opener, reading
from plateward.store.migrate import migrate, migrations

Connection = psycopg.AsyncConnection[tuple[object, ...]]

_SCHEMAS = ("plateward", "plateward_parts", "plateward_schema")
_CHUNK = 1 << 20
_PLATES_AT_ONCE = 20_000


def require_known(made_with: Sequence[str], program: str) -> None:
    """Raise Fault when a backup has migrations this program does not know."""
    unknown = sorted(set(made_with) - {step.file for step in migrations()})
    if unknown:
        raise Fault(
            f"the backup was made by Plateward {program}, which has {', '.join(unknown)}; this one does not know that.",
            next_step=f"Install Plateward {program} or newer.",
        )


@asynccontextmanager
async def emptied_on_failure(owner: str) -> AsyncIterator[Connection]:
    """A connection to an empty database, which is emptied again when the block raises. Raises BadInput when it is not empty."""
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        row = await (
            await connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = ANY (%s)", [list(_SCHEMAS)])
        ).fetchone()
        if row != (0,):
            raise BadInput("the database is not empty; a restore begins with a new data folder", where="restore")
        try:
            yield connection
        except BaseException:
            async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as cleaner:
                for schema in _SCHEMAS:
                    await cleaner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
            raise


async def load_rows(connection: Connection, path: Path, table: str, keys: Opener) -> None:
    """Load a file of rows (COPY, binary, gzip, sealed or not) into ``table``."""
    target = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(*table.split(".")))
    with reading(path, keys) as packed:
        unpacker = zlib.decompressobj(wbits=31)
        async with connection.cursor().copy(target) as copy:
            while chunk := await asyncio.to_thread(packed.read, _CHUNK):
                await copy.write(unpacker.decompress(chunk))
            await copy.write(unpacker.flush())


async def finish(connection: Connection, owner: str) -> None:
    """Make the dictionary anew from the reads, and upgrade the schema where the backup was an older program's."""
    await connection.execute("SET search_path = plateward, pg_temp")
    async with connection.transaction():
        await connection.execute(
            "DECLARE plates NO SCROLL CURSOR FOR SELECT plate, max(read_at), keep_minutes FROM reads GROUP BY plate, keep_minutes"
        )
        while rows := await (await connection.execute(f"FETCH {_PLATES_AT_ONCE} FROM plates".encode())).fetchall():
            await reads.learn(connection, ((str(plate), at, keep) for plate, at, keep in rows))  # type: ignore[misc]
    # An identity counts on from where the rows of quarantine end.
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('quarantine', 'quarantine_id'), coalesce(max(quarantine_id), 1)) FROM quarantine"
    )
    await migrate(owner)
