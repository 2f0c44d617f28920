"""What leaves the reader shows a plate and its vehicle, and nobody: the rest of each picture is made unreadable here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plateward.reader.geometry import Box, Image, iou

BESIDE, ABOVE, BELOW = 1.2, 3.0, 1.5
"""What stays sharp round a plate: in plate widths to each side, and in units (a quarter of the width, or the height if more) above
and below. Of a car that is its plate, lights and boot or grille: 45 cm above a US plate, where windscreens begin."""
COARSE = 5
"""Blurred parts keep so many cells to a plate's width: beside a US plate (30 cm) a face has three or four from chin to crown,
beside a European one (52 cm) two; at half the car's distance from the camera seven. People know familiar faces down to some
7 × 10 (Yip and Sinha, Perception 31, 2002)."""
LEAST_CELL = 10
"""Cells are never smaller (px), however far away the plate is: a face 40 px high has four."""
FRAME_CELLS = 48
"""Cells across a frame for looking after a camera."""
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


def alone(image: Image, box: Box, others: Sequence[Box]) -> Image:
    """A copy in which of all plates only ``box`` can be read; ``others`` may name it again."""
    strangers = [other for other in others if iou(box, other) < 0.1]
    if not strangers:
        return image
    hidden = hide_plates(image, strangers)
    x, y, w, h = box.xywh
    rows, columns = slice(max(0, y), max(0, y + h)), slice(max(0, x), max(0, x + w))
    hidden[rows, columns] = image[rows, columns]
    return hidden


def masked_frame(image: Image, boxes: Sequence[Box]) -> bytes | None:
    """A small JPEG of a whole frame for looking after a camera: no plate and no face can be made out.

    The whole frame is brought to ``FRAME_WIDTH`` pixels and averaged over ``FRAME_CELLS`` cells to its width: a face in a car that
    fills a third of the frame has two of them. Outlines of vehicles and lanes remain, so that dirt, aim and light can be judged.
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
    cell = max(LEAST_CELL, small.shape[1] // FRAME_CELLS)
    done, encoded = cv2.imencode(".jpg", coarse(np.asarray(small, np.uint8), cell), [cv2.IMWRITE_JPEG_QUALITY, 70])
    return encoded.tobytes() if done and encoded.size <= FRAME_BYTES else None
