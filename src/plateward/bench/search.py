"""``bench search``: searches through the gate, record and all, beside the bare SQL query on the same rows."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from plateward.bench.figures import Figure, quantile
from plateward.bench.place import empty_town
from plateward.core.ids import uuid7
from plateward.core.place import Near, Position
from plateward.core.plate import Likeness, PlatePattern
from plateward.core.purpose import Purpose
from plateward.core.read import Read, Reader
from plateward.demo.people import person
from plateward.demo.town import Town
from plateward.node.bulk import load_reads
from plateward.node.node import Node
from plateward.node.search import SearchRequest, search
from plateward.store import search as rows

PURPOSE = Purpose.of("burglary series", case="26-0117")
BATCH = 5_000
ROUNDS = 200


async def search_figures(
    say: Callable[[str], None], reads: int = 1_000_000, folder: Path | None = None
) -> list[Figure]:
    """Milliseconds of searches at ``reads`` reads. With ``folder`` the reads are kept for the next run."""
    async with empty_town(say, folder) as (node, town):
        plates = await _fill(node, town, reads, say)
        rng = Random(2)
        figures: list[Figure] = []
        exact = [PlatePattern.parse(rng.choice(plates)) for _ in range(ROUNDS)]
        wild = [PlatePattern.parse("7AB?12*")] * 50
        prefixes = [PlatePattern.parse(f"{p[:3]}?{p[4:6]}*") for p in rng.sample(plates, 50)]
        alike = [PlatePattern.parse(rng.choice(plates), Likeness.LOOK_ALIKE) for _ in range(ROUNDS)]
        edits = [PlatePattern.parse(rng.choice(plates), Likeness.ONE_EDIT) for _ in range(50)]
        searches = {
            "exact plate": exact,
            "7AB?12*": wild,
            "other wildcards": prefixes,
            "look-alike": alike,
            "one edit": edits,
        }
        for name, patterns in searches.items():
            say(f"{name} ...")
            figures += await _compare(node, name, patterns)
        figures.append(await _near(node, town))
    return figures


async def _fill(node: Node, town: Town, reads: int, say: Callable[[str], None]) -> list[str]:
    """Reads over 30 days of about one plate to every 13 reads, as STORAGE measured; returns plates that were read."""
    rng = Random(1)
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    plates = [
        f"{rng.randint(1, 9)}{''.join(rng.choices(letters, k=3))}{rng.randint(0, 999):03d}"
        for _ in range(max(100, reads // 13))
    ]
    fixed = [reader for reader in town.readers if reader.position is not None]
    async with node.store.transaction() as tx:
        epoch = await (
            await tx.execute("SELECT coalesce(sum(reltuples), 0) FROM pg_class WHERE relname ~ '^reads_k.*_2'")
        ).fetchone()
    if epoch is not None and epoch[0] >= reads * 0.9:
        return plates
    begin = time.perf_counter()
    for done in range(0, reads, BATCH):
        at = town.now - timedelta(days=29) + (done / reads) * timedelta(days=29)
        await load_reads(node, [_read(rng, plates, fixed, at + timedelta(milliseconds=20 * i)) for i in range(BATCH)])
        if done % 200_000 == 0:
            say(f"{done:,} of {reads:,} reads, {done / (time.perf_counter() - begin + 1e-9):,.0f} a second")
    return plates


def _read(rng: Random, plates: list[str], readers: Sequence[Reader], at: datetime) -> Read:
    reader = rng.choice(readers)
    return Read(
        uuid7(at, rng.randbytes(10)), rng.choice(plates), at, reader.id, reader.agency, 0.9, reader.position
    )  # fmt: skip


async def _compare(node: Node, name: str, patterns: list[PlatePattern]) -> list[Figure]:
    """The gate's search and the bare query in turn, A B A B, so that a drift of the machine meets both."""
    officer = person("alvarez")
    async with node.store.transaction() as tx:
        numbers = list((await node.agency_numbers(tx, await node.owners(tx))).values())
    gate: list[float] = []
    bare: list[float] = []
    for pattern in patterns:
        gate.append(await _timed(lambda pattern=pattern: search(node, officer, SearchRequest(pattern, PURPOSE))))  # type: ignore[misc]
        bare.append(await _timed(lambda pattern=pattern: _bare(node, numbers, pattern)))  # type: ignore[misc]
    return [
        Figure(f"{name}, p50", quantile(gate, 0.5), "ms", quantile(bare, 0.5), "bare query"),
        Figure(f"{name}, p99", quantile(gate, 0.99), "ms", quantile(bare, 0.99), "bare query"),
        Figure(
            f"{name}, what the gate adds (median)",
            quantile([g - b for g, b in zip(gate, bare, strict=True)], 0.5),
            "ms",
        ),
    ]


async def _bare(node: Node, numbers: list[int], pattern: PlatePattern) -> object:
    async with node.store.transaction(numbers) as tx:
        return await rows.find(tx, rows.Wanted(tuple((number, None) for number in numbers), pattern))


async def _near(node: Node, town: Town) -> Figure:
    place = next(reader.position for reader in town.readers if reader.position is not None)
    assert isinstance(place, Position)
    async with node.store.transaction() as tx:
        numbers = list((await node.agency_numbers(tx, await node.owners(tx))).values())
    wanted = rows.Wanted(
        tuple((number, None) for number in numbers), near=Near(place, 2000), begins=town.now - timedelta(days=3),
        ends=town.now - timedelta(days=3) + timedelta(hours=1),
    )  # fmt: skip

    async def once() -> object:
        async with node.store.transaction(numbers) as tx:
            return await rows.find(tx, wanted)

    return Figure("2 km and one hour, bare query, p50", quantile([await _timed(once) for _ in range(50)], 0.5), "ms")


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await work()
    return (time.perf_counter() - begin) * 1000
