"""Feeds: what it takes to have one, what goes out on it, what never does, and attacks on the way."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from msgspec.structs import replace as changed

from plateward.core.alert import State
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.core.feed import MOST_READS, Feed, FeedState
from plateward.core.retention import Rule
from plateward.core.share import Grant
from plateward.demo.people import person
from plateward.formats.exports import COLUMNS
from plateward.formats.http_signature import verify
from plateward.node.alerting.acts import decide
from plateward.node.alerting.bell import listen
from plateward.node.hotlists import entries as hot_entries
from plateward.node.hotlists import lists as hotlists
from plateward.node.hotlists.entries import NewEntry
from plateward.node.hotlists.lists import ListSettings
from plateward.node.overseeing import audit
from plateward.node.overseeing.periods import period
from plateward.node.people import accounts
from plateward.node.publishing.files import BODIES
from plateward.node.publishing.publish import publish
from plateward.node.reads import correct
from plateward.node.sending import feed_view, feed_worker, feeds, feeds_in_force, keys, targets, worker
from plateward.node.sending.feeds import FeedRequest
from plateward.node.settings import Delivery
from plateward.node.sharing import brake, steps
from plateward.node.sharing import review as share_review
from plateward.node.sharing import shares as sharing
from plateward.node.sharing.exposure import exposure_of
from plateward.store import events, people, policy
from plateward.store import feeds as rows
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from tests.node.alerted import Scene
from tests.node.alerted import numbers as _numbers
from tests.node.purging import choose
from tests.node.test_sending import receiver
from tests.node.world import READER, World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

ASKER, SECOND, OFFICER = person("nakamura"), person("whitfield"), person("alvarez")
RIDGEPORT, SHERIFF, BCSC = "us-ca-ridgeport-pd", "us-ca-ridge-county-so", "us-dhs-ice-hsi-bcsc"
SECOND_READER = "rpd-main-10th-s"


def with_hosts(world: World) -> None:
    """Let webhooks reach this machine."""
    settings = changed(world.node.settings, delivery=Delivery(private_hosts=("127.0.0.1",)))
    world.node = replace(world.node, settings=settings)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def feeding_town(postgres: EmbeddedServer) -> AsyncIterator[World]:
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            world = await begin(store, folder)
            with_hosts(world)
            yield world
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def town(feeding_town: World) -> AsyncIterator[World]:
    """A town in which no feed runs and nothing waits."""
    feeding_town.at += timedelta(hours=2)
    yield feeding_town
    for view in await feed_view.feeds_of(feeding_town.node, ASKER):
        if view.feed.state in (FeedState.ASKED, FeedState.ACTIVE):
            await feeds.end(feeding_town.node, ASKER, str(view.feed.feed_id))
    for target in (await targets.deliveries(feeding_town.node, ASKER)).targets:
        await targets.end(feeding_town.node, ASKER, target.target_id)


def wanted(town: World, url: str = "https://dispatch.example.org/reads", **more: Any) -> FeedRequest:
    values: dict[str, Any] = {
        "what": "every", "recipient": "our own dispatch desk", "reason": "stolen-vehicle", "ends": town.at + timedelta(days=30),
        "channel": "webhook", "address": {"url": url}, "case": "26-0117",
    }  # fmt: skip
    return FeedRequest(**values | more)


async def asked(town: World, url: str = "https://dispatch.example.org/reads", **more: Any) -> Feed:
    answer = await feeds.ask(town.node, ASKER, wanted(town, url, **more))
    assert answer.feed is not None, answer.refusal
    return answer.feed


async def running(town: World, url: str = "https://dispatch.example.org/reads", **more: Any) -> Feed:
    answer = await feeds.approve(town.node, SECOND, str((await asked(town, url, **more)).feed_id))
    assert answer.refusal is None and answer.feed is not None
    return answer.feed


async def read(town: World, *plates: str, ago: timedelta = timedelta(seconds=5), key: str | None = None) -> list[str]:
    items = [town.sent(plate, ago) for plate in plates]
    await town.deliver(*items, **({"key": key} if key else {}))
    return [str(item["id"]) for item in items]


async def sent(town: World) -> int:
    """Send what is due, as often as anything is: each time a second later."""
    total = 0
    while True:
        town.at += timedelta(seconds=1)
        count = await feed_worker.send_feeds_due(town.node)
        if not count:
            return total
        total += count


async def told(town: World, kind: EventType, feed: Feed) -> list[dict[str, Any]]:
    """The bodies of events of ``kind`` that name the feed, the oldest first."""
    async with town.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(kind)], limit=1000)
    bodies = [fields_of(bytes(one.body)) for one in reversed(found) if one.body is not None]
    return [body for body in bodies if body.get("feed") == str(feed.feed_id)]


async def stands(town: World, feed: Feed) -> rows.Standing:
    async with town.node.store.transaction() as tx:
        return (await rows.standings(tx, [feed.feed_id]))[feed.feed_id]


async def state(town: World, feed: Feed) -> FeedState:
    async with town.node.store.transaction() as tx:
        found = await rows.feed(tx, feed.feed_id)
    assert found is not None
    return found.state


def plates_in(body: bytes) -> list[str]:
    return [one["plate"] for one in json.loads(body)["reads"]]


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


# ---------------------------------------------------------------- two people, an end, and who may know


async def test_whoever_asks_cannot_approve_and_another_administrator_cannot_either(town: World) -> None:
    feed = await asked(town)
    for who, why in (
        (ASKER, "approves no feeds"),
        (OFFICER, "approves no feeds"),
        (person("delacroix"), "approves no feeds"),
    ):
        with pytest.raises(NotAllowed, match=why):
            await feeds.approve(town.node, who, str(feed.feed_id))
    with pytest.raises(BadInput, match="no such feed of your agency"):
        await feeds.approve(town.node, person("osei"), str(feed.feed_id))
    async with town.node.store.transaction() as tx:
        refused = await events.events(tx, types=[str(EventType.ACT_REFUSED)], limit=10)
    assert any(fields_of(bytes(one.body)).get("subject") == str(feed.feed_id) for one in refused if one.body)
    assert await state(town, feed) is FeedState.ASKED


async def test_an_officer_and_a_privacy_officer_ask_for_no_feeds(town: World) -> None:
    for who in (OFFICER, SECOND):
        with pytest.raises(NotAllowed, match="asks for no feeds"):
            await feeds.ask(town.node, who, wanted(town))


async def test_either_of_the_two_ends_it_and_an_officer_does_not(town: World) -> None:
    for who in (ASKER, SECOND):
        feed = await running(town, f"https://{who.id}.example.org/")
        with pytest.raises(NotAllowed, match="ends no feeds"):
            await feeds.end(town.node, OFFICER, str(feed.feed_id))
        assert (await feeds.end(town.node, who, str(feed.feed_id), "no longer needed")).state is FeedState.ENDED
        (event,) = await told(town, EventType.FEED_ENDED, feed)
        assert event["by"] == who.id and event["note"] == "no longer needed"


async def test_what_was_asked_for_can_be_refused_and_is_then_over(town: World) -> None:
    feed = await asked(town)
    with pytest.raises(BadInput, match="say why"):
        await feeds.refuse(town.node, SECOND, str(feed.feed_id), " ")
    await feeds.refuse(town.node, SECOND, str(feed.feed_id), "dispatch has no need of every read")
    assert len(await told(town, EventType.FEED_REFUSED, feed)) == 1
    with pytest.raises(BadInput, match="refused already"):
        await feeds.approve(town.node, SECOND, str(feed.feed_id))


async def test_a_feed_lapses_by_itself_at_its_end(town: World) -> None:
    with receiver() as other:
        feed = await running(town, other.url, ends=town.at + timedelta(hours=1))
        town.at += timedelta(hours=1)
        await read(town, "7END123")
        await sent(town)
        assert await feeds_in_force.keep_feeds(town.node) == 1
    assert other.got == [] and await state(town, feed) is FeedState.ENDED
    (event,) = await told(town, EventType.FEED_ENDED, feed)
    assert event["sentence"] == "its time is over" and "by" not in event


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"ends": timedelta(days=-1)}, "ends"), ({"ends": timedelta(days=400)}, "ends"), ({"what": "plates"}, "what"),
        ({"recipient": "x"}, "recipient"), ({"reason": "because"}, "reason"), ({"case": "", "words": "short"}, "words"),
        ({"readers": ("papd-alder-d-s",)}, "readers"), ({"group": "harbor"}, "group"), ({"channel": "push"}, "channel"),
        ({"channel": "mqtt", "address": {"topic": "reads"}}, "channel"), ({"receiver": "Nobody Known Anywhere PD"}, "receiver"),
        ({"address": {"url": "https://10.0.0.1/"}}, "url"), ({"delivery": UUID(int=1)}, "delivery"),
        ({"recipient": "Pasadena Police Department, CA for Long Beach Police Department, CA"}, "recipient"),
    ],
)  # fmt: skip
async def test_what_is_missing_or_wrong_is_named_by_its_field(town: World, more: dict[str, Any], field: str) -> None:
    if "ends" in more:
        more = {"ends": town.at + more["ends"]}
    with pytest.raises(BadInput) as wrong:
        await feeds.ask(town.node, ASKER, wanted(town, **more))
    assert wrong.value.where == field


async def test_an_address_cannot_be_taken_out_under_a_feed_and_one_of_alerts_outlives_it(town: World) -> None:
    known = await targets.add(town.node, ASKER, "webhook", "Dispatch", {"url": "https://dispatch.example.org/alerts"})
    feed = await running(town, delivery=known.target_id)
    with pytest.raises(BadInput, match="a feed goes to this address"):
        await targets.end(town.node, ASKER, feed.target_id)
    await feeds.end(town.node, ASKER, str(feed.feed_id))
    assert [one.target_id for one in (await targets.deliveries(town.node, ASKER)).targets] == [known.target_id]
    await targets.end(town.node, ASKER, feed.target_id)


async def test_an_address_of_a_feed_gets_no_alerts_and_one_of_alerts_may_get_a_feed(town: World) -> None:
    scene = Scene(town, f"l-{next(_numbers)}")
    with receiver() as other:
        known = await targets.add(town.node, ASKER, "webhook", "Dispatch", {"url": f"{other.url}/alerts"})
        await running(town, f"{other.url}/feed")
        await running(town, delivery=known.target_id)
        await decide(town.node, OFFICER, await scene.alerted("7ADR123"), State.CONFIRMED)
        while await worker.send_due(town.node):
            pass
        assert [(path, json.loads(body)["kind"]) for path, _, body in other.got] == [("/alerts", "alert")]
        await sent(town)
    assert sorted((path, json.loads(body)["kind"]) for path, _, body in other.got[1:]) == [
        ("/alerts", "reads"),
        ("/feed", "reads"),
    ]


# ---------------------------------------------------------------- attacks


@pytest.mark.parametrize(
    "naming",
    [
        {"recipient": "HSI's Bulk Cash Smuggling Center"},
        {"recipient": "webhook of Homeland Security Investigations, Bulk Cash Smuggling Center"},
        {
            "recipient": "our own dispatch desk",
            "receiver": "Homeland Security Investigations, Bulk Cash Smuggling Center",
        },
        {"recipient": "analytics by HSI"},
    ],
)
async def test_a_feed_to_a_webhook_of_hsis_bulk_cash_smuggling_center_is_refused_as_ice(
    town: World, naming: dict[str, str]
) -> None:
    answer = await feeds.ask(town.node, ASKER, wanted(town, **naming))
    assert answer.feed is None and answer.decision is not None and answer.refusal is not None
    assert "us-dhs-ice" in answer.decision.chain and "immigration enforcement" in answer.refusal
    assert answer.decision.promises
    async with town.node.store.transaction() as tx:
        record = await events.event(tx, answer.record or 0)
        every = await rows.of_owner(tx, RIDGEPORT)
    assert record is not None and record.body is not None
    told_ = fields_of(bytes(record.body))
    assert not told_["allowed"] and str(told_["on_behalf_of"]).startswith("us-dhs-ice-hsi")
    assert not any(one.receiver and one.receiver.startswith("us-dhs-ice") for one in every)


async def test_a_feed_to_another_agency_needs_a_share_that_grants_exports(town: World) -> None:
    """Searching is not exporting: Ridge County's share lets it search, and nothing goes there by itself."""
    answer = await feeds.ask(town.node, ASKER, wanted(town, receiver=SHERIFF))
    assert answer.refusal is not None and "export" in answer.refusal


