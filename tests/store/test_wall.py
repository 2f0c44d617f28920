"""The second wall, attacked: what the node's role can do when somebody forgets, or writes SQL of their own."""

from __future__ import annotations

import psycopg
import pytest

from plateward.core.errors import Fault
from plateward.store import readers, reads, search
from plateward.store.connection import Database, Store
from plateward.store.roles import require_wall
from tests.store.world import NOW, World, make_world


async def one(tx: psycopg.AsyncConnection[tuple[object, ...]], statement: str) -> object:
    row = await (await tx.execute(statement.encode())).fetchone()
    return row and row[0]


async def test_a_query_that_forgets_the_gate_sees_no_rows(world: World) -> None:
    await world.add(world.read("7ABC123"), world.read("8XYZ777", of="b"))
    async with world.store.transaction() as tx:
        assert await one(tx, "SELECT count(*) FROM reads") == 0
    async with world.store.transaction([world.a]) as tx:
        assert await (await tx.execute("SELECT plate FROM reads")).fetchall() == [("7ABC123",)]
    async with world.store.transaction([world.a, world.b]) as tx:
        assert await one(tx, "SELECT count(*) FROM reads") == 2


async def test_the_next_transaction_on_a_connection_sees_nothing_of_the_last_ones_owners(database: Database) -> None:
    async with Store.open(database, connections=1) as store:
        world = await make_world(store)
        await world.add(world.read("7ABC123"))
        async with store.transaction([world.a]) as tx:
            assert await one(tx, "SELECT count(*) FROM reads") == 1
        async with store.transaction() as tx:
            assert await one(tx, "SELECT count(*) FROM reads") == 0


