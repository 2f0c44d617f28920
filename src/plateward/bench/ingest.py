"""``bench ingest``: reads delivered over HTTP in batches, each acknowledged when durable, beside COPY of the same rows."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from itertools import islice

import httpx
import psycopg

from plateward.bench.figures import Figure
from plateward.bench.place import KEYS, empty_town
from plateward.core.read import Read
from plateward.demo.reads import generate_reads
from plateward.node.node import Node
from plateward.web.serve import serve

BATCH = 500


async def ingest(say: Callable[[str], None], reads: int = 50_000) -> list[Figure]:
    """Reads a second over HTTP, durable, and of COPY into the same table with and without a check for conflicts."""
    async with empty_town(say) as (node, town):
        sample = list(islice(generate_reads(town.seed, town.now, count=max(reads, 20_000)), reads))
        await node.partitions.ensure((43_200, read.read_at) for read in sample)
        say(f"{reads:,} reads over HTTP in batches of {BATCH} ...")
        bodies = [_body(sample[i : i + BATCH]) for i in range(0, reads, BATCH)]
        seconds, memory = await _over_http(node, bodies)
        say("the same rows with COPY ...")
        copy = await _copy(node, sample, conflict=False)
        checked = await _copy(node, sample, conflict=True)
    rate = reads / seconds
    return [
        Figure("reads over HTTP, durable", rate, "reads/s", reads / checked, "COPY with conflict check"),
        Figure("reads over HTTP, durable", rate, "reads/s", reads / copy, "bare COPY"),
        Figure("the node's own memory, peak", memory, "MB"),
    ]


def _body(reads: Sequence[Read]) -> bytes:
    items = [
        {
            "id": str(read.id), "plate": read.plate, "read_at": read.read_at.isoformat(), "confidence": read.confidence,
            "candidates": [list(candidate) for candidate in read.candidates], "lane": read.lane,
        }
        for read in reads
    ]  # fmt: skip
    return json.dumps({"reads": items}).encode()


async def _over_http(node: Node, bodies: Sequence[bytes]) -> tuple[float, float]:
    """Seconds for all deliveries by clients in another process, and the peak memory of this one in MB."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(node, "127.0.0.1", 0, ready.set_result))
    address = (await ready).replace("localhost", "127.0.0.1")
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[float | str] = context.Queue()
    clients = context.Process(target=_deliver_all, args=(address, list(bodies), queue))
    clients.start()
    try:
        seconds = await asyncio.to_thread(queue.get)
    finally:
        clients.join(30)
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)
    if isinstance(seconds, str):
        raise RuntimeError(seconds)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _deliver_all(address: str, bodies: list[bytes], queue: multiprocessing.Queue[float | str]) -> None:
    try:
        queue.put(asyncio.run(_deliver(address, bodies)))
    except Exception as error:
        queue.put(f"{type(error).__name__}: {error}")


async def _deliver(address: str, bodies: list[bytes]) -> float:
    waiting = list(reversed(bodies))

    async def client(session: httpx.AsyncClient, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        while waiting:
            body = waiting.pop()
            response = await session.post("/api/v1/reads", content=body, headers=headers)
            answer = response.raise_for_status().json()
            if answer["accepted"] != BATCH:
                raise RuntimeError(f"a batch was not accepted whole: {str(answer)[:200]}")

    async with httpx.AsyncClient(base_url=address, timeout=60) as session:
        begin = time.perf_counter()
        await asyncio.gather(*(client(session, key) for key in KEYS.values()))
        return time.perf_counter() - begin


async def _copy(node: Node, reads: Sequence[Read], *, conflict: bool) -> float:
    """Seconds to COPY the same rows in transactions of one batch into a table like ``reads``, synchronously durable."""
    async with node.store.transaction() as tx:
        await tx.execute("SELECT 1")
        dsn = tx.info.dsn
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("CREATE TEMPORARY TABLE incoming (LIKE plateward.reads INCLUDING DEFAULTS)")
        await connection.execute(
            "CREATE TEMPORARY TABLE target (LIKE plateward.reads INCLUDING DEFAULTS INCLUDING INDEXES)"
        )
        begin = time.perf_counter()
        for i in range(0, len(reads), BATCH):
            async with connection.transaction():
                cursor = connection.cursor()
                table = b"incoming" if conflict else b"target"
                async with cursor.copy(b"COPY " + table + b" (" + _COLUMNS + b") FROM STDIN") as copy:
                    for read in reads[i : i + BATCH]:
                        await copy.write_row(_row(read))
                if conflict:
                    await cursor.execute("INSERT INTO target SELECT * FROM incoming ON CONFLICT DO NOTHING")
                    await cursor.execute("TRUNCATE incoming")
        return time.perf_counter() - begin


_COLUMNS = b"read_id, read_at, received_at, agency_no, reader_no, keep_minutes, confidence, plate, digest"


def _row(read: Read) -> tuple[object, ...]:
    return (read.id, read.read_at, read.read_at, 1, 1, 43_200, round(read.confidence * 1000), read.plate, read.id.bytes)
