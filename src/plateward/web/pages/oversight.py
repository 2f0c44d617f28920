"""Who can reach the reads, who has had them, what is promised, and what waits for a second person."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from plateward.core.agency import AgencyKind, Component, Relation
from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.core.proposal import KIND_WORDS, facts_of, proposal_of
from plateward.core.purpose import REASONS
from plateward.core.reach import WAY_WORDS
from plateward.node.sharing import truth
from plateward.node.sharing.agencies import owners_of, resolve
from plateward.node.sharing.exposure import exposure_of, reports
from plateward.node.sharing.promises import list_promises
from plateward.node.sharing.reach import reach
from plateward.oversight.exposure import COLUMNS, by_month
from plateward.web.api.truth import agency_named
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.picture import draw
from plateward.web.problem import Problem
from plateward.web.render import page

_ELSEWHERE = frozenset({"add-person", "set-retention", "end-retention-group", "set-records-duty"})
"""Kinds that have a page of their own."""

_CHOICES = {
    "relation": [(str(one), str(one)) for one in Relation],
    "agency_kind": [(str(one), str(one).replace("-", " ")) for one in AgencyKind],
    "component": [(str(one), str(one)) for one in Component],
}
_LABELS = {
    "agency": "Agency's id", "relation": "Relation", "target": "Target: an agency's id or a component", "since": "Since",
    "until": "First day it no longer holds", "name": "Agency's name", "agency_kind": "Agency's kind", "state": "Agency's state",
    "person": "Person's account", "body": "Task force or body, by id", "employer": "Employer, by id",
    "promise": "Promise, by id", "component": "Brake", "why": "Why it can be released", "source": "Source: document or page",
    "source_date": "Its date", "source_link": "Its address",
}  # fmt: skip
_HINTS = {
    "state": "Two letters; empty for none.",
    "until": "Empty: the day on which it is accepted, or no end.",
    "target": "As in us-dhs-ice, or 287g.",
}


class WhichOwner(msgspec.Struct, frozen=True):
    """Whose reads."""

    owner: str = ""


class WhichAgency(msgspec.Struct, frozen=True):
    """Which receiver."""

    agency: str = ""


class WhichReport(msgspec.Struct, frozen=True):
    """One report by its id."""

    report_id: str


class ChangeForm(msgspec.Struct, frozen=True):
    """A change of what is true as typed; which fields count depends on the kind. A link may carry some of them."""

    kind: str = ""
    agency: str = ""
    relation: str = ""
    target: str = ""
    since: str = ""
    until: str = ""
    name: str = ""
    agency_kind: str = ""
    state: str = ""
    person: str = ""
    body: str = ""
    employer: str = ""
    document: str = ""
    promise: str = ""
    component: str = ""
    why: str = ""
    source: str = ""
    source_date: str = ""
    source_link: str = ""


class DecideForm(msgspec.Struct, frozen=True):
    """The second person's word."""

    change_id: str
    verdict: str = ""
    note: str = ""


async def network(call: Call, asked: WhichOwner) -> Response:
    """Everybody who can come to hold an owner's reads: the picture and the table."""
    owner = await agency_named(call, asked.owner) if asked.owner else call.who.organisation
    answer = await reach(call.node, call.who, owner)
    return await page(
        call, "network.html", answer=answer, picture=draw(answer) if answer.parties else "", ways=WAY_WORDS,
        owners=await owners_of(call.node),
    )  # fmt: skip


async def network_csv(call: Call, asked: WhichOwner) -> Response:
    """The same as a file."""
    owner = await agency_named(call, asked.owner) if asked.owner else call.who.organisation
    answer = await reach(call.node, call.who, owner)
    doors = {door.target: door for door in answer.doors}
    rows = [
        (
            one.agency, answer.names[one.agency], " > ".join([owner, *(link.target for link in one.path)]),
            "yes" if one.by_right else "no", one.why, doors[one.agency].opens_by if one.agency in doors else "",
            " ".join(doors[one.agency].close_by) if one.agency in doors else "",
        )
        for one in answer.parties
    ]  # fmt: skip
    return csv_response(
        "plateward-network.csv", ("party", "name", "path", "by_right", "excluded", "opens_by", "close_by"), rows
    )


