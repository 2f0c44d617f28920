"""Kill -9 of PostgreSQL and of the node during ingest: every acknowledged read is there, none twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from plateward.store.connection import Database, Store
from plateward.store.embedded import OWNER_ROLE, EmbeddedServer
from plateward.store.migrate import migrate

NODE = """
import asyncio, itertools, sys
from pathlib import Path
from plateward.store.connection import Database, Store
from plateward.store.embedded import OWNER_ROLE, EmbeddedServer
from plateward.store.migrate import migrate
from tests.store.world import NOW, make_world
from datetime import timedelta

async def main():
    async with EmbeddedServer(Path(sys.argv[1])) as server:
        database = Database(server.dsn(), server.dsn(OWNER_ROLE))
        await migrate(database.owner)
        async with Store.open(database) as store:
            world = await make_world(store)
            print("server", server.pid, flush=True)
            async def write(of):
                for n in itertools.count():
                    batch = [world.read(f"{of.upper()}{n:05}X{i}", NOW - timedelta(seconds=n), of=of) for i in range(20)]
                    sent = [world.incoming(read) for read in batch]
                    outcomes = await world.add(*sent)
                    assert set(outcomes) == {"accepted"}, outcomes
                    print("\\n".join(f"ack {read.plate}" for read in batch), flush=True)
                    if n % 3 == 0:
                        assert set(await world.add(*sent)) == {"duplicate"}
            await asyncio.gather(write("a"), write("b"))
asyncio.run(main())
"""


def run_until(folder: Path, acknowledged: int) -> tuple[subprocess.Popen[str], int, list[str]]:
    root = Path(__file__).resolve().parents[2]
    node = subprocess.Popen(
        [sys.executable, "-c", NODE, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=root,
    )
    assert node.stdout is not None
    pid, lines = 0, []
    for line in node.stdout:
        if line.startswith("server"):
            pid = int(line.split()[1])
        else:
            lines.append(line)
        if len(lines) >= acknowledged:
            break
    return node, pid, lines


@pytest.mark.parametrize("victim", ["postgres", "node"])
async def test_no_acknowledged_read_is_lost_and_none_is_there_twice(folder_for_server: Path, victim: str) -> None:
    node, pid, lines = await asyncio.to_thread(run_until, folder_for_server, 400)
    with node:
        assert node.stdout is not None
        os.kill(pid if victim == "postgres" else node.pid, signal.SIGKILL)
        # A killed PostgreSQL is started again, and a node that was between two deliveries goes on: end it as well.
        asyncio.get_running_loop().call_later(2, node.kill)
        lines += [line for line in await asyncio.to_thread(node.stdout.readlines) if line.endswith("\n")]
    acknowledged = [line.split()[1] for line in lines]
    assert len(acknowledged) >= 400
    async with EmbeddedServer(folder_for_server) as server:
        assert server.pid != pid
        database = Database(server.dsn(), server.dsn(OWNER_ROLE))
        assert await migrate(database.owner) == ()
        async with Store.open(database) as store, store.transaction([1, 2]) as tx:
            rows = await (await tx.execute("SELECT plate, read_id FROM reads")).fetchall()
            known = {row[0] for row in await (await tx.execute("SELECT plate FROM plate_dictionary")).fetchall()}
    stored = Counter(plate for plate, _ in rows)
    assert set(acknowledged) <= set(stored)
    assert max(stored.values()) == 1 and len({read_id for _, read_id in rows}) == len(rows)
    assert set(stored) == known, "a read and its plate in the dictionary are one act"
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
