"""MQTT: JSON to the operator's own broker, acknowledged (QoS 1). The library is the extra ``mqtt``."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
from collections.abc import Sequence

import msgspec

from plateward.node.node import Node
from plateward.node.sending.channels import Again, Never, Parcel
from plateward.node.settings import Mqtt

TIMEOUT_S = 15


def installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec("aiomqtt") is not None


async def deliver_all(node: Node, parcels: Sequence[Parcel]) -> list[Exception | None]:
    """Publish ``parcels`` over one connection; for each None, or why not."""
    settings = node.settings.delivery.mqtt
    if settings is None:
        return [Never("no MQTT broker is set")] * len(parcels)
    if not installed():
        return [Again("the extra mqtt is not installed: pip install 'plateward[mqtt]'")] * len(parcels)
    import aiomqtt

    done: list[Exception | None] = []
    try:
        async with aiomqtt.Client(
            settings.host, settings.port, username=settings.user or None,
            password=await asyncio.to_thread(_secret, node, settings) or None,
            tls_context=ssl.create_default_context() if settings.tls else None, timeout=TIMEOUT_S,
        ) as client:  # fmt: skip
            for parcel in parcels:
                topic, payload, retain = said(settings, parcel)
                await client.publish(topic, payload, qos=1, retain=retain)
                done.append(None)
    except (aiomqtt.MqttError, OSError) as fault:
        done += [Again(f"the broker did not take it ({type(fault).__name__})")] * (len(parcels) - len(done))
    return done


def said(settings: Mqtt, parcel: Parcel) -> tuple[str, bytes, bool]:
    """Topic, payload and whether the broker keeps it. A body may name a topic of its own below the address's."""
    value = dict(parcel.content.value)
    below, retain = str(value.pop("topic", "")), bool(value.pop("retain", False))
    payload = value.pop("payload", None)
    topic = "/".join(part.strip("/") for part in (settings.prefix, str(parcel.message.address["topic"]), below) if part)
    return topic, msgspec.json.encode({"id": parcel.id, **value} if payload is None else payload), retain


def _secret(node: Node, settings: Mqtt) -> str:
    return (node.settings.data / settings.password_file).read_text("utf-8").strip() if settings.password_file else ""
