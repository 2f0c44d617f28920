"""What stands beside a serial and is no part of it: emblems, seals, flags, logos, stickers, small letters one above the other.

Special plates, which every state has by the hundred, put such a picture before or behind the serial. A reader that was
never shown one takes it for a letter.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.draw.lettering import Lettering, emblem, small_print

_SMALL = list("ABCDEFGHIKLMNPRSTUVWXY")
_WORDS = ("DV", "VET", "FIRE", "EMT", "NG", "USMC", "ARMY", "KIDS", "ARTS", "WILD", "PARKS", "ALUM", "FD", "US", "NAVY")


def beside(mask: np.ndarray, lettering: Lettering, rng: np.random.Generator) -> np.ndarray:
    """The serial's mask (rows × columns, 0..1) with something at one side or both, narrowed to make room for it."""
    rows, columns = mask.shape
    before = _thing(rows, lettering, rng) if rng.random() < 0.8 else None
    behind = _thing(rows, lettering, rng) if before is None or rng.random() < 0.12 else None
    taken = sum(part.shape[1] for part in (before, behind) if part is not None)
    narrow = cv2.resize(mask, (max(columns // 2, columns - taken), rows), interpolation=cv2.INTER_AREA)
    return np.concatenate([part for part in (before, narrow, behind) if part is not None], axis=1)


def _thing(rows: int, lettering: Lettering, rng: np.random.Generator) -> np.ndarray:
    """One thing, as tall as the serial, with a gap on both sides."""
    kinds: tuple[Callable[..., np.ndarray], ...] = (_blobs, _seal, _logo, _flag, _outline, _sideways)
    if rng.random() < 0.3:
        drawn = _stacked(rows, lettering, rng)
    else:
        wide = round(rows * float(rng.uniform(0.35, 1.1)))
        drawn = kinds[int(rng.integers(len(kinds)))](rows, wide, rng) * float(rng.uniform(0.3, 1.0))
    left, right = (round(rows * float(rng.uniform(0.02, 0.16))) for _ in range(2))
    return np.pad(drawn.astype(np.float32), ((0, 0), (left, right)))


def _blobs(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    return emblem(rows, wide, rng)


def _stacked(rows: int, lettering: Lettering, rng: np.random.Generator) -> np.ndarray:
    """Two or three small letters one above the other."""
    count = 2 if rng.random() < 0.75 else 3
    high = round(rows * float(rng.uniform(0.8, 0.96)) / count)
    wide = max(4, round(high * float(rng.uniform(0.5, 0.85))))
    column = np.zeros((rows, wide), np.float32)
    for number in range(count):
        letter = cv2.resize(
            lettering.glyph(str(rng.choice(_SMALL)), 32), (wide, high - 2), interpolation=cv2.INTER_AREA
        )
        top = round(number * (rows - high) / max(1, count - 1))
        column[top : top + high - 2] = letter
    return column


def _seal(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    """Rings with something in them: an official's seal, a society's badge."""
    mask = np.zeros((rows, wide), np.float32)
    centre, radius = (wide // 2, rows // 2), max(4, min(wide, rows) // 2 - 1)
    if rng.random() < 0.4:
        cv2.circle(mask, centre, radius, float(rng.uniform(0.2, 0.8)), -1, cv2.LINE_AA)
    for share in rng.uniform(0.4, 1.0, int(rng.integers(1, 4))):
        cv2.circle(mask, centre, max(2, round(radius * share)), 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    inner = emblem(radius, radius, rng)
    part = mask[centre[1] - radius // 2 :, centre[0] - radius // 2 :][:radius, :radius]
    np.maximum(part, inner[: part.shape[0], : part.shape[1]], out=part)
    return mask


def _logo(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    """A letter or two in a disc, a shield or a box, light on dark or framed: a school's, a club's."""
    mask = np.zeros((rows, wide), np.float32)
    filled = rng.random() < 0.6
    cv2.ellipse(
        mask, (wide // 2, rows // 2), (max(3, wide // 2 - 1), max(3, round(rows * rng.uniform(0.35, 0.5)))),
        0, 0, 360, 1.0, -1 if filled else 2, cv2.LINE_AA,
    )  # fmt: skip
    text = "".join(rng.choice(_SMALL, int(rng.integers(1, 3))))
    high, across = (
        max(4, round(rows * float(rng.uniform(0.3, 0.6)))),
        max(4, round(wide * float(rng.uniform(0.4, 0.7)))),
    )
    letters = cv2.resize(small_print(text, rng), (across, high), interpolation=cv2.INTER_AREA)
    top, left = (rows - high) // 2, (wide - across) // 2
    part = mask[top : top + high, left : left + across]
    part[:] = part * (1 - letters) if filled else np.maximum(part, letters)
    return mask


def _flag(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    """Stripes with a block in a corner."""
    mask = np.zeros((rows, wide), np.float32)
    top, bottom = round(rows * rng.uniform(0.05, 0.3)), round(rows * rng.uniform(0.65, 0.95))
    stripes = int(rng.integers(2, 8))
    for number in range(0, stripes, 2):
        first, last = (top + (bottom - top) * step // stripes for step in (number, number + 1))
        mask[first:last] = 1.0
    mask[top : (top + bottom) // 2, : round(wide * rng.uniform(0.25, 0.5))] = float(rng.uniform(0.4, 1.0))
    return mask


def _outline(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    """A star, a ribbon, a tree, a hand: one jagged shape, filled or in outline, its radius jumping around its middle."""
    corners = int(rng.integers(3, 13))
    angles = np.linspace(0, 2 * np.pi, 2 * corners, endpoint=False) + rng.uniform(0, np.pi)
    reach = np.where(np.arange(2 * corners) % 2, rng.uniform(0.2, 0.5), rng.uniform(0.35, 0.5)) + rng.normal(
        0, 0.04, 2 * corners
    )
    points = np.stack([wide * (0.5 + reach * np.cos(angles)), rows * (0.5 + reach * np.sin(angles))], 1)
    mask = np.zeros((rows, wide), np.float32)
    if rng.random() < 0.5:
        cv2.fillPoly(mask, [points.astype(np.int32)], 1.0, cv2.LINE_AA)
    else:
        cv2.polylines(mask, [points.astype(np.int32)], True, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    return mask


def _sideways(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    """A word that runs upwards, or a sticker with a number."""
    if rng.random() < 0.5:
        word = np.rot90(small_print(str(rng.choice(_WORDS)), rng), 1 if rng.random() < 0.8 else 3)
        return cv2.resize(np.ascontiguousarray(word), (max(4, round(wide * 0.45)), rows), interpolation=cv2.INTER_AREA)
    mask = np.zeros((rows, wide), np.float32)
    top, bottom = round(rows * rng.uniform(0.0, 0.35)), round(rows * rng.uniform(0.6, 1.0))
    mask[top:bottom] = 1.0
    number = cv2.resize(
        small_print(str(rng.integers(1, 32)), rng), (max(3, round(wide * 0.7)), max(3, (bottom - top) * 2 // 3)),
        interpolation=cv2.INTER_AREA,
    )  # fmt: skip
    y, x = top + (bottom - top - number.shape[0]) // 2, (wide - number.shape[1]) // 2
    mask[y : y + number.shape[0], x : x + number.shape[1]] -= number
    return mask.clip(0, 1)
