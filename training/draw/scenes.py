"""Frames for the detector: photos cut, scaled and relit, drawn plates laid into them, text that is no plate as decoys."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from training.draw import signs
from training.draw.camera import expose, lay, project, weather
from training.draw.crops import box_corners
from training.draw.plates import PlateArtist
from training.photos import Photo

HEIGHT, WIDTH = 288, 512
NARROWEST, WIDEST = 15.0, 380.0  # px, plates searched for


@dataclass(slots=True)
class Scene:
    """A frame (uint8, HEIGHT × WIDTH), plates' corners (n × 4 × 2, px), whether they are known or only upright boxes,
    and boxes (n × 4 corners) where nothing is asked for: plates too small to count."""

    image: np.ndarray
    corners: np.ndarray
    exact: np.ndarray
    ignored: list[np.ndarray] = field(default_factory=list)


class SceneArtist:
    """Makes frames from one generator; keeps a pool of flat plates that is renewed little by little."""

    def __init__(self, rng: np.random.Generator, photos: list[tuple[Photo, np.ndarray]], pool: int = 200) -> None:
        self._rng = rng
        self._photos = photos
        self._artist = PlateArtist(rng)
        self._pool = [self._artist.draw(rng.random() < 0.1).image for _ in range(pool)]

    def _plate(self) -> np.ndarray:
        place = int(self._rng.integers(len(self._pool)))
        if self._rng.random() < 0.25:
            self._pool[place] = self._artist.draw(self._rng.random() < 0.1).image
        return self._pool[place]

    def draw(self) -> Scene:
        """One frame."""
        rng = self._rng
        photo, picture = self._photos[int(rng.integers(len(self._photos)))]
        boxes = photo.boxes.copy()
        image, quads = self._cut(picture, boxes)
        corners, exact, ignored = [], [], []
        for quad in quads:
            across = float(quad[1, 0] - quad[0, 0])
            inside = self._inside(quad)
            if inside < 0.3 or across > WIDEST * 1.3:
                continue
            if across < NARROWEST or inside < 0.75:
                ignored.append(quad)
            elif rng.random() < 0.35:
                replaced = self._replace(image, quad)
                corners.append(replaced)
                exact.append(True)
            else:
                corners.append(quad)
                exact.append(False)
        if rng.random() < 0.45:
            self._add(image, corners, exact, ignored)
        if rng.random() < 0.5:
            self._decoys(image, corners + ignored)
        known = np.array(corners, np.float32).reshape(-1, 4, 2)
        finished = self._finish(image)
        if rng.random() < 0.5:
            finished = np.ascontiguousarray(finished[:, ::-1])
            known[:, :, 0] = WIDTH - 1 - known[:, :, 0]
            known = known[:, [1, 0, 3, 2]]
            ignored = [np.stack([WIDTH - 1 - quad[[1, 0, 3, 2], 0], quad[[1, 0, 3, 2], 1]], 1) for quad in ignored]
        return Scene(finished, known, np.array(exact, bool), ignored)

    def _cut(self, picture: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """A random window of the photo at a random scale, aimed at one of its plates."""
        rng = self._rng
        rows, columns = picture.shape
        fit = min(WIDTH / columns, HEIGHT / rows)
        if len(boxes) and rng.random() < 0.75:
            x, y, wide, high = boxes[int(rng.integers(len(boxes)))]
            wanted = float(np.exp(rng.uniform(np.log(17), np.log(190))))
            scale = float(np.clip(wanted / max(wide, 1.0), fit * rng.choice([0.35, 0.75, 0.75, 0.75]), 3.0))
            centre = np.array([x + wide / 2, y + high / 2])
            at = np.array([rng.uniform(0.12, 0.88) * WIDTH, rng.uniform(0.15, 0.85) * HEIGHT])
        else:
            scale = fit * float(np.exp(rng.uniform(np.log(0.6), np.log(1.8))))
            centre = np.array([columns / 2, rows / 2])
            at = np.array([WIDTH / 2, HEIGHT / 2]) + rng.normal(0, 30, 2)
        squash = float(np.exp(rng.normal(0, 0.06)))
        scales = np.array([scale * squash, scale / squash])
        matrix = np.array(
            [[scales[0], 0, at[0] - centre[0] * scales[0]], [0, scales[1], at[1] - centre[1] * scales[1]]], np.float32
        )
        if scale < 0.6:
            shrink = scale * 1.4
            picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            matrix[:, :2] /= shrink
        border = (
            cv2.BORDER_CONSTANT
            if rng.random() < 0.7
            else cv2.BORDER_REFLECT
            if not len(boxes)
            else cv2.BORDER_REPLICATE
        )
        image = cv2.warpAffine(
            picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=114
        )
        low = boxes[:, :2] * scales + at - centre * scales
        high_corner = low + boxes[:, 2:] * scales
        quads = [box_corners(np.stack([a, b])) for a, b in zip(low, high_corner, strict=True)]
        return image.astype(np.float32) / 255.0, quads

    @staticmethod
    def _inside(quad: np.ndarray) -> float:
        low, high = quad.min(0), quad.max(0)
        seen = np.clip(high, 0, [WIDTH, HEIGHT]) - np.clip(low, 0, [WIDTH, HEIGHT])
        return float(seen.prod() / max((high - low).prod(), 1e-6))

    def _lit(self, image: np.ndarray, quad: np.ndarray) -> np.ndarray:
        """A pool plate with dirt and light, as bright as its surroundings allow."""
        rng = self._rng
        low, high = (
            np.clip(quad.min(0), 0, [WIDTH - 2, HEIGHT - 2]).astype(int),
            np.clip(quad.max(0), 1, [WIDTH, HEIGHT]).astype(int),
        )
        around = float(image[low[1] : high[1] + 1, low[0] : high[0] + 1].mean())
        gain = float(np.clip((0.35 + 0.9 * around) * rng.uniform(0.7, 1.4), 0.15, 1.2))
        return weather(self._plate(), rng) * gain

    def _replace(self, image: np.ndarray, quad: np.ndarray) -> np.ndarray:
        """Lay a drawn plate over a real one, a little larger, so that its corners are known."""
        rng = self._rng
        plate = self._lit(image, quad)
        size = quad[2] - quad[0]
        width = float(size[0]) * float(rng.uniform(1.0, 1.2))
        shape = project(width, width * plate.shape[0] / plate.shape[1], rng, 0.6)
        corners = shape + quad.mean(0) + rng.normal(0, 0.02, 2) * size
        low, high = np.clip(quad.min(0), 0, None).astype(int), quad.max(0).astype(int)
        part = image[low[1] : high[1] + 1, low[0] : high[0] + 1]
        reach = max(1, round(float(size[0]) / 5))
        part[:] = cv2.blur(part, (reach, reach))
        lay(image, plate, corners)
        return corners.astype(np.float32)

    def _add(self, image: np.ndarray, corners: list[np.ndarray], exact: list[bool], ignored: list[np.ndarray]) -> None:
        rng = self._rng
        for _ in range(int(rng.integers(1, 4))):
            width = float(np.exp(rng.uniform(np.log(16), np.log(330 if rng.random() < 0.15 else 130))))
            centre = np.array([rng.uniform(0.05, 0.95) * WIDTH, rng.uniform(0.05, 0.95) * HEIGHT])
            plate = self._plate()
            quad = (project(width, width * plate.shape[0] / plate.shape[1], rng) + centre).astype(np.float32)
            if self._inside(quad) < 0.97 or any(self._touch(quad, other) for other in corners + ignored):
                continue
            plate = weather(plate, rng) * float(rng.uniform(0.35, 1.1))
            if rng.random() < 0.6:  # a bumper or a boot around it
                middle = quad.mean(0)
                around = (quad - middle) * np.array([rng.uniform(1.15, 2.2), rng.uniform(1.2, 2.5)]) + middle
                lay(image, np.full((8, 8), float(rng.uniform(0.05, 0.8)), np.float32), around.astype(np.float32))
            lay(image, plate, quad)
            corners.append(quad)
            exact.append(True)

    @staticmethod
    def _touch(one: np.ndarray, other: np.ndarray) -> bool:
        return bool(np.all(one.max(0) + 6 > other.min(0)) and np.all(other.max(0) + 6 > one.min(0)))

    def _decoys(self, image: np.ndarray, taken: list[np.ndarray]) -> None:
        """Text that is no plate (see ``signs``), away from the plates."""
        rng = self._rng
        for _ in range(int(rng.integers(1, 4))):
            kind = rng.random()
            if kind < 0.35:
                drawing, corners = signs.overlay(image, rng)
                put = signs.put_overlay
            else:
                drawing, put = (signs.badge(rng), signs.put_badge) if kind < 0.75 else (signs.sign(rng), signs.put_sign)
                corners = signs.place(drawing, image, rng)
            if self._inside(corners) > 0.5 and not any(self._touch(corners, other) for other in taken):
                put(image, drawing, corners, rng)

    def _finish(self, image: np.ndarray) -> np.ndarray:
        rng = self._rng
        if rng.random() < 0.5:
            return expose(np.clip(image, 0, 1.2), rng, 90.0, bool(rng.random() < 0.05))
        return np.clip(image * float(rng.uniform(0.7, 1.15)) * 255, 0, 255).astype(np.uint8)
