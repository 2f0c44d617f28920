"""The access log, and the page that answers: why was I refused?"""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from plateward.core.people import Permission
from plateward.core.purpose import KNOWN, title
from plateward.node.overseeing.access import AccessRow, access_log, access_row
from plateward.node.sharing.agencies import promises_of, registry_of
from plateward.web.chains import steps_of
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

CSV_ROWS = 10_000


class LogFilter(msgspec.Struct, frozen=True):
    """Which access records, and from where on."""

    person: str = ""
    refused: bool = False
    cursor: str = ""


class WhichRecord(msgspec.Struct, frozen=True):
    """One access record by its number in the ledger."""

    seq: int


async def show(call: Call, asked: LogFilter) -> Response:
    """The log: everybody's for those who oversee it, else one's own."""
    rows = await access_log(
        call.node,
        call.who,
        cursor=asked.cursor or None,
        person_filter=_whose(call, asked),
        only_refused=asked.refused,
    )
    return await page(call, "access.html", log=rows, asked=asked, reasons=_reason_words())


async def as_csv(call: Call, asked: LogFilter) -> Response:
    """The log as a file, newest first."""
    found = await _every(call, asked)
    columns = (
        "number", "time", "event", "person", "name", "organisation", "employer", "on_behalf_of", "query",
        "reason", "words", "case", "offence", "allowed", "rows", "owners_asked", "why_refused",
    )  # fmt: skip
    rows = [
        (
            row.seq,
            row.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            row.event,
            row.person,
            row.person_name,
            row.organisation,
            row.employer,
            row.on_behalf_of,
            msgspec.json.encode(row.query).decode(),
            row.reason,
            row.words,
            row.case,
            row.offence,
            "yes" if row.allowed else "no",
            row.rows,
            " ".join(owner.agency for owner in row.owners),
            " | ".join(dict.fromkeys(owner.why for owner in row.owners if not owner.allowed)),
        )
        for row in found
    ]
    return csv_response("plateward-access-log.csv", columns, rows)


async def _every(call: Call, asked: LogFilter) -> list[AccessRow]:
    rows: list[AccessRow] = []
    cursor: str | None = None
    while len(rows) < CSV_ROWS:
        part = await access_log(
            call.node,
            call.who,
            cursor=cursor,
            limit=1000,
            person_filter=_whose(call, asked),
            only_refused=asked.refused,
        )
        rows.extend(part.rows)
        cursor = part.next
        if cursor is None:
            break
    return rows


async def why(call: Call, asked: WhichRecord) -> Response:
    """One record: who was asked, what each said, by which promise, along which chain of affiliations."""
    row = await access_row(call.node, call.who, asked.seq)
    if row is None:
        raise Problem(
            404,
            "There is no access record with this number that you may read.",
            next_step="Your own records are in the access log; the auditor and the privacy officer read everybody's.",
        )
    registry = await registry_of(call.node)
    names = {name for owner in row.owners for name in owner.promises}
    promises = {promise.id: promise for promise in await promises_of(call.node, sorted(names))}
    chains = {owner.agency: steps_of(owner.chain, registry) for owner in row.owners if not owner.allowed}
    return await page(
        call,
        "access_record.html",
        row=row,
        promises=promises,
        chains=chains,
        reasons=_reason_words(),
        own=row.person == call.who.id,
    )


def _oversees(call: Call) -> bool:
    return call.who.may(Permission.ACCESS_LOG)


def _whose(call: Call, asked: LogFilter) -> str | None:
    """Whoever may not read everybody's records asks for their own; the node says no to anything else as well."""
    return asked.person or None if _oversees(call) else call.who.id


def _reason_words() -> dict[str, str]:
    return {reason: title(reason) for reason in KNOWN}
