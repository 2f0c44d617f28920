"""What fusing the frames of a pass is worth: photographs with known plates as short clips, single frames beside the track."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import cv2
import numpy as np

from plateward.bench.figures import Figure
from plateward.reader.evaluate import Known, known_plates
from plateward.reader.geometry import Image
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.passes import Options, Watch, Work
from plateward.reader.pictures import load_picture
from plateward.reader.read_picture import Plate
from plateward.reader.sources import Kind, Source
from plateward.reader.video import Counts, frames_of_file

WIDTH, HEIGHT, FRAMES, RATE = 960, 540, 16, 12
MOST = 120
FROM, TO = 52.0, 110.0
"""Pixels across the plate where the car comes in, and where it is nearest."""


@dataclass(slots=True)
class _Frames:
    """Reads frames, and notes what each single one says of the plate in its middle."""

    nets: OwnPictureReader
    plate: str
    seen: int = 0
    right: int = 0

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``."""
        plates = self.nets.read(image)
        middle = [
            p for p in plates if abs(p.box.centre[0] - WIDTH / 2) < 120 and abs(p.box.centre[1] - HEIGHT / 2) < 80
        ]
        self.seen += 1
        self.right += any(p.reading.text == self.plate for p in middle)
        return plates


def fusion_figures(listing: Path, nets: OwnPictureReader, folder: Path, say: Callable[[str], None]) -> Iterator[Figure]:
    """Exact reads of single frames and of tracks over clips made of the stills of ``listing`` (``MOST`` at most)."""
    files = sorted(listing.glob("*.csv")) if listing.is_dir() else [listing]
    for file in files:
        known = [one for one in known_plates(file) if one.box is not None][:MOST]
        if not known:
            continue
        say(f"track fusion on {len(known)} stills of {file.stem} ...")
        frames = right = tracks = split = 0
        for number, one in enumerate(known):
            clip = folder / f"still-{file.stem}-{number}.mp4"
            write_clip(clip, one, Random(number))
            reader = _Frames(nets, one.plate)
            watch = Watch(
                Source(Kind.VIDEO, clip.name, str(clip)), reader, Work(Options(fps=0.0, pictures=False)), Counts()
            )
            reads = [s for frame in frames_of_file(clip, watch.counts) for s in watch.frame(frame)]
            reads += list(watch.end())
            frames, right = frames + reader.seen, right + reader.right
            tracks += any(s.plate == one.plate for s in reads)
            split += sum(s.plate == one.plate for s in reads) > 1
            clip.unlink()
        yield Figure(
            f"{file.stem}: passes read exactly, frames fused", 100 * tracks / len(known), "%", 100 * right / frames,
            "single frames", f"{len(known)} clips of {FRAMES} frames; {split} read twice",
        )  # fmt: skip


def write_clip(path: Path, known: Known, rng: Random) -> None:
    """A car that comes nearer: the still around its plate, growing from ``FROM`` to ``TO`` pixels across, with the unsteadiness,
    motion blur, noise and compression of a camera by the road.
    """
    assert known.box is not None
    picture = load_picture(known.image)
    box = known.box.moved(0, 0, 1 / picture.scale) if picture.scale != 1 else known.box
    (cx, cy), across = box.centre, max(8.0, float(box.xywh[2]))
    noise = np.random.default_rng(rng.randrange(1 << 30))
    with av.open(str(path), "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=Fraction(RATE), options={"crf": "26", "preset": "ultrafast"})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FRAMES):
            along = number / (FRAMES - 1)
            scale = FROM * (TO / FROM) ** along / across
            dx, dy = rng.gauss(0, 5), rng.gauss(0, 3)
            way = np.array([[scale, 0, WIDTH / 2 + dx - scale * cx], [0, scale, HEIGHT / 2 + dy - scale * cy]])
            source = picture.image if scale >= 0.6 else cv2.GaussianBlur(picture.image, (0, 0), 0.4 / scale)
            frame = cv2.warpAffine(
                source, way, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            frame = _moved(frame, rng.uniform(0, 4.5), rng.uniform(0, 180))
            frame = np.asarray(np.clip(frame + noise.normal(0, rng.uniform(2, 9), frame.shape), 0, 255), np.uint8)
            if frame.ndim == 2:
                frame = np.repeat(frame[:, :, None], 3, 2)
            drawn = np.ascontiguousarray(frame, np.uint8)
            out.mux(track.encode(av.VideoFrame.from_ndarray(drawn, format="bgr24")))
        out.mux(track.encode())


def _moved(frame: Image, length: float, degrees: float) -> Image:
    """``frame`` as a shutter sees it that is open while all moves ``length`` pixels."""
    side = 2 * int(np.ceil(length)) + 3
    kernel = np.zeros((side, side), np.float32)
    middle = side // 2
    ends = [(middle + sign * length / 2 * np.cos(np.radians(degrees)), middle + sign * length / 2 * np.sin(np.radians(degrees)))
            for sign in (-1, 1)]  # fmt: skip
    a, b = [(round(x * 16), round(y * 16)) for x, y in ends]
    cv2.line(kernel, a, b, 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(cv2.filter2D(frame, -1, kernel / max(float(kernel.sum()), 1e-6)), np.uint8)
