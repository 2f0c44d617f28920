"""Review and approval of a share: two people beside the one who asked, and the promises above all of them.

What a promise refuses nobody can approve: the request ends refused, with the promise's own sentence, and is kept.
"""

from __future__ import annotations

from dataclasses import replace

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.people import Person
from plateward.core.policy import Policy
from plateward.core.share import Share, ShareState
from plateward.core.sharing import Hands, Receiver, cannot_approve, cannot_review, over_cap, receiver_of
from plateward.node.node import Node
from plateward.node.sharing.change import Change, change_of_policy
from plateward.node.sharing.refusals import record_refusal, refusal_event
from plateward.node.sharing.settle import NODE, ends
from plateward.node.sharing.shares import (
    ShareAnswer,
    answer,
    hands_of,
    head_of,
    network_of,
    rules_of,
    terms_told,
    view_of,
)
from plateward.store import policy as stored
from plateward.store import sharing as rows
from plateward.store.connection import Connection


async def review(
    node: Node, person: Person, share_id: str, *, has_right: bool, has_need: bool, note: str
) -> ShareAnswer:
    """Answer whether the receiver has a right to the reads and a need for them. "No" to either refuses the request, and so does
    a promise, whatever the reviewer thinks. Raises BadInput for an answer without a reason.
    """
    if not note.strip():
        raise BadInput("say why: which law or agreement gives the right, and what the need is", where="note")
    if refused := await _hindered(node, person, share_id, approving=False):
        return refused
    async with change_of_policy(node) as change:
        share, _ = await _stored(change.tx, share_id, ShareState.REQUESTED, ShareState.SUSPENDED)
        policy = await change.policy()
        receiver = receiver_of(policy, await network_of(node, change.tx, policy), share, change.now.date())
        await rows.add_review(
            change.tx,
            rows.Review(share_id, change.now, person.id, has_right, has_need, note.strip()[:1000], _shown(receiver)),
        )
        await _step(change, share, ShareState.REVIEWED, person.id, note)
        body: dict[str, JSON] = {
            **ends(share), "terms": terms_told(share), **_resolved(receiver), "right": has_right, "need": has_need,
            "by": person.id, "note": note.strip()[:1000],
        }  # fmt: skip
        change.tell(EventType.SHARE_REVIEWED, share.owner, body)
        refusal = receiver.refusal
        if refusal is None and not (has_right and has_need):
            refusal = Decision(share.owner, False, _lacking(receiver.name, has_right, has_need), help=_HELP)
            await _refuse(change, share, refusal, by=person.id)
        elif refusal is not None:
            await _refuse(change, share, refusal, by=None)
        return await answer(change, share_id, refusal)


async def approve(node: Node, person: Person, share_id: str, note: str = "") -> ShareAnswer:
    """Bring a reviewed share into force, as a second person with the privacy role. A refusal comes with the answer."""
    if refused := await _hindered(node, person, share_id, approving=True):
        return refused
    async with change_of_policy(node) as change:
        share, _ = await _stored(change.tx, share_id, ShareState.REVIEWED)
        policy = await change.policy()
        receiver = receiver_of(policy, await network_of(node, change.tx, policy), share, change.now.date())
        if receiver.refusal is not None:
            await _refuse(change, share, receiver.refusal, by=None)
            return await answer(change, share_id, receiver.refusal)
        full = await _full(change, policy, share)
        if full is not None:
            change.told.append(refusal_event(node, person, EventType.SHARE_APPROVED, full, share_id))
            return await answer(
                change, share_id, Decision(share.owner, False, full, help="End a share that nobody needs first.")
            )
        if not change.now < share.expires:
            raise BadInput("the time asked for is over; request the share anew", where="share")
        await _step(change, share, ShareState.ACTIVE, person.id, note)
        body: dict[str, JSON] = {
            **ends(share), "terms": terms_told(share), **_resolved(receiver), "by": person.id,
            "note": note.strip()[:1000] or None,
        }  # fmt: skip
        change.tell(EventType.SHARE_APPROVED, share.owner, body)
        change.tell(EventType.SHARE_ACTIVATED, share.owner, {**ends(share), "terms": terms_told(share)})
        return await answer(change, share_id)


async def _hindered(node: Node, person: Person, share_id: str, *, approving: bool) -> ShareAnswer | None:
    """Why this person cannot take this step, before anything is locked or changed. Raises BadInput when there is no such share."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        row = await stored.share(tx, share_id)
        if row is None or person.organisation not in (row.share.owner, row.share.receiver):
            raise BadInput(f"there is no share {share_id[:80]!r} for you to decide", where="share")
        hands = hands_of(tuple((step.state, step.by) for step in row.steps))
        head = await head_of(tx, row.share.owner)
    why = cannot_approve(person, row.share, hands, head) if approving else cannot_review(person, row.share, hands)
    if why is None:
        return None
    act = EventType.SHARE_APPROVED if approving else EventType.SHARE_REVIEWED
    await record_refusal(node, person, act, why, share_id)
    owner = policy.registry.called(row.share.owner)
    return ShareAnswer(
        view_of(row, policy, {}),
        Decision(row.share.owner, False, why, help=f"Ask whoever looks after shares at {owner}."),
    )


async def _stored(tx: Connection, share_id: str, *states: ShareState) -> tuple[Share, Hands]:
    row = await stored.share(tx, share_id)
    if row is None or row.share.state not in states:
        raise BadInput("somebody decided this share a moment ago", where="share")
    return row.share, hands_of(tuple((step.state, step.by) for step in row.steps))


async def _step(change: Change, share: Share, state: ShareState, by: str, why: str) -> None:
    after = replace(share, state=state)
    await stored.change_share(change.tx, after, stored.Step(state, by, change.now, why.strip()[:1000]))


async def _refuse(change: Change, share: Share, refusal: Decision, *, by: str | None) -> None:
    await _step(change, share, ShareState.REFUSED, by or NODE, refusal.why)
    body: dict[str, JSON] = {**ends(share), "promises": list(refusal.promises), "sentence": refusal.why, "by": by}
    change.tell(EventType.SHARE_REFUSED, share.owner, body)


async def _full(change: Change, policy: Policy, share: Share) -> str | None:
    cap = (await rules_of(change.tx, share.owner)).get("cap")
    every = (one for held in policy.shares.values() for one in held)
    return over_cap(every, share.owner, share.receiver, cap, change.now)


def _lacking(name: str, has_right: bool, has_need: bool) -> str:
    lacks = " and ".join(what for what, there in (("right to", has_right), ("need for", has_need)) if not there)
    return f"The review found that {name} has no {lacks} these reads."


_HELP = "A case of the receiver's own can be taken up by an officer of the owner, who may search for it."


def _resolved(receiver: Receiver) -> dict[str, JSON]:
    return {
        "chain": list(receiver.chain),
        "components": [str(component) for component in receiver.components],
        "promises": [one.promise.id for one in receiver.touched] or None,
    }


def _shown(receiver: Receiver) -> dict[str, JSON]:
    """What the reviewer was shown, as it is kept beside the answer."""
    return {
        "chain": list(receiver.chain),
        "components": [str(component) for component in receiver.components],
        "promises": [one.promise.id for one in receiver.touched],
        "287g": receiver.works_with_ice,
        "passes_on": [[link.target for link in way] for way in receiver.passes_on],
    }
