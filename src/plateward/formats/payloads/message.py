"""A camera's request body opened: documents (JSON, XML, CSV, lines of text) with the pictures that came beside them.

Everything here comes from a network that may be hostile: sizes and counts are bounded, what unfolds is bounded while it
unfolds, XML with a document type is refused before any entity is read (CVE-2003-1564, the "billion laughs"; CWE-611,
external entities), and JSON is taken apart by shape, so that depth and unknown fields cost nothing. What firmware
writes beside the standards and means plainly is read: multipart with bare line feeds or without its boundary in the
heading, nulls for fields that are missing, other encodings.
"""

from __future__ import annotations

import binascii
import contextlib
import re
import zlib
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from python_multipart.multipart import parse_options_header

from plateward.core.errors import BadInput
from plateward.formats.reads import Rejected
from plateward.formats.text import decode, encoding_of

T = TypeVar("T")

MAX_BODY = 8 * 1024 * 1024
"""A message with two full pictures, base64 included. Cameras send no more."""
MAX_XML = 1024 * 1024
MAX_PARTS = 32
_JPEG = b"\xff\xd8\xff"
_GZIP, _ZLIB = b"\x1f\x8b", (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
_PACKED = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
_SPACE = b" \t\r\n\0"
_LINES = (b"Events[", b"ReturnEvents[", b"Code=", b"Heartbeat")
"""How documents begin that are neither JSON nor XML, but lines of text that a sender writes in parts of their own."""

_MULTIPART = re.compile(rb"--([^\r\n]{1,70}?)[ \t]*\r?\n(?:\r?\n)?content-[a-z]+:", re.IGNORECASE)
_HEADER = re.compile(rb"\s*((?:[A-Za-z-]{1,40}:[^\n]{0,1000}\n)+)\r?\n")
_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]")
_DECLARED = re.compile(rb"""^<\?xml[^>]{0,100}encoding=["']([\w-]{1,40})["']""")


class Unsafe(BadInput):
    """A message that no camera writes and that is made to harm whoever reads it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body, or one field of a form."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One document and the JPEG pictures sent with it. Of ``top``, ``items`` and ``xml`` at most one is there; else it is text.

    ``broken``: documents of the same body that cannot be read. ``top``: the fields of a JSON object. ``items``: a JSON
    array. ``xml``: the root element.
    """

    document: bytes
    pictures: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    broken: tuple[Rejected, ...] = ()
    top: Mapping[str, msgspec.Raw] | None = None
    items: tuple[msgspec.Raw, ...] | None = None
    xml: Element | None = None


def open_message(body: bytes, content_type: str) -> tuple[Message, ...]:
    """The documents of a body, each with the pictures that follow it. Raises BadInput, or Unsafe for what is made to harm."""
    body = _unfolded(body) if body.startswith((_GZIP, *_ZLIB)) else body
    if len(body) > MAX_BODY:
        raise BadInput(f"a camera's message has at most {MAX_BODY // 1024 // 1024} MiB", where="body")
    if not body.strip(_SPACE):
        raise BadInput("the message is empty", where="body")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/") or _MULTIPART.match(body.lstrip(_SPACE)):
        parts, notes = split_multipart(body, content_type)
        return _documents(parts, notes)
    if kind == "application/x-www-form-urlencoded" and body.lstrip(_SPACE)[:1] not in (b"{", b"[", b"<"):
        return _documents(_form(body), ())
    return (_message(body, (), ()),)


def _unfolded(body: bytes) -> bytes:
    """A body in gzip or deflate, as proxies make it; never more than ``MAX_BODY`` is unfolded. Raises BadInput, Unsafe for more."""
    unpack = zlib.decompressobj(32 + zlib.MAX_WBITS)  # either heading
    try:
        plain = unpack.decompress(body, MAX_BODY)
    except zlib.error as error:
        raise BadInput(f"this is not whole gzip: {error}", where="body") from None
    if unpack.unconsumed_tail:
        raise Unsafe(f"the body unfolds to more than {MAX_BODY // 1024 // 1024} MiB", where="body")
    return plain


