"""MQTT: what is published where, and to a real broker where one is installed (apt-get install mosquitto)."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import aiomqtt
import pytest
from msgspec.structs import replace as changed

from plateward.demo.start import settings as demo_settings
from plateward.node.node import Node
from plateward.node.sending import mqtt
from plateward.node.sending.channels import Again, Content, Never, Parcel
from plateward.node.settings import Delivery, Mqtt
from plateward.store.outbox import Message

BROKER = shutil.which("mosquitto") or next(filter(Path.is_file, map(Path, ("/usr/sbin/mosquitto",))), None)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def parcel(value: dict[str, Any], topic: str = "alerts/dispatch") -> Parcel:
    message = Message(
        UUID(int=7), "k", None, None, NOW, 1, UUID(int=8), "us-ca-ridgeport-pd", None, "mqtt", "alerts", "Dispatch",
        {"topic": topic},
    )  # fmt: skip
    return Parcel(message, Content("t", "x", "https://example.org", value), NOW)


def test_an_alert_is_published_below_the_prefix_with_the_id_by_which_a_repetition_is_known() -> None:
    (one,) = mqtt.said(Mqtt("broker"), parcel({"kind": "alert"}))
    assert (one.topic, one.retain) == ("plateward/alerts/dispatch", False)
    assert json.loads(one.payload) == {"id": str(UUID(int=7)), "kind": "alert"}


class _Settings:
    """As much of a node as a channel asks for."""

    def __init__(self, folder: Path, delivery: Delivery) -> None:
        self.settings = changed(demo_settings(folder, 8731), delivery=delivery)


async def deliver(folder: Path, delivery: Delivery, *parcels: Parcel) -> list[Exception | None]:
    node: Node = _Settings(folder, delivery)  # type: ignore[assignment]
    return await mqtt.deliver_all(node, parcels)


async def test_without_a_broker_nothing_is_lost(tmp_path: Path) -> None:
    (never,) = await deliver(tmp_path, Delivery(), parcel({}))
    assert isinstance(never, Never)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = await deliver(tmp_path, Delivery(mqtt=Mqtt("127.0.0.1", port)), parcel({}), parcel({}))
    assert len(done) == 2 and all(isinstance(one, Again) for one in done)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([str(BROKER), "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port
    process.terminate()
    process.wait(10)


@pytest.mark.skipif(BROKER is None, reason="mosquitto is not installed: apt-get install mosquitto")
async def test_a_real_broker_gets_every_message_once(tmp_path: Path, broker: int) -> None:
    for _ in range(50):
        try:
            async with aiomqtt.Client("127.0.0.1", broker) as listener:
                await listener.subscribe("plateward/#", qos=1)
                done = await deliver(
                    tmp_path, Delivery(mqtt=Mqtt("127.0.0.1", broker)), parcel({"n": 1}), parcel({"n": 2})
                )
                assert done == [None, None]
                got = [json.loads((await asyncio.wait_for(anext(listener.messages), 5)).payload)["n"] for _ in range(2)]  # type: ignore[arg-type]
                assert got == [1, 2]
            return
        except aiomqtt.MqttError:
            await asyncio.sleep(0.1)
    raise AssertionError("the broker did not start")
