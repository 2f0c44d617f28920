"""Changes of what is true that wait for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("changes")


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A proposed change as JSON, who proposed it, and what became of it (``accepted`` None: nobody has decided)."""

    change_id: UUID
    kind: str
    owner: str | None
    document: Mapping[str, Any]
    loosens: bool
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    accepted: bool | None = None
    note: str = ""


async def add_change(connection: Connection, change: StoredChange) -> None:
    """Keep a change that waits for a second person."""
    values = {
        "change_id": change.change_id,
        "kind": change.kind,
        "owner": change.owner,
        "document": Jsonb(dict(change.document)),
        "loosens": change.loosens,
        "by": change.proposed_by,
        "at": change.proposed_at,
    }
    await connection.execute(_SQL["add_change"], values)


async def changes(connection: Connection, *, every: bool = False) -> tuple[StoredChange, ...]:
    """Changes that wait, or all of the latest 500, the latest first."""
    cursor = connection.cursor(row_factory=class_row(StoredChange))
    await cursor.execute(_SQL["changes"], {"every": every})
    return tuple(await cursor.fetchall())


async def change(connection: Connection, change_id: UUID) -> StoredChange | None:
    """One change, locked until the transaction ends."""
    cursor = connection.cursor(row_factory=class_row(StoredChange))
    await cursor.execute(_SQL["change"], {"change_id": change_id})
    return await cursor.fetchone()


async def decide_change(
    connection: Connection, change_id: UUID, *, accepted: bool, by: str, at: datetime, note: str
) -> bool:
    """Accept or refuse a change; False when it was decided already or is ``by``'s own."""
    values = {"change_id": change_id, "accepted": accepted, "by": by, "at": at, "note": note}
    return await (await connection.execute(_SQL["decide_change"], values)).fetchone() is not None
