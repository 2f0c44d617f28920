"""Properties of promises over random registries, promises and questions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plateward import rulepacks
from plateward.core.agency import Affiliation, Agency, AgencyKind, Component, Registry, Relation, Source
from plateward.core.cedar import RuleSet
from plateward.core.people import Asker
from plateward.core.policy import Brake, Circumstances, Policy
from plateward.core.promise import AppliesTo, Promise
from plateward.core.purpose import REASONS
from plateward.core.question import Question
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.oversight.promises import survey

DAY, NOW = date(2026, 11, 22), datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = Source("a test", DAY)
NAMES = [f"a{n}" for n in range(8)]
STATES = ["CA", "NV", "IL", None]
PAPERS = ["judicial-order", "counsel-opinion", "hosting-contract", "declaration:us-il-2-130", "napkin"]
PACKS = [promise for name in rulepacks.ids() for promise in rulepacks.load(name).promises]

_conditions = st.sampled_from([
    'context.purpose == "immigration-enforcement"', "context.money", "context.onward", "context.onBehalf",
    'principal.kinds.contains("private")', 'principal.employer == "sheriff"', "principal.kinds.isEmpty()",
    "resource has state && principal.states == [resource.state]", 'principal.states.contains("NV")',
    'context.documents.contains("judicial-order")', "context.documents.isEmpty()", 'context.hotlist == "stolen"',
    'context.purpose like "*crime"', 'principal in Agency::"a1"', 'resource in Component::"campus"',
    'principal.states.containsAll(["CA"])', '["police", "sheriff"].containsAll(principal.kinds)',
])  # fmt: skip
_scopes = st.sampled_from([
    "principal", 'principal in Component::"federal"', 'principal in Component::"immigration-enforcement"',
    'principal in Agency::"a0"', 'principal in Agency::"a3"', 'principal in Component::"private"',
])  # fmt: skip
_acts = st.sampled_from(['action in Action::"receive"', "action", 'action == Action::"share"',
                         'action in [Action::"hits", Action::"hotlist-entry"]'])  # fmt: skip


@st.composite
def _promises(draw: st.DrawFn) -> Promise:
    clauses = draw(st.lists(st.tuples(st.sampled_from(["when", "unless"]), _conditions), max_size=2))
    text = f"forbid ({draw(_scopes)}, {draw(_acts)}, resource) {' '.join(f'{k} {{ {c} }}' for k, c in clauses)};"
    number = draw(st.integers(0, 10**9))
    return Promise(f"p{number}", "t", "A promise of a test.", text, (), date(2020, 1, 1), SOURCE,
                   applies_to=AppliesTo(states=("CA", "NV", "IL")))  # fmt: skip


@st.composite
def _registries(draw: st.DrawFn) -> Registry:
    agencies = [
        Agency(name, name.upper(), draw(st.sampled_from(AgencyKind)), state=draw(st.sampled_from(STATES)))
        for name in NAMES
    ]
    edges = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=8))
    classes = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Component)), max_size=8))
    return Registry.of(agencies, [
        *(Affiliation(a, Relation.PART_OF, b, SOURCE) for a, b in edges),
        *(Affiliation(a, Relation.IS_A, str(c), SOURCE) for a, c in classes),
    ])  # fmt: skip


_names = st.sampled_from(NAMES)
_askers = st.builds(Asker, st.just("x"), _names, _names, st.lists(_names, max_size=2).map(tuple), st.none() | _names)
_circumstances = st.builds(
    Circumstances, st.frozensets(st.sampled_from(PAPERS), max_size=2), st.booleans(), st.booleans(),
    st.sampled_from(["", "stolen", "immigration-violator", "other"]),
)  # fmt: skip
_held = st.lists(_promises() | st.sampled_from(PACKS), max_size=6, unique_by=lambda promise: promise.id)


def made(registry: Registry, promises: list[Promise], owner: str, brakes: tuple[Brake, ...] = ()) -> Policy:
    shares = [
        Share(f"{owner}-{name}", owner, name, frozenset(Grant), ShareState.ACTIVE, NOW - timedelta(days=1), NOW + timedelta(days=9))
        for name in NAMES if name != owner
    ]  # fmt: skip
    return Policy(epoch=1, day=DAY, registry=registry, promises=promises, shares=shares, brakes=brakes)


@settings(max_examples=150)
@given(
    _registries(),
    _held,
    _askers,
    _names,
    st.sampled_from(Act),
    st.sampled_from(sorted(REASONS)),
    st.booleans(),
    _circumstances,
)
def test_the_answer_by_class_is_cedars_own_answer(
    registry: Registry,
    promises: list[Promise],
    asker: Asker,
    owner: str,
    act: Act,
    reason: str,
    granted: bool,
    given_: Circumstances,
) -> None:
    policy = made(registry, promises, owner)
    verdict, forbidding = policy.judge(asker, owner, act, reason, granted, given_)
    held = policy.promises_of(owner)
    rules = RuleSet(text for promise in held for text in promise.forbids.statements)
    known = registry.agencies[owner]
    question = Question(
        policy.asker_class(asker),
        policy.owner_class(owner).party, act, granted, reason, given_.documents, asker.on_behalf_of is not None,
        given_.money, given_.onward, given_.hotlist,
    )  # fmt: skip
    plain = rules.ask_cedar(question)
    assert (verdict.permitted, verdict.clear) == (plain.permitted, plain.clear)
    assert verdict.forbidding == plain.forbidding
    assert {p.id for p in forbidding} <= {p.id for p in held}
    assert bool(forbidding) == bool(plain.forbidding)
    assert question.owner.states == (frozenset({known.state}) if known.state else frozenset())


@settings(max_examples=60)
@given(
    _registries(),
    _held,
    _promises(),
    _askers,
    _names,
    st.sampled_from(Act),
    st.sampled_from(sorted(REASONS)),
    _circumstances,
)
def test_another_promise_never_lets_in_who_was_refused(
    registry: Registry,
    promises: list[Promise],
    more: Promise,
    asker: Asker,
    owner: str,
    act: Act,
    reason: str,
    given_: Circumstances,
) -> None:
    before = made(registry, promises, owner).decide(asker, owner, act, reason, NOW, given_)
    after = made(registry, [*(p for p in promises if p.id != more.id), more], owner).decide(
        asker, owner, act, reason, NOW, given_
    )
    if not before.allowed and more.id not in {p.id for p in promises}:
        assert not after.allowed
    assert after.allowed or after.why


@settings(max_examples=60)
@given(
    _registries(), _held, st.sampled_from(Component), _askers, _names, st.sampled_from(Act), st.sampled_from(sorted(REASONS)),
    _circumstances,
)  # fmt: skip
def test_a_brake_always_wins(
    registry: Registry, promises: list[Promise], component: Component, asker: Asker, owner: str, act: Act, reason: str,
    given_: Circumstances,
) -> None:  # fmt: skip
    brake = Brake(owner, component, NOW, "supervisor")
    policy = made(registry, promises, owner, (brake,))
    decision = policy.decide(asker, owner, act, reason, NOW, given_)
    touched = any(component in policy.classify(party).components for party in asker.parties)
    if touched:
        assert not decision.allowed
    elif made(registry, promises, owner).decide(asker, owner, act, reason, NOW, given_).allowed:
        assert decision.allowed


@settings(max_examples=60)
@given(_registries(), _held, st.lists(_names, min_size=1, max_size=8), _askers, st.sampled_from(Act), _circumstances)
def test_many_owners_are_decided_as_each_alone_and_again_the_same(
    registry: Registry, promises: list[Promise], owners: list[str], asker: Asker, act: Act, given_: Circumstances
) -> None:
    policy = made(registry, promises, owners[0])
    together = policy.decide_all(asker, owners, act, "threat", NOW, given_)
    fresh = made(registry, promises, owners[0])
    assert together == tuple(fresh.decide(asker, owner, act, "threat", NOW, given_) for owner in owners)
    assert together == policy.decide_all(asker, owners, act, "threat", NOW, given_)


@given(st.lists(st.integers(-400, 400), min_size=1, max_size=6))
def test_a_kept_decision_ends_with_the_share_it_rests_on_and_knows_a_clock_that_goes_back(moments: list[int]) -> None:
    registry = Registry.of([Agency(name, name, AgencyKind.POLICE, state="CA") for name in NAMES], [])
    shares = [
        Share(
            "s1",
            "a0",
            "a1",
            frozenset({Grant.SEARCH}),
            ShareState.ACTIVE,
            NOW - timedelta(hours=100),
            NOW + timedelta(hours=50),
        ),
        Share(
            "s2",
            "a0",
            "a1",
            frozenset({Grant.SEARCH}),
            ShareState.ACTIVE,
            NOW + timedelta(hours=100),
            NOW + timedelta(hours=200),
        ),
    ]
    policy = Policy(epoch=1, day=DAY, registry=registry, promises=(), shares=shares)
    for hours in moments:
        now = NOW + timedelta(hours=hours)
        decision = policy.decide(Asker.agency("a1"), "a0", Act.SEARCH, "threat", now)
        assert decision.allowed is (-100 <= hours < 50 or 100 <= hours < 200)


@settings(max_examples=25)
@given(_registries(), _held)
def test_a_survey_by_class_says_what_every_pair_alone_would(registry: Registry, promises: list[Promise]) -> None:
    policy = made(registry, promises, "a0")
    found = survey(policy, NAMES)
    refused = {
        (owner, receiver, act, reason)
        for finding in found.findings
        for owner in finding.owners for receiver in finding.receivers for act, reason in finding.refused
    }  # fmt: skip
    reasons = ("threat", "drug-crime", "immigration-enforcement")
    for owner in NAMES:
        for receiver in NAMES:
            if not policy.classify(receiver).known:
                assert receiver in found.unknown
                continue
            for act in Act:
                for reason in reasons:
                    verdict, _ = policy.judge(Asker.agency(receiver), owner, act, reason, True)
                    assert ((owner, receiver, act, reason) in refused) is not verdict.permitted
