"""Alerts: raised in the transaction of their reads, grouped by pass, changed by people, forgotten with the read.

Changes are numbered in the order in which they are committed (``alert_head`` is locked until the transaction ends), so a screen
that knows the last number it saw catches up without a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.core.alert import PASS, Gathered, How, NewAlert, Outcome, Pass, State, better, gather
from plateward.core.place import Position
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("alerts")
_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_LAST = UUID(int=2**128 - 1)

CHANNEL = "plateward_alerts"
"""Where committed changes of alerts are announced (NOTIFY), without saying whose."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that is new, as it was stored, and the agencies alerted."""

    alert: NewAlert
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert's row. ``confidence`` is in permille, ``lat`` and ``lon`` of the reader in millionths of a degree.

    ``change``: its number among all changes. What names plate, read or entry is None once the read is past its time.
    """

    alert_id: UUID
    change: int
    agency: str
    list_id: str
    list_owner: str
    list_name: str
    kind: str
    priority: int
    entry_id: str | None
    share_id: str | None
    reason: str
    case_no: str | None
    listed_at: datetime | None
    listed_until: datetime | None
    receivers: Sequence[str]
    raised_at: datetime
    first_at: datetime
    last_at: datetime
    reads: int
    reader_ids: Sequence[str]
    read_id: UUID | None
    read_at: datetime
    reader_id: str
    reader_name: str
    lat: int | None
    lon: int | None
    picture_ref: UUID | None
    listed_plate: str | None
    listed_state: str | None
    read_plate: str | None
    read_region: str | None
    candidates: Sequence[Sequence[Any]] | None
    how: str
    state_match: bool | None
    confidence: int
    late: bool
    state: str
    seen_at: datetime | None
    decided_at: datetime | None
    outcome: str | None
    expires_at: datetime
    forgotten_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did with an alert: saw it, decided, or said what came of it."""

    at: datetime
    by_person: str
    by_name: str
    by_agency: str
    step: str
    note: str


@dataclass(frozen=True, slots=True)
class PassRead:
    """One read of the pass that an alert tells of; ``confidence`` in permille."""

    read_id: UUID
    read_at: datetime
    reader_id: str
    reader_name: str
    read_plate: str
    how: str
    confidence: int


