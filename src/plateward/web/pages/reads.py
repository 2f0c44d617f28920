"""One read: what was seen, its picture, other readings, corrections; and unmasking one of the live feed."""

from __future__ import annotations

from uuid import UUID

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.core.purpose import REASONS, listed
from plateward.node.reads import Corrected, ReadAnswer, correct, picture, unmask, view
from plateward.web.asking import purpose_of
from plateward.web.endpoint import Call
from plateward.web.pages.places import map_of_read
from plateward.web.problem import Problem
from plateward.web.render import page


class Looked(msgspec.Struct, frozen=True):
    """A read, and the access record of the search that found it: its purpose counts here too."""

    read_id: UUID
    access: int


class Correction(msgspec.Struct, frozen=True):
    """What the plate really says."""

    read_id: UUID
    access: int
    plate: str = ""
    note: str = ""


class Masked(msgspec.Struct, frozen=True):
    """A read of the live feed."""

    read_id: UUID


class Unmasking(msgspec.Struct, frozen=True):
    """Why somebody wants to see a masked plate."""

    read_id: UUID
    reason: str = ""
    words: str = ""
    case: str = ""
    offence: str = ""
    on_behalf_of: str = ""


async def show(call: Call, asked: Looked) -> Response:
    """The read with its picture."""
    answer = await view(call.node, call.who, asked.read_id, asked.access, session=call.signed_in.id)
    return await _show(call, answer, asked.access)


async def show_picture(call: Call, asked: Looked) -> Response:
    """The picture itself."""
    answer = await picture(call.node, call.who, asked.read_id, asked.access, session=call.signed_in.id)
    if answer.jpeg is not None:
        return Response(answer.jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})
    refused = [owner.why for owner in answer.owners if not owner.allowed]
    raise Problem(403, refused[0]) if refused else Problem(404, "This read has no picture that you may see.")


async def mend(call: Call, asked: Correction) -> Response:
    """Write down what the plate really says, as a new read linked to the misread."""
    try:
        mended = await correct(call.node, call.who, asked.read_id, asked.plate, asked.access, asked.note)
    except BadInput as wrong:
        if wrong.where != "plate":
            raise
        answer = await view(call.node, call.who, asked.read_id, asked.access, session=call.signed_in.id)
        return await _show(call, answer, asked.access, wrong=wrong, typed=asked)
    if isinstance(mended, Corrected):
        return RedirectResponse(f"/reads/{asked.read_id}?access={asked.access}", 303)
    return await _show(call, mended, asked.access)


async def ask_to_unmask(call: Call, asked: Masked) -> Response:
    """The form that asks why."""
    return await _ask(call, Unmasking(asked.read_id))


async def show_unmasked(call: Call, asked: Unmasking) -> Response:
    """Unmask: a recorded search for one read."""
    try:
        purpose = await purpose_of(
            call.node,
            asked.reason,
            asked.words,
            case=asked.case,
            offence=asked.offence,
            on_behalf_of=asked.on_behalf_of,
        )
    except BadInput as wrong:
        return await _ask(call, asked, wrong)
    answer = await unmask(call.node, call.who, asked.read_id, purpose, session=call.signed_in.id)
    return await _show(call, answer, answer.access_record)


async def _show(
    call: Call, answer: ReadAnswer, access: int, *, wrong: BadInput | None = None, typed: Correction | None = None
) -> Response:
    refused = [owner for owner in answer.owners if not owner.allowed]
    if answer.found is None and not refused:
        raise Problem(404, "No such read is kept here.", next_step="It may have reached the end of its retention.")
    own = answer.found is not None and answer.found.read.agency == call.who.organisation
    return await page(
        call,
        "read.html",
        status=400 if wrong else 200 if answer.found else 403,
        answer=answer,
        refused=refused,
        access=access,
        typed=typed,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        may_correct=own and call.who.may(Permission.CORRECT),
        map=await map_of_read(call, answer.found) if answer.found else "",
    )


async def _ask(call: Call, form: Unmasking, wrong: BadInput | None = None) -> Response:
    return await page(
        call,
        "unmask.html",
        status=400 if wrong else 200,
        form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        reasons={reason: REASONS[reason][0] for reason in listed()},
    )
