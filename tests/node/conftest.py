"""A node of the demo's town on a fresh database, with a clock that a test moves by setting a field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from plateward.store.connection import Store
from tests.node.world import World, begin


@pytest_asyncio.fixture(loop_scope="session")
async def world(store: Store, tmp_path: Path) -> AsyncIterator[World]:
    """Agencies, people, readers, promises and shares of Ridgeport; no reads yet."""
    yield await begin(store, tmp_path)
