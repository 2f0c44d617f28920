"""The one door: who gets through, what is recorded, and attacks on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from plateward.core.agency import Component
from plateward.core.errors import BadInput
from plateward.core.event import EventType, opens
from plateward.core.people import Role
from plateward.core.plate import Likeness
from plateward.core.policy import Brake
from plateward.core.purpose import Purpose
from plateward.demo.people import person
from plateward.node import ledger
from plateward.node.overseeing.access import access_log, access_row
from plateward.store import events, people, policy
from tests.node.world import World, plates

RIDGEPORT = "us-ca-ridgeport-pd"


async def test_the_story_an_officer_finds_and_the_bulk_cash_smuggling_center_is_refused_and_both_are_recorded(
    world: World,
) -> None:
    await world.deliver(world.sent("7ABC128"), world.sent("7ABX12"), world.sent("9ZZZ999"))
    found = await world.search("alvarez", "7AB?12*")
    refused = await world.search("keller", "7AB?12*")
    assert sorted(plates(found)) == ["7ABC128", "7ABX12"]
    assert plates(refused) == []
    assert refused.owners[0].agency == RIDGEPORT
    assert refused.owners[0].why.startswith("Bulk Cash Smuggling Center → Homeland Security Investigations → ")
    assert refused.owners[0].why.endswith(
        ", immigration enforcement; Ridgeport Police promised on 2026-01-12 not to share with immigration enforcement."
    )
    for answer, who, allowed in ((found, "alvarez", True), (refused, "keller", False)):
        row = await access_row(world.node, person(who), answer.access_record)
        assert row is not None
        assert (row.person, row.allowed, row.reason, row.case) == (who, allowed, "property-crime", "26-0117")
        assert row.query["plate"] == "7AB?12*"


async def test_the_record_is_in_the_ledger_and_opens_with_its_salt(world: World) -> None:
    answer = await world.search("alvarez", "7ABC128")
    async with world.node.store.transaction() as tx:
        stored = await events.event(tx, answer.access_record)
    assert stored is not None and stored.body is not None and stored.salt is not None
    assert stored.type == EventType.ACCESS_SEARCH
    assert opens(stored.entry, stored.body, stored.salt)
    assert b"7ABC128" not in stored.entry and b"alvarez" not in stored.entry
    assert b"Marisol Alvarez" in stored.body


@pytest.mark.parametrize("who", ["keller", "tanner", "reyes", "boone"])
async def test_who_is_federal_on_a_task_force_hosted_or_out_of_state_gets_nothing(world: World, who: str) -> None:
    await world.deliver(world.sent("7ABC128"))
    answer = await world.search(who, "7ABC128")
    assert answer.reads == ()
    assert not any(owner.allowed for owner in answer.owners)


async def test_a_search_for_another_agency_is_refused_where_that_agency_would_be(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    answer = await world.search(
        "alvarez", "7ABC128", purpose=replace(Purpose.of("burglary"), on_behalf_of="us-dhs-ice")
    )
    assert answer.reads == ()


@pytest.mark.parametrize("who", ["nakamura", "whitfield", "delacroix", "pham"])
async def test_a_role_that_searches_nothing_reads_no_plate_not_even_the_system_administrator(
    world: World, who: str
) -> None:
    await world.deliver(world.sent("7ABC128"))
    answer = await world.search(who, "7ABC128")
    assert answer.reads == ()
    assert "does not allow" in answer.owners[0].why


async def test_a_neighbour_looks_no_further_back_than_the_share_allows(world: World) -> None:
    await world.deliver(world.sent("7ABC128", timedelta(days=13)), world.sent("7ABC128", timedelta(days=15)))
    assert len((await world.search("alvarez", "7ABC128")).reads) == 2
    assert len((await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads) == 1


async def test_nobody_sees_a_read_past_its_retention_even_before_it_is_purged(world: World) -> None:
    await world.deliver(world.sent("7ABC128", timedelta(days=29, hours=23)))
    assert len((await world.search("alvarez", "7ABC128")).reads) == 1
    world.at += timedelta(hours=2)
    assert (await world.search("alvarez", "7ABC128")).reads == ()


async def test_an_account_closed_in_the_meantime_gets_nothing(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    officer = person("alvarez")
    async with world.node.store.transaction() as tx:
        await people.change_person(tx, replace(officer, active=False), world.at)
    answer = await world.search(officer, "7ABC128")
    assert answer.reads == ()
    assert "closed" in answer.owners[0].why


async def test_an_assignment_made_in_the_meantime_counts_at_once(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await people.assign(tx, "alvarez", "us-dhs-ice-hsi", source="order 12", since=world.at)
    answer = await world.search("alvarez", "7ABC128", owners=(RIDGEPORT,))
    assert not answer.owners[0].allowed


async def test_a_forged_person_gains_nothing_because_the_gate_asks_the_database(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    forged = replace(person("keller"), organisation=RIDGEPORT, employer=RIDGEPORT, role=Role.SUPERVISOR)
    answer = await world.search(forged, "7ABC128")
    assert answer.reads == ()


async def test_when_the_record_cannot_be_written_nothing_is_answered_and_the_fault_is_recorded_apart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.deliver(world.sent("7ABC128"))
    append = ledger.append

    async def fails(node: object, tx: object, event: object) -> int:
        if getattr(event, "type", None) is EventType.ACCESS_SEARCH:
            raise psycopg.errors.DiskFull("no space left")
        return await append(node, tx, event)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "append", fails)
    with pytest.raises(psycopg.errors.DiskFull):
        await world.search("alvarez", "7ABC128")
    monkeypatch.undo()
    async with world.node.store.transaction() as tx:
        (fault,) = await events.events(tx, types=[str(EventType.FAULT_RECORDED)])
    assert fault.body is not None and b"DiskFull" in fault.body
    assert b"7ABC128" not in fault.body


async def test_a_brake_pulled_while_fifty_searches_run_lets_none_answer_after_it(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    answered_after: list[int] = []
    pulled_at: list[int] = []

    async def one() -> None:
        answer = await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))
        if answer.reads:
            answered_after.append(answer.access_record)

    async def brake() -> None:
        await asyncio.sleep(0.05)
        async with world.node.store.transaction() as tx:
            await policy.raise_epoch(tx)
            braked = Brake(RIDGEPORT, Component.T287G, world.at, "brandt", "a test")
            await policy.pull_brake(tx, braked)
            share = next(s for s in world.town.shares if s.id == "ridgeport-sheriff")
            revoked = replace(share, state=policy.ShareState.REVOKED)
            await policy.change_share(tx, revoked, policy.Step(policy.ShareState.REVOKED, "brandt", world.at))
            pulled_at.append(await events.size(tx))

    await asyncio.gather(*(one() for _ in range(25)), brake(), *(one() for _ in range(25)))
    assert pulled_at
    assert all(record < pulled_at[0] for record in answered_after)
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()


async def test_the_ledger_has_no_gap_after_concurrent_acts(world: World) -> None:
    await asyncio.gather(*(world.search("alvarez", f"7ABC12{n}") for n in range(8)))
    async with world.node.store.transaction() as tx:
        size = await events.size(tx)
        assert [seq for seq, _, _ in await events.entries(tx, 0, size)] == list(range(size))


async def test_look_alikes_are_found_and_told_as_such(world: World) -> None:
    await world.deliver(world.sent("8ABO128"), world.sent("8AB0128"))
    exact = await world.search("alvarez", "8ABO128")
    alike = await world.search("alvarez", "8ABO128", likeness=Likeness.LOOK_ALIKE)
    assert plates(exact) == ["8ABO128"]
    assert {(f.read.plate, f.likeness) for f in alike.reads} == {
        ("8ABO128", Likeness.EXACT),
        ("8AB0128", Likeness.LOOK_ALIKE),
    }


async def test_an_owner_that_is_not_here_is_named(world: World) -> None:
    with pytest.raises(BadInput, match="owns no reads here"):
        await world.search("alvarez", "7ABC128", owners=("us-nv-silver-flat-pd",))


async def test_the_auditor_sees_every_record_of_the_agency_an_officer_only_the_own(world: World) -> None:
    await world.search("alvarez", "7ABC128")
    await world.search("okafor", "7ABC128")
    every = await access_log(world.node, person("delacroix"))
    own = await access_log(world.node, person("okafor"))
    assert {row.person for row in every.rows} >= {"alvarez", "okafor"}
    assert {row.person for row in own.rows} == {"okafor"}
    assert (
        await access_row(world.node, person("okafor"), every.rows[-1].seq) is None or every.rows[-1].person == "okafor"
    )
    with pytest.raises(BadInput, match="own records"):
        await access_log(world.node, person("okafor"), person_filter="alvarez")


async def test_looking_at_others_records_is_recorded(world: World) -> None:
    await access_log(world.node, person("delacroix"))
    async with world.node.store.transaction() as tx:
        assert await events.events(tx, types=[str(EventType.ACCESS_LOG)])
