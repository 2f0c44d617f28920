"""What somebody with an account tries: one search's record for another read, small circles, a brake outrun, a consent lent."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.ids import derived_uuid7
from plateward.core.place import Near, Position
from plateward.core.plate import PlatePattern
from plateward.core.purpose import Purpose
from plateward.core.share import Grant, Share, ShareState
from plateward.demo.people import person
from plateward.demo.shares import RIDGE_SO
from plateward.formats.reads import Batch, Item
from plateward.node import exports, live
from plateward.node.alerting import alerts
from plateward.node.devices.cameras import Delivery, receive
from plateward.node.entering import enter_shares
from plateward.node.exports import export
from plateward.node.importing import import_reads
from plateward.node.live import latest
from plateward.node.people import consent
from plateward.node.reads import picture, unmask, view
from plateward.node.search import SearchRequest, search
from plateward.node.sharing.brake import pull
from plateward.node.sharing.steps import revoke
from plateward.store import events
from tests.formats.jpegs import PLACED, placed_in
from tests.formats.payloads.samples import samples
from tests.node.test_truth import ATF, add
from tests.node.world import KEY, PURPOSE, READER, World, plates

RIDGEPORT = "us-ca-ridgeport-pd"
OFFICER, DEPUTY, ADMINISTRATOR, SUPERVISOR = (person(one) for one in ("alvarez", "quintero", "nakamura", "brandt"))
HERE = Position(34.12345, -119.04321)


async def deliver(world: World, plate: str, ago: timedelta = timedelta(minutes=5), **more: object) -> UUID:
    sent = world.sent(plate, ago, lat=HERE.lat, lon=HERE.lon, **more)
    await world.deliver(sent)
    return UUID(str(sent["id"]))


# ---------------------------------------------------------------- a record opens what it found


async def test_the_record_of_looking_at_the_live_feed_lifts_no_mask(world: World) -> None:
    read = await deliver(world, "7ABC128")
    looked = await latest(world.node, OFFICER)
    assert looked.reads[0].id == read and looked.reads[0].plate != "7ABC128"
    assert (await view(world.node, OFFICER, read, looked.access_record)).found is None


async def test_the_record_of_a_search_opens_no_read_that_it_did_not_find(world: World) -> None:
    other, found = await deliver(world, "9ZZZ999"), await deliver(world, "7ABC128")
    record = (await world.search("alvarez", "7ABC128")).access_record
    assert (await view(world.node, OFFICER, found, record)).found is not None
    refused = await view(world.node, OFFICER, other, record)
    assert refused.found is None
    async with world.node.store.transaction() as tx:
        told = await events.access_record(tx, refused.access_record)
    assert told is not None and told.act == EventType.ACCESS_READ and told.rows == 0, "the try is on record"


@pytest.mark.parametrize(
    "more",
    [
        {"ends": timedelta(minutes=-30)},
        {"begins": timedelta(minutes=-2)},
        {"near": Near(Position(34.2, -119.0), 500)},
        {"readers": ("rpd-main-10th-s",)},
        {"owners": (RIDGE_SO,)},
    ],
)
async def test_nor_one_of_another_time_place_reader_or_owner_than_was_asked(world: World, more: dict[str, Any]) -> None:
    read = await deliver(world, "7ABC128")
    asked = {name: world.at + value if isinstance(value, timedelta) else value for name, value in more.items()}
    record = (await world.search("alvarez", "7ABC128", **asked)).access_record
    assert (await view(world.node, OFFICER, read, record)).found is None


async def test_nor_a_read_that_came_in_after_it(world: World) -> None:
    record = (await world.search("alvarez", "7ABC128")).access_record
    world.at += timedelta(minutes=10)
    read = await deliver(world, "7ABC128")
    assert (await view(world.node, OFFICER, read, record)).found is None


async def test_unmasking_one_read_opens_that_one_alone(world: World) -> None:
    one, other = await deliver(world, "7ABC128"), await deliver(world, "7ABC128")
    record = (await unmask(world.node, OFFICER, one, PURPOSE)).access_record
    assert (await view(world.node, OFFICER, one, record)).found is not None
    assert (await view(world.node, OFFICER, other, record)).found is None


async def test_trying_every_plate_against_an_id_lifts_no_mask(world: World) -> None:
    """An id follows from what a camera or a file says, so that nothing comes in twice; only whoever has the key can follow."""
    sample = samples(world.at - timedelta(minutes=5))["recognizer-snapshot"]
    await receive(world.node, KEY, READER, Delivery(sample.body, sample.content_type, None, UTC, {}))
    at = (world.at - timedelta(minutes=4)).astimezone(UTC)
    for _ in range(2):
        plain = derived_uuid7(at, "import", READER, "7ABC128", at.isoformat())
        item = Item(plain, "7ABC128", at, 0.9, reader=READER)
        await import_reads(world.node, ADMINISTRATOR, Batch(((0, item),), ()))
    seen = (await latest(world.node, OFFICER)).reads
    assert len(seen) == 2, "what comes twice is stored once"
    when = {read.id: read.read_at.astimezone(UTC).isoformat() for read in seen}
    for plate in ("7ABC128", *sample.plates):
        tried = {derived_uuid7(r.read_at, kind, READER, *pair) for r in seen for kind, pair in (
            ("camera", (when[r.id], plate)), ("import", (plate, when[r.id]))
        )}  # fmt: skip
        tried |= {derived_uuid7(r.read_at, "import", str(one)) for r in seen for one in tried}
        assert not tried & set(when)


# ---------------------------------------------------------------- a place that is not shared


async def narrow(world: World, *grants: Grant) -> None:
    """Ridgeport's share with the sheriff, without exact places."""
    await revoke(world.node, ADMINISTRATOR, "ridgeport-sheriff", "to be narrower")
    share = Share(
        "narrow", RIDGEPORT, RIDGE_SO, frozenset({Grant.SEARCH, *grants}), ShareState.ACTIVE, world.at - timedelta(days=1),
        world.at + timedelta(days=100),
    )  # fmt: skip
    await enter_shares(world.node, [share])


