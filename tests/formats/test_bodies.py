"""Bodies as lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plateward.core.errors import BadInput
from plateward.core.event import disclose, parse_entry
from plateward.formats.bodies import BodyRecord, parse_bodies
from tests.ledger_world import LedgerWorld

MADE = LedgerWorld().fill(2).sealed[1]


def test_the_three_forms_come_back_and_open_their_entry() -> None:
    whole = BodyRecord(1, MADE.body, MADE.salt)
    part = BodyRecord(2, disclosure=disclose(MADE.body, MADE.salt))
    gone = BodyRecord(3, erased_at=datetime(2031, 1, 1, tzinfo=UTC))
    lines = b"".join(record.encode() for record in (whole, part, gone))
    assert list(parse_bodies(lines.splitlines(keepends=True))) == [whole, part, gone]
    entry = parse_entry(MADE.entry)
    assert [record.opens(entry) for record in (whole, part, gone)] == [True, True, False]
    assert b"personal" not in part.encode().replace(b"personal_digest", b"")
    assert whole.open_fields == part.open_fields != gone.open_fields


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "a line has"),
        (b'{"index":1}', "a line has"),
        (b'{"index":-1,"erased_at":"2031-01-01T00:00:00.000Z"}', "index"),
        (b'{"index":true,"erased_at":"2031-01-01T00:00:00.000Z"}', "index"),
        (b'{"index":1,"erased_at":"2031"}', "erased_at"),
        (b'{"index":1,"salt":"00","body":{}}', "salt"),
        (b'{"index":1,"salt":"' + b"0" * 64 + b'","body":[]}', "body"),
        (b'{"index":1,"salt":"' + b"0" * 64 + b'","open":{},"personal_digest":7}', "personal_digest"),
        (b"[" * 100_000, "not JSON"),
        (b'"' + b"x" * (2 << 20) + b'"', "longer"),
    ],
)
def test_a_bad_line_is_named(line: bytes, says: str) -> None:
    good = BodyRecord(0, MADE.body, MADE.salt).encode()
    with pytest.raises(BadInput, match=f"line 3.*{says}|{says}.*line 3"):
        list(parse_bodies([good, b"\n", line]))
