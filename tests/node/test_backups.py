"""A backup brings the node back to whoever has its key, and brings nothing back that retention has destroyed."""

from __future__ import annotations

import base64
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from pyrage import x25519

from plateward.cli import backups as command
from plateward.core.errors import BadInput
from plateward.core.feed import FeedState
from plateward.demo import start
from plateward.demo.people import person
from plateward.node import backups
from plateward.node.backup_list import Known, being_written, change, known_backups, with_
from plateward.node.backups import back_up, check_backup, key_file, restore
from plateward.node.keeping.expiring import expire_backups
from plateward.node.node import open_node
from plateward.node.publishing.publish import publish
from plateward.node.reads import picture
from plateward.node.settings import FILE_NAME, load_settings
from plateward.store import events
from tests.node.feeding import running, stands, state
from tests.node.world import World, enter_town, plates

JPEG = b"\xff\xd8\xff\xe0" + b"a picture" + b"\xff\xd9"
TOML = """
agency = "us-ca-ridgeport-pd"
[retention]
minutes = 43200
[promises]
packs = ["us-ca-sb34"]
files = ["promises/ridgeport.toml"]
"""


def quiet(_: str) -> None:
    """Nobody listens."""


def a_node(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    (folder / FILE_NAME).write_text(TOML)
    start.write_files(folder)


async def test_a_running_node_is_backed_up_and_comes_back_to_the_key_alone_with_reads_records_and_ledger(
    folder_for_server: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, backup, there, secret, other = (
        folder_for_server / name for name in ("here", "backup", "there", "secret.txt", "other.txt")
    )
    assert command.key(secret) == 0 and command.key(other) == 0
    public = capsys.readouterr().out.split()[0]
    a_node(here)
    settings = load_settings(here / FILE_NAME)
    async with open_node(settings) as node:
        world = await enter_town(node)
        item = world.sent("7ABC128", timedelta(minutes=1), picture=base64.b64encode(JPEG).decode())
        await world.deliver(item)
        answer = await world.search("alvarez", "7ABC128")
        feed = await running(world)
        await world.deliver(world.sent("7ABC129", timedelta(minutes=1)))
        await publish(node, node.publisher)
        made = await back_up(settings, backup, quiet, recipients=[public])
        assert made.pictures == 1
        signs = (here / "keys" / "ledger.key").read_bytes()
    for path in (path for path in backup.rglob("*") if path.is_file()):
        data = path.read_bytes()
        assert b"7ABC128" not in data and signs not in data and b"alvarez" not in data, path
        if path.name not in ("backup.json", "manifest.json") and "pictures" not in path.parts:
            assert data.startswith(b"age-encryption.org/v1\n"), path
    await only_the_key_opens(backup, there, other)
    whole = check_backup(backup, datetime.now(UTC), key_file(secret))
    assert whole.opened and whole.faults == () and whole.contents.recipients == (public,)
    restored = await restore(backup, there, quiet, secret)
    assert (there / "keys").stat().st_mode & 0o077 == 0 and (there / "keys" / "ledger.key").stat().st_mode & 0o077 == 0
    async with open_node(restored) as node:
        world = World(node, world.town, node.now())
        again = await world.search("alvarez", "7ABC128")
        assert plates(again) == ["7ABC128"]
        async with node.store.transaction() as tx:
            assert await events.access_record(tx, answer.access_record) is not None
        assert await state(world, feed) is FeedState.ENDED, "it may have been ended since the backup was made"
        assert (await stands(world, feed)).waiting == 0
        await publish(node, node.publisher)
        gone = await picture(node, person("alvarez"), UUID(str(item["id"])), again.access_record)
        assert gone.jpeg is None, "the picture's key was not in the backup"
    with pytest.raises(BadInput, match="not empty"):
        await restore(backup, there, quiet, secret)
    with pytest.raises(BadInput, match="exists already"):
        await back_up(settings, backup, quiet, recipients=[public])
    assert [one.folder for one in known_backups(here)] == [str(backup)]
    assert command.list_backups(config=here / FILE_NAME) == 0 and f"sealed for {public}" in capsys.readouterr().out
    backup.rename(backup.with_name("elsewhere"))
    assert command.list_backups(config=here / FILE_NAME) == 1 and "It is not there" in capsys.readouterr().out


async def only_the_key_opens(backup: Path, there: Path, other: Path) -> None:
    with pytest.raises(BadInput, match="sealed; give the key"):
        await restore(backup, there, quiet)
    with pytest.raises(BadInput, match=r"no key in .*other\.txt opens this file.*") as wrong:
        await restore(backup, there, quiet, other)
    assert "node.tar.age" in str(wrong.value) and not there.exists()
    assert not check_backup(backup, datetime.now(UTC)).opened, "digests can be compared without the key"
    faults = check_backup(backup, datetime.now(UTC), key_file(other)).faults
    assert len(faults) > 2 and all("no key in" in fault for fault in faults)


def small(folder: Path, recipients: tuple[str, ...], data: Path) -> Path:
    """A backup of settings and ledger alone."""
    folder.mkdir()
    backups._copy_files(data, folder, recipients, datetime.now(UTC))
    (folder / "database").mkdir()
    (folder / "database" / "manifest.json").write_text(
        '{"format":1,"program":"0","made_at":"2026-11-02T00:00:00Z","migrations":[],"ledger_size":0,"epoch":1,"files":[]}'
    )
    return folder


@pytest.mark.parametrize("harm", ["cut off", "changed", "missing", "cut off where the digest was mended"])
async def test_a_backup_that_was_damaged_is_named_and_nothing_is_made_of_it(tmp_path: Path, harm: str) -> None:
    identity = x25519.Identity.generate()
    (tmp_path / "key").write_text(f"# a comment\n\n{identity}\n")
    a_node(tmp_path / "data")
    folder = small(tmp_path / "b", (str(identity.to_public()),), tmp_path / "data")
    assert check_backup(folder, datetime.now(UTC), key_file(tmp_path / "key")).faults == ()
    victim = folder / "node.tar.age"
    data = victim.read_bytes()
    if harm == "missing":
        victim.unlink()
    elif harm == "changed":
        victim.write_bytes(data[:300] + bytes([data[300] ^ 1]) + data[301:])
    else:
        victim.write_bytes(data[:-100])
    if "mended" in harm:
        contents = backups.read_contents(folder)
        mended = backups.describe(victim)
        text = (folder / "backup.json").read_text().replace(contents.node.sha256, mended.sha256)
        (folder / "backup.json").write_text(text.replace(f'"size": {len(data)}', f'"size": {len(data) - 100}'))
    said = {"missing": "missing", "changed": "changed since", "cut off": "cut off"}.get(harm, "damaged or was cut off")
    with pytest.raises(BadInput, match=said) as fault:
        await restore(folder, tmp_path / "new", quiet, tmp_path / "key")
    assert "node.tar.age" in str(fault.value) and not (tmp_path / "new").exists()
    (found,) = check_backup(folder, datetime.now(UTC), key_file(tmp_path / "key")).faults
    assert said in found
    assert command.check(folder, identity=tmp_path / "key") == 1


def test_another_program_of_the_format_opens_what_was_sealed(tmp_path: Path) -> None:
    """The files are age files: here the library alone opens one, as the command age does."""
    identity = x25519.Identity.generate()
    a_node(tmp_path / "data")
    folder = small(tmp_path / "b", (str(identity.to_public()),), tmp_path / "data")
    (tmp_path / "node.tar").write_bytes(pyrage.decrypt((folder / "node.tar.age").read_bytes(), [identity]))
    with tarfile.open(tmp_path / "node.tar") as tar:
        assert {"plateward.toml", "promises/ridgeport.toml"} <= set(tar.getnames())


def test_a_backup_in_the_clear_takes_a_word_and_a_wrong_key_is_said_before_anything_is_written(tmp_path: Path) -> None:
    a_node(tmp_path / "data")
    config = tmp_path / "data" / FILE_NAME
    with pytest.raises(BadInput, match="nobody is named who could open it"):
        command.backup(tmp_path / "b", config=config)
    with pytest.raises(BadInput, match="sealed or in the clear, not both"):
        command.backup(tmp_path / "b", config=config, clear=True, recipient=("age1x",))
    for wrong in ("age1x", "somebody@example.org", "ssh-ed25519 AAAA"):
        with pytest.raises(BadInput, match="no key to seal for"):
            command.backup(tmp_path / "b", config=config, recipient=(wrong,))
    (tmp_path / "secret").write_text("not a key")
    with pytest.raises(BadInput, match="no key file"):
        key_file(tmp_path / "secret")
    with pytest.raises(BadInput, match="cannot be read"):
        key_file(tmp_path / "nothing")
    assert command.key(tmp_path / "made") == 0 and (tmp_path / "made").stat().st_mode & 0o077 == 0
    with pytest.raises(BadInput, match="never written over"):
        command.key(tmp_path / "made")
    assert not (tmp_path / "b").exists() and known_backups(tmp_path / "data") == ()


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no backup"):
        check_backup(tmp_path, datetime.now(UTC))
    (tmp_path / "backup.json").write_text("{")
    with pytest.raises(BadInput, match="damaged"):
        check_backup(tmp_path, datetime.now(UTC))


WRITES_AND_STOPS = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from plateward.node.backup_list import Known, being_written, change, with_
data, folder, target = map(Path, sys.argv[1:])
folder.mkdir()
with being_written(folder):
    change(data, lambda every: with_(every, Known(str(folder), datetime.now(UTC), becomes=str(target))))
    (folder / "half").write_bytes(b"half")
    print("writing", flush=True)
    sys.stdin.read()
    os._exit(9)
"""


async def test_a_backup_whose_writer_was_killed_goes_and_one_that_is_being_written_stays(
    world: World, tmp_path: Path
) -> None:
    data, fresh, target = world.node.settings.data, tmp_path / ".b.0a1b.new", tmp_path / "b"
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_AND_STOPS, str(data), str(fresh), str(target)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as writer:  # fmt: skip
        assert writer.stdout is not None and writer.stdout.readline() == b"writing\n"
        await expire_backups(world.node, world.at)
        assert (fresh / "half").exists() and len(known_backups(data)) == 1
        writer.communicate()
    change(data, lambda every: with_(every, Known(str(target), world.at, world.at + timedelta(days=9))))
    await expire_backups(world.node, world.at)
    assert not fresh.exists() and known_backups(data) == (), "nor is a backup looked for that it would have become"
    with pytest.raises(FileNotFoundError), being_written(fresh):
        pass