async def test_an_agency_that_nobody_classified_gets_no_feed(town: World) -> None:
    with pytest.raises(BadInput, match="no agency is known"):
        await feeds.ask(town.node, ASKER, wanted(town, receiver="Acme Plate Analytics"))


async def test_immigration_enforcement_is_no_reason_for_a_feed(town: World) -> None:
    answer = await feeds.ask(town.node, ASKER, wanted(town, reason="immigration enforcement"))
    assert answer.feed is None and answer.refusal is not None and "mmigration" in answer.refusal


async def shared(town: World) -> str:
    """A share that lets the sheriff take exports, without exact places."""
    terms = sharing.Terms(frozenset({Grant.SEARCH, Grant.EXPORT}))
    (made,) = await sharing.request(town.node, ASKER, RIDGEPORT, (SHERIFF,), terms, "stolen vehicles")
    share = made.view.share.id
    reviewer = replace(ASKER, id="okoye", name="Uche Okoye")
    async with town.node.store.transaction() as tx:
        await accounts.add(town.node, tx, reviewer)
    await share_review.review(town.node, reviewer, share, has_right=True, has_need=True, note="mutual aid agreement 14")
    answer = await share_review.approve(town.node, SECOND, share)
    assert answer.refusal is None, answer.refusal
    return share


