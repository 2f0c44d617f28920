"""Agencies as people name them on this node: by id, by a local agency's name or alias, or as the registry resolves a name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from plateward.core.agency import Agency, Registry
from plateward.core.promise import Promise
from plateward.node.node import Node
from plateward.registry import resolve as resolve_name


async def resolve(node: Node, name: str) -> str | None:
    """The id of the agency that ``name`` means, or None when it is not known for certain."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
    known = policy.registry.agencies
    if name in known:
        return name
    return _local(name, known.values()) or await asyncio.to_thread(_resolved, name)


def _local(name: str, agencies: Iterable[Agency]) -> str | None:
    wanted = " ".join(name.lower().split())
    found = set()
    for agency in agencies:
        behind = (f", {agency.state.lower()}", f" ({agency.state.lower()})") if agency.state else ()
        named = {called.lower() for called in (agency.name, agency.called, *agency.aliases)}
        if wanted in named or any(wanted.removesuffix(state) in named for state in behind):
            found.add(agency.id)
    return found.pop() if len(found) == 1 else None


def _resolved(name: str) -> str | None:
    return resolve_name(name).agency


async def registry_of(node: Node) -> Registry:
    """The registry as this node knows it: the published one with its own agencies and corrections."""
    async with node.store.transaction() as tx:
        return (await node.policy(tx)).registry


async def owners_of(node: Node) -> tuple[str, ...]:
    """Every agency that owns reads on this node, the node's own first."""
    async with node.store.transaction() as tx:
        return await node.owners(tx)


async def promises_of(node: Node, ids: Iterable[str]) -> tuple[Promise, ...]:
    """The promises of these ids that are in force on this node, brakes and rule packs among them."""
    wanted = set(ids)
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
    return tuple(promise for promise in policy.promises if promise.id in wanted)
