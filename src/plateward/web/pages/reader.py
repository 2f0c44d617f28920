"""One reader: what its cameras see, how it does, how much it reads, and which reads it doubts."""

from __future__ import annotations

from datetime import datetime

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.node.devices.changing import ReaderStatus, change, retire, set_status
from plateward.node.devices.reader_watch import frame
from plateward.node.devices.readers import ReaderView, change_keep
from plateward.web.api.readers import seen
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.pages.readers import ReaderForm, form_of, reader_of
from plateward.web.problem import Problem
from plateward.web.render import page


class WhichReader(msgspec.Struct, frozen=True):
    """One reader by its id."""

    reader_id: str


class WhichFrame(msgspec.Struct, frozen=True):
    """One camera of a reader."""

    reader_id: str
    camera: str


class KeepForm(msgspec.Struct, frozen=True):
    """What the reader is to keep: hits, all, or minutes with their number."""

    reader_id: str
    keep: str = "hits"
    minutes: str = "3"


class SettingsForm(msgspec.Struct, frozen=True):
    """A reader's settings as typed."""

    reader_id: str
    name: str = ""
    lat: str = ""
    lon: str = ""
    heading: str = ""


async def show(call: Call, asked: WhichReader) -> Response:
    """The page of one reader."""
    return await _show(call, asked.reader_id)


async def show_frame(call: Call, asked: WhichFrame) -> Response:
    """The last frame of one of its cameras."""
    jpeg = await frame(call.node, call.who, asked.reader_id, asked.camera, session=call.signed_in.id)
    if jpeg is None:
        raise Problem(404, "This camera sent no frame in the last 24 hours.")
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


async def hours_csv(call: Call, asked: WhichReader) -> Response:
    """The reads by the hour as a file."""
    rows = [
        (hour.begins.isoformat(timespec="minutes"), hour.reads, hour.doubtful)
        for hour in (await seen(call, asked.reader_id)).hours
    ]
    return csv_response(f"{asked.reader_id}-hours.csv", ("hour", "reads", "doubtful"), rows)


async def doubts_csv(call: Call, asked: WhichReader) -> Response:
    """The masked doubts as a file."""
    rows = [
        (read.read_at.isoformat(timespec="seconds"), read.plate, read.confidence)
        for read in (await seen(call, asked.reader_id)).doubts
    ]
    return csv_response(f"{asked.reader_id}-doubts.csv", ("read_at", "plate_masked", "confidence"), rows)


async def set_keep(call: Call, form: KeepForm) -> Response:
    """Say what the reader keeps."""
    keep = f"minutes:{form.minutes.strip()}" if form.keep == "minutes" else form.keep
    try:
        await change_keep(call.node, call.who, form.reader_id, keep)
    except BadInput as wrong:
        return await _show(call, form.reader_id, wrong)
    return RedirectResponse(f"/readers/{form.reader_id}", 303)


async def set_settings(call: Call, form: SettingsForm) -> Response:
    """Change what it is called, where it stands, or where it looks."""
    typed = ReaderForm(form.reader_id, form.name, "fixed", form.lat, form.lon, form.heading)
    try:
        await change(call.node, call.who, form.reader_id, lambda known: reader_of(typed, known.agency))
    except BadInput as wrong:
        return await _show(call, form.reader_id, wrong, typed)
    return RedirectResponse(f"/readers/{form.reader_id}", 303)


async def pause(call: Call, asked: WhichReader) -> Response:
    """Take nothing from it for now."""
    await set_status(call.node, call.who, asked.reader_id, ReaderStatus.PAUSED)
    return RedirectResponse(f"/readers/{asked.reader_id}", 303)


async def resume(call: Call, asked: WhichReader) -> Response:
    """Let it go on."""
    await set_status(call.node, call.who, asked.reader_id, ReaderStatus.ACTIVE)
    return RedirectResponse(f"/readers/{asked.reader_id}", 303)


async def end(call: Call, asked: WhichReader) -> Response:
    """Take it out of service for good."""
    await retire(call.node, call.who, asked.reader_id)
    return RedirectResponse(f"/readers/{asked.reader_id}", 303)


async def _show(call: Call, reader_id: str, wrong: BadInput | None = None, typed: ReaderForm | None = None) -> Response:
    watched = await seen(call, reader_id)
    own = watched.view.agency == call.who.organisation
    return await page(
        call,
        "reader.html",
        status=400 if wrong else 200,
        reader=watched.view,
        watched=watched,
        times=_times(watched.view),
        busiest=max((hour.reads for hour in watched.hours), default=0),
        may_change=own and call.who.may(Permission.READERS) and watched.view.status != ReaderStatus.RETIRED,
        may_unmask=call.who.may(Permission.SEARCH),
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        form=typed or form_of(watched.view),
        changing=typed is not None,
    )


def _times(view: ReaderView) -> dict[str, datetime | None]:
    """Instants that a reader's heartbeat tells."""
    told = view.health.body if view.health else {}
    names = ("last_read_at", "hotlist_at")
    return {name: datetime.fromisoformat(told[name]) if told.get(name) else None for name in names}
