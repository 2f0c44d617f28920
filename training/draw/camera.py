"""What happens to a flat plate on its way into a frame: angle, light, dirt, lens, motion, sensor, compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, slots=True)
class Shot:
    """A small grey picture (uint8) with the plate's corners in px: left top, right top, right bottom, left bottom."""

    image: np.ndarray
    corners: np.ndarray


def project(width: float, height: float, rng: np.random.Generator, oblique: float = 1.0) -> np.ndarray:
    """Corners (4 × 2, px, about the origin) of a `width` × `height` plate turned at random; `oblique` scales the angles."""
    yaw = float(np.clip(rng.normal(0, 20), -58, 58)) * oblique
    pitch = float(np.clip(rng.normal(0, 12), -35, 35)) * oblique
    roll = float(np.clip(rng.normal(0, 4.5), -20, 20)) * oblique
    turned, _ = cv2.Rodrigues(np.array([0.0, np.deg2rad(yaw), 0.0]))
    tipped, _ = cv2.Rodrigues(np.array([np.deg2rad(pitch), 0.0, 0.0]))
    rolled, _ = cv2.Rodrigues(np.array([0.0, 0.0, np.deg2rad(roll)]))
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    solid = np.concatenate([flat, np.zeros((4, 1))], 1) @ (rolled @ tipped @ turned).T
    distance = width * float(rng.uniform(3.0, 12.0))
    return (solid[:, :2] * (distance / (distance + solid[:, 2:]))).astype(np.float32)


def lay(image: np.ndarray, plate: np.ndarray, corners: np.ndarray) -> None:
    """Warp a flat plate (float, 0..1) into `image` (float, 0..1, changed in place) at `corners`, with soft edges."""
    tall, wide = plate.shape
    size = (
        max(2, round(float(np.linalg.norm(corners[1] - corners[0])) * 1.15)),
        max(2, round(float(np.linalg.norm(corners[3] - corners[0])) * 1.15)),
    )
    if size[0] < wide:
        plate = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
        tall, wide = plate.shape
    low = np.clip(np.floor(corners.min(0)) - 1, 0, None).astype(int)
    high = np.ceil(corners.max(0)).astype(int) + 2
    part = image[low[1] : high[1], low[0] : high[0]]
    if part.size == 0:
        return
    source = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32))
    size = (part.shape[1], part.shape[0])
    laid = cv2.warpPerspective(plate, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones_like(plate), matrix, size, flags=cv2.INTER_LINEAR)
    part *= 1 - cover
    part += laid * cover


