"""What binds readers to the node: the keys they sign with, what each delivery was answered, heartbeats, their last frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("reader_link")

FRAMES_KEPT, FRAMES_KEPT_FOR = 16, timedelta(hours=24)
"""Cameras of one reader whose last frame is kept, and for how long."""

KEPT = 512
"""Acknowledgements kept for each reader: one that waited longer for its answer than this many deliveries has lost its state."""


@dataclass(frozen=True, slots=True)
class Number:
    """The number of a request, in the row of one of its reader's spools. 0 of no spool: of a reader that signs nothing."""

    spool: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a delivery was answered. ``digest``: of its body."""

    digest: bytes
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Health:
    """A reader's last heartbeat: made ``at`` by its own clock, ``received_at`` by the node's."""

    at: datetime
    received_at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """That a camera's last frame is here, and when it was made and came in."""

    camera: str
    at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Hour:
    """Reads of one reader in one hour. ``doubtful``: those with less confidence than asked for."""

    begins: datetime
    reads: int
    doubtful: int


async def public_key(connection: Connection, reader_no: int) -> bytes | None:
    """The key with which a reader signs, or None while it signs nothing."""
    row = await (await connection.execute(_SQL["public_key"], {"reader_no": reader_no})).fetchone()
    return bytes(row[0]) if row and row[0] is not None else None


async def set_public_key(connection: Connection, reader_no: int, public: bytes | None) -> None:
    """From now on this key signs the reader's deliveries. Another key begins with no numbers used."""
    await connection.execute(_SQL["set_public_key"], {"reader_no": reader_no, "public": public})
    await connection.execute(_SQL["forget_acknowledgements"], {"reader_no": reader_no, "below": None, "spool": ""})
    for begin in ("begin_health_anew", "begin_frames_anew"):
        await connection.execute(_SQL[begin], {"reader_no": reader_no})


async def acknowledged(connection: Connection, reader_no: int, number: Number) -> Acknowledged | None:
    """What the delivery of this number was answered, where that is still known."""
    values = {"reader_no": reader_no, "spool": number.spool, "sequence": number.sequence}
    row = await (await connection.execute(_SQL["acknowledged"], values)).fetchone()
    return Acknowledged(bytes(row[0]), row[1]) if row else None


async def last_sequence(connection: Connection, reader_no: int, spool: str) -> int:
    """The highest number that came from a spool of a reader, 0 for none."""
    values = {"reader_no": reader_no, "spool": spool}
    row = await (await connection.execute(_SQL["last_sequence"], values)).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


async def acknowledge(
    connection: Connection, reader_no: int, number: Number, given: Acknowledged, at: datetime
) -> None:
    """Keep what a delivery is answered; only the last ``KEPT`` of its spool stay."""
    row = {"reader_no": reader_no, "spool": number.spool}
    values = row | {"sequence": number.sequence, "digest": given.digest, "at": at, "answer": Jsonb(dict(given.answer))}
    await connection.execute(_SQL["acknowledge"], values)
    await connection.execute(_SQL["forget_acknowledgements"], row | {"below": number.sequence - KEPT})


async def refusal_is_new(connection: Connection, reader_no: int, now: datetime, every: timedelta) -> bool:
    """Whether no refusal of this reader was written down within ``every``; if so, this one counts as written from now on."""
    values = {"reader_no": reader_no, "now": now, "before": now - every}
    return await (await connection.execute(_SQL["refusal_is_new"], values)).fetchone() is not None


async def set_keep(connection: Connection, reader_no: int, keep: str) -> None:
    """What a reader is told to keep of what it sees."""
    await connection.execute(_SQL["set_keep"], {"reader_no": reader_no, "keep": keep})


async def keeps(connection: Connection, reader_nos: Sequence[int]) -> dict[int, str]:
    """What each of these readers is told to keep of what it sees, by number."""
    cursor = await connection.execute(_SQL["keeps"], {"reader_nos": list(reader_nos)})
    return dict(await cursor.fetchall())


async def set_health(connection: Connection, reader_no: int, number: Number, health: Health) -> bool:
    """Keep a heartbeat, unless a later one is here: then False."""
    row = {"reader_no": reader_no, "spool": number.spool, "sequence": number.sequence}
    values = row | {"at": health.at, "received_at": health.received_at}
    cursor = await connection.execute(_SQL["set_health"], values | {"body": Jsonb(dict(health.body))})
    return await cursor.fetchone() is not None


async def health(connection: Connection, reader_nos: Sequence[int]) -> dict[int, Health]:
    """The last heartbeat of each of these readers, by number; who never sent one is left out."""
    cursor = await connection.execute(_SQL["health"], {"reader_nos": list(reader_nos)})
    return {row[0]: Health(row[1], row[2], row[3]) for row in await cursor.fetchall()}


async def hours(connection: Connection, reader_no: int, since: datetime, doubtful_below: float) -> tuple[Hour, ...]:
    """Reads of a reader by the hour, oldest first; hours without reads are left out. The owner must be set in ``connection``."""
    values = {"reader_no": reader_no, "since": since, "below": round(doubtful_below * 1000)}
    return tuple(Hour(*row) for row in await (await connection.execute(_SQL["hours"], values)).fetchall())


async def set_frame(connection: Connection, reader_no: int, number: Number, frame: Frame, jpeg: bytes) -> None:
    """Keep what a camera saw last, in place of what it saw before; old ones of every reader go."""
    row = {"reader_no": reader_no, "spool": number.spool, "sequence": number.sequence}
    values = row | {"camera": frame.camera, "at": frame.at, "jpeg": jpeg}
    await connection.execute(_SQL["set_frame"], values | {"received_at": frame.received_at})
    old = {"reader_no": reader_no, "before": frame.received_at - FRAMES_KEPT_FOR, "most": FRAMES_KEPT}
    await connection.execute(_SQL["forget_frames"], old)


async def frames(connection: Connection, reader_no: int, now: datetime) -> tuple[Frame, ...]:
    """Which cameras of a reader sent a frame of late."""
    values = {"reader_no": reader_no, "since": now - FRAMES_KEPT_FOR}
    return tuple(Frame(*row) for row in await (await connection.execute(_SQL["frames"], values)).fetchall())


async def frame(connection: Connection, reader_no: int, camera: str, now: datetime) -> bytes | None:
    """What a camera saw last, as a JPEG, or None."""
    values = {"reader_no": reader_no, "camera": camera, "since": now - FRAMES_KEPT_FOR}
    row = await (await connection.execute(_SQL["frame"], values)).fetchone()
    return bytes(row[0]) if row else None
