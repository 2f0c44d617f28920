"""Doubts settled by the shapes of serials: "RK3OOAG" becomes "RK300AG" where a region writes AA999AA, and never otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from plateward.reader.recognise import ALPHABET, Reading
from plateward.reader.regions import known, shape

_SHARES = {
    "O0": 0.3, "I1": 0.3, "Q0": 0.05, "D0": 0.03, "L1": 0.03, "B8": 0.03,
    "S5": 0.03, "Z2": 0.03, "Z7": 0.03, "G6": 0.03, "T7": 0.02, "A4": 0.02,
}  # fmt: skip
"""How much of one character's probability its double may claim. In many plate alphabets O and 0, I and 1 are one drawing."""

UNSHAPED = 0.06
"""Prior weight of a text that follows no known shape (vanity and special plates) beside one that does."""

ELSEWHERE = 0.15
"""Prior weight of a shape that only other countries use, where the reader's own is known."""

EVIDENCE = 0.04
"""A character that is no double of the one read must have been seen with this probability to replace it."""

SPURIOUS = 0.3
"""A state's outline or a coat of arms is now and then read as a character: prior weight of one too many, beside its own doubt."""

_DIGIT = np.array([c.isdigit() for c in ALPHABET])
Matrix = npt.NDArray[np.float32]


def _claims() -> Matrix:
    matrix = np.eye(len(ALPHABET), dtype=np.float32)
    for pair, share in _SHARES.items():
        a, b = ALPHABET.index(pair[0]), ALPHABET.index(pair[1])
        matrix[a, b] = matrix[b, a] = share
    return matrix


_CLAIMS = _claims()


def settle(reading: Reading, region: str | None = None, home: str | None = None) -> Reading:
    """``reading`` with doubts settled where that makes it a serial of ``region``, or of any known region when that is None.

    ``home`` ("US", "US-CA") is where the reader stands: the shapes of its country count for more than those of the others.

    A letter turns into its look-alike digit (or back), a character into another that was seen with some probability, and one
    doubtful character too many goes. A text that already has a known shape stays as it is. Rows of turned characters share
    their probability, and a dropped one lowers ``length_confidence``, so the confidence says that it was a guess.
    """
    if len(reading.rows) < 4:
        return reading
    shapes = _shapes(region, home)
    stay = _log(_chosen(reading.rows, reading.text)) + math.log(UNSHAPED)
    best, best_score = reading, stay
    for candidate, prior in _trimmed(reading):
        claimed = _claimed(candidate.rows)
        for form, weight in shapes.items():
            if len(form) == len(candidate.rows):
                picked = [_pick(row, kind) for row, kind in zip(claimed, form, strict=True)]
                score = _log([float(row[i]) for row, i in zip(claimed, picked, strict=True)]) + math.log(prior * weight)
                if score > best_score and _seen(candidate, picked):
                    best, best_score = _turned(candidate, picked), score
    return best


def telling_region(text: str, home: str | None) -> str | None:
    """The region of the reader's country that alone writes ``text``'s shape, as far as the data file says so.

    "7ABC123" seen in the United States is Californian; "ABC1234" may be of many states, and elsewhere nothing is concluded.
    """
    region = known().telling.get(shape(text))
    return region if region and home and region[:2] == home[:2] else None


def _trimmed(reading: Reading) -> Iterator[tuple[Reading, float]]:
    """The reading itself, and with one doubtful character left out, each with its prior weight."""
    yield reading, 1.0
    for place, sure in enumerate(reading.char_confidences):
        if sure < 0.8 and len(reading.rows) > 5:
            keep = [i for i in range(len(reading.rows)) if i != place]
            rest = replace(
                reading,
                rows=reading.rows[keep],
                places=tuple(reading.places[i] for i in keep),
                length_confidence=reading.length_confidence * 0.7,
            )
            yield rest, SPURIOUS * (1 - sure)


def _claimed(rows: Matrix) -> Matrix:
    claimed: Matrix = rows @ _CLAIMS
    scale = rows.sum(axis=1, keepdims=True) / np.maximum(claimed.sum(axis=1, keepdims=True), 1e-9)
    shared: Matrix = (claimed * scale).astype(np.float32)
    return shared


def _chosen(rows: Matrix, text: str) -> list[float]:
    return [float(row[ALPHABET.index(c)]) for row, c in zip(_claimed(rows), text, strict=True)]


def _log(chances: list[float]) -> float:
    return sum(math.log(max(chance, 1e-9)) for chance in chances)


def _seen(reading: Reading, picked: list[int]) -> bool:
    current = [ALPHABET.index(c) for c in reading.text]
    return all(
        bool(new == old or _CLAIMS[old, new] > 0 or row[new] >= EVIDENCE)
        for row, old, new in zip(reading.rows, current, picked, strict=True)
    )


def _turned(reading: Reading, picked: list[int]) -> Reading:
    rows = reading.rows.copy()
    for place, new in enumerate(picked):
        old = int(rows[place].argmax())
        if old != new:
            both = rows[place, old] + rows[place, new]
            rows[place, new], rows[place, old] = 0.6 * both, 0.4 * both
    return replace(reading, rows=rows)


def _pick(row: npt.NDArray[np.float32], kind: str) -> int:
    if kind not in "9A":
        return ALPHABET.index(kind)
    return int(np.where(_DIGIT if kind == "9" else ~_DIGIT, row, -1.0).argmax())


def _shapes(region: str | None, home: str | None) -> dict[str, float]:
    """The shapes to try, each with its prior weight."""
    regions = known()
    if own := regions.shapes.get(region or ""):
        return dict.fromkeys(own, 1.0)
    country = (home or "")[:2]
    near = {form for code, forms in regions.shapes.items() if country and code[:2] == country for form in forms}
    return {form: 1.0 if not near or form in near else ELSEWHERE for form in regions.all_shapes}
