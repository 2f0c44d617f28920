"""Stopping: one person of the owner refuses a request, suspends a share or revokes it. Effective with the next decision."""

from __future__ import annotations

from dataclasses import replace

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.people import Person
from plateward.core.share import ShareState
from plateward.core.sharing import cannot_stop
from plateward.node.node import Node
from plateward.node.sending.feeds_in_force import settle_feeds
from plateward.node.sharing.change import Change, change_of_policy
from plateward.node.sharing.exposure import received
from plateward.node.sharing.refusals import refusal_event
from plateward.node.sharing.settle import ends, recall, suspend
from plateward.node.sharing.shares import ShareAnswer, answer
from plateward.store import policy as stored
from plateward.store.connection import Connection

_HELP = "An ALPR administrator or the privacy officer of the owner can stop a share at any time."
_EVENTS = {
    ShareState.REFUSED: EventType.SHARE_REFUSED,
    ShareState.SUSPENDED: EventType.SHARE_SUSPENDED,
    ShareState.REVOKED: EventType.SHARE_REVOKED,
}


async def refuse(node: Node, person: Person, share_id: str, why: str) -> ShareAnswer:
    """Refuse a request that nobody has approved."""
    return await _stop(node, person, share_id, ShareState.REFUSED, why)


async def suspend_share(node: Node, person: Person, share_id: str, why: str) -> ShareAnswer:
    """Suspend an active share: a report says what went out, and the receiver is asked to delete it."""
    return await _stop(node, person, share_id, ShareState.SUSPENDED, why)


async def revoke(node: Node, person: Person, share_id: str, why: str, *, recall_too: bool = False) -> ShareAnswer:
    """End a share for good, and ask the receiver to delete what it got where ``recall_too``."""
    return await _stop(node, person, share_id, ShareState.REVOKED, why, recall_too=recall_too)


async def _stop(
    node: Node, person: Person, share_id: str, state: ShareState, why: str, *, recall_too: bool = False
) -> ShareAnswer:
    if not why.strip():
        raise BadInput("say why", where="why")
    why = why.strip()[:1000]
    async with change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        row = await _share(change.tx, person, share_id)
        hindrance = cannot_stop(person, row.share, state)
        if hindrance:
            change.told.append(refusal_event(node, person, _EVENTS[state], hindrance, share_id))
            return await answer(change, share_id, Decision(row.share.owner, False, hindrance, help=_HELP))
        if state is ShareState.SUSPENDED:
            await suspend(change, await change.policy(), row.share, why, by=person.id)
        else:
            await _end(change, row, state, why, person.id, recall_too)
        await settle_feeds(change, (await change.policy(),))
        return await answer(change, share_id)


async def _end(change: Change, row: stored.StoredShare, state: ShareState, why: str, by: str, recall_too: bool) -> None:
    share = replace(row.share, state=state)
    await stored.change_share(change.tx, share, stored.Step(state, by, change.now, why))
    if state is ShareState.REFUSED:
        body: dict[str, JSON] = {**ends(share), "sentence": "Refused by a person of the owner.", "by": by, "note": why}
        change.tell(EventType.SHARE_REFUSED, share.owner, body)
        return
    change.tell(EventType.SHARE_REVOKED, share.owner, {**ends(share), "by": by, "note": why})
    if recall_too:
        found = await received(change.tx, await change.policy(), share.receiver, share.owner)
        if found.deliveries:
            await recall(change, share, len(found.deliveries), by=by)


async def _share(tx: Connection, person: Person, share_id: str) -> stored.StoredShare:
    row = await stored.share(tx, share_id)
    if row is None or person.organisation not in (row.share.owner, row.share.receiver):
        raise BadInput(f"there is no share {share_id[:80]!r} for you to decide", where="share")
    return row
