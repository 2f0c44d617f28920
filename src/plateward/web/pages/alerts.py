"""Alerts: what passed that is wanted, both plates side by side, and the buttons with which a person decides.

The page works without scripts: it is reloaded then. With scripts new alerts come by themselves, sound, and are dealt with by keys.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.alert import Outcome, State
from plateward.core.errors import BadInput
from plateward.core.hotlist import EVERY_KIND, verify_of
from plateward.core.plate import PlatePattern
from plateward.node.alerting.acts import decide, say_outcome, see
from plateward.node.alerting.alerts import MAX_LIMIT, AlertAnswer, Shelf, Wanted, alerts, follow, picture
from plateward.node.alerting.view import Alert
from plateward.node.alerting.wishes import is_quiet, set_wishes, wishes
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import fragment, page
from plateward.web.stream import Said, streamed

DECISIONS = (
    (State.CONFIRMED, "Confirm", "c"),
    (State.MISREAD, "Misread", "m"),
    (State.WRONG_STATE, "Wrong state", "w"),
    (State.STALE, "Stale", "s"),
    (State.NOT_ACTED, "Not acted", "n"),
)
"""What a person may say, the word on the button, and its key."""

AT_HOME = ((State.CONFIRMED, "Right", "c"), (State.MISREAD, "Misread", "m"))
"""The same for a household, which stops nobody."""

WORDS = {
    State.NEW: "New",
    State.SEEN: "Seen",
    State.CONFIRMED: "Confirmed",
    State.MISREAD: "Misread",
    State.WRONG_STATE: "Wrong state",
    State.STALE: "Stale",
    State.NOT_ACTED: "Not acted",
}

OUTCOMES = {
    Outcome.STOP: "Stopped, no arrest",
    Outcome.ARREST: "Arrest",
    Outcome.RECOVERED: "Vehicle or plate recovered",
    Outcome.FOUND: "Person found",
    Outcome.NOTHING: "Not found again",
    Outcome.WRONGFUL_STOP: "Wrongful stop",
    Outcome.OTHER: "Other",
}

SHELVES = {Shelf.OPEN: "Open", Shelf.DECIDED: "Decided", Shelf.LATE: "Late", Shelf.ALL: "All"}


class Asked(msgspec.Struct, frozen=True):
    """Which alerts. ``list``: of one hot list; ``cursor``: where the page begins."""

    shelf: Shelf = Shelf.OPEN
    list: str | None = None
    cursor: str | None = None


class Following(msgspec.Struct, frozen=True):
    """From which change on."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Which(msgspec.Struct, frozen=True):
    """One alert."""

    alert_id: UUID


class Deciding(msgspec.Struct, frozen=True):
    """What the comparison showed. ``back``: where the button stood, the list or the alert's own page."""

    alert_id: UUID
    decision: State
    note: str = ""
    back: str = ""


class Ending(msgspec.Struct, frozen=True):
    """What came of it."""

    alert_id: UUID
    outcome: Outcome | None = None
    note: str = ""


class Wishing(msgspec.Struct, frozen=True):
    """How somebody wants to be alerted; a box not ticked is not sent."""

    sound: bool = False
    quiet_from: str = ""
    quiet_to: str = ""


async def show(call: Call, asked: Asked) -> Response:
    """The alerts, and the stream that brings new ones."""
    return await _show(call, asked, {})


async def _show(call: Call, asked: Asked, wrong: dict[str, str]) -> Response:
    wanted = Wanted(asked.shelf, asked.list, cursor=asked.cursor)
    answer = await alerts(call.node, call.who, wanted, session=call.signed_in.id)
    refused = [owner for owner in answer.owners if not owner.allowed]
    return await page(
        call, "alerts.html", status=400 if wrong else 200 if len(refused) < len(answer.owners) else 403, answer=answer,
        refused=refused, asked=asked, shelves=SHELVES, wishes=await wishes(call.node, call.who), wrong=wrong, **await _words(call),
    )  # fmt: skip


async def _words(call: Call) -> dict[str, object]:
    """What a card needs beside its alert."""
    now = call.node.now()
    return {
        "decisions": AT_HOME if call.node.settings.home else DECISIONS,
        "state_words": WORDS,
        "outcomes": {str(outcome): words for outcome, words in OUTCOMES.items()},
        "kinds": {kind: words for kind, (words, _) in EVERY_KIND.items()},
        "verify_of": verify_of,
        "pattern_of": lambda plate: PlatePattern.parse(plate) if plate else None,
        "ago": lambda at: ago(now - at),
        "now": now,
        "quiet": is_quiet(call.node, await wishes(call.node, call.who)),
    }


