"""Searching by program: the same questions and answers as the search page."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.core.place import Near
from plateward.core.purpose import Purpose
from plateward.node.reads import Corrected, ReadAnswer, correct, picture, unmask, view
from plateward.node.search import MAX_LIMIT, SearchRequest, search
from plateward.web.api import shapes
from plateward.web.asking import instant, pattern_of, purpose_of
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import zone_of


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for and why.

    ``reason``: an id of the list, or words that name one. ``near``: ``LAT,LON,METRES``. ``owners`` empty: every owner on this node.
    Times without an offset are in the node's zone.
    """

    reason: str
    pattern: str = ""
    likeness: str = "exact"
    words: str = ""
    case: str = ""
    offence: str = ""
    on_behalf_of: str = ""
    begins: str = msgspec.field(default="", name="from")
    ends: str = msgspec.field(default="", name="to")
    near: str = ""
    readers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)] = 100
    cursor: str | None = None
    consent: str | None = None


class Looked(msgspec.Struct, frozen=True):
    """A read, and the access record of the search that found it."""

    read_id: UUID
    access: int


class Unmask(msgspec.Struct, frozen=True):
    """A masked read of the live feed, and why its plate is wanted."""

    read_id: UUID
    reason: str
    words: str = ""
    case: str = ""
    offence: str = ""
    on_behalf_of: str = ""


class Correction(msgspec.Struct, frozen=True):
    """What the plate of a read really says."""

    read_id: UUID
    access: int
    plate: str
    note: str = ""


class Mended(msgspec.Struct, frozen=True):
    """The new read that corrects the misread."""

    read_id: UUID
    plate: str


async def find(call: Call, asked: Search) -> shapes.Found:
    """Search. Owners that refuse are in the answer with their reason; ``refusal`` is set when nobody was asked at all."""
    zone = zone_of(call)
    request = SearchRequest(
        pattern=pattern_of(asked.pattern, asked.likeness),
        purpose=await _purpose(call, asked),
        begins=instant(asked.begins, zone, "from"),
        ends=instant(asked.ends, zone, "to"),
        near=Near.parse(asked.near) if asked.near else None,
        readers=asked.readers,
        owners=asked.owners,
        limit=asked.limit,
        cursor=asked.cursor,
        consent=asked.consent,
        session=call.signed_in.id,
    )
    return shapes.found(await search(call.node, call.who, request))


async def look(call: Call, asked: Looked) -> shapes.Seen:
    """One read with its corrections."""
    answer = await view(call.node, call.who, asked.read_id, asked.access, session=call.signed_in.id)
    return _seen(answer)


async def look_at_picture(call: Call, asked: Looked) -> Response:
    """The picture as JPEG."""
    answer = await picture(call.node, call.who, asked.read_id, asked.access, session=call.signed_in.id)
    if answer.jpeg is not None:
        return Response(answer.jpeg, media_type="image/jpeg")
    refused = [owner for owner in answer.owners if not owner.allowed]
    if refused:
        raise Problem(403, refused[0].why, next_step=refused[0].help)
    raise Problem(404, "This read has no picture that you may see.")


async def show_unmasked(call: Call, asked: Unmask) -> shapes.Seen:
    """The plate behind the live feed's mask: a recorded search of its own."""
    return _seen(
        await unmask(call.node, call.who, asked.read_id, await _purpose(call, asked), session=call.signed_in.id)
    )


async def mend(call: Call, asked: Correction) -> Mended:
    """Write down what the plate really says, as a new read linked to the misread."""
    mended = await correct(call.node, call.who, asked.read_id, asked.plate, asked.access, asked.note)
    if isinstance(mended, Corrected):
        return Mended(mended.read_id, mended.plate)
    refused = [owner for owner in mended.owners if not owner.allowed]
    if refused:
        raise Problem(403, refused[0].why, next_step=refused[0].help)
    raise BadInput("there is no such read", where="read")


async def _purpose(call: Call, asked: Search | Unmask) -> Purpose:
    return await purpose_of(
        call.node, asked.reason, asked.words, case=asked.case, offence=asked.offence, on_behalf_of=asked.on_behalf_of
    )


def _seen(answer: ReadAnswer) -> shapes.Seen:
    return shapes.Seen(
        shapes.read(answer.found) if answer.found else None,
        tuple(map(shapes.owner, answer.owners)),
        answer.access_record,
        tuple(map(shapes.read, answer.corrections)),
    )
