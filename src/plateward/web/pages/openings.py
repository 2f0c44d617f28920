"""What opens reads without a share: emergencies with their reviews, and productions from the order to the file."""

from __future__ import annotations

import re
from hashlib import sha256
from uuid import UUID

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.opening import PROCESS_WORDS, SIGNED_BY_A_JUDGE
from plateward.core.people import Permission
from plateward.core.plate import PlatePattern
from plateward.node.sharing import emergency, production
from plateward.node.sharing.agencies import resolve
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

LARGEST = 16 * 1024 * 1024
"""Bytes of an order's document: only its SHA-256 is kept."""

_BYTE_ORDER_MARK = "\ufeff"


class OpenForm(msgspec.Struct, frozen=True):
    """An emergency as typed."""

    agency: str = ""
    plate: str = ""
    danger: str = ""
    on_duty: bool = False


class WhichEmergency(msgspec.Struct, frozen=True):
    """One emergency, and a note."""

    emergency_id: str
    note: str = ""


class ReviewForm(msgspec.Struct, frozen=True):
    """A reviewer's finding as typed."""

    emergency_id: str
    verdict: str = ""
    note: str = ""


class ProcessForm(msgspec.Struct, frozen=True):
    """Legal process as typed; the document comes as a file, or its SHA-256 as text."""

    agency: str = ""
    process: str = ""
    court: str = ""
    number: str = ""
    digest: str = ""
    reads: str = ""


class StepForm(msgspec.Struct, frozen=True):
    """A step of a production: confirm or approve."""

    production_id: str
    step: str = ""


class WhichProduction(msgspec.Struct, frozen=True):
    """One production by its id."""

    production_id: str


async def emergencies(call: Call) -> Response:
    """The emergencies of one's agency, and the form that opens one."""
    return await _emergencies(call, OpenForm())


async def emergencies_csv(call: Call) -> Response:
    """The same as a file."""
    columns = (
        "id", "owner", "agency", "plate", "danger", "opened_by", "opened_at", "expires", "review_due", "state", "reviewed_by",
        "note",
    )  # fmt: skip
    rows = [
        (
            one.id, one.owner, one.agency, one.plate, one.danger, one.opened_by, one.opened_at.isoformat(),
            one.expires.isoformat(), one.review_due.isoformat(), one.state, one.reviewed_by or "", one.note,
        )
        for one in await emergency.emergencies(call.node, call.who)
    ]  # fmt: skip
    return csv_response("plateward-emergencies.csv", columns, rows)


async def open_emergency(call: Call, form: OpenForm) -> Response:
    """Open one plate for four hours."""
    try:
        agency = await _agency(call, form.agency)
        opened = await emergency.open_emergency(
            call.node, call.who, agency, form.plate, form.danger, on_duty=form.on_duty
        )
    except BadInput as wrong:
        return await _emergencies(call, form, wrong)
    if opened.refusal is not None:
        return await _emergencies(call, form, refused=opened.refusal)
    return RedirectResponse("/emergencies", 303)


async def look(call: Call, asked: WhichEmergency) -> Response:
    """Search for an emergency's plate, and show what was found."""
    answer = await emergency.look(call.node, call.who, asked.emergency_id, session=call.signed_in.id)
    every = await emergency.emergencies(call.node, call.who)
    view = next(one for one in every if one.id == asked.emergency_id)
    return await page(
        call, "emergency_found.html", answer=answer, view=view, pattern=PlatePattern.parse(view.plate)
    )  # fmt: skip


async def end_emergency(call: Call, asked: WhichEmergency) -> Response:
    """End one before its time."""
    try:
        await emergency.end(call.node, call.who, asked.emergency_id, asked.note)
    except BadInput as wrong:
        return await _emergencies(call, OpenForm(), wrong)
    return RedirectResponse("/emergencies", 303)


async def review(call: Call, form: ReviewForm) -> Response:
    """Say as somebody independent whether it was justified."""
    try:
        if form.verdict not in ("justified", "unjustified"):
            raise BadInput("choose whether it was justified", where="verdict")
        await emergency.review(call.node, call.who, form.emergency_id, form.verdict == "justified", form.note)
    except BadInput as wrong:
        return await _emergencies(call, OpenForm(), wrong)
    return RedirectResponse("/emergencies", 303)


async def productions(call: Call) -> Response:
    """The productions of one's agency, and the form that enters legal process."""
    return await _productions(call, ProcessForm())


