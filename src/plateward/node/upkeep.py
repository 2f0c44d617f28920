"""What a running node does by itself: purge what is past its time, make partitions ahead, publish the ledger."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType, write_instant
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.publish import publish
from plateward.node.settle import keep_shares
from plateward.store import audit, partitions, pictures, readers
from plateward.store.partitions import Purged

log = structlog.get_logger()

PURGE_EVERY_S = 60
PARTITIONS_EVERY_S = 900
PUBLISH_EVERY_S = 2
SHARES_EVERY_S = 60


@contextlib.asynccontextmanager
async def upkeep(node: Node) -> AsyncIterator[None]:
    """Do the upkeep for as long as the block runs."""
    tasks = [
        asyncio.create_task(_every(PURGE_EVERY_S, purge, node)),
        asyncio.create_task(_every(PARTITIONS_EVERY_S, make_partitions, node)),
        asyncio.create_task(_every(SHARES_EVERY_S, keep_shares, node)),
        asyncio.create_task(_every(PUBLISH_EVERY_S, publish_ledger, node)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(seconds: float, work: Callable[[Node], Awaitable[object]], node: Node) -> None:
    """Do ``work`` again and again. A round that fails is told and the next one comes; nothing here may end for good."""
    while True:
        try:
            await work(node)
        except Exception as fault:
            log.error("upkeep failed", where=work.__name__, kind=type(fault).__name__)
        await asyncio.sleep(seconds)


async def publish_ledger(node: Node) -> None:
    """Bring the published ledger up to what acts have appended."""
    await publish(node, node.publisher)


async def make_partitions(node: Node) -> None:
    """Make the partitions that the coming reads of every retention class need."""
    settings = node.settings.retention
    kept = {minutes for minutes in (settings.minutes, *settings.agencies.values()) if minutes is not None}
    await node.partitions.ensure_ahead(kept | set(await node.partitions.classes()), node.now())


async def purge(node: Node) -> int:
    """Purge reads, plates, quarantine, picture keys, event bodies and sessions past their time. Returns how many reads.

    Each owner's purge leaves a receipt in the ledger, with counts and the range.
    """
    now = node.now()
    purged = await node.partitions.purge(now)
    await node.partitions.purge_plates(now)
    await node.partitions.purge_quarantine(now)
    pictures_gone = await _purge_pictures(node, now)
    await asyncio.to_thread(node.vault.shred, now)
    async with node.store.transaction() as tx:
        erased = await partitions.erase_bodies(tx, now)
        await partitions.forget_sessions(tx, now)
        await audit.forget(tx, now)
        every = await readers.agency_numbers(tx, await readers.owners(tx))
        names = {number: agency for agency, number in every.items()}
        for row in purged:
            if row.reads and row.agency_no is not None:
                await ledger.append(node, tx, _receipt(row, names[row.agency_no], pictures_gone, now))
        if erased:
            told: dict[str, JSON] = {"early": False, "count": len(erased), "before": write_instant(now)}
            await ledger.append(node, tx, Event(EventType.ERASURE_DONE, now, node.settings.agency, told))
    return sum(row.reads for row in purged)


async def _purge_pictures(node: Node, now: datetime) -> Mapping[str, int]:
    """Remove the files of expired pictures, then their rows. Returns how many by owner."""
    gone: Counter[str] = Counter()
    while True:
        async with node.store.transaction() as tx:
            expired = await pictures.expired(tx, now)
        if not expired:
            return gone
        for picture in expired:
            await asyncio.to_thread(node.vault.remove, picture.ref)
            gone[picture.agency] += 1
        async with node.store.transaction() as tx:
            await pictures.forget(tx, [picture.ref for picture in expired], now)


def _receipt(row: Purged, owner: str, pictures_gone: Mapping[str, int], now: datetime) -> Event:
    body: dict[str, JSON] = {
        "owner": owner,
        "kept_min": row.keep_minutes,
        "reads": row.reads,
        "pictures": pictures_gone.get(owner, 0),
        "held": 0,
        "before": write_instant(now - timedelta(minutes=row.keep_minutes)),
        "from": write_instant(row.oldest),
    }
    return Event(EventType.PURGE_DONE, now, owner, body)
