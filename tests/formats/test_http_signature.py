"""Signed webhooks: what a receiver can rely on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plateward.core.errors import BadInput
from plateward.formats.http_signature import sign, verify

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
URL, BODY, NOW = "https://example.org/hook?x=1", b'{"kind":"alert"}', datetime(2026, 11, 23, 12, tzinfo=UTC)


def signed(**changed: str) -> dict[str, str]:
    return sign(KEY, "k1", URL, BODY, "m-1", NOW) | changed


def test_a_signed_message_is_recognised_with_its_key_for_repetitions() -> None:
    headers = {name.title(): value for name, value in signed().items()}
    assert verify(KEY.public_key(), URL, headers, BODY, NOW + timedelta(minutes=4)) == "m-1"


@pytest.mark.parametrize(
    ("url", "headers", "body", "now", "says"),
    [
        ("https://example.org/other", signed(), BODY, NOW, "wrong"),
        (URL, signed(), b'{"kind":"alarm"}', NOW, "not the one that was signed"),
        (URL, signed(**{"idempotency-key": "m-2"}), BODY, NOW, "wrong"),
        (URL, signed(**{"content-type": "text/plain"}), BODY, NOW, "wrong"),
        (URL, signed(), BODY, NOW + timedelta(minutes=6), "too old"),
        (URL, signed(), BODY, NOW - timedelta(minutes=6), "future"),
        (URL, {}, BODY, NOW, "no signature"),
        (URL, signed(**{"signature": "sig1=:AAAA:"}), BODY, NOW, "wrong"),
        (URL, signed(**{"signature": "sig1=::::"}), BODY, NOW, "no signature"),
        (
            URL,
            signed(**{"signature-input": signed()["signature-input"].replace(' "content-digest"', "")}),
            BODY,
            NOW,
            "cover",
        ),
    ],
)
def test_what_was_changed_on_the_way_or_sent_again_later_is_refused(
    url: str, headers: dict[str, str], body: bytes, now: datetime, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        verify(KEY.public_key(), url, headers, body, now)


def test_another_key_signs_nothing_in_the_nodes_name() -> None:
    with pytest.raises(BadInput, match="wrong"):
        verify(OTHER.public_key(), URL, signed(), BODY, NOW)
    with pytest.raises(BadInput, match="wrong"):
        verify(KEY.public_key(), URL, signed(), BODY, NOW, method="PUT")
