"""``bench policy``, on a node with its own database: what the gate adds to a search, and a brake beside fifty searches."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

from plateward import rulepacks
from plateward.bench.figures import Figure, quantile
from plateward.bench.place import empty_town
from plateward.core.agency import Affiliation, Agency, AgencyKind, Registry, Relation, Source
from plateward.core.event import EventType
from plateward.core.ids import uuid7
from plateward.core.people import Asker, Permission, Person
from plateward.core.plate import PlatePattern
from plateward.core.promise import parse_promises
from plateward.core.purpose import Purpose, listed
from plateward.core.read import Read, Reader
from plateward.core.retention import Rule
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.demo.people import person
from plateward.node.bulk import load_reads
from plateward.node.devices import readers
from plateward.node.entering import enter_shares
from plateward.node.gate import Request, decide
from plateward.node.node import Node
from plateward.node.search import SearchRequest, search
from plateward.node.sharing import brake
from plateward.rulepacks import template
from plateward.store import events, policy
from plateward.store import search as rows
from plateward.store.retention import set_rule

OWNERS, READS = 500, 100_000
ROUNDS = 40
WARMING = 5
"""Rounds that open connections and plan; they are not counted."""

SEARCHES = 50
PURPOSE = Purpose.of(listed()[0], case="26-0117")
BATCH = 5_000
HOME, NEIGHBOUR = "us-ca-ridgeport-pd", "us-ca-port-alder-pd"
BLOCKED = "task-force"
_LOCAL = (AgencyKind.POLICE, AgencyKind.SHERIFF)


async def gate_figures(
    say: Callable[[str], None], owners: int = OWNERS, reads: int = READS, folder: Path | None = None
) -> list[Figure]:
    """Milliseconds that the gate adds to a search of one plate over 1, 50 and all owners, each beside the bare query of the same
    run; and how many searches were answered after a brake, which must be none.
    """
    async with empty_town(say, folder) as (node, _):
        held = await _furnish(node, owners, reads, say)
        gc.collect()
        gc.freeze()  # as a node does that serves
        figures: list[Figure] = []
        for number in sorted({1, min(50, owners), owners}):
            say(f"searching the reads of {number} owners ...")
            figures += await _compare(node, held[:number])
        say(f"{SEARCHES} searches and a brake ...")
        figures += await _brake(node)
    return figures


async def _furnish(node: Node, owners: int, wanted: int, say: Callable[[str], None]) -> tuple[str, ...]:
    """Agencies that own reads and share them with the town's police, each with promises of its own."""
    chance, now = Random(26), node.now()
    async with node.store.transaction() as tx:
        registry = (await node.policy(tx)).registry
    names = [HOME, *_owners(registry, chance, owners - 1)]
    say(f"{len(names)} owners with their promises and shares ...")
    async with node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        for name in names[1:]:
            await set_rule(tx, Rule(name, 43_200), by="bench", at=now)
            await readers.add(node, tx, Reader(f"{name}.r1", name, "A reader"), by=None, key=f"key of {name}")
            for text in _promises(registry.agencies[name], chance):
                (promise,) = parse_promises(text, "bench")
                await policy.add_promise(tx, name, promise.id, text, by="bench", at=now)
    await enter_shares(node, [_share(name, HOME, node) for name in names[1:]])
    for done in range(0, wanted, BATCH):
        await load_reads(node, [_read(chance, names, node) for _ in range(min(BATCH, wanted - done))])
    return tuple(names)


def _owners(registry: Registry, chance: Random, wanted: int) -> list[str]:
    """Local agencies whose laws let them share with police of California: those of that state first, then those no pack binds."""
    bound = {state for pack in rulepacks.ids() for state in rulepacks.load(pack).applies_to.states}
    local = [
        one
        for one in registry.agencies.values()
        if one.kind in _LOCAL and one.state and registry.classify(one.id, _DAY).known
    ]
    home = [one.id for one in local if one.state == "CA" and one.id not in (HOME, NEIGHBOUR) and "ridge" not in one.id]
    others = [one.id for one in local if one.state not in bound]
    chance.shuffle(home)
    chance.shuffle(others)
    return [*home, *others][:wanted]


_DAY = date(2026, 11, 22)


def _promises(owner: Agency, chance: Random) -> list[str]:
    """One to all of the templates that leave police of another place in."""
    names = [name for name in template.names() if name != "no-out-of-state" and not template.needs_days(name)]
    return [
        template.fill(name, owner, date(2026, 1, 12), "Resolution")
        for name in chance.sample(names, chance.randint(1, len(names)))
    ]


