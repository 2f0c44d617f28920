"""``plateward bench read``: video on one core. How many frames and plates a second, where the time goes, what memory does.

Seconds are those of the processor: what a core of its own would need, however busy the machine is.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from plateward.bench.figures import Figure, quantile
from plateward.bench.read_street import Street, write_street
from plateward.demo.scene import Light
from plateward.reader.following import FollowingReader
from plateward.reader.geometry import Box, Image
from plateward.reader.health import memory_mb
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.passes import Options, Watch, Work
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.sources import Kind, Source
from plateward.reader.video import Counts, frames_of_file

WIDTH, HEIGHT = 1920, 1080
GOAL_READS = 30.0
"""1,800 plates a minute, which commercial readers claim."""
BASELINE_FRAMES = 12

Say = Callable[[str], None]


@dataclass(slots=True)
class Timed:
    """The own nets with a stopwatch on each step. See ``following.Nets``."""

    nets: OwnPictureReader
    detect_s: float = 0.0
    read_s: float = 0.0
    read_plates: int = 0

    def find(self, picture: Image) -> list[Box]:
        """Plates of a whole frame."""
        began = time.process_time()
        found = self.nets.find(picture)
        self.detect_s += time.process_time() - began
        return found

    def refine(self, picture: Image, boxes: Sequence[Box]) -> list[Box]:
        """Places looked at again."""
        began = time.process_time()
        found = self.nets.refine(picture, boxes)
        self.detect_s += time.process_time() - began
        return found

    def read_boxes(self, picture: Image, boxes: Sequence[Box]) -> list[Plate]:
        """Plates read."""
        began = time.process_time()
        plates = self.nets.read_boxes(picture, boxes)
        self.read_s += time.process_time() - began
        self.read_plates += len(boxes)
        return plates


@dataclass(slots=True)
class Pass:
    """One stretch of reading. ``plates``: found in frames, each with its text; ``reads``: passes told, ``right`` among them."""

    frames: int = 0
    plates: int = 0
    reads: int = 0
    right: int = 0
    seconds: float = 0.0
    counts: Counts = field(default_factory=Counts)
    nets: Timed | None = None
    texts: set[str] = field(default_factory=set)

    def share(self, part_s: float) -> float:
        """A part of the time, in percent."""
        return 100 * part_s / max(self.seconds, 1e-9)


class _Counting:
    """Counts the plates that a reader of frames finds."""

    def __init__(self, reader: PictureReader, done: Pass) -> None:
        self._reader, self._done = reader, done

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``."""
        plates = self._reader.read(image)
        self._done.plates += len(plates)
        return plates


def read_figures(say: Say, minutes: float = 0.0, stills: Path | None = None, home: str | None = "US") -> list[Figure]:
    """Everything that is measured of reading video on one core. ``stills``: a listing of pictures for track fusion.

    Each figure stands beside its baseline of the same run: decoding alone for frames, the general text models for plates.
    """
    with one_core() as pinned, tempfile.TemporaryDirectory(prefix="plateward-bench-") as name:
        say(
            f"One core{'' if pinned else ' (this system cannot pin: threads are limited to one)'}; drawing the video ..."
        )
        folder = Path(name)
        nets = open_nets(home)
        # The long run first: memory is then that of reading alone, before the readers beside it are opened.
        figures = list(_endurance(folder, nets, minutes, say)) if minutes else []
        figures += _by_views(folder, nets, say)
        figures += _at_night(folder, nets, say)
        figures += _by_resolution(folder, nets, say)
        if stills is not None:
            from plateward.bench.read_stills import fusion_figures

            figures += fusion_figures(stills, nets, folder, say)
    return figures


