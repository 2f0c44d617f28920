"""What is past its time is gone: from every table, from the disk, from backups; what is held stays; and the receipts add up."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from pyrage import x25519

from plateward.core.errors import Fault
from plateward.core.event import EventType
from plateward.core.retention import Rule
from plateward.demo.people import person
from plateward.node.backup_list import known_backups, out_of_reach
from plateward.node.backups import back_up
from plateward.node.keeping import purge as purging
from plateward.node.keeping.holds import HoldRequest, decide_hold, request_hold
from plateward.node.keeping.purge import LATE, purge
from plateward.node.keeping.residue import clean, deadline
from plateward.store import retention as retention_rows
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from plateward.store.retention import PurgeState
from tests.node.purging import (
    A_MONTH,
    DAY,
    MINUTES,
    MONTH,
    OWNER,
    THREE_MINUTES,
    THREE_WEEKS,
    WEEKS,
    choose,
    dictionary,
    durable_world,
    found_in,
    kept_plates,
    key_of,
    owner_of,
    receipts,
    three_classes,
    told,
    total,
)
from tests.node.world import World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"a picture" + b"\xff\xd9").decode()
SECOND = timedelta(seconds=1)
SEALED_FOR = str(x25519.Identity.generate().to_public())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def past(postgres: EmbeddedServer) -> AsyncIterator[World]:
    """A node whose clock begins long ago; every test moves it on, and asks about plates of its own."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            world = await begin(store, folder, now=datetime.now(UTC) - timedelta(days=200))
            await three_classes(world)
            yield world
    finally:
        shutil.rmtree(folder)


async def seen(world: World, reader: str, *plates: str, **more: object) -> None:
    items = [
        world.sent(plate, timedelta(seconds=20, milliseconds=number), **more) for number, plate in enumerate(plates)
    ]
    answer = await world.deliver(*items, key=key_of(reader))
    assert answer.accepted == len(plates), answer


async def everywhere(owner: str, *plates: str) -> set[str]:
    """Tables in which a plate stands in any row, seen by somebody with all rights."""
    found = set()
    async with await psycopg.AsyncConnection.connect(owner) as connection:
        tables = await (
            await connection.execute(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname IN ('plateward', 'plateward_parts') AND c.relkind = 'r'"
            )
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ~ {}").format(
                sql.Identifier(str(schema), str(table)), sql.Literal("|".join(plates))
            )
            row = await (await connection.execute(query)).fetchone()
            if row and row[0]:
                found.add(str(table))
        row = await (await connection.execute(sql.SQL("SELECT count(*) FROM pg_stats s WHERE s::text ~ {}").format(
            sql.Literal("|".join(plates))
        ))).fetchone()  # fmt: skip
        if row and row[0]:
            found.add("pg_stats")
    return found


# ---------------------------------------------------------------- on the disk


@pytest.mark.timeout(120)
async def test_bytes_of_a_plate_nobody_searched_or_listed_are_gone_from_disk_log_and_backups_by_the_deadline() -> None:
    texts = ("ZQX4711", "YWV8822", "KJH9933")
    async with durable_world(timedelta(days=40)) as (world, folder):
        await three_classes(world)
        for reader, plate in zip((MINUTES, WEEKS, MONTH), texts, strict=True):
            await seen(world, reader, plate, plate_raw=plate, candidates=[[plate, 0.9], [plate[:-1] + "0", 0.05]])
            await seen(world, reader, *(f"{plate[:3]}{n:03}" for n in range(300)))
        await back_up(world.node.settings, folder / "kept", lambda _: None, recipients=())
        (known,) = known_backups(folder)
        assert known.folder == str(folder / "kept") and out_of_reach(folder) == ()
        before = found_in(folder, *texts)
        assert all(any("pg_wal" in name for name in names) for names in before.values()), (
            "the search finds what is there"
        )
        assert any(name.startswith("kept/") for name in before["KJH9933"])

        async def after(time: timedelta) -> dict[str, list[str]]:
            world.at += time
            await purge(world.node)
            assert await clean(world.node)
            return found_in(folder, *texts)

        for reader, plate, minutes in (
            (MINUTES, texts[0], 3),
            (WEEKS, texts[1], THREE_WEEKS),
            (MONTH, texts[2], A_MONTH),
        ):
            passed = world.at - begun(world)
            await after(timedelta(minutes=minutes) - passed + SECOND)
            assert plate not in await kept_plates(world), f"gone for every search at once ({reader})"
            left = await after(deadline(minutes))
            assert left[plate] == [], f"bytes of a read kept {minutes} minutes"
            assert all(left[later] for later in texts[texts.index(plate) + 1 :]), "and nothing that is still to be kept"
        assert await dictionary(world) == set()


