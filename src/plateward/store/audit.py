"""What oversight reads of the access records, and what it keeps: reports, early erasures, requests of drivers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from plateward.store.connection import Connection
from plateward.store.events import StoredEvent
from plateward.store.sql import load

_SQL = load("audit")
_PAGE = 2000


@dataclass(frozen=True, slots=True)
class SearchRow:
    """One access record as an audit needs it; ``session`` is None where the asker had none."""

    seq: int
    at: datetime
    act: str
    user_id: str
    organisation: str
    employer: str
    on_behalf_of: str | None
    query: Mapping[str, Any]
    plate: str | None
    reason: str
    words: str
    case_no: str | None
    offence: str | None
    owners: Sequence[str]
    refused: Sequence[str]
    allowed: bool
    rows: int
    session: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as handed out. ``digest`` is SHA-256 of ``document``, and stands in the ledger at ``event_seq``."""

    report_id: UUID
    owner: str
    kind: str
    public: bool
    title: str
    event_seq: int
    digest: bytes
    document: str
    made_by: str
    made_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request to erase bodies before their time, and what became of it."""

    erasure_id: UUID
    owner: str
    indexes: Sequence[int]
    basis: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    note: str = ""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriverRequest:
    """A driver who asked about the own plate: what proved identity and registration, when it may be answered, how far it got."""

    request_id: UUID
    owner: str
    plate: str
    identity: str
    registration: str
    co_registrant: bool
    entered_by: str
    asked_at: datetime
    answer_from: datetime
    state: str
    expires_at: datetime
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    note: str = ""


async def searches(
    connection: Connection, agency: str, begins: datetime, ends: datetime, acts: Sequence[str]
) -> AsyncIterator[SearchRow]:
    """Access records of ``acts`` by ``agency``'s people or for its reads, from ``begins`` up to ``ends``, in the ledger's order."""
    async with connection.cursor("searches", row_factory=class_row(SearchRow)) as cursor:
        cursor.itersize = _PAGE
        await cursor.execute(_SQL["searches"], {"agency": agency, "begins": begins, "ends": ends, "acts": list(acts)})
        async for row in cursor:
            yield row


async def of_plate(
    connection: Connection, agency: str, plate: str, before: datetime, acts: Sequence[str]
) -> tuple[SearchRow, ...]:
    """Access records of ``acts`` for exactly ``plate`` in ``agency``'s reads, older than ``before``."""
    cursor = connection.cursor(row_factory=class_row(SearchRow))
    await cursor.execute(_SQL["of_plate"], {"agency": agency, "plate": plate, "before": before, "acts": list(acts)})
    return tuple(await cursor.fetchall())


async def sealed(connection: Connection, seqs: Sequence[int]) -> tuple[StoredEvent, ...]:
    """The events of these numbers, with bodies and salts where they are not erased, in their order."""
    cursor = connection.cursor(row_factory=class_row(StoredEvent))
    await cursor.execute(_SQL["sealed"], {"seqs": list(seqs)})
    return tuple(await cursor.fetchall())


async def first_at_or_after(connection: Connection, at: datetime) -> int | None:
    """The number of the first event that is not older than ``at``; None when there is none yet."""
    row = await (await connection.execute(_SQL["first_at_or_after"], {"at": at})).fetchone()
    return row[0] if row else None


async def add_report(connection: Connection, report: Report) -> None:
    """Keep a report that was made."""
    await connection.execute(_SQL["add_report"], asdict(report))


async def report(connection: Connection, report_id: UUID, at: datetime) -> Report | None:
    """One report, unless it has expired ``at``."""
    cursor = connection.cursor(row_factory=class_row(Report))
    await cursor.execute(_SQL["report"], {"report_id": report_id, "at": at})
    return await cursor.fetchone()


async def reports(connection: Connection, owner: str, at: datetime) -> tuple[Report, ...]:
    """The latest 200 reports of an agency without their documents, latest first."""
    cursor = connection.cursor(row_factory=class_row(Report))
    await cursor.execute(_SQL["reports"], {"owner": owner, "at": at})
    return tuple(await cursor.fetchall())


async def forget(connection: Connection, at: datetime) -> int:
    """Delete reports and drivers' requests whose time has passed; returns how many reports."""
    return (await connection.execute(_SQL["forget"], {"at": at})).rowcount


