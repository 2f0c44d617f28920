"""Cosignatures of witnesses, by c2sp.org/tlog-cosignature: "at this time, this is the largest tree I have seen of this log".

Two kinds are made and checked: Ed25519 (``cosignature/v1``) and ML-DSA-44 (``subtree/v1``), which withstands a quantum computer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from plateward.core.errors import BadInput
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint
from plateward.formats.signed_note import KeyType, Signature, VerifierKey, check_name, ed25519_verifies

COSIGNING = frozenset({KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_ML_DSA_44})

_PrivateKey: TypeAlias = Ed25519PrivateKey | MLDSA44PrivateKey


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A verified cosignature: whose, and the POSIX time (seconds) that it states."""

    key: VerifierKey
    time: int
    signature: Signature


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's private key with its name. An operator of several witnesses uses a key of its own for each."""

    name: str
    private: _PrivateKey

    @staticmethod
    def from_seed(name: str, type_: KeyType, seed: bytes) -> Cosigner:
        """The cosigner whose private key comes from ``seed``: 32 random bytes."""
        check_name(name)
        if type_ is KeyType.COSIGNATURE_ML_DSA_44:
            return Cosigner(name, MLDSA44PrivateKey.from_seed_bytes(seed))
        if type_ is KeyType.COSIGNATURE_ED25519:
            return Cosigner(name, Ed25519PrivateKey.from_private_bytes(seed))
        raise ValueError("a cosigner's key is of a cosigning type")

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        ml_dsa = isinstance(self.private, MLDSA44PrivateKey)
        type_ = KeyType.COSIGNATURE_ML_DSA_44 if ml_dsa else KeyType.COSIGNATURE_ED25519
        return VerifierKey(self.name, type_, self.private.public_key().public_bytes_raw())

    def cosign(self, checkpoint: Checkpoint, time: int) -> Signature:
        """The cosignature on ``checkpoint`` at POSIX ``time`` (seconds, above zero).

        The caller has verified that the checkpoint is consistent with every one it cosigned before, and has stored it.
        """
        if not 0 < time < 2**63:
            raise ValueError("a cosignature states a time after 1970")
        key = self.key
        signature = self.private.sign(_message(key, checkpoint, time))
        return Signature(self.name, key.id, time.to_bytes(8, "big") + signature)


def verify_cosignatures(signed: SignedCheckpoint, keys: Iterable[VerifierKey]) -> tuple[Cosigned, ...]:
    """The valid cosignatures of ``keys`` on ``signed``, in the order of the keys; of one key the latest.

    Signatures of unknown keys are ignored. Raises BadInput when a line bears a known key's name and id and does not verify.
    """
    found = []
    for key in keys:
        if key.type not in COSIGNING:
            raise BadInput("this is a log's key, not a witness's", where=f"key {key.name}+{key.id.hex()}")
        times = [_verified(key, signed.checkpoint, line) for line in signed.note.signed_by(key)]
        if times:
            found.append(max(times, key=lambda cosigned: cosigned.time))
    return tuple(found)


def _verified(key: VerifierKey, checkpoint: Checkpoint, line: Signature) -> Cosigned:
    time = int.from_bytes(line.signature[:8], "big")
    if not (0 < time < 2**63 and _holds(key, _message(key, checkpoint, time), line.signature[8:])):
        raise BadInput("this cosignature does not verify", where=f"cosignature of {key.name}+{key.id.hex()}")
    return Cosigned(key, time, line)


def _holds(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    if key.type is KeyType.COSIGNATURE_ED25519:
        return ed25519_verifies(key.public, signature, message)
    try:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(key: VerifierKey, checkpoint: Checkpoint, time: int) -> bytes:
    if key.type is KeyType.COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()
    return (
        b"subtree/v1\n\x00"
        + _opaque(key.name)
        + time.to_bytes(8, "big")
        + _opaque(checkpoint.origin)
        + (0).to_bytes(8, "big")
        + checkpoint.size.to_bytes(8, "big")
        + checkpoint.root
    )


def _opaque(text: str) -> bytes:
    """TLS's ``opaque<1..2^8-1>`` (RFC 8446, section 3.4): one byte of length, then the bytes."""
    raw = text.encode("utf-8")
    if not 0 < len(raw) < 256:
        raise BadInput(f"{text[:40]!r} must have 1 to 255 bytes to be cosigned with ML-DSA", where="name or origin")
    return bytes([len(raw)]) + raw
