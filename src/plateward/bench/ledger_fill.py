"""A long ledger for the bench: real sealed entries with their bodies and access records, copied in bulk as a restore would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

from plateward.core.canonical import JSON
from plateward.core.event import SALT_BYTES, Event, EventType, Sealed, seal
from plateward.core.people import Person
from plateward.node.node import Node
from plateward.store import events
from plateward.store.connection import Connection

BATCH = 20_000
_REASONS = ("stolen-vehicle", "property-crime", "violent-crime", "missing-person", "traffic-crime")
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def search_event(rng: Random, person: Person, at: datetime) -> Event:
    """An access record of the usual length, with a plate, a case and a number of reads that ``rng`` chooses."""
    plate = f"{rng.randint(1, 9)}{''.join(rng.choices(_LETTERS, k=3))}{rng.randint(0, 999):03d}"
    owner: dict[str, JSON] = {
        "agency": "us-ca-port-alder-pd", "allowed": True, "promises": [], "shares": ["ridgeport-port-alder"], "chain": [],
        "why": "Ridgeport Police shares with Port Alder Police until 2027-01-11.", "help": "", "rows": 3,
    }  # fmt: skip
    body: dict[str, JSON] = {
        "person": person.id, "name": person.name, "organisation": person.organisation, "employer": person.employer,
        "assignments": [], "query": {"plate": plate, "likeness": "exact"}, "reason": rng.choice(_REASONS),
        "words": "burglary series", "case": f"26-{rng.randint(0, 99_999):05d}", "owners": [owner], "allowed": True,
        "rows": rng.randint(0, 40), "epoch": 1,
    }  # fmt: skip
    return Event(EventType.ACCESS_SEARCH, at, person.organisation, body)


async def fill(node: Node, people: tuple[Person, ...], entries: int, say: Callable[[str], None]) -> None:
    """Append ``entries`` access records by ``people``, in their turn, with everything that an act's own record has."""
    rng, begin = Random(4), time.perf_counter()
    for done in range(0, entries, BATCH):
        count = min(BATCH, entries - done)
        made = []
        for number in range(count):
            event = search_event(rng, people[(done + number) % len(people)], node.now())
            made.append((event, seal(event, node.random(SALT_BYTES))))
        async with node.store.transaction(timeout_s=600) as tx:
            await _copy(tx, made)
        if (done + count) % (5 * BATCH) == 0:
            rate = (done + count) / (time.perf_counter() - begin)
            say(f"{done + count:,} of {entries:,} entries, {rate:,.0f} a second")


async def _copy(tx: Connection, made: list[tuple[Event, Sealed]]) -> None:
    cursor = await tx.execute("UPDATE ledger_head SET size = size + %s RETURNING size - %s", (len(made), len(made)))
    row = await cursor.fetchone()
    assert row is not None
    pairs = [events.columns(event, sealed) for event, sealed in made]
    await _into(tx, "events", ({"seq": row[0] + place} | values for place, (values, _) in enumerate(pairs)))
    await _into(
        tx, "access",
        (
            {"seq": row[0] + place, "at": values["at"], "act": values["type"]} | access
            for place, (values, access) in enumerate(pairs)
            if access is not None
        ),
    )  # fmt: skip


async def _into(tx: Connection, table: str, rows: Iterator[dict[str, object]]) -> None:
    first = next(rows)
    async with tx.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(first)}) FROM STDIN".encode()) as copy:
        await copy.write_row(tuple(first.values()))
        for row in rows:
            await copy.write_row(tuple(row.values()))
