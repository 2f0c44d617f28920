"""Reasons: recognised from what people type, refused when they say nothing, and named for what they are."""

from __future__ import annotations

import pytest

from plateward.core.errors import BadInput
from plateward.core.purpose import IMMIGRATION, REASONS, REPRODUCTIVE_CARE, Purpose, recognise


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_recognised_by_its_id_and_its_title(reason: str) -> None:
    assert recognise(reason) == reason
    assert recognise(REASONS[reason][0]) == reason


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("stolen vehicle", "stolen-vehicle"),
        ("211 robbery series", "violent-crime"),
        ("Burglary 26-0117", "property-crime"),
        ("warrant for ICE", IMMIGRATION),
        ("ERO assist", IMMIGRATION),
        ("had an abortion, search for female", REPRODUCTIVE_CARE),
        ("robbery, ICE impersonation", "violent-crime"),
        ("theft at the ice rink", "property-crime"),
        ("homicide on Office Street", "violent-crime"),
        ("zero tolerance dui", "traffic-crime"),
    ],
)
def test_what_people_type_is_understood(typed: str, reason: str) -> None:
    assert recognise(typed) == reason


@pytest.mark.parametrize("typed", ["", "investigation", "bolo", "test", "police business", "asdf"])
def test_a_reason_that_says_nothing_is_refused_with_the_list(typed: str) -> None:
    with pytest.raises(BadInput, match="stolen-vehicle"):
        recognise(typed)


def test_an_offence_of_immigration_overrules_a_harmless_reason() -> None:
    assert Purpose.of("wanted-person", offence="civil immigration detainer").reason == IMMIGRATION
