"""What partners were alerted to from the agency's reads: a page, and the same as a file."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.node.sharing.agencies import resolve
from plateward.node.sharing.partner_alerts import PartnerAlert, PartnerAlerts, partner_alerts
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.pages.alert_figures import Period, span
from plateward.web.render import page, zone_of

COLUMNS = ("day", "partner", "partner_name", "kind", "share", "alert", "record")
MOST_IN_FILE = 50_000
"""As many as an export has."""


class Asked(msgspec.Struct, frozen=True):
    """From which day to which, both included (the last thirty where left out), of which partner (all where left out).

    ``before``: the number with which the page before ended.
    """

    begins: str = msgspec.field(name="from", default="")
    ends: str = msgspec.field(name="to", default="")
    partner: str = ""
    before: int | None = None


async def found_for(call: Call, asked: Asked) -> PartnerAlerts:
    """What was asked for. Raises BadInput naming the field."""
    begins, ends = span(call, Period(asked.begins, asked.ends))
    partner = await resolve(call.node, asked.partner.strip()) if asked.partner.strip() else None
    if asked.partner.strip() and partner is None:
        raise BadInput(f"no agency is known as {asked.partner[:80]!r}", where="partner")
    return await partner_alerts(call.node, call.who, begins, ends, partner=partner, before=asked.before)


async def show(call: Call, asked: Asked) -> Response:
    """The counts by day, and each alert."""
    wrong: dict[str, str] = {}
    try:
        found = await found_for(call, asked)
        begins, ends = span(call, Period(asked.begins, asked.ends))
    except BadInput as error:
        wrong = {error.where or "": error.args[0]}
        found, (begins, ends) = await found_for(call, Asked()), span(call, Period())
    zone = zone_of(call)
    return await page(
        call, "partner_alerts.html", status=400 if wrong else 200, found=found, asked=asked, wrong=wrong,
        first=str(begins.astimezone(zone).date()), last=str((ends.astimezone(zone) - timedelta(seconds=1)).date()),
    )  # fmt: skip


async def as_csv(call: Call, asked: Asked) -> Response:
    """Every alert as a file."""
    every: list[PartnerAlert] = []
    names: dict[str, str] = {}
    before = asked.before
    while len(every) < MOST_IN_FILE:
        found = await found_for(call, msgspec.structs.replace(asked, before=before))
        every += found.alerts
        names |= found.names
        if (before := found.next) is None:
            break
    rows = [
        (one.day.isoformat(), one.partner, names[one.partner], one.kind, one.share or "", one.alert, one.record or "")
        for one in every
    ]
    return csv_response("plateward-alerts-to-partners.csv", COLUMNS, rows)
