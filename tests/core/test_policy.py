"""The gate's question: may this asker do this with that owner's reads? And what the answer says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.agency import Component, Relation
from plateward.core.cases import require_sound, unsound
from plateward.core.errors import BadInput
from plateward.core.people import Asker
from plateward.core.policy import Brake, Circumstances, considered, reevaluate
from plateward.core.promise import parse_pack, parse_promises
from plateward.core.purpose import REFUSABLE, listed
from plateward.core.share import Act, Grant, ShareState
from tests.core.world import (
    AGENCIES,
    BCSC_ANALYST,
    DAY,
    IN_STATE,
    NEIGHBOUR,
    NO_ICE,
    NOW,
    OWN_OFFICER,
    REGISTRY,
    edge,
    policy,
    promise,
    share,
)

REASON = "property-crime"


def test_the_pasadena_failure_is_refused_in_one_sentence_even_with_a_share() -> None:
    decision = policy((promise(),), (share("ridgeport-pd", "us-dhs-ice-hsi-bcsc"),)).decide(
        BCSC_ANALYST, "ridgeport-pd", Act.SEARCH, REASON, NOW
    )
    assert not decision.allowed
    assert decision.why == (
        "Bulk Cash Smuggling Center → Homeland Security Investigations → ICE, immigration enforcement; "
        "Ridgeport Police promised on 2026-01-12 not to share with immigration enforcement."
    )
    assert decision.promises == ("ridgeport.no-immigration-enforcement",)
    assert decision.chain == ("us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi", "us-dhs-ice")


def test_an_agency_searches_its_own_reads_without_a_share() -> None:
    decision = policy((promise(),)).decide(OWN_OFFICER, "ridgeport-pd", Act.SEARCH, REASON, NOW)
    assert decision.allowed
    assert decision.look_back_days is None


def test_a_neighbour_needs_a_share_and_gets_its_terms() -> None:
    without = policy().decide(NEIGHBOUR, "ridgeport-pd", Act.SEARCH, REASON, NOW)
    assert not without.allowed
    assert "shares nothing with Port Alder Police" in without.why
    terms = share("ridgeport-pd", "port-alder-pd", look_back_days=7)
    decision = policy(shares=(terms,)).decide(NEIGHBOUR, "ridgeport-pd", Act.SEARCH, REASON, NOW)
    assert decision.allowed
    assert decision.look_back_days == 7
    assert decision.shares == (terms.id,)
    assert decision.grants == {Grant.SEARCH, Grant.PICTURES}


@pytest.mark.parametrize(
    "terms",
    [
        {"state": ShareState.SUSPENDED},
        {"state": ShareState.REQUESTED},
        {"expires": NOW},
        {"begins": NOW + timedelta(seconds=1)},
        {"grants": frozenset({Grant.HITS})},
        {"purposes": frozenset({"missing-person"})},
    ],
)
def test_a_share_that_does_not_cover_the_question_permits_nothing(terms: dict[str, object]) -> None:
    held = share("ridgeport-pd", "port-alder-pd", **terms)
    assert not policy(shares=(held,)).decide(NEIGHBOUR, "ridgeport-pd", Act.SEARCH, REASON, NOW).allowed


def test_a_share_is_not_a_share_back() -> None:
    held = share("port-alder-pd", "ridgeport-pd")
    assert not policy(shares=(held,)).decide(NEIGHBOUR, "ridgeport-pd", Act.SEARCH, REASON, NOW).allowed


def test_a_local_officer_searching_for_ice_is_refused_where_ice_would_be() -> None:
    asked_for_ice = replace(OWN_OFFICER, on_behalf_of="us-dhs-ice")
    decision = policy((promise(),), (share("ridgeport-pd", "us-dhs-ice"),)).decide(
        asked_for_ice, "ridgeport-pd", Act.SEARCH, REASON, NOW
    )
    assert not decision.allowed
    assert "ICE, immigration enforcement" in decision.why


def test_an_agent_inside_a_local_account_is_seen_by_the_employer() -> None:
    agent = Asker("agent", "ridgeport-pd", "us-doj-atf")
    decision = policy((promise(),)).decide(agent, "ridgeport-pd", Act.SEARCH, REASON, NOW)
    assert not decision.allowed
    assert "ATF" in decision.why


def test_a_task_force_assignment_classifies_the_officer() -> None:
    deputy = replace(OWN_OFFICER, assignments=("us-dhs-ice-hsi",))
    assert not policy((promise(),)).decide(deputy, "ridgeport-pd", Act.SEARCH, REASON, NOW).allowed


def test_membership_in_a_fusion_centre_does_not_make_a_police_department_federal() -> None:
    held = share("ridgeport-pd", "port-alder-pd")
    assert policy((promise(),), (held,)).decide(NEIGHBOUR, "ridgeport-pd", Act.SEARCH, REASON, NOW).allowed
    assert REGISTRY.classify("port-alder-pd", DAY).components == frozenset()


@pytest.mark.parametrize("party", ["nobody-knows-it", "mystery"])
def test_an_unknown_or_unclassified_asker_is_refused_whatever_share_it_holds(party: str) -> None:
    held = share("ridgeport-pd", party)
    asker = Asker("stranger", party, party)
    decision = policy(shares=(held,)).decide(asker, "ridgeport-pd", Act.SEARCH, REASON, NOW)
    assert not decision.allowed
    assert "not classified" in decision.why


def test_cedar_fails_open_on_a_typo_in_a_forbid_and_such_a_promise_does_not_load() -> None:
    typo = NO_ICE.replace('immigration-enforcement", action', 'imigration-enforcement", action')
    permit_all = "permit (principal, action, resource);"
    entities = [{"uid": {"type": "A", "id": "a"}, "attrs": {}, "parents": [{"type": "Component", "id": "ice"}]}]
    request = {"principal": 'A::"a"', "action": 'Action::"x"', "resource": 'R::"r"', "context": {}}
    opened = cedarpy.is_authorized(
        request, permit_all + 'forbid(principal in Component::"icee", action, resource);', entities
    )
    assert opened.allowed, "if Cedar closes this hole one day, this test says so"
    with pytest.raises(BadInput, match="imigration-enforcement"):
        require_sound(promise(typo), REGISTRY, DAY)


def test_cedar_fails_open_when_a_forbid_errors_and_such_a_promise_does_not_fit_the_schema() -> None:
    request = {"principal": 'A::"a"', "action": 'Action::"x"', "resource": 'R::"r"', "context": {}}
    text = "permit (principal, action, resource); forbid (principal, action, resource) when { context.warrant == 1 };"
    opened = cedarpy.is_authorized(request, text, [])
    assert opened.allowed
    assert opened.diagnostics.errors
    erring = NO_ICE.replace("resource);'", "resource) when { context.warrant == 1 };'")
    with pytest.raises(BadInput, match="schema"):
        parse_promises(erring, "test.toml")


def test_a_missing_state_forbids_where_a_rule_compares_states() -> None:
    pack = parse_pack(IN_STATE, "pack.toml")
    rules = policy(pack.promises, (share("ridgeport-pd", "us-doj-atf"), share("ridgeport-pd", "reno-pd")))
    for organisation in ("us-doj-atf", "reno-pd"):
        decision = rules.decide(Asker("x", organisation, organisation), "ridgeport-pd", Act.SEARCH, REASON, NOW)
        assert decision.promises == ("ca-in-state.receiver",)
    assert "Reno Police is in NV, not in CA" in decision.why


def test_a_promise_that_permits_or_holds_a_template_does_not_load() -> None:
    for text in (
        "permit (principal, action, resource);",
        "forbid (principal == ?principal, action, resource);",
        "",
        "forbid",
    ):
        with pytest.raises(BadInput):
            parse_promises(
                NO_ICE.replace(
                    'forbid (principal in Component::"immigration-enforcement", action in Action::"receive", resource);',
                    text,
                ),
                "t",
            )


def test_a_promise_whose_case_comes_out_wrong_does_not_load() -> None:
    wrong = NO_ICE.replace('asker.employer = "us-dhs-ice-hsi-bcsc"', 'asker.employer = "reno-pd"')
    assert unsound(promise(wrong), REGISTRY, DAY) == ("case 'a part of ICE asks' must be denied and is allowed",)


def test_a_promise_without_both_kinds_of_case_does_not_load() -> None:
    with pytest.raises(BadInput, match="one allowed"):
        parse_promises(NO_ICE[: NO_ICE.rindex("[[case]]")], "test.toml")


@pytest.mark.parametrize(
    ("field", "bad", "said"),
    [
        ("in_force_from = 2026-01-12", 'in_force_from = "soon"', "in_force_from"),
        ('promised_by = "ridgeport-pd"', "", "promised_by"),
        ("[source]", "[sauce]", "sauce"),
        ("id = ", "id == ", "TOML"),
    ],
)
def test_a_broken_promise_file_names_the_field(field: str, bad: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        parse_promises(NO_ICE.replace(field, bad, 1), "ridgeport.toml")
    assert "ridgeport.toml" in str(caught.value)


def test_a_promise_holds_from_its_first_day_to_the_day_before_its_last() -> None:
    held = promise(NO_ICE.replace("[source]", "in_force_to = 2026-06-01\n[source]"))
    owner = REGISTRY.agencies["ridgeport-pd"]
    assert not held.binds(owner, held.in_force_from - timedelta(days=1))
    assert held.binds(owner, held.in_force_from)
    assert held.in_force_to is not None
    assert not held.binds(owner, held.in_force_to)
    assert not held.binds(REGISTRY.agencies["port-alder-pd"], DAY)


@pytest.mark.parametrize("reason", sorted(REFUSABLE))
def test_a_purpose_on_no_list_is_refused_even_by_an_owner_who_promised_nothing(reason: str) -> None:
    decision = policy().decide(OWN_OFFICER, "ridgeport-pd", Act.SEARCH, reason, NOW)
    assert not decision.allowed
    assert "no list of permitted purposes" in decision.why


def test_the_brake_blocks_a_component_for_its_owner_alone() -> None:
    shares = (share("ridgeport-pd", "us-doj-atf"), share("port-alder-pd", "us-doj-atf"))
    agent = Asker("agent", "us-doj-atf", "us-doj-atf")
    brake = Brake("ridgeport-pd", Component.FEDERAL, NOW, "supervisor")
    braked = policy(shares=shares, brakes=(brake,))
    assert policy(shares=shares).decide(agent, "ridgeport-pd", Act.SEARCH, REASON, NOW).allowed
    assert not braked.decide(agent, "ridgeport-pd", Act.SEARCH, REASON, NOW).allowed
    assert braked.decide(agent, "port-alder-pd", Act.SEARCH, REASON, NOW).allowed


def test_a_corrected_affiliation_breaks_the_share_that_was_fine_before() -> None:
    held = share("ridgeport-pd", "river-center")
    assert reevaluate(policy((promise(),), (held,))) == ()
    known = REGISTRY.with_(affiliations=(edge("river-center", Relation.PART_OF, "us-dhs-ice-hsi"),))
    corrected = policy((promise(),), (held,))
    corrected = type(corrected)(epoch=2, day=DAY, registry=known, promises=(promise(),), shares=(held,))
    ((broken, refusal),) = reevaluate(corrected)
    assert broken == held
    assert "River Regional Fusion Center → Homeland Security Investigations → ICE" in refusal.why


def test_a_share_with_onward_rights_is_judged_with_them() -> None:
    no_onward = promise(
        NO_ICE.replace('principal in Component::"immigration-enforcement"', "principal").replace(
            "resource);'", "resource) when { context.onward };'"
        )
    )
    assert considered(policy((no_onward,)), share("ridgeport-pd", "port-alder-pd")) is None
    assert considered(policy((no_onward,)), share("ridgeport-pd", "port-alder-pd", onward=True)) is not None


_agencies = st.sampled_from([agency.id for agency in AGENCIES] + ["nobody"])
_askers = st.builds(
    Asker,
    st.just("somebody"),
    _agencies,
    _agencies,
    st.lists(_agencies, max_size=2).map(tuple),
    st.none() | _agencies,
)
_shares = st.lists(
    st.builds(
        share,
        st.just("ridgeport-pd"),
        st.sampled_from([agency.id for agency in AGENCIES if agency.id != "ridgeport-pd"]),
        state=st.sampled_from(ShareState),
        grants=st.frozensets(st.sampled_from(Grant)),
    ),
    max_size=8,
    unique_by=lambda held: held.receiver,
)


@given(_askers, _shares, st.sampled_from(Act), st.sampled_from(listed()), st.booleans())
def test_no_asker_with_a_party_of_immigration_enforcement_is_ever_allowed(
    asker: Asker, shares: list[object], act: Act, reason: str, onward: bool
) -> None:
    decision = policy((promise(),), tuple(shares)).decide(  # type: ignore[arg-type]
        asker, "ridgeport-pd", act, reason, NOW, Circumstances(onward=onward)
    )
    immigration = {
        name
        for name in REGISTRY.agencies
        if Component.IMMIGRATION_ENFORCEMENT in REGISTRY.classify(name, DAY).components
    }
    unknown = {"nobody", "mystery"}
    if set(asker.parties) & (immigration | unknown) and act is not Act.HOTLIST_ENTRY:
        assert not decision.allowed
    if decision.allowed:
        covered = {held.receiver for held in shares if held.permits(act, reason, NOW)} | {"ridgeport-pd"}  # type: ignore[attr-defined]
        assert {asker.organisation, asker.employer, asker.on_behalf_of or "ridgeport-pd"} <= covered
