"""The live feed: reads as they come in, with masked plates; a stream where scripts run, a page to reload where they do not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from plateward.node.live import MaskedRead, follow, latest
from plateward.node.sessions import session_of
from plateward.web.endpoint import Call
from plateward.web.render import fragment, page

ROWS = 50


async def feed(call: Call) -> Response:
    """The newest reads."""
    return await page(
        call, "live.html", answer=await latest(call.node, call.who, ROWS, session=call.signed_in.id), rows=ROWS
    )


async def stream(call: Call) -> Response:
    """Server-sent events, each some rows of the table. Ends with the session, the right to see, or the server."""
    return StreamingResponse(
        events(call), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def events(call: Call) -> AsyncIterator[str]:
    """The stream as text: rows when there are some, a comment as heartbeat, and a last word that says it is over."""
    yield "retry: 3000\n\n"
    async with contextlib.aclosing(
        _until_stopped(call, follow(call.node, call.who, session=call.signed_in.id))
    ) as batches:
        async for reads in batches:
            if call.cookie is not None and await session_of(call.node, call.cookie) is None:
                break
            if not reads:
                yield ": still here\n\n"
                continue
            text = await fragment(call, "_live_rows.html", reads=reads)
            yield "".join(f"data: {line}\n" for line in text.splitlines() if line.strip()) + "\n"
    yield "event: over\ndata: over\n\n"


async def _until_stopped(
    call: Call, batches: AsyncIterator[tuple[MaskedRead, ...]]
) -> AsyncGenerator[tuple[MaskedRead, ...], None]:
    """``batches`` until they end or the server is asked to stop, whichever comes first."""
    stopping = asyncio.ensure_future(call.site.stopping.wait())
    coming: asyncio.Future[Any] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(batches, None))
            await asyncio.wait((coming, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return
            reads = coming.result()
            if reads is None:
                return
            yield reads
    finally:
        for task in (coming, stopping):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if hasattr(batches, "aclose"):
            await batches.aclose()
