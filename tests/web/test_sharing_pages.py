"""Pages of sharing: what each shows, to whom, and that nobody gets round the rules by sending forms."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.applications import Starlette

from tests.web.world import browser, visit, words

PAGES = (
    "/shares",
    "/shares/ridgeport-bcsc-request",
    "/network",
    "/exposure",
    "/exposure?agency=us-dhs-ice",
    "/exposure/alerts",
    "/changes",
)
REQUEST = "/shares/ridgeport-bcsc-request"


@pytest.mark.parametrize("path", PAGES)
async def test_whoever_looks_after_shares_sees_it_and_an_officer_does_not(app: Starlette, path: str) -> None:
    assert (await (await visit(app, "whitfield")).get(path)).status_code == 200
    assert (await (await visit(app, "alvarez")).get(path)).status_code == 403


@pytest.mark.parametrize("path", ["/sharing", "/sharing.csv", "/promises"])
async def test_anybody_may_read_what_is_shared_and_what_is_promised_without_a_name_of_a_person(
    app: Starlette, path: str
) -> None:
    answer = await browser(app).get(path)
    assert answer.status_code == 200
    for name in ("Nakamura", "Whitfield"):
        assert name not in answer.text.split("<main", 1)[-1]


async def test_the_request_of_the_centre_shows_who_it_is_what_is_promised_and_who_can_help(app: Starlette) -> None:
    text = words((await (await visit(app, "whitfield")).get(REQUEST)).text)
    for expected in (
        "is part of Homeland Security Investigations", "is immigration enforcement", "Nobody can approve this share",
        "promised on 2026-01-12 not to share with immigration enforcement", "Who can lawfully help: A criminal court",
        "287(g) with ICE",
    ):  # fmt: skip
        assert expected in text


async def test_a_review_without_both_answers_changes_nothing_and_says_what_is_missing(app: Starlette) -> None:
    person = await visit(app, "nakamura")
    answer = await person.post(f"{REQUEST}/review", right="yes", note="they need it")
    assert answer.status_code == 400 and "Answer both questions" in answer.text


async def test_an_approval_nobody_reviewed_is_refused_on_the_page(app: Starlette) -> None:
    answer = await (await visit(app, "whitfield")).post(f"{REQUEST}/step", step="approve")
    assert answer.status_code == 200 and "Nobody has reviewed this share yet" in answer.text


async def test_a_form_from_another_site_stops_nothing_and_pulls_no_brake(app: Starlette) -> None:
    person = await visit(app, "brandt")
    for path, form in (
        ("/brakes", {"component": "federal", "why": "x"}),
        (f"{REQUEST}/step", {"step": "revoke", "why": "x"}),
    ):
        answer = await person.client.post(
            path, data={"csrf": person.csrf, **form}, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403


async def test_the_picture_of_the_network_is_never_without_its_table(app: Starlette) -> None:
    page = (await (await visit(app, "whitfield")).get("/network?owner=us-ca-ridge-county-so")).text
    assert page.count('<svg class="network"') == 1 and page.index('<svg class="network"') < page.index(
        "The same as a table"
    )
    table = page[page.index("The same as a table") :]
    for name in ("Ridge Regional Intelligence Center", "Homeland Security Investigations", "Port Alder Police"):
        assert name in table
    assert "sheriff-ric" in page


@pytest.mark.parametrize("path", ["/shares.csv", "/network.csv", "/sharing.csv", "/exposure.csv?agency=us-dhs-ice"])
async def test_every_table_can_be_downloaded(app: Starlette, path: str) -> None:
    answer = await (await visit(app, "whitfield")).get(path)
    heading = next(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.headers["content-type"].startswith("text/csv") and {"receiver", "party"} & set(heading)


async def test_names_that_hold_markup_stay_text(app: Starlette) -> None:
    answer = await (await visit(app, "whitfield")).get("/exposure?agency=<script>alert(1)</script>")
    assert answer.status_code == 200 and "<script>alert" not in answer.text


async def test_a_change_is_chosen_first_and_the_form_asks_only_what_it_needs(app: Starlette) -> None:
    person = await visit(app, "nakamura")
    page = (await person.get("/changes")).text
    assert "kind=end-affiliation" in page and 'name="source"' not in page
    form = (await person.get("/changes?kind=set-employer&person=alvarez")).text
    assert 'value="alvarez"' in form and 'name="employer"' in form and 'name="relation"' not in form
    missing = await person.post(
        "/changes", kind="set-employer", person="alvarez", employer="us-doj-atf", source="a letter"
    )
    assert missing.status_code == 400 and "source date is needed" in missing.text.lower()
    assert 'value="us-doj-atf"' in missing.text, "what was typed is still there"


async def test_an_affiliation_of_the_published_registry_is_ended_on_the_page_by_two_people(app: Starlette) -> None:
    administrator, officer = await visit(app, "nakamura"), await visit(app, "whitfield")
    form = {
        "kind": "end-affiliation",
        "agency": "us-nv-las-vegas-metropolitan-pd",
        "relation": "is-a",
        "target": "287g",
    }
    source = {"source": "The agreement was ended", "source_date": "2026-10-01", "until": "2026-10-01"}
    proposed = await administrator.post("/changes", **form, **source)
    assert "It waits" in proposed.text
    page = (await officer.get("/changes")).text
    number = page[page.index("us-nv-las-vegas-metropolitan-pd") :].split('action="/changes/', 1)[1][:36]
    done = await officer.post(f"/changes/{number}", verdict="accept")
    assert "Two people stand behind it" in done.text
    again = await administrator.post("/changes", **form, **source)
    assert again.status_code == 400 and "lasts until then" in again.text
    assert "2026-10-01" in (await officer.get("/changes.csv")).text
