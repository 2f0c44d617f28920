"""One video or camera under way: frames in, one read of each vehicle's pass out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np

from plateward.reader.geometry import Box, Image
from plateward.reader.picture_cut import as_picture, surroundings
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.recognise import Reading
from plateward.reader.second import SecondOpinion, around
from plateward.reader.shapes import settle
from plateward.reader.sighting import Sighting, certainty
from plateward.reader.sources import Source
from plateward.reader.track import Seen, Track, Tracker, believable
from plateward.reader.video import Counts, Frame

UNCHANGED = 4.0
"""A frame whose every part differs by less, in grey levels, from the last one searched shows nothing new."""


class Shows(Protocol):
    """Draws what was read (see ``show``)."""

    def picture(self, source: Source, image: Image, plates: Sequence[Plate]) -> None:
        """One still picture with its plates."""

    def frame(self, source: Source, frame: Frame, plates: Sequence[Plate]) -> None:
        """One searched frame of a video with its plates."""

    def end(self, source: Source) -> None:
        """The video is over."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read. ``fps``: frames searched a second of video, at most (0: all). ``pictures``: keep a picture with each read.

    ``home``: the region the readers stand in (see ``shapes.settle``). ``blur``: make unreadable what surrounds a vehicle.
    """

    fps: float = 10.0
    least_confidence: float = 0.0
    started_at: datetime | None = None
    home: str | None = None
    duration_s: float | None = None
    pictures: bool = True
    blur: bool = True


@dataclass(slots=True)
class Latest:
    """What a source saw last, for looking after its camera."""

    frame: Frame | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(slots=True)
class Work:
    """What all sources of a run share. ``allowed``: whether collecting is allowed where the reader is now.

    ``latest``: the last frame of each source, where somebody asks for them.
    """

    options: Options
    shows: Shows | None = None
    second: SecondOpinion | None = None
    allowed: Callable[[], bool] = lambda: True
    latest: dict[str, Latest] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """What is kept of a track's best frame: the vehicle's part of it, and where the plate and the frame's other plates lie in that.

    ``size``: of the frame.
    """

    part: Image | None
    box: Box
    size: tuple[int, int]
    others: tuple[Box, ...] = ()


@dataclass(slots=True)
class Watch:
    """One video or camera. ``reader`` reads its frames; ``counts`` say what became of them."""

    source: Source
    reader: PictureReader
    work: Work
    counts: Counts
    tracker: Tracker = field(default_factory=Tracker)
    _last_small: Image | None = None
    _last_plates: list[Plate] = field(default_factory=list)
    _barred: bool = False

    def frame(self, frame: Frame) -> Iterator[Sighting]:
        """Search one frame; the reads that are due by now. Where nothing may be collected, it is not looked at."""
        if not self.work.allowed():
            yield from self._leave()
            return
        self._barred = False
        plates = self._plates(frame)
        if self.work.latest is not None:
            self.work.latest[self.source.name] = Latest(frame, tuple(plate.box for plate in plates))
        if self.work.shows:
            self.work.shows.frame(self.source, frame, plates)
        seen = [Seen(frame.number, frame.time_s, frame.at, plate) for plate in plates]
        yield from self._sightings(self.tracker.update(frame.time_s, seen, _Cutter(frame, self.work, plates)))

    def idle(self, time_s: float) -> Iterator[Sighting]:
        """No frame came: tracks still end in time."""
        yield from self._sightings(self.tracker.update(time_s, (), lambda _: None))

    def end(self) -> Iterator[Sighting]:
        """The video is over."""
        yield from self._sightings(self.tracker.finish())
        if self.work.shows:
            self.work.shows.end(self.source)

    def _leave(self) -> Iterator[Sighting]:
        """What was seen before the border is a read of that side; what is beyond is not looked at."""
        self.counts.barred += 1
        if not self._barred:
            self._barred = True
            yield from self._sightings(self.tracker.finish())
            self._last_small, self._last_plates = None, []
            if self.work.latest is not None:
                self.work.latest.pop(self.source.name, None)

    def _plates(self, frame: Frame) -> list[Plate]:
        import cv2

        began = time.thread_time()
        grey = frame.grey()
        coarse = grey[:: max(1, grey.shape[0] // 360), :: max(1, grey.shape[1] // 640)]
        small = np.asarray(cv2.resize(coarse, (64, 36), interpolation=cv2.INTER_AREA), np.float32)
        if self._last_small is not None and float(np.abs(small - self._last_small).max()) < UNCHANGED:
            self.counts.unchanged += 1
        else:
            self._last_small = small
            self._last_plates = [p for p in self.reader.read(grey) if _whole(p, grey)]
            self.counts.searched += 1
        self.counts.search_s += time.thread_time() - began
        return self._last_plates

    def _sightings(self, tracks: Sequence[Track]) -> Iterator[Sighting]:
        for track in tracks:
            seen = track.fused()
            if believable(track, seen):
                yield self._sighting(track, seen)

    def _sighting(self, track: Track, seen: Reading) -> Sighting:
        options, best, shot = self.work.options, track.best, track.picture
        jpeg = None
        if shot and shot.part is not None:
            if options.pictures:
                jpeg = as_picture(shot.part, shot.box, blur=options.blur, others=shot.others)
            if self.work.second:
                seen = self.work.second.ask(around(shot.part, shot.box), seen)
        reading = settle(seen, track.region(), options.home)
        motion, degrees = track.motion()
        x, y, w, h = best.plate.box.xywh
        return Sighting(
            self.source.name, best.frame, best.time_s, best.at, reading.text, seen.text, certainty(reading),
            reading.char_confidences, tuple(reading.candidates()), (max(0, x), max(0, y), w, h), track.region(),
            jpeg, track.count, motion.value if track.count > 1 else None, degrees,
            _lane(self.source, best.plate.box, shot.size) if shot else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Keeps what a read may need of a frame: a piece of it, which is made a picture only when its track is reported."""

    frame: Frame
    work: Work
    plates: Sequence[Plate]

    def __call__(self, one: Seen) -> _Shot:
        box, size = one.plate.box, self.frame.size
        if not self.work.options.pictures and not self.work.second:
            return _Shot(None, box, size)
        left, top, right, bottom = surroundings(box, *size)
        if right <= left or bottom <= top:
            return _Shot(None, box, size)
        others = tuple(plate.box.moved(-left, -top) for plate in self.plates if plate is not one.plate)
        return _Shot(self.frame.part(left, top, right, bottom), box.moved(-left, -top), size, others)


def _lane(source: Source, box: Box, size: tuple[int, int]) -> int | None:
    x, y, w, h = box.xywh
    foot = (x + w / 2) / max(1, size[0]), (y + h) / max(1, size[1])
    return next((lane.number for lane in source.lanes if lane.holds(*foot)), None)


def _whole(plate: Plate, image: Image) -> bool:
    """Whether a plate lies within the frame. One that its edge cuts off was or will be whole in another frame."""
    x, y, w, h = plate.box.xywh
    return x > 1 and y > 1 and x + w < image.shape[1] - 1 and y + h < image.shape[0] - 1