def ago(passed: timedelta) -> str:
    """How long ago, in the largest unit that says enough."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "under a minute"


async def stream(call: Call, asked: Following) -> Response:
    """Alerts as they are raised or change, each as its card; a browser that comes back gets what it missed."""
    heard = call.request.headers.get("last-event-id", "")
    after = int(heard) if heard.isascii() and heard.isdigit() and len(heard) < 19 else asked.after

    async def write(found: tuple[Alert, ...]) -> tuple[Said, ...]:
        words = await _words(call)
        return tuple(
            [Said(await fragment(call, "_alert.html", one=one, **words), "alert", str(one.change)) for one in found]
        )

    return streamed(call, follow(call.node, call.who, after, session=call.signed_in.id), write)


async def details(call: Call, asked: Which) -> Response:
    """One alert, large, with what was done with it; opening it makes it seen."""
    return await _details(call, await see(call.node, call.who, asked.alert_id, session=call.signed_in.id))


async def _details(call: Call, answer: AlertAnswer, wrong: BadInput | None = None, typed: str = "") -> Response:
    refused = [owner for owner in answer.owners if not owner.allowed]
    if answer.alert is None and not refused:
        raise Problem(404, "There is no such alert for your agency.", next_step="It may concern another agency's list.")
    return await page(
        call, "alert.html", status=400 if wrong else 200 if answer.alert else 403, answer=answer, one=answer.alert, refused=refused,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {}, typed=typed, **await _words(call),
    )  # fmt: skip


async def show_picture(call: Call, asked: Which) -> Response:
    """The picture to compare with the listed plate."""
    answer = await picture(call.node, call.who, asked.alert_id, session=call.signed_in.id)
    if answer.jpeg is not None:
        return Response(answer.jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})
    refused = [owner.why for owner in answer.owners if not owner.allowed]
    raise Problem(403, refused[0]) if refused else Problem(404, "This alert has no picture that you may see.")


async def mark_seen(call: Call, asked: Which) -> Response:
    """Say that somebody has looked."""
    answer = await see(call.node, call.who, asked.alert_id, session=call.signed_in.id)
    if answer.alert is None:
        return await _details(call, answer)
    return RedirectResponse("/alerts", 303)


async def say(call: Call, asked: Deciding) -> Response:
    """Decide, and go back to where the button stood."""
    try:
        answer = await decide(
            call.node, call.who, asked.alert_id, asked.decision, asked.note, session=call.signed_in.id
        )
    except BadInput as wrong:
        return await _again(call, asked.alert_id, wrong, asked.note)
    if answer.alert is None:
        return await _details(call, answer)
    return RedirectResponse("/alerts" if asked.back == "list" else f"/alerts/{asked.alert_id}", 303)


async def end(call: Call, asked: Ending) -> Response:
    """Say what came of it."""
    try:
        if asked.outcome is None:
            raise BadInput("choose what came of it", where="outcome")
        answer = await say_outcome(
            call.node, call.who, asked.alert_id, asked.outcome, asked.note, session=call.signed_in.id
        )
    except BadInput as wrong:
        return await _again(call, asked.alert_id, wrong, asked.note)
    if answer.alert is None:
        return await _details(call, answer)
    return RedirectResponse(f"/alerts/{asked.alert_id}", 303)


async def _again(call: Call, alert_id: UUID, wrong: BadInput, typed: str) -> Response:
    if wrong.where not in ("note", "outcome", "decision"):
        raise wrong
    answer = await see(call.node, call.who, alert_id, session=call.signed_in.id)
    return await _details(call, answer, wrong, typed)


async def wish(call: Call, asked: Wishing) -> Response:
    """Keep sound and quiet hours."""
    try:
        await set_wishes(call.node, call.who, sound=asked.sound, quiet_from=asked.quiet_from, quiet_to=asked.quiet_to)
    except BadInput as wrong:
        return await _show(call, Asked(), {wrong.where or "": wrong.args[0]})
    return RedirectResponse("/alerts", 303)


COLUMNS = (
    "id", "raised_at", "read_at", "state", "outcome", "decided_at", "list", "list_owner", "kind", "priority", "case", "match",
    "same_state", "confidence", "reads", "late", "reader", "owner", "listed_plate", "listed_state", "read_plate", "read_state",
)  # fmt: skip


async def as_csv(call: Call, asked: Asked) -> Response:
    """The alerts as a file. Plates are given only of those that a person has confirmed: nothing else leaves."""
    wanted = Wanted(asked.shelf, asked.list, MAX_LIMIT, asked.cursor)
    answer = await alerts(call.node, call.who, wanted, session=call.signed_in.id)
    if not any(owner.allowed for owner in answer.owners):
        raise Problem(403, answer.owners[0].why)
    return csv_response("alerts.csv", COLUMNS, map(_row, answer.alerts))


def _row(one: Alert) -> tuple[object, ...]:
    confirmed = one.state is State.CONFIRMED
    plates = (one.listed_plate, one.listed_state, one.read_plate, one.read_region) if confirmed else ("", "", "", "")
    return (
        str(one.id), _instant(one.raised_at), _instant(one.read_at), str(one.state), one.outcome or "", _instant(one.decided_at),
        one.list_name, one.list_owner, one.kind, one.priority, (one.case or "") if confirmed else "", str(one.how),
        "" if one.state_match is None else one.state_match, one.confidence, one.reads, one.late, one.reader_name,
        one.agency, *plates,
    )  # fmt: skip


def _instant(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
