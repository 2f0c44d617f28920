"""Number plates as pictures: the sheet of a state, with embossed characters, bolts, stickers and wear.

Sheets are 600 by 300 pixels, as US plates are 12 by 6 inches. Each state is hinted at by its colours and a shape, enough that a
resident recognises it, without copying its artwork.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from plateward.demo.glyphs import strokes

Image = NDArray[np.float32]
"""Height × width × 3, blue-green-red, 0 to 1."""
Colour = tuple[float, float, float]

WIDTH, HEIGHT = 600, 300
_SHIFT = 4  # cv2 takes points in sixteenths of a pixel


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a state's plate looks. Colours are blue, green, red, 0 to 1. ``gap`` after so many characters: a space, or 0."""

    name: str
    ink: Colour
    paper: Colour
    name_ink: Colour
    gap: int = 0
    width: float = 0.62
    weight: float = 0.125
    slant: float = 0.0
    art: Callable[[Image], None] | None = None


def _blend(image: Image, mask: NDArray[np.float32], colour: Colour) -> None:
    image += (np.array(colour, np.float32) - image) * mask[..., None]


def _fade(image: Image, top: Colour, bottom: Colour) -> None:
    down = np.linspace(0, 1, image.shape[0], dtype=np.float32)[:, None, None]
    image[:] = np.array(top, np.float32) * (1 - down) + np.array(bottom, np.float32) * down


def _hills(image: Image, heights: list[tuple[int, int]], colour: Colour) -> None:
    points = np.array([(0, HEIGHT), *heights, (WIDTH, HEIGHT)], np.int32)
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(mask, [points], 1.0, cv2.LINE_AA)
    _blend(image, cv2.GaussianBlur(mask, (0, 0), 3) * 0.55, colour)


def _nevada(image: Image) -> None:
    _fade(image, (0.93, 0.86, 0.74), (0.72, 0.86, 0.95))
    _hills(image, [(0, 215), (120, 165), (210, 205), (330, 150), (450, 205), (600, 170)], (0.78, 0.62, 0.55))


def _arizona(image: Image) -> None:
    _fade(image, (0.84, 0.62, 0.66), (0.92, 0.93, 0.97))
    _hills(image, [(0, 250), (110, 225), (190, 250), (400, 240), (480, 210), (600, 245)], (0.55, 0.42, 0.52))


def _oregon(image: Image) -> None:
    _fade(image, (0.96, 0.90, 0.86), (0.93, 0.93, 0.90))
    tree = np.zeros(image.shape[:2], np.float32)
    for top, half in ((60, 28), (110, 40), (165, 52)):
        cv2.fillPoly(tree, [np.array([(300, top), (300 - half, top + 75), (300 + half, top + 75)], np.int32)], 1.0)
    _blend(image, cv2.GaussianBlur(tree, (0, 0), 2) * 0.5, (0.55, 0.72, 0.52))


def _washington(image: Image) -> None:
    _fade(image, (0.98, 0.94, 0.90), (0.97, 0.96, 0.95))
    _hills(image, [(0, 240), (170, 215), (300, 105), (430, 215), (600, 240)], (0.95, 0.84, 0.74))


def _utah(image: Image) -> None:
    _fade(image, (0.97, 0.90, 0.82), (0.80, 0.88, 0.98))
    _hills(image, [(0, 235), (90, 190), (150, 235), (420, 225), (500, 175), (600, 220)], (0.45, 0.62, 0.93))


def _colorado(image: Image) -> None:
    image[:] = (0.95, 0.97, 0.95)
    _hills(image, [(0, 190), (100, 120), (190, 165), (300, 90), (410, 160), (500, 115), (600, 185)], (0.35, 0.52, 0.22))
    image[190:] = np.array((0.32, 0.45, 0.16), np.float32) * 0.35 + image[190:] * 0.65


_WHITE: Colour = (0.93, 0.94, 0.95)
SHEETS: Mapping[str, Sheet] = {
    "US-CA": Sheet("CALIFORNIA", (0.42, 0.16, 0.10), _WHITE, (0.20, 0.16, 0.78), slant=0.0),
    "US-NV": Sheet("NEVADA", (0.30, 0.14, 0.10), _WHITE, (0.45, 0.20, 0.12), gap=3, width=0.70, art=_nevada),
    "US-AZ": Sheet("ARIZONA", (0.22, 0.25, 0.08), _WHITE, (0.30, 0.30, 0.10), art=_arizona),
    "US-OR": Sheet("OREGON", (0.40, 0.14, 0.12), _WHITE, (0.40, 0.14, 0.12), gap=3, width=0.72, art=_oregon),
    "US-WA": Sheet("WASHINGTON", (0.42, 0.16, 0.10), _WHITE, (0.22, 0.14, 0.72), art=_washington),
    "US-TX": Sheet("TEXAS", (0.10, 0.09, 0.09), _WHITE, (0.10, 0.09, 0.09), gap=3),
    "US-UT": Sheet("UTAH", (0.25, 0.14, 0.10), _WHITE, (0.40, 0.20, 0.12), gap=3, width=0.70, art=_utah),
    "US-CO": Sheet("COLORADO", (0.22, 0.30, 0.06), _WHITE, (0.30, 0.42, 0.12), gap=4, width=0.70, art=_colorado),
}
"""By region; one that is not here gets a plain white sheet."""
PLAIN = Sheet("", (0.10, 0.09, 0.09), _WHITE, (0.3, 0.3, 0.3))


