"""Several readings of one plate: the majority decides each character, and what only some saw is less sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.reader.fuse import fuse
from plateward.reader.recognise import ALPHABET, EMPTY
from tests.reader.test_rules import reading

PLATES = st.text(ALPHABET, min_size=4, max_size=8)


@given(PLATES, st.integers(1, 6))
def test_readings_that_agree_say_the_same(text: str, times: int) -> None:
    fused = fuse([reading(text)] * times, [1.0] * times)
    assert fused.text == text
    assert fused.length_confidence == pytest.approx(1.0)


@given(PLATES, st.data())
def test_one_wrong_character_in_one_of_three_does_not_matter(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = text[:place] + data.draw(st.sampled_from(ALPHABET)) + text[place + 1 :]
    assert fuse([reading(text), reading(wrong, 0.9), reading(text)], [1.0, 1.0, 1.0]).text == text


@given(PLATES, st.data())
def test_a_lost_character_comes_back(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    short = text[:place] + text[place + 1 :]
    fused = fuse([reading(short), reading(text), reading(text)], [1.0, 1.0, 1.0])
    assert fused.text == text
    assert fused.length_confidence < 1


@given(st.lists(st.text(ALPHABET, min_size=1, max_size=10), min_size=2, max_size=6))
def test_readings_that_have_nothing_in_common_are_fused_as_well(texts: list[str]) -> None:
    fused = fuse([reading(text) for text in texts], [1.0] * len(texts))
    assert set(fused.text) <= set("".join(texts))
    assert 0 <= fused.confidence <= 1


def test_the_end_of_a_plate_joins_the_whole() -> None:
    assert "LMNO" in fuse([reading("ABCDEFGHLMNO"), reading("LMNO")], [1.0, 1.0]).text


def test_a_surer_reading_weighs_more() -> None:
    assert fuse([reading("ABC128"), reading("ABC123")], [1.0, 3.0]).text == "ABC123"


def test_disagreement_lowers_the_confidence() -> None:
    both = fuse([reading("ABC128"), reading("ABC123"), reading("ABC123")], [1.0, 1.0, 1.0])
    assert both.confidence < reading("ABC123").confidence


def test_nothing_fuses_to_nothing() -> None:
    assert fuse([], []).text == ""
    assert fuse([EMPTY, EMPTY], [1.0, 1.0]).text == ""
    assert fuse([EMPTY, reading("ABC123")], [1.0, 1.0]).text == "ABC123"


@given(PLATES)
def test_candidates_are_ordered_probabilities_and_begin_with_the_text(text: str) -> None:
    candidates = reading(text, 0.6, also={0: "A" if text[0] != "A" else "B"}).candidates()
    chances = [p for _, p in candidates]
    assert candidates[0][0] == text
    assert chances == sorted(chances, reverse=True)
    assert len(candidates) <= 10
    assert sum(chances) <= 1.0 + 1e-6


def test_rows_stay_probabilities() -> None:
    fused = fuse([reading("ABC123"), reading("ABC1237"), reading("BC123")], [0.5, 2.0, 1.0])
    assert np.all(fused.rows >= 0)
    assert np.all(fused.rows.sum(axis=1) <= 1.0 + 1e-5)
