"""Sharing lists in the layouts of other offices: which way data goes is never guessed wrong in silence."""

# ruff: noqa: E501 (variants are easier to compare on one line each)
from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from plateward.core.errors import BadInput
from plateward.formats.sharing.headings import direction_of, no_agency
from plateward.formats.sharing.lists import Direction, SharingList
from plateward.formats.sharing.read import read_sharing

OUT, IN = Direction.OUTBOUND, Direction.INBOUND


def read(data: bytes | str, name: str = "list.csv", **more: Any) -> list[SharingList]:
    return read_sharing(data.encode() if isinstance(data, str) else data, name, **more)


def told(data: bytes | str, name: str = "list.csv") -> list[tuple[str, Direction]]:
    return [(entry.name, entry.direction) for found in read(data, name) for entry in found.entries]


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book, held = openpyxl.Workbook(), io.BytesIO()
    fill(book)
    book.save(held)
    return held.getvalue()


BOTH = [("Fresno PD", OUT), ("Kern SO", IN)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Agency,Sharing Detections,Receiving Detections\nFresno PD,Yes,No\nKern SO,No,Yes\n", "list.csv"),
        ("Agency,We share,They share\nFresno PD,X,\nKern SO,,X\n", "list.csv"),
        ("Agency,Shared with,Shared with us\nFresno PD,✓,\nKern SO,,✓\n", "list.csv"),
        ("Agency;Direction\nFresno PD;Outbound\nKern SO;Inbound\n", "list.csv"),
        ("Sharing to,,Receiving from\nFresno PD,,\n,,Kern SO\n", "list.csv"),
        ("Outbound,Inbound\nFresno PD,\n,Kern SO\n", "list.csv"),
        ("Agencies we share with\nFresno PD\n\nAgencies sharing with us\nKern SO\n", "list.csv"),
        ("Shared With,State\nFresno PD,CA\n\nReceiving From,State\nKern SO,CA\n", "list.csv"),
        ("Outbound sharing:\n- Fresno PD\nInbound sharing:\n- Kern SO\n", "list.txt"),
        ("AGENCIES WE SHARE WITH\nFresno PD\nAGENCIES THAT SHARE WITH US\nKern SO\n", "list.txt"),
        ("Receiving data from\n1. Kern SO\nSharing data with\n2. Fresno PD\n", "list.txt"),
        ("| Agency | Direction |\n|---|---|\n| Fresno PD | Outbound |\n| Kern SO | Inbound |\n", "list.txt"),
    ],
)
def test_each_direction_is_read_from_the_columns_headings_or_lines_that_say_it(text: str, name: str) -> None:
    assert sorted(told(text, name)) == sorted(BOTH)


def test_a_heading_over_two_rows_with_merged_cells_is_one_heading() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        for row in (["Elm Grove PD"], [], ["Agency", "Detections", None, "Hot Lists", None], [None, "Shared", "Received", "Shared", "Received"],
                    ["Fresno PD", "Yes", "No", "No", "No"], ["Kern SO", "No", "Yes", "Yes", "No"]):  # fmt: skip
            sheet.append(row)
        sheet.merge_cells("B3:C3")

    (found,) = read(workbook(fill), "list.xlsx")
    assert [(e.name, e.direction, str(e.kind)) for e in found.entries] == [
        ("Fresno PD", OUT, "detections"), ("Kern SO", IN, "detections"), ("Kern SO", OUT, "hotlist"),
    ]  # fmt: skip


def test_a_sheet_named_for_a_direction_says_it_and_a_hidden_sheet_is_named_as_hidden() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for title, agency in (("Outbound", "Fresno PD"), ("Inbound", "Kern SO"), ("Old", "Ghost PD")):
            sheet = book.create_sheet(title)
            sheet.append(["Agency"])
            sheet.append([agency])
        book["Old"].sheet_state = "hidden"
        del book["Sheet"]

    found = read(workbook(fill), "list.xlsx")
    assert [(e.name, e.direction) for one in found for e in one.entries] == [*BOTH, ("Ghost PD", OUT)]
    assert "Inbound" in found[1].notes[0] and str(found[2].entries[0].where).startswith("sheet Old (hidden)")


def test_shares_that_are_off_pending_or_denied_are_not_shares_in_force_and_it_is_said_how_they_were_told() -> None:
    (found,) = read("Agency,Status\nA PD,Pending\nB PD,Approved\nC PD,Denied\nD PD,Deactivated\n")
    assert [entry.name for entry in found.entries if not entry.inactive] == ["B PD"]
    assert "“Pending” (1)" in found.notes[-1]
    (found,) = read("Agency,Active\nA PD,No\nB PD,Yes\n")
    assert [entry.inactive for entry in found.entries] == [True, False]


def test_columns_that_were_not_read_are_named() -> None:
    (found,) = read("#,Agency Name,ORI,Expiration Date\n1,Fresno PD,CA0100500,2020-01-01\n")
    assert found.notes == ("Not read: the columns #, ORI, Expiration Date.",)


@pytest.mark.parametrize(
    "line",
    [
        "Total: 2 agencies",
        "Page 1 of 1",
        "Report generated 01/05/2025 12:00 by jdoe",
        "Contact clerk@elm.gov",
        "-----",
        "12",
    ],
)
def test_what_exports_put_around_a_list_is_no_agency_and_named_as_unread(line: str) -> None:
    for text, name in ((f"Agency,State\nFresno PD,CA\n{line},\n", "list.csv"), (f"Fresno PD\n{line}\n", "list.txt")):
        (found,) = read(text, name)
        assert [entry.name for entry in found.entries] == ["Fresno PD"]
        assert [unread.where.line for unread in found.unread] == [len(text.splitlines())]


def test_a_letter_around_a_list_is_named_as_unread() -> None:
    (found,) = read(
        "From: clerk@elm.gov\nSubject: list\n\nHi,\nhere are the agencies:\n\nFresno PD\nKern SO\n\nThanks,\n",
        "mail.txt",
    )
    assert [entry.name for entry in found.entries] == ["Fresno PD", "Kern SO"]
    assert [unread.where.line for unread in found.unread] == [1, 2, 4, 5, 10]


def test_columns_without_a_heading_are_asked_about_and_not_guessed() -> None:
    with pytest.raises(BadInput, match="--column name"):
        read("Fresno PD | CA | Outbound\nKern SO | CA | Inbound\n", "list.txt")


@pytest.mark.parametrize(
    ("words", "direction"),
    [
        ("Shared with", OUT), ("Shared with us", IN), ("Networks I'm sharing", OUT), ("Networks shared with me", IN), ("Agencies receiving our data", OUT), ("Agencies we receive from", IN), ("Receiving data from", IN), ("Receivers", OUT),
        ("Detections shared", OUT), ("Detections received", IN), ("Fresno Police Department", None), ("Data Analyst Unit", None), ("Elm Access Control", None),
    ],
)  # fmt: skip
def test_words_say_a_direction_or_nothing(words: str, direction: Direction | None) -> None:
    assert direction_of(words) == direction


@pytest.mark.parametrize(
    "name",
    [
        "Fresno PD",
        "Page County SO",
        "Total Wine Security",
        "From: x",
        "Bestville PD",
        "Dearborn MI PD",
        "Hialeah FL PD",
        "Thanksgiving Point PD",
    ],
)
def test_agencies_with_odd_names_are_agencies(name: str) -> None:
    assert no_agency(name) is (name == "From: x")
