"""What strangers try: other sites' forms, other hosts' names, scripts in names, oversize and odd input."""

from __future__ import annotations

import io
import logging
import re
from html.parser import HTMLParser

import pytest
import structlog
from starlette.applications import Starlette

from plateward.core.read import Reader
from plateward.node.devices import readers as node_readers
from plateward.web import logs
from plateward.web.endpoints import ENDPOINTS
from plateward.web.security import Attempts
from tests.node.world import World
from tests.web.world import ORIGIN, Visitor, browser, visit

SEARCH = {"plate": "7ABC123", "reason": "stolen-vehicle"}


async def test_another_sites_form_is_refused_even_with_the_cookie(officer: Visitor) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await officer.client.post("/search", data={"csrf": officer.csrf, **SEARCH}, headers=headers)
        assert answer.status_code == 403
        assert "Another site sent this form" in answer.text


async def test_a_form_without_the_sessions_token_is_refused(officer: Visitor) -> None:
    for form in (SEARCH, {"csrf": "", **SEARCH}, {"csrf": officer.csrf[:-1] + "x", **SEARCH}):
        answer = await officer.client.post("/search", data=form, headers={"Origin": ORIGIN})
        assert answer.status_code == 403
        assert "not made for this session" in answer.text


async def test_the_token_of_another_session_is_refused(officer: Visitor, app: Starlette) -> None:
    other = await visit(app, "okafor")
    answer = await officer.client.post("/search", data={"csrf": other.csrf, **SEARCH})
    assert answer.status_code == 403


async def test_json_sent_with_a_cookie_needs_the_token_too(officer: Visitor) -> None:
    body = {"pattern": "7ABC123", "reason": "stolen-vehicle"}
    bare = await officer.client.post("/api/v1/search", json=body)
    assert (bare.status_code, bare.json()["status"]) == (403, 403)
    assert (
        await officer.client.post("/api/v1/search", json=body, headers={"X-CSRF-Token": officer.csrf})
    ).status_code == 200


async def test_every_form_that_changes_something_carries_the_token(
    officer: Visitor, supervisor: Visitor, administrator: Visitor
) -> None:
    for visitor, path in (
        (officer, "/search"),
        (officer, "/help"),
        (supervisor, "/consents"),
        (administrator, "/readers"),
    ):
        page = (await visitor.get(path)).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.S)
        assert forms
        assert all(f'name="csrf" value="{visitor.csrf}"' in form for form in forms), path


async def test_a_strangers_name_that_points_at_this_node_is_turned_away(app: Starlette) -> None:
    client = browser(app)
    for name in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example"):
        answer = await client.get("/help", headers={"Host": name})
        assert answer.status_code == 421
        assert "does not go by that name" in answer.text
    for name in ("127.0.0.1:8731", "localhost:9999", "[::1]:8731", "192.168.1.7"):
        assert (await client.get("/help", headers={"Host": name})).status_code == 200


