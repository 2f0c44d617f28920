"""Reads come in once: what a duplicate is, what a conflict is, and that nothing else gets stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.plate import look_alike, position_tokens
from plateward.store import reads, search
from plateward.store.partitions import Partitions
from plateward.store.reads import Outcome, leaves_dictionary
from tests.store.world import KEEP, NOW, World, store_all

ACCEPTED, DUPLICATE, CONFLICT = Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT


async def stored(world: World) -> list[tuple[object, ...]]:
    async with world.store.transaction([world.a, world.b]) as tx:
        return await (await tx.execute("SELECT agency_no, plate FROM reads ORDER BY plate, agency_no")).fetchall()


async def test_a_second_delivery_is_a_duplicate_and_adds_nothing(world: World) -> None:
    sent = [world.incoming(world.read(plate)) for plate in ("7ABC123", "8XYZ777", "9QRS456")]
    assert await world.add(*sent) == (ACCEPTED,) * 3
    assert await world.add(*reversed(sent)) == (DUPLICATE,) * 3
    assert len(await stored(world)) == 3


async def test_the_same_item_twice_in_one_delivery_is_stored_once(world: World) -> None:
    item = world.incoming(world.read("7ABC123"))
    changed = replace(item, read=replace(item.read, plate="8XYZ777"), digest=b"other" * 3)
    assert await world.add(item, item, changed) == (ACCEPTED, DUPLICATE, CONFLICT)
    assert await stored(world) == [(world.a, "7ABC123")]


async def test_a_known_id_with_another_plate_is_a_conflict_and_is_not_stored(world: World) -> None:
    """The key holds the plate too, so the database alone would take it."""
    item = world.incoming(world.read("7ABC123"))
    await world.add(item)
    changed = replace(item, read=replace(item.read, plate="8XYZ777"), digest=b"other" * 3)
    assert await world.add(changed) == (CONFLICT,)
    assert await stored(world) == [(world.a, "7ABC123")]


async def test_an_id_that_another_agency_used_is_a_conflict_even_with_the_same_plate(world: World) -> None:
    """The other's row is invisible here: it must neither be overwritten nor acknowledged as ours."""
    item = world.incoming(world.read("7ABC123"))
    await world.add(item)
    other = replace(item, agency_no=world.b, reader_no=world.reader_b)
    assert await world.add(other) == (CONFLICT,)
    assert await stored(world) == [(world.a, "7ABC123")]


async def test_the_same_read_kept_for_another_time_is_still_a_duplicate(world: World) -> None:
    item = world.incoming(world.read("7ABC123"))
    await world.add(item)
    assert await world.add(replace(item, keep_minutes=1440)) == (DUPLICATE,)
    assert len(await stored(world)) == 1


async def test_one_delivery_may_hold_good_and_bad_items_in_their_order(world: World) -> None:
    old = world.incoming(world.read("7ABC123"))
    await world.add(old)
    clash = replace(old, digest=b"x" * 16)
    fresh = [world.incoming(world.read(plate)) for plate in ("8XYZ777", "9QRS456")]
    assert await world.add(fresh[0], old, clash, fresh[1]) == (ACCEPTED, DUPLICATE, CONFLICT, ACCEPTED)


async def test_writers_of_the_same_new_plates_in_opposite_order_do_not_deadlock(world: World) -> None:
    plates = [f"DEAD{n:03}" for n in range(60)]
    for _ in range(4):
        a = [world.incoming(world.read(plate)) for plate in plates]
        b = [world.incoming(world.read(plate, of="b")) for plate in reversed(plates)]
        assert await asyncio.gather(world.add(*a), world.add(*b)) == [(ACCEPTED,) * 60, (ACCEPTED,) * 60]
        plates = [plate + "X" for plate in plates]


async def test_deliveries_of_the_same_reads_at_once_store_each_once(world: World) -> None:
    items = [world.incoming(world.read(f"RACE{n:03}")) for n in range(50)]
    outcomes = await asyncio.gather(*(world.add(*items) for _ in range(4)))
    assert [row.count(ACCEPTED) for row in zip(*outcomes, strict=True)] == [1] * 50
    assert {outcome for row in outcomes for outcome in row} == {ACCEPTED, DUPLICATE}
    assert len(await stored(world)) == 50


async def test_an_id_whose_time_is_not_the_reads_is_refused_by_the_database(world: World) -> None:
    read = world.read("7ABC123")
    await world.add(read)
    other = world.read("8XYZ777", NOW - timedelta(hours=2))
    async with world.store.transaction([world.a]) as tx:
        with pytest.raises(psycopg.errors.CheckViolation, match="read_id_is_of_read_at"):
            await tx.execute(
                "INSERT INTO reads (read_id, read_at, received_at, agency_no, reader_no, keep_minutes, confidence, plate, digest) "
                "VALUES (%s, %s, now(), %s, %s, %s, 1, 'X', '')",
                [other.id, read.read_at, world.a, world.reader_a, KEEP],
            )


