"""Promise files of the settings, held against what is in force: what tightens is adopted, what loosens waits for a second person.

What people of the owner withdrew or replaced on the node stays so, though the old text still lies in a file: two people stand
behind that, and a file alone brings nothing back. Whoever starts the node is told, and so is the owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256

from plateward.core.agency import Registry
from plateward.core.canonical import JSON
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.promise import Promise, parse_promises
from plateward.core.versions import compare
from plateward.node import ledger
from plateward.node.keeping.retention import OPERATOR
from plateward.node.node import Node, in_force
from plateward.store import changes, policy, sharing
from plateward.store.connection import Connection

_NOTES = "promise-files"
_LONGEST = 60_000


async def adopt(
    node: Node, tx: Connection, promises: tuple[Promise, ...], text: str, known: Registry, name: str
) -> tuple[str, ...]:
    """Put ``promises``, written as ``text`` in the file ``name``, into force where they tighten what is. Returns what somebody must
    know: what a file holds and is not in force. Raises BadInput for an unsound one.
    """
    stored = {written.promise_id: in_force(written) for written in await policy.promises(tx)}
    differing = [p for p in promises if p.id not in stored or stored[p.id].digest != p.digest]
    if not differing:
        return ()
    for promise in promises:
        require_sound(promise, known, node.now().date())
    given_up = await _given_up(tx, differing)
    fresh = [promise for promise in differing if promise.digest not in given_up.get(promise.id, ())]
    looser = await asyncio.to_thread(loosened, fresh, stored, known, node.now().date())
    tighter = [promise for promise in fresh if promise.id not in looser]
    await _put_in_force(node, tx, tighter, stored, text)
    notes = [
        f"{name} still holds the promise {promise.id}, which people of {promise.promised_by} "
        f"{'replaced' if promise.id in stored else 'withdrew'}: it stays so. Take it out of the file."
        for promise in differing
        if promise not in fresh
    ]
    notes += [await _wait(node, tx, promise, text, name) for promise in fresh if promise.id in looser]
    return tuple(notes)


async def tell(node: Node, tx: Connection, notes: Sequence[str]) -> None:
    """Tell the owner of what its promise files say and is not in force, each note once."""
    before = await policy.setting(tx, _NOTES) or []
    for note in notes:
        if note not in before:
            await sharing.add_notice(tx, node.settings.agency, "promises", note, node.now())
    if list(notes) != before:
        await policy.set_setting(tx, _NOTES, list(notes), by=OPERATOR, at=node.now())


def loosened(fresh: Iterable[Promise], stored: Mapping[str, Promise], known: Registry, day: date) -> frozenset[str]:
    """The ids of changed promises that let somebody in who was refused before; takes seconds for a registry of thousands."""
    changed = [promise for promise in fresh if promise.id in stored]
    return frozenset(promise.id for promise in changed if compare(stored[promise.id], promise, known, day).loosens)


async def compared(node: Node, owner: str, document: str) -> dict[tuple[str, str], bool]:
    """Whether each changed promise of ``document`` loosens, by its digest before and after. Asked before anything is locked, for it
    takes its time; what was changed meanwhile is not found in it. Raises BadInput for a document that holds no promises.
    """
    async with node.store.transaction() as tx:
        known = (await node.policy(tx)).registry
        stored = {row.promise_id: in_force(row) for row in await policy.promises(tx) if row.owner == owner}
    fresh = [p for p in await asyncio.to_thread(parse_promises, document, "promises") if p.id in stored]
    changed = [p for p in fresh if p.promised_by == owner and p.digest != stored[p.id].digest]
    for promise in changed:
        await asyncio.to_thread(require_sound, promise, known, node.now().date())
    looser = await asyncio.to_thread(loosened, changed, stored, known, node.now().date())
    return {(stored[promise.id].digest, promise.digest): promise.id in looser for promise in changed}


async def _given_up(tx: Connection, promises: Iterable[Promise]) -> dict[str, set[str]]:
    """The digests of versions that people withdrew or replaced on the node, by id."""
    wanted = {(promise.promised_by, promise.id) for promise in promises}
    found: dict[str, set[str]] = {}
    for row in await policy.promises(tx, every=True):
        if row.withdrawn_by not in (None, OPERATOR) and (row.owner, row.promise_id) in wanted:
            found.setdefault(row.promise_id, set()).add(in_force(row).digest)
    return found


async def _put_in_force(
    node: Node, tx: Connection, promises: Sequence[Promise], stored: Mapping[str, Promise], text: str
) -> None:
    if not promises:
        return
    await policy.raise_epoch(tx)
    for promise in promises:
        owner = promise.promised_by or node.settings.agency
        if promise.id in stored:
            await policy.withdraw_promise(tx, owner, promise.id, by=OPERATOR, at=node.now())
        await policy.add_promise(tx, owner, promise.id, text, by=OPERATOR, at=node.now())
    for promise in promises:
        await ledger.append(node, tx, _adopted(node, promise, stored.get(promise.id)))


async def _wait(node: Node, tx: Connection, promise: Promise, text: str, name: str) -> str:
    """Let a looser version wait for a second person, once; returns what to tell."""
    if len(text) > _LONGEST:
        raise BadInput(f"a promise file holds at most {_LONGEST:,} characters; split it", where=name)
    document: dict[str, JSON] = {"kind": "adopt-promises", "document": text}
    asked = [
        row for row in await changes.changes(tx, every=True) if row.proposed_by == OPERATOR and row.document == document
    ]
    if asked and asked[0].accepted is False:
        return f"{name} would loosen the promise {promise.id}; that was refused. The stricter one stays in force: mend the file."
    if not asked:
        made, digest = uuid7(node.now(), node.random(10)), sha256(text.encode()).hexdigest()
        owner = promise.promised_by or node.settings.agency
        row = changes.StoredChange(made, "adopt-promises", owner, document, True, OPERATOR, node.now())
        await changes.add_change(tx, row)
        body: dict[str, JSON] = {
            "change": str(made), "kind": "adopt-promises", "owner": owner, "digest": digest, "by": OPERATOR,
        }  # fmt: skip
        await ledger.append(node, tx, Event(EventType.CHANGE_PROPOSED, node.now(), owner, body))
    return f"{name} would loosen the promise {promise.id}: it waits for the privacy officer under Changes; the stricter one holds."


def _adopted(node: Node, promise: Promise, before: Promise | None) -> Event:
    owner = promise.promised_by or node.settings.agency
    body: dict[str, JSON] = {
        "promise": promise.id, "owner": owner, "digest": promise.digest, "sentence": promise.sentence, "cedar": promise.cedar,
        "source": promise.source.title, "source_date": str(promise.source.date), "proposed_by": OPERATOR,
    }  # fmt: skip
    if promise.source.link:
        body["link"] = promise.source.link
    if before is None:
        body["from"] = str(promise.in_force_from)
        return Event(EventType.PROMISE_ADOPTED, node.now(), owner, body)
    body |= {"before": before.digest, "loosens": False}
    return Event(EventType.PROMISE_CHANGED, node.now(), owner, body)
