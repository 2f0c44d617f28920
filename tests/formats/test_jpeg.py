"""Taking out of a JPEG what a camera wrote beside the picture."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from plateward.formats.jpeg import without_metadata
from tests.formats.jpegs import PLACED, SECRET, placed_in


def test_the_picture_stays_and_everything_written_beside_it_goes() -> None:
    assert placed_in(PLACED)
    bare = without_metadata(PLACED + b"after the end: " + SECRET)
    assert bare is not None and not placed_in(bare)
    before, after = (Image.open(io.BytesIO(one)).convert("RGB") for one in (PLACED, bare))
    assert ImageChops.difference(before, after).getbbox() is None
    assert without_metadata(bare) == bare


@pytest.mark.parametrize(
    "broken", [b"", b"\xff\xd8", b"GIF89a", PLACED[:200], PLACED[:-2], b"\xff\xd8\xff\xe1\x00\x01\xff\xd9"]
)
def test_a_file_that_cannot_be_followed_to_its_end_is_shown_not_at_all(broken: bytes) -> None:
    assert without_metadata(broken) is None


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_or_grow(rest: bytes) -> None:
    made = without_metadata(b"\xff\xd8\xff" + rest)
    assert made is None or len(made) <= len(rest) + 3
