"""Server-sent events: the one way in which pages and programs hear what happens, for every feed alike.

A stream ends with session or token, with the right to see (its source ends then), or with the server; the last word ``over`` tells
a page not to come back. What a source yields empty is a heartbeat, which keeps connections open and finds out lost ones.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.responses import StreamingResponse

from plateward.node.people.sessions import session_of
from plateward.web.admit import bearer
from plateward.web.endpoint import Call

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """One event: its text (several lines are fine), its name, and its id: a browser that comes back names the last it heard."""

    text: str
    name: str = ""
    number: str = ""

    @property
    def lines(self) -> str:
        """As it goes over the wire."""
        head = (f"id: {self.number}\n" if self.number else "") + (f"event: {self.name}\n" if self.name else "")
        return head + "".join(f"data: {line}\n" for line in self.text.splitlines() if line.strip()) + "\n"


Write = Callable[[tuple[T, ...]], Awaitable[Sequence[Said]]]
"""Turns what a source yielded into events."""


def streamed(call: Call, batches: AsyncIterator[tuple[T, ...]], write: Write[T]) -> StreamingResponse:
    """The answer that streams ``batches``."""
    return StreamingResponse(
        events(call, batches, write),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def events(call: Call, batches: AsyncIterator[tuple[T, ...]], write: Write[T]) -> AsyncIterator[str]:
    """The stream as text: events when there are some, a comment as heartbeat, and a last word that says it is over."""
    yield "retry: 3000\n\n"
    secret = call.cookie or bearer(call.request)
    async with contextlib.aclosing(_until_stopped(call, batches)) as coming:
        async for batch in coming:
            if secret is not None and await session_of(call.node, secret) is None:
                break
            if not batch:
                yield ": still here\n\n"
                continue
            for said in await write(batch):
                yield said.lines
    yield "event: over\ndata: over\n\n"


async def _until_stopped(call: Call, batches: AsyncIterator[tuple[T, ...]]) -> AsyncGenerator[tuple[T, ...], None]:
    """``batches`` until they end or the server is asked to stop, whichever comes first."""
    stopping = asyncio.ensure_future(call.site.stopping.wait())
    coming: asyncio.Future[Any] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(batches, None))
            await asyncio.wait((coming, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return
            batch = coming.result()
            if batch is None:
                return
            yield batch
    finally:
        for task in (coming, stopping):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if hasattr(batches, "aclose"):
            await batches.aclose()
