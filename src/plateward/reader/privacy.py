"""What leaves the reader shows a plate and its vehicle, and nobody: the rest of each picture is made unreadable here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plateward.reader.geometry import Box, Image

BESIDE, ABOVE, BELOW = 1.2, 4.0, 1.5
"""What stays sharp round a plate: in plate widths to each side, and in units (a quarter of the width, or the height if more) above
and below. Of a car that is its plate, lights and boot or grille; a windscreen begins higher."""
COARSE = 7
"""Blurred parts keep so many cells to a plate's width: three or four to a face beside a US plate, two beside a European one."""
FRAME_WIDTH, FRAME_BYTES = 480, 96 * 1024


def vehicle_of(box: Box) -> tuple[int, int, int, int]:
    """The part (left, top, right, bottom; pixels) of a picture that shows the vehicle's end round its plate."""
    x, y, w, h = box.xywh
    unit = max(w / 4, h)
    return round(x - BESIDE * w), round(y - ABOVE * unit), round(x + w + BESIDE * w), round(y + h + BELOW * unit)


def blur_outside(image: Image, keep: Sequence[tuple[int, int, int, int]], cell: int) -> Image:
    """A copy in which everything outside of ``keep`` (left, top, right, bottom) is averaged over cells of ``cell`` pixels."""
    blurred = coarse(image, cell)
    for left, top, right, bottom in keep:
        rows, columns = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
        blurred[rows, columns] = image[rows, columns]
    return blurred


def coarse(image: Image, cell: int) -> Image:
    """A copy averaged over cells of ``cell`` pixels: what is smaller is gone, and cannot be brought back."""
    import cv2

    height, width = image.shape[:2]
    size = (max(1, width // max(1, cell)), max(1, height // max(1, cell)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def hide_plates(image: Image, boxes: Sequence[Box]) -> Image:
    """A copy in which every plate is averaged away."""
    copy = image.copy()
    for box in boxes:
        x, y, w, h = box.xywh
        margin = max(2, h // 4)
        rows = slice(max(0, y - margin), max(0, y + h + margin))
        columns = slice(max(0, x - margin), max(0, x + w + margin))
        part = copy[rows, columns]
        if part.size:
            copy[rows, columns] = coarse(part, max(2, w // 3))
    return copy


def masked_frame(image: Image, boxes: Sequence[Box]) -> bytes | None:
    """A small JPEG of a whole frame for looking after a camera: no plate and no face can be made out.

    The whole frame is brought to ``FRAME_WIDTH`` pixels and averaged over cells of 6: a face in a car that fills a third of the
    frame has two or three of them. Outlines of vehicles and lanes remain, so that dirt, aim and light can be judged.
    """
    import cv2

    height, width = image.shape[:2]
    if min(height, width) < 8:
        return None
    hidden = hide_plates(image, boxes)
    scale = min(1.0, FRAME_WIDTH / width)
    small = cv2.resize(
        hidden, (max(8, round(width * scale)), max(8, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    done, encoded = cv2.imencode(".jpg", coarse(np.asarray(small, np.uint8), 6), [cv2.IMWRITE_JPEG_QUALITY, 70])
    return encoded.tobytes() if done and encoded.size <= FRAME_BYTES else None
