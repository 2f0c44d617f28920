"""What a running node does by itself: purge what is past its time, make partitions ahead, publish the ledger, deliver."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from plateward.node.alerting.bell import listen
from plateward.node.devices.cameras import take_spooled_for_ever
from plateward.node.hotlists.aging import sweep
from plateward.node.household.sieve import forget_unlisted
from plateward.node.keeping.purge import purge
from plateward.node.keeping.residue import clean
from plateward.node.keeping.retention import make_partitions
from plateward.node.node import Node
from plateward.node.publishing.publish import publish
from plateward.node.sending.feed_worker import send_feeds_for_ever
from plateward.node.sending.feeds_in_force import keep_feeds
from plateward.node.sending.worker import send_for_ever
from plateward.node.sharing.emergency import remind
from plateward.node.sharing.settle import keep_shares
from plateward.store import alerts, feeds, outbox

log = structlog.get_logger()

PURGE_EVERY_S = 60
CLEAN_EVERY_S = 300
PARTITIONS_EVERY_S = 900
PUBLISH_EVERY_S = 2
SHARES_EVERY_S = 60
HOT_LISTS_EVERY_S = 60
FEEDS_EVERY_S = 60


@contextlib.asynccontextmanager
async def upkeep(node: Node) -> AsyncIterator[None]:
    """Do the upkeep for as long as the block runs."""
    tasks = [
        asyncio.create_task(_every(PURGE_EVERY_S, purge, node, node.hurry)),
        asyncio.create_task(_every(CLEAN_EVERY_S, clean, node)),
        asyncio.create_task(_every(PARTITIONS_EVERY_S, make_partitions, node)),
        asyncio.create_task(_every(SHARES_EVERY_S, keep_shares, node)),
        asyncio.create_task(_every(SHARES_EVERY_S, remind, node)),
        asyncio.create_task(_every(HOT_LISTS_EVERY_S, sweep, node)),
        asyncio.create_task(_every(HOT_LISTS_EVERY_S, forget_unlisted, node)),
        asyncio.create_task(_every(PUBLISH_EVERY_S, publish_ledger, node)),
        asyncio.create_task(_every(FEEDS_EVERY_S, keep_feeds, node)),
        asyncio.create_task(listen(node.store, node.bell, (alerts.CHANNEL, outbox.CHANNEL, feeds.CHANNEL))),
        asyncio.create_task(send_for_ever(node)),
        asyncio.create_task(send_feeds_for_ever(node)),
        asyncio.create_task(take_spooled_for_ever(node)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(
    seconds: float, work: Callable[[Node], Awaitable[object]], node: Node, hurry: asyncio.Event | None = None
) -> None:
    """Do ``work`` again and again, sooner when ``hurry`` is set. A round that fails is told and the next one comes; nothing here
    may end for good.
    """
    while True:
        try:
            await work(node)
        except Exception as fault:
            log.error("upkeep failed", where=work.__name__, kind=type(fault).__name__)
        if hurry is None:
            await asyncio.sleep(seconds)
            continue
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), seconds)
        hurry.clear()


async def publish_ledger(node: Node) -> None:
    """Bring the published ledger up to what acts have appended."""
    await publish(node, node.publisher)
