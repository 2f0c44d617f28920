"""Feeds as people see them: those of one's agency with how they do, and what anybody may know of those that run or ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.feed import Feed, FeedState, What, cannot_approve, cannot_end
from plateward.core.people import Permission, Person
from plateward.node.node import Node
from plateward.node.sending.targets import Target, deliveries
from plateward.store import feeds as rows
from plateward.store.connection import Connection
from plateward.store.feeds import Day, Standing

__all__ = ["Day", "FeedView", "PublicFeed", "Standing", "feed_of", "feeds_of", "published", "systems_of"]

SHOWN = timedelta(days=31)
"""Figures day by day of so long."""


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed, how it does, and what the person looking may do with it. ``days``: its latest figures, the last day first."""

    feed: Feed
    standing: Standing
    owner_name: str
    receiver_name: str | None
    days: tuple[Day, ...]
    may_approve: bool
    may_refuse: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class PublicFeed:
    """What anybody may know of a feed that runs or ran: no person, no case, no address.

    ``readers``: how many it takes, None for every reader. ``days``: what went out on each day (UTC), the last first.
    """

    feed_id: UUID
    owner: str
    owner_name: str
    recipient: str
    receiver: str | None
    receiver_name: str | None
    what: What
    channel: str
    readers: int | None
    reason: str
    since: datetime
    until: datetime
    runs: bool
    reads: int
    days: tuple[Day, ...]


async def feeds_of(node: Node, person: Person) -> tuple[FeedView, ...]:
    """The feeds of the person's agency, latest first. Raises NotAllowed for a role that has nothing to do with them."""
    if not person.may(Permission.FEEDS):
        raise NotAllowed(f"your role, {person.role}, sees no feeds", where="person")
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        found = await rows.of_owner(tx, person.organisation)
        return await _views(node, tx, person, found)


async def feed_of(node: Node, person: Person, feed_id: str) -> FeedView:
    """One feed of the person's agency. Raises BadInput where there is none such, NotAllowed as ``feeds_of``."""
    found = next((one for one in await feeds_of(node, person) if str(one.feed.feed_id) == feed_id), None)
    if found is None:
        raise BadInput("there is no such feed of your agency", where="feed")
    return found


async def systems_of(node: Node, person: Person) -> tuple[Target, ...]:
    """The agency's other systems, to which a feed may go, where the person may ask for one."""
    if not person.may(Permission.FEED):
        return ()
    return tuple(one for one in (await deliveries(node, person)).targets if one.person is None)


async def _views(node: Node, tx: Connection, person: Person, found: tuple[Feed, ...]) -> tuple[FeedView, ...]:
    called = (await node.policy(tx)).registry.called
    standings = await rows.standings(tx, [feed.feed_id for feed in found])
    days = await _days(node, tx, found)
    return tuple(
        FeedView(
            feed, standings[feed.feed_id], called(feed.owner), called(feed.receiver) if feed.receiver else None,
            days.get(feed.feed_id, ()),
            feed.state is FeedState.ASKED and cannot_approve(person, feed) is None,
            feed.state is FeedState.ASKED and person.may(Permission.FEED_DECIDE),
            feed.state in (FeedState.ASKED, FeedState.ACTIVE) and cannot_end(person, feed) is None,
        )
        for feed in found
    )  # fmt: skip


async def _days(node: Node, tx: Connection, found: tuple[Feed, ...]) -> Mapping[UUID, tuple[Day, ...]]:
    since: date = (node.now() - SHOWN).date()
    days: dict[UUID, tuple[Day, ...]] = {}
    for day in await rows.days(tx, [feed.feed_id for feed in found], since):
        days[day.feed_id] = (*days.get(day.feed_id, ()), day)
    return days


async def published(node: Node) -> tuple[PublicFeed, ...]:
    """Every owner's feeds that ever ran, for anybody to read."""
    async with node.store.transaction() as tx:
        called = (await node.policy(tx)).registry.called
        found = await rows.approved(tx)
        standings = await rows.standings(tx, [feed.feed_id for feed in found])
        days = await _days(node, tx, found)
    return tuple(
        PublicFeed(
            feed.feed_id, feed.owner, called(feed.owner), feed.recipient, feed.receiver,
            called(feed.receiver) if feed.receiver else None, feed.what, feed.channel, len(feed.readers) or None, feed.reason,
            feed.decided_at or feed.asked_at, feed.ended_at or feed.ends_at, feed.runs(node.now()),
            standings[feed.feed_id].reads, days.get(feed.feed_id, ()),
        )
        for feed in found
    )  # fmt: skip
