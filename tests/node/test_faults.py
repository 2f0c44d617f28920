"""No record, no answer, for every kind of write: what fails says nothing, and act and record are stored together or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest

from plateward.core.event import Event, EventType, Sealed
from plateward.core.share import ShareState
from plateward.demo.people import person
from plateward.node.overseeing import driver
from plateward.node.overseeing.audit import audit_searches, give_verdict
from plateward.node.overseeing.erasure import decide_erasure, request_erasure
from plateward.node.overseeing.periods import period
from plateward.node.overseeing.report_kinds import access_records
from plateward.node.overseeing.reports import reports
from plateward.node.overseeing.sample import draw_sample, find_sample, judge_member
from plateward.node.publishing.publish import publish
from plateward.node.sharing import brake
from plateward.store import audit as rows
from plateward.store import events, policy
from plateward.store.connection import Connection, Store
from tests.node import test_sharing as shares
from tests.node.audited import MONTH
from tests.node.test_erasure import BASIS
from tests.node.test_publish import verify
from tests.node.world import World

AUDITOR, PRIVACY = person("delacroix"), person("whitfield")
Doing = Callable[[], Awaitable[object]]
Stored = Callable[[], Awaitable[bool]]
"""Whether what the act changes is there, looked at past the act itself."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act that writes: the event that records it, and how to look whether it happened."""

    records: EventType
    do: Doing
    happened: Stored


async def _search(world: World) -> Act:
    await world.deliver(world.sent("7ABC128"))
    before = await _size(world)

    async def happened() -> bool:
        async with world.node.store.transaction() as tx:
            return any(row.seq >= before for row in await events.access(tx, events.AccessFilter()))

    return Act(EventType.ACCESS_SEARCH, lambda: world.search("alvarez", "7ABC128"), happened)


async def _approval(world: World) -> Act:
    await shares.end(world, "ridgeport-sheriff")
    share = await shares.ask(world, shares.SHERIFF, "farrow")
    await shares.review(world, share)

    async def happened() -> bool:
        async with world.node.store.transaction() as tx:
            every = await policy.shares(tx, receiver=shares.SHERIFF)
        return next(one.share.state for one in every if one.share.id == share) is ShareState.ACTIVE

    return Act(EventType.SHARE_APPROVED, lambda: shares.approve(world, share), happened)


async def _brake(world: World) -> Act:
    async def happened() -> bool:
        return bool(await brake.brakes(world.node, PRIVACY))

    return Act(
        EventType.BRAKE_PULLED, lambda: brake.pull(world.node, PRIVACY, "private", "a breach at a vendor"), happened
    )


async def _erasure(world: World) -> Act:
    answer = await world.search("keller", "7ABC128")
    asked = await request_erasure(world.node, PRIVACY, [answer.access_record], BASIS)

    async def happened() -> bool:
        async with world.node.store.transaction() as tx:
            row = await events.event(tx, answer.access_record)
        return row is not None and row.body is None

    erasing = lambda: decide_erasure(world.node, AUDITOR, str(asked.erasure_id), approved=True)  # noqa: E731
    return Act(EventType.ERASURE_DONE, erasing, happened)


async def _report(world: World) -> Act:
    await world.search("alvarez", "7ABC128")

    async def happened() -> bool:
        return bool(await reports(world.node, AUDITOR))

    when = period(world.node, MONTH)
    return Act(EventType.REPORT_MADE, lambda: access_records(world.node, AUDITOR, when, public=True), happened)


async def _verdict(world: World) -> Act:
    for _ in range(3):
        await world.search("delacroix", "7ABC128")
    when = period(world.node, MONTH)
    key = (await audit_searches(world.node, PRIVACY, when)).result.findings[0].key

    async def happened() -> bool:
        return key in (await audit_searches(world.node, PRIVACY, when)).said

    return Act(
        EventType.AUDIT_VERDICT, lambda: give_verdict(world.node, PRIVACY, when, key, "asked", "Asked her."), happened
    )


