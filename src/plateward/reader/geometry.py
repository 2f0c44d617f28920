"""Boxes with corners, and the straightened crops they name. Pixels, origin top left, corners clockwise from the top left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]
"""A picture: (height, width) grey or (height, width, 3) blue-green-red, 8 bit."""

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Box:
    """A plate, or a line of text that may be one, in pixels of the picture it was found in.

    ``corners`` are top left, top right, bottom right, bottom left *as the text runs*, so that a plate seen at an angle can
    be straightened. ``score`` is the detector's own 0..1 and comparable only within one detector.
    """

    corners: Corners
    score: float

    @property
    def xywh(self) -> tuple[int, int, int, int]:
        """The upright rectangle round the corners, whole pixels."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        left, top = math.floor(min(xs)), math.floor(min(ys))
        return left, top, max(1, math.ceil(max(xs)) - left), max(1, math.ceil(max(ys)) - top)

    @property
    def centre(self) -> tuple[float, float]:
        """Mean of the corners."""
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4

    @property
    def width(self) -> float:
        """Length along the text, pixels."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return (math.hypot(bx - ax, by - ay) + math.hypot(cx - dx, cy - dy)) / 2

    @property
    def height(self) -> float:
        """Length across the text, pixels."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return (math.hypot(dx - ax, dy - ay) + math.hypot(cx - bx, cy - by)) / 2

    @property
    def angle(self) -> float:
        """Direction the text runs in, radians clockwise from the picture's horizontal."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return math.atan2((by - ay) + (cy - dy), (bx - ax) + (cx - dx))

    def moved(self, dx: float, dy: float, scale: float = 1.0) -> Box:
        """The same box in a picture scaled by ``scale`` and then shifted by (dx, dy)."""
        a, b, c, d = ((x * scale + dx, y * scale + dy) for x, y in self.corners)
        return Box((a, b, c, d), self.score)

    def padded(self, along: float, across: float) -> Box:
        """Wider on each side by ``along`` and ``across`` pixels in the box's own directions (negative: tighter)."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        a, b, c, d = (
            (x + sx * along * cos - sy * across * sin, y + sx * along * sin + sy * across * cos)
            for (x, y), (sx, sy) in zip(self.corners, signs, strict=True)
        )
        return Box((a, b, c, d), self.score)


def upright(x: float, y: float, w: float, h: float, score: float = 1.0) -> Box:
    """A box with level sides from its top-left corner, width and height."""
    return Box(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), score)


def overlap(a: Box, b: Box) -> float:
    """Shared area over the smaller area of the two upright rectangles: 1 when one lies within the other, 0 when apart."""
    shared = _shared(a, b)
    return shared / min(a.xywh[2] * a.xywh[3], b.xywh[2] * b.xywh[3])


def iou(a: Box, b: Box) -> float:
    """Shared area over joint area of the two upright rectangles."""
    shared = _shared(a, b)
    return shared / (a.xywh[2] * a.xywh[3] + b.xywh[2] * b.xywh[3] - shared)


def _shared(a: Box, b: Box) -> float:
    ax, ay, aw, ah = a.xywh
    bx, by, bw, bh = b.xywh
    return max(0, min(ax + aw, bx + bw) - max(ax, bx)) * max(0, min(ay + ah, by + bh) - max(ay, by))


def straighten(image: Image, box: Box, height: int, stretch: float = 1.0) -> Image:
    """Cut ``box`` out of ``image``, level and ``height`` pixels high, ``stretch`` times as wide as true proportion.

    Parts of the box outside of the picture repeat its border. Grey stays grey.
    """
    import cv2

    width = max(8, round(height * stretch * box.width / max(box.height, 1e-6)))
    source = np.array(box.corners, dtype=np.float32)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    # cv2 counts from pixel centres, boxes count from pixel edges.
    matrix = cv2.getPerspectiveTransform(source - 0.5, target - 0.5)
    shrink = box.height / height
    cut: Image = cv2.warpPerspective(
        _softened(image, box, shrink), matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cut


def _softened(image: Image, box: Box, shrink: float) -> Image:
    # A crop much larger than the reader's height would alias: blur the part that is cut, and only that part.
    if shrink < 1.7:
        return image
    import cv2

    x, y, w, h = box.xywh
    margin = math.ceil(3 * shrink)
    top, left = max(0, y - margin), max(0, x - margin)
    bottom, right = min(image.shape[0], y + h + margin), min(image.shape[1], x + w + margin)
    if bottom <= top or right <= left:
        return image
    copy = image.copy()
    copy[top:bottom, left:right] = cv2.GaussianBlur(image[top:bottom, left:right], (0, 0), 0.4 * shrink)
    return copy
