"""The live feed: what readers see right now, with plates masked. Opening it passes the gate and is recorded; looking on is not.

Masked means that reading can be watched and nobody followed. The plate behind a mask is a search of its own (``reads.unmask``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.core.plate import mask
from plateward.core.purpose import Purpose
from plateward.core.share import Act
from plateward.node.gate import Found, Request, Scope, admit, pass_gate
from plateward.node.node import Node
from plateward.node.search import OwnerAnswer, tell
from plateward.store import search as rows
from plateward.store.connection import Connection

RECENT = timedelta(minutes=15)
"""A read that comes in later than this after it was made is no news."""

BEAT_S = 15
POLL_S = 0.7
PURPOSE = Purpose("audit", "live feed: is reading working?")
"""Watching masked plates is looking after the readers, not after anybody."""


@dataclass(frozen=True, slots=True)
class MaskedRead:
    """A read of which only the ends of the plate are told."""

    id: UUID
    plate: str
    read_at: datetime
    reader_name: str
    agency: str
    confidence: float
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """The latest reads masked, newest first, and what each owner answered."""

    reads: tuple[MaskedRead, ...]
    owners: tuple[OwnerAnswer, ...]
    access_record: int


async def latest(node: Node, person: Person, limit: int = 50, *, session: str | None = None) -> LiveAnswer:
    """The latest masked reads of the person's own agency."""

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[tuple[MaskedRead, ...]]:
        seen = await _latest(node, tx, [scope.number for scope in scopes], limit)
        return Found(seen, {person.organisation: len(seen)})

    passage = await pass_gate(node, person, _request(person, session), work)
    owners = tuple(tell(decision, passage.policy, passage.rows) for decision in passage.decisions)
    return LiveAnswer(passage.answer or (), owners, passage.record)


async def follow(node: Node, person: Person, *, session: str | None = None) -> AsyncIterator[tuple[MaskedRead, ...]]:
    """New masked reads as they come in, and an empty tuple every 15 seconds. Ends when the right to look on ends.

    Opening it is recorded once; the decision is taken again at each look, so that a brake ends it at once.
    """
    seen_until, quiet_s = node.now(), 0.0
    opened = await latest(node, person, 1, session=session)
    if not any(owner.allowed for owner in opened.owners):
        return
    while True:
        await asyncio.sleep(POLL_S)
        fresh = await _since(node, person, seen_until)
        if fresh is None:
            return
        quiet_s += POLL_S
        if fresh:
            seen_until, quiet_s = max(read.received_at for read in fresh), 0.0
            yield fresh
        elif quiet_s >= BEAT_S:
            quiet_s = 0.0
            yield ()


async def _since(node: Node, person: Person, after: datetime) -> tuple[MaskedRead, ...] | None:
    """Reads that came in after ``after``, or None when this person may not look on any more: decided in the same transaction."""
    async with node.store.transaction() as tx:
        admitted = await admit(node, tx, person, _request(person, None))
        if not admitted.decisions[0].allowed:
            return None
        seen = await _latest(node, tx, [scope.number for scope in admitted.scopes], 200)
    return tuple(read for read in seen if read.received_at > after)


def _request(person: Person, session: str | None) -> Request:
    return Request(
        Act.LIVE,
        EventType.ACCESS_LIVE,
        Permission.LIVE,
        (person.organisation,),
        PURPOSE,
        {"live": True},
        session=session,
    )


async def _latest(node: Node, tx: Connection, owners: list[int], limit: int) -> tuple[MaskedRead, ...]:
    now = node.now()
    page = await rows.find(tx, rows.Wanted(tuple((number, now - RECENT) for number in owners), limit=limit, now=now))
    return tuple(map(_masked, page.reads))


def _masked(row: rows.Row) -> MaskedRead:
    read = row.read
    return MaskedRead(
        read.id, mask(read.plate), read.read_at, row.reader_name, row.agency, read.confidence, row.received_at
    )
