"""Extracts in other layouts: several types of record, counts to check against, dates of mainframes; nothing is entered by mistake."""

# ruff: noqa: E501 (variants are easier to compare on one line each)
from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.hotlist import IMMIGRATION_VIOLATOR
from plateward.formats.hotlists.entries import Row, Terms, parse_end, read_entries
from plateward.formats.hotlists.layout import parse_layout

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
FIXED = """
layout = "fixed"
[fields]
plate = { at = 2, length = 8 }
state = { at = 10, length = 2 }
kind = { at = 12, length = 2 }
"""
COUNTED = (
    FIXED
    + """
[opening]
when = "^HDR"
[closing]
when = "^TRL"
count = { at = 4, length = 6 }
"""
)


def rows(data: bytes | str, layout: str = "", days: int | None = 30) -> list[Row]:
    laid_out = parse_layout(layout, "layout") if layout else None
    stream = io.BufferedReader(io.BytesIO(data.encode() if isinstance(data, str) else data))
    return list(read_entries(stream, laid_out, Terms(NOW, "other", days)))


def plates(found: list[Row]) -> list[str]:
    return [row.entry.plate for row in found if row.entry]


def worries(found: list[Row]) -> list[str]:
    return [row.worry for row in found if row.worry]


def line(plate: str, state: str = "CA", code: str = "V ") -> str:
    return f"D{plate:8}{state}{code}\n"


# -- counts ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "fits"), [("000002", True), ("     2", True), ("000003", False), ("000001", False), ("SOON  ", False)]
)
def test_a_closing_record_that_speaks_of_other_records_than_are_there_is_said(stated: str, fits: bool) -> None:
    found = rows(f"HDR20261123\n{line('8KLM204')}{line('7QRS881')}TRL{stated}\n", COUNTED)
    assert plates(found) == ["8KLM204", "7QRS881"] and not [row for row in found if row.error]
    assert bool(worries(found)) is not fits


def test_a_file_that_lacks_its_closing_record_was_cut_off_and_that_is_said() -> None:
    whole = f"HDR20261123\n{line('8KLM204')}{line('7QRS881')}TRL000002\n"
    assert not worries(rows(whole, COUNTED))
    for cut in (whole.index("TRL"), len("HDR20261123\n"), 0):
        assert "cut off" in worries(rows(whole[:cut], COUNTED))[0]


def test_extracts_put_one_behind_another_are_each_counted() -> None:
    one = f"HDR\n{line('8KLM204')}TRL000001\n"
    assert not worries(
        rows("NIGHTLY EXTRACT\n" + one + one, COUNTED.replace('"fixed"', '"fixed"\nignore = ["^NIGHTLY"]'))
    )
    two = f"HDR\n{line('7QRS881')}{line('7ABC124')}TRL00000{{}}\n"
    assert not worries(rows(one + two.format(2), COUNTED))
    assert worries(rows(one + two.format(3), COUNTED)) == ["The closing record speaks of 3 records; there are 2."]


def test_a_count_may_stand_in_the_opening_record_or_count_the_edges_too() -> None:
    opening = FIXED + '[opening]\nwhen = "^HDR"\ncount = { at = 4, length = 3 }\n'
    assert worries(rows(f"HDR003\n{line('8KLM204')}", opening)) == [
        "The opening record speaks of 3 records; there are 1."
    ]
    edges = COUNTED + 'counts = "lines"\n'
    assert not worries(rows(f"HDR\n{line('8KLM204')}TRL000003\n", edges))


def test_delimited_extracts_are_counted_too() -> None:
    layout = 'layout = "delimited"\ndelimiter = "|"\n[fields]\nplate = { column = 2 }\n[closing]\nwhen = "^T\\\\|"\ncount = { column = 2 }\n'
    assert not worries(rows("D|8KLM204\nT|1\n", layout))
    assert worries(rows("D|8KLM204\nT|12\n", layout))


