"""The bridge from an MQTT broker, with a real one: nothing is lost while the node or the bridge is away."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.reader.bridge import Bridge, Broker
from plateward.reader.forward import Held, Plan, camera_of, event_of, read_keys

pytest.importorskip("paho.mqtt.client", reason="the extra mqtt is not installed")
MOSQUITTO = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
JPEG = b"\xff\xd8\xff" + b"j" * 500 + b"\xff\xd9"


def update(plate: str = "7ABC128", camera: str = "driveway") -> bytes:
    return json.dumps(
        {"type": "lpr", "id": "1762102800.123-abc", "name": None, "plate": plate, "score": 0.95, "camera": camera,
         "timestamp": 1762102800.5}
    ).encode()  # fmt: skip


@dataclass
class Doubles:
    """A node that says what it got, and a Frigate that has a picture."""

    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    status: int = 200

    def plates(self) -> list[str]:
        return [json.loads(body)["plate"] for _, _, body in self.got]


@pytest.fixture
def doubles() -> Iterator[tuple[Doubles, str]]:
    seen = Doubles()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            if kind.startswith("multipart/"):
                parts = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
                document, picture = (part.get_payload(decode=True) for part in parts.get_payload())  # type: ignore[union-attr]
                assert picture == JPEG
                body = document  # type: ignore[assignment]
            if seen.status == 200:
                seen.got.append((self.path, self.headers["Authorization"], body))
            self.send_response(seen.status)
            self.end_headers()
            self.wfile.write(b'{"accepted": 1, "duplicates": 0}')

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(JPEG)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield seen, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    assert MOSQUITTO is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: _listens(port))
    yield port
    process.terminate()
    process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def publish(port: int, *bodies: bytes, topic: str = "frigate/tracked_object_update") -> None:
    from paho.mqtt import publish as sending

    sending.multiple([(topic, body, 1, False) for body in bodies], "127.0.0.1", port)


@dataclass
class Running:
    bridge: Bridge
    thread: threading.Thread
    heard: list[str]

    def stop(self) -> None:
        self.bridge.stop()
        self.thread.join(15)
        assert not self.thread.is_alive()


def start(port: int, node: str, folder: Path, **more: object) -> Running:
    heard: list[str] = []
    plan = Plan(
        node,
        ("frigate/tracked_object_update",),
        {"driveway": "rpd-main"},
        {"rpd-main": "k"},
        folder,
        **more,  # type: ignore[arg-type]
    )
    bridge = Bridge(Broker.at(f"mqtt://127.0.0.1:{port}"), plan, heard.append)
    thread = threading.Thread(target=bridge.run, daemon=True)
    thread.start()
    until(lambda: any("Connected" in sentence for sentence in heard))
    time.sleep(0.2)  # the subscription follows the connection
    return Running(bridge, thread, heard)


@needs_broker
def test_what_frigate_publishes_arrives_as_its_reader_with_the_picture(
    doubles: tuple[Doubles, str], broker: int, tmp_path: Path
) -> None:
    seen, node = doubles
    running = start(broker, node, tmp_path / "spool", pictures=node)
    publish(broker, update(), update("9ZZZ999"), update("8XYZ111", camera="unknown"))
    until(lambda: len(seen.got) == 2 and running.bridge.counts.unknown == 1)
    running.stop()
    assert seen.plates() == ["7ABC128", "9ZZZ999"]
    assert {(path, key) for path, key, _ in seen.got} == {("/api/v1/cameras/rpd-main", "Bearer k")}
    assert not list((tmp_path / "spool").iterdir())


@needs_broker
def test_nothing_is_lost_while_the_node_is_away(doubles: tuple[Doubles, str], broker: int, tmp_path: Path) -> None:
    seen, node = doubles
    seen.status = 503
    running = start(broker, node, tmp_path / "spool")
    publish(broker, update(), update("9ZZZ999"))
    until(lambda: running.bridge.counts.received == 2)
    running.stop()
    assert seen.got == []
    seen.status = 200
    again = start(broker, node, tmp_path / "spool")
    until(lambda: len(seen.got) == 2)
    again.stop()
    assert seen.plates() == ["7ABC128", "9ZZZ999"]


@needs_broker
def test_nothing_is_lost_while_the_bridge_is_away(doubles: tuple[Doubles, str], broker: int, tmp_path: Path) -> None:
    seen, node = doubles
    start(broker, node, tmp_path / "spool").stop()
    publish(broker, update(), update("9ZZZ999"))
    again = start(broker, node, tmp_path / "spool")
    until(lambda: len(seen.got) == 2)
    again.stop()


@needs_broker
def test_a_message_that_the_node_never_takes_is_dropped_and_its_neighbour_arrives(
    doubles: tuple[Doubles, str], broker: int, tmp_path: Path
) -> None:
    seen, node = doubles
    seen.status = 400
    running = start(broker, node, tmp_path / "spool")
    publish(broker, b"not json at all")
    running.bridge.plan.readers["*"] = "rpd-main"  # type: ignore[index]
    publish(broker, update("1BAD000"))
    until(lambda: running.bridge.counts.refused + running.bridge.counts.unknown == 2)
    seen.status = 200
    publish(broker, update())
    until(lambda: seen.plates() == ["7ABC128"])
    running.stop()
    assert not any("1BAD000" in sentence for sentence in running.heard)


def test_the_camera_and_the_event_are_found_wherever_frigate_names_them() -> None:
    assert camera_of(Held("frigate/events", b'{"type":"end","after":{"camera":"gate","id":"1.2-a"}}', 0)) == "gate"
    assert camera_of(Held("frigate/gate/x", b"\xff", 0)) == "gate"
    assert event_of(Held("t", update(), 0)) == "1762102800.123-abc"
    assert event_of(Held("t", b'{"id":"../../secret"}', 0)) == ""


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "mqtt://user:secret@host", "mqtt://host:99999"])
def test_a_broker_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="mqtt://host"):
        Broker.at(url)


def test_a_reader_without_a_key_is_named_and_so_is_a_line_that_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="rpd-main"):
        Plan("http://n", ("t",), {"*": "rpd-main"}, {}, tmp_path).check()
    with pytest.raises(BadInput, match="line 2"):
        read_keys("# keys\nonlyone\n", "keys")
