"""Holds: asking for one, deciding, ending, and looking at what one keeps, for its case."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.core.purpose import REASONS, listed
from plateward.core.retention import Basis
from plateward.node.keeping import held_reads, holds
from plateward.node.keeping.holds import HoldRequest
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page, zone_of

BASES = (
    (str(Basis.INVESTIGATION), "An investigation"), (str(Basis.COURT_ORDER), "A court's order"), (str(Basis.HIT), "A hit"),
    (str(Basis.COMMERCIAL_VEHICLE), "Screening of commercial vehicles"),
)  # fmt: skip


class HoldForm(msgspec.Struct, frozen=True):
    """A hold as typed; times are of the node's zone."""

    basis: str = str(Basis.INVESTIGATION)
    case: str = ""
    reason: str = ""
    ends: str = ""
    plate: str = ""
    readers: str = ""
    reads: str = ""
    seen_from: str = ""
    seen_to: str = ""
    asked_for: str = ""


class Say(msgspec.Struct, frozen=True):
    """What the second person says to one hold."""

    hold_id: str
    verdict: str = ""
    note: str = ""


class Look(msgspec.Struct, frozen=True):
    """A hold whose reads are wanted: its case, and why."""

    hold_id: str
    case: str = ""
    reason: str = ""


class LookAtPicture(msgspec.Struct, frozen=True):
    """The picture of one held read."""

    hold_id: str
    read_id: UUID
    case: str = ""
    reason: str = ""


async def show(call: Call) -> Response:
    """The holds of one's agency, and the form that asks for one."""
    return await _show(call, HoldForm())


async def as_csv(call: Call) -> Response:
    """The table as a file."""
    columns = (
        "id", "state", "basis", "case", "reason", "asked_for", "reads", "kept", "asked_by", "asked_at", "ends", "decided_by",
        "ended_at", "note",
    )  # fmt: skip
    rows = [
        (
            str(one.hold_id), one.state, one.basis, one.case_no, one.reason, one.asked_for, one.reads, kept,
            one.asked_by or "the node", one.asked_at.isoformat(), one.ends_at.isoformat(), one.decided_by or "",
            one.ended_at.isoformat() if one.ended_at else "", one.note,
        )
        for one, kept in await holds.holds_of(call.node, call.who)
    ]  # fmt: skip
    return csv_response("plateward-holds.csv", columns, rows)


async def ask(call: Call, form: HoldForm) -> Response:
    """Ask for a hold."""
    try:
        asked = await holds.request_hold(call.node, call.who, _request(call, form))
    except BadInput as wrong:
        return await _show(call, form, wrong)
    if asked.hold is None:
        return await _show(call, form, refused=asked.refusal)
    return RedirectResponse(f"/holds#h-{asked.hold.hold_id}", 303)


async def decide(call: Call, said: Say) -> Response:
    """Approve or refuse one."""
    try:
        if said.verdict not in ("approve", "refuse"):
            raise BadInput("choose to approve or to refuse", where="verdict")
        await holds.decide_hold(call.node, call.who, said.hold_id, approved=said.verdict == "approve", note=said.note)
    except BadInput as wrong:
        return await _show(call, HoldForm(), wrong)
    return RedirectResponse("/holds", 303)


async def end(call: Call, said: Say) -> Response:
    """End one; its reads are destroyed at once."""
    try:
        await holds.end_hold(call.node, call.who, said.hold_id, said.note)
    except BadInput as wrong:
        return await _show(call, HoldForm(), wrong)
    return RedirectResponse("/holds", 303)


async def look(call: Call, asked: Look) -> Response:
    """The reads of a hold, for its case."""
    try:
        passage = await held_reads.look(
            call.node, call.who, asked.hold_id, asked.case, asked.reason, session=call.signed_in.id
        )
    except BadInput as wrong:
        return await _show(call, HoldForm(), wrong)
    hold, reads = passage.answer if passage.answer else (None, ())
    return await page(
        call, "hold_reads.html", hold=hold, reads=reads, asked=asked, refusal=None if hold else passage.decisions[0].why,
        record=passage.record,
    )  # fmt: skip


async def look_csv(call: Call, asked: Look) -> Response:
    """The same as a file, which is an export with a hold."""
    passage = await held_reads.look(
        call.node, call.who, asked.hold_id, asked.case, asked.reason, export=True, session=call.signed_in.id
    )
    if passage.answer is None:
        raise Problem(403, passage.decisions[0].why)
    columns = ("id", "read_at", "plate", "region", "confidence", "reader", "lat", "lon", "kept_until")
    rows = [
        (
            str(held.read.id), held.read.read_at.isoformat(), held.read.plate, held.read.region or "", held.read.confidence,
            held.read.reader, held.read.position.lat if held.read.position else "",
            held.read.position.lon if held.read.position else "", held.kept_until.isoformat(),
        )
        for held in passage.answer[1]
    ]  # fmt: skip
    return csv_response(f"plateward-hold-{asked.hold_id}.csv", columns, rows)


async def look_at_picture(call: Call, asked: LookAtPicture) -> Response:
    """The picture of one held read."""
    passage = await held_reads.picture(
        call.node, call.who, asked.hold_id, asked.read_id, asked.case, asked.reason, session=call.signed_in.id
    )
    if passage.answer is None:
        raise Problem(404, "This read has no picture, or you may not see it.")
    picture, kind = passage.answer
    return Response(picture, media_type=kind, headers={"Cache-Control": "no-store"})


def _request(call: Call, form: HoldForm) -> HoldRequest:
    try:
        reads = tuple(UUID(word) for word in form.reads.replace(",", " ").split())
    except ValueError:
        raise BadInput("ids of reads, with spaces between them", where="reads") from None
    ends = _instant(call, form.ends, "ends")
    if ends is None:
        raise BadInput("say when the hold ends", where="ends")
    return HoldRequest(
        form.basis, form.case, form.reason, ends, form.plate, tuple(form.readers.replace(",", " ").split()), reads,
        _instant(call, form.seen_from, "seen_from"), _instant(call, form.seen_to, "seen_to"), form.asked_for,
        call.signed_in.id,
    )  # fmt: skip


def _instant(call: Call, text: str, field: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("a day and time as in 2026-11-30 17:00", where=field) from None
    return at if at.tzinfo else at.replace(tzinfo=zone_of(call))


async def _show(call: Call, form: HoldForm, wrong: BadInput | None = None, *, refused: str | None = None) -> Response:
    return await page(
        call, "holds.html", status=400 if wrong else 200, holds=await holds.holds_of(call.node, call.who), form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {}, refused=refused, bases=BASES,
        reasons=[(reason, REASONS[reason][0]) for reason in listed()], may_ask=call.who.may(Permission.HOLD),
        may_decide=call.who.may(Permission.HOLD_DECIDE), may_look=call.who.may(Permission.SEARCH), own=call.who.id,
        may_advise=call.who.may(Permission.COUNSEL),
    )  # fmt: skip
