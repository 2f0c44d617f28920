"""People, their assignments and sessions, and the consents that supervisors give.

Of tokens and keys only SHA-256 digests come here. An account that is closed loses its sessions at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow, class_row, dict_row
from psycopg.types.json import Jsonb

from plateward.core.errors import BadInput
from plateward.core.people import NOBODYS, Person, Role
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("people")


@dataclass(frozen=True, slots=True)
class StoredSession:
    """Somebody's session; ``expires`` is the first instant it no longer holds."""

    user_id: str
    csrf: bytes
    agent: str
    made_at: datetime
    seen_at: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A request for a supervisor's consent to one search, and what became of it (``granted`` None: nobody has decided)."""

    consent_id: UUID
    asked_by: str
    asked_by_name: str
    organisation: str
    scope: Mapping[str, Any]
    reason: str
    case_no: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    granted: bool | None


async def person(connection: Connection, person_id: str, at: datetime) -> Person | None:
    """Somebody by id, with the assignments in force at ``at``."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["person"], {"user_id": person_id, "at": at})
    row = await cursor.fetchone()
    return _person(row) if row else None


async def persons(connection: Connection, at: datetime, organisation: str | None = None) -> tuple[Person, ...]:
    """Everybody with an account, or those of one organisation, by id."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["persons"], {"organisation": organisation, "at": at})
    return tuple(_person(row) for row in await cursor.fetchall())


def _person(row: DictRow) -> Person:
    return Person(
        id=row["user_id"],
        name=row["name"],
        role=Role(row["role"]),
        organisation=row["organisation"],
        employer=row["employer"],
        assignments=tuple(row["assignments"]),
        active=row["active"],
    )


async def add_person(connection: Connection, person: Person, at: datetime, *, source: str) -> None:
    """Enter somebody new, their assignments beginning ``at`` as ``source`` tells. Raises BadInput when the id is taken."""
    if person.id in NOBODYS:
        raise BadInput(f"{person.id!r} stands for no person in the records; choose another id", where="id")
    cursor = await connection.execute(_SQL["add_person"], _columns(person, at))
    if await cursor.fetchone() is None:
        raise BadInput(f"somebody has the account {person.id} already", where="id")
    for agency in person.assignments:
        await assign(connection, person.id, agency, source=source, since=at)


async def change_person(connection: Connection, person: Person, at: datetime) -> None:
    """Change name, role, organisation, employer or whether the account is open (assignments: ``assign``, ``end_assignment``).

    A closed account loses its sessions and links. What classifies somebody is policy: raise the epoch first. Raises BadInput
    when nobody has the id.
    """
    cursor = await connection.execute(_SQL["change_person"], _columns(person, at))
    if await cursor.fetchone() is None:
        raise BadInput(f"nobody has the account {person.id}", where="id")
    if not person.active:
        await end_sessions(connection, person.id)


def _columns(person: Person, at: datetime) -> dict[str, object]:
    return {
        "user_id": person.id,
        "name": person.name,
        "role": str(person.role),
        "organisation": person.organisation,
        "employer": person.employer,
        "active": person.active,
        "at": at,
    }


async def assign(
    connection: Connection, person_id: str, agency: str, *, source: str, since: datetime, until: datetime | None = None
) -> int:
    """Say that somebody works for ``agency`` too, from ``since`` on; returns the assignment's number. Raise the epoch first."""
    values = {"user_id": person_id, "agency": agency, "source": source, "since": since, "until": until}
    row = await (await connection.execute(_SQL["assign"], values)).fetchone()
    assert row is not None
    return int(row[0])


async def end_assignment(
    connection: Connection, person_id: str, agency: str, at: datetime, *, source: str | None = None
) -> bool:
    """End somebody's assignment to ``agency``, or only the one that ``source`` told of; False when there was none. Raise the
    epoch first.
    """
    values = {"user_id": person_id, "agency": agency, "at": at, "source": source}
    cursor = await connection.execute(_SQL["end_assignment"], values)
    return cursor.rowcount > 0