async def test_a_feed_under_a_share_gives_what_the_share_gives_and_counts_as_exposure_and_ends_with_it(
    world: World,
) -> None:
    with_hosts(world)
    async with world.node.store.transaction() as tx:
        shares = (await policy.load(tx)).shares
    held = [one.id for one in shares if (one.owner, one.receiver) == (RIDGEPORT, SHERIFF)]
    for share in held:
        await steps.revoke(world.node, SECOND, share, "a wider one is asked for")
    share = await shared(world)
    with receiver() as other:
        feed = await running(world, other.url, recipient="Ridge County's records system", receiver=SHERIFF)
        await read(world, "7SHA123")
        await sent(world)
        (read_,) = json.loads(other.got[0][2])["reads"]
        assert read_["reader"] == "withheld" and not read_["exact_location"]
        found = await exposure_of(world.node, SECOND, SHERIFF)
        fed = [(one.reads, one.shares) for one in found.exposure.deliveries if one.kind == "feed"]
        assert fed == [(1, (share,))]
        await steps.suspend_share(world.node, SECOND, share, "asked back")
        await read(world, "7SHA124")
        await sent(world)
    assert len(other.got) == 1 and await state(world, feed) is FeedState.ENDED


async def test_the_brake_ends_a_feed_in_its_own_transaction_and_what_waited_never_goes(world: World) -> None:
    """Whoever asked works for a fusion centre too, and the city blocks everything that is one."""
    with_hosts(world)
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await people.assign(tx, ASKER.id, "us-ca-jric", source="order 12", since=world.at)
    with receiver() as other:
        feed = await running(world, other.url)
        await read(world, "7BRK123")
        async with world.node.store.transaction() as tx:
            waiting = await (await tx.execute("SELECT count(*) FROM feed_reads")).fetchone()
        assert waiting == (1,)
        await brake.pull(world.node, SECOND, "fusion-center", "everything stops until we know more")
        async with world.node.store.transaction() as tx:
            waiting = await (await tx.execute("SELECT count(*) FROM feed_reads")).fetchone()
        assert waiting == (0,) and await state(world, feed) is FeedState.ENDED
        await read(world, "7BRK124")
        await sent(world)
    assert other.got == []
    (event,) = await told(world, EventType.FEED_ENDED, feed)
    assert event["promises"] == [f"brake.{RIDGEPORT}.fusion-center"]


