"""The ledger from the act to the reader's check: publishing, failing in every place, witnesses, forks, restores."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from msgspec.structs import replace as changed

from plateward.cli.ledger_source import FolderSource
from plateward.cli.witness_server import WitnessFolder, witness_app
from plateward.core.errors import Fault
from plateward.core.event import EventType, fields_of
from plateward.formats.bodies import BodyRecord, parse_bodies
from plateward.formats.checkpoint import parse_checkpoint
from plateward.formats.signed_note import parse_vkey
from plateward.node import durable
from plateward.node.node import Node
from plateward.node.publishing import public_bodies
from plateward.node.publishing import publish as publishing
from plateward.node.publishing.files import Publisher, open_publisher
from plateward.node.publishing.publish import begin, publish, receipt
from plateward.node.settings import Ledger, Witness
from plateward.oversight.ledger.compare import Snapshot
from plateward.oversight.ledger.report import Report
from plateward.oversight.ledger.verify import Asked, verify_ledger
from plateward.store import events
from plateward.store.connection import Connection, Database, Store
from tests.node.world import World


def verify(world: World, folder: Path | None = None, **asked: object) -> Report:
    place = folder or world.node.publisher.folder
    bodies = place / "bodies.jsonl"
    shown = parse_bodies(bodies.read_bytes().splitlines()) if bodies.exists() else None
    now = world.at + timedelta(days=1)
    return verify_ledger(FolderSource(place), Asked(**({"now": now, "bodies": shown} | asked)))  # type: ignore[arg-type]


def problems(report: Report) -> dict[int, str]:
    return {check.number: check.sentence for check in report.checks if not check.ok}


def snapshot(world: World, folder: Path) -> Snapshot:
    """A copy that an outsider keeps."""
    shutil.copytree(world.node.publisher.folder, folder)
    return Snapshot("my copy", parse_checkpoint((folder / "checkpoint").read_bytes()), FolderSource(folder))


def reopened(world: World, node: Node | None = None, **ledger: object) -> World:
    """The node as it is after a restart."""
    node = node or world.node
    settings = changed(node.settings, ledger=Ledger(**ledger)) if ledger else node.settings  # type: ignore[arg-type]
    publisher = open_publisher(settings, os.urandom)
    publisher.connect = node.publisher.connect
    again = World(replace(node, settings=settings, publisher=publisher), world.town, world.at)
    again.node = replace(again.node, now=lambda: world.at)
    return again


async def owner(database: Database, *statements: str) -> None:
    """Somebody with all rights works on the database itself."""
    async with await psycopg.AsyncConnection.connect(database.owner, autocommit=True) as connection:
        await connection.execute("SET search_path = plateward")
        for statement in statements:
            await connection.execute(statement.encode())


RENAMED = (
    "UPDATE events SET entry = replace(encode(entry, 'escape'), 'access.search', 'login.ended')::bytea WHERE seq = {}"
)
"""A refused search becomes somebody's sign-out."""


async def restore_to(database: Database, size: int) -> None:
    """The database as it was when the ledger had ``size`` entries."""
    await owner(
        database,
        f"DELETE FROM access WHERE seq >= {size}",
        f"DELETE FROM events WHERE seq >= {size}",
        f"UPDATE ledger_head SET size = {size}",
    )


async def size_of(world: World) -> int:
    async with world.node.store.transaction() as tx:
        return await events.size(tx)


async def test_what_acts_wrote_is_published_and_verifies(world: World) -> None:
    await world.search("alvarez", "7ABC128")
    await world.search("keller", "7ABC128")
    out = await publish(world.node, world.node.publisher)
    report = verify(world)
    assert problems(report) == {} and report.ok
    assert out.checkpoint.size == report.size == await size_of(world)
    assert report.events["access.search"] == 2
    again = await publish(world.node, world.node.publisher)
    assert again.encode() == out.encode()


