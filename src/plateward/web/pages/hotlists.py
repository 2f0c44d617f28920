"""Hot lists: the lists and their state, what is on one, entering and confirming plates, and files with a preview."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.hotlist import KINDS
from plateward.core.people import Permission
from plateward.formats.hotlists.entries import parse_end
from plateward.formats.hotlists.states import region_of
from plateward.node.hotlists import entries as hot_entries
from plateward.node.hotlists import lists as hotlists
from plateward.node.hotlists.entries import NewEntry
from plateward.node.hotlists.importing import ImportAnswer, import_list
from plateward.node.hotlists.lists import ListSettings
from plateward.node.sharing.agencies import resolve
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page
from plateward.web.review_work import Given
from plateward.web.upload import LARGEST
from plateward.web.workshop import KEEP_S

KIND_WORDS = {kind: words for kind, (words, _) in KINDS.items()}
MANY = 5_000
_FILE, _LAYOUT = "hot-list", "layout"


class ListForm(msgspec.Struct, frozen=True):
    """A new list as typed. ``hours``: after which it is stale."""

    id: str = ""
    name: str = ""
    kind: str = "stolen-vehicle"
    source: str = ""
    how: str = "files"
    hours: str = ""
    default_days: str = "30"
    edge: bool = False


class WhichList(msgspec.Struct, frozen=True):
    """One list, a page of it, and perhaps a plate to look for."""

    list_id: str
    plate: str = ""
    after: str | None = None


class EntryForm(msgspec.Struct, frozen=True):
    """A plate as typed."""

    list_id: str
    plate: str = ""
    state: str = ""
    reason: str = ""
    case: str = ""
    expires: str = ""
    kind: str = ""
    priority: str = "2"
    on_behalf_of: str = ""


class WhichEntry(msgspec.Struct, frozen=True):
    """One entry, and why it goes."""

    list_id: str
    entry_id: str
    note: str = ""


class FileForm(msgspec.Struct, frozen=True):
    """Which list a file is for."""

    list_id: str


class TakeForm(msgspec.Struct, frozen=True):
    """A previewed file, by its handle."""

    list_id: str
    handle: str = ""
    insist: bool = False


async def show(call: Call) -> Response:
    """The lists of one's agency, and the entries that wait for a second person."""
    return await _show(call, ListForm())


async def as_csv(call: Call) -> Response:
    """The lists as a file."""
    columns = (
        "id",
        "name",
        "kind",
        "source",
        "by_hand",
        "entries",
        "state",
        "refreshed",
        "stale_from",
        "matches_reads_of",
    )
    rows = [
        (
            one.id, one.name, one.kind, one.source, "yes" if one.by_hand else "no", one.entries, one.state,
            one.as_of.isoformat(timespec="seconds"), one.stale_at.isoformat(timespec="seconds"), " ".join(one.matches),
        )
        for one in await hotlists.lists(call.node, call.who)
    ]  # fmt: skip
    return csv_response("plateward-hot-lists.csv", columns, rows)


async def make(call: Call, form: ListForm) -> Response:
    """Make a list."""
    try:
        hours, days = _whole(form.hours, "hours"), _whole(form.default_days, "default_days")
        settings = ListSettings(
            form.name, form.kind, form.source, None if hours is None else hours * 60, days, edge=form.edge
        )
        made = await hotlists.add_list(call.node, call.who, form.id.strip(), form.how == "hand", settings)
    except BadInput as wrong:
        return await _show(call, form, wrong)
    return RedirectResponse(f"/hotlists/{made.id}", 303)


async def details(call: Call, asked: WhichList) -> Response:
    """One list and what is on it."""
    return await _details(call, asked)


async def entries_csv(call: Call, asked: WhichList) -> Response:
    """What is on a list, as a file: the first 5,000 entries."""
    _, found, _ = await hot_entries.list_with_entries(
        call.node, call.who, asked.list_id, plate=asked.plate, after=asked.after, limit=MANY
    )
    columns = ("plate", "state", "kind", "reason", "case", "priority", "entered_by", "listed", "expires", "stands")
    rows = [
        (
            one.plate, one.region, one.kind, one.reason, one.case, one.priority, one.entered_by,
            one.listed_at.isoformat(timespec="seconds"), one.expires.isoformat(timespec="seconds"), one.state,
        )
        for one in found
    ]  # fmt: skip
    return csv_response(f"plateward-{asked.list_id}.csv", columns, rows)


async def enter(call: Call, form: EntryForm) -> Response:
    """Put a plate on a list; what a promise refuses is said with its reason."""
    try:
        answer = await hot_entries.add_entry(call.node, call.who, form.list_id, await _new_entry(call, form))
    except BadInput as wrong:
        if wrong.where in ("id", "person"):
            raise
        return await _details(call, WhichList(form.list_id), form=form, wrong=wrong)
    if answer.entry is None:
        return await _details(call, WhichList(form.list_id), form=form, refused=answer.decision)
    return RedirectResponse(f"/hotlists/{form.list_id}", 303)


async def confirm(call: Call, asked: WhichEntry) -> Response:
    """Confirm an entry as the second person."""
    await hot_entries.confirm_entry(call.node, call.who, asked.list_id, asked.entry_id)
    return RedirectResponse(f"/hotlists/{asked.list_id}", 303)


async def remove(call: Call, asked: WhichEntry) -> Response:
    """Take an entry off."""
    await hot_entries.remove_entry(call.node, call.who, asked.list_id, asked.entry_id, asked.note)
    return RedirectResponse(f"/hotlists/{asked.list_id}", 303)