async def test_when_the_person_who_asked_is_dismissed_nothing_goes_out_any_more(world: World) -> None:
    with_hosts(world)
    with receiver() as other:
        feed = await running(world, other.url)
        await read(world, "7DIS123")
        await accounts.close(world.node, person("pham"), ASKER.id, "left the department")
        await sent(world)
        assert other.got == []
        standing = await stands(world, feed)
        assert standing.withheld == 1 and standing.waiting == 0 and "closed" in standing.problem
        (event,) = await told(world, EventType.FEED_WITHHELD, feed)
        assert "closed" in event["why"]


async def test_the_outbox_names_reads_by_their_ids_and_never_a_plate(town: World) -> None:
    with receiver() as other:
        other.answers = [500]
        await running(town, other.url)
        (read_id,) = await read(town, "7OUT123")
        await feed_worker.send_feeds_due(town.node)
        async with town.node.store.transaction() as tx:
            bodies = await (await tx.execute("SELECT body::text FROM outbox WHERE feed_id IS NOT NULL")).fetchall()
            kept = await (await tx.execute("SELECT f::text FROM feed_reads f")).fetchall()
        assert any(read_id in body for (body,) in bodies)
        assert not any("7OUT123" in text for (text,) in [*bodies, *kept])


async def audited(town: World) -> list[str]:
    """What the audit of this month finds of the agency's feeds."""
    found = await audit.audit_searches(town.node, person("delacroix"), period(town.node, "2026-11"))
    return [one.pattern for one in found.result.findings if one.pattern.startswith("feed-")]


