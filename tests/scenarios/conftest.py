"""A stage for the stories: rules with the real agencies, and a node that answers on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from plateward.core.people import Person
from plateward.store.connection import Store
from plateward.web.serve import serve
from tests.node.illinois import DETECTIVE, STAFF, move_to_illinois
from tests.node.new_hampshire import STAFF as NASHUA_STAFF
from tests.node.new_hampshire import move_to_new_hampshire
from tests.node.world import World, begin
from tests.scenarios.stage import Stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Ridgeport's node, served; the command line knows its address."""
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path / "home"))
    async with _served(await begin(store, tmp_path)) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def illinois(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The same node with a department of Illinois and its people, bound by the law of that state."""
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path / "home"))
    world = await begin(store, tmp_path)
    await move_to_illinois(world)
    async with _served(world, *STAFF.values(), DETECTIVE) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def new_hampshire(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The same node with a department of New Hampshire, bound by its law of three minutes."""
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path / "home"))
    world = await begin(store, tmp_path, now=datetime.now(UTC) - timedelta(days=60))  # its clock goes on by a month
    await move_to_new_hampshire(world)
    async with _served(world, *NASHUA_STAFF.values()) as served:
        yield served


@contextlib.asynccontextmanager
async def _served(world: World, *more: Person) -> AsyncIterator[Stage]:
    world.node = replace(world.node, demo_people=(*(resident.person for resident in world.town.people), *more))
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(world.node, "127.0.0.1", 0, started.set_result))
    yield Stage(world, await started)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
