"""Requests to addresses that people entered: never to this machine or its network unless the operator allowed that host.

A name is resolved once, every address it has must be public, and the connection goes to that very address: a name that changes its
mind between check and use (DNS rebinding) gains nothing. Redirects are not followed. Of an answer only its status is read, and
within ``WHOLE_S``: whoever answers for ever, or drop by drop, holds up nobody else's message.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import httpx

from plateward.core.errors import BadInput
from plateward.node.sending.channels import Again, Never

TIMEOUT = httpx.Timeout(15, connect=5)
WHOLE_S = 30
"""Seconds from connecting to the status of the answer."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_WITHIN = ipaddress.IPv6Network("::/96")
_GONE = frozenset({404, 410})
_LATER = frozenset({408, 425, 429})


def check_url(url: str, allowed: Iterable[str]) -> str:
    """``url`` when requests may go there as far as its text tells. Raises BadInput naming what is wrong.

    ``allowed``: hosts of the own network that the operator named; these may be plain HTTP too.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.password or parts.fragment:
        raise BadInput("write an address as in https://example.org/hook", where="url")
    try:
        parts.port  # noqa: B018 - raises when it is no port
    except ValueError:
        raise BadInput("this port is none", where="url") from None
    if host in set(allowed):
        return url
    if parts.scheme != "https":
        raise BadInput("only https: what is sent must not be read on the way", where="url")
    if _is_private(host):
        raise BadInput(
            "this address lies in the node's own network; the operator can allow its host in the settings", where="url"
        )
    return url


def _is_private(host: str) -> bool:
    """Whether ``host`` is an address that is not public, however it is spelled (0x7f.1 too), or a name of the own network."""
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        pass
    try:
        return not is_public(host)
    except ValueError:
        name = host.rstrip(".")
        return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet. Raises ValueError for what is none.

    An IPv4 address within an IPv6 one (mapped, 6to4, NAT64, "compatible") counts by itself: a gateway may lead there.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        low = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        within = found.ipv4_mapped or found.sixtofour or (low if found in _NAT64 or found in _IPV4_WITHIN else None)
        if within is not None:
            return is_public(str(within))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast


async def send(url: str, body: bytes, headers: Mapping[str, str], allowed: Iterable[str]) -> None:
    """POST ``body`` to ``url``. Raises Again or Never when it was not taken."""
    hosts = frozenset(allowed)
    try:
        check_url(url, hosts)
    except BadInput as wrong:
        raise Never(str(wrong)) from None
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = await _address(host, port, private=host in hosts)
    at = f"[{address}]" if ":" in address else address
    request = httpx.Request(
        "POST", parts._replace(netloc=f"{at}:{port}").geturl(), content=body,
        headers={**headers, "host": parts.netloc, "user-agent": "plateward"}, extensions={"sni_hostname": host},
    )  # fmt: skip
    try:
        async with (
            asyncio.timeout(WHOLE_S),
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
        ):
            answer = await client.send(request, stream=True)
            await answer.aclose()
    except (httpx.HTTPError, TimeoutError) as fault:
        raise Again(f"no answer ({type(fault).__name__})") from None
    _judge(answer.status_code)


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status in _GONE:
        raise Never(f"the other side answered {status}: the address is gone", gone=True)
    if status in _LATER or status >= 500:
        raise Again(f"the other side answered {status}")
    raise Never(f"the other side refused it with {status}")


async def _address(host: str, port: int, *, private: bool) -> str:
    """One address of ``host``, when all of them may be reached."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Again("the name is not known") from None
    addresses = [str(info[4][0]) for info in found]
    if not addresses:
        raise Again("the name has no address")
    if not private and not all(map(is_public, addresses)):
        raise Never("the name leads into the node's own network, which the settings do not allow")
    return addresses[0]
