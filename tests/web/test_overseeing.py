"""The auditor's pages as people use them: the audit, the sample, checklists, reports, drivers, early erasure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from plateward.demo.policy import write_policy
from plateward.formats.tlog_proof import parse_proof
from plateward.web.pages import reports as report_pages
from tests.node.world import World
from tests.web.world import Visitor, visit, words


@pytest_asyncio.fixture(loop_scope="session")
async def auditor(app: Starlette) -> Visitor:
    return await visit(app, "delacroix")


@pytest_asyncio.fixture(loop_scope="session")
async def world_search(web: World) -> None:
    """A partner finds a read of Ridgeport."""
    await web.deliver(web.sent("7XPS100"))
    answer = await web.search("castellano", "7XPS100")
    assert answer.reads


async def followed(officer: Visitor) -> None:
    for _ in range(12):
        await officer.search("6MEG555", likeness="exact", case="", words="investigation")


async def test_the_auditor_opens_one_page_finds_who_to_ask_and_says_what_it_was(
    auditor: Visitor, officer: Visitor
) -> None:
    await followed(officer)
    page = (await auditor.get("/audit?period=2026-11")).text
    text = words(page)
    assert "Marisol Alvarez" in text and "6MEG555" in text and "Ask who drives it" in text
    finding = re.search(r'name="finding" value="(\w+)"', page)
    assert finding
    wrong = await auditor.post("/audit/verdict", period="2026-11", finding=finding[1], verdict="", words="Fine so far.")
    assert wrong.status_code == 400 and "Choose a verdict" in wrong.text
    done = await auditor.post(
        "/audit/verdict", period="2026-11", finding=finding[1], verdict="asked", words="Asked her."
    )
    assert done.status_code == 303 and done.headers["location"] == f"/audit?period=2026-11#f-{finding[1]}"
    assert "“Asked her.”" in words((await auditor.get("/audit?period=2026-11")).text)
    rows = list(
        csv.DictReader(io.StringIO((await auditor.get("/audit.csv?period=2026-11")).text.removeprefix("\ufeff")))
    )
    assert any(row["finding"] == finding[1] and row["verdict"] == "asked" for row in rows)
    shown = re.search(r'href="/access/(\d+)"', page)
    assert shown and (await auditor.get(f"/access/{shown[1]}")).status_code == 200


async def test_a_period_that_is_none_is_said_so(auditor: Visitor) -> None:
    for wrong in ("november", "2027-01"):
        answer = await auditor.get(f"/audit?period={wrong}")
        assert answer.status_code == 400 and "period" in answer.text


async def test_the_sample_is_drawn_and_judged_on_one_page(auditor: Visitor, officer: Visitor) -> None:
    await officer.search("7ABC123")
    assert (await auditor.post("/audit/sample", period="2026-11", count="3")).status_code == 303
    page = (await auditor.get("/audit/sample?period=2026-11")).text
    seq = re.search(r'name="seq" value="(\d+)"', page)
    assert seq and "Seed" in page
    done = await auditor.post(
        "/audit/sample/verdict", period="2026-11", seq=seq[1], verdict="justified", words="On file: 26-0117."
    )
    assert done.status_code == 303
    assert "“On file: 26-0117.”" in words((await auditor.get("/audit/sample?period=2026-11")).text)


async def test_checklists_name_what_is_missing(auditor: Visitor) -> None:
    text = words((await auditor.get("/audit/checklist")).text)
    assert "There is no policy.toml in the data folder" in text and "Each partner reviewed for right and need" in text


async def test_with_a_policy_the_checklist_says_line_by_line_what_is_so_and_is_handed_out_with_its_proof(
    auditor: Visitor, web: World
) -> None:
    data = web.node.settings.data
    write_policy(data, web.town, 43_200)
    try:
        page = words((await auditor.get("/audit/checklist")).text)
        assert "The 2 agencies that receive are those the policy names" in page
        assert "2 of 5 people who may search have no training on record" in page
        rows = list(
            csv.DictReader(io.StringIO((await auditor.get("/audit/checklist.csv")).text.removeprefix("\ufeff")))
        )
        met = {row["line"]: row["verdict"] for row in rows}
        assert met["retention"] == met["sharing"] == "met" and met["users"] == "not met"
        made = (await auditor.post("/reports", kind="checklist", public="true")).headers["location"]
        document = await auditor.get(f"{made}/document.json")
        assert [row[0] for row in json.loads(document.text)["tables"][0]["rows"]] == list(met)
        proof = await auditor.get(f"{made}/receipt")
        assert hashlib.sha256(document.content).hexdigest().encode() in parse_proof(proof.content).extra
        for name in ("delacroix", "alvarez", "okafor", "reyes"):
            assert name not in document.text, "a report for the public names nobody"
    finally:
        (data / "policy.toml").unlink()
        for file in (data / "audit").iterdir():
            file.unlink()


async def test_exposure_is_a_report_whose_records_can_be_proved(
    auditor: Visitor, world_search: None, web: World
) -> None:
    made = await auditor.post("/reports", kind="exposure", agency="Port Alder Police")
    path = made.headers["location"]
    document = json.loads((await auditor.get(f"{path}/document.json")).text)
    assert [table["title"] for table in document["tables"]] == ["In all", "Deliveries", "Asked back"]
    assert document["records"] and (await auditor.get(f"{path}/bodies.jsonl")).text.count("\n") == len(
        document["records"]
    )
    assert (await auditor.post("/reports", kind="exposure", agency="No Such Agency")).status_code == 400
    for_all = await auditor.post("/reports", kind="exposure", agency="Port Alder Police", public="true")
    assert for_all.status_code == 400, "nobody hands out the agency's copy for one that is meant for the public"
    rows = document["tables"][1]["rows"]
    page = (await auditor.get(path)).text.partition("<main")[2]
    assert rows and f'<time datetime="{rows[0][0]}"' in page, (
        "a report says when in the node's zone, as every page does"
    )
    assert "--document" in page, "and how whoever is handed it sees that it was not changed"


async def test_a_report_is_a_page_a_csv_and_a_json_whose_digest_its_receipt_holds(
    auditor: Visitor, officer: Visitor, web: World
) -> None:
    await officer.search("7ABC123")
    made = await auditor.post("/reports", kind="access-records", period="2026-11", public="true")
    path = made.headers["location"]
    page = (await auditor.get(path)).text.partition("<main")[2]
    assert "Access records, 2026-11" in page and "7ABC123" not in page and "alvarez" not in page
    document = await auditor.get(f"{path}/document.json")
    digest = hashlib.sha256(document.content).hexdigest()
    assert digest in page
    proof = await auditor.get(f"{path}/receipt")
    assert digest.encode() in parse_proof(proof.content).extra
    table = (await auditor.get(f"{path}/table.csv?table=0")).text.removeprefix("\ufeff")
    assert len(list(csv.DictReader(io.StringIO(table)))) == len(json.loads(document.text)["tables"][0]["rows"])
    assert (await auditor.get(f"{path}/table.csv?table=9")).status_code == 404
    assert (await auditor.get(f"{path}/bodies.jsonl")).status_code == 400
    whole = (await auditor.post("/reports", kind="access-records", period="2026-11")).headers["location"]
    assert (await auditor.get(f"{whole}/bodies.jsonl")).text.count("\n") > 0
    assert (await officer.get(whole)).status_code == 404, "an officer sees no copy that names people"
    assert path in (await auditor.get("/reports")).text and path not in (await officer.get("/reports")).text


async def test_a_certificate_says_whether_it_can_be_given(auditor: Visitor) -> None:
    made = await auditor.post("/reports", kind="certificate", period="2026", complaints="1")
    page = words((await auditor.get(made.headers["location"])).text)
    assert "Cannot be certified as it stands" in page and "Complaints received: 1" in page


async def test_discovery_is_made_by_who_may_search(supervisor: Visitor, auditor: Visitor) -> None:
    form = {
        "plate": "7ABC123",
        "case": "26-CR-1",
        "counsel": "Public defender",
        "begins": "2026-11-01T00:00",
        "ends": "2026-11-02T09:30",
    }
    made = await supervisor.post("/discovery", **form)
    page = words((await supervisor.get(made.headers["location"])).text)
    assert "Near, and not counted as matches" in page and "7A8C123" in page
    assert (await auditor.post("/discovery", **form)).status_code == 403
    assert (await supervisor.post("/discovery", **(form | {"begins": "yesterday"}))).status_code == 400


async def test_a_driver_is_entered_at_the_counter_and_a_co_registrant_needs_a_second_person(
    auditor: Visitor, privacy_officer: Visitor
) -> None:
    form = {
        "plate": "7ABC123",
        "identity": "driver licence, seen",
        "registration": "card 2026",
        "co_registrant": "true",
    }
    assert (await privacy_officer.post("/drivers", **form)).status_code == 303
    page = (await auditor.get("/drivers")).text
    request = re.search(r'action="(/drivers/[^/]+/review)"', page)
    assert request and request[1] not in (await privacy_officer.get("/drivers")).text
    assert (await auditor.post(request[1], verdict="refuse", note="A protective order.")).status_code == 303
    assert "A protective order." in (await privacy_officer.get("/drivers")).text
    missing = await privacy_officer.post("/drivers", **(form | {"identity": ""}))
    assert missing.status_code == 400 and "what proved it" in missing.text


async def test_an_early_erasure_needs_a_second_person_on_the_page_too(
    auditor: Visitor, privacy_officer: Visitor, officer: Visitor
) -> None:
    record = re.search(r"/access/(\d+)", (await officer.search("7ABC123")).text)
    assert record
    asked = await privacy_officer.post("/erasures", entries=record[1], basis="Order 26-CV-0042 of the court")
    assert asked.status_code == 303
    action = re.search(r'action="(/erasures/[^"]+)"', (await auditor.get("/erasures")).text)
    assert action and action[1] not in (await privacy_officer.get("/erasures")).text
    assert (await privacy_officer.post(action[1], verdict="approve")).status_code == 403
    assert (await auditor.post(action[1], verdict="approve")).status_code == 303
    assert (await officer.get(f"/access/{record[1]}")).status_code == 404
    assert (await privacy_officer.post("/erasures", entries="seven", basis="Order 26-CV-0042")).status_code == 400


async def test_a_long_report_prints_whole_where_every_row_is_asked_for(
    auditor: Visitor, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        await officer.search("7ABC123")
    monkeypatch.setattr(report_pages, "SHOWN", 2)
    path = (await auditor.post("/reports", kind="access-records", period="2026-11")).headers["location"]
    rows = json.loads((await auditor.get(f"{path}/document.json")).text)["tables"][0]["rows"]
    short, whole = (await auditor.get(path)).text, (await auditor.get(f"{path}?whole=true")).text
    assert f'href="{path}?whole=true"' in short and short.count(rows[-1][1]) < whole.count(rows[-1][1])
    assert all(str(row[0]) in whole for row in rows)
