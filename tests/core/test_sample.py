"""A sample that nobody can choose."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.sample import draw

ROOT = hashlib.sha256(b"root").digest()


@given(
    st.lists(st.integers(0, 10**9), unique=True, max_size=60).map(sorted),
    st.integers(0, 80),
    st.binary(min_size=32, max_size=32),
)
def test_a_sample_is_a_subset_without_repetition_that_anybody_draws_again(
    population: list[int], count: int, root: bytes
) -> None:
    drawn = draw(population, count, root, "audit")
    assert len(drawn) == len(set(drawn)) == min(count, len(population))
    assert set(drawn) <= set(population)
    assert drawn == sorted(drawn) == draw(population, count, root, "audit")


def test_the_sample_of_a_given_root_never_changes() -> None:
    assert draw(range(1_000_000), 5, ROOT, "audit 2026-11") == [106561, 214003, 257990, 450919, 705588]


def test_a_plain_shuffle_of_the_same_numbers_draws_the_same() -> None:
    """Written anew from the docstring, as an auditor would."""
    seed = hashlib.sha256(b"plateward/sample/v1\x00" + ROOT + b"again").digest()
    blocks = b"".join(hashlib.sha256(seed + i.to_bytes(8, "big")).digest() for i in range(50))
    words = iter(int.from_bytes(blocks[i : i + 8], "big") for i in range(0, len(blocks), 8))
    array = list(range(100, 200))
    for place in range(30):
        bound = 100 - place
        word = next(words)
        while word >= 2**64 - 2**64 % bound:
            word = next(words)
        other = place + word % bound
        array[place], array[other] = array[other], array[place]
    assert draw(range(100, 200), 30, ROOT, "again") == sorted(array[:30])


def test_another_root_or_purpose_gives_another_sample() -> None:
    first = draw(range(10_000), 50, ROOT, "audit 2026-11")
    assert first != draw(range(10_000), 50, ROOT, "audit 2026-12")
    assert first != draw(range(10_000), 50, hashlib.sha256(b"other").digest(), "audit 2026-11")


def test_every_pair_of_seven_is_drawn_equally_often() -> None:
    counts = Counter(tuple(draw(range(7), 2, hashlib.sha256(i.to_bytes(4, "big")).digest(), "")) for i in range(21_000))
    assert len(counts) == 21
    chi_square = sum((seen - 1000) ** 2 / 1000 for seen in counts.values())
    assert (
        chi_square < 45.3
    )  # the 0.1 % point for 20 degrees of freedom; the draw is deterministic, so this cannot flake


def test_a_population_in_another_order_is_refused_because_it_would_draw_others() -> None:
    for population in ([3, 1, 2], [1, 1, 2]):
        with pytest.raises(ValueError, match="rising"):
            draw(population, 1, ROOT, "")
