"""A street scene with one car as a roadside reader sees it: by day, at dusk, at night by its headlights, or in infrared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from plateward.demo.chance import stream
from plateward.demo.hours import local
from plateward.demo.plates import HEIGHT as FACE_HEIGHT
from plateward.demo.plates import WIDTH as FACE_WIDTH
from plateward.demo.plates import Image, face
from plateward.demo.vehicles import Mask, Sprite, rear, tilt, vehicle_of

Pixels = NDArray[np.uint8]
"""Height × width × 3, blue-green-red."""

WIDTH, HEIGHT = 960, 540
HORIZON = 0.24
"""Where the street ends, as a part of the height."""


class Light(StrEnum):
    """By what light a picture is taken."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    INFRARED = "infrared"


@dataclass(frozen=True, slots=True)
class Look:
    """What a light does: brightness of the surroundings, of the plate, of the lamps; tint; sensor noise; blur in pixels."""

    ambient: float
    plate: float
    lamps: float
    tint: tuple[float, float, float]
    noise: float
    blur: float


LOOKS = {
    Light.DAY: Look(1.0, 1.0, 0.0, (1.0, 1.0, 1.0), 0.012, 0.5),
    Light.DUSK: Look(0.55, 0.72, 0.55, (1.06, 0.98, 0.88), 0.022, 0.7),
    Light.NIGHT: Look(0.16, 0.80, 0.95, (0.92, 0.98, 1.06), 0.032, 0.8),
    Light.INFRARED: Look(0.13, 0.92, 0.6, (1.0, 1.0, 1.0), 0.028, 0.6),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture and where its plate is: x and y of the corners in pixels, upper left first, clockwise."""

    image: Pixels
    plate: NDArray[np.float32]


def light_at(at: datetime, rng: Random) -> Light:
    """The light at the instant ``at`` in the town; after dark most readers see in infrared."""
    hour = local(at).hour + local(at).minute / 60
    if 7.2 <= hour < 17.2:
        return Light.DAY
    if 6.3 <= hour < 18.1:
        return Light.DUSK
    return Light.INFRARED if rng.random() < 0.7 else Light.NIGHT


def noise_of(rng: Random) -> np.random.Generator:
    """A generator of arrays of noise that repeats with ``rng``."""
    return np.random.Generator(np.random.PCG64(rng.getrandbits(64)))


def street(rng: Random, width: int = WIDTH, height: int = HEIGHT, lane: float | None = None) -> Image:
    """An empty street: sky, houses out of focus, kerb, asphalt with a lane line.

    ``lane``: where the line meets the lower edge, as a part of the width; left to chance on the right when None.
    """
    line = int(height * HORIZON)
    image: Image = np.empty((height, width, 3), np.float32)
    image[:] = _houses(rng, width, height, line)
    image[line:] = _asphalt(rng, width, height - line)
    cv2.rectangle(image, (0, line - 4), (width, line + 5), (0.62, 0.63, 0.63), -1)
    foot = width * (rng.uniform(0.82, 0.98) if lane is None else lane)
    top = width * (0.62 if lane is None else 0.5)
    paint = np.zeros((height, width), np.float32)
    for begins, ends in ((0.02, 0.05), (0.08, 0.14), (0.2, 0.33), (0.48, 0.75), (0.98, 1.4)):
        far, near = ((top + (foot - top) * at, line + (height - line) * at, 2 + 12 * at) for at in (begins, ends))
        corners = [(far[0] - far[2], far[1]), (far[0] + far[2], far[1]), (near[0] + near[2], near[1])]
        cv2.fillPoly(paint, [np.array([*corners, (near[0] - near[2], near[1])], np.int32)], 0.55, cv2.LINE_AA)
    image += (np.array((0.82, 0.86, 0.86), np.float32) - image) * paint[..., None]
    return _float(cv2.GaussianBlur(image, (0, 0), 0.8))


def _houses(rng: Random, width: int, height: int, line: int) -> Image:
    """Sky, fronts and trees behind the street, out of focus."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    image = np.array((0.92, 0.84, 0.74), np.float32) * (1 - down) + np.array((0.90, 0.90, 0.88), np.float32) * down
    image = np.ascontiguousarray(np.broadcast_to(image, (height, width, 3)))
    x = -40
    while x < width:
        wide, high = rng.randrange(60, 190), rng.randrange(int(height * 0.1), int(height * 0.42))
        tone = rng.uniform(0.35, 0.8)
        colour = (tone * rng.uniform(0.8, 1), tone * rng.uniform(0.85, 1), tone)
        cv2.rectangle(image, (x, max(-5, line - high)), (x + wide, line + 20), colour, -1)
        for wx in range(x + 10, x + wide - 10, 26):
            for wy in range(line - high + 14, line - 26, 40):
                cv2.rectangle(image, (wx, wy), (wx + 12, wy + 20), (0.3, 0.28, 0.26), -1)
        x += wide + rng.randrange(0, 30)
    for _ in range(rng.randrange(2, 6)):
        cx, radius = rng.randrange(width), rng.randrange(28, 70)
        cv2.circle(image, (cx, line - radius // 2), radius, (0.22, rng.uniform(0.32, 0.45), 0.24), -1)
    return _float(cv2.GaussianBlur(image, (0, 0), 6))


def _asphalt(rng: Random, width: int, height: int) -> Image:
    chance = noise_of(rng)
    grain = cv2.GaussianBlur(chance.random((height, width), dtype=np.float32), (0, 0), 0.8)
    coarse = cv2.resize(chance.random((height // 16, width // 16), dtype=np.float32), (width, height))
    nearer = np.linspace(0, 0.06, height, dtype=np.float32)[:, None]
    tone = 0.34 + nearer + 0.07 * _float(grain) + 0.06 * _float(coarse)
    return _float(tone[..., None] * np.array((1.0, 0.99, 0.97), np.float32))


def _float(image: Any) -> NDArray[np.float32]:
    """An array as OpenCV returns it, known to hold 32-bit numbers."""
    return np.asarray(image, np.float32)


def with_plate(
    sprite: Sprite, plate: Image, ambient: float, bright: float, rng: Random
) -> tuple[Image, NDArray[np.float32]]:
    """The sprite in its light with the plate screwed on, a little askew; and the plate's corners."""
    middle = sprite.plate.mean(axis=0)
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), tilt(rng), 1.0)
    corners = (np.c_[sprite.plate, np.ones(4)] @ turn.T).astype(np.float32)
    source = np.array([(0, 0), (FACE_WIDTH, 0), (FACE_WIDTH, FACE_HEIGHT), (0, FACE_HEIGHT)], np.float32)
    size = (sprite.colour.shape[1], sprite.colour.shape[0])
    way = cv2.getPerspectiveTransform(source, corners)
    small = cv2.GaussianBlur(plate, (0, 0), 1.6)
    warped = cv2.warpPerspective(small, way, size, flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.ones(plate.shape[:2], np.float32), way, size, flags=cv2.INTER_LINEAR)
    lit = sprite.colour * ambient
    return _float(lit + (warped * bright - lit) * cover[..., None]), corners


def place(image: Image, sprite: Image, alpha: Mask, way: NDArray[np.float64]) -> None:
    """Put a sprite into ``image`` by the affine map ``way``, touching only where it lands."""
    h, w = alpha.shape
    ends = np.array([(0, 0, 1), (w, 0, 1), (w, h, 1), (0, h, 1)], np.float64) @ way.T
    left, top = np.floor(ends.min(axis=0)).astype(int)
    right, bottom = np.ceil(ends.max(axis=0)).astype(int)
    left, top, right, bottom = max(0, left), max(0, top), min(image.shape[1], right), min(image.shape[0], bottom)
    if right <= left or bottom <= top:
        return
    moved = way.copy()
    moved[:, 2] -= (left, top)
    size = (right - left, bottom - top)
    flags = cv2.INTER_AREA if way[0, 0] < 0.5 else cv2.INTER_LINEAR
    colour = cv2.warpAffine(sprite, moved, size, flags=flags)
    cover = cv2.warpAffine(alpha, moved, size, flags=flags)[..., None]
    part = image[top:bottom, left:right]
    part += (colour - part) * cover


def shadow(image: Image, x: float, y: float, half: float, strength: float) -> None:
    """The shadow under a car whose wheels stand at ``y``; ``half`` its half width in pixels."""
    left, right = max(0, int(x - half * 1.4)), min(image.shape[1], int(x + half * 1.4))
    top, bottom = max(0, int(y - half * 0.5)), min(image.shape[0], int(y + half * 0.4))
    if right <= left or bottom <= top:
        return
    across = (np.arange(left, right, dtype=np.float32) - x) / (half * 1.12)
    down = (np.arange(top, bottom, dtype=np.float32) - (y - half * 0.04)) / (half * 0.2)
    soft = np.clip(1.15 - across[None, :] ** 4 - down[:, None] ** 2, 0, 1)
    image[top:bottom, left:right] *= (1 - strength * soft)[..., None]


def glow(image: Image, lamps: Mask, strength: float) -> None:
    """Red light around lit tail lamps."""
    if strength > 0:
        small = cv2.resize(lamps, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        halo = cv2.resize(cv2.GaussianBlur(small, (0, 0), 9), (lamps.shape[1], lamps.shape[0]))
        image += (lamps * 0.75 + halo * 0.9)[..., None] * np.array((0.18, 0.16, 1.0), np.float32) * strength


def develop(image: Image, look: Look, light: Light, rng: Random, blur: float = 0.0) -> Pixels:
    """What the sensor makes of the light that reaches it: tint, blur, noise, eight bits."""
    seen = image * np.array(look.tint, np.float32)
    if light is Light.INFRARED:
        seen = np.repeat(seen.max(axis=2, keepdims=True), 3, axis=2)
    seen = _float(cv2.GaussianBlur(seen, (0, 0), look.blur))
    if blur >= 1.5:
        size = int(blur) | 1
        seen = _float(cv2.filter2D(seen, -1, np.ones((size, 1), np.float32) / np.float32(size)))
    grain = noise_of(rng).standard_normal(seen.shape[:2], dtype=np.float32)[..., None] * look.noise
    return np.asarray(np.clip((seen + grain) * 255, 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a reader hangs: the empty street it sees, and how it looks askew at it (a 3 × 3 projective map)."""

    street: Pixels
    view: NDArray[np.float64]


@lru_cache(maxsize=16)  # 1.6 MB each
def camera(reader: str) -> Camera:
    """The camera of a reader by its id: the same street in every picture it takes."""
    rng = stream(0, "camera", reader)
    empty = np.clip(street(rng) * 255, 0, 255).astype(np.uint8)
    empty.flags.writeable = False
    return Camera(empty, _view(rng))


def _view(rng: Random) -> NDArray[np.float64]:
    """The camera's place: beside the lane and above it, not quite level."""
    yaw, pitch, roll = rng.uniform(-0.10, 0.10), rng.uniform(-0.02, 0.06), rng.gauss(0, 0.012)
    middle = np.array((WIDTH / 2, HEIGHT / 2))
    source = np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], np.float32)
    target = []
    for x, y in source - middle:
        grow = (1 + yaw if x < 0 else 1 - yaw) * (1 - pitch if y < 0 else 1.0) * 1.08
        target.append((x * grow - y * roll, y * grow + x * roll))
    return np.asarray(cv2.getPerspectiveTransform(source, (np.array(target) + middle).astype(np.float32)))


def scene(plate: str, region: str | None, light: Light, seen_by: Camera, rng: Random) -> Picture:
    """One car with ``plate`` before a camera by ``light``: 540 × 960. The same for the same arguments and state of ``rng``."""
    look = LOOKS[light]
    sprite = rear(vehicle_of(plate))
    car, corners = with_plate(sprite, face(plate, region, rng), look.ambient, look.plate * rng.uniform(0.88, 1.05), rng)
    image: Image = seen_by.street.astype(np.float32) * (look.ambient * rng.uniform(0.85, 1.1) / 255)
    size = rng.uniform(0.86, 1.04)
    x, wheels = WIDTH * rng.uniform(0.42, 0.58), HEIGHT * rng.uniform(0.93, 1.06)
    way = np.array([[size, 0, x - size * car.shape[1] / 2], [0, size, wheels - size * sprite.ground]])
    shadow(image, x, wheels, size * 330, 0.75)
    place(image, car, sprite.alpha, way)
    lamps = cv2.warpAffine(sprite.lamps, way, (WIDTH, HEIGHT))
    glow(image, np.asarray(lamps, np.float32), look.lamps * rng.uniform(0.5, 1))
    view = seen_by.view
    seen = cv2.warpPerspective(image, view, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    there = (np.c_[corners, np.ones(4)] @ way.T).astype(np.float32).reshape(-1, 1, 2)
    plate_corners = cv2.perspectiveTransform(there, view).reshape(4, 2)
    blur = rng.choice((0, 2, 3)) if light is Light.NIGHT else rng.choice((0, 0, 0, 2, 3))
    return Picture(develop(np.asarray(seen, np.float32), look, light, rng, blur), np.asarray(plate_corners, np.float32))
