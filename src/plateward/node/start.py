"""Starting: what the settings say becomes what the database holds, each change with its event.

Retention, rule packs and promise files are compared with what is in force. A promise file that is new or changed is checked
against its own cases first; one bad case keeps the node from starting, because a promise that does not mean what it says must
not get into force unnoticed (``node.sharing.promise_files``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from plateward import registry, rulepacks
from plateward.core.agency import Affiliation, Agency, AgencyKind, Component, Relation, Source
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.promise import parse_promises
from plateward.node.entering import enter_agencies
from plateward.node.household.profile import begin_household, require_profile
from plateward.node.keeping.retention import follow_settings, make_partitions
from plateward.node.node import Node
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.settings import Unlisted
from plateward.node.sharing.promise_files import adopt, tell
from plateward.node.sharing.settle import keep_shares
from plateward.registry.nearest import perhaps
from plateward.registry.states import STATES
from plateward.store import policy

SELF_SAID: Mapping[AgencyKind, Component | None] = {
    AgencyKind.POLICE: None, AgencyKind.SHERIFF: None, AgencyKind.STATE_POLICE: None, AgencyKind.STATE_AGENCY: None,
    AgencyKind.TRANSIT_POLICE: None, AgencyKind.LOCAL_GOVERNMENT: None, AgencyKind.CAMPUS_POLICE: Component.CAMPUS,
    AgencyKind.TRIBAL_POLICE: Component.TRIBAL, AgencyKind.PROSECUTOR: Component.PROSECUTOR, AgencyKind.PRIVATE: Component.PRIVATE,
}  # fmt: skip
"""What an agency that no registry holds may say it is, and what it belongs to by that. Who is federal, the registry says."""


async def prepare(node: Node) -> tuple[str, ...]:
    """Bring the database in line with the settings. Returns what whoever starts it must know: what a promise file holds and is not
    in force. Raises BadInput naming the promise file or rule pack that is unsound, or the profile
    where the data folder holds a node of the other one.
    """
    await require_profile(node)
    await begin_ledger(node, node.publisher)
    notes: tuple[str, ...] = ()
    if node.settings.home:
        await begin_household(node)
    else:
        notes = await _require_agency(node)
    notes += await _promises(node)
    await follow_settings(node)
    await keep_shares(node)
    await make_partitions(node)
    return notes


async def _require_agency(node: Node) -> tuple[str, ...]:
    """See that the node's agency is known: enter what it says of itself where no registry holds it. Returns what is to be noted.

    Raises BadInput where nobody knows it, or it says what only the registry may say.
    """
    own, said = node.settings.agency, node.settings.unlisted
    async with node.store.transaction() as tx:
        known = (await node.policy(tx)).registry.agencies
    if own in known:
        listed = said is not None and own in registry.load().agencies
        return (f"the registry holds {own}, so the table [unlisted] of the settings says nothing.",) if listed else ()
    if said is None:
        raise BadInput(
            f"no agency is known as {own!r}{await asyncio.to_thread(perhaps, own)}; where no registry holds it, say what it is in "
            "a table [unlisted] with name, kind and state (docs/settings.md)",
            where="agency",
        )  # fmt: skip
    await _enter(node, own, said)
    return ()


async def _enter(node: Node, own: str, said: Unlisted) -> None:
    """Enter the node's agency as it describes itself."""
    if said.kind not in SELF_SAID:
        raise BadInput(f"an agency can say of itself that it is one of {', '.join(SELF_SAID)}", where="unlisted.kind")
    if said.state not in STATES:
        raise BadInput(f"{said.state!r} is no state: use a postal code such as CA", where="unlisted.state")
    source = Source("The agency's own settings", node.now().date())
    component = SELF_SAID[said.kind]
    belongs = (Affiliation(own, Relation.IS_A, component, source),) if component else ()
    await enter_agencies(node, (Agency(own, said.name, said.kind, state=said.state, sources=(source,)),), belongs)


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
