"""The reader's own signing key: made on the reader, never leaving it, and what is sent under it."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plateward.core.delivery import READER_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER, SPOOL_HEADER, signed_text
from plateward.core.errors import Fault


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs in the name of one reader. The key is Ed25519's (RFC 8032)."""

    reader: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    def headers(self, use: str, spool: str, sequence: int, body: bytes) -> Mapping[str, str]:
        """What goes with a request for ``use`` (see ``core.delivery``)."""
        signature = self.key.sign(signed_text(use, self.reader, spool, sequence, body))
        return {
            READER_HEADER: self.reader,
            SPOOL_HEADER: spool,
            SEQUENCE_HEADER: str(sequence),
            SIGNATURE_HEADER: b64encode(signature).decode(),
        }


def own_key(path: Path) -> Ed25519PrivateKey:
    """The key in ``path``, made there (readable by its owner alone) when there is none. Raises Fault when that cannot be."""
    try:
        try:
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
        except FileNotFoundError:
            return _made(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no key"
        raise Fault(
            f"The reader's signing key {path} cannot be used ({why}).",
            next_step="Delete it, and have an administrator give the reader a new key.",
        ) from None


def _made(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(key.private_bytes_raw().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    # Two programs that begin at once agree on whichever came first.
    try:
        os.link(beside, path)
    except FileExistsError:
        return own_key(path)
    finally:
        beside.unlink()
    return key
