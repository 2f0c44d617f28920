"""An Illinois department on the town's node, its staff, and a department of Iowa that it shares with since an older system."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec

from plateward.core.people import Person, Role
from plateward.core.share import Grant, Share, ShareState
from plateward.node.entering import enter_shares
from plateward.node.people import accounts as people
from plateward.store import policy, readers
from tests.node.world import World

ALTON, IOWA_CITY = "us-il-alton-pd", "us-ia-iowa-city-pd"
LAW = "us-il-2-130"
BY_ROLE = {
    "ada": Role.ALPR_ADMINISTRATOR,
    "paul": Role.PRIVACY_OFFICER,
    "pia": Role.PRIVACY_OFFICER,
    "cora": Role.COUNSEL,
    "odd": Role.OFFICER,
    "audrey": Role.AUDITOR,
}
STAFF = {name: Person(name, name.title(), role, ALTON, ALTON) for name, role in BY_ROLE.items()}
DETECTIVE = Person("ines", "Ines Holt", Role.OFFICER, IOWA_CITY, IOWA_CITY)


async def move_to_illinois(world: World) -> None:
    """Alton's reads on the node under the law of Illinois, with a share to Iowa City and nobody's declaration."""
    settings = world.node.settings
    packs = msgspec.structs.replace(settings.promises, packs=(*settings.promises.packs, LAW))
    lawful = msgspec.structs.replace(settings, promises=packs)
    world.node = replace(world.node, settings=lawful, _policy=None, _world=None)
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await readers.add_agency(tx, ALTON)
        for someone in (*STAFF.values(), DETECTIVE):
            await people.add(world.node, tx, someone)
    share = Share(
        "alton-iowa-city", ALTON, IOWA_CITY, frozenset({Grant.SEARCH}), ShareState.ACTIVE, world.at - timedelta(days=1),
        world.at + timedelta(days=300),
    )  # fmt: skip
    await enter_shares(world.node, [share])