async def test_a_script_in_a_name_stays_text(web: World, administrator: Visitor) -> None:
    async with web.node.store.transaction() as tx:
        reader = Reader("script-reader", "us-ca-ridgeport-pd", '<script>alert(1)</script>" onload="x')
        await node_readers.add(web.node, tx, reader, by=None)
    page = (await administrator.get("/readers")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '" onload="x' not in page


async def test_a_script_in_a_search_comes_back_as_text(officer: Visitor) -> None:
    page = (await officer.search('"><img src=x onerror=alert(1)>', case='"><svg onload=alert(1)>')).text
    assert "<img src=x" not in page
    assert "<svg onload" not in page


class _Inline(HTMLParser):
    """Everything in a page that the content security policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            foreign = (
                name in ("src", "href", "action")
                and tag not in ("a",)
                and re.match(r"(https?:)?//|data:|javascript:", value or "")
            )
            if name == "style" or name.startswith(("on", "hx-on")) or foreign or (value or "").startswith("js:"):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.found.append(f"<{self.open}> {data[:40]}")


async def test_no_page_holds_an_inline_script_or_style_or_loads_from_elsewhere(
    officer: Visitor, privacy_officer: Visitor
) -> None:
    pages = [
        await officer.get(path) for path in ("/search", "/live", "/readers", "/help", "/api/docs", "/login", "/nowhere")
    ]
    pages += [await officer.search("7ABC123"), await privacy_officer.get("/access")]
    for page in pages:
        parser = _Inline()
        parser.feed(page.text)
        assert parser.found == [], page.url


async def test_every_answer_has_the_strict_headers(officer: Visitor, app: Starlette) -> None:
    for answer in (
        await officer.get("/search"),
        await officer.get("/nowhere"),
        await browser(app).get("/api/v1/health"),
        await officer.get("/static/mark.svg"),
    ):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy and "*" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_pages_and_data_stay_in_no_cache_and_are_never_compressed(officer: Visitor) -> None:
    page = await officer.client.get("/search", headers={"Accept-Encoding": "gzip, br"})
    assert page.headers["cache-control"] == "no-store"
    assert "content-encoding" not in page.headers
    style = re.search(r'href="(/static/plateward.css[^"]+)"', page.text)
    assert style
    answer = await officer.client.get(style[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(officer: Visitor, app: Starlette) -> None:
    page = await officer.post("/search", plate="A" * 70_000)
    assert page.status_code == 413 and "65,536 bytes" in page.text

    async def endless():  # type: ignore[no-untyped-def]
        while True:
            yield b"x" * 65536

    answer = await browser(app).post("/api/v1/reads", content=endless(), headers={"Authorization": "Bearer k"})
    assert answer.status_code == 413


async def test_a_type_that_is_not_read_is_said_so(officer: Visitor) -> None:
    answer = await officer.client.post("/search", content=b"<x/>", headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415 and "application/xml" in answer.text
    answer = await officer.client.post("/api/v1/search", content=b"<x/>", headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415 and "application/json" in answer.json()["next_step"]


async def test_a_method_that_does_not_exist_names_those_that_do(app: Starlette) -> None:
    client = browser(app)
    answer = await client.delete("/api/v1/search")
    assert (answer.status_code, answer.headers["allow"], answer.json()["status"]) == (405, "POST", 405)
    page = await client.put("/search")
    assert page.status_code == 405 and {"GET", "POST"} <= set(re.split(r",\s*", page.headers["allow"]))
    assert "Not in this way" in page.text


async def test_an_address_that_does_not_exist_is_a_page_for_people_and_json_for_programs(app: Starlette) -> None:
    client = browser(app)
    assert "Check the address" in (await client.get("/nowhere")).text
    assert (await client.get("/api/v1/nowhere")).json()["status"] == 404


@pytest.mark.parametrize("body", [b"\xff\xfe", b"plate=%ff%fe", b"&".join(b"a=1" for _ in range(600))])
async def test_a_form_that_cannot_be_read_is_a_clear_error(officer: Visitor, body: bytes) -> None:
    answer = await officer.client.post(
        "/search", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400
    assert "cannot be read" in answer.text or "UTF-8" in answer.text


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path}")
@pytest.mark.parametrize("person", ["pham", "delacroix"])
async def test_a_role_comes_in_only_where_the_table_lets_it(app: Starlette, web: World, endpoint, person) -> None:  # type: ignore[no-untyped-def]
    """The system administrator and the auditor knock at every door that is not theirs."""
    from plateward.core.people import Permission
    from plateward.demo.people import person as resident

    if not isinstance(endpoint.needs, Permission) or resident(person).may(endpoint.needs):
        return
    visitor = await _once(app, person)
    path = re.sub(r"{[a-z_]*(read|consent)_id}", "0198c2b0-0000-7000-8000-000000000000", endpoint.path)
    path = re.sub(r"{\w+}", "1", path)
    answer = await (visitor.get(path) if endpoint.method == "GET" else visitor.post(path))
    assert answer.status_code == 403
    assert "does not include" in answer.text


_visitors: dict[tuple[int, str], Visitor] = {}


async def _once(app: Starlette, person: str) -> Visitor:
    key = (id(app), person)
    if key not in _visitors:
        _visitors[key] = await visit(app, person)
    return _visitors[key]


async def test_without_a_session_nothing_but_the_public_pages_answers(app: Starlette) -> None:
    from plateward.web.endpoint import Access

    client = browser(app)
    for endpoint in ENDPOINTS:
        if endpoint.needs in (Access.PUBLIC, Access.DEMO, Access.HOUSEHOLD):
            continue
        path = re.sub(r"{\w+}", "1", endpoint.path)
        answer = await client.request(endpoint.method, path)
        assert answer.status_code == (303 if endpoint.method == "GET" and not endpoint.programmed else 401), (
            endpoint.path
        )


async def test_the_servers_log_holds_no_plate_no_name_and_no_secret(officer: Visitor) -> None:
    written = io.StringIO()
    logs.configure()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=written))
    try:
        page = await officer.search("7ABC123", case="SECRETCASE")
        link = re.search(r'href="(/reads/[^"]+)"', page.text)
        assert link
        await officer.get(link[1].replace("&amp;", "&"))
        structlog.get_logger().info("read 7ABC123", plate="7ABC123", person="alvarez")
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(False)
    text = written.getvalue()
    assert "route=/search" in text and "route=/reads/{read_id}" in text
    for secret in (
        "SECRETCASE",
        "alvarez",
        officer.csrf,
        officer.client.cookies["plateward"],
        link[1].split("/")[2][:36],
    ):
        assert secret not in text
    assert "withheld=person,plate" in text


async def test_of_a_fault_the_log_has_the_place_and_the_person_a_next_step_and_neither_the_message(
    app: Starlette, officer: Visitor, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("while searching 7ABC123")

    monkeypatch.setattr("plateward.web.pages.search.search", broken)
    written = io.StringIO()
    logs.configure()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=written))
    try:
        page = await officer.search("7ABC123")
    finally:
        structlog.reset_defaults()
    assert page.status_code == 500
    assert "Nothing was answered" in page.text and "while searching" not in page.text
    assert "kind=RuntimeError" in written.getvalue() and "test_attacks.py:" in written.getvalue()
    assert "7ABC123" not in written.getvalue()


def test_attempts_are_counted_by_client_and_forgotten_after_five_minutes() -> None:
    clock = [0.0]
    attempts = Attempts(lambda: clock[0])
    assert [attempts.wait_s("a", "login", 2) for _ in range(3)] == [0, 0, 301]
    assert attempts.wait_s("b", "login", 2) == 0
    clock[0] = 301
    assert attempts.wait_s("a", "login", 2) == 0
