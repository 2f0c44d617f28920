"""What a plate says: the protocol, the reading with its probabilities, and the general text recogniser of the rapidocr wheel."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from plateward.reader.geometry import Image
from plateward.reader.sessions import open_session

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The characters of a plate, in the order of a probability row."""

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One crop, read. ``rows[i][j]`` is the probability that character ``i`` is ``ALPHABET[j]``; a row may sum to less than 1.

    ``places`` are the characters' middles as a part of the crop's width (0 left, 1 right). ``raw`` is everything that the
    recogniser saw, with spaces, marks and foreign letters, and tells a plate from a sign. ``length_confidence`` is the
    probability that exactly these characters exist, none missing and none too many.
    """

    rows: Probabilities
    places: tuple[float, ...]
    raw: str
    length_confidence: float = 1.0

    @property
    def text(self) -> str:
        """The most likely character of each row."""
        return "".join(ALPHABET[int(best)] for best in self.rows.argmax(axis=1)) if len(self.rows) else ""

    @property
    def char_confidences(self) -> tuple[float, ...]:
        """The probability of each character of ``text``."""
        return tuple(float(row.max()) for row in self.rows)

    @property
    def confidence(self) -> float:
        """Probability that every character is right, taking them as independent: the product. 0 for an empty reading."""
        return float(np.prod(self.rows.max(axis=1))) * self.length_confidence if len(self.rows) else 0.0

    def candidates(self, most: int = 10) -> list[tuple[str, float]]:
        """The likeliest texts of this length with their probabilities, best first."""
        beams: list[tuple[str, float]] = [("", self.length_confidence)]
        for row in self.rows:
            best = np.argsort(row)[::-1][:6]
            grown = [(text + ALPHABET[j], p * float(row[j])) for text, p in beams for j in best if row[j] > 0]
            beams = sorted(grown, key=lambda beam: (-beam[1], beam[0]))[:most]
        return [beam for beam in beams if beam[0]]


EMPTY = Reading(np.zeros((0, len(ALPHABET)), np.float32), (), "")


class Recogniser(Protocol):
    """Reads straightened crops."""

    def recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """One reading a crop, in order; a crop that shows nothing gives an empty reading. Crops are grey or BGR, any size."""
        ...


class TextRecogniser:
    """PaddleOCR's general text recogniser (CTC over some 18,000 characters), folded to the 36 characters of plates."""

    HEIGHT = 48
    BATCH = 8

    def __init__(self, model: Path, *, threads: int = 0, keep_memory: bool = True) -> None:
        self._session = open_session(model, threads, keep_memory=keep_memory)
        self._input = self._session.get_inputs()[0].name
        known = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        # CTC: the first output is "nothing here"; the last is the space, which the list leaves out.
        self._characters = ["", *known, " "]
        self._fold = _fold(self._characters)

    def recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """See ``Recogniser``. Crops of like width share a run of the net."""
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / max(1, crops[i].shape[0]))
        readings: list[Reading] = [EMPTY] * len(crops)
        for start in range(0, len(order), self.BATCH):
            part = order[start : start + self.BATCH]
            batch, widths = self._batch([crops[i] for i in part])
            for i, steps, width in zip(part, self._session.run(None, {self._input: batch})[0], widths, strict=True):
                readings[i] = self._decode(steps, width / batch.shape[3])
        return readings

    def _batch(self, crops: Sequence[Image]) -> tuple[npt.NDArray[np.float32], list[int]]:
        import cv2

        widths = [min(1600, max(16, round(self.HEIGHT * c.shape[1] / max(1, c.shape[0])))) for c in crops]
        batch = np.zeros((len(crops), 3, self.HEIGHT, max(160, -(-max(widths) // 8) * 8)), np.float32)
        for place, (crop, width) in enumerate(zip(crops, widths, strict=True)):
            small = cv2.resize(crop, (width, self.HEIGHT), interpolation=cv2.INTER_LINEAR)
            if small.ndim == 2:
                small = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
            batch[place, :, :, :width] = small.astype(np.float32).transpose(2, 0, 1) / 127.5 - 1.0
        return batch, widths

    def _decode(self, steps: npt.NDArray[np.float32], used: float) -> Reading:
        best = steps.argmax(axis=1)
        rows, places, raw = [], [], []
        start = 0
        while start < len(best):
            end = start + 1
            while end < len(best) and best[end] == best[start]:
                end += 1
            if best[start] != 0:
                character = self._characters[best[start]]
                raw.append(character)
                if plain(character):
                    # The clearest moment of the run says most about the character.
                    peak = start + int(steps[start:end, best[start]].argmax())
                    rows.append(self._row(steps[peak]))
                    places.append((peak + 0.5) / (len(best) * used))
            start = end
        if not rows:
            return Reading(EMPTY.rows, (), "".join(raw))
        return Reading(np.stack(rows), tuple(min(1.0, p) for p in places), "".join(raw))

    def _row(self, step: npt.NDArray[np.float32]) -> Probabilities:
        return np.bincount(self._fold, weights=step, minlength=len(ALPHABET) + 1)[:-1].astype(np.float32)


def plain(character: str) -> str:
    """The plate character that ``character`` stands for (full-width, small and accented letters fold), or ""."""
    if not character:
        return ""
    base = unicodedata.normalize("NFKD", character)[0].upper()
    return base if len(base) == 1 and base in ALPHABET else ""


def _fold(characters: Sequence[str]) -> npt.NDArray[np.int64]:
    other = len(ALPHABET)
    return np.array([ALPHABET.index(p) if (p := plain(c)) else other for c in characters], dtype=np.int64)
