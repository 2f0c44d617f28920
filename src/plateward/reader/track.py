"""One read for each vehicle's pass: plates of successive frames put together into tracks.

A plate belongs to a track when it lies where the track should be by now, or when it says the same not far away: a passing
van or a few unread frames do not make a second read. A parked plate stays one track for as long as it is seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from rapidfuzz.distance import Levenshtein

from plateward.core.plate import look_alike
from plateward.reader.fuse import fuse
from plateward.reader.geometry import Box, iou
from plateward.reader.read_picture import Plate
from plateward.reader.recognise import Reading

LOST_S = 4.0
"""A track unseen for this long has ended."""
PARKED_LOST_S = 300.0
"""One that stood still may be hidden this long: queues, people, a lorry."""
REPORT_S = 20.0
"""A track still in view is reported after this long; a parked car need not leave first."""
MOST_SEEN = 40
"""Sightings kept for fusion: the surest ones of a longer track."""


class Motion(StrEnum):
    """How a plate moved in the picture."""

    APPROACHING = "approaching"
    RECEDING = "receding"
    LEFT = "left"
    RIGHT = "right"
    STANDING = "standing"


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A plate in one frame. ``worth``: how much it says; surer and larger is better, to about 40 pixels of height."""

    frame: int
    time_s: float
    at: datetime
    plate: Plate
    worth: float = field(init=False)

    def __post_init__(self) -> None:
        reading = self.plate.seen
        even = reading.confidence ** (1 / len(reading.rows)) if len(reading.rows) else 0.0
        object.__setattr__(self, "worth", float(even**2 * min(1.0, self.plate.box.height / 40) ** 0.5))


@dataclass(slots=True, eq=False)
class Track:
    """A pass so far. ``picture`` is what the caller's ``cut`` made of the best frame."""

    seen: list[Seen]
    best: Seen
    picture: Any
    first: Seen
    last: Seen
    count: int = 1
    reported: bool = False

    def add(self, one: Seen) -> None:
        """Another sighting."""
        self.last = one
        self.count += 1
        self.seen.append(one)
        if len(self.seen) > MOST_SEEN:
            self.seen.remove(min(self.seen, key=lambda s: s.worth))

    def fused(self) -> Reading:
        """What all sightings together say, before look-alikes are settled."""
        return fuse([s.plate.seen for s in self.seen], [s.worth + 1e-3 for s in self.seen])

    def region(self) -> str | None:
        """The region most sightings named."""
        named = [s.plate.region for s in self.seen if s.plate.region]
        return max(sorted(set(named)), key=named.count) if named else None

    def text(self) -> str:
        """The best sighting's text, as its look-alike class: one frame's O is the next one's 0."""
        return look_alike(self.best.plate.seen.text)

    def where(self, time_s: float) -> Box:
        """Where the plate should be at ``time_s``, moving on as it last did."""
        if self.count < 2 or len(self.seen) < 2:
            return self.last.plate.box
        before = self.seen[-2] if self.seen[-1] is self.last else self.seen[-1]
        span = self.last.time_s - before.time_s
        if span <= 0 or span > 1.0:
            return self.last.plate.box
        ahead = min(time_s - self.last.time_s, 1.0) / span
        (x, y), (px, py) = self.last.plate.box.centre, before.plate.box.centre
        return self.last.plate.box.moved((x - px) * ahead, (y - py) * ahead)

    def motion(self) -> tuple[Motion, int | None]:
        """How it moved, and the direction in the picture: degrees clockwise from up, None when it stood."""
        a, b = self.first.plate.box, self.last.plate.box
        dx, dy = b.centre[0] - a.centre[0], b.centre[1] - a.centre[1]
        size = max(1.0, (a.height + b.height) / 2)
        growth = b.height / max(a.height, 1.0)
        if math.hypot(dx, dy) < 0.8 * size and 0.8 < growth < 1.25:
            return Motion.STANDING, None
        degrees = round(math.degrees(math.atan2(dx, -dy))) % 360
        if growth >= 1.15 or (growth > 1 / 1.15 and dy > 1.5 * abs(dx)):
            return Motion.APPROACHING, degrees
        if growth <= 1 / 1.15 or -dy > 1.5 * abs(dx):
            return Motion.RECEDING, degrees
        return (Motion.RIGHT if dx > 0 else Motion.LEFT), degrees


class Tracker:
    """Tracks of one camera or video. ``cut`` makes the picture of a sighting; it is called only for a track's best so far."""

    def __init__(self) -> None:
        self.live: list[Track] = []

    def update(self, time_s: float, seen: Sequence[Seen], cut: Callable[[Seen], Any]) -> list[Track]:
        """Take one frame's plates; returns the tracks that are to be reported now, each once."""
        due = self._due(time_s)
        free = list(self.live)
        for one in sorted(seen, key=lambda s: -s.worth):
            track = _partner(one, free)
            if track is None:
                self.live.append(Track([one], one, cut(one), one, one))
                continue
            free.remove(track)
            track.add(one)
            if one.worth > track.best.worth:
                track.best, track.picture = one, cut(one)
        return due + self._due(time_s)

    def finish(self) -> list[Track]:
        """The video is over: every track not reported yet."""
        ended, self.live = self.live, []
        return [track for track in ended if not track.reported]

    def _due(self, time_s: float) -> list[Track]:
        due, live = [], []
        for track in self.live:
            standing = track.count > 3 and track.motion()[0] is Motion.STANDING
            ended = time_s - track.last.time_s > (PARKED_LOST_S if standing and track.reported else LOST_S)
            if not track.reported and (ended or track.last.time_s - track.first.time_s > REPORT_S):
                track.reported = True
                due.append(track)
                ended = ended and not standing
            if not ended:
                live.append(track)
        self.live = live
        return due


def believable(track: Track, reading: Reading) -> bool:
    """Whether a track, fused to ``reading``, is worth a read: seen twice, or once and surely.

    Single doubtful sightings are mostly signs and shadows.
    """
    if len(reading.text) < 3:
        return False
    even = reading.confidence ** (1 / len(reading.rows))
    return bool(even >= (0.6 if track.count >= 3 else 0.7 if track.count == 2 else 0.85))


def _partner(one: Seen, tracks: Sequence[Track]) -> Track | None:
    scored = [(score, track) for track in tracks if (score := _belongs(one, track)) > 0]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _belongs(one: Seen, track: Track) -> float:
    """How well a sighting continues a track, 0 when it does not."""
    gap = one.time_s - track.last.time_s
    expected = track.where(one.time_s)
    box = one.plate.box
    likeness = _likeness(look_alike(one.plate.seen.text), track.text())
    size = max(box.width, expected.width)
    apart = math.hypot(box.centre[0] - expected.centre[0], box.centre[1] - expected.centre[1]) / size
    shared = iou(box, expected)
    alike_in_size = 0.5 < box.height / max(expected.height, 1.0) < 2.0
    if shared > 0.25 and alike_in_size and (likeness >= 0.3 or gap < 0.5):
        return 1 + shared + likeness
    # Moved on without being seen: the text must carry it, and it cannot have crossed the town.
    reach = 1.5 + 6.0 * min(gap, LOST_S)
    if likeness >= 0.65 and apart < reach:
        return likeness
    return 0.0


def _likeness(a: str, b: str) -> float:
    """0 to 1; a text that lies whole in the other is the same plate, half hidden."""
    if min(len(a), len(b)) >= 4 and (a in b or b in a):
        return 0.9
    return float(Levenshtein.normalized_similarity(a, b))
