"""Feeds over MQTT to a real broker, and what it keeps for Home Assistant (apt-get install mosquitto)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiomqtt
import pytest
import pytest_asyncio
from msgspec.structs import replace as changed

from plateward.core.errors import BadInput
from plateward.demo.people import person
from plateward.node.sending import feed_worker, feeds, home_assistant
from plateward.node.settings import Delivery, Mqtt
from tests.node.feeding import ASKER, SECOND_READER, read, running, sent, stands, wanted
from tests.node.test_sending_mqtt import BROKER, broker
from tests.node.world import READER, World

__all__ = ["broker"]

FEED = UUID(int=5)
needs_broker = pytest.mark.skipif(BROKER is None, reason="mosquitto is not installed: apt-get install mosquitto")


def test_a_reader_is_introduced_as_one_device_with_a_plate_a_time_and_an_event() -> None:
    *described, available = home_assistant.introduce(
        "homeassistant", "plateward/reads", FEED, {"gate-1": "Gate"}, kept_s=180, page="https://node.example.org/feeds"
    )
    (config,) = described
    assert config.retain and config.topic == f"homeassistant/device/plateward_{FEED.hex}_gate-1/config"
    said = json.loads(config.payload)
    assert said["origin"]["name"] == "Plateward" and said["device"]["name"] == "Gate"
    assert said["availability"] == [{"topic": available.topic}] and (available.payload, available.retain) == (
        b"online",
        True,
    )
    components = said["components"]
    assert {name: one["platform"] for name, one in components.items()} == {
        "last_plate": "sensor", "last_seen": "sensor", "read": "event",
    }  # fmt: skip
    assert len({one["unique_id"] for one in components.values()}) == 3
    assert said["state_topic"] == components["last_plate"]["json_attributes_topic"] == "plateward/reads/gate-1"
    assert components["last_seen"]["device_class"] == "timestamp" and components["read"]["event_types"] == ["read"]
    assert {one.get("expire_after") for one in components.values()} == {180, None}


def test_what_is_taken_back_is_all_that_was_kept() -> None:
    kept = home_assistant.introduce("homeassistant", "b", FEED, {"a": "A", "b": "B"}, kept_s=60, page="p")
    gone = home_assistant.withdraw("homeassistant", "b", FEED, ["b", "a"])
    assert {one.topic for one in kept} == {one.topic for one in gone}
    assert all(one.payload == b"" and one.retain for one in gone)


def test_an_id_that_a_topic_cannot_have_is_written_without_it() -> None:
    """A reader's id must not reach into another topic, nor subscribe to all."""
    assert home_assistant.state_topic("b", "a/#+b") == "b/a___b"


@pytest_asyncio.fixture(loop_scope="session")
async def listener(town: World, broker: int) -> AsyncIterator[aiomqtt.Client]:
    """A client of the town's broker."""
    settings, before = town.node.settings, town.node
    delivery = Delivery(mqtt=Mqtt("127.0.0.1", broker), private_hosts=("127.0.0.1",))
    town.node = replace(town.node, settings=changed(settings, delivery=delivery))
    for _ in range(50):
        try:
            async with aiomqtt.Client("127.0.0.1", broker) as client:
                yield client
                break
        except aiomqtt.MqttError:
            await asyncio.sleep(0.1)
    town.node = replace(town.node, settings=before.settings)


async def heard(client: aiomqtt.Client, count: int) -> list[tuple[str, bytes, bool]]:
    got = []
    for _ in range(count):
        one = await asyncio.wait_for(anext(client.messages), 5)
        assert isinstance(one.payload, bytes)
        got.append((str(one.topic), one.payload, one.retain))
    return got


async def kept_by(port: int) -> dict[str, bytes]:
    """What the broker keeps and would tell anybody who comes later."""
    found: dict[str, bytes] = {}
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("#", qos=1)
        await client.publish("marker", b"end", qos=1)
        async for one in client.messages:
            if str(one.topic) == "marker":
                return found
            assert isinstance(one.payload, bytes)
            if one.retain:
                found[str(one.topic)] = one.payload
    raise AssertionError("the broker went away")