async def add_erasure(connection: Connection, erasure: Erasure) -> None:
    """Keep a request that waits for a second person."""
    values = {"erasure_id": erasure.erasure_id, "owner": erasure.owner, "indexes": list(erasure.indexes)}
    more = {"basis": erasure.basis, "by": erasure.requested_by, "at": erasure.requested_at}
    await connection.execute(_SQL["add_erasure"], values | more)


async def erasure(connection: Connection, erasure_id: UUID) -> Erasure | None:
    """One request, locked until the transaction ends."""
    cursor = connection.cursor(row_factory=class_row(Erasure))
    await cursor.execute(_SQL["erasure"], {"erasure_id": erasure_id})
    return await cursor.fetchone()


async def erasures(connection: Connection, owner: str) -> tuple[Erasure, ...]:
    """The latest 200 requests of an agency, latest first."""
    cursor = connection.cursor(row_factory=class_row(Erasure))
    await cursor.execute(_SQL["erasures"], {"owner": owner})
    return tuple(await cursor.fetchall())


async def decide_erasure(
    connection: Connection, erasure_id: UUID, *, approved: bool, by: str, at: datetime, note: str
) -> bool:
    """Approve or refuse a request; False when it was decided already or is ``by``'s own."""
    values = {"erasure_id": erasure_id, "approved": approved, "by": by, "at": at, "note": note}
    return await (await connection.execute(_SQL["decide_erasure"], values)).fetchone() is not None


async def erase_early(connection: Connection, erasure_id: UUID, at: datetime) -> tuple[int, ...]:
    """Erase the bodies that an approved request names; returns their numbers. The database refuses one that is not approved."""
    rows = await (await connection.execute(_SQL["erase_early"], {"erasure_id": erasure_id, "at": at})).fetchall()
    return tuple(sorted(row[0] for row in rows))


async def add_driver(connection: Connection, request: DriverRequest) -> None:
    """Keep a driver's request."""
    await connection.execute(_SQL["add_driver"], asdict(request))


async def driver(connection: Connection, request_id: UUID) -> DriverRequest | None:
    """One driver's request, locked until the transaction ends."""
    cursor = connection.cursor(row_factory=class_row(DriverRequest))
    await cursor.execute(_SQL["driver"], {"request_id": request_id})
    return await cursor.fetchone()


async def drivers(connection: Connection, owner: str) -> tuple[DriverRequest, ...]:
    """The latest 200 drivers' requests to an agency, latest first."""
    cursor = connection.cursor(row_factory=class_row(DriverRequest))
    await cursor.execute(_SQL["drivers"], {"owner": owner})
    return tuple(await cursor.fetchall())


async def step_driver(connection: Connection, request: DriverRequest) -> None:
    """Store how far a request got."""
    await connection.execute(_SQL["step_driver"], asdict(request))


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An open account, since when, and its last act on reads."""

    user_id: str
    role: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many entries of ``type`` by ``actor`` stand in the ledger from ``first`` to ``last``, erased bodies included."""

    type: str
    actor: str
    count: int
    first: int
    last: int


async def accounts(connection: Connection, agency: str) -> tuple[StoredAccount, ...]:
    """The open accounts of an agency."""
    cursor = connection.cursor(row_factory=class_row(StoredAccount))
    await cursor.execute(_SQL["accounts"], {"agency": agency})
    return tuple(await cursor.fetchall())


async def reasons(connection: Connection, agency: str, begins: datetime, acts: Sequence[str]) -> Mapping[str, int]:
    """How often each reason was answered with ``agency``'s reads since ``begins``."""
    values = {"agency": agency, "begins": begins, "acts": list(acts)}
    return dict(await (await connection.execute(_SQL["reasons"], values)).fetchall())


async def counted(connection: Connection, begins: datetime, ends: datetime) -> tuple[Counted, ...]:
    """The access entries of a time by type and acting agency: what anybody can count in the public ledger."""
    rows = await (await connection.execute(_SQL["counted"], {"begins": begins, "ends": ends})).fetchall()
    return tuple(Counted(*row) for row in rows)


async def happened(connection: Connection, kind: str, agency: str, begins: datetime) -> int:
    """How many events of one type ``agency`` acted in since ``begins``."""
    values = {"type": kind, "agency": agency, "begins": begins}
    row = await (await connection.execute(_SQL["happened"], values)).fetchone()
    return int(row[0]) if row else 0
