"""Introducing readers to Home Assistant over MQTT: one device a reader, with its last plate, when it last read, and an event.

Device-based discovery (home-assistant.io/integrations/mqtt, since 2024.12): one retained description a device on
``<discovery>/device/<object id>/config``; an empty one takes it back. A description names no plate. Reads themselves are never
retained: a broker that keeps the last plate would keep it longer than the agency may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from plateward import __version__
from plateward.node.sending.channels import Publication

EVENT = "read"
"""The type of event that each read is to Home Assistant; every read's message says it."""

_ONLINE = b"online"
_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


def introduce(
    discovery: str, base: str, feed: UUID, readers: Mapping[str, str], *, kept_s: int, page: str
) -> tuple[Publication, ...]:
    """Describe ``readers`` (names by id) whose reads come on ``base``, and say that the feed runs.

    ``kept_s``: seconds after which a value that was not renewed is forgotten; ``page``: where the node shows the feed.
    """
    described = [
        Publication(
            _config(discovery, feed, reader),
            msgspec.json.encode(_device(base, feed, reader, name, kept_s, page)),
            retain=True,
        )
        for reader, name in sorted(readers.items())
    ]
    return (*described, Publication(availability(base, feed), _ONLINE, retain=True))


def withdraw(discovery: str, base: str, feed: UUID, readers: Iterable[str]) -> tuple[Publication, ...]:
    """Take back all that the broker keeps of a feed."""
    topics = [*(_config(discovery, feed, reader) for reader in sorted(readers)), availability(base, feed)]
    return tuple(Publication(topic, b"", retain=True) for topic in topics)


def availability(base: str, feed: UUID) -> str:
    """The topic that says whether the feed runs."""
    return f"{base}/feeds/{feed}/availability"


def state_topic(base: str, reader: str) -> str:
    """The topic of a reader's reads. An id that has what topics may not have is written without it."""
    return f"{base}/{_PLAIN.sub('_', reader)}"


def _config(discovery: str, feed: UUID, reader: str) -> str:
    return f"{discovery.strip('/')}/device/{_id(feed, reader)}/config"


def _id(feed: UUID, reader: str) -> str:
    """Unique among all nodes and feeds that share a broker."""
    return f"plateward_{feed.hex}_{_PLAIN.sub('_', reader)}"


def _device(base: str, feed: UUID, reader: str, name: str, kept_s: int, page: str) -> dict[str, Any]:
    unique, topic = _id(feed, reader), state_topic(base, reader)
    return {
        "device": {
            "identifiers": [unique], "name": name, "manufacturer": "Plateward", "model": "licence plate reader",
            "configuration_url": page,
        },
        "origin": {"name": "Plateward", "sw_version": __version__},
        "availability": [{"topic": availability(base, feed)}],
        "state_topic": topic,
        "qos": 1,
        "components": {
            "last_plate": {
                "platform": "sensor", "unique_id": f"{unique}_last_plate", "name": "Last plate", "icon": "mdi:car-info",
                "value_template": "{{ value_json.plate }}", "json_attributes_topic": topic, "expire_after": kept_s,
            },
            "last_seen": {
                "platform": "sensor", "unique_id": f"{unique}_last_seen", "name": "Last read", "device_class": "timestamp",
                "value_template": "{{ value_json.read_at }}", "expire_after": kept_s,
            },
            "read": {
                "platform": "event", "unique_id": f"{unique}_read", "name": "Read", "event_types": [EVENT], "icon": "mdi:cctv",
            },
        },
    }  # fmt: skip
