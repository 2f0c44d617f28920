"""Help, the look of the pages, and the description of the API."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.web.endpoint import Call
from plateward.web.openapi import document, sections, shapes
from plateward.web.pages.signing_in import local
from plateward.web.problem import Problem
from plateward.web.render import THEME_COOKIE, THEMES, page
from plateward.web.security import secure


class Look(msgspec.Struct, frozen=True):
    """Light, dark, or as the device is set."""

    theme: str = "auto"
    back: str = "/"


async def help_page(call: Call) -> Response:
    """How to search, what the words mean, which keys there are; at home: how to begin, what is kept, how to end it."""
    return await page(call, "home_help.html" if call.node.settings.home else "help.html")


async def set_look(call: Call, asked: Look) -> Response:
    """Keep the choice in a cookie: it works without scripts, and the server knows it before the first byte."""
    if asked.theme not in THEMES:
        raise Problem(400, f"Choose one of {', '.join(THEMES)}.", field="theme")
    response = RedirectResponse(local(asked.back), 303)
    response.set_cookie(
        THEME_COOKIE, asked.theme, max_age=365 * 86400, path="/", samesite="lax", secure=secure(call.node.settings)
    )
    return response


async def api_docs(call: Call) -> Response:
    """The API page: the same table as everything else."""
    table = call.site.table
    return await page(
        call, "api.html", sections=sections(table), shapes=shapes(table), address=call.node.settings.address
    )


async def api_document(call: Call) -> dict[str, object]:
    """The OpenAPI 3.1 document."""
    return document(call.site.table, call.node.settings.address)
