"""Where the plates are: the protocol, and the general text detector that ships in the rapidocr wheel.

The text detector is PaddleOCR's PP-OCR net with differentiable binarisation (Liao et al., "Real-time Scene Text Detection
with Differentiable Binarization", AAAI 2020): a probability map whose islands, grown by a fixed ratio, are lines of text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from plateward.reader.geometry import Box, Image
from plateward.reader.sessions import open_session

INK = 0.3
"""A pixel with at least this probability belongs to text."""
BOX_SCORE = 0.45
"""An island whose mean probability is lower is no text."""
GROW = 1.6
"""DB is trained on shrunken lines: the distance to grow back is area * GROW / perimeter."""
STEP = 32
"""The net's sides are multiples of this."""


class Detector(Protocol):
    """Finds where plates may be in one picture."""

    def detect(self, image: Image) -> list[Box]:
        """Boxes of plates (or of lines of text that may be plates), best first, in pixels of ``image`` (grey or BGR)."""
        ...


class TextDetector:
    """Lines of text anywhere in the picture. ``longest`` bounds the net's input: larger pictures are shrunk to it."""

    def __init__(self, model: Path, *, threads: int = 0, longest: int = 1280, keep_memory: bool = True) -> None:
        self._session = open_session(model, threads, keep_memory=keep_memory)
        self._input = self._session.get_inputs()[0].name
        self.longest = longest

    def detect(self, image: Image) -> list[Box]:
        """Lines of text with level or slanted corners; upright (vertical) lines are left out: plates do not have them."""
        height, width = image.shape[:2]
        if min(height, width) < 4:
            return []
        scale = min(1.0, self.longest / max(height, width))
        net_h, net_w = (max(STEP, round(side * scale / STEP) * STEP) for side in (height, width))
        heat = self._session.run(None, {self._input: _as_input(image, net_w, net_h)})[0][0, 0]
        return sorted(_islands(heat, width / net_w, height / net_h), key=lambda box: -box.score)


def _as_input(image: Image, width: int, height: int) -> npt.NDArray[np.float32]:
    import cv2

    shrinks = width < image.shape[1]
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    if small.ndim == 2:
        small = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    scaled = small.astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[np.newaxis])


def _islands(heat: npt.NDArray[np.float32], scale_x: float, scale_y: float) -> list[Box]:
    import cv2

    mask = cv2.dilate((heat > INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours[:1000]:
        centre, (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < 3:
            continue
        score = _mean_inside(heat, contour)
        if score < BOX_SCORE:
            continue
        distance = w * h * GROW / (2 * (w + h))
        corners = cv2.boxPoints((centre, (w + 2 * distance, h + 2 * distance), angle))
        box = _reading_order([(float(x) * scale_x, float(y) * scale_y) for x, y in corners], score)
        if box.width >= box.height * 0.8:
            boxes.append(box)
    return boxes


def _mean_inside(heat: npt.NDArray[np.float32], contour: Any) -> float:
    import cv2

    x, y, w, h = cv2.boundingRect(contour)
    inside = np.zeros((h, w), dtype=np.uint8)
    cv2.fillPoly(inside, [contour - (x, y)], 1)
    return float(cv2.mean(heat[y : y + h, x : x + w], inside)[0])


def _reading_order(points: Sequence[tuple[float, float]], score: float) -> Box:
    """Corners clockwise, starting so that the first side runs most nearly left to right."""
    cx, cy = sum(x for x, _ in points) / 4, sum(y for _, y in points) / 4
    ring = sorted(points, key=lambda p: math.atan2(p[1] - cy, p[0] - cx))

    def slope(start: int) -> float:
        (ax, ay), (bx, by) = ring[start], ring[(start + 1) % 4]
        return abs(math.atan2(by - ay, bx - ax))

    first = min(range(4), key=slope)
    a, b, c, d = (ring[(first + i) % 4] for i in range(4))
    return Box((a, b, c, d), score)
