"""Sharing lists judged by the promises a node uses: the Pasadena failure is one line of a list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from plateward import rulepacks
from plateward.core.errors import BadInput
from plateward.core.promise import parse_promises
from plateward.formats.sharing.lists import Direction, Entry, Kind, SharingList, Where
from plateward.formats.sharing.read import read_sharing
from plateward.oversight.review.findings import ASK, Document, Review, Reviewer, promises_for
from plateward.oversight.review.output import escaped, letter, review_csv, review_json
from plateward.oversight.review.page import cropper, sharing_page
from plateward.oversight.review.parties import Parties, read_corrections, unknown_rows
from tests.formats.sharing.report_maker import Layout, Report

DAY = date(2024, 6, 1)
OWNER = "El Cajon Police Department, CA"
BCSC = "Homeland Security Investigations, Bulk Cash Smuggling Center"

PROMISE = """
[[promise]]
id = "elm.no-ice"
promised_by = "us-ca-el-cajon-pd"
title = "Nothing to ICE"
sentence = "The department shares no plate data with Immigration and Customs Enforcement."
in_force_from = 2020-01-01
cedar = 'forbid (principal in Agency::"us-dhs-ice", action in Action::"receive", resource);'
[promise.source]
document = "Council minutes"
date = 2020-01-01
[[promise.case]]
name = "ICE"
expect = "denied"
asker.organisation = "us-dhs-ice"
[[promise.case]]
name = "a police department"
expect = "allowed"
asker = { states = ["CA"], kinds = ["police"] }
"""


def listing(*names: str, direction: Direction = Direction.OUTBOUND, kind: Kind = Kind.DETECTIONS) -> SharingList:
    return SharingList("list", tuple(Entry(name, direction, kind, Where(line=i)) for i, name in enumerate(names, 1)))


def review(
    source: SharingList,
    *,
    day: date = DAY,
    promises: str = "",
    fixes: dict[str, str] | None = None,
    owner: str = OWNER,
    more: Sequence[str] = (),
) -> Review:
    parties = Parties(day, fixes or {})
    agency = parties.owner(owner)
    packs = [rulepacks.load(name) for name in ("us-ca-sb34", *more)]
    own = parse_promises(promises, "promise") if promises else ()
    document = Document("list.txt", "ab" * 32, source.format, source.dated)
    return Reviewer(agency, day, parties, promises_for(agency, packs, own)).review(source, document)


def test_pasadenas_bulk_cash_smuggling_center_is_ice_and_the_chain_says_so() -> None:
    found = review(listing(BCSC), promises=PROMISE)
    (entry,) = found.entries
    assert entry.chain == ("us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi", "us-dhs-ice", "us-dhs")
    assert {"federal", "immigration-enforcement"} <= set(entry.components)
    voices = {f.promise: f.voice for f in entry.findings}
    assert voices["elm.no-ice"] == "contradicts"
    assert voices["us-ca-sb34.federal"] == "appears contrary to"
    assert all("broke" not in f.sentence and "illegal" not in f.sentence for f in entry.findings)


def test_out_of_state_by_the_registry_or_by_the_name_alone() -> None:
    found = review(listing("Houston TX PD", "Nowhereville Junction TX PD", "Anaheim CA PD"))
    by_name = {r.entry.name: [f.promise for f in r.findings] for r in found.entries}
    assert by_name["Houston TX PD"] == ["us-ca-sb34.out-of-state"]
    assert by_name["Nowhereville Junction TX PD"] == ["us-ca-sb34.out-of-state"]
    assert by_name["Anaheim CA PD"] == []
    alone = next(r for r in found.entries if r.entry.name.startswith("Nowhere"))
    assert alone.party.by_name and "name alone" in alone.findings[0].sentence


def test_an_unknown_name_is_a_question_with_guesses_never_a_finding_or_harmless() -> None:
    found = review(listing("Blue Unit Zeta"))
    (entry,) = found.entries
    assert not entry.findings and "unknown" in entry.components and entry.ask.startswith("Ask who")
    assert found.summary()["to_ask"] == 1


def test_the_documents_own_state_decides_between_namesakes() -> None:
    name = "Arcade Police Department"
    source = SharingList(
        "vigilant-pdf",
        (
            Entry(name, Direction.OUTBOUND, Kind.DETECTIONS, Where(page=1)),
            Entry(name, Direction.INBOUND, Kind.DETECTIONS, Where(page=2), state="GA"),
        ),
    )
    outbound = review(source).entries[0]
    assert [f.promise for f in outbound.findings] == ["us-ca-sb34.out-of-state"]


def test_inbound_the_senders_promises_are_asked() -> None:
    received = review(listing("CBP - NTC", "Houston TX PD", direction=Direction.INBOUND))
    assert not received.found, "that California shares nothing outward says nothing of what it receives"
    texas = review(listing("Anaheim CA PD", direction=Direction.INBOUND), owner="Houston Police Department, TX")
    assert [f.promise for f in texas.entries[0].findings] == ["us-ca-sb34.out-of-state"]
    assert "Anaheim CA PD is listed as sharing its reads" in texas.entries[0].findings[0].sentence


def test_hot_lists_are_asked_about_not_judged() -> None:
    found = review(listing("CBP - NTC", kind=Kind.HOTLIST))
    assert {f.voice for f in found.entries[0].findings} == {ASK}


def test_a_hot_list_named_for_an_immigration_agency_is_asked_about() -> None:
    source = SharingList(
        "vigilant-pdf",
        (Entry("Anaheim CA PD", Direction.INBOUND, Kind.HOTLIST, Where(page=1), hotlists=("HSI MASTER",)),),
    )
    found = review(source)
    assert "HSI MASTER" in found.entries[0].ask
    text = letter(found)
    assert "HSI MASTER" in text and "cannot identify" not in text, "who it is that shares the list is known"


def test_the_rule_of_the_files_day_is_the_one_that_judges() -> None:
    assert review(listing(BCSC), promises=PROMISE, day=date(2019, 6, 1)).entries[0].findings[0].pack == "us-ca-sb34"
    before = review(listing(BCSC), day=date(2015, 6, 1))
    assert not before.found and "No promise" in before.notes[0]


def test_a_correction_by_a_person_feeds_back() -> None:
    text = "name,why,guesses,agency\nBlue Unit Zeta,,,us-dhs-ice\nOther Unit,,,\n"
    fixed = review(listing("Blue Unit  zeta", "Other Unit"), fixes=read_corrections(text, "fixes.csv"))
    assert fixed.entries[0].party.corrected and fixed.entries[0].findings
    assert fixed.entries[1].ask
    with pytest.raises(BadInput, match=re.escape("fixes.csv, line 2")):
        read_corrections("name,agency\nX,us-nowhere\n", "fixes.csv")
    assert [row[0] for row in unknown_rows(r.party for r in fixed.entries)] == ["Other Unit"]


def test_the_owner_is_named_or_the_guesses_are_told() -> None:
    with pytest.raises(BadInput, match="cannot be told"):
        Parties(DAY).owner("Orange County Sheriffs Department")


def test_a_federal_office_in_the_state_is_called_federal_and_not_out_of_state() -> None:
    """A newspaper that prints that a Border Patrol sector of California is out of state prints something false."""
    for name in ("San Diego Sector Border Patrol (CA)", "United States Forest Service CA"):
        (entry,) = review(listing(name)).entries
        assert [f.promise for f in entry.findings] == ["us-ca-sb34.federal"], name


def test_what_no_list_can_settle_is_a_question_and_not_an_accusation() -> None:
    """Deputised officers of a private university, and a centre of several states: the gate refuses, the review asks."""
    found = review(listing("Stanford University CA PD", "Western States Information Network (CA)"))
    assert [[f.voice for f in entry.findings] for entry in found.entries] == [[ASK], [ASK]]
    assert "deputised" in found.entries[0].findings[0].sentence
    assert "which state's law" in found.entries[1].findings[0].sentence
    joint = review(listing("HIDTA - Central Valley California")).entries[0].findings
    assert [(f.promise, f.voice) for f in joint] == [("us-ca-sb34.federal", ASK)]
    (private,) = review(listing("Vigilant Solutions")).entries
    assert {f.voice for f in private.findings} == {"appears contrary to"}, "a company is no such question"


def test_a_sender_that_nobody_has_classified_is_asked_about_and_not_judged_as_an_agency() -> None:
    """A shop's network in a list of senders stands under no state's law of agencies."""
    (entry,) = review(listing("Ulta (IL)", direction=Direction.INBOUND), more=["us-il-2-130"]).entries
    assert not entry.findings
    assert entry.ask.startswith("Ask what 'Ulta (IL)' is")


def test_a_finding_says_by_what_it_was_told_who_somebody_is() -> None:
    name = "Arcade Police Department"
    source = SharingList(
        "vigilant-pdf",
        (
            Entry(name, Direction.OUTBOUND, Kind.DETECTIONS, Where(page=1)),
            Entry(name, Direction.INBOUND, Kind.DETECTIONS, Where(page=7), state="GA"),
            Entry("Austin Police Department", Direction.OUTBOUND, Kind.DETECTIONS, Where(page=1)),
            Entry("Houston TX PD", Direction.OUTBOUND, Kind.DETECTIONS, Where(page=2), confidence=0.62),
            Entry("Waco TX PD", Direction.OUTBOUND, Kind.DETECTIONS, Where(page=1)),
        ),
    )
    told = {r.entry.name: r.findings[0].sentence for r in review(source).entries if r.findings}
    assert told[name].endswith("The document gives the state, GA, with this name on page 7.")
    assert told["Austin Police Department"].endswith("no state given; by far the largest place of this name.")
    assert told["Houston TX PD"].endswith("with a certainty of 62%: compare it.")
    assert told["Waco TX PD"].endswith("not with one of another state.”"), "nothing is in doubt"


def test_a_list_without_an_entry_is_not_passed_over_as_harmless() -> None:
    assert any("No entry was read" in note for note in review(listing()).notes)


EVIL = '=HYPERLINK("http://evil.example","x")<script>alert(1)</script>'


def test_csv_out_never_holds_a_formula_and_pages_never_a_script() -> None:
    found = review(listing(EVIL, "+1+cmd|' /C calc'!A0", "@SUM(A1)", BCSC))
    for row in csv.reader(io.StringIO(review_csv([found]))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    page = sharing_page([found])
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?https?:", page), "the page asks nobody for anything"
    assert "<script" not in letter(found)


def test_the_table_says_by_which_law_on_which_day_and_how_sure() -> None:
    rows = list(csv.DictReader(io.StringIO(review_csv([review(listing("Houston TX PD", "Anaheim CA PD"))]))))
    assert rows[0]["section"].startswith("Civ. Code") and rows[0]["judged_as_of"] == "2024-06-01"
    assert rows[0]["in_force_from"] < rows[0]["judged_as_of"]
    assert all(row["told_by"] and row["told_from"] for row in rows)


def test_the_letter_quotes_entries_with_their_place_and_the_files_hash() -> None:
    text = letter(review(listing("CBP - NTC", "Blue Unit Zeta")))
    assert "“CBP - NTC” (line 1)" in text and "ab" * 32 in text and "Blue Unit Zeta" in text
    assert escaped("a*b_[c](d)|<e>") == r"a\*b\_\[c\](d)\|&lt;e&gt;"


def test_json_has_what_the_contract_names() -> None:
    document = review_json(review(listing(BCSC, "Anaheim CA PD")))
    assert {"agency", "entries", "summary"} <= set(document)
    entry = document["entries"][0]
    assert {"name", "direction", "kind", "agency", "chain", "components", "findings"} <= set(entry)
    assert entry["direction"] == "outbound" and entry["kind"] == "detections"
    assert {"promise", "sentence"} <= set(entry["findings"][0])


def test_the_page_shows_the_place_in_the_pdf() -> None:
    report = Report("El Cajon Police Department", Layout())
    report.section("shared", [("CBP - NTC",), ("Anaheim Police Department",)])
    data = report.pdf()
    (source,) = read_sharing(data, "report.pdf")
    page = sharing_page([review(source)], cropper(data))
    assert page.count("data:image/png;base64,") == 1


def test_every_federal_entry_of_a_real_report_is_flagged_with_its_chain(shared: Path) -> None:
    (source,) = read_sharing((shared / "vigilant" / "ocsd_136291_doc7.pdf").read_bytes(), "report.pdf")
    found = review(source, owner="Orange County Sheriffs Department, CA", day=date(2022, 11, 18))
    flagged = {r.entry.name for r in found.found if {"federal", "immigration-enforcement"} & set(r.components)}
    assert flagged >= {
        "ATF National Account",
        "CBP - NTC",
        "DHS - HSI (Newark NJ)",
        "DHS - HSI - New Orleans",
        "Drug Enforcement Administration (NATL)",
        "Federal Bureau of Investigation",
        "San Diego Sector Border Patrol (CA)",
    }
    assert all(r.chain for r in found.found if r.entry.name in flagged)
