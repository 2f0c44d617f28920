"""What the settings say becomes what is in force, each change with its event; an unsound promise keeps the node from starting."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from plateward.core.agency import AgencyKind, Component
from plateward.core.errors import BadInput
from plateward.core.event import EventType, fields_of
from plateward.core.proposal import AdoptPromises, Sourced, WithdrawPromise
from plateward.demo.people import person
from plateward.node.people.accounts import recovery_link
from plateward.node.settings import Retention, Unlisted, load_settings
from plateward.node.sharing import truth
from plateward.node.sharing.notices import notices
from plateward.node.start import prepare
from plateward.store import events, policy
from tests.node.world import World

RIDGEPORT = "us-ca-ridgeport-pd"


async def _told(world: World, type_: EventType) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(type_)])
    return [dict(fields_of(event.body)) for event in found if event.body is not None]


async def test_promises_of_the_files_are_adopted_once(world: World) -> None:
    before = await _told(world, EventType.PROMISE_ADOPTED)
    await prepare(world.node)
    assert await _told(world, EventType.PROMISE_ADOPTED) == before
    assert {body["promise"] for body in before} >= {"ridgeport-pd.no-immigration-enforcement"}


async def test_a_quiet_change_of_a_promise_is_told_and_said_to_loosen(world: World) -> None:
    file = world.node.settings.data / "promises" / "ridgeport.toml"
    text = file.read_text()
    assert 'context.purpose == "immigration-enforcement"' in text
    file.write_text(
        text.replace(
            'unless { context.documents.contains("judicial-order") };',
            'unless { context.documents.contains("judicial-order") || context.onBehalf };',
            1,
        )
    )
    with pytest.raises(BadInput, match="must be denied and is allowed"):
        await prepare(world.node)
    async with world.node.store.transaction() as tx:
        documents = {stored.promise_id: stored.document for stored in await policy.promises(tx)}
    assert documents["ridgeport-pd.no-immigration-enforcement"] == text


async def test_a_tightened_promise_is_not_said_to_loosen(world: World) -> None:
    file = world.node.settings.data / "promises" / "port-alder.toml"
    file.write_text(file.read_text().replace('== "reproductive-care" }', '== "reproductive-care" || context.money }'))
    await prepare(world.node)
    (told,) = await _told(world, EventType.PROMISE_CHANGED)
    assert told["promise"] == "port-alder-pd.no-care-seekers"
    assert told["loosens"] is False


LOOSER = ('== "reproductive-care" }', '== "reproductive-care" && !context.onBehalf }')


def _loosen(world: World) -> Path:
    """The file of Port Alder with a promise that lets in whoever searches for another; its cases still come out as written."""
    file = world.node.settings.data / "promises" / "port-alder.toml"
    text = file.read_text()
    assert LOOSER[0] in text
    file.write_text(text.replace(*LOOSER))
    return file


async def _documents(world: World) -> dict[str, str]:
    async with world.node.store.transaction() as tx:
        return {stored.promise_id: stored.document for stored in await policy.promises(tx)}


async def test_a_file_that_loosens_a_promise_waits_for_a_second_person_and_the_stricter_one_holds(world: World) -> None:
    before = (await _documents(world))["port-alder-pd.no-care-seekers"]
    file = _loosen(world)
    (note,) = await prepare(world.node)
    assert "port-alder.toml would loosen the promise port-alder-pd.no-care-seekers" in note
    assert (await _documents(world))["port-alder-pd.no-care-seekers"] == before
    assert await prepare(world.node) == (note,), "it is asked once, and said at every start"
    (waiting,) = await truth.waiting(world.node, person("osei"))
    assert (waiting.proposed_by, waiting.may_decide) == ("operator", True)
    await truth.decide(world.node, person("osei"), waiting.id, True)
    assert (await _documents(world))["port-alder-pd.no-care-seekers"] == file.read_text()
    assert await prepare(world.node) == ()


async def test_a_loosening_that_was_refused_is_not_asked_again(world: World) -> None:
    _loosen(world)
    await prepare(world.node)
    (waiting,) = await truth.waiting(world.node, person("osei"))
    await truth.decide(world.node, person("osei"), waiting.id, False, "we promised it")
    (note,) = await prepare(world.node)
    assert "that was refused" in note
    assert await truth.waiting(world.node, person("osei")) == ()


async def test_a_promise_that_two_people_withdrew_does_not_come_back_with_its_file(world: World) -> None:
    promise = "ridgeport-pd.no-immigration-enforcement"
    source = Sourced("Resolution 27-01, which repeals 26-03", date(2026, 11, 1))
    asked = await truth.propose(world.node, person("nakamura"), WithdrawPromise(promise, source))
    assert asked.waiting is not None
    await truth.decide(world.node, person("whitfield"), asked.waiting, True)
    assert promise not in await _documents(world)
    adopted = len(await _told(world, EventType.PROMISE_ADOPTED))
    (note,) = await prepare(world.node)
    assert f"ridgeport.toml still holds the promise {promise}" in note and "Take it out of the file" in note
    assert promise not in await _documents(world)
    assert len(await _told(world, EventType.PROMISE_ADOPTED)) == adopted
    sentences = [one.sentence for one in await notices(world.node, person("whitfield"))]
    assert sentences.count(note) == 1
    await prepare(world.node)
    assert [one.sentence for one in await notices(world.node, person("whitfield"))].count(note) == 1


async def test_a_new_version_by_two_people_is_not_undone_by_the_older_text_of_the_file(world: World) -> None:
    tighter = (
        (world.node.settings.data / "promises" / "port-alder.toml")
        .read_text()
        .replace(LOOSER[0], '== "reproductive-care" || context.money }')
    )
    done = await truth.propose(world.node, person("hale"), AdoptPromises(tighter))
    assert done.in_force, "what tightens acts at once, and is seen to tighten"
    (told,) = await _told(world, EventType.PROMISE_CHANGED)
    assert told["loosens"] is False
    (note,) = await prepare(world.node)
    assert "people of us-ca-port-alder-pd replaced" in note
    assert (await _documents(world))["port-alder-pd.no-care-seekers"] == tighter
    looser = tighter.replace('== "reproductive-care" || context.money }', LOOSER[1])
    waits = await truth.propose(world.node, person("osei"), AdoptPromises(looser))
    assert not waits.in_force and waits.waiting
    assert (await _documents(world))["port-alder-pd.no-care-seekers"] == tighter


async def test_a_change_of_retention_is_told_with_before_and_after(world: World) -> None:
    kept = world.node.settings.retention
    world.node.settings = msgspec.structs.replace(
        world.node.settings, retention=Retention(1440, {**kept.agencies, RIDGEPORT: 1440})
    )
    await prepare(world.node)
    told = [body for body in await _told(world, EventType.RETENTION_CHANGED) if body["owner"] == RIDGEPORT]
    assert (told[0]["before_min"], told[0]["after_min"]) == (43200, 1440)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "agency"),
        ('agency = "Ridgeport"', "agency"),
        ('agency = "a"\nport = 0', "port"),
        ('agency = "a"\ncolour = "red"', "colour"),
        ('agency = "a"\n[retention]\nminutes = "long"', "retention"),
        ('agency = "a"\ndatabase = "mysql://x"', "database"),
        ('agency = "a"\ndata = "/tmp"', "data"),
        ("agency = ", "TOML"),
    ],
)
def test_a_wrong_setting_is_named_by_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "plateward.toml"
    file.write_text(text)
    with pytest.raises(BadInput, match=said) as caught:
        load_settings(file)
    assert str(file) in str(caught.value)


def test_a_missing_settings_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="plateward init"):
        load_settings(tmp_path / "none.toml")


MAYBERRY = "us-nc-mayberry-pd"


def _unlisted(world: World, kind: AgencyKind, state: str = "NC") -> None:
    said = Unlisted("Mayberry Police Department", kind, state)
    world.node.settings = msgspec.structs.replace(world.node.settings, agency=MAYBERRY, unlisted=said)


async def test_an_agency_that_no_registry_holds_is_entered_once_as_it_describes_itself(world: World) -> None:
    _unlisted(world, AgencyKind.CAMPUS_POLICE)
    assert await prepare(world.node) == await prepare(world.node) == ()
    async with world.node.store.transaction() as tx:
        found = (await world.node.policy(tx)).registry
    entered = found.agencies[MAYBERRY]
    assert (entered.name, entered.state) == ("Mayberry Police Department", "NC")
    assert found.classify(MAYBERRY, world.at.date()).components == frozenset({Component.CAMPUS})
    told = [body for body in await _told(world, EventType.AGENCY_ADDED) if body["agency"] == MAYBERRY]
    assert [body["source"] for body in told] == ["The agency's own settings"]


async def test_nobody_says_of_itself_that_it_is_federal_or_of_a_state_that_is_none(world: World) -> None:
    for kind, state, field in ((AgencyKind.FEDERAL_AGENCY, "NC", "kind"), (AgencyKind.POLICE, "ZZ", "state")):
        _unlisted(world, kind, state)
        with pytest.raises(BadInput) as wrong:
            await prepare(world.node)
        assert wrong.value.where == f"unlisted.{field}"


async def test_a_node_of_an_agency_that_nobody_knows_does_not_start(world: World) -> None:
    world.node.settings = msgspec.structs.replace(world.node.settings, agency=MAYBERRY)
    with pytest.raises(BadInput, match=r"\[unlisted\]"):
        await prepare(world.node)


async def test_what_the_registry_knows_an_agency_cannot_say_anew(world: World) -> None:
    said = Unlisted("Immigration and Customs Enforcement", AgencyKind.POLICE, "CA")
    world.node.settings = msgspec.structs.replace(world.node.settings, agency="us-dhs-ice", unlisted=said)
    assert any("[unlisted]" in note for note in await prepare(world.node))
    async with world.node.store.transaction() as tx:
        found = (await world.node.policy(tx)).registry
    assert Component.FEDERAL in found.classify("us-dhs-ice", world.at.date()).components


async def test_whoever_runs_the_machine_lets_in_a_system_administrator_alone_and_it_is_told(world: World) -> None:
    link = await recovery_link(world.node, "pham")
    assert link.url.startswith(world.node.settings.address)
    assert (await _told(world, EventType.LOGIN_LINK_MADE))[-1]["by"] == "operator"
    for other in ("alvarez", "nobody"):
        with pytest.raises(BadInput, match="pham"):
            await recovery_link(world.node, other)
