"""The bridge from Dahua cameras: events are pulled with digest authentication and arrive whole, however the stream is cut."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput, Fault
from plateward.reader.dahua_stream import Account, Camera, DahuaBridge, Events, Parts
from plateward.reader.forward import Plan

JPEG = b"\xff\xd8\xff" + b"--myboundary within a picture\r\n" * 3 + b"\xff\xd9"
EVENT = b"Events[0].EventBaseInfo.Code=TrafficJunction\r\nEvents[0].TrafficCar.PlateNumber=7ABC128\r\n"


def part(data: bytes, kind: str = "text/plain", length: bool = True, end: bytes = b"\r\n") -> bytes:
    headings = [b"--myboundary", b"Content-Type: " + kind.encode()] + [b"Content-Length: %d" % len(data)] * length
    return end.join([*headings, b"", data, b""])


@dataclass
class Doubles:
    """A camera that tells what is put in ``tells``, and a node that says what it got."""

    tells: Queue[bytes | None] = field(default_factory=Queue)
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    password: str = "right"
    url: str = ""


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def answered(authorization: str, path: str, password: str) -> bool:
    """Whether this is the answer to the challenge (RFC 7616, MD5, qop=auth)."""
    told = dict(re.findall(r'(\w+)="?([^",]*)"?', authorization.removeprefix("Digest ")))
    ha1, ha2 = md5(f"admin:DH_1:{password}"), md5(f"GET:{path}")
    return told.get("response") == md5(f"{ha1}:{told.get('nonce')}:{told.get('nc')}:{told.get('cnonce')}:auth:{ha2}")


@pytest.fixture
def doubles() -> Iterator[Doubles]:
    seen = Doubles()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not answered(self.headers.get("Authorization", ""), self.path, seen.password):
                seen.refused += 1
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Digest realm="DH_1", qop="auth", nonce="n1", opaque="o1"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            seen.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=myboundary")
            self.end_headers()
            while (data := seen.tells.get()) is not None:
                self.wfile.write(data)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.got.append((self.path, self.headers["Authorization"], body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"accepted": 1, "duplicates": 0}')

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield seen
    seen.tells.put(None)
    server.shutdown()
    server.server_close()


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def begin(doubles: Doubles, folder: Path, password: str = "right") -> tuple[DahuaBridge, threading.Thread, list[str]]:
    heard: list[str] = []
    plan = Plan(doubles.url, (), {"gate": "gate"}, {"gate": "k"}, folder, "dahua", "America/Los_Angeles")
    bridge = DahuaBridge(
        [Camera.at(f"{doubles.url}#2=gate")], Account("admin", password), plan, heard.append, first_wait_s=0.05
    )
    thread = threading.Thread(target=bridge.run, daemon=True)
    thread.start()
    return bridge, thread, heard


def test_an_event_and_its_pictures_arrive_as_one_delivery_of_its_reader(doubles: Doubles, tmp_path: Path) -> None:
    bridge, thread, _ = begin(doubles, tmp_path)
    doubles.tells.put(
        part(b"Heartbeat") + part(EVENT) + part(JPEG, "image/jpeg") + part(JPEG + b"2", "image/jpeg")[:40]
    )
    doubles.tells.put(part(JPEG + b"2", "image/jpeg")[40:] + part(b"Heartbeat"))
    until(lambda: len(doubles.got) == 1)
    bridge.stop()
    thread.join(10)
    path, key, body = doubles.got[0]
    assert (path, key) == ("/api/v1/cameras/gate?sender=dahua&zone=America/Los_Angeles", "Bearer k")
    assert EVENT.strip() in body and body.count(JPEG) == 2 and b"Heartbeat" not in body
    assert "channel=2" in doubles.asked[0] and "Events=" in doubles.asked[0] and not list(tmp_path.iterdir())


def test_an_event_without_a_picture_waits_for_nothing_that_does_not_come(doubles: Doubles, tmp_path: Path) -> None:
    bridge, *_ = begin(doubles, tmp_path)
    doubles.tells.put(part(EVENT))
    until(lambda: len(doubles.got) == 1)
    bridge.stop()
    assert EVENT in doubles.got[0][2]


def test_a_stream_that_ends_is_asked_for_again_and_what_it_had_told_is_delivered(
    doubles: Doubles, tmp_path: Path
) -> None:
    bridge, _, heard = begin(doubles, tmp_path)
    doubles.tells.put(part(EVENT))
    doubles.tells.put(None)
    until(lambda: len(doubles.asked) == 2)
    doubles.tells.put(part(EVENT.replace(b"7ABC128", b"9ZZZ999")))
    until(lambda: len(doubles.got) == 2)
    bridge.stop()
    assert any("Trying again" in sentence for sentence in heard)
    assert not any("7ABC128" in sentence for sentence in heard)


def test_a_wrong_password_is_tried_once_because_cameras_lock_the_account(doubles: Doubles, tmp_path: Path) -> None:
    bridge, _, heard = begin(doubles, tmp_path, password="wrong")
    until(lambda: any("refuses the account" in sentence for sentence in heard))
    bridge.stop()
    assert doubles.refused == 2, "the challenge and one answer to it"
    assert "600 s" in heard[0] and "wrong" not in heard[0]


def _told(stream: bytes, cuts: list[int]) -> list[bytes]:
    parts, found, at = Parts(), [], 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        found += list(parts.feed(stream[at:cut]))
        at = cut
    return found


@given(st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_a_stream_cut_anywhere_gives_the_same_parts(cuts: list[int], bare: bool) -> None:
    end = b"\n" if bare else b"\r\n"
    stream = part(EVENT, end=end) + part(JPEG, "image/jpeg", end=end) + part(b"Heartbeat", end=end)
    assert _told(stream, cuts) == [EVENT, JPEG, b"Heartbeat"]


def test_parts_that_do_not_tell_their_length_end_where_the_next_begins() -> None:
    code = b"Code=TrafficJunction;action=Pulse;index=0;data={}"
    zero = part(code, length=False).replace(b"text/plain", b"text/plain\r\nContent-Length:0")
    told = _told(part(code, length=False) + zero + part(b"Heartbeat"), [])
    assert [one.strip() for one in told] == [code, code, b"Heartbeat"]


def test_something_else_than_a_stream_of_events_is_given_up_before_it_fills_the_memory() -> None:
    parts = Parts()
    with pytest.raises(Fault, match="something else"):
        for _ in range(100):
            list(parts.feed(b"x" * 100_000))


def test_pictures_without_an_event_are_nobodys_and_too_many_are_left_out() -> None:
    kept: Queue[bytes] = Queue()
    events = Events(lambda body, kind: kept.put(body))
    for one in (JPEG, b"Heartbeat", EVENT, *[JPEG] * 9, b"Heartbeat"):
        events.take(one)
    assert kept.get_nowait().count(JPEG) == 4
    with pytest.raises(Empty):
        kept.get_nowait()


@pytest.mark.parametrize(
    "written",
    ["10.0.0.5=r", "http://10.0.0.5", "http://u:p@10.0.0.5=r", "http://10.0.0.5#0=r", "ftp://x=r", "http://h:99999=r"],
)
def test_a_camera_that_is_written_wrong_is_refused_with_the_form_to_write(written: str) -> None:
    with pytest.raises(BadInput, match="READER"):
        Camera.at(written)
