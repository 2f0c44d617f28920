"""Plates found against known boxes; what the detector's output means is `plateward.reader.own`'s business."""

from __future__ import annotations

import numpy as np

from plateward.reader.own import decode_plates


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two upright boxes (left, top, right, bottom)."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, wide) * max(0.0, high)
    both = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - shared
    return float(shared / both) if both > 0 else 0.0


def upright(corners: np.ndarray) -> np.ndarray:
    """The upright box (left, top, right, bottom) around corners (4 × 2)."""
    return np.concatenate([corners.min(0), corners.max(0)])


def found_corners(planes: np.ndarray, least: float) -> list[np.ndarray]:
    """Corners (4 × 2, px of the net's input) of the plates in one frame's output, best first."""
    return [np.array(box.corners, np.float32) for box in decode_plates(planes, least)]


def match(boxes: np.ndarray, plates: list[np.ndarray], least: float = 0.3) -> tuple[dict[int, float], int]:
    """Each known box's overlap with the best plate not yet taken (at least `least`), and how many plates are left over."""
    free = [upright(corners) for corners in plates]
    pairs: dict[int, float] = {}
    for index, box in enumerate(boxes):
        shares = [overlap(box, other) for other in free]
        if shares and max(shares) >= least:
            pairs[index] = max(shares)
            free.pop(int(np.argmax(shares)))
    return pairs, len(free)