async def test_a_partition_queried_directly_is_refused(world: World) -> None:
    await world.add(world.read("7ABC123"))
    async with world.store.transaction([world.a]) as tx:
        name = await one(tx, "SELECT name FROM read_partitions ORDER BY from_at LIMIT 1")
    for table in (f"plateward_parts.{name}", "plateward_parts.reads_k43200"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with world.store.transaction([world.a]) as tx:
                await tx.execute(f"SELECT * FROM {table}".encode())


@pytest.mark.parametrize(
    "attack",
    [
        "ALTER TABLE reads DISABLE ROW LEVEL SECURITY",
        "DROP POLICY owners ON reads",
        "ALTER ROLE plateward_node BYPASSRLS",
        "SET ROLE plateward_owner",
        "SET SESSION AUTHORIZATION plateward_owner",
        "GRANT plateward_owner TO plateward_node",
        "CREATE FUNCTION plateward.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE plateward.copy (n int)",
        "DELETE FROM reads",
        "UPDATE reads SET plate = 'CHANGED'",
        "TRUNCATE reads",
        "DELETE FROM plate_dictionary",
        "DELETE FROM events",
        "UPDATE events SET body = NULL",
        "DELETE FROM access",
        "UPDATE policy_epoch SET epoch = 0",
        "DELETE FROM ledger_head",
        "DELETE FROM pictures",
        "DELETE FROM alerts",
        "UPDATE alert_steps SET step = 'confirmed'",
        "UPDATE alert_reads SET read_plate = 'CHANGED'",
        "COPY reads TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT require_past(now())",
    ],
)
async def test_the_nodes_role_cannot_get_round_the_wall(world: World, attack: str) -> None:
    await world.add(world.read("7ABC123"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with world.store.transaction([world.a]) as tx:
            await tx.execute(attack.encode())


async def test_row_security_off_is_an_error_not_an_open_door(world: World) -> None:
    await world.add(world.read("8XYZ777", of="b"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with world.store.transaction([world.a]) as tx:
            await tx.execute("SET LOCAL row_security = off")
            await tx.execute("SELECT count(*) FROM reads")


async def test_a_leaky_function_in_a_query_learns_nothing_of_hidden_rows(world: World) -> None:
    """The classic: an error message that quotes a row. The policy is applied before any function that may leak."""
    await world.add(world.read("8SECRET", of="b"), world.read("7ABC123"))
    async with world.store.transaction([world.a]) as tx:
        found = await tx.execute("SELECT 1 FROM reads WHERE plate LIKE '8%' AND plate::int > 0")
        assert await found.fetchall() == []


async def test_a_read_cannot_be_stored_for_an_owner_the_transaction_was_not_opened_for(world: World) -> None:
    await world.add(world.read("7ABC123"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with world.store.transaction([world.a]) as tx:
            await reads.add(tx, [world.incoming(world.read("8XYZ777", of="b"))], NOW)


async def test_a_temporary_table_cannot_stand_in_for_a_real_one(world: World) -> None:
    await world.add(world.read("7ABC123"))
    async with world.store.transaction([world.a]) as tx:
        await tx.execute("CREATE TEMPORARY TABLE reads (LIKE plateward.reads) ON COMMIT DROP")
        await tx.execute("CREATE TEMPORARY TABLE policy_epoch (epoch bigint) ON COMMIT DROP")
        assert await one(tx, "SELECT count(*) FROM reads") == 1
        assert await one(tx, "SELECT hold_epoch()") == 1


@pytest.mark.parametrize("owners", [[-1], [0], [True], ["1"], ["1'; DROP TABLE reads --"], [1.0]])
async def test_only_numbers_of_agencies_get_into_the_setting(world: World, owners: list[object]) -> None:
    with pytest.raises(ValueError, match="numbers of agencies"):
        async with world.store.transaction(owners):  # type: ignore[arg-type]
            pass


@pytest.mark.parametrize("setting", ["", ",", ",,", "1", ",1", "x", "{1}", ",11,", ", 1 ,"])
async def test_a_setting_that_is_no_list_shows_nothing(world: World, setting: str) -> None:
    await world.add(world.read("7ABC123"))
    assert world.a == 1
    async with world.store.transaction() as tx:
        await tx.execute(f"SET LOCAL plateward.agencies = '{setting}'".encode())
        assert await one(tx, "SELECT count(*) FROM reads") == 0


async def test_agency_twelve_is_not_agencies_one_and_two(database: Database) -> None:
    async with Store.open(database, connections=2) as store:
        async with store.transaction() as tx:
            for n in range(1, 12):
                await readers.add_agency(tx, f"agency-{n}")
        world = await make_world(store)
        assert (world.a, world.b) == (12, 13)
        await world.add(world.read("7ABC123"))
        for owners, seen in (([1, 2], 0), ([2], 0), ([112], 0), ([1, 12], 1), ([12], 1)):
            async with store.transaction(owners) as tx:
                assert await one(tx, "SELECT count(*) FROM reads") == seen


async def test_an_owner_left_out_of_the_query_is_left_out_of_the_answer(world: World) -> None:
    """Both walls: the transaction is open for A and B, the search names only A."""
    await world.add(world.read("7ABC123"), world.read("7ABC123", of="b"))
    async with world.store.transaction([world.a, world.b]) as tx:
        page = await search.find(tx, search.Wanted(((world.a, None),)))
    assert [row.agency for row in page.reads] == ["agency-a"]


async def test_a_node_that_works_as_the_owner_is_not_started(database: Database) -> None:
    with pytest.raises(Fault, match="not as plateward_node"):
        async with Store.open(Database(node=database.owner, owner=database.owner)):
            pass


async def test_a_grant_on_a_partition_is_found_before_the_node_works(world: World, database: Database) -> None:
    await world.add(world.read("7ABC123"))
    async with await psycopg.AsyncConnection.connect(database.owner) as owner:
        name = await one(owner, "SELECT name FROM plateward.read_partitions LIMIT 1")
        await owner.execute(f"GRANT SELECT ON plateward_parts.{name} TO plateward_node".encode())
    async with world.store.transaction() as tx:
        with pytest.raises(Fault, match=f"{name} past row-level security"):
            await require_wall(tx)


async def test_a_login_that_becomes_the_role_cannot_reset_its_way_out(database: Database) -> None:
    """``database = "postgresql://…"`` with a login that may become both roles: RESET ROLE leads back to the node's."""
    addresses = Database.from_dsn(database.owner)
    assert "role=plateward_node" in addresses.node
    async with await psycopg.AsyncConnection.connect(database.node, options="-c role=plateward_node") as connection:
        await connection.execute("RESET ROLE")
        assert await one(connection, "SELECT current_user::text") == "plateward_node"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(Fault, match="no PostgreSQL address"):
        Database.from_dsn("postgresql://user@[::1/name")
