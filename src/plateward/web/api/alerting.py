"""Alerts for programs: the list, one with its history, decisions and outcomes, the stream, figures and wishes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.responses import Response

from plateward.core.alert import VERIFY, Outcome, State
from plateward.core.alert_figures import Line
from plateward.core.hotlist import verify_of
from plateward.node.alerting.acts import alert_figures, decide, say_outcome, see
from plateward.node.alerting.alerts import MAX_LIMIT, AlertAnswer, Shelf, Wanted, alert, alerts, follow
from plateward.node.alerting.view import Alert
from plateward.node.alerting.wishes import Wishes, set_wishes, wishes
from plateward.web.api import shapes
from plateward.web.endpoint import Call
from plateward.web.pages.alert_figures import Period, span
from plateward.web.pages.alerts import Following, Which
from plateward.web.problem import Problem
from plateward.web.stream import Said, streamed


class Asked(msgspec.Struct, frozen=True):
    """Which alerts: open, decided, late or all; of one hot list; ``cursor``: the ``next`` of the page before."""

    shelf: Shelf = Shelf.OPEN
    list: str | None = None
    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)] = 50


class Deciding(msgspec.Struct, frozen=True):
    """What comparing plate and picture showed; ``note`` says why where an earlier decision is changed."""

    alert_id: UUID
    decision: State
    note: str = ""


class Ending(msgspec.Struct, frozen=True):
    """What came of an alert."""

    alert_id: UUID
    outcome: Outcome
    note: str = ""


class AlertShape(msgspec.Struct, frozen=True):
    """An alert. ``how``: exact, look-alike or candidate; ``same_state``: null where not known; ``late`` never sounds.

    ``picture``: whether there is one that you may see. ``change``: the number of its last change. What names plate or read is empty
    once the read is past its time (``forgotten``).
    """

    id: UUID
    state: str
    outcome: str | None
    raised_at: datetime
    read_at: datetime
    reads: int
    late: bool
    listed_plate: str
    listed_state: str | None
    read_plate: str
    read_state: str | None
    how: str
    same_state: bool | None
    confidence: float
    candidates: tuple[tuple[str, float], ...]
    list: str
    list_name: str
    list_owner: str
    kind: str
    priority: int
    reason: str
    case: str | None
    listed_at: datetime | None
    listed_until: datetime | None
    owner: str
    reader_name: str
    lat: float | None
    lon: float | None
    exact_location: bool
    picture: bool
    read: UUID | None
    seen_at: datetime | None
    decided_at: datetime | None
    expires: datetime
    forgotten: bool
    change: int
    verify: str = VERIFY


class Alerts(msgspec.Struct, frozen=True):
    """Alerts, the latest first. ``next``: the cursor of the older page. ``head``: from where the stream goes on."""

    alerts: tuple[AlertShape, ...]
    owners: tuple[shapes.Owner, ...]
    access_record: int
    head: int
    next: str | None


class StepShape(msgspec.Struct, frozen=True):
    """What was done with an alert; people of another agency are not named."""

    at: datetime
    by: str
    by_name: str
    agency: str
    step: str
    note: str


class PassShape(msgspec.Struct, frozen=True):
    """One read of the pass."""

    read: UUID
    read_at: datetime
    reader: str
    reader_name: str
    plate: str
    how: str
    confidence: float


class Opened(msgspec.Struct, frozen=True):
    """One alert with its history; null where it was refused or is not for your agency."""

    alert: AlertShape | None
    steps: tuple[StepShape, ...]
    reads: tuple[PassShape, ...]
    owners: tuple[shapes.Owner, ...]
    access_record: int


class LineShape(msgspec.Struct, frozen=True):
    """The figures of one list, one reader, or all.

    Shares are of the alerts compared (confirmed or found wrong); null where none was.
    """

    id: str
    name: str
    alerts: int
    reads: int
    late: int
    exact: int
    open: int
    decided: int
    confirmed: int
    misread: int
    wrong_state: int
    stale: int
    not_acted: int
    share_confirmed: float | None
    share_false: float | None
    median_seconds_to_decision: int | None
    outcomes: Mapping[str, int]


class Figures(msgspec.Struct, frozen=True):
    """What became of the alerts of a time."""

    begins: datetime
    ends: datetime
    total: LineShape
    lists: tuple[LineShape, ...]
    readers: tuple[LineShape, ...]


class WishesShape(msgspec.Struct, frozen=True):
    """How you want to be alerted: with sound, and between which times of day (22:00) never; both empty for none."""

    sound: bool = True
    quiet_from: str = ""
    quiet_to: str = ""


async def listed(call: Call, asked: Asked) -> Alerts:
    """The alerts that your agency received."""
    wanted = Wanted(asked.shelf, asked.list, asked.limit, asked.cursor)
    answer = await alerts(call.node, call.who, wanted, session=call.signed_in.id)
    return Alerts(
        tuple(map(shape, answer.alerts)), tuple(map(shapes.owner, answer.owners)), answer.access_record, answer.head, answer.next
    )  # fmt: skip


async def one(call: Call, asked: Which) -> Opened:
    """One alert with its history. Looking at it by a program does not make it seen."""
    return opened(await alert(call.node, call.who, asked.alert_id, session=call.signed_in.id))


async def mark_seen(call: Call, asked: Which) -> Opened:
    """Say that you have looked at it."""
    return _done(await see(call.node, call.who, asked.alert_id, session=call.signed_in.id))


async def say(call: Call, asked: Deciding) -> Opened:
    """Decide: confirmed, misread, wrong-state, stale or not-acted."""
    return _done(
        await decide(call.node, call.who, asked.alert_id, asked.decision, asked.note, session=call.signed_in.id)
    )


async def end(call: Call, asked: Ending) -> Opened:
    """Say what came of it."""
    return _done(
        await say_outcome(call.node, call.who, asked.alert_id, asked.outcome, asked.note, session=call.signed_in.id)
    )


def _done(answer: AlertAnswer) -> Opened:
    """An act on an alert; a refusal is an answer like others, and another agency's alert is not there."""
    if answer.alert is None and all(owner.allowed for owner in answer.owners):
        raise Problem(404, "There is no such alert for your agency.", field="alert_id")
    if answer.alert is None:
        raise Problem(403, answer.owners[0].why, next_step=answer.owners[0].help)
    return opened(answer)


