"""Standing documents: what is on file and until when, recording one, the second person; and what the agency was told."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.document import kind_of
from plateward.core.errors import BadInput
from plateward.core.people import Permission
from plateward.core.purpose import REASONS, listed
from plateward.core.share import Act
from plateward.node.sharing import documents, notices
from plateward.node.sharing.agencies import resolve
from plateward.node.sharing.documents import DocumentAnswer, Paper, list_documents
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

LARGEST = 16 * 1024 * 1024
"""Bytes of a document: only its SHA-256 is kept."""

ACT_WORDS = {
    Act.SEARCH: "search",
    Act.HITS: "be alerted to hits",
    Act.PICTURE: "see pictures",
    Act.LIVE: "watch the live feed",
    Act.EXPORT: "export",
    Act.SHARE: "hold a share",
    Act.PRODUCTION: "get a production",
}


class PaperForm(msgspec.Struct, frozen=True):
    """A document as typed; the file is read for its SHA-256, or that is typed."""

    kind: str = ""
    party: str = ""
    promise: tuple[str, ...] = ()
    signer: str = ""
    signed: str = ""
    source: str = ""
    digest: str = ""
    begins: str = ""
    ends: str = ""
    act: tuple[str, ...] = ()
    purpose: tuple[str, ...] = ()
    person: str = ""
    account: str = ""


class StepForm(msgspec.Struct, frozen=True):
    """Accept or withdraw one document."""

    document_id: str
    step: str = ""
    why: str = ""


class SeenForm(msgspec.Struct, frozen=True):
    """Notices that were seen; none: all."""

    number: tuple[int, ...] = ()


async def show(call: Call) -> Response:
    """The documents on file, those that wait first."""
    return await _list(call, PaperForm())


async def as_csv(call: Call) -> Response:
    """The same as a file."""
    columns = (
        "id", "kind", "state", "owner", "party", "person", "account", "promises", "signer", "signed", "source", "sha256",
        "begins", "ends", "acts", "purposes", "recorded_by", "accepted_by", "note",
    )  # fmt: skip
    rows = [
        (
            one.id, one.kind, view.state, one.owner, one.party, one.person or "", one.account or "",
            " ".join(sorted(one.promises)), one.signer, one.signed, one.source, one.digest, one.begins, one.ends,
            " ".join(sorted(map(str, one.acts))), " ".join(sorted(one.purposes)), view.recorded_by,
            view.accepted_by or "", view.note,
        )
        for view in await list_documents(call.node, call.who)
        for one in (view.document,)
    ]  # fmt: skip
    return csv_response("plateward-documents.csv", columns, rows)


async def record(call: Call, form: PaperForm) -> Response:
    """Put a document on file."""
    try:
        made = await documents.record(call.node, call.who, await _paper(call, form))
    except BadInput as wrong:
        return await _list(call, form, wrong)
    return RedirectResponse(f"/documents#{made.view.document.id}", 303)


async def take_step(call: Call, form: StepForm) -> Response:
    """Accept or withdraw."""
    try:
        match form.step:
            case "accept":
                answer = await documents.accept(call.node, call.who, form.document_id)
            case "withdraw":
                answer = await documents.withdraw(call.node, call.who, form.document_id, form.why)
            case _:
                raise Problem(400, "Choose what to do.", field="step")
    except BadInput as wrong:
        return await _list(call, PaperForm(), wrong)
    if answer.refusal:
        return await _list(call, PaperForm(), refused=answer)
    return RedirectResponse(f"/documents#{form.document_id}", 303)


async def told(call: Call) -> Response:
    """What the agency was told of its shares and documents."""
    return await page(call, "notices.html", notices=await notices.notices(call.node, call.who))


async def told_csv(call: Call) -> Response:
    """The same as a file."""
    rows = [
        (one.number, one.at.isoformat(), one.subject, one.sentence, one.seen_by_name,
         one.seen_at.isoformat() if one.seen_at else "")
        for one in await notices.notices(call.node, call.who)
    ]  # fmt: skip
    return csv_response("plateward-notices.csv", ("number", "at", "subject", "sentence", "seen_by", "seen_at"), rows)


async def see(call: Call, form: SeenForm) -> Response:
    """Note that notices were seen."""
    await notices.see(call.node, call.who, form.number)
    return RedirectResponse("/notices", 303)


async def _paper(call: Call, form: PaperForm) -> Paper:
    kind_of(form.kind)
    party = await resolve(call.node, form.party.strip()) or form.party.strip()
    account = await resolve(call.node, form.account.strip()) or form.account.strip()
    digest = sha256(call.files[0].data).hexdigest() if call.files and call.files[0].data else form.digest
    unknown = [act for act in form.act if act not in Act._value2member_map_]
    if unknown:
        raise BadInput(f"{unknown[0]!r} is nothing a document covers", where="act")
    return Paper(
        form.kind, party, form.signer, _day(form.signed, "signed"), form.source, digest, _day(form.begins, "begins"),
        _day(form.ends, "ends"), frozenset(form.promise), frozenset(map(Act, form.act)), frozenset(form.purpose),
        form.person.strip() or None, account or None,
    )  # fmt: skip


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("write the day as 2026-11-22", where=field) from None


async def _list(
    call: Call, form: PaperForm, wrong: BadInput | None = None, refused: DocumentAnswer | None = None
) -> Response:
    person = call.who
    views = await list_documents(call.node, person)
    order = ["waiting", "to come", "in force", "lapsed", "withdrawn"]
    kinds = await documents.possible(call.node, person)
    return await page(
        call,
        "documents.html",
        status=400 if wrong else 200,
        views=sorted(views, key=lambda view: order.index(view.state)),
        form=form,
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        refused=refused.refusal if refused else "",
        kinds={kind: kind_of(kind) for kind in kinds},
        promises={promise.id: promise.title for held in kinds.values() for promise in held},
        gives_way={
            promise.id: [kind_of(kind).title for kind, some in kinds.items() if promise in some]
            for held in kinds.values()
            for promise in held
        },
        acts={str(act): words for act, words in ACT_WORDS.items()},
        reasons={reason: REASONS[reason][0] for reason in listed()},
        may_record=person.may(Permission.SHARE_REVIEW) or person.may(Permission.COUNSEL),
    )
