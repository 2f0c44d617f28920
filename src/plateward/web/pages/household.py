"""The pages of a household: what was seen now, the own list, the law that binds it, its policy."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.hotlist import LONGEST
from plateward.core.household import MOST_PLATES
from plateward.core.retention import spoken
from plateward.node.household import law, my_list
from plateward.node.household.broker import broker_feed
from plateward.node.household.broker import end_broker as end
from plateward.node.household.broker import tell_broker as tell
from plateward.node.household.keeping import keep_for, kept_at_home
from plateward.node.household.my_list import MyPlate, NewPlate
from plateward.node.household.policy import policy_of
from plateward.node.household.sieve import passed_by
from plateward.node.household.sightings import Sighting, Sightings, seen_lately, seen_of
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.pages.retention import minutes_of
from plateward.web.problem import Problem
from plateward.web.render import page, zone_of

_SEEN = ("at", "name", "plate", "read_plate", "exact", "camera", "confidence")


class PlateForm(msgspec.Struct, frozen=True):
    """A plate as typed. ``ends``: a day, in the node's time; empty for a year."""

    plate: str = ""
    name: str = ""
    ends: str = ""
    region: str = ""


class WhichPlate(msgspec.Struct, frozen=True):
    """One plate of the list."""

    entry_id: str


class LengthForm(msgspec.Struct, frozen=True):
    """How long to keep reads, as typed."""

    length: str = ""
    unit: str = "days"


class TopicForm(msgspec.Struct, frozen=True):
    """A topic of the own broker, as typed."""

    topic: str = "home"


class ReadForm(msgspec.Struct, frozen=True):
    """The box that was ticked."""

    read: str = ""


async def now(call: Call) -> Response:
    """What of the list was seen in the last 24 hours; until the law was read, the law."""
    if await law.law_read(call.node) is None:
        return RedirectResponse("/home/law", 303)
    found = await seen_lately(call.node, call.who, session=call.signed_in.id)
    listed = await my_list.my_list(call.node, call.who)
    passed = passed_by(call.node)
    return await page(
        call, "home_now.html", found=found, listed=listed, passed=passed, together=sum(count for _, count in passed),
        kept=spoken(await kept_at_home(call.node)),
    )  # fmt: skip


async def show_list(call: Call) -> Response:
    """The list, and the form to put a plate on it."""
    return await _list(call, PlateForm())


async def list_csv(call: Call) -> Response:
    """The list as a file."""
    rows = [
        (one.plate, one.region or "", one.name, one.entered.isoformat(), one.ends.isoformat())
        for one in await my_list.my_list(call.node, call.who)
    ]
    return csv_response("plateward-my-list.csv", ("plate", "region", "name", "entered", "ends"), rows)


async def put(call: Call, form: PlateForm) -> Response:
    """Put a plate on the list."""
    try:
        new = NewPlate(form.plate, form.name, _end(call, form.ends), form.region or None)
        await my_list.put_plate(call.node, call.who, new)
    except BadInput as wrong:
        return await _list(call, form, wrong)
    return RedirectResponse("/home/list", 303)


async def take_off(call: Call, asked: WhichPlate) -> Response:
    """Take a plate off; what was kept of it is destroyed."""
    await my_list.take_off(call.node, call.who, asked.entry_id)
    return RedirectResponse("/home/list", 303)


async def one(call: Call, asked: WhichPlate) -> Response:
    """When one plate was seen."""
    listed, found = await _seen(call, asked)
    return await page(call, "home_plate.html", listed=listed, found=found, kept=spoken(await kept_at_home(call.node)))


async def one_csv(call: Call, asked: WhichPlate) -> Response:
    """The same as a file."""
    _, found = await _seen(call, asked)
    return csv_response("plateward-seen.csv", _SEEN, map(_row, found.seen))


async def lately_csv(call: Call) -> Response:
    """What was seen in the last 24 hours as a file."""
    found = await seen_lately(call.node, call.who, session=call.signed_in.id)
    return csv_response("plateward-now.csv", _SEEN, map(_row, found.seen))


async def set_length(call: Call, form: LengthForm) -> Response:
    """Say how long reads of the list are kept."""
    await keep_for(call.node, call.who, minutes_of(form.length, form.unit, "length"))
    return RedirectResponse("/retention", 303)


async def show_broker(call: Call) -> Response:
    """Whether the own broker is told of the list, and telling it."""
    return await _broker(call, TopicForm())


async def tell_broker(call: Call, form: TopicForm) -> Response:
    """Tell the own broker of the list from now on."""
    try:
        await tell(call.node, call.who, form.topic, session=call.signed_in.id)
    except BadInput as wrong:
        return await _broker(call, form, wrong)
    return RedirectResponse("/home/broker", 303)


async def end_broker(call: Call) -> Response:
    """Tell it nothing any more."""
    await end(call.node, call.who)
    return RedirectResponse("/home/broker", 303)


async def show_law(call: Call) -> Response:
    """The law that binds a household; for its person, until it was read, the box to say so."""
    return await _law(call)


async def say_read(call: Call, form: ReadForm) -> Response:
    """The person says that the law was read."""
    if form.read != "yes":
        return await _law(call, "Tick the box when you have read it.")
    await law.say_read(call.node, call.who)
    return RedirectResponse("/home/now", 303)


async def policy(call: Call) -> Response:
    """The usage and privacy policy, for anybody."""
    return await page(call, "home_policy.html", policy=await policy_of(call.node), spoken=spoken)


async def _seen(call: Call, asked: WhichPlate) -> tuple[MyPlate, Sightings]:
    try:
        return await seen_of(call.node, call.who, asked.entry_id, session=call.signed_in.id)
    except BadInput as wrong:
        raise Problem(404, f"{wrong.args[0]}.", next_step="Look at your list.") from None


async def _list(call: Call, form: PlateForm, wrong: BadInput | None = None) -> Response:
    return await page(
        call, "home_list.html", status=400 if wrong else 200, listed=await my_list.my_list(call.node, call.who), form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {}, most=MOST_PLATES,
        latest=(call.node.now() + LONGEST).astimezone(zone_of(call)).date().isoformat(),
    )  # fmt: skip


async def _broker(call: Call, form: TopicForm, wrong: BadInput | None = None) -> Response:
    settings = call.node.settings.delivery.mqtt
    return await page(
        call, "home_broker.html", status=400 if wrong else 200, feed=await broker_feed(call.node), form=form, settings=settings,
        wrong={"topic": wrong.args[0]} if wrong else {},
    )  # fmt: skip


async def _law(call: Call, wrong: str = "") -> Response:
    place = call.node.settings.place
    here, others = law.laws_of(place)
    return await page(
        call, "home_law.html", status=400 if wrong else 200, place=place, laws=here, others=others, read_on=law.read_on(),
        read=await law.law_read(call.node), wrong=wrong,
    )  # fmt: skip


def _end(call: Call, typed: str) -> datetime | None:
    """The end of the day that was typed, in the node's time; on the last day there is, the last moment."""
    if not typed.strip():
        return None
    try:
        day = datetime.strptime(typed.strip(), "%Y-%m-%d").replace(tzinfo=zone_of(call))
    except ValueError:
        raise BadInput("write a day as 2027-06-30", where="ends") from None
    end, longest = day + timedelta(days=1), call.node.now() + LONGEST
    return longest if day <= longest < end else end


def _row(seen: Sighting) -> tuple[object, ...]:
    return (
        seen.at.isoformat(), seen.name, seen.plate, seen.read_plate, "yes" if seen.exact else "no", seen.reader_name,
        seen.confidence,
    )  # fmt: skip