@pytest.mark.parametrize(
    "total", ["Total: 2", "TOTAL,2,", "Total records,2,", "End of file", "Page 1 of 1", "--------", "(2 rows affected)"]
)
def test_a_total_in_a_spreadsheet_is_no_wanted_plate(total: str) -> None:
    found = rows(f"plate,state,case\n8KLM204,CA,26-1\n7QRS881,CA,26-2\n{total}\n")
    assert plates(found) == ["8KLM204", "7QRS881"] and [row.line for row in found if row.error] == [4]


def test_a_total_that_does_not_fit_is_said_before_the_list_is_taken() -> None:
    assert worries(rows("plate,state\n8KLM204,CA\nTotal records: 3\n")) == [
        "Line 3 speaks of 3 records; 1 stand above it."
    ]
    assert not worries(rows("plate,state\n8KLM204,CA\nTotal records: 1\n"))


# -- shapes ---------------------------------------------------------------------------------------------------------------------


SEVERAL = """
layout = "fixed"
[[records]]
when = "^V"
kind = "stolen-vehicle"
fields = { plate = { at = 2, length = 8 }, vehicle = [{ at = 20, length = 4 }] }
[[records]]
when = "^W"
kind = "wanted-person"
fields = { plate = { at = 12, length = 8 }, reason = { at = 20, length = 20 } }
"""


def test_each_type_of_record_has_its_own_fields_and_an_unknown_one_is_named() -> None:
    found = rows("V8KLM204            FORD\nW          7QRS881 WARRANT ROBBERY\nZ7ABC124\n", SEVERAL)
    assert [(row.entry.plate, row.entry.kind) for row in found if row.entry] == [
        ("8KLM204", "stolen-vehicle"),
        ("7QRS881", "wanted-person"),
    ]
    assert [(row.line, row.error.partition(":")[0]) for row in found if row.error] == [(3, "records")]


def test_a_fixed_record_that_is_cut_off_too_long_or_holds_tabs_is_named() -> None:
    whole = line("8KLM204") + line("7QRS881")
    cut = rows(whole + "D7AB", FIXED)
    assert plates(cut) == ["8KLM204", "7QRS881"] and "cut off" in cut[2].error
    long = rows(whole + line("7ABC124").replace("CA", "CALIF"), FIXED.replace('"fixed"', '"fixed"\nline_length = 13'))
    assert plates(long) == ["8KLM204", "7QRS881"] and "16 characters" in long[2].error
    assert "tab" in rows("D8KLM204\tCAV \n", FIXED)[0].error
    spaced = rows(
        "D8KLM204\tCAV \n",
        FIXED.replace("10, length = 2", "17, length = 2")
        .replace("12, length", "19, length")
        .replace('"fixed"', '"fixed"\ntabs = 8'),
    )
    assert [(row.entry.plate, row.entry.region) for row in spaced if row.entry] == [("8KLM204", "US-CA")]


def test_a_spreadsheet_that_breaks_off_or_shifts_is_named_where_it_does() -> None:
    found = rows("plate,state,case\n8KLM204,CA,26-1\n7QRS881,CA,26-2, red\n7AB,C")
    assert plates(found) == ["8KLM204"] and [row.line for row in found if row.error] == [3, 4]
    assert plates(rows("plate,state,case\n8KLM204,CA,26-1")) == ["8KLM204"], "a last line needs no end"


