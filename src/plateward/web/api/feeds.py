"""Feeds for programs: the agency's own with what they sent, asking, deciding, ending, and what anybody may know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from plateward.node.sending import feed_view, feeds
from plateward.node.sending.feed_view import Day, FeedView, PublicFeed
from plateward.node.sending.feeds import FeedAnswer, FeedRequest
from plateward.web.endpoint import Call


class NewFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed asked for.

    ``delivery``: the id of an address that is there; else ``channel`` with ``address`` (``url`` for a webhook, ``topic`` for MQTT).
    ``readers``: ids; with ``group``, those of a group that keeps reads apart; neither: every reader. ``recipient``: whose system it
    is, for anybody to read. ``receiver``: the agency it belongs to, where that is another. A ``case``, or a sentence in ``words``.
    """

    what: Literal["every", "hits", "confirmed"]
    recipient: str
    reason: str
    ends: datetime
    delivery: UUID | None = None
    channel: str = ""
    address: Mapping[str, str] = {}
    name: str = ""
    readers: tuple[str, ...] = ()
    group: str = ""
    receiver: str = ""
    words: str = ""
    case: str = ""
    home_assistant: bool = False


class WhichFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feed, and the person's own words."""

    feed_id: str
    note: str = ""


class DayShape(msgspec.Struct, frozen=True):
    """One day (UTC) of a feed: reads that went out, in so many messages, and reads that did not.

    ``gone``: past their time; ``withheld``: refused by the gate; ``lapsed``: nobody took them, or too many waited.
    """

    day: date
    reads: int
    messages: int
    gone: int
    withheld: int
    lapsed: int


class FeedShape(msgspec.Struct, frozen=True):
    """A feed of your agency. ``problem``: why reads are withheld at present; ``failing``: why the receiver did not take the last.

    ``waiting``: reads that wait. ``record``: the access record that let it in.
    """

    id: UUID
    state: str
    name: str
    what: str
    readers: tuple[str, ...]
    channel: str
    delivery: UUID
    recipient: str
    receiver: str | None
    reason: str
    words: str
    case: str | None
    home_assistant: bool
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    ends: datetime
    ended_by: str | None
    ended_at: datetime | None
    note: str
    record: int
    problem: str
    failing: str
    sent_at: datetime | None
    waiting: int
    reads: int
    messages: int
    gone: int
    withheld: int
    lapsed: int
    days: tuple[DayShape, ...]


class FeedAnswerShape(msgspec.Struct, frozen=True):
    """The feed, or why the gate refuses it, with the promises and affiliations that led there and who can help."""

    feed: FeedShape | None
    refusal: str | None = None
    promises: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    help: str = ""
    record: int | None = None


class PublicFeedShape(msgspec.Struct, frozen=True):
    """What anybody may know of a feed that runs or ran.

    ``readers``: how many, null for every reader; ``until``: when it ends or ended.
    """

    id: UUID
    owner: str
    owner_name: str
    recipient: str
    receiver: str | None
    what: str
    channel: str
    readers: int | None
    reason: str
    since: datetime
    until: datetime
    runs: bool
    reads: int
    days: tuple[DayShape, ...]


async def listed(call: Call) -> tuple[FeedShape, ...]:
    """The feeds of your agency, the latest first."""
    return tuple(map(shape_of, await feed_view.feeds_of(call.node, call.who)))


async def show(call: Call, asked: WhichFeed) -> FeedShape:
    """One feed of your agency, day by day."""
    return shape_of(await feed_view.feed_of(call.node, call.who, asked.feed_id))


async def ask(call: Call, asked: NewFeed) -> FeedAnswerShape:
    """Ask for a feed; another person approves it."""
    wanted = FeedRequest(
        **{name: getattr(asked, name) for name in NewFeed.__struct_fields__}, session=call.signed_in.id
    )
    return await _answer(call, await feeds.ask(call.node, call.who, wanted))


async def approve(call: Call, asked: WhichFeed) -> FeedAnswerShape:
    """Approve a feed as the second person."""
    return await _answer(call, await feeds.approve(call.node, call.who, asked.feed_id, asked.note))


async def refuse(call: Call, asked: WhichFeed) -> FeedShape:
    """Refuse a feed that was asked for."""
    done = await feeds.refuse(call.node, call.who, asked.feed_id, asked.note)
    return shape_of(await feed_view.feed_of(call.node, call.who, str(done.feed_id)))


async def end(call: Call, asked: WhichFeed) -> FeedShape:
    """End a feed at once, or take back what was asked for."""
    done = await feeds.end(call.node, call.who, asked.feed_id, asked.note)
    return shape_of(await feed_view.feed_of(call.node, call.who, str(done.feed_id)))


async def published(call: Call) -> tuple[PublicFeedShape, ...]:
    """Every feed that runs or ran, for anybody to read."""
    return tuple(map(_public, await feed_view.published(call.node)))


async def _answer(call: Call, answer: FeedAnswer) -> FeedAnswerShape:
    feed = None
    if answer.feed is not None:
        feed = shape_of(await feed_view.feed_of(call.node, call.who, str(answer.feed.feed_id)))
    decision = answer.decision
    if answer.refusal is None or decision is None:
        return FeedAnswerShape(feed, record=answer.record)
    return FeedAnswerShape(feed, answer.refusal, decision.promises, decision.chain, decision.help, answer.record)


def shape_of(view: FeedView) -> FeedShape:
    """A feed as programs and tables see it."""
    feed, standing = view.feed, view.standing
    renamed: Mapping[str, object] = {
        "id": feed.feed_id, "delivery": feed.target_id, "case": feed.case_no, "ends": feed.ends_at, "state": str(feed.state),
        "what": str(feed.what), "days": tuple(map(_day, view.days)),
    }  # fmt: skip
    known = {name: getattr(feed, name) for name in FeedShape.__struct_fields__ if hasattr(feed, name)}
    figures = {name: getattr(standing, name) for name in FeedShape.__struct_fields__ if hasattr(standing, name)}
    return FeedShape(**(figures | known | dict(renamed)))


def _day(day: Day) -> DayShape:
    return DayShape(**{name: getattr(day, name) for name in DayShape.__struct_fields__})


def _public(one: PublicFeed) -> PublicFeedShape:
    renamed: Mapping[str, object] = {"id": one.feed_id, "what": str(one.what), "days": tuple(map(_day, one.days))}
    same = {name: getattr(one, name) for name in PublicFeedShape.__struct_fields__ if name not in renamed}
    return PublicFeedShape(**(same | dict(renamed)))
