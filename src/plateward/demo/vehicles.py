"""Vehicles from behind: sedans, SUVs, pickups and vans in the colours people buy.

Drawn in units of half a car's width, ``x`` to the right of its middle and ``y`` up from the road, then painted into a sprite with
an alpha channel, so that one drawing serves a still picture and every frame of a clip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from plateward.demo import stories
from plateward.demo.plates import Colour, Image

Mask = NDArray[np.float32]
Points = list[tuple[float, float]]

SCALE = 330.0
"""Pixels of a sprite for half a car's width."""
SPRITE_WIDTH, SPRITE_HEIGHT = 780, 800
_GROUND = SPRITE_HEIGHT - 50


@dataclass(frozen=True, slots=True)
class Body:
    """A kind of body, in half widths: heights above the road of bumper, deck (foot of the rear window) and roof."""

    name: str
    deck: float
    roof: float
    glass_half: float
    roof_half: float
    plate_y: float
    lamp: tuple[float, float, float, float]
    """Left edge, bottom, right edge and top of the right tail lamp."""


BODIES: Mapping[str, Body] = {
    body.name: body
    for body in (
        Body("sedan", 1.02, 1.52, 0.80, 0.58, 0.76, (0.56, 0.78, 0.95, 0.98)),
        Body("hatchback", 1.08, 1.62, 0.78, 0.64, 0.72, (0.72, 0.78, 0.96, 1.14)),
        Body("suv", 1.14, 1.86, 0.82, 0.74, 0.86, (0.74, 0.84, 0.97, 1.22)),
        Body("pickup", 1.20, 1.98, 0.70, 0.62, 0.44, (0.84, 0.72, 0.99, 1.16)),
        Body("van", 1.22, 2.12, 0.84, 0.82, 0.80, (0.86, 0.72, 0.98, 1.30)),
    )
}

PAINTS: Mapping[str, Colour] = {
    "white": (0.86, 0.87, 0.88),
    "grey": (0.40, 0.39, 0.38),
    "black": (0.10, 0.09, 0.09),
    "silver": (0.68, 0.67, 0.65),
    "blue": (0.48, 0.26, 0.12),
    "red": (0.12, 0.10, 0.56),
    "green": (0.24, 0.30, 0.16),
    "beige": (0.55, 0.64, 0.70),
}