def begun(world: World) -> datetime:
    return world.town.now


# ---------------------------------------------------------------- in the database, with holds


async def hold(world: World, plate: str, ends: timedelta, case: str) -> str:
    asked = HoldRequest(
        "investigation", case, "burglary series", world.at + ends, plate, seen_from=world.at - DAY, seen_to=world.at
    )
    found = await request_hold(world.node, person("alvarez"), asked)
    assert found.hold is not None, found.refusal
    await decide_hold(world.node, person("whitfield"), str(found.hold.hold_id), approved=True)
    return str(found.hold.hold_id)


async def held_plates(world: World) -> set[str]:
    async with world.node.store.transaction() as tx:
        numbers = await world.node.agency_numbers(tx, [OWNER])
    async with world.node.store.transaction(list(numbers.values())) as tx:
        return {row[0] for row in await (await tx.execute("SELECT plate FROM held_reads")).fetchall()}


async def test_three_minutes_21_and_30_days_with_holds_nothing_survives_nothing_held_goes_early_receipts_add_up(
    past: World, postgres: EmbeddedServer
) -> None:
    plates = {MINUTES: "1TMN001", WEEKS: "2WKS002", MONTH: "3MTH003"}
    before = len(await receipts(past))
    for reader, plate in plates.items():
        await seen(past, reader, plate, picture=JPEG)
    await seen(past, WEEKS, "4HLD004", picture=JPEG)
    await hold(past, "4HLD004", 25 * DAY, "26-0117")
    async with await psycopg.AsyncConnection.connect(
        owner_of(past.node.store, postgres), autocommit=True
    ) as connection:
        await connection.execute("ANALYZE")
    assert "pg_stats" not in await everywhere(owner_of(past.node.store, postgres), *plates.values(), "4HLD004")
    start, pictures = past.at, past.node.settings.data / "pictures"
    assert len([one for one in pictures.rglob("*") if one.is_file()]) == 4
    assert len(list((past.node.settings.data / "held").rglob("*"))) == 3, "a folder, its key and one picture"
    expected = {
        timedelta(minutes=2): {"1TMN001", "2WKS002", "3MTH003", "4HLD004"},
        timedelta(minutes=4): {"2WKS002", "3MTH003", "4HLD004"},
        20 * DAY: {"2WKS002", "3MTH003", "4HLD004"},
        21 * DAY: {"3MTH003"},
        24 * DAY: {"3MTH003"},
        26 * DAY: {"3MTH003"},
        30 * DAY: set(),
    }
    for age, kept in expected.items():
        past.at = start + age
        await purge(past.node)
        assert await kept_plates(past) == kept, age
        assert ("4HLD004" in await held_plates(past)) == (age < 25 * DAY), age
    past.at += deadline(A_MONTH)
    await purge(past.node)
    await clean(past.node)
    assert await everywhere(owner_of(past.node.store, postgres), *plates.values()) == set()
    assert await everywhere(owner_of(past.node.store, postgres), "4HLD004") == {"access"}, (
        "the record of who asked for it"
    )
    assert await dictionary(past) == set()
    assert [one for one in pictures.rglob("*") if one.is_file()] == []
    assert list((past.node.settings.data / "held").iterdir()) == []
    assert list((past.node.settings.data / "keys" / "pictures").rglob("*.key")) == []
    found = (await receipts(past))[before:]
    own = [receipt for receipt in found if receipt["owner"] == OWNER]
    assert (total(own, "reads"), total(own, "pictures")) == (4, 4)
    assert {receipt["kept_min"] for receipt in own if receipt["reads"]} == {THREE_MINUTES, THREE_WEEKS, A_MONTH}
    assert sum(dict(receipt.get("others") or {}).get("held", 0) for receipt in own) == 1  # type: ignore[call-overload]
    assert [end["purged"] for end in await told(past, EventType.HOLD_ENDED)] == [1]


# ---------------------------------------------------------------- crashes


STEPS = (
    "retention.keep_retention", "retention.settle_reads", "holds.keep_within_law", "duties.set_apart", "holds.expire",
    "_purge_pictures", "expire_backups", "_destroy",
)  # fmt: skip


class Crash(Exception):
    """The machine stops here."""


