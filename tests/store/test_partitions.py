"""Partitions are there before the reads, and what is past its time is gone: counted, no younger read with it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import psycopg
import pytest

from plateward.core.errors import Fault
from plateward.store import partitions
from plateward.store.connection import Store
from plateward.store.partitions import Partitions, ahead, width
from tests.store.world import KEEP, NOW, World

DAY = timedelta(days=1)


async def names(store: Store) -> list[str]:
    async with store.transaction() as tx:
        rows = await (await tx.execute("SELECT name FROM read_partitions ORDER BY name")).fetchall()
        parts = await (
            await tx.execute(
                "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "JOIN pg_class p ON p.oid = i.inhparent WHERE c.relkind = 'r' AND p.relkind = 'p' ORDER BY 1"
            )
        ).fetchall()
    assert rows == parts, "the list of partitions tells what there is"
    return [name for (name,) in rows]


@pytest.mark.parametrize("keep", [3, 119, 120, 2879, 2880, KEEP])
async def test_the_program_and_the_database_agree_on_a_partitions_length(store: Store, keep: int) -> None:
    async with store.transaction() as tx:
        assert await (await tx.execute("SELECT partition_width(%s)", [keep])).fetchone() == (width(keep),)
    instant = datetime.fromtimestamp(1_800_000_123, NOW.tzinfo)
    await Partitions(store).ensure([(keep, instant)])
    async with store.transaction() as tx:
        ((begins, ends),) = await (await tx.execute("SELECT from_at, to_at FROM read_partitions")).fetchall()
    assert begins <= instant < ends and ends - begins == width(keep)


async def test_they_are_made_ahead_and_only_once(store: Store) -> None:
    made = Partitions(store)
    assert await made.ensure_ahead([KEEP, 60], NOW) == 9 + 14
    assert await made.ensure_ahead([KEEP, 60], NOW) == 0
    assert await made.ensure_ahead([KEEP], NOW + DAY) == 1
    assert await made.classes() == (60, KEEP)
    async with store.transaction() as tx:
        row = await (await tx.execute("SELECT max(to_at) FROM read_partitions WHERE keep_minutes = 60")).fetchone()
    assert row is not None and row[0] >= NOW + ahead(60)


async def test_several_makers_at_once_make_each_once(store: Store) -> None:
    made = await asyncio.gather(*(Partitions(store).ensure_ahead([KEEP], NOW) for _ in range(6)))
    assert sorted(made) == [0, 0, 0, 0, 0, 9]


async def test_old_reads_of_an_import_get_partitions_of_their_days(world: World) -> None:
    await world.add(*(world.read("7ABC123", NOW - n * DAY) for n in (1, 2, 3, 20)))
    assert len(await names(world.store)) == 4


@pytest.mark.parametrize("keep", [0, -1, 5_270_401])
async def test_a_retention_that_cannot_be_is_refused(store: Store, keep: int) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="between one minute and ten years"):
        await Partitions(store)._make(keep, NOW, NOW + DAY)


async def test_a_span_without_end_is_refused(store: Store) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="at most 5000"):
        await Partitions(store)._make(3, NOW, NOW + 400 * DAY)


async def test_purging_removes_exactly_what_is_past_its_time(world: World) -> None:
    keep = 3 * 1440
    ages = [timedelta(hours=n * 7 + 1) for n in range(20)]
    await world.add(*(world.read(f"P{n:03}", NOW - age) for n, age in enumerate(ages)), keep=keep)
    await world.add(world.read("KEPT", NOW - 5 * DAY), world.read("B1", NOW - 4 * DAY, of="b"), keep=KEEP)
    await world.add(world.read("B2", NOW - 4 * DAY, of="b"), keep=keep)
    purged = await Partitions(world.store).purge(NOW)
    async with world.store.transaction([world.a, world.b]) as tx:
        left = [row[0] for row in await (await tx.execute("SELECT plate FROM reads ORDER BY plate")).fetchall()]
    young = [f"P{n:03}" for n, age in enumerate(ages) if age < timedelta(minutes=keep)]
    assert left == ["B1", "KEPT", *young]
    gone = {number: sum(row.reads for row in purged if row.agency_no == number) for number in (world.a, world.b)}
    assert gone == {world.a: 20 - len(young), world.b: 1}
    assert all(row.keep_minutes == keep and row.newest <= NOW - timedelta(minutes=keep) for row in purged if row.reads)
    async with world.store.transaction() as tx:
        row = await (
            await tx.execute(
                "SELECT count(*) FROM read_partitions WHERE to_at + keep_minutes * interval '1 min' <= %s", [NOW]
            )
        ).fetchone()
    assert row == (0,)
    await names(world.store)
    assert await Partitions(world.store).purge(NOW) == ()


async def test_a_law_of_three_minutes_is_kept(world: World) -> None:
    await world.add(
        world.read("OLD", NOW - timedelta(minutes=4)), world.read("YOUNG", NOW - timedelta(minutes=2)), keep=3
    )
    await Partitions(world.store).purge(NOW)
    async with world.store.transaction([world.a]) as tx:
        assert await (await tx.execute("SELECT plate FROM reads")).fetchall() == [("YOUNG",)]


async def test_nobody_can_purge_ahead_of_time(world: World) -> None:
    """A wrong or hostile clock in the node must not destroy what is still to be kept."""
    await world.add(world.read("7ABC123"))
    made = Partitions(world.store)
    for purge in (made.purge, made.purge_plates, made.purge_quarantine):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="lies ahead"):
            await purge(NOW + 400 * DAY)
    async with world.store.transaction([world.a]) as tx:
        assert len(await (await tx.execute("SELECT 1 FROM reads")).fetchall()) == 1


async def test_a_plate_leaves_the_dictionary_with_its_last_read(world: World) -> None:
    await world.add(world.read("GONE", NOW - 3 * DAY), world.read("STAYS", NOW - 3 * DAY), keep=1440)
    await world.add(world.read("STAYS", NOW - 3 * DAY), keep=KEEP)
    made = Partitions(world.store)
    assert await made.purge_plates(NOW) == 0, "its read is still there"
    await made.purge(NOW)
    assert await made.purge_plates(NOW + timedelta(minutes=1)) == 1
    async with world.store.transaction() as tx:
        assert await (await tx.execute("SELECT plate FROM plate_dictionary")).fetchall() == [("STAYS",)]


async def test_a_drop_that_must_wait_for_a_search_comes_to_its_end_and_searches_go_on(world: World) -> None:
    await world.add(world.read("OLD", NOW - 40 * DAY), world.read("NEW"), keep=KEEP)

    async def search_for_a_while() -> None:
        async with world.store.transaction([world.a]) as tx:
            await tx.execute("SELECT count(*) FROM reads")
            await tx.execute("SELECT pg_sleep(1.5)")

    long_search = asyncio.create_task(search_for_a_while())
    await asyncio.sleep(0.2)
    purge = asyncio.create_task(Partitions(world.store).purge(NOW))
    while not long_search.done():
        async with world.store.transaction([world.a], timeout_s=1) as tx:  # never waits long behind the drop
            await tx.execute("SELECT count(*) FROM reads")
        await asyncio.sleep(0.02)
    await long_search
    assert sum(row.reads for row in await purge) == 1


async def test_a_purge_that_cannot_get_its_lock_says_so_and_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_TRIES", 2)
    await world.add(world.read("OLD", NOW - 40 * DAY), keep=KEEP)
    async with world.store.transaction([world.a]) as tx:
        await tx.execute("SELECT count(*) FROM reads")
        with pytest.raises(Fault, match="could not drop a partition"):
            await Partitions(world.store).purge(NOW)
    assert len(await names(world.store)) == 1
    assert len(await Partitions(world.store).purge(NOW)) == 1


async def test_a_delivery_set_apart_expires_too(world: World) -> None:
    from plateward.store import reads

    async with world.store.transaction([world.a]) as tx:
        for n, expires in enumerate((NOW - DAY, NOW + DAY)):
            await reads.quarantine(
                tx, agency_no=world.a, reader_no=world.reader_a, received_at=NOW - 2 * DAY, expires_at=expires, read_id=None,
                why="wrong clock", payload=b"{}", digest=bytes([n]) * 16,
            )  # fmt: skip
    assert await Partitions(world.store).purge_quarantine(NOW) == {world.a: 1}
