"""Shares and brakes by program: request, review, approve, stop, and who a receiver really is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from plateward.core.agency import Component
from plateward.core.decision import Decision
from plateward.core.reach import Link
from plateward.core.share import Grant
from plateward.core.sharing import Touched
from plateward.node.sharing import brake
from plateward.node.sharing import review as share_review
from plateward.node.sharing import shares as sharing
from plateward.node.sharing import steps as share_change
from plateward.node.sharing.agencies import resolve
from plateward.node.sharing.settle import Recall, answer_recall, recalls
from plateward.node.sharing.shares import ShareAnswer, ShareDetails, ShareView, Terms
from plateward.web.endpoint import Call

_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done: a sentence, the promises that decided, the affiliations that led there, who can help."""

    why: str
    promises: tuple[str, ...]
    chain: tuple[str, ...]
    help: str


class StepShape(msgspec.Struct, frozen=True):
    """One step of a share's life."""

    state: str
    by: str
    by_name: str
    at: datetime
    why: str


class ShareShape(msgspec.Struct, frozen=True):
    """A share. ``refusal``: what the promises in force say against it, whatever its state."""

    id: str
    owner: str
    owner_name: str
    receiver: str
    receiver_name: str
    state: str
    grants: tuple[str, ...]
    look_back_days: int
    purposes: tuple[str, ...]
    onward: bool
    begins: datetime
    expires: datetime
    steps: tuple[StepShape, ...]
    refusal: Refusal | None


class AnswerShape(msgspec.Struct, frozen=True):
    """A share after a step; ``refusal`` says why the step was not taken, or that it ended the request."""

    share: ShareShape
    refusal: Refusal | None


class WayShape(msgspec.Struct, frozen=True):
    """One step of a way by which reads can move on."""

    source: str
    way: str
    target: str
    share: str | None


class TouchedShape(msgspec.Struct, frozen=True):
    """A promise that says something about the receiver: refuses it altogether, or only for some purposes."""

    promise: str
    sentence: str
    why: str
    refuses: bool
    purposes: tuple[str, ...]


class ReviewShape(msgspec.Struct, frozen=True):
    """What a reviewer answered."""

    by: str
    by_name: str
    at: datetime
    has_right: bool
    has_need: bool
    note: str


class DetailsShape(msgspec.Struct, frozen=True):
    """A share with what its reviewer must see: who the receiver belongs to, what is promised, whom it passes on to, and the ids of
    documents on file that speak of it.
    """

    share: ShareShape
    chain: tuple[str, ...]
    components: tuple[str, ...]
    works_with_ice: bool
    promises: tuple[TouchedShape, ...]
    passes_on: tuple[tuple[WayShape, ...], ...]
    reviews: tuple[ReviewShape, ...]
    names: dict[str, str]
    documents: tuple[str, ...]


class ListAsked(msgspec.Struct, frozen=True):
    """Which shares: in one state, of every owner on this node."""

    state: str | None = None
    every_owner: bool = False


class WhichShare(msgspec.Struct, frozen=True):
    """One share by its id."""

    share_id: str


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for shares of ``owner``: one request for each receiver. Agencies by id or name; ``days``: how long, at most 365."""

    owner: str
    receivers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    words: _Text
    grants: tuple[Grant, ...] = (Grant.SEARCH,)
    look_back_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 30
    purposes: tuple[str, ...] = ()
    onward: bool = False
    days: int = 365


class Reviewing(msgspec.Struct, frozen=True):
    """A reviewer's answer: has the receiver a right to the reads, and a need for them; and why."""

    share_id: str
    has_right: bool
    has_need: bool
    note: _Text


class Approving(msgspec.Struct, frozen=True):
    """The second person's approval."""

    share_id: str
    note: _Text = ""


class Stopping(msgspec.Struct, frozen=True):
    """Refusing, suspending or revoking: why, and for a revocation whether to recall what was received."""

    share_id: str
    why: _Text
    recall: bool = False


class BrakeShape(msgspec.Struct, frozen=True):
    """A brake of your agency."""

    owner: str
    component: str
    why: str
    pulled_by: str
    pulled_at: datetime
    released_at: datetime | None


class Braking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A component to block at once, and why."""

    component: Component
    why: _Text


class Braked(msgspec.Struct, frozen=True):
    """The brake that is on now, and the shares it suspended."""

    component: str
    owner: str
    suspended: tuple[str, ...]


class RecallShape(msgspec.Struct, frozen=True):
    """A receiver asked to delete what it got, and its answer."""

    id: str
    share: str
    owner: str
    receiver: str
    deliveries: int
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    note: str


class Answering(msgspec.Struct, frozen=True):
    """The receiver's answer: deleted, refused, passed on or silent."""

    recall_id: str
    answer: str
    note: _Text = ""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Your agency's rules for sharing: at most so many receivers, and the account of its head, who approves nothing."""

    cap: int | None = None
    head: str | None = None


async def listed(call: Call, asked: ListAsked) -> tuple[ShareShape, ...]:
    """The shares your agency gives and gets."""
    found = await sharing.list_shares(call.node, call.who, state=asked.state, every_owner=asked.every_owner)
    return tuple(map(share_shape, found))


