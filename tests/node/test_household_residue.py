"""The disk of a household, byte by byte: of a plate that is not on the list nothing is ever written."""

from __future__ import annotations

import asyncio
import base64
import shutil
from datetime import UTC, datetime, timedelta

import msgspec

from plateward.node.devices.cameras import CameraAnswer, Delivery, receive, take_spooled
from plateward.node.household.my_list import take_off
from plateward.node.household.sightings import seen_of
from plateward.node.keeping.purge import purge
from plateward.node.keeping.residue import clean
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from plateward.store.migrate import migrate
from tests.node.household import ANNA, CAMERA, KEY, STRANGER, House, house
from tests.node.purging import found_in
from tests.postgres import database_on, make_folder

RAW, OTHER, BROKEN = "8·STR·456", "9CAN789", "5BRK222"


async def test_no_byte_of_an_unlisted_plate_reaches_the_disk_and_a_plate_taken_off_leaves_none() -> None:
    folder = make_folder()
    try:
        async with EmbeddedServer(folder / "postgres") as server:
            database = database_on(server, "plateward")
            await migrate(database.owner)
            async with Store.open(database, connections=6, timeout_s=60) as store:
                home = await house(store, folder, now=datetime.now(UTC) - timedelta(minutes=10))
                anna = await home.list_plate()
                await _traffic(home)
                await seen_of(home.node, home.me, anna.id)
                await _written(store)
                found = await asyncio.to_thread(found_in, folder, ANNA, STRANGER, RAW, OTHER, BROKEN)
                assert found[ANNA], "what is kept is found, so the search works"
                assert {text: where for text, where in found.items() if where and text != ANNA} == {}

                assert await take_off(home.node, home.me, anna.id) == 3
                home.at += timedelta(minutes=1)
                await purge(home.node)
                assert await clean(home.node)
                assert (await asyncio.to_thread(found_in, folder, ANNA, "Anna"))[ANNA] == []
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)


async def _traffic(home: House) -> None:
    """Strangers by every way in: a reader, a clock that is wrong, a repeated delivery, cameras that can and cannot be read."""
    picture = base64.b64encode(b"\xff\xd8\xff\xe0" + STRANGER.encode() + b"\xff\xd9").decode()
    stranger = home.sent(STRANGER, plate_raw=RAW, candidates=[[OTHER, 0.3]], picture=picture)
    answer = await home.deliver(home.sent(ANNA), stranger, home.sent(STRANGER, timedelta(hours=-9)))
    assert (answer.accepted, answer.not_kept) == (1, 2)
    assert (await home.deliver(stranger)).not_kept == 1
    for plate in (ANNA, STRANGER):
        body = msgspec.json.encode({"plate": plate, "read_at": home.at.isoformat(), "confidence": 0.9})
        taken = await receive(home.node, KEY, CAMERA, Delivery(body, "application/json", None, UTC, {}))
        assert isinstance(taken, CameraAnswer) and taken.taken.accepted == (plate == ANNA)
        home.at += timedelta(seconds=1)
    unread = Delivery(f"<EventNotificationAlert><x>{BROKEN}".encode(), "application/xml", "hikvision", UTC, {})
    taken = await receive(home.node, KEY, CAMERA, unread)
    assert isinstance(taken, CameraAnswer) and taken.taken.not_kept == 1
    assert await take_spooled(home.node) == 0
    assert (await home.deliver(home.sent(ANNA, timedelta(minutes=7)))).accepted == 1


async def _written(store: Store) -> None:
    """Everything that the server holds in memory, on the disk."""
    async with store.transaction() as tx:
        await tx.execute("SELECT turn_log()")
