"""Starting: what the settings say becomes what the database holds, each change with its event.

Retention, rule packs and promise files are compared with what is in force. A promise file that is new or changed is checked
against its own cases first; one bad case keeps the node from starting, because a promise that does not mean what it says must
not get into force unnoticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from plateward import registry, rulepacks
from plateward.core.agency import Registry
from plateward.core.canonical import JSON
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.promise import Promise, parse_promises
from plateward.core.versions import compare
from plateward.node import ledger
from plateward.node.node import Node, in_force
from plateward.node.publish import begin as begin_ledger
from plateward.node.retention import OPERATOR, follow_settings, make_partitions
from plateward.node.settle import keep_shares
from plateward.store import policy
from plateward.store.connection import Connection


async def prepare(node: Node) -> None:
    """Bring the database in line with the settings. Raises BadInput naming the promise file or rule pack that is unsound."""
    await begin_ledger(node, node.publisher)
    await _promises(node)
    await follow_settings(node)
    await keep_shares(node)
    await make_partitions(node)


async def _promises(node: Node) -> None:
    """Adopt what is new or changed among the promise files; check the rule packs in force."""
    async with node.store.transaction() as tx:
        world = await policy.load(tx)
        known = registry.load().with_(world.agencies, world.affiliations)
        for pack in node.settings.promises.packs:
            for promise in rulepacks.load(pack).promises:
                require_sound(promise, known, node.now().date())
        for name in node.settings.promises.files:
            text = await asyncio.to_thread(_promise_file, node.settings.data / name)
            await adopt(node, tx, parse_promises(text, name), text, known)


def _promise_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"this promise file cannot be read ({type(error).__name__})", where=str(file)) from None


async def adopt(node: Node, tx: Connection, promises: tuple[Promise, ...], text: str, known: Registry) -> None:
    """Put ``promises``, written in ``text``, into force where they differ from what is. Raises BadInput for an unsound one."""
    stored = {written.promise_id: in_force(written) for written in await policy.promises(tx)}
    fresh = [p for p in promises if p.id not in stored or stored[p.id].digest != p.digest]
    if not fresh:
        return
    for promise in promises:
        require_sound(promise, known, node.now().date())
    looser = await asyncio.to_thread(_loosened, fresh, stored, known, node.now().date())
    await policy.raise_epoch(tx)
    for promise in fresh:
        owner = promise.promised_by or node.settings.agency
        if promise.id in stored:
            await policy.withdraw_promise(tx, owner, promise.id, by=OPERATOR, at=node.now())
        await policy.add_promise(tx, owner, promise.id, text, by=OPERATOR, at=node.now())
    for promise in fresh:
        await ledger.append(node, tx, _adopted(node, promise, stored.get(promise.id), promise.id in looser))


def _loosened(fresh: Sequence[Promise], stored: Mapping[str, Promise], known: Registry, day: date) -> frozenset[str]:
    """The ids of changed promises that let somebody in who was refused before; takes seconds for a registry of thousands."""
    changed = [promise for promise in fresh if promise.id in stored]
    return frozenset(promise.id for promise in changed if compare(stored[promise.id], promise, known, day).loosens)


def _adopted(node: Node, promise: Promise, before: Promise | None, loosens: bool) -> Event:
    owner = promise.promised_by or node.settings.agency
    body: dict[str, JSON] = {
        "promise": promise.id, "owner": owner, "digest": promise.digest, "sentence": promise.sentence, "cedar": promise.cedar,
        "source": promise.source.title, "source_date": str(promise.source.date), "proposed_by": OPERATOR,
    }  # fmt: skip
    if promise.source.link:
        body["link"] = promise.source.link
    if before is None:
        body["from"] = str(promise.in_force_from)
        return Event(EventType.PROMISE_ADOPTED, node.now(), owner, body)
    body |= {"before": before.digest, "loosens": loosens}
    return Event(EventType.PROMISE_CHANGED, node.now(), owner, body)
