"""What opens without a share: emergencies and productions, as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("openings")


@dataclass(frozen=True, slots=True)
class Emergency:
    """One plate of one owner, open to one agency until ``expires_at``, and its independent review."""

    emergency_id: UUID
    owner: str
    agency: str
    plate: str
    danger: str
    opened_by: str
    opened_at: datetime
    expires_at: datetime
    promises: Sequence[str]
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    justified: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Production:
    """Named reads asked for by legal process, and how far it got. ``digest``: SHA-256 of the document that asks."""

    production_id: UUID
    owner: str
    agency: str
    process: str
    reference: str
    digest: bytes
    reads: Sequence[UUID]
    state: str
    sentence: str
    asked_by: str
    asked_at: datetime
    counsel: str | None = None
    counsel_at: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    made_at: datetime | None = None
    handed_over: bytes | None = None


async def one_opens(connection: Connection, owner: str) -> None:
    """Wait for whoever else opens an emergency of ``owner``, and let nobody else until the transaction ends."""
    await connection.execute(_SQL["one_opens"], {"owner": owner})


async def add_emergency(connection: Connection, emergency: Emergency) -> None:
    """Keep an emergency that was opened."""
    values = {
        "emergency_id": emergency.emergency_id,
        "owner": emergency.owner,
        "agency": emergency.agency,
        "plate": emergency.plate,
        "danger": emergency.danger,
        "by": emergency.opened_by,
        "at": emergency.opened_at,
        "expires": emergency.expires_at,
        "promises": list(emergency.promises),
    }
    await connection.execute(_SQL["add_emergency"], values)


async def emergency(connection: Connection, emergency_id: UUID) -> Emergency | None:
    """One emergency."""
    cursor = connection.cursor(row_factory=class_row(Emergency))
    await cursor.execute(_SQL["emergency"], {"emergency_id": emergency_id})
    return await cursor.fetchone()


async def emergencies(connection: Connection, agency: str) -> tuple[Emergency, ...]:
    """The latest 200 emergencies of an owner or for an agency, latest first."""
    cursor = connection.cursor(row_factory=class_row(Emergency))
    await cursor.execute(_SQL["emergencies"], {"agency": agency})
    return tuple(await cursor.fetchall())


async def overdue(connection: Connection, before: datetime, told: str) -> tuple[Emergency, ...]:
    """Emergencies opened ``before`` that nobody has reviewed, and of which no notice tells whose subject is ``told`` and the id."""
    cursor = connection.cursor(row_factory=class_row(Emergency))
    await cursor.execute(_SQL["overdue"], {"before": before, "told": told})
    return tuple(await cursor.fetchall())


async def end_emergency(connection: Connection, emergency_id: UUID, at: datetime) -> bool:
    """End an emergency ``at`` once; False when it was over by then."""
    values = {"emergency_id": emergency_id, "at": at}
    return await (await connection.execute(_SQL["end_emergency"], values)).fetchone() is not None


async def review_emergency(
    connection: Connection, emergency_id: UUID, *, justified: bool, by: str, at: datetime, note: str
) -> bool:
    """Keep a review; False when there is one already or ``by`` opened it."""
    values = {"emergency_id": emergency_id, "justified": justified, "by": by, "at": at, "note": note}
    return await (await connection.execute(_SQL["review_emergency"], values)).fetchone() is not None


async def add_production(connection: Connection, production: Production) -> None:
    """Keep a production that was asked for, or refused at once."""
    values = {
        "production_id": production.production_id,
        "owner": production.owner,
        "agency": production.agency,
        "process": production.process,
        "reference": production.reference,
        "digest": production.digest,
        "reads": list(production.reads),
        "state": production.state,
        "sentence": production.sentence,
        "by": production.asked_by,
        "at": production.asked_at,
    }
    await connection.execute(_SQL["add_production"], values)


async def production(connection: Connection, production_id: UUID) -> Production | None:
    """One production, locked until the transaction ends, so that it cannot be handed over twice."""
    cursor = connection.cursor(row_factory=class_row(Production))
    await cursor.execute(_SQL["production"], {"production_id": production_id})
    return await cursor.fetchone()


async def productions(connection: Connection, owner: str) -> tuple[Production, ...]:
    """The latest 200 productions of an owner, latest first."""
    cursor = connection.cursor(row_factory=class_row(Production))
    await cursor.execute(_SQL["productions"], {"owner": owner})
    return tuple(await cursor.fetchall())


async def step_production(connection: Connection, production: Production) -> None:
    """Store how far a production got."""
    fields = ("state", "sentence", "counsel", "counsel_at", "approved_by", "approved_at", "made_at", "handed_over")
    values = {name: getattr(production, name) for name in fields}
    await connection.execute(_SQL["step_production"], {**values, "production_id": production.production_id})
