"""Fixtures of the store's tests."""

from __future__ import annotations

import pytest_asyncio

from plateward.store.connection import Store
from tests.store.world import World, make_world


@pytest_asyncio.fixture(loop_scope="session")
async def world(store: Store) -> World:
    return await make_world(store)
