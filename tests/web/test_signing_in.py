"""Signing in by a one-time link, sessions, and their end."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette

from plateward.demo.people import person
from plateward.node.people.sessions import issue_login_link, issue_token
from plateward.web.app import create_app
from plateward.web.pages.signing_in import local
from tests.node.world import World
from tests.web.world import ORIGIN, Visitor, browser, over_tls, visit, without_demo


async def test_a_program_that_previews_the_link_does_not_burn_it_and_it_works_once(app: Starlette, web: World) -> None:
    link = await issue_login_link(web.node, "alvarez")
    path = link.url.removeprefix(web.node.settings.address)
    client = browser(app)
    for _ in range(3):
        preview = await client.get(path)
        assert preview.status_code == 200
        assert "set-cookie" not in preview.headers
        assert "Press the button" in preview.text
    pressed = await client.post("/login", data={"token": link.token})
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/")
    assert (await client.get("/search")).status_code == 200
    again = await browser(app).post("/login", data={"token": link.token})
    assert again.status_code == 403
    assert "has been used" in again.text


async def test_an_invented_link_says_what_to_do(app: Starlette) -> None:
    answer = await browser(app).post("/login", data={"token": "x" * 43})
    assert answer.status_code == 403
    assert "Ask your administrator for a new one" in answer.text


async def test_no_script_reads_the_session_cookie_and_over_tls_it_stays_on_this_host(web: World) -> None:
    for node, expected in ((web.node, "plateward="), (over_tls(web.node), "__Host-plateward=")):
        link = await issue_login_link(node, "okafor")
        client = browser(create_app(node))
        cookie = (await client.post("/login", data={"token": link.token})).headers["set-cookie"]
        assert cookie.startswith(expected)
        assert "httponly" in cookie.lower() and "samesite=lax" in cookie.lower()
        assert ("secure" in cookie.lower()) == expected.startswith("__Host-")


async def test_over_tls_browsers_are_told_to_stay_there(web: World) -> None:
    assert "strict-transport-security" in (await browser(create_app(over_tls(web.node))).get("/help")).headers
    assert "strict-transport-security" not in (await browser(create_app(web.node)).get("/help")).headers


async def test_signing_out_ends_the_session_on_the_node_not_only_in_the_browser(
    officer: Visitor, app: Starlette
) -> None:
    kept = officer.client.cookies["plateward"]
    assert (await officer.post("/logout")).headers["location"] == "/login"
    thief = browser(app)
    thief.cookies.set("plateward", kept, domain="localhost.local")
    assert (await thief.get("/search")).headers["location"].startswith("/login")


async def test_a_new_session_replaces_the_old_one_which_stops(app: Starlette) -> None:
    first = await visit(app, "alvarez")
    kept = first.client.cookies["plateward"]
    await first.post("/demo/become", person="okafor")
    assert first.client.cookies["plateward"] != kept
    old = browser(app)
    old.cookies.set("plateward", kept, domain="localhost.local")
    assert (await old.get("/search")).status_code == 303


async def test_somebody_who_is_not_signed_in_comes_back_to_where_they_wanted_to_go(app: Starlette) -> None:
    answer = await browser(app).get("/access?refused=true")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?back=/access%3Frefused%3Dtrue")


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\n/x"]
)
def test_signing_in_sends_nobody_to_another_site(address: str) -> None:
    assert local(address) == "/"


def test_signing_in_returns_to_a_page_of_this_site() -> None:
    assert local("/access?refused=true") == "/access?refused=true"


async def test_guessing_links_is_slowed_down(web: World) -> None:
    client = browser(create_app(web.node))
    answers = [await client.post("/login", data={"token": str(guess)}) for guess in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {403}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["retry-after"]) > 0


async def test_outside_of_a_demo_nobody_becomes_anybody_without_proof(web: World) -> None:
    app = create_app(without_demo(web.node))
    assert (await browser(app).post("/demo/become", data={"person": "alvarez"})).status_code == 404
    assert (await browser(app).post("/api/v1/demo/become", json={"person": "alvarez"})).status_code == 404
    page = await browser(app).get("/login")
    assert "plateward people link" in page.text and "plateward serve --link" in page.text
    assert "/demo/become" not in page.text


async def test_in_the_demo_a_visitor_looks_through_other_eyes_and_everybody_starts_where_their_work_is(
    app: Starlette,
) -> None:
    starts = {
        "alvarez": "/search",
        "keller": "/search",
        "whitfield": "/access",
        "delacroix": "/access",
        "pham": "/access",
    }
    for who, start in starts.items():
        client = browser(app)
        answer = await client.post("/demo/become", data={"person": who, "back": "/"}, headers={"Origin": ORIGIN})
        assert answer.status_code == 303
        assert (await client.get("/")).headers["location"] == start
        assert (await client.get(start)).status_code == 200


def _program(app: Starlette, token: str) -> httpx.AsyncClient:
    client = browser(app)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def test_whoever_lost_a_machine_ends_every_session_token_and_link_at_once(app: Starlette, web: World) -> None:
    token = await issue_token(web.node, person("okafor"), "a laptop that was stolen")
    link = await issue_login_link(web.node, "okafor")
    other = await visit(app, "okafor")
    program = _program(app, token)
    assert (await program.get("/api/v1/me")).status_code == 200
    here = await visit(app, "okafor")
    ended = await here.post("/account/sessions/end")
    assert ended.headers["location"] == "/login"
    assert (await program.get("/api/v1/me")).status_code == 401
    assert (await other.get("/account")).status_code == 303
    assert (await browser(app).post("/login", data={"token": link.token})).status_code == 403


async def test_a_program_withdraws_its_own_token_and_no_other(app: Starlette, web: World) -> None:
    tokens = [await issue_token(web.node, person("okafor"), "a program") for _ in range(2)]
    programs = [_program(app, token) for token in tokens]
    assert (await programs[0].post("/api/v1/logout", json={})).status_code == 200
    assert [(await one.get("/api/v1/me")).status_code for one in programs] == [401, 200]
