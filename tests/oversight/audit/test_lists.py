"""Questions about hot lists and alerts: found where they lie, silent where nothing does, not tried where a column is missing."""

from __future__ import annotations

import io

from plateward.formats.audits.read import read_log
from plateward.oversight.audit.findings import AuditResult, Context
from plateward.oversight.audit.run import audit

HEAD = "Timestamp,User,Event Type,Entity Type,Entity Details\n"


def judged(text: str) -> AuditResult:
    log = read_log(io.BytesIO(text.encode()), "log.csv")
    return audit(log.rows, log.present, Context(), columns=lambda: log.columns)


def line(minute: int, user: str, act: str, entity: str, details: str) -> str:
    return f'2025-08-{19 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}:00,{user},{act},{entity},"{details}"\n'


WHOLE = "Hotlist Name: SVS, License: 7XYZ{0:03d}, Reason: stolen vehicle, Case: 25-{0:05d}, Expiry: 2025-12-01"


def test_an_entry_without_end_or_case_is_asked_about_and_a_whole_one_is_not() -> None:
    found = judged(
        HEAD
        + "".join(line(n, "Roe", "create", "Custom Hotlist Entry", WHOLE.format(n)) for n in range(3))
        + line(9, "Doe", "create", "Custom Hotlist Entry", "Hotlist Name: Mine, License: 8ABC123, Reason: bolo")
    )
    (finding,) = [f for f in found.findings if f.pattern == "entry-unaccounted"]
    assert "case number or an end date" in finding.sentence and finding.rows == (5,)
    assert "8ABC123" not in finding.sentence and "Doe" not in finding.sentence


def test_a_plate_put_on_and_taken_off_again_and_again_and_a_list_for_its_maker_alone() -> None:
    mine = "Hotlist Name: Mine, License: 8ABC123, Reason: personal, Case: 1, Expiry: 2025-12-01"
    text = HEAD + line(0, "Doe", "create", "customHotlist", "Name: Mine, Audience Users: Doe")
    for day in range(3):
        text += line(day * 1440 + 10, "Doe", "create", "Custom Hotlist Entry", mine)
        text += line(day * 1440 + 70, "Doe", "delete", "Custom Hotlist Entry", mine)
    found = {f.pattern: f for f in judged(text).findings}
    assert "3 times" in found["entry-gone-soon"].sentence and found["entry-gone-soon"].severity == "medium"
    assert found["list-for-one"].rows == (2,)


def test_words_of_forbidden_subjects_in_a_lists_name() -> None:
    text = HEAD + line(0, "Doe", "create", "customHotlist", "Name: ICE detainers, Audience Roles: patrol")
    (finding,) = [f for f in judged(text).findings if f.pattern == "list-subjects"]
    assert finding.severity == "high"


def test_many_deletions_within_minutes_and_none_spread_over_a_day() -> None:
    quick = HEAD + "".join(line(n // 2, "Doe", "delete", "Custom Hotlist Entry", WHOLE.format(n)) for n in range(12))
    slow = HEAD + "".join(line(n * 60, "Doe", "delete", "Custom Hotlist Entry", WHOLE.format(n)) for n in range(12))
    assert [f.pattern for f in judged(quick).findings] == ["deleted-in-bulk"]
    assert not judged(slow).findings


def test_values_that_were_taken_out_leave_patterns_untried_and_say_so() -> None:
    text = HEAD + line(0, "Doe", "create", "Custom Hotlist Entry", "Hotlist Name;License;Reason;Case;Expiry")
    untried = dict(judged(text).not_tried)
    assert "entry-gone-soon" in untried and "blacked out" in untried["entry-gone-soon"]
    assert "acted-unconfirmed" in untried


def test_a_stop_upon_an_alert_that_nobody_confirmed() -> None:
    found = judged(
        "Alert Time,Officer,Plate,Confirmed By,Outcome\n"
        '2025-08-19 13:00:00,Doe,8ABC123,,"Felony stop"\n'
        "2025-08-19 14:00:00,Doe,8ABC124,Dispatch,Arrest\n"
        "2025-08-19 15:00:00,Doe,8ABC125,,No action\n"
    )
    assert [(f.pattern, f.rows) for f in found.findings] == [("acted-unconfirmed", (2,))]
