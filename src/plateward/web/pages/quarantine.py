"""What is set apart: reads from wrong clocks and messages nobody could read, to release or to drop."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.node.devices.quarantine import MOST, Decided, When, set_apart
from plateward.web.api.quarantine import From, apply
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.render import page


class Choice(msgspec.Struct, frozen=True):
    """Entries ticked, what to do with them, and why."""

    id: tuple[str, ...] = ()
    action: str = ""
    when: str = "stated"
    note: str = ""


async def show(call: Call, asked: From) -> Response:
    """The entries, newest first."""
    return await _show(call, asked.before)


async def say(call: Call, form: Choice) -> Response:
    """Release or drop, and tell what became of them."""
    try:
        if form.action not in ("release", "drop"):
            raise BadInput("choose to release or to drop", where="action")
        if form.when not in tuple(When):
            raise BadInput("choose which time", where="when")
        ids = tuple(int(one) for one in form.id if one.isdecimal() and len(one) < 19)
        done = await apply(call, ids, form.action, form.note, form.when)
    except BadInput as wrong:
        return await _show(call, None, form=form, wrong={wrong.where or "ids": wrong.args[0]})
    return await _show(call, None, done=done, dropped=form.action == "drop")


async def table(call: Call, asked: From) -> Response:
    """The entries as CSV."""
    columns = ("id", "kind", "reader", "reader_name", "received_at", "expires_at", "read_at", "size", "why")
    found = await set_apart(call.node, call.who, asked.before)
    rows = [
        (one.id, one.kind, one.reader, one.reader_name, one.received_at.isoformat(), one.expires_at.isoformat(),
         one.read_at.isoformat() if one.read_at else "", one.size, one.why)
        for one in found
    ]  # fmt: skip
    return csv_response("plateward-set-apart.csv", columns, rows)


async def _show(
    call: Call,
    before: int | None,
    *,
    form: Choice | None = None,
    wrong: dict[str, str] | None = None,
    done: Decided | None = None,
    dropped: bool = False,
) -> Response:
    found = await set_apart(call.node, call.who, before)
    return await page(
        call,
        "quarantine.html",
        status=400 if wrong else 200,
        entries=found,
        older=found[-1].id if len(found) == MOST else None,
        form=form or Choice(),
        wrong=wrong or {},
        done=done,
        dropped=dropped,
    )
