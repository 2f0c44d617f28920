"""No sequence of deliveries, holds, choices and passing time keeps a read past its time or destroys a held one.

Tried on a real node and database against a model in a few lines: a read goes at the earliest moment at which any choice that held
since it came says so; a held copy goes with its hold, and never before.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plateward.core.retention import Rule
from plateward.demo.people import person
from plateward.node.keeping.holds import HoldRequest, decide_hold, end_hold, request_hold
from plateward.node.keeping.purge import purge
from plateward.node.keeping.residue import clean
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from tests.node.purging import MINUTES, MONTH, OWNER, choose, dictionary, key_of, receipts, total
from tests.node.world import World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

FREEZE = timedelta(hours=72)


@dataclass(slots=True)
class Model:
    """What must be there: each read with the moment it goes, each hold with the reads it keeps and until when."""

    goes: dict[str, datetime] = field(default_factory=dict)
    holds: dict[str, tuple[frozenset[str], datetime]] = field(default_factory=dict)
    frozen: dict[str, tuple[frozenset[str], datetime, datetime]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=lambda: {MINUTES: 60, MONTH: 600})
    came: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    sent: int = 0
    stored: int = 0

    def choose(self, now: datetime, group: int, rest: int) -> None:
        self.kept = {MINUTES: group, MONTH: rest}
        for plate, (reader, at) in self.came.items():
            self.goes[plate] = min(self.goes[plate], at + timedelta(minutes=self.kept[reader]))

    def pass_to(self, now: datetime) -> None:
        self.goes = {plate: end for plate, end in self.goes.items() if end > now}
        self.came = {plate: told for plate, told in self.came.items() if plate in self.goes}
        self.holds = {hold: told for hold, told in self.holds.items() if told[1] > now}
        self.frozen = {hold: told for hold, told in self.frozen.items() if min(told[1], told[2]) > now}

    @property
    def held(self) -> set[str]:
        found: set[str] = set()
        for plates in (*[told[0] for told in self.holds.values()], *[told[0] for told in self.frozen.values()]):
            found |= plates
        return found


class Past:
    """The node, with a short name for reports of what failed."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __repr__(self) -> str:
        return "a node"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def past(postgres: EmbeddedServer) -> AsyncIterator[Past]:
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            yield Past(await begin(store, folder, now=datetime.now(UTC) - timedelta(days=250)))
    finally:
        shutil.rmtree(folder)


minutes = st.sampled_from([1, 3, 30, 119, 120, 600, 2880, 6000])
steps = st.one_of(
    st.tuples(st.just("deliver"), st.sampled_from([MINUTES, MONTH]), st.integers(0, 200)),
    st.tuples(st.just("choose"), minutes, minutes),
    st.tuples(st.just("hold"), st.integers(0, 30), st.integers(1, 6000)),
    st.tuples(st.just("decide"), st.booleans(), st.just(0)),
    st.tuples(st.just("end"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 2, 61, 130, 1500, 5000]), st.just(0)),
    st.tuples(st.just("clean"), st.just(0), st.just(0)),
)
scripts = st.lists(steps, min_size=4, max_size=14)


async def present(world: World, table: str) -> set[str]:
    async with world.node.store.transaction() as tx:
        numbers = await world.node.agency_numbers(tx, [OWNER])
    async with world.node.store.transaction(list(numbers.values())) as tx:
        return {row[0] for row in await (await tx.execute(f"SELECT plate FROM {table}".encode())).fetchall()}


async def do(world: World, model: Model, step: tuple[str, object, object]) -> None:
    kind, one, two = step
    if kind == "deliver":
        await _deliver(world, model, str(one), int(str(two)))
    elif kind == "choose":
        model.choose(world.at, int(str(one)), int(str(two)))
        await choose(world, Rule(OWNER, int(str(one)), "fast", frozenset({MINUTES})), Rule(OWNER, int(str(two))))
    elif kind == "hold" and model.goes:
        await _hold(world, model, sorted(model.goes)[int(str(one)) % len(model.goes)], int(str(two)))
    elif kind == "decide" and model.frozen:
        hold, (plates, _, ends) = model.frozen.popitem()
        await decide_hold(world.node, person("whitfield"), hold, approved=bool(one), note="decided")
        if one:
            model.holds[hold] = (plates, ends)
    elif kind == "end" and model.holds:
        hold = sorted(model.holds)[int(str(one)) % len(model.holds)]
        del model.holds[hold]
        await end_hold(world.node, person("whitfield"), hold)
    elif kind == "wait":
        world.at += timedelta(minutes=int(str(one)))
    elif kind == "clean":
        await clean(world.node)


async def _deliver(world: World, model: Model, reader: str, ago: int) -> None:
    model.sent += 1
    plate = f"{model.sent:03}{abs(hash(world.at)) % 10_000:04}"
    at = world.at - timedelta(seconds=10 + ago * 30)
    answer = await world.deliver(world.sent(plate, world.at - at), key=key_of(reader))
    goes = at + timedelta(minutes=model.kept[reader])
    assert answer.accepted == (goes > world.at), "a read past its time is never stored"
    model.stored += answer.accepted
    if answer.accepted:
        model.goes[plate], model.came[plate] = goes, (reader, at)


async def _hold(world: World, model: Model, plate: str, length: int) -> None:
    ends = world.at + timedelta(minutes=length)
    asked = HoldRequest(
        "investigation",
        "26-0117",
        "burglary series",
        ends,
        plate,
        seen_from=world.at - timedelta(days=10),
        seen_to=world.at,
    )
    made = await request_hold(world.node, person("alvarez"), asked)
    assert made.hold is not None
    model.frozen[str(made.hold.hold_id)] = (frozenset({plate}), world.at + FREEZE, ends)


@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@given(scripts)
async def test_no_sequence_keeps_a_read_past_its_time_or_destroys_a_held_one(
    past: Past, script: list[tuple[str, object, object]]
) -> None:
    await run(past.world, script)


async def run(past: World, script: list[tuple[str, object, object]]) -> None:
    model = Model()
    before = len(await receipts(past))
    await choose(past, Rule(OWNER, 60, "fast", frozenset({MINUTES})), Rule(OWNER, 600))
    for step in script:
        await do(past, model, step)
        model.pass_to(past.at)
        await purge(past.node)
        assert await present(past, "reads") == set(model.goes), step
        assert await present(past, "held_reads") == model.held, step
        assert set(model.goes) <= await dictionary(past), step
    past.at += timedelta(minutes=6000)
    past.at += timedelta(days=2)
    await purge(past.node)
    await clean(past.node)
    assert await present(past, "reads") == await present(past, "held_reads") == await dictionary(past) == set()
    destroyed = total([one for one in (await receipts(past))[before:] if one["owner"] == OWNER], "reads")
    assert destroyed == model.stored
