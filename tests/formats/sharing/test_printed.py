"""Reports, lists and portals printed to PDF in other layouts: what a table's columns say, which way, what is no agency."""

from __future__ import annotations

from collections import Counter

import pytest

from plateward.formats.sharing.lists import Direction, SharingList
from plateward.formats.sharing.read import read_sharing
from tests.formats.sharing.report_maker import Text, make_pdf

NAMES = (
    "Alder Police Department",
    "Birch County Sheriffs Office",
    "Cedar Highway Patrol",
    "Dogwood Regional Intelligence Center of the North",
)
TITLE = [(60.0, ("Agency Data Sharing Report",)), (60.0, ("Date Created: 03-04-2026",))]


def printed(rows: list[tuple[float | tuple[float, ...], tuple[str, ...]]], size: float = 10) -> SharingList:
    """A page with a row of texts at these places for each line."""
    page = []
    for line, (at, texts) in enumerate(rows):
        places = at if isinstance(at, tuple) else tuple(at + 250 * column for column in range(len(texts)))
        page += [Text(x, 40 + 20 * line, size, text) for x, text in zip(places, texts, strict=True)]
    (read,) = read_sharing(make_pdf([page]), "report.pdf")
    return read


def ways(read: SharingList) -> list[tuple[str, Direction]]:
    return [(entry.name, entry.direction) for entry in read.entries]


def test_columns_beside_the_name_are_no_agencies_and_a_status_counts() -> None:
    at = (60.0, 320.0, 370.0, 450.0)
    rows = [(at, (name, "CA", "Inactive" if n == 1 else "Active", "2024-01-02")) for n, name in enumerate(NAMES)]
    read = printed([*TITLE, (60.0, ("Detections Shared",)), (at, ("Agency", "State", "Status", "Since")), *rows])
    assert [(e.name, e.state, e.inactive) for e in read.entries] == [(n, "CA", n == NAMES[1]) for n in NAMES]
    assert read.notes == ("Not read: the columns Since.",)


def test_sections_side_by_side_keep_their_directions() -> None:
    rows = [(60.0, pair) for pair in zip(NAMES[:3], NAMES[::-1], strict=False)]
    read = printed([*TITLE, (60.0, ("Detections Shared", "Detections Received")), *rows])
    assert Counter(ways(read)) == Counter(
        [(n, Direction.OUTBOUND) for n in NAMES[:3]] + [(n, Direction.INBOUND) for n in NAMES[1:]]
    )


@pytest.mark.parametrize("heading", ["Agencies sharing with you", "Detections Received (2)", "Receiving from:"])
def test_a_heading_in_other_words_turns_the_direction(heading: str) -> None:
    rows = [(60.0, (heading,)), *((60.0, (name,)) for name in NAMES[2:])]
    read = printed([*TITLE, (60.0, ("Detections Shared: 2",)), *((60.0, (name,)) for name in NAMES[:2]), *rows])
    assert ways(read) == [(n, Direction.OUTBOUND if n in NAMES[:2] else Direction.INBOUND) for n in NAMES]


def test_what_a_letter_says_around_a_list_is_named_and_is_no_agency() -> None:
    read = printed([
        *TITLE, (60.0, ("Detections Shared",)),
        (60.0, ("As of March 4, 2026, data is shared with the agencies listed below. Please ask with",)),
        (60.0, ("questions.",)), *((60.0, (f"{n}. {name}",)) for n, name in enumerate(NAMES, 1)),
        (60.0, ("Total agencies: 4",)), (60.0, ("https://example.org/report 1/1",)),
    ])  # fmt: skip
    assert [entry.name for entry in read.entries] == list(NAMES)
    assert [unread.text[:5] for unread in read.unread] == ["As of", "quest", "Total"]


def test_a_table_under_no_heading_says_what_it_is_taken_for() -> None:
    at = (60.0, 320.0, 420.0)
    rows = [(at, (name, "Inbound" if n % 2 else "Outbound", "Active")) for n, name in enumerate(NAMES)]
    read = printed([(60.0, ("Shared networks, spring",)), (at, ("Network", "Direction", "Status")), *rows])
    assert [d for _, d in ways(read)] == [Direction.OUTBOUND, Direction.INBOUND] * 2
    assert "No heading says which way" in read.notes[0]


@pytest.mark.parametrize("form", ["paragraph", "lines", "columns"])
def test_a_portal_printed_to_pdf_is_read_as_a_portal(form: str) -> None:
    names = [f"{tree}{n} Police Department CA" for n in range(12) for tree in ("Alder", "Birch", "Cedar")]
    rows = [
        Text(60, 40, 18, "Elm Creek PD Transparency Portal"), Text(60, 80, 12, "What's Detected"),
        Text(60, 100, 10, "License Plates"),
        Text(60, 120, 12, "Data retention"), Text(60, 140, 10, "30 days"), Text(60, 160, 12, "Organizations granted access"),
    ]  # fmt: skip
    down = 180.0
    if form == "columns":
        rows += [Text(60 + 180 * (n % 3), down + 14 * (n // 3), 10, name) for n, name in enumerate(names)]
    elif form == "lines":
        rows += [Text(60, down + 14 * n, 10, name) for n, name in enumerate(names)]
    else:
        lines = [", ".join(names[n : n + 3]) for n in range(0, len(names), 3)]
        rows += [
            Text(60, down + 14 * n, 10, line + ("," if n < len(lines) - 1 else "")) for n, line in enumerate(lines)
        ]
    after = max(row.top for row in rows)
    rows += [Text(60, after + 20, 12, "Searches in the last 30 days"), Text(60, after + 40, 10, "1,234")]
    (read,) = read_sharing(make_pdf([rows]), "portal.pdf")
    assert read.format == "portal-pdf" and read.owner == "Elm Creek PD"
    assert Counter(entry.name for entry in read.entries) == Counter(names)
    assert read.portal is not None and (read.portal.retention_days, read.portal.searches_30d) == (30, 1234)


def test_a_page_that_begins_with_any_tag_is_a_page() -> None:
    page = (
        b"<meta charset=utf-8><h1>Elm PD</h1><h3>Organizations granted access</h3><p>Alder PD, Birch PD, Cedar PD</p>"
    )
    (read,) = read_sharing(page, "saved")
    assert (read.format, len(read.entries)) == ("portal-html", 3)
