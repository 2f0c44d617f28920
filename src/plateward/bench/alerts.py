"""``bench alerts``: reads against a million wanted plates: what matching costs, and how soon an alert stands in its table.

The same deliveries are taken with the list and without it, in turn (A B A B), so that a drift of the machine meets both. Latency
is from the moment a read is handed to the node to the moment its alert is committed and was read back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

from plateward.bench.alert_screen import to_screen
from plateward.bench.figures import Figure, quantile
from plateward.bench.place import empty_town
from plateward.core.ids import uuid7
from plateward.demo.people import person
from plateward.formats.reads import Item
from plateward.node.hotlists.importing import import_list
from plateward.node.hotlists.lists import ListSettings, add_list, change_list
from plateward.node.ingest import take
from plateward.node.node import Node
from plateward.store import alerts as rows
from plateward.store import readers
from plateward.store.readers import StoredReader

LIST, READERS = "bench", ("rpd-harbor-5th-n", "rpd-main-10th-s", "rpd-main-2nd-n")
BATCH = 500
HIT_EVERY = 500
"""One read in so many is wanted: far more than in a street."""

ROUNDS, BEATS = 6, 20
"""Rounds of reads with the list and without; deliveries a second while latency is measured."""

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


async def alerts(
    say: Callable[[str], None], entries: int = 1_000_000, reads: int = 30_000, seconds: int = 10
) -> list[Figure]:
    """What matching costs with ``entries`` wanted plates, and the latency of alerts at 1,000 and 5,000 reads/s."""
    async with empty_town(say) as (node, _):
        rng = Random(7)
        wanted = [_plate(rng) for _ in range(entries)]
        say(f"a hot list of {entries:,} plates from a file ...")
        load_s = await _load(node, wanted)
        real = node.now
        node.now = lambda: real() + timedelta(seconds=61)  # so that the list can be made stale by its limit alone
        by_reader = [await _reader(node, name) for name in READERS]
        with_list, without = await _rates(node, by_reader, wanted, reads, rng, say)
        figures = [
            Figure("hot list loaded", entries / load_s, "entries/s"),
            Figure("ingest with matching", with_list, "reads/s", without, "the same ingest without a list"),
        ]
        for rate in (1_000, 5_000):
            say(f"{rate:,} reads a second for {seconds} s ...")
            figures += await _latency(node, by_reader, wanted, rate, seconds, rng)
            passing = [_plate(rng) for _ in range(50_000)]
            figures += await to_screen(node, READERS, wanted, passing, rate, seconds, rng)
    return figures


async def _load(node: Node, wanted: list[str]) -> float:
    settings = ListSettings("A million plates", "stolen-vehicle", "bench", default_days=30)
    await add_list(node, person("nakamura"), LIST, False, settings)
    begin = time.perf_counter()
    answer = await import_list(node, person("nakamura"), LIST, _file(wanted))
    if not answer.done:
        raise RuntimeError(f"the list was not loaded: {answer.worries}")
    return time.perf_counter() - begin


async def _file(wanted: list[str]) -> AsyncIterator[bytes]:
    yield b"plate,state\n"
    for start in range(0, len(wanted), 10_000):
        yield "".join(f"{plate},CA\n" for plate in wanted[start : start + 10_000]).encode()


async def _rates(
    node: Node, by_reader: list[StoredReader], wanted: list[str], reads: int, rng: Random, say: Callable[[str], None]
) -> tuple[float, float]:
    """Reads a second with the list and without: rounds in turn, the median of each."""
    say(f"{reads:,} reads with the list and without, in turn ...")
    rounds: tuple[list[float], list[float]] = ([], [])
    part = max(BATCH * len(by_reader), reads // ROUNDS)
    for turn in range(ROUNDS + 1):
        matched = turn % 2 == 1
        # A list that is stale is not looked into: everything else is the same.
        await change_list(node, person("nakamura"), LIST, {"max_age_minutes": 1440 if matched else 1})
        batches = list(_batches(node, by_reader, wanted, part, rng))
        begin = time.perf_counter()
        await _take_all(node, batches)
        if turn:  # the first round warms up
            rounds[not matched].append(part / (time.perf_counter() - begin))
    await change_list(node, person("nakamura"), LIST, {"max_age_minutes": 1440})
    return quantile(rounds[0], 0.5), quantile(rounds[1], 0.5)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One batch of one reader."""

    reader: StoredReader
    items: list[tuple[int, Item]]


