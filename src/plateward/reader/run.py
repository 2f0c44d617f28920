"""From sources to reads: pictures one by one, video and cameras track by track, several cameras at once."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from plateward.core.errors import BadInput
from plateward.reader.passes import Latest, Options, Shows, Watch, Work
from plateward.reader.picture_cut import cut_picture
from plateward.reader.pictures import load_picture
from plateward.reader.read_picture import PictureReader
from plateward.reader.sighting import Sighting, certainty
from plateward.reader.sources import Kind, Source
from plateward.reader.video import Camera, Counts, frames_of_file, frames_of_pipe
from plateward.reader.watched import FillingFolder

__all__ = ["Latest", "Options", "Run", "Shows", "Tally", "Work"]

POLL_S = 0.5
MOST_PROBLEMS = 1000
"""Sources with a problem that are remembered for the last line: a folder may be filled with broken files for a year."""

Found = queue.Queue[Sighting | BaseException | None]


@dataclass(slots=True)
class Tally:
    """What a run did. ``by_source``: what became of the frames of each; ``doubtful``: reads under 70 % confidence."""

    sources: int = 0
    reads: int = 0
    doubtful: int = 0
    pictures: int = 0
    barred: int = 0
    last_read_at: datetime | None = None
    problems: list[BadInput] = field(default_factory=list)
    by_source: dict[str, Counts] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    @property
    def counts(self) -> Counts:
        """What became of all frames."""
        return reduce(Counts.plus, list(self.by_source.values()), Counts())

    def of(self, source: Source) -> Counts:
        """What became of one source's frames."""
        return self.by_source.setdefault(source.name, Counts())


