"""The node's keys for sending: one signs webhooks (Ed25519), one is its identity at push services (P-256).

They lie beside the others in ``keys``, readable by this account alone, and are made when first needed.
"""

from __future__ import annotations

import contextlib
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from plateward.core.errors import Fault
from plateward.node.durable import PRIVATE, write_durably


def webhook_key(data: Path) -> Ed25519PrivateKey:
    """The key that signs webhooks."""
    key = _load(data / "keys" / "webhook.pem", Ed25519PrivateKey.generate)
    if not isinstance(key, Ed25519PrivateKey):
        raise Fault(
            "keys/webhook.pem is no Ed25519 key.",
            next_step="Restore it from a backup, or delete it: a new one is made.",
        )
    return key


def push_key(data: Path) -> ec.EllipticCurvePrivateKey:
    """The key by which push services know the node; a new one ends every browser's subscription."""
    key = _load(data / "keys" / "push.pem", lambda: ec.generate_private_key(ec.SECP256R1()))
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Fault(
            "keys/push.pem is no P-256 key.", next_step="Restore it from a backup, or delete it: a new one is made."
        )
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key: receivers that know several pick by it."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def public_pem(key: Ed25519PublicKey) -> str:
    """A public key as PEM, for receivers."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _load(file: Path, make):  # type: ignore[no-untyped-def]
    """The key in ``file``, made when there is none; two that make one at once end up with the same."""
    try:
        return load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with contextlib.suppress(FileExistsError):
        write_durably(file, fresh, mode=PRIVATE, exclusive=True)
    return load_pem_private_key(file.read_bytes(), None)