async def shown(call: Call, asked: WhichShare) -> DetailsShape:
    """One share, and who its receiver really is."""
    return _details(await sharing.share_details(call.node, call.who, asked.share_id))


async def request(call: Call, asked: Asked) -> tuple[AnswerShape, ...]:
    """Ask for shares: many receivers become many requests."""
    terms = Terms(
        frozenset(asked.grants), asked.look_back_days, frozenset(asked.purposes), asked.onward, asked.days
    )  # fmt: skip
    owner = await resolve(call.node, asked.owner) or asked.owner
    receivers = tuple([await resolve(call.node, name) or name for name in asked.receivers])
    made = await sharing.request(call.node, call.who, owner, receivers, terms, asked.words)
    return tuple(map(_answer, made))


async def review(call: Call, asked: Reviewing) -> AnswerShape:
    """Answer right and need. A promise that refuses ends the request, whatever the answer."""
    return _answer(
        await share_review.review(
            call.node, call.who, asked.share_id, has_right=asked.has_right, has_need=asked.has_need, note=asked.note
        )
    )


async def approve(call: Call, asked: Approving) -> AnswerShape:
    """Bring one reviewed share into force."""
    return _answer(await share_review.approve(call.node, call.who, asked.share_id, asked.note))


async def refuse(call: Call, asked: Stopping) -> AnswerShape:
    """Refuse a request."""
    return _answer(await share_change.refuse(call.node, call.who, asked.share_id, asked.why))


async def suspend(call: Call, asked: Stopping) -> AnswerShape:
    """Suspend a share at once."""
    return _answer(await share_change.suspend_share(call.node, call.who, asked.share_id, asked.why))


async def revoke(call: Call, asked: Stopping) -> AnswerShape:
    """End a share for good."""
    done = await share_change.revoke(call.node, call.who, asked.share_id, asked.why, recall_too=asked.recall)
    return _answer(done)


async def set_rules(call: Call, asked: Rules) -> Rules:
    """Set your agency's rules for sharing."""
    await sharing.set_rules(call.node, call.who, cap=asked.cap, head=asked.head)
    return asked


async def brakes(call: Call) -> tuple[BrakeShape, ...]:
    """Your agency's brakes, released ones too."""
    return tuple(
        BrakeShape(one.owner, one.component, one.why, one.pulled_by, one.pulled_at, one.released_at)
        for one in await brake.brakes(call.node, call.who, every=True)
    )


async def pull(call: Call, asked: Braking) -> Braked:
    """Block a component for your agency, from the next decision on."""
    pulled = await brake.pull(call.node, call.who, asked.component, asked.why)
    return Braked(str(pulled.brake.component), pulled.brake.owner, tuple(share.id for share in pulled.suspended))


async def recalled(call: Call) -> tuple[RecallShape, ...]:
    """Recalls that your agency made or received."""
    return tuple(map(_recall, await recalls(call.node, call.who)))


async def answer(call: Call, asked: Answering) -> tuple[RecallShape, ...]:
    """Record the answer to a recall."""
    await answer_recall(call.node, call.who, asked.recall_id, asked.answer, asked.note)
    return await recalled(call)


def refusal_shape(refusal: Decision | None) -> Refusal | None:
    """A refusal as programs get it."""
    return Refusal(refusal.why, refusal.promises, refusal.chain, refusal.help) if refusal else None


def share_shape(view: ShareView) -> ShareShape:
    """A share as programs get it."""
    share = view.share
    return ShareShape(
        share.id, share.owner, view.owner_name, share.receiver, view.receiver_name, str(share.state),
        tuple(sorted(share.grants)), share.look_back_days, tuple(sorted(share.purposes)), share.onward, share.begins,
        share.expires, tuple(StepShape(s.state, s.by, s.by_name, s.at, s.why) for s in view.steps),
        refusal_shape(view.refusal),
    )  # fmt: skip


def way_shape(link: Link) -> WayShape:
    """A step of a way as programs get it."""
    return WayShape(link.source, str(link.way), link.target, link.share)


def _touched(one: Touched) -> TouchedShape:
    return TouchedShape(one.promise.id, one.promise.sentence, one.why, one.refuses, one.purposes)


def _answer(answer: ShareAnswer) -> AnswerShape:
    return AnswerShape(share_shape(answer.view), refusal_shape(answer.refusal))


def _details(found: ShareDetails) -> DetailsShape:
    receiver = found.receiver
    return DetailsShape(
        share_shape(found.view), receiver.chain, tuple(map(str, receiver.components)), receiver.works_with_ice,
        tuple(map(_touched, receiver.touched)), tuple(tuple(map(way_shape, way)) for way in receiver.passes_on),
        tuple(ReviewShape(r.by, r.by_name, r.at, r.has_right, r.has_need, r.note) for r in found.reviews), dict(found.names),
        tuple(one.id for one in receiver.documents),
    )  # fmt: skip


def _recall(one: Recall) -> RecallShape:
    return RecallShape(
        one.id, one.share, one.owner, one.receiver, one.deliveries, one.asked_at, one.answer, one.answered_at, one.note
    )
