"""Run every pattern that a log allows over its rows, once, as a stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from plateward.core.access import AccessRow, Columns
from plateward.oversight.audit import cases, conduct, identity, reasons, repeats
from plateward.oversight.audit.findings import ORDER, AuditResult, Context, Finding, Who
from plateward.oversight.audit.lists import LIST_PATTERNS
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Collector, Pattern

PATTERNS: tuple[type[Pattern], ...] = (
    reasons.VagueReason, reasons.ImmigrationWords, reasons.ReproductiveWords, reasons.ProtestWords, reasons.OnBehalfOfOthers,
    reasons.WideSearchMinorReason, reasons.VendorWarned, cases.CaseMissing, cases.CaseMalformed, cases.OneCaseManyPlates,
    repeats.SamePlateAgain, repeats.StreakOfDays, repeats.SameFewPlatesTogether, conduct.LookBackBeyondRetention,
    conduct.ReachAboveNorm, conduct.OffShift, conduct.TwoPlaces, conduct.BulkRate, identity.HeadOrAuditor,
    identity.StaffOrRelations, identity.TrainingOutOfDate, identity.OutsideOrganisation, conduct.LogGap,
)  # fmt: skip
"""All patterns of searches, in the order in which reports list them."""

TITLES = {kind.id: kind.title for kind in (*PATTERNS, *LIST_PATTERNS)}
"""What each pattern asks, by its id."""

See = Callable[[AccessRow, Who, float], None]
MAX_CARING = 50_000
"""Combinations of words and person whose patterns are remembered at a time."""

_HUMAN = {
    "at": "the time of the search", "user": "the person", "organisation": "the organisation", "plate": "the plate",
    "reason": "the reason", "case": "the case number", "begins": "the window searched", "networks": "the number of networks",
    "moderation": "the vendor's moderation", "address": "the address or device", "session": "the session",
    "on_behalf_of": "on whose behalf", "act": "what was done", "audience": "whom a list alerts", "list_name": "the list's name",
    "expires": "the end", "confirmed": "the confirmation", "outcome": "what was done upon the alert",
}  # fmt: skip


def patterns_for(present: frozenset[str]) -> tuple[type[Pattern], ...]:
    """The patterns of a log with these fields: of searches, or of acts on hot lists and alerts."""
    return LIST_PATTERNS if present & {"act", "outcome"} else PATTERNS


def audit(
    rows: Iterable[AccessRow],
    present: frozenset[str],
    context: Context,
    *,
    columns: Callable[[], Columns] | None = None,
    progress: Callable[[int], None] | None = None,
) -> AuditResult:
    """Judge a stream of searches.

    ``present``: the fields the log has. ``columns``, asked after the last row, tells which were blacked out throughout; a pattern
    that needed one counts as not tried. ``progress`` is told the number of rows now and then.
    """
    active, not_tried, collectors = _choose(present, context)
    known = [pattern for pattern in active if pattern.shared is None]
    choosy = [pattern for pattern in known if type(pattern).cares is not Pattern.cares]
    always: list[See] = [pattern.see for pattern in known if pattern not in choosy]
    always.extend(collector.see for collector in collectors)
    count, first, last = 0, math.inf, -math.inf
    caring: dict[tuple[str, ...], tuple[Who, tuple[See, ...]]] = {}
    for row in rows:
        count += 1
        at = row.at.timestamp() if row.at is not None else 0.0
        if at:
            first = at if at < first else first
            last = at if at > last else last
        words = (row.user, row.organisation, row.reason, row.offence, row.filters, row.moderation, row.on_behalf_of)
        cared = caring.get(words)
        if cared is None:
            if len(caring) > MAX_CARING:
                caring.clear()
            who = Who.of(row)
            cared = caring[words] = (who, tuple(pattern.see for pattern in choosy if pattern.cares(row, who)))
        who, extra = cared
        for see in always:
            see(row, who, at)
        for see in extra:
            see(row, who, at)
        if progress and count % 20_000 == 0:
            progress(count)
    span = (None, None) if first > last else (datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC))
    return _result(active, not_tried, count, span, context, columns() if columns else Columns(present))


def _choose(
    present: frozenset[str], context: Context
) -> tuple[list[Pattern], list[tuple[str, str]], Iterable[Collector]]:
    active: list[Pattern] = []
    not_tried: list[tuple[str, str]] = []
    collectors: dict[object, Collector] = {}
    for kind in patterns_for(present):
        why = kind.lacking(context) or _missing(kind, present)
        if why:
            not_tried.append((kind.id, why))
        elif kind.shared is None:
            active.append(kind(context))
        else:
            if kind.shared not in collectors:
                collectors[kind.shared] = kind.shared()
            active.append(kind(context, collectors[kind.shared]))
    return active, not_tried, collectors.values()


def _missing(kind: type[Pattern], present: frozenset[str]) -> str | None:
    lacking = [_HUMAN.get(name, name) for name in sorted(kind.needs - present)]
    if not lacking and kind.any_of and not kind.any_of & present:
        lacking = [" or ".join(_HUMAN.get(name, name) for name in sorted(kind.any_of))]
    return f"the log has no column for {', '.join(lacking)}" if lacking else None


def _result(
    active: list[Pattern], not_tried: list[tuple[str, str]], count: int,
    span: tuple[datetime | None, datetime | None], context: Context, columns: Columns,
) -> AuditResult:  # fmt: skip
    mask = Masker(show=context.show_names, names=context.names)
    blacked = {name for name, cells in columns.withheld.items() if cells == count > 0}
    findings: list[Finding] = []
    tried: list[str] = []
    for pattern in active:
        hidden = pattern.needs & blacked
        if not hidden and pattern.any_of and not pattern.any_of & (columns.present - blacked):
            hidden = pattern.any_of & blacked
        if hidden:
            names = ", ".join(_HUMAN.get(name, name) for name in sorted(hidden))
            not_tried.append((pattern.id, f"{names} is blacked out in every row"))
            continue
        tried.append(pattern.id)
        findings.extend(pattern.findings(mask))
    order = {kind.id: index for index, kind in enumerate((*PATTERNS, *LIST_PATTERNS))}
    findings.sort(key=lambda f: (ORDER[f.severity], order[f.pattern], -len(f.rows), f.sentence))
    not_tried.sort(key=lambda item: order[item[0]])
    return AuditResult(count, *span, tuple(findings), tuple(tried), tuple(not_tried))
