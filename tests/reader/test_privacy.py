"""What can still be made out in pictures that leave the reader: no face, no other car's plate, but the vehicle."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from plateward.reader.engine import open_reader
from plateward.reader.geometry import Box, upright
from plateward.reader.own import grey
from plateward.reader.picture_cut import cut_picture, surroundings
from plateward.reader.privacy import masked_frame, vehicle_of
from plateward.reader.read_picture import PictureReader
from tests.reader.drawing import paste, plate, street

WIDTHS = (320, 480, 640, 960, 1280, 1920, 2560, 3840)
SAMPLES = 10
"""Rows of a face that people need to know somebody by (7 × 10: Yip and Sinha, Perception 31, 2002)."""

Picture = npt.NDArray[np.uint8]


def decoded(jpeg: bytes | None) -> Picture:
    assert jpeg is not None
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def fine_detail(picture: Picture, face_px: float) -> float:
    """Energy of structures so fine that ``SAMPLES`` rows of a face ``face_px`` high are needed to show them, a pixel."""
    image = grey(picture).astype(np.float64)
    image -= image.mean()
    spectrum = np.abs(np.fft.fft2(image * np.outer(np.hanning(image.shape[0]), np.hanning(image.shape[1])))) ** 2
    down, across = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :]
    cycles = np.hypot(down, across) * face_px
    return float(spectrum[cycles >= SAMPLES / 2].sum() / image.size)


def crowd(width: int, seed: int = 1) -> Picture:
    """Structure of every size everywhere: whatever a face is made of is in it."""
    height = width * 9 // 16
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width), np.float64)
    for step in (1, 2, 4, 8, 16):
        noise = random.normal(0, 40, (height // step + 1, width // step + 1))
        picture += cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.repeat(np.clip(picture + 128, 0, 255).astype(np.uint8)[:, :, None], 3, 2)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("share", [0.04, 0.1, 0.25])
def test_a_face_forty_pixels_high_beside_the_vehicle_cannot_be_recognised(width: int, share: float) -> None:
    picture = crowd(width)
    across = max(16, round(width * share))
    box = upright(width * 0.4, picture.shape[0] * 0.8, across, across / 2)
    clear, blurred = decoded(cut_picture(picture, box, blur=False)), decoded(cut_picture(picture, box))
    left, top, right, _ = surroundings(box, width, picture.shape[0])
    shrink = blurred.shape[1] / (right - left)
    sharp_from = round((vehicle_of(box)[1] - top) * shrink)
    above = slice(0, max(0, sharp_from))
    assert above.stop >= 12
    assert fine_detail(blurred[above], 40 * shrink) < 0.02 * fine_detail(clear[above], 40 * shrink)


@pytest.mark.parametrize("ratio", [2.0, 4.7])
def test_a_face_next_to_the_vehicle_keeps_five_rows_at_most_however_large_the_picture(ratio: float) -> None:
    picture = crowd(3840)
    wide_m = 0.305 if ratio == 2.0 else 0.52
    box = upright(1500, 1200, 600, 600 / ratio)
    face_px = 600 * 0.22 / wide_m
    clear, blurred = decoded(cut_picture(picture, box, blur=False)), decoded(cut_picture(picture, box))
    left, top, right, _ = surroundings(box, 3840, picture.shape[0])
    shrink = blurred.shape[1] / (right - left)
    above = slice(0, round((vehicle_of(box)[1] - top) * shrink))
    # half of the rows that knowing a face takes
    assert fine_detail(blurred[above], face_px * shrink * 2) < 0.05 * fine_detail(clear[above], face_px * shrink * 2)


@pytest.mark.parametrize("width", WIDTHS)
def test_in_a_frame_for_looking_after_a_camera_no_face_of_a_sixth_of_its_height_can_be_recognised(width: int) -> None:
    picture = crowd(width)
    small = decoded(masked_frame(picture, []))
    clear = cv2.resize(picture, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    face_px = small.shape[0] / 6
    assert fine_detail(small, face_px) < 0.02 * fine_detail(np.asarray(clear, np.uint8), face_px)


def test_make_and_colour_of_the_vehicle_can_still_be_judged() -> None:
    picture = crowd(1920)
    picture[..., 2] //= 2
    box = upright(800, 600, 200, 100)
    cut = decoded(cut_picture(picture, box))
    left, top, _, _ = surroundings(box, 1920, 1080)
    shrink = cut.shape[1] / 1000
    x0, y0, x1, y1 = (
        round(v * shrink) for v in (600 - left, 400 - top, 780 - left, 720 - top)
    )  # lights, left of the plate
    part, was = (
        cut[y0:y1, x0:x1],
        cv2.resize(picture[400:720, 600:780], (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA),
    )
    assert fine_detail(part, 40) > 0.8 * fine_detail(np.asarray(was, np.uint8), 40)
    assert np.abs(part.reshape(-1, 3).mean(0) - was.reshape(-1, 3).mean(0)).max() < 4


@pytest.fixture(scope="module")
def careful() -> PictureReader:
    return open_reader(threads=1)


def texts(reader: PictureReader, picture: Picture) -> set[str]:
    return {found.reading.text for found in reader.read(picture)}


@pytest.mark.parametrize(
    ("x", "y", "size"),
    [(330, 250, 150), (640, 330, 150), (700, 300, 230), (330, 330, 90)],
    ids=["above, where the vehicle is sharp", "beside it", "beside it and nearer", "further off, behind"],
)
def test_another_cars_plate_in_the_picture_cannot_be_read_again(
    careful: PictureReader, x: int, y: int, size: int
) -> None:
    picture = street()
    own = upright(*paste(picture, plate("7KLM482"), 390, 400, 150))
    other = upright(*paste(picture, plate("5DRT913"), x, y - 100, size))
    assert "5DRT913" in texts(careful, picture), "the world shows both plates"
    found = [one.box for one in careful.read(picture)]
    delivered = texts(careful, decoded(cut_picture(picture, own, others=found)))
    assert "7KLM482" in delivered
    assert not any(shared(text, "5DRT913") >= 4 for text in delivered - {"7KLM482"}), delivered
    assert other.width == pytest.approx(size, abs=2)


def test_other_plates_that_nobody_found_are_coarse_where_the_vehicle_ends(careful: PictureReader) -> None:
    picture = street()
    own = upright(*paste(picture, plate("7KLM482"), 390, 400, 150))
    paste(picture, plate("5DRT913"), 760, 330, 170)
    delivered = texts(careful, decoded(cut_picture(picture, own)))
    assert not any(shared(text, "5DRT913") >= 4 for text in delivered), delivered


def shared(one: str, other: str) -> int:
    """Characters that stand in the same place in both."""
    return sum(a == b for a, b in zip(one, other, strict=False))


def test_hiding_others_leaves_the_plate_itself_alone() -> None:
    picture = crowd(960)
    box = upright(400, 300, 120, 60)
    inside: list[Box] = [upright(410, 310, 12, 10), box, upright(402, 301, 118, 58)]
    assert cut_picture(picture, box, others=inside) == cut_picture(picture, box)
