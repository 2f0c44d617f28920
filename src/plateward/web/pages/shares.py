"""Shares: the list, the request, the review with who the receiver really is, approval, the brake, and what anybody may read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.agency import COMPONENT_WORDS, Component, Registry, Relation
from plateward.core.errors import BadInput
from plateward.core.feed import WHAT_WORDS
from plateward.core.people import Permission
from plateward.core.purpose import REASONS, listed
from plateward.core.reach import WAY_WORDS
from plateward.core.share import Grant, ShareState
from plateward.core.sharing import cannot_approve, cannot_review, cannot_stop
from plateward.node.sending import feed_view
from plateward.node.sharing import brake
from plateward.node.sharing import review as share_review
from plateward.node.sharing import shares as sharing
from plateward.node.sharing import steps as share_change
from plateward.node.sharing.agencies import registry_of, resolve
from plateward.node.sharing.settle import ANSWERS, answer_recall, recalls
from plateward.node.sharing.shares import ShareAnswer, ShareDetails, Terms, list_shares, published, share_details
from plateward.web.chains import Step, steps_of
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

GRANT_WORDS = {
    Grant.SEARCH: "search",
    Grant.HITS: "be alerted to hits",
    Grant.PICTURES: "see pictures",
    Grant.EXACT_LOCATION: "see the exact place",
    Grant.EXPORT: "export",
}


class WhichShare(msgspec.Struct, frozen=True):
    """One share by its id."""

    share_id: str


class RequestForm(msgspec.Struct, frozen=True):
    """A request as typed: a receiver a line."""

    owner: str = ""
    receivers: str = ""
    words: str = ""
    grant: tuple[str, ...] = ("search",)
    purpose: tuple[str, ...] = ()
    look_back: str = "30"
    days: str = "365"
    onward: bool = False


class ReviewForm(msgspec.Struct, frozen=True):
    """A reviewer's answer as typed."""

    share_id: str
    right: str = ""
    need: str = ""
    note: str = ""


class StepForm(msgspec.Struct, frozen=True):
    """Another step: approve, refuse, suspend or revoke."""

    share_id: str
    step: str = ""
    why: str = ""
    recall: bool = False


class BrakeForm(msgspec.Struct, frozen=True):
    """A component to block, and why."""

    component: str = ""
    why: str = ""


class RecallForm(msgspec.Struct, frozen=True):
    """An answer to a recall."""

    recall_id: str
    answer: str = ""
    note: str = ""


async def show(call: Call) -> Response:
    """The shares of one's agency, requests first."""
    return await _list(call, RequestForm())


async def as_csv(call: Call) -> Response:
    """The same as a file."""
    columns = (
        "id",
        "owner",
        "receiver",
        "state",
        "may",
        "look_back_days",
        "onward",
        "begins",
        "expires",
        "promises_say",
    )
    rows = [
        (
            view.share.id, view.share.owner, view.share.receiver, view.share.state, " ".join(sorted(view.share.grants)),
            view.share.look_back_days, "yes" if view.share.onward else "no", view.share.begins.isoformat(),
            view.share.expires.isoformat(), view.refusal.why if view.refusal else "",
        )
        for view in await list_shares(call.node, call.who)
    ]  # fmt: skip
    return csv_response("plateward-shares.csv", columns, rows)


async def ask(call: Call, form: RequestForm) -> Response:
    """Request shares: a request for each line."""
    try:
        terms = _terms(form)
        owner = await resolve(call.node, form.owner.strip()) or form.owner.strip()
        names = [line.strip() for line in form.receivers.splitlines() if line.strip()]
        receivers = tuple([await resolve(call.node, name) or name for name in names])
        made = await sharing.request(call.node, call.who, owner, receivers, terms, form.words)
    except BadInput as wrong:
        return await _list(call, form, wrong)
    return RedirectResponse(f"/shares/{made[0].view.share.id}" if len(made) == 1 else "/shares", 303)


async def details(call: Call, asked: WhichShare) -> Response:
    """One share: who the receiver really is, what is promised, its life, and what you can do."""
    return await _details(call, asked.share_id)


async def review(call: Call, form: ReviewForm) -> Response:
    """Answer right and need."""
    if form.right not in ("yes", "no") or form.need not in ("yes", "no"):
        wrong = BadInput("answer both questions", where="right" if form.right not in ("yes", "no") else "need")
        return await _details(call, form.share_id, wrong=wrong)
    try:
        answer = await share_review.review(
            call.node,
            call.who,
            form.share_id,
            has_right=form.right == "yes",
            has_need=form.need == "yes",
            note=form.note,
        )
    except BadInput as wrong:
        return await _details(call, form.share_id, wrong=wrong)
    return await _answered(call, answer)


async def take_step(call: Call, form: StepForm) -> Response:
    """Approve, refuse, suspend or revoke."""
    person = call.who
    try:
        match form.step:
            case "approve":
                answer = await share_review.approve(call.node, person, form.share_id, form.why)
            case "refuse":
                answer = await share_change.refuse(call.node, person, form.share_id, form.why)
            case "suspend":
                answer = await share_change.suspend_share(call.node, person, form.share_id, form.why)
            case "revoke":
                answer = await share_change.revoke(call.node, person, form.share_id, form.why, recall_too=form.recall)
            case _:
                raise Problem(400, "Choose what to do.", field="step")
    except BadInput as wrong:
        return await _details(call, form.share_id, wrong=wrong)
    return await _answered(call, answer)


