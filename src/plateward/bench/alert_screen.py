"""How soon an alert stands on a screen: from the moment a reader sends a read over HTTP to the moment the page's stream brings it.

Readers and screen run in a process of their own, as they do in the field, over real connections; both ends of the time are taken
there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import httpx

from plateward.bench.figures import Figure, quantile
from plateward.bench.place import KEYS
from plateward.core.ids import uuid7
from plateward.demo.people import person
from plateward.node.alerting.bell import listen
from plateward.node.node import Node
from plateward.node.people.sessions import issue_token
from plateward.store import alerts as rows
from plateward.web.serve import serve

BEATS = 20
"""Deliveries a second, of all readers together."""

GRACE_S = 20.0
"""So long after the last delivery the screen waits for what is still to come."""


@dataclass(frozen=True, slots=True)
class _Beat:
    """One delivery: which reader sends it, its body, and the read in it that is wanted."""

    reader: str
    body: bytes
    hit: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the other process does."""

    address: str
    token: str
    keys: dict[str, str]
    beats: tuple[_Beat, ...]


async def to_screen(
    node: Node, readers: Sequence[str], wanted: Sequence[str], plates: Sequence[str], rate: int, seconds: int, rng: Random
) -> list[Figure]:  # fmt: skip
    """Milliseconds from sending a read to its alert in the stream, at ``rate`` reads/s; one read of each delivery is wanted.

    ``plates``: those that pass and are not wanted.
    """
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    tasks = [
        asyncio.create_task(serve(node, "127.0.0.1", 0, ready.set_result)),
        asyncio.create_task(listen(node.store, node.bell, (rows.CHANNEL,))),
    ]
    try:
        address = (await ready).replace("localhost", "127.0.0.1")
        passing = rng.sample(wanted, seconds * BEATS)  # each wanted plate once: two reads of one would be one pass
        beats = tuple(
            _beat(node, readers[number % len(readers)], hit, plates, rate // BEATS, rng)
            for number, hit in enumerate(passing)
        )
        token = await issue_token(node, person("alvarez"), "bench")
        plan = _Plan(address, token, {name: KEYS[name] for name in readers}, beats)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
            late, took = await asyncio.get_running_loop().run_in_executor(other, _play, plan)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    name = f"read to screen at {rate:,} reads/s"
    note = f"{len(late)} of {len(beats)} alerts seen; {rate * seconds / took:,.0f} reads/s taken"
    return [
        Figure(f"{name}, {label}", quantile(late, share), "ms", note=note)
        for label, share in (("p50", 0.5), ("p99", 0.99))
    ]


def _beat(node: Node, reader: str, wanted: str, plates: Sequence[str], count: int, rng: Random) -> _Beat:
    at = node.now() - timedelta(seconds=2)
    hit = str(uuid7(at, rng.randbytes(10)))
    items = [{"id": hit, "plate": wanted, "read_at": at.isoformat(), "confidence": 0.93, "region": "US-CA"}]
    items += [
        {"id": str(uuid7(at, rng.randbytes(10))), "plate": rng.choice(plates), "read_at": at.isoformat(), "confidence": 0.9}
        for _ in range(count - 1)
    ]  # fmt: skip
    return _Beat(reader, json.dumps({"reads": items}).encode(), hit)


def _play(plan: _Plan) -> tuple[list[float], float]:
    """In the other process: deliver, watch, and give the milliseconds of each alert and the seconds of all deliveries."""
    return asyncio.run(_deliver_and_watch(plan))


async def _deliver_and_watch(plan: _Plan) -> tuple[list[float], float]:
    seen: dict[str, float] = {}
    sent: dict[str, float] = {}
    async with httpx.AsyncClient(base_url=plan.address, timeout=120) as client:
        # As a page does: the list first, then the stream from the change that the list ended with.
        listed = await client.get("/api/v1/alerts", headers={"Authorization": f"Bearer {plan.token}"})
        watching = asyncio.create_task(_watch(client, plan.token, listed.raise_for_status().json()["head"], seen))
        await asyncio.sleep(1.0)
        queues: dict[str, asyncio.Queue[_Beat | None]] = {name: asyncio.Queue() for name in plan.keys}
        workers = [asyncio.create_task(_reader(client, plan.keys[name], queue)) for name, queue in queues.items()]
        begin = time.perf_counter()
        for number, beat in enumerate(plan.beats):
            due = begin + number / BEATS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sent[beat.hit] = due
            queues[beat.reader].put_nowait(beat)
        for queue in queues.values():
            queue.put_nowait(None)
        await asyncio.gather(*workers)
        took = time.perf_counter() - begin
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                while len(seen) < len(sent):  # noqa: ASYNC110 - a measurement, not a wait for one thing
                    await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return [(seen[hit] - at) * 1000 for hit, at in sent.items() if hit in seen], took


async def _reader(client: httpx.AsyncClient, key: str, queue: asyncio.Queue[_Beat | None]) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    while (beat := await queue.get()) is not None:
        (await client.post("/api/v1/reads", content=beat.body, headers=headers)).raise_for_status()


async def _watch(client: httpx.AsyncClient, token: str, head: int, seen: dict[str, float]) -> None:
    """Note when each read's alert arrives in the stream that a screen reads."""
    async with client.stream(
        "GET", "/api/v1/alerts/stream", params={"after": head}, headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                seen.setdefault(json.loads(line[6:])["read"], time.perf_counter())
