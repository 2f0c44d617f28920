"""What deleting leaves on the disk: pages of tables, the dictionary, the write-ahead log, old statistics.

Whatever deletes rows that hold plates notes the table (functions.sql); here each is written anew. A partition that is dropped
leaves nothing but what the log told of it.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

from plateward.store.connection import Connection, Store
from plateward.store.partitions import patiently
from plateward.store.sql import load

_SQL = load("residue")
LOG, RECOUNT, DICTIONARY = "log", "recount", "plateward.plate_dictionary"
_LONG_S = 900.0


async def noted(connection: Connection) -> dict[str, datetime]:
    """Where deleted rows may still be read from the disk, and since when. "log": the write-ahead log."""
    return dict(await (await connection.execute(_SQL["noted"])).fetchall())


async def rewrite_dictionary(store: Store, *, recount: bool, at: datetime) -> None:
    """Write the dictionary of plates anew; with ``recount``, each plate leaves with the last read there is."""
    async with store.transaction(timeout_s=_LONG_S) as connection:
        values = {"from_reads": recount, "at": at}
        row = await (await connection.execute(_SQL["copy_dictionary"], values)).fetchone()
        assert row is not None
        oldest = str(row[0])
    await patiently(store, lambda tx: tx.execute(_SQL["swap_dictionary"], {"oldest": oldest}), "renew the dictionary")


async def rewrite(store: Store, relation: str) -> bool:
    """Write one table anew; False where somebody may still see the deleted rows, so that it must be tried again."""

    async def work(connection: Connection) -> bool:
        row = await (await connection.execute(_SQL["rewrite"], {"relation": relation})).fetchone()
        return bool(row and row[0])

    return await patiently(store, work, f"write {relation} anew")


async def turn_log(store: Store) -> bool:
    """Have the write-ahead log forget what it held until now. False where the server does not let the owner's role do so."""
    async with store.transaction() as connection:
        row = await (await connection.execute(_SQL["present"])).fetchone()
        assert row is not None
        before = str(row[0])
    async with store.transaction(timeout_s=_LONG_S) as connection:
        row = await (await connection.execute(_SQL["turn_log"])).fetchone()
        if not row or not row[0]:
            return False
        await connection.execute(_SQL["log_turned"], {"before": before})
    return True


async def forget_statistics(owner: str) -> bool:
    """Write pg_statistic anew, so that values quoted by an older program are gone. False where this is not the owner's to do."""
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        row = await (
            await connection.execute(
                "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
            )
        ).fetchone()
        if not row or not row[0]:
            return False
        await connection.execute("SET lock_timeout = '5s'")
        try:
            await connection.execute("VACUUM (FULL) pg_catalog.pg_statistic")
        except psycopg.errors.LockNotAvailable:
            return False
    return True
