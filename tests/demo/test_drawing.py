"""Drawn pictures: the same every time, the plate where it is said to be, and readable."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

cv2 = pytest.importorskip("cv2", reason="drawing needs the reader extra")
np = pytest.importorskip("numpy", reason="drawing needs the reader extra")

from plateward.core.plate import ALPHABET, PlatePattern  # noqa: E402
from plateward.demo import stories  # noqa: E402
from plateward.demo.clip import HEIGHT, WIDTH, passages, town_clip  # noqa: E402
from plateward.demo.glyphs import strokes  # noqa: E402
from plateward.demo.hours import at_local  # noqa: E402
from plateward.demo.pictures import picture, picture_of, write_pictures  # noqa: E402
from plateward.demo.plates import SHEETS, face, write  # noqa: E402
from plateward.demo.reads import generate_reads  # noqa: E402
from plateward.demo.scene import Light, camera, light_at, scene  # noqa: E402
from plateward.demo.vehicles import BODIES, PAINTS, Vehicle, rear, vehicle_of  # noqa: E402

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
SEED = 1798


def test_every_letter_and_digit_has_a_shape_of_its_own() -> None:
    drawn = {}
    for character in ALPHABET:
        mask = np.zeros((160, 100), np.uint8)
        write(mask, character, (10, 10, 80, 140), 12)
        assert 0.04 < (mask > 128).mean() < 0.6, character
        drawn[character] = mask.astype(np.float32) / 255
    for a in ALPHABET:
        for b in ALPHABET:
            if a < b:
                assert np.abs(drawn[a] - drawn[b]).mean() > 0.008, (a, b)


def test_a_character_no_plate_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        strokes("é")


@pytest.mark.parametrize("region", [*SHEETS, None, "US-ZZ"])
def test_a_plate_is_dark_on_light_and_the_same_every_time(region) -> None:
    first, again = face("8KDB018", region, Random(4)), face("8KDB018", region, Random(4))
    assert first.shape == (300, 600, 3) and (first == again).all()
    band = first[95:235]
    ink, paper = np.percentile(band, 5), np.percentile(band, 75)
    assert paper - ink > 0.25
    assert (face("8KDB018", region, Random(5)) != first).any()


@pytest.mark.parametrize("light", list(Light))
def test_the_plate_is_in_the_picture_where_it_is_said_to_be(light: Light) -> None:
    drawn = scene("9FRC274", "US-CA", light, camera("rpd-harbor-5th-n"), Random(11))
    assert drawn.image.shape == (540, 960, 3) and drawn.image.dtype == np.uint8
    assert (drawn.plate >= 0).all() and (drawn.plate < (960, 540)).all()
    assert 100 < np.linalg.norm(drawn.plate[1] - drawn.plate[0]) < 170
    flat = np.array([(0, 0), (300, 0), (300, 150), (0, 150)], np.float32)
    seen = cv2.warpPerspective(drawn.image, cv2.getPerspectiveTransform(drawn.plate, flat), (300, 150))
    asked = cv2.resize(face("9FRC274", "US-CA", Random(1)), (300, 150), interpolation=cv2.INTER_AREA)
    rows = slice(48, 116)
    likeness = np.corrcoef(seen[rows].mean(axis=2).ravel(), asked[rows].mean(axis=2).ravel())[0, 1]
    assert likeness > 0.6


def test_every_vehicle_can_be_drawn_with_its_plate_on_the_body() -> None:
    for body in BODIES:
        for paint in list(PAINTS)[:2]:
            sprite = rear(Vehicle(body, paint))
            for x, y in sprite.plate.astype(int):
                assert sprite.alpha[y, x] > 0.9, body
            assert sprite.lamps.max() > 0.9
    assert vehicle_of("8XYZ123") == vehicle_of("8XYZ123")
    assert vehicle_of("12345A6").body in {"van", "pickup"}


def test_the_light_follows_the_clock() -> None:
    day = NOW.date()
    assert light_at(at_local(day, 12), Random(1)) is Light.DAY
    assert light_at(at_local(day, 17, 40), Random(1)) is Light.DUSK
    assert {light_at(at_local(day, 2), Random(i)) for i in range(30)} == {Light.NIGHT, Light.INFRARED}


def test_a_read_s_picture_is_a_jpeg_and_always_the_same() -> None:
    read = next(generate_reads(SEED, NOW, days=1, count=20))
    data = picture_of(read)
    assert data == picture_of(read) and 10_000 < len(data) < 250_000
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(image.astype(int) - picture(read).image).mean() < 12


def test_written_pictures_do_not_name_their_plate_and_can_be_read(tmp_path: Path) -> None:
    rapidocr = pytest.importorskip("rapidocr", reason="reading needs the reader extra")
    written = write_pictures(tmp_path / "new" / "pictures", SEED, NOW, count=4)
    assert written[0].plate == stories.BURGLAR and written[1].plate == stories.STOLEN
    assert {w.path for w in written} == set(written[0].path.parent.iterdir()) and len(written) == 4
    engine = rapidocr.RapidOCR()
    right = 0
    for one in written:
        assert one.plate not in one.path.name
        found = [re.sub(r"[^A-Z0-9]", "", text) for text in engine(str(one.path)).txts or ()]
        right += one.plate in found
    assert right >= 3


def test_the_clip_decodes_and_shows_the_cars_it_names(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="video needs the reader extra")
    path = tmp_path / "town.mp4"
    cars = town_clip(path, SEED, seconds=3.2)
    assert cars == passages(SEED, 3.2) and cars
    with av.open(str(path)) as clip:
        video = clip.streams.video[0]
        frames = [frame.to_ndarray(format="gray") for frame in clip.decode(video)]
    assert len(frames) == 80 and frames[0].shape == (HEIGHT, WIDTH)
    moving = np.abs(frames[40].astype(int) - frames[60].astype(int)).mean()
    assert moving > 2
    full = passages(SEED)
    pattern = PlatePattern.parse(stories.PATTERN)
    assert any(pattern.matches(car.plate) for car in full)
    assert all(0 <= car.begins_s < car.ends_s for car in full)
    assert len({car.plate for car in full}) == len(full)


def test_a_clip_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        town_clip(tmp_path / "missing" / "town.mp4", SEED, seconds=1)


def test_two_reads_a_second_apart_do_not_look_alike() -> None:
    reads = list(generate_reads(SEED, NOW, days=1, count=30))
    assert picture_of(reads[0]) != picture_of(reads[1])
    assert reads[1].read_at - reads[0].read_at < timedelta(hours=20)
