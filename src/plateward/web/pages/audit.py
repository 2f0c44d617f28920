"""The audit of searches: one page a month, with what is worth asking about, person by person."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.node.overseeing.audit import AuditPage, audit_searches, give_verdict, since, waiting
from plateward.node.overseeing.periods import period, recent
from plateward.oversight.audit.feeds import FEED_TITLES
from plateward.oversight.audit.findings import Judged
from plateward.oversight.audit.run import PATTERNS
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

VERDICTS = {
    Judged.JUSTIFIED: "Justified: the searches had a reason that holds",
    Judged.ASKED: "Asked: the person or the supervisor was asked, and the answer is awaited",
    Judged.MISUSE: "Misuse: it goes to internal affairs",
    Judged.MISTAKE_OF_PATTERN: "Mistake of the pattern: nothing there to ask about",
}
"""What a reviewer may say of a finding, and what each means."""

TITLES = {kind.id: kind.title for kind in PATTERNS} | dict(FEED_TITLES)


class Which(msgspec.Struct, frozen=True):
    """Which period: a month or a year; this month where nothing is said."""

    period: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """A reviewer's verdict on one finding, in their own words."""

    period: str = ""
    finding: str = ""
    verdict: str = ""
    words: str = ""


async def show(call: Call, asked: Which) -> Response:
    """The page. Opening it is recorded."""
    found = await audit_searches(call.node, call.who, period(call.node, asked.period))
    return await page(
        call, "audit.html", found=found, waiting=len(waiting(found)), since=since, months=recent(call.node),
        titles=TITLES, verdicts=VERDICTS,
    )  # fmt: skip


async def say(call: Call, asked: Verdict) -> Response:
    """Record a verdict, and go back to where it was given."""
    if not asked.verdict:
        raise Problem(400, "Choose a verdict.", field="verdict")
    chosen = period(call.node, asked.period)
    await give_verdict(call.node, call.who, chosen, asked.finding, asked.verdict, asked.words)
    return RedirectResponse(f"/audit?period={chosen.name}#f-{asked.finding}", 303)


async def as_csv(call: Call, asked: Which) -> Response:
    """The findings as a file."""
    found = await audit_searches(call.node, call.who, period(call.node, asked.period))
    columns = (
        "finding", "severity", "pattern", "person", "organisation", "searches", "records", "sentence", "verdict", "by", "words",
        "searches_since",
    )  # fmt: skip
    return csv_response(f"plateward-audit-{found.period.name}.csv", columns, _rows(found))


def _rows(found: AuditPage) -> list[tuple[object, ...]]:
    return [
        (
            finding.key, str(finding.severity), finding.pattern, finding.who.user, finding.who.organisation, len(finding.rows),
            " ".join(map(str, finding.rows)), finding.sentence, str(said[-1].judged) if said else "",
            said[-1].by if said else "", said[-1].words if said else "", since(finding, found.said),
        )
        for finding in found.result.findings
        for said in [found.said.get(finding.key, ())]
    ]  # fmt: skip
