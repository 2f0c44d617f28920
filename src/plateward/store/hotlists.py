"""Hot lists and their entries as they are stored; and the one query by which reads find them.

A transaction sees the entries of the lists it names (``show_lists``) and no others: row-level security, as for reads. Whoever
changes entries takes the list's lock first (``lock``), before the policy epoch, so that none waits for another in a circle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from plateward.core.hotlist import ListedPlate
from plateward.core.plate import look_alike
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("hotlists")


@dataclass(frozen=True, slots=True)
class StoredList:
    """A hot list. ``least_confidence``: permille, below it a match is none. ``as_of``: its last refresh."""

    list_no: int
    list_id: str
    owner: str
    agency_no: int
    name: str
    kind: str
    source: str
    by_hand: bool
    max_age_minutes: int
    default_days: int | None
    look_alike: bool
    least_confidence: int
    edge: bool
    layout: str
    as_of: datetime
    entries: int
    kinds: Sequence[str]
    generation: int
    made_by: str
    made_at: datetime
    retired_by: str | None = None
    retired_at: datetime | None = None

    @property
    def max_age(self) -> timedelta:
        """How old the list may be by its own word; a law may say less."""
        return timedelta(minutes=self.max_age_minutes)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry. ``active_until``: when it stops matching: its end, or earlier where nobody has confirmed it yet."""

    entry_id: UUID
    list_no: int
    plate: str
    region: str | None
    kind: str
    reason: str
    case_no: str | None
    priority: int
    entered_by: str
    listed_at: datetime
    expires_at: datetime
    active_until: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """An entry whose look-alike class one of the texts asked for has; ``place``: which."""

    place: int
    entry_id: UUID
    list_no: int
    plate: str
    region: str | None
    kind: str
    reason: str
    case_no: str | None
    priority: int
    listed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Incoming:
    """How many records of one kind stand ready; ``refusal``: why they are refused whatever their kind, "" where they are not."""

    kind: str
    refusal: str
    count: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of a list: entries added and removed, and how many it has now."""

    added: int
    removed: int
    entries: int


async def show_lists(connection: Connection, lists: Sequence[int]) -> None:
    """From here to the end of its transaction, ``connection`` sees the entries of ``lists`` (their numbers) and no others."""
    if not all(type(number) is int and number > 0 for number in lists):
        raise ValueError("lists are named by their numbers")
    await connection.execute(f"SET LOCAL plateward.lists = ',{','.join(map(str, lists))},'".encode())


async def lock(connection: Connection, list_no: int) -> None:
    """Be the only one to change this list's entries until the transaction ends. Take it before the policy epoch."""
    await connection.execute(_SQL["lock_list"], {"list_no": list_no})


async def active(connection: Connection) -> tuple[StoredList, ...]:
    """Every list that is not retired, whoever owns it; without their layouts."""
    return await _lists(connection, "active", {})


async def of_agency(connection: Connection, agency: str) -> tuple[StoredList, ...]:
    """The lists of ``agency``, the retired last."""
    return await _lists(connection, "of_agency", {"agency": agency})


async def by_id(connection: Connection, list_id: str) -> StoredList | None:
    """One list."""
    return next(iter(await _lists(connection, "by_id", {"list_id": list_id})), None)


async def add_list(connection: Connection, new: Mapping[str, Any]) -> int | None:
    """Make a list; its number, or None when the id is taken. ``new``: the columns of ``StoredList``, ``by`` and ``at``."""
    row = await (await connection.execute(_SQL["add_list"], new)).fetchone()
    return int(row[0]) if row else None


async def change_list(connection: Connection, changed: Mapping[str, Any]) -> bool:
    """Change a list's settings (all of them are given); False when it is retired."""
    return await (await connection.execute(_SQL["change_list"], changed)).fetchone() is not None


async def retire(connection: Connection, list_no: int, *, by: str, at: datetime) -> bool:
    """Retire a list and delete its entries; False when it was retired before."""
    row = await (await connection.execute(_SQL["retire_list"], {"list_no": list_no, "by": by, "at": at})).fetchone()
    await connection.execute(_SQL["clear_list"], {"list_no": list_no})
    return row is not None


async def entries(
    connection: Connection,
    list_no: int,
    *,
    plate: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 100,
) -> tuple[StoredEntry, ...]:
    """A list's entries by plate; with ``plate`` those that look alike. ``after``: where the last page ended."""
    values = {
        "list_no": list_no, "plate": look_alike(plate) if plate else None, "after": after[0] if after else None,
        "after_id": after[1] if after else None, "limit": limit,
    }  # fmt: skip
    return await _entries(connection, "entries", values)


