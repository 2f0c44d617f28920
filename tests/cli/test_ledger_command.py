"""``plateward ledger`` as a person uses it: on folders, over HTTP, with keys in files, with typing mistakes."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from plateward.cli.ledger_source import WebSource
from plateward.cli.main import run
from plateward.core.errors import Fault
from plateward.core.event import EventType
from plateward.formats.cosignature import Cosigner
from plateward.formats.signed_note import KeyType
from tests.ledger_world import SIGNER, LedgerWorld

Capture = pytest.CaptureFixture[str]
WITNESS = Cosigner.from_seed("witness.example/w1", KeyType.COSIGNATURE_ED25519, b"\x21" * 32)


@pytest.fixture
def world() -> LedgerWorld:
    return LedgerWorld().fill(300)


@pytest.fixture
def folder(world: LedgerWorld, tmp_path: Path) -> Path:
    return world.write(tmp_path / "ledger")


class Server:
    """A static web server over a dictionary, with what real ones do besides."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.statuses, self.asked = files, {}, []  # type: ignore[var-annotated]
        self.broken: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.removeprefix("/ledger/")
                outer.asked.append(path)
                data = outer.files.get(path)
                status = outer.statuses.get(path, 404 if data is None else 200)
                zipped = b"not gzip" if path in outer.broken else gzip.compress(data or b"")
                self.send_response(status)
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(zipped)))
                if status == 302:
                    self.send_header("Location", "http://elsewhere.example/")
                self.end_headers()
                self.wfile.write(zipped)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/ledger"


@pytest.fixture
def server(world: LedgerWorld) -> Iterator[Server]:
    shown = b"".join(record.encode() for record in world.public_bodies())
    made = Server(world.files | {"bodies.jsonl": shown})
    yield made
    made.http.shutdown()
    made.http.server_close()


