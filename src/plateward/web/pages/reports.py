"""Reports: making them, reading and printing them, their files and proofs; drivers' requests; discovery."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.event import parse_instant
from plateward.core.people import Permission
from plateward.node.alerting.report import alerts_report
from plateward.node.overseeing import driver
from plateward.node.overseeing.discovery import DiscoveryRequest, discover
from plateward.node.overseeing.periods import period, recent
from plateward.node.overseeing.report_kinds import access_records, audit_report, certificate
from plateward.node.overseeing.report_standing import checklist_report, exposure_report
from plateward.node.overseeing.reports import KINDS, Report, bodies_of, proof_of, report, reports
from plateward.web.api.truth import agency_named
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

SHOWN = 1000
"""Rows of a table on a page, where all were not asked for."""


class Make(msgspec.Struct, frozen=True):
    """Which report to make; complaints and remarks are for a certificate, the agency for an exposure."""

    kind: str = ""
    period: str = ""
    public: bool = False
    complaints: int = 0
    remarks: str = ""
    agency: str = ""


class WhichReport(msgspec.Struct, frozen=True):
    """One report by its id; ``table``: which of its tables a CSV file holds; ``whole``: a page with every row, for printing."""

    report_id: str
    table: int = 0
    whole: bool = False


class Discovery(msgspec.Struct, frozen=True):
    """What counsel asks for."""

    plate: str = ""
    begins: str = ""
    ends: str = ""
    case: str = ""
    counsel: str = ""


class DriverAsks(msgspec.Struct, frozen=True):
    """A driver at the counter."""

    plate: str = ""
    identity: str = ""
    registration: str = ""
    co_registrant: bool = False


class DriverReview(msgspec.Struct, frozen=True):
    """What the second person says to a request with a co-registrant."""

    request_id: str
    verdict: str = ""
    note: str = ""


class WhichRequest(msgspec.Struct, frozen=True):
    """One driver's request by its id."""

    request_id: str


async def show_all(call: Call) -> Response:
    """The reports made, and the form for a new one."""
    return await page(
        call, "reports.html", reports=await reports(call.node, call.who), kinds=KINDS, months=recent(call.node, 24),
        oversees=call.who.may(Permission.ACCESS_LOG), searches=call.who.may(Permission.SEARCH),
    )  # fmt: skip


async def make(call: Call, asked: Make) -> Response:
    """Make a report and go to it."""
    made = await make_report(call, asked)
    return RedirectResponse(f"/reports/{made.id}", 303)


async def make_report(call: Call, asked: Make) -> Report:
    """The report that is asked for. Raises Problem for a kind that is made elsewhere."""
    node, who = call.node, call.who
    if asked.kind == "access-records":
        return await access_records(node, who, period(node, asked.period), public=asked.public)
    if asked.kind == "audit":
        return await audit_report(node, who, period(node, asked.period), public=asked.public)
    if asked.kind == "certificate":
        return await certificate(node, who, period(node, asked.period).name[:4], asked.complaints, asked.remarks)
    if asked.kind == "checklist":
        return await checklist_report(node, who, public=asked.public)
    if asked.kind == "exposure" and asked.public:
        raise Problem(
            400, "An exposure has no copy for the public: it names what single searches were for.", field="public"
        )
    if asked.kind == "exposure":
        return await exposure_report(node, who, await agency_named(call, asked.agency))
    if asked.kind == "alerts":
        return await alerts_report(node, who, period(node, asked.period), public=asked.public)
    kinds = "access-records, audit, certificate, checklist, exposure or alerts"
    raise Problem(400, f"Choose what to report: {kinds}.", field="kind")


async def show(call: Call, asked: WhichReport) -> Response:
    """A report as a page, which prints as one."""
    made = await the_report(call, asked.report_id)
    most = None if asked.whole else SHOWN
    return await page(
        call, "report.html", made=made, document=made.document, kinds=KINDS, most=most, key=str(call.node.publisher.signer.key),
        instant_in=_instant_in,
    )  # fmt: skip


def _instant_in(cell: object) -> datetime | None:
    """The instant that a cell of a report is, which a page shows in the node's zone as everywhere else; None for other cells."""
    try:
        return parse_instant(cell)
    except BadInput:
        return None