def test_a_quotation_that_never_ends_swallows_no_plate_of_a_short_file_either() -> None:
    with pytest.raises(BadInput, match="quotation") as refused:
        rows('plate,reason\n8KLM204,theft\n7QRS881,"stolen\n7ABC124,theft\n7ABC125,theft')
    assert refused.value.where == "line 3"
    assert plates(rows('plate,reason\n8KLM204,"stolen\nat night"\n7QRS881,"theft"')) == ["8KLM204", "7QRS881"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_no_separator_or_encoding_changes_what_a_spreadsheet_says(mark: str, encoding: str) -> None:
    text = "Plate,State,Reason,Expires\r\n8KLM204,CA,“stolen” here,2026-12-24\n7QRS881,NV,theft,2026-12-24\r\n".replace(
        ",", mark
    )
    found = rows(text.encode(encoding))
    assert [(row.entry.plate, row.entry.region, row.entry.reason) for row in found if row.entry] == [
        ("8KLM204", "US-CA", "“stolen” here"), ("7QRS881", "US-NV", "theft"),
    ]  # fmt: skip


@given(
    st.lists(st.sampled_from(["\n", "\r\n"]), min_size=3, max_size=3),
    st.sampled_from(["", "\f", "\x1a", "\r\n\x1a"]),
    st.booleans(),
)
def test_line_ends_form_feeds_and_end_marks_shift_nothing(ends: list[str], mark: str, page: bool) -> None:
    texts = [line(plate).rstrip("\n") for plate in ("8KLM204", "7QRS881", "7ABC124")]
    data = "".join(("\f" if page else "") + text + end for text, end in zip(texts, ends, strict=True)) + mark
    found = rows(data, FIXED)
    assert plates(found) == ["8KLM204", "7QRS881", "7ABC124"] and not [row for row in found if row.error]


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_workbook_is_told_what_to_be_saved_as(head: bytes) -> None:
    with pytest.raises(BadInput, match="as CSV"):
        rows(head + b"\0" * 300)


# -- dates ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "written"),
    [("%y%m%d", "261224"), ("%m%d%Y", "12242026"), ("%Y%j", "2026358"), ("%y%j", "26358"), ("%Y%d%m", "20262412"), ("%m%d%y", "122426"), ("%d%b%Y", "24DEC2026")],
)  # fmt: skip
def test_a_packed_date_is_read_as_the_layout_says(form: str, written: str) -> None:
    layout = (
        f'layout = "delimited"\ndates = ["{form}"]\n[fields]\nplate = {{ column = 1 }}\nexpires = {{ column = 2 }}\n'
    )
    (row,) = rows(f"8KLM204,{written}\n", layout)
    assert row.entry is not None and row.entry.expires == datetime(2026, 12, 25, tzinfo=UTC)


def test_the_layouts_own_way_to_write_dates_comes_before_every_other() -> None:
    assert parse_end("20261112", ("%Y%d%m",)) == datetime(2026, 12, 12, tzinfo=UTC)
    assert parse_end("12242026") == datetime(2026, 12, 25, tzinfo=UTC)


@pytest.mark.parametrize("written", ["261224", "2026358", "26358", "122426", "24122026"])
def test_a_packed_date_that_nobody_explained_is_no_date(written: str) -> None:
    (row,) = rows(f"plate,expires\n8KLM204,{written}\n")
    assert row.entry is None and row.error.startswith("expires")


def test_slashes_mean_nothing_in_a_file_of_another_country_before_the_layout_says() -> None:
    layout = 'layout = "delimited"\nheader = true\n[fields]\nplate = { name = "p" }\nexpires = { name = "e" }\n[defaults]\ncountry = "CA"\n'
    assert rows("p,e\n8KLM204,05/12/2026\n", layout)[0].error.startswith("expires")


@pytest.mark.parametrize("written", ["NX", "NONEXP", "non-expiring", "00/00/0000", "0000000", "PERM", "99999999"])
def test_a_record_that_never_ends_gets_the_lists_own_days(written: str) -> None:
    (row,) = rows(f"plate,expires\n8KLM204,{written}\n")
    assert row.entry is not None and not row.dated and row.entry.expires.month == 12


# -- plates and states --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    ["", "7AB?123", "7AB*", "8KLM204/7QRS881", "8KLM204; 7QRS881", "UNKNOWN", "unk", "NO PLATE", "None", "N/A", "---"],
)
def test_what_is_no_whole_plate_is_never_entered_as_one(written: str) -> None:
    found = rows(f'plate,state,case\n"{written}",CA,26-1\n8KLM204,CA,26-2\n')
    assert plates(found) == ["8KLM204"] and [row.line for row in found if row.error] == [2]


def test_a_state_in_a_code_that_nobody_explained_is_said_once_and_the_plate_is_kept() -> None:
    found = rows("plate,state\n8KLM204,06\n7QRS881,06\n7ABC124,\n7ABC125,ZZ\n")
    assert (
        len(plates(found)) == 4
        and [row.line for row in found if row.remark] == [2]
        and not [row for row in found if row.error]
    )
    layout = 'layout = "delimited"\nheader = true\n[fields]\nplate = { name = "p" }\nstate = { name = "s" }\n[states]\n06 = "US-CA"\n'
    assert [row.entry.region for row in rows("p,s\n8KLM204,06\n", layout) if row.entry] == ["US-CA"]
    with pytest.raises(BadInput, match="no state"):
        parse_layout(layout.replace("US-CA", "Elbonia"), "layout")


