"""Signed notes, verifier keys and checkpoints, against the specification's own examples and against forgers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.merkle import EMPTY_ROOT
from plateward.formats.checkpoint import Checkpoint, parse_checkpoint, parse_size, sign_checkpoint, signed_by_log
from plateward.formats.signed_note import (
    MAX_SIGNATURES,
    KeyType,
    Note,
    NoteSigner,
    VerifierKey,
    parse_note,
    parse_vkey,
    verify,
)

SIGNER = NoteSigner.from_seed("example.org/log", b"\x01" * 32)
TEXT = "example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


def examples(page: Path) -> list[bytes]:
    """The fenced examples of a specification that are complete notes."""
    blocks = re.findall(r"```\n(.*?)```", page.read_text("utf-8"), re.S)
    return [block.encode() for block in blocks if "\n\n— " in block and "[...]" not in block and "sole:" not in block]


def test_the_example_of_the_specification_verifies_with_its_key(shared: Path) -> None:
    page = shared / "specs" / "signed-note.md"
    key = parse_vkey(re.search(r"^ +(example\.com/foo\+\S+)$", page.read_text("utf-8"), re.M)[1])  # type: ignore[index]
    (example,) = examples(page)
    note = parse_note(example)
    assert verify(note, [key]) == (key,)
    assert str(key) in page.read_text("utf-8")
    assert note.encode() == example
    with pytest.raises(BadInput, match="does not verify"):
        verify(parse_note(example.replace(b"an example", b"no example")), [key])


def test_the_poem_of_the_specification_keeps_its_empty_line(shared: Path) -> None:
    page = (shared / "specs" / "signed-note.md").read_text("utf-8")
    poem = next(block for block in re.findall(r"```\n(.*?)```", page, re.S) if "sole:" in block)
    note = parse_note(poem.encode())
    assert note.text.count("\n\n") == 1
    assert note.encode() == poem.encode()
    assert verify(note, [SIGNER.key]) == ()


@pytest.mark.parametrize("name", ["tlog-checkpoint.md", "tlog-cosignature.md"])
def test_the_checkpoints_of_the_specifications_come_back_byte_for_byte(shared: Path, name: str) -> None:
    found = examples(shared / "specs" / name)
    assert found
    for example in found:
        signed = parse_checkpoint(example)
        assert (signed.checkpoint.origin, signed.checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
        assert signed.encode() == example
        assert signed.checkpoint.text.encode() == example.split(b"\n\n")[0] + b"\n"


def test_a_key_survives_being_written_and_read() -> None:
    key = SIGNER.key
    assert parse_vkey(f" {key}\n") == key
    assert verify(Note(TEXT, (SIGNER.sign(TEXT),)), [key]) == (key,)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_key_text_is_refused(place: int, change: int) -> None:
    text = str(SIGNER.key)
    place %= len(text)
    bent = text[:place] + chr((ord(text[place]) + change) % 256) + text[place + 1 :]
    try:
        assert parse_vkey(bent).name != SIGNER.name or parse_vkey(bent) == SIGNER.key
    except BadInput:
        return
    assert bent.strip() == text


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+00000000+", "na me+00000000+AQ==", "n+0000000+AQ==", "n+00000000+AQ==", "n+00000000+Ag==", "n+00000000+!!",
     "+00000000+AQ==", "n+00000000+AQ=="],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_vkey(text)


def test_a_key_of_another_kind_with_the_same_bytes_has_another_id() -> None:
    plain = SIGNER.key
    assert VerifierKey(plain.name, KeyType.COSIGNATURE_ED25519, plain.public).id != plain.id


def test_signatures_of_strangers_are_ignored_but_a_false_one_of_a_known_key_spoils_the_note() -> None:
    stranger = NoteSigner.from_seed("example.org/log", b"\x02" * 32)
    note = Note(TEXT, (stranger.sign(TEXT), SIGNER.sign(TEXT)))
    assert verify(note, [SIGNER.key]) == (SIGNER.key,)
    assert verify(Note(TEXT, (stranger.sign(TEXT),)), [SIGNER.key]) == ()
    false = SIGNER.sign(TEXT.replace("0\n", "1\n"))
    with pytest.raises(BadInput, match="does not verify"):
        verify(Note(TEXT, (SIGNER.sign(TEXT), false)), [SIGNER.key])


def test_sixteen_signatures_and_more_are_read_but_not_without_end() -> None:
    line = SIGNER.sign(TEXT).line()
    assert len(parse_note(f"{TEXT}\n{line * 20}".encode()).signatures) == 20
    with pytest.raises(BadInput, match="at most"):
        parse_note(f"{TEXT}\n{line * (MAX_SIGNATURES + 1)}".encode())
    with pytest.raises(BadInput, match="at most"):
        parse_note(b"x" * (2 << 20))


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda n: n[:-1], "newline"),
        (lambda n: n.replace(b"\n\n", b"\n"), "blank line"),
        (lambda n: n + b"\n", "note is text"),
        (lambda n: n + b"more\n", "line 6"),
        (lambda n: n.replace("— ".encode(), b"-- "), "signature line"),
        (lambda n: n.replace(b"log ", b"log  "), "signature line"),
        (lambda n: n.replace(b"example.org/log ", b"example+org "), "key name"),
        (lambda n: n[:-10] + b"!" + n[-9:], "base64"),
        (lambda n: n.replace(b"0\n", b"0\r\n"), "control"),
        (lambda n: n.replace(b"0\n", b"\xff\n"), "UTF-8"),
        (lambda n: n.replace(b"0\n", b"\x00\n"), "control"),
        (lambda n: b"", "note is text"),
        (lambda n: n.rpartition(b" ")[0] + b" AQID\n", "four bytes"),
    ],
)
def test_a_malformed_note_is_refused_by_line(bend, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match=says):
        parse_note(bend(Note(TEXT, (SIGNER.sign(TEXT),)).encode()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("example.org/log\n0\n", "an origin, a size"),
        ("example.org/log\n00\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2"),
        ("example.org/log\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2"),
        ("example.org/log\n١\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2"),
        ("example.org/log\n9999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2"),
        ("example.org/log\n0\n47DEQpj8HBSa\n", "32 bytes"),
        ("example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", "stray bits"),
        ("\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "empty"),
    ],
)
def test_a_malformed_checkpoint_is_refused_by_line(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_checkpoint(Note(text, (SIGNER.sign(text),)).encode())


def test_a_checkpoint_signed_is_signed_by_its_log_and_by_no_other() -> None:
    signed = sign_checkpoint(Checkpoint("example.org/log", 0, EMPTY_ROOT), SIGNER)
    assert parse_checkpoint(signed.encode()) == signed
    assert signed_by_log(signed, SIGNER.key)
    assert not signed_by_log(signed, NoteSigner.from_seed("example.org/log", b"\x02" * 32).key)
    renamed = VerifierKey("example.org/other", KeyType.ED25519, SIGNER.key.public)
    assert not signed_by_log(signed, renamed)
    with pytest.raises(ValueError, match="named as its origin"):
        sign_checkpoint(Checkpoint("example.org/other", 0, EMPTY_ROOT), SIGNER)


def test_sizes_are_decimal_without_ornament() -> None:
    assert parse_size("0", "") == 0
    assert parse_size(str(2**63 - 1), "") == 2**63 - 1
    for text in ("", "+1", "1_0", " 1", "01", "1e3", str(2**63)):
        with pytest.raises(BadInput):
            parse_size(text, "")


def test_the_private_key_is_not_in_what_a_log_line_would_show() -> None:
    assert ("01" * 16) not in repr(SIGNER)
