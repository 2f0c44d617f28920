"""The plates that a reader may know of, so that it keeps nothing but hits: those of its own agency's lists marked for the edge.

A reader in the street can be stolen. It gets no reason, case or name: by default salted hashes of look-alike classes, which say
whether a plate *may* be wanted, and no longer than the lists are current. The node decides again when the read arrives.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plateward.node.hotlists.matching import Granted, age_limit, grants
from plateward.node.ingest import UnknownReader, at_work
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store import readers

HASH_BYTES = 8
"""Of each hash: with a million entries one other plate in ten million million fits by chance."""

FORMS = ("hashed", "plain")


@dataclass(frozen=True, slots=True)
class EdgeList:
    """What a reader gets. ``valid_until``: it forgets the list then. ``hashes``: base64 of all hashes in order, 8 bytes each;
    ``salt``: hex; ``plates``: instead of hashes, where plain ones were asked for. ``etag`` changes when anything else does.
    """

    reader: str
    form: str
    etag: str
    valid_until: datetime | None
    count: int
    salt: str
    hashes: str
    plates: tuple[str, ...]


async def edge_list(
    node: Node, key: str, form: str = "hashed", known: str | None = None
) -> EdgeList | UnknownReader | None:
    """The list for the reader whose key this is; None where it has the one called ``known`` already."""
    async with node.store.transaction() as tx:
        reader = at_work(await readers.reader_by_key(tx, hashlib.sha256(key.encode()).digest()))
        if isinstance(reader, UnknownReader):
            return reader
        owner = reader.reader.agency
        policy = await node.policy(tx)
        own = [one for one in await rows.of_agency(tx, owner) if one.edge]
        granted = grants(node, policy, owner, own, node.now())
        until = min((one.list.as_of + age_limit(node, policy, one.list) for one in granted), default=None)
        etag = _etag(granted, form, until)
        if known == etag:
            return None
        await rows.show_lists(tx, [one.list.list_no for one in granted])
        found: set[tuple[str, str]] = set()
        for one in granted:
            found.update(await rows.edge_plates(tx, [one.list.list_no], sorted(one.kinds), node.now()))
    if form == "plain":
        plates = tuple(sorted({plate for _, plate in found}))
        return EdgeList(reader.reader.id, form, etag, until, len(plates), "", "", plates)
    salt = hmac.digest(key.encode(), f"edge\0{etag}".encode(), "sha256")[:16]
    hashes = sorted({edge_hash(salt, group) for group, _ in found})
    return EdgeList(
        reader.reader.id, form, etag, until, len(hashes), salt.hex(), b64encode(b"".join(hashes)).decode(), ()
    )


def edge_hash(salt: bytes, look_alike_class: str) -> bytes:
    """What stands for a look-alike class (``core.plate.look_alike``) on a reader."""
    return hashlib.sha256(salt + look_alike_class.encode()).digest()[:HASH_BYTES]


def sign(key: str, body: bytes) -> str:
    """The signature of a list for the reader with ``key``: HMAC-SHA256 in hex, which the reader checks with its own key."""
    return hmac.new(key.encode(), b"plateward edge list\0" + body, "sha256").hexdigest()


def _etag(granted: Sequence[Granted], form: str, until: datetime | None) -> str:
    parts = [f"{one.list.list_no}.{one.list.generation}.{','.join(sorted(one.kinds))}" for one in granted]
    return hashlib.sha256("|".join([form, str(until), *parts]).encode()).hexdigest()[:32]
