"""Files of wanted plates: what spreadsheets and extracts look like, and what is wrong with others, by line."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.hotlist import IMMIGRATION_VIOLATOR, ListedPlate, kind_of, same_state
from plateward.formats.hotlists.entries import Row, Terms, parse_end, read_entries
from plateward.formats.hotlists.layout import parse_layout
from plateward.formats.hotlists.states import region_of

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
NIGHTLY = """
layout = "delimited"
dates = ["%Y%m%d"]
[fields]
nic = { column = 1 }
plate = { column = 4 }
state = { column = 5 }
vehicle = [{ column = 7 }, { column = 8 }, { column = 11 }]
"""
FIXED = """
layout = "fixed"
encoding = "{encoding}"
{length}
ignore = ["^HDR", "^TRL"]
[fields]
plate = {{ at = 3, length = 10 }}
state = {{ at = 14, length = 2 }}
expires = {{ at = 17, length = 10 }}
kind = {{ at = 28, length = 2 }}
[kinds]
SV = "stolen-vehicle"
[defaults]
kind = "stolen-plate"
"""


def rows(data: bytes, layout: str = "", days: int | None = 30, kind: str = "other") -> list[Row]:
    laid_out = parse_layout(layout, "layout") if layout else None
    return list(read_entries(io.BufferedReader(io.BytesIO(data)), laid_out, Terms(NOW, kind, days)))


def entries(data: bytes, layout: str = "") -> list[ListedPlate]:
    found = rows(data, layout)
    assert not [row.error for row in found if row.error], found
    return [row.entry for row in found if row.entry is not None]


@pytest.mark.parametrize(
    "data",
    [
        b"Plate,State,Case\n7abc-123,CA,26-1\n",
        b"\xef\xbb\xbfPlate,State,Case\r\n7ABC123,CA,26-1\r\n",
        "LIC;LIS;OCA\n7ABC123;California;26-1\n".encode("utf-16"),
        b"License Plate\tPlate State\tCase Number\n7ABC123\tUS-CA\t26-1\n",
        b'"tag"|"st"|"case no"\n"7ABC 123"|"CA"|"26-1"\n',
    ],
)
def test_a_spreadsheet_explains_itself_whatever_its_delimiter_and_encoding(data: bytes) -> None:
    (entry,) = entries(data)
    assert (entry.plate, entry.region, entry.case) == ("7ABC123", "US-CA", "26-1")


def test_a_column_of_plates_needs_no_heading() -> None:
    assert [entry.plate for entry in entries(b"7ABC123\n8XYZ 777\n")] == ["7ABC123", "8XYZ777"]


def test_a_file_that_explains_nothing_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadInput, match="layout file"):
        rows(b"who,what\nme,that\n")


def test_a_nightly_extract_is_read_and_its_zeros_in_states_are_understood() -> None:
    data = b"C165399977,0H0671200,20200124,GGX6728,0H,2021,2009,D0DG,CHA,4D,GRY\n,,,,,,,,,,\n"
    (entry,) = entries(data, NIGHTLY)
    assert (entry.plate, entry.region, entry.kind) == ("GGX6728", "US-OH", "supervised-release")
    assert "2009 D0DG GRY" in entry.reason and entry.case == "C165399977"


@pytest.mark.parametrize(("encoding", "lines"), [("", True), ("cp037", False)])
def test_fixed_records_are_read_with_line_ends_and_without(encoding: str, lines: bool) -> None:
    texts = [
        "HDR 2026",
        "1 7ABC123    CA 12/24/2026 SV",
        "1 8XYZ777    NV 01/01/2020 SV",
        "1 9QQQ111                     ",
    ]
    width = 40
    blocks = [text.ljust(width).encode(encoding or "utf-8") for text in texts]
    data = b"\n".join(blocks) if lines else b"".join(blocks)
    layout = FIXED.format(encoding=encoding, length="" if lines else f"record_length = {width}")
    found = rows(data, layout)
    assert [(row.entry.plate, row.entry.kind) for row in found if row.entry] == [
        ("7ABC123", "stolen-vehicle"), ("9QQQ111", "stolen-plate"),
    ]  # fmt: skip
    assert [row.error for row in found] == ["", "", ""], "the second ended in 2020: no entry, and no error"


def test_a_fixed_file_that_was_cut_off_says_so() -> None:
    found = rows(b"1 7ABC123" + b" " * 31 + b"1 8XYZ", FIXED.format(encoding="", length="record_length = 40"))
    assert found[0].entry is not None and "cut off" in found[1].error


def test_every_wrong_line_is_named_and_its_neighbours_are_kept() -> None:
    found = rows(b"plate,expires,priority\n--,,\n7ABC123,,\n8XYZ777,soon,\n9QQQ111,,11\n\xff\xfeplate,,\n", days=30)
    assert [(row.line, row.error.split(":")[0]) for row in found if row.error] == [
        (2, "plate"), (4, "expires"), (5, "priority"), (6, "plate"),
    ]  # fmt: skip
    assert [row.entry.plate for row in found if row.entry] == ["7ABC123"]


def test_no_error_quotes_a_plate() -> None:
    found = rows(b"plate,expires,code\n7SECRET77777777777777,,\n7SECRET1,never-ever,\n7SECRET2,,ZQ\n")
    assert len([row for row in found if row.error]) == 3
    assert not [row for row in found if "SECRET" in row.error]


def test_a_record_without_an_end_is_an_error_where_the_list_gives_none() -> None:
    assert "no end" in rows(b"plate\n7ABC123\n", days=None)[0].error


def test_no_entry_lasts_longer_than_a_year() -> None:
    (row,) = rows(b"plate,expires\n7ABC123,2090-01-01\n")
    assert row.entry is not None and row.entry.expires - NOW <= timedelta(days=366)


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        ("7ABC123,CA,N,", ""),
        ("7ABC123,CA,IVF,", ""),
        ("7ABC123,CA,W,deported felon", ""),
        ("7ABC123,CA,W,ICE administrative warrant", ""),
        ("7ABC123,CA,W,see N165399977", ""),
        ("7ABC123,CA,wanted-person,alien absconder", ""),
    ],
)
def test_the_immigration_file_is_recognised_whatever_it_is_called(line: str, layout: str) -> None:
    (entry,) = entries(f"plate,state,code,reason\n{line}\n".encode(), layout)
    assert entry.kind == IMMIGRATION_VIOLATOR


def test_a_layout_cannot_rename_the_immigration_file() -> None:
    with pytest.raises(BadInput, match="does not rename"):
        parse_layout(NIGHTLY + '[kinds]\nN = "wanted-person"\n', "layout")
    (entry,) = entries(b"N165399977,,,GGX6728,0H,,,,,,\n", NIGHTLY + '[kinds]\nV = "wanted-person"\n')
    assert entry.kind == IMMIGRATION_VIOLATOR


@pytest.mark.parametrize(
    "words", ["stolen ice cream truck", "ICE impersonator", "slid on black ice", "parole absconder"]
)
def test_ice_is_not_always_the_agency(words: str) -> None:
    assert kind_of("", words, "other") == "other"


@pytest.mark.parametrize(
    ("layout", "what"),
    [
        ("layout = 3", "layout"),
        ('layout = "delimited"', "fields"),
        ('layout = "fixed"\n[fields]\nplate = { column = 1 }', "at and length"),
        ('layout = "delimited"\n[fields]\nplate = { at = 1, length = 2 }', "column"),
        ('layout = "delimited"\n[fields]\nplate = { name = "LIC" }', "header = true"),
        ('layout = "delimited"\nencoding = "klingon"\n[fields]\nplate = { column = 1 }', "encoding"),
        ('layout = "delimited"\nignore = ["("]\n[fields]\nplate = { column = 1 }', "pattern"),
        ('layout = "delimited"\n[fields]\nplate = { column = 1 }\n[kinds]\nQ = "stollen"', "choose one of"),
        ('layout = "fixed"\nrecord_length = 5\n[fields]\nplate = { at = 3, length = 9 }', "after the record"),
        ("layout = ", "TOML"),
    ],
)
def test_a_wrong_layout_is_told_with_what_would_be_right(layout: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        parse_layout(layout, "layout")


def test_a_quotation_that_never_ends_is_refused_and_not_swallowed() -> None:
    with pytest.raises(BadInput, match="quotation"):
        rows(b'plate\n"7ABC123\n' + b"8XYZ777\n" * 40_000)


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(BadInput, match="64 KiB"):
        rows(b"plate\n" + b"7" * 70_000)


def test_a_long_file_needs_no_more_memory_than_a_short_one() -> None:
    class Endless(io.RawIOBase):
        left = 40_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            self.left -= 1
            line = b"" if self.left < 0 else b"plate\n" if self.left == 39_999 else b"7ABC123\n"
            buffer[: len(line)] = line
            return len(line)

    tracemalloc.start()
    try:
        found = read_entries(io.BufferedReader(Endless()), None, Terms(NOW, "other", 30))
        assert sum(row.entry is not None for row in found) == 39_999
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reading(data: bytes) -> None:
    try:
        rows(data)
    except BadInput as wrong:
        assert wrong.args[0]


@pytest.mark.parametrize(
    ("written", "region"),
    [("CA", "US-CA"), ("0H", "US-OH"), ("NB", "US-NE"), ("ON", "CA-ON"), ("PQ", "CA-QC"), ("texas", "US-TX"), ("??", None),
     ("US-NV", "US-NV"), ("", None), ("MX", "MX")],
)  # fmt: skip
def test_states_are_written_in_many_ways(written: str, region: str | None) -> None:
    assert region_of(written) == region


@pytest.mark.parametrize(
    ("read", "listed", "same"),
    [
        ("US-CA", "US-CA", True),
        ("US-NV", "US-CA", False),
        ("US", "US-CA", None),
        (None, "US-CA", None),
        ("MX", "US-CA", False),
    ],
)
def test_a_state_is_the_same_another_or_not_known(read: str | None, listed: str | None, same: bool | None) -> None:
    assert same_state(read, listed) is same


def test_a_day_ends_when_it_is_over() -> None:
    assert parse_end("2026-12-24") == datetime(2026, 12, 25, tzinfo=UTC)
    assert parse_end("2026-12-24T08:00:00-08:00") == datetime(2026, 12, 24, 16, tzinfo=UTC)
    assert parse_end("tomorrow") is None
