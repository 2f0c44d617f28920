"""Who is asking, and may this role come in: before anything of the request is read.

People have a session cookie, programs an API token, readers a key; the last two travel as ``Authorization: Bearer``. A browser
sends cookies by itself, so whatever changes something must also prove that it comes from our own page: by the browser's own
word (Origin) and by the form token.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request

from plateward.core.delivery import SIGNATURE_HEADER
from plateward.core.household import WHAT_INSTEAD
from plateward.core.people import PERMISSION_WORDS, PERMISSIONS, Permission
from plateward.node.people.sessions import session_of
from plateward.web.endpoint import Access, Call, Endpoint, Site
from plateward.web.household import not_offered
from plateward.web.problem import Problem
from plateward.web.render import job
from plateward.web.security import cookie_name, known_host, same_secret, same_site

SAFE = frozenset({"GET", "HEAD"})
TOKEN_FIELD = "csrf"
TOKEN_HEADER = "x-csrf-token"


async def admit(site: Site, endpoint: Endpoint, request: Request) -> Call:
    """The call, with who is asking. Raises Problem: wrong host, too many attempts, another site's form, an unknown token.

    Cameras of other makers name the node by its number, or not at all: where no cookie is looked at, no host name can deceive.
    """
    settings = site.node.settings
    if not endpoint.foreign and not known_host(request, settings):
        raise Problem(
            421,
            "This node does not go by that name.",
            next_step='The operator sets the public address as url = "https://…" in plateward.toml.',
        )
    if (endpoint.needs is Access.DEMO and not settings.demo) or (
        endpoint.needs is Access.HOUSEHOLD and not settings.home
    ):
        raise Problem(404, "There is no page at this address.")
    _count(site, endpoint, request)
    if request.method not in SAFE and not same_site(request, settings):
        raise Problem(
            403, "Another site sent this form. Nothing was done.", next_step="Open the page here and send it again."
        )
    return await _who(site, endpoint, request)


def permit(call: Call) -> None:
    """Raise Problem unless this endpoint is open to whoever is asking: not signed in, or not with this role."""
    needs = call.endpoint.needs
    if call.node.settings.home and (why := not_offered(call.endpoint)):
        raise Problem(403, why, next_step=WHAT_INSTEAD)
    proved = call.key is not None or SIGNATURE_HEADER in call.request.headers
    if needs is Access.READER_KEY and not proved and call.endpoint.takes and not call.endpoint.foreign:
        raise Problem(
            401,
            "This needs the reader's key as Authorization: Bearer.",
            next_step="An ALPR administrator makes one on the page Readers.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if needs in (Access.PUBLIC, Access.READER_KEY, Access.DEMO, Access.HOUSEHOLD):
        return
    if call.person is None:
        raise _sign_in(call.request, call.endpoint, "This needs somebody who is signed in.")
    if isinstance(needs, Permission) and not call.person.may(needs):
        others = ", ".join(job(role) for role, held in PERMISSIONS.items() if needs in held)
        raise Problem(
            403,
            f"Your role, {job(call.person.role)}, does not include {PERMISSION_WORDS[needs]}.",
            next_step=f"These roles can: {others}." if others else "",
        )


def check_token(call: Call, form: dict[str, list[str]]) -> None:
    """Raise Problem unless a request that changes something, signed in by cookie, carries the session's token."""
    if call.session is None or call.cookie is None or call.request.method in SAFE:
        return
    given = call.request.headers.get(TOKEN_HEADER) or next(iter(form.get(TOKEN_FIELD, [])), "")
    if not same_secret(given, call.session.csrf):
        raise Problem(
            403,
            "The form was not made for this session. Nothing was done.",
            next_step="Reload the page and send it again; you may have signed in anew since.",
        )


def client_of(request: Request) -> str:
    """The address attempts are counted by."""
    return request.client.host if request.client else "local"


def bearer(request: Request) -> str | None:
    """The key or token a program sends."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def _count(site: Site, endpoint: Endpoint, request: Request) -> None:
    if endpoint.attempts is None:
        return
    wait = site.attempts.wait_s(client_of(request), endpoint.path, endpoint.attempts)
    if wait:
        raise Problem(
            429,
            "Too many attempts from this address.",
            next_step=f"Wait {wait} seconds and try again.",
            headers={"Retry-After": str(wait)},
        )


async def _who(site: Site, endpoint: Endpoint, request: Request) -> Call:
    token = bearer(request) if endpoint.programmed else None
    if endpoint.needs is Access.READER_KEY:
        return Call(site, request, endpoint, key=token)
    if token is not None:
        session = await session_of(site.node, token)
        if session is None and endpoint.needs is not Access.PUBLIC:
            raise _sign_in(request, endpoint, "This token is unknown, has ended or was withdrawn.")
        return Call(site, request, endpoint, session)
    cookie = request.cookies.get(cookie_name(site.node.settings))
    session = await session_of(site.node, cookie) if cookie else None
    return Call(site, request, endpoint, session, cookie if session else None)


def _sign_in(request: Request, endpoint: Endpoint, message: str) -> Problem:
    if endpoint.programmed:
        return Problem(
            401, message, next_step="Get a token with: plateward login", headers={"WWW-Authenticate": "Bearer"}
        )
    if request.method in SAFE:
        back = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="/")
        return Problem(303, message, headers={"Location": f"/login?back={back}"})
    return Problem(401, message, next_step="Your session may have ended. Sign in again and repeat what you did.")
