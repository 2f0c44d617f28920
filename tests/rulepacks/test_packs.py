"""The rule packs that come with the program: sound, sourced, modest, closed where a fact is missing, and right on the traps."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plateward import rulepacks
from plateward.core.agency import Agency, AgencyKind, Component
from plateward.core.cases import unsound
from plateward.core.cedar import RuleSet
from plateward.core.errors import BadInput
from plateward.core.people import Asker
from plateward.core.policy import Circumstances, Policy
from plateward.core.promise import Promise, RulePack, ceilings, parse_pack
from plateward.core.purpose import IMMIGRATION, REPRODUCTIVE_CARE, listed
from plateward.core.question import Party, Question
from plateward.core.share import RECEIVING, Act
from plateward.registry import load

DAY = date(2026, 11, 22)
NAMES = {
    "us-ca-sb34", "us-ca-sb54", "us-ca-pc-13778-2", "us-il-2-130", "us-va-2.2-5517", "us-nh-261-75-b", "us-me-2117-a",
    "us-wa-sb6002",
}  # fmt: skip
AGAINST_ICE = NAMES - {"us-me-2117-a", "us-ca-pc-13778-2"}
"""All but the section that leaves federal law enforcement agencies in, and the one that is about care."""
PROMISES = [promise for name in rulepacks.ids() for promise in rulepacks.load(name).promises]
NONE = frozenset[str]()


def owner_of(pack: RulePack) -> Agency:
    return next(a for a in load().agencies.values() if a.kind is AgencyKind.POLICE and pack.applies_to.covers(a))


def world(*packs: str, day: date = DAY) -> Policy:
    promises = [promise for name in packs for promise in rulepacks.load(name).promises]
    return Policy(epoch=1, day=day, registry=load(), promises=promises, shares=())


def forbidding(
    pack: str, asker: Asker, act: Act = Act.SEARCH, reason: str = "property-crime", *, documents: frozenset[str] = NONE
) -> set[str]:
    """The promises of ``pack`` that forbid ``asker`` the reads of an owner whom it binds."""
    owner = owner_of(rulepacks.load(pack)).id
    _, promises = world(pack).judge(asker, owner, act, reason, True, Circumstances(documents))
    return {promise.id for promise in promises}


def agency(name: str) -> Asker:
    return Asker.agency(name)


def test_the_eight_packs_are_there() -> None:
    assert set(rulepacks.ids()) == NAMES


def test_a_pack_that_is_not_there_is_refused_with_the_list() -> None:
    with pytest.raises(BadInput, match="us-ca-sb34"):
        rulepacks.load("us-ca-sb35")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_every_case_of_every_promise_comes_out_as_written(promise: Promise) -> None:
    assert unsound(promise, load(), DAY) == ()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_every_promise_cites_its_section_its_date_and_who_can_help(promise: Promise) -> None:
    assert promise.section
    assert promise.help
    assert promise.title != promise.id
    assert promise.source.link.startswith("https://")
    assert promise.in_force_from >= date(2010, 1, 1)
    assert promise.voice in ("appears contrary to", "ask")
    assert promise.id.startswith(f"{promise.pack}.")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_pack_says_what_it_rests_on_and_what_it_is_not(name: str) -> None:
    pack = rulepacks.load(name)
    assert pack.read_from and pack.not_covered and pack.contested
    assert "no legal advice" in pack.disclaimer
    assert pack.voice == "appears contrary to"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_pack_binds_nobody_before_its_law_was_in_force_and_nobody_elsewhere(name: str) -> None:
    pack = rulepacks.load(name)
    owner = owner_of(pack)
    assert world(name, day=pack.in_force_from).promises_of(owner.id)
    assert not world(name, day=pack.in_force_from - timedelta(days=1)).promises_of(owner.id)
    assert not world(name).promises_of("us-tx-dps")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_asker_of_no_state_and_no_kind_is_refused_by_every_pack(name: str) -> None:
    pack = rulepacks.load(name)
    rules = RuleSet(text for promise in pack.promises for text in promise.forbids.statements)
    owner = Party(NONE, NONE, frozenset(pack.applies_to.states[:1]))
    for components in (NONE, frozenset({"unknown"})):
        nobody = Party(NONE, components, NONE)
        for act in RECEIVING:
            assert not rules.ask_cedar(Question(nobody, owner, act, True, "property-crime")).permitted, act


@pytest.mark.parametrize("name", sorted(NAMES - {"us-ca-sb54", "us-me-2117-a"}))
def test_an_owner_whose_state_is_missing_opens_nothing_that_the_pack_keeps_in_the_state(name: str) -> None:
    pack = rulepacks.load(name)
    rules = RuleSet(text for promise in pack.promises for text in promise.forbids.statements)
    stateless = Party(NONE, NONE, NONE)
    for states in (NONE, frozenset(pack.applies_to.states)):
        asker = Party(NONE, NONE, states, frozenset({"police"}), "police", "police")
        verdicts = [
            rules.ask_cedar(Question(asker, stateless, Act.SEARCH, True, reason))
            for reason in (*listed(), REPRODUCTIVE_CARE)
        ]
        assert not all(verdict.permitted for verdict in verdicts)
        assert all(verdict.clear for verdict in verdicts)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_question_makes_a_pack_fail_to_decide(name: str) -> None:
    policy, owner = world(name), owner_of(rulepacks.load(name)).id
    for asker in (agency("us-dhs-ice"), agency("flock-safety"), agency("us-tx-dps"), agency(owner)):
        for act in Act:
            verdict, _ = policy.judge(asker, owner, act, IMMIGRATION, True, Circumstances(hotlist="stolen"))
            assert verdict.clear


def test_everybody_of_the_federal_tree_is_refused_by_sb34() -> None:
    policy, owner = world("us-ca-sb34"), "us-ca-el-cajon-pd"
    federal = [
        name for name in load().agencies
        if {Component.FEDERAL, Component.IMMIGRATION_ENFORCEMENT, Component.MILITARY} & policy.classify(name).components
    ]  # fmt: skip
    assert len(federal) > 300
    for name in federal:
        for act in RECEIVING:
            verdict, _ = policy.judge(agency(name), owner, act, "stolen-vehicle", True)
            assert not verdict.permitted, (name, act)


def test_a_city_of_california_gets_what_the_laws_leave_it() -> None:
    policy = world("us-ca-sb34", "us-ca-sb54", "us-ca-pc-13778-2")
    for reason in listed():
        verdict, promises = policy.judge(
            agency("us-ca-los-angeles-county-so"), "us-ca-el-cajon-pd", Act.SEARCH, reason, True
        )
        assert verdict.permitted and promises == ()


def test_the_task_force_exception_of_sb54_never_lifts_sb34() -> None:
    paper = frozenset({"joint-task-force"})
    hsi = agency("us-dhs-ice-hsi")
    assert forbidding("us-ca-sb54", hsi, reason="drug-crime", documents=paper) == set()
    assert "us-ca-sb34.federal" in forbidding("us-ca-sb34", hsi, reason="drug-crime", documents=paper)
    verdict, _ = world("us-ca-sb34", "us-ca-sb54").judge(
        hsi, "us-ca-el-cajon-pd", Act.SEARCH, "drug-crime", True, Circumstances(paper)
    )
    assert not verdict.permitted


@pytest.mark.parametrize(
    "document", ["administrative-warrant", "detainer", "administrative-subpoena", "", "judicial-orders"]
)
@pytest.mark.parametrize("name", sorted(AGAINST_ICE))
def test_no_other_paper_than_a_judges_order_moves_a_read_to_ice(name: str, document: str) -> None:
    for act in (Act.SEARCH, Act.PRODUCTION):
        assert forbidding(name, agency("us-dhs-ice"), act, IMMIGRATION, documents=frozenset({document}))


@pytest.mark.parametrize("name", sorted(AGAINST_ICE))
def test_a_judges_order_opens_no_search(name: str) -> None:
    order = frozenset({"judicial-order"})
    for act in RECEIVING - {Act.PRODUCTION}:
        assert forbidding(name, agency("us-dhs-ice"), act, IMMIGRATION, documents=order), act


@pytest.mark.parametrize("paper", ["hosting-contract", "towing-contract"])
def test_a_hosting_or_towing_contract_helps_no_police_department_and_no_federal_agency(paper: str) -> None:
    for name in ("us-tx-dps", "us-doj-fbi", "us-dhs-ice"):
        assert forbidding("us-ca-sb34", agency(name), Act.SHARE, documents=frozenset({paper})), name


def test_a_declaration_of_another_law_does_not_open_illinois() -> None:
    asker = agency("us-tx-dps")
    assert forbidding("us-il-2-130", asker) == {"us-il-2-130.declaration"}
    assert forbidding("us-il-2-130", asker, documents=frozenset({"declaration:us-wa-sb6002"})) == {
        "us-il-2-130.declaration"
    }
    assert forbidding("us-il-2-130", asker, documents=frozenset({"declaration:us-il-2-130"})) == set()


def test_the_ceilings_are_those_of_the_laws() -> None:
    minutes = {name: p.retention.ceiling_minutes for name in NAMES if (p := rulepacks.load(name)).retention}
    assert minutes == {
        "us-va-2.2-5517": 21 * 1440, "us-nh-261-75-b": 3, "us-me-2117-a": 21 * 1440, "us-wa-sb6002": 21 * 1440,
    }  # fmt: skip
    assert rulepacks.load("us-nh-261-75-b").retention.unless == ("hit",)  # type: ignore[union-attr]


def test_the_shortest_ceiling_binds_first_and_none_before_its_day() -> None:
    packs = [rulepacks.load(name) for name in sorted(NAMES)]
    virginia = load().agencies["us-va-state-police"]
    assert [name for name, _ in ceilings(virginia, DAY, (), packs)] == ["us-va-2.2-5517"]
    assert ceilings(virginia, date(2025, 6, 30), (), packs) == ()
    assert ceilings(load().agencies["us-tx-dps"], DAY, (), packs) == ()


def test_what_is_no_question_about_a_receiver_is_data() -> None:
    washington, hampshire = rulepacks.load("us-wa-sb6002"), rulepacks.load("us-nh-261-75-b")
    assert washington.no_collect is not None
    assert {"school", "place-of-worship", "immigration-facility", "health-care-facility"} <= set(
        washington.no_collect.places
    )
    assert any("audit trail" in duty.section or "trail" in duty.what for duty in washington.duties)
    assert hampshire.hot_lists is not None
    assert hampshire.hot_lists.max_age_minutes == 1440
    assert hampshire.hot_lists.confirm_before_acting


@pytest.mark.parametrize(
    ("written", "wrong", "said"),
    [
        ("ceiling_minutes = 3\n", "ceiling_minutes = 0\n", "ceiling_minutes"),
        ('unless = ["hit"]', 'unless = ["whenever"]', "unless"),
        ("max_age_minutes = 1440", 'max_age_minutes = "daily"', "max_age_minutes"),
        ('"threat", "audit",\n]\nsection', '"threat", "curiosity",\n]\nsection', "curiosity"),
        ("[pack.retention]", "[pack.retentoin]", "retentoin"),
    ],
)
def test_a_limit_that_is_none_is_refused_by_its_name(written: str, wrong: str, said: str) -> None:
    text = rulepacks.text("us-nh-261-75-b")
    assert written in text
    with pytest.raises(BadInput, match=said):
        parse_pack(text.replace(written, wrong, 1), "nh.toml")
