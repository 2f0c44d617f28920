"""Files of reads that people have: CSV with a heading line, and JSON lines. One row, one read; ids are derived.

The id comes from source, reader and instant, so that importing a file a second time adds nothing. What a file does not say (its
time zone, whether the day or the month comes first) is said by whoever brings it (``Layout``) and never guessed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import chain
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.ids import derived_uuid7
from plateward.core.place import Position
from plateward.core.plate import normalise
from plateward.core.read import Read
from plateward.formats.payloads.fields import instant
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
class Layout:
    """What a file does not say of itself.

    ``columns``: the heading under which one of ``COLUMNS`` stands, or several joined by +, as in ``Date+Time``. ``zone``: of times
    without an offset from UTC. ``day_first``: whether 03/04/2026 is in April. ``reader``: of rows that name none.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo | None = None
    day_first: bool | None = None
    reader: str = ""

    def needed(self) -> tuple[str, ...]:
        """The columns that must be there."""
        return tuple(name for name in REQUIRED if name != "reader" or not self.reader)


AS_IT_SAYS = Layout()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file, read or not: ``read`` is None where ``error`` says why."""

    line: int
    read: Read | None
    error: str = ""


def parse_csv(text: io.TextIOBase, agency: str, layout: Layout = AS_IT_SAYS) -> Iterator[Row]:
    """Reads of a CSV file, streaming. Raises BadInput for a missing column; a bad row is a Row with its error."""
    source = _bounded(text)
    first = next(source, "")
    mark = re.fullmatch(r"\ufeff?sep=([,;|\t])\s*", first, re.IGNORECASE)
    if mark:  # a spreadsheet's own word on its separator
        first = next(source, "")
    lines = csv.reader(chain([first], source), strict=True, delimiter=mark[1] if mark else delimiter_of(first))
    above = 1 if mark else 0
    try:
        heading = next(lines, None)
    except csv.Error as error:
        raise BadInput(f"this is not CSV: {error}", where="line 1") from None
    if not heading:
        raise BadInput("the file is empty; a CSV begins with a heading line", where="line 1")
    columns = _columns(heading, layout)
    while True:
        try:
            values = next(lines, None)
        except csv.Error as error:
            yield Row(lines.line_num + above, None, f"this is not CSV: {error}")
            continue
        if values is None:
            return
        if len(values) > len(heading) and any(value.strip() for value in values[len(heading) :]):
            why = f"this row has {len(values)} cells and the heading {len(heading)}: which is which cannot be told"
            yield Row(lines.line_num + above, None, why)
        elif values:
            row = {
                name: " ".join(values[at].strip() for at in ats if at < len(values)) for name, ats in columns.items()
            }
            yield _row(lines.line_num + above, row, agency, layout)


def parse_json_lines(text: io.TextIOBase, agency: str, layout: Layout = AS_IT_SAYS) -> Iterator[Row]:
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
        columns = {name: [key] for key in value for name, known in COLUMNS.items() if key.lower() in known}
        columns |= {name: heading.split("+") for name, heading in layout.columns.items()}
        row = {
            name: " ".join(str(value[key]) for key in keys if value.get(key) is not None)
            for name, keys in columns.items()
        }
        yield _row(number, row, agency, layout)


PARSERS: Mapping[str, Callable[[io.TextIOBase, str, Layout], Iterator[Row]]] = {
    "csv": parse_csv,
    "jsonl": parse_json_lines,
}
"""The formats of ``plateward import`` by name."""


def _bounded(text: io.TextIOBase) -> Iterator[str]:
    """The lines of a file, refusing one that would fill the memory."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadInput(f"this line is longer than {MAX_LINE} characters", where=f"line {number}")
        yield line.replace("\0", "")


def _columns(heading: list[str], layout: Layout) -> dict[str, tuple[int, ...]]:
    names = [name.strip().lstrip("\ufeff").lower() for name in heading]
    found: dict[str, tuple[int, ...]] = {}
    for ours, known in COLUMNS.items():
        if theirs := next((name for name in known if name in names), None):
            found[ours] = (names.index(theirs),)
    for ours, said in layout.columns.items():
        wanted = [name.strip().lower() for name in said.split("+")]
        if said.strip().lower() in names:
            wanted = [said.strip().lower()]
        if unknown := next((name for name in wanted if name not in names), None):
            raise BadInput(
                f"there is no column {unknown!r} (for {ours}); there are {', '.join(heading)}", where="line 1"
            )
        found[ours] = tuple(map(names.index, wanted))
    missing = [name for name in layout.needed() if name not in found]
    if missing:
        understood = "; ".join(f"{name}: {', '.join(COLUMNS[name])}" for name in missing)
        raise BadInput(
            f"no column for {', '.join(missing)}; say which (--column), or use a heading that is understood: {understood}",
            where="line 1",
        )
    return found


