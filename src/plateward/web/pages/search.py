"""The search page: what is looked for and why in, reads and who was asked out. Plates never stand in an address."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.core.purpose import REASONS, listed
from plateward.node.devices.readers import list_readers
from plateward.node.exports import MOST_ROWS, export
from plateward.node.search import SearchAnswer, SearchRequest, search
from plateward.web.api.searching import export_response
from plateward.web.asking import LIKENESSES, PERIODS, pattern_of, place_of, purpose_of, range_of
from plateward.web.endpoint import Call
from plateward.web.pages.places import map_of_reads
from plateward.web.render import page, zone_of

PAGE_ROWS = 25
EXPORT_FORMATS = {"csv": "CSV", "jsonl": "JSON lines", "geojson": "GeoJSON", "parquet": "Parquet"}
FIELDS = {"from": "begins", "to": "ends", "pattern": "plate", "near": "radius"}
"""Fields of the page for what the node calls otherwise."""


class SearchForm(msgspec.Struct, frozen=True):
    """The fields of the search page as typed; the page shows them again with what is wrong."""

    plate: str = ""
    likeness: str = "look-alike"
    reason: str = ""
    words: str = ""
    case: str = ""
    offence: str = ""
    on_behalf_of: str = ""
    period: str = ""
    begins: str = ""
    ends: str = ""
    lat: str = ""
    lon: str = ""
    radius: str = "500"
    reader: tuple[str, ...] = ()
    consent: str = ""
    cursor: str = ""
    number: int = 0
    format: str = "csv"


class SearchStart(msgspec.Struct, frozen=True):
    """What a link to the search page may carry: everything but a plate."""

    reason: str = ""
    case: str = ""
    offence: str = ""
    period: str = ""
    reader: tuple[str, ...] = ()
    consent: str = ""


async def start(call: Call, asked: SearchStart) -> Response:
    """The empty form."""
    return await _show(call, SearchForm(**msgspec.structs.asdict(asked)))


async def find(call: Call, form: SearchForm) -> Response:
    """Search, and show what was found beside who was asked."""
    try:
        request = await request_of(call, form, PAGE_ROWS)
        answer = await search(call.node, call.who, request)
    except BadInput as wrong:
        return await _show(call, form, wrong=wrong)
    return await _show(call, form, request=request, answer=answer)


async def take_out(call: Call, form: SearchForm) -> Response:
    """The same search as a file for other programs: an export, which a share may refuse where it allows the search."""
    form = msgspec.structs.replace(form, cursor="")
    request = await request_of(call, form, 1)
    return export_response(await export(call.node, call.who, request, form.format))


async def request_of(call: Call, form: SearchForm, limit: int) -> SearchRequest:
    """The form as the node's request. Raises BadInput naming the field."""
    purpose = await purpose_of(
        call.node, form.reason, form.words, case=form.case, offence=form.offence, on_behalf_of=form.on_behalf_of
    )
    begins, ends = range_of(form.period, form.begins, form.ends, zone_of(call), call.node.now())
    return SearchRequest(
        pattern=pattern_of(form.plate, form.likeness),
        purpose=purpose,
        begins=begins,
        ends=ends,
        near=place_of(form.lat, form.lon, form.radius),
        readers=form.reader,
        limit=limit,
        cursor=form.cursor or None,
        consent=form.consent or None,
        session=call.signed_in.id,
    )


async def _show(
    call: Call,
    form: SearchForm,
    *,
    request: SearchRequest | None = None,
    answer: SearchAnswer | None = None,
    wrong: BadInput | None = None,
) -> Response:
    readers = await list_readers(call.node, call.who)
    drawn = await map_of_reads(call, answer.reads) if answer and not form.cursor else ""
    return await page(
        call,
        "search.html",
        status=400 if wrong else 200,
        form=form,
        answer=answer,
        map=drawn,
        request=request,
        same=_same(form, request) if request else {},
        same_as_file=_same(msgspec.structs.replace(form, consent=""), request) if request else {},
        wrong={FIELDS.get(wrong.where or "", wrong.where or ""): wrong.args[0]} if wrong else {},
        more_open=bool(form.begins or form.ends or form.lat or form.reader or form.consent),
        reasons={reason: REASONS[reason][0] for reason in listed()},
        periods={name: words for name, (words, _) in PERIODS.items()},
        likenesses=LIKENESSES,
        readers=readers,
        formats=EXPORT_FORMATS,
        largest_export=MOST_ROWS,
    )


def _same(form: SearchForm, request: SearchRequest) -> dict[str, object]:
    """The fields that ask the very same again, for the older page, the file, and a search that got its consent.

    "The last 7 days" would have moved by then, so the times are written out.
    """
    fields = msgspec.structs.asdict(form)
    fields.update(
        period="",
        begins=request.begins.isoformat() if request.begins else "",
        ends=request.ends.isoformat() if request.ends else "",
    )
    return {name: value for name, value in fields.items() if value and name not in ("cursor", "number", "format")}