async def as_json(call: Call, asked: WhichReport) -> Response:
    """The document byte for byte: its SHA-256 is the digest in the ledger."""
    made = await the_report(call, asked.report_id)
    return _file(made.text.encode(), f"plateward-{made.kind}-{made.id}.json", "application/json")


async def as_csv(call: Call, asked: WhichReport) -> Response:
    """One of its tables."""
    made = await the_report(call, asked.report_id)
    tables = made.document["tables"]
    if not 0 <= asked.table < len(tables):
        raise Problem(404, f"This report has tables 0 to {len(tables) - 1}.", field="table")
    table = tables[asked.table]
    return csv_response(f"plateward-{made.kind}-{asked.table}.csv", table["columns"], table["rows"])


async def receipt(call: Call, asked: WhichReport) -> Response:
    """The proof that the report's digest stands in the public ledger."""
    made = await the_report(call, asked.report_id, reading=False)
    proof = await proof_of(call.node, made)
    if proof is None:
        raise Problem(404, "Its entry stands in a ledger that this one succeeded.")
    return _file(proof.encode(), f"plateward-{made.id}.tlog-proof", "text/plain; charset=utf-8")


async def bodies(call: Call, asked: WhichReport) -> Response:
    """Its records as the ledger holds them, for the verifier."""
    made = await the_report(call, asked.report_id, reading=False)
    return _file(await bodies_of(call.node, made), f"plateward-{made.id}-bodies.jsonl", "text/plain; charset=utf-8")


async def discovery_form(call: Call) -> Response:
    """The form for discovery."""
    return await page(call, "report_discovery.html")


async def make_discovery(call: Call, asked: Discovery) -> Response:
    """Make the report, through the gate."""
    zone = ZoneInfo(call.node.settings.time_zone)
    request = DiscoveryRequest(
        asked.plate, instant(asked.begins, "begins", zone), instant(asked.ends, "ends", zone), asked.case, asked.counsel,
        call.signed_in.id,
    )  # fmt: skip
    found = await discover(call.node, call.who, request)
    if found.report is None:
        raise Problem(403, found.refusal or "Refused.", next_step=f"Access record {found.access_records[0]} says why.")
    return RedirectResponse(f"/reports/{found.report.id}", 303)


async def drivers(call: Call) -> Response:
    """Requests of drivers, and the form for a new one."""
    return await page(call, "report_drivers.html", requests=await driver.requests(call.node, call.who), own=call.who.id)


async def driver_asks(call: Call, asked: DriverAsks) -> Response:
    """Enter a request."""
    await driver.ask(
        call.node, call.who, asked.plate, asked.identity, asked.registration, co_registrant=asked.co_registrant
    )
    return RedirectResponse("/drivers", 303)


async def driver_review(call: Call, asked: DriverReview) -> Response:
    """Decide as a second person."""
    if asked.verdict not in ("answer", "refuse"):
        raise Problem(400, "Choose to answer or to refuse.", field="verdict")
    await driver.review(call.node, call.who, asked.request_id, answer=asked.verdict == "answer", note=asked.note)
    return RedirectResponse("/drivers", 303)


async def driver_answer(call: Call, asked: WhichRequest) -> Response:
    """Make the answer, to be handed over."""
    made = await driver.answer(call.node, call.who, asked.request_id)
    return RedirectResponse(f"/reports/{made.id}", 303)


async def the_report(call: Call, report_id: str, *, reading: bool = True) -> Report:
    """One report that the caller may see. ``reading``: whether its text is wanted. Raises Problem, NotAllowed."""
    made = await report(call.node, call.who, report_id, reading=reading, session=call.signed_in.id)
    if made is None:
        raise Problem(
            404,
            "There is no report with this id that you may see.",
            next_step="Reports that name people are deleted after 30 days; make a new one.",
        )
    return made


def instant(typed: str, field: str, zone: ZoneInfo) -> datetime:
    """A time as a form sends it, in the node's zone where it has none. Raises Problem."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        raise Problem(400, f"{typed[:40]!r} is no time, as in 2026-11-01T08:30.", field=field) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _file(content: bytes, name: str, kind: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