def then_crash(work: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    async def crashing(*given: object, **more: object) -> object:
        await work(*given, **more)
        raise Crash

    return crashing


@pytest.mark.parametrize(
    "step", [*STEPS, "partitions.purge", "partitions.purge_plates", "partitions.purge_quarantine", "vault.remove"]
)
async def test_a_crash_after_any_step_loses_nothing_keeps_nothing_and_counts_nothing_twice(
    past: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await seen(past, MINUTES, "5CRA005", "6CRA006", picture=JPEG)
    await seen(past, MONTH, "7CRA007", picture=JPEG)
    before = len(await receipts(past))
    past.at += timedelta(minutes=5)
    with monkeypatch.context() as patch:
        where, _, name = step.rpartition(".")
        if where == "vault":
            removed = type(past.node.vault).remove

            def remove(vault: object, ref: object) -> None:
                removed(vault, ref)  # type: ignore[arg-type]
                raise Crash

            patch.setattr(type(past.node.vault), "remove", remove)
        elif where == "partitions":
            patch.setattr(type(past.node.partitions), name, then_crash(getattr(type(past.node.partitions), name)))
        else:
            target = getattr(purging, where) if where else purging
            patch.setattr(target, name, then_crash(getattr(target, name)))
        with pytest.raises(Crash):
            await purge(past.node)
    await purge(past.node)
    await purge(past.node)
    own = [receipt for receipt in (await receipts(past))[before:] if receipt["owner"] == OWNER]
    assert (total(own, "reads"), total(own, "pictures")) == (2, 2)
    assert "7CRA007" in await kept_plates(past) and not {"5CRA005", "6CRA006"} & await kept_plates(past)
    assert "7CRA007" in await dictionary(past)


async def test_a_crash_while_the_receipt_is_written_leaves_no_receipt_and_the_next_round_writes_it_once(
    past: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seen(past, MINUTES, "8CRA008")
    before = len(await receipts(past))
    past.at += timedelta(minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(purging.ledger, "append", then_crash(purging.ledger.append))
        with pytest.raises(Crash):
            await purge(past.node)
    assert len(await receipts(past)) == before
    await purge(past.node)
    assert total((await receipts(past))[before:], "reads") == 1


# ---------------------------------------------------------------- falling behind


async def state_of(past: World) -> PurgeState:
    async with past.node.store.transaction() as tx:
        return await retention_rows.state(tx)


async def test_falling_behind_is_an_alarm_once_and_is_over_when_it_was_caught_up(past: World) -> None:
    await purge(past.node)
    alarms = len(await told(past, EventType.PURGE_LATE))
    await seen(past, MINUTES, "9LAT009")
    past.at += timedelta(minutes=THREE_MINUTES) + LATE + timedelta(minutes=1)
    await purging._tell_if_late(past.node, past.at)
    await purging._tell_if_late(past.node, past.at + timedelta(minutes=1))
    late = await told(past, EventType.PURGE_LATE)
    assert len(late) == alarms + 1 and "no round was done since" in str(late[-1]["why"]) and late[-1]["owner"] == "*"
    assert (await state_of(past)).late_since is not None
    await purge(past.node)
    state = await state_of(past)
    assert state.late_since is None and state.late_last == past.at and state.done_at == past.at
    async with past.node.store.transaction() as tx:
        notices = await (
            await tx.execute("SELECT sentence FROM notices WHERE owner = %s AND subject = 'purge'", [OWNER])
        ).fetchall()
    assert any("Purging fell" in sentence for (sentence,) in notices)


async def test_what_keeps_a_round_from_its_end_is_told_with_the_alarm(
    past: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seen(past, MINUTES, "1LAT010")
    past.at += timedelta(minutes=4)

    async def stuck(*_: object) -> None:
        raise Fault("other work has held the table for a minute.")

    with monkeypatch.context() as patch:
        patch.setattr(type(past.node.partitions), "purge", stuck)
        for _ in range(3):
            with pytest.raises(Fault):
                await purge(past.node)
            past.at += timedelta(minutes=4)
    late = await told(past, EventType.PURGE_LATE)
    assert "other work has held the table" in str(late[-1]["why"])
    await purge(past.node)


# ---------------------------------------------------------------- backups


async def test_files_of_a_backup_expire_with_retention_and_sooner_when_it_is_shortened() -> None:
    async with durable_world(8 * DAY) as (world, folder):
        await choose(world, Rule(OWNER, A_MONTH))
        await seen(world, MONTH, "2BAK020")
        await back_up(world.node.settings, folder / "b", lambda _: None, recipients=[SEALED_FOR])
        files = folder / "b" / "database" / "reads"
        world.at += 8 * DAY + timedelta(seconds=40)  # later than the backup, which is made by the real clock
        await purge(world.node)
        assert len(list(files.iterdir())) == 1
        await choose(world, Rule(OWNER, 7 * 1440))
        await purge(world.node)
        assert list(files.iterdir()) == [] and await kept_plates(world) == set()
        (made,) = await told(world, EventType.BACKUP_MADE)
        assert str(made["backup"]).startswith("b 2") and made["expires"]
        shutil.move(folder / "b", folder / "moved")
        assert out_of_reach(Path(folder)) == (str(folder / "b"),)
