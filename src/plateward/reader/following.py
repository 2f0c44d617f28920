"""Frames of one video through the own nets, with less work: plates that were found are followed from frame to frame.

The whole frame is searched every few frames; in between only those places are looked at where a plate must be by now. A plate that
read the same again and again is not read anew until it is larger: its place still continues the track.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from plateward.reader.geometry import Box, Image, iou
from plateward.reader.own import grey
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.recognise import EMPTY

EVERY = 4
"""Of so many frames one is searched as a whole while plates are followed; without any each is."""
EXPECTED_SCORE = 0.35
"""What an expected place counts for: a reading there must be clear by itself (see ``OwnPictureReader.LEAST``)."""
SETTLED, SURE, GROWN = 6, 0.97, 1.25
"""A plate that read the same so often, with so even a certainty, is read again when it is so much larger."""
LOST = 4
"""Looks without a plate after which a place is expected no more."""


@dataclass(slots=True)
class _Followed:
    """A plate on its way. ``step``: how it moves from one frame to the next, pixels; ``same``: how often it read the same."""

    plate: Plate
    step: tuple[float, float] = (0.0, 0.0)
    growth: float = 1.0
    same: int = 0
    read_height: float = 0.0
    missed: int = 0
    frames: int = 1

    @property
    def expected(self) -> Box:
        """Where it should be in the next frame."""
        (cx, cy), n = self.plate.box.centre, self.frames
        growth = self.growth**n
        moved = self.plate.box.moved(cx * (1 - growth), cy * (1 - growth), growth)
        return replace(moved.moved(self.step[0] * n, self.step[1] * n), score=EXPECTED_SCORE)

    @property
    def settled(self) -> bool:
        """Whether another reading would say nothing new."""
        return self.same >= SETTLED and bool(self.plate.box.height < GROWN * self.read_height)


class Nets(Protocol):
    """The steps of a reader of pictures, one by one (see ``OwnPictureReader``)."""

    def find(self, picture: Image) -> list[Box]:
        """Plates of a whole grey picture."""
        ...

    def refine(self, picture: Image, boxes: Sequence[Box]) -> list[Box]:
        """Boxes that were found or are expected, each looked at again; the very same box where nothing is seen."""
        ...

    def read_boxes(self, picture: Image, boxes: Sequence[Box]) -> list[Plate]:
        """The boxes that are credible plates, read."""
        ...


class FollowingReader:
    """Reads the frames of one video, in their order. One video, one of these."""

    def __init__(self, reader: Nets, every: int = EVERY) -> None:
        self._reader, self._every = reader, max(1, every)
        self._followed: list[_Followed] = []
        self._since = 0
        self.searched = 0
        self.read_plates = 0

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``. A plate that was not read anew has an empty ``seen`` and the ``reading`` it had."""
        picture = grey(image)
        if not self._followed or self._since + 1 >= self._every:
            self._since = 0
            self.searched += 1
            boxes = self._reader.find(picture)
            refined = self._reader.refine(picture, boxes)
        else:
            self._since += 1
            boxes = [one.expected for one in self._followed if _within(one.expected, picture)]
            looked = zip(boxes, self._reader.refine(picture, boxes), strict=True)
            # What comes back as it was given is a place where nothing was seen.
            refined = [box for expected, box in looked if box is not expected]
        return self._go_on(picture, refined)

    def _go_on(self, picture: Image, boxes: Sequence[Box]) -> list[Plate]:
        free = list(self._followed)
        kept: list[_Followed] = []
        plates: list[Plate] = []
        for box in boxes:
            if any(iou(box, plate.box) > 0.3 for plate in plates):
                continue  # two expected places have become one plate
            one = _partner(box, free)
            if one is not None:
                free.remove(one)
            if one is not None and one.settled and box.height < GROWN * one.read_height:
                plate = replace(one.plate, box=box, seen=EMPTY)
            else:
                read = self._reader.read_boxes(picture, [box])
                self.read_plates += 1
                if not read:
                    if one is not None:
                        free.append(one)
                    continue
                plate = read[0]
            kept.append(_moved_on(one, plate) if one is not None else _Followed(plate))
            plates.append(plate)
        for one in free:
            one.missed += 1
            one.frames += 1
        self._followed = kept + [one for one in free if one.missed < LOST]
        return plates


def _moved_on(one: _Followed, plate: Plate) -> _Followed:
    (x, y), (px, py), n = plate.box.centre, one.plate.box.centre, one.frames
    step = ((x - px) / n, (y - py) / n)
    growth = (plate.box.height / max(one.plate.box.height, 1.0)) ** (1 / n)
    if not len(plate.seen.rows):
        return _Followed(plate, step, min(1.2, max(0.8, growth)), one.same, one.read_height)
    even = plate.seen.confidence ** (1 / len(plate.seen.rows))
    same = one.same + 1 if plate.reading.text == one.plate.reading.text and even >= SURE else 0
    return _Followed(plate, step, min(1.2, max(0.8, growth)), same, plate.box.height)


def _partner(box: Box, followed: Sequence[_Followed]) -> _Followed | None:
    scored = [(iou(box, one.expected), one) for one in followed]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] > 0.15 else None


def _within(box: Box, picture: Image) -> bool:
    x, y = box.centre
    return bool(0 < x < picture.shape[1] and 0 < y < picture.shape[0])


def for_video(reader: PictureReader) -> Callable[[], PictureReader]:
    """What makes a reader for the frames of one video: the own nets follow plates, others read each frame alone."""
    if isinstance(reader, OwnPictureReader):
        own = reader
        return lambda: FollowingReader(own)
    return lambda: reader
