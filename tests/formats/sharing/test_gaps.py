"""Printed lists: wide gaps, ragged columns, wrapped and numbered names. Two names are never one in silence, nor one name two."""

# ruff: noqa: E501 (variants are easier to compare on one line each)
from __future__ import annotations

import csv
import io
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.sharing.lists import SharingList
from plateward.formats.sharing.names import apart, complete, doubt
from plateward.formats.sharing.read import read_sharing
from tests.formats.sharing.report_maker import Text, make_pdf

NAMES = [
    "Alder Police Department CA", "Birch County Sheriff's Office", "Cedar Highway Patrol", "Upper Dogwood Marshal Service", "Elm PD",
    "Fir County District Attorney", "Gum Police Department", "Hazel Tribal Police", "West Ivy County SO", "Juniper Hills PD NV",
    "Kapok Police Dept", "Larch Public Safety Department",
]  # fmt: skip
HEAD = "Agency Data Sharing Report\nDate Created: 03-04-2026\n\nDetections Shared\n\n"


def read(data: bytes | str, name: str = "list.txt") -> SharingList:
    (found,) = read_sharing(data.encode() if isinstance(data, str) else data, name)
    return found


def names(found: SharingList) -> list[str]:
    return [entry.name for entry in found.entries]


def rows(columns: int) -> list[list[str]]:
    return [NAMES[at : at + columns] for at in range(0, len(NAMES), columns)]


# -- pages --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("width", [32, 40, 70])
def test_columns_of_a_printed_page_are_names_of_their_own_however_wide(columns: int, width: int) -> None:
    page = "\n".join("".join(name.ljust(width) for name in row).rstrip() for row in rows(columns))
    found = read(HEAD + page)
    assert names(found) == NAMES and not found.notes


@pytest.mark.parametrize("gap", [2, 3, 5, 11])
def test_ragged_columns_are_told_apart_by_their_gaps(gap: int) -> None:
    page = "\n".join((" " * gap).join(row) for row in rows(2))
    for text in (HEAD + page, page):
        assert names(read(text)) == NAMES, text


@pytest.mark.parametrize("gap", [2, 3, 7])
def test_a_name_set_with_wide_gaps_is_one_name(gap: int) -> None:
    for text in (
        HEAD + "\n".join(name.replace(" ", " " * gap, 1) for name in NAMES),
        "\n".join(name.replace(" ", " " * gap) for name in NAMES),
    ):
        found = read(text)
        assert names(found) == NAMES or found.notes, names(found)


def test_names_with_no_gap_between_them_are_said_by_page_and_never_taken_in_silence() -> None:
    for text in (HEAD + "\n".join(" ".join(row) for row in rows(2)), "\n".join(" ".join(row) for row in rows(2))):
        notes = " ".join(read(text).notes)
        assert all(f"“{' '.join(row)}” may be two names" in notes for row in rows(2))


def test_a_pdf_whose_columns_touch_says_so() -> None:
    page = [Text(60, 40, 10, "Agency Data Sharing Report"), Text(60, 60, 10, "Detections Shared")]
    page += [
        Text(60, 80, 10, "Elm PDFir County District Attorney"),
        *(Text(60, 100 + 16 * n, 10, name) for n, name in enumerate(NAMES)),
    ]
    found = read(make_pdf([page]), "report.pdf")
    assert names(found)[1:] == NAMES
    assert found.notes == ("Page 1: “Elm PDFir County District Attorney” may be two names that stand side by side.",)


def test_halves_of_names_in_columns_of_their_own_are_put_together() -> None:
    split = [
        name.split(" ", 1) for name in NAMES if len(name.split()) == 3 and "Public" not in name and "Tribal" not in name
    ]
    page = [Text(60, 40, 10, "Agency Data Sharing Report"), Text(60, 60, 10, "Detections Shared")]
    page += [
        Text(x, 80 + 16 * n, 10, half)
        for n, halves in enumerate(split)
        for x, half in zip((60, 200), halves, strict=True)
    ]
    assert names(read(make_pdf([page]), "report.pdf")) == [" ".join(halves) for halves in split]


def test_a_page_of_scraps_says_that_it_may_have_been_misread() -> None:
    scraps = "Alder     Birch     Cedar     Dogwood\n" * 8
    assert any("misread" in note for note in read(HEAD + scraps).notes)