def verify(capsys: Capture, *arguments: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    status = run(["ledger", "verify", *arguments, "--json"])
    out = capsys.readouterr()
    return status, json.loads(out.out) if out.out else {"error": out.err}


def test_a_copied_folder_verifies(folder: Path, world: LedgerWorld, capsys: Capture) -> None:
    status, data = verify(capsys, str(folder), "--key", str(SIGNER.key))
    assert (status, data["ok"], data["size"]) == (0, True, 300)
    assert data["root"] == world.sign().checkpoint.root.hex()
    assert {"number", "name", "ok", "sentence"} <= set(data["checks"][0])


def test_the_text_says_what_was_checked_not_tried_and_cannot_be_proved(folder: Path, capsys: Capture) -> None:
    assert run(["ledger", "verify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "verified" in said.splitlines()[0]
    for words in ("ok    5 tree", "Not tried", "no --witness", "What no ledger can prove", "superuser"):
        assert words in said


def test_an_address_verifies_like_a_folder(server: Server, capsys: Capture) -> None:
    status, data = verify(capsys, server.url + "/")
    assert (status, data["ok"], data["size"]) == (0, True, 300)


def test_a_damaged_ledger_has_exit_status_one_and_names_the_file(folder: Path, capsys: Capture) -> None:
    (folder / "tile" / "entries" / "000").unlink()
    status, data = verify(capsys, str(folder))
    assert (status, data["ok"]) == (1, False)
    assert "tile/entries/000 is missing" in json.dumps(data)


def test_all_that_is_given_is_used(folder: Path, world: LedgerWorld, tmp_path: Path, capsys: Capture) -> None:
    seen = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    signed = world.sign()
    note = signed.note.with_signatures([WITNESS.cosign(signed.checkpoint, seen)])
    (folder / "checkpoint").write_bytes(note.encode())
    (tmp_path / "w.vkey").write_text(f"{WITNESS.key}\n")
    (tmp_path / "one.tlog-proof").write_bytes(world.receipt(1).encode())
    (tmp_path / "bodies.jsonl").write_bytes(b"".join(record.encode() for record in world.bodies()))
    earlier = LedgerWorld()
    earlier.sealed = world.sealed[:100]
    before = earlier.publish(old=0).write(tmp_path / "before")
    status, data = verify(
        capsys, str(folder), "--key", str(folder / "log.vkey"), "--witness", str(tmp_path / "w.vkey"), "--receipt",
        str(tmp_path / "one.tlog-proof"), "--previous", str(before), "--previous", str(before / "checkpoint"),
        "--bodies", str(tmp_path),
    )  # fmt: skip
    assert status == 0, data
    assert [check["number"] for check in data["checks"]] == list(range(1, 13))
    assert data["bodies"]["whole"] == 300
    assert data["not_tried"] == []


def test_two_snapshots_of_a_fork_have_exit_status_one(
    folder: Path, world: LedgerWorld, tmp_path: Path, capsys: Capture
) -> None:
    other = LedgerWorld()
    other.sealed = world.sealed[:120]
    other.event(EventType.BRAKE_PULLED)
    copy = other.fill(280).write(tmp_path / "other")
    status, data = verify(capsys, str(folder), "--previous", str(copy))
    assert status == 1
    told = next(check["sentence"] for check in data["checks"] if check["name"] == "continuity")
    assert other.sign().checkpoint.root.hex() in told
    assert "size 280" in told
    assert "entry 120" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["/nowhere"], "neither a folder nor an address"),
        (["{empty}"], "no ledger"),
        (["{folder}", "--key", "nonsense"], "--key"),
        (["{folder}", "--key", "a+00000000+AQ=="], "--key"),
        (["{folder}", "--witness", str(SIGNER.key)], "not a witness's"),
        (["{folder}", "--receipt", "/nowhere"], "/nowhere"),
        (["{folder}", "--previous", "/nowhere"], "/nowhere"),
        (["{folder}", "--bodies", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["{folder}", "--bodies", "{folder}/checkpoint"], "line 1"),
        (["{folder}", "--bogus"], "bogus"),
        ([], "verify"),
    ],
)
def test_a_typing_mistake_has_exit_status_two_and_is_named(
    folder: Path, tmp_path: Path, arguments: list[str], says: str, capsys: Capture
) -> None:
    (tmp_path / "empty").mkdir()
    given = [each.format(folder=folder, empty=tmp_path / "empty") for each in arguments]
    assert run(["ledger", "verify", *given]) == 2
    assert says.lower() in capsys.readouterr().err.lower()


def test_a_server_that_fails_is_a_fault_and_no_accusation(server: Server, capsys: Capture) -> None:
    server.statuses["tile/0/000"] = 503
    assert run(["ledger", "verify", server.url]) == 3
    assert "503" in capsys.readouterr().err
    assert run(["ledger", "verify", "http://127.0.0.1:9/ledger"]) == 3


def test_a_server_that_sends_us_elsewhere_is_not_followed(server: Server, capsys: Capture) -> None:
    server.statuses["checkpoint"] = 302
    assert run(["ledger", "verify", server.url]) == 2
    assert "elsewhere.example" in capsys.readouterr().err


def test_an_answer_without_end_is_cut_at_the_limit(server: Server) -> None:
    server.files["huge"] = bytes(50_000_000)
    with WebSource(server.url).client as client:
        data = WebSource(server.url, client).fetch("huge", 1000)
    assert data is not None
    assert len(data) == 1001


def test_files_are_fetched_in_order_though_some_are_asked_ahead(server: Server) -> None:
    server.files |= {f"f{i}": str(i).encode() for i in range(50)}
    source = WebSource(server.url)
    found = list(source.fetch_many((f"f{i}", 10) for i in range(60)))
    assert found == [str(i).encode() if i < 50 else None for i in range(60)]
    with pytest.raises(Fault):
        server.statuses["f7"] = 500
        list(source.fetch_many((f"f{i}", 10) for i in range(60)))


def test_bodies_come_over_http_line_by_line(server: Server, world: LedgerWorld, capsys: Capture) -> None:
    server.files["bodies.jsonl"] = b"".join(record.encode() for record in world.bodies()).rstrip(b"\n")
    status, data = verify(capsys, server.url, "--bodies", server.url)
    assert (status, data["bodies"]["whole"]) == (0, 300)
    server.files["bodies.jsonl"] = b"x" * 3_000_000
    assert run(["ledger", "verify", server.url, "--bodies", server.url + "/bodies.jsonl"]) == 2
    assert "line 1" in capsys.readouterr().err


def test_a_receipt_is_verified_offline_and_shows_its_body(world: LedgerWorld, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "search.tlog-proof"
    file.write_bytes(world.receipt(4).encode())
    assert run(["ledger", "receipt", str(file), "--key", str(SIGNER.key), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["index"], data["entry"]["type"]) == (True, 4, "access.search")
    assert data["body"]["personal"]["query"] == {"plate": "7ABC123"}
    file.write_bytes(world.receipt(4, whole=False).encode())
    assert run(["ledger", "receipt", str(file), "--key", str(SIGNER.key), "--json"]) == 0
    assert "7ABC123" not in capsys.readouterr().out
    assert run(["ledger", "receipt", str(file), "--key", str(SIGNER.key), "--witness", str(WITNESS.key)]) == 1
    assert "has not cosigned" in capsys.readouterr().out
    file.write_bytes(world.receipt(4).encode().replace(b"index 4", b"index 5"))
    assert run(["ledger", "receipt", str(file), "--key", str(SIGNER.key)]) == 1
    assert "NOT hold" in capsys.readouterr().out


def test_a_sample_is_drawn_again_by_anybody_and_never_from_a_bad_ledger(folder: Path, capsys: Capture) -> None:
    arguments = ["ledger", "sample", str(folder), "--count", "10", "--purpose", "audit 2026-11"]
    assert run([*arguments, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert run([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert len(first["indexes"]) == 10
    assert first["population"] == 74
    assert run(arguments) == 0
    assert capsys.readouterr().out.count("access.search") == 10
    (folder / "tile" / "0" / "000").unlink()
    assert run(arguments) == 1
    assert "does not verify" in capsys.readouterr().err


def test_the_page_of_events_is_printed(capsys: Capture) -> None:
    assert run(["ledger", "events"]) == 0
    assert "`access.search`" in capsys.readouterr().out


def test_an_answer_that_is_not_packed_as_it_says_is_a_fault_and_no_crash(server: Server, capsys: Capture) -> None:
    server.broken.add("tile/0/000")
    assert run(["ledger", "verify", server.url]) == 3
    assert "could not be fetched" in capsys.readouterr().err


def test_the_bodies_beside_a_ledger_are_judged_without_being_asked_for(
    folder: Path, server: Server, world: LedgerWorld, capsys: Capture
) -> None:
    """A resident types nothing but the address; a keeper that lies in the bodies it lays beside it must not pass for that."""
    honest = b"".join(record.encode() for record in world.public_bodies())
    for place, write in (
        (str(folder), lambda data: (folder / "bodies.jsonl").write_bytes(data)),
        (server.url, lambda data: server.files.update({"bodies.jsonl": data})),
    ):
        write(honest)
        assert verify(capsys, place)[0] == 0
        assert verify(capsys, place, "--bodies", place + "/")[0] == 0
        for lie in (honest.replace(b"ridgeport", b"lakeview"), b"junk\n", b""):
            write(lie)
            status, data = verify(capsys, place)
            assert (status, [each["number"] for each in data["checks"] if not each["ok"]]) == (1, [11]), lie


def test_a_keeper_that_shows_no_bodies_at_its_address_does_not_pass(server: Server, capsys: Capture) -> None:
    del server.files["bodies.jsonl"]
    status, data = verify(capsys, server.url)
    assert (status, [each["number"] for each in data["checks"] if not each["ok"]]) == (1, [11])
    assert "there is no such file" in json.dumps(data)


def test_what_a_failed_check_means_is_said_first_and_plainly(folder: Path, capsys: Capture) -> None:
    data = (folder / "tile" / "entries" / "000").read_bytes()
    (folder / "tile" / "entries" / "000").write_bytes(data.replace(b"login.succeeded", b"login.succeedxd", 1))
    assert run(["ledger", "verify", str(folder)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("NOT verified")
    assert said[1].startswith("- What is published is not what was signed")
    assert "evidence" in said[2]


def test_a_report_that_was_changed_after_it_was_made_does_not_pass_for_its_receipt(
    tmp_path: Path, capsys: Capture
) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(b'{"searches":124}')
    world = LedgerWorld().fill(5)
    world.event(EventType.REPORT_MADE, digest=hashlib.sha256(report.read_bytes()).hexdigest())
    receipt = tmp_path / "report.tlog-proof"
    receipt.write_bytes(world.publish().receipt(5, whole=False).encode())
    asked = ["ledger", "receipt", str(receipt), "--key", str(SIGNER.key)]
    assert run(asked) == 0
    assert "was not checked: give it with --document" in capsys.readouterr().out
    assert run([*asked, "--document", str(report)]) == 0
    assert "was not checked" not in capsys.readouterr().out
    report.write_bytes(b'{"searches":12}')
    assert run([*asked, "--document", str(report)]) == 1
    assert "is not the document that was made" in capsys.readouterr().out
    other = tmp_path / "search.tlog-proof"
    other.write_bytes(world.receipt(1).encode())
    assert run(["ledger", "receipt", str(other), "--key", str(SIGNER.key), "--document", str(report)]) == 1
    assert "not of a document" in capsys.readouterr().out
