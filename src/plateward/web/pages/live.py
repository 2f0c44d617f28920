"""The live feed: reads as they come in, with masked plates; a stream where scripts run, a page to reload where they do not."""

from __future__ import annotations

from starlette.responses import Response

from plateward.node.live import MaskedRead, follow, latest
from plateward.web.endpoint import Call
from plateward.web.render import fragment, page
from plateward.web.stream import Said, streamed

ROWS = 50


async def feed(call: Call) -> Response:
    """The newest reads."""
    return await page(
        call, "live.html", answer=await latest(call.node, call.who, ROWS, session=call.signed_in.id), rows=ROWS
    )


async def stream(call: Call) -> Response:
    """Server-sent events, each some rows of the table. Ends with the session, the right to see, or the server."""

    async def write(reads: tuple[MaskedRead, ...]) -> tuple[Said, ...]:
        return (Said(await fragment(call, "_live_rows.html", reads=reads)),)

    return streamed(call, follow(call.node, call.who, session=call.signed_in.id), write)
