"""Feeds: what was asked for and approved, what waits by its ids, and how many reads went out day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from plateward.core.feed import MOST_READS, MOST_WAITING, Feed, FeedState, What
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("feeds")

CHANNEL = "plateward_feeds"
"""Where reads that wait for a feed are announced (NOTIFY)."""

SHOWN = timedelta(days=1)
"""So long a message that is over stands in the outbox, without its ids."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a feed does. ``problem``: why its reads are withheld; ``failing``: why its receiver did not take the last message.

    ``reads`` and ``messages`` went out; ``gone``, ``withheld`` and ``lapsed`` reads did not, ``waiting`` ones have not yet.
    """

    feed_id: UUID
    problem: str
    sent_at: datetime | None
    target_name: str
    waiting: int
    failing: str
    reads: int
    messages: int
    gone: int
    withheld: int
    lapsed: int


@dataclass(frozen=True, slots=True)
class Fed:
    """What the ledger tells of a feed in some time: its records of exports from the first to the last, and the agencies named there
    (an empty text for the owner's own system).
    """

    feed: str
    messages: int
    reads: int
    first_seq: int
    last_seq: int
    last_at: datetime
    receivers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Day:
    """What went out on a feed on one day (UTC), and what did not."""

    feed_id: UUID
    day: date
    reads: int = 0
    messages: int = 0
    gone: int = 0
    withheld: int = 0
    lapsed: int = 0


async def add(connection: Connection, feed: Feed) -> None:
    """Enter a feed that was asked for."""
    await connection.execute(_SQL["add"], _values(feed))


async def step(connection: Connection, feed: Feed) -> None:
    """Write down what became of a feed."""
    await connection.execute(_SQL["step"], _values(feed))


def _values(feed: Feed) -> dict[str, object]:
    values = {name: getattr(feed, name) for name in Feed.__dataclass_fields__}
    return values | {"what": str(feed.what), "state": str(feed.state), "readers": list(feed.readers)}


async def feed(connection: Connection, feed_id: UUID, *, lock: bool = False) -> Feed | None:
    """One feed; with ``lock`` nobody else changes it until the transaction ends."""
    found = await _feeds(connection, "locked" if lock else "one", feed_id=feed_id)
    return found[0] if found else None


async def of_owner(connection: Connection, owner: str) -> tuple[Feed, ...]:
    """The latest 500 feeds of an owner's reads, whatever became of them, latest first."""
    return await _feeds(connection, "of_owner", owner=owner)


async def approved(connection: Connection) -> tuple[Feed, ...]:
    """Every owner's feeds that ever ran."""
    return await _feeds(connection, "approved")


async def active(connection: Connection) -> tuple[Feed, ...]:
    """The feeds that run, as far as they have not reached their end."""
    return await _feeds(connection, "active")


async def over(connection: Connection, now: datetime) -> tuple[Feed, ...]:
    """Feeds asked for or running whose end has come."""
    return await _feeds(connection, "over", now=now)


async def _feeds(connection: Connection, name: str, **values: object) -> tuple[Feed, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL[name], values)
    return tuple(
        Feed(**row | {"what": What(row["what"]), "state": FeedState(row["state"]), "readers": tuple(row["readers"])})
        for row in await cursor.fetchall()
    )


async def uses(connection: Connection, target_id: UUID) -> bool:
    """Whether a feed goes to this address, or would once approved."""
    row = await (await connection.execute(_SQL["uses"], {"target_id": target_id})).fetchone()
    return row is not None and bool(row[0])


async def standings(connection: Connection, feeds: Sequence[UUID]) -> Mapping[UUID, Standing]:
    """How these feeds do."""
    rows = await _rows(connection, "standings", Standing, feeds=list(feeds))
    return {row.feed_id: row for row in rows}


async def days(connection: Connection, feeds: Sequence[UUID], since: date) -> tuple[Day, ...]:
    """The figures of these feeds day by day, the latest first."""
    return tuple(await _rows(connection, "days", Day, feeds=list(feeds), since=since))


async def fed(connection: Connection, owner: str, begins: datetime, ends: datetime) -> tuple[Fed, ...]:
    """What the ledger tells of an owner's feeds from ``begins`` until before ``ends``."""
    return tuple(await _rows(connection, "fed", Fed, owner=owner, begins=begins, ends=ends))


async def take_untold(connection: Connection, today: date) -> tuple[Day, ...]:
    """The figures of days before ``today`` that the ledger has not; from now on it has them."""
    found = tuple(await _rows(connection, "untold", Day, today=today))
    if found:
        await connection.execute(_SQL["tell"], {"today": today})
    return found


async def count(connection: Connection, counted: Day) -> None:
    """Add to the figures of a feed's day."""
    await connection.execute(_SQL["count"], {name: getattr(counted, name) for name in Day.__dataclass_fields__})


async def note_sent(connection: Connection, feed_id: UUID, at: datetime) -> None:
    """Say that reads went out: whatever was in the way is over."""
    await connection.execute(_SQL["note_sent"], {"feed_id": feed_id, "at": at})


async def note_problem(connection: Connection, feed_id: UUID, problem: str) -> bool:
    """Say why reads are withheld. False where it was known."""
    done = await connection.execute(_SQL["note_problem"], {"feed_id": feed_id, "problem": problem})
    return done.rowcount > 0


async def introduced(connection: Connection, feed_id: UUID) -> tuple[str, ...]:
    """The readers that a broker may keep a description of."""
    row = await (await connection.execute(_SQL["introduced"], {"feed_id": feed_id})).fetchone()
    return tuple(row[0]) if row else ()


async def note_introduced(connection: Connection, feed_id: UUID, readers: Sequence[str]) -> None:
    """Say which readers a broker may keep a description of: before it is told, so that none is left there."""
    await connection.execute(_SQL["note_introduced"], {"feed_id": feed_id, "readers": sorted(readers)})


# ---------------------------------------------------------------- what waits


async def queue(connection: Connection, waiting: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """Let reads wait for feeds (feed, read, end of the read's time), in the transaction that stores them."""
    feeds, reads, expires = zip(*waiting, strict=True)
    await connection.execute(_SQL["queue"], {"feeds": list(feeds), "reads": list(reads), "expires": list(expires)})
    await connection.execute(_SQL["announce"])


async def queue_hits(connection: Connection, feeds: Sequence[UUID], ids: Sequence[UUID]) -> None:
    """The same for those of the reads ``ids`` that matched a list of the feed's owner; call it after they were matched."""
    await connection.execute(_SQL["queue_hits"], {"feeds": list(feeds), "ids": list(ids)})
    await connection.execute(_SQL["announce"])


async def queue_confirmed(connection: Connection, alert_id: UUID, now: datetime) -> None:
    """Let the reads of an alert that was confirmed wait for the feeds of confirmed reads."""
    done = await connection.execute(_SQL["queue_confirmed"], {"alert_id": alert_id, "now": now})
    if done.rowcount:
        await connection.execute(_SQL["announce"])


async def still_confirmed(connection: Connection, owner: str, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the reads that a confirmed alert of the owner's own lists rests on."""
    cursor = await connection.execute(_SQL["still_confirmed"], {"owner": owner, "ids": list(ids)})
    return frozenset(row[0] for row in await cursor.fetchall())


async def to_pack(connection: Connection, now: datetime) -> tuple[tuple[UUID, UUID], ...]:
    """Feeds for which reads wait and no message is on its way, each with its address; locked until the transaction ends."""
    cursor = await connection.execute(_SQL["to_pack"], {"now": now, "most": MOST_READS})
    return tuple((feed_id, target_id) for feed_id, target_id in await cursor.fetchall())


async def anything_waits(connection: Connection) -> bool:
    """Whether a read waits for any feed."""
    row = await (await connection.execute(_SQL["anything_waits"])).fetchone()
    return row is not None and bool(row[0])


async def take(connection: Connection, feed_id: UUID, now: datetime) -> tuple[tuple[UUID, datetime], ...]:
    """The oldest reads that wait for a feed, each with the end of its time; they wait no more."""
    cursor = await connection.execute(_SQL["take"], {"feed_id": feed_id, "most": MOST_READS})
    taken = sorted(await cursor.fetchall())
    await connection.execute(_SQL["note_packed"], {"feed_id": feed_id, "at": now})
    return tuple((read_id, expires) for read_id, expires in taken)


async def put(
    connection: Connection, message_id: UUID, feed_id: UUID, target_id: UUID, body: Mapping[str, Any], *,
    now: datetime, expires_at: datetime,
) -> None:  # fmt: skip
    """Put a feed's message into the outbox: ``reads`` by their ids, or the readers to ``introduce`` or ``withdraw``."""
    values = {"message_id": message_id, "key": f"feed {message_id}", "target_id": target_id, "feed_id": feed_id}
    await connection.execute(_SQL["put"], {**values, "body": Jsonb(dict(body)), "now": now, "expires_at": expires_at})
    await connection.execute(_SQL["announce"])


async def note_recorded(connection: Connection, message_id: UUID, digest: str) -> None:
    """Say that the ledger has what a message says now, by its SHA-256."""
    await connection.execute(_SQL["note_recorded"], {"message_id": message_id, "digest": digest})


async def forget_ids(connection: Connection, message_id: UUID, at: datetime) -> None:
    """Take the ids out of a message that is over since ``at``; its row goes soon."""
    await connection.execute(_SQL["forget_ids"], {"message_id": message_id, "until": at + SHOWN})


async def drop_waiting(connection: Connection, feed_id: UUID, at: datetime, problem: str) -> int:
    """Send nothing more of what waits for a feed, and say why; what a broker is to forget still goes. Returns how many."""
    dropped = (await connection.execute(_SQL["drop_waiting"], {"feed_id": feed_id})).rowcount
    values = {"feed_id": feed_id, "at": at, "until": at + SHOWN, "problem": problem}
    cursor = await connection.execute(_SQL["withhold_messages"], values)
    return dropped + sum(int(row[0]) for row in await cursor.fetchall())


async def trim(connection: Connection) -> Counter[UUID]:
    """Drop the oldest of what waits beyond ``MOST_WAITING`` reads of a feed. Returns how many of each."""
    return await _counted(connection, "trim", most=MOST_WAITING)


async def lapse(connection: Connection, now: datetime) -> Counter[UUID]:
    """Drop what waits and is past its time. Returns how many of each feed, those in messages too."""
    lapsed = await _counted(connection, "lapse", now=now)
    cursor = await connection.execute(_SQL["lapse_messages"], {"now": now})
    for feed_id, reads in await cursor.fetchall():
        lapsed[feed_id] += reads
    return lapsed


async def _counted(connection: Connection, name: str, **values: object) -> Counter[UUID]:
    return Counter(row[0] for row in await (await connection.execute(_SQL[name], values)).fetchall())


async def _rows(connection: Connection, name: str, kind: type[Any], **values: object) -> list[Any]:
    cursor = connection.cursor(row_factory=class_row(kind))
    await cursor.execute(_SQL[name], values)
    return await cursor.fetchall()
