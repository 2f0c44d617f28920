"""Search logs: any of their column habits, withheld cells told from empty ones, bounded memory."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from plateward.core.access import WITHHELD, AccessRow
from plateward.core.errors import BadInput
from plateward.formats.audits.read import SearchLog, read_log
from plateward.formats.audits.times import instant, window


def read(text: str | bytes, mapping: dict[str, str] | None = None) -> tuple[SearchLog, list[AccessRow]]:
    data = text.encode() if isinstance(text, str) else text
    log = read_log(io.BytesIO(data), "log.csv", mapping)
    return log, list(log.rows)


NETWORK = (
    "ID,Name,Org Name,Total Networks Searched,Total Devices Searched,Time Frame,License Plate,Reason,Case #,Filters,Search Time\n"
    '1,J. Doe,Elm CA PD,"1,209",17652,"11/13/2025, 10:00:17 PM UTC\n11/14/2025, 10:00:17 AM UTC",8ABC123,stolen,25-1234,,'
    '"11/14/2025, 09:53:36 AM UTC"\n'
    '2,***,Oak TX PD,3,7,,REDACTED,7923.600 GC,* * *,,"1/2/2025, 12:05:06 AM UTC"\n'
)


def test_a_network_audit_with_its_window_on_two_lines() -> None:
    log, rows = read(NETWORK)
    assert log.format == "flock-network-audit" and log.rejected_count == 0
    first, second = rows
    assert first == AccessRow(
        line=2,
        at=datetime(2025, 11, 14, 9, 53, 36, tzinfo=UTC),
        user="J. Doe",
        organisation="Elm CA PD",
        plate="8ABC123",
        reason="stolen",
        case="25-1234",
        begins=datetime(2025, 11, 13, 22, 0, 17, tzinfo=UTC),
        ends=datetime(2025, 11, 14, 10, 0, 17, tzinfo=UTC),
        networks=1209,
        devices=17652,
        id="1",
    )
    assert second.line == 4, "a quoted line break counts, so that the line is the file's"
    assert second.at == datetime(2025, 1, 2, 0, 5, 6, tzinfo=UTC)


def test_withheld_cells_are_counted_apart_from_empty_ones() -> None:
    log, rows = read(NETWORK)
    assert (rows[1].user, rows[1].plate, rows[1].reason, rows[1].case) == (WITHHELD,) * 4
    assert dict(log.columns.withheld) == {"user": 1, "plate": 1, "reason": 1, "case": 1}


@pytest.mark.parametrize(
    "reason", ["4573.6 PC", "211PC", "2604351", "459", "GTA", "Fraud", "reckless", "Warrant", "wanted"]
)
def test_codes_and_ordinary_words_are_not_taken_for_redactions(reason: str) -> None:
    _, rows = read(f"reason,searchDate\n{reason},2026-03-25T00:26:40.144Z\n")
    assert rows[0].reason == reason


def test_a_portals_columns_and_its_hidden_users() -> None:
    log, rows = read(
        "caseNumber,id,networkCount,offenseType,reason,searchDate,slug,userId\n,a,3,,211 "
        "inv,2026-03-25T00:26:40.144Z,elm-ca-pd,***\n"
    )
    assert log.format == "portal-search-audit"
    assert rows[0].organisation == "elm-ca-pd" and rows[0].user == WITHHELD and rows[0].networks == 3
    assert log.columns.withheld == {"user": 1}


def test_day_and_clock_in_columns_of_their_own() -> None:
    _, rows = read("Search Date,Search Time,Reason\n2025-05-01,09:11:16,theft\n")
    assert rows[0].at == datetime(2025, 5, 1, 9, 11, 16, tzinfo=UTC)


def test_stacked_exports_repeat_their_heading_which_is_no_search() -> None:
    log, rows = read(
        'Reason,Search Time\ntheft,"1/2/2025, 12:05:06 AM UTC"\nReason,Search Time\nrobbery,"1/3/2025, 12:05:06 AM UTC"\n'
    )
    assert [row.reason for row in rows] == ["theft", "robbery"] and log.count == 2


def test_rows_that_are_cut_off_and_times_that_are_none_are_named_by_line() -> None:
    log, rows = read("Reason,Case #,Search Time\ntheft,25-1\nrobbery,25-2,soon\narson,25-3,2025-01-02 03:04\n")
    assert [(u.where.line, u.why.split()[0]) for u in log.rejected] == [(2, "has"), (3, "is")]
    assert len(rows) == 2 and rows[0].at is None, "a search without a readable time is still a search"


def test_a_mapping_for_a_log_nobody_has_seen() -> None:
    log, rows = read(
        "wann\twarum\twer\n2025-01-02 03:04:05\tFahndung\tM\n", {"at": "wann", "reason": "warum", "user": "3"}
    )
    assert log.present == {"at", "reason", "user"} and rows[0].reason == "Fahndung" and rows[0].user == "M"
    with pytest.raises(BadInput, match="Say which is which"):
        read("wann\twarum\n2025\tx\n")
    with pytest.raises(BadInput, match="no field"):
        read("a,b\n1,2\n", {"wherefore": "a"})


def test_a_workbook_streams_as_the_csv_does() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Name", "Reason", "Case #", "Search Time"])
    book.active.append(["J. Doe", "theft", "25-1", datetime(2025, 1, 2, 3, 4, 5)])  # noqa: DTZ001
    held = io.BytesIO()
    book.save(held)
    _, rows = read(held.getvalue())
    assert rows[0].at == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC) and rows[0].user == "J. Doe"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11/14/2025, 09:53:36 AM UTC", datetime(2025, 11, 14, 9, 53, 36, tzinfo=UTC)),
        ("11/14/2025, 12:00:00 AM UTC", datetime(2025, 11, 14, tzinfo=UTC)),
        ("11/14/2025, 12:00:00 PM UTC", datetime(2025, 11, 14, 12, tzinfo=UTC)),
        ("1/2/2025, 1:02:03 PM UTC", datetime(2025, 1, 2, 13, 2, 3, tzinfo=UTC)),
        ("2026-03-25T00:26:40.144Z", datetime(2026, 3, 25, 0, 26, 40, 144000, tzinfo=UTC)),
        ("2025-01-02T03:04:05-08:00", datetime(2025, 1, 2, 11, 4, 5, tzinfo=UTC)),
        ("45888.5", datetime(2025, 8, 19, 12, tzinfo=UTC)),
        ("13/14/2025, 09:53:36 AM UTC", None),
        ("2025-02-30", None),
        ("soon", None),
    ],
)
def test_instants_as_logs_write_them(text: str, expected: datetime | None) -> None:
    assert instant(text) == expected


def test_windows_as_logs_write_them() -> None:
    ends = (datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 1, 3, tzinfo=UTC))
    for between in ("\n", " to ", " - ", " – "):
        assert window(f"2025-01-02 00:00{between}2025-01-03 00:00") == ends


class Endless(io.RawIOBase):
    """Two gigabytes of one line, made while it is read."""

    def __init__(self) -> None:
        self.left = 2 << 30
        self.head = b"Reason,Search Time\n"
        self.taken = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        assert offset == whence == 0
        self.left, self.head = 2 << 30, b"Reason,Search Time\n"
        return 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the whole of it must never be asked for"
        if self.head:
            data, self.head = self.head[:size], self.head[size:]
        else:
            data = b"x" * min(size, self.left)
            self.left -= len(data)
        self.taken += len(data)
        return data


def test_a_line_of_two_gigabytes_is_refused_in_bounded_memory() -> None:
    source = Endless()
    tracemalloc.start()
    with pytest.raises(BadInput, match="line 2"):
        list(read_log(source, "endless.csv").rows)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert source.taken < 16 << 20 and peak < 64 << 20


def test_a_quote_that_never_closes_names_the_line_where_it_opened() -> None:
    text = "Reason,Search Time\ntheft,2025-01-02\n" + '"' + "a,b\n" * 100_000
    with pytest.raises(BadInput, match="line 3"):
        read(text)


def test_real_logs_are_read_without_a_rejection(shared: Path) -> None:
    for name, count in (("okaloosa_org_audit_2025-11_12.csv", 7273), ("flock_portal_search_audits.csv", 11687)):
        with (shared / "audit" / name).open("rb") as file:
            log = read_log(file, name)
            assert sum(1 for _ in log.rows) == count == log.count
            assert log.rejected_count == 0
