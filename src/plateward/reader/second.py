"""A second opinion on what was read with little confidence: another reader looks at the plate as well, and both are fused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

from plateward.core.plate import look_alike
from plateward.reader.fuse import fuse
from plateward.reader.geometry import Box, Image
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.recognise import Reading
from plateward.reader.shapes import settle

BELOW = 0.75
"""Reads with less confidence are asked about: of photographs some three in ten, of tracks one in ten."""
LEAST_LIKE = 0.4
"""A second reading less like the first than this is of something else in the picture."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Asks ``reader`` where a reading has less confidence than ``below``."""

    reader: PictureReader
    below: float = BELOW

    def ask(self, picture: Image, first: Reading) -> Reading:
        """``first``, or both readings fused, weighed by their confidence. ``picture``: the plate with what surrounds it."""
        if first.confidence >= self.below:
            return first
        seen = [plate.seen for plate in self.reader.read(picture)]
        likely = max(seen, key=lambda reading: (_likeness(reading, first), reading.confidence), default=None)
        if likely is None or (len(first.rows) and _likeness(likely, first) < LEAST_LIKE):
            return first
        if not len(first.rows):
            return likely
        return fuse([first, likely], [_trust(first), _trust(likely)])


class DoubtingReader:
    """A reader of still pictures that asks for a second opinion on each plate it doubts."""

    def __init__(self, reader: PictureReader, second: SecondOpinion, home: str | None = None) -> None:
        self._reader, self._second, self._home = reader, second, home

    def read(self, image: Image) -> list[Plate]:
        """See ``PictureReader``."""
        return sorted((self._asked(image, plate) for plate in self._reader.read(image)), key=_surest)

    def _asked(self, image: Image, plate: Plate) -> Plate:
        seen = self._second.ask(around(image, plate.box), plate.seen)
        if seen is plate.seen:
            return plate
        return replace(plate, seen=seen, reading=settle(seen, plate.region, self._home))


def around(image: Image, box: Box) -> Image:
    """The part of ``image`` that shows a plate with half its width on each side and twice its height above and below."""
    x, y, w, h = box.xywh
    rows = slice(max(0, y - 2 * h), max(1, y + 3 * h))
    part: Image = image[rows, max(0, x - w // 2) : max(1, x + w + w // 2)]
    return part.copy()


def _surest(plate: Plate) -> float:
    return -plate.reading.confidence


def _likeness(a: Reading, b: Reading) -> float:
    return float(Levenshtein.normalized_similarity(look_alike(a.text), look_alike(b.text)))


def _trust(reading: Reading) -> float:
    return float(reading.confidence**0.5) + 0.02
