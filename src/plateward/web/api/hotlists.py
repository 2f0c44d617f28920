"""Hot lists, by program: lists, their files and entries, and the plates that a reader may know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.node.hotlists import edge as hotlist_edge
from plateward.node.hotlists import entries as hot_entries
from plateward.node.hotlists import lists as hotlists
from plateward.node.hotlists.entries import EntryAnswer, EntryView, NewEntry
from plateward.node.hotlists.importing import LARGEST, ImportAnswer, import_list
from plateward.node.hotlists.lists import ListSettings, ListView
from plateward.node.sharing.agencies import resolve
from plateward.web.api.reader_self import known, unknown_reader
from plateward.web.endpoint import Call

FILE = LARGEST
_Text = Annotated[str, msgspec.Meta(max_length=300)]


class ListShape(msgspec.Struct, frozen=True):
    """A hot list. ``state``: current, stale, empty or retired; ``stale_at``: when it stops matching without a refresh.

    ``matches``: agencies whose reads it may match now (in the list of lists only).
    """

    id: str
    owner: str
    owner_name: str
    name: str
    kind: str
    source: str
    by_hand: bool
    entries: int
    kinds: tuple[str, ...]
    as_of: datetime
    stale_at: datetime
    max_age_minutes: int
    default_days: int | None
    look_alike: bool
    least_confidence: float
    edge: bool
    has_layout: bool
    state: str
    matches: tuple[str, ...]


class EntryShape(msgspec.Struct, frozen=True):
    """A wanted plate. ``state``: active, unconfirmed (it matches until ``active_until``), waiting or expired."""

    id: str
    list_id: str
    plate: str
    region: str | None
    kind: str
    reason: str
    case: str | None
    priority: int
    entered_by: str
    listed_at: datetime
    expires: datetime
    active_until: datetime
    confirmed_by: str | None
    state: str


class EntriesShape(msgspec.Struct, frozen=True):
    """A list and a page of its entries by plate; ``next`` begins the next page."""

    list: ListShape
    entries: tuple[EntryShape, ...]
    next: str | None


class EnteredShape(msgspec.Struct, frozen=True):
    """What came of entering a plate: the entry, or why and by which promises it was refused."""

    entry: EntryShape | None
    allowed: bool
    why: str
    promises: tuple[str, ...]
    help: str


class LineShape(msgspec.Struct, frozen=True):
    """A record that is no entry, by the number of its line."""

    line: int
    error: str


class DroppedShape(msgspec.Struct, frozen=True):
    """Entries that were kept off, by which promises."""

    kind: str
    count: int
    promises: tuple[str, ...]
    why: str


class SampleShape(msgspec.Struct, frozen=True):
    """An entry as a preview shows it."""

    plate: str
    region: str | None
    kind: str
    reason: str
    case: str | None
    priority: int
    expires: datetime


class ImportShape(msgspec.Struct, frozen=True):
    """What came of a file, or would. ``done``: whether the list is changed. ``worries``: needs ``insist``."""

    list_id: str
    done: bool
    preview: bool
    records: int
    added: int
    removed: int
    kept: int
    doubled: int
    expired: int
    rejected: int
    errors: tuple[LineShape, ...]
    dropped: tuple[DroppedShape, ...]
    sample: tuple[SampleShape, ...]
    worries: tuple[str, ...]
    digest: str


class NewList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list to make. ``by_hand``: people enter plates; else it is loaded from files. ``max_age_minutes``: when it is stale."""

    id: _Text
    name: _Text
    kind: _Text
    source: _Text
    by_hand: bool = False
    max_age_minutes: int | None = None
    default_days: int | None = None
    look_alike: bool = True
    least_confidence: float = 0.1
    edge: bool = False
    layout: str = ""


class Changing(msgspec.Struct, frozen=True):
    """Settings to change; what is left out stays."""

    list_id: str
    name: _Text | None = None
    kind: _Text | None = None
    source: _Text | None = None
    max_age_minutes: int | None = None
    default_days: int | None = None
    look_alike: bool | None = None
    least_confidence: float | None = None
    edge: bool | None = None
    layout: str | None = None


class WhichList(msgspec.Struct, frozen=True):
    """One list by its id."""

    list_id: str


class WhichEntries(msgspec.Struct, frozen=True):
    """Entries of a list; ``plate``: those that look like it."""

    list_id: str
    plate: str = ""
    after: str | None = None
    limit: int = 100


class WhichEntry(msgspec.Struct, frozen=True):
    """One entry of a list."""

    list_id: str
    entry_id: str
    note: _Text = ""


class Entering(msgspec.Struct, frozen=True):
    """A plate to put on a list kept by hand. ``expires`` and ``case`` are needed; ``state`` as US-CA."""

    list_id: str
    plate: _Text
    reason: _Text
    case: _Text = ""
    expires: datetime | None = None
    state: str | None = None
    kind: str | None = None
    priority: int = 2
    on_behalf_of: _Text | None = None


class Loading(msgspec.Struct, frozen=True):
    """How to take a file. ``layout``: a layout file's text; it stays the list's when the file is taken."""

    list_id: str
    preview: bool = False
    insist: bool = False
    layout: Annotated[str, msgspec.Meta(max_length=16_384)] | None = None


class EdgeAsked(msgspec.Struct, frozen=True):
    """In which form: hashed or plain."""

    form: str = "hashed"


class EdgeShape(msgspec.Struct, frozen=True):
    """What a reader may know. ``hashes``: base64 of 8 bytes each, of salted look-alike classes; forget it at ``valid_until``."""

    reader: str
    form: str
    etag: str
    valid_until: datetime | None
    count: int
    salt: str
    hashes: str
    plates: tuple[str, ...]


