"""Measure weights on what was held out of training: photos' plates, the same plates cut out, and drawn US plates cut out.

Checkpoints and ways of reading are chosen by these figures. A cut plate is what other programs and agencies deliver: the
plate with a narrow border, no street around it. "By text" counts each text once, since some cars are in many photos.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from plateward.reader.geometry import Box, Image
from plateward.reader.geometry import upright as box_around
from plateward.reader.own import OwnDetector, OwnRecogniser
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.read_picture import Plate
from training.agree import held_out
from training.draw.camera import shoot
from training.draw.plates import PlateArtist
from training.photos import backdrops, load_list, read_grey

Sample = tuple[Image, Box | None, str]
"""A picture, where its plate is (None: it is the whole picture) and the plate's text."""

NARROWEST = 60
"""Least width (px) of a plate that is cut out of a photo."""


def photo_samples(folder: Path, by_eye: Path) -> Iterator[Sample]:
    """Photos with each labelled plate whose text is held out."""
    texts = {(row["image"], row["index"]): row["text"] for row in map(json.loads, by_eye.read_text().splitlines())}
    for photo in load_list(folder):
        for index, (x, y, w, h) in enumerate(photo.boxes.tolist()):
            text = texts.get((photo.image, index), "")
            if len(text) >= 2 and held_out(text):
                yield read_grey(folder, photo), box_around(x, y, w, h), text


def cut_samples(samples: Iterable[Sample], rng: np.random.Generator, times: int = 2) -> Iterator[Sample]:
    """The plates of ``samples`` that are wide enough, each cut out ``times`` times with a border of -1 to 12 %."""
    for image, box, text in samples:
        if box is None or box.xywh[2] < NARROWEST:
            continue
        x, y, w, h = box.xywh
        for _ in range(times):
            left, top, right, bottom = rng.uniform(-0.01, 0.12, 4) * [w, h, w, h]
            rows = slice(max(0, int(y - top)), int(y + h + bottom))
            yield image[rows, max(0, int(x - left)) : int(x + w + right)].copy(), None, text


def drawn_samples(folder: Path, rng: np.random.Generator, count: int) -> Iterator[Sample]:
    """Drawn US plates, 90 to 330 px wide, cut out like photos' plates."""
    photos, artist = backdrops(folder, 200, rng), PlateArtist(rng)
    while count:
        infrared = bool(rng.random() < 0.1)
        plate = artist.draw(infrared)
        if plate.kind != "us" or not 2 <= len(plate.text) <= 8:
            continue
        width = float(np.exp(rng.uniform(np.log(90), np.log(330))))
        shot = shoot(plate.image, width, rng, photos, infrared)
        low, high = shot.corners.min(0), shot.corners.max(0)
        left, top = (low - rng.uniform(-0.01, 0.1, 2) * (high - low)).clip(0).astype(int)
        right, bottom = (high + rng.uniform(-0.01, 0.1, 2) * (high - low)).astype(int)
        cut = shot.image[top:bottom, left:right]
        if float(cv2.GaussianBlur(cut, (0, 0), 1.0).std()) >= 12:
            count -= 1
            yield cut.copy(), None, plate.text


def _at(plates: list[Plate], box: Box | None) -> str:
    for plate in plates:
        x, y = plate.box.centre
        if box is None or (
            box.xywh[0] <= x <= box.xywh[0] + box.xywh[2] and box.xywh[1] <= y <= box.xywh[1] + box.xywh[3]
        ):
            return plate.reading.text
    return ""


def measure(samples: Iterable[Sample], read: Callable[[Image], list[Plate]]) -> str:
    """Plates, and shares found, exact and, each text counted once, exact by text; %."""
    found, exact = 0, 0
    texts: dict[str, list[bool]] = defaultdict(list)
    count = 0
    for image, box, text in samples:
        said = _at(read(image), box)
        count, found, exact = count + 1, found + bool(said), exact + (said == text)
        texts[text].append(said == text)
    by_text = float(np.mean([np.mean(right) for right in texts.values()])) if texts else 0.0
    share = 100 / max(1, count)
    return f"{count:4d} plates  found {found * share:5.1f}  exact {exact * share:5.1f}  by text {100 * by_text:5.1f}"


def main() -> None:
    """Measure each recogniser that is named, in the careful and the plain way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", type=Path, nargs="*", default=[Path("src/plateward/reader/weights/reader.onnx")])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--by-eye", type=Path, required=True, help="readings of the photos (see training.agree)")
    parser.add_argument("--weights", type=Path, default=Path("src/plateward/reader/weights"), help="the other nets")
    parser.add_argument("--drawn", type=int, default=500, help="drawn plates")
    parser.add_argument("--home", default="US")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    photos = list(photo_samples(options.photos, options.by_eye))
    sets = {
        "photos": photos,
        "cut plates": list(cut_samples(photos, np.random.default_rng(99))),
        "drawn plates": list(drawn_samples(options.photos, np.random.default_rng([177, 1]), options.drawn)),
    }
    for path in options.readers:
        detector, recogniser = OwnDetector(options.weights / "detector.onnx"), OwnRecogniser(path)
        names = OwnRecogniser(options.weights / "names.onnx")
        for careful in (True, False):  # plates that fill the picture are no video: only photos are read both ways
            reader = OwnPictureReader(detector, recogniser, names, careful=careful, home=options.home)
            for name, samples in sets.items() if careful else [("photos", photos)]:
                way = "careful" if careful else "plain"
                print(f"{path.parent.name}/{path.name} {way:8s}{name:13s}{measure(samples, reader.read)}", flush=True)


if __name__ == "__main__":
    main()
