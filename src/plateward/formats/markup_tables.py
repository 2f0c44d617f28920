"""Tables in pages and in the XML of spreadsheets: what many systems save under the name .xls. Streamed, row by row.

HTML (``table``, ``tr``, ``td``) and SpreadsheetML 2003 (``Worksheet``, ``Row``, ``Cell``) are read by one tolerant parser, which
knows no entities but HTML's and opens no address. A cell over several rows or columns counts in the first of its columns, in every
row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO

from plateward.core.errors import BadInput
from plateward.formats.text import MAX_CELL, decode, encoding_of

_HEAD = re.compile(
    r"\s*<(?:!doctype|html|head|meta|body|table|style|div|\?xml|\?mso|workbook|ss:workbook)\b", re.IGNORECASE
)
_TABLES = re.compile(r"<(?:table|(?:\w+:)?worksheet)\b", re.IGNORECASE)
_CHUNK = 1 << 16
_MAX_SPAN = 1000
_MAX_OPEN = 1 << 20


def has_tables(head: bytes) -> bool:
    """Whether a file that begins so is a page or an XML spreadsheet with a table in it."""
    text = decode(head).lstrip("\ufeff")
    return _HEAD.match(text) is not None and _TABLES.search(text) is not None


def rows_of(stream: BinaryIO, name: str) -> Iterator[tuple[str, int, list[str]]]:
    """The rows of all tables as (sheet, number of the row, cells). Raises BadInput for a cell that never ends."""
    head = stream.read(256)
    encoding = encoding_of(head)
    stream.seek(0)
    if encoding == "utf-8":
        chunks: Iterator[str] = _decoded(stream)
    else:
        chunks = iter([stream.read().decode(encoding, "replace")])
    parser = _Rows(name)
    for chunk in chunks:
        parser.feed(chunk)
        yield from parser.taken()
        if len(parser.rawdata) > _MAX_OPEN:
            raise BadInput("a tag or comment of this page never ends", where=name)
    parser.close()
    yield from parser.taken()


def _decoded(stream: BinaryIO) -> Iterator[str]:
    """UTF-8, or Windows-1252 where it is not, cut at tags so that no character is split."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        whole, mark, after = (rest + chunk).rpartition(b">")
        if mark:
            yield decode(whole + mark)
        rest = after
    yield decode(rest)


class _Rows(HTMLParser):
    """Rows as they close. A table within a cell stands for itself, and the row around it is dropped."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self._name = name
        self._done: list[tuple[str, int, list[str]]] = []
        self._tables = self._number = 0
        self._sheet = ""
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._silent = 0
        self._over: dict[int, tuple[int, str]] = {}
        """Cells that reach down: column to how many rows are left, this one included, and the text."""
        self._reach: dict[int, str] = {}
        self._span = (1, 1)
        self._size = 0

    def taken(self) -> Iterator[tuple[str, int, list[str]]]:
        """The rows that are complete, once."""
        done, self._done = self._done, []
        yield from done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag, told = tag.rpartition(":")[2], {key.rpartition(":")[2]: value or "" for key, value in attrs}
        if tag in ("table", "worksheet"):
            self._begin(told.get("name", "") if tag == "worksheet" else self._sheet)
        elif tag in ("tr", "row"):
            self._end_row()
            self._row, self._number = [], self._number + 1
            self._reach = {column: text for column, (_, text) in self._over.items()}
        elif tag in ("td", "th", "cell") and self._row is not None:
            self._end_cell()
            self._place(told)
        elif tag in ("script", "style"):
            self._silent += 1
        elif tag in ("br", "p", "li", "div") and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("td", "th", "cell"):
            self._end_cell()
        elif tag in ("tr", "row", "table", "worksheet"):
            self._end_row()
        elif tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(data)
            self._size += len(data)
            if self._size > MAX_CELL:
                raise BadInput("this cell never ends", where=f"{self._name}, row {self._number}")

    def _begin(self, sheet: str) -> None:
        if sheet != self._sheet or self._tables == 0:
            self._number = 0
        self._tables += 1
        self._sheet, self._row, self._cell, self._over = sheet, None, None, {}

    def _place(self, told: dict[str, str]) -> None:
        """Begin a cell where it belongs: behind those of rows above that reach down, or at the column it names."""
        row = self._row if self._row is not None else []
        wanted = int(told["index"]) - 1 if told.get("index", "").isdecimal() and len(told["index"]) < 5 else len(row)
        while len(row) in self._reach or len(row) < wanted:
            row.append(self._reach.pop(len(row), ""))
        self._cell, self._size = [], 0
        across = _span(told.get("colspan") or _more(told.get("mergeacross", "")))
        self._span = (across, _span(told.get("rowspan") or _more(told.get("mergedown", ""))))

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        text = re.sub(r"[^\S\n]+", " ", "".join(self._cell).replace("\u00a0", " ")).strip()
        across, down = self._span
        if down > 1:
            self._over[len(self._row)] = (down, text)
        self._row += [text, *[""] * (across - 1)]
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            for column, text in sorted(self._reach.items()):
                self._row += [""] * (column - len(self._row)) + [text]
            self._done.append((self._sheet, self._number, self._row))
            self._over = {column: (left - 1, text) for column, (left, text) in self._over.items() if left > 1}
        self._row = None


def _span(text: str) -> int:
    return min(int(text), _MAX_SPAN) if text.isdecimal() and 0 < len(text) < 6 and int(text) else 1


def _more(text: str) -> str:
    """A count of further cells, as SpreadsheetML has it, as one of all."""
    return str(int(text) + 1) if text.isdecimal() and len(text) < 5 else ""
