"""Settling: what a change of the truth means for shares, in the change's own transaction.

A share that a promise in force does not allow any more suspends itself, its owner is told, a report says what went out until
then, and a recall asks the receiver to delete it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy, reevaluate
from plateward.core.share import Share, ShareState
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.sending.feeds_in_force import settle_feeds
from plateward.node.sharing import exposure
from plateward.node.sharing.change import Change, change_of_policy
from plateward.store import documents
from plateward.store import policy as stored
from plateward.store import sharing as rows

ANSWERS = ("deleted", "refused", "passed on", "silent")
NODE = "node"
"""Stands for whoever took a step where no person did: the node, by rule or clock."""


@dataclass(frozen=True, slots=True)
class Recall:
    """A receiver was asked to delete what it got. ``answer`` is None until it has answered."""

    id: str
    share: str
    owner: str
    owner_name: str
    receiver: str
    receiver_name: str
    deliveries: int
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    note: str


async def settle(change: Change, *also: Policy) -> tuple[Share, ...]:
    """Suspend every share and end every feed that the policy as changed refuses (or one of ``also``, a truth proposed)."""
    suspended: dict[str, Share] = {}
    for policy in (await change.policy(), *also):
        for share, refusal in reevaluate(policy):
            if share.id not in suspended:
                suspended[share.id] = await suspend(change, policy, share, refusal.why, refusal.promises)
    await settle_feeds(change, (await change.policy(), *also))
    return tuple(suspended.values())


async def suspend(
    change: Change, policy: Policy, share: Share, why: str, promises: Iterable[str] = (), *, by: str | None = None
) -> Share:
    """Suspend an active share, tell its owner, report what went out, and recall it where anything did."""
    after = replace(share, state=ShareState.SUSPENDED)
    await stored.change_share(change.tx, after, stored.Step(after.state, by or NODE, change.now, why))
    body: dict[str, JSON] = {**ends(share), "sentence": why, "promises": list(promises), "by": by}
    change.tell(EventType.SHARE_SUSPENDED, share.owner, body)
    found = await exposure.report(change, policy, share.receiver, share.owner)
    name = policy.registry.called
    sentence = f"The share {share.id} with {name(share.receiver)} was suspended: {why}"
    if found.deliveries:
        await recall(change, share, len(found.deliveries), by=by)
        sentence += (
            f" It had received {found.reads} reads in {len(found.deliveries)} deliveries, and was asked to delete them."
        )
    await rows.add_notice(change.tx, share.owner, share.id, sentence, change.now)
    return after


async def recall(change: Change, share: Share, deliveries: int, *, by: str | None = None) -> None:
    """Ask the receiver of ``share`` to delete what it got."""
    made = change.new_id()
    asked = rows.Recall(
        made, share.id, share.owner, share.receiver, deliveries, change.now, by, None, None, None, ""
    )  # fmt: skip
    await rows.add_recall(change.tx, asked)
    owner = (await change.policy()).registry.called(share.owner)
    sentence = f"{owner} asks you to delete what you received under the share {share.id}, {deliveries} deliveries, and to answer."
    await rows.add_notice(change.tx, share.receiver, str(made), sentence, change.now)
    change.tell(
        EventType.SHARE_RECALLED,
        share.owner,
        {**ends(share), "recall": str(made), "deliveries": deliveries, "by": by},
    )


def ends(share: Share) -> dict[str, JSON]:
    """Which share it is, as events name it."""
    return {"share": share.id, "owner": share.owner, "receiver": share.receiver}


async def recalls(node: Node, person: Person) -> tuple[Recall, ...]:
    """The recalls that the person's agency made or received, latest first."""
    async with node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        found = await rows.recalls(tx, person.organisation)
    return tuple(
        Recall(
            str(row.recall_id), row.share_id, row.owner, name(row.owner), row.receiver, name(row.receiver), row.deliveries,
            row.asked_at, row.answer, row.answered_at, row.note,
        )
        for row in found
    )  # fmt: skip


async def answer_recall(node: Node, person: Person, recall_id: str, answer: str, note: str = "") -> None:
    """Record what the receiver says: by its own ALPR administrator, or by the owner's who was told. Raises BadInput."""
    if answer not in ANSWERS:
        raise BadInput(f"choose one of {', '.join(ANSWERS)}", where="answer")
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        row = await rows.recall(tx, _uuid(recall_id))
        looks_after = person.may(Permission.SHARE_REQUEST) or person.may(Permission.SHARE_REVIEW)
        if row is None or person.organisation not in (row.owner, row.receiver) or not looks_after:
            raise BadInput("there is no such recall for you to answer", where="recall")
        note = note.strip()[:500]
        await rows.answer_recall(tx, row.recall_id, answer, by=person.id, at=node.now(), note=note)
        body: dict[str, JSON] = {"recall": recall_id, "receiver": row.receiver, "answer": answer}
        body |= {"note": note} if note else {}
        await ledger.append(node, tx, Event(EventType.RECALL_ANSWERED, node.now(), person.organisation, body))


async def keep_shares(node: Node) -> tuple[Share, ...]:
    """End shares whose time is over, and suspend those that a promise refuses since its day came or a document's last day is over.

    Returns the shares that changed. Owners are told of each, and of every document that lapsed.
    """
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        due = _over(policy, node.now())
        broken = reevaluate(policy)
        lapsed = await documents.any_lapsed(tx, node.now().date())
    if not due and not broken and not lapsed:
        return ()
    async with change_of_policy(node) as change:
        await _lapse(change)
        ended = []
        for share in _over(await change.policy(), change.now):
            after = replace(share, state=ShareState.EXPIRED)
            await stored.change_share(change.tx, after, stored.Step(after.state, NODE, change.now, "its time is over"))
            change.tell(EventType.SHARE_EXPIRED, share.owner, ends(share))
            ended.append(after)
        return (*ended, *await settle(change))


async def _lapse(change: Change) -> None:
    """Tell owners of documents whose last day is over."""
    called = (await change.policy()).registry.called
    for document in await documents.lapse_documents(change.tx, change.now.date(), change.now):
        body: dict[str, JSON] = {
            "document": document.id, "kind": document.kind, "owner": document.owner, "agency": document.party,
        }  # fmt: skip
        change.tell(EventType.DOCUMENT_LAPSED, document.owner, body)
        sentence = (
            f"The {document.title} of {called(document.party)} ended on {document.ends}: it lifts nothing any more."
        )
        await rows.add_notice(change.tx, document.owner, document.id, sentence, change.now)


def _over(policy: Policy, now: datetime) -> tuple[Share, ...]:
    ending = (ShareState.ACTIVE, ShareState.SUSPENDED)
    return tuple(
        share for held in policy.shares.values() for share in held if share.state in ending and share.expires <= now
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{text[:60]!r} is no recall's number", where="recall") from None
