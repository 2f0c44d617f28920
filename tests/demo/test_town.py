"""The town's values: who is there, what was promised, what is shared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plateward.core.agency import Component
from plateward.core.cases import unsound
from plateward.core.errors import BadInput
from plateward.core.people import AGENCY_ROLES, Asker
from plateward.core.policy import Policy
from plateward.core.purpose import IMMIGRATION
from plateward.core.read import ReaderKind
from plateward.core.share import Act, ShareState
from plateward.demo import agencies, stories
from plateward.demo.people import FEDERAL_ANALYST, SEARCHING_OFFICER, person
from plateward.demo.shares import MISTAKE, ONWARD, REQUEST
from plateward.demo.streets import HEIGHT_M, WIDTH_M, Ways, metres, network
from plateward.demo.town import DEFAULT_SEED, promises, ridgeport
from plateward.registry import load

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
TOWN = ridgeport(DEFAULT_SEED, NOW)
REGISTRY = load().with_(TOWN.agencies, TOWN.affiliations)


def test_the_same_seed_and_instant_give_the_same_town() -> None:
    assert ridgeport(DEFAULT_SEED, NOW) == TOWN
    assert ridgeport(DEFAULT_SEED + 1, NOW).prior_searches != TOWN.prior_searches


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(BadInput, match="offset from UTC"):
        ridgeport(DEFAULT_SEED, NOW.replace(tzinfo=None))


def test_everybody_belongs_to_agencies_that_are_known_and_classified() -> None:
    for resident in TOWN.people:
        one = resident.person
        for agency in (one.organisation, one.employer, *one.assignments):
            assert REGISTRY.classify(agency, NOW.date()).known, (one.id, agency)
    assert {resident.person.role for resident in TOWN.people} == set(AGENCY_ROLES)
    assert len({resident.person.id for resident in TOWN.people}) == len(TOWN.people)


def test_the_federal_analyst_is_immigration_enforcement_and_the_officer_is_not() -> None:
    analyst, officer = person(FEDERAL_ANALYST), person(SEARCHING_OFFICER)
    assert Component.IMMIGRATION_ENFORCEMENT in REGISTRY.classify(analyst.employer, NOW.date()).components
    assert not REGISTRY.classify(officer.employer, NOW.date()).components


def test_a_fusion_centre_with_federal_members_classifies_nobody_as_federal() -> None:
    for agency in (*agencies.LOCAL, agencies.RIDGE_RIC):
        found = REGISTRY.classify(agency, NOW.date()).components
        assert not found & {Component.FEDERAL, Component.IMMIGRATION_ENFORCEMENT}


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.id)
def test_every_promise_means_what_it_says(promise) -> None:
    assert unsound(promise, REGISTRY, NOW.date()) == ()


def test_a_promise_that_names_another_agency_by_mistake_is_found() -> None:
    promise = next(p for p in promises() if p.id == "ridgeport-pd.no-immigration-enforcement")
    narrow = replace(promise, cedar='forbid (principal in Agency::"us-dhs-ice-hsi-bcsk", action, resource);')
    assert unsound(narrow, REGISTRY, NOW.date())


def test_shares_show_every_turn_of_the_story() -> None:
    by_id = {share.id: share for share in TOWN.shares}
    assert by_id[MISTAKE].state is ShareState.REVOKED
    assert by_id[REQUEST].state is ShareState.REQUESTED
    assert by_id[MISTAKE].receiver == by_id[REQUEST].receiver == agencies.BCSC
    assert by_id[ONWARD].onward
    active = {(s.owner, s.receiver) for s in TOWN.shares if s.state is ShareState.ACTIVE}
    assert {(a, b) for a in agencies.LOCAL for b in agencies.LOCAL if a != b} <= active
    assert not any(receiver == agencies.BCSC for _, receiver in active)


def test_readers_stand_on_the_map_where_their_name_says() -> None:
    for reader in TOWN.readers:
        if reader.kind is ReaderKind.MOBILE:
            assert reader.position is None
            continue
        x, y = metres(reader.position)
        assert 0 <= x <= WIDTH_M and 0 <= y <= HEIGHT_M
        compass = {"northbound": 0, "eastbound": 90, "southbound": 180, "westbound": 270}[reader.name.split(", ")[1]]
        assert abs((reader.heading_deg - compass + 180) % 360 - 180) <= 45, reader.name


def test_every_crossing_can_be_reached_from_every_other() -> None:
    net = network()
    ways = Ways(net)
    for start in (0, net.crossing("Alder & C"), net.crossing("Ridge Pass east")):
        for end in range(len(net.crossings)):
            route = ways.route(start, end)
            assert route[0] == (start, 0.0) and route[-1][0] == end


def test_prior_searches_hide_one_officer_who_follows_one_car() -> None:
    following = [s for s in TOWN.prior_searches if s.pattern == stories.FOLLOWED]
    assert len(following) >= 15
    assert {s.user for s in following} == {"marsh"} and not any(s.purpose.case for s in following)
    assert any(not s.on_duty for s in following)
    assert any(s.purpose.reason == IMMIGRATION for s in TOWN.prior_searches)
    assert all(NOW - timedelta(days=31) < s.at < NOW for s in TOWN.prior_searches)


def test_wanted_plates_name_people_and_cases_that_exist() -> None:
    users = {resident.person.id: resident.person for resident in TOWN.people}
    for entry in TOWN.wanted:
        assert users[entry.added_by].organisation == entry.owner
        assert entry.expires > NOW and entry.case


def _policy() -> Policy:
    return Policy(epoch=1, day=NOW.date(), registry=REGISTRY, promises=promises(), shares=TOWN.shares)


def _ask(user: str, owner: str, reason: str = "property-crime", on_behalf_of: str | None = None):
    asker = Asker.of(person(user), on_behalf_of)
    return _policy().decide(asker, owner, Act.SEARCH, reason, NOW)


def test_the_officer_s_search_is_allowed_in_both_towns_and_the_county() -> None:
    for owner in agencies.LOCAL:
        assert _ask(SEARCHING_OFFICER, owner).allowed, owner


def test_the_analyst_is_refused_in_the_words_of_the_story() -> None:
    decision = _ask(FEDERAL_ANALYST, agencies.RIDGEPORT_PD)
    assert not decision.allowed
    assert decision.why.startswith("Bulk Cash Smuggling Center → Homeland Security Investigations → ")
    assert decision.why.endswith(
        ", immigration enforcement; Ridgeport Police promised on 2026-01-12 not to share with immigration enforcement."
    )
    assert decision.chain[-1] == "us-dhs-ice"


def test_an_account_inside_a_local_department_does_not_hide_who_somebody_works_for() -> None:
    assert not _ask("tanner", agencies.RIDGEPORT_PD).allowed
    assert not _ask("reyes", agencies.RIDGEPORT_PD).allowed
    assert _ask("quintero", agencies.RIDGEPORT_PD).allowed
    assert not _ask("quintero", agencies.RIDGEPORT_PD, on_behalf_of=agencies.HSI).allowed
    assert not _ask(SEARCHING_OFFICER, agencies.RIDGEPORT_PD, reason=IMMIGRATION).allowed


def test_no_share_that_was_only_asked_for_or_was_revoked_lets_anybody_in() -> None:
    assert not _ask("boone", agencies.RIDGEPORT_PD).allowed
    assert not _ask(FEDERAL_ANALYST, agencies.RIDGE_SO).allowed
