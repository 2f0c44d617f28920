"""What reading is measured beside: rapidocr as its package runs it, on the whole picture, and a plate pattern over its lines."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from plateward.core.errors import Fault
from plateward.reader.geometry import Box, Image
from plateward.reader.read_picture import Plate
from plateward.reader.recognise import ALPHABET, Reading
from plateward.reader.regions import letters
from plateward.reader.sessions import INSTALL, cores

PATTERN = re.compile(r"(?=.*\d)[A-Z0-9]{4,10}|[A-Z]{5,8}")
"""Four to ten letters and digits with a digit among them, or a word that a vanity plate may be."""


class RapidOcrReader:
    """Every line of text that fits ``PATTERN`` is a plate: what a few lines of code over a good general reader give."""

    def __init__(self, *, threads: int = 0) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as missing:
            raise Fault("rapidocr is not installed.", next_step=INSTALL) from missing
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": threads or cores(),
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def read(self, image: Image) -> list[Plate]:
        """See ``read_picture.PictureReader``."""
        result = self._engine(image)
        if result.boxes is None or result.txts is None:
            return []
        found = []
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            plain = letters(text)
            if PATTERN.fullmatch(plain):
                a, b, c, d = ((float(x), float(y)) for x, y in corners)
                reading = _reading(plain, text, float(score))
                found.append(Plate(Box((a, b, c, d), float(score)), reading, reading, None))
        return sorted(found, key=lambda plate: -plate.reading.confidence)


def _reading(plain: str, raw: str, score: float) -> Reading:
    rows = np.zeros((len(plain), len(ALPHABET)), np.float32)
    rows[np.arange(len(plain)), [ALPHABET.index(c) for c in plain]] = score
    return Reading(rows, tuple((i + 0.5) / len(plain) for i in range(len(plain))), raw)
