"""Retention: how long reads are kept and why, what was destroyed and when; for anybody to read, and to change for who may."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.core.proposal import proposal_of
from plateward.core.retention import SUGGESTED_MINUTES, spoken
from plateward.node.keeping.view import published
from plateward.node.sharing.truth import propose as change
from plateward.node.sharing.truth import waiting
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.render import page

UNITS = {"minutes": 1, "hours": 60, "days": 1440}


class ChoiceForm(msgspec.Struct, frozen=True):
    """How long to keep reads, as typed."""

    length: str = ""
    unit: str = "hours"
    hit_length: str = ""
    hit_unit: str = "days"
    group: str = ""
    readers: str = ""


async def show(call: Call) -> Response:
    """The page."""
    return await _show(call, ChoiceForm())


async def as_csv(call: Call) -> Response:
    """The receipts as a file."""
    columns = (
        "entry", "at", "late", "owner", "kept_min", "reads", "pictures", "nothing_older_than", "oldest_destroyed", "held", "others",
        "minutes_late", "why",
    )  # fmt: skip
    rows = [
        (
            one.seq, one.at.isoformat(), "late" if one.late else "", one.owner, one.kept_min, one.reads, one.pictures,
            one.before.isoformat() if one.before else "", one.oldest.isoformat() if one.oldest else "", one.held,
            " ".join(f"{name}={count}" for name, count in one.others.items()), one.minutes_late or "", one.why,
        )
        for one in (await published(call.node, limit=5000)).receipts
    ]  # fmt: skip
    return csv_response("plateward-retention.csv", columns, rows)


async def propose(call: Call, form: ChoiceForm) -> Response:
    """Change how long reads are kept: shorter holds at once, longer waits for a second person."""
    try:
        given = {
            "minutes": str(minutes_of(form.length, form.unit, "length")), "group": form.group, "readers": form.readers,
            "hit_minutes": str(minutes_of(form.hit_length, form.hit_unit, "hit_length")) if form.hit_length.strip() else "",
        }  # fmt: skip
        await change(call.node, call.who, proposal_of("set-retention", given))
    except BadInput as wrong:
        return await _show(call, form, wrong)
    return RedirectResponse("/retention", 303)


def minutes_of(length: str, unit: str, field: str) -> int:
    """What was typed, in minutes. Raises BadInput naming ``field``."""
    if unit not in UNITS:
        raise BadInput("choose minutes, hours or days", where=field)
    if not (length.strip().isascii() and length.strip().isdigit() and 0 < int(length.strip()) < 10_000_000):
        raise BadInput("write a whole number", where=field)
    return int(length.strip()) * UNITS[unit]


async def _show(call: Call, form: ChoiceForm, wrong: BadInput | None = None) -> Response:
    may = call.person is not None and call.person.may(Permission.SHARE_REVIEW) and call.person.may(Permission.TRUTH)
    changes = await waiting(call.node, call.who) if may else ()
    field = (
        {"minutes": "length", "hit_minutes": "hit_length"}.get(wrong.where or "", wrong.where or "") if wrong else ""
    )
    return await page(
        call, "retention.html", status=400 if wrong else 200, published=await published(call.node, call.person), form=form,
        wrong={field: wrong.args[0]} if wrong else {}, may_change=may, units=[(unit, unit) for unit in UNITS], spoken=spoken,
        suggested=spoken(SUGGESTED_MINUTES), changes=[one for one in changes if one.kind in _KINDS],
    )  # fmt: skip


_KINDS = ("set-retention", "end-retention-group", "set-records-duty")