@dataclass(frozen=True, slots=True)
class Count:
    """Alerts of one list and reader that stand alike. ``seconds``: from alert to decision, each one decided in time."""

    agency: str
    list_id: str
    list_name: str
    list_owner: str
    reader_id: str
    reader_name: str
    how: str
    state: str
    outcome: str | None
    alerts: int
    reads: int
    late: int
    seconds: Sequence[int]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alert stands, locked until the transaction ends."""

    state: str
    raised_at: datetime
    outcome: str | None


async def raise_alerts(connection: Connection, alerts: Sequence[NewAlert], now: datetime) -> tuple[Raised, ...]:
    """Raise ``alerts`` in the transaction that stores their reads, opened for the owner of each; call it after the reads.

    Reads of one pass (``core.alert.gather``) make one alert; more of a pass that is known raise its count. A read that was matched
    with the same entry before changes nothing. Messages to people who want them are put into the outbox here. Returns what is new:
    the ledger is told of each (``node.alerting.raising.raise_alerts`` does both).
    """
    if not alerts:
        return ()
    entries = sorted({alert.entry_id for alert in alerts})
    await connection.execute(_SQL["lock_entries"], {"entries": entries})
    fresh = await _unknown(connection, alerts, entries)
    if not fresh:
        return ()
    kept = await _reads_of(connection, fresh)
    passes = gather(
        sorted(fresh, key=lambda alert: (alert.read_at, alert.alert_id.int)),
        await _open_passes(connection, fresh, entries),
        await _places(connection, fresh),
    )
    first = await _next_changes(connection, len(passes))
    for change, one in enumerate(passes, first):
        await _write_pass(connection, one, change, kept, now)
    raised = tuple(Raised(one.shown, receivers_of(one.shown)) for one in passes if one.known is None)
    if raised:
        await connection.execute(_SQL["put_for_people"], {"ids": [new.alert.alert_id for new in raised]})
    await connection.execute(_SQL["announce"])
    return raised


def receivers_of(alert: NewAlert) -> tuple[str, ...]:
    """The agencies alerted: whose list it is."""
    return (alert.list_owner,)


async def _unknown(connection: Connection, alerts: Sequence[NewAlert], entries: list[str]) -> list[NewAlert]:
    """``alerts`` without those whose read matched their entry before, each pair once."""
    ids = [alert.read_id for alert in alerts]
    cursor = await connection.execute(_SQL["known_reads"], {"entries": entries, "ids": ids})
    seen = {(entry, read_id) for entry, read_id in await cursor.fetchall()}
    fresh = []
    for alert in alerts:
        if (alert.entry_id, alert.read_id) not in seen:
            seen.add((alert.entry_id, alert.read_id))
            fresh.append(alert)
    return fresh


async def _reads_of(connection: Connection, alerts: Sequence[NewAlert]) -> dict[UUID, tuple[datetime, Any]]:
    """When each read is past its time, and what else its reader held possible."""
    instants = [alert.read_at for alert in alerts]
    values = {"ids": [alert.read_id for alert in alerts], "first_at": min(instants), "last_at": max(instants)}
    cursor = await connection.execute(_SQL["reads_of"], values)
    return {read_id: (expires, candidates) for read_id, expires, candidates in await cursor.fetchall()}


async def _open_passes(connection: Connection, alerts: Sequence[NewAlert], entries: list[str]) -> list[Pass]:
    instants = [alert.read_at for alert in alerts]
    values = {"entries": entries, "first_at": min(instants) - PASS, "last_at": max(instants) + PASS}
    cursor = await connection.execute(_SQL["open_passes"], values)
    return [
        Pass(alert_id, entry, agency, first, last, tuple(readers), How(how), confidence, State(state).decided, reads)
        for alert_id, entry, agency, first, last, readers, how, confidence, state, reads in await cursor.fetchall()
    ]


async def _places(connection: Connection, alerts: Sequence[NewAlert]) -> dict[str, Position]:
    cursor = await connection.execute(_SQL["places_of"], {"readers": [alert.reader_id for alert in alerts]})
    return {reader: Position(lat, lon) for reader, lat, lon in await cursor.fetchall()}


async def _next_changes(connection: Connection, count: int) -> int:
    row = await (await connection.execute(_SQL["next_changes"], {"count": count})).fetchone()
    assert row is not None
    return int(row[0]) - count + 1


async def _write_pass(
    connection: Connection, one: Gathered, change: int, kept: Mapping[UUID, tuple[datetime, Any]], now: datetime
) -> None:
    shown = one.shown
    row = _row(shown, kept, now) | {
        "change": change,
        "first_at": one.first_at,
        "last_at": one.last_at,
        "reads": len(one.alerts),
        "reader_ids": list(one.readers),
        "raised_at": now,
    }
    if one.known is None:
        await connection.execute(_SQL["raise"], row)
        alert_id = shown.alert_id
    else:
        alert_id = row["alert_id"] = one.known.alert_id
        await connection.execute(_SQL["prolong"], row)
        if not one.known.decided and better(shown, one.known):
            await connection.execute(_SQL["show_better"], row)
    await connection.cursor().executemany(
        _SQL["add_read"], [_row(replace(alert, alert_id=alert_id), kept, now) for alert in one.alerts]
    )


def _row(alert: NewAlert, kept: Mapping[UUID, tuple[datetime, Any]], now: datetime) -> dict[str, Any]:
    """An alert's columns. A read that is gone already takes its alert with it at the next purge."""
    expires, candidates = kept.get(alert.read_id, (now, None))
    values = {name: getattr(alert, name) for name in NewAlert.__dataclass_fields__}
    return values | {
        "how": str(alert.how),
        "confidence": round(alert.confidence * 1000),
        "candidates": Jsonb(candidates) if candidates else None,
        "receivers": list(receivers_of(alert)),
        "expires_at": expires,
    }


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts; None means any. ``kind``: of wanted plate. ``after``: instant and id that the last page ended with."""

    states: Sequence[str] | None = None
    list_id: str | None = None
    kind: str | None = None
    late: bool | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 100


async def newest(
    connection: Connection, owners: Sequence[int], viewer: str, wanted: AlertFilter, now: datetime
) -> tuple[StoredAlert, ...]:
    """Alerts that ``viewer`` (an agency) received of ``owners``' reads, the latest first."""
    before_at, before_id = wanted.after or (_EVER, _LAST)
    states = None if wanted.states is None else list(wanted.states)
    return await _alerts(
        connection, "newest", owners, viewer, now,
        kind=wanted.kind, states=states, list_id=wanted.list_id, late=wanted.late, before_at=before_at,
        before_id=before_id, limit=wanted.limit,
    )  # fmt: skip


async def changed(
    connection: Connection,
    owners: Sequence[int],
    viewer: str,
    after: int,
    now: datetime,
    *,
    kind: str | None = None,
    limit: int = 200,
) -> tuple[StoredAlert, ...]:
    """Alerts that changed after change number ``after``, in the order of their changes."""
    return await _alerts(connection, "changed", owners, viewer, now, kind=kind, after=after, limit=limit)


