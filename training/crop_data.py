"""Batches of crops from shards and from real photos, with cheap changes made on the way in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from training.draw.glyphs import ALPHABET


class Crops:
    """Shards (`crops-*.npz`) of one or more folders; new shards are picked up while training runs."""

    def __init__(self, folders: list[Path], rng: np.random.Generator) -> None:
        self._folders = folders
        self._rng = rng
        self._parts: dict[Path, tuple[np.ndarray, np.ndarray]] = {}
        self.refresh()

    def refresh(self) -> int:
        """Load shards that have appeared; returns how many crops there are."""
        for folder in self._folders:
            for path in sorted(folder.glob("crops-*.npz")):
                if path not in self._parts and ".part" not in path.name:
                    with np.load(path) as data:
                        self._parts[path] = (data["images"], data["labels"])
        if not self._parts:
            raise FileNotFoundError(f"no crops-*.npz below {', '.join(map(str, self._folders))}: draw some first")
        return sum(len(labels) for _, labels in self._parts.values())

    def sample(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """`count` crops (uint8) and labels, each shard as likely as its size."""
        parts = list(self._parts.values())
        sizes = np.array([len(labels) for _, labels in parts], np.float64)
        chosen = self._rng.choice(len(parts), count, p=sizes / sizes.sum())
        images, labels = [], []
        for part in chosen:
            index = int(self._rng.integers(len(parts[part][1])))
            images.append(parts[part][0][index])
            labels.append(parts[part][1][index])
        return np.stack(images), np.stack(labels)


def augment(images: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """Crops (uint8, n × h × w) as float (n × 1 × h × w, 0..255), a little changed each time they are seen."""
    result = images.astype(np.float32)
    for index in range(len(result)):
        roll = rng.random(5)
        if roll[0] < 0.6:
            result[index] = _pushed(result[index], rng)
        if roll[1] < 0.12:
            result[index] = 255.0 - result[index]
        if roll[2] < 0.15:
            height, width = int(rng.integers(4, 20)), int(rng.integers(3, 9))
            top, left = int(rng.integers(48 - height)), int(rng.integers(144 - width))
            result[index, top : top + height, left : left + width] = rng.uniform(0, 255)
        if roll[3] < 0.3:
            result[index] += rng.normal(0, rng.uniform(1, 9), result[index].shape)
        if roll[4] < 0.25:
            result[index] = 255.0 * (np.clip(result[index], 0, 255) / 255.0) ** float(rng.uniform(0.5, 1.8))
    return torch.from_numpy(result).unsqueeze(1)


def _pushed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The crop as if its corners had been found a little elsewhere: moved, stretched and slanted."""
    rows, columns = image.shape
    wide, tall = 1 + rng.normal(0, (0.03, 0.04))
    slant = rng.normal(0, 0.05)
    x, y = rng.normal(0, (2.0, 0.8))
    way = np.array(
        [
            [wide, slant, columns / 2 * (1 - wide) - slant * rows / 2 + x],
            [0, tall, rows / 2 * (1 - tall) + y],
        ]
    )
    return cv2.warpAffine(image, way, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def decode(scores: torch.Tensor) -> list[str]:
    """The most likely path of each row of scores (n × steps × classes), repeats and nothings dropped."""
    texts = []
    for row in scores.argmax(2).cpu().numpy():
        text, last = [], 0
        for number in row:
            if number not in (last, 0):
                text.append(ALPHABET[number - 1])
            last = int(number)
        texts.append("".join(text))
    return texts


def label_text(label: np.ndarray) -> str:
    """The text of one encoded label."""
    return "".join(ALPHABET[number - 1] for number in label if number)
