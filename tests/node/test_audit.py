"""The audit of searches over the town's own records: what it finds, what it leaves alone, and who may judge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType, fields_of
from plateward.core.people import Role
from plateward.core.purpose import Purpose
from plateward.demo import stories
from plateward.demo.people import person
from plateward.node import ledger
from plateward.node.overseeing.audit import audit_searches, give_verdict, since, waiting
from plateward.node.overseeing.periods import period, recent
from plateward.oversight.audit.findings import Context, listed_plate
from plateward.store import events, people
from tests.node.audited import MONTH
from tests.node.world import World

AUDITOR = "delacroix"


def lay(world: World, name: str, text: str) -> Path:
    folder = world.node.settings.data / "audit"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text)
    return file


async def test_the_auditor_finds_the_officer_who_followed_one_woman(month: World) -> None:
    found = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    first = found.groups[0]
    assert first.who.user == "marsh" and first.severity == "high"
    patterns = {finding.pattern for finding in first.findings}
    assert {"same-plate-again", "streak-of-days", "case-missing"} <= patterns
    again = next(finding for finding in first.findings if finding.pattern == "same-plate-again")
    assert again.sentence.startswith("Dale Marsh of Ridgeport Police")
    assert stories.FOLLOWED in again.sentence


async def test_searches_for_immigration_enforcement_are_found_also_those_that_were_refused(month: World) -> None:
    found = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    told = {(finding.who.user, finding.pattern) for finding in found.result.findings}
    assert {("tanner", "words-immigration"), ("reyes", "words-immigration"), ("tanner", "on-behalf-of-others")} <= told


async def test_the_detective_who_works_her_cases_is_left_alone(month: World) -> None:
    found = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    about = [finding for finding in found.result.findings if finding.who.user == "alvarez"]
    assert [finding.pattern for finding in about if finding.severity != "low"] == []


async def test_every_finding_names_records_that_the_auditor_can_open(month: World) -> None:
    from plateward.node.overseeing.access import access_row

    found = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    for finding in found.result.findings:
        for seq in finding.rows[:3]:
            row = await access_row(month.node, person(AUDITOR), seq)
            assert row is not None and (not finding.who.user or row.person == finding.who.user)


async def test_an_agency_sees_its_own_people_and_requests_for_its_reads_only(month: World) -> None:
    found = await audit_searches(month.node, person("lindqvist"), period(month.node, MONTH))
    every = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    assert found.result.rows > 0 and every.result.rows > 0
    async with month.node.store.transaction() as tx:
        for finding in found.result.findings:
            for seq in finding.rows:
                row = await events.access_record(tx, seq)
                assert row is not None
                assert "us-ca-ridge-county-so" in (row.organisation, *row.owners)


async def test_a_verdict_is_recorded_in_the_ledger_and_shown_with_its_finding(month: World) -> None:
    when = period(month.node, MONTH)
    found = await audit_searches(month.node, person(AUDITOR), when)
    finding = waiting(found)[0]
    said = await give_verdict(
        month.node, person(AUDITOR), when, finding.key, "misuse", "No case; went to internal affairs."
    )
    again = await audit_searches(month.node, person("whitfield"), when)
    assert again.said[finding.key][-1].seq == said.seq
    assert again.said[finding.key][-1].by_name == "Simone Delacroix"
    assert finding not in waiting(again)
    async with month.node.store.transaction() as tx:
        event = await events.event(tx, said.seq)
    assert event is not None and event.body is not None
    told = fields_of(bytes(event.body))
    assert (told["finding"], told["verdict"], told["by"]) == (finding.key, "misuse", AUDITOR)
    assert b"marsh" not in event.entry


async def test_a_finding_that_grows_keeps_its_key_and_its_verdict_and_waits_again(world: World) -> None:
    for _ in range(12):
        await world.search("marsh", "6MEG555", purpose=Purpose.of("welfare check"))
    when = period(world.node, MONTH)
    first = await audit_searches(world.node, person(AUDITOR), when)
    again = [finding for finding in first.result.findings if finding.pattern == "same-plate-again"]
    (finding,) = again
    await give_verdict(world.node, person(AUDITOR), when, finding.key, "justified", "His own sister; he was asked.")
    settled = await audit_searches(world.node, person(AUDITOR), when)
    assert finding not in waiting(settled) and since(finding, settled.said) == 0
    for _ in range(2):
        await world.search("marsh", "6MEG555", purpose=Purpose.of("welfare check"))
    grown = await audit_searches(world.node, person(AUDITOR), when)
    now = next(one for one in grown.result.findings if one.key == finding.key)
    assert len(now.rows) == 14 and grown.said[now.key][-1].judged == "justified"
    assert since(now, grown.said) == 2 and now in waiting(grown)
    assert len({one.key for one in grown.result.findings}) == len(grown.result.findings)


async def test_a_verdict_from_when_keys_were_made_of_rows_still_stands_with_what_it_was_about(world: World) -> None:
    for _ in range(12):
        await world.search("marsh", "6MEG555", purpose=Purpose.of("welfare check"))
    when = period(world.node, MONTH)
    found = await audit_searches(world.node, person(AUDITOR), when)
    finding = next(one for one in found.result.findings if one.pattern == "same-plate-again")
    body = {
        "finding": finding.rows_key(), "pattern": finding.pattern, "verdict": "asked", "by": AUDITOR, "about": ["marsh"],
        "note": "Asked the sergeant.",
    }  # fmt: skip
    async with world.node.store.transaction() as tx:
        await ledger.append(world.node, tx, Event(EventType.AUDIT_VERDICT, world.at, "us-ca-ridgeport-pd", body))
    await world.search("marsh", "6MEG555", purpose=Purpose.of("welfare check"))
    later = await audit_searches(world.node, person(AUDITOR), when)
    assert later.said[finding.key][-1].words == "Asked the sergeant." and finding.rows_key() not in later.said


async def test_the_key_of_a_finding_which_is_public_tells_nobody_whom_it_is_about(month: World) -> None:
    """The entry's open part has the key: somebody who tries every officer and plate must not find out."""
    found = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    finding = next(one for one in found.result.findings if one.pattern == "same-plate-again")
    guess = Context(period=MONTH, salt=b"another secret of the same length")
    assert guess.key_of(finding, (stories.FOLLOWED,), "marsh") != finding.key
    assert (
        replace(guess, salt=month.node.publisher.secret("findings")).key_of(finding, (stories.FOLLOWED,), "marsh")
        == finding.key
    )