async def test_a_small_circle_moved_about_does_not_tell_the_place_that_a_share_withholds(world: World) -> None:
    await narrow(world)
    await deliver(world, "7ABC128")
    elsewhere = Position(34.1291, -119.0491)
    assert elsewhere.coarse == HERE.coarse
    for radius in (50, 300, 600, 2_000):
        seen = []
        for center in (HERE, elsewhere):
            near = Near(center, radius)
            found = await world.search("quintero", "7ABC128", near=near, owners=(RIDGEPORT,))
            assert bool(found.reads) == (center.distance_m(HERE.coarse) <= radius)
            seen.append(bool((await world.search("alvarez", "7ABC128", near=near)).reads))
        assert seen[0], "its owner finds it by where it was"
    (shown,) = (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads
    assert shown.read.position == HERE.coarse


async def test_naming_a_reader_does_not_tell_which_reader_it_was(world: World) -> None:
    await narrow(world)
    await deliver(world, "7ABC128")
    assert plates(await world.search("alvarez", "7ABC128", readers=(READER,))) == ["7ABC128"]
    assert plates(await world.search("quintero", "7ABC128", readers=(READER,), owners=(RIDGEPORT,))) == []


async def test_a_picture_tells_no_place_by_what_the_camera_wrote_into_it(world: World) -> None:
    await narrow(world, Grant.PICTURES)
    read = await deliver(world, "7ABC128", picture=base64.b64encode(PLACED).decode())
    for who, told in ((OFFICER, True), (DEPUTY, False)):
        record = (await world.search(who, "7ABC128", owners=(RIDGEPORT,))).access_record
        jpeg = (await picture(world.node, who, read, record)).jpeg
        assert jpeg is not None and placed_in(jpeg) is told


# ---------------------------------------------------------------- a brake waits for who was let in before it


async def outrun(world: World, looking: asyncio.Task[Any], stuck: asyncio.Event, go_on: Any) -> None:
    """Pull the brake while ``looking`` is stuck between decision and answer: the brake must wait for it."""
    await asyncio.wait_for(stuck.wait(), 10)
    braking = asyncio.create_task(pull(world.node, SUPERVISOR, "private", "a try"))
    await asyncio.sleep(0.3)
    assert not braking.done(), "the brake was on, and what was decided before it is looked up after it"
    go_on.set()
    await looking
    await braking


@pytest.mark.parametrize("room", [live, alerts])
async def test_a_stream_looks_up_nothing_after_a_brake_that_it_was_let_in_before(
    world: World, monkeypatch: pytest.MonkeyPatch, room: Any
) -> None:
    stuck, go_on, query = asyncio.Event(), asyncio.Event(), "find" if room is live else "changed"
    real = getattr(room.rows, query)

    async def slow(*args: Any, **more: Any) -> Any:
        stuck.set()
        await go_on.wait()
        return await real(*args, **more)

    monkeypatch.setattr(room.rows, query, slow)
    since = world.at - timedelta(hours=1) if room is live else 0
    await outrun(world, asyncio.create_task(room._since(world.node, OFFICER, since)), stuck, go_on)


async def test_no_file_is_handed_out_that_was_written_after_a_brake(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deliver(world, "7ABC128")
    stuck, go_on, written = asyncio.Event(), threading.Event(), exports._written
    loop = asyncio.get_running_loop()

    def slow(*args: Any) -> bytes:
        loop.call_soon_threadsafe(stuck.set)
        go_on.wait(20)
        return written(*args)

    monkeypatch.setattr(exports, "_written", slow)
    request = SearchRequest(PlatePattern.parse("7ABC128"), PURPOSE, owners=(RIDGEPORT,))
    await outrun(world, asyncio.create_task(export(world.node, OFFICER, request, "csv")), stuck, go_on)


# ---------------------------------------------------------------- a consent is for what was asked


@pytest_asyncio.fixture(loop_scope="session")
async def consented(world: World) -> AsyncIterator[SearchRequest]:
    """A search of people nobody named to which a supervisor has consented."""
    await deliver(world, "7ABC128")
    purpose = Purpose.of("burglary series", case="26-0117")
    asked = SearchRequest(None, purpose, world.at - timedelta(days=1), world.at, readers=(READER,), owners=(RIDGEPORT,))
    filed = (await search(world.node, OFFICER, asked)).consent_wanted
    assert filed is not None
    await consent.decide(world.node, SUPERVISOR, filed, True)
    yield replace(asked, consent=filed)


async def test_a_consent_to_look_is_none_to_take_out_and_none_for_another_reason_or_agency(
    world: World, consented: SearchRequest
) -> None:
    assert plates(await search(world.node, OFFICER, consented)) == ["7ABC128"]
    file = await export(world.node, OFFICER, consented, "csv")
    assert file.data == b"" and file.refusal is not None and "another search" in file.refusal
    for purpose in (
        replace(consented.purpose, reason="stolen-vehicle"),
        replace(consented.purpose, on_behalf_of=RIDGE_SO),
    ):
        answer = await search(world.node, OFFICER, replace(consented, purpose=purpose))
        assert answer.reads == () and answer.refusal is not None and "another search" in answer.refusal


async def test_a_supervisor_consents_to_a_file_by_itself(world: World, consented: SearchRequest) -> None:
    filed = (await export(world.node, OFFICER, replace(consented, consent=None), "csv")).consent_wanted
    assert filed is not None and filed != consented.consent
    shown = next(one for one in await consent.waiting(world.node, SUPERVISOR) if one.id == filed)
    assert shown.query["as_file"] == "yes" and shown.query["reason"] == "property-crime"
    await consent.decide(world.node, SUPERVISOR, filed, True)
    assert (await export(world.node, OFFICER, replace(consented, consent=filed), "csv")).rows == 1
    with pytest.raises(BadInput):
        await consent.decide(world.node, OFFICER, filed, True)


async def test_a_supervisor_whom_another_agency_pays_refuses_but_does_not_consent(world: World) -> None:
    purpose = Purpose.of("burglary series", case="26-0117")
    asked = SearchRequest(None, purpose, world.at - timedelta(days=1), world.at, readers=(READER,), owners=(RIDGEPORT,))
    filed = (await search(world.node, OFFICER, asked)).consent_wanted
    assert filed is not None
    lent = await add(world, replace(SUPERVISOR, id="lent", name="Lent", employer=ATF))
    with pytest.raises(BadInput, match="itself pays"):
        await consent.decide(world.node, lent, filed, True)
    await consent.decide(world.node, lent, filed, False, "the series is ours")
