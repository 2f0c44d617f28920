"""Receipts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.formats.tlog_proof import parse_logged, parse_proof
from tests.ledger_world import LedgerWorld

WORLD = LedgerWorld().fill(300)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 299])
@pytest.mark.parametrize("whole", [True, False])
def test_a_receipt_comes_back_byte_for_byte_and_opens(index: int, whole: bool) -> None:
    made = WORLD.receipt(index, whole=whole)
    parsed = parse_proof(made.encode())
    assert parsed == made
    logged = parse_logged(parsed.extra)
    assert logged.entry == WORLD.sealed[index].entry
    assert logged.opens() is True
    assert (logged.salt is None) != whole


def test_a_receipt_of_the_only_entry_has_no_hashes() -> None:
    made = LedgerWorld().fill(1).receipt(0)
    assert made.proof == ()
    assert parse_proof(made.encode()) == made


def test_the_example_of_the_specification_is_read_where_it_is_not_elided(shared: Path) -> None:
    page = (shared / "specs" / "tlog-proof.md").read_text("utf-8")
    example = re.search(r"```\n(c2sp.*?)```", page, re.S)[1]  # type: ignore[index]
    head, _, note = example.partition("\n\n")
    line = WORLD.signer.sign(note.partition("\n\n")[0] + "\n").line()
    whole = re.sub(r"^extra .*\n", "", head, flags=re.M) + "\n\n" + note.partition("\n\n")[0] + "\n\n" + line
    proof = parse_proof(whole.encode())
    assert (proof.index, len(proof.proof), proof.checkpoint.checkpoint.size) == (73894, 5, 109482)
    assert proof.encode() == whole.encode()


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda r: r.replace(b"@v1", b"@v2"), "line 1"),
        (lambda r: r.replace(b"index 7", b"index 07"), "tree size"),
        (lambda r: r.replace(b"index 7\n", b""), "index"),
        (lambda r: r.replace(b"extra ", b"extra  "), "base64"),
        (lambda r: r.replace(b"\n\n", b"\nAAAA\n\n", 1), "32 bytes"),
        (
            lambda r: r.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n" * 1 + b"\n", 1).replace(
                b"\n\n", b"\n" + (b"A" * 43 + b"=\n") * 70 + b"\n", 1
            ),
            "63",
        ),
        (lambda r: r.partition(b"\n\n")[0], "empty line"),
        (lambda r: b"\xff" + r, "ASCII"),
        (lambda r: r[:-1], "newline"),
        (lambda r: b"", "empty line"),
        (lambda r: r + b"x" * (5 << 20), "at most"),
    ],
)
def test_a_malformed_receipt_is_refused_by_line(bend, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match=says):
        parse_proof(bend(WORLD.receipt(7).encode()), "receipt")


@pytest.mark.parametrize(
    "extra",
    [b"", b"{}", b"[]", b"null", b'{"v":2,"entry":""}', b'{"v":1,"entry":7}', b'{"v":1,"entry":"","body":""}',
     b'{"v":1,"entry":"","open":{}}', b"[" * 100_000],
)  # fmt: skip
def test_extra_data_that_is_not_ours_is_refused(extra: bytes) -> None:
    with pytest.raises(BadInput, match="extra"):
        parse_logged(extra)
