"""Partitions of reads: made ahead of time, dropped when their last read is past its time.

Making and dropping take locks that a long search can hold up, and that hold up everybody behind them. So each waits for its lock
only a moment (``lock_timeout`` in functions.sql), and is tried again from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import psycopg
from psycopg.rows import class_row

from plateward.core.errors import Fault
from plateward.store.connection import Connection, Store
from plateward.store.sql import load

_SQL = load("partitions")
_TRIES = 60
_BATCH = 20_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged of one retention class and owner (None: the partition held nothing). Instants are of the reads."""

    keep_minutes: int
    agency_no: int | None
    reads: int
    oldest: datetime
    newest: datetime


def width(keep_minutes: int) -> timedelta:
    """A partition's length, as ``partition_width`` in functions.sql has it."""
    if keep_minutes >= 2880:
        return timedelta(days=1)
    return timedelta(hours=1) if keep_minutes >= 120 else timedelta(minutes=10)


def ahead(keep_minutes: int) -> timedelta:
    """How far ahead partitions are made: a week of days, half a day of hours, two hours of minutes."""
    if keep_minutes >= 2880:
        return timedelta(days=7)
    return timedelta(hours=12) if keep_minutes >= 120 else timedelta(hours=2)


class Partitions:
    """Makes partitions and remembers which there are, so that a delivery usually asks nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: set[tuple[int, int]] = set()

    async def ensure(self, instants: Iterable[tuple[int, datetime]]) -> None:
        """Make sure that reads of each (minutes kept, instant) have a partition. In a transaction of its own, before theirs."""
        missing = {(keep, _slot(keep, at)) for keep, at in instants} - self._known
        for keep in sorted({keep for keep, _ in missing}):
            slots = sorted(slot for kept, slot in missing if kept == keep)
            for first, last in _runs(slots):
                seconds = int(width(keep).total_seconds())
                begins = datetime.fromtimestamp(first * seconds, UTC)
                await self._make(keep, begins, datetime.fromtimestamp((last + 1) * seconds, UTC))
        self._known |= missing

    async def ensure_ahead(self, classes: Iterable[int], now: datetime) -> int:
        """Make the partitions of each retention class from now to as far ahead as its kind needs; returns how many were new."""
        made = 0
        for keep in sorted(set(classes)):
            made += await self._make(keep, now - width(keep), now + ahead(keep))
        return made

    async def classes(self) -> tuple[int, ...]:
        """The retention classes there are, minutes."""
        async with self._store.transaction() as connection:
            return tuple(row[0] for row in await (await connection.execute(_SQL["classes"])).fetchall())

    def forget(self) -> None:
        """Ask the database again for every partition, after one was dropped."""
        self._known.clear()

    async def _make(self, keep: int, begins: datetime, ends: datetime) -> int:
        async def make(connection: Connection) -> int:
            values = {"keep_minutes": keep, "begins": begins, "ends": ends}
            row = await (await connection.execute(_SQL["ensure"], values)).fetchone()
            assert row is not None
            return int(row[0])

        return await patiently(self._store, make, "make partitions")

    async def purge(self, at: datetime) -> tuple[Purged, ...]:
        """Purge every read whose time has passed at ``at``: drop what is wholly past, delete the rest.

        Each partition is a transaction of its own: what was purged stays purged when a later one must wait.
        """
        purged: list[Purged] = []
        while dropped := await patiently(self._store, lambda tx: _purged(tx, "drop_expired", at), "drop a partition"):
            purged.extend(dropped)
            self.forget()
        while True:
            deleted = await patiently(self._store, lambda tx: _purged(tx, "delete_expired", at), "delete expired reads")
            purged.extend(deleted)
            if sum(row.reads for row in deleted) < _BATCH:
                return tuple(purged)

    async def purge_plates(self, at: datetime) -> int:
        """Purge plates from the dictionary whose last read is past its time; returns how many."""
        total = 0
        while gone := await self._number("delete_plates", at):
            total += gone
        return total

    async def purge_quarantine(self, at: datetime) -> dict[int, int]:
        """Purge deliveries set apart whose time has passed; returns how many by owner."""
        async with self._store.transaction() as connection:
            rows = await (await connection.execute(_SQL["delete_quarantined"], {"at": at})).fetchall()
            return dict(rows)

    async def _number(self, name: str, at: datetime) -> int:
        async with self._store.transaction() as connection:
            row = await (await connection.execute(_SQL[name], {"at": at, "most": _BATCH})).fetchone()
            return int(row[0]) if row else 0


async def erase_bodies(connection: Connection, at: datetime, *, most: int = 10_000) -> tuple[int, ...]:
    """Erase bodies, salts and access records of events whose own retention has passed; returns their numbers."""
    rows = await (await connection.execute(_SQL["erase_bodies"], {"at": at, "most": most})).fetchall()
    return tuple(row[0] for row in rows)


async def forget_sessions(connection: Connection, at: datetime) -> int:
    """Delete sessions and login links that have ended; returns how many sessions."""
    return (await connection.execute(_SQL["forget_sessions"], {"at": at})).rowcount


async def _purged(connection: Connection, name: str, at: datetime) -> tuple[Purged, ...]:
    cursor = connection.cursor(row_factory=class_row(Purged))
    await cursor.execute(_SQL[name], {"at": at, "most": _BATCH})
    return tuple(await cursor.fetchall())


async def patiently(store: Store, work: Callable[[Connection], Awaitable[T]], what: str) -> T:
    """Do ``work`` in a transaction, again while a search holds the lock it needs. Raises Fault after about a minute."""
    for attempt in range(_TRIES):
        try:
            async with store.transaction() as connection:
                return await work(connection)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            await asyncio.sleep(min(1.0, 0.05 * 2**attempt))
    raise Fault(
        f"could not {what}: other work has held the table for a minute.",
        next_step="It is tried again at the next round; look for a statement that never ends.",
    )


def _slot(keep_minutes: int, at: datetime) -> int:
    return int(at.timestamp() // width(keep_minutes).total_seconds())


def _runs(slots: list[int]) -> Iterable[tuple[int, int]]:
    """Neighbouring numbers as (first, last)."""
    first = last = slots[0]
    for slot in slots[1:]:
        if slot > last + 1:
            yield first, last
            first = slot
        last = slot
    yield first, last
