"""A file as records: lines or blocks of bytes, decoded and cut into fields, without ever holding more than one."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from plateward.core.errors import BadInput
from plateward.formats.hotlists.layout import Layout, Place, from_heading, without_heading

LONGEST_LINE = 64 * 1024
_SNIFFED = 20
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the number of its line (or block), its cells or its text, and what could not be read of it."""

    line: int
    cells: tuple[str, ...]
    error: str = ""

    def get(self, place: Place | None, heading: dict[str, int]) -> str:
        """What stands at ``place``; empty where the record is shorter."""
        if place is None:
            return ""
        if place.at is not None:
            text = self.cells[0][place.at - 1 : place.at - 1 + (place.length or 0)]
        else:
            number = place.column - 1 if place.column is not None else heading.get(place.name or "", -1)
            text = self.cells[number] if 0 <= number < len(self.cells) else ""
        text = text.strip()
        return text[: place.first] if place.first else text


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is understood: its layout, the heading's columns by name, and its records as they are read."""

    layout: Layout
    heading: dict[str, int]
    records: Iterator[Record]


def open_file(stream: BinaryIO, layout: Layout | None) -> Opened:
    """Understand ``stream``. Without ``layout`` it is a CSV that explains itself. Raises BadInput where it does not."""
    if layout is not None and layout.layout == "fixed" and layout.record_length is not None:
        return Opened(layout, {}, _blocks(stream, layout))
    lines = _lines(stream, layout.encoding if layout else "")
    lines = islice(lines, layout.skip_lines if layout else 0, None)
    if layout is not None and layout.layout == "fixed":
        first = layout.skip_lines + 1
        ignore = _ignored(layout)
        kept = (Record(n, (text,)) for n, text in enumerate(lines, first) if text.strip() and not ignore(text))
        return Opened(layout, {}, kept)
    return _delimited(lines, layout)


def _delimited(lines: Iterator[str], layout: Layout | None) -> Opened:
    seen = list(islice(lines, _SNIFFED))
    delimiter = layout.delimiter if layout else _delimiter_of(seen)
    quote = layout.quote if layout else '"'
    first = next((line for line in seen if line.strip()), "")
    try:
        columns = next(iter(csv.reader([first], delimiter=delimiter)), [])
    except csv.Error as error:
        raise BadInput(f"this line cannot be taken apart ({error})", where="line 1") from None
    if layout is None:
        layout = from_heading(columns, delimiter) or without_heading(columns, delimiter)
        if layout is None:
            raise BadInput(
                "no column is called plate; name the columns in the first line, or describe the file in a layout file",
                where="line 1",
            )
    reader = csv.reader(
        chain(seen, lines), delimiter=delimiter, quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )  # fmt: skip
    records = _rows(reader, layout)
    heading: dict[str, int] = {}
    if layout.header:
        named = next(records, None)
        heading = {name.strip(): number for number, name in enumerate(named.cells)} if named else {}
        missing = [p.name for p in (layout.fields.plate, layout.fields.state) if p and p.name and p.name not in heading]
        if missing:
            raise BadInput(f"the heading has no column {missing[0]!r}", where="line 1")
    return Opened(layout, heading, records)


def _rows(reader: Iterator[list[str]], layout: Layout) -> Iterator[Record]:
    ignore, number = _ignored(layout), layout.skip_lines
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number = layout.skip_lines + getattr(reader, "line_num", 0)
            if "limit" in str(error):
                raise BadInput("a quotation begins here or before and does not end", where=f"line {number}") from None
            yield Record(number, (), f"this line cannot be taken apart ({error})")
            continue
        number = layout.skip_lines + getattr(reader, "line_num", 0)
        if any(cell.strip() for cell in cells) and not ignore(layout.delimiter.join(cells)):
            yield Record(number, tuple(cells))


def _blocks(stream: BinaryIO, layout: Layout) -> Iterator[Record]:
    length = layout.record_length or 1
    decode, ignore = codecs.getdecoder(layout.encoding or "cp1252"), _ignored(layout)
    number = 0
    while block := stream.read(length):
        number += 1
        if number <= layout.skip_lines:
            continue
        if len(block) < length:
            if block.strip(b"\r\n\x1a \x00"):
                yield Record(number, (), f"the last record has {len(block)} of {length} bytes: the file was cut off")
            return
        text = decode(block, "replace")[0]
        if text.strip() and not ignore(text):
            yield Record(number, (text,))


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of a file as text. What is too long to be a line is refused, because everything after it would be lost."""
    start = stream.peek(4)[:4] if isinstance(stream, io.BufferedReader) else b""
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), "")
    if marked or encoding.lower().replace("-", "").startswith(("utf16", "utf32")):
        wide = io.TextIOWrapper(stream, marked or encoding, errors="replace", newline="")
        yield from iter(lambda: wide.readline(LONGEST_LINE), "")
        return
    if encoding and b"\n" not in "\n".encode(encoding):  # EBCDIC: its own line ends
        yield from io.TextIOWrapper(stream, encoding, errors="replace", newline=None)
        return
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise BadInput(
                "this line is longer than 64 KiB; a file of fixed records without line ends needs record_length in its layout",
                where=f"line {number}",
            )
        text = _decoded(raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw, encoding)
        for line in text.rstrip("\r\n").split("\r"):  # a return alone ends a line too, as old spreadsheets write it
            yield f"{line}\n"


def _decoded(raw: bytes, encoding: str) -> str:
    if encoding:
        return raw.decode(encoding, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _delimiter_of(lines: list[str]) -> str:
    """The delimiter that cuts the first lines into the same number of cells."""
    counts = {mark: Counter(line.count(mark) for line in lines if line.strip()) for mark in "\t|;,"}
    steady = {mark: max(c.items(), key=lambda item: (item[1], item[0])) for mark, c in counts.items() if c}
    best = max(steady, key=lambda mark: (steady[mark][0] > 0, steady[mark][1], steady[mark][0]), default=",")
    return best if steady and steady[best][0] > 0 else ","


class _ignored:
    """Whether a line is one of those that the layout says to pass over."""

    def __init__(self, layout: Layout) -> None:
        self._patterns = [re.compile(pattern) for pattern in layout.ignore]

    def __call__(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self._patterns)
