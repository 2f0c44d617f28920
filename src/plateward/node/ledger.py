"""Writing the ledger: every event is sealed and appended in the transaction of the act it tells of."""

from __future__ import annotations

from datetime import timedelta

from plateward.core.errors import Fault
from plateward.core.event import SALT_BYTES, Event, seal
from plateward.node.node import Node
from plateward.store import events
from plateward.store.connection import Connection

CLOCK_BACK = timedelta(minutes=50)
"""A verifier fails a ledger with an entry dated more than an hour before an earlier one: the node stops before that."""


async def append(node: Node, tx: Connection, event: Event) -> int:
    """Append ``event`` and return its sequence number. Call it last: the ledger's sequence is the last lock a transaction takes.

    Raises Fault when the clock has jumped back so far that the entry would spoil the ledger for good, or when the database is not
    the one that the published ledger was written from.
    """
    if node.publisher.halted:
        raise Fault(
            node.publisher.halted, next_step="Restart the node; nothing is recorded, and so nothing answered, before."
        )
    if event.at < node.publisher.latest - CLOCK_BACK:
        raise Fault(
            f"The clock says {event.at:%Y-%m-%d %H:%M} UTC, and the ledger has an entry of {node.publisher.latest:%Y-%m-%d %H:%M}.",
            next_step="Set the machine's clock right; nothing is recorded, and so nothing answered, before.",
        )
    node.publisher.latest = max(node.publisher.latest, event.at)
    return await events.append(tx, event, seal(event, node.random(SALT_BYTES)))