# -- lines --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark",
    [
        "- ",
        "* ",
        "• ",
        "◦ ",
        "– ",
        "— ",
        "· ",
        "\uf0b7 ",
        "> ",
        "+ ",
        "o ",
        "■ ",
        "{n}. ",
        "{n}) ",
        "({n}) ",
        "{n} - ",
        "#{n}. ",
        "{n} ",
        "a) ",
        "✓ ",
    ],
)
def test_bullets_and_numbers_are_no_part_of_a_name(mark: str) -> None:
    assert names(read("\n".join(mark.format(n=n) + name for n, name in enumerate(NAMES, 1)))) == NAMES


def test_numbers_that_belong_to_a_name_stay_with_it() -> None:
    assert names(read("18th District Police Department\nTroop 5 State Patrol\nElm PD\n")) == [
        "18th District Police Department",
        "Troop 5 State Patrol",
        "Elm PD",
    ]


@pytest.mark.parametrize("bullet", ["", "• ", "1. "])
def test_a_long_name_that_is_wrapped_below_itself_is_one_name(bullet: str) -> None:
    long = "Regional Intelligence and Information Sharing Center of the Counties of Alder, Birch and of Cedar River"
    wrapped = "\n".join(textwrap.wrap(long, 40, subsequent_indent="      "))
    found = read(f"{bullet}Elm PD\n{bullet}{wrapped}\n{bullet}Gum Police Department\n")
    assert (
        names(found) == ["Elm PD", long, "Gum Police Department"]
        and "the rest of the name above it: line" in found.notes[0]
    )


def test_whole_names_that_are_indented_are_names_of_their_own() -> None:
    assert names(read("Alder Police Department\n    Birch County SO\n        Elm PD\n")) == [
        "Alder Police Department",
        "Birch County SO",
        "Elm PD",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "; ".join(NAMES), ", ".join(NAMES), " / ".join(NAMES), " | ".join(NAMES), "\t".join(NAMES), ", ".join(NAMES[:-1]) + " and " + NAMES[-1],
        "\n".join(", ".join(row) for row in rows(2)), "\n".join("\t".join(row) for row in rows(3)), "\n".join(" | ".join(row) for row in rows(4)), "\r".join(NAMES),
        "\n".join("; ".join(row) for row in rows(5)), "\u2028".join(NAMES),
    ],
)  # fmt: skip
def test_names_between_separators_are_each_a_name(text: str) -> None:
    assert names(read(text)) == NAMES


def test_a_comma_before_a_state_or_within_a_name_separates_nothing() -> None:
    for name in ("City of Elm Police Department, CA", "Elm Police Department, Nevada", "Sheriff's Office, Birch County", "Bureau of Alcohol, Tobacco, Firearms and Explosives",
                 "Fish and Wildlife Police", "Police and Fire Department of Elm"):  # fmt: skip
        assert names(read(f"Gum PD\n{name}\nElm PD\n")) == ["Gum PD", name, "Elm PD"]
    assert names(read("Elm PD, CA\nGum PD, Ash PD, NV\nFir PD, CA\n")) == [
        "Elm PD, CA",
        "Gum PD",
        "Ash PD, NV",
        "Fir PD, CA",
    ]
    assert names(read("City of Elm Police Department, CA, City of Oak Police Department, CA, Fir PD, NV")) == [
        "City of Elm Police Department, CA", "City of Oak Police Department, CA", "Fir PD, NV",
    ]  # fmt: skip


def test_states_and_counts_in_columns_of_their_own_are_no_agencies() -> None:
    assert names(read("Alder Police Department        CA\nBirch County SO      NV\n")) == [
        "Alder Police Department CA",
        "Birch County SO NV",
    ]
    found = read("Alder Police Department        12\nBirch County SO      7\nElm PD (103)\nGum PD - 14 cameras\n")
    assert names(found) == ["Alder Police Department", "Birch County SO", "Elm PD", "Gum PD"]
    assert found.notes == ("A count behind a name is not read: line 1, 2, 3, 4.",)


def test_what_stands_at_the_head_and_foot_of_every_page_is_no_agency() -> None:
    page = "ALPR Data Sharing Report\nOak Police Department\n{}\n{}\nPage {} of 2\n"
    found = read(page.format("Elm PD", "Gum PD", 1) + "\f" + page.format("Fir PD", "Ash PD", 2))
    assert names(found) == ["Elm PD", "Gum PD", "Fir PD", "Ash PD"]
    assert [unread.where.line for unread in found.unread] == [1, 2, 5, 6, 7, 10]
    assert names(read("Agencies we share with\nElm PD\nPage 1 of 2\nAgencies we share with\nGum PD\n")) == [
        "Elm PD",
        "Gum PD",
    ]


