"""The simulated world of the node's tests: Ridgeport as it begins, its people by name, and reads on request."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from plateward.core.ids import uuid7
from plateward.core.people import Person
from plateward.core.plate import Likeness, PlatePattern
from plateward.core.purpose import Purpose
from plateward.demo import start
from plateward.demo.people import person
from plateward.demo.town import Town, ridgeport
from plateward.formats.reads import Batch, decode_batch
from plateward.node.devices import readers
from plateward.node.entering import enter_agencies, enter_shares
from plateward.node.ingest import IngestAnswer, accept
from plateward.node.node import Node
from plateward.node.people import accounts as people
from plateward.node.publishing.files import open_publisher
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.search import SearchAnswer, SearchRequest, search
from plateward.node.start import prepare
from plateward.node.vault import Vault
from plateward.store.connection import Store
from plateward.store.partitions import Partitions

NOW = datetime.fromisoformat("2026-11-02T17:00:00+00:00")
KEY = "a reader's key"
READER = "rpd-harbor-5th-n"
PURPOSE = Purpose.of("burglary series", case="26-0117")


@dataclass(slots=True)
class World:
    """The node and its town. ``at`` is the clock."""

    node: Node
    town: Town
    at: datetime

    def random(self, number: int) -> bytes:
        return self.node.random(number)

    def sent(self, plate: str, ago: timedelta = timedelta(minutes=5), **more: object) -> dict[str, object]:
        """A read as a reader sends it."""
        at = self.at - ago
        return {
            "id": str(uuid7(at, self.random(10))),
            "plate": plate,
            "read_at": at.isoformat(),
            "confidence": 0.93,
        } | more

    async def deliver(self, *items: dict[str, object], key: str = KEY) -> IngestAnswer:
        answer = await accept(self.node, key, batch(items))
        assert isinstance(answer, IngestAnswer)
        return answer

    async def search(
        self,
        who: str | Person,
        typed: str,
        *,
        likeness: Likeness = Likeness.EXACT,
        purpose: Purpose = PURPOSE,
        **more: object,
    ) -> SearchAnswer:
        asker = person(who) if isinstance(who, str) else who
        pattern = PlatePattern.parse(typed, likeness) if typed else None
        return await search(self.node, asker, SearchRequest(pattern, purpose, **more))  # type: ignore[arg-type]


def batch(items: Sequence[dict[str, object]]) -> Batch:
    return decode_batch(msgspec.json.encode({"reads": items}), "application/json")


async def begin(store: Store, folder: Path, *, peopled: bool = True, now: datetime = NOW) -> World:
    settings = start.settings(folder, 8731)
    start.write_files(folder)
    vault = Vault(folder)
    vault.open_folders()
    node = Node(settings, store, vault, Partitions(store), open_publisher(settings, os.urandom))
    world = World(node, ridgeport(1, now), now)
    world.node = replace(node, now=lambda: world.at)
    return await _fill(world, peopled=peopled)


async def enter_town(node: Node) -> World:
    """The same town on a node that is open already, at the clock's own time."""
    world = World(node, ridgeport(1, NOW), node.now())
    return await _fill(world)


async def _fill(world: World, *, peopled: bool = True) -> World:
    node, store = world.node, world.node.store
    await begin_ledger(node, node.publisher)
    await enter_agencies(node, world.town.agencies, world.town.affiliations)
    await prepare(node)
    async with store.transaction() as tx:
        for resident in world.town.people if peopled else ():
            await people.add(node, tx, resident.person)
    async with store.transaction() as tx:
        for reader in world.town.readers:
            await readers.add(node, tx, reader, by=None, key=KEY if reader.id == READER else f"key of {reader.id}")
    await enter_shares(node, world.town.shares)
    return world


def plates(answer: SearchAnswer) -> list[str]:
    return [found.read.plate for found in answer.reads]