def split_multipart(body: bytes, content_type: str) -> tuple[list[Part], tuple[str, ...]]:
    """The parts of a multipart body, the last as far as it goes where the body breaks off (a note says so). Raises BadInput.

    By RFC 2046, and what cameras make of it: bare line feeds, spaces after a boundary, a blank line before a part's
    headings, a boundary that only the body tells.
    """
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"").strip()
    if not boundary or b"--" + boundary not in body:
        told = _MULTIPART.match(body.lstrip(_SPACE))
        if told is None:
            why = "this is not multipart: its boundary is not in it" if boundary else "multipart without a boundary"
            raise BadInput(why, where="body" if boundary else "Content-Type")
        boundary = told[1]
    edges = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    parts: list[Part] = []
    begins, ended = -1, False
    for edge in edges.finditer(body):
        if begins >= 0:
            parts.append(_part(body[begins : edge.start()]))
        begins, ended = edge.end(), edge[1] is not None
        if ended:
            break
        if len(parts) >= MAX_PARTS:
            raise BadInput(f"a message has at most {MAX_PARTS} parts", where="body")
    if not ended and 0 <= begins < len(body):
        parts.append(_part(body[begins:]))
    if not parts:
        raise BadInput("the message holds no part", where="body")
    return parts, () if ended else ("The message broke off within its last part.",)


def _part(data: bytes) -> Part:
    """A part's headings and bytes; a part may have none."""
    found = _HEADER.match(data)
    if found is None:
        return Part("", data.removeprefix(b"\r\n"))
    headings: dict[bytes, bytes] = {}
    for line in found[1].splitlines():
        name, _, value = line.partition(b":")
        headings[name.strip().lower()] = value.strip()
    _, options = parse_options_header(headings.get(b"content-disposition", b""))
    called = options.get(b"filename") or options.get(b"name") or b""
    content = data[found.end() :]
    if headings.get(b"content-transfer-encoding", b"").lower() == b"base64":
        with contextlib.suppress(binascii.Error):  # left as it is: whoever reads the part says what is wrong with it
            content = b64decode(content)
    return Part(called[:100].decode("utf-8", "replace"), content)


def typed(raw: bytes | msgspec.Raw, shape: type[T], where: str = "", spare: Collection[str] = ()) -> T:
    """JSON as ``shape``: unknown fields passed over, numbers in quotes allowed, null like a field that is missing.

    ``spare``: fields without which a read is still a read (a box, other readings); one of another shape than foreseen is left out.
    Raises BadInput naming the field.
    """
    try:
        return msgspec.json.decode(raw, type=shape, strict=False)
    except msgspec.ValidationError as error:
        mended = _mended(raw, str(error), spare)
        if mended is not None:
            return typed(mended, shape, where, spare)
        message, _, path = str(error).partition(" - at `$")
        at = f"{where}{path.rstrip('`')}".strip(".")
        raise BadInput(message, where=at or None) from None
    except RecursionError:
        raise Unsafe("the JSON is nested deeper than any camera writes it", where=where or "body") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"this is not whole JSON: {error}", where=where or "body") from None


def _mended(raw: bytes | msgspec.Raw, error: str, spare: Collection[str]) -> bytes | None:
    """The same JSON without what ``error`` complains of, where that is a null or lies in a spare field; else None."""
    if "got `null`" in error:
        pruned = msgspec.json.encode(_without_nulls(msgspec.json.decode(raw)))
        if len(pruned) < len(bytes(raw)):
            return pruned
    path = [name or int(index) for name, index in _STEP.findall(error.partition(" - at `$")[2])]
    depth = next((depth for depth, step in enumerate(path) if step in spare), None)
    if depth is None:
        return None
    whole = inside = msgspec.json.decode(raw)
    for step in path[:depth]:
        inside = inside[step]
    del inside[path[depth]]
    return msgspec.json.encode(whole)


def _without_nulls(value: Any) -> Any:
    """The same JSON without fields that are null. Lists keep their length, so that an index names the same item."""
    if isinstance(value, dict):
        return {name: _without_nulls(inside) for name, inside in value.items() if inside is not None}
    return [_without_nulls(inside) for inside in value] if isinstance(value, list) else value