def _share(owner: str, receiver: str, node: Node) -> Share:
    return Share(
        f"bench-{owner}", owner, receiver, frozenset({Grant.SEARCH, Grant.EXACT_LOCATION}), ShareState.ACTIVE,
        node.now() - timedelta(days=1), node.now() + timedelta(days=300), look_back_days=60,
    )  # fmt: skip


def _read(chance: Random, names: list[str], node: Node) -> Read:
    at = node.now() - timedelta(seconds=chance.randint(60, 6 * 86400))
    owner = chance.choice(names)
    reader = "rpd-main-10th-s" if owner == HOME else f"{owner}.r1"
    plate = f"{chance.randint(1, 9)}{''.join(chance.choices('ABCDEFGH', k=3))}{chance.randint(0, 99):03d}"
    return Read(uuid7(at, chance.randbytes(10)), plate, at, reader, owner, 0.9)


async def _compare(node: Node, owners: tuple[str, ...]) -> list[Figure]:
    """The gate's search and the bare query in turn, A B A B, so that a drift of the machine meets both."""
    officer, chance = person("alvarez"), Random(len(owners))
    async with node.store.transaction() as tx:
        numbers = list((await node.agency_numbers(tx, owners)).values())
    gate, bare = list[float](), list[float]()
    for round_ in range(ROUNDS + WARMING):
        pattern = PlatePattern.parse(f"{chance.randint(1, 9)}ABC{chance.randint(0, 99):03d}")
        took = await _timed(partial(search, node, officer, SearchRequest(pattern, PURPOSE, owners=owners)))
        plain = await _timed(partial(_bare, node, numbers, pattern))
        if round_ >= WARMING:
            gate.append(took)
            bare.append(plain)
    adds = [g - b for g, b in zip(gate, bare, strict=True)]
    name = f"search over {len(owners)} owners"
    return [
        Figure(f"{name} through the gate, median", quantile(gate, 0.5), "ms", quantile(bare, 0.5), "bare query"),
        Figure(f"{name}, what the gate and its record add, median", quantile(adds, 0.5), "ms"),
        Figure(f"{name}, deciding alone, median", await _deciding(node, owners, officer), "ms"),
    ]


async def _deciding(node: Node, owners: tuple[str, ...], officer: Person) -> float:
    """Milliseconds in the gate's first two steps: who asks, and one decision for each owner."""
    request = Request(Act.SEARCH, EventType.ACCESS_SEARCH, Permission.SEARCH, owners, PURPOSE, {})
    times = []
    async with node.store.transaction() as tx:
        held = await node.policy(tx)
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            decide(held, officer, Asker.of(officer), request, node.now())
            times.append((time.perf_counter() - begin) * 1000)
    return quantile(times, 0.5)


async def _bare(node: Node, numbers: list[int], pattern: PlatePattern) -> object:
    async with node.store.transaction(numbers) as tx:
        return await rows.find(tx, rows.Wanted(tuple((number, None) for number in numbers), pattern))


async def _brake(node: Node) -> list[Figure]:
    """Fifty searches of a neighbour's officers, and a brake on what the neighbour is while they run: by the order of the ledger,
    none that was allowed stands after the brake.
    """
    source = Source("bench", node.now().date())
    async with node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await policy.add_affiliation(
            tx, Affiliation(NEIGHBOUR, Relation.IS_A, BLOCKED, source), by="bench", at=node.now()
        )
    officer = person("castellano")
    wanted = SearchRequest(PlatePattern.parse("7ABC123"), PURPOSE, owners=(HOME,))

    async def pull() -> None:
        await brake.pull(node, person("brandt"), BLOCKED, "a measurement")

    half = SEARCHES // 2
    await asyncio.gather(*(search(node, officer, wanted) for _ in range(half)), pull(), *(
        search(node, officer, wanted) for _ in range(SEARCHES - half)
    ))  # fmt: skip
    before, after = await _answered(node, officer)
    return [
        Figure(f"of {SEARCHES} searches beside a brake, answered before it", before, "searches"),
        Figure(f"of {SEARCHES} searches beside a brake, answered after it (must be 0)", after, "searches"),
    ]


async def _answered(node: Node, officer: Person) -> tuple[int, int]:
    """How many of the officer's searches were allowed before and after the latest brake, in the ledger's order."""
    async with node.store.transaction() as tx:
        (pulled,) = await events.events(tx, types=[str(EventType.BRAKE_PULLED)], limit=1)
        found = await events.access(tx, events.AccessFilter(user_id=officer.id), limit=1000)
    allowed = [one.seq for one in found if one.allowed]
    return sum(seq < pulled.seq for seq in allowed), sum(seq > pulled.seq for seq in allowed)


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await work()
    return (time.perf_counter() - begin) * 1000