async def pull(call: Call, form: BrakeForm) -> Response:
    """Pull the emergency brake."""
    try:
        await brake.pull(call.node, call.who, form.component, form.why)
    except BadInput as wrong:
        return await _list(call, RequestForm(), wrong)
    return RedirectResponse("/shares#brakes", 303)


async def answer(call: Call, form: RecallForm) -> Response:
    """Record a receiver's answer to a recall."""
    try:
        await answer_recall(call.node, call.who, form.recall_id, form.answer, form.note)
    except BadInput as wrong:
        return await _list(call, RequestForm(), wrong)
    return RedirectResponse("/shares#recalls", 303)


async def public(call: Call) -> Response:
    """Every share and every request, granted or not, for anybody to read."""
    shares = await published(call.node)
    owners = sorted({one.owner for one in shares})
    caps = {owner: await sharing.cap_of(call.node, owner) for owner in owners}
    active = {o: len({s.receiver for s in shares if s.owner == o and s.state == ShareState.ACTIVE}) for o in owners}
    feeds = await feed_view.published(call.node)
    lately = {one.feed_id: sum(day.reads for day in one.days) for one in feeds}
    return await page(
        call, "sharing.html", shares=shares, caps=caps, active=active, grants=GRANT_WORDS, feeds=feeds, lately=lately,
        what_words=WHAT_WORDS,
    )  # fmt: skip


async def public_csv(call: Call) -> Response:
    """The same as a file."""
    columns = (
        "id",
        "owner",
        "receiver",
        "state",
        "may",
        "look_back_days",
        "onward",
        "asked",
        "since",
        "expires",
        "why",
    )
    rows = [
        (
            one.id, one.owner_name, one.receiver_name, one.state, " ".join(one.grants), one.look_back_days,
            "yes" if one.onward else "no", one.asked.isoformat(), one.since.isoformat(), one.expires.isoformat(), one.sentence,
        )
        for one in await published(call.node)
    ]  # fmt: skip
    return csv_response("plateward-sharing.csv", columns, rows)


def _terms(form: RequestForm) -> Terms:
    unknown = [grant for grant in form.grant if grant not in Grant._value2member_map_]
    if unknown:
        raise BadInput(f"{unknown[0]!r} is nothing a share allows", where="grant")
    days, look_back = _whole(form.days, "days"), _whole(form.look_back, "look_back")
    if not 1 <= look_back <= 3660:
        raise BadInput("1 to 3660 days", where="look_back")
    return Terms(frozenset(map(Grant, form.grant)), look_back, frozenset(form.purpose), form.onward, days)


def _whole(text: str, field: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit():
        raise BadInput("write a whole number of days", where=field)
    return int(text)


async def _answered(call: Call, answer: ShareAnswer) -> Response:
    if answer.refusal is not None:
        return await _details(call, answer.view.share.id, refused=answer)
    return RedirectResponse(f"/shares/{answer.view.share.id}", 303)


async def _list(call: Call, form: RequestForm, wrong: BadInput | None = None) -> Response:
    person = call.who
    views = await list_shares(call.node, person)
    order = [ShareState.REQUESTED, ShareState.REVIEWED, ShareState.SUSPENDED, ShareState.ACTIVE]
    views = tuple(sorted(views, key=lambda v: order.index(v.share.state) if v.share.state in order else len(order)))
    return await page(
        call,
        "shares.html",
        status=400 if wrong else 200,
        views=views,
        form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        grants=GRANT_WORDS,
        reasons={reason: REASONS[reason][0] for reason in listed()},
        brakes=await brake.brakes(call.node, person),
        recalls=await recalls(call.node, person),
        answers=ANSWERS,
        components={str(name): words for name, words in COMPONENT_WORDS.items()},
        may_request=person.may(Permission.SHARE_REQUEST),
        may_brake=person.may(Permission.BRAKE),
        soon=call.node.now() + timedelta(days=30),
    )


async def _details(
    call: Call, share_id: str, *, wrong: BadInput | None = None, refused: ShareAnswer | None = None
) -> Response:
    found = await share_details(call.node, call.who, share_id)
    registry = await registry_of(call.node)
    chain = [
        _with_classes(step, registry)
        for step in steps_of([(a, registry.called(a)) for a in found.receiver.chain], registry)
    ]
    return await page(
        call,
        "share.html",
        status=400 if wrong else 200,
        found=found,
        view=found.view,
        share=found.view.share,
        chain=chain,
        refused=refused.refusal if refused else None,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        grants=GRANT_WORDS,
        reasons={reason: words for reason, (words, _) in REASONS.items()},
        ways=WAY_WORDS,
        components={str(Component(name)): COMPONENT_WORDS[Component(name)] for name in Component},
        can=_can(call, found),
    )


def _with_classes(step: Step, registry: Registry) -> Step:
    """A step that also says what the agency itself is, not only what it is part of."""
    classes = tuple(
        e for e in registry.edges_from(step.agency) if e.relation is Relation.IS_A and e not in step.because
    )
    return replace(step, because=(*step.because, *classes))


def _can(call: Call, found: ShareDetails) -> dict[str, bool]:
    """What this person may do with this share now."""
    person, share, hands = call.who, found.view.share, found.view.hands
    return {
        "review": cannot_review(person, share, hands) is None,
        "approve": cannot_approve(person, share, hands, None) is None,
        "refuse": cannot_stop(person, share, ShareState.REFUSED) is None,
        "suspend": cannot_stop(person, share, ShareState.SUSPENDED) is None,
        "revoke": cannot_stop(person, share, ShareState.REVOKED) is None,
    }
