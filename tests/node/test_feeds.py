"""Feeds: what it takes to have one, what ends it, who may know of it, and attacks on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from plateward.core.alert import State
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.core.feed import FeedState
from plateward.core.share import Grant
from plateward.demo.people import person
from plateward.node.alerting.acts import decide
from plateward.node.overseeing import audit
from plateward.node.overseeing.periods import period
from plateward.node.people import accounts
from plateward.node.publishing.files import BODIES
from plateward.node.publishing.publish import publish
from plateward.node.sending import feed_view, feed_worker, feeds, feeds_in_force, targets, worker
from plateward.node.sharing import brake, steps
from plateward.node.sharing import review as share_review
from plateward.node.sharing import shares as sharing
from plateward.node.sharing.exposure import exposure_of
from plateward.store import events, people, policy
from plateward.store import feeds as rows
from plateward.store import sharing as notices
from tests.node.alerted import Scene
from tests.node.alerted import numbers as _numbers
from tests.node.feeding import (
    ASKER,
    OFFICER,
    RIDGEPORT,
    SECOND,
    SHERIFF,
    asked,
    read,
    running,
    sent,
    stands,
    state,
    told,
    wanted,
    with_hosts,
)
from tests.node.test_publish import verify as verify_published
from tests.node.test_sending import receiver
from tests.node.world import World

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
    assert event["sentence"] == "its time is over." and "by" not in event
    async with town.node.store.transaction() as tx:
        told_owner = await notices.notices(tx, RIDGEPORT)
    assert (f"feed.{feed.feed_id}", "The feed to our own dispatch desk ended: its time is over.") in [
        (one.subject, one.sentence) for one in told_owner
    ]


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


async def test_the_published_figures_are_the_ledgers_and_fewer_reads_cannot_be_shown(world: World) -> None:
    with_hosts(world)
    with receiver() as other:
        await running(world, other.url)
        await read(world, "7FIG123", "7FIG124", "7FIG125")
        await sent(world)
    world.at += timedelta(days=1)
    await feeds_in_force.keep_feeds(world.node)
    await publish(world.node, world.node.publisher)
    assert verify_published(world).ok
    file = world.node.publisher.folder / BODIES
    told_ = file.read_text("utf-8")
    assert told_.count('"reads":3') == 1
    file.write_text(told_.replace('"reads":3', '"reads":1'), "utf-8")
    assert not verify_published(world).ok


async def test_only_people_who_oversee_feeds_see_them_and_only_their_agencys(town: World) -> None:
    feed = await asked(town)
    for who in ("whitfield", "delacroix", "vance", "nakamura"):
        assert any(one.feed.feed_id == feed.feed_id for one in await feed_view.feeds_of(town.node, person(who)))
    assert await feed_view.feeds_of(town.node, person("hale")) == ()
    with pytest.raises(NotAllowed):
        await feed_view.feeds_of(town.node, OFFICER)