async def add_login_link(
    connection: Connection, token_hash: bytes, person_id: str, *, made_by: str, at: datetime, expires: datetime
) -> None:
    """Store a one-time link by its token's digest."""
    values = {"token_hash": token_hash, "user_id": person_id, "made_by": made_by, "at": at, "expires": expires}
    await connection.execute(_SQL["add_login_link"], values)


async def use_login_link(connection: Connection, token_hash: bytes, at: datetime) -> str | None:
    """Use a link, once: whose it is, or None when it was used, has expired or never was."""
    row = await (await connection.execute(_SQL["use_login_link"], {"token_hash": token_hash, "at": at})).fetchone()
    return row[0] if row else None


async def add_session(
    connection: Connection,
    token_hash: bytes,
    person_id: str,
    *,
    csrf: bytes,
    agent: str,
    at: datetime,
    expires: datetime,
) -> None:
    """Begin a session, stored by its token's digest."""
    values = {
        "token_hash": token_hash,
        "user_id": person_id,
        "csrf": csrf,
        "agent": agent,
        "at": at,
        "expires": expires,
    }
    await connection.execute(_SQL["add_session"], values)


async def session(connection: Connection, token_hash: bytes, at: datetime) -> StoredSession | None:
    """The session of a token's digest, where it still holds at ``at``."""
    cursor = connection.cursor(row_factory=class_row(StoredSession))
    await cursor.execute(_SQL["session"], {"token_hash": token_hash, "at": at})
    return await cursor.fetchone()


async def end_session(connection: Connection, token_hash: bytes) -> str | None:
    """End a session; whose it was, or None when there was none."""
    row = await (await connection.execute(_SQL["end_session"], {"token_hash": token_hash})).fetchone()
    return row[0] if row else None


async def end_sessions(connection: Connection, person_id: str) -> int:
    """End all sessions and links of somebody; returns how many sessions."""
    return (await connection.execute(_SQL["end_sessions"], {"user_id": person_id})).rowcount


async def request_consent(
    connection: Connection,
    consent_id: UUID,
    asked_by: str,
    scope: Mapping[str, Any],
    *,
    reason: str,
    case_no: str,
    at: datetime,
    expires: datetime,
) -> None:
    """File a request for a supervisor's consent to the search that ``scope`` describes."""
    values = {"consent_id": consent_id, "asked_by": asked_by, "scope": Jsonb(dict(scope)), "reason": reason}
    await connection.execute(_SQL["request_consent"], {**values, "case_no": case_no, "at": at, "expires": expires})


async def decide_consent(connection: Connection, consent_id: UUID, *, by: str, granted: bool, at: datetime) -> bool:
    """Decide a request; False when it was decided, has expired, is not there, or is ``by``'s own."""
    values = {"consent_id": consent_id, "by": by, "granted": granted, "at": at}
    return await (await connection.execute(_SQL["decide_consent"], values)).fetchone() is not None


async def consent(connection: Connection, consent_id: UUID) -> Consent | None:
    """One request by id."""
    cursor = connection.cursor(row_factory=class_row(Consent))
    await cursor.execute(_SQL["consent"], {"consent_id": consent_id})
    return await cursor.fetchone()


async def consents(
    connection: Connection,
    at: datetime,
    *,
    organisation: str | None = None,
    asked_by: str | None = None,
    open_only: bool = False,
    limit: int = 100,
) -> tuple[Consent, ...]:
    """Requests, newest first: of an organisation's people, of one person, or only those that wait for a decision."""
    cursor = connection.cursor(row_factory=class_row(Consent))
    values = {"organisation": organisation, "asked_by": asked_by, "open_only": open_only, "at": at, "limit": limit}
    await cursor.execute(_SQL["consents"], values)
    return tuple(await cursor.fetchall())