async def waiting(connection: Connection, lists: Sequence[int], now: datetime) -> tuple[StoredEntry, ...]:
    """Entries by hand that nobody has confirmed, the latest first."""
    return await _entries(connection, "waiting", {"lists": list(lists), "now": now})


async def entry(connection: Connection, list_no: int, entry_id: UUID) -> StoredEntry | None:
    """One entry, locked until the transaction ends."""
    return next(iter(await _entries(connection, "entry", {"list_no": list_no, "entry_id": entry_id})), None)


async def add_entry(
    connection: Connection, list_no: int, entry_id: UUID, new: ListedPlate, digest: bytes, *, by: str, at: datetime,
    active_until: datetime,
) -> bool:  # fmt: skip
    """Put a plate on a list by hand; False when the same entry stands there already."""
    values = {
        "entry_id": entry_id, "list_no": list_no, "plate": new.plate, "look_alike": look_alike(new.plate), "region": new.region,
        "kind": new.kind, "reason": new.reason, "case_no": new.case, "priority": new.priority, "entered_by": by,
        "listed_at": at, "expires_at": new.expires, "active_until": min(active_until, new.expires), "digest": digest,
    }  # fmt: skip
    if await (await connection.execute(_SQL["add_entry"], values)).fetchone() is None:
        return False
    await connection.execute(_SQL["entered"], {"list_no": list_no, "kind": new.kind, "at": at})
    return True


async def confirm_entry(connection: Connection, list_no: int, entry_id: UUID, *, by: str, at: datetime) -> bool:
    """Confirm an entry as a second person; False when it is confirmed, or ``by`` entered it."""
    values = {"list_no": list_no, "entry_id": entry_id, "by": by, "at": at}
    if await (await connection.execute(_SQL["confirm_entry"], values)).fetchone() is None:
        return False
    await connection.execute(_SQL["still_current"], {"list_no": list_no, "at": at})
    return True


async def remove_entry(connection: Connection, list_no: int, entry_id: UUID) -> bool:
    """Take an entry off its list; False when it is not there."""
    values = {"list_no": list_no, "entry_id": entry_id}
    found = await (await connection.execute(_SQL["remove_entry"], values)).fetchone() is not None
    if found:
        await connection.execute(_SQL["count_list"], {"list_no": list_no, "as_of": None})
    return found


async def remove_expired(
    connection: Connection, list_no: int, now: datetime, *, most: int = 20_000
) -> tuple[UUID, ...]:
    """Delete entries past their end; their ids."""
    cursor = await connection.execute(_SQL["remove_expired"], {"list_no": list_no, "now": now, "most": most})
    gone = tuple(row[0] for row in await cursor.fetchall())
    if gone:
        await connection.execute(_SQL["count_list"], {"list_no": list_no, "as_of": None})
    return gone


async def still_current(connection: Connection, list_no: int, at: datetime) -> None:
    """Somebody went through the list and found it current."""
    await connection.execute(_SQL["still_current"], {"list_no": list_no, "at": at})


async def tell_stale(connection: Connection, list_no: int, as_of: datetime) -> bool:
    """Whether it is to be told now that the list of this refresh is stale: once for each refresh."""
    row = await (await connection.execute(_SQL["tell_stale"], {"list_no": list_no, "as_of": as_of})).fetchone()
    return row is not None


@asynccontextmanager
async def incoming(connection: Connection) -> AsyncIterator[psycopg.AsyncCopy]:
    """A table for the records of one file, gone with the transaction; write them in COPY's text format."""
    await connection.execute(_SQL["incoming_table"])
    async with connection.cursor().copy(_SQL["copy_incoming"]) as copy:
        yield copy


async def incoming_kinds(connection: Connection) -> tuple[Incoming, ...]:
    """What stands ready, by kind."""
    cursor = connection.cursor(row_factory=class_row(Incoming))
    await cursor.execute(_SQL["incoming_kinds"])
    return tuple(await cursor.fetchall())


async def refuse_incoming(
    connection: Connection, kinds: Sequence[str], refusals: Sequence[str]
) -> tuple[tuple[str, str | None, str, str], ...]:
    """Drop what may not be entered; plate, case, kind and refusal of each."""
    cursor = await connection.execute(_SQL["refuse_incoming"], {"kinds": list(kinds), "refusals": list(refusals)})
    return tuple(await cursor.fetchall())