MQTT: dict[str, Any] = {"channel": "mqtt", "address": {"topic": "reads"}}


@needs_broker
async def test_each_read_is_a_message_on_its_readers_topic_and_the_broker_keeps_none(
    town: World, listener: aiomqtt.Client, broker: int
) -> None:
    feed = await running(town, **MQTT)
    await listener.subscribe("plateward/#", qos=1)
    ids = await read(town, "7MQT123", ago=timedelta(seconds=9)) + await read(town, "7MQT124", ago=timedelta(seconds=8))
    await read(town, "7MQT125", key=f"key of {SECOND_READER}")
    await sent(town)
    got = await heard(listener, 3)
    assert [topic for topic, _, _ in got] == [f"plateward/reads/{READER}"] * 2 + [f"plateward/reads/{SECOND_READER}"]
    said = [json.loads(payload) for _, payload, _ in got]
    assert [one["plate"] for one in said] == ["7MQT123", "7MQT124", "7MQT125"]
    assert [one["read_id"] for one in said[:2]] == ids and {one["event_type"] for one in said} == {"read"}
    assert await kept_by(broker) == {}
    assert (await stands(town, feed)).reads == 3


@needs_broker
async def test_home_assistant_is_told_of_the_readers_at_once_and_the_end_takes_all_back(
    town: World, listener: aiomqtt.Client, broker: int
) -> None:
    feed = await running(town, **MQTT, home_assistant=True, readers=(READER,))
    await sent(town)
    kept = await kept_by(broker)
    config = f"homeassistant/device/plateward_{feed.feed_id.hex}_{READER}/config"
    assert set(kept) == {config, f"plateward/reads/feeds/{feed.feed_id}/availability"}
    await read(town, "7HAS123")
    await sent(town)
    assert set(await kept_by(broker)) == set(kept) and b"7HAS123" not in b"".join((await kept_by(broker)).values())
    await feeds.end(town.node, ASKER, str(feed.feed_id))
    await sent(town)
    assert await kept_by(broker) == {}


@needs_broker
async def test_another_owners_reads_do_not_go_to_the_operators_broker_without_a_share(
    town: World, listener: aiomqtt.Client
) -> None:
    """The broker is Ridgeport's: Port Alder's feed over it is an export to Ridgeport, and its share grants none."""
    wish = wanted(town, **MQTT)
    answer = await feeds.ask(town.node, person("hale"), wish)
    assert answer.feed is None and answer.refusal is not None and "export" in answer.refusal
    with pytest.raises(BadInput, match="the broker is us-ca-ridgeport-pd's"):
        await feeds.ask(town.node, person("hale"), replace(wish, receiver="us-ca-ridge-county-so"))


@needs_broker
async def test_a_crash_before_the_broker_was_told_leaves_nothing_there_after_the_end(
    town: World, listener: aiomqtt.Client, broker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        pass

    async def stop(*_: object) -> None:
        raise Stopped

    feed = await running(town, **MQTT, home_assistant=True, readers=(READER,))
    with monkeypatch.context() as broken, pytest.raises(Stopped):
        broken.setattr(feed_worker, "_conclude", stop)
        await feed_worker.send_feeds_due(town.node)
    assert len(await kept_by(broker)) == 2
    await feeds.end(town.node, ASKER, str(feed.feed_id))
    await sent(town)
    assert await kept_by(broker) == {}


async def test_a_broker_that_is_away_is_asked_to_forget_once_it_is_back(town: World, broker: int) -> None:
    before = town.node
    away = Delivery(mqtt=Mqtt("127.0.0.1", 1), private_hosts=("127.0.0.1",))
    town.node = replace(town.node, settings=changed(town.node.settings, delivery=away))
    feed = await running(town, **MQTT, home_assistant=True)
    await sent(town)
    await feeds.end(town.node, ASKER, str(feed.feed_id))
    await sent(town)
    async with town.node.store.transaction() as tx:
        cursor = await tx.execute("SELECT state FROM outbox WHERE feed_id = %s ORDER BY made_at", [feed.feed_id])
        assert [state for (state,) in await cursor.fetchall()] == ["withheld", "waiting"]
    town.node = replace(town.node, settings=before.settings)
