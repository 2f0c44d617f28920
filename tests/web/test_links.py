"""A link that is offered leads somewhere: nobody is sent to a page that their role does not open, that is gone, or that breaks."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette

from tests.web.world import visit

_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')
_ID = re.compile(r"(?<=[/=.-])(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d+|[0-9a-f]{12,})")
_ELSEWHERE = ("/static/", "/login", "/logout", "/ledger/tile")


def _shape(address: str) -> str:
    """An address with the numbers of things taken out, and without what is asked of it."""
    return _ID.sub("N", address.partition("?")[0])


def _links(address: str, text: str) -> list[str]:
    found = (urljoin(address, html.unescape(link)).partition("#")[0] for link in _LINK.findall(text))
    return [link for link in found if link.startswith("/") and not link.startswith(_ELSEWHERE)]


@pytest.mark.parametrize(
    "person", ["alvarez", "brandt", "nakamura", "whitfield", "delacroix", "vance", "pham", "keller"]
)
async def test_every_link_that_somebody_is_offered_opens_for_them(app: Starlette, person: str) -> None:
    visitor = await visit(app, person)
    begin = (await visitor.get("/")).headers["location"]
    waiting, seen, wrong = [(begin, "/")], set[str](), []
    while waiting:
        address, source = waiting.pop()
        if _shape(address) in seen:
            continue
        seen.add(_shape(address))
        answer = await visitor.get(address)
        if answer.status_code == 303:
            waiting.append((answer.headers["location"], address))
        elif answer.status_code != 200:
            wrong.append(f"{source} offers {address}: {answer.status_code}")
        elif answer.headers["content-type"].startswith("text/html"):
            waiting += [(link, address) for link in _links(address, answer.text)]
    assert not wrong
    assert len(seen) > 8
