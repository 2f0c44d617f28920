"""Readers: which there are, how they do, and their keys. A key is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateward.core.canonical import JSON
from plateward.core.delivery import Keep
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.core.place import Position
from plateward.core.read import Reader
from plateward.node import ledger
from plateward.node.devices.changing import own_reader, require_own
from plateward.node.devices.delivery import terms
from plateward.node.node import Node
from plateward.store import reader_link
from plateward.store import readers as rows
from plateward.store.connection import Connection, limit_to
from plateward.store.reader_link import Health

MISSED, MISSED_WITH_HEARTBEAT = timedelta(hours=1), timedelta(minutes=5)
CLOCK_OFF_S, HOT_C, MANY_WAITING, LITTLE_DISK_MB = 60, 85, 1000, 200
"""From where on a heartbeat gives cause to look: seconds, degrees Celsius, reads, megabytes."""


@dataclass(frozen=True, slots=True)
class ReaderView:
    """A reader and how it does. ``reads_24h``: reads of the last 24 hours.

    ``silent_since``: when it was last heard, where that is too long ago. ``warnings``: what its heartbeat gives cause to
    look at. ``keep``: what it was told to keep of what it sees.
    """

    id: str
    name: str
    agency: str
    agency_name: str
    kind: str
    position: Position | None
    last_seen: datetime | None
    reads_24h: int
    status: str
    keep: str = "hits"
    silent_since: datetime | None = None
    warnings: tuple[str, ...] = ()
    health: Health | None = None
    heading_deg: int | None = None


@dataclass(frozen=True, slots=True)
class NewReader:
    """A reader with its key, which is never shown again."""

    reader: Reader
    key: str


async def list_readers(node: Node, person: Person) -> tuple[ReaderView, ...]:
    """The readers of the person's own agency; for whoever looks after readers, all of the node."""
    agency = None if person.may(Permission.READERS) else person.organisation
    async with node.store.transaction() as tx:
        return await _views(node, tx, await rows.readers(tx, agency))


async def one_reader(node: Node, person: Person, reader_id: str) -> ReaderView | None:
    """One reader that the person may see, or None."""
    async with node.store.transaction() as tx:
        stored = await rows.reader(tx, reader_id)
        if stored is None or (not person.may(Permission.READERS) and stored.reader.agency != person.organisation):
            return None
        return (await _views(node, tx, (stored,)))[0]


async def _views(node: Node, tx: Connection, every: Sequence[rows.StoredReader]) -> tuple[ReaderView, ...]:
    registry, now = (await node.policy(tx)).registry, node.now()
    numbers = sorted({stored.agency_no for stored in every})
    await limit_to(tx, numbers)
    counts = await rows.reads_since(tx, numbers, now - timedelta(hours=24))
    healths = await reader_link.health(tx, [stored.reader_no for stored in every])
    keeps = await reader_link.keeps(tx, [stored.reader_no for stored in every])
    views = []
    for stored in every:
        health, active = healths.get(stored.reader_no), stored.status is rows.ReaderStatus.ACTIVE
        views.append(
            ReaderView(
                stored.reader.id, stored.reader.name, stored.reader.agency, registry.called(stored.reader.agency),
                str(stored.reader.kind), stored.reader.position, stored.last_seen, counts.get(stored.reader_no, 0),
                str(stored.status), keeps.get(stored.reader_no, "hits"),
                silent_since(stored.last_seen, health, now) if active else None,
                warnings_of(health) if health and active else (), health, stored.reader.heading_deg,
            )
        )  # fmt: skip
    return tuple(views)


def silent_since(last_seen: datetime | None, health: Health | None, now: datetime) -> datetime | None:
    """When a reader was last heard, if it should have been heard since: one with a heartbeat is missed after five minutes."""
    heard = max((at for at in (last_seen, health.received_at if health else None) if at), default=None)
    if heard is None:
        return None
    return heard if now - heard > (MISSED_WITH_HEARTBEAT if health else MISSED) else None


