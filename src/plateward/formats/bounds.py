"""How much a file may unfold to: a small file that means gigabytes is refused before anything reads it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import BinaryIO

from plateward.core.errors import BadInput

MAX_DOCUMENT = 64 << 20
"""Largest PDF, workbook, page or JSON document, in bytes."""

MAX_UNFOLDED = 256 << 20
MAX_TEXT_STREAM = 48 << 20
"""Most that all compressed parts of a PDF which are not pictures may unfold to, in bytes."""

_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def check_size(data: bytes, name: str) -> None:
    """Raise BadInput where a document that must be read whole is too large for that."""
    if len(data) > MAX_DOCUMENT:
        raise BadInput(
            f"the document has {len(data) >> 20} MiB; at most {MAX_DOCUMENT >> 20} MiB are read, so split it",
            where=name,
        )


def check_pdf(data: bytes, name: str) -> None:
    """Raise BadInput where the compressed parts of a PDF unfold to more than a report can hold (a "PDF bomb").

    Every stream is unfolded piece by piece and only counted. A stream compressed twice, which no report generator writes, is
    refused as it stands.
    """
    total = text = 0
    for found in _STREAM.finditer(data):
        heading = data[max(0, found.start() - 2000) : found.start()].rsplit(b"obj", 1)[-1]
        if heading.count(b"FlateDecode") + heading.count(b"LZWDecode") > 1:
            raise BadInput("a part of this PDF is compressed twice, as only hostile files do", where=name)
        room = MAX_UNFOLDED - total
        size = _unfolded(data, found.end(), room) if b"FlateDecode" in heading else 0
        total += size
        text += 0 if b"/Image" in heading else size
        if total >= MAX_UNFOLDED or text >= MAX_TEXT_STREAM:
            raise BadInput(
                f"the PDF unfolds to more than {MAX_TEXT_STREAM >> 20} MiB of text, or {MAX_UNFOLDED >> 20} MiB in all",
                where=name,
            )


def _unfolded(data: bytes, start: int, room: int) -> int:
    """Size that the Flate stream at ``start`` unfolds to, counted up to ``room``."""
    unpack, size, view = zlib.decompressobj(), 0, memoryview(data)
    try:
        for offset in range(start, len(data), 1 << 16):
            rest: bytes | memoryview = view[offset : offset + (1 << 16)]
            while rest and not unpack.eof:
                size += len(unpack.decompress(rest, 1 << 20))
                if size >= room:
                    return size
                rest = unpack.unconsumed_tail
            if unpack.eof:
                break
    except zlib.error:
        return size
    return size


def check_zip(source: bytes | BinaryIO, name: str) -> None:
    """Raise BadInput where the parts of a workbook (XLSX is a zip) unfold to more than ``MAX_UNFOLDED`` bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadInput(f"this is no workbook: {error}", where=name) from None
    shared = sum(part.file_size for part in parts if "sharedStrings" in part.filename)
    if sum(part.file_size for part in parts) > 8 * MAX_UNFOLDED or shared > MAX_UNFOLDED or len(parts) > 10_000:
        raise BadInput(
            f"the workbook unfolds to more than {8 * MAX_UNFOLDED >> 20} MiB: export it as CSV instead", where=name
        )
    if any(part.file_size > 1000 * max(part.compress_size, 1 << 12) for part in parts):
        raise BadInput("a part of the workbook unfolds a thousandfold, as only hostile files do", where=name)
