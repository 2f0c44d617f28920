"""How long owners chose to keep reads, reads that are now kept for less, and the journal of what was destroyed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.core.promise import Floor
from plateward.core.retention import Rule
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("retention")


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule in force, who made it and when."""

    rule: Rule
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was destroyed and had no receipt: "reads", "pictures", "plates", "set-apart" or "held"; ``agency`` None: nobody's."""

    what: str
    agency: str | None
    keep_minutes: int | None
    count: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class PurgeState:
    """How purging does. ``done_at``: its last whole round; ``late_since``: since when something is overdue, else None."""

    done_at: datetime | None = None
    late_since: datetime | None = None
    late_why: str = ""
    late_last: datetime | None = None
    cleaned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """How long the reads of one reader are kept now, minutes: those that matched nothing, and those that hit."""

    reader_no: int
    plain: int
    hits: int


async def rules(connection: Connection) -> tuple[StoredRule, ...]:
    """Every rule in force."""
    rows = await (await connection.execute(_SQL["rules"])).fetchall()
    return tuple(
        StoredRule(Rule(owner, minutes, group, frozenset(readers), hit_minutes), by, at)
        for owner, group, readers, minutes, hit_minutes, by, at in rows
    )


async def end_rule(connection: Connection, owner: str, group: str, *, at: datetime) -> bool:
    """End the rule of a group (or for all, ""); False when there is none."""
    cursor = await connection.execute(_SQL["end_rule"], {"owner": owner, "group": group, "at": at})
    return cursor.rowcount > 0


async def set_rule(connection: Connection, rule: Rule, *, by: str, at: datetime) -> None:
    """Put ``rule`` in the place of the one before it."""
    await end_rule(connection, rule.owner, rule.group, at=at)
    values: Mapping[str, Any] = {
        "owner": rule.owner, "group": rule.group, "readers": sorted(rule.readers), "minutes": rule.minutes,
        "hit_minutes": rule.hit_minutes, "by": by, "at": at,
    }  # fmt: skip
    await connection.execute(_SQL["add_rule"], values)


async def duties(connection: Connection) -> tuple[tuple[str, Floor, str], ...]:
    """Duties to keep records that owners entered: (owner, duty, where it was read)."""
    rows = await (await connection.execute(_SQL["duties"])).fetchall()
    return tuple(
        (owner, Floor(minutes, reads, source["title"]), source["title"]) for owner, reads, minutes, source in rows
    )


async def set_duty(
    connection: Connection, owner: str, reads: str, minutes: int, source: Mapping[str, Any], *, by: str, at: datetime
) -> None:
    """Enter a duty in the place of the one before it; with no minutes, it ends."""
    await connection.execute(_SQL["end_duty"], {"owner": owner, "reads": reads, "at": at})
    if minutes:
        values = {"owner": owner, "reads": reads, "minutes": minutes, "source": Jsonb(dict(source)), "by": by, "at": at}
        await connection.execute(_SQL["add_duty"], values)


async def partitions_longer(connection: Connection, minutes: int) -> tuple[tuple[str, int], ...]:
    """Name and class of the partitions whose class is longer than ``minutes``, oldest first."""
    return tuple(await (await connection.execute(_SQL["partitions_longer"], {"minutes": minutes})).fetchall())


async def shorten(connection: Connection, name: str, targets: Sequence[Target], at: datetime) -> tuple[int, int]:
    """Move what one partition holds for longer than its reader's target, or destroy it where its time is past.

    Returns how many reads, and the fewest minutes that one of them is kept now (0, 0 where none was).
    """
    values = {
        "name": name, "readers": [t.reader_no for t in targets], "plain": [t.plain for t in targets],
        "hits": [t.hits for t in targets], "at": at,
    }  # fmt: skip
    row = await (await connection.execute(_SQL["shorten"], values)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def keep_hits(connection: Connection, hits: Sequence[tuple[UUID, datetime, int]]) -> int:
    """Mark reads (id, instant, minutes that hits are kept) as hits and keep them so long; the partitions are there. How many."""
    values = {
        "ids": [one for one, _, _ in hits], "instants": [at for _, at, _ in hits], "minutes": [kept for _, _, kept in hits],
    }  # fmt: skip
    row = await (await connection.execute(_SQL["keep_hits"], values)).fetchone()
    return int(row[0]) if row else 0


async def rekey_picture(
    connection: Connection, read: UUID, read_at: datetime, old: UUID, new: UUID, bucket: str, expires: datetime
) -> None:
    """The picture of a read lies under another name and key now."""
    values = {"read": read, "at": read_at, "old": old, "new": new, "bucket": bucket, "expires": expires}
    await connection.execute(_SQL["rekey"], values)


async def buckets_in_use(connection: Connection) -> frozenset[tuple[str, str]]:
    """(owner, bucket) of every key that a picture still needs."""
    return frozenset(await (await connection.execute(_SQL["buckets"])).fetchall())


async def overdue(connection: Connection, at: datetime, slack: timedelta) -> datetime | None:
    """Since when the longest overdue read should be gone, where one is by more than ``slack``."""
    row = await (await connection.execute(_SQL["overdue"], {"at": at, "slack": slack})).fetchone()
    return row[1] if row else None


async def take_journal(connection: Connection) -> tuple[Destroyed, ...]:
    """What was destroyed since the last receipt; it is taken out, so its receipt is written in the same transaction."""
    cursor = connection.cursor(row_factory=class_row(Destroyed))
    await cursor.execute(_SQL["journal"])
    return tuple(await cursor.fetchall())


async def state(connection: Connection) -> PurgeState:
    """How purging does."""
    cursor = connection.cursor(row_factory=class_row(PurgeState))
    await cursor.execute(_SQL["state"])
    return await cursor.fetchone() or PurgeState()


async def set_state(connection: Connection, now: PurgeState) -> None:
    """Keep how purging does."""
    await connection.execute(_SQL["set_state"], {name: getattr(now, name) for name in PurgeState.__dataclass_fields__})
