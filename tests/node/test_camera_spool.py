"""A camera that never sends again loses nothing while the database is away: on disk, answered, and stored once when it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

import msgspec
import pytest

from plateward.core.errors import Fault
from plateward.demo.people import person
from plateward.node.devices.camera_spool import CameraSpool
from plateward.node.devices.cameras import CameraAnswer, Delivery, receive, spool_of, take_spooled
from plateward.node.devices.readers import new_key
from plateward.node.ingest import UnknownReader
from plateward.store.connection import Connection, Store
from tests.formats.payloads.samples import hikvision, openalpr_group
from tests.node.world import KEY, NOW, READER, World

AT = NOW - timedelta(minutes=5)


class Away:
    """A database that does not answer."""

    @asynccontextmanager
    async def transaction(self, *_: object, **__: object) -> AsyncIterator[Connection]:
        raise Fault("the database does not answer (timeout).")
        yield


def cut_off(world: World) -> Store:
    store = world.node.store
    world.node.store = Away()  # type: ignore[assignment]
    return store


async def send(world: World, body: bytes, key: str = KEY, sender: str | None = "hikvision") -> CameraAnswer:
    answer = await receive(world.node, key, READER, Delivery(body, "application/xml", sender, UTC, {}))
    assert isinstance(answer, CameraAnswer), answer
    return answer


def message(minutes: int) -> bytes:
    return hikvision(AT - timedelta(minutes=minutes))


async def test_what_comes_while_the_database_is_away_is_answered_and_stored_once_when_it_is_back(world: World) -> None:
    first = await send(world, message(0))
    store = cut_off(world)
    for minutes in (1, 2, 2):
        assert "kept on disk" in (await send(world, message(minutes))).notes[0]
    assert await take_spooled(world.node) == 0 and spool_of(world.node).count() == 3
    world.node.store = store
    assert await take_spooled(world.node) == 3 and spool_of(world.node).count() == 0
    assert first.taken.accepted == 1
    again = await send(world, message(2))
    assert (again.taken.accepted, again.taken.duplicates) == (0, 1), "it was stored from the disk"


async def test_a_crash_after_storing_and_before_deleting_adds_nothing(world: World) -> None:
    await send(world, message(0))
    store = cut_off(world)
    await send(world, message(1))
    world.node.store = store
    ((file, _),) = list(spool_of(world.node).waiting())
    kept = file.read_bytes()
    await take_spooled(world.node)
    file.write_bytes(kept)
    assert await take_spooled(world.node) == 1
    assert (await send(world, message(1))).taken.duplicates == 1


async def test_a_stranger_fills_no_disk_while_the_database_is_away(world: World) -> None:
    await send(world, message(0))
    cut_off(world)
    with pytest.raises(Fault):
        await send(world, message(1), key="guessed")
    assert spool_of(world.node).count() == 0


async def test_a_camera_that_sends_again_is_told_to(world: World) -> None:
    await send(world, message(0))
    cut_off(world)
    with pytest.raises(Fault):
        await send(world, openalpr_group(AT), sender=None)


async def test_a_full_spool_says_so_instead_of_answering(world: World) -> None:
    await send(world, message(0))
    spool_of(world.node).max_files = 1
    cut_off(world)
    await send(world, message(1))
    with pytest.raises(Fault, match="cannot be kept on disk"):
        await send(world, message(2))


async def test_a_key_taken_back_meanwhile_lets_nothing_in_afterwards(world: World) -> None:
    await send(world, message(0))
    store = cut_off(world)
    await send(world, message(1))
    world.node.store = store
    await new_key(world.node, person("nakamura"), READER)
    assert await take_spooled(world.node) == 1
    refused = await receive(world.node, KEY, READER, Delivery(message(1), "application/xml", "hikvision", UTC, {}))
    assert isinstance(refused, UnknownReader)


async def test_what_waited_longer_than_its_retention_goes_unread(world: World) -> None:
    await send(world, message(0))
    store = cut_off(world)
    await send(world, message(1))
    world.node.store = store
    world.at += timedelta(days=31)
    assert await take_spooled(world.node) == 1 and spool_of(world.node).count() == 0


async def test_no_byte_of_a_message_can_be_read_from_the_disk_without_the_key(world: World) -> None:
    await send(world, message(0))
    store = cut_off(world)
    await send(world, message(1))
    ((file, held),) = list(spool_of(world.node).waiting())
    assert held is not None
    for text in (b"licensePlate", b"EventNotificationAlert", READER.encode()):
        assert text in msgspec.msgpack.encode(held) and text not in file.read_bytes()
    other = file.with_name(file.name.replace(file.name[:3], "999", 1))
    other.write_bytes(file.read_bytes())
    assert [one for _, one in spool_of(world.node).waiting()] == [held, None], "a file under another name is none"
    other.unlink()
    for key in (world.node.settings.data / "keys" / "camera-spool").rglob("*.key"):
        key.unlink()
    world.node.store = store
    assert await take_spooled(world.node) == 1 and (await send(world, message(1))).taken.accepted == 1


async def test_what_an_earlier_program_kept_in_the_clear_is_taken_once_and_gone(world: World) -> None:
    await send(world, message(0))
    store = cut_off(world)
    await send(world, message(1))
    spool = spool_of(world.node)
    ((file, held),) = list(spool.waiting())
    file.unlink()
    (spool.folder / f"{AT.timestamp():017.6f}-0a1b2c3d4e5f.msg").write_bytes(msgspec.msgpack.encode(held))
    world.node.store = store
    assert await take_spooled(world.node) == 1 and spool.count() == 0
    assert (await send(world, message(1))).taken.duplicates == 1


async def test_a_message_past_its_time_goes_with_its_key_even_while_the_database_is_away(world: World) -> None:
    await send(world, message(0))
    cut_off(world)
    await send(world, message(1))
    keys = world.node.settings.data / "keys" / "camera-spool"
    assert len(list(keys.rglob("*.key"))) == 1
    world.at += timedelta(days=32)
    assert await take_spooled(world.node) == 1
    assert spool_of(world.node).count() == 0 and list(keys.rglob("*.key")) == []


async def test_a_file_that_is_no_message_is_passed_over(world: World) -> None:
    spool: CameraSpool = spool_of(world.node)
    spool.folder.mkdir(parents=True, exist_ok=True)
    for name in ("0000000001.000000-x.msg", "x.sealed", "1-2-20261231T0000Z.sealed"):
        (spool.folder / name).write_bytes(b"torn")
    assert await take_spooled(world.node) == 3 and spool.count() == 0
