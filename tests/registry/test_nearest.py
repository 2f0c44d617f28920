"""A misspelt name is answered with whom it may mean, and never taken for one of them."""

from __future__ import annotations

import pytest

from plateward.registry import resolve
from plateward.registry.nearest import nearest, perhaps


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("El Cajun Police Department, CA", "us-ca-el-cajon-pd"),
        ("La Messa PD", "us-ca-la-mesa-pd"),
        ("Los Angelos Police Department, CA", "us-ca-los-angeles-pd"),
        ("Bulk Cash Smugling Center", "us-dhs-ice-hsi-bcsc"),
    ],
)
def test_a_misspelt_name_is_told_whom_it_may_mean(typed: str, meant: str) -> None:
    assert nearest(typed)[0] == meant
    assert perhaps(typed).startswith(f"; perhaps {meant}")


def test_a_place_that_no_agency_is_of_comes_near_nobody() -> None:
    assert resolve("Mayberry Police Department, NC").agency is None
    assert nearest("Mayberry Police Department, NC") == () and perhaps("Mayberry Police Department, NC") == ""


def test_the_state_that_a_name_says_is_kept_to() -> None:
    assert all(agency.startswith("us-nv-") for agency in nearest("El Cajun PD, NV", most=10))
