"""Events: what the ledger says happened, and how it says so without saying whom it was about.

An event has a public half and a private one. The *entry* is public for ever: version, type, time, acting agency, and a
commitment. The *body* (who, which plate, why) lies in the node's database with a fresh 32-byte salt, and both can be erased
when the law says so, while the log stays whole.

The body is JSON of two parts, ``{"open": …, "personal": …}``: what may be published, and what is about people. With
``H`` = SHA-256 and ``||`` joining bytes, both parts in canonical form (RFC 8785):

    personal digest = H( H(salt || "personal") || personal part )
    commitment      = H( H(salt || "open") || personal digest || open part )

- It hides: the salt is 32 uniform bytes, used once, so no plate can be found by trying all ten million of them. For this reason
  the salt is erased together with the body.
- It binds: every prefix has a fixed length (32, or 32 + 32 bytes), so another body with any salt is a SHA-256 collision.
- It discloses in part: H(salt || "open"), the personal digest and the open part prove "this agency asked, this owner refused,
  by this promise" to anybody, and say nothing of the officer, the plate or the case. The other derived salt stays unknown.
- A plain hash rather than HMAC, so that a person with ``sha256sum`` can check it. Length extension, against which HMAC guards,
  forges nothing here: it yields another commitment, and that one is not in the log.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plateward.core.agency import ID_PATTERN
from plateward.core.canonical import JSON, canonical, parse_canonical
from plateward.core.errors import BadInput
from plateward.core.event_table import EVENT_TYPES
from plateward.core.event_types import EventSpec, EventType, Field, Kind

__all__ = [
    "EVENT_TYPES", "MAX_BODY", "MAX_ENTRY", "SALT_BYTES", "Disclosure", "Entry", "Event", "EventSpec", "EventType", "Field", "Kind",
    "Sealed", "check_body", "commitment", "disclose", "fields_of", "opens", "opens_in_part", "parse_entry", "parse_instant",
    "seal", "write_instant",
]  # fmt: skip

VERSION = 1
SALT_BYTES = 32
MAX_ENTRY = 65_535
"""Bytes of an entry: its length is written as a uint16 in an entry bundle (c2sp.org/tlog-tiles)."""

MAX_BODY = 1 << 20
"""Bytes of a body. What needs more (an export's list of reads) is a file of its own, with its SHA-256 in the body."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_HEX32 = re.compile(r"[0-9a-f]{64}")
_ENTRY = re.compile(
    rb'\{"actor":"([a-z0-9]+(?:[.-][a-z0-9]+)*)","commitment":"([0-9a-f]{64})","time":"([0-9T:.Z-]{24})",'
    rb'"type":"([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*)","v":1\}'
)
"""An entry in canonical form, which no value in it can escape: there is exactly one text for one entry."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``at`` is aware and counts to the millisecond; ``actor`` is the acting agency's id."""

    type: EventType
    at: datetime
    actor: str
    body: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event ready for the ledger: ``entry`` is published, ``body`` and ``salt`` stay home; ``leaf`` is the entry's hash."""

    entry: bytes
    body: bytes
    salt: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The open part of a body (canonical bytes) with what proves it: a derived salt and the personal part's digest."""

    open: bytes
    salt: bytes
    personal: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES or len(self.personal) != 32:
            raise BadInput("a disclosure's salt and personal digest have 32 bytes each", where="disclosure")


@dataclass(frozen=True, slots=True)
class Entry:
    """The public half, parsed. ``type`` is text, because a later version may have types that this one does not know."""

    type: str
    at: datetime
    actor: str
    commitment: bytes

    @property
    def spec(self) -> EventSpec | None:
        """What this program knows of the type; None for one it does not know."""
        return EVENT_TYPES[EventType(self.type)] if self.type in EventType._value2member_map_ else None


def seal(event: Event, salt: bytes) -> Sealed:
    """Commit to ``event`` with ``salt``: 32 bytes from the caller's source of randomness, fresh for every event.

    Raises BadInput naming the field when the body is not what its type's table asks for, or entry or body are too large.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    if not ID_PATTERN.fullmatch(event.actor):
        raise BadInput(f"{event.actor!r} is not an agency id", where=f"event {event.type}, actor")
    check_body(event.type, event.body)
    parts = _split(event)
    where = f"event {event.type}"
    shown, personal = canonical(parts["open"], where), canonical(parts["personal"], where)
    body = _join(shown, personal)
    if len(body) > MAX_BODY:
        raise BadInput(f"the body has {len(body)} bytes; at most {MAX_BODY}", where=where)
    entry = canonical(
        {
            "v": VERSION,
            "type": str(event.type),
            "time": write_instant(event.at),
            "actor": event.actor,
            "commitment": _commit(_disclosure(shown, personal, salt)).hex(),
        }
    )
    if len(entry) > MAX_ENTRY:
        raise BadInput(f"the entry has {len(entry)} bytes; at most {MAX_ENTRY}", where=where)
    return Sealed(entry, body, salt, hashlib.sha256(b"\x00" + entry).digest())


def parse_entry(data: bytes, where: str = "entry") -> Entry:
    """The public half of an event. Raises BadInput unless ``data`` is exactly one entry in canonical form and nothing else."""
    if len(data) > MAX_ENTRY:
        raise BadInput(f"{len(data)} bytes; an entry has at most {MAX_ENTRY}", where=where)
    match = _ENTRY.fullmatch(data)
    if match is None:
        raise BadInput(
            "this is no entry: canonical JSON of actor, commitment, time, type and v = 1, and nothing else", where=where
        )
    actor, committed, time, type_ = match.groups()
    at = parse_instant(time.decode(), f"{where}, time")
    return Entry(type_.decode(), at, actor.decode(), bytes.fromhex(committed.decode()))


def commitment(salt: bytes, body: bytes) -> bytes:
    """What an entry says of ``body`` (canonical bytes, two parts) under ``salt``. Raises BadInput when ``body`` is none."""
    return _commit(disclose(body, salt))


def opens(entry: bytes | Entry, body: bytes, salt: bytes) -> bool:
    """Whether ``body`` and ``salt`` are what ``entry`` committed to. Raises BadInput when ``entry`` or ``body`` is malformed."""
    return len(salt) == SALT_BYTES and opens_in_part(entry, disclose(body, salt))


def opens_in_part(entry: bytes | Entry, disclosure: Disclosure) -> bool:
    """Whether ``disclosure`` is the open part of what ``entry`` committed to. Raises BadInput when ``entry`` is malformed."""
    parsed = entry if isinstance(entry, Entry) else parse_entry(entry)
    return hmac.compare_digest(_commit(disclosure), parsed.commitment)


def disclose(body: bytes, salt: bytes) -> Disclosure:
    """The part of ``body`` that may be published, with the proof that it is what was logged. Raises BadInput."""
    parts = _parts(body)
    return _disclosure(canonical(parts["open"]), canonical(parts["personal"]), salt)


def fields_of(body: bytes) -> dict[str, Any]:
    """The fields of a sealed body, open and personal together. Raises BadInput when it is not one."""
    parts = _parts(body)
    return {**parts["open"], **parts["personal"]}


def _parts(body: bytes) -> dict[str, dict[str, Any]]:
    parts = parse_canonical(body, "body")
    if not isinstance(parts, dict) or parts.keys() != {"open", "personal"}:
        raise BadInput('a body is a JSON object of exactly "open" and "personal"', where="body")
    if not all(isinstance(part, dict) for part in parts.values()) or parts["open"].keys() & parts["personal"].keys():
        raise BadInput("both parts are objects, and no field is in both", where="body")
    return parts


def _join(shown: bytes, personal: bytes) -> bytes:
    """The canonical body of two canonical parts."""
    return b'{"open":' + shown + b',"personal":' + personal + b"}"


def _split(event: Event) -> dict[str, dict[str, JSON]]:
    personal = {field.name for field in EVENT_TYPES[event.type].fields if field.personal}
    given = {name: value for name, value in event.body.items() if value is not None}
    return {
        "open": {name: value for name, value in given.items() if name not in personal},
        "personal": {name: value for name, value in given.items() if name in personal},
    }


def _derived(salt: bytes, use: bytes) -> bytes:
    return hashlib.sha256(salt + use).digest()


def _disclosure(shown: bytes, personal: bytes, salt: bytes) -> Disclosure:
    digest = hashlib.sha256(_derived(salt, b"personal") + personal).digest()
    return Disclosure(shown, _derived(salt, b"open"), digest)


def _commit(disclosure: Disclosure) -> bytes:
    return hashlib.sha256(disclosure.salt + disclosure.personal + disclosure.open).digest()


def check_body(type_: EventType, body: Mapping[str, JSON]) -> None:
    """Raise BadInput unless ``body`` has every field that ``type_`` requires, each of its kind, and none that it does not know."""
    fields = {field.name: field for field in EVENT_TYPES[type_].fields}
    for name in body:
        if name not in fields:
            raise BadInput(f"unknown field {name!r}; it has {', '.join(fields)}", where=f"event {type_}")
    for name, field in fields.items():
        value = body.get(name)
        if value is None and not field.optional:
            raise BadInput("this field is required", where=f"event {type_}, {name}")
        if value is not None and not _is(field.kind, value):
            raise BadInput(f"must be {field.kind}, not {type(value).__name__}", where=f"event {type_}, {name}")


def write_instant(at: datetime) -> str:
    """RFC 3339 in UTC with three decimals, as entries and bodies write time. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("an event's time must have a time zone")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: object, where: str = "time") -> datetime:
    """The instant that ``write_instant`` wrote. Raises BadInput for any other spelling: one instant, one text."""
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise BadInput(f"{str(text)[:40]!r} is not a time as in 2026-11-22T10:15:30.123Z", where=where)


def _is(kind: Kind, value: JSON) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.INSTANT:
            return isinstance(value, str) and bool(_INSTANT.fullmatch(value))
        case Kind.DIGEST:
            return isinstance(value, str) and bool(_HEX32.fullmatch(value))
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.YES_NO:
            return isinstance(value, bool)
        case Kind.TEXTS:
            return _sequence(value) and all(isinstance(item, str) for item in value)  # type: ignore[union-attr]
        case Kind.OBJECT:
            return isinstance(value, Mapping)
        case Kind.OBJECTS:
            return _sequence(value) and all(isinstance(item, Mapping) for item in value)  # type: ignore[union-attr]


def _sequence(value: JSON) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
