"""``plateward import``: bring reads from a file into a running node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from rich.console import Console
from rich.progress import Progress

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import Login, call
from plateward.core.errors import BadInput
from plateward.formats.read_files import COLUMNS, PARSERS, Layout, Row
from plateward.formats.text import encoding_of

BATCH = 500


def import_file(
    format: str,
    *files: Path,
    column: tuple[str, ...] = (),
    zone: str | None = None,
    dates: Literal["month-first", "day-first"] | None = None,
    reader: str = "",
    agency: str | None = None,
    caller: Caller = NOBODY,
) -> int:
    """Import reads from files. A second import of the same file adds nothing. A bad row is named and costs no other.

    Parameters
    ----------
    format
        csv (with a heading line) or jsonl (one object a line).
    files
        The files; columns for plate, read_at and reader are needed.
    column
        Where a heading is not understood by itself: plate=TAG, read_at=Date+Time; several may be given.
    zone
        The time zone of times without an offset from UTC, such as America/Los_Angeles.
    dates
        How 03/04/2026 is meant.
    reader
        The reader of rows that name none.
    agency
        The agency the reads belong to, where it is not your own.
    """
    if format not in PARSERS:
        raise BadInput(f"{format!r} is no format of reads; there are {', '.join(PARSERS)}", where="FORMAT")
    if not files:
        raise BadInput("name at least one file", where="FILE")
    for file in files:
        if not file.is_file():
            raise BadInput("there is no such file", where=str(file))
    layout = Layout(_columns(column), _zone(zone), None if dates is None else dates == "day-first", reader)
    login = caller.login()
    total: dict[str, Any] = {"accepted": 0, "duplicates": 0, "expired": 0, "quarantined": 0, "rejected": []}
    with Progress(console=Console(stderr=True), transient=True, disable=caller.json_) as progress:
        for file in files:
            task = progress.add_task(file.name, total=None)
            for answer in _deliver(login, file, format, agency, layout):
                _add(total, answer, file, len(files) > 1)
                progress.update(task, completed=total["accepted"] + total["duplicates"])
    _print(total, caller.json_)
    return 2 if total["rejected"] and not total["accepted"] and not total["duplicates"] else 0


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for ours, _, theirs in pairs:
        if ours.strip() not in COLUMNS or not theirs.strip():
            raise BadInput(f"write field=HEADING, where field is one of {', '.join(COLUMNS)}", where="--column")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"{name!r} is no time zone; write one as America/Los_Angeles", where="--zone") from None


def _deliver(login: Login, file: Path, format_: str, agency: str | None, layout: Layout) -> Iterator[dict[str, Any]]:
    encoding = "utf-8"
    if file.is_file():  # a pipe's first bytes can be read only once
        with file.open("rb") as data:
            head = data.read(256)
        if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-")):
            raise BadInput("this is a workbook or another document: save the reads as CSV", where=str(file))
        encoding = encoding_of(head)
    with file.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline="") as text:
        try:
            for rows in _batches(PARSERS[format_](text, agency or "unknown", layout)):
                yield _send(login, rows, agency)
        except BadInput as error:
            raise BadInput(str(error), where=str(file)) from None


def _send(login: Login, rows: list[Row], agency: str | None) -> dict[str, Any]:
    """Deliver the readable rows; the answer names lines, not places in the batch."""
    good = [row for row in rows if row.read is not None]
    answer: dict[str, Any] = {}
    if good:
        body = msgspec.json.encode({"reads": [_item(row) for row in good]})
        where = f"/api/v1/import?agency={quote(agency)}" if agency else "/api/v1/import"
        answer = call(login, "POST", where, content=body, headers={"Content-Type": "application/json"})
    rejected = [{"line": row.line, "error": row.error} for row in rows if row.read is None]
    rejected += [
        {"line": good[r["index"]].line, "error": f"{r['field']}: {r['error']}"} for r in answer.get("rejected", ())
    ]
    return answer | {"rejected": sorted(rejected, key=lambda entry: int(str(entry["line"])))}


def _item(row: Row) -> dict[str, Any]:
    read = row.read
    assert read is not None
    position = {"lat": read.position.lat, "lon": read.position.lon} if read.position else {}
    item = {
        "id": read.id, "plate": read.plate, "read_at": read.read_at, "reader": read.reader, "confidence": read.confidence,
        "region": read.region, "direction": read.direction_deg, "plate_raw": read.plate_raw, **position,
    }  # fmt: skip
    return {key: value for key, value in item.items() if value is not None}


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _add(total: dict[str, Any], answer: dict[str, Any], file: Path, name_file: bool) -> None:
    for key in ("accepted", "duplicates", "expired", "quarantined"):
        total[key] += answer.get(key, 0)
    for entry in answer["rejected"]:
        total["rejected"].append({"file": str(file), **entry} if name_file else entry)


def _print(total: dict[str, Any], json_: bool) -> None:
    if json_:
        print_json(total)
        return
    console = Console(highlight=False)
    counts = ", ".join(f"{total[key]} {key}" for key in ("accepted", "duplicates", "expired", "quarantined"))
    console.print(f"{counts}, {len(total['rejected'])} rejected")
    for entry in total["rejected"][:50]:
        console.print(f"  line {entry['line']}: {entry['error']}", markup=False)
    if len(total["rejected"]) > 50:
        console.print(f"  and {len(total['rejected']) - 50} more; --json lists them all")
