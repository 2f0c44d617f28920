"""The hot list on the reader: which plates it may keep a read of.

A node sends salted hashes of look-alike classes, no reason, case or name: who steals a reader must try every plate to learn which
are listed, and never learns why. They lie on the disk, so that a reader that begins without a link knows them, and count for
nothing once they are out of date.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from base64 import b64decode
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.plate import look_alike, normalise

HASH_BYTES = 8
"""Of each hash, as the node cuts them (``SHA-256(salt + look-alike class)``)."""
LEAST_CANDIDATE = 0.02
"""Another reading of a plate counts when it is at least so likely: a hit is looked at by a person before anybody acts."""
MOST_BYTES = 64 * 1024 * 1024


class _Hashes(Sequence[bytes]):
    """Hashes in order, in one piece of memory."""

    def __init__(self, whole: bytes) -> None:
        self._whole = whole

    def __len__(self) -> int:
        return len(self._whole) // HASH_BYTES

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._whole[index * HASH_BYTES : (index + 1) * HASH_BYTES]


@dataclass(frozen=True, slots=True)
class HotList:
    """Wanted plates, hashed. ``until``: from then on it counts for nothing; None: a list of the user's own, which does not age."""

    salt: bytes
    hashes: bytes
    until: datetime | None
    etag: str = ""
    taken_at: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether it may still be believed."""
        return self.until is None or now < self.until

    def names(self, texts: Sequence[tuple[str, float]], now: datetime) -> bool:
        """Whether it holds one of the readings of a plate (texts with their probability, the read's own first)."""
        return self.fresh(now) and any(p >= LEAST_CANDIDATE and self._holds(text) for text, p in texts)

    def _holds(self, text: str) -> bool:
        wanted, hashes = edge_hash(self.salt, text), _Hashes(self.hashes)
        place = bisect_left(hashes, wanted)
        return place < len(hashes) and hashes[place] == wanted


def edge_hash(salt: bytes, plate: str) -> bytes:
    """What stands for a plate and all that look like it."""
    return hashlib.sha256(salt + look_alike(plate).encode()).digest()[:HASH_BYTES]


def hotlist_of(document: Mapping[str, Any], now: datetime) -> HotList | None:
    """The list in a node's answer; None where no list is meant for readers. Raises ValueError where the answer is none."""
    try:
        if document["valid_until"] is None:
            return None
        until = datetime.fromisoformat(document["valid_until"])
        hashes = b64decode(document["hashes"], validate=True)
        salt, etag = bytes.fromhex(document["salt"]), str(document["etag"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the node's answer is no hot list ({error})") from None
    if len(hashes) % HASH_BYTES or until.tzinfo is None:
        raise ValueError("the node's answer is no hot list (hashes of 8 bytes and a time with its zone are)")
    return HotList(salt, hashes, until, etag, now)


def proved(key: str, body: bytes, signature: str) -> bool:
    """Whether a list comes from a node that knows this reader's key: HMAC-SHA256 over it, in hex."""
    made = hmac.new(key.encode(), b"plateward edge list\0" + body, "sha256").hexdigest()
    return hmac.compare_digest(made, signature)


def own_list(path: Path) -> HotList:
    """A list of the user's own: a plate a line, ``#`` for remarks. Raises BadInput naming the line."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"a list has at most {MOST_BYTES // 1024**2} MiB", where=str(path))
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadInput(f"the list cannot be read ({why})", where=str(path)) from None
    salt, found = secrets.token_bytes(16), set()
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            plate = normalise(text)
        except BadInput:
            plate = ""
        if len(plate) < 2:
            raise BadInput("write one plate a line", where=f"{path}:{number}")
        found.add(edge_hash(salt, plate))
    return HotList(salt, b"".join(sorted(found)), None)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Put ``document`` in place of what was at ``path``: whole or not at all, readable by its owner alone."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read_json(path: Path) -> Mapping[str, Any] | None:
    """What was written there, or None where there is nothing that can be read."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None
