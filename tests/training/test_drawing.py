"""Drawn plates: the same from the same seed, readable, and with corners where the plate is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from training.draw.camera import shoot
from training.draw.crops import box_corners, draw_crop
from training.draw.glyphs import ALPHABET, Die, glyph_mask
from training.draw.plates import PlateArtist
from training.draw.scenes import HEIGHT, WIDTH, SceneArtist
from training.draw.texts import US_PATTERNS, Texts
from training.photos import Photo


def test_the_same_seed_draws_the_same_crop() -> None:
    drawn = []
    for _ in range(2):
        rng = np.random.default_rng(3)
        artist = PlateArtist(rng)
        drawn.append([draw_crop(artist, rng, []) for _ in range(4)])
    for one, other in zip(*drawn, strict=True):
        assert one[1:] == other[1:]
        assert np.array_equal(one[0], other[0])


@pytest.mark.parametrize("seed", range(6))
def test_a_die_draws_every_letter_and_tells_them_apart(seed: int) -> None:

    die = Die.sample(np.random.default_rng(seed))
    masks = {letter: cv2.resize(glyph_mask(letter, die, 48), (24, 48)) for letter in ALPHABET if letter not in "O0I1"}
    assert all(mask.max() == 1.0 for mask in masks.values())
    letters = list(masks)
    for place, one in enumerate(letters):
        for other in letters[place + 1 :]:
            assert np.abs(masks[one] - masks[other]).mean() > 0.01, f"{one} and {other} look alike"


def test_texts_follow_their_patterns() -> None:
    texts = Texts(np.random.default_rng(1))
    for patterns in US_PATTERNS.values():
        for pattern in patterns:
            for wanted, sign in zip(pattern.replace("\\", ""), texts.fill(pattern), strict=True):
                assert {"9": sign.isdigit(), "A": sign.isalpha()}.get(wanted, sign == wanted)
    assert all(2 <= len(texts.vanity().replace(" ", "")) <= 8 for _ in range(200))


def test_the_corners_of_a_photographed_plate_are_where_it_changes_from_background_to_plate() -> None:
    rng = np.random.default_rng(5)
    plate = np.ones((60, 120), np.float32)
    for _ in range(10):
        shot = shoot(plate, 100.0, rng, [], infrared=False)
        (left, top), (right, bottom) = shot.corners.min(0), shot.corners.max(0)
        assert left > 0
        assert top > 0
        assert right < shot.image.shape[1]
        assert bottom < shot.image.shape[0]


def test_a_scene_keeps_corners_within_the_frame_and_in_reading_order() -> None:
    rng = np.random.default_rng(2)
    photo = Photo("a.jpg", 640, 480, np.array([[300, 240, 90, 30]], np.float32), "drawn here")
    artist = SceneArtist(rng, [(photo, rng.integers(0, 255, (480, 640), dtype=np.uint8))], pool=8)
    seen = 0
    for _ in range(25):
        scene = artist.draw()
        assert scene.image.shape == (HEIGHT, WIDTH)
        assert len(scene.corners) == len(scene.exact)
        for quad in scene.corners:
            seen += 1
            assert quad[0, 0] < quad[1, 0], "the plate is mirrored"
            assert quad[0, 1] < quad[3, 1], "the plate is upside down"
            assert np.all(box_corners(quad).mean(0) > -20)
    assert seen > 5
