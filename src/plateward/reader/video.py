"""Frames of video files and cameras, with PyAV: only what is needed is converted, and every frame not handed on is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from plateward.core.errors import BadInput, Fault
from plateward.reader.geometry import Image
from plateward.reader.sessions import INSTALL

MAX_FRAME_PIXELS = 40_000_000
"""Video of larger frames (beyond 8K) is refused."""
MOST_ERRORS = 200
"""A video with more undecodable packets in a row is given up."""
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,mjpeg,ivf,h264,hevc,gif,"
    "image2,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe"
)
"""Formats a file may have. Playlists and lists of files are not among them: they could name anything."""
OPEN_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 10.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0


@dataclass(slots=True)
class Counts:
    """What became of a video's frames. ``unreadable``: packets that could not be decoded; ``reconnects``: of a camera;
    ``barred``: not searched where nothing may be collected. ``decode_s``, ``search_s``: seconds spent.
    """

    decoded: int = 0
    searched: int = 0
    unchanged: int = 0
    skipped: int = 0
    unreadable: int = 0
    reconnects: int = 0
    barred: int = 0
    last_frame_at: datetime | None = None
    decode_s: float = 0.0
    search_s: float = 0.0

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        late = max((at for at in (self.last_frame_at, other.last_frame_at) if at), default=None)
        numbers = (n for n in self.__dataclass_fields__ if n != "last_frame_at")
        return Counts(**{n: getattr(self, n) + getattr(other, n) for n in numbers}, last_frame_at=late)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame: its number from 0, seconds from the start, the instant it shows, and the undecoded colours behind it."""

    number: int
    time_s: float
    at: datetime
    held: Any = field(repr=False)

    def grey(self) -> Image:
        """The luma plane, (height, width). Planar formats give it without conversion."""
        held = self.held
        if held.format.name in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"):
            plane = held.planes[0]
            rows: Image = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: held.height, : held.width]
        else:
            rows = held.to_ndarray(format="gray")
        return _turned(rows, held)

    def colour(self) -> Image:
        """Blue-green-red, (height, width, 3)."""
        return _turned(self.held.to_ndarray(format="bgr24"), self.held)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as seen."""
        width, height = self.held.width, self.held.height
        return (height, width) if round(getattr(self.held, "rotation", 0) / 90) % 2 else (width, height)

    def part(self, left: int, top: int, right: int, bottom: int) -> Image:
        """A part in colour, without converting the rest where the format allows it."""
        if self.held.format.name != "yuv420p" or getattr(self.held, "rotation", 0):
            return np.ascontiguousarray(self.colour()[top:bottom, left:right])
        import cv2

        # Colours have half the rows and columns: begin and end on even ones, then cut to size.
        x, y = left // 2 * 2, top // 2 * 2
        w, h = (right - x + 1) // 2 * 2, (bottom - y + 1) // 2 * 2
        planes = [np.frombuffer(p, np.uint8).reshape(-1, p.line_size) for p in self.held.planes]
        light = planes[0][y : y + h, x : x + w]
        red, blue = (p[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2] for p in planes[1:3])
        if light.shape != (h, w) or red.shape != (h // 2, w // 2):
            return np.ascontiguousarray(self.colour()[top:bottom, left:right])
        stacked = np.concatenate([light.ravel(), red.ravel(), blue.ravel()]).reshape(h * 3 // 2, w)
        colour = np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420), np.uint8)
        return np.ascontiguousarray(colour[top - y : bottom - y, left - x : right - x])


def _turned(image: Image, held: Any) -> Image:
    # A telephone held upright writes lying frames and a note to turn them.
    quarters = round(getattr(held, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else np.ascontiguousarray(image)


def _av() -> Any:
    try:
        import av
    except ImportError as missing:
        raise Fault("PyAV is not installed, so no video can be opened.", next_step=INSTALL) from missing
    av.logging.set_level(None)
    return av


def frames_of_file(
    path: Path, counts: Counts, *, fps: float = 0.0, started_at: datetime | None = None
) -> Iterator[Frame]:
    """Frames of a video file in order, at most ``fps`` a second (0: all); the others count as skipped.

    Raises BadInput, naming the file, when it is no video or breaks off before its first frame.
    """
    av = _av()
    try:
        # "file:" keeps a name like "concat:a|b" a name; the lists keep playlists from opening other files and addresses.
        container = av.open(
            f"file:{path}",
            metadata_errors="replace",
            container_options={"protocol_whitelist": "file", "format_whitelist": CONTAINERS},
        )
    except av.FFmpegError as error:
        raise BadInput(
            f"this is neither a picture nor a video that can be opened ({_reason(error)})", where=str(path)
        ) from None
    with container:
        stream = _video_stream(container, str(path))
        start = started_at or _started_at(container, path)
        for number, time_s, held in _due(_decoded(container, stream, counts, str(path)), counts, fps):
            yield Frame(number, time_s, start + timedelta(seconds=time_s), held)
    if counts.decoded == 0:
        raise BadInput("the video holds no frame that can be decoded", where=str(path))


def _due(decoded: Iterator[tuple[Any, float]], counts: Counts, fps: float) -> Iterator[tuple[int, float, Any]]:
    """Number, seconds and frame of at most ``fps`` frames a second; the others count as skipped."""
    due = 0.0
    for number, (held, time_s) in enumerate(decoded):
        if fps and time_s + 1e-6 < due:
            counts.skipped += 1
            continue
        due = max(due + 1 / fps, time_s) if fps else 0.0
        yield number, time_s, held


PIPED = {
    b"\xff\xd8\xff": "mjpeg",
    b"YUV4": "yuv4mpegpipe",
    b"\x1aE\xdf\xa3": "matroska",
    b"\x47": "mpegts",
    b"\x89PNG": "png_pipe",
}
"""What may come on standard input, by its first bytes: JPEG or PNG frames one after the other, raw frames with a YUV4MPEG2
heading, Matroska, a transport stream."""


def frames_of_pipe(
    pipe: BinaryIO, counts: Counts, *, fps: float = 0.0, now: Callable[[], datetime], started_at: datetime | None = None
) -> Iterator[Frame]:
    """Frames that another program writes, until it ends. Whoever writes is held up while we are behind: nothing queues.

    A frame's instant is when it came, or ``started_at`` and its own time after it. Raises BadInput for what is none of ``PIPED``.
    """
    av = _av()
    head = pipe.read(16)
    kind = next((name for sign, name in PIPED.items() if head.startswith(sign)), None)
    if kind is None:
        raise BadInput(
            "standard input is none of: JPEG or PNG frames, YUV4MPEG2 frames, Matroska, a transport stream", where="-"
        )
    try:
        with av.open(_Ahead(head, pipe), format=kind) as container:
            stream = _video_stream(container, "standard input")
            for number, time_s, held in _due(_decoded(container, stream, counts, "standard input"), counts, fps):
                at = started_at + timedelta(seconds=time_s) if started_at else now()
                yield Frame(number, time_s, at, held)
    except av.FFmpegError as error:
        raise BadInput(f"standard input cannot be decoded ({_reason(error)})", where="-") from None
    if counts.decoded == 0:
        raise BadInput("standard input holds no frame that can be decoded", where="-")


class _Ahead:
    """A pipe whose first bytes were looked at."""

    def __init__(self, head: bytes, pipe: BinaryIO) -> None:
        self._head, self._pipe = head, pipe

    def read(self, size: int = -1) -> bytes:
        """The next bytes, fewer than ``size`` where no more have come."""
        if self._head:
            head, self._head = self._head, b""
            return head
        read = getattr(self._pipe, "read1", self._pipe.read)
        return bytes(read(size if size > 0 else 65536))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or type(error).__name__)


def _video_stream(container: Any, name: str) -> Any:
    if not container.streams.video:
        raise BadInput("the file holds no video", where=name)
    stream = container.streams.video[0]
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_FRAME_PIXELS:
        raise BadInput(
            f"the video has {width} x {height} pixels a frame; at most {MAX_FRAME_PIXELS // 1_000_000} million are read",
            where=name,
        )
    stream.thread_type = "AUTO"
    return stream


def _decoded(container: Any, stream: Any, counts: Counts, name: str) -> Iterator[tuple[Any, float]]:
    """Frames with their seconds from the first. Broken packets are counted and passed over."""
    av = _av()
    first, last, errors = None, 0.0, 0
    packets = container.demux(stream)
    while True:
        began = time.thread_time()
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            return
        except av.FFmpegError as error:
            counts.unreadable += 1
            errors += 1
            if errors > MOST_ERRORS or not isinstance(error, av.InvalidDataError):
                return
            continue
        counts.decode_s += time.thread_time() - began
        for held in frames:
            if held.width * held.height > MAX_FRAME_PIXELS:
                raise BadInput(f"a frame has {held.width} x {held.height} pixels", where=name)
            errors = 0
            counts.decoded += 1
            now = held.time if held.time is not None else last
            first = now if first is None else first
            last = max(last, now - first)
            yield held, last


def _started_at(container: Any, path: Path) -> datetime:
    """The container's creation time, else the file's time of change less its length."""
    written = container.metadata.get("creation_time", "")
    try:
        at = datetime.fromisoformat(written)
        if at.year > 1980:
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        pass
    length = (container.duration or 0) / 1_000_000
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) - timedelta(seconds=max(0.0, length))


class Camera:
    """A camera's stream: a thread decodes all the time and keeps the newest frame alone, so that slow reading never falls behind.

    ``note`` is called with a sentence when the link breaks or returns. Until ``stop`` the stream is opened again,
    after 1 to 30 s.
    """

    def __init__(
        self,
        name: str,
        address: str,
        counts: Counts,
        note: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name, self._address, self._counts, self._note, self._now = name, address, counts, note, now
        self._fresh = threading.Condition()
        self._frame: Frame | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)

    def __enter__(self) -> Camera:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(OPEN_TIMEOUT_S + READ_TIMEOUT_S)

    def stop(self) -> None:
        """End the stream; ``newest`` then returns None."""
        self._stopped.set()
        with self._fresh:
            self._fresh.notify_all()

    def newest(self, wait_s: float) -> Frame | None:
        """The newest frame not yet handed out, or None after ``wait_s`` seconds without one."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._frame is not None or self._stopped.is_set(), wait_s)
            frame, self._frame = self._frame, None
            return frame

    def _run(self) -> None:
        wait, number, began = FIRST_WAIT_S, 0, time.monotonic()
        while not self._stopped.is_set():
            before = self._counts.decoded
            reason = self._watch(number, began)
            number += self._counts.decoded - before
            if self._stopped.is_set():
                return
            wait = FIRST_WAIT_S if self._counts.decoded > before else min(LONGEST_WAIT_S, wait * 2)
            self._note(f"{self._name}: {reason}; trying again in {wait:.0f} s")
            self._counts.reconnects += 1
            self._stopped.wait(wait)

    def _watch(self, number: int, began: float) -> str:
        """Decode until the link breaks; the reason why it did."""
        av = _av()
        rtsp = self._address.lower().startswith("rtsp")
        options = {"protocol_whitelist": "rtsp,rtp,udp,tcp,tls" if rtsp else "http,https,httpproxy,tcp,tls,crypto"}
        options |= {"rtsp_transport": "tcp", "fflags": "nobuffer"} if rtsp else {}
        try:
            with av.open(self._address, options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)) as container:
                stream = _video_stream(container, self._name)
                for held, _ in _decoded(container, stream, self._counts, self._name):
                    self._put(Frame(number, time.monotonic() - began, self._now(), held))
                    number += 1
                    if self._stopped.is_set():
                        return "stopped"
        except av.FFmpegError as error:
            return f"no picture ({_reason(error)})"
        except BadInput as problem:
            return str(problem)
        return "the stream ended"

    def _put(self, frame: Frame) -> None:
        self._counts.last_frame_at = frame.at
        with self._fresh:
            if self._frame is not None:
                self._counts.skipped += 1
            self._frame = frame
            self._fresh.notify_all()
