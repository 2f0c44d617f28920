"""What each pattern finds, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.access import FIELDS, WITHHELD, AccessRow, Columns
from plateward.core.agency import Classification, Component
from plateward.core.errors import BadInput
from plateward.oversight.audit.findings import (
    AuditResult,
    Context,
    Finding,
    Judged,
    Severity,
    Shift,
    Who,
    grouped,
    judge,
    listed_plate,
)
from plateward.oversight.audit.masks import quotable
from plateward.oversight.audit.run import PATTERNS, audit
from plateward.oversight.audit.words import Subject, case_in, malformed_case, mentions, on_behalf, says_nothing

START = datetime(2025, 3, 3, 9, tzinfo=UTC)
ALL = frozenset(FIELDS)


def row(line: int, *, minutes: float = 0, **fields: object) -> AccessRow:
    values = {
        "user": "J. Doe",
        "organisation": "Elm CA PD",
        "reason": "theft",
        "case": "25-1234",
        "plate": "8ABC123",
        "networks": 10,
    }
    return AccessRow(line=line, at=START + timedelta(minutes=minutes), **{**values, **fields})  # type: ignore[arg-type]


def run(rows: Iterable[AccessRow], context: Context | None = None, present: frozenset[str] = ALL) -> AuditResult:
    return audit(rows, present, context or Context())


def found(result: AuditResult, pattern: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.pattern == pattern]


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "Investigation",
        "inv",
        "INV.",
        "bolo",
        "suspect vehicle",
        "n/a",
        "test",
        "Patrol Investigation",
        "criminal investigation",
        "veh check",
        "xxx",
        "follow-up",
        ".",
    ],
)
def test_reasons_that_say_nothing(reason: str) -> None:
    assert says_nothing(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "211PC",
        "459 inv",
        "inv 25-10423",
        "stolen vehicle",
        "warrants",
        "missing person",
        "homicide",
        "PC 245",
        "10851(a)CVC",
        "26-57903",
        "welfare check",
        "hit and run",
        "disturbance",
    ],
)
def test_reasons_that_say_something(reason: str) -> None:
    assert not says_nothing(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "immigration",
        "ICE",
        "ICE+ERO",
        "ICE case",
        "assist ICE",
        "for ice",
        "deportation",
        "287(g)",
        "illegal alien",
        "removal order",
        "border patrol request",
        "CBP assist",
    ],
)
def test_immigration_is_recognised(reason: str) -> None:
    (mention,) = mentions(reason)
    assert mention.subject is Subject.IMMIGRATION and not mention.doubtful


@pytest.mark.parametrize(
    "reason",
    [
        "ICE impersonation",
        "fake ICE agents",
        "robbery at ICE CREAM shop, ICE",
        "ICE St burglary",
        "not ICE",
        "immigration fraud",
        "ICE meth sales",
    ],
)
def test_look_alikes_of_immigration_are_told_as_doubtful(reason: str) -> None:
    assert all(mention.doubtful for mention in mentions(reason) if mention.subject is Subject.IMMIGRATION)


@pytest.mark.parametrize(
    "reason",
    [
        "CBPD 23-01058",
        "261(a)(2)PC; 287PC",
        "black ice crash",
        "ice cream truck",
        "police",
        "service",
        "Alice St",
        "dice game",
        "marching band theft",
        "system demo",
        "burglary on Border Ave",
    ],
)
def test_innocent_words_are_no_mention_at_all(reason: str) -> None:
    assert mentions(reason) == ()


def test_care_and_protest() -> None:
    assert mentions("had an abortion, search for female")[0].subject is Subject.REPRODUCTIVE
    assert mentions("arson at Planned Parenthood")[0].doubtful
    assert mentions("No Kings protest")[0].subject is Subject.PROTEST
    assert mentions("miscarriage of justice")[0].doubtful


@pytest.mark.parametrize(
    ("reason", "whom"),
    [
        ("HSI", "immigration"),
        ("assist CBP", "immigration"),
        ("FBI case", "federal"),
        ("US Marshals task force", "federal"),
        ("TFO", "task-force"),
        ("assist other agency", "other"),
        ("agency assist", "other"),
        ("theft", None),
        ("FBI impersonation", None),
        ("zero tolerance", None),
        ("hero", None),
    ],
)
def test_on_whose_behalf(reason: str, whom: str | None) -> None:
    helped = on_behalf(reason)
    assert (helped.whom if helped else None) == whom


@pytest.mark.parametrize("case", ["na", "investigation", "0000", "1234567", "7ABC123", "x", "99"])
def test_case_numbers_that_cannot_be_one(case: str) -> None:
    assert malformed_case(case)


@pytest.mark.parametrize(
    "case", ["25-10423", "2604351", "L106668", "CVL035238", "R2-26-0053", "34150", "2025-00012345"]
)
def test_case_numbers_in_many_cities_ways(case: str) -> None:
    assert malformed_case(case) is None


def test_a_section_of_a_code_is_no_case_number() -> None:
    assert not case_in("211PC") and not case_in("459 PC") and not case_in("8ABC123") and case_in("inv 26-58065")


# -- patterns -------------------------------------------------------------------------------------------------------


def test_milwaukee_one_officer_two_plates_reason_investigation() -> None:
    rows = [
        row(i + 2, minutes=i * 700, plate="8ABC123" if i < 124 else "7XYZ999", case="", reason="investigation")
        for i in range(179)
    ]
    result = run(rows)
    again = found(result, "same-plate-again")
    assert {len(f.rows) for f in again} == {124, 55} and all(f.severity is Severity.HIGH for f in again)
    (vague,) = found(result, "vague-reason")
    assert vague.severity is Severity.HIGH and len(vague.rows) == 179
    assert found(result, "streak-of-days")


def test_a_detective_on_one_case_with_its_number_is_only_a_low_question() -> None:
    rows = [row(i + 2, minutes=i * 1440, case="25-10423", reason="homicide") for i in range(12)]
    assert {f.severity for f in found(run(rows), "same-plate-again")} == {Severity.LOW}


def test_nine_searches_are_not_yet_again_and_again() -> None:
    assert not found(run(row(i, minutes=i) for i in range(1, 10)), "same-plate-again")


def test_ten_searches_over_a_year_are_not_within_the_window() -> None:
    assert not found(run(row(i, minutes=i * 60 * 24 * 36) for i in range(1, 11)), "same-plate-again")


def test_a_household_searched_together_on_several_days() -> None:
    rows = []
    for day in range(5):
        rows += [
            row(len(rows) + 2, minutes=day * 3000 + 3, plate=p, case="") for p in ("8ABC123", "7XYZ999", "6KLM555")
        ]
        rows += [row(len(rows) + 2, minutes=day * 3000 + 500, plate=f"1QQQ{day}00")]
    (together,) = found(run(rows), "same-plates-together")
    assert len(together.rows) == 15 and "5 days" in together.sentence


def test_one_case_number_on_many_plates() -> None:
    rows = [row(i + 2, minutes=i, plate=f"7AAA{i:03d}", user=f"P{i % 3}") for i in range(60)]
    (many,) = found(run(rows), "one-case-many-plates")
    assert many.severity is Severity.HIGH and len(many.rows) == 60 and "3 people" in many.sentence
    assert not found(run(row(i, plate=f"7AAA{i}") for i in range(8)), "one-case-many-plates")


def test_look_back_is_judged_only_where_retention_is_stated() -> None:
    rows = [row(2, begins=START - timedelta(days=90)), row(3, begins=START - timedelta(days=30))]
    assert [f.rows for f in found(run(rows, Context(retention_days=30)), "look-back-beyond-retention")] == [(2,)]
    assert "look-back-beyond-retention" in dict(run(rows).not_tried)


def test_reach_far_above_the_persons_norm() -> None:
    rows = [row(i, networks=5, minutes=i) for i in range(2, 42)] + [row(50, networks=6000, minutes=99)]
    (reach,) = found(run(rows), "reach-above-norm")
    assert reach.rows == (50,)
    assert not found(run(row(i, networks=6000, minutes=i) for i in range(2, 42)), "reach-above-norm")


def test_national_search_for_a_parking_matter() -> None:
    rows = [
        row(2, networks=6000, reason="parking complaint", case=""),
        row(3, networks=6000, reason="homicide", case=""),
        row(4, networks=3, reason="parking", case=""),
    ]
    (wide,) = found(run(rows), "wide-search-minor-reason")
    assert wide.rows == (2,)


def test_off_shift_by_the_table_across_midnight() -> None:
    day = START.date()
    context = Context(shifts={("J. Doe", day): Shift(time(22), time(6))})
    rows = [row(2, minutes=60 * 14), row(3, minutes=60 * 20), row(4, minutes=0), row(5, user="P. Roe")]
    assert [f.rows for f in found(run(rows, context), "off-shift")] == [(4,)]


def test_a_shared_password_shows_as_two_places_in_turn() -> None:
    places = ["10.0.0.1", "203.0.113.9", "10.0.0.1", "203.0.113.9"]
    rows = [row(i + 2, minutes=i, address=place) for i, place in enumerate(places)]
    (two,) = found(run(rows), "two-places")
    assert two.severity is Severity.HIGH
    moved = [row(i + 2, minutes=i, address="car" if i < 2 else "station") for i in range(4)]
    assert not found(run(moved), "two-places"), "driving to the station is no finding"


def test_a_script_is_told_by_pace_or_by_evenness() -> None:
    fast = [row(i + 2, minutes=i / 60, plate=f"7AAA{i}") for i in range(60)]
    assert found(run(fast), "bulk-rate")[0].severity is Severity.HIGH
    even = [row(i + 2, minutes=i * 5, plate=f"7AAA{i}") for i in range(20)]
    assert "every 300 seconds" in found(run(even), "bulk-rate")[0].sentence
    hand = [row(i + 2, minutes=i * 5 + (i * 37 % 11) / 3, plate=f"7AAA{i}") for i in range(20)]
    assert not found(run(hand), "bulk-rate")


def test_an_unordered_log_is_judged_as_the_ordered_one() -> None:
    rows = [row(i + 2, minutes=i / 60, plate=f"7AAA{i}") for i in range(60)]
    assert sorted(found(run(rows[::-1]), "bulk-rate")[0].rows) == sorted(found(run(rows), "bulk-rate")[0].rows)


def test_staff_plates_by_a_keyed_list_only() -> None:
    secret = b"a secret of the agency"
    context = Context(listed=frozenset({listed_plate("8abc 123", secret)}), secret=secret)
    rows = [row(2), row(3, plate="7XYZ999")]
    (listed,) = found(run(rows, context), "staff-or-relations")
    assert listed.rows == (2,) and "8ABC123" not in listed.sentence
    assert listed_plate("8ABC123", secret) != listed_plate("8ABC123", b"another secret here")


def test_training_heads_and_the_vendors_warning() -> None:
    context = Context(trained_until={"J. Doe": date(2025, 3, 2)}, heads=frozenset({"P. Roe"}))
    rows = [
        row(2),
        row(3, user="P. Roe"),
        row(4, user="P. Roe"),
        row(5, user="P. Roe"),
        row(6, moderation="block"),
        row(7, moderation="allow"),
    ]
    result = run(rows, context)
    assert found(result, "training-out-of-date")[0].rows == (2, 6, 7)
    assert found(result, "head-or-auditor")[0].rows == (3, 4, 5)
    assert [f.rows for f in found(result, "vendor-warned")] == [(6,)]


def test_organisations_of_other_states_and_federal_ones_in_a_network_audit() -> None:
    known = {
        "Elm CA PD": Classification("elm", frozenset({"elm"}), frozenset(), frozenset({"CA"}), ("elm",)),
        "Oak TX PD": Classification("oak", frozenset({"oak"}), frozenset(), frozenset({"TX"}), ("oak",)),
        "HSI": Classification(
            "hsi",
            frozenset({"hsi", "ice"}),
            frozenset({Component.FEDERAL, Component.IMMIGRATION_ENFORCEMENT}),
            frozenset(),
            ("hsi", "ice"),
        ),
    }
    context = Context(own="own", own_states=frozenset({"CA"}), classify=known.get)
    rows = [row(i, organisation=name) for i, name in enumerate(("Elm CA PD", "Oak TX PD", "HSI", "Nobody"), 2)]
    severities = {f.who.organisation: f.severity for f in found(run(rows, context), "outside-organisation")}
    assert severities == {"Oak TX PD": Severity.MEDIUM, "HSI": Severity.HIGH, "Nobody": Severity.LOW}


def test_missing_days_in_a_busy_log() -> None:
    days = [d for d in range(12) if d != 5]
    rows = [row(d * 100 + i, minutes=d * 1440 + i * 9 % 7, plate=f"7AA{i}") for d in days for i in range(25)]
    (gap,) = found(run(rows), "log-gap")
    assert "2025-03-08" in gap.sentence


def test_case_numbers_are_missed_only_where_others_give_them() -> None:
    rows = [row(i, case="") for i in range(2, 22)]
    assert not found(run(rows), "case-missing")
    (missing,) = found(run([*rows, *(row(i, user="P. Roe") for i in range(30, 60))]), "case-missing")
    assert missing.severity is Severity.MEDIUM and len(missing.rows) == 20


# -- what a log does not tell -----------------------------------------------------------------------------------------


def test_each_pattern_is_either_tried_or_the_lacking_column_is_named() -> None:
    result = run([row(2)], present=frozenset({"reason", "at"}))
    assert set(result.tried) | {pattern for pattern, _ in result.not_tried} == {kind.id for kind in PATTERNS}
    assert "the plate" in dict(result.not_tried)["one-case-many-plates"]


def test_a_column_blacked_out_throughout_counts_as_not_tried() -> None:
    rows = [row(i, user=WITHHELD) for i in range(2, 30)]
    result = audit(rows, ALL, Context(), columns=lambda: Columns(ALL, {"user": 28}))
    assert "blacked out" in dict(result.not_tried)["streak-of-days"]
    assert all(f.who.user == "" for f in result.findings)


def test_withheld_reasons_are_not_blank_ones() -> None:
    assert not found(run([row(i, reason=WITHHELD, case="") for i in range(2, 9)]), "vague-reason")


# -- privacy ----------------------------------------------------------------------------------------------------------


def test_names_and_plates_are_masked_unless_asked_for() -> None:
    rows = [row(i, minutes=i, case="", reason="looking for Maria Gonzalez 8ABC123, ICE") for i in range(2, 40)]
    masked = " ".join(f.sentence for f in run(rows).findings)
    for secret in ("J. Doe", "8ABC123", "Maria", "Gonzalez"):
        assert secret not in masked
    shown = " ".join(f.sentence for f in run(rows, Context(show_names=True)).findings)
    assert "J. Doe" in shown and "8ABC123" in shown


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_quoting_never_lets_a_word_through_that_is_not_known(text: str) -> None:
    assert "Kowalczyk" not in quotable(f"{text} Kowalczyk {text}")
    assert "7XKL482" not in quotable(f"{text} 7XKL482 {text}")


# -- review -----------------------------------------------------------------------------------------------------------


def test_findings_are_grouped_by_person_and_nobody_reviews_their_own() -> None:
    rows = [row(i, minutes=i * 900, case="", reason="inv") for i in range(2, 60)]
    groups = grouped(run(rows).findings)
    assert len(groups) == 1 and groups[0].who == Who("Elm CA PD", "J. Doe")
    finding = groups[0].findings[0]
    with pytest.raises(BadInput, match="their own"):
        judge(finding, "j. doe", Judged.JUSTIFIED, "it was me, all fine", START)
    verdict = judge(finding, "A. Auditor", Judged.ASKED, "asked on Monday", START)
    assert verdict.finding == finding.key


def test_keys_of_findings_stay_the_same_from_run_to_run() -> None:
    rows = [row(i, minutes=i * 900, case="", reason="inv") for i in range(2, 60)]
    assert [f.key for f in run(rows).findings] == [f.key for f in run(rows).findings]
