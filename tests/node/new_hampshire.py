"""A New Hampshire department on the town's node: its staff, a reader, and the law of three minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec

from plateward.core.people import Person, Role
from plateward.core.read import Reader, ReaderKind
from plateward.core.retention import Rule
from plateward.node.devices import readers
from plateward.node.hotlists import entries, lists
from plateward.node.people import accounts as people
from plateward.store import policy
from plateward.store import readers as rows
from tests.node.purging import choose
from tests.node.world import World

NASHUA, LAW = "us-nh-nashua-pd", "us-nh-261-75-b"
READER, KEY = "nashua-car-3", "the key of Nashua's car 3"
BY_ROLE = {
    "nora": Role.ALPR_ADMINISTRATOR, "pat": Role.PRIVACY_OFFICER, "otis": Role.OFFICER, "sue": Role.SUPERVISOR,
}  # fmt: skip
STAFF = {name: Person(name, name.title(), role, NASHUA, NASHUA) for name, role in BY_ROLE.items()}
HITS_KEPT = 30 * 1440


async def move_to_new_hampshire(world: World) -> None:
    """Nashua's reads under its law. The department wants an hour for every read, and thirty days for those that hit."""
    settings = world.node.settings
    packs = msgspec.structs.replace(settings.promises, packs=(*settings.promises.packs, LAW))
    world.node = replace(
        world.node, settings=msgspec.structs.replace(settings, promises=packs), _policy=None, _world=None
    )
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await rows.add_agency(tx, NASHUA)
        for someone in STAFF.values():
            await people.add(world.node, tx, someone)
        await readers.add(world.node, tx, Reader(READER, NASHUA, "Car 3", ReaderKind.MOBILE), by=None, key=KEY)
    await choose(world, Rule(NASHUA, 60, hit_minutes=HITS_KEPT))


async def look_for(world: World, plate: str) -> None:
    """A stolen car on a list of Nashua's own."""
    wanted = lists.ListSettings("Stolen here", "stolen-vehicle", "detectives")
    await lists.add_list(world.node, STAFF["nora"], "nashua-stolen", True, wanted)
    new = entries.NewEntry(
        plate, reason="stolen", case="N26-0117", expires=world.at + timedelta(days=7), state="US-NH"
    )  # fmt: skip
    await entries.add_entry(world.node, STAFF["otis"], "nashua-stolen", new)
