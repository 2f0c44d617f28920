"""The JSON API: the same questions as the pages, its contract, and its description."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from plateward.core.event import EventType
from plateward.node.people.sessions import issue_login_link
from plateward.web.endpoint import Access
from plateward.web.endpoints import ENDPOINTS
from plateward.web.openapi import document, programmed, sections, shapes, who
from tests.node.world import World
from tests.web.world import browser

ROOT = Path(__file__).resolve().parents[2]
SEARCH = {"pattern": "7ABC123", "reason": "burglary series", "case": "26-0117"}


async def signed(app: Starlette, person: str) -> httpx.AsyncClient:
    client = browser(app)
    token = (await client.post("/api/v1/demo/become", json={"person": person})).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest_asyncio.fixture(loop_scope="session")
async def officer(app: Starlette) -> httpx.AsyncClient:
    return await signed(app, "alvarez")


@pytest_asyncio.fixture(loop_scope="session")
async def administrator(app: Starlette) -> httpx.AsyncClient:
    return await signed(app, "nakamura")


async def test_a_one_time_link_becomes_a_token_once(app: Starlette, web: World) -> None:
    link = await issue_login_link(web.node, "alvarez")
    client = browser(app)
    answer = await client.post("/api/v1/tokens", json={"link": link.token})
    assert answer.json()["person"] == "alvarez" and answer.json()["role"] == "officer"
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert me.json()["organisation"] == "us-ca-ridgeport-pd"
    assert (await client.post("/api/v1/tokens", json={"link": link.token})).status_code == 403


async def test_a_search_answers_as_the_command_line_promises(officer: httpx.AsyncClient) -> None:
    answer = (await officer.post("/api/v1/search", json=SEARCH)).json()
    assert {read["plate"] for read in answer["reads"]} == {"7ABC123"}
    assert {"agency", "allowed", "why", "promises"} <= set(answer["owners"][0])
    assert isinstance(answer["access_record"], int)
    record = (await officer.get(f"/api/v1/access/{answer['access_record']}")).json()
    assert (record["person"], record["case"], record["reason"]) == ("alvarez", "26-0117", "property-crime")
    read = answer["reads"][0]
    seen = (await officer.get(f"/api/v1/reads/{read['id']}?access={answer['access_record']}")).json()
    assert seen["read"]["id"] == read["id"]
    picture = next(read["id"] for read in answer["reads"] if read["picture"])
    jpeg = await officer.get(f"/api/v1/reads/{picture}/picture?access={answer['access_record']}")
    assert jpeg.headers["content-type"] == "image/jpeg"


async def test_a_refusal_is_an_answer_with_its_promise_and_chain(app: Starlette) -> None:
    analyst = await signed(app, "keller")
    answer = await analyst.post("/api/v1/search", json=SEARCH)
    assert answer.status_code == 200 and answer.json()["reads"] == []
    ridgeport = next(owner for owner in answer.json()["owners"] if owner["agency"] == "us-ca-ridgeport-pd")
    assert not ridgeport["allowed"] and ridgeport["promises"]
    assert [link["agency"] for link in ridgeport["chain"]][:2] == ["us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi"]


async def test_messagepack_in_and_out(officer: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
    answer = await officer.post("/api/v1/search", content=msgspec.msgpack.encode(SEARCH), headers=headers)
    assert answer.headers["content-type"] == "application/msgpack"
    assert msgspec.msgpack.decode(answer.content)["reads"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pattern": "7ABC123"}, "reason"),
        (SEARCH | {"limit": 0}, "limit"),
        (SEARCH | {"limit": "many"}, "limit"),
        (SEARCH | {"pattern": "?" * 20}, "plate"),
        (SEARCH | {"likeness": "roughly"}, "likeness"),
        (SEARCH | {"from": "yesterday"}, "from"),
        (SEARCH | {"near": "here"}, "near"),
        (SEARCH | {"reason": "because"}, "reason"),
        (SEARCH | {"owners": ["us-ca-nowhere"]}, "owners"),
        (SEARCH | {"plait": "7ABC123"}, None),
        ({"pattern": "", "reason": "audit", "case": "1"}, "pattern"),
    ],
)
async def test_wrong_input_is_a_400_that_names_the_field(
    officer: httpx.AsyncClient, body: dict[str, object], field: str | None
) -> None:
    answer = await officer.post("/api/v1/search", json=body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 400
    assert problem["error"] and problem.get("field") == field


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nonsense", b'{"pattern": "\xff"}'])
async def test_a_body_that_is_no_json_is_refused_clearly(officer: httpx.AsyncClient, body: bytes) -> None:
    answer = await officer.post("/api/v1/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]


async def test_readers_deliver_with_their_key_and_each_item_is_answered_for(app: Starlette, web: World) -> None:
    client = browser(app)
    good = web.sent("6WEB111")
    body = {"reads": [good, web.sent("6WEB112") | {"confidence": 7}, web.sent("6WEB113", ago=timedelta(days=400))]}
    assert (await client.post("/api/v1/reads", json=body)).status_code == 401
    assert (await client.post("/api/v1/reads", json=body, headers={"Authorization": "Bearer wrong"})).status_code == 401
    key = {"Authorization": "Bearer a reader's key"}
    first = (await client.post("/api/v1/reads", json=body, headers=key)).json()
    assert (first["accepted"], first["expired"]) == (1, 1)
    assert [(one["index"], one["field"]) for one in first["rejected"]] == [(1, "confidence")]
    packed = msgspec.msgpack.encode({"reads": [good]})
    again = await client.post("/api/v1/reads", content=packed, headers=key | {"Content-Type": "application/msgpack"})
    assert again.json()["duplicates"] == 1
    for wrong in (b"{}", b'{"reads": 3}', b"\x00"):
        answer = await client.post("/api/v1/reads", content=wrong, headers=key | {"Content-Type": "application/json"})
        assert answer.status_code == 400
    odd = await client.post("/api/v1/reads", content=b"x", headers=key | {"Content-Type": "text/plain"})
    assert odd.status_code in (400, 415) and "application/json" in odd.text


async def test_a_persons_token_delivers_nothing_and_a_readers_key_searches_nothing(
    officer: httpx.AsyncClient, app: Starlette
) -> None:
    assert (await officer.post("/api/v1/reads", json={"reads": []})).status_code == 401
    reader = browser(app)
    reader.headers["Authorization"] = "Bearer a reader's key"
    assert (await reader.post("/api/v1/search", json=SEARCH)).status_code == 401


async def test_an_administrator_imports_and_an_officer_does_not(
    administrator: httpx.AsyncClient, officer: httpx.AsyncClient, web: World
) -> None:
    body = {"reads": [web.sent("6IMP001") | {"reader": "an-archive"}]}
    answer = await administrator.post("/api/v1/import", json=body)
    assert answer.json()["accepted"] == 1, answer.text
    assert (await administrator.post("/api/v1/import", json=body)).json()["duplicates"] == 1
    assert (await administrator.post("/api/v1/import?agency=us-ca-port-alder-pd", json=body)).status_code == 400
    assert (await officer.post("/api/v1/import", json=body)).status_code == 403


async def test_readers_are_added_and_rekeyed_by_program(administrator: httpx.AsyncClient) -> None:
    made = await administrator.post(
        "/api/v1/readers", json={"id": "rpd-api-1", "name": "API St", "lat": 34.1, "lon": -119.1}
    )
    assert made.json()["key"].startswith("pwr_")
    again = await administrator.post("/api/v1/readers/rpd-api-1/key")
    assert again.json()["key"] not in ("", made.json()["key"])
    assert "rpd-api-1" in {row["id"] for row in (await administrator.get("/api/v1/readers")).json()}
    half = await administrator.post("/api/v1/readers", json={"id": "rpd-api-2", "name": "x", "lat": 34.1})
    assert (half.status_code, half.json()["field"]) == (400, "lon")


async def test_a_reader_is_changed_paused_and_retired_by_program(
    app: Starlette, web: World, administrator: httpx.AsyncClient
) -> None:
    made = {"id": "rpd-api-3", "name": "Old name", "lat": 34.1, "lon": -119.1, "heading": 90}
    key = {"Authorization": f"Bearer {(await administrator.post('/api/v1/readers', json=made)).json()['key']}"}
    path, self_ = "/api/v1/readers/rpd-api-3", "/api/v1/readers/self"
    changed = (await administrator.post(path, json={"name": "New name", "heading": None})).json()
    assert (changed["name"], changed["lat"], changed["heading"]) == ("New name", 34.1, None)
    for wrong, field in (
        ({"lat": 34.0}, "lon"),
        ({"name": " "}, "name"),
        ({"lat": 91, "lon": 0}, "lat"),
        ({"kind": "mobile"}, "kind"),
    ):
        answer = await administrator.post(path, json=wrong)
        assert answer.status_code == 400 and field in answer.text, answer.text
    reader = browser(app)
    body = {"reads": [web.sent("7ABC777")]}
    assert (await administrator.post(f"{path}/pause")).json()["status"] == "paused"
    refused = await reader.post("/api/v1/reads", json=body, headers=key)
    assert refused.status_code == 401 and "paused" in refused.text
    assert (await reader.get(self_, headers=key)).json()["keep"] == "nothing"
    assert (await administrator.post(f"{path}/resume")).json()["status"] == "active"
    assert (await reader.post("/api/v1/reads", json=body, headers=key)).json()["accepted"] == 1
    assert (await administrator.post(f"{path}/retire")).json()["status"] == "retired"
    assert (await reader.get(self_, headers=key)).status_code == 401
    assert (await administrator.post(f"{path}/resume")).status_code == 400


async def test_the_log_pages_and_filters(officer: httpx.AsyncClient) -> None:
    for _ in range(3):
        await officer.post("/api/v1/search", json=SEARCH)
    first = (await officer.get("/api/v1/access?limit=2")).json()
    second = (await officer.get(f"/api/v1/access?limit=2&cursor={first['next']}")).json()
    numbers = [record["number"] for record in first["records"] + second["records"]]
    assert numbers == sorted(set(numbers), reverse=True) and len(numbers) == 4
    assert (await officer.get("/api/v1/access?cursor=nonsense")).status_code == 400
    assert (await officer.get("/api/v1/access?person=keller")).status_code == 403


async def test_live_consents_and_health(officer: httpx.AsyncClient) -> None:
    live = (await officer.get("/api/v1/live")).json()
    assert live["reads"] and all("•" in read["plate"] for read in live["reads"])
    assert isinstance((await officer.get("/api/v1/consents")).json(), list)
    assert (await officer.get("/api/v1/health")).json()["status"] == "ok"


def test_every_endpoint_says_what_it_is_for_and_what_is_recorded() -> None:
    for endpoint in ENDPOINTS:
        assert len(endpoint.summary) > 8 and not endpoint.summary.endswith("."), endpoint.path
        assert (endpoint.handler.__doc__ or "").strip(), endpoint.path
        assert endpoint.event is None or isinstance(endpoint.event, EventType)
        if endpoint.method == "POST" and endpoint.path not in (
            "/look",
            "/api/v1/reads",  # a reader's read is its own record
            "/api/v1/cameras/{reader_id}",
            "/api/v1/readers/self/health",  # nothing but how the reader itself does
            "/api/v1/readers/self/frame",
            "/api/v1/login/passkey/begin",  # a challenge, which nobody has answered yet
            "/api/v1/account/passkeys/begin",
            "/hotlists/{list_id}/preview",  # nothing is changed yet
            "/cameras",  # nothing of the message that is tried is kept
            *(
                f"/review/{what}" for what in ("sharing", "searches", "compare", "forget")
            ),  # nothing of the node's is touched
        ):
            assert endpoint.event is not None, f"{endpoint.path} changes something and leaves no record"
    paths = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]
    assert len(paths) == len(set(paths))


def test_only_signing_in_the_demo_and_the_look_change_anything_without_a_permission() -> None:
    open_posts = {e.path for e in ENDPOINTS if e.method == "POST" and e.needs is Access.PUBLIC}
    signing_in = {"/login", "/logout", "/api/v1/tokens", "/api/v1/login/passkey", "/api/v1/login/passkey/begin"}
    assert open_posts == {*signing_in, "/look"}


def test_the_openapi_document_describes_every_endpoint_and_every_reference_leads_somewhere() -> None:
    described = document(ENDPOINTS, "http://localhost")
    assert described["openapi"].startswith("3.1")
    api = {(e.method.lower(), e.path) for e in programmed(ENDPOINTS)}
    assert {(method, path) for path, methods in described["paths"].items() for method in methods} == api
    for reference in re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(described)):
        assert reference in described["components"]["schemas"]
    ids = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in described["paths"].items():
        for operation in methods.values():
            named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


async def test_the_api_page_shows_every_endpoint_without_scripts(app: Starlette) -> None:
    page = (await browser(app).get("/api/docs")).text
    for endpoint in programmed(ENDPOINTS):
        assert f"<code>{endpoint.path}</code>" in page
    assert (await browser(app).get("/api/openapi.json")).json()["info"]["title"] == "Plateward"


def test_the_documentation_of_the_api_is_the_tables() -> None:
    """``docs/api.md`` is written by ``make docs``; this fails when an endpoint or a field is missing there."""
    file = ROOT / "docs" / "api.md"
    text = file.read_text(encoding="utf-8")
    start, end = "<!-- generated: endpoints -->\n", "<!-- end -->"
    head, rest = text.split(start)
    tail = rest.split(end)[1]
    wanted = head + start + documented() + end + tail
    if text != wanted:
        file.write_text(wanted, encoding="utf-8")
        pytest.fail(
            "docs/api.md did not describe the endpoints as they are; it was written anew, look at it and commit it"
        )


def documented() -> str:
    lines = ["", "| endpoint | for | what it does | recorded as |", "|---|---|---|---|"]
    lines += [
        f"| `{e.method} {e.path}` | {who(e)} | {e.summary} | {f'`{e.event}`' if e.event else ''} |"
        for e in programmed(ENDPOINTS)
    ]
    for section in sections(ENDPOINTS):
        lines += ["", f"### {section.method} {section.path}", "", section.summary]
        lines += ["", f"Answers {section.gives}."]
        if section.fields:
            lines += ["", "| input | type | needed |", "|---|---|---|"]
            lines += [f"| `{f.name}` | {f.type} | {'yes' if f.needed else 'no'} |" for f in section.fields]
    lines += ["", "## Shapes"]
    for shape in shapes(ENDPOINTS):
        lines += ["", f"### {shape.name}", "", shape.meaning, "", "| field | type |", "|---|---|"]
        lines += [f"| `{f.name}` | {f.type} |" for f in shape.fields]
    return "\n".join(lines) + "\n\n"
