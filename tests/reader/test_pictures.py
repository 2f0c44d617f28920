"""Picture files: bounded, upright, dated; bad ones named."""

from __future__ import annotations

import os
import struct
import zlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image

from plateward.core.errors import BadInput
from plateward.reader.pictures import WORKING_SIDE, load_picture
from tests.reader.drawing import street, write_jpeg


def _png_that_claims(path: Path, width: int, height: int) -> Path:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
    return path


def test_a_small_file_that_claims_to_be_enormous_is_refused_by_its_heading(tmp_path: Path) -> None:
    path = _png_that_claims(tmp_path / "bomb.png", 60_000, 60_000)
    with pytest.raises(BadInput, match=r"60000 x 60000|million pixels") as refused:
        load_picture(path)
    assert refused.value.where == str(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"GIF89a" + b"\xff" * 40, "cannot be|no picture"), (b"just words, no picture", "no picture")],
)
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said) as refused:
        load_picture(path)
    assert str(path) in str(refused.value)


def test_a_truncated_picture_is_refused_not_read_by_half(tmp_path: Path) -> None:
    path = write_jpeg(tmp_path / "cut.jpg", street())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match="truncated"):
        load_picture(path)


@pytest.mark.parametrize("flips", range(0, 4000, 400))
def test_a_damaged_picture_gives_a_picture_or_a_named_error_never_anything_else(tmp_path: Path, flips: int) -> None:
    path = write_jpeg(tmp_path / "damaged.jpg", street((320, 180)))
    content = bytearray(path.read_bytes())
    for place in range(20 + flips % 97, len(content), 131 + flips // 40):
        content[place] ^= 0x5A
    path.write_bytes(content)
    try:
        assert load_picture(path).image.shape[2] == 3
    except BadInput as problem:
        assert problem.where == str(path)


def test_the_instant_is_the_cameras_own_with_its_offset(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2026:01:12 08:30:00", 0x9011: "-08:00", 0x9291: "250"})
    path = write_jpeg(tmp_path / "dated.jpg", street((160, 90)), exif=exif)
    expected = datetime(2026, 1, 12, 8, 30, 0, 250_000, timezone(timedelta(hours=-8)))
    assert load_picture(path).taken_at == expected


def test_without_exif_it_is_the_files_time_of_change(tmp_path: Path) -> None:
    path = write_jpeg(tmp_path / "plain.jpg", street((160, 90)))
    os.utime(path, (1_750_000_000, 1_750_000_000))
    assert load_picture(path).taken_at == datetime.fromtimestamp(1_750_000_000, UTC)


def test_an_impossible_exif_date_falls_back_to_the_file(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "0000:00:00 00:00:00"})
    path = write_jpeg(tmp_path / "zero.jpg", street((160, 90)), exif=exif)
    assert load_picture(path).taken_at.year > 2020


def test_a_picture_from_a_turned_telephone_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = write_jpeg(tmp_path / "turned.jpg", street((320, 180)), exif=exif)
    assert load_picture(path).image.shape[:2] == (320, 180)


def test_a_huge_picture_is_worked_on_smaller_and_says_by_how_much(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("L", (8000, 1000), 90).save(path)
    opened = load_picture(path)
    assert max(opened.image.shape) <= WORKING_SIDE
    assert opened.scale == pytest.approx(8000 / opened.image.shape[1])
