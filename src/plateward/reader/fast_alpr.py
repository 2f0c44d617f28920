"""For people who have fast-alpr installed (0.4): its detector and its recogniser behind our two protocols.

Nothing of it comes with this program, and its models are fetched by it, not by us, the first time it is opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from plateward.core.errors import Fault
from plateward.reader.detect import Detector
from plateward.reader.geometry import Box, Image, straighten, upright
from plateward.reader.read_picture import Plate
from plateward.reader.recognise import ALPHABET, EMPTY, Reading, Recogniser
from plateward.reader.regions import is_overlay, letters
from plateward.reader.shapes import settle

PADDING = 0.1
"""Its boxes are tight; with a tenth of the height round them its recogniser read 89 instead of 81 % of US plates."""
HEIGHT = 70
LEAST = 0.1
"""Its probability of a character counts for no less: where it gives none it says 0, and yet it named that character."""


class FastAlprDetector:
    """Its detector: ``predict`` gives boxes with a confidence."""

    def __init__(self, detector: Any) -> None:
        self._detector = detector

    def detect(self, image: Image) -> list[Box]:
        """See ``plateward.reader.detect.Detector``."""
        found = []
        for one in self._detector.predict(_colour(image)):
            box = one.bounding_box
            found.append(upright(box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1, float(one.confidence)))
        return sorted(found, key=lambda box: -box.score)


class FastAlprRecogniser:
    """Its recogniser: ``predict`` gives a text with the confidence of each character, or of all of them."""

    def __init__(self, ocr: Any) -> None:
        self._ocr = ocr

    def recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """See ``plateward.reader.recognise.Recogniser``."""
        return [_reading(self._ocr.predict(_colour(crop))) for crop in crops]


class PartsReader:
    """Any detector of whole plates with any recogniser of single plates, as a reader of pictures."""

    def __init__(
        self, detector: Detector, recogniser: Recogniser, *, home: str | None = None, padding: float = PADDING
    ) -> None:
        self._detector, self._recogniser, self._home, self._padding = detector, recogniser, home, padding

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``."""
        boxes = self._detector.detect(image)
        pads = [self._padding * box.height for box in boxes]
        crops = [straighten(image, box.padded(pad, pad), HEIGHT) for box, pad in zip(boxes, pads, strict=True)]
        readings = self._recogniser.recognise(crops) if crops else []
        plates = [
            Plate(box, settle(seen, None, self._home), seen, None)
            for box, seen in zip(boxes, readings, strict=True)
            if len(seen.rows) >= 3 and not is_overlay(seen.raw)
        ]
        return sorted(plates, key=lambda plate: -plate.reading.confidence)


def fast_alpr_reader(home: str | None = None) -> PartsReader:
    """A reader of pictures with the fast-alpr that is installed. Raises Fault where it is not, or cannot open its models."""
    try:
        library: Any = importlib.import_module("fast_alpr")
    except ImportError as missing:
        raise Fault(
            "fast-alpr is not installed.", next_step="Install it with: pip install 'fast-alpr[onnx]'."
        ) from missing
    try:
        alpr = library.ALPR()
    except Exception as broken:  # it fetches its models from a hub: whatever goes wrong there ends here
        raise Fault(
            f"fast-alpr cannot be opened ({type(broken).__name__}).", next_step="Run it once with a network, alone."
        ) from broken
    return parts_of(alpr, home)


def parts_of(alpr: Any, home: str | None = None) -> PartsReader:
    """A reader of pictures with the parts of an ``ALPR`` that is open, whichever models it was given."""
    return PartsReader(FastAlprDetector(alpr.detector), FastAlprRecogniser(alpr.ocr), home=home)


def _colour(image: Image) -> Image:
    return np.repeat(image[:, :, None], 3, 2) if image.ndim == 2 else image


def _reading(result: Any) -> Reading:
    if result is None or not result.text:
        return EMPTY
    text = letters(result.text)
    given = result.confidence
    each = [float(given)] * len(result.text) if isinstance(given, int | float) else [float(p) for p in given]
    kept = [p for sign, p in zip(result.text, each, strict=False) if letters(sign)]
    if not text or len(kept) != len(text):
        return EMPTY
    rows = np.zeros((len(text), len(ALPHABET)), np.float32)
    for place, (sign, p) in enumerate(zip(text, kept, strict=True)):
        probability = min(1.0, max(LEAST, p))
        rows[place] = (1 - probability) / (len(ALPHABET) - 1)
        rows[place, ALPHABET.index(sign)] = probability
    return Reading(rows, tuple((i + 0.5) / len(text) for i in range(len(text))), result.text)
