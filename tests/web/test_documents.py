"""Pages of documents and notices: recording, the second person, withdrawing; and refusals by role that the ledger keeps."""

from __future__ import annotations

import csv
import io
import re
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette

from plateward.core.event import EventType, fields_of
from plateward.demo.people import person
from plateward.node.sharing import brake
from plateward.node.sharing.notices import unseen
from plateward.store import events
from tests.node.world import World
from tests.web.world import ORIGIN, Visitor, browser, visit, words

FORM = {
    "kind": "hosting-contract", "party": "flock-safety", "source": "Hosting agreement 2026-04", "signer": "City manager",
    "signed": "2026-10-01", "begins": "2026-10-01", "ends": "2027-09-30", "promise": "us-ca-sb34.private",
}  # fmt: skip
PAPER = b"the agreement"


async def send(visitor: Visitor, **form: Any) -> tuple[int, str]:
    answer = await visitor.client.post(
        "/documents", data={"csrf": visitor.csrf, **FORM, **form}, files={"file": ("agreement.pdf", PAPER)},
        headers={"Origin": ORIGIN},
    )  # fmt: skip
    return answer.status_code, answer.headers.get("location", "") or words(answer.text)


async def refusals(web: World) -> list[dict[str, Any]]:
    async with web.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(EventType.ACT_REFUSED)], limit=50)
    return [dict(fields_of(bytes(one.body))) for one in found if one.body is not None]


async def test_a_document_is_recorded_by_one_accepted_by_another_and_withdrawn_by_anybody_who_keeps_them(
    app: Starlette, web: World, administrator: Visitor, privacy_officer: Visitor
) -> None:
    empty = words((await administrator.get("/documents")).text)
    assert "No document is on file" in empty and "Hosting contract" in empty
    status, where = await send(administrator)
    assert status == 303
    name = where.partition("#")[2]
    mine = words((await administrator.get("/documents")).text)
    assert "waiting" in mine and sha256(PAPER).hexdigest() in mine
    assert "Accept: the paper says this" not in mine
    refused = await administrator.post(f"/documents/{name}", step="accept")
    assert "The privacy officer or counsel of the owner accepts a document" in refused.text
    assert ("document.accepted", "nakamura") in [(body["act"], body["person"]) for body in await refusals(web)]
    assert "Accept: the paper says this" in (await privacy_officer.get("/documents")).text
    assert (await privacy_officer.post(f"/documents/{name}", step="accept")).status_code == 303
    assert "in force" in words((await administrator.get("/documents")).text)
    rows = list(csv.DictReader(io.StringIO((await privacy_officer.get("/documents.csv")).text.lstrip("\ufeff"))))
    assert [(row["id"], row["state"], row["promises"]) for row in rows] == [(name, "in force", "us-ca-sb34.private")]
    missing = await administrator.post(f"/documents/{name}", step="withdraw")
    assert missing.status_code == 400 and "Say why" in missing.text
    assert (await administrator.post(f"/documents/{name}", step="withdraw", why="the city ended it")).status_code == 303
    assert "“the city ended it”" in words((await administrator.get("/documents")).text)


async def test_what_is_missing_or_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    administrator: Visitor,
) -> None:
    for form, says in (
        ({"kind": ""}, "Choose declaration:LAW or one of"),
        ({"kind": "judicial-order"}, "it is granted case by case"),
        ({"signed": "yesterday"}, "Write the day as"),
        ({"party": "Nobody Knows Security"}, "is not classified"),
        ({"promise": "us-ca-sb34.tribal"}, "does not give way to it"),
        ({"ends": "2026-10-30"}, "Its last day is over already"),
    ):
        status, text = await send(administrator, **form)
        assert status == 400 and says in text, (form, text)
    page = await administrator.client.post(
        "/documents", data={"csrf": administrator.csrf, **FORM, "ends": ""}, files={"file": ("a", PAPER)},
        headers={"Origin": ORIGIN},
    )  # fmt: skip
    assert 'value="Hosting agreement 2026-04"' in page.text


async def test_an_officer_sees_no_documents_and_no_notices_and_asking_for_what_the_role_does_not_include_is_recorded(
    app: Starlette, web: World, officer: Visitor
) -> None:
    for path in ("/documents", "/documents.csv", "/notices", "/notices.csv"):
        assert (await officer.get(path)).status_code == 403
    assert (await send(officer))[0] == 403
    assert (
        await officer.post("/shares/ridgeport-bcsc-request/review", right="yes", need="yes", note="x")
    ).status_code == 403
    kept = [
        (body["act"], body.get("subject"), body["sentence"])
        for body in await refusals(web)
        if body["person"] == "alvarez"
    ]
    assert ("document.recorded", None, "Your role, officer, does not include seeing documents.") in kept
    assert (
        "share.reviewed",
        "ridgeport-bcsc-request",
        "Your role, officer, does not include reviewing shares.",
    ) in kept


async def test_notices_are_counted_in_the_menu_until_they_are_seen(web: World, app: Starlette) -> None:
    await brake.pull(web.node, person("brandt"), "foreign", "until we know more")
    visitor = await visit(app, "whitfield")
    count = await unseen(web.node, person("whitfield"))
    assert count and re.search(
        rf'href="/notices".*?>Notices <span class="tag wait">{count}<', (await visitor.get("/shares")).text
    )
    page = (await visitor.get("/notices")).text
    assert "pulled the brake on a foreign agency" in page
    number = re.search(r'name="number" value="(\d+)"', page)
    assert number
    assert (await visitor.post("/notices", number=number[1])).status_code == 303
    assert await unseen(web.node, person("whitfield")) == count - 1
    await visitor.post("/notices")
    assert "Mark as seen" not in (await visitor.get("/notices")).text
    lines = (await visitor.get("/notices.csv")).text.lstrip("\ufeff").splitlines()
    assert lines[0].startswith("number,at,subject") and any("Whitfield" in line for line in lines)
    assert (await browser(app).get("/notices")).status_code == 303