async def test_that_somebody_audited_is_an_event_with_counts_and_no_names(month: World) -> None:
    found = await audit_searches(month.node, person(AUDITOR), period(month.node, MONTH))
    async with month.node.store.transaction() as tx:
        event = await events.event(tx, found.record)
    assert event is not None and event.type == EventType.AUDIT_RUN and event.body is not None
    assert fields_of(bytes(event.body))["records"] == found.result.rows
    assert b"marsh" not in event.body


@pytest.mark.parametrize("who", ["alvarez", "brandt", "nakamura", "pham"])
async def test_who_is_no_auditor_audits_nothing(month: World, who: str) -> None:
    with pytest.raises(BadInput, match="auditor"):
        await audit_searches(month.node, person(who), period(month.node, MONTH))


async def test_nobody_judges_their_own_searches(world: World) -> None:
    """The privacy officer searched before she got her office; she sees the finding, and cannot clear herself."""
    officer = replace(person("whitfield"), role=Role.OFFICER)
    async with world.node.store.transaction() as tx:
        await people.change_person(tx, officer, world.at)
    for _ in range(4):
        await world.search(officer, "7ABC128")
    async with world.node.store.transaction() as tx:
        await people.change_person(tx, person("whitfield"), world.at)
    when = period(world.node, MONTH)
    found = await audit_searches(world.node, person("whitfield"), when)
    own = next(finding for finding in found.result.findings if finding.who.user == "whitfield")
    assert own.key in found.own
    with pytest.raises(BadInput, match="their own searches"):
        await give_verdict(world.node, person("whitfield"), when, own.key, "justified", "It was me, and it was fine.")
    await give_verdict(world.node, person(AUDITOR), when, own.key, "asked", "Asked her why.")


async def test_an_auditor_who_tries_to_search_is_a_finding(world: World) -> None:
    for _ in range(3):
        await world.search(AUDITOR, "7ABC128")
    found = await audit_searches(world.node, person("whitfield"), period(world.node, MONTH))
    assert ("head-or-auditor", AUDITOR) in {(f.pattern, f.who.user) for f in found.result.findings}


async def test_a_shift_table_and_the_keyed_list_of_staffs_plates_open_more_patterns(month: World) -> None:
    when = period(month.node, MONTH)
    before = await audit_searches(month.node, person(AUDITOR), when)
    untried = dict(before.result.not_tried)
    assert {"off-shift", "staff-or-relations", "training-out-of-date"} <= untried.keys()
    shifts = "".join(f"marsh,2026-11-{day:02d},14:00,00:00\n" for day in range(1, 31))
    secret = "a secret of the agency"
    files = [
        lay(month, "shifts.csv", "user,date,begins,ends\n" + shifts),
        lay(month, "training.csv", "user,until\nmarsh,2026-01-31\n"),
        lay(month, "listed-plates.txt", f"{secret}\n{listed_plate(stories.FOLLOWED, secret.encode())}\n"),
        lay(month, "heads.txt", "quintero  # acting chief\n"),
    ]
    found = await audit_searches(month.node, person(AUDITOR), when)
    told = {finding.pattern for finding in found.result.findings if finding.who.user == "marsh"}
    assert {"off-shift", "staff-or-relations", "training-out-of-date"} <= told
    for file in files:
        file.unlink()


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("shifts.csv", "user,date,begins,ends\nmarsh,yesterday,1,2\n", "audit/shifts.csv, line 2"),
        ("training.csv", "user\nmarsh\n", "audit/training.csv: the columns until are missing"),
        ("listed-plates.txt", "short\n", "audit/listed-plates.txt"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named_and_no_audit_pretends_without_it(
    world: World, name: str, text: str, where: str
) -> None:
    lay(world, name, text)
    with pytest.raises(BadInput) as wrong:
        await audit_searches(world.node, person(AUDITOR), period(world.node, MONTH))
    assert str(wrong.value).startswith(where)


def test_periods_are_months_and_years_of_the_nodes_own_zone(world: World) -> None:
    node = world.node
    assert period(node, "").name == "2026-11"
    november = period(node, "2026-11")
    assert str(november.begins) == "2026-11-01 07:00:00+00:00" and str(november.ends) == "2026-12-01 08:00:00+00:00"
    assert not november.over and period(node, "2026-10").over
    assert recent(node, 12)[-1] == "2025-12"
    for wrong in ("2026-13", "november", "2026-1", "20261", "2027"):
        with pytest.raises(BadInput):
            period(node, wrong)
