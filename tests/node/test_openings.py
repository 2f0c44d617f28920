"""Without a share: emergencies, which pass a promise that foresees them, and productions, which open no search."""

from __future__ import annotations

import asyncio
import datetime as dt
from hashlib import sha256
from uuid import UUID

import pytest

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType
from plateward.core.people import Person, Role
from plateward.core.proposal import AdoptPromises
from plateward.demo.people import person
from plateward.node.sharing import emergency, production, truth
from plateward.node.sharing.exposure import exposure_of
from plateward.node.sharing.notices import notices
from tests.node.test_truth import NO_COUNTY, RIDGEPORT, SHERIFF, add, told
from tests.node.world import World

BCSC, ICE, LONG_BEACH = "us-dhs-ice-hsi-bcsc", "us-dhs-ice", "us-ca-long-beach-pd"
DIGEST = sha256(b"the order").hexdigest()
DANGER = "a kidnapped child is in this car"


async def test_an_emergency_opens_one_plate_to_an_agency_of_the_state_that_has_no_share(world: World) -> None:
    await world.deliver(world.sent("7ABC128"), world.sent("9ZZZ999"))
    quiet = await add(world, Person("ortiz", "Eva Ortiz", Role.OFFICER, "us-ca-long-beach-pd", "us-ca-long-beach-pd"))
    assert not (await world.search(quiet, "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed
    opened = await emergency.open_emergency(
        world.node, person("brandt"), quiet.organisation, "7ABC128", "a kidnapped child is in this car", on_duty=True
    )
    assert opened.view is not None
    assert [f.read.plate for f in (await emergency.look(world.node, quiet, opened.view.id)).reads] == ["7ABC128"]
    assert not (await world.search(quiet, "9ZZZ999", owners=(RIDGEPORT,))).owners[0].allowed
    with pytest.raises(BadInput, match="no such emergency"):
        await emergency.look(world.node, person("quintero"), opened.view.id)
    world.at += dt.timedelta(hours=4, seconds=1)
    late = await emergency.look(world.node, quiet, opened.view.id)
    assert late.reads == () and "ended at" in late.owners[0].why
    assert len(await told(world, EventType.ACCESS_SEARCH)) == 4, "the search that came too late is recorded as well"


async def test_no_emergency_passes_a_law_or_a_promise_that_does_not_foresee_it(world: World) -> None:
    for agency, words in ((BCSC, "of CA only"), ("us-nv-silver-flat-pd", "of CA only")):
        opened = await emergency.open_emergency(
            world.node, person("brandt"), agency, "7ABC128", "a kidnapped child is in this car", on_duty=True
        )
        assert opened.refusal is not None and words in opened.refusal.why
    refused = await told(world, EventType.EMERGENCY_REFUSED)
    assert sorted(str(one["agency"]) for one in refused) == [BCSC, "us-nv-silver-flat-pd"]
    assert all(one["plate"] == "7ABC128" and "of CA only" in str(one["sentence"]) for one in refused)
    await truth.propose(world.node, person("whitfield"), AdoptPromises(NO_COUNTY.format(begins="2026-10-01")))
    opened = await emergency.open_emergency(
        world.node, person("brandt"), SHERIFF, "7ABC128", "a kidnapped child is in this car", on_duty=True
    )
    assert opened.refusal is not None and "county sheriff" in opened.refusal.why


async def test_a_promise_that_foresees_an_emergency_lets_one_pass(world: World) -> None:
    foresees = NO_COUNTY.format(begins="2026-10-01").replace(
        "resource);'", 'resource) unless { context.documents.contains("emergency") };\'\nadmits = ["emergency"]'
    )
    await truth.propose(world.node, person("whitfield"), AdoptPromises(foresees))
    await world.deliver(world.sent("7ABC128"))
    assert not (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed
    opened = await emergency.open_emergency(
        world.node, person("brandt"), SHERIFF, "7ABC128", "a kidnapped child is in this car", on_duty=True
    )
    assert opened.view is not None
    assert len((await emergency.look(world.node, person("quintero"), opened.view.id)).reads) == 1


async def test_an_emergency_is_reviewed_by_somebody_else_and_while_one_is_overdue_no_other_opens(world: World) -> None:
    again = (person("brandt"), SHERIFF, "7ABC128", "a kidnapped child is in this car")
    opened = await emergency.open_emergency(world.node, *again, on_duty=True)
    assert opened.view is not None
    with pytest.raises(BadInput, match="auditor or privacy officer"):
        await emergency.review(world.node, person("brandt"), opened.view.id, True, "it was me")
    world.at += dt.timedelta(hours=73)
    blocked = await emergency.open_emergency(world.node, *again, on_duty=True)
    assert blocked.refusal is not None and "due for review" in blocked.refusal.why
    view = await emergency.review(world.node, person("delacroix"), opened.view.id, False, "no case was ever opened")
    assert view.state == "unjustified"
    assert (await emergency.open_emergency(world.node, *again, on_duty=True)).view is not None


async def test_paper_that_no_judge_signed_opens_nothing_and_that_it_was_shown_is_kept(world: World) -> None:
    papers = ("administrative-warrant", "detainer", "agency-subpoena", "letter")
    for process in papers:
        asked = await production.ask(
            world.node, person("nakamura"), BCSC, process, "form I-205", DIGEST, (UUID(int=7),)
        )
        assert asked.refusal is not None and asked.view.state == "refused" and asked.refusal.help
        with pytest.raises(BadInput, match="refused"):
            await production.confirm(world.node, person("vance"), asked.view.id)
    assert len(await told(world, EventType.PRODUCTION_REFUSED)) == len(papers)


async def test_a_courts_order_is_answered_with_exactly_the_named_reads_once_and_opens_no_search(world: World) -> None:
    named, other = world.sent("7ABC128"), world.sent("9ZZZ999")
    await world.deliver(named, other)
    reads = (UUID(str(named["id"])), UUID(int=7))
    asked = await production.ask(
        world.node, person("nakamura"), BCSC, "judicial-order", "N.D. Cal. 26-mj-118", DIGEST, reads
    )
    lawyer = person("vance")
    with pytest.raises(BadInput, match="needs it approved"):
        await production.hand_over(world.node, person("nakamura"), asked.view.id)
    with pytest.raises(BadInput, match="counsel"):
        await production.confirm(world.node, person("nakamura"), asked.view.id)
    await production.confirm(world.node, lawyer, asked.view.id)
    with pytest.raises(BadInput, match="privacy officer"):
        await production.approve(world.node, lawyer, asked.view.id)
    await production.approve(world.node, person("whitfield"), asked.view.id)
    made = await production.hand_over(world.node, person("nakamura"), asked.view.id)
    assert "7ABC128" in made.file and "9ZZZ999" not in made.file and made.missing == (UUID(int=7),)
    assert sha256(made.file.encode()).hexdigest() == made.digest
    with pytest.raises(BadInput, match="is made"):
        await production.hand_over(world.node, person("nakamura"), asked.view.id)
    assert not (await world.search("keller", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed
    found = (await exposure_of(world.node, person("whitfield"), ICE)).exposure
    assert [(one.kind, one.reads) for one in found.deliveries] == [("production", 1)]


async def opened_to(world: World, agency: str, plate: str = "7ABC128") -> emergency.Opened:
    return await emergency.open_emergency(world.node, person("brandt"), agency, plate, DANGER, on_duty=True)


async def test_an_emergency_opens_no_second_plate_to_the_same_agency_until_it_is_ended(world: World) -> None:
    first = await opened_to(world, LONG_BEACH)
    assert first.view is not None
    second = await opened_to(world, LONG_BEACH, "9ZZZ999")
    assert second.refusal is not None and "opens one plate" in second.refusal.why
    assert (await opened_to(world, SHERIFF, "9ZZZ999")).view is not None, "another agency's danger is another emergency"
    with pytest.raises(NotAllowed):
        await emergency.end(world.node, person("quintero"), first.view.id)
    world.at += dt.timedelta(minutes=5)
    assert (await emergency.end(world.node, person("brandt"), first.view.id)).state == "over"
    assert (await opened_to(world, LONG_BEACH, "9ZZZ999")).view is not None
    with pytest.raises(BadInput, match="over already"):
        await emergency.end(world.node, person("brandt"), first.view.id)


async def test_many_plates_opened_at_the_same_moment_are_one(world: World) -> None:
    """Else "one plate" would be as many as fit between the look at what is open and the opening."""
    opened = await asyncio.gather(
        *(
            emergency.open_emergency(world.node, person("brandt"), LONG_BEACH, plate, DANGER, on_duty=True)
            for plate in ("7ABC128", "7ABC129", "7ABC130", "7ABC131", "7ABC132")
        )
    )
    assert sum(one.view is not None for one in opened) == 1


async def test_an_emergency_names_one_whole_plate_a_danger_and_the_supervisor_on_duty(world: World) -> None:
    for plate, danger, on_duty, said in (
        ("7ABC12?", DANGER, True, "one whole plate"),
        ("7ABC*", DANGER, True, "one whole plate"),
        ("7ABC128", "help", True, "danger to life"),
        ("7ABC128", DANGER, False, "on duty"),
    ):
        with pytest.raises(BadInput, match=said):
            await emergency.open_emergency(world.node, person("brandt"), SHERIFF, plate, danger, on_duty=on_duty)


async def test_nobody_but_a_supervisor_of_the_owner_opens_an_emergency_and_that_one_tried_is_kept(world: World) -> None:
    others = ("alvarez", "nakamura", "whitfield", "delacroix", "pham", "quintero")
    for who in others:
        with pytest.raises(NotAllowed, match="supervisor"):
            await emergency.open_emergency(world.node, person(who), SHERIFF, "7ABC128", DANGER, on_duty=True)
    tried = await told(world, EventType.ACT_REFUSED)
    assert sorted(str(one["person"]) for one in tried) == sorted(others)
    assert {one["act"] for one in tried} == {"emergency.opened"}


async def test_whoever_runs_the_machine_sees_no_emergencys_plate(world: World) -> None:
    assert (await opened_to(world, SHERIFF)).view is not None
    assert await emergency.emergencies(world.node, person("quintero"))
    with pytest.raises(NotAllowed):
        await emergency.emergencies(world.node, person("pham"))


async def test_what_an_emergency_gave_is_counted_as_such(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    quiet = await add(world, Person("ortiz", "Eva Ortiz", Role.OFFICER, LONG_BEACH, LONG_BEACH))
    opened = await opened_to(world, LONG_BEACH)
    assert opened.view is not None
    await emergency.look(world.node, quiet, opened.view.id)
    found = (await exposure_of(world.node, person("whitfield"), LONG_BEACH)).exposure
    assert [(one.kind, one.reads, one.because) for one in found.deliveries] == [("emergency", 1, "account")]


async def test_owner_and_agency_are_told_of_an_emergency_and_the_owner_once_of_a_late_review_never_the_plate(
    world: World,
) -> None:
    assert (await opened_to(world, SHERIFF)).view is not None
    (owner,) = await notices(world.node, person("whitfield"), every=False)
    (agency,) = await notices(world.node, person("farrow"), every=False)
    assert "Ingrid Brandt opened one plate to Ridge County Sheriff" in owner.sentence
    assert "opened one plate to you in an emergency" in agency.sentence
    assert await emergency.remind(world.node) == 0
    world.at += dt.timedelta(hours=73)
    assert (await emergency.remind(world.node), await emergency.remind(world.node)) == (1, 0)
    told_ = [one.sentence for one in await notices(world.node, person("whitfield"), every=False)]
    assert "should have been reviewed" in told_[0] and len(told_) == 2
    assert not any("7ABC128" in sentence for sentence in (*told_, agency.sentence))
