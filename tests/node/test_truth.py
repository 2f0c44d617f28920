"""When the truth changes: what tightens acts at once, what loosens waits for a second person, and shares follow."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from hashlib import sha256

import pytest

from plateward.core.agency import AgencyKind, Component, Relation
from plateward.core.errors import BadInput
from plateward.core.event import EventType, fields_of
from plateward.core.people import Person
from plateward.core.proposal import (
    AddAffiliation,
    AdoptPromises,
    AssignPerson,
    EndAffiliation,
    EndAssignment,
    ReleaseBrake,
    SetAgency,
    SetEmployer,
    Sourced,
    WithdrawPromise,
)
from plateward.core.share import ShareState
from plateward.demo.people import person
from plateward.node.overseeing.erasure import decide_erasure, request_erasure
from plateward.node.people import accounts as people
from plateward.node.sharing import brake, truth
from plateward.node.sharing.agencies import registry_of
from plateward.node.sharing.exposure import delivered, exposure_of, reports
from plateward.node.sharing.reach import reach
from plateward.node.sharing.settle import answer_recall
from plateward.node.sharing.shares import list_shares
from plateward.store import events
from tests.node.world import World

RIDGEPORT, PORT_ALDER, SHERIFF = "us-ca-ridgeport-pd", "us-ca-port-alder-pd", "us-ca-ridge-county-so"
HSI, BCSC, ICE, ATF = "us-dhs-ice-hsi", "us-dhs-ice-hsi-bcsc", "us-dhs-ice", "us-doj-atf"
SOURCE = Sourced("Memorandum of agreement, signed 3 March", dt.date(2026, 3, 3))


async def state_of(world: World, share: str) -> ShareState:
    views = await list_shares(world.node, person("whitfield"), every_owner=True)
    return next(view.share.state for view in views if view.share.id == share)


async def told(world: World, kind: EventType) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(kind)], limit=100)
    return [fields_of(bytes(one.body)) for one in found if one.body is not None]


async def add(world: World, who: Person) -> Person:
    async with world.node.store.transaction() as tx:
        await people.add(world.node, tx, who)
    return who


async def test_a_partner_that_turns_out_to_belong_to_ice_gets_nothing_from_that_moment_and_its_exposure_is_reported(
    world: World,
) -> None:
    await world.deliver(world.sent("7ABC128"))
    assert len((await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads) == 1
    done = await truth.propose(
        world.node, person("nakamura"), AddAffiliation(SHERIFF, Relation.PART_OF, HSI, SOURCE)
    )  # fmt: skip
    assert done.in_force and "ridgeport-sheriff" in done.suspended
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    (report,) = [one for one in await reports(world.node, person("whitfield")) if one.agency == SHERIFF]
    assert report.deliveries == 1 and sha256(report.document.encode()).hexdigest() == report.digest
    found = (await exposure_of(world.node, person("delacroix"), ICE)).exposure
    assert [(one.receiver, one.shares, one.reads) for one in found.deliveries] == [(SHERIFF, ("ridgeport-sheriff",), 1)]


async def test_taking_a_component_away_waits_for_a_second_person_who_is_not_the_first(world: World) -> None:
    edge = AddAffiliation(SHERIFF, Relation.IS_A, Component.IMMIGRATION_ENFORCEMENT, SOURCE)
    await truth.propose(world.node, person("nakamura"), edge)
    await world.deliver(world.sent("7ABC128"))
    undo = EndAffiliation(SHERIFF, Relation.IS_A, Component.IMMIGRATION_ENFORCEMENT, SOURCE)
    waits = await truth.propose(world.node, person("whitfield"), undo)
    assert not waits.in_force and waits.waiting is not None
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    for who in ("whitfield", "nakamura", "osei", "pham"):
        with pytest.raises(BadInput, match="privacy officer"):
            await truth.decide(world.node, person(who), waits.waiting, True)
    second = await add(world, replace(person("whitfield"), id="iversen"))
    done = await truth.decide(world.node, second, waits.waiting, True)
    assert done.in_force
    assert await state_of(world, "ridgeport-sheriff") is ShareState.SUSPENDED, "it comes back only through a review"
    (event,) = [one for one in await told(world, EventType.AFFILIATION_CORRECTED) if one.get("approved_by")]
    assert (event["proposed_by"], event["approved_by"], event["loosens"]) == ("whitfield", "iversen", True)


async def test_an_unknown_agency_that_becomes_known_is_a_loosening_however_harmless_it_looks(world: World) -> None:
    entry = SetAgency("blue-lagoon", "Blue Lagoon Recovery", AgencyKind.OTHER, SOURCE, state="CA")
    waits = await truth.propose(world.node, person("nakamura"), entry)
    assert waits.waiting is not None
    await truth.decide(world.node, person("whitfield"), waits.waiting, True)
    unknown = SetAgency("green-lagoon", "Green Lagoon", AgencyKind.OTHER, SOURCE)
    waits = await truth.propose(world.node, person("nakamura"), unknown)
    assert waits.waiting is not None
    await truth.decide(world.node, person("whitfield"), waits.waiting, True)
    known = AddAffiliation("green-lagoon", Relation.IS_A, Component.TASK_FORCE, SOURCE)
    assert (await truth.propose(world.node, person("nakamura"), known)).waiting is not None


async def test_moving_an_agency_to_another_state_suspends_what_would_break_before_anybody_has_agreed(
    world: World,
) -> None:
    moved = SetAgency(SHERIFF, "Ridge County Sheriff", AgencyKind.SHERIFF, SOURCE, state="NV")
    waits = await truth.propose(world.node, person("nakamura"), moved)
    assert waits.waiting is not None and "ridgeport-sheriff" in waits.suspended
    assert await state_of(world, "ridgeport-sheriff") is ShareState.SUSPENDED


async def test_an_assignment_to_a_federal_task_force_counts_at_once_and_its_end_after_two_people(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    begins = AssignPerson("alvarez", HSI, SOURCE)
    assert (await truth.propose(world.node, person("pham"), begins)).in_force
    assert not (await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed
    world.at += dt.timedelta(minutes=1)
    waits = await truth.propose(world.node, person("pham"), EndAssignment("alvarez", HSI, SOURCE))
    assert not (await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed
    assert waits.waiting is not None
    world.at += dt.timedelta(minutes=1)
    await truth.decide(world.node, person("whitfield"), waits.waiting, True)
    assert (await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed


async def test_until_a_new_employer_is_confirmed_a_person_counts_as_working_for_both(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    waits = await truth.propose(world.node, person("pham"), SetEmployer("alvarez", ATF, SOURCE))
    assert not (await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed
    assert waits.waiting is not None
    world.at += dt.timedelta(minutes=1)
    await truth.decide(world.node, person("whitfield"), waits.waiting, False, "the contract was never signed")
    assert (await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed


NO_COUNTY = """
[[promise]]
id = "ridgeport-pd.no-sheriff"
sentence = "Ridgeport Police promised on 2026-10-01 not to share with the county sheriff."
promised_by = "us-ca-ridgeport-pd"
in_force_from = {begins}
cedar = 'forbid (principal in Agency::"us-ca-ridge-county-so", action in Action::"receive", resource);'
[promise.source]
document = "Resolution 2026-31"
date = 2026-10-01
[[promise.case]]
name = "the sheriff asks"
expect = "denied"
asker = {{ organisation = "us-ca-ridge-county-so" }}
[[promise.case]]
name = "the neighbours ask"
expect = "allowed"
asker = {{ organisation = "us-ca-port-alder-pd" }}
"""


async def test_a_promise_adopted_holds_at_once_and_is_withdrawn_by_two(world: World) -> None:
    done = await truth.propose(world.node, person("whitfield"), AdoptPromises(NO_COUNTY.format(begins="2026-10-01")))
    assert done.in_force and done.suspended == ("ridgeport-sheriff",)
    waits = await truth.propose(world.node, person("nakamura"), WithdrawPromise("ridgeport-pd.no-sheriff", SOURCE))
    assert waits.waiting is not None
    weaker = NO_COUNTY.format(begins="2026-10-01").replace("not to share with", "not to share directly with")
    changed = await truth.propose(world.node, person("nakamura"), AdoptPromises(weaker))
    assert changed.waiting is not None, "a quiet change of words is a change"
    assert (await truth.decide(world.node, person("whitfield"), waits.waiting, True)).in_force
    assert len(await told(world, EventType.PROMISE_WITHDRAWN)) == 1


async def test_a_promise_whose_day_comes_suspends_what_it_refuses_on_that_day(world: World) -> None:
    from plateward.node.sharing.settle import keep_shares

    done = await truth.propose(world.node, person("whitfield"), AdoptPromises(NO_COUNTY.format(begins="2026-11-09")))
    assert done.suspended == ()
    assert await keep_shares(world.node) == ()
    world.at += dt.timedelta(days=7)
    assert [share.id for share in await keep_shares(world.node)] == ["ridgeport-sheriff"]


async def test_nobody_adopts_a_promise_in_somebody_elses_name_nor_one_whose_cases_fail(world: World) -> None:
    with pytest.raises(BadInput, match="adopt your own"):
        await truth.propose(world.node, person("osei"), AdoptPromises(NO_COUNTY.format(begins="2026-10-01")))
    unsound = NO_COUNTY.format(begins="2026-10-01").replace('expect = "denied"', 'expect = "allowed"', 1)
    with pytest.raises(BadInput):
        await truth.propose(world.node, person("whitfield"), AdoptPromises(unsound))


async def test_the_brake_is_pulled_by_one_and_released_by_two(world: World) -> None:
    await brake.pull(world.node, person("whitfield"), "private", "odd exports")
    waits = await truth.propose(world.node, person("brandt"), ReleaseBrake(Component.PRIVATE, "counsel has looked"))
    assert waits.waiting is not None
    assert [one.released_at for one in await brake.brakes(world.node, person("whitfield"))] == [None]
    await truth.decide(world.node, person("whitfield"), waits.waiting, True)
    assert await brake.brakes(world.node, person("whitfield")) == ()


async def test_the_back_door_of_the_town_is_found_with_the_one_share_that_closes_it(world: World) -> None:
    found = await reach(world.node, person("whitfield"), SHERIFF)
    door = next(door for door in found.doors if door.target == HSI)
    assert door.parties == (SHERIFF, "us-ca-ridge-ric", HSI)
    assert door.by_right and door.opens_by == "sheriff-ric" and door.close_by == ("sheriff-ric",)
    ridgeport = await reach(world.node, person("whitfield"), RIDGEPORT)
    hsi = next(door for door in ridgeport.doors if door.target == HSI)
    assert not hsi.by_right, "Ridgeport's partners have no leave to pass anything on; nothing but trust keeps them"
    assert set(hsi.close_by) == {"ridgeport-port-alder", "ridgeport-sheriff"}


async def test_an_affiliation_of_the_published_registry_is_ended_by_two_people_and_stands_until_then(
    world: World,
) -> None:
    registry = await registry_of(world.node)
    edge = next(
        one for one in registry.affiliations
        if one.relation is Relation.IS_A and one.target == "287g" and registry.agencies[one.agency].state == "FL"
    )  # fmt: skip
    left = EndAffiliation(edge.agency, edge.relation, edge.target, SOURCE, until=dt.date(2026, 3, 3))
    waits = await truth.propose(world.node, person("nakamura"), left)
    assert waits.waiting is not None, "to end it takes a reason for a refusal away"
    assert "287g" in (await registry_of(world.node)).classify(edge.agency, world.at.date()).components
    done = await truth.decide(world.node, person("whitfield"), waits.waiting, True)
    assert done.in_force
    after = await registry_of(world.node)
    assert "287g" not in after.classify(edge.agency, world.at.date()).components
    assert "287g" in after.classify(edge.agency, dt.date(2026, 3, 2)).components, "it held until that day"
    (event,) = [one for one in await told(world, EventType.AFFILIATION_CORRECTED) if "published" in one]
    assert (event["published"], event["to"], event["approved_by"]) == (True, "2026-03-03", "whitfield")
    with pytest.raises(BadInput, match="lasts until then"):
        await truth.propose(world.node, person("nakamura"), left)


async def test_what_was_ended_can_be_entered_again_and_what_it_gave_stays_told(world: World) -> None:
    left = EndAffiliation(BCSC, Relation.PART_OF, HSI, SOURCE)
    waits = await truth.propose(world.node, person("nakamura"), left)
    assert waits.waiting is not None
    await truth.decide(world.node, person("whitfield"), waits.waiting, True)
    assert ICE not in (await registry_of(world.node)).classify(BCSC, world.at.date()).ancestors
    assert BCSC in (await exposure_of(world.node, person("whitfield"), ICE)).exposure.family, "it was part of it once"
    again = await truth.propose(world.node, person("nakamura"), AddAffiliation(BCSC, Relation.PART_OF, HSI, SOURCE))
    assert again.waiting is not None, "an agency that nobody could classify gets nothing; to classify it is a loosening"
    await truth.decide(world.node, person("whitfield"), again.waiting, True)
    assert ICE in (await registry_of(world.node)).classify(BCSC, world.at.date()).ancestors


async def test_an_assignment_that_stood_before_outlives_the_refusal_of_a_new_employer(world: World) -> None:
    await truth.propose(world.node, person("pham"), AssignPerson("alvarez", ATF, SOURCE))
    world.at += dt.timedelta(minutes=1)
    waits = await truth.propose(world.node, person("pham"), SetEmployer("alvarez", ATF, SOURCE))
    assert waits.waiting is not None
    world.at += dt.timedelta(minutes=1)
    await truth.decide(world.node, person("whitfield"), waits.waiting, False, "never signed")
    assert not (await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))).owners[0].allowed, (
        "nobody ends an assignment by having an employer refused"
    )


async def test_what_left_is_told_still_when_the_record_of_who_asked_is_erased(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    await truth.propose(world.node, person("pham"), AssignPerson("alvarez", PORT_ALDER, SOURCE))
    world.at += dt.timedelta(minutes=1)
    answer = await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))
    assert len(answer.reads) == 1
    before = (await exposure_of(world.node, person("whitfield"), PORT_ALDER)).exposure
    assert [(one.kind, one.because, one.record) for one in before.deliveries] == [
        ("search", "assignment", answer.access_record)
    ]
    asked = await request_erasure(world.node, person("delacroix"), [answer.access_record], "order of the court, 26-9")
    await decide_erasure(world.node, person("whitfield"), str(asked.erasure_id), approved=True)
    after = (await exposure_of(world.node, person("whitfield"), PORT_ALDER)).exposure
    assert after.deliveries == before.deliveries, "the person and the plate are gone; what left is not"


async def test_what_is_sent_to_a_partner_is_exposure_and_what_an_owner_sends_itself_is_not(world: World) -> None:
    async with world.node.store.transaction() as tx:
        for receiver in (PORT_ALDER, RIDGEPORT):
            await delivered(
                world.node, tx, RIDGEPORT, receiver, kind="hit", record=7, by="node", share="ridgeport-port-alder",
                purpose="stolen-vehicle",
            )  # fmt: skip
    found = await exposure_of(world.node, person("whitfield"), PORT_ALDER)
    assert [(one.kind, one.reads, one.shares, one.record) for one in found.exposure.deliveries] == [
        ("hit", 1, ("ridgeport-port-alder",), 7)
    ]
    assert (await exposure_of(world.node, person("whitfield"), RIDGEPORT)).exposure.deliveries == ()


async def test_a_recall_and_its_answer_stand_in_the_exposure(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))
    await truth.propose(world.node, person("nakamura"), AddAffiliation(SHERIFF, Relation.PART_OF, HSI, SOURCE))
    (asked,) = (await exposure_of(world.node, person("whitfield"), ICE)).recalls
    assert (asked.receiver, asked.answer) == (SHERIFF, None)
    await answer_recall(world.node, person("farrow"), str(asked.recall_id), "passed on", "to the fusion centre")
    (told_,) = (await exposure_of(world.node, person("whitfield"), ICE)).recalls
    assert (told_.answer, told_.note) == ("passed on", "to the fusion centre")