async def affirm(call: Call, asked: FileForm) -> Response:
    """Say that a list kept by hand is current."""
    await hotlists.affirm_list(call.node, call.who, asked.list_id)
    return RedirectResponse(f"/hotlists/{asked.list_id}", 303)


async def retire(call: Call, asked: FileForm) -> Response:
    """End a list and delete its entries."""
    await hotlists.retire_list(call.node, call.who, asked.list_id)
    return RedirectResponse("/hotlists", 303)


async def preview(call: Call, asked: FileForm) -> Response:
    """Say what a file would make of a list, and keep it for some minutes, so that it can be taken."""
    sent = {upload.field: upload for upload in call.files}
    if "file" not in sent:
        wrong = BadInput("choose a file", where="file")
        return await _details(call, WhichList(asked.list_id), wrong=wrong)
    try:
        layout = sent["layout"].data.decode("utf-8-sig") if "layout" in sent else None
        answer = await import_list(
            call.node, call.who, asked.list_id, _pieces(sent["file"].data), layout=layout, preview=True
        )
    except UnicodeDecodeError:
        return await _details(call, WhichList(asked.list_id), wrong=BadInput("this is no text", where="layout"))
    except BadInput as wrong:
        where = "layout" if (wrong.where or "").startswith("layout") else "file"
        told = BadInput(
            str(wrong) if where == "file" and wrong.where not in (None, "file") else wrong.args[0], where=where
        )
        return await _details(call, WhichList(asked.list_id), wrong=told)
    kept = [Given(_FILE, sent["file"].name, "application/octet-stream", sent["file"].data)]
    if layout is not None:
        kept.append(Given(_LAYOUT, sent["layout"].name, "application/toml", layout.encode()))
    handle = call.site.workshop.keep(call.signed_in.id, tuple(kept))
    return await _previewed(call, answer, handle)


async def take(call: Call, form: TakeForm) -> Response:
    """Make the list what a previewed file says."""
    session = call.signed_in.id
    file, layout = (call.site.workshop.kept.find(form.handle, session, name) for name in (_FILE, _LAYOUT))
    if file is None:
        raise Problem(
            404,
            "This file is no longer kept.",
            next_step=f"Files are dropped after {KEEP_S / 60:.0f} minutes: send it again.",
        )
    answer = await import_list(
        call.node, call.who, form.list_id, _pieces(file.body), layout=layout.body.decode() if layout else None,
        insist=form.insist,
    )  # fmt: skip
    if not answer.done:
        return await _previewed(call, answer, form.handle)
    call.site.workshop.kept.forget(form.handle, session)
    return await _previewed(call, answer, None)


async def _new_entry(call: Call, form: EntryForm) -> NewEntry:
    behalf: str | None = None
    if form.on_behalf_of.strip():
        behalf = await resolve(call.node, form.on_behalf_of.strip())
        if behalf is None:
            raise BadInput("nobody here knows this agency", where="on_behalf_of")
    state = region_of(form.state)
    if form.state.strip() and state is None:
        raise BadInput("write the state as CA or US-CA", where="state")
    expires: datetime | None = parse_end(form.expires.strip()) if form.expires.strip() else None
    if form.priority not in ("1", "2", "3"):
        raise BadInput("choose 1, 2 or 3", where="priority")
    return NewEntry(
        form.plate, form.reason, form.case, expires, state, form.kind or None, int(form.priority), behalf
    )  # fmt: skip


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1 << 18):
        yield data[start : start + (1 << 18)]


def _whole(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 5:
        raise BadInput("write a whole number", where=field)
    return int(text)


async def _show(call: Call, form: ListForm, wrong: BadInput | None = None) -> Response:
    return await page(
        call, "hotlists.html", status=400 if wrong else 200, lists=await hotlists.lists(call.node, call.who),
        waiting=await hot_entries.unconfirmed(call.node, call.who), form=form, kinds=KIND_WORDS,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {}, may_make=call.who.may(Permission.HOT_LISTS),
        may_confirm=_may_confirm(call), may_see=call.who.may(Permission.HOT_ENTRIES),
    )  # fmt: skip


async def _details(
    call: Call, asked: WhichList, *, form: EntryForm | None = None, wrong: BadInput | None = None,
    refused: Decision | None = None,
) -> Response:  # fmt: skip
    found, entries, further = await hot_entries.list_with_entries(
        call.node, call.who, asked.list_id, plate=asked.plate, after=asked.after
    )
    mine = next((one for one in await hotlists.lists(call.node, call.who) if one.id == found.id), found)
    return await page(
        call, "hotlist.html", status=400 if wrong else 403 if refused else 200, list=mine, entries=entries, next=further,
        asked=asked, form=form or EntryForm(asked.list_id), kinds=KIND_WORDS, refused=refused,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {}, may_manage=call.who.may(Permission.HOT_LISTS),
        may_confirm=_may_confirm(call), largest_mb=LARGEST >> 20,
    )  # fmt: skip


async def _previewed(call: Call, answer: ImportAnswer, handle: str | None) -> Response:
    return await page(
        call, "hotlist_import.html", answer=answer, handle=handle, kinds=KIND_WORDS, minutes=int(KEEP_S / 60)
    )


def _may_confirm(call: Call) -> bool:
    return call.who.may(Permission.CONSENT) or call.who.may(Permission.HOT_LISTS)
