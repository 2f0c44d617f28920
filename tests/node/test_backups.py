"""A backup brings the node back, and brings nothing back that retention has destroyed."""

from __future__ import annotations

import base64
import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from plateward.core.errors import BadInput
from plateward.demo import start
from plateward.demo.people import person
from plateward.node.backups import back_up, restore
from plateward.node.node import open_node
from plateward.node.publishing.publish import publish
from plateward.node.reads import picture
from plateward.node.settings import FILE_NAME, load_settings
from plateward.store import events
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


async def test_a_running_node_is_backed_up_and_comes_back_with_reads_records_and_ledger(
    folder_for_server: Path,
) -> None:
    here, backup, there = (folder_for_server / name for name in ("here", "backup", "there"))
    here.mkdir(mode=0o755)
    (here / FILE_NAME).write_text(TOML)
    start.write_promises(here)
    settings = load_settings(here / FILE_NAME)
    async with open_node(settings) as node:
        world = await enter_town(node)
        item = world.sent("7ABC128", timedelta(minutes=1), picture=base64.b64encode(JPEG).decode())
        await world.deliver(item)
        answer = await world.search("alvarez", "7ABC128")
        await publish(node, node.publisher)
        made = await back_up(settings, backup, quiet)
        assert made.pictures == 1
    restored = await restore(backup, there, quiet)
    async with open_node(restored) as node:
        world = World(node, world.town, node.now())
        again = await world.search("alvarez", "7ABC128")
        assert plates(again) == ["7ABC128"]
        async with node.store.transaction() as tx:
            assert await events.access_record(tx, answer.access_record) is not None
        await publish(node, node.publisher)
        gone = await picture(node, person("alvarez"), UUID(str(item["id"])), again.access_record)
        assert gone.jpeg is None, "the picture's key was not in the backup"
    with pytest.raises(BadInput, match="not empty"):
        await restore(backup, there, quiet)
    with pytest.raises(BadInput, match="exists already"):
        await back_up(settings, backup, quiet)


async def test_a_damaged_backup_changes_nothing(folder_for_server: Path) -> None:
    with pytest.raises(BadInput, match="no backup"):
        await restore(folder_for_server, folder_for_server / "new", quiet)
    assert not (folder_for_server / "new").exists()
    shutil.rmtree(folder_for_server / "new", ignore_errors=True)