def warnings_of(health: Health) -> tuple[str, ...]:
    """What a heartbeat gives cause to look at, in sentences."""
    told, spool = health.body, health.body["spool"]
    off = abs((health.at - health.received_at).total_seconds())
    found = [
        (told["clock"] == "never-set", "Its clock was never set: its reads wait until it is."),
        (told["clock"] == "unsynchronised", "Nothing sets its clock."),
        (off > CLOCK_OFF_S, f"Its clock is {off:,.0f} seconds off this node's."),
        (told["place"] == "lost", "It moves and does not know where it is, so it collects nothing."),
        ((told["temperature_c"] or 0) >= HOT_C, f"It has {told['temperature_c'] or 0:.0f} °C."),
        (told["hotlist"] == "none" and told["keep"] != "all", "It has no hot list, so it keeps nothing."),
        (told["hotlist"] == "stale", "Its hot list is too old, so it keeps nothing."),
        (spool["reads"] > MANY_WAITING, f"{spool['reads']:,} reads wait in its spool."),
        (spool["reads_dropped"] > 0, f"Its spool ran full: {spool['reads_dropped']:,} reads were lost, ever."),
        (spool["refused"] > 0, f"{spool['refused']:,} of its reads were refused here and lie on its disk."),
        ((told["disk_free_mb"] or 1e9) < LITTLE_DISK_MB, "Its disk is almost full."),
        *((c["state"] == "waiting", f"Camera {c['name']} gives no picture.") for c in told["cameras"]),
    ]
    return tuple(sentence for so, sentence in found if so)


async def add_reader(node: Node, person: Person, reader: Reader) -> NewReader:
    """Add a reader of the person's own agency. Raises BadInput when the id is taken or the agency is not theirs."""
    require_own(person, reader.agency)
    key = _key(node)
    async with node.store.transaction() as tx:
        await add(node, tx, reader, by=person.id, key=key)
    return NewReader(reader, key)


async def add(node: Node, tx: Connection, reader: Reader, *, by: str | None, key: str | None = None) -> None:
    """Add ``reader`` in ``tx``, with ``key`` or without one for now. Raises BadInput when the id is taken."""
    await rows.add_reader(tx, reader, key_hash=hashlib.sha256(key.encode()).digest() if key else None)
    body: dict[str, JSON] = {"reader": reader.id, "owner": reader.agency, "kind": str(reader.kind)}
    await ledger.append(
        node, tx, Event(EventType.READER_ADDED, node.now(), reader.agency, body | ({"by": by} if by else {}))
    )


async def new_key(node: Node, person: Person, reader_id: str) -> NewReader:
    """Give a reader a new key; the old one and its signing key stop working at once."""
    key = _key(node)
    digest = hashlib.sha256(key.encode())
    async with node.store.transaction() as tx:
        stored = await own_reader(tx, person, reader_id)
        await rows.set_key(tx, reader_id, digest.digest())
        await reader_link.set_public_key(tx, stored.reader_no, None)
        body: dict[str, JSON] = {"key": digest.hexdigest()[:12], "use": f"reader {reader_id}", "by": person.id}
        await ledger.append(node, tx, Event(EventType.KEY_MADE, node.now(), person.organisation, body))
    return NewReader(stored.reader, key)


async def change_keep(node: Node, person: Person, reader_id: str, keep: str) -> None:
    """Say what a reader is to keep of what it sees: hits, minutes:N, all. Raises BadInput."""
    wanted = Keep.parse(keep)
    if wanted.nothing:
        raise BadInput("pause the reader instead", where="keep")
    async with node.store.transaction() as tx:
        stored = await own_reader(tx, person, reader_id)
        most = (await terms(node, tx, stored)).most
        if wanted.at_most(most) != wanted:
            home = "at home a reader keeps the plates of your own list alone: write hits"
            why = home if node.settings.home else f"the retention in force permits {most} at most"
            raise BadInput(why, where="keep")
        await reader_link.set_keep(tx, stored.reader_no, str(wanted))
        body: dict[str, JSON] = {
            "reader": reader_id, "owner": stored.reader.agency, "fields": ["keep"], "by": person.id,
        }  # fmt: skip
        await ledger.append(node, tx, Event(EventType.READER_CHANGED, node.now(), person.organisation, body))


def _key(node: Node) -> str:
    return "pwr_" + urlsafe_b64encode(node.random(32)).rstrip(b"=").decode()