async def productions_csv(call: Call) -> Response:
    """The same as a file."""
    columns = (
        "id", "owner", "agency", "process", "reference", "reads", "state", "why", "asked_by", "asked_at", "counsel",
        "approved_by", "made_at", "sha256",
    )  # fmt: skip
    rows = [
        (
            one.id, one.owner, one.agency, one.process, one.reference, " ".join(map(str, one.reads)), one.state, one.sentence,
            one.asked_by, one.asked_at.isoformat(), one.counsel or "", one.approved_by or "",
            one.made_at.isoformat() if one.made_at else "", one.digest or "",
        )
        for one in await production.productions(call.node, call.who)
    ]  # fmt: skip
    return csv_response("plateward-productions.csv", columns, rows)


async def ask_production(call: Call, form: ProcessForm) -> Response:
    """Enter legal process for named reads."""
    try:
        agency = await _agency(call, form.agency)
        for field in ("court", "number"):
            if not getattr(form, field).strip():
                raise BadInput(f"write the {'court' if field == 'court' else 'number of the order'}", where=field)
        digest = sha256(call.files[0].data).hexdigest() if call.files else form.digest.strip().lower()
        reference = f"{form.court.strip()}, {form.number.strip()}"
        asked = await production.ask(call.node, call.who, agency, form.process, reference, digest, _ids(form.reads))
    except BadInput as wrong:
        return await _productions(call, form, wrong)
    return await _productions(call, ProcessForm(), refused=asked.refusal) if asked.refusal else _back()


async def step(call: Call, form: StepForm) -> Response:
    """Confirm as counsel, or approve as the second person."""
    try:
        match form.step:
            case "confirm":
                await production.confirm(call.node, call.who, form.production_id)
            case "approve":
                await production.approve(call.node, call.who, form.production_id)
            case _:
                raise Problem(400, "Choose what to do.", field="step")
    except BadInput as wrong:
        return await _productions(call, ProcessForm(), wrong)
    return _back()


async def make(call: Call, asked: WhichProduction) -> Response:
    """The file with exactly the named reads, once. Its SHA-256 is in the ledger."""
    try:
        made = await production.hand_over(call.node, call.who, asked.production_id, session=call.signed_in.id)
    except BadInput as wrong:
        return await _productions(call, ProcessForm(), wrong)
    headers = {
        "Content-Disposition": f'attachment; filename="production-{asked.production_id}.csv"',
        "X-SHA-256": made.digest,
        "Cache-Control": "no-store",
    }
    return Response(made.file, media_type="text/csv", headers=headers)


def _back() -> Response:
    return RedirectResponse("/productions", 303)


def _ids(text: str) -> tuple[UUID, ...]:
    """Reads named one by one, with anything that is no id between them. Raises BadInput naming the first that is none."""
    found = []
    for word in re.split(r"[\s,;]+", text.removeprefix(_BYTE_ORDER_MARK).strip()):
        try:
            found.append(UUID(word))
        except ValueError:
            raise BadInput(f"{word[:60]!r} is no read's id", where="reads") from None
    return tuple(found)


async def _agency(call: Call, name: str) -> str:
    if not name.strip():
        raise BadInput("name the agency", where="agency")
    found = await resolve(call.node, name.strip())
    if found is None:
        raise BadInput(f"no agency is known as {name.strip()[:80]!r}; write its id or full name", where="agency")
    return found


async def _emergencies(
    call: Call, form: OpenForm, wrong: BadInput | None = None, refused: Decision | None = None
) -> Response:
    person = call.who
    return await page(
        call,
        "emergencies.html",
        status=400 if wrong else 200,
        emergencies=await emergency.emergencies(call.node, person),
        form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        refused=refused,
        may_open=person.may(Permission.EMERGENCY),
        may_search=person.may(Permission.SEARCH),
        may_review=person.may(Permission.ACCESS_LOG),
    )


async def _productions(
    call: Call, form: ProcessForm, wrong: BadInput | None = None, refused: Decision | None = None
) -> Response:
    person = call.who
    return await page(
        call,
        "productions.html",
        status=400 if wrong else 200,
        productions=await production.productions(call.node, person),
        form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        refused=refused,
        processes={str(name): words for name, words in PROCESS_WORDS.items()},
        opening={str(name) for name in SIGNED_BY_A_JUDGE},
        may_ask=person.may(Permission.PRODUCTION) and not person.may(Permission.COUNSEL),
        may_confirm=person.may(Permission.COUNSEL),
        may_approve=person.may(Permission.SHARE_APPROVE),
    )
