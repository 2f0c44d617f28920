"""Reads that the node itself brings in, many at a time: a restored archive, a demonstration. Pictures come another way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from plateward.core.errors import BadInput
from plateward.core.read import Read
from plateward.node.hotlists.matching import match
from plateward.node.keeping.retention import kept_minutes
from plateward.node.node import Node
from plateward.node.sending.feed_queue import queue
from plateward.store import readers
from plateward.store import reads as rows


async def load_reads(node: Node, reads: Sequence[Read], *, matched: bool = False) -> int:
    """Store ``reads`` (at least one) of known readers, of one owner or many. Returns how many were new. Durable when it returns.

    ``matched``: whether they meet hot lists, as reads that come in just now do; an archive has no news.

    Raises BadInput naming a reader that is not known or whose owner keeps nothing.
    """
    if node.settings.home:
        raise BadInput("a household's reads come from its cameras alone", where="reads")
    known = await _known(node, {read.reader for read in reads})
    minutes = {name: await kept_minutes(node, reader) for name, reader in known.items()}
    incoming = []
    for read in reads:
        reader = known[read.reader]
        digest = hashlib.sha256(read.id.bytes + read.plate.encode()).digest()
        incoming.append(rows.Incoming(read, reader.agency_no, reader.reader_no, minutes[read.reader], digest))
    await node.partitions.ensure((item.keep_minutes, item.read.read_at) for item in incoming)
    async with node.store.transaction(sorted({item.agency_no for item in incoming})) as tx:
        policy = await node.policy(tx) if matched else None
        await readers.seen(tx, sorted({item.reader_no for item in incoming}), max(read.read_at for read in reads))
        outcomes = await rows.add(tx, incoming, node.now())
        if policy is not None:
            fresh = [i.read for i, outcome in zip(incoming, outcomes, strict=True) if outcome is rows.Outcome.ACCEPTED]
            for owner in sorted({read.agency for read in fresh}):
                mine = [read for read in fresh if read.agency == owner]
                await match(node, tx, policy, owner, mine)
                await queue(node, tx, policy, owner, mine, minutes)
    return outcomes.count(rows.Outcome.ACCEPTED)


async def _known(node: Node, names: set[str]) -> Mapping[str, readers.StoredReader]:
    async with node.store.transaction() as tx:
        known = await readers.readers_by_id(tx, sorted(names))
    if missing := sorted(names - set(known)):
        raise BadInput(f"there is no reader {missing[0]!r}", where="reader")
    return known
