"""What went out: answers in the access records, and deliveries: hits, productions, erased records, other systems' records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("exposure")


@dataclass(frozen=True, slots=True)
class Answered:
    """An access record that was answered. ``assigned``: of the agencies asked about, those the person was assigned to then."""

    seq: int
    at: datetime
    act: str
    organisation: str
    employer: str
    on_behalf_of: str | None
    reason: str
    case_no: str | None
    decisions: Sequence[Mapping[str, Any]]
    emergency: bool
    assigned: Sequence[str]


@dataclass(frozen=True, slots=True)
class Entered:
    """A delivery that no access record tells of. ``record``: the ledger's entry that does; None: another system's records do."""

    delivery_no: int
    at: datetime
    owner: str
    receiver: str
    share_id: str | None
    kind: str
    reads: int
    purpose: str
    source: str
    record: int | None = None
    because: str = "account"


@dataclass(frozen=True, slots=True)
class Report:
    """An exposure report as it was made; ``digest`` is the SHA-256 of ``document``."""

    report_id: UUID
    owner: str
    agency: str
    made_at: datetime
    deliveries: int
    digest: bytes
    document: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Which alerts of other agencies from the reads of ``owner``: between two instants, of one ``partner`` where given.

    ``zone``: whose days are counted. ``before``: the delivery's number that a page ended with.
    """

    owner: str
    begins: datetime
    ends: datetime
    zone: str
    partner: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One of them. ``kind``: of the list that matched; ``body``: of the ledger's entry ``record``, None where it is erased."""

    delivery_no: int
    day: date
    partner: str
    kind: str
    share_id: str | None
    record: int | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class HitCount:
    """How many alerts a partner had on one day from lists of one kind."""

    day: date
    partner: str
    kind: str
    alerts: int


async def hits(connection: Connection, wanted: Hits, *, limit: int) -> tuple[Hit, ...]:
    """A page of what partners were alerted to, latest first."""
    cursor = connection.cursor(row_factory=class_row(Hit))
    await cursor.execute(_SQL["hits"], {**_asked(wanted), "limit": limit})
    return tuple(await cursor.fetchall())


async def hit_counts(connection: Connection, wanted: Hits) -> tuple[HitCount, ...]:
    """All of it by day, partner and kind, latest day first; ``before`` does not count."""
    cursor = connection.cursor(row_factory=class_row(HitCount))
    await cursor.execute(_SQL["hit_counts"], _asked(wanted))
    return tuple(await cursor.fetchall())


def _asked(wanted: Hits) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in Hits.__dataclass_fields__}


async def answered(connection: Connection, agencies: Sequence[str], owner: str | None) -> tuple[Answered, ...]:
    """Access records answered to anybody behind whom one of ``agencies`` stood, latest first; of one owner where given."""
    cursor = connection.cursor(row_factory=class_row(Answered))
    await cursor.execute(_SQL["answered"], {"agencies": list(agencies), "owner": owner}, prepare=False)
    return tuple(await cursor.fetchall())


async def on_behalf(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Who was answered when asking for whom: pairs of agencies."""
    rows = await (await connection.execute(_SQL["on_behalf"])).fetchall()
    return tuple((asker, party) for asker, party in rows)


async def deliveries(connection: Connection, agencies: Sequence[str], owner: str | None) -> tuple[Entered, ...]:
    """Deliveries that no access record tells of, latest first."""
    cursor = connection.cursor(row_factory=class_row(Entered))
    await cursor.execute(_SQL["deliveries"], {"agencies": list(agencies), "owner": owner})
    return tuple(await cursor.fetchall())


async def add_delivery(connection: Connection, entered: Entered, *, by: str, now: datetime) -> None:
    """Enter a delivery (its number is given here)."""
    values = {name: getattr(entered, name) for name in Entered.__dataclass_fields__ if name != "delivery_no"}
    await connection.execute(_SQL["add_delivery"], {**values, "by": by, "now": now})


async def add_report(connection: Connection, report: Report) -> None:
    """Keep an exposure report."""
    values = {name: getattr(report, name) for name in Report.__dataclass_fields__ if name != "made_at"}
    await connection.execute(_SQL["add_report"], {**values, "at": report.made_at})


async def reports(connection: Connection, owner: str) -> tuple[Report, ...]:
    """The latest 200 exposure reports of an owner, latest first."""
    cursor = connection.cursor(row_factory=class_row(Report))
    await cursor.execute(_SQL["reports"], {"owner": owner})
    return tuple(await cursor.fetchall())