@contextmanager
def one_core() -> Iterator[bool]:
    """Run on one processor core where the system can do that; whether it can."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    import cv2

    before, threads = os.sched_getaffinity(0), cv2.getNumThreads()
    os.sched_setaffinity(0, {max(before)})
    cv2.setNumThreads(1)
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
        cv2.setNumThreads(threads)


def open_nets(home: str | None) -> OwnPictureReader:
    """The own nets as a video reads with them, on one thread."""
    from plateward.reader.engine import open_reader

    reader = open_reader(threads=1, careful=False, home=home, engine="own")
    assert isinstance(reader, OwnPictureReader)
    return reader


def read_video(
    path: Path, nets: OwnPictureReader, known: frozenset[str] = frozenset(), *, until_s: float = 0.0
) -> Pass:
    """Read a video from its first frame to its last as ``plateward read --fps 0`` does; again and again until ``until_s``."""
    done = Pass(nets=Timed(nets))
    assert done.nets is not None
    began = time.process_time()
    while True:
        watch = Watch(
            Source(Kind.VIDEO, "bench", str(path)), _Counting(FollowingReader(done.nets), done),
            Work(Options(fps=0.0, home="US")), done.counts,
        )  # fmt: skip
        for frame in frames_of_file(path, done.counts):
            done.frames += 1
            _count(done, (s.plate for s in watch.frame(frame)), known)
        _count(done, (s.plate for s in watch.end()), known)
        done.seconds = time.process_time() - began
        if done.seconds >= until_s:
            return done


def _count(done: Pass, plates: Iterator[str], known: frozenset[str]) -> None:
    for plate in plates:
        done.reads += 1
        done.right += plate in known
        done.texts.add(plate)


def _by_views(folder: Path, nets: OwnPictureReader, say: Say) -> Iterator[Figure]:
    for views in (1, 4, 8):
        say(f"1080p, {views} {'plate' if views == 1 else 'plates'} in view ...")
        street = write_street(folder / f"views-{views}.mp4", WIDTH, HEIGHT, views, seconds=6.0)
        done = read_video(street.path, nets, street.plates)
        yield from _told(f"1080p, {views} in view", done, street)
        if views == 1:
            yield from _baselines(done, street, nets)


def _at_night(folder: Path, nets: OwnPictureReader, say: Say) -> Iterator[Figure]:
    """The same street in the dark as an infrared camera sees it: noise, reflecting plates, oncoming headlights."""
    for views in (1, 4):
        say(f"1080p at night in infrared, {views} {'plate' if views == 1 else 'plates'} in view ...")
        path = folder / f"night-{views}.mp4"
        street = write_street(path, WIDTH, HEIGHT, views, seconds=4.0, light=Light.INFRARED)
        yield from _told(f"1080p at night, {views} in view", read_video(street.path, nets, street.plates), street)


def _told(name: str, done: Pass, street: Street) -> Iterator[Figure]:
    assert done.nets is not None
    bare = _decode_only(street.path)
    yield Figure(f"{name}: frames a second", done.frames / done.seconds, "frames/s", bare, "decoding alone")
    yield Figure(
        f"{name}: plates read a second", done.plates / done.seconds, "reads/s", GOAL_READS, "1,800 a minute",
        f"{done.plates / done.frames:.2f} found a frame, {done.nets.read_plates} of {done.plates} read anew",
    )  # fmt: skip
    yield Figure(f"{name}: passes right", 100 * done.right / max(1, len(street.plates)), "%", note=f"{done.reads} told")
    cut = done.counts.search_s - done.nets.detect_s - done.nets.read_s
    rest = done.seconds - done.counts.decode_s - done.counts.search_s
    for part, seconds in (
        ("decode", done.counts.decode_s), ("detect", done.nets.detect_s), ("read", done.nets.read_s),
        ("luma and follow", cut), ("track and pictures", rest),
    ):  # fmt: skip
        yield Figure(f"{name}: time in {part}", done.share(seconds), "%")


def _decode_only(path: Path) -> float:
    began, frames = time.process_time(), 0
    for _ in frames_of_file(path, Counts()):
        frames += 1
    return frames / (time.process_time() - began)


def _baselines(done: Pass, street: Street, nets: OwnPictureReader) -> Iterator[Figure]:
    """The other readers on the same frames, in the same run."""
    from plateward.reader.baseline import RapidOcrReader
    from plateward.reader.engine import open_reader

    frames = [frame.colour() for frame in frames_of_file(street.path, Counts(), fps=2.0)][:BASELINE_FRAMES]
    ways: dict[str, PictureReader] = {
        "the own nets, every frame searched whole": nets,
        "the text models, one look": open_reader(threads=1, careful=False, engine="text"),
        "rapidocr on the whole picture": RapidOcrReader(threads=1),
    }
    ours = done.frames / done.seconds
    for way, reader in ways.items():
        reader.read(frames[0])
        times = []
        for frame in frames:
            began = time.process_time()
            reader.read(frame)
            times.append(time.process_time() - began)
        yield Figure("1080p, 1 in view: frames a second", ours, "frames/s", 1 / quantile(times, 0.5), way, "beside")


def _by_resolution(folder: Path, nets: OwnPictureReader, say: Say) -> Iterator[Figure]:
    for width, height in ((1280, 720), (3840, 2160)):
        say(f"{height}p ...")
        street = write_street(folder / f"{height}.mp4", width, height, 1, seconds=3.0)
        yield from list(_told(f"{height}p, 1 in view", read_video(street.path, nets, street.plates), street))[:3]


def _endurance(folder: Path, nets: OwnPictureReader, minutes: float, say: Say) -> Iterator[Figure]:
    """Minutes on end: whether the pace is kept, and whether memory grows."""
    street = write_street(folder / "long.mp4", WIDTH, HEIGHT, 2, seconds=6.0)
    paces: list[float] = []
    memory: list[float] = []
    began = time.process_time()
    wall = time.perf_counter()
    while (passed := time.perf_counter() - wall) < 60 * minutes:
        done = read_video(street.path, nets, street.plates, until_s=10.0)
        paces.append(done.plates / done.seconds)
        memory.append(memory_mb() or 0.0)
        say(f"{passed / 60:.1f} min: {paces[-1]:.0f} reads/s, {memory[-1]:.0f} MB")
    settled = memory[max(0, min(len(memory) - 1, len(memory) // 10))]
    name = f"1080p, 2 in view, {minutes:g} minutes"
    took = time.perf_counter() - wall
    yield Figure(f"{name}: slowest 10 s", min(paces), "reads/s", GOAL_READS, "1,800 a minute")
    yield Figure(f"{name}: median", quantile(paces, 0.5), "reads/s", GOAL_READS, "1,800 a minute")
    yield Figure(f"{name}: share of the core it got", 100 * (time.process_time() - began) / took, "%")
    yield Figure(f"{name}: memory at the end", memory[-1], "MB", settled, "after a tenth of the time")
    if len(memory) > 3:
        # the first stretch fills what is kept for good
        slope = float(np.polyfit(range(len(memory) - 1), memory[1:], 1)[0]) * len(memory) / (took / 60)
        yield Figure(f"{name}: memory grows by", slope, "MB a minute")
