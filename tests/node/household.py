"""A household's node for tests: its settings as the command line writes them, one camera, a clock that tests move."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from plateward.core.ids import uuid7
from plateward.core.people import Person
from plateward.core.read import Reader
from plateward.node.devices import readers
from plateward.node.household.law import say_read
from plateward.node.household.my_list import MyPlate, NewPlate, put_plate
from plateward.node.household.profile import householder
from plateward.node.ingest import IngestAnswer, accept
from plateward.node.node import Node
from plateward.node.publishing.files import open_publisher
from plateward.node.settings import FILE_NAME, HOME_TEMPLATE, load_settings
from plateward.node.start import prepare
from plateward.node.vault import Vault
from plateward.store.connection import Store
from plateward.store.partitions import Partitions
from tests.node.world import NOW, batch

CAMERA, KEY = "driveway", "the camera's key"
ANNA, STRANGER = "7ANN123", "8STR456"


@dataclass(slots=True)
class House:
    """The node and its clock."""

    node: Node
    at: datetime

    @property
    def me(self) -> Person:
        return householder(self.node)

    def sent(self, plate: str, ago: timedelta = timedelta(minutes=5), **more: object) -> dict[str, object]:
        """A read as a reader sends it."""
        at = self.at - ago
        return {
            "id": str(uuid7(at, self.node.random(10))), "plate": plate, "read_at": at.isoformat(), "confidence": 0.93,
        } | more  # fmt: skip

    async def deliver(self, *items: dict[str, object]) -> IngestAnswer:
        answer = await accept(self.node, KEY, batch(items))
        assert isinstance(answer, IngestAnswer)
        return answer

    async def list_plate(self, plate: str = ANNA, name: str = "Anna's car", **more: object) -> MyPlate:
        return await put_plate(self.node, self.me, NewPlate(plate, name, **more))  # type: ignore[arg-type]


def write_settings(folder: Path, *, place: str = "US-CA", **changed: str) -> Path:
    """The settings file as ``plateward home`` writes it."""
    file = folder / FILE_NAME
    text = HOME_TEMPLATE.format(
        agency="home-0a1b2c3d", title="At home", place=place, host="127.0.0.1", port=8731, time_zone="UTC"
    )
    for old, new in changed.items():
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


async def house(store: Store, folder: Path, *, place: str = "US-CA", now: datetime = NOW, read: bool = True) -> House:
    """A household that has read the law and has one camera; nothing on its list."""
    settings = load_settings(write_settings(folder, place=place))
    vault = Vault(folder)
    vault.open_folders()
    node = Node(settings, store, vault, Partitions(store), open_publisher(settings, os.urandom))
    made = House(node, now)
    made.node = replace(node, now=lambda: made.at)
    await prepare(made.node)
    async with store.transaction() as tx:
        await readers.add(made.node, tx, Reader(CAMERA, settings.agency, "Driveway"), by="me", key=KEY)
    if read:
        await say_read(made.node, made.me)
    return made
