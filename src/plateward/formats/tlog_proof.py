"""Receipts, by c2sp.org/tlog-proof: one entry's place in a log, provable offline with nothing but this file and the keys.

Plateward's extra data is JSON that carries what the leaf's hash is made from: the public entry, and, where the holder may see
it, what opens its commitment: salt and whole body, or only the open part with its proof.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from plateward.core.canonical import canonical
from plateward.core.errors import BadInput
from plateward.core.event import Disclosure, opens, opens_in_part
from plateward.core.merkle import HASH_BYTES, leaf_hash
from plateward.formats.checkpoint import SignedCheckpoint, parse_checkpoint, parse_size
from plateward.formats.signed_note import decode64, encode64

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF = 63
MAX_RECEIPT = 4 << 20


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A receipt, parsed. ``proof``: hashes from the leaf's sibling upward. Nothing has been verified."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: SignedCheckpoint
    extra: bytes = b""

    def encode(self) -> bytes:
        """The receipt's bytes."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {encode64(self.extra)}")
        lines += [f"index {self.index}", *map(encode64, self.proof), "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint.encode()


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """What a receipt carries of its event: the public entry, and perhaps the whole body with its salt, or its open part."""

    entry: bytes
    body: bytes | None = None
    salt: bytes | None = None
    disclosure: Disclosure | None = None

    @property
    def leaf(self) -> bytes:
        """The entry's leaf hash."""
        return leaf_hash(self.entry)

    def opens(self) -> bool | None:
        """Whether body or open part are what the entry committed to; None when the receipt carries neither."""
        if self.body is not None and self.salt is not None:
            return opens(self.entry, self.body, self.salt)
        if self.disclosure is not None:
            return opens_in_part(self.entry, self.disclosure)
        return None

    def encode(self) -> bytes:
        """The receipt's extra data: canonical JSON."""
        value: dict[str, Any] = {"v": 1, "entry": self.entry.decode("utf-8")}
        if self.body is not None and self.salt is not None:
            value |= {"body": self.body.decode("utf-8"), "salt": self.salt.hex()}
        if self.disclosure is not None:
            value["open"] = {
                "part": self.disclosure.open.decode("utf-8"),
                "salt": self.disclosure.salt.hex(),
                "personal": self.disclosure.personal.hex(),
            }
        return canonical(value)


def parse_proof(data: bytes, where: str = "receipt") -> TlogProof:
    """A receipt. Raises BadInput naming the line. Verifies nothing."""
    if len(data) > MAX_RECEIPT:
        raise BadInput(f"{len(data)} bytes; a receipt has at most {MAX_RECEIPT}", where=where)
    head, blank, note = data.partition(b"\n\n")
    if not blank:
        raise BadInput("a receipt has an empty line between its proof and its checkpoint", where=where)
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadInput(
            "not a receipt: there are other than ASCII characters before the checkpoint", where=where
        ) from None
    if lines[0] != HEADER:
        raise BadInput(f"a receipt begins with {HEADER!r}", where=f"{where}, line 1")
    at, extra = 1, b""
    if len(lines) > 1 and lines[1].startswith("extra "):
        extra, at = decode64(lines[1][6:], f"{where}, line 2"), 2
    if len(lines) <= at or not lines[at].startswith("index "):
        raise BadInput("here stands 'index' and the entry's number", where=f"{where}, line {at + 1}")
    index = parse_size(lines[at][6:], f"{where}, line {at + 1}")
    proof = parse_hashes(lines[at + 1 :], where, at + 2)
    return TlogProof(index, proof, parse_checkpoint(note, f"{where}, checkpoint"), extra)


def parse_hashes(lines: list[str], where: str, first: int) -> tuple[bytes, ...]:
    """Proof lines: one base64 hash a line, at most 63. ``first``: number of the first line. Raises BadInput naming the line."""
    if len(lines) > MAX_PROOF:
        raise BadInput(f"{len(lines)} hashes; no proof has more than {MAX_PROOF}", where=where)
    hashes = tuple(decode64(line, f"{where}, line {first + i}") for i, line in enumerate(lines))
    for i, item in enumerate(hashes):
        if len(item) != HASH_BYTES:
            raise BadInput(f"a hash has {HASH_BYTES} bytes, not {len(item)}", where=f"{where}, line {first + i}")
    return hashes


def parse_logged(extra: bytes, where: str = "receipt, extra") -> LoggedEntry:
    """What Plateward put into a receipt's extra data. Raises BadInput."""
    try:
        value = json.loads(extra)
        entry = value["entry"].encode("utf-8")
        if value["v"] != 1 or not value.keys() <= {"v", "entry", "body", "salt", "open"}:
            raise BadInput("this is not extra data of version 1", where=where)
        body, salt, disclosure = None, None, None
        if "body" in value or "salt" in value:
            body, salt = value["body"].encode("utf-8"), bytes.fromhex(value["salt"])
        if "open" in value:
            part = value["open"]
            disclosure = Disclosure(
                part["part"].encode("utf-8"), bytes.fromhex(part["salt"]), bytes.fromhex(part["personal"])
            )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput("the extra data is not Plateward's: it names no entry", where=where) from None
    return LoggedEntry(entry, body, salt, disclosure)
