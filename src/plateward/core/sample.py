"""A random sample that nobody could choose: its seed is the root of a checkpoint, which comes after what it is drawn from.

Whoever has the checkpoint draws the same sample again. New Jersey's directive 2022-12 asks for a random survey of accesses; a
survey whose reviewer picks the records is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

_LABEL = b"plateward/sample/v1\x00"


def draw(population: Sequence[int], count: int, root: bytes, purpose: str) -> list[int]:
    """``count`` members of ``population``, without repetition, in rising order; all of them when there are no more.

    ``population``: indexes of entries, distinct and in rising order (the order is part of what is reproduced). ``root``: the 32
    bytes of the checkpoint's root. ``purpose``: what the sample is for ("audit 2026-11"), so that two samples of one checkpoint
    are independent. A Fisher-Yates shuffle over numbers from SHA-256 in counter mode, with rejection, so that every subset is
    equally likely. Raises ValueError for a negative count, or a population that is not in rising order.
    """
    if count < 0 or len(root) != 32:
        raise ValueError("a sample has a count of zero or more and a root of 32 bytes")
    if any(a >= b for a, b in pairwise(population)):
        raise ValueError("the population must be distinct and in rising order")
    numbers = _numbers(hashlib.sha256(_LABEL + root + purpose.encode("utf-8")).digest())
    moved: dict[int, int] = {}  # the shuffled array, kept only where it differs from the identity
    size, chosen = len(population), []
    for place in range(min(count, size)):
        other = place + _below(size - place, numbers)
        chosen.append(moved.get(other, other))
        moved[other] = moved.get(place, place)
    return sorted(population[i] for i in chosen)


def _numbers(seed: bytes) -> Iterator[int]:
    """Uniform 64-bit numbers: SHA-256(seed || counter), four big-endian words each."""
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(8, "big")).digest()
        yield from (int.from_bytes(block[i : i + 8], "big") for i in range(0, 32, 8))
        counter += 1


def _below(bound: int, numbers: Iterator[int]) -> int:
    """A uniform number below ``bound``: words at or above the largest multiple of it are thrown away."""
    limit = (1 << 64) - (1 << 64) % bound
    return next(number for number in numbers if number < limit) % bound
