"""Our own nets: a detector of plate corners and a recogniser of one- and two-line plates, trained by the code in ``training/``.

Both are small enough for every frame of a video on one core. The detector marks plate centres on a grid and says where the
four corners lie (after Zhou et al., "Objects as Points", 2019); the recogniser reads the straightened plate column by column
(connectionist temporal classification, Graves et al., 2006). Their weights and what is known of them lie in ``weights/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plateward.core.errors import Fault
from plateward.reader.geometry import Box, Image, iou
from plateward.reader.recognise import ALPHABET, EMPTY, Reading
from plateward.reader.sessions import INSTALL, open_session, own_weights

STRIDE = 8
"""Side of a cell of the detector's grid, pixels of its input."""
HEIGHT, WIDTH = 48, 144
"""Size of the recogniser's input."""
MARGIN = 0.06
"""What the recogniser wants to see around the plate, as a share of the plate's size on each side."""
CLOSER = 128
"""Width (pixels of the net's input) at which a plate that was found is looked at again. On held-out training photographs the mean
overlap with the labelled box rises from 0.759 to 0.798."""
LOOKS = (160, 128, 96, 72)
"""Such widths where care is worth the time: the net errs a little otherwise at each, and readings of all are fused."""
_WINDOW = (160, 256)  # rows and columns of that closer look
_SIDES = 32  # the detector's input is a multiple of this
_GREY = 114  # what surrounds a picture in the detector's input

Floats = npt.NDArray[np.float32]


