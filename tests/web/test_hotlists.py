"""The hot-list pages and their API, as a browser and as programs use them."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from plateward.node.hotlists.edge import sign
from tests.node.world import KEY, World
from tests.web.world import ORIGIN, Visitor, browser, visit, words

EXTRACT = b"plate,state,code,case\n7HOT001,CA,V,26-1\n7HOT002,CA,N,26-2\n??,CA,V,26-3\n"


async def make(admin: Visitor, list_id: str, how: str, **more: object) -> None:
    form = {"id": list_id, "name": f"List {list_id}", "source": "tests", "kind": "stolen-vehicle", "how": how, **more}
    answer = await admin.post("/hotlists", **form)
    assert answer.status_code == 303, words(answer.text)


async def enter(somebody: Visitor, web: World, list_id: str, plate: str, **more: object) -> httpx.Response:
    form = {
        "plate": plate, "state": "CA", "reason": "stolen from a driveway", "case": "R26-00117",
        "expires": (web.at + timedelta(days=7)).date().isoformat(), **more,
    }  # fmt: skip
    return await somebody.post(f"/hotlists/{list_id}/entries", **form)


async def test_a_plate_is_entered_by_an_officer_and_confirmed_by_a_supervisor(web: World, app: Starlette) -> None:
    admin, officer, sergeant = [await visit(app, who) for who in ("nakamura", "alvarez", "brandt")]
    await make(admin, "web-bolo", "hand")
    assert (await enter(officer, web, "web-bolo", "7HOT123")).status_code == 303
    assert "does not include looking after hot lists" in words((await officer.post("/hotlists", id="x")).text)
    waiting = words((await sergeant.get("/hotlists")).text)
    assert "Waiting for a second person" in waiting and "stolen from a driveway" in waiting
    found = (await sergeant.client.get("/api/v1/hotlists/web-bolo")).json()
    entry = found["entries"][0]["id"]
    assert "Confirm" not in words((await officer.get("/hotlists/web-bolo")).text)
    assert (await sergeant.post(f"/hotlists/web-bolo/entries/{entry}/confirm")).status_code == 303
    assert "Waiting for a second" not in words((await sergeant.get("/hotlists")).text)
    sheet = (await officer.get("/hotlists/web-bolo/entries.csv")).text
    assert "7HOT123" in sheet and "active" in sheet


async def test_a_refusal_names_the_promise_and_a_wrong_field_is_named(web: World, app: Starlette) -> None:
    admin, officer = [await visit(app, who) for who in ("nakamura", "alvarez")]
    await make(admin, "web-refusals", "hand")
    refused = await enter(officer, web, "web-refusals", "7HOT124", reason="ICE removal order")
    assert refused.status_code == 403 and "This plate was not entered" in words(refused.text)
    wrong = await enter(officer, web, "web-refusals", "7HOT124", case="")
    assert wrong.status_code == 400 and "Name the case" in words(wrong.text)


async def test_a_file_is_previewed_then_loaded_and_nothing_changes_before(web: World, app: Starlette) -> None:
    admin = await visit(app, "nakamura")
    await make(admin, "web-file", "files")
    answer = await admin.client.post(
        "/hotlists/web-file/preview", data={"csrf": admin.csrf}, files={"file": ("extract.csv", EXTRACT)},
        headers={"Origin": ORIGIN},
    )  # fmt: skip
    text = words(answer.text)
    assert answer.status_code == 200 and "1 kept off: Immigration violator" in text and "Look twice" in text, text
    assert (await admin.client.get("/api/v1/hotlists/web-file")).json()["entries"] == []
    handle = answer.text.split('name="handle" value="')[1].split('"')[0]
    again = await admin.post("/hotlists/web-file/import", handle=handle)
    assert "Look twice" in words(again.text)
    done = await admin.post("/hotlists/web-file/import", handle=handle, insist="true")
    assert "The list is what the file says" in words(done.text)
    found = (await admin.client.get("/api/v1/hotlists/web-file")).json()
    assert [entry["plate"] for entry in found["entries"]] == ["7HOT001"]
    assert (await admin.post("/hotlists/web-file/import", handle=handle)).status_code == 404


async def test_another_agencys_people_see_nothing_of_a_list(web: World, app: Starlette) -> None:
    admin, partner = [await visit(app, who) for who in ("nakamura", "castellano")]
    await make(admin, "web-own", "hand")
    assert (await partner.get("/hotlists/web-own")).status_code == 400
    assert "web-own" not in (await partner.get("/hotlists")).text


async def test_a_reader_gets_its_list_signed_with_its_key_and_not_twice(web: World, app: Starlette) -> None:
    admin, officer = [await visit(app, who) for who in ("nakamura", "alvarez")]
    await make(admin, "web-edge", "hand", edge="true")
    await enter(officer, web, "web-edge", "7HOT777")
    client = browser(app)
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = await client.get("/api/v1/readers/hotlist", headers=headers)
    assert answer.status_code == 200 and answer.json()["count"] >= 1
    assert answer.headers["x-plateward-signature"] == sign(KEY, answer.content)
    again = await client.get("/api/v1/readers/hotlist", headers=headers | {"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await client.get("/api/v1/readers/hotlist", headers={"Authorization": "Bearer no"})).status_code == 401


@pytest.mark.parametrize("path", ["/hotlists", "/hotlists.csv"])
async def test_the_pages_need_somebody_who_is_signed_in(app: Starlette, path: str) -> None:
    assert (await browser(app).get(path)).status_code == 303
