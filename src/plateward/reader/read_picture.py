"""One picture into plates, by the general text models: find lines, read them, join halves, choose plates, look closer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from plateward.reader.detect import Detector
from plateward.reader.fuse import fuse
from plateward.reader.geometry import Box, Image, iou, overlap, straighten
from plateward.reader.plates import Found, Line, choose, could_be_line, side_by_side, stacked
from plateward.reader.recognise import EMPTY, Reading, Recogniser
from plateward.reader.regions import is_overlay
from plateward.reader.shapes import settle

CUT = (1.3, -0.08)
"""Width stretch and padding (in heights) of a single cut. A stretch gives narrow characters more steps of the net."""
CUTS = ((1.0, 0.0), (1.3, -0.08), (1.6, 0.1))
"""Cuts whose readings are fused where care is worth the time (113 against 106 of 152 labelled training photographs)."""
LEAST_SURE = 0.45
"""Least geometric mean of the characters' probabilities: below it there is text, but not one that was read."""
MOST_LINES = 48
"""Lines read in one picture; a picture of nothing but text must not stop the others."""
SMALL_PICTURE = 640
"""Pictures up to this side are also searched at twice their size."""
FILLED_SIDE = 320
"""Size at which a plate that fills its picture looks to the detector as others do."""
CLEAR_HEIGHT = 30
"""Text of this many pixels gains nothing from enlarging."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate in one picture. ``seen`` is what the recogniser read before look-alikes were settled into ``reading``."""

    box: Box
    reading: Reading
    seen: Reading
    region: str | None


class PictureReader(Protocol):
    """Reads all plates of one picture."""

    def read(self, image: Image) -> list[Plate]:
        """Plates of ``image`` (grey or BGR), surest first."""
        ...


