"""``bench ledger``: a transaction that records its act, beside the same transaction without the record; publishing and proving."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from plateward.bench.figures import Figure, quantile
from plateward.bench.place import empty_town
from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.publish import publish, receipt
from plateward.store import people
from plateward.store.connection import Connection

CLIENTS = 8
RECEIPTS = 200
LINK = timedelta(hours=1)


async def ledger_figures(say: Callable[[str], None], events: int = 10_000) -> list[Figure]:
    """Transactions a second with and without the record, by ``CLIENTS`` at once, in turns; then publishing and receipts."""
    async with empty_town(say) as (node, town):
        person = next(one.person for one in town.people if one.person.id == "alvarez")

        async def bare(tx: Connection) -> None:
            await _act(node, tx, person)

        async def recorded(tx: Connection) -> None:
            await _act(node, tx, person)
            await ledger.append(node, tx, _event(node, person))

        say(f"{events:,} transactions without and with the record, in turns ...")
        await _seconds(node, bare, events // 20)
        without = with_record = 0.0
        for _ in range(4):
            without += await _seconds(node, bare, events // 4)
            with_record += await _seconds(node, recorded, events // 4)
        say("publishing ...")
        begin = time.perf_counter()
        out = await publish(node, node.publisher)
        published = time.perf_counter() - begin
        size = out.checkpoint.size
        took = await _receipts(node, size)
        stored = await asyncio.to_thread(_bytes, node.publisher.folder)
    done = 4 * (events // 4)
    return [
        Figure("transactions with the record", done / with_record, "tx/s", done / without, "without the record"),
        Figure("time of one", with_record / done * CLIENTS * 1000, "ms", without / done * CLIENTS * 1000, "without"),
        Figure("entries published", size / published, "entries/s"),
        Figure("receipt of one entry, p50", quantile(took, 0.5) * 1000, "ms"),
        Figure("receipt of one entry, p99", quantile(took, 0.99) * 1000, "ms"),
        Figure("public files for an entry", stored / size, "bytes"),
    ]  # fmt: skip


async def _act(node: Node, tx: Connection, person: Person) -> None:
    """What every act does before it is recorded, and one row written, so that the commit must be durable in both cases."""
    await node.policy(tx)
    await node.current(tx, person)
    now = node.now()
    await people.add_login_link(tx, node.random(32), person.id, made_by=person.id, at=now, expires=now + LINK)


def _event(node: Node, person: Person) -> Event:
    """An access record of the usual length."""
    why = "Ridgeport Police shares with Port Alder Police until 2027-01-11."
    owner: dict[str, JSON] = {
        "agency": "us-ca-port-alder-pd", "allowed": True, "why": why, "promises": [], "shares": ["ridgeport-port-alder"],
        "chain": [], "help": "", "rows": 3,
    }  # fmt: skip
    body: dict[str, JSON] = {
        "person": person.id, "name": person.name, "organisation": person.organisation, "employer": person.employer,
        "assignments": [], "query": {"plate": "7ABC128", "likeness": "exact"}, "reason": "property-crime",
        "words": "burglary series", "case": "26-0117", "owners": [owner], "allowed": True, "rows": 3, "epoch": 1,
    }  # fmt: skip
    return Event(EventType.ACCESS_SEARCH, node.now(), person.organisation, body)


async def _seconds(node: Node, work: Callable[[Connection], Awaitable[None]], count: int) -> float:
    left = count

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with node.store.transaction() as tx:
                await work(tx)

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return time.perf_counter() - begin


async def _receipts(node: Node, size: int) -> list[float]:
    took = []
    for number in range(RECEIPTS):
        begin = time.perf_counter()
        if await receipt(node, node.publisher, number * size // RECEIPTS) is None:
            raise RuntimeError("an entry has no receipt")
        took.append(time.perf_counter() - begin)
    return took


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
