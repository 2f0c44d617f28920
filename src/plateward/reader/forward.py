"""From another system to a node: messages wait on disk and are delivered as a camera's, in order, until the node has answered.

Neither a node nor a bridge that is away loses any, and the node knows a read that comes twice by its reader, instant
and plate. What a message says is the node's business; here only the camera's name is looked for, because it says which
reader it is.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx
import msgspec

from plateward.core.errors import BadInput, Fault

ANY = "*"
MAX_WAITING = 20_000
"""Messages on disk; beyond that nothing more is taken."""

MAX_PICTURE = 512 << 10
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
_LOST = frozenset({400, 413, 415, 422})
"""The node understood the request and will never take it: sending it again changes nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where messages go.

    ``topics``: what to listen to at a broker. ``readers``: a camera's name to a reader's id; ``*`` for every other.
    ``keys``: a reader's id to its key. ``sender`` and ``zone``: as in a camera's address. ``pictures``: the address of
    Frigate, whose API has the picture of an event.
    """

    node: str
    topics: tuple[str, ...]
    readers: Mapping[str, str]
    keys: Mapping[str, str]
    folder: Path
    sender: str = ""
    zone: str = ""
    mapping: str = ""
    pictures: str = ""

    def check(self) -> None:
        """Raise BadInput for a plan that can deliver nothing."""
        if not self.readers:
            raise BadInput("say which reader a camera is, as in --reader driveway=rpd-main-10th-s", where="--reader")
        for reader in self.readers.values():
            if reader not in self.keys:
                raise BadInput(f"has no key for reader {reader!r}", where="--keys")


class Held(msgspec.Struct, frozen=True):
    """One message on disk. ``kind``: its content type."""

    topic: str
    body: bytes
    at: float
    kind: str = "application/json"


@dataclass(slots=True)
class Counts:
    """What happened so far. ``unknown``: messages of cameras that are no reader."""

    received: int = 0
    delivered: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Forward:
    """What waits on disk, and its way to the node. ``said`` hears sentences for people; they name no plate."""

    plan: Plan
    said: Callable[[str], None]
    counts: Counts = field(default_factory=Counts)
    stopped: threading.Event = field(default_factory=threading.Event)
    full: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """End ``deliver`` soon; what is on disk stays there."""
        self.stopped.set()
        self._wake.set()

    def keep(self, topic: str, body: bytes, kind: str = "application/json") -> bool:
        """Write a message to disk, synced; False, and said once, where too many wait already."""
        if len(self._waiting()) >= MAX_WAITING:
            if not self.full.is_set():
                self.said("The disk's share is full: nothing more is taken until the node has answered.")
            self.full.set()
            return False
        held = msgspec.msgpack.encode(Held(topic, body, time.time(), kind))
        name = f"{time.time_ns():020d}-{hashlib.sha256(held).hexdigest()[:12]}.msg"
        _write(self.plan.folder / name, held)
        self.counts.received += 1
        self._wake.set()
        return True

    def deliver(self, room: Callable[[], object] = lambda: None) -> None:
        """Deliver until ``stop``. ``room`` is called when there is room again on the disk."""
        wait = FIRST_WAIT_S
        with httpx.Client(timeout=httpx.Timeout(30, connect=5)) as http:
            while not self.stopped.is_set():
                self._wake.clear()
                try:
                    for file in self._waiting():
                        if self.stopped.is_set():
                            return
                        self._deliver(file, http)
                        wait = FIRST_WAIT_S
                except Fault as fault:
                    self.said(f"{fault} Trying again in {wait:.0f} s.")
                    self.stopped.wait(wait)
                    wait = min(wait * 2, LONGEST_WAIT_S)
                    continue
                if self.full.is_set():
                    self.full.clear()
                    room()
                self._wake.wait(LONGEST_WAIT_S)

    def _deliver(self, file: Path, http: httpx.Client) -> None:
        """Deliver one message and delete it. Raises Fault where the node cannot take it now."""
        try:
            held = msgspec.msgpack.decode(file.read_bytes(), type=Held)
        except (OSError, msgspec.DecodeError):
            file.unlink(missing_ok=True)
            return
        reader = self.plan.readers.get(camera_of(held), self.plan.readers.get(ANY, ""))
        if not reader:
            self.counts.unknown += 1
            file.unlink(missing_ok=True)
            return
        answer = self._post(reader, held, http)
        if answer.status_code == 200:
            told = answer.json()
            self.counts.delivered += 1
            self.counts.accepted += int(told.get("accepted", 0))
            self.counts.duplicates += int(told.get("duplicates", 0))
        elif answer.status_code in _LOST:
            self.counts.refused += 1
            self.said(f"The node cannot read a message of {reader} ({answer.status_code}): it is dropped.")
        else:
            raise Fault(f"The node answered {answer.status_code} for reader {reader}.")
        file.unlink(missing_ok=True)

    def _post(self, reader: str, held: Held, http: httpx.Client) -> httpx.Response:
        plan = self.plan
        query = {"sender": plan.sender, "zone": plan.zone, "map": plan.mapping}
        asked = urlencode({name: value for name, value in query.items() if value}, safe="/=,")
        url = f"{plan.node.rstrip('/')}/api/v1/cameras/{reader}" + (f"?{asked}" if asked else "")
        headers = {"Authorization": f"Bearer {plan.keys[reader]}"}
        picture = self._picture(held, http)
        try:
            if picture is None:
                return http.post(url, content=held.body, headers=headers | {"Content-Type": held.kind})
            files = {
                "json": ("event.json", held.body, "application/json"),
                "upload": ("picture.jpg", picture, "image/jpeg"),
            }
            return http.post(url, files=files, headers=headers)
        except httpx.HTTPError as error:
            raise Fault(f"The node at {plan.node} does not answer ({type(error).__name__}).") from None

    def _picture(self, held: Held, http: httpx.Client) -> bytes | None:
        """The picture of a Frigate event, where its API was named and has one."""
        event = event_of(held) if self.plan.pictures else ""
        if not event:
            return None
        try:
            answer = http.get(
                f"{self.plan.pictures.rstrip('/')}/api/events/{event}/snapshot.jpg",
                params={"crop": "1", "quality": "80"},
            )
        except httpx.HTTPError:
            return None
        whole = answer.status_code == 200 and answer.content.startswith(b"\xff\xd8\xff")
        return answer.content if whole and len(answer.content) <= MAX_PICTURE else None

    def _waiting(self) -> list[Path]:
        return sorted(self.plan.folder.glob("*.msg"))


class _Named(msgspec.Struct, frozen=True):
    camera: str = ""
    id: str = ""


class _Frigate(msgspec.Struct, frozen=True):
    """Where a message of Frigate names its camera and event: at the top of an update, in ``after`` of a change."""

    camera: str = ""
    id: str = ""
    after: _Named = _Named()


def camera_of(held: Held) -> str:
    """The name of the camera: in the message, else the part of the topic after the first slash."""
    named = _named(held)
    return named.camera or named.after.camera or (held.topic.split("/")[1] if "/" in held.topic else held.topic)


def event_of(held: Held) -> str:
    """The id of Frigate's event, where it is one that may stand in an address; else nothing."""
    named = _named(held)
    event = named.id or named.after.id
    return event if event and all(char.isalnum() or char in ".-_" for char in event) else ""


def _named(held: Held) -> _Frigate:
    try:
        return msgspec.json.decode(held.body, type=_Frigate)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Frigate()


def _write(file: Path, data: bytes) -> None:
    """The whole file or none, synced with its name before this returns."""
    beside = file.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_keys(text: str, where: str) -> dict[str, str]:
    """A file of keys: a reader's id and its key on a line. Raises BadInput naming the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            parts = line.split(None, 1)
            if len(parts) != 2:
                raise BadInput("write a reader's id and its key", where=f"{where}, line {number}")
            found[parts[0]] = parts[1].strip()
    return found
