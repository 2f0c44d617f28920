"""Where messages go, for programs: list, add, take out, and what did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from plateward.node.sending import targets
from plateward.node.sending.targets import Letter, Target
from plateward.web.endpoint import Call
from plateward.web.pages.deliveries import WhichMessage, WhichTarget


class Adding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address.

    ``address``: ``to`` for e-mail, ``url`` for a webhook, ``topic`` for MQTT, ``endpoint``, ``p256dh`` and ``auth`` for push.
    """

    channel: Literal["push", "e-mail", "webhook", "mqtt"]
    address: Mapping[str, str]
    name: str = ""


class TargetShape(msgspec.Struct, frozen=True):
    """An address that messages go to. ``person``: whose it is; null for another system."""

    id: UUID
    channel: str
    name: str
    person: str | None
    subject: str
    at: str
    entered: datetime
    entered_by: str
    sent: int
    waiting: int
    given_up: int


class LetterShape(msgspec.Struct, frozen=True):
    """A message that has not arrived: waiting, sending, withheld (``problem`` says why), or given up (dead)."""

    id: UUID
    delivery: UUID
    delivery_name: str
    channel: str
    alert: UUID | None
    state: str
    made: datetime
    due: datetime
    attempts: int
    problem: str


class Deliveries(msgspec.Struct, frozen=True):
    """Your addresses and, for an ALPR administrator, the agency's systems; and what has not arrived."""

    deliveries: tuple[TargetShape, ...]
    messages: tuple[LetterShape, ...]


async def listed(call: Call) -> Deliveries:
    """Where messages go, and what has not arrived."""
    found = await targets.deliveries(call.node, call.who)
    return Deliveries(tuple(map(_target, found.targets)), tuple(map(_letter, found.letters)))


async def add(call: Call, asked: Adding) -> TargetShape:
    """Enter an address: your own phone or mailbox, or as an ALPR administrator another system."""
    return _target(await targets.add(call.node, call.who, asked.channel, asked.name, asked.address))


async def end(call: Call, asked: WhichTarget) -> Deliveries:
    """Take an address out."""
    await targets.end(call.node, call.who, asked.delivery_id)
    return await listed(call)


async def again(call: Call, asked: WhichMessage) -> Deliveries:
    """Let a message that was given up try again."""
    await targets.try_again(call.node, call.who, asked.message_id)
    return await listed(call)


def _target(one: Target) -> TargetShape:
    at = {"e-mail": "to", "webhook": "url", "mqtt": "topic", "push": "endpoint"}[one.channel]
    return TargetShape(
        one.target_id, one.channel, one.name, one.person, one.subject, str(one.address[at]), one.made_at, one.made_by, one.sent,
        one.waiting, one.dead,
    )  # fmt: skip


def _letter(one: Letter) -> LetterShape:
    return LetterShape(
        one.message_id, one.target_id, one.target_name, one.channel, one.alert_id, one.state, one.made_at, one.due_at, one.attempts,
        one.problem,
    )  # fmt: skip
