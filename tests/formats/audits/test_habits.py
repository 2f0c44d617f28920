"""Search logs with the habits of other vendors and clerks: times and columns are read rightly, or it is said how they were."""

# ruff: noqa: E501 (variants are easier to compare on one line each)
from __future__ import annotations

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.access import AccessRow
from plateward.formats.audits.batches import whole
from plateward.formats.audits.read import SearchLog, read_log
from plateward.formats.audits.times import day_first, instant, order_of

AT = datetime(2025, 11, 14, 9, 53, 36, tzinfo=UTC)


def read(data: bytes | str, name: str = "log.csv") -> tuple[SearchLog, list[AccessRow]]:
    log = read_log(io.BytesIO(data.encode() if isinstance(data, str) else data), name)
    return log, list(log.rows)


@pytest.mark.parametrize(
    "text",
    [
        "11/14/2025, 09:53:36 AM UTC", "11/14/2025 9:53:36 AM", "11/14/2025 1:53:36 AM PST", "11/14/2025 4:53:36 AM EST", "11/14/25 9:53:36 AM", "11/14/2025 9:53:36 a.m.",
        "Nov 14, 2025 9:53:36 AM", "November 14, 2025 at 9:53:36 AM", "Friday, November 14, 2025 9:53:36 AM", "14-Nov-2025 09:53:36", "14 Nov 2025 09:53:36", "Fri, 14 Nov 2025 09:53:36 GMT",
        "2025/11/14 09:53:36", "2025-11-14T01:53:36-08:00", "20251114T095336Z",
    ],
)  # fmt: skip
def test_an_instant_is_read_in_every_form_that_tells_it(text: str) -> None:
    assert instant(text) == AT


@pytest.mark.parametrize(
    "text", ["11/14/2025 9:53 PT", "14/11/2025 09:53", "1763113", "Smarch 14, 2025 9:53 AM", "11/14/2025 25:00"]
)
def test_an_instant_that_is_not_told_is_none(text: str) -> None:
    assert instant(text) is None


def test_days_first_are_told_by_the_file_and_not_by_each_row() -> None:
    log, rows = read("User,Reason,Date/Time\nA,stolen,03/11/2025 09:53\nA,stolen,14/11/2025 09:53\n")
    assert [row.at and row.at.date() for row in rows] == [date(2025, 11, 3), date(2025, 11, 14)]
    assert log.rejected_count == 0 and "day/month" in log.notes[0]
    log, rows = read("User,Reason,Date/Time\nA,stolen,03/11/2025 09:53\nA,stolen,11/14/2025 09:53\n")
    assert [row.at and row.at.date() for row in rows] == [date(2025, 3, 11), date(2025, 11, 14)] and log.notes == []


def test_dates_that_show_no_order_are_read_as_americans_do_and_it_is_said() -> None:
    log, rows = read("User,Reason,Date/Time\nA,stolen,03/11/2025 09:53\n")
    assert rows[0].at is not None and rows[0].at.month == 3 and "month/day" in log.notes[0]


@given(st.dates(date(2001, 1, 1), date(2089, 12, 31)))
def test_the_order_of_a_date_is_never_taken_for_the_other_where_it_shows(day: date) -> None:
    written = f"{day.day:02}/{day.month:02}/{day.year} 10:00"
    assert day_first(written) == datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    assert order_of([written]) == ("day first" if day.day > 12 else "either")


def test_a_zone_in_the_heading_counts() -> None:
    log, rows = read("User,Plate,Reason,Search Time (PST)\nA,8ABC123,stolen,11/14/2025 1:53:36 AM\n")
    assert rows[0].at == AT and "PST" in log.notes[0]


def test_headings_in_other_words_are_told_by_likeness_and_it_is_said() -> None:
    log, rows = read(
        "Officer Name,Police Department,Searched Plate,Justification Text,Incident No.,Date of Search\nA,Elm PD,8ABC123,stolen,24-1,2025-11-14 09:53:36\n"
    )
    assert (rows[0].user, rows[0].organisation, rows[0].plate, rows[0].reason, rows[0].case, rows[0].at) == (
        "A",
        "Elm PD",
        "8ABC123",
        "stolen",
        "24-1",
        AT,
    )
    assert any("“Justification Text” is taken for the reason" in note for note in log.notes)


def test_of_two_columns_for_one_field_the_likelier_is_taken_wherever_it_stands() -> None:
    _, (row,) = read(
        "Created At,Search Reason,Reason,Search Time,User,Plate\n2025-12-01 00:00:00,Investigation,stolen car,2025-11-14 09:53:36,A,8ABC123\n"
    )
    assert (row.at, row.reason) == (AT, "stolen car")


def test_a_row_with_more_cells_than_the_heading_is_named_and_not_shifted() -> None:
    log, rows = read(
        "User,Plate,Reason,Search Time\nA,8ABC123,stolen, vehicle,2025-11-14 09:53:36\nA,8ABC123,stolen,2025-11-14 09:53:36,,\n"
    )
    assert [row.line for row in rows] == [3] and log.rejected[0].where.line == 2


@pytest.mark.parametrize(
    ("text", "number"), [("1,200", 1200), ("1.200", 1200), ("1200.0", 1200), ("1 200", None), ("All", None), ("", None)]
)
def test_counts_of_networks_are_read_as_written(text: str, number: int | None) -> None:
    assert whole(text) == number


def test_every_sheet_of_a_workbook_that_is_a_log_is_read_and_the_others_are_named() -> None:
    book, held = openpyxl.Workbook(), io.BytesIO()
    del book["Sheet"]
    for title in ("January", "February"):
        sheet = book.create_sheet(title)
        sheet.append(["Audit of Elm PD"])
        sheet.append(["User", "Plate", "Reason", "Search Time"])
        sheet.append(["A", "8ABC123", f"stolen {title}", "2025-11-14 09:53:36"])
    book.create_sheet("Legend").append(["Colour", "Meaning"])
    book.save(held)
    log, rows = read(held.getvalue(), "log.xlsx")
    assert [row.reason for row in rows] == ["stolen January", "stolen February"] and log.count == 2
    assert "February was read too" in log.notes[0] and "Legend, which is no log" in log.notes[1]
