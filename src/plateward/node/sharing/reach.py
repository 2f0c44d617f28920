"""Back doors of an owner on this node: who can come to hold its reads whom its promises exclude, and what would close that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from plateward.core.errors import BadInput
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy, considered
from plateward.core.reach import BackDoor, Link, back_doors, fewest_to_close, reachable
from plateward.core.share import Grant, Share, ShareState
from plateward.node.node import Node
from plateward.node.sharing.shares import network_of

MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Reached:
    """A party that can come to hold the owner's reads, by the shortest way. ``why``: the promise that excludes it, or ""."""

    agency: str
    path: tuple[Link, ...]
    by_right: bool
    why: str


@dataclass(frozen=True, slots=True)
class ReachAnswer:
    """Everybody who can be reached from ``owner``, the back doors, and the fewest shares that close all of them.

    ``close_rights``: those that close every way by right; ``close_all``: those that close every way whatsoever.
    """

    owner: str
    parties: tuple[Reached, ...]
    doors: tuple[BackDoor, ...]
    close_rights: tuple[str, ...]
    close_all: tuple[str, ...]
    names: Mapping[str, str]


async def reach(node: Node, person: Person, owner: str) -> ReachAnswer:
    """Compute the back doors of ``owner``. Raises BadInput when it owns no reads here, or for another role."""
    if not person.may(Permission.EXPOSURE):
        raise BadInput("the ALPR administrator, the privacy officer and the auditor look for back doors", where="owner")
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        if owner not in await node.owners(tx):
            raise BadInput(f"{owner[:80]} owns no reads here", where="owner")
        network = await network_of(node, tx, policy)
    rightly = reachable(network, owner, by_right=True, most_steps=MOST_STEPS)
    anyhow = reachable(network, owner, by_right=False, most_steps=MOST_STEPS)
    excluded = {party: why for party in anyhow if (why := _excluded(policy, owner, party, node))}
    by_right = [party for party in excluded if party in rightly]
    rights = back_doors(network, owner, excluded, by_right=True, most_steps=MOST_STEPS)
    open_ = {door.target for door in rights}
    others = back_doors(network, owner, excluded, by_right=False, most_steps=MOST_STEPS)
    doors = (*rights, *(door for door in others if door.target not in open_))
    parties = tuple(
        Reached(party, rightly.get(party, way), party in rightly, excluded.get(party, ""))
        for party, way in anyhow.items()
    )
    named = {
        owner,
        *(link.target for one in parties for link in one.path),
        *(link.source for one in parties for link in one.path),
    }
    return ReachAnswer(
        owner,
        parties,
        doors,
        fewest_to_close(network, owner, by_right, by_right=True),
        fewest_to_close(network, owner, excluded, by_right=False),
        {agency: policy.registry.called(agency) for agency in named},
    )


def _excluded(policy: Policy, owner: str, party: str, node: Node) -> str:
    """Why the owner's promises would refuse ``party`` a share of its own, or "" where they would not."""
    now = node.now()
    share = Share("asked", owner, party, frozenset({Grant.SEARCH}), ShareState.ACTIVE, now, now + timedelta(days=1))
    refusal = considered(policy, share)
    return refusal.why if refusal else ""
