"""Copies of pictures and video with the plates drawn in, for people who want to see what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plateward.core.errors import BadInput, Fault
from plateward.core.plate import mask
from plateward.reader.geometry import Image
from plateward.reader.privacy import hide_plates
from plateward.reader.read_picture import Plate
from plateward.reader.sources import Source
from plateward.reader.video import Frame

COLOUR = (60, 220, 60)
OUTLINE = (0, 0, 0)


def everything(_: str) -> bool:
    """Every plate is legible: for pictures and videos of one's own."""
    return True


def draw(image: Image, plates: Sequence[Plate], legible: Callable[[str], bool] = everything) -> Image:
    """A copy of a BGR picture with each plate's corners, text and confidence; plates that are not ``legible`` are masked."""
    import cv2

    masked = [plate.box for plate in plates if not legible(plate.reading.text)]
    copy = hide_plates(image, masked) if masked else image.copy()
    thick = max(1, round(max(image.shape[:2]) / 640))
    for plate in plates:
        corners = np.array(plate.box.corners, dtype=np.int32).reshape(-1, 1, 2)
        cv2.polylines(copy, [corners], True, COLOUR, thick)
        x, y, _, h = plate.box.xywh
        text = plate.reading.text if legible(plate.reading.text) else mask(plate.reading.text).replace("•", "*")
        words = f"{text} {plate.reading.confidence:.2f}"
        size = max(0.5, thick * 0.45)
        (width, height), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, thick)
        left = min(max(0, x), max(0, image.shape[1] - width))
        base = y - 4 if y - 4 - height > 0 else y + h + height + 4
        for paint, width_of in ((OUTLINE, thick + 2), (COLOUR, thick)):
            cv2.putText(copy, words, (left, base), cv2.FONT_HERSHEY_SIMPLEX, size, paint, width_of, cv2.LINE_AA)
    return copy


def legible_of(source: Source, listed: Callable[[str], bool] | None) -> Callable[[str], bool]:
    """Which plates of a source may be read by whoever looks on: those on their list, where there is one.

    Without a list all plates of one's own pictures and recordings, and none of a camera that is running: that is other people.
    """
    if listed is not None:
        return listed
    return (lambda _: False) if source.endless else everything


class Shown:
    """Writes the copies: a folder gets ``NAME.jpg`` and ``NAME.mp4`` for each source; a file ending in ``.mp4`` takes one video.

    ``legible``: which plates are; see ``legible_of``.
    """

    def __init__(self, out: Path, sources: Sequence[Source], legible: Callable[[str], bool] | None = None) -> None:
        self._out, self._legible = out, legible
        self._one_file = out.suffix.lower() == ".mp4"
        self._writers: dict[str, _Film] = {}
        self._names: dict[str, str] = {}
        self.written = 0
        if self._one_file and len(sources) != 1:
            raise BadInput("several sources need a folder, not one video file", where="--show")
        folder = out.parent if self._one_file else out
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"the folder cannot be made ({error.strerror})", where="--show") from None

    def picture(self, source: Source, image: Image, plates: Sequence[Plate]) -> None:
        """Write the copy of a still picture."""
        import cv2

        path = self._out.with_suffix(".jpg") if self._one_file else self._out / (self._name(source) + ".jpg")
        done, encoded = cv2.imencode(".jpg", draw(image, plates, self._seen(source)), [cv2.IMWRITE_JPEG_QUALITY, 88])
        if not done:
            return
        try:
            path.write_bytes(encoded.tobytes())
        except OSError as error:
            raise Fault(
                f"{path} cannot be written ({error.strerror}).", next_step="Give another place with --show."
            ) from None
        self.written += 1

    def frame(self, source: Source, frame: Frame, plates: Sequence[Plate]) -> None:
        """Add a searched frame to the copy of a video."""
        film = self._writers.get(source.name)
        if film is None:
            path = self._out if self._one_file else self._out / (self._name(source) + ".mp4")
            film = self._writers[source.name] = _Film(path)
            self.written += 1
        film.add(draw(frame.colour(), plates, self._seen(source)), frame.time_s)

    def _seen(self, source: Source) -> Callable[[str], bool]:
        return legible_of(source, self._legible)

    def end(self, source: Source) -> None:
        """Close the copy of a video."""
        film = self._writers.pop(source.name, None)
        if film:
            film.close()

    def close(self) -> None:
        """Close what is still open, after a break."""
        for film in self._writers.values():
            film.close()
        self._writers.clear()

    def _name(self, source: Source) -> str:
        """A file name of its own for each source, the same every time."""
        stem = (
            Path(source.name).stem
            if "://" not in source.name
            else "".join(c if c.isalnum() else "-" for c in source.name)
        )
        taken = set(self._names.values())
        if source.name not in self._names:
            name, number = stem, 2
            while name in taken:
                name, number = f"{stem}-{number}", number + 1
            self._names[source.name] = name
        return self._names[source.name]


class _Film:
    """An MP4 file that frames of any times are added to."""

    RATE = 1000

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def add(self, image: Image, time_s: float) -> None:
        import av

        even = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
        if self._container is None:
            self._open(even)
        if even.shape[:2] != (self._stream.height, self._stream.width):
            import cv2

            even = cv2.resize(even, (self._stream.width, self._stream.height))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="bgr24")
        # A film's instants must rise, whatever the source's clock did.
        self._last = max(self._last + 1, round(time_s * self.RATE))
        frame.pts = self._last
        frame.time_base = self._stream.codec_context.time_base
        self._container.mux(self._stream.encode(frame))

    def _open(self, image: Image) -> None:
        from fractions import Fraction

        import av

        try:
            self._container = av.open(str(self._path), "w", format="mp4")
        except (av.FFmpegError, OSError) as error:
            raise Fault(
                f"{self._path} cannot be written ({error}).", next_step="Give another place with --show."
            ) from None
        names = av.codecs_available
        self._stream = self._container.add_stream("libx264" if "libx264" in names else "mpeg4", rate=25)
        self._stream.width, self._stream.height, self._stream.pix_fmt = image.shape[1], image.shape[0], "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, self.RATE)

    def close(self) -> None:
        if self._container is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._container = None
