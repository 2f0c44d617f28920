"""Importing: reads from files, brought in by a person who looks after readers. A reader that is not known yet is added."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import msgspec

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.ids import derived_uuid7, instant_of
from plateward.core.people import Permission, Person
from plateward.core.read import Reader
from plateward.formats.reads import Batch, Item, Rejected
from plateward.node import ledger
from plateward.node.devices import readers
from plateward.node.ingest import IngestAnswer, take
from plateward.node.node import Node
from plateward.node.sealing import id_key
from plateward.store import readers as rows


async def import_reads(node: Node, person: Person, batch: Batch, agency: str | None = None) -> IngestAnswer:
    """Take a batch whose items name their readers, as reads of the person's own agency.

    Whoever imports made the ids from what the file says, so that a file imported twice adds nothing; each is made anew here, by the
    node's key (``core.ids.derived_uuid7`` says why).
    """
    owner = agency or person.organisation
    if not person.may(Permission.READERS) or owner != person.organisation:
        raise BadInput("an ALPR administrator of the agency imports its reads", where="agency")
    batch = replace(batch, items=_under_key(batch.items, await asyncio.to_thread(id_key, node.settings.data)))
    nameless = [
        Rejected(index, "reader", "name the reader it came from") for index, item in batch.items if not item.reader
    ]
    named = sorted(((index, item) for index, item in batch.items if item.reader), key=lambda pair: pair[1].reader or "")
    total = IngestAnswer(rejected=(*batch.rejected, *nameless))
    known = await _known(node, person, owner, sorted({item.reader for _, item in named if item.reader}))
    for name, items in groupby(named, key=lambda pair: pair[1].reader or ""):
        total = _added(total, await take(node, known[name], list(items)))
    await _record(node, person, owner, batch.items, total)
    return total


def _under_key(items: Sequence[tuple[int, Item]], key: bytes) -> tuple[tuple[int, Item], ...]:
    """``items`` with ids of their own; what one says of another's id follows. An id that is none stays, to be rejected."""
    new = {
        item.id: derived_uuid7(instant_of(item.id), "import", str(item.id), key=key)
        for _, item in items
        if item.id.version == 7
    }
    return tuple(
        (
            index,
            msgspec.structs.replace(
                item, id=new.get(item.id, item.id), corrects=item.corrects and new.get(item.corrects, item.corrects)
            ),
        )
        for index, item in items
    )


async def _known(node: Node, person: Person, owner: str, names: Sequence[str]) -> Mapping[str, rows.StoredReader]:
    """The readers of these names, each added where it is new. Raises BadInput when one belongs to somebody else."""
    async with node.store.transaction() as tx:
        known = await rows.readers_by_id(tx, names)
        for name in names:
            if name not in known:
                await readers.add(node, tx, Reader(name, owner, name), by=person.id)
    async with node.store.transaction() as tx:
        known = await rows.readers_by_id(tx, names)
    for name, stored in known.items():
        if stored.reader.agency != owner:
            raise BadInput(f"reader {name!r} belongs to another agency", where="reader")
    return known


async def _record(
    node: Node, person: Person, owner: str, items: Sequence[tuple[int, Item]], total: IngestAnswer
) -> None:
    digest = hashlib.sha256(b"".join(item.id.bytes for _, item in items)).hexdigest()
    body: dict[str, JSON] = {
        "owner": owner, "format": "batch", "digest": digest, "accepted": total.accepted, "duplicates": total.duplicates,
        "rejected": len(total.rejected), "by": person.id,
    }  # fmt: skip
    async with node.store.transaction() as tx:
        await ledger.append(node, tx, Event(EventType.READS_IMPORTED, node.now(), person.organisation, body))


def _added(total: IngestAnswer, more: IngestAnswer) -> IngestAnswer:
    return IngestAnswer(
        total.accepted + more.accepted,
        total.duplicates + more.duplicates,
        total.expired + more.expired,
        total.quarantined + more.quarantined,
        tuple(sorted((*total.rejected, *more.rejected), key=lambda rejected: rejected.index)),
    )
