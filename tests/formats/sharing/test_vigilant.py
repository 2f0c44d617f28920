"""Vigilant's report in all layouts: every entry in its section, with its wrapped name joined."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.formats.sharing.layout import pages_of_text
from plateward.formats.sharing.lists import Direction, Kind, SharingList
from plateward.formats.sharing.read import read_sharing
from plateward.formats.sharing.vigilant import parse_report
from tests.formats.sharing.report_maker import Layout, Report, Text, assemble, make_pdf

SHARED = [
    ("100th Judicial District Attorney Traffic Enforcement",),
    ("ATF National Account",),
    ("CBP - NTC",),
    ("Department of Homeland Security Investigations Bulk Cash Smuggling Center",),
    ("Bell Police Department",),
    ("Inactive Riverside County District Attorneys Office (CA)",),
    ("Yolo County Sheriffs Department",),
] + [(f"Town{i} Police Department" + (" of the Unified Government (GA)" if i % 7 == 0 else ""),) for i in range(80)]
RECEIVED = [
    ("South Carolina Law Enforcement Division of the State (SC)", "Columbia", "SC"),
    ("HSI", "Washington", "DC"),
    ("Paw Paw Police Department", "Paw Paw", "MI"),
] + [
    (f"County{i} Sheriffs Office" + (" and Detention Center West" if i % 5 == 0 else ""), "Saint Mary", "LA")
    for i in range(60)
]
HOT = [
    ("Montgomery Police Department", "HSI MASTER"),
    ("San Joaquin County Sheriffs Department (CA)", "LEARN_San Joaquin SO"),
]

LAYOUTS = {
    "today's": Layout(),
    "one column": Layout(columns=1, wrap=70),
    "three narrow columns, many names wrapped": Layout(columns=3, wrap=24),
    "tight rows": Layout(leading=1.15, padding=0.5),
    "small type": Layout(size=8, wrap=44),
    "left-aligned table": Layout(centred=False),
    "older title on one line": Layout(
        title=("Agency Data Sharing Report",),
        footer="Date Created: {date}   LEARN Agency Data Sharing Report   Page {page} of {pages}",
    ),
    "title without 'Agency'": Layout(title=("Data Sharing Report",)),
    "headings without sentences": Layout(sentences=False),
    "other headings": Layout(
        headings={
            "shared": "Sharing Detections With",
            "received": "Receiving Detections From",
            "hot-shared": "Hot-Lists Shared",
            "hot-received": "Hot-Lists Received",
        },
    ),
    "received as a grid": Layout(table_with_places=False),
    "long owner, sentence wrapped": Layout(),
}


def made(layout: Layout, owner: str = "Elm County Sheriffs Department") -> bytes:
    report = Report(owner, layout)
    report.section("shared", SHARED)
    report.section("received", RECEIVED)
    report.section("hot-shared", [])
    report.section("hot-received", HOT)
    return report.pdf()


def names(read: SharingList, direction: Direction, kind: Kind) -> Counter[str]:
    return Counter(e.name for e in read.entries if (e.direction, e.kind) == (direction, kind))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_entry_stands_in_its_section_whatever_the_layout(layout: Layout) -> None:
    (read,) = read_sharing(made(layout), "report.pdf")
    shared = Counter(name.removeprefix("Inactive ") for (name,) in SHARED)
    assert names(read, Direction.OUTBOUND, Kind.DETECTIONS) == shared
    assert names(read, Direction.INBOUND, Kind.DETECTIONS) == Counter(row[0] for row in RECEIVED)
    assert names(read, Direction.INBOUND, Kind.HOTLIST) == Counter(row[0] for row in HOT)
    assert names(read, Direction.OUTBOUND, Kind.HOTLIST) == Counter()
    assert read.dated == date(2020, 3, 2)


def test_states_hot_lists_inactive_marks_and_places_are_kept() -> None:
    (read,) = read_sharing(made(Layout()), "report.pdf")
    by_name = {(e.name, e.direction, e.kind): e for e in read.entries}
    hsi = by_name["HSI", Direction.INBOUND, Kind.DETECTIONS]
    assert (hsi.city, hsi.state) == ("Washington", "DC")
    assert by_name["Montgomery Police Department", Direction.INBOUND, Kind.HOTLIST].hotlists == ("HSI MASTER",)
    gone = by_name["Riverside County District Attorneys Office (CA)", Direction.OUTBOUND, Kind.DETECTIONS]
    assert gone.inactive and gone.where.page == 1 and gone.where.box is not None
    assert read.owner == "Elm County Sheriffs Department"
    assert (Direction.OUTBOUND, Kind.HOTLIST) in read.empty


def test_an_owner_whose_sentence_wraps_over_lines_is_read_whole() -> None:
    owner = "Consolidated Metropolitan Government of Elm County and the Cities of Oak and Ash Sheriffs Department"
    (read,) = read_sharing(made(Layout(), owner), "report.pdf")
    assert read.owner == owner
    assert len(read.entries) == len(SHARED) + len(RECEIVED) + len(HOT)


def test_hot_lists_written_under_an_agency_belong_to_it() -> None:
    page = [
        Text(60, 40, 16, "Hot List Received"),
        Text(67.5, 80, 11, "Elm Police Department"),
        Text(67.5, 96, 11, "Hotlists: Stolen, BOLO"),
        Text(67.5, 130, 11, "Oak Police Department"),
        Text(6, 822, 9, "Date Created: 03-02-20 LEARN Agency Data Sharing Report Page 1 of 1"),
    ]
    (read,) = read_sharing(make_pdf([page]), "report.pdf")
    assert [(e.name, e.hotlists) for e in read.entries] == [
        ("Elm Police Department", ("Stolen, BOLO",)),
        ("Oak Police Department", ()),
    ]


def test_text_laid_out_with_spaces_reads_as_the_report_does() -> None:
    text = (
        "                 Data Sharing Report\n                 Detections Shared\n"
        "   The Elm Agency is Sharing its Detection data with the following Agencies:\n\n"
        "     Bell Police Department               CBP - NTC\n\n"
        "     100th Judicial District Attorney     HSI\n     Traffic\n\n     Oak Police Department                Ash Police\n"
        "Date Created: 1-2-2021      Page 1 of 1\n"
    )
    read = parse_report(pages_of_text(text), "report.txt")
    assert {e.name for e in read.entries} == {
        "Bell Police Department",
        "CBP - NTC",
        "100th Judicial District Attorney Traffic",
        "HSI",
        "Oak Police Department",
        "Ash Police",
    }


def test_a_pdf_bomb_is_refused_before_it_unfolds() -> None:
    import zlib

    bomb = zlib.compress(b"0" * (200 << 20), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(bomb), bomb),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>",
    ]
    with pytest.raises(BadInput, match="unfolds"):
        read_sharing(assemble(objects), "bomb.pdf")
    twice = b"<</Length 4/Filter[/FlateDecode/FlateDecode]>>stream\nabcd\nendstream"
    with pytest.raises(BadInput, match="compressed twice"):
        read_sharing(assemble([objects[0], objects[1], twice, objects[3]]), "bomb.pdf")


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_truncated_pdf_is_a_clear_error_or_says_what_it_read(cut: float) -> None:
    whole = made(Layout())
    try:
        (read,) = read_sharing(whole[: int(len(whole) * cut)], "cut.pdf")
    except BadInput as error:
        assert "cut.pdf" in str(error)
    else:
        assert len(read.entries) <= len(SHARED) + len(RECEIVED) + len(HOT)


def test_a_pdf_of_something_else_says_what_is_missing() -> None:
    with pytest.raises(BadInput, match="no section such as 'Detections Shared'"):
        read_sharing(make_pdf([[Text(60, 60, 12, "Minutes of the council meeting")]]), "minutes.pdf")


def test_all_791_rows_of_a_real_report_are_in_their_sections(shared: Path) -> None:
    (read,) = read_sharing((shared / "vigilant" / "ocsd_136291_doc7.pdf").read_bytes(), "report.pdf")
    section = {
        (Direction.OUTBOUND, Kind.DETECTIONS): "detections_shared",
        (Direction.INBOUND, Kind.DETECTIONS): "detections_received",
        (Direction.INBOUND, Kind.HOTLIST): "hotlist_received",
    }
    with (shared / "vigilant" / "ocsd_2022_rows.csv").open(encoding="utf-8") as file:
        wanted = Counter((row["section"], row["agency"]) for row in csv.DictReader(file))
    assert Counter((section[e.direction, e.kind], e.name) for e in read.entries) == wanted
    assert sum(wanted.values()) == 791
