"""Searching finds exactly what the pattern means, within owners, times and places, newest first, page by page."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from plateward.core.errors import BadInput
from plateward.core.place import Near, Position
from plateward.core.plate import Likeness, PlatePattern
from plateward.core.read import Read, Reader
from plateward.store import readers, search
from plateward.store.connection import Database, Store
from plateward.store.search import Page, Wanted
from tests.store.world import CENTER, KEEP, NOW, World

EXACT, ALIKE, EDIT = Likeness.EXACT, Likeness.LOOK_ALIKE, Likeness.ONE_EDIT

PLATES = (
    "7ABC123", "7ABC128", "7A8C123", "7ABC12", "7ABC1234", "8ABC123", "ABC123", "7AB0123", "7ABO123", "7ABQ123", "0OQD", "111",
    "1IL", "7BAC123", "XYZ123", "7XYZ999", "9QRS456", "A", "AB", "7AB", "5SAM222",
)  # fmt: skip


async def find(world: World, owners: list[int] | None = None, **wanted: object) -> Page:
    numbers = owners or [world.a, world.b]
    async with world.store.transaction(numbers) as tx:
        return await search.find(tx, Wanted(tuple((number, None) for number in numbers), **wanted))  # type: ignore[arg-type]


async def plates(world: World, **wanted: object) -> list[str]:
    return [row.read.plate for row in (await find(world, limit=1000, **wanted)).reads]


@pytest.mark.parametrize(
    ("typed", "likeness"),
    [
        ("7ABC123", EXACT), ("7AB?12*", EXACT), ("7ABC12?", EXACT), ("*123", EXACT), ("?AB?12?", EXACT), ("*BC1*", EXACT),
        ("7*3", EXACT), ("?", EXACT), ("*", EXACT), ("A*", EXACT), ("*A", EXACT), ("??", EXACT), ("7AB*", EXACT),
        ("7ABO123", ALIKE), ("OOOO", ALIKE),
        ("11L", ALIKE), ("7A8C*", ALIKE), ("*12?", ALIKE), ("?????", ALIKE), ("7ABC123", EDIT), ("A", EDIT), ("7BAC123", EDIT),
        ("ZZZZZZZ", EXACT), ("ZZZ*", EXACT), ("ZZZZ", ALIKE), ("ZZZZ", EDIT),
    ],
)  # fmt: skip
async def test_a_pattern_finds_what_it_means_and_nothing_else(world: World, typed: str, likeness: Likeness) -> None:
    await world.add(*(world.read(plate, NOW - timedelta(hours=5 * n)) for n, plate in enumerate(PLATES)))
    pattern = PlatePattern.parse(typed, likeness)
    assert await plates(world, pattern=pattern) == [plate for plate in PLATES if pattern.matches(plate)]


@pytest.mark.parametrize(
    ("typed", "likeness"), [("7*", EXACT), ("*3", EXACT), ("?A*", EXACT), ("B8*", ALIKE), ("*", EXACT)]
)
async def test_a_pattern_that_names_too_many_plates_is_walked_back_in_time_with_the_same_answer(
    world: World, typed: str, likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_MOST_PLATES", 3)
    await world.add(*(world.read(plate, NOW - timedelta(hours=7 * n)) for n, plate in enumerate(PLATES)))
    pattern = PlatePattern.parse(typed, likeness)
    expected = [plate for plate in PLATES if pattern.matches(plate)]
    assert await plates(world, pattern=pattern) == expected
    assert await plates(world, pattern=pattern, readers=("r-a",)) == expected
    assert await plates(world, pattern=pattern, near=Near(CENTER, 100)) == expected


async def test_pages_follow_each_other_without_gap_or_overlap_even_within_one_instant(world: World) -> None:
    at = NOW - timedelta(hours=1)
    sent = [world.read("7ABC123", at) for _ in range(7)] + [
        world.read("7ABC123", at - timedelta(days=n, milliseconds=n)) for n in range(9)
    ]
    await world.add(*sent)
    for wanted in ({"pattern": PlatePattern.parse("7ABC123")}, {"readers": ("r-a",)}, {"near": Near(CENTER, 50)}, {}):
        got: list[Read] = []
        after: str | None = None
        while True:
            page = await find(world, limit=5, after=after, **wanted)
            got += [row.read for row in page.reads]
            after = page.next
            if after is None:
                break
            assert len(page.reads) == 5
        assert got == sorted(sent, key=lambda read: (read.read_at, read.id), reverse=True)


async def test_the_last_full_page_has_no_next_one(world: World) -> None:
    await world.add(*(world.read("7ABC123", NOW - timedelta(minutes=n)) for n in range(4)))
    assert (await find(world, limit=4, pattern=PlatePattern.parse("7ABC123"))).next is None
    assert (await find(world, limit=3, pattern=PlatePattern.parse("7ABC123"))).next is not None


@pytest.mark.parametrize(
    "cursor", ["", "x", "1-2", "zz-00000000000000000000000000000000", "-" * 50, "f" * 40 + "-" + "0" * 32]
)
async def test_a_cursor_that_is_none_is_refused(world: World, cursor: str) -> None:
    if not cursor:
        assert (await find(world, after=cursor)).reads == ()
        return
    with pytest.raises(BadInput, match="not where a page ended"):
        await find(world, after=cursor)


async def test_each_owner_is_seen_as_far_back_as_it_allows(world: World) -> None:
    for of in "ab":
        await world.add(*(world.read("7ABC123", NOW - timedelta(days=n, hours=1), of=of) for n in range(5)))
    owners = ((world.a, NOW - timedelta(days=2)), (world.b, None))
    for wanted in (
        Wanted(owners, PlatePattern.parse("7ABC123")),
        Wanted(owners, PlatePattern.parse("7AB*")),
        Wanted(owners),
    ):
        async with world.store.transaction([world.a, world.b]) as tx:
            found = await search.find(tx, wanted)
        counts = [row.agency for row in found.reads]
        assert (counts.count("agency-a"), counts.count("agency-b")) == (2, 5)


async def test_time_is_from_the_first_instant_to_before_the_last(world: World) -> None:
    instants = [NOW - timedelta(hours=n) for n in range(1, 6)]
    await world.add(*(world.read("7ABC123", at) for at in instants))
    page = await find(world, pattern=PlatePattern.parse("7ABC123"), begins=instants[3], ends=instants[1])
    assert [row.read.read_at for row in page.reads] == [instants[2], instants[3]]
    page = await find(world, begins=instants[3], ends=instants[1])
    assert [row.read.read_at for row in page.reads] == [instants[2], instants[3]]


async def test_a_read_past_its_time_is_not_found_even_before_the_purge_has_come(world: World) -> None:
    await world.add(world.read("7ABC123", NOW - timedelta(minutes=10)), keep=60)
    wanted = {"pattern": PlatePattern.parse("7ABC123")}
    assert len((await find(world, now=NOW, **wanted)).reads) == 1
    assert len((await find(world, now=NOW + timedelta(minutes=51), **wanted)).reads) == 0
    assert len((await find(world, now=NOW + timedelta(minutes=51))).reads) == 0


async def test_a_place_is_a_circle_not_the_cells_it_touches(world: World) -> None:
    dice = random.Random(7)

    def somewhere() -> Position:
        return Position(CENTER.lat + dice.gauss(0, 0.02), CENTER.lon + dice.gauss(0, 0.02))

    sent = [
        world.read(f"P{n:04}", NOW - timedelta(minutes=n), position=somewhere())
        for n in range(300)
    ]  # fmt: skip
    await world.add(*sent, world.read("NOWHERE", position=None))
    for radius in (50.0, 700.0, 2500.0, 25_000.0):
        near = Near(CENTER, radius)
        expected = [read.plate for read in sent if CENTER.distance_m(read.position) <= radius]
        assert await plates(world, near=near) == expected, radius
    near = Near(CENTER, 2500)
    pattern = PlatePattern.parse("P00*")
    expected = [read.plate for read in sent if CENTER.distance_m(read.position) <= 2500 and pattern.matches(read.plate)]
    assert await plates(world, near=near, pattern=pattern) == expected


async def test_a_reader_shows_its_reads_and_an_unknown_one_shows_none(world: World) -> None:
    async with world.store.transaction() as tx:
        await readers.add_reader(tx, Reader("r-c", "agency-a", "Other corner"))
    await world.add(world.read("7ABC123"), world.read("8XYZ777", of="b"))
    assert await plates(world, readers=("r-a",)) == ["7ABC123"]
    assert await plates(world, readers=("r-a", "r-b"), pattern=PlatePattern.parse("8*")) == ["8XYZ777"]
    assert await plates(world, readers=("r-c",)) == []
    assert await plates(world, readers=("no-such-reader",)) == []
    assert await plates(world, readers=("no-such-reader",), pattern=PlatePattern.parse("7ABC123")) == []


async def test_nobodys_reads_are_found_for_no_owner(world: World) -> None:
    await world.add(world.read("7ABC123"))
    async with world.store.transaction([world.a]) as tx:
        assert await search.find(tx, Wanted(())) == Page(())


async def test_limits_apply_after_owners_are_filtered(world: World) -> None:
    """A neighbour with many plates of the pattern must not push the owner's only one out of the list."""
    await world.add(
        *(world.read(f"7AB{n:03}", of="b") for n in range(300)), world.read("7ABZZZ", NOW - timedelta(days=20))
    )
    page = await find(world, [world.a], pattern=PlatePattern.parse("7AB*"), limit=10)
    assert [row.read.plate for row in page.reads] == ["7ABZZZ"]