async def test_a_later_look_continues_the_earlier_one(world: World, tmp_path: Path) -> None:
    await publish(world.node, world.node.publisher)
    before = snapshot(world, tmp_path / "copy")
    for _ in range(3):
        await world.search("alvarez", "7ABC128")
        await publish(world.node, world.node.publisher)
    report = verify(world, previous=[before])
    assert problems(report) == {} and 9 in {check.number for check in report.checks}


async def test_a_receipt_proves_a_record_offline_and_an_entry_that_is_not_there_has_none(world: World) -> None:
    answer = await world.search("alvarez", "7ABC128")
    proof = await receipt(world.node, world.node.publisher, answer.access_record)
    assert proof is not None
    report = verify(world, receipts=[("mine", proof.encode())])
    assert problems(report) == {}
    assert await receipt(world.node, world.node.publisher, 10**9) is None


async def test_a_changed_row_and_the_ledger_published_anew_from_it_are_a_fork_for_whoever_kept_a_copy(
    world: World, database: Database, tmp_path: Path
) -> None:
    answer = await world.search("keller", "7ABC128")
    await publish(world.node, world.node.publisher)
    before = snapshot(world, tmp_path / "copy")
    await owner(
        database,
        RENAMED.format(answer.access_record),
    )
    for entry in world.node.publisher.folder.iterdir():  # the files are thrown away, so that all is written again
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    forged = reopened(world)
    await publish(forged.node, forged.node.publisher)
    assert verify(forged).ok, "alone, nobody could tell"
    told = problems(verify(forged, previous=[before]))
    assert set(told) == {9}
    text = " ".join(p for check in verify(forged, previous=[before]).checks for p in check.problems)
    assert "FORK" in text and f"entry {answer.access_record} is the first that differs" in text


async def test_a_changed_body_does_not_open_its_entry(world: World, database: Database) -> None:
    answer = await world.search("keller", "7ABC128")
    await publish(world.node, world.node.publisher)
    await owner(
        database,
        f"UPDATE events SET body = replace(encode(body, 'escape'), 'keller', 'nobody')::bytea WHERE seq = {answer.access_record}",
    )
    async with world.node.store.transaction() as tx:
        row = await events.event(tx, answer.access_record)
    assert row is not None and row.body is not None and row.salt is not None
    record = BodyRecord(answer.access_record, bytes(row.body), bytes(row.salt))
    assert 11 in problems(verify(world, bodies=[record]))


# ---------------------------------------------------------------- no record, no answer


