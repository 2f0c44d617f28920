"""Signed notes and verifier keys, by c2sp.org/signed-note: text, a blank line, and lines of signatures.

A note's text means nothing before ``verify`` has named at least one trusted key that signed it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from plateward.core.errors import BadInput

MAX_NOTE = 1 << 20
"""Bytes of a note. Sixteen signatures must be accepted, and a post-quantum one has nearly 5 kB; this leaves room to spare."""

MAX_SIGNATURES = 100

_DASH = "\u2014 "
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class KeyType(IntEnum):
    """The signature type's byte; the ones this program can check. Others are unknown keys, and ignored."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_ML_DSA_44 = 0x06


_KEY_BYTES = {KeyType.ED25519: 32, KeyType.COSIGNATURE_ED25519: 32, KeyType.COSIGNATURE_ML_DSA_44: 1312}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under; ``str`` gives the vkey."""

    name: str
    type: KeyType
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != _KEY_BYTES[self.type]:
            raise BadInput(f"a key of this type has {_KEY_BYTES[self.type]} bytes, not {len(self.public)}", where="key")

    @property
    def id(self) -> bytes:
        """The four bytes that, with the name, say which key signed."""
        return key_id(self.name, self.type, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode64(bytes([self.type]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, and the bytes."""

    name: str
    id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {encode64(self.id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. ``text`` ends in a newline; nothing has been verified."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return f"{self.text}\n{''.join(signature.line() for signature in self.signatures)}".encode()

    def signed_by(self, key: VerifierKey) -> tuple[Signature, ...]:
        """The signatures that claim to be of ``key``."""
        return tuple(s for s in self.signatures if s.name == key.name and s.id == key.id)

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """The note with further signatures, each line once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private Ed25519 key with its name. Its text form is a secret: it is never logged or printed unasked."""

    name: str
    private: Ed25519PrivateKey

    @staticmethod
    def from_seed(name: str, seed: bytes) -> NoteSigner:
        """The signer whose private key (RFC 8032) is ``seed``: 32 random bytes."""
        check_name(name)
        return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, KeyType.ED25519, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """Sign a note's text, which ends in a newline."""
        check_text(text)
        return Signature(self.name, self.key.id, self.private.sign(text.encode("utf-8")))


def key_id(name: str, type_: int, public: bytes) -> bytes:
    """SHA-256(name || newline || type || public key), the first four bytes."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + bytes([type_]) + public).digest()[:4]


def parse_vkey(text: str, where: str = "key") -> VerifierKey:
    """A verifier key ``name+id+base64``. Raises BadInput when it is none, or of a type that this program cannot check."""
    match = _VKEY.fullmatch(text.strip())
    if match is None:
        raise BadInput(f"{text.strip()[:80]!r} is not a verifier key: name+8 hex digits+base64", where=where)
    name, id_, encoded = match.groups()
    raw = decode64(encoded, where)
    if raw[0] not in KeyType._value2member_map_:
        raise BadInput(f"signature type 0x{raw[0]:02x} is not one that this program checks", where=where)
    try:
        key = VerifierKey(name, KeyType(raw[0]), raw[1:])
    except BadInput as error:
        raise BadInput(str(error), where=where) from None
    if key.id.hex() != id_:
        raise BadInput(f"the key's id is {key.id.hex()}, not {id_}: it was changed or cut", where=where)
    return key


def parse_note(data: bytes, where: str = "note") -> Note:
    """Split a note into text and signatures. Raises BadInput naming the line. Verifies nothing."""
    if len(data) > MAX_NOTE:
        raise BadInput(f"{len(data)} bytes; a note has at most {MAX_NOTE}", where=where)
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 at byte {error.start}", where=where) from None
    if any(character < " " and character != "\n" for character in whole):
        raise BadInput("a note has no control characters but newline", where=where)
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise BadInput("a note is text, a blank line, and signature lines that each end in a newline", where=where)
    text += "\n"
    number = text.count("\n") + 2
    split = lines[:-1].split("\n")
    if len(split) > MAX_SIGNATURES:
        raise BadInput(f"{len(split)} signatures; at most {MAX_SIGNATURES} are read", where=where)
    return Note(text, tuple(parse_signature(line, f"{where}, line {number + i}") for i, line in enumerate(split)))


def parse_signature(line: str, where: str) -> Signature:
    """One signature line, without its newline. Raises BadInput."""
    parts = line[len(_DASH) :].split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:
        raise BadInput("a signature line is: em dash, space, key name, space, base64", where=where)
    try:
        check_name(parts[0])
    except BadInput as error:
        raise BadInput(str(error), where=where) from None
    raw = decode64(parts[1], where)
    if len(raw) <= 4:
        raise BadInput("a signature has four bytes of key id and then the signature itself", where=where)
    return Signature(parts[0], raw[:4], raw[4:])


def verify(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The plain Ed25519 keys of ``keys`` that signed ``note``; empty when none did, and then the text means nothing.

    Signatures of unknown keys are ignored. Raises BadInput when a line bears a known key's name and id and does not verify: such a
    note is malformed as a whole.
    """
    found = []
    for key in keys:
        if key.type is not KeyType.ED25519:
            raise ValueError("cosigners' keys are checked by formats.cosignature")
        lines = note.signed_by(key)
        for signature in lines:
            if not ed25519_verifies(key.public, signature.signature, note.text.encode("utf-8")):
                raise BadInput("this signature does not verify", where=f"signature of {key.name}+{key.id.hex()}")
        if lines:
            found.append(key)
    return tuple(found)


def ed25519_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature (RFC 8032) of 64 bytes holds."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_text(text: str) -> None:
    """Raise BadInput unless ``text`` can be a note's text."""
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
        raise BadInput("a note's text ends in a newline and has no other control character", where="note")


def check_name(name: str) -> None:
    """Raise BadInput unless ``name`` can be a key's name."""
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise BadInput(f"{name[:80]!r} is not a key name: no spaces and no plus", where="key name")


def encode64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode64(text: str, where: str) -> bytes:
    """The bytes of standard base64 in its one canonical spelling. Raises BadInput."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("this is not base64", where=where) from None
    if encode64(raw) != text:
        raise BadInput("this base64 has stray bits at its end: another text means the same bytes", where=where)
    return raw
