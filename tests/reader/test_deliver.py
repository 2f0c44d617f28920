"""Delivery to a simulated node over real HTTP: lost links, lost acknowledgements, wrong keys, fat batches."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plateward.core.errors import BadInput, Fault
from plateward.formats.reads import decode_batch, to_read
from plateward.reader.deliver import Courier, check_address, settle_delivery
from plateward.reader.sighting import Place, Sighting, as_item
from plateward.reader.spool import Spool

JPEG = b"\xff\xd8\xff\xe0" + bytes(200) + b"\xff\xd9"


@dataclass
class Node:
    """A node as the wire format describes it: remembers reads by id, knows one key."""

    address: str = ""
    reads: dict[str, Any] = field(default_factory=dict)
    posts: int = 0
    trouble: Callable[[int, int], int | str | None] = lambda post, items: None

    def post(self, key: str, kind: str, body: bytes) -> tuple[int, dict[str, Any]] | None:
        self.posts += 1
        if key != "Bearer right":
            return 401, {"error": "this reader is not known"}
        batch = decode_batch(body, kind)
        assert not batch.rejected
        trouble = self.trouble(self.posts, len(batch.items))
        if isinstance(trouble, int):
            return trouble, {"error": f"trouble {trouble}"}
        new, rejected = 0, []
        for index, item in batch.items:
            try:
                read = to_read(item, "gate-1", "town")
                if read.plate == "BAD0000":
                    raise BadInput("no such plate", where="plate")
            except BadInput as problem:
                rejected.append({"index": index, "field": problem.where, "error": str(problem)})
                continue
            new += str(item.id) not in self.reads
            self.reads[str(item.id)] = item
        if trouble == "lost":
            return None
        known = len(batch.items) - len(rejected) - new
        return 200, {"accepted": new, "duplicates": known, "expired": 0, "quarantined": 0, "rejected": rejected}


@pytest.fixture
def node() -> Iterator[Node]:
    world = Node()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = world.post(self.headers["Authorization"], self.headers["Content-Type"], body)
            if said is None:
                self.close_connection = True
                return
            answer = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    world.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield world
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "s.sqlite")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plateward.reader.deliver.FIRST_WAIT_S", 0.02)


def sighting(number: int, plate: str | None = None) -> Sighting:
    at = datetime(2026, 1, 12, 8, 30, number // 1000, number % 1000 * 1000, tzinfo=UTC)
    text = plate or f"7ABC{number:03}"
    return Sighting(
        "clips/gate.mp4", number, number / 10, at, text, text, 0.91, (0.99,) * len(text),
        ((text, 0.91), ("7A8C123", 0.05)), (10, 20, 90, 30),
        "US-CA", JPEG, 7, "approaching", 185,
    )  # fmt: skip


def put(spool: Spool, sightings: list[Sighting], place: Place | None = None) -> None:
    for one in sightings:
        spool.add(as_item(one, "gate-1", place or Place(), b"key"), one.picture)


def test_everything_a_read_says_arrives_with_its_picture(node: Node, spool: Spool) -> None:
    put(spool, [sighting(1)], Place(34.1478, -118.1445, 90))
    with Courier(spool, node.address + "/", "right", print) as courier:
        assert settle_delivery(courier, spool, 10).accepted == 1
    (item,) = node.reads.values()
    assert (item.plate, item.confidence, item.region, item.direction) == ("7ABC001", 0.91, "US-CA", 270)
    assert (item.lat, item.lon, item.picture) == (34.1478, -118.1445, JPEG)
    assert item.candidates[1] == ("7A8C123", 0.05)
    assert spool.waiting() == 0


def test_a_second_run_over_the_same_source_adds_nothing(node: Node, spool: Spool) -> None:
    for known in (0, 30):
        put(spool, [sighting(n) for n in range(30)])
        with Courier(spool, node.address, "right", print) as courier:
            said = settle_delivery(courier, spool, 10)
        assert (said.accepted, said.duplicates) == (30 - known, known)


def test_a_lost_acknowledgement_loses_nothing_and_doubles_nothing(node: Node, spool: Spool) -> None:
    node.trouble = lambda post, items: "lost" if post == 1 else None
    put(spool, [sighting(n) for n in range(5)])
    with Courier(spool, node.address, "right", print) as courier:
        said = settle_delivery(courier, spool, 10)
    assert (said.accepted, said.duplicates, len(node.reads)) == (0, 5, 5)


def test_a_node_in_trouble_is_tried_again_until_it_takes_them(node: Node, spool: Spool) -> None:
    node.trouble = lambda post, items: 503 if post < 4 else None
    notes: list[str] = []
    put(spool, [sighting(1)])
    with Courier(spool, node.address, "right", notes.append) as courier:
        assert settle_delivery(courier, spool, 10).accepted == 1
    assert "trying again" in notes[0]
    assert notes[-1] == "the node answers again"


def test_without_a_link_the_reads_wait_and_go_the_next_time(node: Node, spool: Spool) -> None:
    put(spool, [sighting(n) for n in range(3)])
    with (
        Courier(spool, "http://127.0.0.1:9", "right", print) as courier,
        pytest.raises(Fault, match="3 reads could not"),
    ):
        settle_delivery(courier, spool, 0.1)
    with Courier(spool, node.address, "right", print) as courier:
        assert settle_delivery(courier, spool, 10).accepted == 3


def test_a_wrong_key_stops_at_once_and_keeps_everything(node: Node, spool: Spool) -> None:
    put(spool, [sighting(1)])
    with Courier(spool, node.address, "wrong", print) as courier, pytest.raises(Fault, match=r"not known.*--key"):
        settle_delivery(courier, spool, 10)
    assert node.posts == 1
    assert spool.waiting() == 1


def test_a_refused_read_does_not_hold_up_the_others(node: Node, spool: Spool) -> None:
    notes: list[str] = []
    put(spool, [sighting(1), sighting(2, "BAD0000"), sighting(3)])
    with Courier(spool, node.address, "right", notes.append) as courier:
        said = settle_delivery(courier, spool, 10)
    assert (said.accepted, said.rejected) == (2, 1)
    assert spool.refused()[0][1] == "plate"
    assert not any("BAD0000" in note for note in notes)


def test_a_batch_too_large_is_sent_in_smaller_ones(node: Node, spool: Spool) -> None:
    node.trouble = lambda post, items: 413 if items > 4 else None
    put(spool, [sighting(n) for n in range(40)])
    with Courier(spool, node.address, "right", print) as courier:
        assert settle_delivery(courier, spool, 20).accepted == 40


def test_a_page_that_is_no_node_is_not_taken_for_an_acknowledgement(
    spool: Spool, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "post", lambda *_: (200, ["welcome"]))
    put(spool, [sighting(1)])
    with Courier(spool, node.address, "right", print) as courier, pytest.raises(Fault):
        settle_delivery(courier, spool, 0.2)
    assert spool.waiting() == 1


@pytest.mark.parametrize("address", ["", "plates.example.gov", "ftp://x", "http://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="looks like"):
        check_address(address)


def test_an_id_follows_from_reader_source_instant_and_plate() -> None:
    one = as_item(sighting(1), "gate-1", Place(), b"key")["id"]
    assert one == as_item(sighting(1), "gate-1", Place(), b"key")["id"]
    assert (
        len(
            {
                one,
                as_item(sighting(1), "gate-2", Place(), b"key")["id"],
                as_item(sighting(2), "gate-1", Place(), b"key")["id"],
                as_item(sighting(1, "8XYZ987"), "gate-1", Place(), b"key")["id"],
                as_item(sighting(1), "gate-1", Place(), b"another key")["id"],
            }
        )
        == 5
    )
