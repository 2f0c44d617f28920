"""Cameras of other makers over real HTTP, and the page that tries one message."""

# ruff: noqa: E501 (messages are easier to compare on one line each)
from __future__ import annotations

import asyncio
import io
import json
import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest_asyncio
import structlog

from plateward.formats.payloads.detect import parse
from plateward.store.connection import Store
from plateward.web import logs
from tests.formats.payloads.samples import JPEG, hikvision, multipart, samples
from tests.node.world import KEY, NOW, READER, World, begin, plates
from tests.web.world import ORIGIN, Visitor, serving, words

SAMPLES = samples(NOW - timedelta(minutes=5))


@dataclass
class Camera:
    """A node that listens, and a camera's way to it."""

    world: World
    client: httpx.AsyncClient
    path: str = f"/api/v1/cameras/{READER}"

    async def send(
        self, body: bytes, kind: str = "application/json", query: str = "", key: str | None = KEY, path: str = ""
    ) -> httpx.Response:
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {key}"} if key else {})
        return await self.client.post(f"{path or self.path}?{query}", content=body, headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def camera(store: Store, tmp_path: Path) -> AsyncIterator[Camera]:
    world = await begin(store, tmp_path)
    async with serving(world.node) as address, httpx.AsyncClient(base_url=address) as client:
        yield Camera(world, client)


async def test_every_kind_is_accepted_over_http_and_a_second_time_adds_nothing(camera: Camera) -> None:
    for number, name in enumerate(SAMPLES):
        sample = samples(NOW - timedelta(minutes=number + 1))[name]
        first = await camera.send(sample.body, sample.content_type, "zone=UTC")
        again = await camera.send(sample.body, sample.content_type, "zone=UTC")
        held = len(sample.plates)
        assert (first.status_code, first.json()["accepted"], first.json()["rejected"]) == (200, held, []), name
        assert (again.json()["accepted"], again.json()["duplicates"]) == (0, held), name
        assert first.json()["sender"] == sample.sender and first.json()["Result"] is True, "Dahua's push waits for it"


async def test_a_key_travels_as_bearer_as_password_or_in_the_address_and_never_into_the_log(camera: Camera) -> None:
    written = io.StringIO()
    logs.configure()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=written))
    body = SAMPLES["flock"].body
    basic = b64encode(f"camera:{KEY}".encode()).decode()
    try:
        ways = (
            await camera.send(body),
            await camera.client.post(camera.path, content=body, headers={"Authorization": f"Basic {basic}"}),
            await camera.client.post(camera.path, content=body, params={"key": KEY}),
        )
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(False)
    assert [answer.status_code for answer in ways] == [200, 200, 200]
    text = written.getvalue()
    assert text.count("/api/v1/cameras/{reader_id}") == 3
    assert all(secret not in text for secret in (KEY, "reader%27s", "reader's", "8KLM204", READER))


async def test_without_the_right_key_nothing_comes_in(camera: Camera) -> None:
    body = SAMPLES["flock"].body
    assert (await camera.send(body, key=None)).status_code == 401
    assert (await camera.send(body, key="key of rpd-main-10th-s")).status_code == 401
    assert (
        await camera.client.post(camera.path, content=body, headers={"Authorization": "Basic %%%"})
    ).status_code == 401
    assert plates(await camera.world.search("alvarez", "8KLM204")) == []


async def test_a_hikvision_camera_gets_200_for_what_cannot_be_read_and_others_get_the_reason(camera: Camera) -> None:
    cut = await camera.send(hikvision(NOW)[:-30], "application/xml")
    assert (cut.status_code, cut.json()["quarantined"]) == (200, 1) and "not whole XML" in cut.json()["unread"]
    junk = await camera.send(b"\xff\xff", "application/xml", "sender=hikvision")
    assert (junk.status_code, junk.json()["quarantined"]) == (200, 1)
    other = await camera.send(SAMPLES["openalpr-group"].body[:-30])
    assert other.status_code == 400 and "not whole JSON" in other.json()["error"]