async def test_a_read_of_somebody_else_is_not_there_by_its_id(world: World) -> None:
    read = world.read("8XYZ777", of="b")
    await world.add(read)
    async with world.store.transaction([world.a]) as tx:
        assert await search.find_one(tx, [(world.a, None)], read.id) is None
        assert await search.find_one(tx, world.everybody, read.id) is None


async def test_reads_of_all_retention_classes_are_found_in_one_order(world: World) -> None:
    for n, keep in enumerate((60, 180, 1440, KEEP, 43201)):
        await world.add(world.read("7ABC123", NOW - timedelta(minutes=5 * n + 1)), keep=keep)
    page = await find(world, pattern=PlatePattern.parse("7ABC123"))
    assert [row.keep_minutes for row in page.reads] == [60, 180, 1440, KEEP, 43201]


async def test_a_cancelled_search_stops_on_the_server(world: World) -> None:
    async def slow() -> None:
        async with world.store.transaction([world.a]) as tx:
            await tx.execute("SELECT pg_sleep(60)")

    begun = time.monotonic()
    task = asyncio.create_task(slow())
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with world.store.transaction() as tx:
        row = await (
            await tx.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            )
        ).fetchone()
    assert row == (0,)
    assert time.monotonic() - begun < 30


async def test_a_search_that_takes_too_long_is_ended_by_the_server(database: Database) -> None:
    async with Store.open(database, connections=1, timeout_s=0.2) as store:
        with pytest.raises(psycopg.errors.QueryCanceled):
            async with store.transaction() as tx:
                await tx.execute("SELECT pg_sleep(30)")
        async with store.transaction(timeout_s=5) as tx:
            assert await (await tx.execute("SELECT pg_sleep(0.3)")).fetchone() is not None


