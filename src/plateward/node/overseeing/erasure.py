"""Erasing bodies of events before their time, as a court or a law may ask: one person asks, a second decides, and the ledger names
every entry whose body is gone. The entries themselves stay: the log is whole, and a verifier finds each early erasure announced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.overseeing.audit import require_auditor
from plateward.store import audit as rows
from plateward.store.audit import Erasure
from plateward.store.connection import Connection

__all__ = ["Erasure", "decide_erasure", "erasures", "request_erasure"]

MOST = 500
_NEVER = ("ledger.", "erasure.")
"""Types whose bodies say where the ledger begins and what was erased: without them nobody could check it."""


async def request_erasure(node: Node, person: Person, indexes: Sequence[int], basis: str) -> Erasure:
    """Ask to erase the bodies of entries of one's agency. Raises BadInput naming the first that cannot be erased."""
    person = await require_auditor(node, person)
    wanted = tuple(sorted(set(indexes)))
    if not 1 <= len(wanted) <= MOST:
        raise BadInput(f"name 1 to {MOST} entries", where="entries")
    if len(basis.strip()) < 10:
        raise BadInput("name the law or order it rests on", where="basis")
    now = node.now()
    erasure = Erasure(uuid7(now, node.random(10)), person.organisation, wanted, basis.strip()[:500], person.id, now)
    body: dict[str, JSON] = {
        "erasure": str(erasure.erasure_id), "indexes": _numbers(node, wanted), "basis": erasure.basis, "by": person.id,
    }  # fmt: skip
    async with node.store.transaction() as tx:
        await _check(node, tx, person, wanted)
        await rows.add_erasure(tx, erasure)
        await ledger.append(node, tx, Event(EventType.ERASURE_REQUESTED, now, person.organisation, body))
    return erasure


async def erasures(node: Node, person: Person) -> tuple[Erasure, ...]:
    """The requests of one's agency, latest first."""
    person = await require_auditor(node, person)
    async with node.store.transaction() as tx:
        return await rows.erasures(tx, person.organisation)


async def decide_erasure(node: Node, person: Person, erasure_id: str, *, approved: bool, note: str = "") -> Erasure:
    """Approve or refuse as the second person; approving erases at once. Raises BadInput for one's own request, or one decided."""
    person = await require_auditor(node, person)
    now = node.now()
    async with node.store.transaction() as tx:
        asked = await _asked(tx, person, erasure_id)
        if asked.requested_by == person.id:
            raise NotAllowed("nobody decides their own request: ask another person", where="erasure")
        if asked.approved is not None or not await rows.decide_erasure(
            tx, asked.erasure_id, approved=approved, by=person.id, at=now, note=note.strip()[:500]
        ):
            raise BadInput("this request is decided already", where="erasure")
        done = replace(asked, approved=approved, decided_by=person.id, decided_at=now, note=note.strip()[:500])
        if not approved:
            told: dict[str, JSON] = {"erasure": str(asked.erasure_id), "by": person.id}
            told |= {"note": done.note} if done.note else {}
            await ledger.append(node, tx, Event(EventType.ERASURE_REFUSED, now, person.organisation, told))
            return done
        gone = await rows.erase_early(tx, asked.erasure_id, now)
        await ledger.append(node, tx, _done(node, done, gone, now))
    return replace(done, done_at=now)


def _done(node: Node, erasure: Erasure, gone: Sequence[int], now: datetime) -> Event:
    body: dict[str, JSON] = {
        "erasure": str(erasure.erasure_id), "early": True, "count": len(gone), "indexes": _numbers(node, gone),
        "proposed_by": erasure.requested_by, "approved_by": erasure.decided_by,
    }  # fmt: skip
    return Event(EventType.ERASURE_DONE, now, erasure.owner, body)


def _numbers(node: Node, seqs: Sequence[int]) -> list[JSON]:
    """Numbers as the public ledger has them; those of a ledger that this one succeeded with that ledger's place in front."""
    base, before = node.publisher.base, node.publisher.generation - 1
    return [str(seq - base) if seq >= base else f"before/{before}:{seq}" for seq in seqs]


async def _check(node: Node, tx: Connection, person: Person, wanted: Sequence[int]) -> None:
    """The agency that runs the node answers for every entry in it; another agency for those in which it acted."""
    found = {event.seq: event for event in await rows.sealed(tx, wanted)}
    for seq in wanted:
        event, where = found.get(seq), f"entry {seq}"
        if event is None or person.organisation not in (node.settings.agency, event.actor):
            raise BadInput("there is no such entry of your agency", where=where)
        if event.body is None:
            raise BadInput("its body is erased already", where=where)
        if event.type.startswith(_NEVER):
            raise BadInput(f"a body of {event.type} stays as long as the ledger", where=where)


async def _asked(tx: Connection, person: Person, erasure_id: str) -> Erasure:
    try:
        row = await rows.erasure(tx, UUID(erasure_id))
    except ValueError:
        row = None
    if row is None or row.owner != person.organisation:
        raise BadInput("there is no such request", where="erasure")
    return row
