"""Feeds are sent here: what waits is packed into a message by ids; each is decided, looked up, recorded, sent and counted.

A crash between any two steps lets the lease run out, and the same message goes again under the same id. The gate is asked for
every message, and the record of what goes out is written in the same transaction, before it goes. A receiver that does not answer
keeps one message of its feed waiting; the rest waits by its ids, lapses with its retention, and is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import structlog

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.event import Event, EventType
from plateward.core.feed import Feed, What
from plateward.core.ids import uuid7
from plateward.formats.exports import values_of
from plateward.node import ledger
from plateward.node.exports import as_exported
from plateward.node.gate import Admission, admit
from plateward.node.keeping.retention import plan
from plateward.node.node import Node
from plateward.node.search import within_grants
from plateward.node.sending import home_assistant, mqtt
from plateward.node.sending.channels import Content, Never, Parcel, Publication
from plateward.node.sending.feeds_in_force import request_of
from plateward.node.sending.worker import LEASE, send_all, wait_after
from plateward.node.sharing.exposure import delivered
from plateward.store import feeds as rows
from plateward.store import outbox, people, readers, search
from plateward.store import sharing as notices
from plateward.store.connection import Connection
from plateward.store.outbox import Message
from plateward.store.search import Row

log = structlog.get_logger()

POLL_S = 5.0
PACE_S = 1.0
"""A feed makes one message a second, or sooner when it is full."""

LONGEST_WAIT = timedelta(minutes=5)
"""A receiver that was away is asked again after so long at most: it is asked for as long as its reads are kept."""

BATCH = 20


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message as it may go out now, and the figures of it once it has gone."""

    parcel: Parcel
    reads: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class _Withheld:
    """Why a message is not sent at all; ``gone``: reads of it that were past their time."""

    why: str
    gone: int = 0


async def send_feeds_for_ever(node: Node) -> None:
    """Send what feeds take, for good; woken when a read waits for one."""
    while True:
        rings, pace = node.bell.count(rows.CHANNEL), POLL_S
        try:
            while await send_feeds_due(node):
                pass
            async with node.store.transaction() as tx:
                pace = PACE_S if await rows.anything_waits(tx) else POLL_S
        except Exception as fault:
            log.error("sending feeds failed", kind=type(fault).__name__)
        await node.bell.wait(rows.CHANNEL, rings, pace)


async def send_feeds_due(node: Node) -> int:
    """Send what is due now; returns how many messages were claimed."""
    await _pack(node)
    now = node.now()
    async with node.store.transaction() as tx:
        claimed = await outbox.claim(tx, now, now + LEASE, most=BATCH, feeds=True)
    ready: list[_Ready] = []
    for message in claimed:
        prepared = await _prepare(node, message)
        if isinstance(prepared, _Ready):
            ready.append(prepared)
        else:
            await _finish(node, message, "withheld", prepared.why, gone=prepared.gone)
    ended = await send_all(node, [one.parcel for one in ready])
    for one in ready:
        await _conclude(node, one, ended[one.parcel.id])
    return len(claimed)


async def _pack(node: Node) -> None:
    """Make a message of what waits, for each feed that has none on its way."""
    now = node.now()
    async with node.store.transaction() as tx:
        for feed_id, target_id in await rows.to_pack(tx, now):
            taken = await rows.take(tx, feed_id, now)
            body = {"reads": [str(read_id) for read_id, _ in taken]}
            until = max(expires for _, expires in taken)
            await rows.put(tx, uuid7(now, node.random(10)), feed_id, target_id, body, now=now, expires_at=until)


