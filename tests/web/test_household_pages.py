"""A household's pages and API: what is there for one person, and what is refused, alike in both, with its reason."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from plateward.core.household import NOTHING_ELSE
from plateward.core.people import PERMISSIONS, Permission, Role
from plateward.node.household.law import say_read
from plateward.node.people.sessions import issue_token
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from plateward.web.app import create_app
from plateward.web.endpoints import ENDPOINTS
from plateward.web.household import MENU, not_offered
from plateward.web.navigation import MENU as AGENCY_MENU
from tests.node.household import ANNA, STRANGER, House, house
from tests.postgres import TEMPLATE, database_on, make_folder, new_database
from tests.web.world import ORIGIN, Visitor, browser, visit, words


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(postgres: EmbeddedServer) -> AsyncIterator[House]:
    """A household that has not read the law yet; the tests of this file go on from each other."""
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    folder = make_folder()
    async with Store.open(database, connections=8, timeout_s=20) as store:
        yield await house(store, folder, read=False)
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app_at_home(home: House) -> Starlette:
    return create_app(home.node)


@pytest_asyncio.fixture(loop_scope="session")
async def me(app_at_home: Starlette) -> Visitor:
    return await visit(app_at_home, "me")


@pytest_asyncio.fixture(loop_scope="session")
async def program(home: House, app_at_home: Starlette) -> httpx.AsyncClient:
    client = browser(app_at_home)
    client.headers["Authorization"] = f"Bearer {await issue_token(home.node, home.me, 'test')}"
    return client


async def test_the_law_comes_first_and_must_be_ticked(me: Visitor, home: House) -> None:
    assert (await me.get("/")).headers["location"] == "/home/now"
    assert (await me.get("/home/now")).headers["location"] == "/home/law"
    page = words((await me.get("/home/law")).text)
    assert page.index("California") < page.index("New Hampshire") and "1798.90.51" in page and "C-212/13" in page
    assert (await me.post("/home/law")).status_code == 400
    assert (await me.post("/home/law", read="yes")).headers["location"] == "/home/now"
    assert (await me.get("/home/now")).status_code == 200


async def test_the_menu_shows_what_there_is_and_each_of_it_opens(me: Visitor, home: House) -> None:
    await say_read(home.node, home.me)
    page = (await me.get("/home/now")).text
    for group in MENU:
        for item in group.items:
            assert f'href="{item.path}"' in page
            assert (await me.get(item.path)).status_code == 200, item.path
    for item in (item for group in AGENCY_MENU for item in group.items):
        if item.path not in {mine.path for group in MENU for mine in group.items}:
            assert f'<li><a href="{item.path}"' not in page, item.path


async def test_from_the_form_to_a_sighting_with_its_csv(me: Visitor, home: House) -> None:
    await say_read(home.node, home.me)
    wrong = await me.post("/home/list", plate=ANNA, name="")
    assert wrong.status_code == 400 and "say whose it is" in words(wrong.text).lower()
    assert (await me.post("/home/list", plate=ANNA, name="Anna's car", ends="2027-06-30")).status_code == 303
    await home.deliver(home.sent(ANNA), home.sent(STRANGER))
    page = (await me.get("/home/now")).text
    assert "Anna&#39;s car" in page and STRANGER not in page and "1 vehicle that is not on your list" in words(page)
    assert ANNA in (await me.get("/home/now.csv")).text
    entry = (await me.get("/home/list")).text.split('action="/home/list/')[1].split("/")[0]
    assert ANNA in (await me.get(f"/home/list/{entry}")).text
    assert ANNA in (await me.get(f"/home/list/{entry}/seen.csv")).text
    assert "2027-07-01" in (await me.get("/home/list.csv")).text
    assert "wanted" not in words((await me.get("/alerts")).text).lower()
    assert (await me.post(f"/home/list/{entry}/remove")).status_code == 303
    assert ANNA not in (await me.get("/home/now")).text
    assert (await me.get(f"/home/list/{entry}")).status_code == 404


@pytest.mark.parametrize("path", ["/help", "/retention", "/readers", "/home/list", "/home/now", "/access", "/alerts"])
async def test_pages_speak_to_the_person_and_not_of_agencies_and_roles(me: Visitor, path: str) -> None:
    page = await me.get(path)
    spoken = words(page.text.partition("<main")[2].partition("</main>")[0])
    assert page.status_code == 200
    found = {
        word
        for word in ("your agency", "the agency", "agencies", "supervisor", "hot list", "group")
        if word in spoken.lower()
    }
    assert found <= ({"hot list"} if path == "/access" else {"agencies"} if path == "/help" else set()), spoken


async def test_retention_is_said_to_be_the_households_choice_of_its_own_list(me: Visitor) -> None:
    found = (await me.get("/api/v1/retention")).json()["owners"]
    assert [one["home"] for one in found] == [True]
    assert "its own list" in found[0]["sentence"] and "agency" not in found[0]["groups"][0]["because"]


async def test_the_policy_is_there_for_anybody_and_follows_the_settings(me: Visitor, app_at_home: Starlette) -> None:
    stranger = browser(app_at_home)
    assert "are kept 30 days" in words((await stranger.get("/home/policy")).text)
    assert (await me.post("/home/retention", length="7", unit="days")).status_code == 303
    policy = (await stranger.get("/api/v1/home/policy")).json()
    assert policy["retention"]["minutes"] == 7 * 1440 and set(policy) >= {
        "purposes",
        "users",
        "monitoring",
        "sharing",
        "custodian",
    }
    assert "Me" not in words((await stranger.get("/home/policy")).text).split()
    assert (await me.post("/home/retention", length="31", unit="days")).status_code == 400
    assert (await stranger.get("/home/list")).status_code == 303


async def test_the_api_does_what_the_pages_do(program: httpx.AsyncClient, home: House) -> None:
    await say_read(home.node, home.me)
    made = (await program.post("/api/v1/home/list", json={"plate": "6BEA555", "name": "Bea"})).json()
    await home.deliver(home.sent("6BEA555"))
    seen = (await program.get(f"/api/v1/home/list/{made['id']}/seen")).json()
    assert [one["name"] for one in seen["seen"]] == ["Bea"] and seen["access_record"] > 0
    assert [one["name"] for one in (await program.get("/api/v1/home/seen")).json()["seen"]] == ["Bea"]
    assert (await program.get("/api/v1/home")).json()["plates"] >= 1
    assert (await program.post(f"/api/v1/home/list/{made['id']}/remove", json={})).json() == {"destroyed": 1}
    unset = await program.post("/api/v1/home/broker", json={"topic": "home"})
    assert unset.status_code == 400 and (await program.get("/api/v1/home/broker")).json()["told"] is False
    long = await program.post("/api/v1/home/list", json={"plate": "1", "name": "x", "ends": "2099-01-01T00:00:00Z"})
    assert long.status_code == 400 and long.json()["field"] == "ends"


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/api/v1/people", "one person"),
        ("POST", "/api/v1/people", "one person"),
        ("GET", "/api/v1/shares", "shares nothing"),
        ("POST", "/api/v1/shares", "shares nothing"),
        ("GET", "/api/v1/documents", "shares nothing"),
        ("GET", "/api/v1/exposure", "shares nothing"),
        ("POST", "/api/v1/search", "own list alone"),
        ("POST", "/api/v1/exports", "own list alone"),
        ("POST", "/api/v1/discovery", "own list alone"),
        ("POST", "/api/v1/hotlists", "wants nobody"),
        ("POST", "/api/v1/emergencies", "hands nothing over"),
        ("POST", "/api/v1/productions", "hands nothing over"),
        ("POST", "/api/v1/holds", "no holds"),
        ("POST", "/api/v1/feeds", "does no more"),
        ("POST", "/api/v1/changes", "what takes two"),
        ("POST", "/api/v1/audit/verdicts", "what takes two"),
    ],
)
async def test_what_a_household_does_not_do_is_refused_with_its_reason(
    program: httpx.AsyncClient, method: str, path: str, sentence: str
) -> None:
    answer = await program.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == 403, answer.text
    assert sentence in answer.json()["error"] and "plateward home" in answer.json()["next_step"]


async def test_a_page_is_refused_in_the_same_words(me: Visitor) -> None:
    for path in ("/search", "/shares", "/people", "/emergencies", "/holds"):
        page = await me.get(path)
        assert page.status_code == 403 and "A home node" in words(page.text)


def test_every_endpoint_that_asks_for_anything_else_is_refused_by_the_table_itself() -> None:
    may = PERMISSIONS[Role.HOUSEHOLDER]
    for endpoint in ENDPOINTS:
        if isinstance(endpoint.needs, Permission) and endpoint.needs not in may:
            assert not_offered(endpoint).startswith("A home node")
        if endpoint.path.removeprefix("/api/v1").startswith(
            ("/hotlists", "/quarantine", "/reports", "/live", "/import")
        ):
            assert not_offered(endpoint), endpoint.path
    assert NOTHING_ELSE


async def test_an_agencys_node_has_no_household_pages(app: Starlette) -> None:
    officer = await visit(app, "alvarez")
    assert (await officer.get("/home/law")).status_code == 404
    assert (await officer.get("/home/list")).status_code == 403
    assert (await officer.client.post("/api/v1/home/law", headers={"Origin": ORIGIN}, json={})).status_code == 403