def weather(plate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dirt, wear, shadows and reflections on the flat plate."""
    rows, columns = plate.shape
    plate = plate.copy()
    if rng.random() < 0.3:
        dirt = cv2.resize(
            rng.normal(0, 1, (int(rng.integers(3, 24)), int(rng.integers(5, 48)))).astype(np.float32), (columns, rows)
        )
        plate *= np.clip(1 - float(rng.uniform(0.05, 0.4)) * np.clip(dirt, 0, 2), 0.15, 1)
    if rng.random() < 0.12:
        for _ in range(int(rng.integers(2, 30))):
            centre = (int(rng.integers(columns)), int(rng.integers(rows)))
            cv2.circle(plate, centre, int(rng.integers(1, 4)), float(rng.uniform(0, 1)), -1, cv2.LINE_AA)
    if rng.random() < 0.22:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
        across = np.linspace(-0.5, 0.5, columns)[None, :] * np.cos(angle) + np.linspace(-0.5, 0.5, rows)[
            :, None
        ] * np.sin(angle)
        edge = np.clip((across - offset) * float(rng.uniform(4, 60)) + 0.5, 0, 1).astype(np.float32)
        plate *= 1 - edge * float(rng.uniform(0.2, 0.65))
    if rng.random() < 0.15:
        x, y = rng.uniform(0, columns), rng.uniform(0, rows)
        spread = columns * float(rng.uniform(0.06, 0.35))
        far = ((np.arange(columns)[None, :] - x) ** 2 + (np.arange(rows)[:, None] - y) ** 2) / (2 * spread**2)
        plate += float(rng.uniform(0.1, 0.6)) * np.exp(-far).astype(np.float32)
    return plate


def _motion(image: np.ndarray, length: float, angle: float) -> np.ndarray:
    size = max(3, int(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    centre = np.array([size // 2, size // 2])
    start, end = ((centre + sign * reach) * 16 for sign in (-1, 1))
    cv2.line(kernel, tuple(int(v) for v in start), tuple(int(v) for v in end), 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-6), borderType=cv2.BORDER_REPLICATE)


def expose(image: np.ndarray, rng: np.random.Generator, plate_width: float, infrared: bool) -> np.ndarray:
    """Lens, motion, sensor and compression: a float picture (0..1) to uint8."""
    image = cv2.GaussianBlur(
        image, (0, 0), float(np.clip(rng.gamma(2.0, 0.3), 0.15, 1.7)) * max(0.6, min(1.6, plate_width / 110))
    )
    if rng.random() < 0.25:
        sideways = rng.random() < 0.75
        angle = rng.normal(0, 0.15) if sideways else rng.uniform(0, np.pi)
        image = _motion(image, float(rng.uniform(0.01, 0.042)) * plate_width, angle)
    dusk = 1.0
    if rng.random() < 0.3:
        dusk = float(rng.uniform(0.12, 0.6))  # dusk, night, shade
        image = image * dusk + float(rng.uniform(0, 0.12))
    elif infrared or rng.random() < 0.1:
        image = image * float(rng.uniform(0.9, 1.45))
        image = image + 0.25 * cv2.GaussianBlur(np.clip(image - 0.8, 0, 1), (0, 0), 3.0)  # too much light
    else:
        image = image * float(rng.uniform(0.6, 1.12)) + float(rng.uniform(-0.05, 0.15))
    grain = (
        dusk**0.5 * min(0.06, float(rng.exponential(0.018))) * (1 + float(rng.exponential(0.4)) * float(image.mean()))
    )
    image = image.astype(np.float32) + grain * rng.standard_normal(image.shape, dtype=np.float32)
    curve = 255 * (np.arange(256) / 255.0) ** float(np.exp(rng.normal(0, 0.25)))
    result = cv2.LUT(np.clip(image * 255, 0, 255).astype(np.uint8), curve.astype(np.uint8))
    if rng.random() < 0.18:  # enlarged by the camera or the person who sent it
        small = max(0.45, min(1.0, 60 / plate_width)) if rng.random() < 0.5 else float(rng.uniform(0.6, 0.95))
        way = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
        shape = (result.shape[1], result.shape[0])
        result = cv2.resize(
            cv2.resize(result, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), shape, interpolation=way
        )
    if rng.random() < 0.15:  # sharpening, as phones and cameras do
        result = cv2.addWeighted(result, 1.8, cv2.GaussianBlur(result, (0, 0), 1.0), -0.8, 0)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.25, 0.6, 0.15]))):
        packed = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(22, 93))])[1]
        result = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return result


def backdrop(shape: tuple[int, int], rng: np.random.Generator, photos: list[np.ndarray]) -> np.ndarray:
    """What lies around the plate (float, 0..1): a piece of a photo without plates, or smooth noise."""
    rows, columns = shape
    if photos and rng.random() < 0.7:
        photo = photos[int(rng.integers(len(photos)))]
        scale = float(rng.uniform(1.0, 3.0))
        high, wide = min(photo.shape[0], round(rows * scale)), min(photo.shape[1], round(columns * scale))
        top, left = int(rng.integers(photo.shape[0] - high + 1)), int(rng.integers(photo.shape[1] - wide + 1))
        piece = cv2.resize(photo[top : top + high, left : left + wide], (columns, rows), interpolation=cv2.INTER_AREA)
        return piece.astype(np.float32) / 255.0
    coarse = rng.uniform(0, 1, (int(rng.integers(1, 6)), int(rng.integers(1, 6)))).astype(np.float32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR) * float(rng.uniform(0.2, 1.0))


def shoot(plate: np.ndarray, width: float, rng: np.random.Generator, photos: list[np.ndarray], infrared: bool) -> Shot:
    """Photograph one flat plate so that it is about `width` px wide, with a margin of what surrounds it."""
    rows, columns = plate.shape
    corners = project(width, width * rows / columns, rng)
    low, high = corners.min(0), corners.max(0)
    margin = 0.35 * (high - low) + 4
    shape = tuple(int(v) for v in np.ceil(high - low + 2 * margin)[::-1])
    corners = (corners - low + margin).astype(np.float32)
    image = backdrop((shape[0], shape[1]), rng, photos)
    lay(image, weather(plate, rng), corners)
    if rng.random() < 0.08:  # rolling shutter
        lean = rng.normal(0, 0.06)
        matrix = np.array([[1, lean, -lean * shape[0] / 2], [0, 1, 0]], np.float32)
        image = cv2.warpAffine(image, matrix, (shape[1], shape[0]), borderMode=cv2.BORDER_REPLICATE)
        corners = (corners + (corners[:, 1:] - shape[0] / 2) * np.array([lean, 0])).astype(np.float32)
    return Shot(expose(image, rng, width, infrared), corners)
