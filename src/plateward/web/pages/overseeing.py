"""The random sample, the checklists, and early erasures: oversight that somebody does, page by page."""

from __future__ import annotations

import re

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.node.overseeing.erasure import decide_erasure, erasures, request_erasure
from plateward.node.overseeing.periods import period, recent
from plateward.node.overseeing.report_standing import checks_table
from plateward.node.overseeing.sample import COUNT, draw_sample, find_sample, judge_member
from plateward.node.sharing.conformity import check_policy
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.pages.audit import VERDICTS, Which
from plateward.web.problem import Problem
from plateward.web.render import page


class Draw(msgspec.Struct, frozen=True):
    """How many records of a period to draw."""

    period: str = ""
    count: int = COUNT


class MemberVerdict(msgspec.Struct, frozen=True):
    """A reviewer's verdict on one record of a sample."""

    seq: int
    period: str = ""
    verdict: str = ""
    words: str = ""


class Erase(msgspec.Struct, frozen=True):
    """Entries whose bodies are to be erased before their time, and the law or order it rests on."""

    entries: str = ""
    basis: str = ""


class Decision(msgspec.Struct, frozen=True):
    """What the second person says to an early erasure."""

    erasure_id: str
    verdict: str = ""
    note: str = ""


async def sample(call: Call, asked: Which) -> Response:
    """The random sample of a period, or the button that draws it."""
    when = period(call.node, asked.period)
    return await page(
        call, "audit_sample.html", period=when, sample=await find_sample(call.node, call.who, when), count=COUNT,
        months=recent(call.node), verdicts=VERDICTS, own=call.who.id,
    )  # fmt: skip


async def draw(call: Call, asked: Draw) -> Response:
    """Draw it."""
    when = period(call.node, asked.period)
    await draw_sample(call.node, call.who, when, asked.count)
    return RedirectResponse(f"/audit/sample?period={when.name}", 303)


async def judge(call: Call, asked: MemberVerdict) -> Response:
    """Record a verdict on one record of the sample."""
    if not asked.verdict:
        raise Problem(400, "Choose a verdict.", field="verdict")
    when = period(call.node, asked.period)
    await judge_member(call.node, call.who, when, asked.seq, asked.verdict, asked.words)
    return RedirectResponse(f"/audit/sample?period={when.name}#r-{asked.seq}", 303)


async def checklists(call: Call) -> Response:
    """What the policy says beside what is so."""
    return await page(call, "audit_checklist.html", checked=await check_policy(call.node, call.who))


async def checklists_csv(call: Call) -> Response:
    """The lines as a file."""
    table = checks_table((await check_policy(call.node, call.who)).lines)
    return csv_response("plateward-checklists.csv", table.columns, table.rows)


async def list_erasures(call: Call) -> Response:
    """Early erasures: what was asked, what waits, what was done."""
    return await page(call, "audit_erasures.html", erasures=await erasures(call.node, call.who), own=call.who.id)


async def erase(call: Call, asked: Erase) -> Response:
    """Ask for an early erasure."""
    words = re.split(r"[\s,;]+", asked.entries.strip())
    if not all(word.isascii() and word.isdigit() and len(word) < 18 for word in words):
        raise Problem(400, "Entries are numbers, with spaces or commas between them.", field="entries")
    await request_erasure(call.node, call.who, [int(word) for word in words], asked.basis)
    return RedirectResponse("/erasures", 303)


async def decide(call: Call, asked: Decision) -> Response:
    """Approve or refuse as the second person."""
    if asked.verdict not in ("approve", "refuse"):
        raise Problem(400, "Choose to approve or to refuse.", field="verdict")
    await decide_erasure(call.node, call.who, asked.erasure_id, approved=asked.verdict == "approve", note=asked.note)
    return RedirectResponse("/erasures", 303)
