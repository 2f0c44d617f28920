"""Backups: consistent, whole again after a restore, and gone on time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest
from pyrage import x25519

from plateward.core.errors import BadInput, Fault
from plateward.core.people import Person, Role
from plateward.core.plate import PlatePattern
from plateward.store import backup, people, reads, search
from plateward.store.backup_files import Opener, reading, writing
from plateward.store.connection import Database, Store
from plateward.store.embedded import EmbeddedServer
from plateward.store.search import Wanted
from tests.store.test_events import append, search_event
from tests.store.world import KEEP, NOW, World

DAY = timedelta(days=1)
ALVAREZ = Person("alvarez", "M. Alvarez", Role.OFFICER, "ridgeport-pd", "ridgeport-pd", ("task-force",))


async def fill(world: World) -> None:
    """Reads of five days and two classes, a correction, one set apart, somebody signed in, an access record."""
    await world.add(*(world.read(f"7ABC{n:03}", NOW - n * DAY - timedelta(minutes=1)) for n in range(5)))
    await world.add(world.read("SHORT1"), keep=180)
    await world.add(world.read("8XYZ777", of="b"))
    async with world.store.transaction([world.a]) as tx:
        await reads.quarantine(
            tx, agency_no=world.a, reader_no=world.reader_a, received_at=NOW, expires_at=NOW + 3 * DAY, read_id=None,
            why="wrong clock", payload=b"{}", digest=b"d" * 16,
        )  # fmt: skip
        await people.add_person(tx, ALVAREZ, NOW, source="letter")
        await people.add_session(tx, bytes(32), "alvarez", csrf=b"c", agent="", at=NOW, expires=NOW + DAY)
        await append(tx, search_event())


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Store]:
    async with Store.open(database, connections=3) as store:
        yield store


async def plates(store: Store, pattern: str) -> list[str]:
    async with store.transaction([1, 2]) as tx:
        page = await search.find(tx, Wanted(((1, None), (2, None)), PlatePattern.parse(pattern)))
    return [row.read.plate for row in page.reads]


async def test_a_restore_has_everything_but_sessions(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path
) -> None:
    await fill(world)
    made = await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    assert (made.ledger_size, made.epoch, sum(file.rows for file in made.files)) == (1, 1, 8)
    assert await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", NOW) == made
    async with opened(empty_database) as store:
        assert await plates(store, "7AB*") == [f"7ABC{n:03}" for n in range(5)]
        assert await plates(store, "*777") == ["8XYZ777"]
        async with store.transaction([1]) as tx:
            assert await people.person(tx, "alvarez", NOW) == ALVAREZ
            assert await people.session(tx, bytes(32), NOW) is None
            (apart,) = await reads.quarantined(tx, [1])
            assert apart.why == "wrong clock"
            assert await append(tx, search_event()) == 1
        restored = World(store, world.a, world.b, world.reader_a, world.reader_b)
        await restored.add(restored.read("7ABC999"))
        assert "7ABC999" in await plates(store, "7AB*")


async def test_reads_that_have_expired_since_are_not_restored(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path
) -> None:
    await fill(world)
    await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    later = NOW + timedelta(minutes=KEEP) - 2 * DAY
    await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", later)
    async with opened(empty_database) as store:
        assert await plates(store, "7AB*") == ["7ABC000", "7ABC001"]
        assert await plates(store, "SHORT?") == []


async def test_a_backup_forgets_file_by_file_on_time_and_can_still_be_restored(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path
) -> None:
    await fill(world)
    made = await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    assert backup.expire_backup(tmp_path / "b", NOW) == ()
    later = NOW + timedelta(minutes=KEEP) - 2 * DAY
    gone = backup.expire_backup(tmp_path / "b", later)
    assert len(gone) == 5  # three days of the long class, the short class, and what was set apart
    assert not any((tmp_path / "b" / name).exists() for name in gone)
    for file in made.files:
        if file.name not in gone and file.expires_at is not None:
            assert file.expires_at > later
    assert backup.expire_backup(tmp_path / "b", later) == ()
    await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", later)
    async with opened(empty_database) as store:
        assert await plates(store, "7AB*") == ["7ABC000", "7ABC001"]


async def test_no_plate_stands_in_what_is_left_when_the_reads_have_expired(
    postgres: EmbeddedServer, world: World, database: Database, tmp_path: Path
) -> None:
    """The dump itself is kept for years: it must hold no read, no dictionary, no statistics. A plate asked for is another thing."""
    await world.add(world.read("9NEVER7"))
    await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    backup.expire_backup(tmp_path / "b", NOW + timedelta(minutes=KEEP) + DAY)
    text = await asyncio.create_subprocess_exec(
        str(postgres.programs["pg_restore"]),
        "-f",
        "-",
        str(tmp_path / "b" / "database.dump"),
        stdout=asyncio.subprocess.PIPE,
    )
    dumped, _ = await text.communicate()
    assert b"CREATE TABLE plateward.reads" in dumped
    assert b"9NEVER7" not in dumped
    assert {path.name for path in (tmp_path / "b").rglob("*") if path.is_file()} == {"manifest.json", "database.dump"}


async def test_a_backup_is_of_one_moment_while_reads_go_on_coming(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path
) -> None:
    """Each transaction adds a read and a record of it: in the backup there must be as many of one as of the other."""
    stop = asyncio.Event()

    async def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            item = world.incoming(world.read(f"N{n:05}", NOW - (n % 3) * DAY))
            async with world.store.transaction([world.a]) as tx:
                await reads.add(tx, [item], NOW)
                await append(tx, search_event())

    await world.add(*(world.read("FIRST", NOW - n * DAY) for n in range(3)))
    writer = asyncio.create_task(write())
    await asyncio.sleep(0.2)
    made = await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    stop.set()
    await writer
    await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", NOW)
    async with opened(empty_database) as store, store.transaction([1]) as tx:
        row = await (
            await tx.execute(
                "SELECT (SELECT count(*) FROM reads) - 3, (SELECT count(*) FROM access), (SELECT size FROM ledger_head)"
            )
        ).fetchone()
    assert row is not None and row[0] == row[1] == row[2] == made.ledger_size > 0


@pytest.mark.parametrize("harm", ["change", "remove"])
async def test_a_damaged_backup_is_named_and_nothing_is_restored(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path, harm: str
) -> None:
    await fill(world)
    await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    victim = next((tmp_path / "b" / "reads").iterdir())
    if harm == "remove":
        victim.unlink()
    else:
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    with pytest.raises(BadInput, match=victim.name):
        await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", NOW)
    async with await psycopg.AsyncConnection.connect(empty_database.owner) as connection:
        assert await (await connection.execute("SELECT to_regnamespace('plateward')")).fetchone() == (None,)


async def test_a_restore_that_fails_half_way_leaves_the_database_empty(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await fill(world)
    await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)

    async def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(backup.restoring, "load_rows", full)
        with pytest.raises(OSError, match="No space"):
            await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", NOW)
    await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", NOW)


async def test_a_database_that_is_not_empty_is_left_alone(
    postgres: EmbeddedServer, world: World, database: Database, tmp_path: Path
) -> None:
    await fill(world)
    await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    with pytest.raises(BadInput, match="not empty"):
        await backup.restore(database.owner, postgres.programs, tmp_path / "b", NOW)
    assert await plates(world.store, "7AB*") == [f"7ABC{n:03}" for n in range(5)]


async def test_a_folder_that_exists_is_not_written_over(
    postgres: EmbeddedServer, database: Database, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="exists already"):
        await backup.back_up(database.owner, postgres.programs, tmp_path, NOW)


async def test_a_backup_that_fails_leaves_nothing(
    postgres: EmbeddedServer, empty_database: Database, tmp_path: Path
) -> None:
    with pytest.raises((Fault, psycopg.Error)):
        await backup.back_up(empty_database.owner, postgres.programs, tmp_path / "b", NOW)
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_of_a_newer_program_says_which_to_install(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path
) -> None:
    await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW)
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    newer = {**manifest, "program": "9.0", "migrations": [*manifest["migrations"], "0999_later.sql"]}
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(newer))
    with pytest.raises(Fault, match=r"Plateward 9\.0, which has 0999_later\.sql"):
        await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", NOW)
    (tmp_path / "b" / "manifest.json").write_text(json.dumps({**manifest, "format": 7}))
    with pytest.raises(BadInput, match="format 7"):
        backup.read_manifest(tmp_path / "b")


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no backup"):
        backup.read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match="damaged"):
        backup.read_manifest(tmp_path)


async def test_a_sealed_backup_holds_nothing_in_the_clear_forgets_on_time_and_comes_back_to_its_key(
    postgres: EmbeddedServer, world: World, database: Database, empty_database: Database, tmp_path: Path
) -> None:
    await fill(world)
    identity, stranger = x25519.Identity.generate(), x25519.Identity.generate()
    recipients = [str(identity.to_public()), str(x25519.Identity.generate().to_public())]
    made = await backup.back_up(database.owner, postgres.programs, tmp_path / "b", NOW, recipients)
    assert made.recipients == tuple(recipients) and all(file.name.endswith(".age") for file in made.files)
    later = NOW + timedelta(minutes=KEEP) - 2 * DAY
    assert len(backup.expire_backup(tmp_path / "b", later)) == 5
    for keys, said in ((backup.NO_KEYS, "sealed; give the key"), (Opener((stranger,), "mine"), "no key in mine opens")):
        with pytest.raises(BadInput, match=said):
            await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", later, keys)
    await backup.restore(empty_database.owner, postgres.programs, tmp_path / "b", later, Opener((identity,)))
    async with opened(empty_database) as store:
        assert await plates(store, "7AB*") == ["7ABC000", "7ABC001"]


def test_a_disk_that_is_full_is_said_and_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyrage, "encrypt_io", full)
    recipient = str(x25519.Identity.generate().to_public())
    with pytest.raises(Fault, match="No space left"), writing(tmp_path / "x.age", [recipient]) as sink:
        for _ in range(100):
            sink.write(bytes(1 << 20))


def test_a_reader_that_wants_only_the_beginning_of_a_sealed_file_gets_it(tmp_path: Path) -> None:
    identity = x25519.Identity.generate()
    with writing(tmp_path / "x.age", [str(identity.to_public())]) as sink:
        sink.write(b"begin" + bytes(5 << 20))
    with reading(tmp_path / "x.age", Opener((identity,))) as source:
        assert source.read(5) == b"begin"
