"""Which profile a node has, for good; and what a household's node begins with: one person, one list, its promises.

An agency's reads are of everybody, a household's of its own list. So a data folder never changes from one to the other.
"""

from __future__ import annotations

from datetime import date

from plateward import registry
from plateward.core.agency import Affiliation, Agency, AgencyKind, Component, Relation, Source
from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.hotlist import HOUSEHOLD, LONGEST
from plateward.core.household import LEAST_CONFIDENCE, Profile
from plateward.core.people import Person, Role
from plateward.core.promise import parse_promises
from plateward.node import ledger
from plateward.node.entering import enter_agencies
from plateward.node.hotlists.lists import ListSettings, columns_of
from plateward.node.keeping.retention import OPERATOR
from plateward.node.node import Node
from plateward.node.people.accounts import HOUSEHOLDER, add
from plateward.node.sharing.promise_files import adopt
from plateward.rulepacks.household import fill
from plateward.store import hotlists as lists
from plateward.store import people, policy, readers
from plateward.store.connection import Connection

LIST = "own-list"
"""The id of its one list."""

SETTING = "profile"
NAME = "this household"
_SOURCE = "The household's own settings"
_LIST = ListSettings(
    "My list", HOUSEHOLD, "entered by the household", int(LONGEST.total_seconds() // 60), least_confidence=LEAST_CONFIDENCE,
    edge=True,
)  # fmt: skip


async def require_profile(node: Node) -> None:
    """Fix the profile at the first start. Raises BadInput where the data folder holds a node of the other one."""
    wanted = node.settings.profile
    async with node.store.transaction() as tx:
        held = await policy.setting(tx, SETTING)
        used = bool(await people.persons(tx, node.now()))
        if held is None and not (used and node.settings.home):
            value = {"name": str(wanted), "since": str(node.now().date())}
            await policy.set_setting(tx, SETTING, value, by=OPERATOR, at=node.now())
            return
    before = held["name"] if held else str(Profile.AGENCY)
    if before != wanted:
        other = "plateward init DIR --agency ID" if wanted is Profile.AGENCY else "plateward home --data DIR"
        raise BadInput(
            f'this data folder holds a node of the profile "{before}", which never changes: what it keeps was kept by other '
            f"rules. Put profile = \"{before}\" back, or begin a new node in a folder of its own: {other}",
            where="profile",
        )  # fmt: skip


async def begin_household(node: Node) -> None:
    """See that a household's node has its agency, promises, person and list; what is there already stays as it is."""
    async with node.store.transaction() as tx:
        known = (await node.policy(tx)).registry.agencies
        day = date.fromisoformat((await policy.setting(tx, SETTING))["since"])
    if node.settings.agency not in known:
        await _enter(node, day)
    async with node.store.transaction() as tx:
        await _promise(node, tx, day)
    async with node.store.transaction() as tx:
        if not await people.persons(tx, node.now()):
            await add(node, tx, householder(node))
    async with node.store.transaction() as tx:
        if await lists.by_id(tx, LIST) is None:
            await _begin_list(node, tx)


def householder(node: Node) -> Person:
    """The one person of a household's node."""
    return Person(HOUSEHOLDER, "Me", Role.HOUSEHOLDER, node.settings.agency, node.settings.agency)


async def _enter(node: Node, day: date) -> None:
    """The household as an agency that is classified and nobody else's: private, of its country."""
    country, _, state = node.settings.place.partition("-")
    source = Source(_SOURCE, day)
    household = Agency(
        node.settings.agency, NAME, AgencyKind.PRIVATE, country or "US", state if country == "US" and state else None,
        sources=(source,),
    )  # fmt: skip
    await enter_agencies(node, (household,), (Affiliation(household.id, Relation.IS_A, Component.PRIVATE, source),))


async def _promise(node: Node, tx: Connection, day: date) -> None:
    """Put the profile's promises into force; those of a later version of the program too, where they are tighter."""
    text = fill(node.settings.agency, day)
    world = await policy.load(tx)
    known = registry.load().ending(world.ended).with_(world.agencies, world.affiliations)
    await adopt(node, tx, parse_promises(text, "the home profile"), text, known, "the home profile")


async def _begin_list(node: Node, tx: Connection) -> None:
    owner = node.settings.agency
    number = await readers.add_agency(tx, owner)
    assert _LIST.max_age_minutes is not None
    columns = columns_of(_LIST, _LIST.max_age_minutes)
    await lists.add_list(
        tx, columns | {"list_id": LIST, "agency_no": number, "by_hand": True, "by": HOUSEHOLDER, "at": node.now()}
    )
    body: dict[str, JSON] = {
        "hotlist": LIST, "owner": owner, "kind": _LIST.kind, "source": _LIST.source, "age_limit_h": _LIST.max_age_minutes // 60,
        "by": HOUSEHOLDER,
    }  # fmt: skip
    await ledger.append(node, tx, Event(EventType.HOTLIST_ADDED, node.now(), owner, body))
