"""Which reads a feed takes: put into its queue by id alone, in the transaction that stores them.

Which feeds run belongs to the policy epoch, which approving and ending raise: with no feed, storing a read asks nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from plateward.core.feed import Feed, What
from plateward.core.policy import Policy
from plateward.core.read import Read
from plateward.node.node import Node
from plateward.store import feeds as rows
from plateward.store.connection import Connection


@dataclass(frozen=True, slots=True)
class HeldFeeds:
    """The feeds that run in one epoch, by the owner of their reads."""

    epoch: int
    by_owner: Mapping[str, tuple[Feed, ...]]


async def queue(
    node: Node, tx: Connection, policy: Policy, owner: str, reads: Sequence[Read], kept: Mapping[str, int]
) -> None:
    """Let ``reads`` (of ``owner``, stored and matched in ``tx``) wait for the feeds that take them.

    ``kept``: minutes that reads of each reader are kept. What is fed only once a person has confirmed it waits for that.
    """
    now = node.now()
    running = [feed for feed in (await _running(node, tx, policy)).get(owner, ()) if feed.runs(now)]
    if not running or not reads:
        return
    waiting = [
        (feed.feed_id, read.id, read.read_at + timedelta(minutes=kept[read.reader]))
        for feed in running
        for read in reads
        if feed.what is What.EVERY and feed.takes(read.reader)
    ]
    if waiting:
        await rows.queue(tx, waiting)
    if hits := [feed.feed_id for feed in running if feed.what is What.HITS]:
        await rows.queue_hits(tx, hits, [read.id for read in reads])


async def _running(node: Node, tx: Connection, policy: Policy) -> Mapping[str, tuple[Feed, ...]]:
    """The feeds of the epoch that ``tx`` holds."""
    held = node.running_feeds
    if held is None or held.epoch != policy.epoch:
        every = await rows.active(tx)
        by_owner = {owner: tuple(one for one in every if one.owner == owner) for owner in {one.owner for one in every}}
        held = node.running_feeds = HeldFeeds(policy.epoch, by_owner)
    return held.by_owner
