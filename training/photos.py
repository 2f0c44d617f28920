"""The training photos (`boxes.jsonl` and `images/`): grey pictures, their boxes, and pieces without a plate."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo's path below the folder, its size and its upright plate boxes (n × 4: x, y, width, height, px)."""

    image: str
    width: int
    height: int
    boxes: np.ndarray
    source: str

    @property
    def held_out(self) -> bool:
        """Whether the photo is kept for validation: one in eight, by the name's checksum, so that every run agrees."""
        return zlib.crc32(self.image.encode()) % 8 == 0


def load_list(folder: Path) -> list[Photo]:
    """All photos of the folder, in the file's order."""
    photos = []
    for line in (folder / "boxes.jsonl").read_text().splitlines():
        row = json.loads(line)
        boxes = np.array(row["boxes_xywh"], np.float32).reshape(-1, 4)
        photos.append(Photo(row["image"], row["width"], row["height"], boxes, row["source"]))
    return photos


def read_grey(folder: Path, photo: Photo) -> np.ndarray:
    """The photo in grey (uint8)."""
    image = cv2.imread(str(folder / photo.image), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise FileNotFoundError(f"{folder / photo.image} cannot be read as a picture")
    return image


def backdrops(folder: Path, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Photos that are not held out, their plates blurred away, at half size: what drawn plates are laid on."""
    chosen = [photo for photo in load_list(folder) if not photo.held_out]
    result = []
    for index in rng.permutation(len(chosen))[:count]:
        photo = chosen[int(index)]
        image = read_grey(folder, photo)
        for x, y, width, height in photo.boxes.astype(int):
            part = image[max(0, y) : y + height, max(0, x) : x + width]
            if part.size:
                part[:] = cv2.GaussianBlur(part, (0, 0), max(3.0, width / 6))
        result.append(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return result
