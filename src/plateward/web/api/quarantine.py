"""What is set apart, by program."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from plateward.node.devices.quarantine import MOST, Apart, Decided, When, drop, release, set_apart
from plateward.web.endpoint import Call


class From(msgspec.Struct, frozen=True):
    """Where a page begins: the id that the last one ended with."""

    before: int | None = None


class Entry(msgspec.Struct, frozen=True):
    """One delivery set apart. ``kind``: "read" or "message"; ``expires_at``: when it goes by itself; ``size`` in bytes."""

    id: int
    kind: str
    reader: str
    reader_name: str
    received_at: datetime
    expires_at: datetime
    why: str
    read_at: datetime | None
    size: int
    picture: bool


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Release or drop entries. ``when``: a released read gets the time it states, or the one at which it came in."""

    ids: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=MOST)]
    action: Literal["release", "drop"]
    note: str
    when: Literal["stated", "received"] = "stated"


class Stays(msgspec.Struct, frozen=True):
    """An entry that stays, and why."""

    id: int
    why: str


class Became(msgspec.Struct, frozen=True):
    """What became of them."""

    decided: int
    stored: int
    duplicates: int
    expired: int
    still: tuple[Stays, ...]


async def listed(call: Call, asked: From) -> tuple[Entry, ...]:
    """What is set apart, newest first; at most 200."""
    return tuple(map(_entry, await set_apart(call.node, call.who, asked.before)))


async def decide(call: Call, asked: Decision) -> Became:
    """Release or drop entries; what cannot be stored yet stays and is named."""
    return _became(await apply(call, asked.ids, asked.action, asked.note, asked.when))


async def apply(call: Call, ids: tuple[int, ...], action: str, note: str, when: str) -> Decided:
    """The decision, as the page and programs make it."""
    if action == "drop":
        return await drop(call.node, call.who, ids, note)
    return await release(call.node, call.who, ids, note, When(when))


def _entry(one: Apart) -> Entry:
    return Entry(one.id, one.kind, one.reader, one.reader_name, one.received_at, one.expires_at, one.why, one.read_at,
                 one.size, one.picture)  # fmt: skip


def _became(done: Decided) -> Became:
    return Became(
        done.decided, done.stored, done.duplicates, done.expired, tuple(Stays(id_, why) for id_, why in done.still)
    )
