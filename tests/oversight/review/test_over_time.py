"""What changed between lists, what stays to be switched off, and what a portal's words are worth."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from plateward import rulepacks
from plateward.core.errors import BadInput
from plateward.formats.sharing.lists import Direction, Entry, Kind, Portal, SharingList, Where
from plateward.oversight.review.compare import Snapshot, compare, comparison_json
from plateward.oversight.review.findings import Document, Reviewer, promises_for
from plateward.oversight.review.output import portals_csv
from plateward.oversight.review.parties import Parties
from plateward.oversight.review.portals import PortalReview, PortalReviewer
from plateward.oversight.review.requests import KINDS, LAWS, request_letter
from plateward.oversight.review.watch import Watched, dump, load, take
from plateward.registry.states import STATES

OWNER = "El Cajon Police Department, CA"
JANUARY, FEBRUARY, MARCH, APRIL = (date(2025, month, 1) for month in (1, 2, 3, 4))


def listing(
    *names: str, kind: Kind = Kind.DETECTIONS, inactive: tuple[str, ...] = (), portal: Portal | None = None
) -> SharingList:
    entries = tuple(Entry(n, Direction.OUTBOUND, kind, Where(line=1), inactive=n in inactive) for n in names)
    return SharingList("flock-sharing", entries, owner=OWNER, portal=portal)


def changes(*lists: tuple[date, SharingList]) -> list[tuple[str, str, str]]:
    found = compare([Snapshot(f"{day}.csv", day, source) for day, source in lists], Parties(APRIL))
    return [(c.what, c.name, c.was) for c in found.changes]


def test_added_removed_renamed_and_became_inactive() -> None:
    before = listing("Anaheim CA PD", "CBP - NTC", "Blue Unit Zeta North", "Houston TX PD")
    after = listing(
        "Anaheim Police Department (CA)", "Blue Unit Zeta Northe", "Houston TX PD", "HSI", inactive=("Houston TX PD",)
    )
    found = changes((FEBRUARY, after), (JANUARY, before))
    assert ("renamed", "Anaheim Police Department (CA)", "Anaheim CA PD") in found
    assert ("renamed", "Blue Unit Zeta Northe", "Blue Unit Zeta North") in found
    assert ("became inactive", "Houston TX PD", "") in found
    assert ("added", "HSI", "") in found and ("removed", "CBP - NTC", "") in found
    assert len(found) == 5


def test_shares_that_appear_ten_at_a_time_are_asked_about_together() -> None:
    for count, asked in ((9, 0), (10, 1)):
        many = listing("HSI", *(f"Blue Unit {chr(65 + n)}{n} North" for n in range(count)))
        snapshots = [Snapshot("a", JANUARY, listing("HSI")), Snapshot("b", FEBRUARY, many)]
        questions = comparison_json(compare(snapshots, Parties(APRIL)))["questions"]
        assert len(questions) == asked and all("10 receivers of reads" in q for q in questions)


def test_a_file_without_a_section_removes_nothing_from_it() -> None:
    assert changes((JANUARY, listing("HSI")), (FEBRUARY, listing("Anaheim CA PD", kind=Kind.HOTLIST))) == []


def test_the_timeline_tells_where_an_entry_was_missing() -> None:
    lists = [listing("HSI", "Anaheim CA PD"), listing("Anaheim CA PD"), listing("HSI", "Anaheim CA PD")]
    found = compare(
        [Snapshot("x", day, s) for day, s in zip((JANUARY, FEBRUARY, MARCH), lists, strict=True)], Parties(APRIL)
    )
    (hsi,) = (span for span in found.timeline if span.name == "HSI")
    assert (hsi.first, hsi.last, hsi.missing) == (JANUARY, MARCH, (FEBRUARY,))
    assert comparison_json(found)["summary"] == {"removed": 1, "added": 1}


# -- watching ---------------------------------------------------------------------------------------------------------


def judged(watched: Watched, day: date, source: SharingList) -> None:
    parties = Parties(day)
    agency = parties.owner(OWNER)
    reviewer = Reviewer(agency, day, parties, promises_for(agency, [rulepacks.load("us-ca-sb34")], ()))
    take(watched, reviewer.review(source, Document(f"{day}.csv", str(day), source.format, day)), source, parties)


def test_an_item_closes_only_when_a_later_export_of_its_section_proves_it() -> None:
    watched = Watched("us-ca-el-cajon-pd")
    judged(watched, FEBRUARY, listing("CBP - NTC", "Anaheim CA PD"))
    (item,) = watched.open
    assert item.name == "CBP - NTC" and "Networks I'm Sharing" in item.steps
    judged(watched, JANUARY, listing("Anaheim CA PD"))
    assert watched.open, "an older export found late proves nothing"
    judged(watched, MARCH, listing("Anaheim CA PD", kind=Kind.HOTLIST))
    assert watched.open, "an export of another section proves nothing"
    judged(watched, APRIL, listing("Anaheim CA PD"))
    assert not watched.open and item.closed_by == f"{APRIL}.csv" and item.closed_on == APRIL


def test_a_share_that_comes_back_opens_its_item_again() -> None:
    watched = Watched("us-ca-el-cajon-pd")
    judged(watched, JANUARY, listing("CBP - NTC", "Anaheim CA PD"))
    judged(watched, FEBRUARY, listing("Anaheim CA PD"))
    judged(watched, MARCH, listing("CBP National Targeting Center", "Anaheim CA PD"))
    (item,) = watched.open
    assert item.reopened == 1 and item.last_seen == MARCH


def test_what_a_folder_remembers_survives_being_written_and_damage_is_told() -> None:
    watched = Watched("us-ca-el-cajon-pd")
    judged(watched, JANUARY, listing("CBP - NTC"))
    assert load(dump(watched), "x") == watched
    with pytest.raises(BadInput, match="move it away"):
        load(b"{", "plateward-watch.json")


# -- portals ----------------------------------------------------------------------------------------------------------


def portal(source: SharingList) -> PortalReview:
    reviewer = PortalReviewer(Parties(APRIL), [rulepacks.load("us-ca-sb34")], APRIL)
    return reviewer.review(source, Document("p.json", "", "portal-json", None))


SAYS = Portal(
    prohibited_uses="Immigration enforcement, usage based solely on a protected class (i.e. race), personal use."
)


def kinds(review: PortalReview) -> set[str]:
    return {finding.kind for finding in review.findings}


def test_a_portal_that_prohibits_immigration_and_lists_the_border_patrol() -> None:
    found = portal(listing("San Diego Sector Border Patrol (CA)", "Anaheim CA PD", portal=SAYS))
    assert {"immigration-receiver", "law"} <= kinds(found)
    finding = next(f for f in found.findings if f.kind == "immigration-receiver")
    assert finding.voice == "appears contrary to" and finding.entries == ("San Diego Sector Border Patrol (CA)",)
    assert finding.quote.endswith("personal use."), "the sentence is quoted whole"


def test_its_own_words_about_other_states_and_federal_agencies() -> None:
    words = Portal(
        sharing_policy="We never share with out-of-state agencies. Data is not shared with federal agencies."
    )
    found = portal(listing("Houston TX PD", "FBI", portal=words))
    assert {"out-of-state-receiver", "federal-receiver"} <= kinds(found)
    assert all(f.voice == "contradicts" for f in found.findings if f.kind.endswith("-receiver"))


def test_words_that_leave_room_for_exceptions_are_asked_about_and_not_contradicted() -> None:
    strict = Portal(sharing_policy="Data is never shared with agencies outside of California.")
    loose = Portal(
        sharing_policy="Data is not shared with agencies outside of California unless a court order requires it."
    )
    for said, voice in ((strict, "contradicts"), (loose, "ask")):
        found = [f for f in portal(listing("Houston TX PD", portal=said)).findings if f.kind == "out-of-state-receiver"]
        assert [f.voice for f in found] == [voice], said


def test_prohibited_uses_are_quoted_as_prohibited_and_not_as_what_the_portal_says_it_does() -> None:
    found = portal(
        listing("San Diego Sector Border Patrol (CA)", portal=Portal(prohibited_uses="Immigration enforcement"))
    )
    (finding,) = [f for f in found.findings if f.kind == "immigration-receiver"]
    assert "names among prohibited uses “Immigration enforcement”" in finding.sentence


def test_portals_and_comparisons_as_tables_without_formulas() -> None:
    rows = list(csv.DictReader(io.StringIO(portals_csv([portal(listing("=1+1 TX PD", "CBP - NTC", portal=SAYS))]))))
    assert {"immigration-receiver", "law"} <= {row["kind"] for row in rows}
    assert all(row["sentence"] and row["voice"] and row["sha256"] == "" for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_ncic_beside_a_promise_is_a_question() -> None:
    says = Portal(prohibited_uses=SAYS.prohibited_uses, hotlists=("NCIC", "NCMEC Amber Alert"))
    assert [f.voice for f in portal(listing(portal=says)).findings if f.kind == "ncic-hot-list"] == ["ask"]
    assert "ncic-hot-list" not in kinds(portal(listing(portal=Portal(hotlists=("NCIC",)))))


def test_numbers_that_do_not_add_up() -> None:
    assert "numbers" in kinds(portal(listing(portal=Portal(vehicles_30d=1000, hits_30d=400))))
    assert "numbers" in kinds(portal(listing(portal=Portal(vehicles_30d=0, hits_30d=4))))
    assert "numbers" not in kinds(portal(listing(portal=Portal(vehicles_30d=784_358, hits_30d=9653, cameras=102))))


def test_a_portal_without_a_list_or_a_promise_has_no_finding() -> None:
    assert portal(listing("Anaheim CA PD")).findings == ()


def test_eighty_real_portals_are_all_told(shared: Path) -> None:
    from plateward.formats.sharing.read import read_sharing

    reviewer = PortalReviewer(Parties(APRIL), [rulepacks.load("us-ca-sb34")], APRIL)
    sources = read_sharing((shared / "sharing" / "flock_portals.json").read_bytes(), "p.json")
    reviews = [reviewer.review(s, Document("p.json", "", s.format, s.dated)) for s in sources]
    assert len(reviews) == 80 and sum(r.owner is None for r in reviews) <= 3
    assert any("NCIC" in f.sentence for r in reviews for f in r.findings)


# -- letters ----------------------------------------------------------------------------------------------------------


def test_letters_for_every_kind_and_state_name_the_law() -> None:
    for kind in KINDS:
        for state, law in LAWS.items():
            assert law.citation in request_letter(kind, state, "Elm PD")
    assert "the public records law of" in request_letter("policy", next(iter(STATES.keys() - LAWS)), "Elm PD")
    with pytest.raises(BadInput, match="no state"):
        request_letter("policy", "ZZ", "Elm PD")
    with pytest.raises(BadInput, match="choose one of"):
        request_letter("everything", "CA", "Elm PD")
