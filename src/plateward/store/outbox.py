"""The outbox: what waits to be delivered, where to, and how people want to be alerted.

A message is written in the transaction of what it tells of, so neither is there without the other. Whoever sends claims it with a
lease: should the sender die, another takes the message when the lease is over and sends it under the same key, by which a receiver
knows it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("outbox")

CHANNEL = "plateward_outbox"
"""Where new messages are announced (NOTIFY)."""


@dataclass(frozen=True, slots=True)
class Target:
    """Somewhere to deliver to. ``person``: whose it is; None for another system of the agency's. ``address``: as its channel needs.

    ``sent``, ``waiting``, ``dead``: how many messages stand so.
    """

    target_id: UUID
    agency: str
    person: str | None
    channel: str
    subject: str
    name: str
    address: Mapping[str, Any]
    made_by: str
    made_at: datetime
    person_name: str = ""
    ended_at: datetime | None = None
    sent: int = 0
    waiting: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A claimed message. ``attempts``: this one included; it also tells a sender whose lease is over from the present one."""

    message_id: UUID
    key: str
    alert_id: UUID | None
    body: Any
    made_at: datetime
    attempts: int
    target_id: UUID
    agency: str
    person: str | None
    channel: str
    subject: str
    name: str
    address: Mapping[str, Any]
    feed_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its people see it: where it goes and how it stands, never what it says."""

    message_id: UUID
    target_id: UUID
    target_name: str
    channel: str
    alert_id: UUID | None
    state: str
    made_at: datetime
    due_at: datetime
    attempts: int
    problem: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be alerted: with sound, and between which times of day never."""

    sound: bool = True
    quiet_from: time | None = None
    quiet_to: time | None = None

    def quiet_at(self, moment: time) -> bool:
        """Whether ``moment`` (local) lies in the quiet hours, which may pass midnight."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= moment < self.quiet_to
        return moment >= self.quiet_from or moment < self.quiet_to


async def add_target(connection: Connection, target: Target) -> None:
    """Enter an address."""
    await connection.execute(
        _SQL["add_target"],
        {
            "target_id": target.target_id, "agency": target.agency, "person": target.person, "channel": target.channel,
            "subject": target.subject, "name": target.name, "address": Jsonb(dict(target.address)), "made_by": target.made_by,
            "made_at": target.made_at,
        },
    )  # fmt: skip


async def targets(
    connection: Connection, agency: str, person: str, *, systems: bool, subject: str | None = None
) -> tuple[Target, ...]:
    """A person's addresses and, with ``systems``, those of the agency's other systems."""
    values = {"agency": agency, "person": person, "systems": systems, "subject": subject}
    return tuple(await _rows(connection, "targets", Target, values))


async def target(connection: Connection, target_id: UUID) -> Target | None:
    """One address, ended ones too."""
    found = await _rows(connection, "target", Target, {"target_id": target_id})
    return found[0] if found else None


async def end_target(connection: Connection, target_id: UUID, *, by: str, at: datetime) -> bool:
    """Take an address out and withhold what waits for it. False when it was out already."""
    done = await connection.execute(_SQL["end_target"], {"target_id": target_id, "by": by, "at": at})
    await connection.execute(_SQL["drop_waiting"], {"target_id": target_id, "at": at})
    return done.rowcount > 0


async def put(
    connection: Connection,
    message_id: UUID,
    key: str,
    target_id: UUID,
    body: Mapping[str, Any],
    *,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Put a message into the outbox, in the transaction of what it tells of; the same ``key`` is put once. False when it was there.

    ``expires_at``: when it is dropped unsent, and its body deleted in any case: never after what it tells of.
    """
    values = {"message_id": message_id, "key": key, "target_id": target_id, "body": Jsonb(dict(body))}
    done = await connection.execute(_SQL["put"], {**values, "now": now, "expires_at": expires_at})
    await connection.execute(_SQL["announce"])
    return done.rowcount > 0


async def claim(
    connection: Connection, now: datetime, lease: datetime, *, most: int = 20, feeds: bool = False
) -> tuple[Message, ...]:
    """Take messages that are due, for this sender alone until ``lease``: those of feeds, or all others."""
    return tuple(await _rows(connection, "claim", Message, {"now": now, "lease": lease, "most": most, "feeds": feeds}))


async def finish(connection: Connection, message: Message, state: str, at: datetime, *, problem: str = "") -> bool:
    """Say that a claimed message is ``sent``, ``withheld`` or ``dead``. False when another sender has it by now."""
    values = {"message_id": message.message_id, "attempts": message.attempts, "state": state}
    return (await connection.execute(_SQL["finish"], {**values, "problem": problem, "at": at})).rowcount > 0


async def again(connection: Connection, message: Message, due_at: datetime, problem: str) -> bool:
    """Let a claimed message wait until ``due_at``. False when another sender has it by now."""
    values = {"message_id": message.message_id, "attempts": message.attempts, "due_at": due_at, "problem": problem}
    return (await connection.execute(_SQL["again"], values)).rowcount > 0


async def messages(
    connection: Connection,
    agency: str,
    person: str,
    *,
    systems: bool,
    states: Sequence[str] | None = None,
    limit: int = 100,
) -> tuple[Letter, ...]:
    """Messages, the latest first: a person's own and, with ``systems``, those to the agency's other systems."""
    values = {"agency": agency, "person": person, "systems": systems, "states": states and list(states), "limit": limit}
    return tuple(await _rows(connection, "messages", Letter, values))


async def revive(
    connection: Connection, message_id: UUID, agency: str, person: str, at: datetime, *, systems: bool
) -> bool:
    """Let a dead message try again from the beginning. False when there is no such dead message of theirs."""
    values = {"message_id": message_id, "agency": agency, "person": person, "at": at, "systems": systems}
    done = await connection.execute(_SQL["revive"], values)
    await connection.execute(_SQL["announce"])
    return done.rowcount > 0


async def wishes(connection: Connection, person: str) -> Wishes:
    """How ``person`` wants to be alerted."""
    found = await _rows(connection, "wishes", Wishes, {"user_id": person})
    return found[0] if found else Wishes()


async def set_wishes(connection: Connection, person: str, wanted: Wishes) -> None:
    """Keep how ``person`` wants to be alerted."""
    values = {"sound": wanted.sound, "quiet_from": wanted.quiet_from, "quiet_to": wanted.quiet_to}
    await connection.execute(_SQL["set_wishes"], {"user_id": person, **values})


async def _rows(connection: Connection, name: str, kind: type[Any], values: Mapping[str, object]) -> list[Any]:
    cursor = connection.cursor(row_factory=class_row(kind))
    await cursor.execute(_SQL[name], values)
    return await cursor.fetchall()
