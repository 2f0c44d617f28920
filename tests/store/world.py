"""A small world for the tests of the store: two agencies with readers, and reads made by hand."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from plateward.core.ids import uuid7
from plateward.core.place import Position
from plateward.core.read import Read, Reader
from plateward.store import readers, reads
from plateward.store.connection import Store
from plateward.store.partitions import Partitions
from plateward.store.reads import Incoming, Outcome

KEEP = 43_200
NOW = datetime.now(UTC).replace(microsecond=0)
CENTER = Position(33.12, -117.28)


@dataclass
class World:
    """Two owners, A and B, with a reader each."""

    store: Store
    a: int
    b: int
    reader_a: int
    reader_b: int

    def read(self, plate: str, at: datetime | None = None, *, of: str = "a", **more: object) -> Read:
        at = at or NOW - timedelta(minutes=1)
        values: dict[str, object] = {"position": CENTER, "confidence": 0.9, **more}
        return Read(
            id=uuid7(at, secrets.token_bytes(10)),
            plate=plate,
            read_at=at,
            reader=f"r-{of}",
            agency=f"agency-{of}",
            **values,
        )  # type: ignore[arg-type]

    def incoming(self, read: Read, *, keep: int = KEEP, digest: bytes | None = None) -> Incoming:
        of_a = read.agency == "agency-a"
        numbers = (self.a, self.reader_a) if of_a else (self.b, self.reader_b)
        return Incoming(read, *numbers, keep, digest or hashlib.sha256(repr(read).encode()).digest()[:16])

    async def add(self, *items: Read | Incoming, keep: int = KEEP) -> tuple[Outcome, ...]:
        """Store reads as ingest does: partitions first, then one transaction for their owners."""
        sent = [item if isinstance(item, Incoming) else self.incoming(item, keep=keep) for item in items]
        return await store_all(self.store, sent)

    @property
    def everybody(self) -> tuple[tuple[int, None], ...]:
        return ((self.a, None), (self.b, None))


async def store_all(store: Store, sent: Sequence[Incoming]) -> tuple[Outcome, ...]:
    await Partitions(store).ensure((item.keep_minutes, item.read.read_at) for item in sent)
    async with store.transaction(sorted({item.agency_no for item in sent})) as tx:
        await readers.seen(tx, sorted({item.reader_no for item in sent}), NOW)
        return await reads.add(tx, sent, NOW)


async def make_world(store: Store) -> World:
    async with store.transaction() as tx:
        reader_a = await readers.add_reader(tx, Reader("r-a", "agency-a", "Main & 1st", position=CENTER))
        reader_b = await readers.add_reader(tx, Reader("r-b", "agency-b", "Car 7"))
        numbers = await readers.agency_numbers(tx, ["agency-a", "agency-b"])
    return World(store, numbers["agency-a"], numbers["agency-b"], reader_a, reader_b)
