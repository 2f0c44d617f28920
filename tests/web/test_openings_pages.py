"""Pages of what opens without a share: emergencies from opening to review, productions from the order to the file."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from hashlib import sha256

import pytest
from starlette.applications import Starlette

from tests.node.world import World
from tests.web.world import ORIGIN, Visitor, visit, words

LONG_BEACH = "us-ca-port-alder-pd"
DANGER = "a kidnapped child is in this car"


async def opened(who: Visitor, agency: str, plate: str, **form: str) -> str:
    answer = await who.post(
        "/emergencies", **({"agency": agency, "plate": plate, "danger": DANGER, "on_duty": "true"} | form)
    )
    return answer.text if answer.status_code != 303 else (await who.get("/emergencies")).text


def newest(page: str) -> str:
    found = re.search(r'id="e-([0-9a-f-]{36})"', page)
    assert found
    return found[1]


async def test_an_emergency_is_opened_searched_ended_and_reviewed_by_somebody_else_on_pages(
    app: Starlette, web: World
) -> None:
    brandt, deputy, auditor = [await visit(app, name) for name in ("brandt", "castellano", "delacroix")]
    page = await opened(brandt, "Port Alder Police Department, CA", "7ABC123")
    number = newest(page)
    assert "Review due" in page and "It was justified" not in page, "whoever opened it does not review it"
    found = await deputy.post(f"/emergencies/{number}/search")
    assert found.status_code == 200 and "answered" not in words(found.text) and "7ABC123" in words(found.text)
    second = await opened(brandt, LONG_BEACH, "7ABD129")
    assert "Nothing was opened" in second and "opens one plate" in second
    assert (await brandt.post(f"/emergencies/{number}/end")).status_code == 303
    late = await deputy.post(f"/emergencies/{number}/search")
    assert "did not answer" in words(late.text) and "The emergency ended at" in words(late.text)
    missing = await auditor.post(f"/emergencies/{number}/review", verdict="justified")
    assert missing.status_code == 400 and "Say what you found" in missing.text
    await auditor.post(f"/emergencies/{number}/review", verdict="justified", note="case 26-0117 was opened")
    assert "case 26-0117 was opened" in (await brandt.get("/emergencies")).text
    rows = list(csv.DictReader(io.StringIO((await auditor.get("/emergencies.csv")).text.removeprefix("\ufeff"))))
    assert rows[0]["state"] == "justified" and rows[0]["reviewed_by"] == "delacroix"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"agency": "us-nv-silver-flat-pd"}, "to agencies of CA only"),
        ({"agency": "Nobody at all"}, "no agency is known"),
        ({"plate": "7AB*"}, "one whole plate"),
        ({"danger": "help"}, "danger to life"),
        ({"on_duty": ""}, "on duty"),
    ],
)
async def test_an_emergency_that_cannot_be_says_why_and_keeps_what_was_typed(
    app: Starlette, form: dict[str, str], said: str
) -> None:
    page = await opened(await visit(app, "brandt"), **({"agency": "us-ca-ridge-county-so", "plate": "7ABD129"} | form))
    assert said in words(page).lower() or said in words(page)


async def test_who_has_no_part_in_them_sees_neither_emergencies_nor_productions(app: Starlette) -> None:
    for who, path in (("pham", "/emergencies"), ("alvarez", "/productions"), ("pham", "/productions")):
        assert (await (await visit(app, who)).get(path)).status_code == 403
    officer = await visit(app, "alvarez")
    assert (await officer.post("/emergencies", agency=LONG_BEACH, plate="7ABC123", danger=DANGER)).status_code == 403


async def test_a_review_that_is_late_stands_out(app: Starlette, web: World) -> None:
    brandt = await visit(app, "brandt")
    web.at += timedelta(seconds=1)
    number = newest(await opened(brandt, "us-ca-ridge-county-so", "7ABD129"))
    async with web.node.store.transaction() as tx:
        earlier = "SET opened_at = opened_at - interval '73 hours', expires_at = expires_at - interval '73 hours'"
        await tx.execute(f"UPDATE emergencies {earlier} WHERE emergency_id = %s", [number])
    auditor = await visit(app, "delacroix")
    assert "1 review is overdue" in words((await auditor.get("/emergencies")).text)
    other = await opened(brandt, "us-ca-port-alder-pd", "7ABD129")
    assert "Nothing was opened" in other and "due for review" in other
    await auditor.post(f"/emergencies/{number}/review", verdict="unjustified", note="no case")
    assert "overdue" not in words((await auditor.get("/emergencies")).text)


async def test_a_courts_order_goes_from_the_custodian_over_counsel_to_one_file(app: Starlette) -> None:
    custodian, counsel, officer = [await visit(app, name) for name in ("nakamura", "vance", "whitfield")]
    found = await (await visit(app, "alvarez")).search("7ABC123", likeness="exact")
    read = re.search(r"/reads/([0-9a-f-]{36})\?", found.text)
    assert read
    form = {
        "agency": "us-dhs-ice-hsi-bcsc", "process": "judicial-order", "court": "N.D. Cal.", "number": "26-mj-118",
        "reads": read[1],
    }  # fmt: skip
    sent = await custodian.client.post(
        "/productions", data={"csrf": custodian.csrf, **form}, files={"file": ("order.pdf", b"IT IS ORDERED")},
        headers={"Origin": ORIGIN},
    )  # fmt: skip
    assert sent.status_code == 303, words(sent.text)
    number = re.search(r'id="p-([0-9a-f-]{36})"', (await custodian.get("/productions")).text)[1]  # type: ignore[index]
    early = await custodian.post(f"/productions/{number}/file")
    assert early.status_code == 400 and "needs it approved" in early.text
    assert (await counsel.post(f"/productions/{number}/step", step="confirm")).status_code == 303
    own = await counsel.post(f"/productions/{number}/step", step="approve")
    assert own.status_code in (400, 403)
    assert (await officer.post(f"/productions/{number}/step", step="approve")).status_code == 303
    file = await custodian.post(f"/productions/{number}/file")
    assert file.headers["content-type"].startswith("text/csv") and "7ABC123" in file.text
    assert sha256(file.content).hexdigest() == file.headers["x-sha-256"]
    assert file.headers["x-sha-256"] in (await officer.get("/productions")).text
    assert (await custodian.post(f"/productions/{number}/file")).status_code == 400
    assert "production" in words((await officer.get("/exposure?agency=us-dhs-ice")).text)


@pytest.mark.parametrize("process", ["administrative-warrant", "detainer", "agency-subpoena"])
async def test_paper_that_no_judge_signed_opens_nothing_and_the_page_says_what_would(
    app: Starlette, process: str
) -> None:
    custodian = await visit(app, "nakamura")
    form = {"agency": "us-dhs-ice", "process": process, "court": "none", "number": "I-200", "digest": "ab" * 32}
    page = words((await custodian.post("/productions", reads="01900000-0000-7000-8000-000000000007", **form)).text)
    assert "it opens nothing" in page
    assert (
        "Who can lawfully help: A court's order that names the reads is answered by production of them."
        in page.replace("&#39;", "'")
    )


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reads": "not an id"}, "no read's id"), ({"digest": "ab"}, "64 hex digits"), ({"court": ""}, "write the court"),
        ({"process": ""}, "choose one of"), ({"agency": ""}, "name the agency"),
    ],
)  # fmt: skip
async def test_legal_process_that_is_not_complete_names_what_is_missing(
    app: Starlette, form: dict[str, str], said: str
) -> None:
    whole = {
        "agency": "us-dhs-ice", "process": "judicial-order", "court": "N.D. Cal.", "number": "1", "digest": "ab" * 32,
        "reads": "01900000-0000-7000-8000-000000000007",
    }  # fmt: skip
    answer = await (await visit(app, "nakamura")).post("/productions", **(whole | form))
    assert answer.status_code == 400 and said in words(answer.text).lower().replace("&#39;", "'")
