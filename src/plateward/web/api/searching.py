"""Searching by program: the same questions and answers as the search page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.responses import Response, StreamingResponse

from plateward.core.errors import BadInput
from plateward.core.place import Near
from plateward.core.purpose import Purpose
from plateward.node.exports import MOST_ROWS, Export, export
from plateward.node.reads import Corrected, ReadAnswer, correct, picture, unmask, view
from plateward.node.search import MAX_LIMIT, SearchRequest, search
from plateward.web.api import shapes
from plateward.web.asking import instant, pattern_of, purpose_of
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import zone_of

_PIECE = 1 << 16


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


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to take out as a file, and why: fields as of a search.

    ``format``: csv, jsonl, geojson or parquet. ``limit``: most reads, the newest first.
    """

    reason: str
    format: str = "csv"
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
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = MOST_ROWS
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
    request = await _request(call, asked, asked.limit, asked.cursor)
    return shapes.found(await search(call.node, call.who, request))


async def take_out(call: Call, asked: Wanted) -> Response:
    """What a search finds, as a file. Owners that refuse are not in it; where all refuse there is no file, and the reason."""
    request = await _request(call, asked, 1, None)
    return export_response(await export(call.node, call.who, request, asked.format, asked.limit))


def export_response(made: Export) -> Response:
    """The file, sent in pieces, with what a program wants to know of it in its headers. Raises Problem where nobody allowed it."""
    if made.refusal is not None:
        raise Problem(
            403, made.refusal, next_step=f"Consent asked for: {made.consent_wanted}" if made.consent_wanted else ""
        )
    if not made.allowed:
        refused = made.owners[0]
        raise Problem(403, refused.why, next_step=refused.help)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Length": str(len(made.data)),
        "Cache-Control": "no-store",
        "X-Plateward-Rows": str(made.rows),
        "X-Plateward-Complete": "yes" if made.complete else "no",
        "X-Plateward-Access-Record": str(made.access_record),
        "X-Plateward-SHA256": made.sha256,
    }
    return StreamingResponse(_pieces(made.data), media_type=made.media_type, headers=headers)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), _PIECE):
        yield data[begin : begin + _PIECE]


async def _request(call: Call, asked: Search | Wanted, limit: int, cursor: str | None) -> SearchRequest:
    zone = zone_of(call)
    return SearchRequest(
        pattern=pattern_of(asked.pattern, asked.likeness),
        purpose=await _purpose(call, asked),
        begins=instant(asked.begins, zone, "from"),
        ends=instant(asked.ends, zone, "to"),
        near=Near.parse(asked.near) if asked.near else None,
        readers=asked.readers,
        owners=asked.owners,
        limit=limit,
        cursor=cursor,
        consent=asked.consent,
        session=call.signed_in.id,
    )


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


async def _purpose(call: Call, asked: Search | Wanted | Unmask) -> Purpose:
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