def grey(image: Image) -> Image:
    """The picture in grey; a grey one is returned as it is."""
    if image.ndim == 2:
        return image
    import cv2

    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def letterbox(image: Image, longest: int, border: int = 0) -> tuple[Image, float]:
    """A grey picture scaled so that its longer side is ``longest``, on a grey ground with sides that suit the net, and the scale.

    ``border`` pixels of ground are left above and to the left of it as well as below and to the right.
    """
    import cv2

    scale = longest / max(image.shape)
    width, height = (max(1, round(side * scale)) for side in (image.shape[1], image.shape[0]))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    rows, columns = (-(-(side + 2 * border) // _SIDES) * _SIDES for side in (height, width))
    ground = np.full((rows, columns), _GREY, np.uint8)
    ground[border : border + height, border : border + width] = cv2.resize(image, (width, height), interpolation=way)
    return ground, scale


def decode_plates(planes: Floats, least: float) -> list[Box]:
    """Plates from the detector's output (9 × rows × columns: centre score, then x and y of the corners in cells), best first.

    Coordinates are pixels of the net's input, counted from pixel edges. Of plates that overlap the better one stays.
    """
    import cv2

    heat = 1.0 / (1.0 + np.exp(-planes[0]))
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((heat >= least) & (heat >= highest))
    kept: list[Box] = []
    for place in np.argsort(-heat[rows, columns])[:100]:
        row, column = int(rows[place]), int(columns[place])
        middle = np.array([column, row]) * STRIDE + STRIDE / 2
        a, b, c, d = (planes[1:, row, column].reshape(4, 2) * STRIDE + middle).tolist()
        box = Box(((a[0], a[1]), (b[0], b[1]), (c[0], c[1]), (d[0], d[1])), float(heat[row, column]))
        if all(iou(box, other) < 0.3 for other in kept):
            kept.append(box)
    return kept


def rectify(image: Image, corners: Floats, margin: float = MARGIN) -> Image:
    """The plate at ``corners`` (4 × 2, pixels) of a grey picture, seen straight on, HEIGHT × WIDTH, with ``margin`` around it."""
    import cv2

    low = np.floor(corners.min(0) - 0.3 * (corners.max(0) - corners.min(0)) - 2).clip(0).astype(int)
    high = np.ceil(corners.max(0) + 0.3 * (corners.max(0) - corners.min(0)) + 2).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    if part.size == 0:
        return np.full((HEIGHT, WIDTH), _GREY, np.uint8)
    points = (corners - low).astype(np.float32)
    along, across = np.linalg.norm(points[1] - points[0]), np.linalg.norm(points[3] - points[0])
    shrink = min(float(along) / WIDTH, float(across) / HEIGHT)
    if shrink > 1.6:  # average before sampling, or thin strokes break up
        fewer = 1.4 / shrink
        part = np.asarray(cv2.resize(part, None, fx=fewer, fy=fewer, interpolation=cv2.INTER_AREA), np.uint8)
        points = points * np.float32(fewer)
    whole = 1 + 2 * margin
    near, far = margin / whole, (1 + margin) / whole
    square = np.array([[near, near], [far, near], [far, far], [near, far]], np.float32)
    target = square * np.array([WIDTH, HEIGHT], np.float32)
    matrix = cv2.getPerspectiveTransform(points - np.float32(0.5), target - np.float32(0.5))
    size = (WIDTH, HEIGHT)
    return np.asarray(cv2.warpPerspective(part, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


class OwnDetector:
    """Finds plates, corners and all. ``longest`` is the longer side of the net's input: more finds smaller plates, more slowly."""

    def __init__(self, model: Path, *, threads: int = 1, longest: int = 640, least: float = 0.3) -> None:
        self._session = open_session(model, threads)
        self._input = self._session.get_inputs()[0].name
        self.longest = longest
        self._least = least

    def detect(self, image: Image) -> list[Box]:
        """See ``plateward.reader.detect.Detector``. Boxes are tight: their corners are those of the plate."""
        return self.search(image, self.longest)

    def search(self, image: Image, longest: int, border: int = 0) -> list[Box]:
        """``detect`` with another input size and with ``border`` pixels of ground around the picture."""
        if min(image.shape[:2]) < 4:
            return []
        ground, scale = letterbox(grey(image), longest, border)
        planes = self._session.run(None, {self._input: ground[np.newaxis, np.newaxis].astype(np.float32)})[0][0]
        return [box.moved(-border / scale, -border / scale, 1 / scale) for box in decode_plates(planes, self._least)]

    def refine(self, image: Image, boxes: Sequence[Box]) -> list[Box]:
        """The same plates with better corners: each is looked at again, alone, at a size at which the net is exact."""
        return [mean_box(box, seen) for box, seen in zip(boxes, self.looks(image, boxes, (CLOSER,)), strict=True)]

    def looks(self, image: Image, boxes: Sequence[Box], widths: Sequence[int] = LOOKS) -> list[list[Box]]:
        """For each plate what is seen of it alone at each of ``widths``, those left out that do not show it."""
        picture = grey(image)
        looks = [_window(picture, box, width) for box in boxes for width in widths]
        if not looks:
            return []
        batch = np.stack([look.ground for look in looks])[:, np.newaxis].astype(np.float32)
        outputs = self._session.run(None, {self._input: batch})[0]
        seen = [look.back(planes) for look, planes in zip(looks, outputs, strict=True)]
        several = len(widths)
        each = (seen[i * several : (i + 1) * several] for i in range(len(boxes)))
        return [[again for again in some if again is not None] for some in each]


@dataclass(frozen=True, slots=True)
class _Look:
    """A window around a plate: ``ground`` is what the net sees, ``scale`` and ``origin`` lead back to the picture."""

    ground: Image
    scale: tuple[float, float]
    origin: tuple[float, float]
    expected: Box

    def back(self, planes: Floats) -> Box | None:
        """The plate again, in pixels of the picture, or None where the net does not see it."""
        found = [self._moved(box) for box in decode_plates(planes, 0.15)]
        best = max(found, key=lambda box: iou(box, self.expected), default=None)
        return best if best is not None and iou(best, self.expected) > 0.3 else None

    def _moved(self, box: Box) -> Box:
        a, b, c, d = ((x / self.scale[0] + self.origin[0], y / self.scale[1] + self.origin[1]) for x, y in box.corners)
        return Box((a, b, c, d), box.score)


def _window(picture: Image, box: Box, width: int) -> _Look:
    import cv2

    scale = width / max(box.xywh[2], 1)
    (rows, columns), (x, y) = _WINDOW, box.centre
    left, top = (max(0, int(middle - side / 2 / scale)) for middle, side in ((x, columns), (y, rows)))
    part = picture[top : max(top + 1, int(y + rows / 2 / scale)), left : max(left + 1, int(x + columns / 2 / scale))]
    ground = np.full(_WINDOW, _GREY, np.uint8)
    if part.size == 0:
        return _Look(ground, (scale, scale), (left, top), box)
    wide, tall = (
        min(most, max(1, round(side * scale))) for most, side in ((columns, part.shape[1]), (rows, part.shape[0]))
    )
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    ground[:tall, :wide] = cv2.resize(part, (wide, tall), interpolation=way)
    return _Look(ground, (wide / part.shape[1], tall / part.shape[0]), (left, top), box)


def mean_box(box: Box, again: Sequence[Box]) -> Box:
    """``box`` with the mean of the corners that were seen of it ``again``; itself where none were."""
    if not again:
        return box
    a, b, c, d = np.mean(np.array([other.corners for other in again]), axis=0).tolist()
    return Box(((a[0], a[1]), (b[0], b[1]), (c[0], c[1]), (d[0], d[1])), box.score)


class OwnRecogniser:
    """Reads straightened plates of one or two lines, the whole plate with a little margin in each crop."""

    BATCH = 16

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        self._session = open_session(model, threads)
        self._input = self._session.get_inputs()[0].name

    def recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """See ``Recogniser``."""
        import cv2

        readings: list[Reading] = []
        for start in range(0, len(crops), self.BATCH):
            part = [
                cv2.resize(grey(crop), (WIDTH, HEIGHT)) if crop.shape != (HEIGHT, WIDTH) else crop
                for crop in crops[start : start + self.BATCH]
            ]
            batch = np.stack(part)[:, np.newaxis].astype(np.float32)
            readings += [decode_reading(steps) for steps in self._session.run(None, {self._input: batch})[0]]
        return readings


def decode_reading(scores: Floats) -> Reading:
    """A reading from the recogniser's scores (steps × 37, nothing first; the upper line's steps, then the lower line's).

    A run of steps with one best character is that character; its row comes from the step where it is clearest. How likely it is
    that no character is missing or too many is judged from the steps between the runs: what they give to others than nothing and
    than their neighbours.
    """
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    steps = shifted / shifted.sum(axis=1, keepdims=True)
    best = steps.argmax(axis=1)
    columns = len(best) // 2
    bounds = [0, *(int(i) + 1 for i in np.nonzero(np.diff(best))[0]), len(best)]
    runs = [(start, end, int(best[start])) for start, end in pairwise(bounds)]
    rows, places, raw, sure = [], [], [], 1.0
    for number, (start, end, sign) in enumerate(runs):
        if sign:
            peak = start + int(steps[start:end, sign].argmax())
            rows.append(steps[peak, 1:].astype(np.float32))
            places.append((peak % columns + 0.5) / columns)
            raw.append(ALPHABET[sign - 1])
            continue
        known = {0} | {runs[other][2] for other in (number - 1, number + 1) if 0 <= other < len(runs)}
        others = 1.0 - steps[start:end, sorted(known)].sum(axis=1)
        sure *= 1.0 - min(0.9, max(0.0, float(others.max())))
    if not rows:
        return EMPTY
    return Reading(np.stack(rows), tuple(places), "".join(raw), sure)


def own_detector(*, threads: int = 1, longest: int = 640) -> OwnDetector:
    """The detector with the weights that this installation brings."""
    return OwnDetector(_weights("detector.onnx"), threads=threads, longest=longest)


def own_recogniser(*, threads: int = 1) -> OwnRecogniser:
    """The recogniser with the weights that this installation brings."""
    return OwnRecogniser(_weights("reader.onnx"), threads=threads)


def own_names(*, threads: int = 1) -> OwnRecogniser | None:
    """The reader of regions' names and slogans, where this installation brings one."""
    path = own_weights("names.onnx")
    return OwnRecogniser(path, threads=threads) if path else None


def _weights(name: str) -> Path:
    path = own_weights(name)
    if path is None:
        raise Fault(f"This installation brings no own weights ({name}).", next_step=INSTALL)
    return path
