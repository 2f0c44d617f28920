"""What goes out on a feed and what never does, whatever fails on the way; nothing lost, and nothing counted twice."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest

from plateward.core.alert import State
from plateward.core.event import EventType
from plateward.core.feed import MOST_READS
from plateward.core.retention import Rule
from plateward.demo.people import person
from plateward.formats.exports import COLUMNS
from plateward.formats.http_signature import verify
from plateward.node.alerting.acts import decide
from plateward.node.alerting.bell import listen
from plateward.node.hotlists import entries as hot_entries
from plateward.node.hotlists import lists as hotlists
from plateward.node.hotlists.entries import NewEntry
from plateward.node.hotlists.lists import ListSettings
from plateward.node.reads import correct
from plateward.node.sending import feed_worker, feeds, feeds_in_force, keys, targets
from plateward.store import feeds as rows
from tests.node.alerted import Scene
from tests.node.alerted import numbers as _numbers
from tests.node.feeding import (
    ASKER,
    OFFICER,
    RIDGEPORT,
    SECOND,
    SECOND_READER,
    asked,
    plates_in,
    read,
    running,
    sent,
    stands,
    told,
    with_hosts,
)
from tests.node.purging import choose
from tests.node.test_sending import receiver
from tests.node.world import READER, World

# ---------------------------------------------------------------- what goes out


async def test_reads_go_out_signed_in_the_words_of_an_export_and_on_record(town: World) -> None:
    with receiver() as other:
        feed = await running(town, f"{other.url}/reads")
        await read(town, "7FED123", "7FED124")
        assert await sent(town) == 1
    ((path, headers, body),) = other.got
    said = json.loads(body)
    assert path == "/reads" and said["kind"] == "reads" and said["feed"] == str(feed.feed_id)
    assert set(said["reads"][0]) == set(COLUMNS) and sorted(plates_in(body)) == ["7FED123", "7FED124"]
    assert said["reads"][0]["exact_location"] and said["reads"][0]["reader"] == READER
    key = keys.webhook_key(town.node.settings.data).public_key()
    assert verify(key, f"{other.url}/reads", headers, body, town.at) == said["id"]
    (made,) = await told(town, EventType.EXPORT_MADE, feed)
    assert made["rows"] == 2 and made["export"] == said["id"] and made["access"] == feed.record
    standing = await stands(town, feed)
    assert (standing.reads, standing.messages, standing.waiting, standing.problem) == (2, 1, 0, "")


async def test_what_came_before_the_approval_and_after_the_end_never_goes_out(town: World) -> None:
    with receiver() as other:
        feed = await asked(town, other.url)
        await read(town, "7BEF123")
        await feeds.approve(town.node, SECOND, str(feed.feed_id))
        await read(town, "7DUR123")
        await sent(town)
        await feeds.end(town.node, SECOND, str(feed.feed_id))
        await read(town, "7AFT123")
        await sent(town)
    assert [plates_in(body) for _, _, body in other.got] == [["7DUR123"]]


async def test_a_feed_of_named_readers_takes_theirs_alone(town: World) -> None:
    with receiver() as other:
        await running(town, other.url, readers=(READER,))
        await read(town, "7HAR123")
        await read(town, "7MAI123", key=f"key of {SECOND_READER}")
        await sent(town)
    assert [plates_in(body) for _, _, body in other.got] == [["7HAR123"]]


async def test_a_feed_of_a_group_takes_the_readers_that_are_in_it(world: World) -> None:
    await choose(world, Rule(RIDGEPORT, 1440, "harbor", (READER,)))
    with_hosts(world)
    with receiver() as other:
        feed = await running(world, other.url, group="harbor")
        assert feed.readers == (READER,)
        await read(world, "7GRP123")
        await read(world, "7GRP124", key=f"key of {SECOND_READER}")
        await sent(world)
    assert [plates_in(body) for _, _, body in other.got] == [["7GRP123"]]


async def test_a_correction_goes_where_the_misread_went(town: World) -> None:
    with receiver() as other:
        await running(town, other.url)
        (read_id,) = await read(town, "7COB123")
        await sent(town)
        found = await town.search("brandt", "7COB123", owners=(RIDGEPORT,))
        await correct(town.node, person("brandt"), UUID(read_id), "7COR123", found.access_record)
        await sent(town)
    (mended,) = json.loads(other.got[1][2])["reads"]
    assert (mended["plate"], mended["corrects"]) == ("7COR123", read_id)


async def test_what_has_gone_leaves_no_ids_behind_and_the_address_goes_with_its_last_feed(town: World) -> None:
    with receiver() as other:
        feed = await running(town, other.url)
        await read(town, "7GON123")
        await sent(town)
    await feeds.end(town.node, ASKER, str(feed.feed_id))
    async with town.node.store.transaction() as tx:
        cursor = await tx.execute("SELECT body::text FROM outbox WHERE feed_id = %s", [feed.feed_id])
        assert await cursor.fetchall() == [("{}",)]
    assert (await targets.deliveries(town.node, ASKER)).targets == ()
    again = await asked(town, other.url)
    assert again.target_id != feed.target_id


async def test_many_reads_go_out_in_full_messages_the_oldest_first(town: World) -> None:
    with receiver() as other:
        await running(town, other.url)
        for _ in range(2):
            await read(town, *(f"7F{number:04}" for number in range(MOST_READS - 100)))
            town.at += timedelta(seconds=1)
        await sent(town)
    assert [len(plates_in(body)) for _, _, body in other.got] == [MOST_READS, 2 * (MOST_READS - 100) - MOST_READS]
    times = [one["read_at"] for _, _, body in other.got for one in json.loads(body)["reads"]]
    assert times == sorted(times)


async def test_a_feed_of_confirmed_reads_waits_for_the_person_and_forgets_what_is_taken_back(town: World) -> None:
    scene = Scene(town, f"l-{next(_numbers)}")
    with receiver() as other:
        feed = await running(town, other.url, what="confirmed")
        first, second = await scene.alerted("7CON123"), await scene.alerted("7CON124")
        await read(town, "7CON125")
        assert await sent(town) == 0
        await decide(town.node, OFFICER, first, State.CONFIRMED)
        await decide(town.node, OFFICER, second, State.CONFIRMED)
        await decide(town.node, OFFICER, second, State.MISREAD, "looked again")
        await sent(town)
    assert [plates_in(body) for _, _, body in other.got] == [["7CON123"]]
    assert (await stands(town, feed)).gone == 1


async def test_a_feed_of_hits_takes_what_matched_a_list_of_the_agency(town: World) -> None:
    with receiver() as other:
        await running(town, other.url, what="hits")
        settings = ListSettings("Feed test", "stolen-vehicle", "typed by hand")
        await hotlists.add_list(town.node, ASKER, "feed-test", True, settings)
        entry = NewEntry(
            "7HIT123", "Taken in Elm St", "26-0117", town.at + timedelta(days=2), "US-CA", "stolen-vehicle"
        )
        await hot_entries.add_entry(town.node, OFFICER, "feed-test", entry)
        await read(town, "7HIT123", "7MIS999")
        await sent(town)
    assert [plates_in(body) for _, _, body in other.got] == [["7HIT123"]]


# ---------------------------------------------------------------- time, failure and crashes


async def test_a_read_past_its_time_is_not_sent_however_long_the_receiver_was_away(world: World) -> None:
    with_hosts(world)
    with receiver() as other:
        other.answers = [503]
        feed = await running(world, other.url, ends=world.at + timedelta(days=200))
        await read(world, "7OLD123")
        await sent(world)
        world.at += timedelta(days=29)
        await read(world, "7NEW123")
        world.at += timedelta(days=1)
        async with world.node.store.transaction() as tx:
            await feeds_in_force.lapse(world.node, tx, world.at)
        world.at += feed_worker.LONGEST_WAIT
        await sent(world)
    assert [plates_in(body) for _, _, body in other.got] == [["7OLD123"], ["7NEW123"]]
    standing = await stands(world, feed)
    assert (standing.reads, standing.lapsed) == (1, 1)


async def test_a_receiver_that_is_away_keeps_one_message_waiting_and_the_rest_by_ids(town: World) -> None:
    with receiver() as other:
        other.answers = [503] * 4
        feed = await running(town, other.url)
        for number in range(4):
            await read(town, f"7AWY{number:03}")
            await sent(town)
        async with town.node.store.transaction() as tx:
            cursor = await tx.execute("SELECT state FROM outbox WHERE feed_id = %s", [feed.feed_id])
            states = await cursor.fetchall()
        assert states == [("waiting",)]
        standing = await stands(town, feed)
        assert standing.waiting == 4 and "503" in standing.failing
        ids = {headers["idempotency-key"] for _, headers, _ in other.got}
        other.answers.clear()
        town.at += feed_worker.LONGEST_WAIT
        await sent(town)
    assert len(ids) == 1 and [one for _, _, body in other.got[-2:] for one in plates_in(body)] == [
        f"7AWY{n:03}" for n in range(4)
    ]
    assert len(await told(town, EventType.EXPORT_MADE, feed)) == 2


async def test_more_than_may_wait_lapses_the_oldest_first_and_is_counted(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_WAITING", 3)
    feed = await running(town)
    for number in range(5):
        await read(town, f"7MNY{number:03}", ago=timedelta(seconds=30 - number))
    await feeds_in_force.keep_feeds(town.node)
    standing = await stands(town, feed)
    assert (standing.waiting, standing.lapsed) == (3, 2)
    with receiver():
        async with town.node.store.transaction() as tx:
            left = [read_id for read_id, _ in await rows.take(tx, feed.feed_id, town.at)]
    assert left == sorted(left)


async def test_a_receiver_that_says_never_gives_the_message_up_where_people_see_it(town: World) -> None:
    with receiver() as other:
        other.answers = [403]
        await running(town, other.url)
        await read(town, "7NEV123")
        await sent(town)
        letters = (await targets.deliveries(town.node, ASKER)).letters
        (letter,) = [one for one in letters if one.state == "dead"]
        await targets.try_again(town.node, ASKER, letter.message_id)
        await sent(town)
    assert [plates_in(body) for _, _, body in other.got] == [["7NEV123"]] * 2


async def test_a_read_goes_out_by_itself_soon_after_it_came(town: World) -> None:
    with receiver() as other:
        await running(town, other.url)
        channels = asyncio.create_task(listen(town.node.store, town.node.bell, (rows.CHANNEL,)))
        sending = asyncio.create_task(feed_worker.send_feeds_for_ever(town.node))
        try:
            await asyncio.sleep(0.2)
            await read(town, "7SOO123")
            for _ in range(300):
                if other.got:
                    break
                await asyncio.sleep(0.05)
        finally:
            for task in (channels, sending):
                task.cancel()
            await asyncio.gather(channels, sending, return_exceptions=True)
    assert [plates_in(body) for _, _, body in other.got] == [["7SOO123"]]


class Stopped(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "step", ["after packing", "before recording", "after recording", "after sending", "while counting"]
)
async def test_a_crash_between_two_steps_loses_nothing_and_counts_nothing_twice(
    town: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(*_: object, **__: object) -> None:
        raise Stopped

    at = {
        "after packing": (feed_worker.outbox, "claim"), "before recording": (feed_worker, "_record"),
        "after recording": (feed_worker, "send_all"), "after sending": (feed_worker, "_conclude"),
        "while counting": (feed_worker.rows, "note_sent"),
    }  # fmt: skip
    with receiver() as other:
        feed = await running(town, other.url)
        await read(town, "7CRA123")
        with monkeypatch.context() as broken, pytest.raises(Stopped):
            broken.setattr(*at[step], stop)
            await feed_worker.send_feeds_due(town.node)
        town.at += feed_worker.LEASE
        await sent(town)
    assert len({headers["idempotency-key"] for _, headers, _ in other.got}) == 1
    assert {tuple(plates_in(body)) for _, _, body in other.got} == {("7CRA123",)}
    standing = await stands(town, feed)
    assert (standing.reads, standing.messages, standing.waiting) == (1, 1, 0)
    assert len(await told(town, EventType.EXPORT_MADE, feed)) == 1


async def test_without_a_feed_storing_reads_asks_the_database_nothing_more(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(town, "7NON122")

    async def asked_(*_: object) -> None:
        raise AssertionError("a query for feeds")

    for name in ("active", "queue", "queue_hits"):
        monkeypatch.setattr(rows, name, asked_)
    await read(town, "7NON123")
