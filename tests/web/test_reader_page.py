"""One reader's page, and what its reader tells over HTTP: signed, masked, by its own agency alone."""

from __future__ import annotations

import json
from base64 import b64encode

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette

from plateward.core.delivery import FRAME, HEALTH, READS, signed_text
from tests.node.world import World
from tests.web.world import Visitor, browser, words

READER, SPOOL = "rpd-main-2nd-n", "00112233445566ff"
OWN = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
JPEG = b"\xff\xd8\xff\xe0" + bytes(300) + b"\xff\xd9"


def headers(use: str, sequence: int, body: bytes) -> dict[str, str]:
    signature = OWN.sign(signed_text(use, READER, SPOOL, sequence, body))
    return {
        "Plateward-Reader": READER, "Plateward-Spool": SPOOL, "Plateward-Sequence": str(sequence),
        "Plateward-Signature": b64encode(signature).decode(), "Content-Type": "application/msgpack",
    }  # fmt: skip


async def test_a_reader_signs_in_tells_how_it_does_and_is_watched_masked(
    web: World, app: Starlette, administrator: Visitor, analyst: Visitor
) -> None:
    reader: httpx.AsyncClient = browser(app)
    key = {"Authorization": f"Bearer key of {READER}"}
    terms = (await reader.get("/api/v1/readers/self", headers=key)).json()
    assert (terms["reader"], terms["keep"], terms["most"], terms["signs"]) == (READER, "hits", "all", False)
    public = OWN.public_key().public_bytes_raw().hex()
    entered = await reader.post("/api/v1/readers/self/key", headers=key, json={"public": public})
    assert entered.json() == {"reader": READER}

    body = msgspec.msgpack.encode({"reads": [web.sent("7ABC555", confidence=0.42)]})
    first = await reader.post("/api/v1/reads", content=body, headers=headers(READS, 1, body))
    assert first.json()["accepted"] == 1, first.text
    again = await reader.post("/api/v1/reads", content=body, headers=headers(READS, 1, body))
    assert again.json() == first.json()
    other = msgspec.msgpack.encode({"reads": [web.sent("8XYZ555")]})
    assert (await reader.post("/api/v1/reads", content=other, headers=headers(READS, 1, other))).status_code == 409
    assert (
        await reader.post("/api/v1/reads", content=body, headers=key | {"Content-Type": "application/msgpack"})
    ).status_code == 401
    wrong = headers(READS, 2, body) | {"Plateward-Signature": "AAAA"}
    assert (await reader.post("/api/v1/reads", content=body, headers=wrong)).status_code == 400

    beat = json.dumps({"at": web.at.isoformat(), "temperature_c": 97.0, "cameras": [{"name": "north"}]}).encode()
    heard = await reader.post("/api/v1/readers/self/health", content=beat, headers=headers(HEALTH, 2, beat))
    assert heard.status_code == 200, heard.text
    sent = headers(f"{FRAME} north", 3, JPEG)
    assert (await reader.post("/api/v1/readers/self/frame?camera=north", content=JPEG, headers=sent)).status_code == 200

    page = words((await administrator.get(f"/readers/{READER}")).text)
    assert "It has 97 °C." in page
    assert "7•••••5" in page and "7ABC555" not in page
    shown = await administrator.get(f"/readers/{READER}/frame?camera=north")
    assert (shown.content, shown.headers["content-type"]) == (JPEG, "image/jpeg")
    assert "north" in (await administrator.get(f"/readers/{READER}")).text
    assert (await administrator.get(f"/readers/{READER}/hours.csv")).text.count("\n") == 2
    assert "7ABC555" not in (await administrator.get(f"/readers/{READER}/doubts.csv")).text
    assert (await analyst.get(f"/readers/{READER}/frame?camera=north")).status_code in (403, 404)
    assert (await administrator.get("/readers/no-such-reader")).status_code == 404


async def test_what_a_reader_keeps_is_told_on_its_page_by_an_administrator_of_its_agency(
    administrator: Visitor, officer: Visitor
) -> None:
    path = "/readers/rpd-main-10th-s/keep"
    assert (await administrator.post(path, keep="minutes", minutes="3")).status_code == 303
    page = await administrator.get("/readers/rpd-main-10th-s")
    assert 'value="minutes" selected' in page.text
    wrong = await administrator.post(path, keep="minutes", minutes="many")
    assert wrong.status_code == 400 and "write hits" in wrong.text
    assert (await officer.post(path, keep="all")).status_code == 403
    assert (await administrator.post(path, keep="hits")).status_code == 303


async def test_a_reader_is_changed_paused_and_retired_on_its_page_by_its_agency(
    administrator: Visitor, officer: Visitor
) -> None:
    path = "/readers/rpd-harbor-n"
    assert (await administrator.post("/readers", id="rpd-harbor-n", name="Harbor", kind="fixed")).status_code == 200
    settings = {"name": "Harbor Dr, northbound", "lat": "35.4", "lon": "-121.2", "heading": "10"}
    assert (await administrator.post(path, **settings)).status_code == 303
    page = await administrator.get(path)
    assert "Harbor Dr, northbound" in words(page.text) and 'value="35.400000"' in page.text
    wrong = await administrator.post(path, **settings | {"lat": "north"})
    assert wrong.status_code == 400 and "write a number" in wrong.text.casefold() and 'value="north"' in wrong.text
    assert (await officer.post(f"{path}/pause")).status_code == 403
    assert (await administrator.post(f"{path}/pause")).status_code == 303
    assert "told to keep nothing" in (await administrator.get(path)).text
    assert (await administrator.post(f"{path}/resume")).status_code == 303
    assert (await administrator.post(f"{path}/retire")).status_code == 303
    page = await administrator.get(path)
    assert "out of service for good" in page.text and "/pause" not in page.text
    assert 'action="/readers/rpd-harbor-n/key"' not in (await administrator.get("/readers")).text
