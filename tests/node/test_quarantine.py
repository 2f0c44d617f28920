"""What is set apart is neither lost nor let in by itself: somebody releases it or drops it, with a reason, on record."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.demo.people import person
from plateward.node.devices.cameras import CameraAnswer, Delivery, receive
from plateward.node.devices.quarantine import Apart, When, drop, release, set_apart
from plateward.store import events
from tests.formats.payloads.samples import hikvision
from tests.node.world import KEY, NOW, READER, World, plates

WHO = "nakamura"
AHEAD = timedelta(hours=-2)


async def entries(world: World, who: str = WHO) -> tuple[Apart, ...]:
    return await set_apart(world.node, person(who))


async def ahead(world: World, *typed: str) -> tuple[Apart, ...]:
    answer = await world.deliver(*(world.sent(plate, AHEAD) for plate in typed))
    assert answer.quarantined == len(typed) and answer.accepted == 0
    return await entries(world)


async def released(world: World) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        last = await (await tx.execute("SELECT max(seq) FROM events")).fetchone()
        assert last is not None
        stored = [await events.event(tx, seq) for seq in range(max(0, last[0] - 6), last[0] + 1)]
    return [
        fields_of(e.body) for e in stored if e is not None and e.body is not None and e.type == EventType.READ_RELEASED
    ]


async def test_a_read_from_a_wrong_clock_gets_the_time_it_came_in_at_and_is_found_then(world: World) -> None:
    (one,) = await ahead(world, "7ABC128")
    assert plates(await world.search("alvarez", "7ABC128")) == []
    assert one.read_at == NOW + timedelta(hours=2) and "ahead" in one.why
    done = await release(world.node, person(WHO), [one.id], "The clock was two hours fast.", When.RECEIVED)
    assert (done.decided, done.stored, done.still) == (1, 1, ())
    found = await world.search("alvarez", "7ABC128")
    assert [f.read.read_at for f in found.reads] == [one.received_at] and await entries(world) == ()
    (told,) = await released(world)
    assert (told["reads"], told["stored"], told["by"], told["note"]) == (1, True, WHO, "The clock was two hours fast.")


async def test_the_time_it_states_is_taken_only_once_it_has_come(world: World) -> None:
    (one,) = await ahead(world, "7ABC128")
    done = await release(world.node, person(WHO), [one.id], "It was right.")
    assert done.decided == 0 and "yet to come" in done.still[0][1] and len(await entries(world)) == 1
    world.at += timedelta(hours=2)
    assert (await release(world.node, person(WHO), [one.id], "It was right.")).stored == 1


async def test_what_is_dropped_is_gone_and_on_record_and_its_neighbour_stays(world: World) -> None:
    first, second = await ahead(world, "7ABC128", "9ZZZ999")
    assert (await drop(world.node, person(WHO), [first.id], "A test of the camera.")).decided == 1
    assert [one.id for one in await entries(world)] == [second.id]
    (told,) = await released(world)
    assert told["stored"] is False


async def test_releasing_twice_stores_once(world: World) -> None:
    (one,) = await ahead(world, "7ABC128")
    await release(world.node, person(WHO), [one.id], "Fast clock.", When.RECEIVED)
    assert (await release(world.node, person(WHO), [one.id], "Fast clock.", When.RECEIVED)).decided == 0
    assert len(plates(await world.search("alvarez", "7ABC128"))) == 1


async def test_a_message_nobody_can_read_stays_until_it_is_dropped_and_shows_no_plate(world: World) -> None:
    broken = hikvision(NOW - timedelta(minutes=5))[:-40]
    answer = await receive(world.node, KEY, READER, Delivery(broken, "application/xml", "hikvision", UTC, {}))
    assert isinstance(answer, CameraAnswer) and answer.unread
    (one,) = await entries(world)
    assert one.kind == "message" and one.read_at is None and one.size == len(broken)
    done = await release(world.node, person(WHO), [one.id], "After an update.")
    assert done.decided == 0 and done.still[0][0] == one.id
    assert (await drop(world.node, person(WHO), [one.id], "Broken on its way.")).decided == 1


@pytest.mark.parametrize("who", ["alvarez", "whitfield", "keller"])
async def test_who_does_not_look_after_readers_sees_and_decides_nothing(world: World, who: str) -> None:
    (one,) = await ahead(world, "7ABC128")
    with pytest.raises(NotAllowed):
        await entries(world, who)
    with pytest.raises(NotAllowed):
        await drop(world.node, person(who), [one.id], "Away with it.")
    assert len(await entries(world)) == 1


async def test_nothing_is_decided_without_a_reason(world: World) -> None:
    (one,) = await ahead(world, "7ABC128")
    with pytest.raises(BadInput, match="say why"):
        await drop(world.node, person(WHO), [one.id], "  ")
