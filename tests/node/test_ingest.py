"""What readers deliver: durable when acknowledged, once, and never a neighbour's loss."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.demo.people import person
from plateward.node.importing import import_reads
from plateward.node.ingest import UnknownReader, accept
from plateward.node.keeping.purge import purge
from plateward.node.reads import correct, picture, unmask, view
from plateward.node.sharing.change import change_of_policy
from plateward.store import events
from plateward.store import reads as rows
from plateward.store import retention as retention_rows
from tests.node.world import PURPOSE, World, batch, plates

JPEG = b"\xff\xd8\xff\xe0" + b"a picture of 7ABC128" + b"\xff\xd9"


async def test_what_is_sent_twice_is_stored_once_and_told_as_duplicate(world: World) -> None:
    item = world.sent("7ABC128")
    assert (await world.deliver(item)).accepted == 1
    again = await world.deliver(item, world.sent("8XYZ123"))
    assert (again.accepted, again.duplicates) == (1, 1)
    assert len((await world.search("alvarez", "7ABC128")).reads) == 1


async def test_an_id_that_another_reader_used_is_an_error_and_not_a_duplicate(world: World) -> None:
    item = world.sent("7ABC128")
    await world.deliver(item)
    for key in ("key of papd-alder-d-s", "key of rpd-main-10th-s"):
        answer = await world.deliver(item, key=key)
        assert answer.duplicates == 0
        assert [rejected.field for rejected in answer.rejected] == ["id"]


async def test_an_unknown_key_delivers_nothing(world: World) -> None:
    assert isinstance(await accept(world.node, "guessed", batch([world.sent("7ABC128")])), UnknownReader)


async def test_a_clock_that_runs_ahead_is_quarantined_and_not_lost(world: World) -> None:
    ahead = world.sent("7ABC128", timedelta(hours=-3))
    answer = await world.deliver(ahead, world.sent("8XYZ123"))
    assert (answer.accepted, answer.quarantined) == (1, 1)
    async with world.node.store.transaction(await _numbers(world)) as tx:
        (apart,) = await rows.quarantined(tx, await _numbers(world))
    assert apart.read_id == UUID(str(ahead["id"]))
    assert plates(await world.search("alvarez", "7ABC128")) == []


async def test_a_read_older_than_its_retention_is_acknowledged_as_expired_and_never_stored(world: World) -> None:
    answer = await world.deliver(world.sent("7ABC128", timedelta(days=31)))
    assert (answer.accepted, answer.expired) == (0, 1)


async def test_nothing_is_collected_before_retention_is_set(world: World) -> None:
    async with change_of_policy(world.node) as change:
        await retention_rows.end_rule(change.tx, world.node.settings.agency, "", at=change.now)
    with pytest.raises(BadInput, match="retention is not set"):
        await world.deliver(world.sent("7ABC128"))


async def test_one_bad_item_is_named_and_its_neighbours_are_stored(world: World) -> None:
    answer = await world.deliver(world.sent("7ABC128"), world.sent("--"), world.sent("8XYZ123", lat=99.0, lon=1.0))
    assert answer.accepted == 1
    assert [(r.index, r.field) for r in answer.rejected] == [(1, "plate"), (2, "lat")]


async def test_a_picture_comes_back_through_the_gate_and_lies_encrypted_on_the_disk(world: World) -> None:
    item = world.sent("7ABC128", picture=base64.b64encode(JPEG).decode())
    await world.deliver(item)
    answer = await world.search("alvarez", "7ABC128")
    seen = await picture(world.node, person("alvarez"), UUID(str(item["id"])), answer.access_record)
    assert seen.jpeg == JPEG
    files = [path for path in world.node.vault.folder.rglob("*") if path.is_file()]
    assert all(b"a picture of" not in path.read_bytes() for path in files)


async def test_the_picture_is_gone_when_its_key_is_destroyed(world: World) -> None:
    item = world.sent("7ABC128", picture=base64.b64encode(JPEG).decode())
    await world.deliver(item)
    assert world.node.vault.keys.shred(world.at + timedelta(days=40)) == 1
    answer = await world.search("alvarez", "7ABC128")
    assert (await picture(world.node, person("alvarez"), UUID(str(item["id"])), answer.access_record)).jpeg is None


async def test_a_duplicates_picture_leaves_no_file(world: World) -> None:
    item = world.sent("7ABC128", picture=base64.b64encode(JPEG).decode())
    await world.deliver(item)
    await world.deliver(item)
    assert len([path for path in (world.node.vault.folder / "pictures").rglob("*") if path.is_file()]) == 1


async def test_details_need_a_search_of_ones_own_of_today(world: World) -> None:
    item = world.sent("7ABC128")
    await world.deliver(item)
    read_id = UUID(str(item["id"]))
    answer = await world.search("alvarez", "7ABC128")
    seen = await view(world.node, person("alvarez"), read_id, answer.access_record)
    assert seen.found is not None and seen.found.read.plate == "7ABC128"
    with pytest.raises(BadInput, match="of your own"):
        await view(world.node, person("okafor"), read_id, answer.access_record)
    world.at += timedelta(hours=13)
    with pytest.raises(BadInput, match="of today"):
        await view(world.node, person("alvarez"), read_id, answer.access_record)


async def test_a_read_looked_at_by_a_stranger_is_refused_as_the_search_would_be(world: World) -> None:
    item = world.sent("7ABC128")
    await world.deliver(item)
    answer = await unmask(world.node, person("keller"), UUID(str(item["id"])), PURPOSE)
    assert answer.found is None
    assert not answer.owners[0].allowed


async def test_a_misread_is_mended_by_a_linked_row_and_stays(world: World) -> None:
    item = world.sent("7A8C128")
    await world.deliver(item)
    read_id = UUID(str(item["id"]))
    answer = await world.search("brandt", "7A8C128")
    await correct(world.node, person("brandt"), read_id, "7ABC128", answer.access_record, "picture shows a B")
    assert plates(await world.search("alvarez", "7ABC128")) == ["7ABC128"]
    seen = await view(world.node, person("brandt"), read_id, answer.access_record)
    assert seen.found is not None and seen.found.read.plate == "7A8C128"
    assert [found.read.plate for found in seen.corrections] == ["7ABC128"]


async def test_an_officer_corrects_nothing(world: World) -> None:
    item = world.sent("7A8C128")
    await world.deliver(item)
    answer = await world.search("alvarez", "7A8C128")
    with pytest.raises(BadInput, match="supervisor"):
        await correct(world.node, person("alvarez"), UUID(str(item["id"])), "7ABC128", answer.access_record)


async def test_an_import_adds_its_readers_and_a_second_one_adds_nothing(world: World) -> None:
    items = [
        world.sent("7ABC128", reader="old-camera-1"),
        world.sent("8XYZ123", reader="old-camera-2"),
        world.sent("9AAA111"),
    ]
    first = await import_reads(world.node, person("nakamura"), batch(items))
    second = await import_reads(world.node, person("nakamura"), batch(items))
    assert (first.accepted, second.accepted, second.duplicates) == (2, 0, 2)
    assert [rejected.field for rejected in first.rejected] == ["reader"]
    with pytest.raises(BadInput, match="administrator"):
        await import_reads(world.node, person("alvarez"), batch(items))


async def test_purging_leaves_a_receipt_with_counts(world: World) -> None:
    # The database purges nothing that its own clock has not passed: the town's November must lie in the real past or be waited for.
    world.at = datetime.now(UTC) - timedelta(days=40)
    await world.deliver(world.sent("7ABC128"), world.sent("8XYZ123"))
    world.at += timedelta(days=39)
    await world.deliver(world.sent("9AAA111"))
    assert await purge(world.node) == 2
    async with world.node.store.transaction() as tx:
        everybodys, own = await events.events(tx, types=[str(EventType.PURGE_DONE)])
    assert own.body is not None and b'"reads":2' in own.body
    assert everybodys.body is not None and b'"plates":2' in everybodys.body
    assert plates(await world.search("alvarez", "9AAA111")) == ["9AAA111"]


async def _numbers(world: World) -> list[int]:
    async with world.node.store.transaction() as tx:
        return list((await world.node.agency_numbers(tx, ["us-ca-ridgeport-pd"])).values())
