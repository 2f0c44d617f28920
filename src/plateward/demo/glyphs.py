"""Letters and digits of number plates as strokes of a pen, drawn here after no font.

A glyph lives in a box one wide and two high, ``y`` downwards; a stroke is a polyline through the middle of the ink. What gives
a state its look (weight, width, slant) is up to whoever draws the strokes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

Point = tuple[float, float]
Stroke = tuple[Point, ...]


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Part of an ellipse, degrees clockwise from the right, squared a little as plate letters are."""
    steps = max(4, int(abs(end - start) / 9))
    points = []
    for i in range(steps + 1):
        angle = math.radians(start + (end - start) * i / steps)
        c, s = math.cos(angle), math.sin(angle)
        points.append((cx + rx * math.copysign(abs(c) ** 0.82, c), cy + ry * math.copysign(abs(s) ** 0.82, s)))
    return tuple(points)


def _line(*points: Point) -> Stroke:
    return points


def _join(*parts: Stroke) -> Stroke:
    return tuple(point for part in parts for point in part)


def _turned(strokes: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    """Upside down: a 9 is a 6."""
    return tuple(tuple((1 - x, 2 - y) for x, y in stroke) for stroke in strokes)


_SIX = (
    _arc(0.5, 1.4, 0.5, 0.6, 0, 360),
    _join(_line((0.0, 1.4)), _arc(0.5, 0.55, 0.5, 0.55, 180, 335)),
)

_DIGITS: Mapping[str, tuple[Stroke, ...]] = {
    "0": (_join(_arc(0.5, 0.55, 0.5, 0.55, 180, 360), _arc(0.5, 1.45, 0.5, 0.55, 0, 180), _line((0.0, 0.55))),),
    "1": (_line((0.2, 0.46), (0.58, 0.0), (0.58, 2.0)),),
    "2": (_join(_arc(0.5, 0.52, 0.5, 0.52, 188, 385), _line((0.0, 2.0), (1.0, 2.0))),),
    "3": (
        _join(_arc(0.48, 0.49, 0.47, 0.49, 195, 450), _line((0.36, 0.98))),
        _join(_line((0.36, 0.98)), _arc(0.48, 1.49, 0.52, 0.51, 270, 525)),
    ),
    "4": (_line((0.74, 2.0), (0.74, 0.0), (0.0, 1.42), (1.0, 1.42)),),
    "5": (_join(_line((0.92, 0.0), (0.1, 0.0), (0.05, 0.93)), _arc(0.48, 1.36, 0.52, 0.64, 222, 508)),),
    "6": _SIX,
    "7": (_line((0.0, 0.0), (1.0, 0.0), (0.62, 0.85), (0.4, 2.0)),),
    "8": (_arc(0.5, 0.48, 0.44, 0.48, 0, 360), _arc(0.5, 1.47, 0.5, 0.53, 0, 360)),
    "9": _turned(_SIX),
}

_LETTERS: Mapping[str, tuple[Stroke, ...]] = {
    "A": (_line((0.0, 2.0), (0.5, 0.0), (1.0, 2.0)), _line((0.16, 1.4), (0.84, 1.4))),
    "B": (
        _join(_line((0.0, 1.0), (0.0, 0.0), (0.45, 0.0)), _arc(0.45, 0.5, 0.48, 0.5, 270, 450), _line((0.0, 1.0))),
        _join(_line((0.0, 1.0), (0.45, 1.0)), _arc(0.45, 1.5, 0.55, 0.5, 270, 450), _line((0.0, 2.0), (0.0, 1.0))),
    ),
    "C": (_join(_arc(0.5, 0.55, 0.5, 0.55, 350, 180), _arc(0.5, 1.45, 0.5, 0.55, 180, 10)),),
    "D": (
        _join(
            _line((0.0, 2.0), (0.0, 0.0), (0.4, 0.0)),
            _arc(0.4, 0.6, 0.6, 0.6, 270, 360),
            _arc(0.4, 1.4, 0.6, 0.6, 0, 90),
            _line((0.0, 2.0)),
        ),
    ),
    "E": (_line((1.0, 0.0), (0.0, 0.0), (0.0, 2.0), (1.0, 2.0)), _line((0.0, 0.97), (0.8, 0.97))),
    "F": (_line((1.0, 0.0), (0.0, 0.0), (0.0, 2.0)), _line((0.0, 0.97), (0.8, 0.97))),
    "G": (
        _join(
            _arc(0.5, 0.55, 0.5, 0.55, 345, 180), _arc(0.5, 1.45, 0.5, 0.55, 180, 0), _line((1.0, 1.05), (0.58, 1.05))
        ),
    ),
    "H": (_line((0.0, 0.0), (0.0, 2.0)), _line((1.0, 0.0), (1.0, 2.0)), _line((0.0, 0.97), (1.0, 0.97))),
    "I": (_line((0.5, 0.0), (0.5, 2.0)), _line((0.22, 0.0), (0.78, 0.0)), _line((0.22, 2.0), (0.78, 2.0))),
    "J": (_join(_line((0.9, 0.0), (0.9, 1.45)), _arc(0.45, 1.45, 0.45, 0.55, 0, 175)),),
    "K": (_line((0.0, 0.0), (0.0, 2.0)), _line((0.95, 0.0), (0.0, 1.2)), _line((0.3, 0.84), (1.0, 2.0))),
    "L": (_line((0.0, 0.0), (0.0, 2.0), (0.95, 2.0)),),
    "M": (_line((0.0, 2.0), (0.0, 0.0), (0.5, 1.25), (1.0, 0.0), (1.0, 2.0)),),
    "N": (_line((0.0, 2.0), (0.0, 0.0), (1.0, 2.0), (1.0, 0.0)),),
    "O": (
        _join(
            _arc(0.42, 0.42, 0.42, 0.42, 180, 270),
            _arc(0.58, 0.42, 0.42, 0.42, 270, 360),
            _arc(0.58, 1.58, 0.42, 0.42, 0, 90),
            _arc(0.42, 1.58, 0.42, 0.42, 90, 180),
            _line((0.0, 0.42)),
        ),
    ),
    "P": (
        _join(_line((0.0, 2.0), (0.0, 0.0), (0.45, 0.0)), _arc(0.45, 0.56, 0.53, 0.56, 270, 450), _line((0.0, 1.12))),
    ),
    "Q": (
        _join(_arc(0.5, 0.55, 0.5, 0.55, 180, 360), _arc(0.5, 1.45, 0.5, 0.55, 0, 180), _line((0.0, 0.55))),
        _line((0.55, 1.45), (1.05, 2.08)),
    ),
    "R": (
        _join(_line((0.0, 2.0), (0.0, 0.0), (0.45, 0.0)), _arc(0.45, 0.54, 0.52, 0.54, 270, 450), _line((0.0, 1.08))),
        _line((0.5, 1.08), (1.0, 2.0)),
    ),
    "S": (_join(_arc(0.5, 0.51, 0.47, 0.51, 340, 135), _arc(0.5, 1.47, 0.5, 0.53, 285, 525)),),
    "T": (_line((0.0, 0.0), (1.0, 0.0)), _line((0.5, 0.0), (0.5, 2.0))),
    "U": (_join(_line((0.0, 0.0)), _arc(0.5, 1.45, 0.5, 0.55, 180, 0), _line((1.0, 0.0))),),
    "V": (_line((0.0, 0.0), (0.5, 2.0), (1.0, 0.0)),),
    "W": (_line((0.0, 0.0), (0.22, 2.0), (0.5, 0.7), (0.78, 2.0), (1.0, 0.0)),),
    "X": (_line((0.0, 0.0), (1.0, 2.0)), _line((1.0, 0.0), (0.0, 2.0))),
    "Y": (_line((0.0, 0.0), (0.5, 1.05), (1.0, 0.0)), _line((0.5, 1.05), (0.5, 2.0))),
    "Z": (_line((0.0, 0.0), (1.0, 0.0), (0.0, 2.0), (1.0, 2.0)),),
}

_MARKS: Mapping[str, tuple[Stroke, ...]] = {
    ".": (_line((0.45, 1.95), (0.55, 1.95)),),
    "-": (_line((0.2, 1.05), (0.8, 1.05)),),
    " ": (),
}


@cache
def strokes(character: str) -> tuple[Stroke, ...]:
    """The strokes of a letter, digit, space, dot or dash. Raises KeyError for anything else."""
    return {**_DIGITS, **_LETTERS, **_MARKS}[character]
