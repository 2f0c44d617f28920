"""Bodies of events as JSON lines: what a holder may show beside a ledger, so that others can check it.

One object a line, in rising order of ``index``, in one of three forms:

    {"index": 7, "salt": hex, "body": {"open": {…}, "personal": {…}}}               the whole body
    {"index": 7, "salt": hex, "open": {…}, "personal_digest": hex}                  its open part; the salt is the derived one
    {"index": 7, "erased_at": "2031-11-22T00:00:00.000Z"}                           erased, and when
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plateward.core.canonical import canonical
from plateward.core.errors import BadInput
from plateward.core.event import MAX_BODY, Disclosure, Entry, opens, opens_in_part, parse_instant, write_instant

MAX_LINE = MAX_BODY + 4096

_FORMS = ({"index", "salt", "body"}, {"index", "salt", "open", "personal_digest"}, {"index", "erased_at"})


@dataclass(frozen=True, slots=True)
class BodyRecord:
    """What is shown of one event's body: all of it (with the salt), its open part, or when it was erased."""

    index: int
    body: bytes | None = None
    salt: bytes | None = None
    disclosure: Disclosure | None = None
    erased_at: datetime | None = None

    def opens(self, entry: Entry) -> bool:
        """Whether what is shown is what ``entry`` committed to. An erased body opens nothing."""
        if self.body is not None and self.salt is not None:
            return opens(entry, self.body, self.salt)
        return self.disclosure is not None and opens_in_part(entry, self.disclosure)

    @property
    def open_fields(self) -> dict[str, Any]:
        """The fields of the open part; empty when erased."""
        if self.disclosure is not None:
            shown: dict[str, Any] = json.loads(self.disclosure.open)
            return shown
        whole: dict[str, dict[str, Any]] = json.loads(self.body) if self.body is not None else {}
        return whole.get("open", {})

    def encode(self) -> bytes:
        """The line, with its newline."""
        value: dict[str, Any] = {"index": self.index}
        if self.erased_at is not None:
            value["erased_at"] = write_instant(self.erased_at)
        elif self.disclosure is not None:
            value |= {
                "salt": self.disclosure.salt.hex(),
                "open": json.loads(self.disclosure.open),
                "personal_digest": self.disclosure.personal.hex(),
            }
        elif self.body is not None and self.salt is not None:
            value |= {"salt": self.salt.hex(), "body": json.loads(self.body)}
        return canonical(value) + b"\n"


def parse_bodies(lines: Iterable[bytes], where: str = "bodies") -> Iterator[BodyRecord]:
    """The records of a file, one by one. Raises BadInput naming the line. Verifies nothing."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _parse_line(line, f"{where}, line {number}")


def _parse_line(line: bytes, where: str) -> BodyRecord:
    if len(line) > MAX_LINE:
        raise BadInput(f"longer than {MAX_LINE} bytes", where=where)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise BadInput("this is not JSON", where=where) from None
    if not isinstance(value, dict) or value.keys() not in _FORMS:
        raise BadInput(
            "a line has index with salt and body; or salt, open and personal_digest; or erased_at", where=where
        )
    index = value["index"]
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise BadInput("an index is a whole number", where=f"{where}, index")
    if "erased_at" in value:
        return BodyRecord(index, erased_at=parse_instant(value["erased_at"], f"{where}, erased_at"))
    salt = _hex32(value["salt"], f"{where}, salt")
    if "body" in value:
        return BodyRecord(index, canonical(_object(value["body"], f"{where}, body")), salt)
    open_part = canonical(_object(value["open"], f"{where}, open"))
    return BodyRecord(
        index, disclosure=Disclosure(open_part, salt, _hex32(value["personal_digest"], f"{where}, personal_digest"))
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput("must be an object", where=where)
    return value


def _hex32(value: Any, where: str) -> bytes:
    try:
        raw = bytes.fromhex(value)
    except (TypeError, ValueError):
        raw = b""
    if len(raw) != 32:
        raise BadInput("must be 64 hex digits", where=where)
    return raw