async def test_a_dahua_push_that_cannot_be_read_is_kept_apart_and_not_sent_again_for_ever(camera: Camera) -> None:
    cut = await camera.send(SAMPLES["dahua-itsapi"].body[:-30])
    assert (cut.status_code, cut.json()["Result"], cut.json()["sender"], cut.json()["quarantined"]) == (
        200,
        True,
        "dahua",
        1,
    )


async def test_hostile_bodies_are_refused_with_a_reason_and_the_node_goes_on(camera: Camera) -> None:
    bomb = b"".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(12))
    bodies = {
        "application/xml": b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + bomb + b"]><EventNotificationAlert>&m;</EventNotificationAlert>",
        "text/xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EventNotificationAlert>&x;</EventNotificationAlert>',
        "application/json": b"[" * 1_000_000,
        "application/zip": b"PK\x03\x04" + bytes(1000),
        "multipart/form-data": b"--x\r\n\r\n",
        "image/jpeg": JPEG,
        "text/plain": b"\xff\xfe\xfd",
    }  # fmt: skip
    for kind, body in bodies.items():
        answer = await camera.send(body, kind)
        assert answer.status_code == 400 and len(answer.json()["error"]) > 15, kind
        assert "root:" not in answer.text
    assert (await camera.send(SAMPLES["flock"].body)).json()["accepted"] == 1


async def test_a_hundred_megabytes_are_refused_before_they_are_sent(camera: Camera) -> None:
    place = urlsplit(str(camera.client.base_url))
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = (
        f"POST {camera.path} HTTP/1.1",
        f"Host: {place.netloc}",
        f"Authorization: Bearer {KEY}",
        "Content-Length: 104857600",
    )
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + b"[" * 1000)
    answer = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    assert b" 413 " in answer
    assert (await camera.send(b" " * (9 << 20))).status_code == 413


