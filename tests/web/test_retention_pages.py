"""Retention and holds as people meet them: for anybody to read, to change with two people, and for one case alone."""

from __future__ import annotations

import csv
import io
import re

import pytest_asyncio
from starlette.applications import Starlette

from plateward.core.retention import Rule
from plateward.node.keeping.purge import purge
from tests.node.purging import OWNER, choose
from tests.node.world import World
from tests.web.world import HARBOR, Visitor, browser, seen, visit, words


@pytest_asyncio.fixture(loop_scope="session")
async def counsel(app: Starlette, web: World) -> Visitor:
    return await visit(app, next(one.person.id for one in web.town.people if str(one.person.role) == "counsel"))


async def test_anybody_reads_how_long_reads_are_kept_and_why_without_signing_in(app: Starlette, web: World) -> None:
    await purge(web.node)
    page = (await browser(app).get("/retention")).text
    text = words(page)
    assert "No read of Ridgeport Police is older than 30 days since" in text and "On time" in text
    assert "24 hours and 30 minutes" in text or "24 hours 30 minutes" in text
    assert 'name="csrf"' not in page.split("<main")[1], "and changes nothing"
    api = (await browser(app).get("/api/v1/retention")).json()
    mine = next(owner for owner in api["owners"] if owner["agency"] == OWNER)
    assert mine["groups"][0]["minutes"] == 43_200 and api["late_since"] is None and api["purged_at"]
    rows = list(csv.reader(io.StringIO((await browser(app).get("/retention.csv")).text.removeprefix("\ufeff"))))
    assert rows[0][:4] == ["entry", "at", "late", "owner"]


async def test_an_administrator_proposes_longer_and_is_told_it_waits_and_shorter_holds(
    administrator: Visitor, web: World
) -> None:
    wrong = await administrator.post("/retention", length="soon", unit="hours")
    assert wrong.status_code == 400 and "Write a whole number" in words(wrong.text)
    done = await administrator.post("/retention", length="60", unit="days", hit_length="", hit_unit="days")
    assert done.status_code == 303
    text = words((await administrator.get("/retention")).text)
    assert "Waiting for a second person" in text and "Keep reads 60 days" in text and "older than 30 days" in text
    try:
        done = await administrator.post("/retention", length="20", unit="days", hit_length="30", hit_unit="days")
        assert done.status_code == 303
        text = words((await administrator.get("/retention")).text)
        assert "older than 20 days, and none that hit a hot list older than 30 days" in text
        assert "20\u00a0days" in (await administrator.get("/readers")).text
        assert "kept_min" in (await administrator.get("/readers.csv")).text
    finally:
        await choose(web, Rule(OWNER, 43_200))


async def test_an_officer_may_not_change_it(officer: Visitor) -> None:
    assert (await officer.post("/retention", length="1", unit="days")).status_code == 403


async def test_a_hold_from_the_form_to_its_reads_for_its_case_and_to_its_end(
    officer: Visitor, privacy_officer: Visitor, administrator: Visitor, web: World
) -> None:
    empty = words((await administrator.get("/holds")).text)
    assert "No holds" in empty or "Download CSV" in empty
    await seen(web, HARBOR, "5HLD555", 15, pictures=1)
    form = {
        "basis": "investigation", "case": "26-0555", "reason": "stolen-vehicle", "ends": "2027-02-01T12:00", "plate": "5hld 555",
        "seen_from": "2026-10-20 00:00", "seen_to": "2026-11-03 00:00",
    }  # fmt: skip
    wrong = await officer.post("/holds", **(form | {"ends": "next year"}))
    assert wrong.status_code == 400 and "A day and time as in" in words(wrong.text)
    asked = await officer.post("/holds", **form)
    assert asked.status_code == 303, words(asked.text)
    hold = asked.headers["location"].split("#h-")[1]
    page = words((await officer.get("/holds")).text)
    assert "26-0555 frozen until decided" in page and "Somebody else decides" in page
    alone = await officer.post(f"/holds/{hold}/decision", verdict="approve")
    assert alone.status_code == 403
    undecided = await privacy_officer.post(f"/holds/{hold}/decision", verdict="")
    assert undecided.status_code == 400
    assert (await privacy_officer.post(f"/holds/{hold}/decision", verdict="approve")).status_code == 303
    other = await officer.post(f"/holds/{hold}/reads", case="26-9999", reason="stolen-vehicle")
    assert other.status_code == 400 and "for the case they are held for alone" in words(other.text)
    shown = (await officer.post(f"/holds/{hold}/reads", case="26-0555", reason="stolen-vehicle")).text
    assert "5HLD555" in words(shown).replace(" ", "")
    picture = re.search(rf"/holds/{hold}/reads/[0-9a-f-]+/picture", shown)
    assert picture
    jpeg = await officer.post(picture[0], case="26-0555", reason="stolen-vehicle")
    assert jpeg.headers["content-type"] == "image/jpeg" and jpeg.content.startswith(b"\xff\xd8")
    assert jpeg.headers["cache-control"] == "no-store"
    table = await officer.post(f"/holds/{hold}/reads.csv", case="26-0555", reason="stolen-vehicle")
    assert table.status_code == 200 and "5HLD555" in table.text
    assert "26-0555" in (await officer.get("/holds.csv")).text
    assert (await officer.post(f"/holds/{hold}/end")).status_code == 303
    assert "26-0555 ended" in words((await officer.get("/holds")).text)
    gone = await officer.post(f"/holds/{hold}/reads", case="26-0555", reason="stolen-vehicle")
    assert gone.status_code == 400


async def test_a_hold_that_names_nothing_says_so_beside_the_form(officer: Visitor, counsel: Visitor) -> None:
    form = {
        "basis": "court-order",
        "case": "Order 4",
        "reason": "court-order",
        "ends": "2027-02-01T12:00",
        "plate": "0NONE00",
    }
    page = await officer.post("/holds", **form, seen_from="2026-10-20T00:00", seen_to="2026-10-21T00:00")
    assert page.status_code == 400 and "No read that is still kept is named by this" in words(page.text)
    assert (await counsel.get("/holds")).status_code == 200


async def test_who_has_no_part_in_holds_sees_none(analyst: Visitor, app: Starlette) -> None:
    assert (await browser(app).get("/holds")).status_code in (303, 401)
    text = words((await analyst.get("/holds")).text)
    assert "26-0555" not in text
