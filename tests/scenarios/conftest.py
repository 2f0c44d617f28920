"""A stage for the stories: rules with the real agencies, and a node that answers on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from plateward.store.connection import Store
from plateward.web.serve import serve
from tests.node.world import begin
from tests.scenarios.stage import Stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Ridgeport's node, served; the command line knows its address."""
    world = await begin(store, tmp_path)
    world.node = replace(world.node, demo_people=tuple(resident.person for resident in world.town.people))
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path / "home"))
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(world.node, "127.0.0.1", 0, started.set_result))
    yield Stage(world, await started)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
