"""Tables that others made: CSV in any delimiter and XLSX as rows of text, streamed, with the line each row begins on."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from plateward.core.errors import BadInput
from plateward.formats.bounds import check_zip
from plateward.formats.extras import part
from plateward.formats.markup_tables import has_tables, rows_of
from plateward.formats.text import delimiter_of, lines, rows

_TITLE_LINES = 15
"""A heading may stand below a title and a few lines about the export, no further down."""

_TITLE_LINES_SURE = 60
"""The same where a heading is known by more than one of its cells."""

_HEAD = 1 << 14
"""Bytes in which a page shows that it holds a table."""

HIDDEN = " (hidden)"

_MARKS = re.compile(r"[^a-z0-9#]+")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its heading as written, the line it stands on, and its rows as (line, cells).

    ``sheet``: of a workbook. ``titles``: the lines above the heading, as ``plain`` makes them.
    """

    heading: tuple[str, ...]
    heading_line: int
    rows: Iterator[tuple[int, list[str]]]
    sheet: str = ""
    titles: frozenset[str] = frozenset()


def plain(heading: str) -> str:
    """A heading as it is compared: lower case, letters and digits only ("Networks I'm Sharing" → "networksimsharing")."""
    return _MARKS.sub("", heading.lower())


def is_workbook(head: bytes) -> bool:
    """Whether a file beginning with ``head`` is a zip, as XLSX is."""
    return head.startswith(b"PK\x03\x04")


def read_tables(stream: BinaryIO, name: str, known: Mapping[str, str], needed: int = 1) -> Iterator[Table]:
    """The tables of a CSV (one) or a workbook (one a sheet) whose heading has at least ``needed`` cells of ``known``.

    A heading that is not on the first line is looked for below. A table without any such heading comes with its first row as
    heading, so that the caller can say what it lacks. Sheets of a workbook are read one after the other, never two at a time.
    """
    head = stream.read(_HEAD)
    stream.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput("this is a workbook of the old kind (.xls): save it as .xlsx or .csv", where=name)
    if is_workbook(head):
        sheets = _workbook(stream, name)
    elif has_tables(head):
        sheets = _marked_up(stream, name)
    else:
        sheets = iter((("", _delimited(stream, name, known)),))
    for sheet, cells in sheets:
        yield _table(sheet, cells, known, needed)


def _marked_up(stream: BinaryIO, name: str) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    """The tables of a page, or of the XML of a spreadsheet, by sheet."""
    for sheet, found in itertools.groupby(rows_of(stream, name), lambda row: row[0]):
        yield sheet, ((number, cells) for _, number, cells in found)


def _delimited(stream: BinaryIO, name: str, known: Mapping[str, str]) -> Iterator[tuple[int, list[str]]]:
    source = lines(stream, name)
    first = list(itertools.islice(source, _TITLE_LINES))
    return rows(itertools.chain(first, source), name, _delimiter(first, known))


def _delimiter(first: Sequence[str], known: Mapping[str, str]) -> str:
    """The character that makes a heading of one of the first lines; where none does, the one that stands most often.

    A title above the heading may hold commas where the table has semicolons.
    """
    usual = delimiter_of("".join(first[:5]))

    def heads(mark: str) -> int:
        return max((sum(plain(cell) in known for cell in line.split(mark)) for line in first), default=0)

    best = max((usual, ",", "\t", ";", "|"), key=heads)
    return best if heads(best) > max(heads(usual), 1) else usual


def _workbook(stream: BinaryIO, name: str) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    check_zip(stream, name)
    stream.seek(0)
    openpyxl = part("openpyxl", "review", "Reading a workbook")
    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except Exception as error:  # the library raises what zipfile, XML and its own parts raise
        raise BadInput(f"this workbook cannot be read: {error}", where=name) from None
    for sheet in book.worksheets:
        hidden = "" if sheet.sheet_state == "visible" else HIDDEN
        yield f"{sheet.title}{hidden}", _sheet(sheet, name)


def _sheet(sheet: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            yield number, [_written(cell) for cell in row]
    except Exception as error:  # a damaged part shows only while it is read
        raise BadInput(f"sheet {sheet.title!r} cannot be read to its end: {error}", where=name) from None


def _written(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _table(sheet: str, cells: Iterator[tuple[int, list[str]]], known: Mapping[str, str], needed: int) -> Table:
    seen = list(itertools.islice(cells, _TITLE_LINES if needed == 1 else _TITLE_LINES_SURE))
    for index, (line, row) in enumerate(seen):
        if sum(plain(cell) in known for cell in row) >= needed:
            titles = frozenset(text for _, above in seen[:index] if (text := plain("".join(above))))
            return Table(tuple(row), line, itertools.chain(seen[index + 1 :], cells), sheet, titles)
    if not seen:
        return Table((), 0, iter(()), sheet)
    return Table(tuple(seen[0][1]), seen[0][0], itertools.chain(seen[1:], cells), sheet)


def columns(
    heading: Sequence[str], known: Mapping[str, str], mapping: Mapping[str, str] | None, name: str
) -> dict[str, int]:
    """Field to column number, by the known spellings and by a ``mapping`` field → heading or 1-based number, which wins.

    Of several columns for one field the one is taken whose spelling comes first in ``known``.

    Raises BadInput for a mapping that names a column the table does not have.
    """
    found: dict[str, int] = {}
    spelled = [plain(cell) for cell in heading]
    for spelling, field in known.items():  # the likeliest spelling of a field first, wherever it stands
        if spelling in spelled:
            found.setdefault(field, spelled.index(spelling))
    for field, wanted in (mapping or {}).items():
        if wanted.isdecimal() and 0 < int(wanted) <= len(heading):
            found[field] = int(wanted) - 1
            continue
        matches = [index for index, cell in enumerate(heading) if plain(cell) == plain(wanted)]
        if not matches:
            raise BadInput(
                f"no column {wanted!r}: there are {', '.join(heading)[:300]}", where=f"{name}, column {field}"
            )
        found[field] = matches[0]
    return found
