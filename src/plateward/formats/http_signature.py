"""HTTP message signatures (RFC 9421) with Ed25519, for what the node sends to other systems; and how a receiver checks them.

Covered are method, address, the body's digest (RFC 9530) and the key by which a repeated message is known. A receiver takes
nothing from a request that these do not cover, refuses what is older than it accepts, and drops what it has had under the same
``Idempotency-Key``.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from plateward.core.errors import BadInput

TAG = "plateward-webhook"
COVERED = ("@method", "@target-uri", "content-digest", "content-type", "idempotency-key")
_LABEL = "sig1"
_INPUT = re.compile(
    r'sig1=(?P<params>\((?P<names>[^)]*)\);created=(?P<created>\d{1,12});keyid="(?P<key>[!-~]{1,200}?)";alg="ed25519";tag="'
    + re.escape(TAG)
    + r'")'
)
_SIGNATURE = re.compile(r"sig1=:(?P<value>[A-Za-z0-9+/=]+):")


def content_digest(body: bytes) -> str:
    """The value of ``Content-Digest`` for ``body``."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(
    key: Ed25519PrivateKey, key_id: str, url: str, body: bytes, message: str, now: datetime, *, method: str = "POST"
) -> dict[str, str]:
    """The headers to send ``body`` with to ``url``, signature and all. ``message``: the key by which a repetition is known."""
    headers = {
        "content-type": "application/json",
        "content-digest": content_digest(body),
        "idempotency-key": message,
    }
    names = " ".join(f'"{name}"' for name in COVERED)
    params = f'({names});created={int(now.timestamp())};keyid="{key_id}";alg="ed25519";tag="{TAG}"'
    signature = key.sign(_base(method, url, headers, params))
    return headers | {
        "signature-input": f"{_LABEL}={params}",
        "signature": f"{_LABEL}=:{b64encode(signature).decode()}:",
    }


def verify(
    key: Ed25519PublicKey,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    method: str = "POST",
    at_most: timedelta = timedelta(minutes=5),
) -> str:
    """The message's key when the signature is right, of all that must be covered, and not older than ``at_most``.

    Raises BadInput saying what is wrong.
    """
    given = {name.lower(): value for name, value in headers.items()}
    told, signed = _INPUT.fullmatch(given.get("signature-input", "")), _SIGNATURE.fullmatch(given.get("signature", ""))
    if told is None or signed is None:
        raise BadInput("there is no signature of this kind", where="signature-input")
    if tuple(told["names"].split()) != tuple(f'"{name}"' for name in COVERED):
        raise BadInput("the signature does not cover what it must", where="signature-input")
    if given.get("content-digest") != content_digest(body):
        raise BadInput("the body is not the one that was signed", where="content-digest")
    try:
        key.verify(b64decode(signed["value"], validate=True), _base(method, url, given, told["params"]))
    except (InvalidSignature, ValueError, KeyError):
        raise BadInput("the signature is wrong", where="signature") from None
    age = now - datetime.fromtimestamp(int(told["created"]), UTC)
    if not -at_most <= age <= at_most:
        raise BadInput("the signature is too old, or from the future", where="signature-input")
    return given["idempotency-key"]


def _base(method: str, url: str, headers: Mapping[str, str], params: str) -> bytes:
    """The signature base (RFC 9421, 2.5)."""
    values = {"@method": method, "@target-uri": url} | {name: headers[name] for name in COVERED if name[0] != "@"}
    lines = [f'"{name}": {values[name]}' for name in COVERED]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode()
