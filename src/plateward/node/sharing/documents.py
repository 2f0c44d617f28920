"""Standing documents of an owner: recorded by one person, in force when a second accepts, withdrawn by one person at once.

What they lift, and what not, is decided in ``core.policy``. The day after a document's last day it lifts nothing, without anybody
doing anything: a share that rested on it suspends itself, and its owner is told (``node.sharing.settle``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from plateward.core.canonical import JSON
from plateward.core.document import Document, kind_of, standing
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy
from plateward.core.promise import Promise
from plateward.core.purpose import REASONS
from plateward.core.share import Act, Share
from plateward.node.node import Node
from plateward.node.sharing.change import Change, change_of_policy
from plateward.node.sharing.refusals import record_refusal, recording
from plateward.node.sharing.settle import settle
from plateward.node.sharing.shares import head_of
from plateward.store import documents as rows
from plateward.store import people
from plateward.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as somebody records it. ``promises``: empty for every one of the owner's that excepts this kind."""

    kind: str
    party: str
    signer: str
    signed: date
    source: str
    digest: str
    begins: date
    ends: date
    promises: frozenset[str] = frozenset()
    acts: frozenset[Act] = frozenset()
    purposes: frozenset[str] = frozenset()
    person: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as people see it. ``state``: waiting, to come, in force, lapsed or withdrawn. ``hindrance``: why you cannot accept
    it, "" where you can.
    """

    document: Document
    title: str
    owner_name: str
    party_name: str
    state: str
    recorded_by: str
    recorded_by_name: str
    recorded_at: datetime
    accepted_by: str | None
    accepted_by_name: str
    accepted_at: datetime | None
    withdrawn_by_name: str
    withdrawn_at: datetime | None
    note: str
    hindrance: str
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """What came of a step: the document, why the step was refused (or ""), and the shares that it suspended."""

    view: DocumentView
    refusal: str = ""
    suspended: tuple[Share, ...] = ()


async def list_documents(node: Node, person: Person, *, state: str | None = None) -> tuple[DocumentView, ...]:
    """The documents that the person's agency holds, or that speak of it, latest first. Raises NotAllowed for another role."""
    if not person.may(Permission.DOCUMENTS):
        raise NotAllowed(
            "ALPR administrators, the privacy officer, counsel and the auditor see documents", where="person"
        )
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        views = await _views(node, tx, person, policy, await rows.documents(tx, person.organisation))
    return tuple(view for view in views if state is None or view.state == state)


async def record(node: Node, person: Person, paper: Paper) -> DocumentAnswer:
    """Put a document on file for the person's own agency; it lifts nothing before a second person accepts it.

    Raises NotAllowed for another role, and BadInput naming the field: a party nobody has classified, a promise that does not except
    this kind, an officer without an account.
    """
    kind_of(paper.kind)
    async with recording(node, person, EventType.DOCUMENT_RECORDED), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        owner = person.organisation
        if not _keeps(person, owner) or owner not in await node.owners(change.tx):
            raise NotAllowed(
                "an ALPR administrator, the privacy officer or counsel of the owner records documents", where="person"
            )
        document = await _checked(change, owner, paper)
        await rows.add_document(change.tx, rows.StoredDocument(document, person.id, change.now))
        change.tell(EventType.DOCUMENT_RECORDED, owner, {**_told(document), **_terms(document), "by": person.id})
        return DocumentAnswer(await _view(change, person, document.id))


async def accept(node: Node, person: Person, document_id: str) -> DocumentAnswer:
    """Accept a document as the second person: from the next decision on it lifts what its promises except.

    A refusal comes with the answer and is recorded. Raises BadInput where there is no such document.
    """
    async with change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        stored = await _stored(change.tx, person, document_id)
        why = await _cannot_accept(change.tx, person, stored, change.now.date())
        if not why:
            document = stored.document
            await rows.accept_document(change.tx, document.id, by=person.id, at=change.now)
            body: dict[str, JSON] = {"proposed_by": stored.recorded_by, "approved_by": person.id}
            change.tell(EventType.DOCUMENT_ACCEPTED, document.owner, {**_told(document), **body})
        answer = DocumentAnswer(await _view(change, person, document_id), why)
    if why:
        await record_refusal(node, person, EventType.DOCUMENT_ACCEPTED, why, document_id)
    return answer


