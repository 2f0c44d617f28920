"""Headers, host names, cookies and attempts: what keeps other sites and strangers out.

The content security policy starts from nothing and names what the pages use: own scripts, styles, fonts and pictures. There
is no inline script or style, so text that somebody else wrote cannot become code. Pages are never compressed: they hold a
secret (the form token) beside text that an outsider may influence (BREACH, CVE-2013-3587).
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plateward.node.settings import Settings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

WINDOW_S = 300
"""Attempts are counted over five minutes."""

_CLIENTS = 10_000


def secure(settings: Settings) -> bool:
    """Whether people reach the node over TLS."""
    return settings.address.startswith("https://")


class SecurityHeaders:
    """Adds the headers to every answer; pages and data are never kept by browsers or proxies unless they say so."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if secure(settings):
            self.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the answer gets the headers."""

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with if scope["type"] == "http" else send)


def known_host(request: HTTPConnection, settings: Settings) -> bool:
    """Whether the request names this node: its public name, a loopback name or a bare address.

    A stranger's page can point its own name at our address (DNS rebinding); it cannot make the browser send another name.
    """
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    own = {urlsplit(settings.address).hostname, settings.host, "localhost"}
    if host in own or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def same_site(request: HTTPConnection, settings: Settings) -> bool:
    """Whether a form or script of our own pages sent this, by what the browser says of it (Origin, Sec-Fetch-Site).

    Programs send neither. (The referrer policy is "same-origin" and not "no-referrer", under which browsers send Origin: null with
    our own forms too.) A proxy that ends TLS may change scheme and port, so the node's public address counts too.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = {request.headers.get("host", ""), urlsplit(settings.address).netloc}
    return urlsplit(origin).netloc in ours and origin != "null"


def same_secret(given: str, kept: str) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), kept.encode())


def cookie_name(settings: Settings) -> str:
    """The session cookie: over TLS with the prefix that binds it to this very host and to secure connections."""
    return "__Host-plateward" if secure(settings) else "plateward"


def give_cookie(response: Response, settings: Settings, value: str, lasts_until: datetime, now: datetime) -> None:
    """Let the browser keep the session: no script reads it, no other site's form sends it."""
    response.set_cookie(
        cookie_name(settings),
        value,
        max_age=max(0, int((lasts_until - now).total_seconds())),
        path="/",
        secure=secure(settings),
        httponly=True,
        samesite="lax",
    )


def take_cookie(response: Response, settings: Settings) -> None:
    """Make the browser forget the session."""
    response.delete_cookie(cookie_name(settings), path="/", secure=secure(settings), httponly=True, samesite="lax")


class Attempts:
    """Counts what a client tried in the last five minutes; of the least recent clients it forgets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait_s(self, client: str, what: str, most: int) -> int:
        """Count one attempt; 0 when it may go on, else the seconds until the next may."""
        now = self._clock()
        seen = self._seen.setdefault((client, what), deque())
        self._seen.move_to_end((client, what))
        while len(self._seen) > _CLIENTS:
            self._seen.popitem(last=False)
        while seen and seen[0] <= now - WINDOW_S:
            seen.popleft()
        if len(seen) >= most:
            return int(seen[0] + WINDOW_S - now) + 1
        seen.append(now)
        return 0
