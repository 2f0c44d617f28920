"""Alerts in the store: one for one pass, none lost, none twice, and forgotten with the read."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from uuid import UUID

import pytest

from plateward.core.alert import How, NewAlert, Outcome, State
from plateward.core.ids import uuid7
from plateward.core.read import Read
from plateward.store import alerts as rows
from plateward.store.alerts import AlertFilter, Raised, StoredAlert, raise_alerts
from tests.store.world import NOW, World


def match(read: Read, entry: str = "e-1", **more: object) -> NewAlert:
    """The alert that ``read`` raises on a list of its own agency."""
    values: dict[str, object] = {
        "alert_id": uuid7(read.read_at, secrets.token_bytes(10)), "agency": read.agency, "list_id": "l-1",
        "list_owner": read.agency, "entry_id": entry, "read_id": read.id, "read_at": read.read_at, "reader_id": read.reader,
        "listed_plate": read.plate, "listed_state": "US-CA", "read_plate": read.plate, "read_region": "US-CA",
        "how": How.EXACT, "state_match": True, "confidence": read.confidence, "list_name": "Stolen", "kind": "stolen-vehicle",
        "reason": "taken in Elm St", "case": "26-1", "listed_at": NOW - timedelta(days=1),
    }  # fmt: skip
    return NewAlert(**(values | more))  # type: ignore[arg-type]


async def raised(world: World, *found: NewAlert, owner: int | None = None) -> tuple[Raised, ...]:
    async with world.store.transaction([owner or world.a]) as tx:
        return await raise_alerts(tx, found, NOW)


async def seen(world: World, viewer: str = "agency-a", *owners: int, now=NOW) -> tuple[StoredAlert, ...]:  # type: ignore[no-untyped-def]
    async with world.store.transaction(list(owners) or [world.a]) as tx:
        return await rows.newest(tx, list(owners) or [world.a], viewer, AlertFilter(), now)


async def stored(world: World, plate: str, seconds_ago: int = 60, **more: object) -> Read:
    read = world.read(plate, NOW - timedelta(seconds=seconds_ago), **more)
    await world.add(read)
    return read


async def test_reads_of_one_pass_are_one_alert_with_a_count(world: World) -> None:
    first, second = await stored(world, "7ABC123", 90), await stored(world, "7ABC123", 30)
    assert len(await raised(world, match(first))) == 1
    assert await raised(world, match(second)) == ()
    (alert,) = await seen(world)
    assert (alert.reads, alert.first_at, alert.last_at) == (2, first.read_at, second.read_at)


async def test_the_next_pass_is_another_alert(world: World) -> None:
    for ago in (900, 500, 60):
        await raised(world, match(await stored(world, "7ABC123", ago)))
    assert [alert.reads for alert in await seen(world)] == [1, 1, 1]


async def test_matches_of_one_delivery_are_grouped_like_those_of_several(world: World) -> None:
    reads = [await stored(world, "7ABC123", ago) for ago in (50, 40, 30)]
    await raised(world, *map(match, reads))
    assert [alert.reads for alert in await seen(world)] == [3]


async def test_two_entries_for_one_plate_are_two_alerts(world: World) -> None:
    read = await stored(world, "7ABC123")
    await raised(world, match(read), match(read, entry="e-2"))
    assert len(await seen(world)) == 2


async def test_a_read_that_is_matched_again_changes_nothing(world: World) -> None:
    read = await stored(world, "7ABC123")
    await raised(world, match(read))
    assert await raised(world, match(read), match(read)) == ()
    assert [alert.reads for alert in await seen(world)] == [1]


async def test_deliveries_at_the_same_moment_make_one_alert(world: World) -> None:
    reads = [await stored(world, "7ABC123", ago) for ago in range(60, 20, -5)]
    done = await asyncio.gather(*(raised(world, match(read)) for read in reads))
    assert sum(map(len, done)) == 1
    assert [alert.reads for alert in await seen(world)] == [len(reads)]


async def test_a_clearer_read_of_the_pass_is_shown_until_somebody_decides(world: World) -> None:
    poor, good, best = [await stored(world, "7ABC123", ago) for ago in (90, 60, 30)]
    await raised(world, match(poor, how=How.LOOK_ALIKE, confidence=0.6, read_plate="7A8C123"))
    await raised(world, match(good))
    (alert,) = await seen(world)
    assert (alert.how, alert.read_id, alert.read_plate) == ("exact", good.id, "7ABC123")
    await step(world, alert.alert_id, State.CONFIRMED)
    await raised(world, match(best, confidence=0.99))
    (alert,) = await seen(world)
    assert (alert.read_id, alert.reads, alert.state) == (good.id, 3, "confirmed")


async def test_a_late_match_stays_late_and_an_early_one_of_its_pass_does_not(world: World) -> None:
    old, new = await stored(world, "7ABC123", 4000), await stored(world, "7ABC123", 3990)
    await raised(world, match(old, late=True))
    await raised(world, match(await stored(world, "8XYZ111", 4000), "e-2", late=True), match(new, "e-2"))
    assert {alert.entry_id: alert.late for alert in await seen(world)} == {"e-1": True, "e-2": False}


async def step(world: World, alert_id: UUID, done: State | Outcome) -> None:
    async with world.store.transaction([world.a]) as tx:
        assert await rows.lock(tx, alert_id) is not None
        await rows.mark(tx, alert_id, done, person="u-1", agency="agency-a", note="looked", at=NOW)


async def test_changes_are_numbered_so_that_a_screen_catches_up_without_a_gap(world: World) -> None:
    """However many write at once, whoever reads up to a number has missed nothing below it."""
    reads = [await stored(world, f"7ABC1{n:02}") for n in range(12)]
    heard: list[int] = []

    async def listen() -> None:
        last = 0
        while len(heard) < len(reads):
            async with world.store.transaction([world.a]) as tx:
                found = await rows.changed(tx, [world.a], "agency-a", last, NOW)
            heard.extend(alert.change for alert in found)
            last = max((last, *heard))
            await asyncio.sleep(0)

    listening = asyncio.create_task(listen())
    await asyncio.gather(*(raised(world, match(read, entry=f"e-{n}")) for n, read in enumerate(reads)))
    await asyncio.wait_for(listening, 20)
    assert heard == sorted(set(heard)) and len(heard) == len(reads)


async def test_a_partner_sees_the_alerts_of_its_own_list_and_no_others(world: World) -> None:
    """B's list matched a read of A: B is alerted. Neither A nor a query that forgets the owner sees it as A's alert."""
    read, other = await stored(world, "7ABC123"), await stored(world, "8XYZ111")
    await raised(world, match(read, list_owner="agency-b", share="s-1"), match(other, "e-2"))
    (of_b,) = await seen(world, "agency-b", world.a)
    assert of_b.listed_plate == "7ABC123"
    assert [alert.listed_plate for alert in await seen(world, "agency-a", world.a)] == ["8XYZ111"]
    assert await seen(world, "agency-b", world.b) == ()
    async with world.store.transaction([world.b]) as tx:
        for table in ("alerts", "alert_reads", "alert_steps"):
            assert await (await tx.execute(f"SELECT count(*) FROM {table}".encode())).fetchone() == (0,)
        assert await rows.partners(tx, "agency-b") == (("agency-a", "stolen-vehicle"),)
        assert await rows.owner(tx, of_b.alert_id) == ("agency-a", "stolen-vehicle")


async def test_an_alert_cannot_be_raised_for_an_owner_the_transaction_was_not_opened_for(world: World) -> None:
    read = await stored(world, "7ABC123")
    with pytest.raises(Exception, match="row-level security"):
        await raised(world, match(read), owner=world.b)


async def test_steps_are_kept_in_their_order_and_a_new_decision_clears_the_outcome(world: World) -> None:
    await raised(world, match(await stored(world, "7ABC123")))
    (alert,) = await seen(world)
    for done in (State.SEEN, State.CONFIRMED, Outcome.STOP, State.MISREAD):
        await step(world, alert.alert_id, done)
    (alert,) = await seen(world)
    assert (alert.state, alert.outcome) == ("misread", None)
    async with world.store.transaction([world.a]) as tx:
        assert [told.step for told in await rows.steps(tx, alert.alert_id)] == ["seen", "confirmed", "stop", "misread"]


async def test_what_an_alert_says_of_the_plate_goes_with_the_read_and_the_figures_stay(world: World) -> None:
    read = world.read("7GONE99", NOW - timedelta(minutes=5))
    await world.add(read, keep=10)
    await raised(world, match(read))
    (alert,) = await seen(world)
    await step(world, alert.alert_id, State.CONFIRMED)
    assert await seen(world, now=read.read_at + timedelta(minutes=11)) == ()
    async with world.store.transaction([world.a]) as tx:
        assert await rows.forget(tx, read.read_at + timedelta(minutes=4)) == 0
    await past(world, alert.alert_id)
    async with world.store.transaction([world.a]) as tx:
        assert await rows.forget(tx, NOW - timedelta(seconds=1)) == 1
        gone = await rows.one(tx, [world.a], "agency-a", alert.alert_id, NOW)
        counts = await rows.figures(tx, [world.a], "agency-a", NOW - timedelta(1), NOW + timedelta(1))
        told = await rows.steps(tx, alert.alert_id)
    assert gone is not None and gone.forgotten_at is not None
    assert "7GONE99" not in repr(gone) and gone.read_id is None and gone.case_no is None and gone.entry_id is None
    assert [(count.list_name, count.reader_id, count.state, count.alerts) for count in counts] == [
        ("Stolen", "r-a", "confirmed", 1)
    ]
    assert [one.note for one in told] == [""]


async def past(world: World, alert_id: UUID) -> None:
    """Let the read's time be over: the purge never looks ahead of the server's clock, and the test cannot wait."""
    async with world.store.transaction([world.a]) as tx:
        await tx.execute(
            "UPDATE alerts SET expires_at = %s WHERE alert_id = %s", [NOW - timedelta(seconds=2), alert_id]
        )