async def test_a_feed_that_somebody_switched_on_in_the_database_is_found_by_the_audit(world: World) -> None:
    with_hosts(world)
    with receiver() as other:
        await running(world, other.url)
        await read(world, "7HON123")
        await sent(world)
        assert await audited(world) == []
        await asked(world, f"{other.url}/more")
        async with world.node.store.transaction() as tx:
            await policy.raise_epoch(tx)
            await tx.execute("UPDATE feeds SET state = 'active', ends_at = ends_at + '9 years'")
        await read(world, "7SWI123")
        await sent(world)
        assert await audited(world) == ["feed-unapproved"]
    assert {path for path, _, _ in other.got} == {"/", "/more"}


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


# ---------------------------------------------------------------- what anybody may know


async def test_anybody_may_know_that_a_feed_runs_to_whom_and_how_many_reads_a_day_went(town: World) -> None:
    with receiver() as other:
        feed = await running(town, other.url, recipient="the city's own dispatch desk")
        await read(town, "7PUB123", "7PUB124")
        await sent(town)
    (public,) = [one for one in await feed_view.published(town.node) if one.feed_id == feed.feed_id]
    assert public.runs and public.recipient == "the city's own dispatch desk" and public.receiver is None
    assert [(day.day, day.reads, day.messages) for day in public.days] == [(town.at.date(), 2, 1)]
    town.at += timedelta(days=1)
    await feeds_in_force.keep_feeds(town.node)
    await feeds_in_force.keep_feeds(town.node)
    (counted,) = await told(town, EventType.FEED_COUNTED, feed)
    assert counted["reads"] == 2 and counted["day"] == str((town.at - timedelta(days=1)).date())
    await publish(town.node, town.node.publisher)
    shown = (town.node.publisher.folder / BODIES).read_text("utf-8")
    assert "the city's own dispatch desk" in shown and "26-0117" not in shown and "nakamura" not in shown


async def test_only_people_who_oversee_feeds_see_them_and_only_their_agencys(town: World) -> None:
    feed = await asked(town)
    for who in ("whitfield", "delacroix", "vance", "nakamura"):
        assert any(one.feed.feed_id == feed.feed_id for one in await feed_view.feeds_of(town.node, person(who)))
    assert await feed_view.feeds_of(town.node, person("hale")) == ()
    with pytest.raises(NotAllowed):
        await feed_view.feeds_of(town.node, OFFICER)
