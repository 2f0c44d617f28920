"""Passkeys that people sign in with, and the challenges that are open. A private key never comes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("passkeys")


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of somebody's passkey. ``sign_count``: what its device counted last, 0 where it does not count."""

    credential_id: bytes
    user_id: str
    public_key: bytes
    sign_count: int
    name: str
    made_at: datetime
    used_at: datetime | None = None


async def add_challenge(
    connection: Connection, challenge: bytes, *, user_id: str | None, at: datetime, expires: datetime
) -> None:
    """Keep a challenge that may be answered once until ``expires``; ``user_id`` None: by whoever signs in."""
    values = {"challenge": challenge, "user_id": user_id, "at": at, "expires": expires}
    await connection.execute(_SQL["add_challenge"], values)


async def use_challenge(connection: Connection, challenge: bytes, *, user_id: str | None, at: datetime) -> bool:
    """Use a challenge up; False where it was used, has run out, or was made for somebody else."""
    values = {"challenge": challenge, "user_id": user_id, "at": at}
    return await (await connection.execute(_SQL["use_challenge"], values)).fetchone() is not None


async def add(connection: Connection, passkey: Passkey) -> bool:
    """Keep a passkey; False where this credential is known already."""
    values = {
        "credential_id": passkey.credential_id,
        "user_id": passkey.user_id,
        "public_key": passkey.public_key,
        "sign_count": passkey.sign_count,
        "name": passkey.name,
        "made_at": passkey.made_at,
    }
    return await (await connection.execute(_SQL["add"], values)).fetchone() is not None


async def passkey(connection: Connection, credential_id: bytes) -> Passkey | None:
    """A passkey by its credential's id, locked until the transaction ends: two answers cannot count at once."""
    cursor = connection.cursor(row_factory=class_row(Passkey))
    return await (await cursor.execute(_SQL["passkey"], {"credential_id": credential_id})).fetchone()


async def of_person(connection: Connection, user_id: str) -> Sequence[Passkey]:
    """Somebody's passkeys, oldest first."""
    cursor = connection.cursor(row_factory=class_row(Passkey))
    return await (await cursor.execute(_SQL["of_person"], {"user_id": user_id})).fetchall()


async def used(connection: Connection, credential_id: bytes, *, sign_count: int, at: datetime) -> None:
    """Note a use and what the device counts now."""
    values = {"credential_id": credential_id, "sign_count": sign_count, "at": at}
    await connection.execute(_SQL["used"], values)


async def remove(connection: Connection, credential_id: bytes, user_id: str) -> bool:
    """Forget somebody's passkey; False where it is not theirs or not there."""
    values = {"credential_id": credential_id, "user_id": user_id}
    return await (await connection.execute(_SQL["remove"], values)).fetchone() is not None
