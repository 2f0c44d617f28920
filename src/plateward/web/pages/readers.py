"""Readers: which there are, whether they work, and keys for new ones."""

from __future__ import annotations

import re

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.core.place import Position
from plateward.core.read import Reader, ReaderKind
from plateward.core.retention import spoken
from plateward.node.devices.readers import ReaderView, add_reader, list_readers, new_key
from plateward.node.keeping.view import kept_by_reader
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.pages.places import map_of_readers
from plateward.web.render import page

ID = re.compile(r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$")
"""What a reader may be called in addresses and logs."""


RESERVED = frozenset({"self", "hotlist"})
"""What no reader may be called: the API's addresses use these words."""


class ReaderForm(msgspec.Struct, frozen=True):
    """A new reader as typed."""

    id: str = ""
    name: str = ""
    kind: str = "fixed"
    lat: str = ""
    lon: str = ""
    heading: str = ""


class WhichReader(msgspec.Struct, frozen=True):
    """One reader by its id."""

    reader_id: str


async def show(call: Call) -> Response:
    """The table of readers."""
    return await _show(call, ReaderForm())


async def as_csv(call: Call) -> Response:
    """The table as a file."""
    columns = (
        "id", "name", "agency", "kind", "lat", "lon", "last_seen", "reads_24h", "status", "keep", "silent_since", "warnings",
        "kept_min", "kept_because",
    )  # fmt: skip
    kept = await kept_by_reader(call.node, call.who)
    rows = [
        (
            row.id,
            row.name,
            row.agency,
            str(row.kind),
            row.position.lat if row.position else None,
            row.position.lon if row.position else None,
            row.last_seen.isoformat(timespec="seconds") if row.last_seen else None,
            row.reads_24h,
            row.status,
            row.keep,
            row.silent_since.isoformat(timespec="seconds") if row.silent_since else None,
            " ".join(row.warnings),
            *kept.get(row.id, ("", "")),
        )
        for row in await list_readers(call.node, call.who)
    ]
    return csv_response("plateward-readers.csv", columns, rows)


async def add(call: Call, form: ReaderForm) -> Response:
    """Add a reader; its key is shown once."""
    try:
        reader = reader_of(form, call.who.organisation)
        made = await add_reader(call.node, call.who, reader)
    except BadInput as wrong:
        return await _show(call, form, wrong)
    return await page(call, "reader_key.html", reader_id=reader.id, key=made.key, address=call.node.settings.address)


async def replace_key(call: Call, asked: WhichReader) -> Response:
    """Make a new key; the old one stops at once."""
    made = await new_key(call.node, call.who, asked.reader_id)
    return await page(
        call, "reader_key.html", reader_id=asked.reader_id, key=made.key, address=call.node.settings.address
    )


def reader_of(form: ReaderForm, agency: str) -> Reader:
    """The form as a reader of ``agency``. Raises BadInput naming the field."""
    if not ID.fullmatch(form.id) or len(form.id) > 80:
        raise BadInput("an id is lower-case letters and digits, joined by '-', '_' or '.'", where="id")
    if form.id in RESERVED:
        raise BadInput("this word is used in the API's addresses; choose another", where="id")
    if not form.name.strip() or len(form.name) > 120 or not form.name.isprintable():
        raise BadInput("write a name that people recognise, such as: Main St & 10th, southbound", where="name")
    if form.kind not in {str(kind) for kind in ReaderKind}:
        raise BadInput("choose fixed or mobile", where="kind")
    lat, lon = _number(form.lat, "lat"), _number(form.lon, "lon")
    if (lat is None) != (lon is None):
        raise BadInput("give both latitude and longitude, or neither", where="lat" if lat is None else "lon")
    heading = _number(form.heading, "heading")
    if heading is not None and not 0 <= heading < 360:
        raise BadInput("0 to 359 degrees, clockwise from north", where="heading")
    position = Position(lat, lon) if lat is not None and lon is not None else None
    return Reader(
        form.id, agency, form.name.strip(), ReaderKind(form.kind), position, None if heading is None else int(heading)
    )


def form_of(view: ReaderView) -> ReaderForm:
    """A reader as it would be typed."""
    lat, lon = (f"{view.position.lat:.6f}", f"{view.position.lon:.6f}") if view.position else ("", "")
    heading = "" if view.heading_deg is None else str(view.heading_deg)
    return ReaderForm(view.id, view.name, view.kind, lat, lon, heading)


def _number(text: str, field: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise BadInput("write a number", where=field) from None


async def _show(call: Call, form: ReaderForm, wrong: BadInput | None = None) -> Response:
    readers = await list_readers(call.node, call.who)
    return await page(
        call,
        "readers.html",
        status=400 if wrong else 200,
        readers=readers,
        map=await map_of_readers(call, readers),
        kept=await kept_by_reader(call.node, call.who),
        spoken=spoken,
        form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        may_change=call.who.may(Permission.READERS),
    )
