"""Ids of reads: UUID version 7 (RFC 9562), whose first 48 bits are the instant in Unix milliseconds.

The instant in the id equals the read's own, which keeps an id unique over daily partitions. Randomness is passed in.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC of an aware instant, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def instant(ms: int) -> datetime:
    """The instant ``ms`` milliseconds after 1970-01-01 UTC."""
    return _EPOCH + timedelta(milliseconds=ms)


def uuid7(at: datetime, random: bytes) -> UUID:
    """A version-7 UUID for ``at`` from ten random bytes."""
    if len(random) != 10:
        raise ValueError("uuid7 takes ten random bytes")
    raw = bytearray(milliseconds(at).to_bytes(6, "big") + random)
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return UUID(bytes=bytes(raw))


def derived_uuid7(at: datetime, *parts: str, key: bytes = b"") -> UUID:
    """The same id for the same instant and parts (source, reader, …): importing a file twice adds nothing.

    ``key``: a secret. Where a plate is among the parts, an id made without one tells the plate to whoever tries them all: behind
    the live feed's mask, and in a record that outlives the read.
    """
    digest = hmac.digest(key, "\x1f".join(parts).encode(), "sha256")
    return uuid7(at, digest[:10])


def ids_within(first: datetime, last: datetime) -> tuple[UUID, UUID]:
    """The lowest and the highest id that a read between the milliseconds of two instants can have, both included."""
    return UUID(int=milliseconds(first) << 80), UUID(int=(milliseconds(last) + 1 << 80) - 1)


def instant_of(read_id: UUID) -> datetime:
    """The instant written in a version-7 UUID, to the millisecond."""
    return instant(int.from_bytes(read_id.bytes[:6], "big"))
