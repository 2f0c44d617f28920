"""A file as records: lines or blocks of bytes, decoded and cut into fields, without ever holding more than two."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import BinaryIO

from plateward.core.errors import BadInput
from plateward.formats.hotlists.layout import Layout, Place, from_heading, left_of, without_heading
from plateward.formats.text import encoding_of

LONGEST_LINE = 64 * 1024
_SNIFFED = 20
_BETWEEN = "\f\x1a\0"
"""Form feeds between pages, the end mark of old systems and filling are no part of a line."""


_DOCUMENTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x1f\x8b")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the number of its line (or block), its cells or its text, and what could not be read of it.

    ``under``: the heading of the section it stands in, where that matters. ``worry``: what is wrong with the file as a whole; such
    a one is no record.
    """

    line: int
    cells: tuple[str, ...]
    error: str = ""
    under: str = ""
    worry: str = ""

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
    """A file that is understood: its layout, the heading's columns by name, and its records as they are read.

    ``remarks``: how the heading was understood. ``skipped``: lines above the records, which still hold the lines that are none.
    """

    layout: Layout
    heading: dict[str, int]
    records: Iterator[Record]
    skipped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def open_file(stream: BinaryIO, layout: Layout | None) -> Opened:
    """Understand ``stream``. Without ``layout`` it is a CSV that explains itself. Raises BadInput where it does not."""
    if isinstance(stream, io.BufferedReader) and stream.peek(8)[:8].startswith(_DOCUMENTS):
        raise BadInput("this is a workbook or another document: save the list as CSV", where="file")
    if layout is not None and layout.layout == "fixed" and layout.record_length is not None:
        return Opened(layout, {}, _blocks(stream, layout))
    lines = _Lines(stream, layout.encoding if layout else "")
    skipped = tuple(islice(lines, layout.skip_lines if layout else 0))
    if layout is not None and layout.layout == "fixed":
        return Opened(layout, {}, _fixed(lines, layout), skipped)
    return _delimited(lines, layout, skipped)


def _fixed(lines: _Lines, layout: Layout) -> Iterator[Record]:
    """Records that are lines. One of another length than it should have is named: its fields may have shifted."""
    usual: Counter[int] = Counter()
    for number, line in enumerate(lines, layout.skip_lines + 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        error, length = "", len(text)
        if "\t" in text and not layout.tabs:
            error = "a tab stands in this record; say in the layout how far apart they are (tabs = 8)"
        elif "\t" in text:
            text = text.expandtabs(layout.tabs or 8)
        elif layout.line_length and length != layout.line_length:
            error = f"this record has {length} characters where the layout says {layout.line_length}"
        elif lines.broke_off and usual.total() > 1 and len(usual) == 1 and length < min(usual):
            error = f"the last record has {length} of {min(usual)} characters: the file was cut off"
        if len(usual) < 3:
            usual[length] += 1
        yield Record(number, (text,), error)


def _delimited(lines: _Lines, layout: Layout | None, skipped: tuple[str, ...]) -> Opened:
    seen = list(islice(lines, _SNIFFED))
    delimiter = layout.delimiter if layout else _delimiter_of(seen)
    quote = layout.quote if layout else '"'
    first = next((line for line in seen if line.strip()), "")
    try:
        columns = next(iter(csv.reader([first], delimiter=delimiter)), [])
    except csv.Error as error:
        raise BadInput(f"this line cannot be taken apart ({error})", where="line 1") from None
    explains_itself = layout is None
    if layout is None:
        layout = from_heading(columns, delimiter) or without_heading(columns, delimiter)
        if layout is None:
            raise BadInput(
                "no column is called plate; name the columns in the first line, or describe the file in a layout file",
                where="line 1",
            )
    over = _End()
    reader = csv.reader(
        chain(seen, lines, over), delimiter=delimiter, quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )  # fmt: skip
    records = _rows(reader, layout, over)
    heading: dict[str, int] = {}
    if layout.header:
        named = next(records, None)
        heading = {name.strip(): number for number, name in enumerate(named.cells)} if named else {}
        missing = [p.name for p in (layout.fields.plate, layout.fields.state) if p and p.name and p.name not in heading]
        if missing:
            raise BadInput(f"the heading has no column {missing[0]!r}", where="line 1")
        records = _as_wide(records, len(named.cells) if named else 0, lines)
    remarks = tuple(left_of(layout, columns)) if explains_itself and layout.header else ()
    return Opened(layout, heading, records, skipped, remarks)


def _as_wide(records: Iterator[Record], width: int, lines: _Lines) -> Iterator[Record]:
    """Rows below a heading of ``width`` cells. One with more has shifted; a last one with fewer broke off."""
    held: Record | None = None
    for record in records:
        if held is not None:
            yield held
        held, cells = record, record.cells
        if any(cell.strip() for cell in cells[width:]):
            why = f"this line has {len(cells)} cells and the heading {width}: which is which cannot be told"
            held = replace(record, error=why)
    if held is not None and 1 < len(held.cells) < width and lines.broke_off:
        held = replace(held, error=f"the last line has {len(held.cells)} of {width} cells: the file was cut off")
    if held is not None:
        yield held


class _End:
    """No line, behind the last. ``asked``: whether one was wanted, as only the end and an open quotation want it."""

    def __init__(self) -> None:
        self.asked = False

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        yield from ()


def _rows(reader: Iterator[list[str]], layout: Layout, over: _End) -> Iterator[Record]:
    number = layout.skip_lines
    while True:
        begins = number + 1
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
        if over.asked:
            raise BadInput("a quotation begins here and does not end", where=f"line {begins}")
        if any(cell.strip() for cell in cells):
            yield Record(number, tuple(cells))


def _blocks(stream: BinaryIO, layout: Layout) -> Iterator[Record]:
    length = layout.record_length or 1
    decode = codecs.getdecoder(layout.encoding or "cp1252")
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
        if text.strip():
            yield Record(number, (text,))


class _Lines:
    """The lines of a file as text, each ended by a line feed. ``broke_off``: whether the line given last had no end in the file."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self.broke_off = False
        self._source = _lines(stream, encoding)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        text = line.rstrip("\r\n")
        if text.strip(_BETWEEN):  # an end mark of its own is no last line
            self.broke_off = text == line
        return f"{text.strip(_BETWEEN)}\n"


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines with their ends. What is too long to be a line is refused, because everything after it would be lost."""
    start = stream.peek(256)[:256] if isinstance(stream, io.BufferedReader) and not encoding else b""
    wide = encoding or encoding_of(start)
    if wide.lower().replace("-", "").startswith(("utf16", "utf32")):
        text = io.TextIOWrapper(stream, wide, errors="replace", newline="")
        yield from (line.removeprefix("\ufeff") for line in iter(lambda: text.readline(LONGEST_LINE), ""))
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
        line = _decoded(raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw, encoding)
        *before, last = line.rstrip("\r\n").split("\r")  # a return alone ends a line too, as old spreadsheets write it
        yield from (f"{one}\n" for one in before)
        yield last + line[len(line.rstrip("\r\n")) :]


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