async def _prepare(node: Node, message: Message) -> _Ready | _Withheld:
    """The message as it may go out now, on record; or why it may not."""
    assert message.feed_id is not None
    async with node.store.transaction() as tx:
        feed = await rows.feed(tx, message.feed_id)
        assert feed is not None
        if "withdraw" in message.body:
            return _Ready(Parcel(message, _content(node, feed, _withdrawn(node, message, feed)), node.now()))
        if not feed.runs(node.now()):
            return _Withheld("the feed has ended")
        asker = await people.person(tx, feed.asked_by, node.now())
        assert asker is not None, "an account stays when it is closed"
        admitted = await admit(node, tx, asker, request_of(feed))
        if not admitted.decisions[0].allowed:
            return await _refuse(node, tx, feed, admitted.decisions[0])
        if "introduce" in message.body:
            said = await _introduced(node, tx, message, feed, message.body["introduce"])
            return _Ready(Parcel(message, _content(node, feed, said), node.now()))
        return await _reads(node, tx, message, feed, admitted)


async def _reads(node: Node, tx: Connection, message: Message, feed: Feed, admitted: Admission) -> _Ready | _Withheld:
    ids = [UUID(text) for text in message.body["reads"]]
    scopes = [(scope.number, scope.since) for scope in admitted.scopes]
    found = await search.find_many(tx, scopes, ids, node.now())
    if feed.what is What.CONFIRMED:
        confirmed = await rows.still_confirmed(tx, feed.owner, ids)
        found = tuple(row for row in found if row.read.id in confirmed)
    gone = len(ids) - len(found)
    if not found:
        return _Withheld("its reads are past their time, or nobody confirms them any more", gone)
    grants = admitted.decisions[0].grants
    reads = [values_of(as_exported(within_grants(row, None, grants))) for row in found]
    value = {"kind": "reads", "feed": str(feed.feed_id), "name": feed.name, "owner": feed.owner, "reads": reads}
    said = await _published(node, tx, message, feed, found, reads) if message.channel == "mqtt" else ()
    await _record(node, tx, message, feed, value, admitted.decisions[0])
    return _Ready(Parcel(message, _content(node, feed, said, value), node.now()), len(found), gone)


def _content(node: Node, feed: Feed, said: tuple[Publication, ...], value: dict[str, Any] | None = None) -> Content:
    link = f"{node.settings.address}/feeds"
    return Content(f"{node.settings.title}: {feed.name}", feed.recipient, link, value or {}, publications=said)


async def _published(
    node: Node, tx: Connection, message: Message, feed: Feed, found: tuple[Row, ...], reads: list[dict[str, Any]]
) -> tuple[Publication, ...]:
    """Each read by itself below the feed's topic, never retained; before it its reader's description, where that is new."""
    settings = node.settings.delivery.mqtt
    if settings is None:
        return ()
    base = mqtt.topic_of(settings, message.address)
    new: tuple[Publication, ...] = ()
    if feed.home_assistant:
        known = await rows.introduced(tx, feed.feed_id)
        if unknown := sorted({row.read.reader for row in found} - set(known)):
            new = await _introduced(node, tx, message, feed, unknown)
    said = (
        Publication(
            home_assistant.state_topic(base, read["reader"]),
            msgspec.json.encode(
                {"id": str(message.message_id), "feed": str(feed.feed_id), "event_type": home_assistant.EVENT, **read}
            ),
        )
        for read in reads
    )
    return (*new, *said)


async def _introduced(
    node: Node, tx: Connection, message: Message, feed: Feed, names: list[str]
) -> tuple[Publication, ...]:
    """Descriptions of readers; that the broker may keep them is noted first, so that none is left there."""
    settings = node.settings.delivery.mqtt
    if settings is None:
        return ()
    known = await readers.readers_by_id(tx, names)
    kept = (await plan(node, tx)).longest(feed.owner) or 1
    await rows.note_introduced(tx, feed.feed_id, sorted({*await rows.introduced(tx, feed.feed_id), *known}))
    return home_assistant.introduce(
        settings.discovery, mqtt.topic_of(settings, message.address), feed.feed_id,
        {reader: one.reader.name for reader, one in known.items()}, kept_s=kept * 60, page=f"{node.settings.address}/feeds",
    )  # fmt: skip


