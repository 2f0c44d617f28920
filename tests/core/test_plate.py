"""Plates and patterns: what is typed finds what was meant, and nothing else."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.plate import (
    ALPHABET,
    Likeness,
    PlatePattern,
    look_alike,
    mask,
    normalise,
    one_edit,
    position_tokens,
)

plates = st.text(ALPHABET, min_size=1, max_size=10)
patterns = st.text(ALPHABET + "?*", min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("typed", "stored"), [("8xyz 123", "8XYZ123"), ("ab-12-cd", "AB12CD"), ("Ä·Ö 1", "ÄÖ1"), ("ＡＢ１", "AB1")]
)
def test_a_plate_is_stored_upper_case_with_letters_and_digits_only(typed: str, stored: str) -> None:
    assert normalise(typed) == stored


@pytest.mark.parametrize("typed", ["", " - ", "A" * 17])
def test_what_is_no_plate_is_refused(typed: str) -> None:
    with pytest.raises(BadInput):
        normalise(typed)


@given(patterns, plates)
def test_wildcards_match_as_people_know_them_from_file_names(typed: str, plate: str) -> None:
    assert PlatePattern.parse(typed).matches(plate) == fnmatch.fnmatchcase(plate, typed)


@given(patterns, plates)
def test_every_match_has_all_the_tokens_of_the_pattern(typed: str, plate: str) -> None:
    pattern = PlatePattern.parse(typed)
    if pattern.matches(plate):
        assert set(pattern.tokens) <= set(position_tokens(plate))
        assert plate.startswith(pattern.prefix)
        assert plate.endswith(pattern.suffix)


def test_the_pattern_of_the_readme_finds_what_it_says() -> None:
    pattern = PlatePattern.parse("7ab?12*")
    assert pattern.fixed_characters == 5
    assert pattern.matches("7ABC123")
    assert pattern.matches("7ABX12")
    assert not pattern.matches("7ABC023")


@given(plates)
def test_look_alikes_match_both_ways(plate: str) -> None:
    confused = plate.replace("0", "O").replace("8", "B").replace("I", "1")
    assert look_alike(confused) == look_alike(plate)
    assert PlatePattern.parse(confused, Likeness.LOOK_ALIKE).matches(plate)


@given(plates, plates)
def test_one_edit_is_symmetric(one: str, other: str) -> None:
    assert (other in one_edit(one)) == (one in one_edit(other))


def test_one_edit_with_a_wildcard_is_refused_with_the_way_out() -> None:
    with pytest.raises(BadInput, match="look-alike"):
        PlatePattern.parse("7AB*", Likeness.ONE_EDIT)


@given(st.text(ALPHABET, min_size=3, max_size=10))
def test_a_masked_plate_shows_no_more_than_its_ends(plate: str) -> None:
    assert set(mask(plate)[1:-1]) == {"•"}