class TextPictureReader:
    """Reads plates with a detector and a recogniser of general text.

    ``careful`` looks closer and again; video does not need it. ``home`` is where the reader stands (see ``settle``).
    """

    def __init__(
        self, detector: Detector, recogniser: Recogniser, *, careful: bool = True, home: str | None = None
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._careful = careful
        self._home = home

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``."""
        found = choose(self._lines(image, self._boxes(image)))
        if not found and self._careful:
            found = self._again(image)
        plates = [
            self._look_closer(image, f) if self._careful else self._plate(f.line.box, f.line.reading, f.region)
            for f in found
        ]
        return sorted((p for p in plates if _still_plate(p)), key=lambda p: -p.reading.confidence)

    def _boxes(self, image: Image) -> list[Box]:
        if not self._careful or max(image.shape[:2]) > SMALL_PICTURE:
            return self._detector.detect(image)
        return _joint([self._sought(image, scale) for scale in (1.0, 2.0)])

    def _sought(self, image: Image, scale: float, left: int = 0, top: int = 0) -> list[Box]:
        """Boxes of a picture that starts at (left, top), sought at another size and with room round it.

        Text that reaches the edge is no text to a detector that has always seen a margin: a plate may fill its picture.
        """
        import cv2

        sized = cv2.resize(
            image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        )
        margin = max(16, max(sized.shape[:2]) // 6)
        roomy = cv2.copyMakeBorder(sized, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        return [box.moved(-margin, -margin).moved(left, top, 1 / scale) for box in self._detector.detect(roomy)]

    def _lines(self, image: Image, boxes: Sequence[Box]) -> list[Line]:
        fitting = [box for box in boxes if could_be_line(box)][:MOST_LINES]
        lines = [Line(b, r) for b, r in zip(fitting, self._read(image, fitting), strict=True)]
        pairs = side_by_side(lines)[:MOST_LINES]
        joined = [Line(b, r, (Line(b, r),)) for b, r in zip(pairs, self._read(image, pairs), strict=True)]
        return lines + joined + stacked(lines)

    def _read(self, image: Image, boxes: Sequence[Box], cut: tuple[float, float] = CUT) -> list[Reading]:
        stretch, pad = cut
        crops = [straighten(image, box.padded(pad * box.height, pad * box.height), 48, stretch) for box in boxes]
        return self._recogniser.recognise(crops) if crops else []

    def _again(self, image: Image) -> list[Found]:
        """In a picture that showed none: a plate that fills it, sought small; small ones, in quarters twice as large."""
        height, width = image.shape[:2]
        if min(height, width) < 8:
            return []
        found = choose(self._lines(image, self._sought(image, min(1.0, FILLED_SIDE / max(height, width)))))
        if found or max(height, width) <= SMALL_PICTURE:
            return found
        quarters = []
        for top in (0, height * 9 // 20):
            for left in (0, width * 9 // 20):
                part = image[top : top + height * 11 // 20, left : left + width * 11 // 20]
                quarters.append(self._sought(part, 2.0, left, top))
        return choose(self._lines(image, _joint(quarters)))

    def _look_closer(self, image: Image, found: Found) -> Plate:
        line = found.line
        if len(line.parts) > 1:
            return self._stack_again(found, [self._several(image, part.box) for part in line.parts])
        box = line.box
        near = self._tighter(image, box)
        if near is None:
            return self._plate(box, self._several(image, box), found.region)
        first, second = self._several(image, box), self._several(image, near)
        reading = fuse([first, second], [_trust(first), _trust(second)])
        return self._plate(near if _trust(second) > _trust(first) else box, reading, found.region)

    def _several(self, image: Image, box: Box) -> Reading:
        readings = [self._read(image, [box], cut)[0] for cut in CUTS]
        return fuse(readings, [1.0] * len(readings))

    def _tighter(self, image: Image, box: Box) -> Box | None:
        """The box found again in an enlarged cut round it, where the detector sees the line's ends more exactly."""
        x, y, w, h = box.xywh
        margin = round(1.5 * box.height)
        left, top = max(0, x - margin), max(0, y - margin)
        part = image[top : y + h + margin, left : x + w + margin]
        if part.size == 0:
            return None
        import cv2

        scale = min(3.0, max(0.5, CLEAR_HEIGHT / box.height))
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        again = [b.moved(left, top, 1 / scale) for b in self._detector.detect(part)]
        same = [
            b
            for b in again
            if overlap(b, box) > 0.5 and 0.7 < b.width / box.width < 1.4 and 0.5 < b.height / box.height < 1.7
        ]
        return max(same, key=lambda b: b.score, default=None)

    def _stack_again(self, found: Found, readings: Sequence[Reading]) -> Plate:
        import numpy as np

        if any(r is EMPTY for r in readings):
            return self._plate(found.line.box, found.line.reading, found.region)
        seen = Reading(
            np.concatenate([r.rows for r in readings]),
            tuple(place for r in readings for place in r.places),
            " ".join(r.raw for r in readings),
            float(np.prod([r.length_confidence for r in readings])),
        )
        return self._plate(found.line.box, seen, found.region)

    def _plate(self, box: Box, seen: Reading, region: str | None) -> Plate:
        return Plate(box, settle(seen, region, self._home), seen, region)


def _joint(sought: Sequence[Sequence[Box]]) -> list[Box]:
    """Boxes of several searches, best first, each place once."""
    boxes: list[Box] = []
    for box in sorted((b for some in sought for b in some), key=lambda b: -b.score):
        if all(iou(box, other) < 0.5 for other in boxes):
            boxes.append(box)
    return boxes


def _still_plate(plate: Plate) -> bool:
    """A closer look may show that it was a clock or nothing at all."""
    return len(plate.reading.text) >= 3 and not is_overlay(plate.seen.raw) and _evenness(plate.seen) >= LEAST_SURE


def _evenness(reading: Reading) -> float:
    return float(reading.confidence ** (1 / max(1, len(reading.rows))))


def _trust(reading: Reading) -> float:
    return float(reading.confidence**0.5) + 0.02
