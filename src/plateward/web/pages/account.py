"""One's own account: the passkeys one signs in with."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.node.people import passkeys
from plateward.node.people.passkeys import Refused
from plateward.node.people.sessions import end_every_session
from plateward.web.admit import client_of
from plateward.web.bind import JSON
from plateward.web.endpoint import Call
from plateward.web.pages.signing_in import begin_session, local
from plateward.web.problem import Problem
from plateward.web.render import page
from plateward.web.security import take_cookie


class Which(msgspec.Struct, frozen=True):
    """One of one's passkeys."""

    key: str


class Made(msgspec.Struct, frozen=True):
    """What the browser made (``PublicKeyCredential.toJSON``), and what its owner calls it."""

    credential: msgspec.Raw
    name: str = ""


class Proof(msgspec.Struct, frozen=True):
    """What the browser signed, and the path of this site to go on to."""

    credential: msgspec.Raw
    back: str = "/"


async def show(call: Call) -> Response:
    """The passkeys of the person asking."""
    keys = await passkeys.passkeys_of(call.node, call.who)
    return await page(call, "account.html", keys=keys, site=passkeys.site_of(call.node.settings)[1])


async def ask_to_add(call: Call) -> Response:
    """What a browser needs to make a passkey."""
    options = await passkeys.begin_adding(call.node, call.signed_in)
    if isinstance(options, Refused):
        raise Problem(403, options.why)
    return Response(options, media_type=JSON)


async def add(call: Call, made: Made) -> Response:
    """Keep the passkey that a browser made."""
    kept = await passkeys.finish_adding(call.node, call.signed_in, bytes(made.credential), made.name)
    if isinstance(kept, Refused):
        raise Problem(403, kept.why)
    return Response(msgspec.json.encode({"location": "/account"}), media_type=JSON)


async def remove(call: Call, asked: Which) -> Response:
    """Forget one of one's passkeys."""
    try:
        await passkeys.remove(call.node, call.who, asked.key)
    except BadInput as wrong:
        raise Problem(404, str(wrong.args[0])) from None
    return RedirectResponse("/account", 303)


async def sign_out_everywhere(call: Call) -> Response:
    """End every session, token and login link of the person asking, this one too."""
    await end_every_session(call.node, call.who)
    response = RedirectResponse("/login", 303)
    take_cookie(response, call.node.settings)
    return response


async def ask_to_sign_in(call: Call) -> Response:
    """What a browser needs to ask for a passkey."""
    return Response(await passkeys.begin_signing_in(call.node), media_type=JSON)


async def sign_in(call: Call, proof: Proof) -> Response:
    """Sign in with a passkey."""
    agent = call.request.headers.get("user-agent", "")[:120]
    session = await passkeys.sign_in(call.node, bytes(proof.credential), agent=agent, address=client_of(call.request))
    if isinstance(session, Refused):
        raise Problem(403, session.why)
    answer = Response(msgspec.json.encode({"location": local(proof.back)}), media_type=JSON)
    return await begin_session(call, session, answer)
