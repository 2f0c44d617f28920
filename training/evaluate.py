"""Measure the package's own reader on labelled pictures: found, read, and time, one picture after the other on one core.

A list is a CSV file with `image`, `plate` and, for whole photos, `x,y,w,h`; without a box the picture is a crop of one
plate; `state` ("ca") where the state is known. "Exact" counts letters and digits; "alike" takes O for 0 and I for 1. The
readings are never written out, unless asked for.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from plateward.reader.geometry import Box, Image, upright
from plateward.reader.geometry import iou as joint_share
from plateward.reader.own import OwnDetector, OwnRecogniser
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.read_picture import Plate


@dataclass(slots=True)
class Tally:
    """Counts over one list, in plates; seconds of processor time."""

    plates: int = 0
    found: int = 0
    exact: int = 0
    alike: int = 0
    raw: int = 0
    extra: int = 0
    told: int = 0
    told_right: int = 0
    seconds: float = 0.0

    def line(self, name: str) -> str:
        """One line of the table."""
        share = 100.0 / max(1, self.plates)
        return (
            f"{name:14s} {self.plates:4d} plates  found {self.found * share:5.1f}  exact {self.exact * share:5.1f}  "
            f"O=0,I=1 {self.alike * share:5.1f}  before settling {self.raw * share:5.1f}  extra {self.extra}  "
            f"{1000 * self.seconds / max(1, self.plates):.1f} ms  state told {self.told}, rightly {self.told_right}"
        )


def alike(text: str) -> str:
    """The text with O written as 0 and I as 1."""
    return text.replace("O", "0").replace("I", "1")


def _near(plate: Plate, truth: Box | None) -> bool:
    if truth is None:
        return True
    x, y = plate.box.centre
    left, top, wide, high = truth.xywh
    inside = left <= x <= left + wide and top <= y <= top + high
    return inside or joint_share(plate.box, truth) > 0.3


def measure(
    rows: list[dict[str, str]], folder: Path, read: Callable[[Image], list[Plate]], show: bool = False
) -> Tally:
    """Read each picture once and compare."""
    tally = Tally()
    for row in rows:
        image = cv2.imread(str(folder / row["image"]), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise FileNotFoundError(f"{folder / row['image']} cannot be read as a picture")
        truth = upright(*(float(row[key]) for key in "xywh")) if row.get("x") else None
        start = time.process_time()
        plates = read(image)
        tally.seconds += time.process_time() - start
        hits = [plate for plate in plates if _near(plate, truth)]
        text, raw = (hits[0].reading.text, hits[0].seen.text) if hits else ("", "")
        tally.plates += 1
        tally.found += bool(hits)
        tally.exact += text == row["plate"]
        tally.raw += raw == row["plate"]
        tally.alike += alike(text) == alike(row["plate"])
        tally.extra += len(plates) - len(hits)
        region = hits[0].region if hits and row.get("state") else None
        tally.told += region is not None
        tally.told_right += region == f"US-{row.get('state', '').upper()}"
        if show and text != row["plate"]:
            print(f"  {row['image']}: {row['plate']} read {text or '-'} (before settling {raw or '-'})")
    return tally


def main() -> None:
    """Measure every list that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", type=Path, nargs="+", help="CSV files; images lie beside them")
    parser.add_argument("--weights", type=Path, default=Path("src/plateward/reader/weights"))
    parser.add_argument("--longest", type=int, default=640, help="longer side of the detector's input, px")
    parser.add_argument("--plain", action="store_true", help="one look, one cut, as for video")
    parser.add_argument("--home", help='where the reader stands ("US"): the serials of its country count for more')
    parser.add_argument("--show", action="store_true", help="print what was read wrongly")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    detector = OwnDetector(options.weights / "detector.onnx", longest=options.longest)
    names = options.weights / "names.onnx"
    reader = OwnPictureReader(
        detector,
        OwnRecogniser(options.weights / "reader.onnx"),
        OwnRecogniser(names) if names.exists() and not options.plain else None,
        careful=not options.plain,
        home=options.home,
    )
    reader.read(np.zeros((360, 640), np.uint8))
    for path in options.lists:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        print(measure(rows, path.parent, reader.read, options.show).line(path.stem), flush=True)


if __name__ == "__main__":
    main()
