"""Starting: what the settings say becomes what the database holds, each change with its event.

Retention, rule packs and promise files are compared with what is in force. A promise file that is new or changed is checked
against its own cases first; one bad case keeps the node from starting, because a promise that does not mean what it says must
not get into force unnoticed (``node.sharing.promise_files``).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from plateward import registry, rulepacks
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.promise import parse_promises
from plateward.node.household.profile import begin_household, require_profile
from plateward.node.keeping.retention import follow_settings, make_partitions
from plateward.node.node import Node
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.sharing.promise_files import adopt, tell
from plateward.node.sharing.settle import keep_shares
from plateward.store import policy


async def prepare(node: Node) -> tuple[str, ...]:
    """Bring the database in line with the settings. Returns what whoever starts it must know: what a promise file holds and is not
    in force. Raises BadInput naming the promise file or rule pack that is unsound, or the profile
    where the data folder holds a node of the other one.
    """
    await require_profile(node)
    await begin_ledger(node, node.publisher)
    if node.settings.home:
        await begin_household(node)
    notes = await _promises(node)
    await follow_settings(node)
    await keep_shares(node)
    await make_partitions(node)
    return notes


async def _promises(node: Node) -> tuple[str, ...]:
    """Adopt what is new or tighter among the promise files; check the rule packs in force."""
    notes: list[str] = []
    async with node.store.transaction() as tx:
        world = await policy.load(tx)
        known = registry.load().ending(world.ended).with_(world.agencies, world.affiliations)
        for pack in node.settings.promises.packs:
            for promise in rulepacks.load(pack).promises:
                require_sound(promise, known, node.now().date())
        for name in node.settings.promises.files:
            text = await asyncio.to_thread(_promise_file, node.settings.data / name)
            notes += await adopt(node, tx, parse_promises(text, name), text, known, name)
        await tell(node, tx, notes)
    return tuple(notes)


def _promise_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"this promise file cannot be read ({type(error).__name__})", where=str(file)) from None
