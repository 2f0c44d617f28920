"""Hot lists by hand: who may enter what, two people, promises, age; and which reads they find."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plateward.core.errors import BadInput
from plateward.core.people import Person
from plateward.demo.people import person
from plateward.node import hot_entries, hotlists
from plateward.node.hot_entries import EntryAnswer, NewEntry
from plateward.node.hotlists import ListSettings
from plateward.store import events
from tests.node.world import World

LIST = "rpd-bolo"


async def make_list(world: World, who: str = "nakamura", list_id: str = LIST, **more: object) -> None:
    settings = ListSettings("Be on the lookout", "stolen-vehicle", "detectives", **more)  # type: ignore[arg-type]
    await hotlists.add_list(world.node, person(who), list_id, True, settings)


async def enter(
    world: World, plate: str, who: str | Person = "alvarez", list_id: str = LIST, **more: object
) -> EntryAnswer:
    values: dict[str, object] = {
        "reason": "stolen from a driveway", "case": "R26-00117", "expires": world.at + timedelta(days=7), "state": "US-CA",
    }  # fmt: skip
    new = NewEntry(plate, **(values | more))  # type: ignore[arg-type]
    return await hot_entries.add_entry(world.node, person(who) if isinstance(who, str) else who, list_id, new)


async def alerts(world: World) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        numbers = list((await world.node.agency_numbers(tx, await world.node.owners(tx))).values())
    async with world.node.store.transaction(numbers) as tx:
        cursor = await tx.execute(
            "SELECT agency, list_owner, listed_plate, read_plate, how, state_match, late, reads, share_id, confidence "
            "FROM alerts ORDER BY raised_at, listed_plate"
        )
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def told(world: World, kind: str) -> list[bytes]:
    async with world.node.store.transaction() as tx:
        return [event.body or b"" for event in await events.events(tx, types=[kind])]


async def test_a_listed_plate_raises_an_alert_in_the_transaction_of_its_read(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5), region="US-CA"), world.sent("8XYZ123"))
    (alert,) = await alerts(world)
    assert (alert["listed_plate"], alert["how"], alert["state_match"], alert["late"]) == ("7ABC128", "exact", True, False)
    assert len(await told(world, "alert.raised")) == 1


async def test_an_officers_entry_matches_for_four_hours_unless_a_second_person_confirms_it(world: World) -> None:
    await make_list(world)
    answer = await enter(world, "7ABC128")
    assert answer.entry is not None and answer.entry.state == "unconfirmed"
    with pytest.raises(BadInput, match="supervisor"):
        await hot_entries.confirm_entry(world.node, person("okafor"), LIST, answer.entry.id)
    world.at += timedelta(hours=5)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []
    await hot_entries.confirm_entry(world.node, person("brandt"), LIST, answer.entry.id)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert len(await alerts(world)) == 1
