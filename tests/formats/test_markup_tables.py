"""Tables that are pages or XML under the name of a workbook: rows as they are shown, merged cells in every row they reach."""

# ruff: noqa: E501 (variants are easier to compare on one line each)
from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.audits.read import read_log
from plateward.formats.markup_tables import has_tables, rows_of
from plateward.formats.sharing.lists import Direction
from plateward.formats.sharing.read import read_sharing

PAGE = "<html><head><style>td {{}}</style></head><body><h1>Elm PD</h1>{}</body></html>"
HEADS = ["Officer", "Plate", "Reason", "Search Time"]
ROW = ["Vale", "8KLM204", "stolen", "2025-11-14 09:53:36"]


def html(*rows: list[str]) -> str:
    return (
        "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"
    )


def spreadsheet(*rows: list[str]) -> str:
    cells = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>"
        for row in rows
    )
    return ('<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
            f'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Audit"><Table>{cells}</Table></Worksheet></Workbook>')  # fmt: skip


def cells(text: str | bytes) -> list[list[str]]:
    data = text.encode() if isinstance(text, str) else text
    assert has_tables(data)
    return [row for _, _, row in rows_of(io.BytesIO(data), "x.xls")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("make", [html, lambda *rows: PAGE.format(html(*rows)), spreadsheet])
def test_a_search_log_saved_as_a_page_or_xml_under_the_name_of_a_workbook_is_read(make: object, encoding: str) -> None:
    text = make(["Audit of Elm PD"], HEADS, ROW, ["Total", "1"])  # type: ignore[operator]
    log = read_log(io.BytesIO(text.replace("Vale", "Válé").encode(encoding)), "log.xls")
    assert [(row.user, row.plate, row.reason) for row in log.rows] == [("Válé", "8KLM204", "stolen")]
    assert log.rejected_count == 0 and "a total" in log.notes[-1]


def test_a_sharing_list_in_a_table_of_a_page_is_read_with_its_directions() -> None:
    (found,) = read_sharing(
        PAGE.format(
            html(["Agency", "Direction"], ["Elm&nbsp;PD", "Outbound"], ["Gum &amp; Fir PD", "Inbound"])
        ).encode(),
        "list.xls",
    )
    assert [(entry.name, entry.direction) for entry in found.entries] == [
        ("Elm PD", Direction.OUTBOUND),
        ("Gum & Fir PD", Direction.INBOUND),
    ]


def test_a_merged_cell_counts_in_every_row_it_reaches_and_in_one_column() -> None:
    assert cells("<table><tr><td rowspan=2>Elm PD<td>a<td>b</tr><tr><td>c<td rowspan='2'>d</tr><tr><td colspan=2>e</tr></table>") == [
        ["Elm PD", "a", "b"], ["Elm PD", "c", "d"], ["e", "", "d"],
    ]  # fmt: skip
    sheet = spreadsheet(["a", "b"]).replace(
        '<Cell><Data ss:Type="String">b', '<Cell ss:Index="3"><Data ss:Type="String">b'
    )
    assert cells(sheet) == [["a", "", "b"]]


def test_a_table_within_a_cell_stands_for_itself_and_scripts_say_nothing() -> None:
    text = (
        "<table><tr><td>layout<table><tr><td>Elm<br>PD<script>alert('x')</script></td></tr></table></td></tr></table>"
    )
    assert cells(text) == [["Elm\nPD"]]


def test_a_cell_that_never_ends_is_refused() -> None:
    for endless in ("x" * 400_000, "<!--" + "x" * 3_000_000, "<a " + "x" * 3_000_000):
        with pytest.raises(BadInput, match="never ends"):
            cells("<table><tr><td>" + endless)


@given(
    st.lists(
        st.lists(st.text("ab <>&;\"'é0", max_size=6).map(str.strip), min_size=1, max_size=4), min_size=1, max_size=4
    )
)
def test_whatever_stands_in_cells_comes_out_as_it_was(table: list[list[str]]) -> None:
    table = [[" ".join(cell.split()) for cell in row] for row in table]
    escaped = [[cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for cell in row] for row in table]
    assert cells(html(*escaped)) == table and cells(spreadsheet(*escaped)) == table


@given(st.text("<>/table trdcel=\"'&;! -xml?", max_size=120))
def test_no_markup_whatever_breaks_the_reading(junk: str) -> None:
    for _ in rows_of(io.BytesIO(f"<table><tr><td>{junk}".encode()), "x.xls"):
        pass


def test_a_letter_of_a_word_processor_is_told_what_to_be_saved_as() -> None:
    with pytest.raises(BadInput, match="save it as"):
        read_sharing(b"{\\rtf1\\ansi Elm PD\\par}", "list.rtf")
