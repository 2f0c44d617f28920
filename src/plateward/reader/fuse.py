"""Several readings of one plate into one: the frames of a track, or several crops of one box.

Readings are aligned character by character (global alignment, Needleman and Wunsch 1970, on probability rows instead of
letters) and voted column by column with weights, as ROVER does for speech (Fiscus, ASRU 1997). Probabilities are averaged,
not multiplied: errors of neighbouring frames are not independent, and a product would be sure of a shared mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plateward.reader.recognise import EMPTY, Probabilities, Reading

GAP = -0.3
"""Price of leaving a character without partner; two gaps cost more than one mismatch (0)."""


@dataclass(slots=True)
class _Column:
    votes: Probabilities
    place: float
    weight: float


def fuse(readings: Sequence[Reading], weights: Sequence[float]) -> Reading:
    """One reading from many of the same plate. Weights are any positive numbers; readings without characters are left out.

    Rows are averages over all readings, those that saw no such character included, so that a character only some saw is
    less sure. ``length_confidence`` says how far the readings agree on which characters exist.
    """
    told = sorted(((r, w) for r, w in zip(readings, weights, strict=True) if len(r.rows) and w > 0), key=_strength)[
        ::-1
    ]
    if not told:
        return EMPTY
    if len(told) == 1:
        return told[0][0]
    first, weight = told[0]
    columns = [_Column(row * weight, place, weight) for row, place in zip(first.rows, first.places, strict=True)]
    total = weight
    for reading, weight in told[1:]:
        columns = _merge(columns, reading, weight)
        total += weight
    return _vote(columns, total, first.raw)


def _strength(pair: tuple[Reading, float]) -> tuple[float, int]:
    reading, weight = pair
    return weight * float(reading.rows.max(axis=1).mean()), len(reading.rows)


def _vote(columns: list[_Column], total: float, raw: str) -> Reading:
    kept = [c for c in columns if c.weight > total / 2]
    agreed = 1.0
    for column in columns:
        share = column.weight / total
        agreed *= max(share, 1 - share)
    if not kept:
        return EMPTY
    rows = np.stack([c.votes / c.weight for c in kept]).astype(np.float32)
    return Reading(rows, tuple(c.place / c.weight if c.weight else 0.0 for c in kept), raw, length_confidence=agreed)


def _merge(columns: list[_Column], reading: Reading, weight: float) -> list[_Column]:
    merged = []
    for i, j in _align(columns, reading):
        if i is None:
            assert j is not None
            merged.append(_Column(reading.rows[j] * weight, reading.places[j] * weight, weight))
            continue
        column = columns[i]
        if j is not None:
            column.votes = column.votes + reading.rows[j] * weight
            column.place += reading.places[j] * weight
            column.weight += weight
        merged.append(column)
    return merged


def _align(columns: list[_Column], reading: Reading) -> list[tuple[int | None, int | None]]:
    """Pairs (column, character), None where one side has no partner, left to right."""
    means = np.stack([c.votes / c.weight for c in columns])
    likeness = means @ reading.rows.T
    rows, cols = likeness.shape
    best = np.zeros((rows + 1, cols + 1))
    best[:, 0] = GAP * np.arange(rows + 1)
    best[0, :] = GAP * np.arange(cols + 1)
    for i in range(1, rows + 1):
        for j in range(1, cols + 1):
            best[i, j] = max(best[i - 1, j - 1] + likeness[i - 1, j - 1], best[i - 1, j] + GAP, best[i, j - 1] + GAP)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = rows, cols
    while i or j:
        if i and j and best[i, j] == best[i - 1, j - 1] + likeness[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and (not j or best[i, j] == best[i - 1, j] + GAP):
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]
