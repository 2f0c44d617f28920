"""Web push: a message encrypted so that only one browser reads it (RFC 8291), and the node's own identity (VAPID, RFC 8292).

The push service in between sees neither text nor plate: only that there is a message, and for which browser.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from plateward.core.errors import BadInput

MAX_TEXT = 3000
"""A push service takes at least 4,096 bytes of ciphertext (RFC 8030)."""

_RECORD = 4096
_VALID = timedelta(hours=12)


def unpadded(data: bytes) -> str:
    """``data`` in base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_unpadded(text: str, where: str, length: int) -> bytes:
    """The ``length`` bytes that ``text`` stands for. Raises BadInput."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError):
        data = b""
    if len(data) != length:
        raise BadInput(f"this must be {length} bytes in base64url", where=where)
    return data


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """A P-256 point, uncompressed: 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def browser_key(p256dh: str) -> ec.EllipticCurvePublicKey:
    """The key of a browser's subscription. Raises BadInput when it is no point of P-256."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_unpadded(p256dh, "p256dh", 65))
    except ValueError:
        raise BadInput("this is no key of a browser", where="p256dh") from None


def encrypt(text: bytes, p256dh: str, auth: str, once: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """``text`` for one browser, as aes128gcm (RFC 8188) in one record. ``once`` and ``salt`` (16 bytes) are fresh each time."""
    if len(text) > MAX_TEXT:
        raise BadInput(f"{len(text)} bytes are too many for a push message; at most {MAX_TEXT}", where="text")
    theirs, secret = browser_key(p256dh), from_unpadded(auth, "auth", 16)
    ours = public_bytes(once.public_key())
    shared = once.exchange(ec.ECDH(), theirs)
    keying = _derive(shared, secret, b"WebPush: info\x00" + public_bytes(theirs) + ours, 32)
    key = _derive(keying, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(keying, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def authorization(key: ec.EllipticCurvePrivateKey, origin: str, contact: str, now: datetime) -> str:
    """The ``Authorization`` header by which a push service knows the node. ``contact``: a mailto: or https: address."""
    claims = {"aud": origin, "exp": int((now + _VALID).timestamp()), "sub": contact}
    text = ".".join(unpadded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{text}.{unpadded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={unpadded(public_bytes(key.public_key()))}"
