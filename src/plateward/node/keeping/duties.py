"""Duties to keep records: reads that a duty names are kept apart for it, and where a law says otherwise, until counsel has decided.

Only the named reads: those handed over under a court's order, and those that hit a hot list. A duty for every read only bounds what
may be chosen. Nobody can search what is set apart; the law's ceiling holds for all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType, write_instant
from plateward.core.ids import uuid7
from plateward.core.retention import Basis, Conflict, Plan
from plateward.node import ledger
from plateward.node.keeping import retention
from plateward.node.keeping.holds import DUTY, NODE, seal_pictures
from plateward.node.node import Node
from plateward.store import holds as rows
from plateward.store import sharing
from plateward.store.connection import Connection, limit_to
from plateward.store.holds import Hold, Named

SOON = timedelta(minutes=2)
"""Reads are set apart this long before their time ends: two rounds."""

_LONGEST_AGO = timedelta(days=3661)


@dataclass(frozen=True, slots=True)
class _Apart:
    """Reads to set apart: for what duty, until when, and the conflict where there is one."""

    owner: str
    ids: tuple[UUID, ...]
    minutes: int
    case: str
    scope: dict[str, JSON]
    conflict: Conflict | None


async def set_apart(node: Node, now: datetime) -> int:
    """Set apart what duties name and nobody keeps for them yet; returns how many reads."""
    async with node.store.transaction() as tx:
        holds = await retention.plan(node, tx)
        owners = [owner for owner, limits in holds.limits.items() if limits.floors]
        numbers = await node.agency_numbers(tx, owners)
    done = 0
    for owner, number in numbers.items():
        async with node.store.transaction([number]) as tx:
            for one in await _named(tx, holds, owner, number, now):
                done += await _hold(node, tx, one, number, now)
    return done


async def _named(tx: Connection, holds: Plan, owner: str, number: int, now: datetime) -> list[_Apart]:
    limits = holds.limits_of(owner)
    conflicts = {conflict.reads: conflict for conflict in holds.conflicts(owner)}
    found = []
    if (floor := limits.floor("produced")) is not None:
        for production, ids, reference in await rows.produced(tx, owner):
            scope: dict[str, JSON] = {"production": str(production), "duty": floor[0]}
            found.append(_Apart(owner, ids, floor[1].minutes, reference, scope, conflicts.get("produced")))
    if "hit" in conflicts:
        hits = await rows.hits_due(tx, number, now + SOON)
        if hits:
            conflict = conflicts["hit"]
            found.append(
                _Apart(owner, hits, conflict.floor_minutes, conflict.floor[:120], {"duty": conflict.floor}, conflict)
            )
    return found


async def _hold(node: Node, tx: Connection, apart: _Apart, number: int, now: datetime) -> int:
    await limit_to(tx, [number])
    made, ends = uuid7(now, node.random(10)), now + timedelta(minutes=apart.minutes)
    ceiling = (await retention.plan(node, tx)).limits_of(apart.owner).longest(Basis.COURT_ORDER)
    named = Named(number, now - _LONGEST_AGO, now + timedelta(minutes=10), apart.ids)
    most = None if apart.conflict else ceiling
    count = await rows.freeze(tx, made, named, until=ends, most_minutes=most, at=now, most=len(apart.ids))
    basis = DUTY if apart.conflict else str(Basis.COURT_ORDER)
    why = apart.conflict.sentence if apart.conflict else f"Handed over under {apart.case}; a duty keeps the record."
    hold = Hold(
        made, apart.owner, basis, apart.case, why, "", apart.scope, count,
        "ended" if not count else "conflict" if apart.conflict else "active", None, now, None, ends,
        ended_at=None if count else now,
    )  # fmt: skip
    if not count:
        await rows.discard(tx, made)
        await rows.add(tx, hold)  # so that it is not looked for again
        return 0
    await seal_pictures(node, tx, made, apart.owner)
    await rows.add(tx, hold)
    if apart.conflict:
        await sharing.add_notice(tx, apart.owner, str(made), f"{count} reads were set apart for counsel: {why}", now)
    body: dict[str, JSON] = {
        "hold": str(made), "owner": apart.owner, "case": apart.case, "ends": write_instant(ends), "reads": count, "by": NODE,
        "why": why,
    }  # fmt: skip
    await ledger.append(node, tx, Event(EventType.HOLD_REQUESTED, now, apart.owner, body))
    return count
