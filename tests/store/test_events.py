"""The ledger's rows: numbered without a gap, appended only, erased by their own retention while the entries stay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType, seal
from plateward.store import events, partitions
from plateward.store.connection import Connection, Store
from plateward.store.events import AccessFilter
from tests.store.world import NOW

FIVE_YEARS = timedelta(days=1827)


def search_event(at: datetime = NOW, **body: JSON) -> Event:
    owners: list[JSON] = [
        {"agency": "ridgeport-pd", "allowed": True, "why": "own reads", "rows": 2},
        {"agency": "millbrook-pd", "allowed": False, "why": "no share", "rows": 0},
    ]
    values: dict[str, JSON] = {
        "person": "alvarez", "name": "M. Alvarez", "organisation": "ridgeport-pd", "employer": "ridgeport-pd",
        "query": {"plate": "7ABC123"}, "reason": "stolen-vehicle",
        "case": "26-104", "owners": owners, "allowed": True, "rows": 2, "epoch": 1,
    }  # fmt: skip
    return Event(EventType.ACCESS_SEARCH, at, "ridgeport-pd", {**values, **body})


def fault_event(at: datetime = NOW) -> Event:
    body: dict[str, JSON] = {"fault": "f-1", "where": "access.search", "kind": "OSError"}
    return Event(EventType.FAULT_RECORDED, at, "ridgeport-pd", body)


async def append(tx: Connection, event: Event) -> int:
    return await events.append(tx, event, seal(event, bytes(32)))


async def test_numbers_have_no_gaps_however_many_write_and_fail(store: Store) -> None:
    async def write(n: int) -> None:
        try:
            async with store.transaction() as tx:
                await append(tx, fault_event())
                if n % 3 == 0:
                    raise RuntimeError
        except RuntimeError:
            pass

    await asyncio.gather(*(write(n) for n in range(30)))
    async with store.transaction() as tx:
        assert await events.size(tx) == 20
        assert [seq for seq, _, _ in await events.entries(tx, 0, 100)] == list(range(20))
        assert [seq for seq, _, _ in await events.entries(tx, 5, 8)] == [5, 6, 7]


async def test_an_event_comes_back_as_it_was_sealed(store: Store) -> None:
    sealed = seal(search_event(), bytes(range(32)))
    async with store.transaction() as tx:
        seq = await events.append(tx, search_event(), sealed)
        stored = await events.event(tx, seq)
    assert stored is not None
    assert (stored.entry, stored.leaf, stored.salt, stored.body) == (
        sealed.entry,
        sealed.leaf,
        sealed.salt,
        sealed.body,
    )
    assert stored.erase_at == NOW + FIVE_YEARS


async def test_an_access_record_says_who_asked_whom_what_why_and_what_came_of_it(store: Store) -> None:
    async with store.transaction() as tx:
        seq = await append(tx, search_event(on_behalf_of="hsi", words="van of the night", offence="PC 487"))
        await append(tx, fault_event())
        (record,) = await events.access(tx, AccessFilter())
    assert (record.seq, record.at, record.user_id, record.organisation, record.on_behalf_of) == (
        seq,
        NOW,
        "alvarez",
        "ridgeport-pd",
        "hsi",
    )
    assert (record.plate, record.query, record.reason, record.words) == (
        "7ABC123",
        {"plate": "7ABC123"},
        "stolen-vehicle",
        "van of the night",
    )
    assert (record.case_no, record.offence, record.allowed, record.rows) == ("26-104", "PC 487", True, 2)
    assert (list(record.owners), list(record.refused)) == (["ridgeport-pd", "millbrook-pd"], ["millbrook-pd"])
    assert [decision["why"] for decision in record.decisions] == ["own reads", "no share"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AccessFilter(), [3, 2, 1, 0]),
        (AccessFilter(user_id="stone"), [1]),
        (AccessFilter(plate="8xyz-777"), [2]),
        (AccessFilter(case_no="26-9"), [3]),
        (AccessFilter(agency="hsi"), [1]),
        (AccessFilter(owner="millbrook-pd", allowed=False), [3]),
        (AccessFilter(allowed=True), [2, 1, 0]),
        (AccessFilter(begins=NOW + timedelta(minutes=1), ends=NOW + timedelta(minutes=3)), [2, 1]),
    ],
)
async def test_access_records_are_found_by_every_question_an_auditor_has(
    store: Store, wanted: AccessFilter, found: list[int]
) -> None:
    bodies: list[Mapping[str, JSON]] = [
        {}, {"person": "stone", "employer": "hsi"}, {"query": {"plate": "8XYZ777"}}, {"allowed": False, "case": "26-9"},
    ]  # fmt: skip
    async with store.transaction() as tx:
        for n, body in enumerate(bodies):
            await append(tx, search_event(NOW + timedelta(minutes=n), **body))
        assert [record.seq for record in await events.access(tx, wanted)] == found
        page = await events.access(tx, wanted, limit=1)
        rest = await events.access(tx, wanted, after=(page[0].at, page[0].seq))
        assert [record.seq for record in (*page, *rest)] == found


async def test_events_are_listed_by_type_and_time(store: Store) -> None:
    async with store.transaction() as tx:
        for n in range(4):
            await append(
                tx, search_event(NOW + timedelta(minutes=n)) if n % 2 else fault_event(NOW + timedelta(minutes=n))
            )
        assert [event.seq for event in await events.events(tx)] == [3, 2, 1, 0]
        assert [event.seq for event in await events.events(tx, types=["fault.recorded"], before=2)] == [0]
        assert [event.seq for event in await events.events(tx, begins=NOW + timedelta(minutes=2))] == [3, 2]


async def test_a_body_past_its_own_retention_is_erased_with_its_access_record_and_the_entry_stays(store: Store) -> None:
    async with store.transaction() as tx:
        old = await append(tx, search_event(NOW - FIVE_YEARS - timedelta(days=1)))
        young = await append(tx, search_event())
        assert await partitions.erase_bodies(tx, NOW) == (old,)
        assert await partitions.erase_bodies(tx, NOW) == ()
        erased, kept = await events.event(tx, old), await events.event(tx, young)
        assert erased is not None and kept is not None
        assert (erased.body, erased.salt, erased.erased_at) == (None, None, NOW)
        assert erased.entry and kept.body
        assert [record.seq for record in await events.access(tx, AccessFilter())] == [young]
        assert await events.size(tx) == 2
