"""Forms that carry files (multipart/form-data, RFC 7578): read as a stream, bounded, and held in memory only."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from plateward.web.problem import Problem

MULTIPART = "multipart/form-data"
LARGEST = 32 << 20
"""Bytes that all files of one form may have together."""

_FIELDS = 200
_TEXT = 256 * 1024
"""Parts of one form, and bytes of all fields that are no files."""

_NAME = 120
_WAIT_S = 120.0
"""Longest that a browser may take to send a form."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form: the field's name, the file's own (made safe to show), and its bytes."""

    field: str
    name: str
    data: bytes


@dataclass(slots=True)
class _Part:
    headers: dict[str, str]
    data: bytearray
    field: str = ""
    name: str | None = None


class _Form:
    """Collects what the parser meets. Raises Problem as soon as a bound is passed."""

    def __init__(self, boundary: bytes, largest: int, most: int) -> None:
        self.fields: dict[str, list[str]] = {}
        self.files: list[Upload] = []
        self._largest, self._most = largest, most
        self._sizes = {True: 0, False: 0}
        self._count = 0
        self._part = _Part({}, bytearray())
        self._header, self._value = bytearray(), bytearray()
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._named,
                "on_part_data": self._data,
                "on_part_end": self._end,
            },
        )

    def _begin(self) -> None:
        self._count += 1
        if self._count > _FIELDS:
            raise Problem(400, f"The form has more than {_FIELDS} parts.")
        self._part = _Part({}, bytearray())

    def _header_end(self) -> None:
        self._part.headers[self._header.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._header.clear()
        self._value.clear()

    def _named(self) -> None:
        kind, options = parse_options_header(self._part.headers.get("content-disposition", ""))
        if kind != b"form-data" or b"name" not in options:
            raise Problem(400, "A part of the form has no name.")
        self._part.field = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options:
            self._part.name = options[b"filename"].decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        file = self._part.name is not None
        self._sizes[file] += end - start
        if self._sizes[True] > self._largest:
            raise too_large(self._largest)
        if self._sizes[False] > _TEXT:
            raise Problem(413, f"The form's fields hold more than {_TEXT >> 10} KiB of text.")
        self._part.data += data[start:end]

    def _end(self) -> None:
        part = self._part
        if part.name is None:
            text = part.data.decode("utf-8", "strict")
            if text:
                self.fields.setdefault(part.field, []).append(text)
            return
        if part.name == "" and not part.data:  # a field for a file in which none was chosen
            return
        if len(self.files) >= self._most:
            raise Problem(413, f"The form carries more than {self._most} files.", next_step="Send them in parts.")
        self.files.append(Upload(part.field, safe_name(part.name), bytes(part.data)))
        part.data.clear()


def too_large(largest: int) -> Problem:
    """What is said of files that are too large."""
    return Problem(
        413,
        f"The files are larger than {largest >> 20} MB together.",
        next_step="Larger files are read by the command line, which streams them: plateward review. See Help.",
    )


def safe_name(written: str) -> str:
    """A file's name without its folders, without what cannot be seen, and not longer than people read."""
    name = re.split(r"[\\/]", written)[-1]
    name = "".join(
        ch for ch in name if ch.isprintable() and ch not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    if len(name) > _NAME:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[: _NAME - 10]}…{dot}{suffix[:8]}" if dot else f"{name[:_NAME]}…"
    return name.strip() or "file"


async def read_form(request: Request, largest: int, most: int) -> tuple[dict[str, list[str]], tuple[Upload, ...]]:
    """Fields and files of a form. Raises Problem for a form that is broken, too large, or too slow to arrive.

    ``largest``: bytes of all files together; ``most``: files. What comes after a form was found too large is thrown away unread for
    a while, because a browser shows the answer only once it has sent what it meant to send.
    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:
        raise Problem(400, "The form cannot be read: its boundary is missing.")
    ceiling = largest + (1 << 20)
    if int(request.headers.get("content-length") or 0) > ceiling:
        await throw_away(request, 2 * ceiling)
        raise too_large(largest)
    form = _Form(boundary, largest, most)
    try:
        async with asyncio.timeout(_WAIT_S):
            async for chunk in request.stream():
                form.parser.write(chunk)
        form.parser.finalize()
    except Problem:
        await throw_away(request, 2 * ceiling)
        raise
    except TimeoutError:
        raise Problem(408, "The form took too long to arrive.", next_step="Try again on a faster line.") from None
    except (FormParserError, UnicodeDecodeError):
        raise Problem(
            400, "The form cannot be read: it is broken or was cut off.", next_step="Send it again."
        ) from None
    if form.parser.state != form.parser.state.END:
        raise Problem(400, "The form cannot be read: it was cut off.", next_step="Send it again.")
    return form.fields, tuple(form.files)


async def throw_away(request: Request, most: int, wait_s: float = 20.0) -> None:
    """Read and forget up to ``most`` bytes of a body that nobody wants."""
    seen = 0
    try:
        async with asyncio.timeout(wait_s):
            while seen <= most:
                message = await request.receive()
                seen += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
