"""A passkey device in software: what a telephone or security key does, without one (W3C Web Authentication, level 2)."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def data(text_: str) -> bytes:
    return urlsafe_b64decode(text_ + "=" * (-len(text_) % 4))


@dataclass
class Device:
    """Holds one key for one site. ``flags``: who was there; a device that asks for nothing says PRESENT alone."""

    origin: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str) -> bytes:
        """Answer to ``navigator.credentials.create``."""
        asked = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + public
        told = self._authenticator_data(asked["rp"]["id"], ATTESTED) + attested
        response = {
            "clientDataJSON": text(self._client_data("webauthn.create", asked["challenge"])),
            "attestationObject": text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})),
        }
        return self._answer(response)

    def sign(self, options: str) -> bytes:
        """Answer to ``navigator.credentials.get``."""
        asked = json.loads(options)
        self.count += 1
        told = self._authenticator_data(asked["rpId"], 0)
        client = self._client_data("webauthn.get", asked["challenge"])
        signature = self.key.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": text(client), "authenticatorData": text(told), "signature": text(signature)}
        )

    def _authenticator_data(self, site: str, more: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> bytes:
        name = text(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response}).encode()