async def test_every_field_comes_back_as_it_went_in(world: World) -> None:
    sent = world.read(
        "7ABC123", NOW - timedelta(seconds=5, microseconds=123_456), candidates=(("7ABC128", 0.25), ("7A8C123", 0.125)),
        region="US-CA", direction_deg=359, lane=2, plate_raw="7ABC 123", picture=uuid4(), confidence=0.987,
    )  # fmt: skip
    await world.add(sent)
    async with world.store.transaction([world.a]) as tx:
        found = await search.find_one(tx, world.everybody, sent.id)
    assert found is not None
    assert found.read == sent
    assert (found.reader_name, found.keep_minutes, found.received_at) == ("Main & 1st", KEEP, NOW)


async def test_a_correction_is_a_new_row_that_the_misread_points_to(world: World) -> None:
    misread = world.read("7A8C123")
    mended = world.read("7ABC123", misread.read_at, corrects=misread.id)
    await world.add(misread)
    await world.add(mended)
    async with world.store.transaction([world.a]) as tx:
        old = await search.find_one(tx, world.everybody, misread.id)
        new = await search.find_one(tx, world.everybody, mended.id)
    assert old is not None and new is not None
    assert (old.read.plate, old.corrected_by) == ("7A8C123", mended.id)
    assert (new.read.corrects, new.corrected_by) == (misread.id, None)


async def test_the_dictionary_knows_each_plate_once_and_until_its_last_read_has_gone(world: World) -> None:
    await world.add(
        world.read("7ABC123", NOW - timedelta(days=3)), world.read("7ABC123"), world.read("7ABC123", of="b")
    )
    await world.add(world.read("7ABC123", NOW - timedelta(days=9)))
    async with world.store.transaction() as tx:
        rows = await (await tx.execute("SELECT plate, look_alike, tokens, expires_at FROM plate_dictionary")).fetchall()
    ((plate, alike, tokens, expires),) = rows
    assert (plate, alike, tuple(tokens)) == ("7ABC123", look_alike("7ABC123"), position_tokens("7ABC123"))
    assert expires >= NOW - timedelta(minutes=1) + timedelta(minutes=KEEP)


@given(
    at=st.integers(600_000_000, 7_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    keep=st.integers(1, 5_270_400),
)
def test_a_plate_never_leaves_the_dictionary_before_its_read_nor_long_after(at: datetime, keep: int) -> None:
    gone = at + timedelta(minutes=keep)
    assert gone <= leaves_dictionary(at, keep) <= gone + max(timedelta(minutes=1), timedelta(minutes=keep) / 30)


async def test_what_was_committed_is_announced(world: World) -> None:
    async with world.store.listen(reads.CHANNEL) as listener:
        await world.add(world.read("7ABC123"), world.read("8XYZ777", of="b"))
        async for notice in listener.notifies(timeout=10, stop_after=1):
            assert notice.payload == f"{world.a},{world.b}"
            break
        else:
            pytest.fail("nothing was announced")


async def test_a_read_with_a_wrong_clock_is_kept_apart_once_and_can_be_released(world: World) -> None:
    values = {
        "agency_no": world.a, "reader_no": world.reader_a, "received_at": NOW,
        "expires_at": NOW + timedelta(days=1), "read_id": None,
        "why": "read_at lies 3 days ahead", "payload": b'{"plate":"7ABC123"}', "digest": b"d" * 16,
    }  # fmt: skip
    async with world.store.transaction([world.a]) as tx:
        assert await reads.quarantine(tx, **values)  # type: ignore[arg-type]
        assert not await reads.quarantine(tx, **values)  # type: ignore[arg-type]
    async with world.store.transaction([world.b]) as tx:
        assert await reads.quarantined(tx, [world.a, world.b]) == ()
        assert await reads.release_quarantined(tx, [world.a, world.b], [1]) == ()
    async with world.store.transaction([world.a]) as tx:
        (row,) = await reads.quarantined(tx, [world.a])
        assert (row.why, row.payload) == ("read_at lies 3 days ahead", b'{"plate":"7ABC123"}')
        assert await reads.release_quarantined(tx, [world.a], [row.quarantine_id]) == (row,)
        assert await reads.quarantined(tx, [world.a]) == ()


async def test_nothing_is_left_of_a_delivery_that_fails(world: World) -> None:
    items = [world.incoming(world.read("7ABC123"))]
    await Partitions(world.store).ensure([(KEEP, items[0].read.read_at)])
    with pytest.raises(RuntimeError):
        async with world.store.transaction([world.a]) as tx:
            assert await reads.add(tx, items, NOW) == (ACCEPTED,)
            raise RuntimeError
    assert await stored(world) == []
    assert await store_all(world.store, items) == (ACCEPTED,)
