"""The own nets' reader: what their outputs mean, and that the shipped weights find and read plates nobody has seen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from training.draw.camera import lay, project
from training.draw.plates import PlateArtist

from plateward.core.errors import Fault
from plateward.reader.own import (
    HEIGHT,
    STRIDE,
    WIDTH,
    OwnRecogniser,
    decode_plates,
    decode_reading,
    letterbox,
    own_detector,
    own_recogniser,
    rectify,
)
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.recognise import ALPHABET
from plateward.reader.sessions import own_weights

needs_weights = pytest.mark.skipif(own_weights("reader.onnx") is None, reason="this checkout has no own weights")


def steps_for(*lines: str) -> np.ndarray:
    """Scores (72 × 37) of a recogniser that is sure of `lines` (the lower one last), three columns a character."""
    scores = np.zeros((72, 37), np.float32)
    scores[:, 0] = 9.0
    for line, text in zip(range(2 - len(lines), 2), lines, strict=True):
        for place, sign in enumerate(text):
            step = 36 * line + 2 + 3 * place
            scores[step, 0], scores[step, ALPHABET.index(sign) + 1] = 0.0, 9.0
    return scores


def test_two_lines_are_read_from_the_top_and_doubled_letters_stay_two() -> None:
    assert decode_reading(steps_for("AB", "1223")).text == "AB1223"
    assert decode_reading(steps_for("7ABC123")).text == "7ABC123"
    assert decode_reading(steps_for("")).text == ""


def test_places_run_from_left_to_right_in_each_line() -> None:
    places = decode_reading(steps_for("AB", "12")).places
    assert places[0] < places[1]
    assert places[2] < places[3]
    assert all(0 < place < 1 for place in places)


def test_a_character_that_may_be_missing_lowers_the_confidence_of_the_length_and_of_nothing_else() -> None:
    sure, doubtful = steps_for("ABC123"), steps_for("ABC123")
    doubtful[36 + 30, ALPHABET.index("7") + 1] = 8.5
    one, other = decode_reading(sure), decode_reading(doubtful)
    assert one.text == other.text
    assert other.length_confidence < 0.7 < one.length_confidence
    assert one.char_confidences == pytest.approx(other.char_confidences)


def test_the_better_of_two_overlapping_plates_stays_and_corners_are_in_pixels_of_the_input() -> None:
    planes = np.full((9, 20, 40), -9.0, np.float32)
    planes[1:] = 0
    corners = np.array([[40, 60], [120, 62], [120, 100], [40, 98]], np.float32)
    for row, column, score in ((9, 9, 4.0), (9, 11, 2.0)):
        planes[0, row, column] = score
        middle = np.array([column, row]) * STRIDE + STRIDE / 2
        planes[1:, row, column] = ((corners - middle) / STRIDE).reshape(8)
    boxes = decode_plates(planes, 0.3)
    assert len(boxes) == 1
    assert np.allclose(boxes[0].corners, corners, atol=1e-3)
    assert boxes[0].score == pytest.approx(1 / (1 + np.exp(-4.0)))


def test_a_slanted_plate_is_straightened_with_its_margin() -> None:
    plate = np.zeros((48, 144), np.float32)
    plate[:, 36:108] = 1.0
    image = np.full((200, 300), 0.5, np.float32)
    corners = np.array([[60, 60], [230, 90], [225, 150], [55, 118]], np.float32)
    lay(image, plate, corners)
    crop = rectify((image * 255).astype(np.uint8), corners)
    assert crop.shape == (HEIGHT, WIDTH)
    middle = crop[HEIGHT // 2]
    assert middle[WIDTH // 2] > 240
    assert middle[WIDTH // 6] < 15
    assert middle[WIDTH * 5 // 6] < 15
    assert np.all(np.abs(crop[:, 0].astype(int) - 127) < 12), "the margin shows what surrounds the plate"


def test_a_plate_outside_of_the_picture_gives_a_crop_and_no_error() -> None:
    corners = np.array([[900, 900], [990, 900], [990, 930], [900, 930]], np.float32)
    assert rectify(np.zeros((100, 100), np.uint8), corners).shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize(("rows", "columns"), [(1080, 1920), (1920, 1080), (37, 911), (4, 4)])
def test_every_picture_fits_the_net(rows: int, columns: int) -> None:
    ground, scale = letterbox(np.zeros((rows, columns), np.uint8), 640)
    assert ground.shape[0] % 32 == 0 == ground.shape[1] % 32
    assert max(rows, columns) * scale == pytest.approx(640)


def test_missing_weights_are_a_fault_that_says_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plateward.reader.own.own_weights", lambda name: None)
    with pytest.raises(Fault, match="weights"):
        own_detector()


def street(seed: int) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """A plain street of two dark cars on grey, each with a clear drawn plate 120 px wide: picture, texts and corners."""
    rng = np.random.default_rng(seed)
    artist = PlateArtist(rng)
    image = np.full((360, 640), 0.45, np.float32)
    plates = []
    for centre in ((170, 200), (470, 190)):
        plate = artist.draw()
        while plate.kind not in {"us", "eu"} or len(plate.text) < 5 or plate.image.std() < 0.2:
            plate = artist.draw()
        body = np.array([[-110, -110], [110, -110], [110, 70], [-110, 70]], np.float32) + centre
        lay(image, np.full((8, 8), 0.2, np.float32), body.astype(np.float32))
        corners = project(120, 120 * plate.image.shape[0] / plate.image.shape[1], rng, 0.4) + np.array(
            centre, np.float32
        )
        lay(image, plate.image, corners.astype(np.float32))
        plates.append((plate.text, corners))
    return np.clip(image * 235, 0, 255).astype(np.uint8), plates


@needs_weights
def test_plates_of_drawn_cars_are_found_and_most_are_read() -> None:
    reader = OwnPictureReader(own_detector(), own_recogniser())
    found = right = total = 0
    for seed in range(8):
        image, plates = street(seed)
        read = reader.read(image)
        for text, corners in plates:
            near = [p for p in read if np.hypot(*(np.array(p.box.centre) - corners.mean(0))) < 30]
            total += 1
            found += bool(near)
            right += any(text in (p.reading.text, p.seen.text) for p in near)
    assert found >= 0.85 * total
    assert right >= 0.6 * total


@needs_weights
def test_a_cameras_own_text_is_no_plate() -> None:
    image = np.full((360, 640), 90, np.uint8)
    for text, place in (("CAM01", (20, 30)), ("C00D", (540, 30)), ("2024-05-11 13:45:02", (20, 345))):
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    assert OwnPictureReader(own_detector(), own_recogniser()).read(image) == []


@needs_weights
def test_an_empty_crop_gives_an_empty_reading_and_sizes_do_not_matter() -> None:
    recogniser: OwnRecogniser = own_recogniser()
    crops = [np.full((20, 70), 128, np.uint8), np.full((300, 300, 3), 128, np.uint8)]
    assert [reading.text for reading in recogniser.recognise(crops)] == ["", ""]
    assert recogniser.recognise([]) == []
