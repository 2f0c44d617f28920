"""Video to measure reading on: a street of the demonstration's town with as many cars in view as asked for, drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import cv2
import numpy as np

from plateward.demo.plates import Image, face
from plateward.demo.scene import HORIZON, LOOKS, Light, develop, glow, place, street, with_plate
from plateward.demo.vehicles import SPRITE_WIDTH, Sprite, rear, vehicle_of

RATE = 25
PASS_S = 1.6
"""A car is in view for so long, at 25 frames a second in 40 of them."""
GLARE = 2.5
"""How much brighter than the sensor can tell an oncoming headlight is."""
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_NEAR, _FAR = 0.115, 0.05
"""Width of a plate as a part of the picture's, where a car comes in and where it is gone: 220 to 96 pixels of 1080p."""


@dataclass(frozen=True, slots=True)
class Street:
    """A video, and the plates that pass in it."""

    path: Path
    plates: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Car:
    plate: str
    colour: Image
    sprite: Sprite


def write_street(
    path: Path, width: int, height: int, views: int, *, seconds: float, light: Light = Light.DAY, seed: int = 7
) -> Street:
    """Write a video (H.264) in which ``views`` plates are in view at every moment, each car driving away for ``PASS_S`` s.

    After dark another car comes towards the camera meanwhile, and its headlights dazzle it.
    """
    rng = Random(seed)
    look = LOOKS[light]
    ground = street(rng, width, height, lane=0.5) * np.float32(look.ambient)
    cars: dict[tuple[int, int], _Car] = {}
    with av.open(str(path), "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=Fraction(RATE), options={"crf": "23", "preset": "ultrafast"})
        track.width, track.height, track.pix_fmt = width, height, "yuv420p"
        for number in range(int(seconds * RATE)):
            image: Image = ground.copy()
            for lane in range(views):
                # Lanes begin at different moments, so that not all cars change at once.
                at = number / RATE / PASS_S + lane / views
                key = lane, int(at)
                if key not in cars:
                    cars[key] = _car(rng, light)
                _draw(image, cars[key], lane, views, at % 1.0, look.lamps)
            if light is Light.DAY:
                np.clip(image, 0, 1, out=image)
                drawn = np.asarray(cv2.convertScaleAbs(image, alpha=255), np.uint8)
            else:
                _dazzle(image, number / RATE / PASS_S % 1.0)
                drawn = develop(image, look, light, rng)
            out.mux(track.encode(av.VideoFrame.from_ndarray(drawn, format="bgr24")))
        out.mux(track.encode())
    return Street(path, frozenset(car.plate for car in cars.values()))


def _dazzle(image: Image, along: float) -> None:
    """The headlights of a car that comes nearer on the left, with the haze they make in the lens."""
    height, width = image.shape[:2]
    small = np.zeros((height // 4, width // 4), np.float32)
    x, y = width * (0.45 - 0.35 * along), height * (HORIZON + (1 - HORIZON) * (0.1 + 0.8 * along))
    apart, radius = width * (0.015 + 0.06 * along), width * (0.003 + 0.009 * along)
    for side in (-1, 1):
        cv2.circle(
            small, (round((x + side * apart) / 4), round(y / 4)), max(1, round(radius / 4)), 1.0, -1, cv2.LINE_AA
        )
    haze = cv2.GaussianBlur(small, (0, 0), radius) * 6 + cv2.GaussianBlur(small, (0, 0), radius * 3) * 4
    image += GLARE * cv2.resize(small + haze, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]


def _car(rng: Random, light: Light) -> _Car:
    text = f"{rng.randint(4, 9)}{''.join(rng.choices(_LETTERS, k=3))}{rng.randint(100, 999)}"
    look = LOOKS[light]
    sprite = rear(vehicle_of(text))
    colour, _ = with_plate(sprite, face(text, "US-CA", rng), look.ambient, look.plate, rng)
    return _Car(text, colour, sprite)


def _draw(image: Image, car: _Car, lane: int, views: int, along: float, lamps: float) -> None:
    """Put a car into its lane. ``along``: 0 where it comes in, 1 where it is gone. Many lanes lie in rows of four.

    ``lamps``: how bright its tail lamps are.
    """
    height, width = image.shape[:2]
    rows = -(-views // 4)
    columns = -(-views // rows)
    row, column = divmod(lane, columns)
    narrow = min(1.0, 2.2 / columns)
    plate_width = width * narrow * (_NEAR / (1 + along * (_NEAR / _FAR - 1)))
    corners = car.sprite.plate
    size = plate_width / float(corners[1, 0] - corners[0, 0])
    low, high = (row + 1.0) / rows, (row + 0.45) / rows
    foot = height * (HORIZON + (1 - HORIZON) * (low + (high - low) * along) * 0.97)
    x = width * (column + 0.5) / columns
    way = np.array([[size, 0, x - size * SPRITE_WIDTH / 2], [0, size, foot - size * car.sprite.ground]])
    place(image, car.colour, car.sprite.alpha, way)
    if lamps > 0:
        glow(image, np.asarray(cv2.warpAffine(car.sprite.lamps, way, (width, height)), np.float32), lamps)
