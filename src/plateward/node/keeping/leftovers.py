"""What was written for something that came to nothing: pictures of deliveries that failed, half-written files, keys nobody used.

A picture is on the disk before the transaction that tells of it, so a crash in between, or an answer that never came, leaves a file
that no row names. It cannot be opened once its key's day is over; here it goes long before. Each round looks through a part of the
pictures, and the next goes on where it ended. Left alone is what is so young that its transaction may still be under way, and what
is older than the database: a node that was pointed at another database must not take everything for left over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from plateward.node.devices import camera_spool
from plateward.node.node import Node
from plateward.node.publishing.files import FOLDER as LEDGER
from plateward.node.sealing import Between
from plateward.node.vault import FOLDERS, half_written
from plateward.store import holds, pictures
from plateward.store import retention as rows
from plateward.store.connection import limit_to

log = structlog.get_logger()

SAFE = timedelta(hours=1)
"""No delivery, hold or hit takes this long from its file to its row."""

MOST = 2_000
"""A round looks at the next folders of pictures until it has seen so many."""

_AT_ONCE = 1_000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a round removed: ``pictures`` that no row names, ``parts`` of files, ``keys`` that opened nothing."""

    pictures: int = 0
    parts: int = 0
    keys: int = 0


async def sweep(node: Node, now: datetime) -> Swept:
    """Look through the next part of the pictures; where that was the last, through parts of files and keys too."""
    when, found, whole = await _settled(node, now), 0, False
    while found < MOST and not whole:
        refs = await asyncio.to_thread(node.vault.written, node.swept, when)
        found += len(refs)
        for first in range(0, len(refs), _AT_ONCE):
            async with node.store.transaction() as tx:
                await pictures.note_leftovers(tx, refs[first : first + _AT_ONCE])
        node.swept = (node.swept + 1) % FOLDERS
        whole = node.swept == 0
    gone = await _remove_noted(node)
    if not whole:
        return Swept(gone)
    return Swept(gone, await asyncio.to_thread(_remove_parts, node, now), await destroy_unused_keys(node, now))


async def destroy_unused_keys(node: Node, now: datetime) -> int:
    """Destroy the keys that no picture needs any more and that sealed nothing lately. Returns how many."""
    async with node.store.transaction() as tx:
        used = await rows.buckets_in_use(tx)
    return await asyncio.to_thread(node.vault.keys.destroy_unused, used, await _settled(node, now))


async def _settled(node: Node, now: datetime) -> Between:
    """When that was written which belongs to this database, and whose transactions are over."""
    async with node.store.transaction() as tx:
        return Between(await pictures.database_made_at(tx), now - SAFE)


async def sweep_held(node: Node, now: datetime) -> None:
    """Remove held pictures whose reads are gone. Those that no hold names yet may belong to a request that is still under way."""
    held, when = node.vault.held, await _settled(node, now)
    every, settled = await asyncio.to_thread(lambda: (held.holds(), held.holds(when)))
    for one in every:
        async with node.store.transaction() as tx:
            hold = await holds.hold(tx, one)
            if hold is not None and hold.living:
                await limit_to(tx, list((await node.agency_numbers(tx, [hold.owner])).values()))
                await asyncio.to_thread(held.keep, one, await holds.picture_names(tx, one))
        if one in settled if hold is None else not hold.living:
            await asyncio.to_thread(held.destroy, one)


async def _remove_noted(node: Node) -> int:
    """Remove noted files, then their notes, which counts them: a crash in between leaves the notes to the next round."""
    gone = 0
    while True:
        async with node.store.transaction() as tx:
            noted = await pictures.leftovers(tx, most=_AT_ONCE)
        if not noted:
            return gone
        for ref in noted:
            await asyncio.to_thread(node.vault.remove, ref)
        async with node.store.transaction() as tx:
            gone += await pictures.forget_leftovers(tx, noted)


def _remove_parts(node: Node, now: datetime) -> int:
    parts = half_written(_written_to(node.settings.data), Between(_EVER, now - SAFE))
    for path in parts:
        path.unlink(missing_ok=True)
    if parts:
        log.info("removed what a crash left half written", files=len(parts))
    return len(parts)


def _written_to(data: Path) -> Iterator[Path]:
    """Every folder in which the node writes a file beside the one that it becomes."""
    return (data / name for name in ("pictures", "held", "keys", camera_spool.FOLDER, LEDGER))
