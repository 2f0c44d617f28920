"""Checkpoints, by c2sp.org/tlog-checkpoint: a log's origin, size and root as the text of a signed note."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plateward.core.errors import BadInput
from plateward.formats.signed_note import Note, NoteSigner, VerifierKey, decode64, encode64, parse_note, verify

MAX_SIZE = 2**63 - 1

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: ``root`` (32 bytes) of the first ``size`` entries of the log ``origin``. ``extensions``: further lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note's text, with its final newline."""
        lines = (self.origin, str(self.size), encode64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note it stands in. Nothing has been verified."""

    checkpoint: Checkpoint
    note: Note

    def encode(self) -> bytes:
        """The note's bytes."""
        return self.note.encode()


def parse_checkpoint(data: bytes, where: str = "checkpoint") -> SignedCheckpoint:
    """A signed checkpoint. Raises BadInput naming the line. Verifies nothing."""
    note = parse_note(data, where)
    return SignedCheckpoint(parse_text(note.text, where), note)


def parse_text(text: str, where: str = "checkpoint") -> Checkpoint:
    """The text of a checkpoint. Raises BadInput naming the line."""
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise BadInput("a checkpoint has an origin, a size and a root hash, and no empty lines", where=where)
    size = parse_size(lines[1], f"{where}, line 2")
    root = decode64(lines[2], f"{where}, line 3")
    if len(root) != 32:
        raise BadInput(f"a root hash has 32 bytes, not {len(root)}", where=f"{where}, line 3")
    return Checkpoint(lines[0], size, root, tuple(lines[3:]))


def parse_size(text: str, where: str) -> int:
    """A tree size in decimal, with no leading zero. Raises BadInput."""
    if not _SIZE.fullmatch(text) or int(text) > MAX_SIZE:
        raise BadInput(f"{text[:40]!r} is not a tree size: decimal digits, no leading zero", where=where)
    return int(text)


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> SignedCheckpoint:
    """The checkpoint signed by the log's key, whose name is the origin.

    A log signs nothing that is inconsistent with what it signed before; keeping to that is the caller's part.
    """
    if signer.name != checkpoint.origin:
        raise ValueError("a log's key is named as its origin")
    return SignedCheckpoint(checkpoint, Note(checkpoint.text, (signer.sign(checkpoint.text),)))


def signed_by_log(signed: SignedCheckpoint, key: VerifierKey) -> bool:
    """Whether the log's ``key`` signed; its name must be the origin. Raises BadInput when its signature does not verify."""
    return key.name == signed.checkpoint.origin and bool(verify(signed.note, [key]))