async def one(
    connection: Connection, owners: Sequence[int], viewer: str, alert_id: UUID, now: datetime
) -> StoredAlert | None:
    """One alert, also one that was forgotten."""
    found = await _alerts(connection, "one", owners, viewer, now, kind=None, alert_id=alert_id)
    return found[0] if found else None


async def _alerts(
    connection: Connection, name: str, owners: Sequence[int], viewer: str, now: datetime, **values: object
) -> tuple[StoredAlert, ...]:
    cursor = connection.cursor(row_factory=class_row(StoredAlert))
    await cursor.execute(_SQL[name], {"owners": list(owners), "viewer": viewer, "now": now, **values})
    return tuple(await cursor.fetchall())


async def head(connection: Connection) -> int:
    """The number of the latest change."""
    return int(await _single(connection, "head"))


async def owner(connection: Connection, alert_id: UUID) -> tuple[str, str] | None:
    """Whose reader raised an alert, and the kind of wanted plate; None when there is no such alert."""
    row = await (await connection.execute(_SQL["owner"], {"alert_id": alert_id})).fetchone()
    return None if row is None else (row[0], row[1])


async def partners(connection: Connection, viewer: str) -> tuple[tuple[str, str], ...]:
    """The other owners whose reads have alerted ``viewer``, each with a kind of wanted plate."""
    rows = await (await connection.execute(_SQL["partners"], {"viewer": viewer})).fetchall()
    return tuple((agency, kind) for agency, kind in rows)


async def lock(connection: Connection, alert_id: UUID) -> Standing | None:
    """Where an alert stands; nobody else changes it until the transaction ends."""
    cursor = connection.cursor(row_factory=class_row(Standing))
    await cursor.execute(_SQL["lock"], {"alert_id": alert_id})
    return await cursor.fetchone()


async def mark(
    connection: Connection, alert_id: UUID, step: State | Outcome, *, person: str, agency: str, note: str, at: datetime
) -> None:
    """Write down what a person did: ``seen``, a decision (``State``) or an outcome. A decision clears an earlier outcome.

    A first confirmation puts the messages to others into the outbox.
    """
    await connection.execute(
        _SQL["add_step"],
        {"alert_id": alert_id, "at": at, "by_person": person, "by_agency": agency, "step": str(step), "note": note},
    )
    change = await _next_changes(connection, 1)
    values = {"alert_id": alert_id, "at": at, "change": change}
    if step is State.SEEN:
        await connection.execute(_SQL["mark_seen"], values)
    elif isinstance(step, State):
        await connection.execute(_SQL["mark_decided"], {**values, "state": str(step)})
        if step is State.CONFIRMED:
            await connection.execute(_SQL["put_for_others"], {"alert_id": alert_id, "now": at})
    else:
        await connection.execute(_SQL["mark_outcome"], {**values, "outcome": str(step)})
    await connection.execute(_SQL["announce"])


async def steps(connection: Connection, alert_id: UUID) -> tuple[Step, ...]:
    """What people did with an alert, the first first."""
    cursor = connection.cursor(row_factory=class_row(Step))
    await cursor.execute(_SQL["steps"], {"alert_id": alert_id})
    return tuple(await cursor.fetchall())


async def reads(connection: Connection, alert_id: UUID, now: datetime) -> tuple[PassRead, ...]:
    """The reads of an alert's pass that are not past their time, the first 200."""
    cursor = connection.cursor(row_factory=class_row(PassRead))
    await cursor.execute(_SQL["reads"], {"alert_id": alert_id, "now": now})
    return tuple(await cursor.fetchall())


async def figures(
    connection: Connection, owners: Sequence[int], viewer: str, begins: datetime, ends: datetime
) -> tuple[Count, ...]:
    """How the alerts raised in a time stand, by list, reader and kind of match."""
    cursor = connection.cursor(row_factory=class_row(Count))
    await cursor.execute(
        _SQL["figures"], {"owners": list(owners), "viewer": viewer, "begins": begins, "ends": ends}, prepare=False
    )
    return tuple(await cursor.fetchall())


async def forget(connection: Connection, at: datetime, *, most: int = 10_000) -> int:
    """Take plate, read and entry out of alerts of any owner whose read is past its time at ``at``, and drop their messages."""
    return int(await _single(connection, "forget", at=at, most=most))


async def _single(connection: Connection, name: str, **values: object) -> Any:
    row = await (await connection.execute(_SQL[name], values)).fetchone()
    assert row is not None
    return row[0]
