"""The pages as people use them, without scripts: what they ask and what they are told."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from starlette.applications import Starlette

from tests.node.world import World
from tests.web.world import HARBOR, Visitor, seen, visit, words

CHAIN = "Bulk Cash Smuggling Center → Homeland Security Investigations → "


def links(page: str, start: str) -> list[str]:
    return [unescape(found) for found in re.findall(rf'href="({start}[^"]*)"', page)]


def record_of(page: str) -> int:
    return int(links(page, "/access/")[0].rpartition("/")[2])


async def test_an_officer_finds_a_plate_and_sees_who_was_asked(officer: Visitor) -> None:
    page = (await officer.search("7abc-123", likeness="exact")).text
    text = words(page)
    assert "Export" in text and "Harbor St &amp; 5th, northbound" in page
    assert "Ridgeport Police Allowed" in text
    assert "7A8C123" not in page
    assert all("7ABC123" not in link for link in links(page, "/"))


async def test_look_alikes_are_found_unless_one_chooses_otherwise_and_are_marked(officer: Visitor) -> None:
    page = (await officer.search("7ABC123")).text
    assert '7A<mark title="only looks like what was typed">8</mark>C123' in page
    assert '<span class="tag wait">look-alike</span>' in page


async def test_wildcards_find_what_is_known_of_a_plate(officer: Visitor) -> None:
    page = words((await officer.search("7AB?12*", likeness="exact")).text)
    assert "7ABC123" in page and "7ABD129" in page and "9OLD001" not in page


async def test_the_bulk_cash_smuggling_center_is_refused_in_one_sentence_and_told_why_at_length(
    analyst: Visitor,
) -> None:
    page = (await analyst.search("7ABC123")).text
    text = words(page)
    assert CHAIN in text and "Ridgeport Police promised on 2026-01-12 not to share with immigration enforcement" in text
    assert "No agency answered" in text and "/reads/" not in page
    why = (await analyst.get(f"/access/{record_of(page)}")).text
    told = words(why)
    assert "Why was I refused?" in told
    assert "Homeland Security Investigations is part of" in told
    assert "Who can lawfully help:" in told
    assert re.search(r'<cite><a href="https://', why), "each step names its source"


async def test_both_the_search_that_was_allowed_and_the_one_refused_are_in_the_owners_access_log(
    officer: Visitor, analyst: Visitor, privacy_officer: Visitor
) -> None:
    allowed, refused = (
        record_of((await officer.search("7ABC123")).text),
        record_of((await analyst.search("7ABC123")).text),
    )
    log = (await privacy_officer.get("/access")).text
    assert f'href="/access/{allowed}"' in log and f'href="/access/{refused}"' in log
    assert "Morgan Keller" in log and "Marisol Alvarez" in log
    only = (await privacy_officer.get("/access?refused=true&person=keller")).text
    assert f'href="/access/{refused}"' in only and f'href="/access/{allowed}"' not in only


async def test_somebody_elses_record_is_not_shown_to_a_colleague(officer: Visitor, app: Starlette) -> None:
    record = record_of((await officer.search("7ABC123")).text)
    colleague = await visit(app, "okafor")
    assert (await colleague.get(f"/access/{record}")).status_code == 404
    assert "Marisol Alvarez" not in words((await colleague.get("/access?person=alvarez")).text.partition("<main")[2])


async def test_what_is_missing_or_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(officer: Visitor) -> None:
    cases = (
        ({"reason": ""}, "f-reason", "Choose why you search"),
        ({"plate": "!!"}, "f-plate", "type a plate"),
        ({"plate": "7AB*", "likeness": "one-edit"}, "f-plate", "One-edit search needs a whole plate"),
        ({"begins": "yesterday"}, "f-begins", "is no time"),
        ({"begins": "2026-11-02T08:00", "ends": "2026-11-01T08:00"}, "f-ends", "The end lies before the beginning"),
        ({"lat": "north", "lon": "1"}, "f-lat", "Write a number"),
        ({"on_behalf_of": "No Such Agency Anywhere"}, "f-on_behalf_of", "No agency is known as"),
        ({"cursor": "???"}, "", ""),
    )
    for form, field, message in cases:
        answer = await officer.search("7ABC123", **({"words": "kept text"} | form))
        assert answer.status_code == 400, form
        assert f'href="#{field}"' in answer.text or not field, form
        assert message.lower() in words(unescape(answer.text)).lower(), form
        assert 'value="kept text"' in answer.text


async def test_helping_immigration_enforcement_is_refused_whatever_reason_is_chosen(officer: Visitor) -> None:
    for form in ({"words": "helping ICE with a deportation"}, {"on_behalf_of": "Homeland Security Investigations"}):
        page = (await officer.search("7ABC123", **form)).text
        assert "Ridgeport Police Refused" in words(page) and "immigration enforcement" in page, form
        assert links(page, "/reads/") == [], form


async def test_older_reads_come_page_by_page_each_once(officer: Visitor) -> None:
    seen: list[str] = []
    answer = await officer.search("9OLD001", likeness="exact")
    for _ in range(5):
        seen += [link.split("?")[0] for link in links(answer.text, "/reads/")]
        more = re.search(r'<div id="more">(.*?)</div>', answer.text, re.S)
        assert more
        if "<form" not in more[1]:
            break
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', more[1]))
        answer = await officer.post("/search", **form)
    assert len(seen) == len(set(seen)) == 40


async def test_a_read_opens_with_its_picture_and_other_readings(officer: Visitor) -> None:
    found = (await officer.search("7ABC123", likeness="exact")).text
    page = (await officer.get(links(found, "/reads/")[0])).text
    assert "Other readings" in page and "7ABC128" in page
    source = re.search(r'<img src="(/reads/[^"]+/picture[^"]+)"', page)
    assert source
    picture = await officer.get(unescape(source[1]))
    assert picture.headers["content-type"] == "image/jpeg" and picture.content.startswith(b"\xff\xd8")
    assert "no-store" in picture.headers["cache-control"]


async def test_a_link_to_a_read_is_worth_nothing_to_somebody_else(officer: Visitor, app: Starlette) -> None:
    link = links((await officer.search("7ABC123", likeness="exact")).text, "/reads/")[0]
    colleague = await visit(app, "okafor")
    answer = await colleague.get(link)
    assert answer.status_code == 404 and "Search again" in answer.text
    assert "Harbor" not in answer.text


async def test_a_supervisor_corrects_a_misread_and_the_misread_stays(supervisor: Visitor, officer: Visitor) -> None:
    link = links((await supervisor.search("7ABD129", likeness="exact")).text, "/reads/")[-1]
    path, access = link.split("?access=")
    same = await supervisor.post(f"{path}/corrections", access=access, plate="7ABD129")
    assert same.status_code == 400 and "what the read says already" in same.text
    done = await supervisor.post(f"{path}/corrections", access=access, plate="7ABO129", note="the picture shows O")
    assert done.status_code == 303
    page = words((await supervisor.get(done.headers["location"])).text)
    assert "This read was corrected" in page and "7ABO129" in page and "7ABD129" in page
    refused = await officer.post(f"{path}/corrections", access=access, plate="7ABX129")
    assert refused.status_code == 403


async def test_a_search_of_people_nobody_named_waits_for_a_supervisor_and_then_asks_the_very_same(
    officer: Visitor, supervisor: Visitor
) -> None:
    lacking = await officer.search("7A", case="")
    assert lacking.status_code == 400 and "case number" in lacking.text
    asked = (await officer.search("7A*", period="day", case="26-0440")).text
    assert "A supervisor decides first" in asked and "/reads/" not in asked
    consent = re.search(r'name="consent" value="([^"]+)"', asked)
    assert consent
    waiting = words((await supervisor.get("/consents")).text)
    assert "Marisol Alvarez waiting" in waiting and "26-0440" in waiting
    own = await officer.post(f"/consents/{consent[1]}", verdict="grant")
    assert own.status_code == 403
    silent = await supervisor.post(f"/consents/{consent[1]}", verdict="refuse")
    assert silent.status_code == 400 and "say why" in silent.text
    granted = await supervisor.post(f"/consents/{consent[1]}", verdict="grant")
    assert granted.status_code == 303
    form = dict(
        re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)">',
            asked.partition("A supervisor decides")[2].partition("</form>")[0],
        )
    )
    found = await officer.post("/search", **form)
    assert found.status_code == 200 and "/reads/" in found.text, words(found.text)
    other = await officer.post("/search", **(form | {"plate": "8*"}))
    assert "/reads/" not in other.text and "another search" in words(other.text)


async def test_the_live_feed_shows_masked_plates_and_unmasking_is_a_recorded_search(
    officer: Visitor, web: World
) -> None:
    await seen(web, HARBOR, "8LVE777", 1)
    page = (await officer.get("/live")).text
    assert "8•••••7" in page and "8LVE777" not in page
    link = links(page.partition("8•••••7")[2], "/live/")[0]
    assert "say why" in (await officer.get(link)).text
    missing = await officer.post(link, reason="")
    assert missing.status_code == 400 and "choose why you search" in missing.text.lower()
    shown = await officer.post(link, reason="stolen-vehicle", case="26-0117")
    assert "8LVE777" in shown.text
    assert "access.unmask" in (await officer.get(f"/access/{record_of(shown.text)}")).text


async def test_an_analyst_of_another_agency_sees_nothing_live(analyst: Visitor) -> None:
    page = await analyst.get("/live")
    assert "8•••••7" not in page.text


async def test_readers_are_listed_and_a_new_one_gets_a_key_that_works_once_shown(
    administrator: Visitor, app: Starlette
) -> None:
    assert "Harbor St &amp; 5th" in (await administrator.get("/readers")).text
    bad = await administrator.post("/readers", id="Not An Id", name="x")
    assert bad.status_code == 400 and 'value="Not An Id"' in bad.text and "f-id" in bad.text
    made = await administrator.post(
        "/readers", id="rpd-new-1", name="New St & 1st", lat="34.1", lon="-119.1", heading="90"
    )
    key = re.search(r"<code>(pwr_[\w-]+)</code>", made.text)
    assert key
    twice = await administrator.post("/readers", id="rpd-new-1", name="New St & 1st")
    assert twice.status_code == 400 and "already" in twice.text
    from tests.web.world import browser

    delivered = await browser(app).post(
        "/api/v1/reads", json={"reads": []}, headers={"Authorization": f"Bearer {key[1]}"}
    )
    assert delivered.status_code == 200
    again = await administrator.post("/readers/rpd-new-1/key")
    assert key[1] not in again.text
    stale = await browser(app).post("/api/v1/reads", json={"reads": []}, headers={"Authorization": f"Bearer {key[1]}"})
    assert stale.status_code == 401
    assert key[1] not in (await administrator.get("/readers")).text


async def test_every_table_comes_as_csv(administrator: Visitor, privacy_officer: Visitor, officer: Visitor) -> None:
    await officer.search("7ABC123")
    for visitor, path, column in (
        (administrator, "/readers.csv", "reads_24h"),
        (privacy_officer, "/access.csv", "why_refused"),
    ):
        rows = list(csv.DictReader(io.StringIO((await visitor.get(path)).text.removeprefix("\ufeff"))))
        assert rows and column in rows[0]


async def test_light_and_dark_are_kept_without_scripts(officer: Visitor) -> None:
    assert 'data-theme="auto"' in (await officer.get("/help")).text
    answer = await officer.post("/look", theme="dark", back="/access")
    assert answer.headers["location"] == "/access"
    assert 'data-theme="dark"' in (await officer.get("/help")).text
    assert (await officer.post("/look", theme="pink")).status_code == 400


async def test_the_menu_offers_only_what_would_open(app: Starlette) -> None:
    for person in ("alvarez", "brandt", "nakamura", "whitfield", "delacroix", "pham"):
        visitor = await visit(app, person)
        page = (await visitor.get("/help")).text
        menu = page[page.index('<nav class="menu"') : page.index("</nav>")]
        for path in links(menu, "/"):
            assert (await visitor.get(path)).status_code == 200, (person, path)
        assert (await visitor.get("/search")).status_code == (200 if "/search" in links(menu, "/") else 403)


@pytest.mark.parametrize(
    "path",
    [
        "/reads/not-an-id?access=1",
        "/reads/0198c2b0-0000-7000-8000-000000000000?access=x",
        "/access/999999999",
        "/access/abc",
    ],
)
async def test_addresses_that_mean_nothing_are_errors_people_understand(officer: Visitor, path: str) -> None:
    answer = await officer.get(path)
    assert answer.status_code in (400, 404)
    assert "<h1>" in answer.text and "Traceback" not in answer.text


async def test_a_page_says_what_to_do_when_the_database_is_gone(web: World, app: Starlette, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    visitor = await visit(app, "alvarez")

    async def gone(*_: object) -> None:
        raise ConnectionError("no database")

    monkeypatch.setattr("plateward.web.render.registry_of", gone)
    page = await visitor.get("/help")
    assert page.status_code == 500 and "Something broke" in page.text
