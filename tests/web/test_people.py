"""Accounts: added by a system administrator, entered by a link that is shown once, closed at once."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette

from tests.web.world import ORIGIN, browser, visit


async def test_somebody_added_signs_in_with_the_link_and_is_out_when_the_account_is_closed(app: Starlette) -> None:
    system = await visit(app, "pham")
    made = await system.post(
        "/people", id="lopez", name="Eva Lopez", role="officer", organisation="Ridgeport Police Department"
    )
    link = html.unescape(re.search(r"<code>(http[^<]+)</code>", made.text)[1])  # type: ignore[index]
    token = parse_qs(urlsplit(link).query)["token"][0]
    lopez = browser(app)
    assert (await lopez.post("/login", data={"token": token}, headers={"Origin": ORIGIN})).status_code == 303
    assert (await lopez.get("/search")).status_code == 200
    assert token not in (await system.get("/people")).text
    await system.post("/people/lopez/close", why="left the department")
    assert (await lopez.get("/search")).status_code == 303
    assert "closed" in (await system.get("/people")).text


async def test_bad_input_is_named_and_what_was_typed_is_still_there(app: Starlette) -> None:
    system = await visit(app, "pham")
    for form, said in (
        ({"id": "Not An Id", "name": "X Y"}, "lower-case"),
        ({"id": "x", "name": "Xenia", "role": "emperor"}, "choose a role"),
        ({"id": "x", "name": "Xenia", "organisation": "Nobody at all"}, "no agency is known"),
        ({"id": "alvarez", "name": "Xenia", "organisation": "us-ca-ridgeport-pd"}, "already"),
    ):
        answer = await system.post("/people", **({"role": "officer", "organisation": "us-ca-ridgeport-pd"} | form))
        assert answer.status_code == 400
        assert said in answer.text.lower()
        assert f'value="{form["id"]}"' in answer.text


async def test_an_officer_can_neither_see_nor_make_accounts_and_nobody_closes_their_own(app: Starlette) -> None:
    officer = await visit(app, "alvarez")
    assert (await officer.get("/people")).status_code == 403
    assert (await officer.post("/people", id="x", name="X")).status_code == 403
    system = await visit(app, "pham")
    assert "their own account" in (await system.post("/people/pham/close", why="x")).text
