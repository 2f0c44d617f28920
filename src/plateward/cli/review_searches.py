"""``plateward review searches``: the searches in a log that deserve a question."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.progress import Progress, TaskID

from plateward.cli.review_files import emit, search_context, some, today, write
from plateward.core.errors import BadInput
from plateward.oversight.audit.findings import Context
from plateward.oversight.audit.run import audit
from plateward.oversight.review import output
from plateward.oversight.review.logs import open_log

Json = Annotated[bool, Parameter(name="--json")]
For = Annotated[str | None, Parameter(name="--for")]
Columns = Annotated[list[str], Parameter(name="--column", negative="")]
Document = dict[str, Any]


def searches(
    *files: Path,
    for_: For = None,
    format: str | None = None,
    column: Columns = [],  # noqa: B006
    retention_days: int | None = None,
    shifts: Path | None = None,
    zone_hours: float = 0.0,
    training: Path | None = None,
    listed_plates: Path | None = None,
    heads: Annotated[list[str], Parameter(negative="")] = [],  # noqa: B006
    show_names: bool = False,
    json: Json = False,
    html: Path | None = None,
    csv: Path | None = None,
) -> int:
    """Find the searches in a log that deserve a question.

    Parameters
    ----------
    files
        Flock's organisation or network audit, a portal's search audit, or any CSV or XLSX with --column.
    for_
        The agency whose log it is: its network audit then shows searches by federal and out-of-state organisations.
    format
        Only where detection errs.
    column
        A column, as in --column reason=Justification. Fields: at, user, organisation, plate, reason, case, offence, begins, ends,
        networks, devices, search_type, on_behalf_of, session, address, moderation, filters, id.
    retention_days
        How long reads are said to be kept.
    shifts
        A CSV of shifts worked: user, date, begins, ends.
    zone_hours
        Hours from UTC to the local time of the shifts, as in -8.
    training
        A CSV of users and the last day of their training: user, until.
    listed_plates
        The keyed list of plates of staff and relations: the secret on the first line, then a keyed plate a line.
    heads
        Accounts of the head of the agency and of auditors.
    show_names
        Show names, plates and whole reasons; they are masked otherwise.
    json
        Print one JSON document.
    html
        Write a self-contained page here.
    csv
        Write a table of the findings here.
    """
    context = search_context(
        for_,
        retention_days,
        shifts,
        zone_hours,
        training,
        listed_plates,
        frozenset(heads),
        show_names=show_names,
        day=today(),
    )
    if (html or csv) and len(files) > 1:
        raise BadInput("--html and --csv take one file at a time", where="FILE")
    mapping = Reading(column, format, windows=retention_days is not None)
    documents = [_one(file, mapping, context, html, csv) for file in some(files)]
    emit(_searches_json(documents) if json else None, lambda: _print_searches(documents))
    if any(not document["rows"] and document["rejected"]["count"] for document in documents):
        return 2  # a log of which not one row could be read is not one in which nothing was found
    return 1 if any(document["findings"] for document in documents) else 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a log is to be read."""

    column: list[str]
    format: str | None
    windows: bool


def _one(file: Path, reading: Reading, context: Context, html: Path | None, csv: Path | None) -> Document:
    """Audit one log and write what was asked for."""
    with (
        open_log(file, reading.column, reading.format, windows=reading.windows) as log,
        Progress(transient=True, disable=not sys.stderr.isatty()) as bar,
    ):
        task = bar.add_task(file.name, total=None)
        columns = partial(getattr, log.log, "columns")
        result = audit(log.log.rows, log.log.present, context, columns=columns, progress=_ticks(bar, task))
    if html is not None:
        from plateward.oversight.review.page import searches_page

        write(html, searches_page(file.name, log.sha256, log.log, result))
    if csv is not None:
        write(csv, output.searches_csv(result), table=True)
    return output.searches_json(file.name, log.sha256, log.log, result)


def _ticks(bar: Progress, task: TaskID) -> Callable[[int], None]:
    return lambda count: bar.update(task, completed=count)


def _searches_json(documents: list[Document]) -> Document:
    if len(documents) == 1:
        return documents[0]
    findings = [{**f, "document": d["document"]} for d in documents for f in d["findings"]]
    rows = sum(int(d["rows"]) for d in documents)
    return {"rows": rows, "findings": findings, "documents": documents, "summary": {"findings": len(findings)}}


def _print_searches(documents: list[Document]) -> None:
    for document in documents:
        summary: Document = document["summary"]
        print(f"{document['document']['name']}: {document['counted']}, {summary['findings']} findings\n")
        findings: list[Document] = document["findings"]
        for finding in findings[:500]:
            lines: list[int] = finding["rows"]
            shown = ", ".join(map(str, lines[:6])) + (" …" if len(lines) > 6 else "")
            print(f"[{finding['severity']}] {finding['pattern']}: {finding['sentence']} (lines {shown})")
        if len(findings) > 500:
            print(f"… and {len(findings) - 500} more: --json, --csv or --html has them all")
        for note in document["notes"]:
            print(f"note: {note}")
        rejected: Document = document["rejected"]
        for row in rejected["first"][:20]:
            print(f"not read: {row['where']}: {row['why']}")
        if rejected["count"] > 20:
            print(f"… and {rejected['count'] - 20:,} more rows that could not be read, or not wholly")
        print("\nNot tried:")
        not_tried: list[dict[str, str]] = summary["not_tried"]
        for item in not_tried:
            print(f"  {item['pattern']}: {item['why']}")
        print(f"\n{output.DISCLAIMER}\n")
