"""MQTT: JSON to the operator's own broker, acknowledged (QoS 1). The library is the extra ``mqtt``."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from plateward.node.node import Node
from plateward.node.sending.channels import Again, Never, Parcel, Publication
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
                for one in said(settings, parcel):
                    await client.publish(one.topic, one.payload, qos=1, retain=one.retain)
                done.append(None)
    except (aiomqtt.MqttError, OSError) as fault:
        done += [Again(f"the broker did not take it ({type(fault).__name__})")] * (len(parcels) - len(done))
    return done


def said(settings: Mqtt, parcel: Parcel) -> tuple[Publication, ...]:
    """What is published of ``parcel``: what it says for brokers, else its value on the address's topic."""
    if parcel.content.publications:
        return parcel.content.publications
    payload = msgspec.json.encode({"id": parcel.id, **parcel.content.value})
    return (Publication(topic_of(settings, parcel.message.address), payload),)


def topic_of(settings: Mqtt, address: Mapping[str, Any]) -> str:
    """The topic of an address, below the operator's prefix."""
    return "/".join(part.strip("/") for part in (settings.prefix, str(address["topic"])) if part)


def _secret(node: Node, settings: Mqtt) -> str:
    return (node.settings.data / settings.password_file).read_text("utf-8").strip() if settings.password_file else ""
