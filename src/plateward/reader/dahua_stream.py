"""A bridge from Dahua cameras to a node: the stream that a client pulls, each event with its pictures a delivery.

``GET /cgi-bin/snapManager.cgi?action=attachFileProc&Flags[0]=Event&Events=[…]&heartbeat=…`` stays open; the answer is
multipart, a part of text for each event, parts with its pictures, and a part "Heartbeat" every few seconds, with HTTP
digest authentication. An event is on disk, synced, before anything is sent on. What happens while no connection stands,
the camera does not tell again. Source: "Dahua HTTP API" V3.37, 4.4.3 "Subscribe to Snapshot".
"""

from __future__ import annotations

import re
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from plateward.core.errors import BadInput, Fault
from plateward.reader.forward import FIRST_WAIT_S, LONGEST_WAIT_S, Counts, Forward, Plan

HEARTBEAT_S = 5
QUIET_S = 0.7
"""After this long without another picture an event is whole."""

LOCKED_S = 600.0
"""Cameras lock an account after a few wrong passwords, for up to half an hour: no sooner is it tried again."""

MAX_PART = 4 << 20
MAX_PICTURES = 4
MAX_MESSAGE = 7 << 20
_FIRST_EDGE = re.compile(rb"--([^\r\n]{1,70}?)[ \t]*\r?\n")
_HEADINGS = re.compile(rb"((?:[A-Za-z-]{1,40}:[^\n]{0,1000}\n)*)\r?\n")
_LENGTH = re.compile(rb"^content-length:\s*(\d{1,9})", re.IGNORECASE | re.MULTILINE)
_EVENT = re.compile(rb"\s*(?:Events\[|ReturnEvents\[|Code=)")


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera at ``url`` (http://10.0.0.5) is ``reader``. ``channel``: of a recorder with several cameras, from 1."""

    url: str
    reader: str
    channel: int = 1

    @staticmethod
    def at(written: str) -> Camera:
        """``http://10.0.0.5=rpd-main-10th-s``, or with a channel ``http://10.0.0.5#2=…``. Raises BadInput."""
        address, separator, reader = written.rpartition("=")
        url, _, channel = address.partition("#")
        parts = urlsplit(url)
        try:
            fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.username
            number = int(channel or 1)
        except ValueError:
            fits, number = False, 0
        if not separator or not reader or not fits or number < 1:
            raise BadInput(
                "write a camera as http://10.0.0.5=READER, without user or password; http://10.0.0.5#2=READER for channel 2",
                where="CAMERA",
            )
        return Camera(url.rstrip("/"), reader, number)


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. ``tls``: how cameras with https are known, None for the machine's authorities."""

    user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class Parts:
    """The parts of a stream, as they become whole. The boundary is what the stream's first line says."""

    _buffer: bytearray = field(default_factory=bytearray)
    _boundary: bytes = b""
    _edge: re.Pattern[bytes] = _FIRST_EDGE

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The parts that ``data`` makes whole. Raises Fault for what is no such stream."""
        self._buffer += data
        while (part := self._next()) is not None:
            yield part
        if len(self._buffer) > MAX_PART:
            raise Fault("The camera sends something else than a stream of events.")

    def _next(self) -> bytes | None:
        edge = self._edge.search(self._buffer)
        if edge is None:
            return None
        if not self._boundary:
            self._boundary = edge[1]
            self._edge = re.compile(rb"--" + re.escape(edge[1]) + rb"[ \t]*\r?\n")
        headings = _HEADINGS.match(self._buffer, edge.end())
        if headings is None:
            return None
        told = _LENGTH.search(headings[1])
        length = int(told[1]) if told else 0  # some firmware says 0 and sends a text
        ends = headings.end() + length
        if length == 0:
            ends = self._buffer.find(b"\n--" + self._boundary, headings.end())
        if ends < 0 or ends > len(self._buffer):
            return None
        part = bytes(self._buffer[headings.end() : ends])
        del self._buffer[:ends]
        return part


@dataclass(slots=True)
class Events:
    """Events out of parts: each text with the pictures that follow it."""

    keep: Callable[[bytes, str], object]
    _text: bytes = b""
    _pictures: list[bytes] = field(default_factory=list)
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, part: bytes) -> None:
        """One more part; an event that it ends is kept."""
        with self._lock:
            if not part.startswith(b"\xff\xd8\xff"):
                self._flush()
                self._text = part if _EVENT.match(part) else b""
            elif self._text and len(self._pictures) < MAX_PICTURES and self._size() + len(part) <= MAX_MESSAGE:
                self._pictures.append(part)
            self._last = time.monotonic()

    def settle(self, quiet_s: float = QUIET_S) -> None:
        """Keep the event that nothing was added to for ``quiet_s`` seconds."""
        with self._lock:
            if self._text and time.monotonic() - self._last >= quiet_s:
                self._flush()

    def _size(self) -> int:
        return sum(len(picture) for picture in self._pictures)

    def _flush(self) -> None:
        if not self._text:
            return
        boundary = f"plateward-{secrets.token_hex(12)}"
        parts = [("event.txt", "text/plain", self._text)]
        parts += [(f"{number}.jpg", "image/jpeg", picture) for number, picture in enumerate(self._pictures, 1)]
        body = b""
        for name, kind, data in parts:
            names = f'form-data; name="{name}"; filename="{name}"'
            body += (
                f"--{boundary}\r\nContent-Disposition: {names}\r\nContent-Type: {kind}\r\n\r\n".encode()
                + data
                + b"\r\n"
            )
        self.keep(body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")
        self._text, self._pictures = b"", []


@dataclass(slots=True)
class DahuaBridge:
    """Between cameras and a node. ``said`` hears sentences for people; they name no plate."""

    cameras: Sequence[Camera]
    account: Account
    plan: Plan
    said: Callable[[str], None]
    event: str = "TrafficJunction"
    first_wait_s: float = FIRST_WAIT_S
    forward: Forward = field(init=False)
    _events: list[Events] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.forward = Forward(self.plan, self.said)

    @property
    def counts(self) -> Counts:
        """What happened so far."""
        return self.forward.counts

    def stop(self) -> None:
        """End ``run`` soon; what is on disk stays there."""
        self.forward.stop()

    def run(self) -> Counts:
        """Pull and deliver until ``stop``. Raises BadInput for a plan that cannot work."""
        self.plan.check()
        self.plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for camera in self.cameras:
            events = Events(lambda body, kind, reader=camera.reader: self.forward.keep(f"dahua/{reader}", body, kind))  # type: ignore[misc]
            self._events.append(events)
            threading.Thread(target=self._pull_for_ever, args=(camera, events), daemon=True).start()
        threading.Thread(target=self._settle_for_ever, daemon=True).start()
        self.forward.deliver()
        return self.counts

    def _settle_for_ever(self) -> None:
        while not self.forward.stopped.wait(QUIET_S / 3):
            for events in self._events:
                events.settle()

    def _pull_for_ever(self, camera: Camera, events: Events) -> None:
        wait = self.first_wait_s
        while not self.forward.stopped.is_set():
            began = time.monotonic()
            try:
                self._pull(camera, events)
                why = "ended the stream"
            except httpx.HTTPError as error:
                why = f"does not answer ({type(error).__name__})"
            except Fault as fault:
                why = f"is not understood: {fault}"
            except _Refused as refused:
                why, wait = str(refused), LOCKED_S if refused.account else wait
            events.settle(0)
            if time.monotonic() - began > 2 * LONGEST_WAIT_S:
                wait = self.first_wait_s
            if not self.forward.stopped.is_set():
                self.said(f"The camera at {camera.url} {why}. Trying again in {wait:.0f} s.")
            self.forward.stopped.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _pull(self, camera: Camera, events: Events) -> None:
        url = f"{camera.url}/cgi-bin/snapManager.cgi"
        query = f"action=attachFileProc&channel={camera.channel}&heartbeat={HEARTBEAT_S}&Flags[0]=Event&Events=[{self.event}]"
        auth = httpx.DigestAuth(self.account.user, self.account.password)
        patience = httpx.Timeout(10, read=3 * HEARTBEAT_S + 5)
        verify: ssl.SSLContext | bool = self.account.tls or True
        with (
            httpx.Client(auth=auth, timeout=patience, verify=verify) as http,
            http.stream("GET", f"{url}?{query}") as answer,
        ):
            if answer.status_code != 200:
                raise _Refused(answer.status_code)
            self.said(f"Connected to the camera at {camera.url}.")
            parts = Parts()
            for data in answer.iter_raw():
                for part in parts.feed(data):
                    events.take(part)
                if self.forward.stopped.is_set():
                    return


class _Refused(Exception):
    """A camera's answer other than 200."""

    def __init__(self, status: int) -> None:
        self.account = status in (401, 403)
        super().__init__(
            "refuses the account" if self.account else f"answers {status} (does it have number plate recognition?)"
        )