def test_a_column_that_says_when_an_entry_ends_is_never_left_unread_in_silence() -> None:
    for heading in ("Expires On", "Entry_Expiration", "Good thru", "Purge Dt (purge)", "End Dt"):
        found = rows(f"plate,{heading}\n8KLM204,2026-11-25\n")
        assert [row.entry.expires.day for row in found if row.entry] == [26], heading
        assert found[0].remark.endswith("is taken for expires") and not found[0].is_record


def test_columns_that_are_not_read_are_named_and_count_as_nothing() -> None:
    found = rows("plate,state,Officer's shoe size\n8KLM204,CA,44\n")
    assert [(row.line, row.remark) for row in found if row.remark] == [(1, "not read: the columns Officer's shoe size")]
    assert sum(row.is_record for row in found) == 1


# -- immigration --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "layout"),
    [
        ("plate,MKE\n8KLM204,N\n", ""), ("plate,message key\n8KLM204,MKE/N\n", ""), ("plate,file code\n8KLM204,IV-2\n", ""), ("plate,code\n8KLM204,EDF\n", ""),
        ("plate,code,NIC\n8KLM204,V,N165399977\n", ""), ("plate,reason\n8KLM204,IMM VIOLATOR\n", ""), ("plate,reason\n8KLM204,ICE detainer\n", ""), ("plate,misc\n8KLM204,criminal alien\n", ""),
        ("plate,misc,other\n8KLM204,,removed alien\n", ""), ("plate,state,Immigration Violator\n8KLM204,CA,Y\n", ""), ("plate,state,IVF\n8KLM204,CA,1\n", ""),
        (f"NCIC IMMIGRATION VIOLATOR FILE\n{line('8KLM204')}", FIXED.replace('"fixed"', '"fixed"\nignore = ["^NCIC"]')),
        (f"NCIC IMMIGRATION VIOLATOR FILE\n{line('8KLM204')}", FIXED.replace('"fixed"', '"fixed"\nskip_lines = 1')),
        ("D8KLM204 CAV N165399977CA\n", FIXED), ("D8KLM204 CAV N165399977\n", FIXED),
        ("V8KLM204            DEPORTED FELON\n", SEVERAL),
    ],
)  # fmt: skip
def test_an_immigration_violator_is_recognised_wherever_the_file_says_it(data: str, layout: str) -> None:
    found = rows(data, layout)
    assert [row.entry.kind for row in found if row.entry] == [IMMIGRATION_VIOLATOR], found


def test_a_section_of_immigration_ends_where_the_heading_of_another_file_stands() -> None:
    layout = FIXED.replace('"fixed"', '"fixed"\nignore = ["FILE"]')
    data = f"STOLEN VEHICLE FILE\n{line('8KLM204')}IMMIGRATION VIOLATOR FILE\n{line('7QRS881')}LICENSE PLATE FILE\n{line('7ABC124')}"
    assert [row.entry.kind for row in rows(data, layout) if row.entry] == [
        "stolen-vehicle",
        IMMIGRATION_VIOLATOR,
        "stolen-vehicle",
    ]
    every = f"FILES: VEHICLE, PLATE, WANTED, IMMIGRATION VIOLATOR\n{line('8KLM204')}"
    assert [row.entry.kind for row in rows(every, layout.replace('"FILE"', '"^FILES"')) if row.entry] == [
        "stolen-vehicle"
    ]


def test_a_column_for_immigration_that_is_not_ticked_says_nothing() -> None:
    found = rows("plate,state,code,Immigration Violator\n8KLM204,CA,V,N\n7QRS881,CA,V,\n7ABC124,CA,V,Y\n")
    assert [row.entry.kind for row in found if row.entry] == ["stolen-vehicle", "stolen-vehicle", IMMIGRATION_VIOLATOR]
