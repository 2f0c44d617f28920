"""What became of alerts, by list and by reader: for those who answer for lists and readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.responses import Response

from plateward.core.alert_figures import AlertFigures, Line
from plateward.core.errors import BadInput
from plateward.node.alerting.acts import alert_figures
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.pages.alerts import OUTCOMES
from plateward.web.render import page, zone_of

LATELY = timedelta(days=30)


class Period(msgspec.Struct, frozen=True):
    """From which day to which, both included; the last thirty days where left out."""

    begins: str = msgspec.field(name="from", default="")
    ends: str = msgspec.field(name="to", default="")


async def show(call: Call, asked: Period) -> Response:
    """The figures as tables."""
    try:
        begins, ends = span(call, asked)
        wrong: dict[str, str] = {}
    except BadInput as error:
        (begins, ends), wrong = span(call, Period()), {error.where or "": error.args[0]}
    found = await alert_figures(call.node, call.who, begins, ends)
    zone = zone_of(call)
    return await page(
        call, "alert_figures.html", status=400 if wrong else 200, found=found, wrong=wrong,
        outcomes={str(outcome): words for outcome, words in OUTCOMES.items()},
        first=str(begins.astimezone(zone).date()), last=str((ends.astimezone(zone) - timedelta(seconds=1)).date()),
    )  # fmt: skip


def span(call: Call, asked: Period) -> tuple[datetime, datetime]:
    """The period's instants, by days in the node's time zone. Raises BadInput naming the field."""
    zone = zone_of(call)
    last = _day(asked.ends, "to") if asked.ends else call.node.now().astimezone(zone)
    ends = last.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone) + timedelta(days=1)
    begins = _day(asked.begins, "from").replace(tzinfo=zone) if asked.begins else ends - LATELY
    if begins >= ends:
        raise BadInput("the time ends before it begins", where="to")
    return begins.astimezone(UTC), ends.astimezone(UTC)


def _day(text: str, where: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(hour=0, minute=0, second=0, microsecond=0)
    except ValueError:
        raise BadInput("write a day as in 2026-11-22", where=where) from None


COLUMNS = (
    "by", "id", "name", "alerts", "reads", "late", "exact", "open", "decided", "confirmed", "misread", "wrong_state", "stale",
    "not_acted", "share_confirmed", "share_false", "median_seconds_to_decision", "outcomes",
)  # fmt: skip


async def as_csv(call: Call, asked: Period) -> Response:
    """The figures as a file."""
    found = await alert_figures(call.node, call.who, *span(call, asked))
    return csv_response("alert-figures.csv", COLUMNS, lines(found))


def lines(found: AlertFigures) -> Iterator[tuple[object, ...]]:
    """Rows of a table: all, each list, each reader."""
    yield _row("all", found.total)
    for line in found.lists:
        yield _row("list", line)
    for line in found.readers:
        yield _row("reader", line)


def _row(by: str, line: Line) -> tuple[object, ...]:
    return (
        by, line.id, line.name, line.alerts, line.reads, line.late, line.exact, line.open, line.decided, line.confirmed,
        line.misread, line.wrong_state, line.stale, line.not_acted, _share(line, line.confirmed), _share(line, line.false),
        "" if line.median_s is None else line.median_s, " ".join(f"{name}:{count}" for name, count in line.outcomes),
    )  # fmt: skip


def _share(line: Line, count: int) -> object:
    share = line.share(count)
    return "" if share is None else round(share, 4)
