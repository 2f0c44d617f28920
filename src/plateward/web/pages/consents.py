"""Consents: a search that looks at people nobody named waits for a supervisor."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.people import Permission
from plateward.core.purpose import REASONS, listed
from plateward.node.people.consent import decide, waiting
from plateward.web.endpoint import Call
from plateward.web.pages.search import EXPORT_FORMATS
from plateward.web.problem import Problem
from plateward.web.render import page


class Verdict(msgspec.Struct, frozen=True):
    """What a supervisor says to one request."""

    consent_id: str
    verdict: str = ""
    note: str = ""


async def show(call: Call) -> Response:
    """The requests: those a supervisor may decide, and one's own."""
    return await page(
        call,
        "consents.html",
        consents=await waiting(call.node, call.who),
        may_decide=call.who.may(Permission.CONSENT),
        reasons={reason: REASONS[reason][0] for reason in listed()},
        formats=EXPORT_FORMATS,
    )


async def say(call: Call, asked: Verdict) -> Response:
    """Grant or refuse."""
    if asked.verdict not in ("grant", "refuse"):
        raise Problem(400, "Choose to grant or to refuse.", field="verdict")
    await decide(call.node, call.who, asked.consent_id, asked.verdict == "grant", asked.note)
    return RedirectResponse("/consents", 303)
