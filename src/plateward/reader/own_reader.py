"""Reads whole pictures with the own nets (see ``own``): which boxes are plates, how each is cut and read, which region it names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from plateward.reader.fuse import fuse
from plateward.reader.geometry import Box, Image, iou, upright
from plateward.reader.own import HEIGHT, WIDTH, Floats, OwnDetector, grey, mean_box, rectify
from plateward.reader.read_picture import Plate
from plateward.reader.recognise import Reading, Recogniser
from plateward.reader.regions import is_mark, is_overlay, word_region
from plateward.reader.shapes import settle, telling_region

NAMES = ((-0.03, 0.28), (0.72, 1.02))
"""Strips of a plate (shares of its height) where a region's name or slogan stands. Block letters are read, script hardly ever."""

LINES = (((0.0, 0.52), (0.48, 1.0)), ((0.03, 0.5), (0.5, 0.97)))
"""Ways to cut the two lines of a plate that has two, as shares of its height."""
AROUND_LINE = 0.08
"""Margin (shares of a line's size) of such a cut."""

LEGIBLE = 80
"""Width of a plate (px) from which such small print is looked at."""

SMALL_PICTURE = 480
"""Pictures up to this side may be nothing but a plate."""
FILLING = (96, 128, 160, 192)
"""Sizes of the detector's input at which such a picture is searched, on a border of ``SURROUND``: the net knows plates small."""
SURROUND = 64


