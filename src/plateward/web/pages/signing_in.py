"""Signing in by a one-time link (passkeys: see ``account``), signing out, and in the demo: becoming somebody else.

Opening the link shows a button; only pressing it uses the link up. Programs that preview links in messages open them too, and
would burn them.
"""

from __future__ import annotations

import re

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.node.people.passkeys import site_of
from plateward.node.people.sessions import Session, assert_person, end_session, redeem
from plateward.web.admit import client_of
from plateward.web.endpoint import Call
from plateward.web.navigation import may_open
from plateward.web.problem import Problem
from plateward.web.render import page
from plateward.web.security import give_cookie, take_cookie

_LOCAL = re.compile(r"/(?![/\\])[\x21-\x7e]*")


class Link(msgspec.Struct, frozen=True):
    """The token of a one-time link, and the path of this site to go on to."""

    token: str = ""
    back: str = "/"


class Becoming(msgspec.Struct, frozen=True):
    """Whom a visitor of the demo wants to be."""

    person: str
    back: str = "/search"


async def home(call: Call) -> Response:
    """Everybody starts where their work is: at the search, the access log, or the readers."""
    if call.person is None:
        return RedirectResponse("/login", 303)
    if call.node.settings.home:
        return RedirectResponse("/home/now", 303)
    starts = ("/search", "/consents", "/access")
    return RedirectResponse(next((path for path in starts if may_open(call.site, call.person, path)), "/readers"), 303)


async def sign_in(call: Call, asked: Link) -> Response:
    """The button that uses a link up; without a link how to get one, and in the demo a choice of people."""
    return await page(
        call, "login.html", token=asked.token, back=local(asked.back), site=site_of(call.node.settings)[1]
    )


async def use_link(call: Call, asked: Link) -> Response:
    """Use the link up and begin a session."""
    agent = call.request.headers.get("user-agent", "")
    session = await redeem(call.node, asked.token, agent=agent[:120], address=client_of(call.request))
    if session is None:
        raise Problem(
            403,
            "This link has been used, has run out, or was never made.",
            next_step="Links work once and for a short time. Ask your administrator for a new one.",
        )
    return await begin_session(call, session, RedirectResponse(local(asked.back), 303))


async def sign_out(call: Call) -> Response:
    """End the session, here and on the node."""
    if call.cookie is not None:
        await end_session(call.node, call.cookie)
    response = RedirectResponse("/login", 303)
    take_cookie(response, call.node.settings)
    return response


async def become(call: Call, asked: Becoming) -> Response:
    """In the demo visitors try what each person is allowed; nobody has to prove anything there."""
    session = await assert_person(call.node, asked.person)
    return await begin_session(call, session, RedirectResponse(local(asked.back), 303))


def local(path: str) -> str:
    """``path`` where it is one of this site, else the start page: a link cannot send people elsewhere."""
    return path if _LOCAL.fullmatch(path) else "/"


async def begin_session(call: Call, session: Session, response: Response) -> Response:
    """``response``, with the cookie of a session that has begun; the browser's session before it ends."""
    if call.cookie is not None:
        await end_session(call.node, call.cookie)
    give_cookie(response, call.node.settings, session.cookie, session.expires, call.node.now())
    return response