async def stream(call: Call, asked: Following) -> Response:
    """Alerts as they are raised or change, as server-sent events: ``id`` is the change, ``data`` an alert as JSON."""
    heard = call.request.headers.get("last-event-id", "")
    after = int(heard) if heard.isascii() and heard.isdigit() and len(heard) < 19 else asked.after

    async def write(found: tuple[Alert, ...]) -> tuple[Said, ...]:
        return tuple(Said(msgspec.json.encode(shape(each)).decode(), "alert", str(each.change)) for each in found)

    return streamed(call, follow(call.node, call.who, after, session=call.signed_in.id), write)


async def figures(call: Call, asked: Period) -> Figures:
    """What became of alerts, by list and by reader."""
    begins, ends = span(call, asked)
    found = await alert_figures(call.node, call.who, begins, ends)
    return Figures(begins, ends, line(found.total), tuple(map(line, found.lists)), tuple(map(line, found.readers)))


async def show_wishes(call: Call) -> WishesShape:
    """How you want to be alerted."""
    return _wishes(await wishes(call.node, call.who))


async def wish(call: Call, asked: WishesShape) -> WishesShape:
    """Set sound and quiet hours."""
    return _wishes(
        await set_wishes(call.node, call.who, sound=asked.sound, quiet_from=asked.quiet_from, quiet_to=asked.quiet_to)
    )


def _wishes(kept: Wishes) -> WishesShape:
    times = (f"{moment:%H:%M}" if moment else "" for moment in (kept.quiet_from, kept.quiet_to))
    return WishesShape(kept.sound, *times)


def shape(found: Alert) -> AlertShape:
    """``found`` as programs get it."""
    return AlertShape(
        found.id, str(found.state), found.outcome, found.raised_at, found.read_at, found.reads, found.late, found.listed_plate,
        found.listed_state, found.read_plate, found.read_region, str(found.how), found.state_match, found.confidence,
        found.candidates, found.list_id, found.list_name, found.list_owner, found.kind, found.priority, found.reason, found.case,
        found.listed_at, found.listed_until, found.agency, found.reader_name, found.position.lat if found.position else None,
        found.position.lon if found.position else None, found.exact_location, found.picture, found.read_id, found.seen_at,
        found.decided_at, found.expires_at, found.forgotten, found.change, verify_of(found.kind),
    )  # fmt: skip


def opened(answer: AlertAnswer) -> Opened:
    """``answer`` as programs get it."""
    steps = (
        StepShape(step.at, step.by_person, step.by_name, step.by_agency, step.step, step.note) for step in answer.steps
    )
    reads = (
        PassShape(
            read.read_id, read.read_at, read.reader_id, read.reader_name, read.read_plate, read.how, read.confidence / 1000
        )
        for read in answer.reads
    )  # fmt: skip
    return Opened(
        shape(answer.alert) if answer.alert else None, tuple(steps), tuple(reads), tuple(map(shapes.owner, answer.owners)),
        answer.access_record,
    )  # fmt: skip


def line(found: Line) -> LineShape:
    """``found`` as programs get it."""
    return LineShape(
        found.id, found.name, found.alerts, found.reads, found.late, found.exact, found.open, found.decided, found.confirmed,
        found.misread, found.wrong_state, found.stale, found.not_acted, found.share(found.confirmed), found.share(found.false),
        found.median_s, dict(found.outcomes),
    )  # fmt: skip
