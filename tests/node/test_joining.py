"""Somebody new: a source and two people say who employs a person before the person may act."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType
from plateward.core.people import Role
from plateward.core.proposal import AddPerson, Sourced
from plateward.demo.people import person
from plateward.node.people.accounts import close, list_people, new_link
from plateward.node.people.joining import add_person, joining
from plateward.node.sharing import truth
from plateward.node.sharing.notices import notices
from plateward.store.connection import Store
from tests.node.test_truth import ATF, RIDGEPORT, add, told
from tests.node.world import World, begin

PORT_ALDER = "us-ca-port-alder-pd"
SOURCE = Sourced("Personnel list of the department", dt.date(2026, 3, 3))


def newcomer(
    name: str = "lopez", organisation: str = RIDGEPORT, employer: str = RIDGEPORT, **given: object
) -> AddPerson:
    return AddPerson(name, f"{name.title()} Newcomer", Role.OFFICER, organisation, employer, SOURCE, **given)  # type: ignore[arg-type]


async def test_an_account_acts_only_after_a_second_person_has_accepted_who_employs_it(world: World) -> None:
    joined = await add_person(world.node, person("pham"), newcomer())
    assert joined.link is None and joined.waiting is not None
    with pytest.raises(BadInput):
        await new_link(world.node, person("pham"), "lopez")
    assert [one.document["person"] for one in await joining(world.node, person("pham"))] == ["lopez"]
    for who in ("pham", "nakamura", "osei"):
        with pytest.raises(BadInput, match="privacy officer"):
            await truth.decide(world.node, person(who), joined.waiting, True)
    await truth.decide(world.node, person("whitfield"), joined.waiting, True)
    assert (await new_link(world.node, person("pham"), "lopez")).token
    assert await joining(world.node, person("pham")) == ()
    (event,) = [one for one in await told(world, EventType.PERSON_ADDED) if one["person"] == "lopez"]
    assert (event["by"], event["approved_by"], event["source"]) == ("pham", "whitfield", SOURCE.title)


async def test_an_agent_entered_as_the_citys_own_can_be_refused_and_gets_no_account(world: World) -> None:
    joined = await add_person(world.node, person("pham"), newcomer("agent", employer=ATF))
    assert joined.waiting is not None
    await truth.decide(world.node, person("whitfield"), joined.waiting, False, "the contract is with the ATF alone")
    assert "agent" not in {one.id for one in await list_people(world.node, person("pham"))}


async def test_an_account_of_another_agency_is_accepted_by_that_agencys_privacy_officer(world: World) -> None:
    joined = await add_person(world.node, person("pham"), newcomer("reyna", PORT_ALDER, PORT_ALDER))
    assert joined.waiting is not None
    with pytest.raises(BadInput, match="privacy officer"):
        await truth.decide(world.node, person("whitfield"), joined.waiting, True)
    await truth.decide(world.node, person("osei"), joined.waiting, True)
    assert (await new_link(world.node, person("pham"), "reyna")).token


async def test_what_cannot_be_is_told_at_once_and_waits_for_nobody(world: World) -> None:
    for given, field in (
        (newcomer("alvarez"), "id"),
        *((newcomer(word), "id") for word in ("node", "operator", "request")),  # who would have done what no person did
        (newcomer(organisation="us-ca-nowhere"), "organisation"),
        (newcomer(employer="hsi of nowhere"), "employer"),
    ):
        with pytest.raises(BadInput) as told_:
            await add_person(world.node, person("pham"), given)
        assert told_.value.where == field
    assert await joining(world.node, person("pham")) == ()


async def test_nobody_but_a_system_administrator_proposes_a_person_by_any_way(world: World) -> None:
    for who in ("nakamura", "whitfield", "brandt"):
        with pytest.raises(NotAllowed):
            await add_person(world.node, person(who), newcomer())
        with pytest.raises(NotAllowed):
            await truth.propose(world.node, person(who), newcomer())


async def test_a_new_node_gets_its_first_people_from_one_and_from_two_once_there_are_two(
    store: Store, tmp_path: Path
) -> None:
    world = await begin(store, tmp_path, peopled=False)
    system = await add(world, person("pham"))
    with pytest.raises(BadInput, match="privacy officer first"):
        await add_person(world.node, system, newcomer("agent", employer=ATF))
    officer = replace_role(newcomer("first"), Role.PRIVACY_OFFICER)
    assert (await add_person(world.node, system, officer)).link is not None
    assert (await add_person(world.node, system, newcomer())).waiting is not None


async def test_the_only_privacy_officer_stays_or_one_person_could_do_everything_again(world: World) -> None:
    with pytest.raises(BadInput, match="only privacy officer"):
        await close(world.node, person("pham"), "whitfield", "in the way")
    await add(world, replace(person("whitfield"), id="iversen"))
    assert not (await close(world.node, person("pham"), "whitfield", "retired")).active


def replace_role(given: AddPerson, role: Role) -> AddPerson:
    from msgspec.structs import replace as changed

    return changed(given, role=role)


async def test_whoever_makes_a_login_link_for_somebody_is_named_to_those_who_oversee_the_agency(world: World) -> None:
    """With a link for the privacy officer an administrator would be the second person behind their own request."""
    officer = person("whitfield")
    before = await notices(world.node, officer)
    await new_link(world.node, person("pham"), officer.id)
    (told,) = (await notices(world.node, officer))[: -len(before) or None]
    assert told.sentence.startswith(f"{person('pham').name} made a login link for {officer.name}")


async def test_a_second_account_of_the_same_name_is_pointed_out_to_who_accepts_it(world: World) -> None:
    officer = person("whitfield")
    twin = AddPerson("whitfield.2", f" {officer.name.upper()} ", Role.ALPR_ADMINISTRATOR, RIDGEPORT, RIDGEPORT, SOURCE)
    await add_person(world.node, person("pham"), twin)
    told = (await notices(world.node, officer))[0].sentence
    assert told.endswith("Somebody of that name has the account whitfield: is it another person?")


async def test_a_privacy_officer_whom_another_agency_pays_is_nobodys_second_person(world: World) -> None:
    lent = await add(world, replace(person("whitfield"), id="lent", name="Lent", employer=ATF))
    waiting = (await add_person(world.node, person("pham"), newcomer())).waiting
    assert waiting is not None
    with pytest.raises(NotAllowed, match="paid by it"):
        await truth.decide(world.node, lent, waiting, True)
    with pytest.raises(BadInput, match="only privacy officer"):
        await close(world.node, person("pham"), "whitfield", "leaves")
    assert (await truth.decide(world.node, person("whitfield"), waiting, True)).in_force
