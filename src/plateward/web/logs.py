"""The server's log: what happened, never whose plate it was.

Plates, names and secrets cannot slip in, because only fields on a list of harmless ones pass; addresses are logged as the
route's pattern (``/reads/{read_id}``), never as typed. Of a fault the log has its kind and where it happened: a message may
quote what somebody searched for.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HARMLESS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "method",
        "route",
        "status",
        "ms",
        "kind",
        "where",
        "address",
        "count",
        "version",
        "agency",
    }
)
"""Fields a log line may have. Add one only when it can hold neither a plate, nor a person, nor a secret."""

_log = structlog.get_logger("plateward.web")


def keep_harmless(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The structlog processor: every field that is not on the list is dropped, and its name told."""
    kept = {name: value for name, value in event.items() if name in HARMLESS}
    withheld = sorted(set(event) - set(kept))
    return {**kept, "withheld": ",".join(withheld)} if withheld else kept


def configure(*, as_json: bool = False, level: int = logging.INFO) -> None:
    """Set up the log of the whole process on standard error, from ``level`` (of ``logging``) on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_harmless,
            structlog.processors.JSONRenderer() if as_json else structlog.processors.LogfmtRenderer(bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def fault(method: str, route: str, error: Exception) -> None:
    """Write down a fault: its kind and the places in the code, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    _log.error("fault", method=method, route=route, kind=type(error).__name__, where=where)


class RequestLog:
    """One line a request: method, the route's pattern, status and milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log what came of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            _log.info(
                "request", method=scope["method"], route=scope.get("plateward.route", "-"), status=status, ms=took
            )