class OwnPictureReader:
    """Reads all plates of a picture with the own nets.

    ``careful`` looks again at several sizes; video does not need it. ``home`` is where the reader stands (see ``settle``).
    ``names`` reads what is printed above and below the number, where the plate is large enough; without it the region is told by
    the serial alone.
    """

    LEAST = 0.9
    """Least sum of the detector's score and the geometric mean of the characters' probabilities. On held-out training photographs
    97 % of the labelled plates stay, with one other thing in six pictures, many of them plates too."""

    WORD_SCORE = 0.7
    """Least score of the detector for what may as well be a badge or a camera's own text ("RX350", "C00D") as a vanity plate."""

    def __init__(
        self,
        detector: OwnDetector,
        recogniser: Recogniser,
        names: Recogniser | None = None,
        *,
        careful: bool = True,
        home: str | None = None,
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._names = names
        self._careful = careful
        self._home = home

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``."""
        picture = grey(image)
        if self._careful and max(picture.shape) <= SMALL_PICTURE and (filling := self._filling(picture)):
            return [filling]
        boxes = self.find(picture)
        plates = (
            self._read_carefully(picture, boxes)
            if self._careful
            else self.read_boxes(picture, self.refine(picture, boxes))
        )
        return sorted(plates, key=lambda plate: -plate.reading.confidence * plate.box.score)

    def refine(self, picture: Image, boxes: Sequence[Box]) -> list[Box]:
        """Boxes that were found or are expected in a grey picture, each looked at again."""
        return self._detector.refine(picture, boxes)

    def _read_carefully(self, picture: Image, boxes: Sequence[Box]) -> list[Plate]:
        """The boxes that are credible plates, each read from everything that was seen of it."""
        plates = []
        for box, seen in zip(boxes, self._detector.looks(picture, boxes), strict=True):
            middle = mean_box(box, seen)
            plates.append(self._read_box(picture, middle, (box, *seen, upright(*middle.xywh, box.score))))
        return [plate for plate in plates if self._credible(plate)]

    def read_boxes(self, picture: Image, boxes: Sequence[Box]) -> list[Plate]:
        """The boxes of a grey picture that are credible plates, read, in their order."""
        plates = (self._read_box(picture, box, (box,)) for box in boxes)
        return [plate for plate in plates if self._credible(plate)]

    def _credible(self, plate: Plate) -> bool:
        text, score = plate.reading.text, plate.box.score
        if len(text) < 3 or is_overlay(plate.seen.raw):
            return False
        short = len(text) <= 4 and not any(sign in "23456789" for sign in text)
        if (short or is_mark(text)) and score < self.WORD_SCORE:
            return False
        return score + _evenness(plate.seen) >= self.LEAST

    def _filling(self, picture: Image) -> Plate | None:
        """The plate that fills the picture, read from everything the detector sees of it and from the whole picture."""
        height, width = picture.shape[:2]
        if min(height, width) < 12:
            return None
        found = (self._detector.search(picture, size, SURROUND) for size in FILLING)
        large = [
            max(some, key=lambda box: box.score)
            for boxes in found
            if (some := [b for b in boxes if _fills(b, picture)])
        ]
        if not large:
            return None
        best = max(large, key=lambda box: box.score)
        refined = self._detector.refine(picture, [best])[0]
        plate = self._read_box(picture, refined, (*large, refined, upright(0, 0, width, height, best.score)))
        return plate if self._credible(plate) else None

    def find(self, picture: Image) -> list[Box]:
        """Plates of a grey picture: at the usual size and, where care is asked for and none was found, larger and smaller."""
        boxes = self._detector.detect(picture)
        if not self._careful or any(box.score > 0.5 for box in boxes):
            return boxes
        longer = max(picture.shape)
        tries = [(min(1280, 2 * self._detector.longest), 0)] if longer > self._detector.longest else []
        tries += [(max(192, self._detector.longest // 2), 32), (192, 96)]
        for longest, border in tries:
            found = self._detector.search(picture, longest, border)
            boxes += [box for box in found if not any(iou(box, other) > 0.3 for other in boxes)]
            if any(box.score > 0.5 for box in boxes):
                break
        return sorted(boxes, key=lambda box: -box.score)

    def _read_box(self, picture: Image, box: Box, views: Sequence[Box]) -> Plate:
        """The plate at ``box``, its text from every one of ``views``, which are boxes of the same plate."""
        corners = np.array(box.corners, np.float32)
        crops = [rectify(picture, np.array(view.corners, np.float32)) for view in views]
        seen = _fused(self._recogniser.recognise(crops))
        if _goes_back(seen):
            seen = max(seen, self._by_lines(picture, views), key=_evenness)
        region = self._printed(picture, corners) if self._careful and np.ptp(corners[:, 0]) >= LEGIBLE else None
        reading = settle(seen, region, self._home)
        return Plate(box, reading, seen, region or telling_region(reading.text, self._home))

    def _by_lines(self, picture: Image, views: Sequence[Box]) -> Reading:
        """A plate of two lines with its lines put side by side, as most plates have them: so each letter is read larger."""
        crops = []
        for view in views:
            for cut in LINES if self._careful else LINES[:1]:
                lines = (strip_corners(np.array(view.corners, np.float32), *part) for part in cut)
                crops.append(np.hstack([_halved(rectify(picture, line, AROUND_LINE)) for line in lines]))
        return _fused(self._recogniser.recognise(crops))

    def _printed(self, picture: Image, corners: Floats) -> str | None:
        """The region whose name or slogan stands above or below the number, where it can be read."""
        if self._names is None:
            return None
        bands = [rectify(picture, strip_corners(corners, *part), 0.02) for part in NAMES]
        named = [word_region(reading.text) for reading in self._names.recognise(bands)]
        return next((region for region in named if region), None)


def strip_corners(corners: Floats, upper: float, lower: float) -> Floats:
    """The corners of a plate's strip between two shares of its height."""
    left, right = corners[3] - corners[0], corners[2] - corners[1]
    a, b = (np.stack([corners[0] + left * share, corners[1] + right * share]) for share in (upper, lower))
    return np.stack([a[0], a[1], b[1], b[0]]).astype(np.float32)


def _halved(crop: Image) -> Image:
    import cv2

    return np.asarray(cv2.resize(crop, (WIDTH // 2, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _fused(readings: Sequence[Reading]) -> Reading:
    """One reading of several views, the surer ones counting for more."""
    return fuse(readings, [r.confidence + 0.02 for r in readings]) if len(readings) > 1 else readings[0]


def _fills(box: Box, picture: Image) -> bool:
    return bool(box.width * box.height > 0.4 * picture.shape[0] * picture.shape[1])


def _goes_back(reading: Reading) -> bool:
    """Whether the characters begin again at the left: those of a second line do."""
    return any(after < before - 0.3 for before, after in pairwise(reading.places))


def _evenness(reading: Reading) -> float:
    return float(reading.confidence ** (1 / max(1, len(reading.rows)))) if len(reading.rows) else 0.0