async def sample_incoming(connection: Connection, limit: int) -> tuple[tuple[Any, ...], ...]:
    """Some of what stands ready, for a preview."""
    return tuple(await (await connection.execute(_SQL["sample_incoming"], {"limit": limit})).fetchall())


async def replace(connection: Connection, list_no: int, *, by: str, now: datetime) -> Replaced:
    """Make the list what stands ready: only what differs is written."""
    removed = 0
    if await _count(connection, "any_entry", {"list_no": list_no}):
        await connection.execute(_SQL["index_incoming"])
        await connection.execute(_SQL["analyze_incoming"])
        removed = await _count(connection, "remove_missing", {"list_no": list_no})
        await connection.execute(_SQL["prolong_kept"], {"list_no": list_no, "now": now})
    added = await _count(connection, "insert_missing", {"list_no": list_no, "by": by, "now": now})
    return Replaced(added, removed, await _count(connection, "count_list", {"list_no": list_no, "as_of": now}))


async def remember(
    connection: Connection, agency_no: int, digests: Sequence[bytes], promise: str, at: datetime
) -> None:
    """Remember keyed hashes of what a promise kept off the lists of an agency."""
    values = {"agency_no": agency_no, "digests": list(digests), "promise": promise, "at": at}
    await connection.execute(_SQL["remember"], values)


async def remembered_at(connection: Connection, agency_no: int, digest: bytes, since: datetime) -> datetime | None:
    """When ``digest`` was remembered, where that was after ``since``."""
    cursor = await connection.execute(_SQL["remembered_at"], {"agency_no": agency_no, "digest": digest, "since": since})
    row = await cursor.fetchone()
    return row[0] if row else None


async def forget_refused(connection: Connection, before: datetime) -> None:
    """Forget what was last kept off before this instant."""
    await connection.execute(_SQL["forget_refused"], {"before": before})


async def refused(connection: Connection, agency_no: int, digests: Sequence[bytes]) -> dict[bytes, str]:
    """Which of ``digests`` are remembered, with the promise."""
    cursor = await connection.execute(_SQL["refused"], {"agency_no": agency_no, "digests": list(digests)})
    return {bytes(digest): promise for digest, promise in await cursor.fetchall()}


async def all_refused(connection: Connection, agency_no: int, *, limit: int = 200_000) -> tuple[bytes, ...]:
    """Everything remembered of an agency."""
    cursor = await connection.execute(_SQL["all_refused"], {"agency_no": agency_no, "limit": limit})
    return tuple(bytes(row[0]) for row in await cursor.fetchall())


async def matches(
    connection: Connection, lists: Sequence[int], texts: Sequence[tuple[int, str]], now: datetime
) -> tuple[Found, ...]:
    """Entries of ``lists`` that look like one of ``texts`` (place, plate), exact ones among them. One query for a whole batch."""
    classes = dict.fromkeys((place, look_alike(text)) for place, text in texts)
    cursor = connection.cursor(row_factory=class_row(Found))
    await cursor.execute(
        _SQL["matches"],
        {
            "places": [place for place, _ in classes], "classes": [text for _, text in classes], "lists": list(lists),
            "now": now,
        },
    )  # fmt: skip
    return tuple(await cursor.fetchall())


async def edge_plates(
    connection: Connection, lists: Sequence[int], kinds: Sequence[str], now: datetime
) -> tuple[tuple[str, str], ...]:
    """Look-alike class and plate of what is wanted on ``lists``."""
    values = {"lists": list(lists), "kinds": list(kinds), "now": now}
    return tuple(await (await connection.execute(_SQL["edge_classes"], values)).fetchall())


async def _lists(connection: Connection, name: str, values: Mapping[str, object]) -> tuple[StoredList, ...]:
    cursor = connection.cursor(row_factory=class_row(StoredList))
    await cursor.execute(_SQL[name], values)
    return tuple(await cursor.fetchall())


async def _entries(connection: Connection, name: str, values: Mapping[str, object]) -> tuple[StoredEntry, ...]:
    cursor = connection.cursor(row_factory=class_row(StoredEntry))
    await cursor.execute(_SQL[name], values)
    return tuple(await cursor.fetchall())


async def _count(connection: Connection, name: str, values: Mapping[str, object]) -> int:
    row = await (await connection.execute(_SQL[name], values)).fetchone()
    assert row is not None
    return int(row[0])
