"""Fixtures for everything that needs a database: one embedded server a session, a fresh database a test.

``postgres`` is the server; ``database`` a database of its own with the whole schema, copied from a template in a fraction of a
second; ``store`` the node's connections to it; ``folder_for_server`` an empty folder that the server's account can enter
(pytest's own cannot be, for root).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from plateward.store.connection import Database, Store
from plateward.store.embedded import OWNER_ROLE, EmbeddedServer
from plateward.store.migrate import migrate

TEMPLATE = "plateward_template"
_numbers = itertools.count(1)


def make_folder() -> Path:
    """A short empty folder that every account may pass through; in memory where there is enough, to spare the disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    folder = Path(tempfile.mkdtemp(prefix="pw-test-", dir=memory if roomy else None))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def folder_for_server() -> Iterator[Path]:
    folder = make_folder()
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[EmbeddedServer]:
    """The session's server, with a template database that holds the schema."""
    folder = make_folder()
    (folder / "conf").mkdir()
    # Tests lose nothing in a crash of the machine; those about durability start servers of their own.
    (folder / "conf" / "custom.conf").write_text("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    try:
        async with EmbeddedServer(folder) as server:
            await _statement(server, f"CREATE DATABASE {TEMPLATE}")
            await migrate(database_on(server, TEMPLATE).owner)
            yield server
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def database(postgres: EmbeddedServer) -> AsyncIterator[Database]:
    """A fresh database with the schema and nothing in it."""
    name = await new_database(postgres, TEMPLATE)
    yield database_on(postgres, name)
    await _statement(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(loop_scope="session")
async def store(database: Database) -> AsyncIterator[Store]:
    """The node's connections to a fresh database."""
    async with Store.open(database, connections=8, timeout_s=20) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def empty_database(postgres: EmbeddedServer) -> AsyncIterator[Database]:
    """A fresh database without even the schema."""
    name = await new_database(postgres, "template1")
    yield database_on(postgres, name)
    await _statement(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def new_database(server: EmbeddedServer, template: str) -> str:
    """Make a database from ``template``; the caller drops it."""
    name = f"test_{next(_numbers)}"
    await _statement(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return name


def database_on(server: EmbeddedServer, name: str) -> Database:
    """How the node connects to database ``name`` of ``server``."""
    return Database(node=server.dsn(database=name), owner=server.dsn(OWNER_ROLE, name))


async def _statement(server: EmbeddedServer, statement: str) -> None:
    for attempt in range(5):
        try:
            async with await psycopg.AsyncConnection.connect(
                server.dsn(OWNER_ROLE, "postgres"), autocommit=True
            ) as connection:
                await connection.execute(statement.encode())
            return
        except psycopg.errors.ObjectInUse:
            # autovacuum may look at the template while it is copied
            await asyncio.sleep(0.2 * (attempt + 1))
    raise AssertionError(f"the database stays in use: {statement}")
