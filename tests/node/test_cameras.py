"""Cameras of other makers on a node: durable when answered, once, on the same path as any reader's reads, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from plateward.core.errors import BadInput
from plateward.demo.people import person
from plateward.formats.payloads.message import Unsafe
from plateward.node.devices.cameras import CameraAnswer, Delivery, receive
from plateward.node.ingest import UnknownReader
from plateward.node.reads import picture
from plateward.node.sharing.change import change_of_policy
from plateward.store import reads as rows
from plateward.store import retention as retention_rows
from plateward.store.reads import Quarantined
from tests.formats.payloads.samples import JPEG, hikvision, multipart, openalpr_group, recognizer, samples
from tests.node.world import KEY, NOW, READER, World, plates

AT = NOW - timedelta(minutes=5)
SAMPLES = samples(AT)
XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EventNotificationAlert>&x;</EventNotificationAlert>'


async def send(
    world: World,
    body: bytes,
    kind: str = "application/json",
    sender: str | None = None,
    key: str = KEY,
    reader: str = READER,
) -> CameraAnswer | UnknownReader:
    return await receive(world.node, key, reader, Delivery(body, kind, sender, UTC, {}))


async def taken(world: World, body: bytes, kind: str = "application/json", sender: str | None = None) -> CameraAnswer:
    answer = await send(world, body, kind, sender)
    assert isinstance(answer, CameraAnswer)
    return answer


async def apart(world: World) -> Sequence[Quarantined]:
    async with world.node.store.transaction() as tx:
        numbers = list((await world.node.agency_numbers(tx, ["us-ca-ridgeport-pd"])).values())
    async with world.node.store.transaction(numbers) as tx:
        return await rows.quarantined(tx, numbers)


async def test_every_kind_is_stored_once_however_often_it_comes(world: World) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(SAMPLES):
        sample = samples(AT - timedelta(minutes=number))[name]
        first = await taken(world, sample.body, sample.content_type)
        again = await taken(world, sample.body, sample.content_type)
        held = len(sample.plates)
        assert (first.taken.accepted, first.taken.duplicates, first.taken.rejected) == (held, 0, ()), name
        assert (again.taken.accepted, again.taken.duplicates, again.taken.rejected) == (0, held, ()), name
        for plate in sample.plates:
            seen[plate] = seen.get(plate, 0) + 1
    for plate, times in seen.items():
        assert plates(await world.search("alvarez", plate)) == [plate] * times


async def test_the_same_read_told_again_with_other_figures_adds_nothing(world: World) -> None:
    await taken(world, json.dumps(openalpr_group(AT)).encode())
    again = await taken(world, json.dumps(openalpr_group(AT, best_region="us-ca", vehicle_crop_jpeg="")).encode())
    assert (again.taken.accepted, again.taken.duplicates, again.taken.rejected) == (0, 1, ())


async def test_the_picture_comes_back_through_the_gate(world: World) -> None:
    for name in ("hikvision-multipart", "recognizer-upload", "blueiris-post"):
        world.at += timedelta(seconds=1)
        fresh = samples(world.at - timedelta(minutes=1))[name]
        await taken(world, fresh.body, fresh.content_type)
        answer = await world.search("alvarez", "8KLM204")
        found = answer.reads[0]
        seen = await picture(world.node, person("alvarez"), found.read.id, answer.access_record)
        assert seen.jpeg == JPEG, name


async def test_a_key_opens_only_its_own_readers_address(world: World) -> None:
    body = SAMPLES["flock"].body
    assert isinstance(await send(world, body, key="guessed"), UnknownReader)
    assert isinstance(await send(world, body, reader="rpd-main-10th-s"), UnknownReader)
    assert plates(await world.search("alvarez", "8KLM204")) == []


async def test_what_a_camera_that_never_sends_again_wrote_is_set_apart_whole_before_the_answer(world: World) -> None:
    cut = hikvision(AT)[:-40]
    for _ in range(2):
        answer = await taken(world, cut, "application/xml")
        assert answer.taken.quarantined == 1 and "not whole XML" in answer.unread
    (kept,) = await apart(world)
    assert msgspec.msgpack.decode(kept.payload)["body"] == cut and kept.expires_at <= world.at + timedelta(days=31)


async def test_junk_at_an_address_of_such_a_camera_is_set_apart_too(world: World) -> None:
    answer = await taken(world, b"\x00\x01 firmware error", "application/xml", "hikvision")
    assert answer.taken.quarantined == 1 and len(await apart(world)) == 1


async def test_a_broken_notification_costs_neither_its_neighbours_nor_itself(world: World) -> None:
    body, kind = multipart([("1.xml", "text/xml", hikvision(AT)), ("2.xml", "text/xml", hikvision(AT, "7QRS881")[:-9])])
    answer = await taken(world, body, kind)
    assert (answer.taken.accepted, answer.taken.quarantined, len(answer.taken.rejected)) == (1, 1, 1)
    assert plates(await world.search("alvarez", "8KLM204")) == ["8KLM204"]


async def test_what_is_made_to_harm_is_refused_and_not_kept_even_from_such_a_camera(world: World) -> None:
    with pytest.raises(Unsafe):
        await send(world, XXE, "text/xml", "hikvision")
    assert await apart(world) == ()


async def test_other_senders_are_told_what_cannot_be_read_and_nothing_is_kept(world: World) -> None:
    with pytest.raises(BadInput, match="plate"):
        await send(world, json.dumps(recognizer(AT, [{"plate": "--"}])).encode())
    with pytest.raises(BadInput, match="JSON"):
        await send(world, SAMPLES["openalpr-group"].body[:-9])
    assert await apart(world) == ()


async def test_a_clock_that_cannot_be_right_is_quarantined_and_not_lost(world: World) -> None:
    for at in (NOW + timedelta(days=3), datetime(2000, 1, 1, 4, tzinfo=UTC), datetime(1970, 1, 1, 1, tzinfo=UTC)):
        answer = await taken(world, hikvision(at), "application/xml")
        assert (answer.taken.accepted, answer.taken.expired, answer.taken.quarantined) == (0, 0, 1)
    assert len(await apart(world)) == 3


async def test_nothing_is_collected_not_even_apart_before_retention_is_set(world: World) -> None:
    async with change_of_policy(world.node) as change:
        await retention_rows.end_rule(change.tx, world.node.settings.agency, "", at=change.now)
    for body in (hikvision(AT), hikvision(AT)[:-40]):
        with pytest.raises(BadInput, match="retention is not set"):
            await send(world, body, "application/xml")


async def test_a_heartbeat_shows_that_the_camera_lives(world: World) -> None:
    from plateward.node.devices.readers import list_readers

    world.at += timedelta(minutes=7)
    await taken(world, SAMPLES["openalpr-heartbeat"].body)
    (seen,) = (r.last_seen for r in await list_readers(world.node, person("nakamura")) if r.id == READER)
    assert seen == world.at
