"""Files and what is set apart, as people and programs meet them over HTTP."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re

import pytest_asyncio
from starlette.applications import Starlette

from plateward.formats.reads import Batch
from plateward.node.ingest import accept
from tests.node.world import KEY, World, batch
from tests.web.world import Visitor, visit, words


async def test_what_a_search_finds_is_taken_out_beside_the_reads(officer: Visitor) -> None:
    page = await officer.search("7ABC123")
    assert 'action="/search/export"' in page.text
    answer = await officer.post(
        "/search/export", plate="7ABC123", reason="stolen-vehicle", case="26-0117", format="geojson"
    )
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/geo+json"
    features = json.loads(answer.text)["features"]
    assert features and {feature["properties"]["plate"] for feature in features} == {"7ABC123", "7A8C123"}
    assert answer.headers["x-plateward-sha256"] == hashlib.sha256(answer.content).hexdigest()


async def test_a_csv_export_is_a_table_with_its_name(officer: Visitor) -> None:
    answer = await officer.post(
        "/search/export", plate="7ABC123", reason="stolen-vehicle", case="26-0117", format="csv"
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == int(answer.headers["x-plateward-rows"]) > 0
    assert "plateward-export-" in answer.headers["content-disposition"]


async def test_the_bulk_cash_smuggling_center_takes_nothing_out_and_is_told_why(analyst: Visitor) -> None:
    answer = await analyst.post(
        "/search/export", plate="7ABC123", reason="stolen-vehicle", case="26-0117", format="csv"
    )
    assert (
        answer.status_code == 403 and "immigration enforcement" in words(answer.text) and "7ABC123" not in answer.text
    )


async def test_a_format_that_is_none_is_named(officer: Visitor) -> None:
    answer = await officer.post(
        "/search/export", plate="7ABC123", reason="stolen-vehicle", case="26-0117", format="exe"
    )
    assert answer.status_code == 400 and "geojson" in answer.text


@pytest_asyncio.fixture(loop_scope="session")
async def apart(web: World, app: Starlette) -> Visitor:
    from datetime import timedelta

    ahead: Batch = batch([web.sent("8FUT001", timedelta(hours=-3))])
    await accept(web.node, KEY, ahead)
    return await visit(app, "nakamura")


async def test_what_is_set_apart_is_decided_on_its_page_without_a_plate(apart: Visitor) -> None:
    page = await apart.get("/quarantine")
    assert page.status_code == 200 and "8FUT001" not in page.text and "ahead" in page.text
    table = await apart.get("/quarantine/csv")
    (row,) = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    unexplained = await apart.post("/quarantine", id=row["id"], action="release", when="received", note="")
    assert unexplained.status_code == 400 and "say why" in unexplained.text.lower()
    done = await apart.post("/quarantine", id=row["id"], action="release", when="received", note="Fast clock.")
    assert "1 released: 1 reads stored" in words(done.text)
    assert "Nothing is set apart" in words((await apart.get("/quarantine")).text)


async def test_an_officer_is_not_let_in(officer: Visitor) -> None:
    assert (await officer.get("/quarantine")).status_code == 403


async def test_a_file_of_people_nobody_named_takes_a_consent_of_its_own_which_the_page_carries_out(
    officer: Visitor, supervisor: Visitor
) -> None:
    wish = {"plate": "7A*", "period": "day", "reason": "burglary", "case": "26-0551", "format": "csv"}
    asked = await officer.post("/search/export", **wish)
    assert asked.status_code == 403 and "a supervisor must consent first" in words(asked.text)
    card = (await supervisor.get("/consents")).text.partition("26-0551")[2].partition("</article>")[0]
    assert "As file" in words(card) and "Grant this one search" in words(card)
    number = re.search(r'action="/consents/([0-9a-f-]+)"', card)
    assert number is not None
    await supervisor.post(f"/consents/{number[1]}", verdict="grant")
    mine = (await officer.get("/consents")).text.partition("26-0551")[2].partition("</article>")[0]
    assert 'action="/search/export"' in mine and "Export with this consent" in words(mine)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', mine))
    file = await officer.post("/search/export", **form, format="csv")
    assert file.status_code == 200 and file.headers["content-type"].startswith("text/csv"), words(file.text)
    looked = await officer.post("/search", **form)
    assert "consented to another search" in words(looked.text)