def write(
    mask: NDArray[np.uint8], text: str, box: tuple[float, float, float, float], thickness: float, slant: float = 0.0
) -> None:
    """Draw ``text`` into ``mask`` (255 is ink) within ``box`` (left, top, cell width, height), one cell a character."""
    left, top, cell, height = box
    ink = cell * 0.8 - thickness
    for i, character in enumerate(text):
        x0 = left + i * cell + (cell - ink) / 2
        for stroke in strokes(character):
            points = [
                (x0 + x * ink + slant * (2 - y) * ink, top + thickness / 2 + y / 2 * (height - thickness))
                for x, y in stroke
            ]
            scaled = np.round(np.array(points) * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(mask, [scaled], False, 255, max(1, round(thickness)), cv2.LINE_AA, _SHIFT)


def _serial(text: str, sheet: Sheet) -> NDArray[np.float32]:
    """The mask of the characters."""
    shown = text[: sheet.gap] + " " + text[sheet.gap :] if 0 < sheet.gap < len(text) else text
    height = 142.0
    cell = min(height * sheet.width, (WIDTH - 44) / len(shown))
    thickness = height * sheet.weight * min(1.0, 0.55 + cell / 180)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    write(mask, shown, ((WIDTH - cell * len(shown)) / 2, 92, cell, height), thickness, sheet.slant)
    return mask.astype(np.float32) / np.float32(255)


def _emboss(image: Image, mask: NDArray[np.float32], depth: float) -> None:
    """Light from above left on raised characters: a bright rim on one side, a shadow on the other."""
    soft = cv2.GaussianBlur(mask, (0, 0), 2.2)
    slope = np.roll(soft, (2, 2), (0, 1)) - np.roll(soft, (-2, -2), (0, 1))
    image -= np.clip(slope, -1, 1)[..., None] * depth


def _furniture(image: Image, sheet: Sheet, rng: Random) -> None:
    """The state's name, stickers in the corners, bolts, the rim."""
    if sheet.name:
        name = np.zeros((HEIGHT, WIDTH), np.uint8)
        cell = min(34.0, 300 / len(sheet.name))
        write(name, sheet.name, ((WIDTH - cell * len(sheet.name)) / 2, 26, cell, 40), 5.5, 0.1)
        _blend(image, name.astype(np.float32) / np.float32(255), sheet.name_ink)
        for x, colour in (
            (34, (0.2, 0.75, 0.9)),
            (508, rng.choice([(0.75, 0.4, 0.2), (0.3, 0.6, 0.3), (0.2, 0.3, 0.8)])),
        ):
            cv2.rectangle(image, (x, 26), (x + 58, 64), colour, -1, cv2.LINE_AA)
    for x, y in ((128, 46), (472, 46), (128, 266), (472, 266)):
        cv2.circle(image, (x, y), 9, (0.42, 0.42, 0.42), -1, cv2.LINE_AA)
        cv2.circle(image, (x - 2, y - 2), 4, (0.75, 0.75, 0.75), -1, cv2.LINE_AA)
    cv2.rectangle(image, (5, 5), (WIDTH - 6, HEIGHT - 6), tuple(c * 0.86 for c in sheet.paper), 4, cv2.LINE_AA)


def _wear(image: Image, rng: Random) -> None:
    """Road dirt from below, a scratch or two, uneven light."""
    chance = np.random.Generator(np.random.PCG64(rng.getrandbits(64)))
    cloud: Any = chance.random((6, 12), dtype=np.float32)
    cloud = cv2.resize(cloud, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    down = np.linspace(0.2, 1, HEIGHT, dtype=np.float32)[:, None]
    _blend(image, np.clip(cloud * down * rng.uniform(0.0, 0.3), 0, 1), (0.30, 0.36, 0.42))
    for _ in range(rng.randrange(3)):
        x, y = rng.randrange(WIDTH), rng.randrange(HEIGHT)
        end = (x + rng.randrange(-60, 60), y + rng.randrange(-20, 20))
        cv2.line(image, (x, y), end, (0.6, 0.62, 0.64), 1, cv2.LINE_AA)


def face(text: str, region: str | None, rng: Random) -> Image:
    """The plate ``text`` of ``region`` (ISO 3166-2) seen straight on, 300 × 600 × 3.

    Raises KeyError for characters other than A to Z and 0 to 9.
    """
    sheet = SHEETS.get(region or "", PLAIN)
    image: Image = np.empty((HEIGHT, WIDTH, 3), np.float32)
    image[:] = sheet.paper
    if sheet.art:
        sheet.art(image)
    _furniture(image, sheet, rng)
    mask = _serial(text, sheet)
    _blend(image, mask, sheet.ink)
    _emboss(image, mask, rng.uniform(0.10, 0.2))
    _wear(image, rng)
    return np.clip(image, 0, 1)