async def test_firmware_speaks_http_as_it_can(camera: Camera) -> None:
    """HTTP/1.0 without a host, another host, chunks, a question before the body, no content type: one read each."""
    place = urlsplit(str(camera.client.base_url))
    for number, (head, wrap) in enumerate((
        (("POST {} HTTP/1.0", "Content-Length: {}"), bytes),
        (("POST {} HTTP/1.1", "Host: node", "Transfer-Encoding: chunked"), lambda body: b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
        (("POST {} HTTP/1.1", "Host: node", "Content-Length: {}", "Expect: 100-continue"), bytes),
        (("POST {} HTTP/1.1", "host: node", "content-length: {}", "connection: close", "content-type:"), bytes),
    )):  # fmt: skip
        body = hikvision(NOW - timedelta(minutes=number + 2))
        lines = [line.format(camera.path if not at else len(body)) for at, line in enumerate(head)]
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write("\r\n".join([*lines, f"Authorization: Bearer {KEY}"]).encode() + b"\r\n\r\n" + wrap(body))
        answer = await asyncio.wait_for(reader.read(400), 20)
        while b'"accepted"' not in answer:
            more = await asyncio.wait_for(reader.read(4000), 20)
            assert more, answer
            answer += more
        writer.close()
        assert b" 200 " in answer and b'"accepted":1' in answer, lines


async def test_an_address_says_zone_and_mapping_or_what_is_wrong_with_them(camera: Camera) -> None:
    body = json.dumps({"lpr": {"text": "8KLM204"}, "when": "2026-11-02T08:55:00"}).encode()
    mapped = await camera.send(body, query="zone=America/Los_Angeles&map=plate=lpr.text,read_at=when")
    assert (mapped.status_code, mapped.json()["accepted"]) == (200, 1), mapped.text
    for query, field in (("zone=../../etc/passwd", "zone"), ("map=colour=x", "map"), ("sender=acme", "sender")):
        wrong = await camera.send(body, query=query)
        assert (wrong.status_code, wrong.json()["field"]) == (400, field)


async def test_real_messages_are_accepted_over_http_with_pictures_beside_them(camera: Camera, shared: Path) -> None:
    readers = iter(reader.id for reader in camera.world.town.readers if reader.id != READER)
    folder = camera.world.node.vault.folder / "pictures"
    for file in sorted((shared / "payloads").iterdir()):
        body, kind = file.read_bytes(), "application/xml" if file.suffix == ".xml" else "application/json"
        held = len(understood := parse(body, kind, NOW, UTC).reads)
        camera.world.at = understood[0].read_at + timedelta(minutes=2)
        alone, beside = next(readers), next(readers)
        for name, sent in (
            (alone, (body, kind)),
            (beside, multipart([("json", kind, body), ("upload", "image/jpeg", JPEG)])),
        ):
            before = sum(path.is_file() for path in folder.rglob("*"))
            path, key = f"/api/v1/cameras/{name}", f"key of {name}"
            answers = [await camera.send(*sent, key=key, path=path) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [200, 200], (file.name, answers[0].text)
            assert [answer.json()["accepted"] for answer in answers] == [held, 0], file.name
            assert answers[1].json()["duplicates"] == held and answers[0].json()["rejected"] == []
            after = sum(path.is_file() for path in folder.rglob("*"))
            assert after - before == (held if name == beside else 0), file.name


async def test_the_page_shows_what_is_understood_and_the_address_to_enter(administrator: Visitor) -> None:
    page = await administrator.get("/cameras")
    assert page.status_code == 200 and READER in page.text
    assert '<a class="brand" href="/">' in page.text and "Ridgeport plate readers" in page.text, (
        "the page keeps the node's own title"
    )
    sample = SAMPLES["hikvision-xml"]
    page = await administrator.post("/cameras", message=sample.body.decode(), reader=READER, zone="America/Los_Angeles")
    text = words(page.text)
    for part in ("Hikvision", "8KLM204", "87%", "Gate 3", "not in the message"):
        assert part in text
    assert f"/api/v1/cameras/{READER}?sender=hikvision&zone=America/Los_Angeles&key=KEY" in text.replace("&amp;", "&")


async def test_the_page_reads_a_whole_request_from_a_file(administrator: Visitor) -> None:
    sample = SAMPLES["hikvision-multipart"]
    page = await administrator.client.post(
        "/cameras",
        data={"csrf": administrator.csrf},
        files={"file": ("request.bin", sample.body, "application/octet-stream")},
        headers={"Origin": ORIGIN},
    )
    assert page.status_code == 200 and "1 KiB" in words(page.text)


async def test_the_page_reads_a_request_as_a_listener_shows_it_with_its_headings(administrator: Visitor) -> None:
    sample = SAMPLES["dahua-stream"]
    head = f"POST /NotificationInfo HTTP/1.1\r\nHost: 10.0.0.2\r\nContent-Type: {sample.content_type}\r\n\r\n".encode()
    for request in (head + sample.body, (head + sample.body).replace(b"\r\n", b"\n"), sample.body):
        page = await administrator.client.post(
            "/cameras",
            data={"csrf": administrator.csrf, "reader": READER},
            files={"file": ("request.bin", request, "application/octet-stream")},
            headers={"Origin": ORIGIN},
        )
        text = words(page.text)
        assert page.status_code == 200 and "8KLM204" in text and "1 KiB" in text
        assert f"/api/v1/cameras/{READER}?sender=dahua&key=KEY" in text.replace("&amp;", "&")


async def test_the_page_says_what_is_wrong_and_runs_nothing_that_a_message_holds(administrator: Visitor) -> None:
    for message in (
        "",
        "hello",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><EventNotificationAlert>&x;</EventNotificationAlert>",
        "[" * 5000,
    ):
        page = await administrator.post("/cameras", message=message)
        assert page.status_code == 400 and 'aria-invalid="true"' in page.text
    assert (await administrator.post("/cameras", message="{}", zone="Mars/Base")).status_code == 400
    evil = hikvision(NOW, more="").replace(b"Gate 3", b"&lt;script&gt;alert(1)&lt;/script&gt;").decode()
    page = await administrator.post("/cameras", message=evil)
    assert page.status_code == 200 and "<script>alert" not in page.text


async def test_only_who_looks_after_readers_tries_messages(officer: Visitor) -> None:
    assert (await officer.get("/cameras")).status_code == 403
    assert (await officer.post("/cameras", message="{}")).status_code == 403
