"""Text in the street that is no plate: camera overlays and clocks, badges on cars, signs, fleet numbers, telephone numbers.

Badges and fleet numbers stand bare on the paint; signs stand on a panel of their own, as plates do, and differ by their
words, their proportions and their several lines.
"""

from __future__ import annotations

import cv2
import numpy as np

from training.draw.camera import lay, project
from training.draw.glyphs import ALPHABET
from training.draw.lettering import Lettering, small_print, write_line

_OVERLAY = ("CAM01", "C00D", "CH 2", "2024-03-11", "13:45:02", "FRONT", "km/h", "REC", "REAR", "IPCAM", "FPS 25")
_SIGN = (
    "EXIT {n}", "SPEED LIMIT {n}", "STOP", "ONE WAY", "NO PARKING", "PARKING", "TAXI", "POLICE", "BUS {n}", "OPEN", "SALE",
    "ROUTE {n}", "FOR RENT", "CALL {n}", "MAIN ST", "ALL WAY", "YIELD", "TOW AWAY", "HIGHWAY {n}", "CAFE", "BANK", "GATE {n}",
)  # fmt: skip


def _digits(rng: np.random.Generator, most: int) -> str:
    return str(rng.integers(1, 10 ** int(rng.integers(1, most + 1))))


def badge_text(rng: np.random.Generator) -> str:
    """What a maker or an owner writes on a car: an invented model, a size of engine, a fleet number, a name."""
    letters = "".join(rng.choice(list(ALPHABET[10:]), int(rng.integers(1, 8))))
    kind = rng.random()
    if kind < 0.35:
        return f"{letters[:2]}{rng.choice(['', ' '])}{_digits(rng, 3)}"
    if kind < 0.5:
        return f"{_digits(rng, 3)}{letters[:1]}"
    if kind < 0.65:
        return _digits(rng, 4)
    return letters


def _tint(rng: np.random.Generator, ground: float) -> float:
    """A shade that can be seen on ``ground``."""
    return float(np.clip(ground + rng.choice([-1.0, 1.0]) * rng.uniform(0.25, 0.8), 0, 1.1))


def badge(rng: np.random.Generator) -> np.ndarray:
    """Bare letters: a mask; spaced, stretched, chromed."""
    lettering = Lettering.sample(rng, 0.7)
    lettering.gap = float(rng.uniform(0.05, 0.9))
    return write_line(badge_text(rng), lettering, 36, rng)


def sign(rng: np.random.Generator) -> np.ndarray:
    """A panel with one to three lines, in grey (0..1)."""
    ground = float(rng.uniform(0.05, 1.0))
    ink = _tint(rng, ground)
    lines = [str(rng.choice(_SIGN)).format(n=_digits(rng, 4)) for _ in range(int(rng.integers(1, 4)))]
    if rng.random() < 0.3:
        lines.append(f"{rng.integers(200, 999)} {rng.integers(200, 999)} {rng.integers(1000, 9999)}")
    words = [word for line in lines for word in (line.split() if rng.random() < 0.4 else [line])]
    masks = [small_print(word, rng) for word in words]
    wide = max(mask.shape[1] for mask in masks) + 24
    tall = sum(mask.shape[0] + 10 for mask in masks) + 14
    panel = np.full((tall, wide), ground, np.float32)
    top = 12
    for mask in masks:
        left = int(rng.integers(6, max(7, wide - mask.shape[1] - 6)))
        part = panel[top : top + mask.shape[0], left : left + mask.shape[1]]
        part[:] = part * (1 - mask[:, : part.shape[1]]) + ink * mask[:, : part.shape[1]]
        top += mask.shape[0] + 10
    if rng.random() < 0.5:
        cv2.rectangle(panel, (3, 3), (wide - 4, tall - 4), ink, 2)
    return panel


def overlay(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Camera text as a mask with its upright corners (4 × 2, px), somewhere in ``image``."""
    text = str(rng.choice(_OVERLAY)) if rng.random() < 0.6 else _digits(rng, 8)
    mask = small_print(text, rng)
    high = int(rng.integers(7, 26))
    wide = min(image.shape[1] // 2, max(6, round(mask.shape[1] * high / mask.shape[0])))
    mask = cv2.resize(mask, (wide, high), interpolation=cv2.INTER_AREA)
    x, y = int(rng.integers(0, image.shape[1] - wide)), int(rng.integers(0, image.shape[0] - high))
    return mask, np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]], np.float32)


def put_overlay(image: np.ndarray, mask: np.ndarray, corners: np.ndarray, rng: np.random.Generator) -> None:
    """Write ``mask`` at ``corners``, as a camera does: upright and sharp."""
    (x, y), (right, bottom) = corners[0].astype(int), corners[2].astype(int)
    part = image[y:bottom, x:right]
    if rng.random() < 0.25:
        part[:] = float(rng.uniform(0, 0.3))
    part[:] = part * (1 - mask) + mask * float(rng.choice([0.0, 0.9, 1.0]))


def place(drawing: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Corners (4 × 2, px) for a badge or sign somewhere in ``image``, seen at some angle."""
    width = float(np.exp(rng.uniform(np.log(18), np.log(220))))
    centre = rng.uniform(0.05, 0.95, 2) * [image.shape[1], image.shape[0]]
    return (project(width, width * drawing.shape[0] / drawing.shape[1], rng, 0.7) + centre).astype(np.float32)


def put_badge(image: np.ndarray, mask: np.ndarray, corners: np.ndarray, rng: np.random.Generator) -> None:
    """Letters without a panel: only they change the picture, a little lighter along their upper side where they are chrome."""
    cover = np.zeros(image.shape, np.float32)
    lay(cover, mask, corners)
    low, high = corners.min(0).clip(0).astype(int), corners.max(0).clip(1).astype(int)
    shade = _tint(rng, float(image[low[1] : high[1] + 1, low[0] : high[0] + 1].mean()))
    image[:] = image * (1 - cover) + shade * cover
    if rng.random() < 0.4:
        image += 0.3 * np.clip(cover - np.roll(cover, 1, 0), 0, 1)


def put_sign(image: np.ndarray, panel: np.ndarray, corners: np.ndarray, rng: np.random.Generator) -> None:
    """A panel, as bright as its surroundings allow."""
    lay(image, panel * float(rng.uniform(0.4, 1.1)), corners)
