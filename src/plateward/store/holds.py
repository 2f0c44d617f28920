"""Holds as they are stored, and the reads they keep: copies in a partition for each hold, where no search looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from plateward.core.read import Read
from plateward.store.connection import Connection
from plateward.store.search import Row, row_of
from plateward.store.sql import load

_SQL = load("holds")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold. ``state``: asked (frozen), active, refused, ended, or conflict (set apart until counsel has decided).

    ``scope``: what it names. ``asked_for``: an outsider who asks, such as defence counsel. ``frozen_until``: when an undecided
    one ends. ``asked_by`` None: the node set the reads apart, for a duty.
    """

    hold_id: UUID
    owner: str
    basis: str
    case_no: str
    reason: str
    asked_for: str
    scope: Mapping[str, Any]
    reads: int
    state: str
    asked_by: str | None
    asked_at: datetime
    frozen_until: datetime | None
    ends_at: datetime
    advice: str | None = None
    advised_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""
    ended_by: str | None = None
    ended_at: datetime | None = None

    @property
    def living(self) -> bool:
        """Whether it keeps reads."""
        return self.state in ("asked", "active", "conflict")


@dataclass(frozen=True, slots=True)
class HeldRead:
    """A read that a hold keeps, and until when the law and the hold let it."""

    row: Row
    kept_until: datetime
    media_type: str | None

    @property
    def read(self) -> Read:
        """The read itself."""
        return self.row.read


@dataclass(frozen=True, slots=True)
class Named:
    """Which reads a hold names: all conditions hold together; None: any."""

    owner_no: int
    begins: datetime
    ends: datetime
    ids: Sequence[UUID] | None = None
    plates: Sequence[str] | None = None
    readers: Sequence[int] | None = None
    only_hits: bool = False


async def add(connection: Connection, hold: Hold) -> None:
    """Enter a hold."""
    await connection.execute(_SQL["add"], _values(hold))


async def step(connection: Connection, hold: Hold) -> None:
    """Keep what became of a hold."""
    await connection.execute(_SQL["step"], _values(hold))


async def hold(connection: Connection, hold_id: UUID) -> Hold | None:
    """One hold, locked until the transaction ends."""
    found = await _many(connection, "hold", {"hold_id": hold_id})
    return found[0] if found else None


async def holds(connection: Connection, owner: str) -> tuple[Hold, ...]:
    """The latest 500 holds on an owner's reads."""
    return await _many(connection, "holds", {"owner": owner})


async def living(connection: Connection) -> tuple[Hold, ...]:
    """Every hold that keeps reads, of any owner."""
    return await _many(connection, "living", {})


async def freeze(
    connection: Connection,
    hold_id: UUID,
    named: Named,
    *,
    until: datetime,
    most_minutes: int | None,
    at: datetime,
    most: int,
) -> int:
    """Copy what is named and still kept into the hold; at most ``most`` rows. Returns how many."""
    values = {
        "hold": hold_id, "owner_no": named.owner_no, "named": _listed(named.ids), "plates": _listed(named.plates),
        "readers": _listed(named.readers), "begins": named.begins, "ends": named.ends, "only_hits": named.only_hits,
        "until": until, "most_minutes": most_minutes, "at": at, "most_rows": most,
    }  # fmt: skip
    row = await (await connection.execute(_SQL["freeze"], values)).fetchone()
    return int(row[0]) if row else 0


async def keep_until(connection: Connection, hold_id: UUID, until: datetime, most_minutes: int | None) -> None:
    """Keep a hold's reads until this instant, each no longer than ``most_minutes`` after it was made."""
    await connection.execute(_SQL["until"], {"hold": hold_id, "until": until, "most_minutes": most_minutes})


async def release(connection: Connection, hold_id: UUID, at: datetime, *, everything: bool) -> int:
    """Destroy the reads of a hold whose time is over, or all of them. Returns how many."""
    row = await (
        await connection.execute(_SQL["release"], {"hold": hold_id, "at": at, "everything": everything})
    ).fetchone()
    return int(row[0]) if row else 0


async def discard(connection: Connection, hold_id: UUID) -> None:
    """Undo a freeze in its own transaction: nothing was held, so nothing is told of."""
    await connection.execute(_SQL["discard"], {"hold": hold_id})


async def pictures(connection: Connection, hold_id: UUID) -> tuple[tuple[UUID, UUID, str], ...]:
    """(read, picture, bucket of its key) of the reads that a hold was just given."""
    return tuple(await (await connection.execute(_SQL["pictures"], {"hold": hold_id})).fetchall())


async def picture_names(connection: Connection, hold_id: UUID) -> frozenset[UUID]:
    """Under which names the pictures of a hold's reads lie, where the transaction was opened for its owner."""
    rows = await (await connection.execute(_SQL["picture_names"], {"hold": hold_id})).fetchall()
    return frozenset(row[0] for row in rows)


async def name_picture(connection: Connection, hold_id: UUID, read: UUID, new: UUID | None) -> None:
    """A held read's picture lies under this name, sealed with the hold's key; None: it has none."""
    await connection.execute(_SQL["name_picture"], {"hold": hold_id, "read": read, "new": new})


async def reads(connection: Connection, owners: Sequence[int], hold_id: UUID, at: datetime) -> tuple[HeldRead, ...]:
    """What a hold keeps, oldest first, where the transaction was opened for its owner."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["reads"], {"hold": hold_id, "owners": list(owners), "at": at})
    return tuple(HeldRead(row_of(row), row["kept_until"], row["media_type"]) for row in await cursor.fetchall())


async def counts(connection: Connection, hold_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many reads each hold still keeps, of the owners the transaction was opened for."""
    return dict(await (await connection.execute(_SQL["counts"], {"holds": list(hold_ids)})).fetchall())


async def held_by(connection: Connection) -> dict[str, int]:
    """How many reads of each owner are held, of the owners the transaction was opened for."""
    return dict(await (await connection.execute(_SQL["held_by"])).fetchall())


async def produced(connection: Connection, owner: str) -> tuple[tuple[UUID, tuple[UUID, ...], str], ...]:
    """Productions handed over for which no duty has set reads apart yet: (id, reads, the court's reference)."""
    rows = await (await connection.execute(_SQL["produced"], {"owner": owner})).fetchall()
    return tuple((number, tuple(named), reference) for number, named, reference in rows)


async def hits_due(connection: Connection, owner_no: int, until: datetime, *, most: int = 1000) -> tuple[UUID, ...]:
    """Reads that hit and whose time ends by ``until``, which no duty keeps yet; the transaction was opened for their owner."""
    rows = await (
        await connection.execute(_SQL["hits_due"], {"owner_no": owner_no, "until": until, "most": most})
    ).fetchall()
    return tuple(row[0] for row in rows)


def _values(hold: Hold) -> dict[str, Any]:
    values = {name: getattr(hold, name) for name in Hold.__dataclass_fields__}
    return values | {"scope": Jsonb(dict(hold.scope))}


def _listed(given: Sequence[Any] | None) -> list[Any] | None:
    return None if given is None else list(given)


async def _many(connection: Connection, name: str, values: Mapping[str, Any]) -> tuple[Hold, ...]:
    cursor = connection.cursor(row_factory=class_row(Hold))
    await cursor.execute(_SQL[name], values)
    return tuple(await cursor.fetchall())