async def _judged(world: World) -> Act:
    await world.search("alvarez", "7ABC128")
    when = period(world.node, MONTH)
    member = (await draw_sample(world.node, AUDITOR, when, 1)).members[0]

    async def happened() -> bool:
        found = await find_sample(world.node, AUDITOR, when)
        return found is not None and bool(found.members[0].said)

    judging = lambda: judge_member(world.node, AUDITOR, when, member.seq, "justified", "On file.")  # noqa: E731
    return Act(EventType.AUDIT_VERDICT, judging, happened)


async def _driver(world: World) -> Act:
    async def happened() -> bool:
        async with world.node.store.transaction() as tx:
            return bool(await rows.drivers(tx, PRIVACY.organisation))

    asking = lambda: driver.ask(  # noqa: E731
        world.node, PRIVACY, "7ABC128", "licence, seen", "card of 2026", co_registrant=False
    )
    return Act(EventType.DRIVER_ASKED, asking, happened)


ACTS = {
    "search": _search, "share approved": _approval, "brake pulled": _brake, "body erased": _erasure, "report made": _report,
    "verdict given": _verdict, "sample judged": _judged, "driver asked": _driver,
}  # fmt: skip


async def _size(world: World) -> int:
    async with world.node.store.transaction() as tx:
        return await events.size(tx)


def _breaks(monkeypatch: pytest.MonkeyPatch, kind: EventType, after: int, fails: Exception, *, stored: bool) -> None:
    """The first transaction that holds an event of ``kind`` fails: before its commit, or after it but before anybody is told."""
    transaction, broken = Store.transaction, False

    @asynccontextmanager
    async def breaking(self: Store, owners: object = None, **more: object) -> AsyncIterator[Connection]:
        nonlocal broken
        meant = False
        async with transaction(self, owners, **more) as tx:  # type: ignore[arg-type]
            yield tx
            if not broken:
                query = "SELECT 1 FROM events WHERE seq >= %s AND type = %s"
                meant = await (await tx.execute(query, (after, str(kind)))).fetchone() is not None
            broken = broken or meant
            if meant and not stored:
                raise fails
        if meant:
            raise fails

    monkeypatch.setattr(Store, "transaction", breaking)


async def _kinds(world: World, since: int) -> list[str]:
    async with world.node.store.transaction() as tx:
        return [row.type for row in await events.events(tx, limit=1000) if row.seq >= since]


def _full(monkeypatch: pytest.MonkeyPatch, kind: EventType) -> None:
    """The database's disk is full just when an event of ``kind`` is to be written."""
    append = events.append

    async def appending(connection: Connection, event: Event, sealed: Sealed) -> int:
        if event.type is kind:
            raise psycopg.errors.DiskFull(f"could not extend file: {os.strerror(errno.ENOSPC)}")
        return await append(connection, event, sealed)

    monkeypatch.setattr(events, "append", appending)


@pytest.mark.parametrize("name", ACTS)
async def test_what_fails_answers_nothing_and_act_and_record_are_stored_together_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whoever asked cannot know whether a commit that broke was stored, and is told nothing in either case."""
    act = await ACTS[name](world)
    before = await _size(world)
    lost = psycopg.OperationalError("server closed the connection unexpectedly")

    async def recorded() -> bool:
        return str(act.records) in await _kinds(world, before)

    with monkeypatch.context() as broken, pytest.raises(psycopg.OperationalError):
        _breaks(broken, act.records, before, lost, stored=False)
        await act.do()
    assert not await recorded() and not await act.happened(), "failed and not stored"
    with monkeypatch.context() as broken, pytest.raises(psycopg.errors.DiskFull):
        _full(broken, act.records)
        await act.do()
    assert not await recorded() and not await act.happened(), "no room for the record, so no act"
    with monkeypatch.context() as broken, pytest.raises(psycopg.OperationalError):
        _breaks(broken, act.records, before, lost, stored=True)
        await act.do()
    assert await recorded() and await act.happened(), "failed but stored"
    await publish(world.node, world.node.publisher)
    assert verify(world).ok
