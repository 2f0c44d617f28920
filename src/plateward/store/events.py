"""The ledger's rows: append-only for the node's role, and the access records that can be searched.

An access record is an event of type ``access.…``; its columns repeat what its body says, and are erased together with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.core.event import EVENT_TYPES, Event, Sealed
from plateward.core.plate import PlatePattern
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("events")
_ALL = 2**62
_EVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of the ledger; ``salt`` and ``body`` are None once they were erased."""

    seq: int
    at: datetime
    type: str
    actor: str
    entry: bytes
    leaf: bytes
    salt: bytes | None
    body: bytes | None
    erase_at: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """Who looked for what and why, what each owner decided, and how many reads were returned (Civ. Code 1798.90.52)."""

    seq: int
    at: datetime
    user_id: str
    organisation: str
    employer: str
    on_behalf_of: str | None
    act: str
    query: Mapping[str, Any]
    plate: str | None
    reason: str
    words: str
    case_no: str | None
    offence: str | None
    owners: Sequence[str]
    refused: Sequence[str]
    allowed: bool
    decisions: Sequence[Mapping[str, Any]]
    rows: int


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """Which access records; None means any.

    ``agency``: the asker's organisation or employer, or the one asked for. ``concerns``: the asker's organisation, or an owner
    that was asked.
    """

    begins: datetime | None = None
    ends: datetime | None = None
    user_id: str | None = None
    plate: str | None = None
    case_no: str | None = None
    agency: str | None = None
    owner: str | None = None
    allowed: bool | None = None
    concerns: str | None = None


async def append(connection: Connection, event: Event, sealed: Sealed) -> int:
    """Append ``event``, sealed, and return its number. Call it last: from here to its end the transaction has the ledger's head."""
    values, access = columns(event, sealed)
    if access is None:
        cursor = await connection.execute(_SQL["append"], values)
    else:
        cursor = await connection.execute(_SQL["append_access"], values | access | _as_texts(access))
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def _as_texts(access: Mapping[str, Any]) -> dict[str, str]:
    """The lists of agencies as a text each, ids in a row: five hundred are written in no time so."""
    return {name: " ".join(access[name]) for name in ("owners", "refused")}


def columns(event: Event, sealed: Sealed) -> tuple[dict[str, object], dict[str, object] | None]:
    """What the ledger's row holds of an event, and what its access record holds besides (None for an event that is none)."""
    keep = EVENT_TYPES[event.type].keep
    values: dict[str, object] = {
        "at": event.at,
        "type": str(event.type),
        "actor": event.actor,
        "entry": sealed.entry,
        "leaf": sealed.leaf,
        "salt": sealed.salt,
        "body": sealed.body,
        "erase_at": None if keep is None else event.at + keep,
    }
    body = event.body
    is_access = event.type.startswith("access.") and "owners" in body and "query" in body
    return values, _access_columns(body) if is_access else None


def _access_columns(body: Mapping[str, Any]) -> dict[str, object]:
    owners: Sequence[Mapping[str, Any]] = body["owners"]
    query: Mapping[str, Any] = body["query"]
    return {
        "user_id": body["person"],
        "organisation": body["organisation"],
        "employer": body["employer"],
        "on_behalf_of": body.get("on_behalf_of"),
        "query": Jsonb(dict(query), dumps=msgspec.json.encode),
        "plate": query.get("plate"),
        "reason": body["reason"],
        "words": body.get("words", ""),
        "case_no": body.get("case"),
        "offence": body.get("offence"),
        "owners": [owner["agency"] for owner in owners],
        "refused": [owner["agency"] for owner in owners if not owner["allowed"]],
        "allowed": body["allowed"],
        "decisions": Jsonb(list(owners), dumps=msgspec.json.encode),
        "rows": body["rows"],
    }


async def size(connection: Connection) -> int:
    """How many entries the ledger has."""
    row = await (await connection.execute(_SQL["size"])).fetchone()
    assert row is not None
    return int(row[0])


async def entries(connection: Connection, first: int, last: int) -> tuple[tuple[int, bytes, bytes], ...]:
    """Number, entry and leaf hash of entries from ``first`` up to but not including ``last``, in order."""
    cursor = await connection.execute(_SQL["entries"], {"first": first, "last": last})
    return tuple((seq, bytes(entry), bytes(leaf)) for seq, entry, leaf in await cursor.fetchall())


async def event(connection: Connection, seq: int) -> StoredEvent | None:
    """One event by its number."""
    cursor = connection.cursor(row_factory=class_row(StoredEvent))
    await cursor.execute(_SQL["event"], {"seq": seq})
    return await cursor.fetchone()


async def events(
    connection: Connection,
    *,
    types: Sequence[str] | None = None,
    begins: datetime | None = None,
    ends: datetime | None = None,
    before: int = _ALL,
    limit: int = 100,
) -> tuple[StoredEvent, ...]:
    """Events, newest first; ``before``: the number that the last page ended with."""
    cursor = connection.cursor(row_factory=class_row(StoredEvent))
    values = {"begins": begins, "ends": ends, "before": before, "limit": limit}
    query, named = ("events", {}) if types is None else ("events_of", {"types": list(dict.fromkeys(types))})
    await cursor.execute(_SQL[query], {**values, **named}, prepare=False)
    return tuple(await cursor.fetchall())


async def access(
    connection: Connection, wanted: AccessFilter, *, after: tuple[datetime, int] | None = None, limit: int = 100
) -> tuple[AccessRecord, ...]:
    """Access records, newest first; ``after``: instant and number that the last page ended with."""
    before_at, before_seq = after or (_EVER, _ALL)
    cursor = connection.cursor(row_factory=class_row(AccessRecord))
    values = {name: getattr(wanted, name) for name in AccessFilter.__dataclass_fields__}
    if wanted.plate is not None:
        values["plate"] = PlatePattern.parse(wanted.plate).text
    page = {"before_at": before_at, "before_seq": before_seq, "limit": limit}
    await cursor.execute(_SQL["access"], {**values, **page}, prepare=False)
    return tuple(await cursor.fetchall())


async def access_record(connection: Connection, seq: int) -> AccessRecord | None:
    """One access record by its number in the ledger."""
    cursor = connection.cursor(row_factory=class_row(AccessRecord))
    await cursor.execute(_SQL["access_record"], {"seq": seq})
    return await cursor.fetchone()