async def listed(call: Call) -> tuple[ListShape, ...]:
    """The hot lists of your agency, and whose reads each may match."""
    return tuple(list_shape(one) for one in await hotlists.lists(call.node, call.who))


async def make(call: Call, asked: NewList) -> ListShape:
    """Make a hot list of your agency."""
    settings = ListSettings(**{name: getattr(asked, name) for name in ListSettings.__dataclass_fields__})
    return list_shape(await hotlists.add_list(call.node, call.who, asked.id, asked.by_hand, settings))


async def change(call: Call, asked: Changing) -> ListShape:
    """Change settings of a hot list."""
    names = ListSettings.__dataclass_fields__
    given = {name: getattr(asked, name) for name in names if getattr(asked, name) is not None}
    return list_shape(await hotlists.change_list(call.node, call.who, asked.list_id, given))


async def show(call: Call, asked: WhichEntries) -> EntriesShape:
    """A list and what is on it."""
    found, entries, further = await hot_entries.list_with_entries(
        call.node, call.who, asked.list_id, plate=asked.plate, after=asked.after, limit=asked.limit
    )
    return EntriesShape(list_shape(found), tuple(map(entry_shape, entries)), further)


async def enter(call: Call, asked: Entering) -> EnteredShape:
    """Put a plate on a list. A refusal by a promise is an answer, with its reason, and recorded."""
    return entered_shape(await hot_entries.add_entry(call.node, call.who, asked.list_id, await new_entry(call, asked)))


async def new_entry(call: Call, asked: Entering) -> NewEntry:
    """What was asked, with the agency it is for found by name. Raises BadInput where nobody knows it."""
    behalf = None
    if asked.on_behalf_of:
        behalf = await resolve(call.node, asked.on_behalf_of)
        if behalf is None:
            raise BadInput("nobody here knows this agency", where="on_behalf_of")
    return NewEntry(
        asked.plate, asked.reason, asked.case, asked.expires, asked.state, asked.kind, asked.priority, behalf
    )  # fmt: skip


async def confirm(call: Call, asked: WhichEntry) -> EntryShape:
    """Confirm an entry as the second person."""
    return entry_shape(await hot_entries.confirm_entry(call.node, call.who, asked.list_id, asked.entry_id))


async def remove(call: Call, asked: WhichEntry) -> dict[str, bool]:
    """Take an entry off its list, at once."""
    await hot_entries.remove_entry(call.node, call.who, asked.list_id, asked.entry_id, asked.note)
    return {"removed": True}


async def affirm(call: Call, asked: WhichList) -> ListShape:
    """Say that a list kept by hand is current."""
    return list_shape(await hotlists.affirm_list(call.node, call.who, asked.list_id))


async def retire(call: Call, asked: WhichList) -> dict[str, bool]:
    """End a list and delete its entries."""
    await hotlists.retire_list(call.node, call.who, asked.list_id)
    return {"retired": True}


async def load(call: Call, asked: Loading) -> ImportShape:
    """Make the list what the file says, all at once; it is read while it arrives. With preview nothing is changed."""
    answer = await import_list(
        call.node,
        call.who,
        asked.list_id,
        _chunks(call),
        layout=asked.layout,
        preview=asked.preview,
        insist=asked.insist,
    )
    return import_shape(answer)


async def at_the_edge(call: Call, asked: EdgeAsked) -> Response:
    """The plates of its agency's lists that the reader whose key was sent may know, signed with that key; 304 where it has them."""
    if call.key is None:
        raise unknown_reader("This needs the reader's key as Authorization: Bearer.")
    if asked.form not in hotlist_edge.FORMS:
        raise BadInput("ask for hashed or plain", where="form")
    held = call.request.headers.get("if-none-match", "").strip('" ') or None
    found = await hotlist_edge.edge_list(call.node, call.key, asked.form, held)
    if found is None:
        return Response(status_code=304, headers={"ETag": f'"{held}"'})
    answer = known(found)
    body = msgspec.json.encode(EdgeShape(**asdict(answer)))
    headers = {
        "ETag": f'"{answer.etag}"', "X-Plateward-Signature": hotlist_edge.sign(call.key, body),
        "Cache-Control": "private, no-store",
    }  # fmt: skip
    return Response(body, media_type="application/json", headers=headers)


async def _chunks(call: Call) -> AsyncIterator[bytes]:
    async for chunk in call.request.stream():
        if chunk:
            yield chunk


def list_shape(view: ListView) -> ListShape:
    """A list as programs see it."""
    return ListShape(**asdict(view))


def entry_shape(view: EntryView) -> EntryShape:
    """An entry as programs see it."""
    return EntryShape(**asdict(view))


def entered_shape(answer: EntryAnswer) -> EnteredShape:
    """What came of entering a plate, as programs see it."""
    said = answer.decision
    entry = entry_shape(answer.entry) if answer.entry else None
    return EnteredShape(entry, said.allowed, said.why, said.promises, said.help)


def import_shape(answer: ImportAnswer) -> ImportShape:
    """What came of a file, as programs see it."""
    values: dict[str, Any] = {name: getattr(answer, name) for name in ImportAnswer.__dataclass_fields__}
    return ImportShape(
        **values | {
            "errors": tuple(LineShape(one.line, one.error) for one in answer.errors),
            "dropped": tuple(DroppedShape(**asdict(one)) for one in answer.dropped),
            "sample": tuple(SampleShape(**asdict(one)) for one in answer.sample),
        }
    )  # fmt: skip
