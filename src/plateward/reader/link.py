"""Speaking to the node: requests with the reader's key, and signed ones once its signing key is entered there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from plateward.core.errors import BadInput
from plateward.reader.hotlist import proved
from plateward.reader.signing import Signer
from plateward.reader.spool import Spool

TIMEOUT = httpx.Timeout(60, connect=10)
LIST_SIGNATURE = "X-Plateward-Signature"
MOST_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer: a hot list of a state. More is no answer of a node."""


class Unreachable(Exception):
    """The node could not be reached, or what answered is no node. The message is a part of a sentence."""


class NotKnown(Exception):
    """The node does not know this reader's key or signature: no retry mends that."""


class NotOffered(Exception):
    """The node has no such address: it is older than this program, or offers no such thing to this reader."""


def check_address(address: str) -> str:
    """The node's address without a slash at the end. Raises BadInput for what is none."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise BadInput("a node's address looks like https://plates.example.gov", where="--to")
    return address.rstrip("/")


class NodeLink:
    """One reader's way to its node. ``signs``: whether its signing key is entered there, so that what it sends is signed."""

    def __init__(
        self, address: str, key: str, signer: Signer | None = None, client: httpx.Client | None = None
    ) -> None:
        self.address = check_address(address)
        self._key = key
        self.signer = signer
        self.signs = False
        self._client = client or httpx.Client(timeout=TIMEOUT)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def enrol(self) -> None:
        """Enter the signing key, once. A node that knows no signatures gets none. Raises NotKnown and Unreachable."""
        if self.signer is None or self.signs:
            return
        answer = self._request("POST", "/api/v1/readers/self/key", json={"public": self.signer.public.hex()})
        if answer.status_code == 404:
            self.signer = None
            return
        if answer.status_code == 409:
            raise NotKnown(sentence(answer) or "another signing key is entered for this reader")
        reader = self._document(answer).get("reader")
        if not isinstance(reader, str):
            raise Unreachable("the node's answer is no acknowledgement (is this address a node's?)")
        self.signer = Signer(reader, self.signer.key)
        self.signs = True

    def ask(self, path: str, etag: str = "") -> Mapping[str, Any] | None:
        """What the node answers at ``path``; None where it has not changed since ``etag``. Raises as ``enrol``, and NotOffered."""
        answer = self._request("GET", path, headers={"If-None-Match": f'"{etag}"'} if etag else {})
        if answer.status_code == 304:
            return None
        if answer.status_code == 404:
            raise NotOffered
        signature = answer.headers.get(LIST_SIGNATURE)
        if signature is not None and not proved(self._key, answer.content, signature):
            raise Unreachable("what the node sent is not signed with this reader's key")
        return self._document(answer)

    def deliver(self, body: bytes, spool: Spool, sequence: int, use: str) -> httpx.Response:
        """Send a delivery of reads, signed under its number. Raises Unreachable."""
        headers = {"Content-Type": "application/msgpack"} | self._proof(use, spool, sequence, body)
        return self._send("POST", "/api/v1/reads", content=body, headers=headers)

    def tell(self, path: str, body: bytes, kind: str, spool: Spool, use: str) -> Mapping[str, Any]:
        """Send something that is no delivery of reads, signed. Raises NotKnown, NotOffered, Unreachable."""
        sequence = spool.next_number() if self.signs else 0
        headers = {"Content-Type": kind} | self._proof(use, spool, sequence, body)
        answer = self._send("POST", path, content=body, headers=headers)
        if answer.status_code == 404:
            raise NotOffered
        return self._document(answer)

    def _proof(self, use: str, spool: Spool, sequence: int, body: bytes) -> dict[str, str]:
        if self.signer is not None and self.signs:
            return dict(self.signer.headers(use, spool.name, sequence, body))
        return {"Authorization": f"Bearer {self._key}"}

    def _request(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._key}"} | given.pop("headers", {})
        return self._send(method, path, headers=headers, **given)

    def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        given["headers"] = {"Accept": "application/json"} | given["headers"]
        try:
            return self._client.request(method, self.address + path, **given)
        except httpx.HTTPError as error:
            raise Unreachable(f"the node cannot be reached ({type(error).__name__})") from None

    def _document(self, answer: httpx.Response) -> Mapping[str, Any]:
        if answer.status_code in (401, 403):
            raise NotKnown(sentence(answer) or "the node does not know this reader's key")
        if answer.status_code != 200 or len(answer.content) > MOST_ANSWER:
            raise Unreachable(f"the node answered {answer.status_code}")
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Unreachable("the node's answer is no acknowledgement (is this address a node's?)")
        return document


def sentence(answer: httpx.Response) -> str:
    """What the node says is wrong, "" where it says nothing."""
    try:
        return str(answer.json().get("error") or "")
    except (ValueError, AttributeError):
        return ""