@dataclass(slots=True)
class Run:
    """A run over sources. ``still`` reads pictures; ``moving`` makes what reads the frames of one video.

    ``problem`` hears of each source that cannot be read, ``now`` tells the time that frames of cameras get.
    """

    still: PictureReader
    moving: Callable[[], PictureReader]
    work: Work
    problem: Callable[[BadInput], None]
    note: Callable[[str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tally: Tally = field(default_factory=Tally)
    _stop: threading.Event = field(default_factory=threading.Event)
    _found: Found | None = None

    @property
    def options(self) -> Options:
        """How to read."""
        return self.work.options

    def reads(self, sources: Sequence[Source]) -> Iterator[Sighting]:
        """Every read of every source: files in order, then cameras, watched folders and pipes together.

        A bad source never stops the others.
        """
        endless = [s for s in sources if s.endless]
        for source in sources:
            if self._stop.is_set():
                return
            if not source.endless:
                self.tally.sources += 1
                yield from self._counted(self._file(source))
        self.tally.sources += len(endless)
        if endless and not self._stop.is_set():
            yield from self._counted(self._together(endless))

    def stop(self) -> None:
        """End after the frame or picture in hand; what was seen is still reported."""
        self._stop.set()

    def _report(self, problem: BadInput) -> None:
        if len(self.tally.problems) < MOST_PROBLEMS:
            self.tally.problems.append(problem)
        self.problem(problem)

    def _counted(self, sightings: Iterator[Sighting]) -> Iterator[Sighting]:
        for sighting in sightings:
            if sighting.confidence >= self.options.least_confidence:
                self.tally.reads += 1
                self.tally.doubtful += sighting.confidence < 0.7
                self.tally.last_read_at = sighting.read_at
                yield sighting

    def _file(self, source: Source) -> Iterator[Sighting]:
        try:
            yield from self._picture(source) if source.kind is Kind.PICTURE else self._video(source)
        except BadInput as problem:
            self._report(problem)
            return
        if source.remove and not self._stop.is_set():
            # Not before whoever consumes the reads has taken the last one: it lies in the spool then.
            if self._found is not None:
                self._found.join()
            source.path.unlink(missing_ok=True)

    def _picture(self, source: Source) -> Iterator[Sighting]:
        if not self.work.allowed():
            self.tally.barred += 1
            return
        opened = load_picture(source.path)
        plates = self.still.read(opened.image)
        self.tally.pictures += 1
        boxes = [plate.box for plate in plates]
        taken_at = self.options.started_at or opened.taken_at
        for plate in plates:
            jpeg = None
            if self.options.pictures:
                jpeg = cut_picture(opened.image, plate.box, blur=self.options.blur, others=boxes)
            x, y, w, h = plate.box.moved(0, 0, opened.scale).xywh
            reading = plate.reading
            yield Sighting(
                source.name, 0, 0.0, taken_at, reading.text, plate.seen.text, certainty(reading), reading.char_confidences,
                tuple(reading.candidates()), (max(0, x), max(0, y), w, h), plate.region, jpeg,
            )  # fmt: skip
        if self.work.shows:
            self.work.shows.picture(source, opened.image, plates)

    def _watch(self, source: Source) -> Watch:
        return Watch(source, self.moving(), self.work, self.tally.of(source))

    def _video(self, source: Source) -> Iterator[Sighting]:
        watch = self._watch(source)
        started = self.options.started_at
        for frame in frames_of_file(source.path, watch.counts, fps=self.options.fps, started_at=started):
            yield from watch.frame(frame)
            if self._over(frame.time_s):
                break
        yield from watch.end()
        self.tally.ended.add(source.name)

    def _over(self, time_s: float) -> bool:
        return self._stop.is_set() or (self.options.duration_s is not None and time_s >= self.options.duration_s)

    def _together(self, sources: Sequence[Source]) -> Iterator[Sighting]:
        found: Found = queue.Queue(maxsize=256)
        self._found = found
        threads = [threading.Thread(target=self._thread, args=(s, found), name=s.name, daemon=True) for s in sources]
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
                found.task_done()
        finally:
            self.stop()
            _drain(found)

    def _thread(self, source: Source, found: Found) -> None:
        work = {Kind.STREAM: self._camera, Kind.PIPE: self._pipe, Kind.WATCHED: self._watched}[source.kind]
        try:
            for sighting in work(source):
                found.put(sighting)
        except BadInput as problem:
            self._report(problem)
        except BaseException as fault:  # a thread's fault is the run's: it is raised there
            found.put(fault)
        self.tally.ended.add(source.name)
        found.put(None)

    def _camera(self, source: Source) -> Iterator[Sighting]:
        watch, began = self._watch(source), time.monotonic()
        pause = 1 / self.options.fps if self.options.fps else 0.0
        with Camera(source.name, source.address, watch.counts, self.note, self.now) as camera:
            while not self._over(time.monotonic() - began):
                due = time.monotonic() + pause
                frame = camera.newest(POLL_S)
                yield from watch.frame(frame) if frame else watch.idle(time.monotonic() - began)
                self._stop.wait(max(0.0, due - time.monotonic()))
        yield from watch.end()

    def _pipe(self, source: Source) -> Iterator[Sighting]:
        watch, options = self._watch(source), self.options
        pipe = sys.stdin.buffer
        frames = frames_of_pipe(pipe, watch.counts, fps=options.fps, now=self.now, started_at=options.started_at)
        for frame in frames:
            watch.counts.last_frame_at = frame.at
            yield from watch.frame(frame)
            if self._over(frame.time_s):
                break
        yield from watch.end()

    def _watched(self, source: Source) -> Iterator[Sighting]:
        folder, began, lost = FillingFolder(source.path), time.monotonic(), False
        self.note(f"{source.name}: waiting for files")
        while not self._over(time.monotonic() - began):
            looked = time.monotonic()
            try:
                files = folder.complete()
                lost = False
            except OSError as error:
                files = []
                if not lost:
                    self.note(f"{source.name}: the folder cannot be read ({error.strerror}); trying again")
                lost = True
            for path in files:
                if self._stop.is_set():
                    return
                yield from self._arrived(source, path)
            # A folder of a hundred thousand files takes its time to look through: at most a tenth of ours.
            self._stop.wait(max(POLL_S, 9 * (time.monotonic() - looked)) if not files else 0.0)

    def _arrived(self, source: Source, path: Path) -> Iterator[Sighting]:
        from plateward.reader.sources import kind_of

        kind = kind_of(path)
        assert kind is not None
        one = Source(kind, str(path), str(path), source.facing, source.lanes, source.remove)
        counts = self.tally.of(source)
        yield from self._file(one)
        counts.last_frame_at = self.now()
        ended = self.tally.by_source.pop(one.name, None)
        if ended:
            self.tally.by_source[source.name] = counts.plus(ended)


def _drain(found: Found) -> None:
    while True:
        try:
            found.get_nowait()
        except queue.Empty:
            return
