"""A node whose readers are kept for three minutes, 21 and 30 days, a clock that tests move; and a search for bytes on the disk."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from plateward.core.event import EventType, fields_of
from plateward.core.retention import Rule
from plateward.node.keeping import retention
from plateward.node.keeping.retention import plan_within
from plateward.node.sharing.change import change_of_policy
from plateward.store import events
from plateward.store import retention as rows
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from plateward.store.migrate import migrate
from tests.node.world import World, begin
from tests.postgres import database_on, make_folder

OWNER = "us-ca-ridgeport-pd"
MINUTES, WEEKS, MONTH = "rpd-harbor-5th-n", "rpd-main-10th-s", "rpd-main-10th-n"
THREE_MINUTES, THREE_WEEKS, A_MONTH = 3, 21 * 1440, 30 * 1440
DAY = timedelta(days=1)


def owner_of(store: Store, postgres: EmbeddedServer) -> str:
    """The address of a test's database for its owner."""
    name = psycopg.conninfo.conninfo_to_dict(store._pool.conninfo)["dbname"]
    return database_on(postgres, str(name)).owner


def key_of(reader: str) -> str:
    return "a reader's key" if reader == MINUTES else f"key of {reader}"


async def choose(world: World, *rules: Rule) -> None:
    """Put rules into force without asking anybody, as if two people had."""
    async with change_of_policy(world.node) as change:
        for rule in rules:
            await rows.set_rule(change.tx, rule, by="operator", at=change.now)
        plan = await plan_within(change)
        await retention._tell_effective(world.node, change.tx, plan, change.tell, {"proposed_by": "operator"})


async def three_classes(world: World) -> None:
    """Three readers of one owner, each in a group of its own."""
    await choose(
        world,
        Rule(OWNER, THREE_MINUTES, "minutes", frozenset({MINUTES})),
        Rule(OWNER, THREE_WEEKS, "weeks", frozenset({WEEKS})),
        Rule(OWNER, A_MONTH),
    )


async def kept_plates(world: World) -> set[str]:
    """What stands in the table of reads, whatever a search would show of it."""
    async with world.node.store.transaction() as tx:
        numbers = await world.node.agency_numbers(tx, [OWNER])
    async with world.node.store.transaction(list(numbers.values())) as tx:
        return {row[0] for row in await (await tx.execute("SELECT plate FROM reads")).fetchall()}


async def dictionary(world: World) -> set[str]:
    async with world.node.store.transaction() as tx:
        return {row[0] for row in await (await tx.execute("SELECT plate FROM plate_dictionary")).fetchall()}


async def receipts(world: World) -> list[dict[str, object]]:
    """Every receipt of this node, the oldest first."""
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(EventType.PURGE_DONE)], limit=10_000)
    return [dict(fields_of(bytes(event.body))) for event in reversed(found) if event.body is not None]


async def told(world: World, kind: EventType) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(kind)], limit=1000)
    return [dict(fields_of(bytes(event.body))) for event in reversed(found) if event.body is not None]


def total(found: Iterable[dict[str, object]], name: str) -> int:
    return sum(int(str(receipt[name])) for receipt in found)


@asynccontextmanager
async def durable_world(ago: timedelta) -> AsyncIterator[tuple[World, Path]]:
    """A node on a server of its own as an agency runs it (no test's shortcuts), its clock ``ago`` before now."""
    folder = make_folder()
    try:
        async with EmbeddedServer(folder / "postgres") as server:
            database = database_on(server, "plateward")
            await migrate(database.owner)
            async with Store.open(database, connections=6, timeout_s=60) as store:
                world = await begin(store, folder, now=datetime.now(UTC) - ago)
                yield world, folder
    finally:
        await asyncio.to_thread(_remove, folder)


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def found_in(folder: Path, *texts: str) -> dict[str, list[str]]:
    """Which files below ``folder`` hold each text, packed ones looked into."""
    found: dict[str, list[str]] = {text: [] for text in texts}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                data = path.read_bytes()
            except FileNotFoundError:  # the server removed it meanwhile
                continue
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            for text in texts:
                if text.encode() in data or text[::-1].encode() in data:
                    found[text].append(str(path.relative_to(folder)))
    return found