def test_wanted_is_a_value() -> None:
    assert replace(Wanted(((1, None),)), limit=5) == Wanted(((1, None),), limit=5)


@pytest.mark.parametrize("seed", range(4))
async def test_bursts_within_one_millisecond_are_paged_through_in_the_order_that_sorting_everything_gives(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Beside the slow form: every read, sorted in Python. Instants differ by microseconds to hours, over three classes."""
    monkeypatch.setattr(search, "_MOST_PLATES", 3)
    rng = random.Random(seed)
    moments = [NOW - timedelta(hours=rng.choice((1, 1, 2, 30)), milliseconds=rng.randrange(3)) for _ in range(4)]
    sent: list[Read] = []
    for keep in (KEEP, 2880, 20_000):
        some = [
            world.read(
                rng.choice(PLATES), rng.choice(moments) + timedelta(microseconds=rng.randrange(4)), of=rng.choice("ab")
            )
            for _ in range(60)
        ]
        await world.add(*some, keep=keep)
        sent += some
    since = {"agency-a": None, "agency-b": NOW - timedelta(hours=20)}
    owners = ((world.a, None), (world.b, since["agency-b"]))
    for wanted, fits in (
        ({}, lambda _: True),
        ({"pattern": PlatePattern.parse("7*")}, lambda read: read.plate.startswith("7")),
        ({"readers": ("r-a", "r-b")}, lambda _: True),
        ({"near": Near(CENTER, 3_000)}, lambda _: True),
        ({"near": Near(CENTER, 3_000), "pattern": PlatePattern.parse("7*")}, lambda read: read.plate.startswith("7")),
        (
            {"readers": ("r-b",), "ends": moments[0]},
            lambda read: read.agency == "agency-b" and read.read_at < moments[0],
        ),
        ({"begins": moments[1]}, lambda read: read.read_at >= moments[1]),
    ):
        expected = [
            read for read in sent if fits(read) and ((limit := since[read.agency]) is None or read.read_at >= limit)
        ]
        expected.sort(key=lambda read: (read.read_at, read.id), reverse=True)
        got: list[Read] = []
        after: str | None = None
        for _ in range(200):
            asked = Wanted(owners, limit=rng.choice((1, 2, 3, 7, 50)), after=after, **wanted)  # type: ignore[arg-type]
            async with world.store.transaction([world.a, world.b]) as tx:
                page = await search.find(tx, asked)
            got += [row.read for row in page.reads]
            after = page.next
            if after is None:
                break
        assert [read.id for read in got] == [read.id for read in expected], (wanted, seed)
