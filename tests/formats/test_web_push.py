"""Web push: the published example of RFC 8291, and what only the browser can read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from plateward.core.errors import BadInput
from plateward.formats.web_push import MAX_TEXT, authorization, encrypt, from_unpadded, public_bytes, unpadded

THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_unpadded(text, "key", 32), "big"), ec.SECP256R1())


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    """RFC 8291, section 5 and appendix A."""
    once = key_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    salt = from_unpadded("DGv6ra1nlYgDCS1FRnbzlw", "salt", 16)
    assert unpadded(encrypt(b"When I grow up, I want to be a watermelon", THEIRS, AUTH, once, salt)) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6"
        "cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_node_proves_itself_to_the_push_service() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    header = authorization(key, "https://push.example.org", "mailto:alpr@example.org", datetime(2026, 1, 1, tzinfo=UTC))
    token = header.partition("t=")[2].partition(",")[0]
    head, claims, signature = token.split(".")
    raw = from_unpadded(signature, "signature", 64)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.public_key().verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(from_unpadded(claims, "claims", len(claims) * 3 // 4))
    assert said["aud"] == "https://push.example.org" and said["sub"] == "mailto:alpr@example.org"
    assert header.endswith(unpadded(public_bytes(key.public_key())))


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [("AAAA", AUTH, "p256dh"), (unpadded(b"\x04" * 65), AUTH, "p256dh"), (THEIRS, "AA", "auth")],
)
def test_a_browser_that_gives_nonsense_is_refused_by_field(p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(BadInput) as wrong:
        encrypt(b"x", p256dh, auth, ec.generate_private_key(ec.SECP256R1()), bytes(16))
    assert wrong.value.where == field


def test_a_message_too_long_for_a_push_service_is_refused() -> None:
    with pytest.raises(BadInput, match="too many"):
        encrypt(b"x" * (MAX_TEXT + 1), THEIRS, AUTH, ec.generate_private_key(ec.SECP256R1()), bytes(16))
