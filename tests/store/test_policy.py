"""Policy as stored, and the epoch: nothing decided before a brake is acted upon after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from plateward.core.agency import Affiliation, Agency, AgencyKind, Component, Relation, Source
from plateward.core.errors import BadInput
from plateward.core.policy import Brake
from plateward.core.share import Grant, Share, ShareState
from plateward.store import policy
from plateward.store.connection import Store
from plateward.store.policy import Step
from tests.store.world import NOW

SHARE = Share(
    "s-1", "ridgeport-pd", "millbrook-pd", frozenset({Grant.SEARCH, Grant.PICTURES}), ShareState.REQUESTED, NOW,
    NOW + timedelta(days=90), 14, frozenset({"stolen-vehicle"}),
)  # fmt: skip
BRAKE = Brake("ridgeport-pd", Component.FEDERAL, NOW, "chief", "news of today")


async def test_whoever_changes_policy_waits_for_those_who_act_on_it_and_later_ones_see_the_change(store: Store) -> None:
    order: list[str] = []
    deciding = asyncio.Event()

    async def decide() -> None:
        async with store.transaction() as tx:
            assert await policy.hold_epoch(tx) == 1
            deciding.set()
            await asyncio.sleep(0.4)
            order.append("answered under epoch 1")

    async def brake() -> None:
        await deciding.wait()
        async with store.transaction() as tx:
            assert await policy.raise_epoch(tx) == 2
            await policy.pull_brake(tx, BRAKE)
            order.append("brake")

    async def decide_later() -> None:
        await deciding.wait()
        await asyncio.sleep(0.15)  # the brake waits by now
        async with store.transaction() as tx:
            epoch = await policy.hold_epoch(tx)
            order.append(f"later under epoch {epoch} with {len((await policy.load(tx)).brakes)} brake")

    await asyncio.gather(decide(), brake(), decide_later())
    assert order == ["answered under epoch 1", "brake", "later under epoch 2 with 1 brake"]


async def test_many_decide_at_the_same_time(store: Store) -> None:
    async def decide() -> int:
        async with store.transaction() as tx:
            epoch = await policy.hold_epoch(tx)
            await asyncio.sleep(0.2)
            return epoch

    async with asyncio.timeout(1.5):
        assert await asyncio.gather(*(decide() for _ in range(6))) == [1] * 6


async def test_a_change_that_fails_leaves_the_epoch_as_it_was(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.transaction() as tx:
            await policy.raise_epoch(tx)
            raise RuntimeError
    async with store.transaction() as tx:
        assert await policy.hold_epoch(tx) == 1


async def test_promises_come_into_force_once_and_stay_in_the_history_when_withdrawn(store: Store) -> None:
    async with store.transaction() as tx:
        await policy.add_promise(tx, "ridgeport-pd", "no-ice", "text 1", by="chief", at=NOW)
        with pytest.raises(BadInput, match="in force already"):
            await policy.add_promise(tx, "ridgeport-pd", "no-ice", "text 2", by="chief", at=NOW)
        await policy.add_promise(tx, "millbrook-pd", "no-ice", "text 3", by="other", at=NOW)
        assert [promise.document for promise in (await policy.load(tx)).promises] == ["text 1", "text 3"]
        assert await policy.withdraw_promise(tx, "ridgeport-pd", "no-ice", by="chief", at=NOW)
        assert not await policy.withdraw_promise(tx, "ridgeport-pd", "no-ice", by="chief", at=NOW)
        await policy.add_promise(tx, "ridgeport-pd", "no-ice", "text 4", by="chief", at=NOW)
        assert [promise.document for promise in await policy.promises(tx)] == ["text 3", "text 4"]
        assert [promise.withdrawn_by for promise in await policy.promises(tx, every=True)] == ["chief", None, None]


async def test_a_share_and_its_life_come_back_as_they_went_in(store: Store) -> None:
    requested = Step(ShareState.REQUESTED, "lopez", NOW, "case of the stolen vans")
    active = Step(ShareState.ACTIVE, "chief", NOW + timedelta(hours=1))
    async with store.transaction() as tx:
        await policy.add_share(tx, SHARE, requested)
        with pytest.raises(BadInput, match="s-1 already"):
            await policy.add_share(tx, SHARE, requested)
        in_force = replace(
            SHARE, state=ShareState.ACTIVE, look_back_days=7, grants=frozenset({Grant.SEARCH}), purposes=frozenset()
        )
        await policy.change_share(tx, in_force, active)
        stored = await policy.share(tx, "s-1")
        assert stored == policy.StoredShare(in_force, (requested, active))
        assert await policy.shares(tx, owner="ridgeport-pd") == (stored,)
        assert await policy.shares(tx, receiver="millbrook-pd") == (stored,)
        assert await policy.shares(tx, owner="millbrook-pd") == ()
        with pytest.raises(BadInput, match="no share"):
            await policy.change_share(tx, replace(in_force, receiver="somebody-else"), active)


async def test_a_brake_is_pulled_once_and_released_once(store: Store) -> None:
    async with store.transaction() as tx:
        assert await policy.pull_brake(tx, BRAKE)
        assert not await policy.pull_brake(tx, BRAKE)
        assert (await policy.load(tx)).brakes == (BRAKE,)
        assert await policy.release_brake(tx, BRAKE.owner, BRAKE.component, by="chief", at=NOW)
        assert not await policy.release_brake(tx, BRAKE.owner, BRAKE.component, by="chief", at=NOW)
        assert (await policy.load(tx)).brakes == ()
        (kept,) = await policy.brakes(tx, every=True)
        assert (kept.brake, kept.released_by) == (BRAKE, "chief")


async def test_agencies_and_affiliations_come_back_as_they_went_in(store: Store) -> None:
    source = Source("Letter of the sheriff", date(2026, 1, 12), "https://example.org/letter")
    agency = Agency(
        "us-xx-task-force", "Coastal Task Force", AgencyKind.TASK_FORCE, state="CA", aliases=("CTF",), sources=(source,)
    )
    edge = Affiliation("us-xx-task-force", Relation.PART_OF, "us-dhs-ice-hsi", source, since=date(2026, 1, 1))
    async with store.transaction() as tx:
        await policy.put_agency(tx, replace(agency, name="Old name"), by="officer", at=NOW)
        await policy.put_agency(tx, agency, by="officer", at=NOW)
        number = await policy.add_affiliation(tx, edge, by="officer", at=NOW)
        world = await policy.load(tx)
        assert (world.agencies, world.affiliations) == ((agency,), (edge,))
        assert await policy.withdraw_affiliation(tx, number, by="officer", at=NOW)
        assert not await policy.withdraw_affiliation(tx, number, by="officer", at=NOW)
        assert await policy.affiliations(tx) == ()


async def test_settings_are_any_json(store: Store) -> None:
    async with store.transaction() as tx:
        assert await policy.setting(tx, "public.page") is None
        for value in ({"on": True, "days": [1, 2]}, None, "text", 7):
            await policy.set_setting(tx, "public.page", value, by="chief", at=NOW)
            assert await policy.setting(tx, "public.page") == value
