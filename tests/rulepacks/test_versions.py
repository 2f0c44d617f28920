"""Two versions of a promise: a quiet change is named, and whom it lets in."""

from __future__ import annotations

from datetime import date

import pytest

from plateward import rulepacks
from plateward.core.promise import Promise, parse_pack, parse_promises
from plateward.core.versions import Change, compare, compare_all, compare_limits, weaker_words
from plateward.registry import load
from plateward.rulepacks import template

DAY = date(2026, 11, 22)
TEXT = template.fill(
    "no-immigration-enforcement", load().agencies["us-ca-el-cajon-pd"], date(2026, 1, 12), "Resolution"
)
FORBID = 'forbid (principal in Component::"immigration-enforcement", action, resource)'


def promise(*replace: str) -> Promise:
    text = TEXT
    for before, after in zip(replace[::2], replace[1::2], strict=True):
        assert before in text
        text = text.replace(before, after)
    return parse_promises(text, "t")[0]


def change(*replace: str) -> Change:
    return compare(promise(), promise(*replace), load(), DAY)


def test_the_same_promise_has_not_changed() -> None:
    assert compare_all((promise(),), (promise(),), load(), DAY) == ()


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("We share nothing with any agency of ICE.", "We share nothing directly with any agency of ICE.", "directly"),
        ("We share nothing with any agency of ICE.", "We share nothing solely for any agency of ICE.", "solely"),
        ("We share nothing with any agency of ICE.", "We share nothing with the agency of ICE.", "any"),
        ("We share with nobody.", "We share with nobody unless asked.", "unless"),
    ],
)
def test_a_quiet_change_of_words_is_named(old: str, new: str, word: str) -> None:
    assert word in {*weaker_words(old, new)[0], *weaker_words(old, new)[1]}


def test_words_that_make_no_promise_smaller_are_left_alone() -> None:
    assert weaker_words("We share nothing with ICE.", "We share nothing with ICE, and never through others.") == (
        (),
        (),
    )


def test_a_change_of_words_alone_loosens_even_where_the_rule_stayed() -> None:
    found = change(
        "with any part of immigration enforcement, directly or through others", "directly with immigration enforcement"
    )
    assert found.loosens
    assert found.shifts == ()


def test_a_rule_that_looks_away_from_on_behalf_lets_the_officer_ask_for_ice() -> None:
    found = change(FORBID, f"{FORBID} when {{ !context.onBehalf }}")
    (shift,) = [s for s in found.shifts if s.loosens]
    assert shift.position == "through a search on its behalf"
    assert {"us-dhs-ice", "us-dhs-ice-hsi-bcsc"} <= set(shift.agencies)
    assert found.loosens


def test_a_rule_that_names_ice_alone_lets_its_parts_in_by_every_way() -> None:
    found = change(
        FORBID, 'forbid (principal == Agency::"us-dhs-ice", action, resource)'.replace("principal ==", "principal in")
    )
    assert any(
        "us-dhs-cbp" in shift.agencies and shift.loosens and shift.position == "itself" for shift in found.shifts
    )
    assert all("us-dhs-ice" not in shift.agencies for shift in found.shifts if shift.position == "itself")


def test_a_search_that_a_judges_order_opens_is_found_with_the_paper_it_needs() -> None:
    found = change('{ action == Action::"production" && context.documents', "{ context.documents")
    loosening = [shift for shift in found.shifts if shift.loosens]
    assert loosening
    assert all(shift.documents == ("judicial-order",) for shift in loosening)
    assert all("search" in shift.acts and "production" not in shift.acts for shift in loosening)


def test_a_rule_that_refuses_more_loosens_nothing() -> None:
    found = change(FORBID, 'forbid (principal in Component::"federal", action, resource);\n' + FORBID)
    assert found.tightens
    assert not found.loosens
    assert any("us-doj-fbi" in shift.agencies for shift in found.shifts)


@pytest.mark.parametrize(
    ("before", "after", "part", "loosens"),
    [
        ("in_force_from = 2026-01-12", "in_force_from = 2027-01-12", "in_force_from", True),
        ("in_force_from = 2026-01-12", "in_force_from = 2025-01-12", "in_force_from", False),
        ("in_force_from = 2026-01-12", "in_force_from = 2026-01-12\nin_force_to = 2026-12-31", "in_force_to", True),
        ('admits = ["judicial-order"]', 'admits = ["judicial-order", "detainer"]', "admits", True),
        ('name = "it is proposed as a receiver"', 'name = "it is a receiver"', "case", True),
        ('title = "Not for immigration enforcement"', 'title = "Not for ICE"', "title", False),
    ],
)
def test_a_changed_part_is_shown_and_whether_it_loosens(before: str, after: str, part: str, loosens: bool) -> None:
    found = change(before, after)
    assert part in {edit.part for edit in found.edits}
    assert found.loosens is loosens


def test_a_promise_that_is_gone_loosens_and_a_new_one_tightens() -> None:
    (gone,) = compare_all((promise(),), (), load(), DAY)
    assert gone.loosens
    (new,) = compare_all((), (promise(),), load(), DAY)
    assert new.tightens
    assert not new.loosens


def test_a_pack_that_forgets_private_receivers_lets_in_private_ones_of_its_state() -> None:
    text = rulepacks.text("us-ca-sb34")
    new = parse_pack(text.replace('principal in Component::"private"', 'principal in Component::"foreign"')
                     .replace('principal.kinds.contains("private") || ', ""), "new")  # fmt: skip
    with_private = {p.id: p for p in rulepacks.load("us-ca-sb34").promises}["us-ca-sb34.private"]
    without = {p.id: p for p in new.promises}["us-ca-sb34.private"]
    found = compare(with_private, without, load(), DAY)
    assert found.loosens
    assert any("us-ca-stanford-university-campus" in shift.agencies for shift in found.shifts if shift.loosens)


@pytest.mark.parametrize(
    ("pack", "before", "after", "part", "loosens"),
    [
        ("us-va-2.2-5517", "ceiling_minutes = 30240", "ceiling_minutes = 43200", "retention", True),
        ("us-va-2.2-5517", "ceiling_minutes = 30240", "ceiling_minutes = 1440", "retention", False),
        ("us-wa-sb6002", '"school", ', "", "no_collect", True),
        ("us-nh-261-75-b", "max_age_minutes = 1440", "max_age_minutes = 2880", "hot_lists", True),
        (
            "us-nh-261-75-b",
            '  "threat", "audit",\n]\nsection',
            '  "threat", "audit", "court-order",\n]\nsection',
            "purposes",
            True,
        ),
    ],
)
def test_a_limit_of_a_pack_that_grows_is_shown(pack: str, before: str, after: str, part: str, loosens: bool) -> None:
    text = rulepacks.text(pack)
    assert before in text
    edits = compare_limits(rulepacks.load(pack), parse_pack(text.replace(before, after, 1), "new"))
    assert [(edit.part, edit.loosens) for edit in edits] == [(part, loosens)]
