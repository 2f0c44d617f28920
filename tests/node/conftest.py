"""A node of the demo's town on a fresh database, with a clock that a test moves by setting a field."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from tests.node.audited import make_searches
from tests.node.feeding import end_every_feed, with_hosts
from tests.node.household import House, house
from tests.node.world import World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database


@pytest_asyncio.fixture(loop_scope="session")
async def world(store: Store, tmp_path: Path) -> AsyncIterator[World]:
    """Agencies, people, readers, promises and shares of Ridgeport; no reads yet."""
    yield await begin(store, tmp_path)


@pytest_asyncio.fixture(loop_scope="session")
async def home(store: Store, tmp_path: Path) -> AsyncIterator[House]:
    """A household that has read the law, with a camera and an empty list."""
    yield await house(store, tmp_path)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def month(postgres: EmbeddedServer) -> AsyncIterator[World]:
    """Ridgeport after a month of searches; tests add audits, verdicts and reports, and ask only about their own."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            world = await begin(store, folder)
            await make_searches(world)
            yield world
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def feeding_town(postgres: EmbeddedServer) -> AsyncIterator[World]:
    """Ridgeport for the tests of feeds."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            world = await begin(store, folder)
            with_hosts(world)
            yield world
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def town(feeding_town: World) -> AsyncIterator[World]:
    """A town in which no feed runs and nothing waits."""
    feeding_town.at += timedelta(hours=2)
    yield feeding_town
    await end_every_feed(feeding_town)
