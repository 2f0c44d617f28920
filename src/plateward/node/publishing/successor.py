"""When the database is behind the ledger that others have seen: a successor ledger, which commits to the old one and says so.

A database restored from a backup has lost entries that were published. Going on under the same name would show two histories: a
fork. So the node ends the old ledger where others last saw it, and begins a new one under a name of its own (``…/2``), whose first
entry names the old one's last checkpoint and how much was lost. The old files stay public under ``before/``.

Everything here may be repeated after a crash: the file ``succession.json`` is the point from which there is no way back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import structlog

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.merkle import root_hash
from plateward.formats.checkpoint import SignedCheckpoint, parse_checkpoint, signed_by_log
from plateward.formats.tiles import hash_reader
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.publishing.files import Publisher
from plateward.oversight.witness import origin_hash
from plateward.store import events
from plateward.store.connection import Connection

log = structlog.get_logger()

BATCH = 16_384


@dataclass(frozen=True, slots=True)
class Lost:
    """What others saw (``seen``) and how many of its entries the database still has, unchanged, from the beginning on."""

    seen: SignedCheckpoint
    kept: int


async def settle(node: Node, publisher: Publisher) -> None:
    """Before anything is appended: begin a successor where the database is behind what others saw; finish one that was begun."""
    lost = await find_lost(node, publisher)
    if lost is not None:
        async with node.store.transaction() as tx:
            size = await events.size(tx)
        await asyncio.to_thread(publisher.succeed, lost.seen, lost.kept, size)
        log.error("ledger succeeded", origin=publisher.signer.name, lost=lost.seen.checkpoint.size - lost.kept)
    await asyncio.to_thread(publisher.settle)
    if publisher.succession is not None:
        async with node.store.transaction() as tx:
            if await events.size(tx) == publisher.base:
                await ledger.append(node, tx, _succeeded(node, publisher))


async def find_lost(node: Node, publisher: Publisher) -> Lost | None:
    """The largest checkpoint that was published or that a witness has, where the database does not continue it; else None."""
    out = await asyncio.to_thread(publisher.published)
    if out is not None and out.checkpoint.origin != publisher.signer.name:
        return None  # a succession that was begun: its files still have to be moved
    seen = [signed for signed in (out, *await _witnessed(publisher)) if signed is not None]
    if not seen:
        return None
    latest = max(seen, key=lambda signed: signed.checkpoint.size)
    async with node.store.transaction() as tx:
        kept = await _kept(tx, publisher, out.checkpoint.size if out else 0)
        size = await events.size(tx) - publisher.base
    if size >= latest.checkpoint.size and (out is None or kept == out.checkpoint.size):
        return None
    return Lost(latest, max(kept, 0))


async def continues(node: Node, publisher: Publisher, size: int) -> bool:
    """Whether the last of ``size`` published entries is the one that the database has at its place."""
    if size == 0:
        return True
    async with node.store.transaction() as tx:
        rows = await events.entries(tx, publisher.base + size - 1, publisher.base + size)
    leaf = await asyncio.to_thread(publisher.leaves, size - 1, size, size)
    return [row[2] for row in rows] == list(leaf)


async def _kept(tx: Connection, publisher: Publisher, published: int) -> int:
    """How many of the published entries the database has, unchanged, from the beginning on."""
    for first in range(0, published, BATCH):
        last = min(first + BATCH, published)
        rows = await events.entries(tx, publisher.base + first, publisher.base + last)
        leaves: Sequence[bytes] = await asyncio.to_thread(publisher.leaves, first, last, published)
        for index, leaf in enumerate(leaves):
            if index >= len(rows) or rows[index][0] != publisher.base + first + index or rows[index][2] != leaf:
                return first + index
    return published


async def _witnessed(publisher: Publisher) -> list[SignedCheckpoint | None]:
    """What each witness cosigned last of this ledger. One that does not answer, or shows nothing of ours, says nothing."""
    if not publisher.witnesses:
        return []
    path = f"{origin_hash(publisher.signer.name)}/checkpoint"
    async with publisher.connect() as client:
        return list(await asyncio.gather(*(_seen(publisher, client, w.url, path) for w in publisher.witnesses)))


async def _seen(publisher: Publisher, client: httpx.AsyncClient, url: str, path: str) -> SignedCheckpoint | None:
    try:
        response = await client.get(f"{url.rstrip('/')}/{path}")
        signed = parse_checkpoint(response.content) if response.status_code == 200 else None
        ours = signed is not None and signed.checkpoint.origin == publisher.signer.name
        return signed if ours and signed is not None and signed_by_log(signed, publisher.signer.key) else None
    except (httpx.HTTPError, BadInput):
        return None


def _succeeded(node: Node, publisher: Publisher) -> Event:
    """The first entry of the successor: which ledger it follows, from where, and what is missing."""
    succession = publisher.succession
    assert succession is not None
    before = parse_checkpoint(succession.checkpoint.encode()).checkpoint
    lost, between = before.size - succession.kept, succession.base - succession.predecessor_base - succession.kept
    sentence = f"The database was restored from a backup and lacks {lost:,} entries that were published."
    if between > 0:
        sentence += f" {between:,} entries written after the restore, before it was noticed, are in neither ledger."
    body: dict[str, JSON] = {
        "origin": before.origin, "size": before.size, "root": before.root.hex(), "restored_size": succession.kept,
        "checkpoint": succession.checkpoint, "sentence": sentence,
    }  # fmt: skip
    return Event(EventType.LEDGER_SUCCEEDED, node.now(), node.settings.agency, body)


def root_at(publisher: Publisher, size: int, published: int) -> bytes:
    """The root of the first ``size`` of ``published`` entries. Reads files."""
    return root_hash(size, hash_reader(published, publisher.read_tile))
