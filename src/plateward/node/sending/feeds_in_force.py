"""Feeds in force: what the gate is asked for one, how one ends, and what a change of the truth or the clock means for all.

A feed that a promise, a brake or a lost share refuses ends in the transaction of that change, and what waits for it goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.event import Event, EventType
from plateward.core.feed import Feed, FeedState
from plateward.core.people import Asker, Permission
from plateward.core.policy import Policy
from plateward.core.purpose import Purpose
from plateward.core.share import Act
from plateward.node import ledger
from plateward.node.gate import Request, decide
from plateward.node.node import Node
from plateward.node.sending.targets import READS
from plateward.node.sharing.change import Change, change_of_policy
from plateward.store import feeds as rows
from plateward.store import outbox, people
from plateward.store import sharing as notices
from plateward.store.connection import Connection

NODE = "node"
"""Stands for who took an address out where no person did."""

RESTORED = "the node was restored from a backup; where it is still wanted, ask again."

TAKING_BACK = timedelta(days=30)
"""So long a broker that does not answer is asked to forget what it keeps of a feed that ended."""


def export_request(owner: str, purpose: Purpose, query: Mapping[str, JSON], session: str | None = None) -> Request:
    """What the gate is asked where reads of ``owner`` are to go out by themselves."""
    return Request(
        Act.EXPORT, EventType.ACCESS_EXPORT, Permission.FEED, (owner,), purpose,
        {name: value for name, value in query.items() if value}, session=session,
    )  # fmt: skip


def request_of(feed: Feed) -> Request:
    """What the gate is asked for a feed, each time: an export of the owner's reads, as whoever asked for it."""
    return export_request(feed.owner, feed.purpose, {"feed": str(feed.feed_id)})


async def end_restored(node: Node) -> None:
    """End every feed of a node that was restored: it may have been ended since the backup was made, and nobody here knows."""
    async with change_of_policy(node) as change:
        for feed in await rows.active(change.tx):
            await _end_by_rule(change, feed, RESTORED)


async def decision_on(change: Change, policy: Policy, feed: Feed, *, settling: bool = False) -> Decision:
    """What the policy as changed says of ``feed``. ``settling``: an account that was closed meanwhile is asked when sending."""
    asker = await people.person(change.tx, feed.asked_by, change.now)
    assert asker is not None, "an account stays when it is closed"
    if settling:
        asked = Asker.of(asker, feed.receiver)
        return policy.decide(asked, feed.owner, Act.EXPORT, feed.reason, change.now)
    return decide(policy, asker, Asker.of(asker, feed.receiver), request_of(feed), change.now)[0]


async def finish(
    change: Change, feed: Feed, state: FeedState, *, by: str | None = None, note: str = "", sentence: str | None = None,
    promises: tuple[str, ...] = (),
) -> Feed:  # fmt: skip
    """End or refuse ``feed``: what waits for it is dropped, and a broker is asked to forget what it keeps of it."""
    said = note.strip()[:500]
    done = replace(feed, state=state, ended_by=by, ended_at=change.now, note=said or sentence or feed.note)
    if state is FeedState.REFUSED:
        done = replace(done, decided_by=by, decided_at=change.now)
    await rows.step(change.tx, done)
    dropped = await rows.drop_waiting(change.tx, feed.feed_id, change.now, "the feed has ended")
    if dropped:
        await rows.count(change.tx, rows.Day(feed.feed_id, change.now.date(), withheld=dropped))
    if kept := await rows.introduced(change.tx, feed.feed_id):
        await put(change, done, {"withdraw": list(kept)}, change.now + TAKING_BACK)
    await _end_address(change, feed)
    event = EventType.FEED_REFUSED if state is FeedState.REFUSED else EventType.FEED_ENDED
    body: dict[str, JSON | None] = {"by": by, "note": said or None}
    if event is EventType.FEED_ENDED:
        body |= {"sentence": sentence, "promises": list(promises) or None}
    change.tell(event, feed.owner, ids_of(feed) | {name: value for name, value in body.items() if value is not None})
    return done


async def _end_address(change: Change, feed: Feed) -> None:
    """An address that was made for feeds goes with the last of them."""
    target = await outbox.target(change.tx, feed.target_id)
    if target is None or target.subject != READS or await rows.uses(change.tx, feed.target_id):
        return
    if await outbox.end_target(change.tx, target.target_id, by=NODE, at=change.now):
        body = {"delivery": str(target.target_id), "agency": target.agency, "note": "its feed has ended"}
        change.tell(EventType.DELIVERY_ENDED, target.agency, body)


async def put(change: Change, feed: Feed, body: Mapping[str, JSON], until: datetime) -> None:
    """Put a message about ``feed`` itself into the outbox."""
    await rows.put(change.tx, change.new_id(), feed.feed_id, feed.target_id, body, now=change.now, expires_at=until)


async def keep_feeds(node: Node) -> int:
    """End feeds whose time is over, let lapse what nobody takes, and tell the ledger the figures of days gone by.

    Returns how many ended.
    """
    async with node.store.transaction() as tx:
        due = await rows.over(tx, node.now())
        await _count_lapsed(node, tx, await rows.trim(tx))
        await _tell_days(node, tx)
    if not due:
        return 0
    async with change_of_policy(node) as change:
        ended = 0
        for feed in await rows.over(change.tx, change.now):
            await _end_by_rule(change, feed, "its time is over.")
            ended += 1
    return ended


async def lapse(node: Node, tx: Connection, now: datetime) -> None:
    """Drop what waits and is past its time, with its count: part of every purge."""
    await _count_lapsed(node, tx, await rows.lapse(tx, now))


async def settle_feeds(change: Change, policies: Iterable[Policy]) -> None:
    """End every feed that one of ``policies`` refuses, in the transaction of the change that makes it so."""
    every = [feed for feed in await rows.active(change.tx) if feed.runs(change.now)]
    for policy in policies if every else ():
        for feed in list(every):
            decision = await decision_on(change, policy, feed, settling=True)
            if not decision.allowed:
                every.remove(feed)
                await _end_by_rule(change, feed, decision.why, decision.promises)


async def _end_by_rule(change: Change, feed: Feed, why: str, promises: tuple[str, ...] = ()) -> None:
    """End ``feed`` where no person does, and tell its owner."""
    await finish(change, feed, FeedState.ENDED, sentence=why, promises=promises)
    sentence = f"The feed to {feed.recipient} ended: {why}"
    await notices.add_notice(change.tx, feed.owner, f"feed.{feed.feed_id}", sentence, change.now)


async def _count_lapsed(node: Node, tx: Connection, lapsed: Mapping[UUID, int]) -> None:
    for feed_id, reads in sorted(lapsed.items()):
        await rows.count(tx, rows.Day(feed_id, node.now().date(), lapsed=reads))


async def _tell_days(node: Node, tx: Connection) -> None:
    for day in await rows.take_untold(tx, node.now().date()):
        feed = await rows.feed(tx, day.feed_id)
        assert feed is not None
        others: dict[str, JSON] = {"gone": day.gone, "withheld": day.withheld, "lapsed": day.lapsed}
        body: dict[str, JSON] = {
            **ids_of(feed), "day": str(day.day), "reads": day.reads, "messages": day.messages, "others": others,
        }  # fmt: skip
        await ledger.append(node, tx, Event(EventType.FEED_COUNTED, node.now(), feed.owner, body))


def ids_of(feed: Feed) -> dict[str, JSON]:
    """Which feed it is, as events name it."""
    return {"feed": str(feed.feed_id), "owner": feed.owner}