def _batches(
    node: Node, by_reader: list[StoredReader], wanted: list[str], count: int, rng: Random
) -> Iterator[_Delivery]:
    for number in range(0, count, BATCH):
        reader = by_reader[number // BATCH % len(by_reader)]
        yield _Delivery(reader, [(i, _item(node, wanted, number + i, rng)) for i in range(min(BATCH, count - number))])


def _item(node: Node, wanted: list[str], number: int, rng: Random, hit_every: int = HIT_EVERY) -> Item:
    at = node.now() - timedelta(seconds=2)
    plate = rng.choice(wanted) if number % hit_every == 0 else _plate(rng)
    return Item(uuid7(at, rng.randbytes(10)), plate, at, 0.93, region="US-CA")


async def _take_all(node: Node, batches: list[_Delivery]) -> None:
    """Take the deliveries, those of one reader one after another as in the field."""

    async def one_reader(mine: list[_Delivery]) -> None:
        for delivery in mine:
            await take(node, delivery.reader, delivery.items)

    named = {delivery.reader.reader_no for delivery in batches}
    await asyncio.gather(*(one_reader([d for d in batches if d.reader.reader_no == number]) for number in named))


async def _latency(
    node: Node, by_reader: list[StoredReader], wanted: list[str], rate: int, seconds: int, rng: Random
) -> list[Figure]:
    """Deliver ``rate`` reads a second, whatever the node does, and watch the alerts come."""
    sent: dict[UUID, float] = {}
    seen: dict[UUID, float] = {}
    queues: list[asyncio.Queue[tuple[float, list[tuple[int, Item]]] | None]] = [asyncio.Queue() for _ in by_reader]
    watching = asyncio.create_task(_watch(node, by_reader[0].agency_no, seen))
    await asyncio.sleep(0.2)
    workers = [
        asyncio.create_task(_deliver(node, reader, queue)) for reader, queue in zip(by_reader, queues, strict=True)
    ]
    begin = time.perf_counter()
    for beat in range(seconds * BEATS):
        due = begin + beat / BEATS
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        items = [(i, _item(node, wanted, i, rng, rate // BEATS)) for i in range(rate // BEATS)]
        sent[items[0][1].id] = due
        queues[beat % len(queues)].put_nowait((due, items))
    for queue in queues:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    took = time.perf_counter() - begin
    await asyncio.sleep(1.0)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    late = [(seen[read] - sent[read]) * 1000 for read in sent if read in seen]
    name = f"read to alert at {rate:,} reads/s"
    note = f"{len(late)} of {len(sent)} alerts seen; {rate * seconds / took:,.0f} reads/s taken"
    return [
        Figure(f"{name}, p50", quantile(late, 0.5), "ms", note=note),
        Figure(f"{name}, p99", quantile(late, 0.99), "ms", note=note),
    ]


async def _deliver(
    node: Node, reader: StoredReader, queue: asyncio.Queue[tuple[float, list[tuple[int, Item]]] | None]
) -> None:
    """What waits goes out together, as a reader does it."""
    while (first := await queue.get()) is not None:
        waiting = list(first[1])
        while not queue.empty() and len(waiting) < BATCH:
            more = queue.get_nowait()
            if more is None:
                queue.put_nowait(None)
                break
            waiting += more[1]
        await take(node, reader, [(place, item) for place, (_, item) in enumerate(waiting)])


async def _watch(node: Node, agency_no: int, seen: dict[UUID, float]) -> None:
    """Note when each alert can be read, woken as a screen is."""
    async with node.store.transaction() as tx:
        after = await rows.head(tx)
        (agency,) = [
            name
            for name, number in (await readers.agency_numbers(tx, await readers.owners(tx))).items()
            if number == agency_no
        ]
    async with node.store.listen(rows.CHANNEL) as channel:
        async for _ in channel.notifies():
            async with node.store.transaction([agency_no]) as tx:
                changed = await rows.changed(tx, [agency_no], agency, after, node.now(), limit=5_000)
            at = time.perf_counter()
            for alert in changed:
                after = max(after, alert.change)
                if alert.read_id is not None:
                    seen.setdefault(alert.read_id, at)


async def _reader(node: Node, name: str) -> StoredReader:
    async with node.store.transaction() as tx:
        found = await readers.reader(tx, name)
    if found is None:
        raise RuntimeError(f"the town has no reader {name}")
    return found


def _plate(rng: Random) -> str:
    return f"{rng.randint(1, 9)}{''.join(rng.choices(_LETTERS, k=3))}{rng.randint(0, 999):03d}"