async def exposure(call: Call, asked: WhichAgency) -> Response:
    """What an agency has received, ever."""
    wrong: dict[str, str] = {}
    answer = None
    if asked.agency:
        agency = await resolve(call.node, asked.agency.strip())
        if agency is None:
            wrong["agency"] = f"no agency is known as {asked.agency[:80]!r}"
        else:
            answer = await exposure_of(call.node, call.who, agency)
    return await page(
        call,
        "exposure.html",
        asked=asked,
        wrong=wrong,
        answer=answer,
        months=by_month(answer.exposure) if answer else {},
        reports=await reports(call.node, call.who),
        reasons={reason: words for reason, (words, _) in REASONS.items()},
    )


async def exposure_csv(call: Call, asked: WhichAgency) -> Response:
    """Every delivery as a file."""
    found = (await exposure_of(call.node, call.who, await agency_named(call, asked.agency))).exposure
    rows = [
        (
            one.at.isoformat(), one.owner, one.receiver, one.kind, one.reads, " ".join(one.shares), one.purpose, one.because,
            one.record, one.source,
        )
        for one in found.deliveries
    ]  # fmt: skip
    return csv_response("plateward-exposure.csv", COLUMNS, rows)


async def report_csv(call: Call, asked: WhichReport) -> Response:
    """A kept report exactly as it was made, so that its SHA-256 is the one in the ledger."""
    found = [one for one in await reports(call.node, call.who) if one.id == asked.report_id]
    if not found:
        raise Problem(404, "There is no such report of your agency.")
    headers = {"Content-Disposition": f'attachment; filename="exposure-{found[0].agency}.csv"'}
    return Response(found[0].document, media_type="text/csv", headers=headers)


async def promises(call: Call) -> Response:
    """What is promised, by which rule, and whether anything breaks it."""
    return await page(call, "promises.html", listed=await list_promises(call.node))


async def changes(call: Call, asked: ChangeForm) -> Response:
    """What waits for a second person, and the form to change what is true."""
    return await _changes(call, asked)


async def changes_csv(call: Call) -> Response:
    """Every change as a file, without the text of promises."""
    columns = (
        "id", "kind", "facts", "source", "source_date", "state", "proposed_by", "proposed_at", "decided_by", "decided_at", "note",
    )  # fmt: skip
    rows = []
    for one in await truth.waiting(call.node, call.who, every=True):
        source = one.document.get("source") or {}
        facts = [f"{k}={v}" for k, v in one.document.items() if k not in ("kind", "source", "document") and v]
        rows.append(
            (
                one.id, one.kind, " ".join(facts), source.get("title", ""), source.get("date", ""), one.state,
                one.proposed_by, one.proposed_at.isoformat(), one.decided_by_name or "",
                one.decided_at.isoformat() if one.decided_at else "", one.note,
            )
        )  # fmt: skip
    return csv_response("plateward-changes.csv", columns, rows)


async def propose(call: Call, form: ChangeForm) -> Response:
    """Change what is true, or propose it."""
    try:
        if form.kind not in KIND_WORDS:
            raise BadInput("choose what to change", where="kind")
        outcome = await truth.propose(call.node, call.who, proposal_of(form.kind, msgspec.structs.asdict(form)))
    except BadInput as wrong:
        return await _changes(call, form, wrong)
    return await _changes(call, ChangeForm(), outcome=outcome)


async def decide(call: Call, form: DecideForm) -> Response:
    """Accept or refuse a change as the second person."""
    if form.verdict not in ("accept", "refuse"):
        raise Problem(400, "Choose to accept or to refuse.", field="verdict")
    try:
        outcome = await truth.decide(call.node, call.who, form.change_id, form.verdict == "accept", form.note)
    except BadInput as wrong:
        return await _changes(call, ChangeForm(), wrong)
    return await _changes(call, ChangeForm(), outcome=outcome)


async def _changes(
    call: Call, form: ChangeForm, wrong: BadInput | None = None, outcome: truth.Outcome | None = None
) -> Response:
    return await page(
        call,
        "changes.html",
        status=400 if wrong else 200,
        changes=await truth.waiting(call.node, call.who, every=True),
        form=msgspec.structs.asdict(form),
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        outcome=outcome,
        kinds=KIND_WORDS,
        offered={kind: words for kind, words in KIND_WORDS.items() if kind not in _ELSEWHERE},
        facts=facts_of(form.kind) if form.kind in KIND_WORDS else {},
        choices=_CHOICES,
        labels=_LABELS,
        hints=_HINTS,
        may_propose=call.who.may(Permission.TRUTH),
    )
