"""Changing what decides: one transaction that raises the policy epoch first, changes, settles what follows, and records it last.

Whoever waits for the epoch sees the change; whoever decided before it has answered before it. What a change means for shares is
settled in the same transaction (``node.sharing.settle``), so no decision is ever made by a promise and a share that contradict.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.policy import Policy
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import policy
from plateward.store.connection import Connection


@dataclass(slots=True)
class Change:
    """One change in the making. ``told``: what the ledger will say when everything else is done.

    ``lengthens``: whether what was applied last keeps any read longer. ``compared``: whether a changed promise loosens, by its
    digest before and after; what is not there counts as if it did.
    """

    node: Node
    tx: Connection
    now: datetime
    told: list[Event] = field(default_factory=list)
    lengthens: bool = False
    compared: Mapping[tuple[str, str], bool] = field(default_factory=dict)

    def tell(self, event: EventType, actor: str, body: Mapping[str, JSON]) -> None:
        """Record ``event`` when the change is complete; fields that are None are left out."""
        given = {name: value for name, value in body.items() if value is not None}
        self.told.append(Event(event, self.now, actor, given))

    async def policy(self) -> Policy:
        """The policy as it would be with what was changed so far."""
        return await self.node.policy_within(self.tx)

    def new_id(self) -> UUID:
        """An id for something that this change makes."""
        return uuid7(self.now, self.node.random(10))


@asynccontextmanager
async def change_of_policy(node: Node) -> AsyncIterator[Change]:
    """Make a change; all of it and its events, or nothing."""
    async with node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        change = Change(node, tx, node.now())
        yield change
        for event in change.told:
            await ledger.append(node, tx, event)
