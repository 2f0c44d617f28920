"""What the clock does to hot lists: entries end, and a list that nobody refreshed goes stale and says so."""

from __future__ import annotations

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType, write_instant
from plateward.core.hotlist import LONGEST
from plateward.node import ledger
from plateward.node.hotlists.matching import age_limit
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store import sharing
from plateward.store.connection import Connection


async def sweep(node: Node) -> int:
    """Delete entries past their end, tell owners of lists gone stale, forget what was kept off more than a year ago.

    Returns how many entries went.
    """
    async with node.store.transaction() as tx:
        lists = await rows.active(tx)
        await rows.forget_refused(tx, node.now() - LONGEST)
    gone = 0
    for one in lists:
        async with node.store.transaction() as tx:
            gone += await _end_entries(node, tx, one)
        await _tell_stale(node, one)
    return gone


async def _end_entries(node: Node, tx: Connection, one: rows.StoredList) -> int:
    """Each entry made by hand is told of; of a file's, that there were some."""
    await rows.lock(tx, one.list_no)
    await rows.show_lists(tx, [one.list_no])
    ended = await rows.remove_expired(tx, one.list_no, node.now())
    if ended and not one.by_hand:
        fields: dict[str, JSON] = {"hotlist": one.list_id, "fields": ["ended entries"]}
        await ledger.append(node, tx, Event(EventType.HOTLIST_CHANGED, node.now(), one.owner, fields))
    elif one.by_hand:
        for entry in ended:
            body: dict[str, JSON] = {"hotlist": one.list_id, "entry": str(entry), "note": "its time was over"}
            await ledger.append(node, tx, Event(EventType.HOTLIST_ENTRY_REMOVED, node.now(), one.owner, body))
    return len(ended)


async def _tell_stale(node: Node, one: rows.StoredList) -> None:
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        if one.as_of + age_limit(node, policy, one) > node.now() or not await rows.tell_stale(
            tx, one.list_no, one.as_of
        ):
            return
        sentence = f"The hot list {one.name} was last refreshed {one.as_of:%Y-%m-%d %H:%M} UTC. It is stale and matches nothing."
        await sharing.add_notice(tx, one.owner, f"hot list {one.list_id}", sentence, node.now())
        body: dict[str, JSON] = {"hotlist": one.list_id, "as_of": write_instant(one.as_of)}
        await ledger.append(node, tx, Event(EventType.HOTLIST_STALE, node.now(), one.owner, body))
