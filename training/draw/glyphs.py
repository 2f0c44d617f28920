"""Plate letters as strokes: own shapes in the manner of the dies that press plates, none taken from a font file.

A glyph is a set of paths in a unit box (x to the right, y down) along the middle of the stroke. A point may be
"curved": its corner is replaced by a quarter of an ellipse whose size comes from the style, so that one skeleton gives
octagonal, square, rounded and oval dies. A style also picks among the variants of a letter (open or closed 4, 1 with
or without a foot, flat or round 3, ...).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Paths are written "x,y x,y ..."; "c" after a point makes its corner curved, a leading "@" closes the path, "|" parts paths.
_SHAPES: dict[str, tuple[str, ...]] = {
    "0": ("@0,0c 1,0c 1,1c 0,1c",) * 6 + ("@0,0c 1,0c 1,1c 0,1c|.88,.16 .12,.84", "@0,0c 1,0c 1,1c 0,1c|.7,.3 .3,.7"),
    "1": (
        ".5,0 .5,1",
        ".12,.22 .55,0 .55,1",
        ".1,.2 .55,0 .55,1|.1,1 1,1",
        ".05,.12 .5,.12 .5,1|.5,0 .5,.3",
        ".1,.28 .4,.14 .55,0 .55,1",
        ".15,0 .55,0 .55,1|.1,1 1,1",
    ),
    "2": (
        "0,.24 0,0c 1,0c 1,.46c 0,1 1,1",
        "0,.24 0,0c 1,0c 1,.5c .1,.72c 0,1 1,1",
        "0,.2 0,0c 1,0c 1,.5c 0,.5c 0,1 1,1",
        "0,.26 0,0c 1,0c 1,.36c .02,.92 .02,1 1,1",
    ),
    "3": (
        "0,.2 0,0c 1,0c 1,.47c .35,.47|.35,.47 1,.47c 1,1c 0,1c 0,.8",
        "0,0 1,0 .42,.41 1,.41c 1,1c 0,1c 0,.78",
        "0,.25 0,0c .95,0c .95,.48c .3,.48|.3,.48 1,.48c 1,1c 0,1c 0,.75",
        "0,0 .96,0 .96,.1 .45,.42 1,.42c 1,1c 0,1c 0,.8",
    ),
    "4": (
        ".76,1 .76,0 0,.7 1,.7",
        ".72,1 .72,.0 .55,0 0,.72 1,.72",
        ".4,0 0,.7 1,.7|.74,.38 .74,1",
        "0,0 0,.6 1,.6|.8,.28 .8,1",
        ".8,1 .8,0 0,.62 0,.7 1,.7",
    ),
    "5": (
        ".95,0 .06,0 .02,.45 .3,.38 1,.38c 1,1c 0,1c 0,.78",
        "1,0 0,0 0,.42 1,.42c 1,1c 0,1c 0,.8",
        ".92,0 .1,0 .03,.5 .12,.36c 1,.36c 1,1c 0,1c 0,.76",
    ),
    "6": (
        "1,.22 1,0c 0,0c 0,1c 1,1c 1,.44c 0,.44c 0,.72",
        "@0,.46c 1,.46c 1,1c 0,1c|.72,0 .0,.56c 0,.8",
        ".9,0 .5,0c 0,.3c 0,1c 1,1c 1,.42c 0,.42c 0,.72",
        "@0,.42c 1,.42c 1,1c 0,1c|.8,0 .12,.4 0,.72",
    ),
    "7": ("0,0 1,0 .32,1", "0,0 1,0 1,.14 .38,.55c .34,1", "0,.14 0,0 1,0 .35,1", "0,0 1,0 1,.1 .3,1"),
    "8": (
        "@.03,0c .97,0c .97,.46c .03,.46c|@0,.46c 1,.46c 1,1c 0,1c",
        "@.08,0c .92,0c .92,.47c .08,.47c|@0,.47c 1,.47c 1,1c 0,1c",
        "@0,0c 1,0c 1,.5c 0,.5c|@0,.5c 1,.5c 1,1c 0,1c",
    ),
    "9": (
        "0,.78 0,1c 1,1c 1,0c 0,0c 0,.56c 1,.56c 1,.28",
        "@1,.54c 0,.54c 0,0c 1,0c|.28,1 1,.44c 1,.2",
        ".1,1 .5,1c 1,.7c 1,0c 0,0c 0,.58c 1,.58c 1,.28",
        "@1,.58c 0,.58c 0,0c 1,0c|.2,1 .88,.6 1,.28",
    ),
    "A": (
        "0,1 .5,0 1,1|.17,.66 .83,.66",
        "0,1 .38,0 .62,0 1,1|.14,.66 .86,.66",
        "0,1 .42,0 .58,0 1,1|.12,.72 .88,.72",
        "0,1 0,0c 1,0c 1,1|0,.6 1,.6",
        "0,1 0,.3 .5,0 1,.3 1,1|0,.62 1,.62",
    ),
    "B": (
        "@0,0 .93,0c .93,.47c 0,.47|@0,.47 1,.47c 1,1c 0,1",
        "@0,0 1,0c 1,.5c 0,.5|@0,.5 1,.5c 1,1c 0,1",
        "@.04,0 .9,0c .9,.47c .04,.47|@.04,.47 1,.47c 1,1c .04,1|-.04,0 .2,0|-.04,1 .2,1",
    ),
    "C": ("1,.27 1,0c 0,0c 0,1c 1,1c 1,.73", "1,.2 1,0c 0,0c 0,1c 1,1c 1,.8", "1,.32 1,0c 0,0c 0,1c 1,1c 1,.68"),
    "D": ("@0,0 1,0c 1,1c 0,1", "@.06,0 1,0c 1,1c .06,1|-.04,0 .2,0|-.04,1 .2,1"),
    "E": ("1,0 0,0 0,1 1,1|0,.5 .82,.5", ".95,0 0,0 0,1 1,1|0,.47 .75,.47"),
    "F": ("1,0 0,0 0,1|0,.5 .82,.5", "1,0 0,0 0,1|0,.46 .75,.46"),
    "G": (
        "1,.26 1,0c 0,0c 0,1c 1,1c 1,.55 .55,.55",
        "1,.24 1,0c 0,0c 0,1c 1,1c 1,.58 .5,.58|1,.58 1,1",
        "1,.22 1,0c 0,0c 0,1c .97,1c .97,.52|.5,.52 1.08,.52",
    ),
    "H": ("0,0 0,1|1,0 1,1|0,.5 1,.5", "0,0 0,1|1,0 1,1|0,.46 1,.46"),
    "I": (".5,0 .5,1", ".5,0 .5,1|.05,0 .95,0|.05,1 .95,1", ".5,0 .5,1"),
    "J": ("1,0 1,1c 0,1c 0,.7", ".45,0 1,0 1,1c 0,1c 0,.72", "1,0 1,1c 0,1c 0,.8"),
    "K": ("0,0 0,1|1,0 0,.62|.3,.44 1,1", "0,0 0,1|1,0 .05,.5 1,1", "0,0 0,1|.95,0 0,.56|.34,.38 1,1"),
    "L": ("0,0 0,1 1,1",),
    "M": ("0,1 0,0 .5,.62 1,0 1,1", "0,1 0,0 .5,1 1,0 1,1", "0,1 0,0 .5,.45 1,0 1,1", "0,1 .1,0 .5,.8 .9,0 1,1"),
    "N": ("0,1 0,0 1,1 1,0", "0,1 0,0 .96,1 1,1 1,0"),
    "O": ("@0,0c 1,0c 1,1c 0,1c",),
    "P": ("0,1 0,0 1,0c 1,.53c 0,.53", "0,1 0,0 1,0c 1,.58c 0,.58", "0,1 0,0 1,0c 1,.48c 0,.48"),
    "Q": (
        "@0,0c 1,0c 1,1c 0,1c|.55,.66 1.06,1.06",
        "@0,0c 1,0c 1,1c 0,1c|.6,.72 .95,1.14",
        "@0,0c 1,0c 1,1c 0,1c|.5,.74 1,.96",
    ),
    "R": (
        "0,1 0,0 1,0c 1,.52c 0,.52|.45,.52 1,1",
        "0,1 0,0 1,0c 1,.5c 0,.5|.55,.5 1,1",
        "0,1 0,0 .96,0c .96,.5c 0,.5|.5,.5 1,.56c 1,1",
        "0,1 0,0 1,0c 1,.54c 0,.54|.3,.54 1,1",
    ),
    "S": (
        "1,.24 1,0c 0,0c 0,.48c 1,.48c 1,1c 0,1c 0,.76",
        ".97,.2 .97,0c .02,0c .02,.46c 1,.5c 1,1c 0,1c 0,.78",
        "1,.26 1,0c 0,0c 0,.42c 1,.58c 1,1c 0,1c 0,.74",
    ),
    "T": ("0,0 1,0|.5,0 .5,1",),
    "U": ("0,0 0,1c 1,1c 1,0",),
    "V": ("0,0 .5,1 1,0", "0,0 .42,1 .58,1 1,0"),
    "W": (
        "0,0 .24,1 .5,.3 .76,1 1,0",
        "0,0 .25,1 .5,0 .75,1 1,0",
        "0,0 .08,1 .5,.4 .92,1 1,0",
        "0,0 0,1 .5,.45 1,1 1,0",
    ),
    "X": ("0,0 1,1|1,0 0,1",),
    "Y": ("0,0 .5,.5 1,0|.5,.5 .5,1", "0,0 0,.5c 1,.5c 1,0|.5,.5 .5,1", "0,0 .5,.42 1,0|.5,.42 .5,1"),
    "Z": ("0,0 1,0 0,1 1,1", "0,0 1,0 1,.06 0,.94 0,1 1,1"),
}
_WIDE = {"M": 1.16, "W": 1.2, "Q": 1.0, "I": 0.62, "1": 0.66, "J": 0.92, "L": 0.94, "E": 0.94, "F": 0.94}
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Die:
    """One set of dies: proportions as shares of the letter height, and the variant of each letter."""

    width: float  # 0.36..0.72, of the middle of the strokes
    stroke: float  # 0.10..0.22
    radius: float  # 0 (cut corners) .. 0.5 (oval), share of the letter width
    tall_radius: float  # the same along the height, share of the letter width
    chamfer: bool  # corners cut straight instead of rounded
    flat_ends: bool  # ends of strokes cut along the box
    slant: float  # horizontal shear
    fixed: bool  # every letter as wide as the others
    wide_zero: float  # width of 0 as a share of O
    variants: tuple[int, ...]  # one number for each letter of ALPHABET

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Die:
        """A random set of dies."""
        chamfer = bool(rng.random() < 0.1)
        radius = float(rng.choice([rng.uniform(0.12, 0.3), rng.uniform(0.3, 0.5), 0.5]))
        radius = min(radius, 0.3) if chamfer else radius
        width = float(np.clip(rng.normal(0.46, 0.06), 0.33, 0.66))
        return cls(
            width=width,
            stroke=float(np.clip(rng.normal(0.145, 0.022), 0.09, 0.4 * width)),
            radius=radius,
            tall_radius=radius * float(rng.uniform(0.85, 1.5)),
            chamfer=chamfer,
            flat_ends=bool(rng.random() < 0.55),
            slant=float(rng.normal(0, 0.12)) if rng.random() < 0.05 else 0.0,
            fixed=bool(rng.random() < 0.3),
            wide_zero=float(rng.choice([1.0, 1.0, 0.92, 0.86])),
            variants=tuple(int(v) for v in rng.integers(0, 24, len(ALPHABET))),
        )


def _parse(text: str) -> list[tuple[bool, np.ndarray, list[bool]]]:
    paths = []
    for part in text.split("|"):
        closed = part.startswith("@")
        points, curved = [], []
        for item in part.lstrip("@").split():
            curved.append(item.endswith("c"))
            points.append([float(value) for value in item.rstrip("c").split(",")])
        paths.append((closed, np.array(points), curved))
    return paths


_PATHS = {letter: [_parse(text) for text in variants] for letter, variants in _SHAPES.items()}
_ANGLES = np.linspace(0, np.pi / 2, 7)


def _corner(before: np.ndarray, at: np.ndarray, after: np.ndarray, die: Die, room: tuple[float, float]) -> np.ndarray:
    """The quarter ellipse (or cut) that replaces the corner `at`; `room` is how much of each side it may use."""
    ends = []
    for neighbour, share in zip((before, after), room, strict=True):
        step = neighbour - at
        reach = np.hypot(step[0] * die.radius, step[1] * die.tall_radius * die.width) / max(np.hypot(*step), 1e-6)
        length = max(np.hypot(step[0], step[1]), 1e-6)
        wanted = die.radius if abs(step[0]) > abs(step[1]) else die.tall_radius * die.width * 2.0
        ends.append(step * min(share, max(wanted, reach) / length))
    if die.chamfer:
        return np.stack([at + ends[0], at + ends[1]])
    return at + ends[0] * (1 - np.sin(_ANGLES))[:, None] + ends[1] * (1 - np.cos(_ANGLES))[:, None]


def _flatten(closed: bool, points: np.ndarray, curved: list[bool], die: Die) -> np.ndarray:
    count = len(points)
    result = []
    for index in range(count):
        if not curved[index]:
            result.append(points[index : index + 1])
            continue
        before, after = (index - 1) % count, (index + 1) % count
        room = tuple(0.5 if curved[other] else 0.92 for other in (before, after))
        result.append(_corner(points[before], points[index], points[after], die, (room[0], room[1])))
    return np.concatenate(result)


def glyph_mask(letter: str, die: Die, height: int) -> np.ndarray:
    """The letter as a mask (float32, 0..1) `height` px tall, as wide as the die makes it."""
    wide = 1.0 if die.fixed else _WIDE.get(letter, 1.0)
    if letter == "0":
        wide *= die.wide_zero
    stroke = die.stroke * height
    inner_width, inner_height = die.width * height * wide, height - stroke
    pad = 2
    size = (round(inner_width + stroke) + 2 * pad, height + 2 * pad)
    canvas = np.zeros((size[1], size[0]), np.uint8)
    choices = _PATHS[letter]
    origin = np.array([pad + stroke / 2, pad + stroke / 2])
    for closed, points, curved in choices[die.variants[ALPHABET.index(letter)] % len(choices)]:
        outline = _flatten(closed, points, curved, die) * [inner_width, inner_height] + origin
        outline = np.round(outline * (1 << _SHIFT)).astype(np.int32)
        cv2.polylines(canvas, [outline], closed, 255, max(1, round(stroke)), cv2.LINE_AA, _SHIFT)
    if not die.flat_ends:
        return canvas.astype(np.float32) / 255.0
    inside = np.zeros_like(canvas)
    inside[pad : pad + height, :] = canvas[pad : pad + height, :]
    return inside.astype(np.float32) / 255.0
