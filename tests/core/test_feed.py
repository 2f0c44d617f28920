"""Feeds as values: whom the words name, who may say so, and that each ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.feed import LONGEST, Feed, FeedState, What, cannot_approve, cannot_end, check_term, parties_in
from plateward.core.people import Person, Role
from plateward.registry import resolve

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OWNER = "us-ca-ridgeport-pd"
FEED = Feed(
    UUID(int=1), OWNER, "Dispatch", UUID(int=2), "webhook", What.HITS, (), "our own dispatch desk", None, "stolen-vehicle", "",
    "26-0117", False, FeedState.ASKED, "nakamura", NOW, NOW + timedelta(days=30), 7,
)  # fmt: skip


def somebody(role: Role, name: str = "whitfield", organisation: str = OWNER) -> Person:
    return Person(name, name.title(), role, organisation, organisation)


@pytest.mark.parametrize(
    ("recipient", "agency"),
    [
        ("HSI's Bulk Cash Smuggling Center", "us-dhs-ice-hsi-bcsc"),
        ("a dashboard of HSI\u2019s Bulk Cash Smuggling Center", "us-dhs-ice-hsi-bcsc"),
        ("analytics (run by ICE)", "us-dhs-ice"), ("ICE: analytics", "us-dhs-ice"), ("case desk \u2014 CBP", "us-dhs-cbp"),
        ("records system at El Cajon Police Department, CA", "us-ca-el-cajon-pd"),
    ],
)  # fmt: skip
def test_an_agency_in_the_words_is_found_however_it_is_put(recipient: str, agency: str) -> None:
    assert agency in {resolve(text).agency for text in parties_in(recipient)}


@given(st.text(max_size=120))
def test_whatever_was_written_its_whole_comes_first_and_nothing_comes_twice(recipient: str) -> None:
    parts = list(parties_in(recipient))
    assert len(parts) == len(set(parts)) and "" not in parts
    if parts:
        assert len(parts[0]) == max(map(len, parts))


ONE_OF_TWO = st.sampled_from([OWNER, "us-dhs-ice"])


@given(st.sampled_from(Role), st.sampled_from(["nakamura", "whitfield"]), ONE_OF_TWO, ONE_OF_TWO)
def test_nobody_approves_alone_nor_for_another_owner_nor_paid_by_another(
    role: Role, name: str, organisation: str, employer: str
) -> None:
    who = replace(somebody(role, name, organisation), employer=employer)
    if cannot_approve(who, FEED) is None and role is not Role.HOUSEHOLDER:
        assert (who.organisation, who.employer, role) == (OWNER, OWNER, Role.PRIVACY_OFFICER)
        assert who.id != FEED.asked_by


def test_the_owners_privacy_officer_approves_what_another_asked_for() -> None:
    assert cannot_approve(somebody(Role.PRIVACY_OFFICER), FEED) is None


def test_either_of_the_two_ends_it_whatever_their_role_is_now_unless_they_have_left() -> None:
    running = replace(FEED, state=FeedState.ACTIVE, decided_by="whitfield", decided_at=NOW)
    moved = somebody(Role.OFFICER, "nakamura")
    assert cannot_end(moved, running) is None
    assert cannot_end(replace(moved, active=False), running) is not None
    assert cannot_end(somebody(Role.OFFICER, "okafor"), running) is not None
    assert cannot_end(somebody(Role.PRIVACY_OFFICER, "other"), running) is None
    assert cannot_end(somebody(Role.PRIVACY_OFFICER, "other", "us-dhs-ice"), running) is not None


@pytest.mark.parametrize("ends", [NOW, NOW - timedelta(days=1), NOW + LONGEST + timedelta(seconds=1)])
def test_a_feed_that_does_not_end_within_a_year_is_none(ends: datetime) -> None:
    with pytest.raises(BadInput) as wrong:
        check_term(ends, NOW)
    assert wrong.value.where == "ends"
    check_term(NOW + LONGEST, NOW)


def test_it_runs_while_it_is_active_and_before_its_end() -> None:
    running = replace(FEED, state=FeedState.ACTIVE)
    assert running.runs(NOW) and not running.runs(running.ends_at) and not FEED.runs(NOW)
    assert running.takes("any") and not replace(running, readers=("a",)).takes("b")
