"""Accounts: added by a system administrator, entered by a link that is shown once, closed at once."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette

from tests.web.world import ORIGIN, browser, visit

SOURCE = {"source": "Personnel list", "source_date": "2026-10-01"}


async def test_somebody_added_signs_in_when_a_second_person_has_accepted_and_is_out_when_the_account_is_closed(
    app: Starlette,
) -> None:
    system, officer = await visit(app, "pham"), await visit(app, "whitfield")
    proposed = await system.post(
        "/people", id="lopez", name="Eva Lopez", role="officer", organisation="Ridgeport Police Department", **SOURCE
    )
    assert "Eva Lopez waits for a second person" in proposed.text
    early = await system.post("/people/lopez/link")
    assert early.status_code == 400 and "<code>http" not in early.text
    waiting = (await officer.get("/changes")).text
    number = re.search(r'action="/changes/([0-9a-f-]{36})"', waiting[waiting.index("lopez") - 2000 :])
    assert number
    await officer.post(f"/changes/{number[1]}", verdict="accept")
    made = await system.post("/people/lopez/link")
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
        ({"id": "Not An Id", "name": "X Y"}, "errors"),
        ({"id": "x", "name": "Xenia", "source": ""}, "source is needed"),
        ({"id": "x", "name": "Xenia", "role": "emperor"}, "emperor"),
        ({"id": "x", "name": "Xenia", "organisation": "Nobody at all"}, "no agency is known"),
        ({"id": "alvarez", "name": "Xenia", "organisation": "us-ca-ridgeport-pd"}, "already"),
    ):
        answer = await system.post(
            "/people", **({"role": "officer", "organisation": "us-ca-ridgeport-pd"} | SOURCE | form)
        )
        assert answer.status_code == 400
        assert said in answer.text.lower()
        assert f'value="{form["id"]}"' in answer.text


async def test_an_officer_can_neither_see_nor_make_accounts_and_nobody_closes_their_own(app: Starlette) -> None:
    officer = await visit(app, "alvarez")
    assert (await officer.get("/people")).status_code == 403
    assert (await officer.post("/people", id="x", name="X")).status_code == 403
    system = await visit(app, "pham")
    assert "their own account" in (await system.post("/people/pham/close", why="x")).text
