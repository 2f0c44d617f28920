"""Writing the ledger: every event is sealed and appended in the transaction of the act it tells of."""

from __future__ import annotations

from plateward.core.event import SALT_BYTES, Event, seal
from plateward.node.node import Node
from plateward.store import events
from plateward.store.connection import Connection


async def append(node: Node, tx: Connection, event: Event) -> int:
    """Append ``event`` and return its sequence number. Call it last: the ledger's sequence is the last lock a transaction takes."""
    return await events.append(tx, event, seal(event, node.random(SALT_BYTES)))
