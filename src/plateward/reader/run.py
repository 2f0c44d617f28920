"""From sources to reads: pictures one by one, video and cameras track by track."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np

from plateward.core.errors import BadInput
from plateward.reader.geometry import Image
from plateward.reader.picture_cut import cut_picture
from plateward.reader.pictures import load_picture
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.recognise import Reading
from plateward.reader.shapes import settle
from plateward.reader.sighting import Sighting, certainty
from plateward.reader.sources import Kind, Source
from plateward.reader.track import Seen, Track, Tracker, believable
from plateward.reader.video import Camera, Counts, Frame, frames_of_file

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

    ``home``: the region the readers stand in (see ``shapes.settle``).
    """

    fps: float = 5.0
    least_confidence: float = 0.0
    started_at: datetime | None = None
    home: str | None = None
    duration_s: float | None = None
    pictures: bool = True


@dataclass(slots=True)
class Tally:
    """What a run did, for its last line."""

    sources: int = 0
    reads: int = 0
    problems: list[BadInput] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


@dataclass(slots=True)
class Run:
    """A run over sources. ``still`` reads pictures, ``moving`` frames. ``problem`` hears of each source that cannot be read."""

    still: PictureReader
    moving: PictureReader
    options: Options
    problem: Callable[[BadInput], None]
    note: Callable[[str], None]
    shows: Shows | None = None
    tally: Tally = field(default_factory=Tally)
    _stop: threading.Event = field(default_factory=threading.Event)

    def reads(self, sources: Sequence[Source]) -> Iterator[Sighting]:
        """Every read of every source, files in order and cameras together at the end. A bad source never stops the others."""
        files = [s for s in sources if s.kind is not Kind.STREAM]
        cameras = [s for s in sources if s.kind is Kind.STREAM]
        for source in files:
            if self._stop.is_set():
                return
            self.tally.sources += 1
            try:
                yield from self._counted(self._picture(source) if source.kind is Kind.PICTURE else self._video(source))
            except BadInput as problem:
                self._report(problem)
        self.tally.sources += len(cameras)
        if cameras and not self._stop.is_set():
            yield from self._counted(self._cameras(cameras))

    def stop(self) -> None:
        """End after the frame or picture in hand; what was seen is still reported."""
        self._stop.set()

    def _report(self, problem: BadInput) -> None:
        self.tally.problems.append(problem)
        self.problem(problem)

    def _counted(self, sightings: Iterator[Sighting]) -> Iterator[Sighting]:
        for sighting in sightings:
            if sighting.confidence >= self.options.least_confidence:
                self.tally.reads += 1
                yield sighting

    def _picture(self, source: Source) -> Iterator[Sighting]:
        opened = load_picture(source.path)
        plates = self.still.read(opened.image)
        for plate in plates:
            picture = cut_picture(opened.image, plate.box) if self.options.pictures else None
            x, y, w, h = plate.box.moved(0, 0, opened.scale).xywh
            reading = plate.reading
            yield Sighting(
                source.name, 0, 0.0, opened.taken_at, reading.text, plate.seen.text, certainty(reading), reading.char_confidences,
                tuple(reading.candidates()), (max(0, x), max(0, y), w, h), plate.region, picture,
            )  # fmt: skip
        if self.shows:
            self.shows.picture(source, opened.image, plates)

    def _video(self, source: Source) -> Iterator[Sighting]:
        watch = _Watch(source, self)
        frames = frames_of_file(
            source.path, self.tally.counts, fps=self.options.fps, started_at=self.options.started_at
        )
        for frame in frames:
            yield from watch.frame(frame)
            over = self.options.duration_s is not None and frame.time_s >= self.options.duration_s
            if over or self._stop.is_set():
                break
        yield from watch.end()

    def _cameras(self, sources: Sequence[Source]) -> Iterator[Sighting]:
        found: queue.Queue[Sighting | BaseException | None] = queue.Queue(maxsize=256)
        threads = [threading.Thread(target=self._camera, args=(s, found), daemon=True) for s in sources]
        for thread in threads:
            thread.start()
        try:
            running = len(threads)
            while running:
                got = found.get()
                if got is None:
                    running -= 1
                elif isinstance(got, BaseException):
                    raise got
                else:
                    yield got
        finally:
            self.stop()
            _drain(found)

    def _camera(self, source: Source, found: queue.Queue[Sighting | BaseException | None]) -> None:
        try:
            watch, began = _Watch(source, self), time.monotonic()
            with ExitStack() as stack:
                camera = stack.enter_context(Camera(source.name, source.address, self.tally.counts, self.note))
                while not self._stop.is_set():
                    due = time.monotonic() + (1 / self.options.fps if self.options.fps else 0.0)
                    frame = camera.newest(0.5)
                    for sighting in watch.frame(frame) if frame else watch.idle(time.monotonic() - began):
                        found.put(sighting)
                    self._stop.wait(max(0.0, due - time.monotonic()))
                    if self.options.duration_s is not None and time.monotonic() - began >= self.options.duration_s:
                        break
            for sighting in watch.end():
                found.put(sighting)
        except BaseException as fault:  # a thread's fault is the run's: it is raised there
            found.put(fault)
        found.put(None)


