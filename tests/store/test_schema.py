"""One schema: made new or grown by migrations it is the same, and an unknown one is left alone."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import psycopg
import pytest

from plateward.core.errors import Fault
from plateward.core.ids import instant, uuid7
from plateward.core.read import Reader
from plateward.store import migrate as m
from plateward.store import readers
from plateward.store.connection import Database, Store
from plateward.store.embedded import EmbeddedServer
from plateward.store.migrate import Migration, migrate, migrations, require_current
from plateward.store.sql import load

SUBJECTS = (
    "alerts", "audit", "changes", "documents", "events", "exposure", "feeds", "holds", "hotlists", "household", "openings",
    "outbox", "partitions", "passkeys", "people", "pictures", "policy", "reader_link", "readers", "reads", "residue", "retention",
    "search", "sharing",
)  # fmt: skip


async def dump(server: EmbeddedServer, database: Database) -> list[str]:
    """Everything in the database as SQL, without what differs between two equal ones."""
    command = [str(server.programs["pg_dump"]), "-d", database.owner, "--exclude-table-data=plateward_schema.applied"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


async def test_a_new_database_equals_one_that_came_through_every_migration(
    postgres: EmbeddedServer, database: Database, empty_database: Database
) -> None:
    done = await migrate(empty_database.owner, steps=migrations())
    assert done == (*[step.file for step in migrations()], "functions.sql")
    assert await dump(postgres, empty_database) == await dump(postgres, database)


async def test_an_upgrade_from_the_first_release_keeps_its_reads(
    postgres: EmbeddedServer, database: Database, empty_database: Database
) -> None:
    await migrate(empty_database.owner, steps=migrations()[:1])
    async with Store.open(empty_database, connections=2) as store, store.transaction() as tx:
        await tx.execute("SET LOCAL plateward.agencies = '1'")  # as the first release wrote it
        await readers.add_reader(tx, Reader("r-1", "agency-a", "Main & 1st"))
        at = instant(1_780_000_000_000)
        await tx.execute("SELECT ensure_partitions(43200, %s, %s)", [at, at])
        await tx.execute("SELECT ensure_partitions(43200, %s, %s)", [at, at + timedelta(days=1)])
        await tx.execute(
            "INSERT INTO reads (read_id, read_at, received_at, agency_no, reader_no, keep_minutes, confidence, plate, digest) "
            "VALUES (%s, %s, %s, 1, 1, 43200, 900, '7ABC123', '')",
            [uuid7(at, bytes(10)), at, at],
        )
    assert await migrate(empty_database.owner) == tuple(step.file for step in migrations()[1:])
    async with Store.open(empty_database, connections=2) as store, store.transaction([1]) as tx:
        assert await (await tx.execute("SELECT plate FROM reads")).fetchall() == [("7ABC123",)]


async def test_migrating_twice_does_nothing(database: Database) -> None:
    assert await migrate(database.owner) == ()


async def test_two_nodes_may_start_on_a_new_database_at_once(empty_database: Database) -> None:
    done = await asyncio.gather(*(migrate(empty_database.owner) for _ in range(3)))
    assert sorted(done, reverse=True) == [("schema.sql", "functions.sql"), (), ()]


async def test_a_database_of_a_newer_program_is_refused_by_name(empty_database: Database) -> None:
    newer = Migration("0999_from_the_future.sql", "CREATE TABLE plateward.later (n int)")
    await migrate(empty_database.owner, steps=(*migrations(), newer))
    with pytest.raises(Fault, match=r"newer Plateward.*0999_from_the_future"):
        await migrate(empty_database.owner)


async def test_a_migration_that_was_changed_afterwards_is_noticed(empty_database: Database) -> None:
    await migrate(empty_database.owner)
    changed = (replace(migrations()[0], sql="SELECT 1"), *migrations()[1:])
    with pytest.raises(Fault, match=r"0001_first\.sql was changed after"):
        await migrate(empty_database.owner, steps=changed)


async def test_a_migration_that_fails_changes_nothing(empty_database: Database) -> None:
    broken = Migration("0999_broken.sql", "CREATE TABLE plateward.half (n int); SELECT 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(empty_database.owner, steps=(*migrations(), broken))
    async with await psycopg.AsyncConnection.connect(empty_database.owner) as connection:
        assert await (await connection.execute("SELECT to_regclass('plateward.half')")).fetchone() == (None,)
    assert await migrate(empty_database.owner) == ("functions.sql",)


async def test_a_node_that_may_not_migrate_says_what_is_missing(
    database: Database, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await psycopg.AsyncConnection.connect(database.node) as connection:
        await require_current(connection)
        known = migrations()
        monkeypatch.setattr(m, "migrations", lambda: (*known, Migration("0999_next.sql", "SELECT 1")))
        with pytest.raises(Fault, match=r"lacks 0999_next\.sql"):
            await require_current(connection)


async def test_a_server_without_the_roles_is_told_what_to_run(postgres: EmbeddedServer) -> None:
    """Roles belong to the server, so this asks for some that no server has."""
    from plateward.store import roles

    original = roles._ROLES
    roles._ROLES = original.replace("'plateward_node')\n", "'no_such_role')\n")
    try:
        async with await psycopg.AsyncConnection.connect(postgres.dsn("plateward_owner")) as connection:
            with pytest.raises(Fault, match=r"no role plateward_node(.|\n)*CREATE ROLE plateward_node"):
                await roles.require_roles(connection)
    finally:
        roles._ROLES = original


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_query_is_left_that_nobody_runs(subject: str) -> None:
    folder = files("plateward.store")
    source = (folder / f"{subject}.py").read_text() + (folder / "queries" / f"{subject}.sql").read_text()
    for name in load(subject):
        assert f'"{name}"' in source or f"-- use: {name}\n" in source, name


def test_the_queries_stand_under_their_subjects() -> None:
    there = {entry.name.removesuffix(".sql") for entry in (files("plateward.store") / "queries").iterdir()}
    assert there == set(SUBJECTS)


def test_migrations_are_numbered_without_gap_or_double() -> None:
    numbers = [int(step.file[:4]) for step in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
