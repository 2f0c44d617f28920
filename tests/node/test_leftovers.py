"""What was written for something that came to nothing goes, is counted once, and nothing that is needed goes with it."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio

from plateward.core.errors import Fault
from plateward.demo.people import person
from plateward.node import ingest
from plateward.node.durable import write_durably
from plateward.node.keeping import leftovers
from plateward.node.keeping.holds import HoldRequest, request_hold
from plateward.node.keeping.leftovers import SAFE, sweep
from plateward.node.keeping.purge import purge
from plateward.node.sealing import Keys, bucket
from plateward.store import pictures
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from tests.node.purging import DAY, OWNER, owner_of, receipts
from tests.node.world import World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

JPEG = b"\xff\xd8\xff\xe0" + b"a picture" + b"\xff\xd9"
SENT = base64.b64encode(JPEG).decode()


def files(world: World, folder: str = "pictures") -> list[Path]:
    return [path for path in (world.node.settings.data / folder).rglob("*") if path.is_file()]


def age(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def grow_old(world: World) -> None:
    """As if everything on the disk had been written two hours ago."""
    for folder in ("pictures", "keys", "held", "ledger"):
        for path in (world.node.settings.data / folder).rglob("*"):
            age(path, world.at - 2 * SAFE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(postgres: EmbeddedServer) -> AsyncIterator[World]:
    """Ridgeport, for all tests here."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=6, timeout_s=20) as store:
            yield await begin(store, folder)
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def world(town: World, postgres: EmbeddedServer) -> World:
    """The town without pictures, held reads and receipts, its database set up long before its clock begins."""
    for folder in ("pictures", "keys/pictures", "held"):
        shutil.rmtree(town.node.settings.data / folder, ignore_errors=True)
    town.node.vault.open_folders()
    town.node.swept = 0
    async with await psycopg.AsyncConnection.connect(owner_of(town.node.store, postgres)) as connection:
        await connection.execute(
            "TRUNCATE plateward.pictures, plateward.leftovers, plateward.purge_journal, plateward.holds"
        )
    await set_up_at(town, postgres, town.at - 100 * DAY)
    _begun[0] = len(await receipts(town))
    return town


_begun = [0]
"""How many receipts there were when the test began."""


async def set_up_at(world: World, postgres: EmbeddedServer, at: datetime) -> None:
    async with await psycopg.AsyncConnection.connect(owner_of(world.node.store, postgres)) as connection:
        await connection.execute("UPDATE plateward_schema.applied SET applied_at = %s", [at])


async def counted(world: World) -> int:
    found = (await receipts(world))[_begun[0] :]
    return sum(dict(receipt.get("others") or {}).get("leftovers", 0) for receipt in found)  # type: ignore[call-overload]


class Crash(BaseException):
    """The machine stops here: nothing is tidied up."""


def crashes(*_: object, **__: object) -> None:
    raise Crash


async def deliver_and_crash(world: World, monkeypatch: pytest.MonkeyPatch, *plates: str) -> None:
    """Pictures are on the disk, and the machine stops before the rows are."""
    with monkeypatch.context() as patch:
        patch.setattr(ingest.reads, "add", crashes)
        with pytest.raises(Crash):
            await world.deliver(*(world.sent(plate, picture=SENT) for plate in plates))