async def withdraw(node: Node, person: Person, document_id: str, why: str) -> DocumentAnswer:
    """Withdraw a document, or refuse one that waits: one person is enough, and shares that rested on it suspend themselves.

    Raises BadInput without a reason, or where there is no such document.
    """
    if not why.strip():
        raise BadInput("say why", where="why")
    async with change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        stored = await _stored(change.tx, person, document_id)
        refusal, suspended = _cannot_withdraw(person, stored), tuple[Share, ...]()
        if not refusal:
            note = why.strip()[:500]
            await rows.withdraw_document(change.tx, document_id, by=person.id, at=change.now, note=note)
            change.tell(
                EventType.DOCUMENT_WITHDRAWN,
                stored.document.owner,
                {**_told(stored.document), "by": person.id, "note": note},
            )
            suspended = await settle(change)
        answer = DocumentAnswer(await _view(change, person, document_id), refusal, suspended)
    if refusal:
        await record_refusal(node, person, EventType.DOCUMENT_WITHDRAWN, refusal, document_id)
    return answer


async def possible(node: Node, person: Person) -> dict[str, tuple[Promise, ...]]:
    """The kinds of documents to which promises of the person's agency give way, each with those promises."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
    found: dict[str, list[Promise]] = {}
    for promise in policy.promises_of(person.organisation):
        for kind in promise.admits:
            if standing(kind):
                found.setdefault(kind, []).append(promise)
    return {kind: tuple(promises) for kind, promises in found.items()}


def excepting(policy: Policy, owner: str, kind: str) -> tuple[str, ...]:
    """The promises of ``owner`` that except documents of ``kind``."""
    return tuple(promise.id for promise in policy.promises_of(owner) if kind in promise.admits)


async def _checked(change: Change, owner: str, paper: Paper) -> Document:
    policy = await change.policy()
    if not policy.classify(paper.party).known:
        raise BadInput(f"{paper.party[:80]!r} is not classified: nobody has said what it belongs to", where="party")
    open_to = excepting(policy, owner, paper.kind)
    if not open_to:
        raise BadInput(
            f"no promise of {policy.registry.called(owner)} gives way to a {kind_of(paper.kind).title}", where="kind"
        )
    if wrong := sorted(paper.promises - set(open_to)):
        raise BadInput(f"{wrong[0]} does not give way to it; {', '.join(open_to)} can", where="promises")
    if wrong := sorted(paper.purposes - set(REASONS)):
        raise BadInput(f"{wrong[0]!r} is no reason; they are {', '.join(REASONS)}", where="purposes")
    if paper.ends < change.now.date():
        raise BadInput("its last day is over already", where="ends")
    if paper.signed > change.now.date():
        raise BadInput("it cannot have been signed after today", where="signed")
    if not paper.source.strip():
        raise BadInput("say what the document is called, as somebody would look for it", where="source")
    if paper.person is not None:
        await _about(change, paper, paper.person)
    return Document(
        f"doc-{change.node.random(5).hex()}", paper.kind, owner, paper.party, paper.promises or frozenset(open_to),
        paper.signer.strip()[:200], paper.signed, paper.source.strip()[:300], paper.digest.strip().lower(), paper.begins,
        paper.ends, paper.acts, paper.purposes, paper.person, paper.account,
    )  # fmt: skip


async def _about(change: Change, paper: Paper, person_id: str) -> None:
    """The officer of a deputation works for the party and has an account at the agency named."""
    officer = await people.person(change.tx, person_id, change.now)
    if officer is None or officer.employer != paper.party or officer.organisation != paper.account:
        raise BadInput(
            f"no officer {person_id[:80]!r} is employed by {paper.party} with an account of {paper.account}",
            where="person",
        )


def _keeps(person: Person, owner: str) -> bool:
    """Whether this person looks after the documents of ``owner``: its own employee, with one of the three roles."""
    role = person.may(Permission.SHARE_REVIEW) or person.may(Permission.COUNSEL)
    return role and person.organisation == owner and person.employer == owner


async def _cannot_accept(tx: Connection, person: Person, stored: rows.StoredDocument, day: date) -> str:
    """Why this person cannot be the second behind a document, or ""."""
    document = stored.document
    state = _state(stored, day)
    if state != "waiting":
        return f"This document is {state}; only one that waits can be accepted."
    second = person.may(Permission.PROMISES) or person.may(Permission.COUNSEL)
    if not second or not _keeps(person, document.owner):
        return "The privacy officer or counsel of the owner accepts a document."
    if person.id == stored.recorded_by:
        return "You recorded this document; a second person accepts it."
    if person.id == await head_of(tx, document.owner):
        return "The head of the agency is audited and accepts no document; another person does."
    if kind_of(document.kind).by_counsel and not person.may(Permission.COUNSEL):
        recorder = await people.person(tx, stored.recorded_by, stored.recorded_at)
        if recorder is None or not recorder.may(Permission.COUNSEL):
            return "Counsel's opinion needs counsel: one of the two who stand behind it has that role."
    if document.ends < day:
        return "Its last day is over; record the document that follows it."
    return ""


def _cannot_withdraw(person: Person, stored: rows.StoredDocument) -> str:
    if stored.withdrawn_at is not None:
        return "This document is withdrawn already."
    return (
        ""
        if _keeps(person, stored.document.owner)
        else "Somebody of the owner who looks after its documents withdraws one."
    )


async def _stored(tx: Connection, person: Person, document_id: str) -> rows.StoredDocument:
    stored = await rows.document(tx, document_id)
    if stored is None or person.organisation not in (stored.document.owner, stored.document.party):
        raise BadInput(f"there is no document {document_id[:80]!r} for you to see", where="document")
    return stored


async def _view(change: Change, person: Person, document_id: str) -> DocumentView:
    stored = await rows.document(change.tx, document_id)
    assert stored is not None
    return (await _views(change.node, change.tx, person, await change.policy(), (stored,)))[0]


async def _views(
    node: Node, tx: Connection, person: Person, policy: Policy, found: tuple[rows.StoredDocument, ...]
) -> tuple[DocumentView, ...]:
    names = {known.id: known.name for known in await people.persons(tx, node.now())}
    day, name = node.now().date(), policy.registry.called
    views = [
        DocumentView(
            stored.document, stored.document.title, name(stored.document.owner), name(stored.document.party), _state(stored, day),
            stored.recorded_by, _called(names, stored.recorded_by), stored.recorded_at,
            stored.accepted_by, _called(names, stored.accepted_by), stored.accepted_at,
            _called(names, stored.withdrawn_by), stored.withdrawn_at, stored.note,
            await _cannot_accept(tx, person, stored, day), not _cannot_withdraw(person, stored),
        )
        for stored in found
    ]  # fmt: skip
    return tuple(views)


def _called(names: Mapping[str, str], person: str | None) -> str:
    return names.get(person, person) if person else ""


def _state(stored: rows.StoredDocument, day: date) -> str:
    if stored.withdrawn_at is not None:
        return "withdrawn"
    if stored.accepted_at is None:
        return "waiting"
    if day < stored.document.begins:
        return "to come"
    return "in force" if stored.document.holds_on(day) else "lapsed"


def _told(document: Document) -> dict[str, JSON]:
    """Which document it is, as events name it."""
    return {"document": document.id, "kind": document.kind, "owner": document.owner, "agency": document.party}


def _terms(document: Document) -> dict[str, JSON]:
    """What it says, as the event of its recording tells."""
    return {
        "signer": document.signer, "begins": str(document.begins), "ends": str(document.ends), "digest": document.digest,
        "source": document.source, "promises": sorted(document.promises), "acts": sorted(map(str, document.acts)) or None,
        "purposes": sorted(document.purposes) or None, "person": document.person, "account": document.account,
    }  # fmt: skip
