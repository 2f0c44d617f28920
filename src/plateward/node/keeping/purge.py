"""Purging: every minute, what is past its time is destroyed, and a receipt in the ledger says what, how much and of which time.

Each step is a transaction of its own and can be done again: what it destroyed stands in a journal that the same transaction wrote,
and the receipt takes it out of there as it enters the ledger. So a crash between any two steps loses nothing that is still to be
kept, makes no receipt twice, and keeps nothing: the next round goes on where this one ended. Falling behind is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType, write_instant
from plateward.node import ledger
from plateward.node.keeping import duties, holds, leftovers, retention
from plateward.node.keeping.expiring import expire_backups
from plateward.node.node import Node
from plateward.node.sending import feeds_in_force
from plateward.store import alerts, audit, partitions, pictures, readers, sharing
from plateward.store import holds as held_rows
from plateward.store import retention as rows
from plateward.store.connection import limit_to
from plateward.store.retention import Destroyed, PurgeState

LATE = timedelta(minutes=5)
"""A read that should be gone for longer than this is late: an alarm."""

EVERYBODY = "*"


async def purge(node: Node) -> int:
    """Do one round. Returns how many reads have a receipt now. Raises what a step raises, after it was noted why it is late."""
    now = node.now()
    await _tell_if_late(node, now)
    try:
        await _destroy(node, now)
    except Exception as fault:
        await _note_why(node, fault)
        raise
    swept = await leftovers.sweep(node, now)
    return await _receipts(node, now, swept.keys + await asyncio.to_thread(node.vault.keys.shred, now))


async def _destroy(node: Node, now: datetime) -> None:
    await retention.keep_retention(node)
    shortened = await retention.settle_reads(node)
    await holds.keep_within_law(node, now)
    await duties.set_apart(node, now)
    await holds.expire(node, now)
    await leftovers.sweep_held(node, now)
    await node.partitions.purge(now)
    await node.partitions.purge_plates(now)
    await node.partitions.purge_quarantine(now)
    await _purge_pictures(node, now)
    if shortened:
        await leftovers.destroy_unused_keys(node, now)
    await expire_backups(node, now)


async def _purge_pictures(node: Node, now: datetime) -> None:
    """Remove the files of expired pictures, then their rows: a crash in between leaves the row, and the next round goes on."""
    while True:
        async with node.store.transaction() as tx:
            expired = await pictures.expired(tx, now)
        if not expired:
            return
        for picture in expired:
            await asyncio.to_thread(node.vault.remove, picture.ref)
        async with node.store.transaction() as tx:
            await pictures.forget(tx, [picture.ref for picture in expired], now)


async def _receipts(node: Node, now: datetime, keys: int) -> int:
    """Write the receipts, forget what else is past its time, and note that the round came to its end; all in one transaction."""
    async with node.store.transaction() as tx:
        erased = await partitions.erase_bodies(tx, now)
        await partitions.forget_sessions(tx, now)
        await audit.forget(tx, now)
        await feeds_in_force.lapse(node, tx, now)
        await alerts.forget(tx, now)
        owners = await readers.agency_numbers(tx, await readers.owners(tx))
        await limit_to(tx, sorted(owners.values()))
        held = await held_rows.held_by(tx)
        late = await rows.overdue(tx, now, LATE)
        state = await rows.state(tx)
        await rows.set_state(tx, _after(state, late, now))
        journal = await rows.take_journal(tx)
        for event in _events(journal, held, keys, node.settings.agency, now):
            await ledger.append(node, tx, event)
        if erased:
            told: dict[str, JSON] = {"early": False, "count": len(erased), "before": write_instant(now)}
            await ledger.append(node, tx, Event(EventType.ERASURE_DONE, now, node.settings.agency, told))
    return sum(row.count for row in journal if row.what == "reads")


def _after(state: PurgeState, late: datetime | None, now: datetime) -> PurgeState:
    """A round is whole; whether anything is still late, it says too."""
    if late is not None:
        return replace(state, late_since=state.late_since or late, late_last=now)
    return replace(
        state, done_at=now, late_since=None, late_why="", late_last=now if state.late_since else state.late_last
    )


def _events(
    journal: Sequence[Destroyed], held: Mapping[str, int], keys: int, agency: str, now: datetime
) -> list[Event]:
    """One receipt for each owner and class; pictures stand in the owner's first one, plates, keys and leftovers in nobody's."""
    found: list[Event] = []
    for owner in sorted({row.agency for row in journal if row.agency is not None}):
        mine = [row for row in journal if row.agency == owner]
        pictures_gone = sum(row.count for row in mine if row.what == "pictures")
        others = {row.what.replace("-", "_"): row.count for row in mine if row.what in ("set-apart", "held")}
        of_reads = [row for row in mine if row.what == "reads"] or [Destroyed("reads", owner, 0, 0, None, None)]
        for index, row in enumerate(of_reads):
            kept = row.keep_minutes or 0
            body: dict[str, JSON] = {
                "owner": owner, "kept_min": kept, "reads": row.count, "pictures": 0 if index else pictures_gone,
                "before": write_instant(now - timedelta(minutes=kept)), "held": held.get(owner, 0),
            }  # fmt: skip
            if row.oldest is not None:
                body["from"] = write_instant(row.oldest)
            if others and not index:
                body["others"] = dict(others)
            found.append(Event(EventType.PURGE_DONE, now, owner, body))
    nobodys = {what: sum(row.count for row in journal if row.what == what) for what in ("plates", "leftovers")}
    if any((keys, *nobodys.values())):
        others_: dict[str, JSON] = {name: count for name, count in (*nobodys.items(), ("keys", keys)) if count}
        found.append(Event(EventType.PURGE_DONE, now, agency, {
            "owner": EVERYBODY, "kept_min": 0, "reads": 0, "pictures": 0, "before": write_instant(now),
            "held": sum(held.values()), "others": others_,
        }))  # fmt: skip
    return found


# ---------------------------------------------------------------- falling behind


async def _tell_if_late(node: Node, now: datetime) -> None:
    """Once for each time that purging falls behind: an event, and a notice for every owner here."""
    async with node.store.transaction() as tx:
        since = await rows.overdue(tx, now, LATE)
        state = await rows.state(tx)
        if since is None or state.late_since is not None:
            return
        why = state.late_why or _stood_still(state, now)
        await rows.set_state(tx, replace(state, late_since=since, late_why=why, late_last=now))
        minutes = int((now - since).total_seconds() // 60)
        for owner in await readers.owners(tx):
            sentence = f"Purging fell {minutes:,} minutes behind: {why}."
            await sharing.add_notice(tx, owner, "purge", sentence, now)
        body: dict[str, JSON] = {"owner": EVERYBODY, "minutes": minutes, "why": why}
        await ledger.append(node, tx, Event(EventType.PURGE_LATE, now, node.settings.agency, body))


def _stood_still(state: PurgeState, now: datetime) -> str:
    if state.done_at is None:
        return "reads came that were past their time already, or no round was ever done"
    return f"no round was done since {state.done_at:%Y-%m-%d %H:%M} UTC; the node may not have run"


async def _note_why(node: Node, fault: Exception) -> None:
    """Remember what kept a round from its end, for when it becomes late."""
    why = (
        f"{type(fault).__name__}: {fault.args[0]}"
        if fault.args and not _speaks_of_rows(fault)
        else type(fault).__name__
    )
    async with node.store.transaction() as tx:
        state = await rows.state(tx)
        await rows.set_state(tx, replace(state, late_why=why[:200]))


def _speaks_of_rows(fault: Exception) -> bool:
    """A database's error may quote a row; only our own words are kept."""
    return not type(fault).__module__.startswith("plateward")
