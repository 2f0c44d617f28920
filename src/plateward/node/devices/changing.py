"""Changing a reader: what it is called and where it stands; pausing it, letting it go on, and taking it out of service.

Reads carry the place where they were made, so a reader that moves changes no read of the past. A paused reader is told to keep
nothing and may still say how it does; nothing else is taken from it. A retired one loses its keys for good, and its id is never
given again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.core.read import Reader
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import reader_link
from plateward.store import readers as rows
from plateward.store.connection import Connection
from plateward.store.readers import ReaderStatus, StoredReader

__all__ = ["ReaderStatus", "change", "own_reader", "require_own", "retire", "set_status"]

CHANGEABLE = ("name", "position", "heading_deg")


async def change(node: Node, person: Person, reader_id: str, changed: Callable[[Reader], Reader]) -> None:
    """Make a reader what ``changed`` makes of it. Raises BadInput.

    Its id, agency and kind never change: a reader that is put into a vehicle is another one.
    """
    async with node.store.transaction() as tx:
        stored = await own_reader(tx, person, reader_id)
        now = changed(stored.reader)
        fields = [name for name in CHANGEABLE if getattr(now, name) != getattr(stored.reader, name)]
        if fields:
            wanted = replace(stored.reader, **{name: getattr(now, name) for name in fields})
            await rows.change_reader(tx, wanted, status=stored.status)
            await _tell(node, tx, person, EventType.READER_CHANGED, stored, fields)


async def set_status(node: Node, person: Person, reader_id: str, status: ReaderStatus) -> None:
    """Pause a reader, or let it go on; as it is already changes nothing. Raises BadInput; retiring is ``retire``."""
    if status is ReaderStatus.RETIRED:
        raise ValueError("retire() takes the keys too")
    async with node.store.transaction() as tx:
        stored = await own_reader(tx, person, reader_id)
        if stored.status is not status:
            await rows.change_reader(tx, stored.reader, status=status)
            await _tell(node, tx, person, EventType.READER_CHANGED, stored, ["status"])


async def retire(node: Node, person: Person, reader_id: str) -> None:
    """Take a reader out of service for good, with its keys; its reads stay for their time. Raises BadInput."""
    async with node.store.transaction() as tx:
        stored = await own_reader(tx, person, reader_id)
        await rows.change_reader(tx, stored.reader, status=ReaderStatus.RETIRED)
        await rows.set_key(tx, reader_id, None)
        await reader_link.set_public_key(tx, stored.reader_no, None)
        await _tell(node, tx, person, EventType.READER_RETIRED, stored)


async def own_reader(tx: Connection, person: Person, reader_id: str) -> StoredReader:
    """A reader that ``person`` looks after and that is in service. Raises BadInput."""
    stored = await rows.reader(tx, reader_id)
    if stored is None:
        raise BadInput(f"there is no reader {reader_id!r}", where="reader")
    require_own(person, stored.reader.agency)
    if stored.status is ReaderStatus.RETIRED:
        raise BadInput(f"{reader_id} was retired; add another reader", where="reader")
    return stored


def require_own(person: Person, agency: str) -> None:
    """Raise BadInput unless ``person`` looks after the readers of ``agency``."""
    if not person.may(Permission.READERS) or agency != person.organisation:
        raise BadInput("an ALPR administrator of the agency looks after its readers", where="agency")


async def _tell(
    node: Node, tx: Connection, person: Person, kind: EventType, stored: StoredReader, fields: list[str] | None = None
) -> None:
    body: dict[str, JSON] = {"reader": stored.reader.id, "owner": stored.reader.agency, "by": person.id}
    if fields is not None:
        body["fields"] = list(fields)
    await ledger.append(node, tx, Event(kind, node.now(), person.organisation, body))