@pytest.mark.parametrize("mark", ["; ", ", "])
@pytest.mark.parametrize("width", [30, 47, 80])
def test_a_list_that_runs_on_over_lines_breaks_no_name_at_a_line_end(mark: str, width: int) -> None:
    page = "\n".join(textwrap.wrap(mark.join(NAMES), width))
    for text in (page, HEAD + page):
        assert names(read(text)) == NAMES
    assert {entry.where.line for entry in read(page).entries} <= set(range(1, page.count("\n") + 2))


def test_names_behind_a_label_go_the_way_it_says() -> None:
    found = read("Shared with: Elm PD, Gum PD and Ash PD\nReceiving from: Fir PD\nAgencies: Oak PD\n")
    assert [(entry.name, str(entry.direction)) for entry in found.entries] == [
        ("Elm PD", "outbound"), ("Gum PD", "outbound"), ("Ash PD", "outbound"), ("Fir PD", "inbound"), ("Oak PD", "inbound"),
    ]  # fmt: skip


def test_marks_addresses_and_numbers_beside_a_name_are_no_part_of_it() -> None:
    found = read(
        "* **Elm PD**\n* [Gum PD](https://example.org)\n* Ash PD <chief@ash.gov>\n* CA0100500 Fir PD\n* Oak PD (555) 123-4567\n"
    )
    assert names(found) == ["Elm PD", "Gum PD", "Ash PD", "Fir PD", "Oak PD"] and "line 3, 4, 5" in found.notes[0]


def test_a_status_behind_a_name_says_whether_it_is_in_force() -> None:
    found = read("Elm PD - Active\nGum PD (Pending)\nAsh PD - Denied\nFir PD (INACTIVE)\nOak PD\n")
    assert [(entry.name, entry.inactive) for entry in found.entries] == [
        ("Elm PD", False), ("Gum PD", True), ("Ash PD", True), ("Fir PD", True), ("Oak PD", False),
    ]  # fmt: skip


# -- tables -------------------------------------------------------------------------------------------------------------------


def test_a_cell_of_several_names_is_several_names() -> None:
    for cell in ("Elm PD\nGum PD", "Elm PD; Gum PD", "Elm PD     Gum PD", "Elm PD / Gum PD"):
        found = read(f'Agency,State\n"{cell}",CA\nFir PD,NV\n', "list.csv")
        assert [(entry.name, entry.state) for entry in found.entries] == [
            ("Elm PD", "CA"),
            ("Gum PD", "CA"),
            ("Fir PD", "NV"),
        ]
    wrapped = read('Agency,State\n"Birch County\nSheriff\'s Office",CA\n', "list.csv")
    assert names(wrapped) == ["Birch County Sheriff's Office"] and not wrapped.notes


def test_names_beside_each_other_without_a_heading_are_all_read() -> None:
    held = io.StringIO()
    csv.writer(held).writerows(rows(3))
    found = read(held.getvalue(), "list.csv")
    assert names(found) == NAMES and "no heading" in found.notes[0]
    numbered = read("Agency 1,Agency 2\nElm PD,Gum PD\n", "list.csv")
    assert names(numbered) == ["Elm PD", "Gum PD"] and len(numbered.unread) == 2
    with pytest.raises(BadInput, match="--column name"):
        read("Elm PD,CA,Outbound\nGum PD,CA,Inbound\n", "list.csv")


def test_a_joined_name_in_a_table_is_said_with_its_line() -> None:
    found = read("Agency\nElm PD\nAlder Police Department CA Birch County Sheriff's Office\n", "list.csv")
    assert found.notes[-1].startswith("Line 3: “Alder Police Department CA Birch")


# -- names --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [*NAMES, "University of Alder Police Department", "Elm PD - OK PD", "McAlder PD", "DeBirch County SO", "LaElm Police Department", "ALDER HILLS POLICE DEPARTMENT", "FBI",
             "Department of Justice - Bureau of Firearms (CA)", "18th Judicial District Drug Task Force - TN PD", "HIDTA - Central Valley"],
)  # fmt: skip
def test_nothing_is_said_against_a_name_that_is_one(name: str) -> None:
    assert doubt(name) == "" and apart(name) == [name]


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_two_whole_names_in_one_are_always_doubted_or_told_apart(first: str, second: str) -> None:
    assert complete(first) and complete(second)
    assert doubt(f"{first} {second}") and apart(f"{first}   {second}") == apart(f"{first}; {second}") == [first, second]