async def test_the_picture_of_a_delivery_that_was_cut_off_goes_and_the_others_stay(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.deliver(world.sent("7ABC001", picture=SENT))
    await deliver_and_crash(world, monkeypatch, "8CUT001", "8CUT002")
    assert len(files(world)) == 3
    await purge(world.node)
    assert len(files(world)) == 3, "a transaction may still be under way"
    grow_old(world)
    await purge(world.node)
    await purge(world.node)
    assert len(files(world)) == 1 and await counted(world) == 2
    assert world.node.vault.get(UUID(files(world)[0].name), OWNER, files(world, "keys/pictures")[0].stem) == JPEG


@pytest.mark.parametrize(
    "step", ["note_leftovers", "leftovers", "forget_leftovers", "remove", "buckets_in_use", "_receipts"]
)
async def test_a_crash_after_any_step_of_the_sweep_leaves_nothing_behind_and_counts_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from plateward.node.keeping import purge as purging

    await world.deliver(world.sent("7ABC001", picture=SENT))
    await deliver_and_crash(world, monkeypatch, "8CUT001", "8CUT002")
    grow_old(world)
    target: object = {"remove": type(world.node.vault), "buckets_in_use": leftovers.rows, "_receipts": purging}.get(
        step, pictures
    )
    work: Callable[..., object] = getattr(target, step)

    def then_crash(*given: object, **more: object) -> object:
        done = work(*given, **more)
        if step == "remove":
            raise Crash

        async def crash_afterwards() -> None:
            await done  # type: ignore[misc]
            raise Crash

        return crash_afterwards()

    with monkeypatch.context() as patch:
        patch.setattr(target, step, then_crash)
        with pytest.raises(Crash):
            await purge(world.node)
    await purge(world.node)
    await purge(world.node)
    assert len(files(world)) == 1 and await counted(world) == 2


async def test_a_fault_while_storing_leaves_no_picture_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise Fault("the database does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(ingest.reads, "add", fails)
        with pytest.raises(Fault):
            await world.deliver(world.sent("8CUT003", picture=SENT))
    assert files(world) == []


async def test_keys_that_open_nothing_go_and_one_that_just_sealed_a_picture_stays(world: World) -> None:
    await world.deliver(world.sent("7ABC001", picture=SENT))
    (needed,) = files(world, "keys/pictures")
    keys, kept = world.node.vault.keys, timedelta(days=30)
    for days in (1, 2):
        keys.key_to_seal_with(OWNER, bucket(world.at + days * DAY, kept))
    grow_old(world)
    keys.key_to_seal_with(OWNER, bucket(world.at + 2 * DAY, kept))  # a delivery that is under way
    swept = await sweep(world.node, world.at)
    assert swept.keys == 1
    assert {path.stem for path in files(world, "keys/pictures")} == {needed.stem, bucket(world.at + 2 * DAY, kept)}


def test_a_key_destroyed_while_somebody_waits_for_it_is_made_anew(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "apart")
    (tmp_path / "apart" / OWNER).mkdir(parents=True)
    (tmp_path / "apart" / OWNER / "somebody-elses.key").write_bytes(b"")
    first = keys.key_to_seal_with(OWNER, "20261201T0000Z")
    assert keys.key_to_seal_with(OWNER, "20261201T0000Z") == keys.key(OWNER, "20261201T0000Z") == first
    assert keys.shred(datetime.fromisoformat("2026-12-01T00:00:00+00:00")) == 1
    with pytest.raises(FileNotFoundError):
        keys.key(OWNER, "20261201T0000Z")
    assert keys.key_to_seal_with(OWNER, "20261201T0000Z") != first


async def test_files_that_a_crash_left_half_written_go_wherever_the_node_writes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, made = world.node.settings.data, []
    for place in ("pictures/ab", "keys/pictures/us-ca-ridgeport-pd", "held/x", "camera-spool", "ledger/tile/0"):
        (data / place).mkdir(parents=True, exist_ok=True)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", crashes)
            patch.setattr(Path, "unlink", crashes)
            with pytest.raises(Crash):
                write_durably(data / place / "file", b"half")
        made += list((data / place).glob(".file*"))
    assert len(made) == 5
    await purge(world.node)
    assert all(path.exists() for path in made), "somebody may still be writing"
    for path in made:
        age(path, world.at - 2 * SAFE)
    await purge(world.node)
    assert not any(path.exists() for path in made)
    assert (data / "ledger").is_dir() and (data / "keys").is_dir()


async def test_a_round_looks_at_so_much_and_the_next_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "MOST", 1)
    for first in ("00", "01", "80", "ff"):
        path = world.node.settings.data / "pictures" / first / (first + uuid4().hex[2:])
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"sealed")
        age(path, world.at - 2 * SAFE)
    assert [(await sweep(world.node, world.at)).pictures for _ in range(5)] == [1, 1, 1, 1, 0]
    assert files(world) == []


async def asked(world: World, plate: str) -> Path:
    await world.deliver(world.sent(plate, picture=SENT))
    wanted = HoldRequest(
        "investigation",
        "26-0117",
        "burglary series",
        world.at + 9 * DAY,
        plate,
        seen_from=world.at - DAY,
        seen_to=world.at,
    )
    found = await request_hold(world.node, person("alvarez"), wanted)
    assert found.hold is not None
    return world.node.settings.data / "held" / found.hold.hold_id.hex


async def test_held_pictures_go_with_their_reads_and_not_before_their_hold_is_known(world: World) -> None:
    place = await asked(world, "7HLD001")
    lost, stranger = place / uuid4().hex, world.node.settings.data / "held" / uuid4().hex
    lost.write_bytes(b"its read is gone")
    stranger.mkdir()
    (stranger / "key").write_bytes(bytes(32))
    age(stranger, world.at)
    await purge(world.node)
    assert not lost.exists() and len(list(place.iterdir())) == 2, "the key and the picture of the read that is held"
    assert stranger.exists(), "a request whose transaction has not ended"
    age(stranger, world.at - 2 * SAFE)
    await purge(world.node)
    assert not stranger.exists() and len(list(place.iterdir())) == 2


async def test_a_node_pointed_at_another_database_takes_nothing_for_left_over(
    world: World, postgres: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await asked(world, "7HLD002")
    await deliver_and_crash(world, monkeypatch, "8CUT004")
    grow_old(world)
    age(place, world.at - 2 * SAFE)
    await set_up_at(world, postgres, world.at - SAFE)
    (world.node.settings.data / "held" / uuid4().hex).mkdir()
    before = sorted(files(world)), sorted(files(world, "keys")), sorted(files(world, "held"))
    await purge(world.node)
    assert (sorted(files(world)), sorted(files(world, "keys")), sorted(files(world, "held"))) == before
