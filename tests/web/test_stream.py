"""The live stream and the server: what comes, what never comes, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from plateward.core.errors import Fault
from plateward.demo.people import person
from plateward.node.alerting import alerts
from plateward.node.people.sessions import end_session, issue_token
from plateward.web.serve import serve
from tests.node.world import World
from tests.web.world import HARBOR, seen, serving, token_in


@asynccontextmanager
async def _signed_in(address: str, person: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=20) as client:
        await client.post("/demo/become", data={"person": person}, headers={"Origin": address})
        yield client


async def _lines(answer: httpx.Response, heard: list[str], enough: asyncio.Event, until: str) -> None:
    async for line in answer.aiter_lines():
        heard.append(line)
        if until in line:
            enough.set()


async def _quiet(listening: asyncio.Task[None]) -> None:
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_new_reads_arrive_masked_and_the_stream_ends_with_the_server(web: World) -> None:
    heard: list[str] = []
    came = asyncio.Event()
    async with (
        serving(web.node) as address,
        _signed_in(address, "alvarez") as client,
        client.stream("GET", "/live/stream") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        listening = asyncio.create_task(_lines(answer, heard, came, "5•••••1"))
        await asyncio.sleep(1)
        await seen(web, HARBOR, "5NEW001", 0, pictures=0)
        await asyncio.wait_for(came.wait(), 15)
        assert not any("5NEW001" in line for line in heard)
        await _quiet(listening)


async def test_stopping_the_server_ends_the_streams_at_once_with_a_last_word(web: World) -> None:
    heard: list[str] = []
    async with AsyncExitStack() as stack:
        async with serving(web.node) as address:
            client = await stack.enter_async_context(_signed_in(address, "alvarez"))
            answer = await stack.enter_async_context(client.stream("GET", "/live/stream"))
            listening = asyncio.create_task(_lines(answer, heard, asyncio.Event(), "never"))
            await asyncio.sleep(0.5)
        await asyncio.wait_for(listening, 5)
    assert "event: over" in heard


async def test_signing_out_ends_the_stream(web: World) -> None:
    heard: list[str] = []
    over = asyncio.Event()
    async with (
        serving(web.node) as address,
        _signed_in(address, "alvarez") as client,
        client.stream("GET", "/live/stream") as answer,
    ):
        listening = asyncio.create_task(_lines(answer, heard, over, "event: over"))
        page = await client.get("/help")
        await client.post("/logout", data={"csrf": token_in(page.text)}, headers={"Origin": address})
        await seen(web, HARBOR, "5NEW002", 0, pictures=0)
        await asyncio.wait_for(over.wait(), 20)
        assert not any("5•••••2" in line for line in heard)
        await _quiet(listening)


async def test_a_port_that_is_taken_is_said_so_with_the_next_step(web: World) -> None:
    async with serving(web.node) as address:
        with pytest.raises(Fault, match=r"cannot be opened.*--port"):
            await serve(web.node, "127.0.0.1", int(address.rpartition(":")[2]), lambda _: None)


async def test_a_stream_opened_with_a_token_ends_when_the_token_does(
    web: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "BEAT_S", 1)
    heard: list[str] = []
    over = asyncio.Event()
    token = await issue_token(web.node, person("alvarez"), "a program")
    async with (
        serving(web.node) as address,
        httpx.AsyncClient(base_url=address, timeout=20, headers={"Authorization": f"Bearer {token}"}) as client,
        client.stream("GET", "/api/v1/alerts/stream?after=0") as answer,
    ):
        assert answer.status_code == 200
        await end_session(web.node, token)
        listening = asyncio.create_task(_lines(answer, heard, over, "event: over"))
        await asyncio.wait_for(over.wait(), 18)
        assert not any(line.startswith("event: alert") for line in heard)
        await _quiet(listening)
