"""Refused acts: what a rule on persons forbids (one's own request, another's role, a cap) is recorded as what is allowed is.

What a promise refuses has events of its own; here is the rest of the life of shares, promises, documents and openings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plateward.core.canonical import JSON
from plateward.core.errors import NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node

FAMILIES = frozenset(
    {
        "share",
        "recall",
        "promise",
        "document",
        "change",
        "brake",
        "emergency",
        "production",
        "exposure",
        "config",
        "notice",
        "feed",
        "hold",
    }
)
"""Acts, by the first word of their event, whose refusal is recorded."""


def refusal_event(node: Node, person: Person, act: EventType, sentence: str, subject: str = "") -> Event:
    """The event that tells of a refused act. ``act``: what it would have been; ``subject``: the id of what it was about."""
    body: dict[str, JSON] = {
        "act": str(act), "person": person.id, "organisation": person.organisation, "sentence": sentence,
    }  # fmt: skip
    if subject:
        body["subject"] = subject[:200]
    return Event(EventType.ACT_REFUSED, node.now(), person.organisation, body)


async def record_refusal(node: Node, person: Person, act: EventType, sentence: str, subject: str = "") -> None:
    """Write into the ledger that ``person`` was refused ``act``, where it belongs to one of ``FAMILIES``."""
    if str(act).partition(".")[0] not in FAMILIES:
        return
    async with node.store.transaction() as tx:
        await ledger.append(node, tx, refusal_event(node, person, act, sentence, subject))


@asynccontextmanager
async def recording(node: Node, person: Person, act: EventType, subject: str = "") -> AsyncIterator[None]:
    """Record that ``person`` was refused ``act`` when the block raises NotAllowed, after its transaction is undone."""
    try:
        yield
    except NotAllowed as refused:
        await record_refusal(node, person, act, refused.args[0], subject)
        raise
