"""A simulated department of thirty people over two months: the audit finds who does wrong, by name, and nobody who does right.

The innocent have what makes real people look guilty: overtime, a desk and a car, operations with many searches, cases that last
weeks, court days without a shift, partners who work the same case.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from plateward.core.access import AccessRow
from plateward.oversight.audit.findings import AuditResult, Context, Severity, Shift, listed_plate
from plateward.oversight.audit.run import audit

FIRST, DAYS = date(2026, 9, 1), 60
SECRET = b"a secret of the agency"
OWN = "us-ca-ridgeport-pd"
STAFF_PLATE, ONE_WOMAN, HOUSEHOLD = "9STF001", "9FRC274", ("7HSE101", "7HSE102", "7HSE103")
PRESENT = frozenset(
    {"at", "user", "organisation", "plate", "reason", "case", "begins", "networks", "session", "on_behalf_of"}
)
PEOPLE = tuple(f"officer{number:02d}" for number in range(30))

GUILTY = {
    "off-shift": "officer01", "two-places": "officer02", "bulk-rate": "officer03", "staff-or-relations": "officer05",
    "training-out-of-date": "officer06", "reach-above-norm": "officer07", "look-back-beyond-retention": "officer08",
    "same-plate-again": "officer09", "streak-of-days": "officer10", "same-plates-together": "officer11",
    "one-case-many-plates": "officer12", "vague-reason": "officer13", "on-behalf-of-others": "officer14",
    "words-immigration": "officer15", "words-reproductive-care": "officer16", "words-protest": "officer17",
    "head-or-auditor": "chief", "case-malformed": "officer18", "case-missing": "officer19",
}  # fmt: skip


class Department:
    """Rows as a node logs them, by instant."""

    def __init__(self, seed: int) -> None:
        self.rng, self.made = Random(seed), []  # type: ignore[var-annotated]

    def plate(self) -> str:
        return f"{self.rng.randint(1, 9)}{''.join(self.rng.choices('ABCDEFGHJKLMNPRSTUVWXYZ', k=3))}{self.rng.randint(0, 999):03d}"

    def search(self, who: str, at: datetime, plate: str | None = None, **more: object) -> None:
        row = {
            "user": who, "organisation": OWN, "plate": plate or self.plate(), "reason": "Burglary: residential burglaries",
            "case": f"R26-{self.rng.randint(10_000, 99_999)}", "begins": at - timedelta(days=7), "networks": 1,
            "session": f"{who}-desk",
        } | more  # fmt: skip
        self.made.append((at, row))

    def rows(self) -> Iterator[AccessRow]:
        for line, (at, row) in enumerate(sorted(self.made, key=lambda made: (made[0], str(made[1]))), 1):
            yield AccessRow(line, at, **row)


def _at(day: int, hour: float) -> datetime:
    return datetime.combine(FIRST + timedelta(days=day), time(), UTC) + timedelta(hours=hour)


def _duty(day: int, hour: float) -> datetime:
    """The same on a working day: what falls on a weekend is done on the Friday before."""
    return _at(day - max(0, day % 7 - 4), hour)


def _ordinary(made: Department) -> None:
    """Shifts from 8 to 16, a few cases each, with everything that is innocent and does not look so."""
    rng = made.rng
    for who in PEOPLE:
        for day in range(DAYS):
            if day % 7 in (5, 6) and who not in ("officer20", "officer21"):
                continue
            for _ in range(rng.randrange(0, 4)):
                made.search(who, _at(day, 8 + rng.random() * 8))
    for day in range(0, DAYS, 9):
        made.search("officer20", _duty(day, 16.6))  # overtime, within the grace
        made.search("officer21", _duty(day, 10.0))
        made.search("officer21", _duty(day, 10.1), session="officer21-car")  # from the desk to the car, once
    for number in range(
        30
    ):  # an operation: thirty plates of one parking lot, as fast as a hand types, each its own case
        made.search("officer22", _duty(20, 10) + timedelta(seconds=17 * number + rng.random() * 9))
    for day in range(3, 50, 6):  # a case that lasts: the same plate eight times in two months, with its number
        made.search("officer23", _duty(day, 11), "7LNG001", case="R26-55512")
    for number in range(7):  # a series: seven plates under one number
        made.search("officer24", _duty(30, 9 + number / 2), case="R26-60600")
    made.search("officer25", _duty(12, 9), reason="Theft: ICE impersonation, suspect vehicle")
    made.search("officer26", _duty(13, 9), reason="Burglary: Ice House Rd, CBPD 26-10581")
    made.search("officer27", _duty(14, 9), reason="Assault: assault at the ball game, witness vehicle")


def _wrong(made: Department) -> None:
    rng = made.rng
    for day in (3, 9, 17, 24, 31, 38):
        made.search("officer01", _duty(day, 2.5))
    for turn in range(6):
        made.search(
            "officer02", _duty(20, 9) + timedelta(minutes=turn), session="officer02-desk" if turn % 2 else "elsewhere"
        )
    for number in range(60):
        made.search("officer03", _duty(22, 10) + timedelta(seconds=5 * number + rng.random()))
    made.search("officer05", _duty(25, 10), STAFF_PLATE)
    for day in (40, 43, 44):
        made.search("officer06", _duty(day, 10))
    made.search("officer07", _duty(26, 10), networks=900)
    made.search("officer08", _duty(27, 10), begins=_duty(27, 10) - timedelta(days=400))
    for day in (1, 3, 7, 8, 10, 14, 16, 21, 23, 28, 31, 36):
        made.search("officer09", _duty(day, 12), ONE_WOMAN, case="", reason="Missing person: welfare")
    for day in range(7, 12):
        made.search("officer10", _duty(day, 13), "7STR100")
    for day in (1, 9, 16, 23, 37):
        for number, plate in enumerate(HOUSEHOLD):
            made.search("officer11", _duty(day, 14) + timedelta(minutes=number), plate)
    for number in range(12):
        made.search("officer12", _duty(number * 4, 11), case="R26-00001")
    for day in (2, 4, 8, 11):
        made.search("officer13", _duty(day, 9), case="", reason="investigation")
    made.search("officer14", _duty(15, 9), on_behalf_of="Homeland Security Investigations")
    made.search("officer15", _duty(15, 10), reason="Immigration: ICE ERO detainer")
    made.search("officer16", _duty(16, 10), reason="Other: had an abortion, search everywhere")
    made.search("officer17", _duty(17, 10), reason="Other: no kings protest, who was there")
    for day in (2, 5, 9):
        made.search("chief", _duty(day, 10))
    made.search("officer18", _duty(18, 10), case="000")
    for day in (1, 2, 3, 8, 9, 10, 15, 16, 17, 22, 23):
        made.search("officer19", _duty(day, 15), case="")


def _context() -> Context:
    shifts = {}
    for who in PEOPLE:
        for day in range(DAYS):
            if day % 7 not in (5, 6) or who in ("officer20", "officer21"):
                shifts[who, FIRST + timedelta(days=day)] = Shift(time(8), time(16))
    return Context(
        retention_days=30, shifts=shifts, zone=UTC, listed=frozenset({listed_plate(STAFF_PLATE, SECRET)}), secret=SECRET,
        trained_until={who: FIRST + timedelta(days=39 if who == "officer06" else 300) for who in PEOPLE},
        heads=frozenset({"chief"}), own=OWN, show_names=True, period="2026-09", salt=b"salt of the node" * 2,
    )  # fmt: skip


def run(seed: int) -> AuditResult:
    made = Department(seed)
    _ordinary(made)
    _wrong(made)
    return audit(made.rows(), PRESENT, _context())


@pytest.fixture(scope="module", params=(1, 2, 3))
def result(request: pytest.FixtureRequest) -> AuditResult:
    return run(request.param)


@pytest.mark.parametrize("pattern", GUILTY)
def test_who_does_wrong_is_found_by_the_pattern_made_for_it(result: AuditResult, pattern: str) -> None:
    assert GUILTY[pattern] in {one.who.user for one in result.findings if one.pattern == pattern}


def test_nobody_who_does_right_is_named_gravely(result: AuditResult) -> None:
    """What an innocent look-alike is called is low, and says that it may be one."""
    innocent = [one for one in result.findings if one.who.user not in set(GUILTY.values())]
    assert [one.sentence for one in innocent if one.severity is not Severity.LOW] == []
    assert {one.who.user for one in innocent} == {"officer25"}
    assert all("innocent look-alike" in one.sentence for one in innocent)


def test_whoever_does_one_thing_wrong_is_not_accused_of_another(result: AuditResult) -> None:
    """The same acts may be two questions: a search for ICE is one on behalf of ICE, and who says nothing gives no number."""
    also = {"officer09": {"case-missing"}, "officer13": {"case-missing"}, "officer15": {"on-behalf-of-others"}}
    for pattern, who in GUILTY.items():
        named = {one.pattern for one in result.findings if one.who.user == who} - {pattern}
        assert named <= also.get(who, set()), f"{who} did {pattern}, and was accused of {named}"


def test_days_are_those_of_the_agencys_own_clock() -> None:
    """A search on the last day of training, in the evening of California, is the next day in UTC; and two days are no three."""
    zone = ZoneInfo("America/Los_Angeles")
    evening = datetime(2026, 9, 1, 17, 30, tzinfo=zone)
    made = Department(1)
    made.search("officer01", evening)
    for day in range(3):
        made.search("officer02", evening + timedelta(days=day, hours=-3), "7STR100")
        made.search("officer02", evening + timedelta(days=day), "7STR100")
    for day in range(3, 5):
        made.search("officer02", evening + timedelta(days=day), "7STR100")
    trained = Context(zone=zone, trained_until={"officer01": date(2026, 9, 1)}, show_names=True)
    found = audit(made.rows(), PRESENT, trained)
    assert not [one for one in found.findings if one.pattern == "training-out-of-date"]
    streak = next(one.sentence for one in found.findings if one.pattern == "streak-of-days")
    assert "5 days in a row, 2026-09-01 to 2026-09-05" in streak
