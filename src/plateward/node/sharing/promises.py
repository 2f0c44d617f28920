"""Promises as people read them: what is promised, by whom, since when, by which rule and cases, and which shares each refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plateward import rulepacks
from plateward.core.policy import reevaluate
from plateward.core.promise import Promise
from plateward.node.node import Node


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise. ``state``: in force, to come or over. ``owner_name``: who promised, or "" for a law's rule pack.

    ``exceptions``: what lies on file today that it gives way to, as sentences without persons.
    """

    promise: Promise
    owner_name: str
    pack_title: str
    state: str
    binds: tuple[str, ...]
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackView:
    """A rule pack in force: what it was read from, what it does not cover and what is contested."""

    id: str
    title: str
    version: str
    read_from: str
    not_covered: tuple[str, ...]
    contested: tuple[str, ...]
    disclaimer: str


@dataclass(frozen=True, slots=True)
class PromiseList:
    """The promises of this node, an owner's own first, and the packs they come from. ``broken``: active shares refused today."""

    promises: tuple[PromiseView, ...]
    packs: tuple[PackView, ...]
    broken: tuple[str, ...]


async def list_promises(node: Node) -> PromiseList:
    """Every promise of this node; anybody may read them, for they are public."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        owners = await node.owners(tx)
    packs = {name: rulepacks.load(name) for name in node.settings.promises.packs}
    name = policy.registry.called
    views = [
        PromiseView(
            promise,
            name(promise.promised_by) if promise.promised_by else "",
            packs[promise.pack].title if promise.pack in packs else "",
            _state(promise, policy.day),
            tuple(
                name(owner)
                for owner in owners
                if owner in policy.registry.agencies and promise.binds(policy.registry.agencies[owner], policy.day)
            ),
            tuple(
                f"{name(owner)} holds the {one.title} of {name(one.party)}, until {one.ends}."
                for owner in owners
                for one in policy.standing.of(owner)
                if promise.id in one.promises
            ),
        )
        for promise in policy.promises
    ]
    views.sort(key=lambda view: (view.promise.pack is not None, view.owner_name, view.promise.id))
    told = tuple(
        PackView(p.id, p.title, p.version, p.read_from, p.not_covered, p.contested, p.disclaimer) for p in packs.values()
    )  # fmt: skip
    return PromiseList(tuple(views), told, tuple(share.id for share, _ in reevaluate(policy)))


def _state(promise: Promise, day: date) -> str:
    if promise.in_force(day):
        return "in force"
    return "to come" if day < promise.in_force_from else "over"