def _documents(parts: Sequence[Part], notes: tuple[str, ...]) -> tuple[Message, ...]:
    documents: list[bytes] = []
    pictures: list[list[Part]] = [[]]  # those after the first document, after the second, …
    odd = list(notes)
    for part in parts:
        if part.data.startswith(_JPEG):
            pictures[-1].append(part)
        elif _begins_document(part.data):
            if documents:
                pictures.append([])
            documents.append(part.data)
        elif part.data.strip(_SPACE):
            odd.append(f"Part {part.name!r} is neither JSON, XML nor a JPEG picture: left out.")
    if not documents and (fields := dict(_fields(parts))):
        documents, odd = [msgspec.json.encode(fields)], list(notes)
    if not documents:
        raise BadInput("no part of the message is JSON or XML", where="body")
    found: list[Message] = []
    broken: list[Rejected] = []
    for document, beside in zip(documents, pictures, strict=True):
        try:
            found.append(_message(document, tuple(beside), ()))
        except Unsafe:
            raise
        except BadInput as wrong:
            if len(documents) == 1:
                raise
            broken.append(Rejected(len(found) + len(broken), wrong.where or "body", wrong.args[0]))
    if not found:
        raise BadInput(broken[0].error, where=broken[0].field)
    return (replace(found[0], notes=tuple(odd), broken=tuple(broken)), *found[1:])


def _begins_document(data: bytes) -> bool:
    head = _plain(data[:64]).lstrip(_SPACE)
    return head[:1] in (b"{", b"[", b"<") or head.startswith(_LINES)


def _fields(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Parts that are single values, as a form has them."""
    for part in parts:
        if part.name and len(part.data) <= 1000 and not part.data.startswith(_JPEG):
            yield part.name, decode(part.data).strip()


def _form(body: bytes) -> list[Part]:
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=MAX_PARTS, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"the form cannot be read: {error}", where="body") from None
    return [Part(name, value.encode()) for name, value in pairs]


def _plain(text: bytes) -> bytes:
    """Text in UTF-16 as UTF-8; bytes that are neither become U+FFFD, which no plate may hold."""
    encoding = encoding_of(text)
    if encoding == "utf-8":
        return text if text.isascii() else text.decode("utf-8", "replace").encode()
    return text.decode(encoding, "replace").removeprefix("\ufeff").encode()


def _message(document: bytes, pictures: tuple[Part, ...], notes: tuple[str, ...]) -> Message:
    text = document.removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
    if text.startswith(_PACKED):
        raise BadInput("the body is compressed or an archive; send it as it is", where="body")
    if text.startswith(_JPEG):
        raise BadInput("this is a picture without a message; set the sender to send its JSON or XML too", where="body")
    if not _DECLARED.match(text):
        text = _plain(document).removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
    lines = [line.rstrip(_SPACE) for line in text.split(b"\n") if line.strip(_SPACE)]
    if len(lines) > 1 and lines[0].endswith(b"}") and all(line.startswith(b"{") for line in lines):
        return Message(text, pictures, notes, items=tuple(msgspec.Raw(line) for line in lines))
    if text.startswith(b"{"):
        return Message(text, pictures, notes, top=typed(text, dict[str, msgspec.Raw]))
    if text.startswith(b"["):
        return Message(text, pictures, notes, items=typed(text, tuple[msgspec.Raw, ...]))
    if text.startswith(b"<"):
        return Message(text, pictures, notes, xml=_xml(text))
    return Message(text, pictures, notes)


def _xml(text: bytes) -> Element:
    if len(text) > MAX_XML:
        raise BadInput(f"an XML message has at most {MAX_XML // 1024} KiB", where="body")
    try:
        root: Element = fromstring(_declared_as_read(text), forbid_dtd=True)
    except DefusedXmlException:
        raise Unsafe("XML with a document type or entities is refused: no camera writes it", where="body") from None
    except (ParseError, ValueError, LookupError) as error:
        raise BadInput(f"this is not whole XML: {error}", where="body") from None
    return root


def _declared_as_read(text: bytes) -> bytes | str:
    """XML as the parser can take it: of an encoding that it does not know (GB2312, GBK), or that was UTF-16, as text undeclared."""
    found = _DECLARED.match(text)
    declared = found[1].lower().decode() if found is not None else "utf-8"
    if declared in ("utf-8", "us-ascii", "iso-8859-1"):
        return text
    return text.decode("utf-8" if declared == "utf-16" else declared, "replace").partition("?>")[2]
