"""A node of its own to measure on: an empty folder, the demo town's agencies and readers, and no reads yet."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from plateward.demo import start
from plateward.demo.town import DEFAULT_SEED, Town, ridgeport
from plateward.node.devices import readers
from plateward.node.entering import enter_agencies, enter_shares
from plateward.node.node import Node, open_node
from plateward.node.people import accounts as people
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.start import prepare

KEYS = {"rpd-harbor-5th-n": "bench-1", "rpd-main-10th-s": "bench-2", "rpd-main-2nd-n": "bench-3"}
"""Readers that deliver in a bench, with their keys: one for each client, as in the field."""


@contextlib.asynccontextmanager
async def empty_town(say: Callable[[str], None], folder: Path | None = None) -> AsyncIterator[tuple[Node, Town]]:
    """A node with the town's agencies, people, readers and shares. Without ``folder`` it is gone afterwards."""
    place = folder or Path(tempfile.mkdtemp(prefix="plateward-bench-"))
    place.chmod(0o755)
    try:
        start.write_files(place)
        async with open_node(start.settings(place, 8731), progress=say) as node:
            town = ridgeport(DEFAULT_SEED, node.now())
            if not await people.anybody(node):
                await _begin(node, town)
            yield node, town
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


async def _begin(node: Node, town: Town) -> None:
    await begin_ledger(node, node.publisher)
    await enter_agencies(node, town.agencies, town.affiliations)
    await prepare(node)
    async with node.store.transaction() as tx:
        for resident in town.people:
            await people.add(node, tx, resident.person)
    async with node.store.transaction() as tx:
        for reader in town.readers:
            await readers.add(node, tx, reader, by=None, key=KEYS.get(reader.id))
    await enter_shares(node, town.shares)
