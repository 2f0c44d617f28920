"""One furnished node for all tests of the web: they add searches and sessions to it, and ask only about their own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from starlette.applications import Starlette

from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from plateward.web.app import create_app
from tests.node.world import World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database
from tests.web.world import Visitor, furnish, visit


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def web(postgres: EmbeddedServer) -> AsyncIterator[World]:
    """Ridgeport with reads, as a demonstration."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            world = await begin(store, folder)
            world.node = replace(world.node, demo_people=tuple(resident.person for resident in world.town.people))
            await furnish(world)
            yield world
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(web: World) -> Starlette:
    return create_app(web.node)


@pytest_asyncio.fixture(loop_scope="session")
async def officer(app: Starlette) -> Visitor:
    return await visit(app, "alvarez")


@pytest_asyncio.fixture(loop_scope="session")
async def analyst(app: Starlette) -> Visitor:
    """The analyst of the Bulk Cash Smuggling Center."""
    return await visit(app, "keller")


@pytest_asyncio.fixture(loop_scope="session")
async def supervisor(app: Starlette) -> Visitor:
    return await visit(app, "brandt")


@pytest_asyncio.fixture(loop_scope="session")
async def administrator(app: Starlette) -> Visitor:
    """The ALPR administrator."""
    return await visit(app, "nakamura")


@pytest_asyncio.fixture(loop_scope="session")
async def privacy_officer(app: Starlette) -> Visitor:
    return await visit(app, "whitfield")
