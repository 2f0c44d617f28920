"""A clip of the town: cars driving away under a reader's camera, as a video file that ``plateward read`` reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import cv2
import numpy as np

from plateward.demo import stories
from plateward.demo.chance import stream
from plateward.demo.drivers import residents
from plateward.demo.plates import Image, face
from plateward.demo.scene import HORIZON, LOOKS, Light, Pixels, glow, noise_of, place, shadow, street, with_plate
from plateward.demo.streets import network
from plateward.demo.vehicles import SCALE, SPRITE_WIDTH, Mask, Sprite, rear, vehicle_of

WIDTH, HEIGHT = 1280, 720
FRAMES_PER_SECOND = 25
SECONDS = 9.0

_VANISHING = (WIDTH / 2, HEIGHT * HORIZON)
_LANE = 400.0
_ENTERS, _WHOLE, _READABLE, _GONE = 2.3, 1.1, 0.45, 0.17
"""Sizes of a car, as parts of its sprite: coming in under the camera, first seen whole, plate 60 pixels wide, too far to matter."""
_GRAIN = 0.5
"""A clip is averaged by its encoder; so much of a still picture's noise is left."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A car in the clip: what is on its plate, and from when to when (seconds) it is whole and its plate 60 pixels wide or more."""

    plate: str
    region: str
    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class _Car:
    colour: Image
    sprite: Sprite
    enters_s: float
    lane: int
    pace_s: float

    def size(self, at: float) -> float:
        """The car's size ``at`` seconds into the clip: it halves whenever the distance doubles."""
        return _ENTERS / (1 + (at - self.enters_s) / self.pace_s)


def passages(seed: int, seconds: float = SECONDS) -> tuple[Passage, ...]:
    """The cars of the clip in the order they come: a story's car second, a visitor third."""
    rng = stream(seed, "clip")
    drivers = residents(seed, network(), 300)[20:]
    told = {1: (stories.BURGLAR, "US-CA"), 2: (stories.PATIENT, stories.PATIENT_REGION)}
    cars = []
    for number in range(max(1, int((seconds - 1.5) / _GAP_S))):
        driver = rng.choice(drivers)
        plate, region = told.get(number, (driver.plate, driver.region))
        whole, gone = (_enters(number) + _pace(number) * (_ENTERS / size - 1) for size in (_WHOLE, _READABLE))
        cars.append(Passage(plate, region, round(whole, 2), round(min(seconds, gone), 2)))
    return tuple(cars)


_GAP_S = 1.2


def _enters(number: int) -> float:
    return number * _GAP_S - 0.4


def _pace(number: int) -> float:
    return 0.5 + 0.07 * (number % 3)


def frames(seed: int, seconds: float = SECONDS, light: Light = Light.DAY) -> Iterator[Pixels]:
    """The clip picture by picture, 720 × 1280, 25 a second."""
    look = LOOKS[light]
    rng = stream(seed, "clip", "drawing")
    tint = np.array(look.tint, np.float32)
    empty = street(rng, WIDTH, HEIGHT, lane=0.5) * look.ambient * tint
    grains = [
        np.repeat(noise_of(rng).standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * look.noise * _GRAIN, 3, axis=2)
        for _ in range(3)
    ]
    cars = [_car(passage, number, light, rng) for number, passage in enumerate(passages(seed, seconds))]
    for frame in range(int(seconds * FRAMES_PER_SECOND)):
        at = frame / FRAMES_PER_SECOND
        image: Image = empty.copy()
        lamps: Mask = np.zeros((HEIGHT, WIDTH) if look.lamps else (0, 0), np.float32)
        for car in sorted((c for c in cars if c.enters_s <= at and c.size(at) > _GONE), key=lambda c: c.size(at)):
            _draw(image, lamps, car, car.size(at))
        glow(image, lamps, look.lamps)
        if light is Light.INFRARED:
            image[:] = image.max(axis=2, keepdims=True)
        image += grains[frame % len(grains)]
        np.clip(image, 0, 1, out=image)
        yield np.asarray(cv2.convertScaleAbs(image, alpha=255), np.uint8)


def _car(passage: Passage, number: int, light: Light, rng: Random) -> _Car:
    look = LOOKS[light]
    sprite = rear(vehicle_of(passage.plate))
    colour, _ = with_plate(sprite, face(passage.plate, passage.region, rng), look.ambient, look.plate, rng)
    colour *= np.array(look.tint, np.float32)
    return _Car(colour, sprite, _enters(number), 1 if number % 2 else -1, _pace(number))


def _draw(image: Image, lamps: Mask, car: _Car, size: float) -> None:
    x = _VANISHING[0] + car.lane * _LANE * size
    wheels = _VANISHING[1] + (HEIGHT - _VANISHING[1]) * size * 0.98
    way = np.array([[size, 0, x - size * SPRITE_WIDTH / 2], [0, size, wheels - size * car.sprite.ground]])
    shadow(image, x, wheels, size * SCALE, 0.75)
    place(image, car.colour, car.sprite.alpha, way)
    if lamps.size:
        lamps += cv2.warpAffine(car.sprite.lamps, way, (WIDTH, HEIGHT))


def town_clip(path: Path, seed: int, seconds: float = SECONDS, light: Light = Light.DAY) -> tuple[Passage, ...]:
    """Write the clip as MP4 (H.264, 720p, 25 a second); returns the cars in it. Raises OSError when ``path`` cannot be written."""
    with av.open(str(path), "w", format="mp4") as out:
        track = out.add_stream(
            "libx264", rate=Fraction(FRAMES_PER_SECOND), options={"crf": "22", "preset": "superfast"}
        )
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for image in frames(seed, seconds, light):
            out.mux(track.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(track.encode())
    return passages(seed, seconds)
