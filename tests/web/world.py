"""The web's world: Ridgeport's node with reads in it, visitors who sign in by link, and a server that really listens."""

from __future__ import annotations

import asyncio
import itertools
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from plateward.cli.main import run
from plateward.core.ids import uuid7
from plateward.core.read import Read
from plateward.demo.pictures import picture_of
from plateward.node.bulk import load_reads
from plateward.node.ingest import IngestAnswer, accept
from plateward.node.node import Node
from plateward.node.people.sessions import issue_login_link
from plateward.web.serve import serve
from tests.node.world import World, batch

ORIGIN = "http://localhost"
HARBOR, MAIN, PARTNER = "rpd-harbor-5th-n", "rpd-main-10th-s", "papd-alder-d-s"


@dataclass(slots=True)
class Visitor:
    """Somebody signed in with a browser that sends forms."""

    client: httpx.AsyncClient
    csrf: str

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **form: object) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **form}, headers={"Origin": ORIGIN})

    async def search(self, plate: str, /, **form: object) -> httpx.Response:
        return await self.post("/search", **({"plate": plate, "reason": "stolen-vehicle", "case": "26-0117"} | form))


LOGGED = re.compile(r"[\d-]{10} [\d:]{8} \[")
_addresses = itertools.count(1)


def browser(app: Starlette) -> httpx.AsyncClient:
    """A browser nobody has signed in with, at an address of its own."""
    number = next(_addresses)
    transport = httpx.ASGITransport(
        app, raise_app_exceptions=False, client=(f"10.0.{number >> 8}.{number & 255}", 1234)
    )
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


async def visit(app: Starlette, person: str) -> Visitor:
    """``person`` signs in by a one-time link."""
    link = await issue_login_link(app.state.site.node, person)
    client = browser(app)
    answer = await client.post("/login", data={"token": link.token}, headers={"Origin": ORIGIN})
    assert answer.status_code == 303, answer.text
    page = await client.get("/help")
    return Visitor(client, token_in(page.text))


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page holds no form of a session"
    return found[1]


def words(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


async def furnish(world: World) -> None:
    """Reads for the tests: one plate often, its look-alike, a partner's, and some of this minute."""
    await seen(world, HARBOR, "7ABC123", *range(20, 80, 20))
    await seen(world, HARBOR, "7A8C123", 95, 130)
    await seen(world, HARBOR, "7ABD129", *range(200, 230, 10))
    await seen(world, MAIN, "7ABC123", *range(300, 320, 10))
    await seen(world, HARBOR, "9OLD001", *(3000 + 37 * i for i in range(40)), pictures=0)
    await seen(world, HARBOR, "8LVE777", 1, 2, 3, 4, pictures=1)
    await load_reads(
        world.node, [_read(world, PARTNER, "us-ca-port-alder-pd", "7ABC123", minutes) for minutes in (150, 160)]
    )


async def seen(world: World, reader: str, plate: str, *minutes: int, pictures: int = 2) -> None:
    """``plate`` at ``reader``, so many minutes ago; a second passes, as it does."""
    world.at += timedelta(seconds=1)
    key = "a reader's key" if reader == HARBOR else f"key of {reader}"
    items = []
    for number, ago in enumerate(minutes):
        read = _read(world, reader, "us-ca-ridgeport-pd", plate, ago)
        item: dict[str, object] = {
            "id": str(read.id), "plate": plate, "read_at": read.read_at.isoformat(), "confidence": read.confidence,
            "candidates": [[plate, 0.93], [plate[:-1] + "8", 0.04]], "region": "US-CA",
        }  # fmt: skip
        if number < pictures:
            item["picture"] = b64encode(picture_of(read)).decode()
        items.append(item)
    answer = await accept(world.node, key, batch(items))
    assert isinstance(answer, IngestAnswer) and answer.accepted == len(items), answer


def _read(world: World, reader: str, agency: str, plate: str, minutes: int) -> Read:
    at = world.at - timedelta(minutes=minutes)
    place = next(known.position for known in world.town.readers if known.id == reader)
    return Read(uuid7(at, world.random(10)), plate, at, reader, agency, 0.93, place, region="US-CA")


@asynccontextmanager
async def serving(node: Node, port: int = 0) -> AsyncIterator[str]:
    """The address of a server that listens on ``port``, or on a free one, until the block ends."""
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(node, "127.0.0.1", port, started.set_result))
    await asyncio.wait((task, started), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield f"http://127.0.0.1:{urlsplit(await started).port}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Status and what ``plateward`` printed, without the log of the node, which runs in this process."""
    capsys.readouterr()
    status = await asyncio.to_thread(run, list(words))
    printed = capsys.readouterr()
    lines = (printed.out + printed.err).splitlines(keepends=True)
    return status, "".join(line for line in lines if not LOGGED.match(line))


def without_demo(node: Node) -> Node:
    """The same node as an agency runs it: nobody becomes anybody without proof."""
    return replace(node, settings=_changed(node, demo=False), demo_people=())


def over_tls(node: Node) -> Node:
    """The same node behind a web server that ends TLS."""
    return replace(node, settings=_changed(node, url="https://plates.example.org"))


def named(node: Node, url: str) -> Node:
    """The same node under another public address."""
    return replace(node, settings=_changed(node, url=url))


def _changed(node: Node, **settings: object):  # type: ignore[no-untyped-def]
    from msgspec.structs import replace as changed

    return changed(node.settings, **settings)