@pytest.mark.parametrize("stored", [False, True], ids=["failed and not stored", "failed but stored"])
async def test_an_act_whose_commit_fails_answers_nothing_whether_or_not_it_was_stored(
    world: World, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """The connection breaks while the commit is under way: the client cannot know which, and answers nobody in either case."""
    await world.deliver(world.sent("7ABC128"))
    before = await size_of(world)
    transaction = Store.transaction
    broken = False

    @asynccontextmanager
    async def breaks(self: Store, owners: object = None, **more: object) -> AsyncIterator[Connection]:
        nonlocal broken
        lost = psycopg.OperationalError("server closed the connection unexpectedly")
        async with transaction(self, owners, **more) as tx:  # type: ignore[arg-type]
            yield tx
            row = await (await tx.execute("SELECT size FROM ledger_head")).fetchone()
            searched = not broken and row is not None and row[0] > before
            if searched and not stored:
                broken = True
                raise lost
        if searched:
            broken = True
            raise lost

    monkeypatch.setattr(Store, "transaction", breaks)
    with pytest.raises(psycopg.OperationalError):
        await world.search("alvarez", "7ABC128")
    monkeypatch.undo()
    async with world.node.store.transaction() as tx:
        kinds = [row.type for row in await events.events(tx, limit=1000) if row.seq >= before]
    assert kinds == ["fault.recorded", "access.search"] if stored else kinds == ["fault.recorded"]
    await publish(world.node, world.node.publisher)
    assert verify(world).ok


def _full(path: Path, content: bytes, write: Callable[[Path, bytes], None], *, stored: bool) -> None:
    if stored:
        write(path, content)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@pytest.mark.parametrize("stored", [False, True], ids=["failed and not stored", "failed but stored"])
async def test_the_disk_is_full_at_every_single_file_of_a_publication_and_the_next_round_mends_it(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stored: bool
) -> None:
    await publish(world.node, world.node.publisher)
    before = snapshot(world, tmp_path / "copy")
    writes, fails_at = 0, 0

    def failing(write: Callable[[Path, bytes], None]) -> Callable[[Path, bytes], None]:
        def writing(path: Path, content: bytes) -> None:
            nonlocal writes
            writes += 1
            if writes == fails_at:
                _full(path, content, write, stored=stored)
            write(path, content)

        return writing

    for module in (publishing, public_bodies):
        monkeypatch.setattr(module, "write_whole", failing(durable.write_whole))
    monkeypatch.setattr(publishing, "write_durably", failing(durable.write_durably))
    while True:
        await world.search("alvarez", "7ABC128")
        writes, fails_at = 0, fails_at + 1
        try:
            await publish(world.node, world.node.publisher)
        except OSError:
            assert verify(world, previous=[before]).ok, "what is out stays whole"
            again = reopened(world)  # it may also crash there and be started again
            await begin(again.node, again.node.publisher)
            await publish(again.node, again.node.publisher)
            assert verify(again, previous=[before]).ok
        else:
            break
    assert fails_at >= 4, "two kinds of tiles and the checkpoint were tried"
    assert verify(world, previous=[before]).ok


async def test_a_crash_between_sequencing_and_publishing_loses_nothing(world: World) -> None:
    await publish(world.node, world.node.publisher)
    answer = await world.search("alvarez", "7ABC128")
    again = reopened(world)  # the process is gone before it published
    await begin(again.node, again.node.publisher)
    await publish(again.node, again.node.publisher)
    report = verify(again)
    assert report.ok and report.size is not None and report.size > answer.access_record
    assert again.node.publisher.generation == 1


async def test_two_servers_on_one_database_make_one_ledger_without_gap(world: World) -> None:
    other = reopened(world)

    async def serve(server: World) -> None:
        for number in range(6):
            await server.search("alvarez", f"7ABC12{number}")
            await publish(server.node, server.node.publisher)

    await asyncio.gather(serve(world), serve(other), serve(world), serve(other))
    sizes = [signed.checkpoint.size for signed in [await publish(world.node, world.node.publisher)]]
    assert sizes == [await size_of(world)]
    assert verify(world).ok


async def test_a_second_server_waits_until_the_first_has_published(world: World) -> None:
    """Otherwise the slower one puts an older checkpoint in the place of a newer, or reads a tile that was just replaced."""
    other = reopened(world)
    await world.search("alvarez", "7ABC128")
    async with world.node.publisher.alone():
        waiting = asyncio.create_task(publish(other.node, other.node.publisher))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert (await waiting).checkpoint.size == await size_of(world)


# ---------------------------------------------------------------- witnesses


def witness(folder: Path, world: World, *, name: str = "witness.example/w1") -> tuple[WitnessFolder, Witness]:
    seed = os.urandom(32)
    made = WitnessFolder.make(folder, name, [("ed25519", seed)])
    made.add([world.node.publisher.signer.key])
    return made, Witness(name, "http://witness", str(made.cosigners()[0].key))


def reach(world: World, folder: WitnessFolder) -> None:
    transport = httpx.ASGITransport(witness_app(folder, lambda: world.at.timestamp()))
    world.node.publisher.connect = lambda: httpx.AsyncClient(transport=transport)


async def witnessed(world: World, folder: Path, quorum: int = 1) -> tuple[World, WitnessFolder, Witness]:
    made, settings = witness(folder, world)
    reach(world, made)
    return reopened(world, witnesses=(settings,), quorum=quorum), made, settings


async def test_a_witness_cosigns_what_grows_and_the_reader_sees_it(world: World, tmp_path: Path) -> None:
    seen, _, settings = await witnessed(world, tmp_path / "w")
    for _ in range(3):
        await seen.search("alvarez", "7ABC128")
        await publish(seen.node, seen.node.publisher)
    report = verify(seen, witnesses=(parse_vkey(settings.key, "w"),))
    assert problems(report) == {} and settings.name in report.witnesses


async def test_without_its_witness_nothing_new_is_published_and_acts_go_on(world: World, tmp_path: Path) -> None:
    seen, _, _ = await witnessed(world, tmp_path / "w")
    out = await publish(seen.node, seen.node.publisher)

    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    seen.node.publisher.connect = lambda: httpx.AsyncClient(transport=httpx.MockTransport(refused))
    answer = await seen.search("alvarez", "7ABC128")
    with pytest.raises(Fault, match="0 of 1 witnesses cosigned"):
        await publish(seen.node, seen.node.publisher)
    assert seen.node.publisher.published() == out and answer.owners[0].allowed
    assert verify(seen).ok


async def test_a_fork_stops_at_the_nodes_own_door(world: World, database: Database, tmp_path: Path) -> None:
    """Somebody rewrites the database and throws the files away; the witness remembers."""
    seen, _, settings = await witnessed(world, tmp_path / "w", quorum=0)
    answer = await seen.search("keller", "7ABC128")
    await publish(seen.node, seen.node.publisher)
    await owner(
        database,
        RENAMED.format(answer.access_record),
    )
    for entry in seen.node.publisher.folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    forged = reopened(seen)
    await begin(forged.node, forged.node.publisher)
    await forged.search("alvarez", "7ABC128")
    with pytest.raises(Fault, match="contradicts what it saw before"):
        await publish(forged.node, forged.node.publisher)
    assert forged.node.publisher.published() is None
    assert settings.name == "witness.example/w1"


# ---------------------------------------------------------------- restored behind what was published


async def test_restored_behind_what_was_published_the_node_begins_a_successor_and_says_so_publicly(
    world: World, database: Database, tmp_path: Path
) -> None:
    await world.search("alvarez", "7ABC128")
    backup = await size_of(world)
    for _ in range(3):
        await world.search("keller", "7ABC128")
    await publish(world.node, world.node.publisher)
    before = snapshot(world, tmp_path / "copy")
    await restore_to(database, backup)
    again = reopened(world)
    await begin(again.node, again.node.publisher)
    await again.search("alvarez", "7ABC128")
    await publish(again.node, again.node.publisher)
    assert again.node.publisher.signer.name == f"{world.node.publisher.signer.name}/2"
    report = verify(again, previous=[before])
    assert problems(report) == {}
    told = next(check.sentence for check in report.checks if check.number == 9)
    assert "openly succeeds" in told and "the restore lost 3 entries" in told
    assert report.events["ledger.succeeded"] == 1
    old = verify(again, again.node.publisher.folder / "before" / "1")
    assert old.ok and old.size == backup + 3, "the old ledger stays as it was, for everybody"


async def test_a_successor_goes_on_after_restarts_gives_receipts_and_is_succeeded_in_its_turn(
    world: World, database: Database
) -> None:
    await publish(world.node, world.node.publisher)
    old = await size_of(world)
    await restore_to(database, old - 2)
    second = reopened(world)
    await begin(second.node, second.node.publisher)
    answer = await second.search("alvarez", "7ABC128")
    proof = await receipt(second.node, second.node.publisher, answer.access_record)
    assert proof is not None and proof.index == answer.access_record - second.node.publisher.base
    again = reopened(second)
    await begin(again.node, again.node.publisher)
    assert again.node.publisher.generation == 2
    assert problems(verify(again, receipts=[("mine", proof.encode())])) == {}
    await restore_to(database, answer.access_record)
    third = reopened(again)
    await begin(third.node, third.node.publisher)
    await publish(third.node, third.node.publisher)
    assert third.node.publisher.generation == 3 and verify(third).ok
    assert await receipt(third.node, third.node.publisher, 0) is None, "it stands in another ledger"


async def test_only_a_witness_knows_that_files_and_database_were_both_restored(
    world: World, database: Database, tmp_path: Path
) -> None:
    seen, made, settings = await witnessed(world, tmp_path / "w", quorum=0)
    await publish(seen.node, seen.node.publisher)
    backup = await size_of(seen)
    shutil.copytree(seen.node.publisher.folder, tmp_path / "backup")
    await seen.search("keller", "7ABC128")
    await publish(seen.node, seen.node.publisher)
    await restore_to(database, backup)
    shutil.rmtree(seen.node.publisher.folder)
    shutil.copytree(tmp_path / "backup", seen.node.publisher.folder)
    again = reopened(seen)
    await begin(again.node, again.node.publisher)
    made.add([again.node.publisher.signer.key])
    await publish(again.node, again.node.publisher)
    assert again.node.publisher.generation == 2
    async with again.node.store.transaction() as tx:
        (first,) = await events.events(tx, types=[str(EventType.LEDGER_SUCCEEDED)])
    assert first.body is not None
    told = fields_of(bytes(first.body))
    assert (told["size"], told["restored_size"]) == (backup + 1, backup)
    assert verify(again, witnesses=(parse_vkey(settings.key, "w"),)).ok


async def test_while_it_runs_on_a_database_that_went_back_nothing_is_answered(world: World, database: Database) -> None:
    await world.search("alvarez", "7ABC128")
    await publish(world.node, world.node.publisher)
    await restore_to(database, await size_of(world) - 1)
    with pytest.raises(Fault, match="does not hold"):
        await publish(world.node, world.node.publisher)
    with pytest.raises(Fault, match="Restart the node"):
        await world.search("alvarez", "7ABC128")


@pytest.mark.parametrize("moved", ["nothing", "tile", "tile and bodies"])
async def test_a_crash_in_the_middle_of_a_succession_is_finished_at_the_next_start(
    world: World, database: Database, moved: str
) -> None:
    await publish(world.node, world.node.publisher)
    size = await size_of(world)
    await restore_to(database, size - 1)
    dying = open_publisher(world.node.settings, os.urandom)
    out = dying.published()
    assert out is not None
    dying.succeed(out, size - 1, size - 1)
    before = dying.folder / "before" / "1"
    before.mkdir(parents=True)
    for name in {"nothing": (), "tile": ("tile",)}.get(moved, ("tile", "bodies.jsonl")):
        (dying.folder / name).rename(before / name)
    again = reopened(world)
    await begin(again.node, again.node.publisher)
    await publish(again.node, again.node.publisher)
    assert verify(again).ok and verify(again, before).ok
    assert await size_of(again) == size, "one entry of succession, not two"


def test_a_damaged_note_of_succession_is_a_fault_that_names_the_file(world: World) -> None:
    (world.node.publisher.folder / "succession.json").write_text("{")
    with pytest.raises(Fault, match=r"succession\.json"):
        open_publisher(world.node.settings, os.urandom)


async def test_an_empty_database_beside_a_published_ledger_is_a_restore_that_lost_all(
    world: World, database: Database
) -> None:
    await publish(world.node, world.node.publisher)
    await restore_to(database, 0)
    again = reopened(world)
    await begin(again.node, again.node.publisher)
    await publish(again.node, again.node.publisher)
    assert verify(again).ok and again.node.publisher.generation == 2


async def test_the_ledgers_name_and_key_stay_across_restarts(world: World) -> None:
    publisher: Publisher = world.node.publisher
    assert open_publisher(world.node.settings, os.urandom).signer.name == publisher.signer.name
    assert open_publisher(world.node.settings, os.urandom).seed == publisher.seed