_TOLD = {
    stories.BURGLAR: ("sedan", "grey"),
    stories.STOLEN: ("suv", "white"),
    stories.FOLLOWED: ("hatchback", "blue"),
    stories.CONVOY[0]: ("pickup", "white"),
    stories.CONVOY[1]: ("pickup", "black"),
}


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What carries a plate: ``body`` and ``paint`` by name."""

    body: str
    paint: str


def vehicle_of(plate: str) -> Vehicle:
    """The vehicle that carries ``plate``, always the same one; a commercial plate is on a van or a pickup."""
    if plate in _TOLD:
        return Vehicle(*_TOLD[plate])
    digest = hashlib.sha256(plate.encode()).digest()
    if len(plate) == 7 and plate[:5].isdigit():
        return Vehicle("van" if digest[0] % 2 else "pickup", "white" if digest[1] % 3 else "grey")
    bodies = ("sedan",) * 4 + ("hatchback",) * 2 + ("suv",) * 4 + ("pickup",) * 2 + ("van",)
    paints = (
        ("white",) * 5
        + ("grey",) * 4
        + ("black",) * 4
        + ("silver",) * 3
        + ("blue", "blue", "red", "red", "green", "beige")
    )
    return Vehicle(bodies[digest[0] % len(bodies)], paints[digest[1] % len(paints)])


@dataclass(frozen=True, slots=True)
class Sprite:
    """A vehicle without its plate: colours, how much it covers, where its lamps glow, and the plate's corners.

    ``plate``: x and y in pixels of the corners, upper left first, clockwise. ``ground``: the row on which the wheels stand.
    """

    colour: Image
    alpha: Mask
    lamps: Mask
    plate: NDArray[np.float32]
    ground: int = _GROUND


class _Painter:
    """Paints polygons, given in half widths, into a sprite."""

    def __init__(self) -> None:
        self.colour: Image = np.zeros((SPRITE_HEIGHT, SPRITE_WIDTH, 3), np.float32)
        self.alpha: Mask = np.zeros((SPRITE_HEIGHT, SPRITE_WIDTH), np.float32)
        self.lamps: Mask = np.zeros((SPRITE_HEIGHT, SPRITE_WIDTH), np.float32)

    def pixels(self, points: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
        """Half widths as pixels of the sprite."""
        return np.array([(SPRITE_WIDTH / 2 + x * SCALE, _GROUND - y * SCALE) for x, y in points])

    def fill(
        self, points: Points, top: Colour, bottom: Colour, soft: float = 0.8, strength: float = 1.0, lamp: bool = False
    ) -> None:
        """Paint a polygon with soft edges, shaded from ``top`` to ``bottom``; a lamp glows after dark."""
        corners = self.pixels(points)
        margin = int(soft * 3) + 2
        left, upper = np.maximum(np.floor(corners.min(axis=0)).astype(int) - margin, 0)
        right, lower = np.ceil(corners.max(axis=0)).astype(int) + margin
        part = (slice(upper, lower), slice(left, right))
        covered = np.zeros(self.alpha[part].shape, np.uint8)
        cv2.fillPoly(covered, [np.round((corners - (left, upper)) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        mask = cv2.GaussianBlur(covered.astype(np.float32) * (strength / 255), (0, 0), soft)
        first, last = corners[:, 1].min(), corners[:, 1].max()
        down = np.clip((np.arange(upper, upper + mask.shape[0]) - first) / max(1.0, last - first), 0, 1)
        shade = (np.array(top) + (np.array(bottom) - np.array(top)) * down[:, None]).astype(np.float32)
        self.colour[part] += (shade[:, None, :] - self.colour[part]) * mask[..., None]
        self.alpha[part] = np.maximum(self.alpha[part], mask)
        if lamp:
            self.lamps[part] = np.maximum(self.lamps[part], mask)

    def both(
        self, points: Points, top: Colour, bottom: Colour, soft: float = 0.8, strength: float = 1.0, lamp: bool = False
    ) -> None:
        """The same on both sides of the middle."""
        for side in (1, -1):
            self.fill([(side * x, y) for x, y in points], top, bottom, soft, strength, lamp)


def _round(points: Points, radius: float) -> Points:
    """A polygon with its corners cut in three steps."""
    rounded: Points = []
    for before, here, after in zip([points[-1], *points[:-1]], points, [*points[1:], points[0]], strict=True):
        for other, order in ((before, (1.0, 0.45)), (after, (0.45, 1.0))):
            length = max(1e-6, float(np.hypot(other[0] - here[0], other[1] - here[1])))
            for part in order:
                step = min(radius * part, length / 2) / length
                pull = radius * (0.12 if part < 1 else 0.0)
                x, y = here[0] + (other[0] - here[0]) * step, here[1] + (other[1] - here[1]) * step
                rounded.append((x * (1 - pull), y))
    return rounded


def _times(colour: Colour, factor: float) -> Colour:
    return tuple(min(1.0, c * factor + 0.02 * (factor > 1)) for c in colour)  # type: ignore[return-value]


def _shell(painter: _Painter, body: Body, paint: Colour) -> None:
    """Tyres, bumper and lower body, the house with its window."""
    dark: Colour = (0.06, 0.06, 0.06)
    painter.both(_round([(0.62, 0.0), (0.95, 0.0), (0.95, 0.5), (0.62, 0.5)], 0.08), dark, (0.03, 0.03, 0.03))
    deck, side = body.deck, 0.99
    lower = [(-0.93, 0.26), (0.93, 0.26), (side, 0.55), (0.97, deck - 0.08), (0.86, deck), (-0.86, deck)]
    lower += [(-0.97, deck - 0.08), (-side, 0.55)]
    house = [(-0.90, deck - 0.04), (-body.roof_half, body.roof), (body.roof_half, body.roof), (0.90, deck - 0.04)]
    painter.fill(_round(house, 0.2), _times(paint, 1.15), _times(paint, 0.85))
    glass_top = body.roof - 0.12
    glass = [(-body.glass_half, deck + 0.04), (-body.roof_half + 0.05, glass_top)]
    glass += [(body.roof_half - 0.05, glass_top), (body.glass_half, deck + 0.04)]
    painter.fill(_round(glass, 0.1), (0.42, 0.37, 0.33), (0.12, 0.11, 0.10))
    painter.fill(
        [(-0.5, deck + 0.05), (-0.1, glass_top - 0.02), (0.12, glass_top - 0.02), (-0.25, deck + 0.05)],
        (0.75, 0.72, 0.68), (0.3, 0.3, 0.3), 6, 0.35,
    )  # fmt: skip
    for x in (-0.36, 0.36):
        seat = [(x - 0.14, deck + 0.05), (x - 0.12, deck + 0.24), (x + 0.12, deck + 0.24), (x + 0.14, deck + 0.05)]
        painter.fill(_round(seat, 0.08), (0.07, 0.07, 0.07), (0.05, 0.05, 0.05), 3, 0.8)
    painter.fill(_round(lower, 0.1), _times(paint, 1.12), _times(paint, 0.55))
    shine = [(-0.88, deck - 0.05), (0.88, deck - 0.05), (0.9, deck - 0.11), (-0.9, deck - 0.11)]
    painter.fill(shine, _times(paint, 1.5), _times(paint, 1.2), 5, 0.6)


def _fittings(painter: _Painter, body: Body, paint: Colour) -> None:
    """Seams, bumper, the recess of the plate, lamps."""
    deck, y = body.deck, body.plate_y
    seam = [(-0.9, 0.585), (0.9, 0.585), (0.9, 0.57), (-0.9, 0.57)]
    painter.fill(seam, _times(paint, 0.25), _times(paint, 0.25), 1.2, 0.8)
    for x in (-0.78, 0.78):
        door = [(x - 0.006, 0.6), (x - 0.006, deck - 0.02), (x + 0.006, deck - 0.02), (x + 0.006, 0.6)]
        painter.fill(door, _times(paint, 0.3), _times(paint, 0.3), 1.2, 0.6)
    bumper = [(-0.95, 0.24), (0.95, 0.24), (0.97, 0.40), (-0.97, 0.40)]
    chrome = body.name == "pickup"
    painter.fill(
        _round([*bumper[:2], (0.97, 0.6), (-0.97, 0.6)] if chrome else bumper, 0.06),
        (0.62, 0.62, 0.61) if chrome else (0.15, 0.15, 0.15),
        (0.25, 0.25, 0.25) if chrome else (0.07, 0.07, 0.07),
    )
    recess = [(-0.33, y - 0.15), (0.33, y - 0.15), (0.36, y + 0.17), (-0.36, y + 0.17)]
    painter.fill(_round(recess, 0.06), _times(paint, 0.35), _times(paint, 0.62), 2.5)
    badge = [(-0.07, y + 0.22), (0.07, y + 0.22), (0.07, y + 0.27), (-0.07, y + 0.27)]
    painter.fill(_round(badge, 0.03), (0.8, 0.8, 0.8), (0.45, 0.45, 0.45), 1.5)
    left, bottom, right, top = body.lamp
    lamp = _round([(left, bottom), (right, bottom), (right - 0.02, top), (left + 0.04, top)], 0.05)
    painter.both(lamp, (0.12, 0.10, 0.62), (0.08, 0.06, 0.36), 1.0, lamp=True)
    middle = (bottom + top) / 2
    inner = [(left + 0.03, middle), (right - 0.04, middle), (right - 0.05, middle + 0.06), (left + 0.05, middle + 0.06)]
    painter.both(inner, (0.55, 0.55, 0.85), (0.3, 0.3, 0.7), 2.5, 0.7)
    painter.both([(0.28, 0.2), (0.42, 0.2), (0.42, 0.26), (0.28, 0.26)], (0.3, 0.3, 0.3), (0.1, 0.1, 0.1), 2)


@lru_cache(maxsize=6)  # 12 MB each
def rear(vehicle: Vehicle) -> Sprite:
    """``vehicle`` from behind, without its plate. The arrays are shared: do not write to them."""
    body, paint = BODIES[vehicle.body], PAINTS[vehicle.paint]
    painter = _Painter()
    _shell(painter, body, paint)
    _fittings(painter, body, paint)
    # A car is round: its sides are darker than its middle.
    across = np.abs(np.linspace(-1.18, 1.18, SPRITE_WIDTH, dtype=np.float32))
    painter.colour *= (1 - 0.38 * np.clip(across - 0.35, 0, 1) ** 1.4)[None, :, None]
    half, y = 0.2, body.plate_y
    corners = painter.pixels([(-half, y + half / 2), (half, y + half / 2), (half, y - half / 2), (-half, y - half / 2)])
    for array in (painter.colour, painter.alpha, painter.lamps):
        array.flags.writeable = False
    return Sprite(painter.colour, painter.alpha, painter.lamps, corners.astype(np.float32))


def tilt(rng: Random) -> float:
    """By how many degrees a plate hangs askew: few hang straight."""
    return rng.gauss(0, 0.8)
