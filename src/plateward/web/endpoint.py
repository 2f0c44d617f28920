"""One row of the table of endpoints, and the call that its handler gets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, get_type_hints

import jinja2
from starlette.requests import Request
from starlette.responses import Response

from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.formats.area_map import AreaMap
from plateward.node.node import Node
from plateward.node.people.sessions import Session
from plateward.web.security import Attempts
from plateward.web.upload import Upload
from plateward.web.workshop import Workshop


class Access(StrEnum):
    """Who may use an endpoint where no permission of a role is asked."""

    PUBLIC = "anybody"
    SIGNED_IN = "anybody signed in"
    READER_KEY = "a reader with its key"
    DEMO = "anybody, in the demo only"
    HOUSEHOLD = "anybody, at home only"


Handler = Callable[..., Awaitable[object]]


@dataclass(frozen=True)
class Endpoint:
    """Method and path, who may use it, the handler, and what people read about it.

    ``event``: what the node writes into its ledger when this is used. ``largest``: bytes of a body. ``attempts``: how often one
    client may use it in five minutes. ``raw``: the body is a file, and the typed input comes from the address alone;
    ``foreign``: that file is in another maker's words. ``files``: how many files a form may carry; ``largest`` is then what
    they may have together. ``streamed``: the handler reads the body itself, as it arrives.
    """

    method: str
    path: str
    needs: Permission | Access
    handler: Handler
    summary: str
    event: EventType | None = None
    largest: int = 64 * 1024
    attempts: int | None = None
    raw: bool = False
    foreign: bool = False
    files: int = 0
    streamed: bool = False

    @cached_property
    def takes(self) -> type | None:
        """The type of the handler's second parameter: what a request is turned into. None: it takes nothing."""
        hints = [hint for name, hint in get_type_hints(self.handler).items() if name not in ("call", "return")]
        return hints[0] if hints else None

    @cached_property
    def gives(self) -> Any:
        """The type a handler returns: a Response for pages and files, anything else is written as JSON or MessagePack."""
        return get_type_hints(self.handler)["return"]

    @property
    def programmed(self) -> bool:
        """Whether programs use it: errors are JSON then, and a token may stand for a session."""
        return self.path.startswith("/api/v1/") or self.path == "/api/openapi.json"

    @property
    def page(self) -> bool:
        """Whether its answer is a Response of its own making: a page, a picture, a file, a stream."""
        return isinstance(self.gives, type) and issubclass(self.gives, Response)


@dataclass(frozen=True)
class Site:
    """What all calls share. ``stopping`` is set when the server is asked to stop, so that streams end."""

    node: Node
    pages: jinja2.Environment
    files: Mapping[str, str]
    table: tuple[Endpoint, ...]
    attempts: Attempts
    stopping: asyncio.Event
    area: AreaMap = field(default_factory=AreaMap)
    workshop: Workshop = field(default_factory=Workshop)

    @cached_property
    def needs(self) -> Mapping[tuple[str, str], Permission | Access]:
        """What each method and path needs, so that a page offers nobody what would be refused."""
        return {(endpoint.method, endpoint.path): endpoint.needs for endpoint in self.table}


@dataclass(frozen=True)
class Call:
    """One request that was let in.

    ``session``: whoever is signed in; ``cookie``: its secret, when a browser sent it by itself. ``key``: a reader's. ``body``: as
    sent. ``files``: those of a form.
    """

    site: Site
    request: Request
    endpoint: Endpoint
    session: Session | None = None
    cookie: str | None = None
    key: str | None = None
    body: bytes = b""
    files: tuple[Upload, ...] = ()

    @property
    def node(self) -> Node:
        """The node that answers."""
        return self.site.node

    @property
    def person(self) -> Person | None:
        """Who is asking, where somebody is signed in."""
        return self.session.person if self.session else None

    @property
    def who(self) -> Person:
        """The person asking; only endpoints that need one ask this."""
        return self.signed_in.person

    @property
    def signed_in(self) -> Session:
        """The session of the person asking; only endpoints that need one ask this."""
        if self.session is None:
            raise LookupError(f"{self.endpoint.path} is open to people who are not signed in")
        return self.session
