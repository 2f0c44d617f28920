"""What became of alerts in a month or a year, as a report: what Virginia and New Hampshire ask agencies to count.

Matches, decisions and outcomes (Va. Code 2.2-5517, N.H. Saf-C 7204.01), by list and by reader. It names no plate and no person.
"""

from __future__ import annotations

from collections.abc import Sequence

from plateward.core.alert_figures import AlertFigures, Line
from plateward.core.canonical import JSON
from plateward.core.event import write_instant
from plateward.core.people import Person
from plateward.node.alerting.acts import figures_of
from plateward.node.node import Node
from plateward.node.overseeing.audit import require_auditor
from plateward.node.overseeing.periods import Period
from plateward.node.overseeing.reports import Content, Report, Table, keep

_COLUMNS = (
    "name", "alerts", "late", "open", "confirmed", "misread", "wrong_state", "stale", "not_acted", "share_false",
    "median_seconds_to_decision",
)  # fmt: skip


async def alerts_report(node: Node, person: Person, when: Period, *, public: bool) -> Report:
    """The figures of a period's alerts; for the public without the names of lists and readers, which are told by number."""
    person = await require_auditor(node, person)
    found = await figures_of(node, person.organisation, when.begins, when.ends)
    total = found.total
    notes = (
        f"{total.alerts:,} alerts, raised by {total.reads:,} reads; {total.decided:,} were decided by a person and {total.false:,} "
        "found wrong (misread, another state, or no longer wanted). One pass of a car is one alert; the ledger has an entry "
        "alert.raised for each read.",
        "Alerts of reads that are past their time are counted; nothing else is left of them.",
        *([] if when.over else [f"The period {when.name} is not over."]),
    )
    content = Content(f"What became of alerts, {when.name}", notes, _tables(found, public), (), _when(when, found))
    async with node.store.transaction() as tx:
        return await keep(node, tx, person, "alerts", content, public=public)


def _tables(found: AlertFigures, public: bool) -> tuple[Table, ...]:
    outcomes = tuple((name, count) for name, count in found.total.outcomes)
    return (
        Table("All alerts", _COLUMNS, (_row(found.total, "all"),)),
        Table("By list", _COLUMNS, _rows(found.lists, "list" if public else None)),
        Table("By reader", _COLUMNS, _rows(found.readers, "reader" if public else None)),
        Table("What came of them", ("outcome", "alerts"), outcomes),
    )


def _rows(lines: Sequence[Line], called: str | None) -> tuple[tuple[JSON, ...], ...]:
    return tuple(_row(line, f"{called} {n}" if called else line.name or line.id) for n, line in enumerate(lines, 1))


def _row(line: Line, name: str) -> tuple[JSON, ...]:
    share = line.share(line.false)
    return (
        name, line.alerts, line.late, line.open, line.confirmed, line.misread, line.wrong_state, line.stale, line.not_acted,
        "" if share is None else f"{share:.3f}", "" if line.median_s is None else line.median_s,
    )  # fmt: skip


def _when(when: Period, found: AlertFigures) -> dict[str, JSON]:
    return {
        "period": {"name": when.name, "begins": write_instant(when.begins), "ends": write_instant(when.ends)},
        "alerts": found.total.alerts,
        "decided": found.total.decided,
        "false": found.total.false,
        "outcomes": dict(found.total.outcomes),
    }
