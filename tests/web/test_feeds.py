"""Feeds as people meet them: the pages, the public page, the API and ``plateward feeds``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from plateward.cli.client import Login, keep
from plateward.node.sending import feed_view
from tests.node.feeding import ASKER, end_every_feed
from tests.node.world import World
from tests.web.world import Visitor, serving, typed, words


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def ended(web: World) -> AsyncIterator[None]:
    """No test leaves a feed behind that another would feed."""
    yield
    await end_every_feed(web)


def form(web: World, **more: object) -> dict[str, object]:
    ends = (web.at + timedelta(days=60)).strftime("%Y-%m-%dT%H:%M")
    return {
        "what": "confirmed", "recipient": "our own dispatch desk", "to": "webhook", "at": "https://dispatch.example.org/reads",
        "reason": "stolen-vehicle", "case": "26-0117", "ends": ends,
    } | more  # fmt: skip


async def latest(web: World) -> str:
    return str((await feed_view.feeds_of(web.node, ASKER))[0].feed.feed_id)


async def test_a_feed_is_asked_for_approved_seen_by_anybody_and_ended_on_pages(
    web: World, administrator: Visitor, privacy_officer: Visitor, officer: Visitor
) -> None:
    answer = await administrator.post("/feeds", **form(web, recipient="the city's own map of thefts"))
    assert answer.status_code == 303, words(answer.text)
    feed = await latest(web)
    shown = (await administrator.get("/feeds")).text
    assert "asked for" in words(shown) and "Somebody else approves" in words(shown)
    assert f'action="/feeds/{feed}/decision"' not in shown
    assert (await administrator.post(f"/feeds/{feed}/decision", verdict="approve")).status_code == 403
    assert (await officer.get("/feeds")).status_code == 403
    assert "the city's own map" not in words((await officer.get("/sharing")).text).replace("&#39;", "'")
    answer = await privacy_officer.post(f"/feeds/{feed}/decision", verdict="approve", note="as the council decided")
    assert answer.status_code == 303, words(answer.text)
    public = words((await officer.get("/sharing")).text).replace("&#39;", "'")
    assert (
        "the city's own map of thefts" in public and "reads of alerts that a person confirmed of every reader" in public
    )
    assert "dispatch.example.org" not in public and "26-0117" not in public
    assert (await privacy_officer.post(f"/feeds/{feed}/end")).status_code == 303
    assert "ended" in words((await administrator.get("/feeds")).text)
    table = (await administrator.get("/feeds.csv")).text
    assert feed in table and "as the council decided" in table
    assert (await administrator.get(f"/feeds/{feed}/days.csv")).text.startswith("\ufeffday,reads,messages")
    assert (await officer.get("/sharing-feeds.csv")).text.startswith("\ufefffeed,owner,recipient")


async def test_a_feed_to_ice_is_refused_on_the_page_with_the_chain_that_leads_there(
    web: World, administrator: Visitor
) -> None:
    answer = await administrator.post(
        "/feeds", **form(web, recipient="a dashboard of HSI's Bulk Cash Smuggling Center")
    )
    said = words(answer.text)
    assert answer.status_code == 200 and "Refused" in said and "immigration enforcement" in said
    assert 'class="chain"' in answer.text and "Access record" in said
    assert 'value="a dashboard of HSI&#39;s Bulk Cash Smuggling Center"' in answer.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ends": ""}, "ends"), ({"recipient": ""}, "recipient"), ({"at": "http://10.0.0.1/"}, "at"), ({"to": "post"}, "to"),
        ({"readers": "nobody"}, "readers"), ({"to": "mqtt"}, "to"),
    ],
)  # fmt: skip
async def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    web: World, administrator: Visitor, wrong: dict[str, str], field: str
) -> None:
    answer = await administrator.post("/feeds", **form(web, **wrong, words="for the burglary desk"))
    assert answer.status_code == 400 and f'href="#f-{field}"' in answer.text
    assert 'value="for the burglary desk"' in answer.text


@pytest_asyncio.fixture(loop_scope="session")
async def node(web: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[World]:
    """The town's node, listening, and a home that knows it as a demonstration."""
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path))
    async with serving(web.node) as address:
        monkeypatch.setenv("PLATEWARD_NODE", address)
        keep(Login(address, demo=True))
        yield web


def document(said: str) -> Any:
    return json.loads(said)


ASK = ("feeds", "ask", "--what", "hits", "--recipient", "our own dispatch desk", "--reason", "stolen-vehicle")
WHERE = ("--webhook", "https://dispatch.example.org/cli", "--case", "26-0117")


async def test_a_feed_is_asked_for_approved_shown_and_ended_by_command(
    node: World, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = await typed(capsys, *ASK, *WHERE, "--until", "2027-03-01", "--json")
    assert status == 0, said
    feed = document(said)["feed"]["id"]
    status, said = await typed(capsys, "feeds", "approve", feed, "--as", "nakamura")
    assert status == 1, said
    status, said = await typed(capsys, "feeds", "approve", feed)
    assert status == 0 and "It runs until 2027-03-01" in said
    status, said = await typed(capsys, "feeds", "list")
    assert f"{feed} active: hits of every reader to our own dispatch desk (webhook)" in said
    status, said = await typed(capsys, "feeds", "list", "--csv")
    assert said.startswith("id,state,name") and feed in said
    status, said = await typed(capsys, "feeds", "published")
    assert "Ridgeport Police to our own dispatch desk: hits since" in said
    status, said = await typed(capsys, "feeds", "end", feed, "--note", "no need any more")
    assert status == 0 and " ended: " in said and "no need any more" in said
    status, said = await typed(capsys, "feeds", "show", feed, "--json")
    assert document(said)["state"] == "ended" and document(said)["days"] == []
    assert (await typed(capsys, "feeds", "show", feed, "--csv"))[1].startswith("day,reads,messages")


async def test_the_command_says_what_is_refused_and_what_is_wrong(
    node: World, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = await typed(capsys, *ASK, *WHERE, "--until", "90d", "--receiver", "HSI Bulk Cash Smuggling Center")
    assert status == 1 and said.startswith("Refused: ") and "immigration enforcement" in said
    status, said = await typed(capsys, *ASK, *WHERE, "--until", "90d", "--receiver", "us-dhs-ice", "--json")
    assert status == 1 and document(said)["feed"] is None and document(said)["promises"]
    for wrong, why in (
        ((*ASK, *WHERE, "--until", "soon"), "--until"), ((*ASK, "--until", "90d"), "one of --webhook"),
        ((*ASK, *WHERE, "--until", "900d"), "within a year"), (("feeds", "show", "nothing"), "no such feed"),
    ):  # fmt: skip
        status, said = await typed(capsys, *wrong)
        assert status == 2 and why in said, said
    feed = document((await typed(capsys, *ASK, *WHERE, "--until", "90d", "--json"))[1])["feed"]["id"]
    status, said = await typed(capsys, "feeds", "refuse", feed, "--note", "too much")
    assert status == 0 and "refused" in said
