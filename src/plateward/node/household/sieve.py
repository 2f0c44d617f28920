"""What a household's cameras may keep: reads of plates on the own list. Everything else goes in the transaction that takes it.

Nothing of an unlisted plate is written: no row, no picture, no dictionary, no delivery set apart. It is acknowledged as "not kept",
and counted by the hour in the node's memory, so that people see their camera works.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plateward.core.policy import Policy
from plateward.core.read import Read
from plateward.node.hotlists.matching import hits_among
from plateward.node.household.profile import LIST
from plateward.node.node import Node
from plateward.store import hotlists as lists
from plateward.store import household as rows
from plateward.store import search
from plateward.store.connection import Connection

HOURS = 24
"""So many hours are counted back."""

_BATCH = 1000


async def hold_list(tx: Connection) -> None:
    """Keep the own list as it is until ``tx`` ends. Take it before the policy epoch, as whoever changes the list does."""
    listed = await lists.by_id(tx, LIST)
    assert listed is not None, "a household's node has its list from its first start"
    await lists.lock(tx, listed.list_no)


async def listed_among(node: Node, tx: Connection, policy: Policy, reads: Sequence[Read]) -> frozenset[Read]:
    """Those of ``reads`` that fit the own list, by the rules of alerts."""
    return frozenset(hit.read for hit in await hits_among(node, tx, policy, node.settings.agency, reads))


def count_passed(node: Node, number: int) -> None:
    """Count vehicles of which nothing is kept: how many, in which hour."""
    hour = node.now().replace(minute=0, second=0, microsecond=0)
    node.passed[hour] = node.passed.get(hour, 0) + number
    for old in [one for one in node.passed if one <= hour - timedelta(hours=HOURS)]:
        del node.passed[old]


def passed_by(node: Node) -> tuple[tuple[datetime, int], ...]:
    """How many vehicles passed of which nothing is kept, by hour, the latest first; since the node was started."""
    since = node.now() - timedelta(hours=HOURS)
    return tuple(sorted(((hour, count) for hour, count in node.passed.items() if hour > since), reverse=True))


async def forget_unlisted(node: Node) -> int:
    """Destroy stored reads whose plate is not on the list any more, with their pictures and alerts; how many. Not an agency's."""
    if not node.settings.home:
        return 0
    async with node.store.transaction() as tx:
        listed_now = await lists.by_id(tx, LIST)
        if listed_now is None or listed_now.generation == node.list_followed:
            return 0
        numbers = tuple((await node.agency_numbers(tx, [node.settings.agency])).values())
    gone, after = 0, None
    while True:
        async with node.store.transaction(numbers) as tx:
            await hold_list(tx)
            policy = await node.policy(tx)
            page = await search.find(
                tx, search.Wanted(tuple((number, None) for number in numbers), limit=_BATCH, after=after)
            )
            reads = [row.read for row in page.reads]
            listed = await listed_among(node, tx, policy, reads) if reads else frozenset()
            unlisted = [read for read in reads if read not in listed]
            gone += await rows.forget(tx, unlisted, node.now())
        after = page.next
        if after is None:
            break
    node.list_followed = listed_now.generation
    if gone:
        node.hurry.set()
    return gone
