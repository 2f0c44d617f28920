"""Feeds for the tests: asked for by one, approved by another, fed by a reader, and sent as far as anything is due."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from msgspec.structs import replace as changed

from plateward.core.event import EventType, fields_of
from plateward.core.feed import Feed, FeedState
from plateward.demo.people import person
from plateward.node.sending import feed_view, feed_worker, feeds, targets
from plateward.node.sending.feeds import FeedRequest
from plateward.node.settings import Delivery
from plateward.store import events
from plateward.store import feeds as rows
from tests.node.world import World

ASKER, SECOND, OFFICER = person("nakamura"), person("whitfield"), person("alvarez")
RIDGEPORT, SHERIFF, BCSC = "us-ca-ridgeport-pd", "us-ca-ridge-county-so", "us-dhs-ice-hsi-bcsc"
SECOND_READER = "rpd-main-10th-s"


def with_hosts(world: World) -> None:
    """Let webhooks reach this machine."""
    settings = changed(world.node.settings, delivery=Delivery(private_hosts=("127.0.0.1",)))
    world.node = replace(world.node, settings=settings)


async def end_every_feed(world: World) -> None:
    """End the agency's feeds and take its addresses out."""
    for view in await feed_view.feeds_of(world.node, ASKER):
        if view.feed.state in (FeedState.ASKED, FeedState.ACTIVE):
            await feeds.end(world.node, ASKER, str(view.feed.feed_id))
    for target in (await targets.deliveries(world.node, ASKER)).targets:
        await targets.end(world.node, ASKER, target.target_id)


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
