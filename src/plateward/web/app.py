"""The application: the table of endpoints as routes, static files, and the layers around them."""

from __future__ import annotations

import asyncio
import mimetypes
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from plateward.node.node import Node
from plateward.web import bind, logs, render
from plateward.web.endpoint import Site
from plateward.web.endpoints import ENDPOINTS
from plateward.web.map import area_of
from plateward.web.problem import problem_of_status
from plateward.web.security import Attempts, SecurityHeaders

mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")


class KeptFiles(StaticFiles):
    """Static files, kept by browsers for a year where the address carries the file's hash."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file; see ``render.static_files`` for its address."""
        response = super().file_response(*args, **kwargs)
        scope: Scope = args[2] if len(args) > 2 else kwargs["scope"]
        kept = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "public, max-age=300"
        return response


def create_app(node: Node) -> Starlette:
    """The web application of ``node``. ``app.state.site.stopping`` is set to end its streams."""
    site = Site(
        node=node,
        pages=render.environment(),
        files=render.static_files(),
        table=ENDPOINTS,
        attempts=Attempts(),
        stopping=asyncio.Event(),
        area=area_of(node.settings),
    )

    async def unknown(request: Request, error: Exception) -> Response:
        status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
        return await bind.problem_elsewhere(site, request, problem_of_status(status, headers))

    app = Starlette(
        routes=[
            # Only files are compressed: pages hold secrets (see security).
            Mount("/static", GZipMiddleware(KeptFiles(directory=render.STATIC)), name="static"),
            *bind.routes(site),
        ],
        middleware=[Middleware(logs.RequestLog), Middleware(SecurityHeaders, settings=node.settings)],
        exception_handlers={HTTPException: unknown},
    )
    app.state.site = site
    return app