def _row(line: int, row: Mapping[str, str], agency: str, layout: Layout) -> Row:
    try:
        return Row(line, _read(row, agency, layout))
    except BadInput as error:
        return Row(line, None, str(error))


def _read(row: Mapping[str, str], agency: str, layout: Layout) -> Read:
    for name in layout.needed():
        if not row.get(name):
            raise BadInput("this field is empty", where=name)
    if "\ufffd" in row["plate"]:
        raise BadInput("the plate holds a character that is not UTF-8; save the file as UTF-8", where="plate")
    at, reader = _instant(row["read_at"], layout), row.get("reader") or layout.reader
    position = None
    if row.get("lat") and row.get("lon"):
        position = Position(_number(row["lat"], "lat"), _number(row["lon"], "lon"))
    confidence = _confidence(row["confidence"]) if row.get("confidence") else 1.0
    plate = normalise(row["plate"])
    direction = int(_number(row["direction"], "direction")) % 360 if row.get("direction") else None
    return Read(
        id=derived_uuid7(at, "import", reader, plate, at.isoformat()), plate=plate, read_at=at, reader=reader,
        agency=agency, confidence=confidence, position=position,
        region=_region(row.get("region")), direction_deg=direction,
        plate_raw=row["plate"][:64] if row["plate"] != plate else None,
    )  # fmt: skip


def _region(text: Any) -> str | None:
    if not text:
        return None
    return f"US-{text.upper()}" if len(text) == 2 and text.isalpha() else text[:6].upper()


_WRITTEN = re.compile(
    r"(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})([-/.])(\d{1,2})\5(\d{4}|\d{2}))[ ,T]+"
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)? *([AaPp]\.?[Mm]\.?)? *(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
"""A day, a clock of 12 or 24 hours, and perhaps an offset, as spreadsheets and exports of other systems write them."""
_NOWHERE = timezone(timedelta(0), "not said")


def _instant(text: str, layout: Layout) -> datetime:
    """An instant as the file writes it. Raises BadInput for one that could be two."""
    written = _WRITTEN.fullmatch(text.strip())
    at = instant(_as_iso(written, text, layout) if written else text, layout.zone or _NOWHERE, "read_at")
    if at.tzinfo is _NOWHERE:
        raise BadInput(
            f"{text[:40]!r} lacks its offset from UTC; say the zone of the file's times (--zone America/Los_Angeles), or write "
            "2026-01-12T08:30:00-08:00",
            where="read_at",
        )
    return at.astimezone(UTC) if at.tzinfo is layout.zone else at


def _as_iso(written: re.Match[str], text: str, layout: Layout) -> str:
    year, month, day, first, sign, second, short, hour, minute, seconds, part, half, offset = written.groups()
    if year is None:
        day_first = True if sign == "." else layout.day_first
        if day_first is None:
            raise BadInput(
                f"{text[:40]!r}: whether the day or the month comes first differs by country; say --dates month-first or day-first",
                where="read_at",
            )
        day, month = (first, second) if day_first else (second, first)
        year = short if len(short) == 4 else f"20{short}"
    hours = int(hour) if not half else int(hour) % 12 + (12 if half[0] in "pP" else 0)
    zone = "" if offset is None else offset if offset[0] in "+-" else "+00:00"
    if half and not 1 <= int(hour) <= 12:
        raise BadInput(f"{text[:40]!r} is no time of a clock with twelve hours", where="read_at")
    return f"{year}-{int(month):02}-{int(day):02}T{hours:02}:{minute}:{seconds or '00'}.{part or '0':0<6}{zone}"


def _confidence(text: str) -> float:
    """0 to 1 as it is; with a per cent sign, or above 1, per cent. Raises BadInput."""
    value = _number(text.strip().removesuffix("%"), "confidence")
    if not 0 <= value <= 100:
        raise BadInput(f"{text[:40]!r} is no confidence: 0 to 1, or 0 to 100 per cent", where="confidence")
    return value / 100 if value > 1 or "%" in text else value


def _number(text: str, where: str) -> float:
    """A number with a decimal point or, where there is none, a decimal comma. Raises BadInput."""
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number", where=where) from None