def _withdrawn(node: Node, message: Message, feed: Feed) -> tuple[Publication, ...]:
    settings = node.settings.delivery.mqtt
    if settings is None:
        return ()
    base = mqtt.topic_of(settings, message.address)
    return home_assistant.withdraw(settings.discovery, base, feed.feed_id, message.body["withdraw"])


async def _record(
    node: Node, tx: Connection, message: Message, feed: Feed, value: dict[str, Any], decision: Decision
) -> None:
    """Tell the ledger what goes out, before it goes: once a message, and again only where less is left of it the next time."""
    digest = sha256(msgspec.json.encode({"id": str(message.message_id), **value})).hexdigest()
    earlier = message.body.get("digest")
    if earlier == digest:
        return
    await rows.note_recorded(tx, message.message_id, digest)
    body: dict[str, JSON] = {
        "export": str(message.message_id), "owners": [feed.owner], "format": message.channel, "rows": len(value["reads"]),
        "digest": digest, "access": feed.record, "feed": str(feed.feed_id), "by": feed.asked_by,
    }  # fmt: skip
    body |= {"receiver": feed.receiver} if feed.receiver else {}
    record = await ledger.append(node, tx, Event(EventType.EXPORT_MADE, node.now(), feed.owner, body))
    if feed.receiver and earlier is None:
        share = " ".join(decision.shares) or None
        await delivered(
            node, tx, feed.owner, feed.receiver, kind="feed", record=record, by="node", reads=len(value["reads"]), share=share,
            purpose=feed.reason,
        )  # fmt: skip


async def _refuse(node: Node, tx: Connection, feed: Feed, decision: Decision) -> _Withheld:
    """Withhold the message and whatever else waits: what came while the feed was refused is not sent later either."""
    now, why = node.now(), f"refused: {decision.why}"
    dropped = await rows.drop_waiting(tx, feed.feed_id, now, why)
    await rows.count(tx, rows.Day(feed.feed_id, now.date(), withheld=dropped))
    if await rows.note_problem(tx, feed.feed_id, decision.why):
        sentence = f"Nothing goes out on the feed to {feed.recipient}: {decision.why}"
        await notices.add_notice(tx, feed.owner, f"feed.{feed.feed_id}", sentence, now)
        body: dict[str, JSON] = {"feed": str(feed.feed_id), "owner": feed.owner, "why": decision.why}
        body |= {"promises": list(decision.promises)} if decision.promises else {}
        await ledger.append(node, tx, Event(EventType.FEED_WITHHELD, now, feed.owner, body))
    return _Withheld(why)


async def _conclude(node: Node, one: _Ready, ended: Exception | None) -> None:
    message = one.parcel.message
    if ended is None:
        await _finish(node, message, "sent", "", reads=one.reads, gone=one.gone)
    elif isinstance(ended, Never):
        await _finish(node, message, "dead", str(ended))
    else:
        due = node.now() + min(LONGEST_WAIT, wait_after(min(message.attempts, 10)))
        async with node.store.transaction() as tx:
            await outbox.again(tx, message, due, str(ended))


async def _finish(node: Node, message: Message, state: str, problem: str, *, reads: int = 0, gone: int = 0) -> None:
    """Say how a message ended, and count it, once: whoever has lost the lease meanwhile counts nothing."""
    assert message.feed_id is not None
    now = node.now()
    async with node.store.transaction() as tx:
        if not await outbox.finish(tx, message, state, now, problem=problem):
            return
        if state != "dead":
            await rows.forget_ids(tx, message.message_id, now)
        if reads or gone:
            day = rows.Day(message.feed_id, now.date(), reads=reads, messages=1 if reads else 0, gone=gone)
            await rows.count(tx, day)
        if reads:
            await rows.note_sent(tx, message.feed_id, now)
