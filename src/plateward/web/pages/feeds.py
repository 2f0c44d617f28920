"""Feeds: what goes out by itself, asking for it, deciding, ending; and the days of one as a file."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.feed import WHAT_WORDS
from plateward.core.people import Permission
from plateward.core.purpose import REASONS, listed
from plateward.node.sending import feed_view, feeds, mqtt
from plateward.node.sending.feeds import FeedAnswer, FeedRequest
from plateward.node.sharing.agencies import registry_of
from plateward.web.api.feeds import DayShape, FeedShape, WhichFeed, shape_of
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.render import page, zone_of


class FeedForm(msgspec.Struct, frozen=True):
    """A feed as typed. ``to``: an address that is there, or the channel of a new one at ``at``; ``ends`` in the node's zone."""

    what: str = "confirmed"
    recipient: str = ""
    receiver: str = ""
    to: str = "webhook"
    at: str = ""
    readers: str = ""
    group: str = ""
    reason: str = ""
    case: str = ""
    words: str = ""
    ends: str = ""
    home_assistant: bool = False


class Say(msgspec.Struct, frozen=True):
    """What somebody says to one feed."""

    feed_id: str
    verdict: str = ""
    note: str = ""


async def show(call: Call) -> Response:
    """The feeds of one's agency, and the form that asks for one."""
    return await _show(call, FeedForm())


async def as_csv(call: Call) -> Response:
    """The feeds as a file."""
    columns = tuple(name for name in FeedShape.__struct_fields__ if name != "days")
    shapes = [shape_of(view) for view in await feed_view.feeds_of(call.node, call.who)]
    return csv_response(
        "plateward-feeds.csv", columns, [[_cell(getattr(one, name)) for name in columns] for one in shapes]
    )


async def days_csv(call: Call, asked: WhichFeed) -> Response:
    """What went out on one feed day by day, as a file."""
    view = await feed_view.feed_of(call.node, call.who, asked.feed_id)
    columns = DayShape.__struct_fields__
    rows = [[_cell(getattr(day, name)) for name in columns] for day in view.days]
    return csv_response(f"plateward-feed-{view.feed.feed_id}.csv", columns, rows)


async def ask(call: Call, form: FeedForm) -> Response:
    """Ask for a feed."""
    try:
        answer = await feeds.ask(call.node, call.who, _request(call, form))
    except BadInput as wrong:
        return await _show(call, form, wrong)
    return await _answered(call, answer, form)


async def decide(call: Call, said: Say) -> Response:
    """Approve or refuse one as the second person."""
    try:
        if said.verdict == "refuse":
            await feeds.refuse(call.node, call.who, said.feed_id, said.note)
            return RedirectResponse("/feeds", 303)
        if said.verdict != "approve":
            raise BadInput("choose to approve or to refuse", where="verdict")
        answer = await feeds.approve(call.node, call.who, said.feed_id, said.note)
    except BadInput as wrong:
        return await _show(call, FeedForm(), wrong)
    return await _answered(call, answer, FeedForm())


async def end(call: Call, said: Say) -> Response:
    """End one at once."""
    try:
        await feeds.end(call.node, call.who, said.feed_id, said.note)
    except BadInput as wrong:
        return await _show(call, FeedForm(), wrong)
    return RedirectResponse("/feeds", 303)


async def public_csv(call: Call) -> Response:
    """What went out on each feed day by day, for anybody to read."""
    columns = ("feed", "owner", "recipient", "receiver", "what", "since", "until", *DayShape.__struct_fields__)
    rows = [
        [
            _cell(cell)
            for cell in (
                one.feed_id, one.owner, one.recipient, one.receiver, one.what, one.since, one.until,
                *(getattr(day, name) for name in DayShape.__struct_fields__),
            )
        ]
        for one in await feed_view.published(call.node)
        for day in one.days
    ]  # fmt: skip
    return csv_response("plateward-public-feeds.csv", columns, rows)


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else value


def _request(call: Call, form: FeedForm) -> FeedRequest:
    try:
        ends = datetime.fromisoformat(form.ends.strip())
    except ValueError:
        raise BadInput("say when it ends, as in 2026-12-31 17:00", where="ends") from None
    delivery, channel = None, form.to
    if form.to not in feeds.SYSTEMS:
        try:
            delivery, channel = UUID(form.to), ""
        except ValueError:
            raise BadInput("choose where it goes", where="to") from None
    at = form.at.strip()
    return FeedRequest(
        form.what, form.recipient, form.reason, ends if ends.tzinfo else ends.replace(tzinfo=zone_of(call)), delivery, channel,
        {"url": at} if channel == "webhook" else {"topic": at}, readers=tuple(form.readers.replace(",", " ").split()),
        group=form.group, receiver=form.receiver, words=form.words, case=form.case, home_assistant=form.home_assistant,
        session=call.signed_in.id,
    )  # fmt: skip


async def _answered(call: Call, answer: FeedAnswer, form: FeedForm) -> Response:
    if answer.refusal is not None:
        return await _show(call, form, refused=answer)
    assert answer.feed is not None
    return RedirectResponse(f"/feeds#f-{answer.feed.feed_id}", 303)


async def _show(
    call: Call, form: FeedForm, wrong: BadInput | None = None, *, refused: FeedAnswer | None = None
) -> Response:
    settings, field = call.node.settings.delivery, {"url": "at", "topic": "at", "channel": "to", "delivery": "to"}
    called = (await registry_of(call.node)).called
    chain = refused.decision.chain if refused and refused.decision else ()
    return await page(
        call, "feeds.html", status=400 if wrong else 200, views=await feed_view.feeds_of(call.node, call.who), form=form,
        wrong={field.get(wrong.where or "", wrong.where or ""): wrong.args[0]} if wrong else {}, refused=refused,
        whats=[(str(what), words) for what, words in WHAT_WORDS.items()], what_words=WHAT_WORDS,
        reasons=[(reason, REASONS[reason][0]) for reason in listed()], reason_words={r: w for r, (w, _) in REASONS.items()},
        systems=await feed_view.systems_of(call.node, call.who), mqtt=settings.mqtt is not None and mqtt.installed(),
        own=call.who.id, may_ask=call.who.may(Permission.FEED), chain=[(agency, called(agency)) for agency in chain],
    )  # fmt: skip
