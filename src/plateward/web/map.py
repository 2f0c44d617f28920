"""Places on a map: an SVG that the node draws itself, over the agency's own streets where it has them.

No map service is asked, because it would learn where an agency looks; no script is needed, and a table with the same rows stands
beside every map. The SVG names classes, never colours, so that the style sheet shows it light and dark and a strict content
security policy lets it pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from plateward.core.errors import BadInput
from plateward.core.place import CELL_DEGREES, Position
from plateward.formats.area_map import AreaMap, Kind, Shape, parse_area_map
from plateward.node.settings import Settings

WIDTH, HEIGHT = 960, 540
MARGIN = 0.18
"""How much of the frame is left free on each side of the outermost dots."""
LEAST_M = 1_600
"""The frame's height in metres is this at least: a single dot without its streets says nothing."""
_METRES_A_DEGREE = 111_195.0
_SCALES_M = (50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200)
_WORTH_DRAWING_M = {Kind.STREET: 15_000.0, Kind.BROAD: 60_000.0}
"""Up to which height of the frame lesser streets are drawn: beyond it they are a grey that says nothing and weighs megabytes."""
_NAMED = (Kind.ROAD, Kind.BROAD, Kind.STREET)
_MOST_NAMES = 40


@dataclass(frozen=True, slots=True)
class Dot:
    """Something at a place. ``label``: what it says when pointed at; ``text``: a few characters beside it; ``heading_deg``: where
    it looks, clockwise from north. ``coarse``: only the square of about a kilometre is known. ``kind``: plain or marked.
    """

    position: Position
    label: str
    href: str = ""
    text: str = ""
    heading_deg: int | None = None
    coarse: bool = False
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is drawn: degrees to units of the picture, the same both ways, north up."""

    west: float
    north: float
    shrink: float
    units_a_degree: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return (lon - self.west) * self.shrink * self.units_a_degree, (self.north - lat) * self.units_a_degree

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        east = self.west + WIDTH / self.units_a_degree / self.shrink
        return self.west, self.north - HEIGHT / self.units_a_degree, east, self.north

    @property
    def height_m(self) -> float:
        return HEIGHT / self.units_a_metre

    @property
    def units_a_metre(self) -> float:
        return self.units_a_degree / _METRES_A_DEGREE


def area_of(settings: Settings) -> AreaMap:
    """The agency's own map, where its settings name one. Raises BadInput naming the file and the feature that is wrong."""
    if not settings.area_map:
        return AreaMap()
    file = settings.data / settings.area_map
    try:
        return parse_area_map(file.read_bytes(), str(file))
    except OSError as error:
        raise BadInput(f"this map cannot be read ({type(error).__name__})", where=str(file)) from None


def draw_map(area: AreaMap, dots: Sequence[Dot], title: str) -> Markup:
    """The map around ``dots``; empty without any. ``title``: what it shows, for people who do not see it. All text is escaped."""
    if not dots:
        return Markup("")
    frame = _around([dot.position for dot in dots])
    shapes = [
        shape for shape in area.within(*frame.bounds) if frame.height_m < _WORTH_DRAWING_M.get(shape.kind, math.inf)
    ]
    parts = (
        Markup('<rect class="map-land" width="{}" height="{}"/>').format(WIDTH, HEIGHT),
        *_drawn(shapes, frame),
        *_names(shapes, frame),
        *(_dot(dot, frame) for dot in sorted(dots, key=lambda dot: not dot.coarse)),
        _scale(frame),
    )
    return Markup('<svg class="map" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, "group" if any(dot.href for dot in dots) else "img", title, Markup("").join(parts)
    )


def _around(places: Sequence[Position]) -> _Frame:
    south, north = min(p.lat for p in places), max(p.lat for p in places)
    west, east = min(p.lon for p in places), max(p.lon for p in places)
    middle = (south + north) / 2
    shrink = max(0.05, math.cos(math.radians(middle)))
    free = 1 - 2 * MARGIN
    high = max((north - south) / free, (east - west) * shrink / free * HEIGHT / WIDTH, LEAST_M / _METRES_A_DEGREE)
    units = HEIGHT / high
    return _Frame((west + east) / 2 - WIDTH / units / shrink / 2, middle + high / 2, shrink, units)


def _drawn(shapes: Iterable[Shape], frame: _Frame) -> Iterator[Markup]:
    """Areas and rivers, then the streets of a width together, twice: all edges below all streets, so that crossings are open."""
    streets: dict[str, list[str]] = {}
    for shape in shapes:
        d = "".join(_path(line, frame, closed=shape.kind.is_area) for line in shape.lines)
        word = shape.kind.split()[0]
        if shape.kind.is_area or shape.kind is Kind.RIVER:
            yield Markup('<path class="map-{}" d="{}"/>').format(word, d)
        else:
            streets.setdefault(word, []).append(d)
    for word, parts in streets.items():
        yield Markup('<defs><path id="map-{}" d="{}"/></defs>').format(word, "".join(parts))
    for layer in ("map-edge", "map-street"):
        for word in streets:
            yield Markup('<use class="{} {}" href="#map-{}"/>').format(layer, word, word)


