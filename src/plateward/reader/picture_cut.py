"""The picture that goes with a read: the vehicle's part of the frame round its plate, as a JPEG that a node takes."""

from __future__ import annotations

from collections.abc import Sequence

from plateward.reader.geometry import Box, Image
from plateward.reader.privacy import COARSE, LEAST_CELL, alone, blur_outside, vehicle_of

MAX_BYTES = 512 * 1024
LONGEST = 960


def cut_picture(image: Image, box: Box, *, blur: bool = True, others: Sequence[Box] = ()) -> bytes | None:
    """JPEG of the surroundings of ``box`` (five plates wide, above it mostly, where a car is), at most 512 KiB.

    Nothing else of the frame leaves the reader, and of this part only the plate and the vehicle's end round it are sharp; plates
    among ``others``, all those found in the picture, are hidden even there. ``blur`` False leaves all of it as it is. None when
    the box lies outside of the picture.
    """
    left, top, right, bottom = surroundings(box, image.shape[1], image.shape[0])
    moved = [other.moved(-left, -top) for other in others]
    return as_picture(image[top:bottom, left:right], box.moved(-left, -top), blur=blur, others=moved)


def surroundings(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The part (left, top, right, bottom) of a frame of that size that goes with a read; of no extent when it lies outside."""
    x, y, w, h = box.xywh
    unit = max(w / 4, h)
    left, right = max(0, round(x - 2 * w)), min(width, round(x + 3 * w))
    top, bottom = max(0, round(y - 8 * unit)), min(height, round(y + h + 3 * unit))
    return left, top, max(left, right), max(top, bottom)


def as_picture(part: Image, box: Box, *, blur: bool = True, others: Sequence[Box] = ()) -> bytes | None:
    """``part``, the surroundings of ``box`` (in its own pixels, as ``others`` are), as JPEG. None when it is empty."""
    import cv2

    if part.size == 0:
        return None
    if blur:
        part = blur_outside(alone(part, box, others), [vehicle_of(box)], max(LEAST_CELL, box.xywh[2] // COARSE))
    shrink = max(part.shape[:2]) / LONGEST
    if shrink > 1:
        size = (max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink)))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    for quality in (88, 70, 45):
        done, encoded = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and encoded.size <= MAX_BYTES:
            return encoded.tobytes()
    return None
