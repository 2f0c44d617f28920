"""Rectified crops for the recogniser, with corners as wrong as a detector's are."""

from __future__ import annotations

import cv2
import numpy as np

from plateward.reader.own import HEIGHT, WIDTH, rectify
from plateward.reader.own_reader import NAMES, strip_corners
from training.draw.camera import Shot, shoot
from training.draw.plates import FlatPlate, PlateArtist

LONGEST = 10  # letters of a text


def box_corners(corners: np.ndarray) -> np.ndarray:
    """The upright box around `corners`, as corners."""
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def misplace(corners: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Corners as a detector gives them: mostly close, sometimes an upright box, sometimes loose."""
    roll = rng.random()
    if roll < 0.22:
        corners = box_corners(corners)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    size = np.array([np.linalg.norm(across), np.linalg.norm(down)])
    centre = corners.mean(0)
    sigma = rng.uniform(0.3, 1.0) * np.array([0.022, 0.04])
    each = rng.normal(0, 1, (4, 2)) * sigma * size * 0.6
    whole = rng.normal(0, 1, 2) * sigma * size
    grow = 1 + rng.normal(0.01, 0.025) if roll < 0.85 else rng.uniform(1.0, 1.3)
    squeeze = 1 + rng.normal(0, 0.03, 2)
    return ((corners - centre) * grow * squeeze + centre + each + whole).astype(np.float32)


def draw_crop(artist: PlateArtist, rng: np.random.Generator, photos: list[np.ndarray]) -> tuple[np.ndarray, str, str]:
    """One crop (HEIGHT × WIDTH, uint8), its text and its kind."""
    infrared = bool(rng.random() < 0.15)
    while True:
        plate = artist.draw(infrared)
        if not 2 <= len(plate.text) <= LONGEST:
            continue
        crop = _attempt(plate, rng, photos, infrared)
        if readable(crop):
            return crop, plate.text, plate.kind


def readable(crop: np.ndarray) -> bool:
    """Whether anything can be told from the middle of the crop: some contrast, not all of it at one end of the scale."""
    middle = crop[HEIGHT // 4 : -HEIGHT // 4, WIDTH // 6 : -WIDTH // 6].astype(np.float32)
    smooth = cv2.GaussianBlur(middle, (0, 0), 1.0)
    return float(smooth.std()) > 5.0 and float((smooth > 250).mean()) < 0.85


def _attempt(plate: FlatPlate, rng: np.random.Generator, photos: list[np.ndarray], infrared: bool) -> np.ndarray:
    least = {"us": 44, "two": 36, "br": 52}.get(plate.kind, 62)
    if rng.random() < 0.4:
        least = 95  # most pictures that people ask about show the plate well
    width = float(np.exp(rng.uniform(np.log(least), np.log(260))))
    shot: Shot = shoot(plate.image, width, rng, photos, infrared)
    return rectify(shot.image, misplace(shot.corners, rng))


LONGEST_NAME = 20  # letters of a name or slogan


def draw_strips(
    artist: PlateArtist, rng: np.random.Generator, photos: list[np.ndarray]
) -> list[tuple[np.ndarray, str]]:
    """The strips above and below the number of one plate (HEIGHT × WIDTH, uint8), and the letters and digits printed there."""
    infrared = bool(rng.random() < 0.1)
    plate = artist.draw(infrared)
    while plate.kind != "us":
        plate = artist.draw(infrared)
    width = float(np.exp(rng.uniform(np.log(120), np.log(420))))
    shot = shoot(plate.image, width, rng, photos, infrared)
    corners = misplace(shot.corners, rng) if rng.random() < 0.4 else shot.corners + rng.normal(0, 0.008 * width, (4, 2))
    strips = []
    for (upper, lower), words in zip(NAMES, (plate.above, plate.below), strict=True):
        text = "".join(sign for sign in words.upper() if sign.isascii() and sign.isalnum())
        strip = rectify(
            shot.image, strip_corners(corners, upper + rng.normal(0, 0.02), lower + rng.normal(0, 0.03)), 0.02
        )
        if len(text) <= LONGEST_NAME and (not text or float(strip[12:-12, 24:-24].std()) > 12.0):
            strips.append((strip, text))
    return strips
