"""The shortest ceiling wins, a duty lengthens a choice and never a law, and what both claim is a conflict."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward import registry, rulepacks
from plateward.core.errors import BadInput
from plateward.core.promise import Floor, Retention
from plateward.core.retention import Limits, Plan, Rule, lengthens, limits_on, require_lawful, spoken

OWNER, R = "us-ca-ridgeport-pd", "r-1"
DAY = 1440


def plan(
    *rules: Rule, ceilings: tuple[tuple[str, Retention], ...] = (), floors: tuple[tuple[str, Floor], ...] = ()
) -> Plan:
    return Plan(rules, {OWNER: Limits(ceilings, floors)})


def kept(held: Plan, reader: str = R, *, hit: bool = False) -> int | None:
    found = held.kept(OWNER, reader, hit=hit)
    return found.minutes if found else None


def test_nothing_is_kept_where_nobody_has_chosen() -> None:
    assert kept(plan()) is None and plan().longest(OWNER) is None


@pytest.mark.parametrize(
    ("pack", "agency", "minutes", "hits"),
    [
        ("us-va-2.2-5517", "us-va-state-police", 21 * DAY, 21 * DAY),
        ("us-me-2117-a", "us-me-state-police", 21 * DAY, 21 * DAY),
        ("us-wa-sb6002", "us-wa-state-patrol", 21 * DAY, 21 * DAY),
        ("us-nh-261-75-b", "us-nh-state-police", 3, 60 * DAY),
    ],
)
def test_the_laws_of_four_states_cut_a_choice_of_sixty_days(pack: str, agency: str, minutes: int, hits: int) -> None:
    owner = registry.load().agencies[agency]
    limits = limits_on(owner, date(2026, 11, 2), (), [rulepacks.load(pack)])
    held = Plan((Rule(agency, 60 * DAY),), {agency: limits})
    plain, hit = held.kept(agency, R), held.kept(agency, R, hit=True)
    assert plain is not None and hit is not None
    assert (plain.minutes, hit.minutes) == (minutes, hits) and plain.limited_by == pack
    with pytest.raises(BadInput, match="at most"):
        require_lawful(Rule(agency, 60 * DAY), limits)


def test_a_group_wins_over_the_rule_for_all_and_the_shortest_group_over_another() -> None:
    rules = (Rule(OWNER, 30 * DAY), Rule(OWNER, 60, "a", frozenset({R, "r-2"})), Rule(OWNER, 30, "b", frozenset({R})))
    held = plan(*rules)
    assert (kept(held), kept(held, "r-2"), kept(held, "r-3")) == (30, 60, 30 * DAY)


def test_a_records_duty_lengthens_a_shorter_choice_and_no_more_than_the_law_allows() -> None:
    floor, ceiling = (("duty", Floor(60 * DAY)),), (("law", Retention(21 * DAY)),)
    assert kept(plan(Rule(OWNER, DAY), floors=floor)) == 60 * DAY
    both = plan(Rule(OWNER, DAY), floors=floor, ceilings=ceiling)
    assert kept(both) == 21 * DAY
    (conflict,) = both.conflicts(OWNER)
    assert "duty asks to keep every read 60 days, and law allows 21 days at most" in conflict.sentence
    with pytest.raises(BadInput, match="60 days at least"):
        require_lawful(Rule(OWNER, DAY), Limits((), floor))


def test_a_duty_on_what_was_produced_conflicts_only_where_no_order_lifts_the_ceiling() -> None:
    floor = (("duty", Floor(60 * DAY, "produced")),)
    lifted = (("law", Retention(21 * DAY, unless=("court-order",))),)
    assert plan(Rule(OWNER, DAY), floors=floor, ceilings=lifted).conflicts(OWNER) == ()
    assert len(plan(Rule(OWNER, DAY), floors=floor, ceilings=(("law", Retention(21 * DAY)),)).conflicts(OWNER)) == 1
    assert kept(plan(Rule(OWNER, DAY), floors=floor)) == DAY, "it names only some reads"


def test_a_law_that_a_basis_lifts_does_not_bind_what_is_held_on_it() -> None:
    limits = Limits(
        (("nh", Retention(3, unless=("hit",))), ("va", Retention(21 * DAY, unless=("investigation", "hit"))))
    )
    assert limits.longest("hit") is None
    assert limits.longest("investigation") == 3


minutes = st.integers(1, 5_270_400)
rules = st.builds(lambda m, h: Rule(OWNER, m, hit_minutes=h), minutes, st.none() | minutes)
ceilings = st.lists(
    st.builds(Retention, minutes, unless=st.sampled_from([(), ("hit",), ("investigation",)])), max_size=4
).map(
    lambda found: tuple(
        (f"law-{n}", limit) for n, limit in enumerate(sorted(found, key=lambda one: one.ceiling_minutes))
    )
)
floors = st.lists(st.builds(Floor, minutes, st.sampled_from(["every", "hit", "produced"])), max_size=3).map(
    lambda found: tuple((f"duty-{n}", floor) for n, floor in enumerate(found))
)


@given(rules, ceilings, floors)
def test_nothing_is_ever_kept_past_a_ceiling_nor_a_hit_shorter_than_the_rest(
    rule: Rule, limits: tuple[tuple[str, Retention], ...], duties: tuple[tuple[str, Floor], ...]
) -> None:
    held = plan(rule, ceilings=limits, floors=duties)
    plain, hit = kept(held), kept(held, hit=True)
    assert plain is not None and hit is not None and plain <= hit
    assert all(plain <= limit.ceiling_minutes for _, limit in limits)
    assert all(hit <= max(plain, limit.ceiling_minutes) for _, limit in limits if "hit" not in limit.unless)
    assert plain >= min([rule.minutes, *(limit.ceiling_minutes for _, limit in limits)])


@given(rules, rules, ceilings)
def test_what_does_not_lengthen_keeps_no_read_longer(
    one: Rule, two: Rule, limits: tuple[tuple[str, Retention], ...]
) -> None:
    before, after = plan(one, ceilings=limits), plan(two, ceilings=limits)
    longer = any((kept(after, hit=hit) or 0) > (kept(before, hit=hit) or 0) for hit in (False, True))
    assert lengthens(before, after, OWNER, [R]) == longer
    assert lengthens(plan(), after, OWNER, []), "to begin collecting lengthens"


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (1, "1 minute"),
        (3, "3 minutes"),
        (90, "90 minutes"),
        (1440, "24 hours"),
        (30240, "21 days"),
        (1470, "24 hours 30 minutes"),
        (2941, "49 hours 1 minute"),
    ],
)
def test_lengths_are_said_as_people_say_them(given_: int, said: str) -> None:
    assert spoken(given_) == said


@pytest.mark.parametrize(
    "wrong", [{"minutes": 0}, {"minutes": 5_270_401}, {"minutes": 3, "group": "a"}, {"minutes": 3, "hit_minutes": 0}]
)
def test_a_rule_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Rule(OWNER, **wrong)  # type: ignore[arg-type]
