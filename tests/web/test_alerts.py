"""The alerts page: both plates side by side, decisions by button, what a program gets, and a stream without a gap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from plateward.core.alert import How
from tests.node.alerted import PAPD, alerted
from tests.node.world import World
from tests.web.world import Visitor, browser, serving, visit, words


async def test_an_alert_shows_both_plates_what_it_is_and_what_to_verify(web: World, officer: Visitor) -> None:
    web.at += timedelta(minutes=10)
    alert_id = await alerted(
        web, "7QAB123", read_plate="7OAB123", how=How.LOOK_ALIKE, state_match=False, read_region="US-NV"
    )
    page = (await officer.get("/alerts")).text
    assert f'id="a-{alert_id}"' in page
    text = words(page)
    for said in (
        "As listed",
        "7QAB123",
        "As read",
        "Only looks alike",
        "Another state",
        "listed 3 days ago",
        "case R26-1",
    ):
        assert said in text, said
    assert "Verify plate, state, vehicle and current status before a stop" in text
    assert "not reasonable suspicion" in text


async def test_without_scripts_a_button_decides_and_leads_back_to_the_list(web: World, officer: Visitor) -> None:
    web.at += timedelta(minutes=10)
    alert_id = await alerted(web, "7BTN123")
    answer = await officer.post(f"/alerts/{alert_id}/decision", decision="misread", back="list")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts")
    assert f"a-{alert_id}" not in (await officer.get("/alerts")).text
    assert f"a-{alert_id}" in (await officer.get("/alerts?shelf=decided")).text


async def test_changing_a_decision_asks_why_beside_the_field(web: World, officer: Visitor) -> None:
    web.at += timedelta(minutes=10)
    alert_id = await alerted(web, "7WHY123")
    await officer.post(f"/alerts/{alert_id}/decision", decision="confirmed")
    answer = await officer.post(f"/alerts/{alert_id}/decision", decision="misread")
    assert answer.status_code == 400 and "say why you change that" in answer.text.lower()
    await officer.post(f"/alerts/{alert_id}/decision", decision="misread", note="an O, not a Q")
    page = words((await officer.get(f"/alerts/{alert_id}")).text)
    assert "confirmed, by Marisol Alvarez" in page and "an O, not a Q" in page


async def test_an_outcome_is_recorded_and_shown(web: World, officer: Visitor) -> None:
    web.at += timedelta(minutes=10)
    alert_id = await alerted(web, "7OUT123")
    assert (await officer.post(f"/alerts/{alert_id}/outcome", outcome="arrest")).status_code == 400
    await officer.post(f"/alerts/{alert_id}/decision", decision="confirmed")
    assert (await officer.post(f"/alerts/{alert_id}/outcome", outcome="recovered", note="in Elm St")).status_code == 303
    assert "vehicle or plate recovered, by Marisol Alvarez" in words((await officer.get(f"/alerts/{alert_id}")).text)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("decision", {"decision": "seen"}),
        ("decision", {"decision": "nonsense"}),
        ("decision", {}),
        ("outcome", {"outcome": "x"}),
    ],
)
async def test_what_is_no_decision_is_refused(web: World, officer: Visitor, path: str, form: dict[str, str]) -> None:
    alert_id = await alerted(web, "7BAD123")
    assert (await officer.post(f"/alerts/{alert_id}/{path}", **form)).status_code == 400


async def test_an_alert_that_is_not_there_or_not_yours_is_not_found(
    web: World, app: Starlette, officer: Visitor
) -> None:
    web.at += timedelta(minutes=10)
    theirs = await alerted(web, "402K86", list_owner=PAPD, share="ridgeport-port-alder")
    assert (await officer.get("/alerts/00000000-0000-7000-8000-000000000000")).status_code == 404
    assert (await officer.get(f"/alerts/{theirs}")).status_code == 404
    partner = await visit(app, "castellano")
    page = await partner.get(f"/alerts/{theirs}")
    assert page.status_code == 200 and "402K86" in page.text


async def test_a_role_without_alerts_gets_neither_page_nor_data(app: Starlette, web: World) -> None:
    alert_id = await alerted(web, "7ROL123")
    for who in ("nakamura", "delacroix", "pham"):
        visitor = await visit(app, who)
        for path in ("/alerts", "/alerts.csv", f"/alerts/{alert_id}", f"/alerts/{alert_id}/picture", "/alerts/stream"):
            assert (await visitor.get(path)).status_code == 403, (who, path)
    assert (await browser(app).get("/alerts")).status_code == 303


async def test_the_file_gives_plates_of_confirmed_alerts_only(web: World, officer: Visitor) -> None:
    web.at += timedelta(minutes=10)
    confirmed, waiting = await alerted(web, "7CSV111"), await alerted(web, "7CSV222")
    await officer.post(f"/alerts/{confirmed}/decision", decision="confirmed")
    answer = await officer.get("/alerts.csv?shelf=all")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "7CSV111" in answer.text and str(waiting) in answer.text and "7CSV222" not in answer.text


async def test_quiet_hours_are_kept_and_keep_the_sound_away(web: World, app: Starlette) -> None:
    officer = await visit(app, "marsh")
    assert (await officer.post("/alerts/wishes", sound="true", quiet_from="22:00")).status_code == 400
    assert (
        await officer.post("/alerts/wishes", sound="true", quiet_from="whenever", quiet_to="07:00")
    ).status_code == 400
    web.at += timedelta(minutes=10)
    alert_id = await alerted(web, "7QUI123")
    assert "data-sounds" in _card((await officer.get("/alerts")).text, str(alert_id))
    assert (await officer.post("/alerts/wishes", sound="true", quiet_from="00:00", quiet_to="23:59")).status_code == 303
    page = (await officer.get("/alerts")).text
    assert "data-sounds" not in _card(page, str(alert_id)) and 'value="23:59"' in page
    assert (await officer.post("/alerts/wishes")).status_code == 303
    assert "data-mute" in (await officer.get("/alerts")).text


def _card(page: str, alert_id: str) -> str:
    return page[page.index(f'id="a-{alert_id}"') :].partition(">")[0]


async def test_figures_are_for_those_who_answer_for_lists_and_as_a_file(app: Starlette, web: World) -> None:
    await alerted(web, "7FIG123")
    auditor = await visit(app, "delacroix")
    page = await auditor.get("/alert-figures")
    assert page.status_code == 200 and "By reader" in page.text and "7FIG123" not in page.text
    assert "all,,All," in (await auditor.get("/alert-figures.csv")).text
    assert (await auditor.get("/alert-figures?from=yesterday")).status_code == 400
    assert (await (await visit(app, "pham")).get("/alert-figures")).status_code == 403


@asynccontextmanager
async def program(address: str, person: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=20) as client:
        token = (await client.post("/api/v1/demo/become", json={"person": person})).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def test_a_program_lists_opens_decides_and_records(web: World) -> None:
    web.at += timedelta(minutes=10)
    alert_id = await alerted(web, "7API123")
    async with serving(web.node) as address, program(address, "alvarez") as client:
        listed = (await client.get("/api/v1/alerts")).json()
        assert str(alert_id) in {one["id"] for one in listed["alerts"]}
        opened = (await client.get(f"/api/v1/alerts/{alert_id}")).json()
        assert opened["alert"]["state"] == "new" and opened["alert"]["verify"].startswith("Verify plate")
        assert (await client.post(f"/api/v1/alerts/{alert_id}/seen", json={})).json()["alert"]["state"] == "seen"
        decided = await client.post(f"/api/v1/alerts/{alert_id}/decision", json={"decision": "confirmed"})
        assert decided.json()["alert"]["state"] == "confirmed"
        ended = await client.post(f"/api/v1/alerts/{alert_id}/outcome", json={"outcome": "stop", "note": "on Main"})
        assert [step["step"] for step in ended.json()["steps"]] == ["seen", "confirmed", "stop"]
        figures = (await client.get("/api/v1/alerts/figures")).json()
        assert figures["total"]["confirmed"] >= 1 and figures["total"]["outcomes"]["stop"] >= 1
    async with serving(web.node) as address, program(address, "castellano") as client:
        refused = await client.post(f"/api/v1/alerts/{alert_id}/decision", json={"decision": "misread"})
        assert refused.status_code in (403, 404)


async def test_the_stream_brings_what_was_missed_and_then_what_comes(web: World) -> None:
    web.at += timedelta(minutes=10)
    async with serving(web.node) as address, program(address, "okafor") as client:
        head = (await client.get("/api/v1/alerts")).json()["head"]
        missed = await alerted(web, "7MIS123")
        came: list[tuple[int, str]] = []
        async with client.stream("GET", "/api/v1/alerts/stream", headers={"Last-Event-ID": str(head)}) as answer:
            lines = answer.aiter_lines()
            came.append(await _next(lines))
            fresh = await alerted(web, "7FRE123")
            came.append(await _next(lines))
        assert [plate for _, plate in came] == ["7MIS123", "7FRE123"] and came[0][0] < came[1][0]
        assert missed != fresh


async def _next(lines: AsyncIterator[str]) -> tuple[int, str]:
    number = 0
    async with asyncio.timeout(15):
        async for line in lines:
            if line.startswith("id: "):
                number = int(line[4:])
            if line.startswith("data: {"):
                return number, json.loads(line[6:])["listed_plate"]
    raise AssertionError("the stream ended")


async def test_the_pages_stream_sends_a_card_and_ends_with_the_server(web: World) -> None:
    web.at += timedelta(minutes=10)
    heard: list[str] = []
    came = asyncio.Event()
    async with httpx.AsyncClient(timeout=20) as client:
        async with serving(web.node) as address:
            await client.post(f"{address}/demo/become", data={"person": "alvarez"}, headers={"Origin": address})
            stream = client.stream("GET", f"{address}/alerts/stream")
            answer = await stream.__aenter__()
            listening = asyncio.create_task(_hear(answer, heard, came))
            await asyncio.sleep(0.5)
            alert_id = await alerted(web, "7CRD123")
            await asyncio.wait_for(came.wait(), 10)
            assert any(f"a-{alert_id}" in line for line in heard)
        await asyncio.wait_for(listening, 5)
        await stream.__aexit__(None, None, None)
    assert "event: over" in heard and "event: alert" in heard


async def _hear(answer: httpx.Response, heard: list[str], came: asyncio.Event) -> None:
    """Keep the lines; ``came`` is set when a card's last one is there."""
    async for line in answer.aiter_lines():
        heard.append(line)
        if "</li>" in line:
            came.set()
