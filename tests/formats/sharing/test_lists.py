"""Flock's exports, portals and plain lists: every row is an entry or named as unread."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.sharing.lists import Direction, Entry, Kind, clean_name, split_names
from plateward.formats.sharing.read import read_sharing


def entries(data: bytes, name: str = "list.csv", **more: object) -> list[Entry]:
    return [entry for read in read_sharing(data, name, **more) for entry in read.entries]  # type: ignore[arg-type]


MATRIX = (
    "Page,{name},{inbound},{outbound}\r\n"
    '1,Polk County FL SO,"Polk County FL SO,Polk County FL SO (LR)",Elm FL PD\r\n'
    "1,Orange Beach AL PD,Orange Beach AL PD,\r\n"
    "2,(INACTIVE) Bay FL PD,,Elm FL PD\r\n"
)


@pytest.mark.parametrize(
    ("name", "inbound", "outbound"),
    [
        ("Organization Name", "Networks Shared With Me", "Networks I'm Sharing"),
        ("Organization", "networks shared with us", "Networks I’m sharing"),
        ("AGENCY", "Shared With Me", "Im Sharing"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_flocks_matrix_in_its_spellings_and_encodings(name: str, inbound: str, outbound: str, encoding: str) -> None:
    data = MATRIX.format(name=name, inbound=inbound, outbound=outbound).encode(encoding)
    found = {(e.name, e.direction): e for e in entries(data)}
    assert set(found) == {
        ("Polk County FL SO", Direction.OUTBOUND),
        ("Polk County FL SO", Direction.INBOUND),
        ("Orange Beach AL PD", Direction.INBOUND),
        ("Bay FL PD", Direction.OUTBOUND),
    }
    assert found["Polk County FL SO", Direction.INBOUND].networks == ("Polk County FL SO", "Polk County FL SO (LR)")
    assert found["Bay FL PD", Direction.OUTBOUND].inactive
    (read,) = read_sharing(data, "matrix.csv")
    assert read.owner == "Elm FL PD"


def test_a_workbook_reads_as_its_csv_does() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Exported by Flock on 2025-01-02"])
    sheet.append(["Organization Name", "Networks Shared With Me", "Networks I'm Sharing"])
    sheet.append(["Elm TX PD", "Elm TX PD", None])
    sheet.append(["Oak CA PD", None, "My Network"])
    held = io.BytesIO()
    book.save(held)
    found = [(e.name, e.direction) for e in entries(held.getvalue(), "list.xlsx")]
    assert found == [("Elm TX PD", Direction.INBOUND), ("Oak CA PD", Direction.OUTBOUND)]


def test_one_name_a_line_is_an_outbound_list_of_detections() -> None:
    text = "\ufeffCBP - NTC\n\n- HSI Bulk Cash Smuggling Center\n2. El Cajon Police Department, CA\nAgencies we share with:\n"
    (read,) = read_sharing(text.encode(), "list.txt")
    assert [e.name for e in read.entries] == [
        "CBP - NTC",
        "HSI Bulk Cash Smuggling Center",
        "El Cajon Police Department, CA",
    ]
    assert all((e.direction, e.kind) == (Direction.OUTBOUND, Kind.DETECTIONS) for e in read.entries)
    assert [u.where.line for u in read.unread] == [5]


@pytest.mark.parametrize("heading", ["organization_name\n", "Agency\n", ""])
def test_a_column_of_names_with_or_without_heading(heading: str) -> None:
    assert [e.name for e in entries((heading + 'ALHAMBRA CA PD\n"Elm, CA PD"\n').encode())] == [
        "ALHAMBRA CA PD",
        "Elm, CA PD",
    ]


def test_a_file_named_for_hot_lists_is_of_that_kind() -> None:
    assert {e.kind for e in entries(b"Elm PD\nOak PD\n", "shares_hotlist_with.txt")} == {Kind.HOTLIST}


def test_a_list_pasted_on_one_line_is_split_but_states_stay_with_their_names() -> None:
    line = b"Elm PD, CA, Oak County SO, Ash (North, South) PD, Axon, Inc., Bay PD"
    assert [e.name for e in entries(line, "a.txt")] == [
        "Elm PD, CA",
        "Oak County SO",
        "Ash (North, South) PD",
        "Axon, Inc.",
        "Bay PD",
    ]


def test_pairs_of_agencies_become_a_list_an_owner() -> None:
    data = b"src_agency,external_agency,id\nElm PD,Oak PD,1\nElm PD,Ash PD,2\nBay PD,Oak PD,3\n"
    reads = read_sharing(data, "edges.csv")
    assert {r.owner: [e.name for e in r.entries] for r in reads} == {
        "Elm PD": ["Oak PD", "Ash PD"],
        "Bay PD": ["Oak PD"],
    }


def test_a_mapping_reads_a_table_nobody_has_seen() -> None:
    data = b"Nr;Wer;Richtung\n1;Oak PD;inbound\n2;Ash PD;outbound\n"
    found = entries(data, mapping={"name": "Wer", "direction": "3"})
    assert [(e.name, e.direction) for e in found] == [("Oak PD", Direction.INBOUND), ("Ash PD", Direction.OUTBOUND)]
    with pytest.raises(BadInput, match="Wer, Richtung"):
        entries(data, mapping={"name": "Who"})
    with pytest.raises(BadInput, match="--column name="):
        entries(b"x,y,z\n1,2,3\n")


def test_rows_without_a_name_are_counted_not_dropped() -> None:
    (read,) = read_sharing(b"Agency,State\nElm PD,CA\n,TX\n", "list.csv")
    assert len(read.entries) == 1 and read.entries[0].state == "CA"
    assert [u.where.line for u in read.unread] == [3]


PAGE = """<!doctype html><html><head><title>Elm CA PD Transparency Portal</title><script>alert("Prohibited Uses")</script></head>
<body><h1>Elm CA PD</h1><script>document.write("<p>Evil PD</p>")</script>
<div><p style="font-weight:600">Prohibited Uses</p><p>Immigration enforcement, personal use.</p></div>
<div><h2>Data retention (in days)</h2><p>Days that data is stored.</p><p>30 days</p></div>
<div><p>Hotlists Alerted On</p><p>National and statewide sources.</p><p>NCIC, NCMEC Amber Alert</p></div>
<div><p>Organizations granted access to Elm CA PD data</p><p>Organizations granted access to Elm CA PD data.</p>
<ul><li>Oak CA PD</li><li>CBP - NTC</li></ul></div>
<div><p>Searches in the last 30 days</p><p>1,209</p></div><iframe src="https://example.org"></iframe></body></html>"""


def test_a_saved_portal_is_read_without_its_scripts() -> None:
    (read,) = read_sharing(PAGE.encode(), "portal.html")
    assert read.owner == "Elm CA PD"
    assert [e.name for e in read.entries] == ["Oak CA PD", "CBP - NTC"]
    portal = read.portal
    assert portal is not None
    assert (portal.retention_days, portal.searches_30d, portal.hotlists) == (30, 1209, ("NCIC", "NCMEC Amber Alert"))
    assert portal.prohibited_uses == "Immigration enforcement, personal use."


def test_portals_as_json_one_or_many_and_under_other_keys() -> None:
    one = {
        "name": "Elm CA PD",
        "External organizations with access": "Oak CA PD, Ash CA PD",
        "Data retention (in days)": "30 days",
    }
    (read,) = read_sharing(json.dumps(one).encode(), "p.json")
    assert [e.name for e in read.entries] == ["Oak CA PD", "Ash CA PD"] and read.portal is not None
    assert read.portal.retention_days == 30
    many = {"portals": [one, {**one, "name": "Bay CA PD", "External organizations with access": []}]}
    assert [r.owner for r in read_sharing(json.dumps(many).encode(), "p.json")] == ["Elm CA PD", "Bay CA PD"]


def test_a_count_in_place_of_a_list_is_no_agency() -> None:
    one = {"name": "Elm CA PD", "external_organizations_with_access": "988", "hotlists_alerted_on": "NCIC"}
    (read,) = read_sharing(json.dumps(one).encode(), "p.json")
    assert read.entries == () and read.portal is not None and read.portal.organizations_stated == 988


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "empty.csv", "empty"),
        (b"\x89PNG\r\n\x1a\n0000", "list.pdf", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "list.xls", "old Office"),
        (b"PK\x03\x04 broken", "list.xlsx", "no workbook"),
        (b'{"a": ' * 50_000, "deep.json", "not JSON"),
        (b"[1,2,3]", "p.json", "no portal"),
        (b"<html><body><p>Hello</p></body></html>", "p.html", "headings"),
        (b"\x00\x01\x02\x03" * 200, "x.bin", "no text"),
        (b'Agency\n"Elm PD\n' + b"x" * 200_000, "q.csv", "line"),
        (b"Agency\n" + b"x" * 2_000_000, "long.csv", "line 2"),
    ],
)
def test_what_is_no_list_is_a_clear_error_that_names_the_file(data: bytes, name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        read_sharing(data, name)
    assert name in str(caught.value)


def test_a_workbook_that_unfolds_a_thousandfold_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 << 20))
    with pytest.raises(BadInput, match="thousandfold"):
        read_sharing(held.getvalue(), "bomb.xlsx")


def test_a_page_nested_deeply_is_read_without_recursion() -> None:
    page = b"<html><body>" + b"<div>" * 20_000 + b"<p>Prohibited Uses</p><p>Immigration enforcement</p></body></html>"
    try:
        (read,) = read_sharing(page, "deep.html")
    except BadInput:
        return
    assert read.portal is not None and "Immigration" in read.portal.prohibited_uses


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_never_a_fault(text: str) -> None:
    for name in ("a.txt", "a.csv", "a.html", "a.json"):
        try:
            read_sharing(text.encode("utf-8", "replace"), name)
        except BadInput as error:
            assert name in str(error)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_never_a_fault(data: bytes) -> None:
    for head in (b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>", b"{"):
        try:
            read_sharing(head + data, "a.bin")
        except BadInput as error:
            assert "a.bin" in str(error)


@pytest.mark.parametrize(
    ("written", "name", "inactive"),
    [
        ("(INACTIVE) Troup County GA SO", "Troup County GA SO", True),
        ("Elm PD - Inactive", "Elm PD", True),
        ("(Dead/Old) Plymouth IN PD", "Plymouth IN PD", True),
        ("Inactiveville PD", "Inactiveville PD", False),
        ("  Oak\u00a0 PD ", "Oak PD", False),
    ],
)
def test_marks_of_inactivity_are_told_apart_from_names(written: str, name: str, inactive: bool) -> None:
    assert clean_name(written) == (name, inactive)


def test_names_in_one_cell() -> None:
    assert split_names("Elm PD; Oak PD\nAsh PD") == ["Elm PD", "Oak PD", "Ash PD"]


def test_real_lists_lose_nothing(shared: Path) -> None:
    portals = json.loads((shared / "sharing" / "flock_portals.json").read_bytes())
    reads = read_sharing((shared / "sharing" / "flock_portals.json").read_bytes(), "p.json")
    assert len(reads) == 80
    for portal, read in zip(portals, reads, strict=True):
        stated = len(portal["sharing_outbound"]) + len(portal["sharing_inbound"])
        assert len(read.entries) + len(read.unread) == stated
    with (shared / "sharing" / "okaloosa_sharing_matrix.csv").open("rb") as file:
        (matrix,) = read_sharing(file.read(), "m.csv")
    assert matrix.owner == "Okaloosa County FL SO" and not matrix.unread and len(matrix.entries) > 1000
