"""A camera's request body opened: documents (JSON, XML, CSV) with the pictures that came beside them.

Everything here comes from a network that may be hostile: sizes and counts are bounded, compressed bodies are refused, XML with
a document type is refused before any entity is read (CVE-2003-1564, the "billion laughs"; CWE-611, external entities), and
JSON is taken apart by shape, so that depth and unknown fields cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from plateward.core.errors import BadInput
from plateward.formats.reads import Rejected

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

T = TypeVar("T")

MAX_BODY = 8 * 1024 * 1024
"""A message with two full pictures, base64 included. Cameras send no more."""
MAX_XML = 1024 * 1024
MAX_PARTS = 32
_JPEG = b"\xff\xd8\xff"
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
_SPACE = b" \t\r\n"


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

    ``broken``: documents of the same body that cannot be read. ``top``: the fields of a JSON object. ``items``: a JSON array.
    ``xml``: the root element.
    """

    document: bytes
    pictures: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    broken: tuple[Rejected, ...] = ()
    top: Mapping[str, msgspec.Raw] | None = None
    items: tuple[msgspec.Raw, ...] | None = None
    xml: Element | None = None


@dataclass(slots=True)
class _Collected:
    """Parts as the parser hands them over; ``header`` and ``headers`` are of the part being read."""

    done: list[Part] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    open: bool = False

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self.data.extend(data[start:end]),
            "on_part_end": self.finish,
            "on_header_field": lambda data, start, end: self.name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self.value.extend(data[start:end]),
            "on_header_end": self._header,
        }

    def _begin(self) -> None:
        if len(self.done) >= MAX_PARTS:
            raise BadInput(f"a message has at most {MAX_PARTS} parts", where="body")
        self.data, self.headers, self.open = bytearray(), {}, True

    def _header(self) -> None:
        self.headers[bytes(self.name).lower()] = bytes(self.value)
        self.name.clear()
        self.value.clear()

    def finish(self) -> None:
        """Keep the part being read as far as it came: whoever reads it sees whether it is whole."""
        self.open = False
        self.done.append(Part(self._called(), bytes(self.data)))

    def _called(self) -> str:
        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        name = options.get(b"filename") or options.get(b"name") or b""
        return name[:100].decode("utf-8", "replace")


def open_message(body: bytes, content_type: str) -> tuple[Message, ...]:
    """The documents of a body, each with the pictures that follow it. Raises BadInput, or Unsafe for what is made to harm."""
    if len(body) > MAX_BODY:
        raise BadInput(f"a camera's message has at most {MAX_BODY // 1024 // 1024} MiB", where="body")
    if not body.strip(_SPACE):
        raise BadInput("the message is empty", where="body")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        parts, notes = split_multipart(body, content_type)
        return _documents(parts, notes)
    if kind == "application/x-www-form-urlencoded" and body.lstrip(_SPACE)[:1] not in (b"{", b"[", b"<"):
        return _documents(_form(body), ())
    return (_message(body, (), ()),)


def split_multipart(body: bytes, content_type: str) -> tuple[list[Part], tuple[str, ...]]:
    """The parts of a multipart body, the last as far as it goes where the body breaks off (a note says so). Raises BadInput."""
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise BadInput("multipart without a boundary", where="Content-Type")
    found = _Collected()
    try:
        parser = MultipartParser(boundary, found.callbacks())
        parser.write(body)
        ended = not found.open
    except FormParserError as error:
        if not found.done:
            raise BadInput(f"this is not multipart: {error}", where="body") from None
        ended = False
    if found.open and found.data:
        found.finish()
    if not found.done:
        raise BadInput("the message holds no part", where="body")
    return found.done, () if ended else ("The message broke off within its last part.",)


def typed(raw: bytes | msgspec.Raw, shape: type[T], where: str = "") -> T:
    """JSON as ``shape``, unknown fields passed over and numbers in quotes allowed. Raises BadInput naming the field."""
    try:
        return msgspec.json.decode(raw, type=shape, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        at = f"{where}{path.rstrip('`')}".strip(".")
        raise BadInput(message, where=at or None) from None
    except RecursionError:
        raise Unsafe("the JSON is nested deeper than any camera writes it", where=where or "body") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"this is not whole JSON: {error}", where=where or "body") from None


def _documents(parts: Sequence[Part], notes: tuple[str, ...]) -> tuple[Message, ...]:
    documents: list[bytes] = []
    pictures: list[list[Part]] = [[]]  # those after the first document, after the second, …
    odd = list(notes)
    for part in parts:
        if part.data.startswith(_JPEG):
            pictures[-1].append(part)
        elif part.data.lstrip(_SPACE + b"\xef\xbb\xbf")[:1] in (b"{", b"[", b"<"):
            if documents:
                pictures.append([])
            documents.append(part.data)
        elif part.data.strip(_SPACE):
            odd.append(f"Part {part.name!r} is neither JSON, XML nor a JPEG picture: left out.")
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


def _form(body: bytes) -> list[Part]:
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=MAX_PARTS, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"the form cannot be read: {error}", where="body") from None
    return [Part(name, value.encode()) for name, value in pairs]


def _message(document: bytes, pictures: tuple[Part, ...], notes: tuple[str, ...]) -> Message:
    text = document.removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
    if text.startswith(_PACKED):
        raise BadInput("the body is compressed or an archive; send it as it is", where="body")
    if text.startswith(_JPEG):
        raise BadInput("this is a picture without a message; set the sender to send its JSON or XML too", where="body")
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
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Unsafe("XML with a document type or entities is refused: no camera writes it", where="body") from None
    except (ParseError, ValueError, LookupError) as error:
        raise BadInput(f"this is not whole XML: {error}", where="body") from None
    return root
