"""Files of reads that people have: CSV with a heading line, and JSON lines. One row, one read; ids are derived.

The id comes from source, reader and instant, so that importing a file a second time adds nothing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.ids import derived_uuid7
from plateward.core.place import Position
from plateward.core.plate import normalise
from plateward.core.read import Read
from plateward.formats.text import delimiter_of

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "plate": ("plate", "license_plate", "licence_plate", "license plate", "plate_number", "tag", "lpr"),
    "read_at": ("read_at", "time", "timestamp", "datetime", "date_time", "capture_time", "captured_at", "date"),
    "reader": ("reader", "reader_id", "camera", "camera_id", "camera_name", "device", "device_id", "source"),
    "confidence": ("confidence", "score", "conf"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "long", "longitude"),
    "region": ("region", "state", "plate_state", "country"),
    "direction": ("direction", "heading", "bearing"),
}
"""Our name of a column, and the headings under which other systems write it."""

REQUIRED = ("plate", "read_at", "reader")
MAX_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file, read or not: ``read`` is None where ``error`` says why."""

    line: int
    read: Read | None
    error: str = ""


def parse_csv(text: io.TextIOBase, agency: str) -> Iterator[Row]:
    """Reads of a CSV file, streaming. Raises BadInput for a missing column; a bad row is a Row with its error."""
    source = _bounded(text)
    first = next(source, "")
    lines = csv.reader(chain([first], source), strict=True, delimiter=delimiter_of(first))
    try:
        heading = next(lines, None)
    except csv.Error as error:
        raise BadInput(f"this is not CSV: {error}", where="line 1") from None
    if not heading:
        raise BadInput("the file is empty; a CSV begins with a heading line", where="line 1")
    columns = _columns(heading)
    while True:
        try:
            values = next(lines, None)
        except csv.Error as error:
            yield Row(lines.line_num, None, f"this is not CSV: {error}")
            continue
        if values is None:
            return
        if len(values) > len(heading) and any(value.strip() for value in values[len(heading) :]):
            why = f"this row has {len(values)} cells and the heading {len(heading)}: which is which cannot be told"
            yield Row(lines.line_num, None, why)
        elif values:
            row = {name: values[at].strip() for name, at in columns.items() if at < len(values)}
            yield _row(lines.line_num, row, agency)


def parse_json_lines(text: io.TextIOBase, agency: str) -> Iterator[Row]:
    """Reads of a JSON-lines file, streaming: one object a line with the columns of ``COLUMNS`` as keys."""
    for number, line in enumerate(_bounded(text), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            yield Row(number, None, f"this is not JSON: {error}")
            continue
        if not isinstance(value, dict):
            yield Row(number, None, "a line is one JSON object")
            continue
        columns = {name: key for key in value for name, known in COLUMNS.items() if key.lower() in known}
        row = {name: str(value[key]) for name, key in columns.items() if value[key] is not None}
        yield _row(number, row, agency)


PARSERS: Mapping[str, Callable[[io.TextIOBase, str], Iterator[Row]]] = {"csv": parse_csv, "jsonl": parse_json_lines}
"""The formats of ``plateward import`` by name."""


def _bounded(text: io.TextIOBase) -> Iterator[str]:
    """The lines of a file, refusing one that would fill the memory."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadInput(f"this line is longer than {MAX_LINE} characters", where=f"line {number}")
        yield line.replace("\0", "")


def _columns(heading: list[str]) -> dict[str, int]:
    names = [name.strip().lstrip("\ufeff").lower() for name in heading]
    found = {
        ours: names.index(theirs) for ours, known in COLUMNS.items() for theirs in reversed(known) if theirs in names
    }
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        known = "; ".join(f"{name}: {', '.join(COLUMNS[name])}" for name in missing)
        raise BadInput(f"no column for {', '.join(missing)}; headings that are understood: {known}", where="line 1")
    return found


def _row(line: int, row: Mapping[str, str], agency: str) -> Row:
    try:
        return Row(line, _read(row, agency))
    except BadInput as error:
        return Row(line, None, str(error))


def _read(row: Mapping[str, str], agency: str) -> Read:
    for name in REQUIRED:
        if not row.get(name):
            raise BadInput("this field is empty", where=name)
    if "\ufffd" in row["plate"]:
        raise BadInput("the plate holds a character that is not UTF-8; save the file as UTF-8", where="plate")
    at = _instant(row["read_at"])
    position = None
    if row.get("lat") and row.get("lon"):
        position = Position(_number(row["lat"], "lat"), _number(row["lon"], "lon"))
    confidence = _number(row["confidence"], "confidence") if row.get("confidence") else 1.0
    plate = normalise(row["plate"])
    direction = int(_number(row["direction"], "direction")) % 360 if row.get("direction") else None
    return Read(
        id=derived_uuid7(at, "import", row["reader"], plate, at.isoformat()), plate=plate, read_at=at, reader=row["reader"],
        agency=agency, confidence=confidence / 100 if confidence > 1 else confidence, position=position,
        region=_region(row.get("region")), direction_deg=direction,
        plate_raw=row["plate"][:64] if row["plate"] != plate else None,
    )  # fmt: skip


def _region(text: Any) -> str | None:
    if not text:
        return None
    return f"US-{text.upper()}" if len(text) == 2 and text.isalpha() else text[:6].upper()


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip().replace(" UTC", "+00:00"))
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no instant; write 2026-01-12T08:30:00Z", where="read_at") from None
    if at.tzinfo is None:
        raise BadInput(f"{text[:40]!r} lacks its offset from UTC; write 2026-01-12T08:30:00-08:00", where="read_at")
    return at


def _number(text: str, where: str) -> float:
    try:
        return float(text.rstrip("%"))
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number", where=where) from None
