"""The picture that goes with a read: the vehicle's part of the frame round its plate, as a JPEG that a node takes."""

from __future__ import annotations

from plateward.reader.geometry import Box, Image
from plateward.reader.privacy import COARSE, blur_outside, vehicle_of

MAX_BYTES = 512 * 1024
LONGEST = 960


def cut_picture(image: Image, box: Box, *, blur: bool = True) -> bytes | None:
    """JPEG of the surroundings of ``box`` (five plates wide, above it mostly, where a car is), at most 512 KiB.

    Nothing else of the frame leaves the reader, and of this part only the plate and the vehicle's end round it are sharp; ``blur``
    False leaves all of it as it is. None when the box lies outside of the picture.
    """
    import cv2

    x, y, w, h = box.xywh
    unit = max(w / 4, h)
    left, right = max(0, round(x - 2 * w)), min(image.shape[1], round(x + 3 * w))
    top, bottom = max(0, round(y - 8 * unit)), min(image.shape[0], round(y + h + 3 * unit))
    part = image[top:bottom, left:right]
    if part.size == 0:
        return None
    if blur:
        a, b, c, d = vehicle_of(box)
        part = blur_outside(part, [(a - left, b - top, c - left, d - top)], max(6, w // COARSE))
    shrink = max(part.shape[:2]) / LONGEST
    if shrink > 1:
        size = (max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink)))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    for quality in (88, 70, 45):
        done, encoded = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and encoded.size <= MAX_BYTES:
            return encoded.tobytes()
    return None