def _drain(found: queue.Queue[Sighting | BaseException | None]) -> None:
    while True:
        try:
            found.get_nowait()
        except queue.Empty:
            return


def _whole(plate: Plate, image: Image) -> bool:
    """Whether a plate lies within the frame. One that its edge cuts off was or will be whole in another frame."""
    x, y, w, h = plate.box.xywh
    return x > 1 and y > 1 and x + w < image.shape[1] - 1 and y + h < image.shape[0] - 1


class _Watch:
    """One video or camera under way."""

    def __init__(self, source: Source, run: Run) -> None:
        self._source, self._run = source, run
        self._tracker = Tracker()
        self._last_small: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None
        self._last_plates: list[Plate] = []

    def frame(self, frame: Frame) -> Iterator[Sighting]:
        """Search one frame; the reads that are due by now."""
        plates = self._plates(frame)
        if self._run.shows:
            self._run.shows.frame(self._source, frame, plates)
        seen = [Seen(frame.number, frame.time_s, frame.at, plate) for plate in plates]
        colour: list[Image] = []

        def cut(one: Seen) -> bytes | None:
            if not self._run.options.pictures:
                return None
            if not colour:
                colour.append(frame.colour())
            return cut_picture(colour[0], one.plate.box)

        yield from self._sightings(self._tracker.update(frame.time_s, seen, cut))

    def idle(self, time_s: float) -> Iterator[Sighting]:
        """No frame came: tracks still end in time."""
        yield from self._sightings(self._tracker.update(time_s, (), lambda _: None))

    def end(self) -> Iterator[Sighting]:
        """The video is over."""
        yield from self._sightings(self._tracker.finish())
        if self._run.shows:
            self._run.shows.end(self._source)

    def _plates(self, frame: Frame) -> list[Plate]:
        import cv2

        grey = frame.grey()
        small = cv2.resize(grey, (64, 36), interpolation=cv2.INTER_AREA).astype(np.float32)
        counts = self._run.tally.counts
        if self._last_small is not None and float(np.abs(small - self._last_small).max()) < UNCHANGED:
            counts.unchanged += 1
            return self._last_plates
        self._last_small = small
        self._last_plates = [p for p in self._run.moving.read(grey) if _whole(p, grey)]
        counts.searched += 1
        return self._last_plates

    def _sightings(self, tracks: Sequence[Track]) -> Iterator[Sighting]:
        for track in tracks:
            seen = track.fused()
            if believable(track, seen):
                yield self._sighting(track, seen)

    def _sighting(self, track: Track, seen: Reading) -> Sighting:
        reading, best = settle(seen, track.region(), self._run.options.home), track.best
        motion, degrees = track.motion()
        x, y, w, h = best.plate.box.xywh
        return Sighting(
            self._source.name, best.frame, best.time_s, best.at, reading.text, seen.text, certainty(reading),
            reading.char_confidences, tuple(reading.candidates()), (max(0, x), max(0, y), w, h), track.region(), track.picture,
            track.count, motion.value if track.count > 1 else None, degrees,
        )  # fmt: skip
