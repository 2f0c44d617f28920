"""The audit of searches for programs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from plateward.node.overseeing.audit import AuditPage, Said, audit_searches, give_verdict, since, waiting
from plateward.node.overseeing.periods import period
from plateward.web.endpoint import Call


class Which(msgspec.Struct, frozen=True):
    """Which period: a month as in 2026-11 or a year as in 2026; this month where nothing is said."""

    period: str = ""


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reviewer's verdict on a finding: justified, asked, misuse or mistake-of-pattern, and why."""

    finding: str
    verdict: str
    words: str
    period: str = ""


class SaidShape(msgspec.Struct, frozen=True):
    """A verdict as the ledger holds it. ``entry``: its number there."""

    entry: int
    at: datetime
    by: str
    verdict: str
    words: str


class FindingShape(msgspec.Struct, frozen=True):
    """Searches worth a question. ``rows``: numbers of access records; ``key``: its id, which stays while it grows.

    ``since``: how many of the rows came after its last verdict.
    """

    key: str
    pattern: str
    severity: str
    person: str
    organisation: str
    rows: tuple[int, ...]
    sentence: str
    verdicts: tuple[SaidShape, ...]
    since: int


class Untried(msgspec.Struct, frozen=True):
    """A pattern that could not be tried, and why."""

    pattern: str
    why: str


class Summary(msgspec.Struct, frozen=True):
    """The counts that head an audit."""

    findings: int
    by_pattern: dict[str, int]
    cases: int
    tried: tuple[str, ...]
    not_tried: tuple[Untried, ...]


class MonthShape(msgspec.Struct, frozen=True):
    """What an audit of one month of a year comes to. ``waiting``: findings without a verdict, or grown since theirs."""

    month: str
    findings: int
    waiting: int


class Audit(msgspec.Struct, frozen=True):
    """An audit of one period. ``rows``: searches looked at; ``entry``: the ledger's entry that says it was done.

    ``waiting``: findings without a verdict, or grown since theirs. ``months``: of a year, its months with findings: a verdict
    belongs to the finding of its month.
    """

    period: str
    begins: datetime
    ends: datetime
    over: bool
    rows: int
    findings: tuple[FindingShape, ...]
    summary: Summary
    entry: int
    waiting: int
    months: tuple[MonthShape, ...]


async def audit(call: Call, asked: Which) -> Audit:
    """The searches of a period that are worth asking about."""
    return _audit(await audit_searches(call.node, call.who, period(call.node, asked.period)))


async def say(call: Call, asked: Verdict) -> SaidShape:
    """Record a verdict on a finding."""
    chosen = period(call.node, asked.period)
    return _said(await give_verdict(call.node, call.who, chosen, asked.finding, asked.verdict, asked.words))


def _audit(found: AuditPage) -> Audit:
    result = found.result
    findings = tuple(
        FindingShape(
            one.key, one.pattern, str(one.severity), one.who.user, one.who.organisation, one.rows, one.sentence,
            tuple(map(_said, found.said.get(one.key, ()))), since(one, found.said),
        )
        for one in result.findings
    )  # fmt: skip
    untried = tuple(Untried(pattern, why) for pattern, why in result.not_tried)
    summary = Summary(len(findings), result.counts(), len(found.groups), result.tried, untried)
    when = found.period
    months = tuple(MonthShape(one.name, one.findings, one.waiting) for one in found.months)
    return Audit(
        when.name, when.begins, when.ends, when.over, result.rows, findings, summary, found.record, len(waiting(found)), months
    )  # fmt: skip


def _said(said: Said) -> SaidShape:
    return SaidShape(said.seq, said.at, said.by, str(said.judged), said.words)
