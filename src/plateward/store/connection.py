"""Connections: a pool that works as the node's role, and transactions that say whose reads they may see.

``Store.transaction`` is the only way to the database for the node. It sets the owners literally (``SET LOCAL``, no function call,
which Citus passes on), so that row-level security shows their reads and no others; without owners no read is seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from plateward.core.errors import Fault
from plateward.store.roles import require_wall

Connection = psycopg.AsyncConnection[TupleRow]

SILENT = (psycopg.OperationalError, psycopg.InterfaceError)
"""What is raised where the database goes away in the middle of something."""

_MOST_OWNERS = 10_000


@dataclass(frozen=True, slots=True)
class Database:
    """Addresses (libpq connection strings) for the two roles: ``node`` for all work, ``owner`` for migrations and backups."""

    node: str
    owner: str

    @staticmethod
    def from_dsn(dsn: str, owner_dsn: str | None = None) -> Database:
        """The addresses for ``database = "postgresql://…"`` (see ``roles``). Raises Fault when it is no address.

        With ``owner_dsn`` each is used as it is: ``dsn`` logs in as plateward_node, ``owner_dsn`` as plateward_owner.
        """
        if owner_dsn is not None:
            return Database(_checked(dsn), _checked(owner_dsn))
        return Database(_checked(dsn, role="plateward_node"), _checked(dsn, role="plateward_owner"))


def _checked(dsn: str, role: str | None = None) -> str:
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise Fault(
            f"the setting database is no PostgreSQL address: {str(error).strip()}.",
            next_step="Write it as postgresql://user@host/database.",
        ) from error
    options = str(parts.get("options") or "")
    if role is not None:
        parts["options"] = f"{options} -c role={role}".strip()
    return make_conninfo("", **{name: value for name, value in parts.items() if value is not None})


class Store:
    """The node's connections. Open with ``Store.open``; take a transaction for each act."""

    def __init__(self, pool: AsyncConnectionPool[Connection], timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s

    @staticmethod
    @asynccontextmanager
    async def open(database: Database, *, connections: int = 12, timeout_s: float = 30.0) -> AsyncIterator[Store]:
        """Connect as the node's role, and make sure that this role cannot pass the second wall.

        ``connections``: at most so many at a time. ``timeout_s``: the longest a statement may take where a transaction says
        nothing else. Raises Fault when the database cannot be reached or the roles are wrong.
        """
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            database.node,
            min_size=min(2, connections),
            max_size=connections,
            configure=_configure,
            check=AsyncConnectionPool.check_connection,
            open=False,
            timeout=timeout_s,
        )
        try:
            await pool.open(wait=True, timeout=30)
            async with pool.connection() as connection:
                await require_wall(connection)
            yield Store(pool, timeout_s)
        except PoolTimeout as error:
            raise _silent(error) from error
        finally:
            await pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise _silent(error) from error

    @asynccontextmanager
    async def transaction(
        self, owners: Sequence[int] | None = None, *, timeout_s: float | None = None
    ) -> AsyncIterator[Connection]:
        """One transaction (READ COMMITTED) that sees the reads of ``owners`` (agency numbers), or none.

        Committed when the block ends, rolled back when it raises or is cancelled; a cancelled task's statement is stopped on the
        server too. ``timeout_s`` bounds each statement. Raises Fault when no connection can be had in time.
        """
        limit_ms = max(1, int((self._timeout_s if timeout_s is None else timeout_s) * 1000))
        async with self._connection() as connection, connection.transaction():
            await connection.execute(_show(owners or ()) + b"; SET LOCAL statement_timeout = %d" % limit_ms)
            yield connection

    @asynccontextmanager
    async def listen(self, *channels: str) -> AsyncIterator[Connection]:
        """A connection outside of any transaction that listens to ``channels`` (``connection.notifies()``); it sees no reads."""
        async with self._connection() as connection:
            await connection.set_autocommit(True)
            try:
                for channel in channels:
                    await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
                yield connection
            finally:
                await connection.execute("UNLISTEN *")
                await connection.set_autocommit(False)


async def limit_to(connection: Connection, owners: Sequence[int]) -> None:
    """From here to the end of its transaction, ``connection`` sees the reads of ``owners`` (agency numbers) and no others."""
    await connection.execute(_show(owners))


def _silent(error: PoolTimeout) -> Fault:
    return Fault(f"the database does not answer ({error}).", next_step="Is it running, and is it busy? See its log.")


def _show(owners: Sequence[int]) -> bytes:
    """The setting that row-level security looks at, as a literal; only numbers get into it."""
    if len(owners) > _MOST_OWNERS or not all(type(number) is int and number > 0 for number in owners):
        raise ValueError("owners are the numbers of agencies")
    return f"SET LOCAL plateward.agencies = ',{','.join(str(number) for number in owners)},'".encode()


async def _configure(connection: Connection) -> None:
    """What every connection starts with: names resolve to our schema, temporary ones last; an idle transaction ends.

    A prepared query is planned once, for any values: planning anew over all partitions would take longer than the search.
    Queries whose best plan depends on the values are executed with ``prepare=False``.
    ``incoming`` is where a delivery of reads lands before it is sorted in; it is empty after each transaction.
    """
    await connection.execute(
        "SET search_path = plateward, pg_temp; SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = '60s'; "
        "SET application_name = 'plateward'; SET plan_cache_mode = force_generic_plan; "
        "CREATE TEMPORARY TABLE incoming (LIKE plateward.reads INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    await connection.commit()
