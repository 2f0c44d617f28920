"""Standing documents and notices by program."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec

from plateward.core.errors import BadInput
from plateward.core.share import Act
from plateward.node.sharing import documents, notices
from plateward.node.sharing.agencies import resolve
from plateward.node.sharing.documents import DocumentAnswer, DocumentView, Paper
from plateward.web.endpoint import Call

_Text = Annotated[str, msgspec.Meta(max_length=500)]


class DocumentShape(msgspec.Struct, frozen=True):
    """A document on file. ``state``: waiting, to come, in force, lapsed or withdrawn; empty ``acts`` and ``purposes``: all."""

    id: str
    kind: str
    title: str
    state: str
    owner: str
    owner_name: str
    party: str
    party_name: str
    promises: tuple[str, ...]
    signer: str
    signed: date
    source: str
    digest: str
    begins: date
    ends: date
    acts: tuple[str, ...]
    purposes: tuple[str, ...]
    person: str | None
    account: str | None
    recorded_by: str
    recorded_at: datetime
    accepted_by: str | None
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    note: str


class DocumentAnswerShape(msgspec.Struct, frozen=True):
    """A document after a step. ``refusal``: why the step was not taken, or ""; ``suspended``: shares that rested on it."""

    document: DocumentShape
    refusal: str
    suspended: tuple[str, ...]


class ListAsked(msgspec.Struct, frozen=True):
    """Which documents: in one state, or all."""

    state: str | None = None


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document to put on file. ``party`` and ``account`` by id or name; ``promises``: empty for all that give way to its kind;
    ``digest``: SHA-256 of the file in hex; ``ends``: its last day.
    """

    kind: _Text
    party: _Text
    signer: _Text
    signed: date
    source: _Text
    digest: _Text
    begins: date
    ends: date
    promises: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    purposes: tuple[str, ...] = ()
    person: _Text | None = None
    account: _Text | None = None


class WhichDocument(msgspec.Struct, frozen=True):
    """One document by its id."""

    document_id: str


class Withdrawing(msgspec.Struct, frozen=True):
    """A document to withdraw, or to refuse while it waits, and why."""

    document_id: str
    why: _Text


class NoticeShape(msgspec.Struct, frozen=True):
    """What your agency was told, and who of it saw that."""

    number: int
    at: datetime
    subject: str
    sentence: str
    seen_by: str
    seen_at: datetime | None


class NoticesAsked(msgspec.Struct, frozen=True):
    """Which notices: those nobody has seen, or all."""

    unseen: bool = False


class Seeing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Notices that you saw, by number; none named: all."""

    numbers: tuple[int, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """How many of them nobody had seen before."""

    seen: int


async def listed(call: Call, asked: ListAsked) -> tuple[DocumentShape, ...]:
    """The documents your agency holds, and those of others that speak of it."""
    return tuple(map(_shape, await documents.list_documents(call.node, call.who, state=asked.state)))


async def record(call: Call, asked: Recording) -> DocumentAnswerShape:
    """Put a document on file; it lifts nothing before a second person accepts it."""
    party = await resolve(call.node, asked.party) or asked.party
    account = (await resolve(call.node, asked.account) or asked.account) if asked.account else None
    paper = Paper(
        asked.kind, party, asked.signer, asked.signed, asked.source, asked.digest, asked.begins, asked.ends,
        frozenset(asked.promises), frozenset(asked.acts), frozenset(asked.purposes), asked.person or None, account,
    )  # fmt: skip
    return _answer(await documents.record(call.node, call.who, paper))


async def accept(call: Call, asked: WhichDocument) -> DocumentAnswerShape:
    """Accept a document as the second person."""
    return _answer(await documents.accept(call.node, call.who, asked.document_id))


async def withdraw(call: Call, asked: Withdrawing) -> DocumentAnswerShape:
    """Withdraw a document: it lifts nothing any more, and shares that rested on it suspend themselves."""
    return _answer(await documents.withdraw(call.node, call.who, asked.document_id, asked.why))


async def told(call: Call, asked: NoticesAsked) -> tuple[NoticeShape, ...]:
    """What your agency was told of its shares and documents."""
    found = await notices.notices(call.node, call.who, every=not asked.unseen)
    return tuple(
        NoticeShape(one.number, one.at, one.subject, one.sentence, one.seen_by_name, one.seen_at) for one in found
    )


async def see(call: Call, asked: Seeing) -> Seen:
    """Note that you saw notices."""
    if len(asked.numbers) > 1000:
        raise BadInput("1000 at most at a time; none named means all", where="numbers")
    return Seen(await notices.see(call.node, call.who, asked.numbers))


def _shape(view: DocumentView) -> DocumentShape:
    one = view.document
    return DocumentShape(
        one.id, one.kind, view.title, view.state, one.owner, view.owner_name, one.party, view.party_name,
        tuple(sorted(one.promises)), one.signer, one.signed, one.source, one.digest, one.begins, one.ends,
        tuple(sorted(map(str, one.acts))), tuple(sorted(one.purposes)), one.person, one.account, view.recorded_by,
        view.recorded_at, view.accepted_by, view.accepted_at, view.withdrawn_at, view.note,
    )  # fmt: skip


def _answer(answer: DocumentAnswer) -> DocumentAnswerShape:
    return DocumentAnswerShape(_shape(answer.view), answer.refusal, tuple(share.id for share in answer.suspended))
