"""Text out of bytes: encodings, byte-order marks, bounded lines, delimiters.

A file that somebody else made is read in bounded memory: a line that never ends is an error that names it, not a crash.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from plateward.core.errors import BadInput

MAX_LINE = 1 << 20
"""Longest line accepted, in characters: a vendor's longest is a few thousand."""

MAX_CELL = 1 << 17

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ERRORS = "plateward.windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not UTF-8 are read as Windows-1252, the other encoding that offices produce."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_ERRORS, _as_windows)


def encoding_of(head: bytes) -> str:
    """The encoding of a text that begins with ``head``: by its byte-order mark, else by zero bytes, else UTF-8."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if len(head) >= 4 and head[1::2][:64].count(0) > len(head[1::2][:64]) // 2:
        return "utf-16-le"
    if len(head) >= 4 and head[0::2][:64].count(0) > len(head[0::2][:64]) // 2:
        return "utf-16-be"
    return "utf-8"


def decode(data: bytes) -> str:
    """All of ``data`` as text. Bytes that fit no encoding become Windows-1252 characters, never an error."""
    return data.decode(encoding_of(data[:256]), _ERRORS)


def lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """The lines of ``stream`` with their ends, in bounded memory. Raises BadInput naming a line longer than ``MAX_LINE``."""
    head = stream.read(256)
    source = io.BufferedReader(_Rejoined(head, stream), 1 << 16)
    text = io.TextIOWrapper(source, encoding_of(head), _ERRORS, newline="")
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadInput(
                f"the line is longer than {MAX_LINE:,} characters: this is no table that a system exports",
                where=f"{name}, line {number}",
            )
        yield line


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were looked at already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def delimiter_of(sample: str) -> str:
    """The character that separates cells in the first lines of a table, outside quotes; a comma where nothing does."""
    best, most = ",", 0
    for candidate in (",", "\t", ";", "|"):
        quoted, count = False, 0
        for char in sample:
            if char == '"':
                quoted = not quoted
            elif char == candidate and not quoted:
                count += 1
        if count > most:
            best, most = candidate, count
    return best


def rows(source: Iterator[str], name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Cells of a delimited text with the number of the line on which each row begins; quoted cells may span lines.

    Raises BadInput naming the row whose quote never closes or whose cell is longer than ``MAX_CELL``.
    """
    csv.field_size_limit(MAX_CELL)
    over: list[bool] = []

    def end() -> Iterator[str]:
        over.append(True)
        yield from ()

    reader = csv.reader(chain(source, end()), delimiter=delimiter)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(
                f"the row that begins here cannot be read ({error}): a quotation mark may never close",
                where=f"{name}, line {begins}",
            ) from None
        if over:  # only a row in search of the end of a quotation asks for a line after the last
            raise BadInput(
                f"a quotation mark opens in this row and never closes, so that all lines to {reader.line_num} were read as one: "
                "close it",
                where=f"{name}, line {begins}",
            )
        yield begins, cells
        begins = reader.line_num + 1
