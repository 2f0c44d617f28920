"""Cosignatures, of both kinds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint, sign_checkpoint
from plateward.formats.cosignature import Cosigner, _message, verify_cosignatures
from plateward.formats.signed_note import KeyType, NoteSigner, Signature, VerifierKey, parse_vkey

KINDS = [KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_ML_DSA_44]
LOG = NoteSigner.from_seed("example.org/log", b"\x01" * 32)
SIGNED = sign_checkpoint(Checkpoint("example.org/log", 42, b"\x07" * 32), LOG)


def witness(kind: KeyType, seed: int = 3, name: str = "witness.example/w1") -> Cosigner:
    return Cosigner.from_seed(name, kind, bytes([seed]) * 32)


def with_lines(signed: SignedCheckpoint, *lines: Signature) -> SignedCheckpoint:
    return parse_checkpoint(SignedCheckpoint(signed.checkpoint, signed.note.with_signatures(lines)).encode())


@pytest.mark.parametrize("kind", KINDS)
def test_a_cosignature_is_found_with_its_time(kind: KeyType) -> None:
    one = witness(kind)
    signed = with_lines(SIGNED, one.cosign(SIGNED.checkpoint, 1_700_000_000))
    (found,) = verify_cosignatures(signed, [one.key])
    assert (found.key, found.time) == (one.key, 1_700_000_000)
    assert parse_vkey(str(one.key)) == one.key


def test_the_signed_message_is_the_one_in_the_specification(shared: Path) -> None:
    page = (shared / "specs" / "tlog-cosignature.md").read_text("utf-8")
    block = re.search(r"((?:    .*\n)+)", page[page.index("    cosignature/v1") :])[1]  # type: ignore[index]
    wanted = re.sub(r"^    ", "", block, flags=re.M).encode()
    example = next(b for b in re.findall(r"```\n(.*?)```", page, re.S) if "witness" in b)
    checkpoint = parse_checkpoint(example.encode()).checkpoint
    key = VerifierKey("witness.example.com/w1", KeyType.COSIGNATURE_ED25519, bytes(32))
    assert _message(key, checkpoint, 1679315147) == wanted


def test_the_cosignature_in_the_specification_states_the_time_that_it_says(shared: Path) -> None:
    page = (shared / "specs" / "tlog-cosignature.md").read_text("utf-8")
    example = next(b for b in re.findall(r"```\n(.*?)```", page, re.S) if "witness" in b)
    line = parse_checkpoint(example.encode()).note.signatures[1]
    assert (line.name, len(line.signature)) == ("witness.example.com/w1", 72)
    assert int.from_bytes(line.signature[:8], "big") == 1679315147


def test_the_post_quantum_message_is_laid_out_field_by_field() -> None:
    key = witness(KeyType.COSIGNATURE_ML_DSA_44).key
    assert _message(key, SIGNED.checkpoint, 258) == (
        b"subtree/v1\n\0" + b"\x12witness.example/w1" + bytes(6) + b"\x01\x02" + b"\x0fexample.org/log" + bytes(8)
        + bytes(7) + b"\x2a" + b"\x07" * 32
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_cosignature_moved_to_another_tree_or_time_spoils_the_note(kind: KeyType) -> None:
    one = witness(kind)
    line = one.cosign(SIGNED.checkpoint, 1_700_000_000)
    other = sign_checkpoint(Checkpoint("example.org/log", 43, b"\x07" * 32), LOG)
    later = Signature(line.name, line.id, (1_800_000_000).to_bytes(8, "big") + line.signature[8:])
    for signed in (
        with_lines(other, line),
        with_lines(SIGNED, later),
        with_lines(SIGNED, Signature(line.name, line.id, b"\0" * 9)),
    ):
        with pytest.raises(BadInput, match="does not verify"):
            verify_cosignatures(signed, [one.key])


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_witness_counts_for_nothing(kind: KeyType) -> None:
    signed = with_lines(SIGNED, witness(kind).cosign(SIGNED.checkpoint, 5))
    assert verify_cosignatures(signed, [witness(kind, seed=4).key]) == ()
    assert verify_cosignatures(SIGNED, [witness(kind).key]) == ()


def test_a_logs_key_cannot_stand_in_for_a_witness() -> None:
    with pytest.raises(BadInput, match="not a witness"):
        verify_cosignatures(SIGNED, [LOG.key])


def test_a_cosignature_always_states_a_time() -> None:
    for time in (0, -1, 2**63):
        with pytest.raises(ValueError, match="time"):
            witness(KINDS[0]).cosign(SIGNED.checkpoint, time)


def test_of_two_cosignatures_of_one_witness_the_later_counts() -> None:
    one = witness(KINDS[0])
    signed = with_lines(SIGNED, one.cosign(SIGNED.checkpoint, 10), one.cosign(SIGNED.checkpoint, 20))
    assert [found.time for found in verify_cosignatures(signed, [one.key])] == [20]