def _path(line: Sequence[tuple[float, float]], frame: _Frame, *, closed: bool) -> str:
    """The line in the picture's units; points nearer than one unit to the last are left out."""
    told: list[tuple[float, float]] = []
    for point in line:
        x, y = frame.at(*point)
        if not told or abs(x - told[-1][0]) + abs(y - told[-1][1]) >= 1:
            told.append((x, y))
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in told) + ("Z" if closed else "")


def _names(shapes: Sequence[Shape], frame: _Frame) -> Iterator[Markup]:
    """The names of streets, the great ones first, each once and none across another."""
    taken: list[tuple[float, float, float]] = []
    seen = set[str]()
    for shape in sorted((s for s in shapes if s.name and s.kind in _NAMED), key=lambda s: _NAMED.index(s.kind)):
        spot = None if shape.name in seen or len(taken) >= _MOST_NAMES else _spot(shape, frame)
        if spot is None:
            continue
        x, y, turn, reach = spot
        if any(math.hypot(x - a, y - b) < reach + r for a, b, r in taken):
            continue
        seen.add(shape.name)
        taken.append((x, y, reach))
        yield Markup(
            '<text class="map-name" transform="translate({:.0f} {:.0f}) rotate({:.0f})" dy="-4">{}</text>'
        ).format(x, y, turn, shape.name)


def _spot(shape: Shape, frame: _Frame) -> tuple[float, float, float, float] | None:
    """Where a street's name fits: the middle of its longest straight piece in the picture, its slope, half its length."""
    half = 3.2 * len(shape.name)
    best: tuple[float, float, float, float] | None = None
    longest = 1.6 * half
    for line in shape.lines:
        points = [frame.at(*point) for point in line]
        for (x1, y1), (x2, y2) in pairwise(points):
            x, y, length = (x1 + x2) / 2, (y1 + y2) / 2, math.hypot(x2 - x1, y2 - y1)
            if length <= longest:
                continue
            across, up = half * abs(x2 - x1) / length + 12, half * abs(y2 - y1) / length + 12
            if across < x < WIDTH - across and up < y < HEIGHT - up:
                turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
                best, longest = (x, y, (turn + 90) % 180 - 90, half), length
    return best


def _dot(dot: Dot, frame: _Frame) -> Markup:
    x, y = frame.at(dot.position.lon, dot.position.lat)
    if dot.coarse:
        side = CELL_DEGREES * frame.units_a_degree
        across = side * frame.shrink
        sign = Markup('<rect class="map-coarse" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            x - across / 2, y - side / 2, across, side
        )
    elif dot.heading_deg is not None:
        # A little against its direction, so that two at one crossing do not hide each other.
        turn = math.radians(dot.heading_deg)
        x, y = x - 6 * math.sin(turn), y + 6 * math.cos(turn)
        sign = Markup(
            '<path transform="translate({:.1f} {:.1f}) rotate({})" d="M0 -12L7.2 1.4A7.4 7.4 0 1 1 -7.2 1.4Z"/>'
        ).format(x, y, dot.heading_deg)
    else:
        sign = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="8"/>').format(x, y)
    shown = Markup('<g class="map-dot {}"><title>{}</title>{}</g>').format(dot.kind, dot.label, sign)
    if dot.href:
        shown = Markup('<a href="{}" aria-label="{}">{}</a>').format(dot.href, dot.label, shown)
    # Beside the link, not in it: a link is called as it reads (WCAG 2.5.3).
    beside = Markup('<text class="map-count" x="{:.1f}" y="{:.1f}">{}</text>').format(x + 11, y - 9, dot.text)
    return shown + beside if dot.text else shown


def _scale(frame: _Frame) -> Markup:
    """A bar of a round length, at most a quarter of the picture, in metres and miles."""
    length = next((m for m in _SCALES_M if m * frame.units_a_metre <= WIDTH / 4), _SCALES_M[-1])
    wide = length * frame.units_a_metre
    metres = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    x, y = 16, HEIGHT - 16
    return Markup(
        '<g class="map-scale"><path d="M{x} {up}V{y}H{end:.0f}V{up}"/><text x="{tx}" y="{ty}">{metres} ({miles:.1f} mi)</text></g>'
    ).format(x=x, up=y - 6, y=y, end=x + wide, tx=x + 6, ty=y - 8, metres=metres, miles=length / 1609.344)
