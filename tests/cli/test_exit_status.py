"""Every command that speaks to a node, held against the contract: 1 refused, 2 bad input, 3 a fault."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cyclopts
import pytest

from plateward.cli.caller import Caller
from plateward.cli.client import Login, keep
from plateward.cli.main import GROUPS, run

COMMANDS: dict[str, tuple[str, ...]] = {
    "search": ("search", "7ABC128", "--reason", "property-crime"),
    "exposure": ("exposure", "ICE"),
    "reach": ("reach", "us-ca-ridgeport-pd"),
    "import": ("import", "csv", "reads.csv"),
    "shares list": ("shares", "list"),
    "shares show": ("shares", "show", "sh-1"),
    "shares request": ("shares", "request", "Ridgeport", "--receiver", "Port Alder", "--words", "burglaries"),
    "shares review": ("shares", "review", "sh-1", "--right", "--need", "--note", "a law"),
    "shares approve": ("shares", "approve", "sh-1"),
    "shares refuse": ("shares", "refuse", "sh-1", "--why", "no need"),
    "shares suspend": ("shares", "suspend", "sh-1", "--why", "no need"),
    "shares revoke": ("shares", "revoke", "sh-1", "--why", "no need"),
    "shares rules": ("shares", "rules", "--cap", "3"),
    "truth propose": ("truth", "propose", "release-brake", "component=federal", "why=over"),
    "truth list": ("truth", "list"),
    "truth accept": ("truth", "accept", "c-1"),
    "truth refuse": ("truth", "refuse", "c-1", "--note", "no source"),
    "brake pull": ("brake", "pull", "federal", "--why", "a raid"),
    "brake list": ("brake", "list"),
    "audit": ("audit",),
    "audit verdict": ("audit", "verdict", "0123456789abcdef", "asked", "asked the sergeant"),
    "audit sample": ("audit", "sample"),
    "audit checklist": ("audit", "checklist"),
    "reports list": ("reports", "list"),
    "reports make": ("reports", "make", "audit"),
    "reports discovery": (
        "reports", "discovery", "7ABC128", "--case", "26-CR-1", "--counsel", "R. Sato", "--from", "2026-11-01T00:00:00Z", "--to",
        "2026-11-02T00:00:00Z",
    ),
    "reports get": ("reports", "get", "r-1", "out"),
    "drivers ask": ("drivers", "ask", "7ABC128", "--identity", "licence seen", "--registration", "card seen"),
    "drivers list": ("drivers", "list"),
    "drivers review": ("drivers", "review", "d-1", "--refuse", "--note", "an order"),
    "drivers answer": ("drivers", "answer", "d-1"),
    "erasure request": ("erasure", "request", "7", "--basis", "order 26-CV-0042"),
    "erasure list": ("erasure", "list"),
    "erasure decide": ("erasure", "decide", "e-1", "--approve"),
}  # fmt: skip
STATUSES = {400: 2, 403: 1, 404: 2, 409: 2, 413: 2, 422: 2, 429: 3, 500: 3, 503: 3}


@dataclass
class Told:
    """What the node answers next."""

    status: int = 500
    body: bytes = b""


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


@pytest.fixture(scope="module")
def node(told: Told) -> Iterator[str]:
    """A node that answers everything in the same way, in the words of ``web.problem``."""

    class Answers(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path))
    monkeypatch.delenv("PLATEWARD_NODE", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("reads.csv").write_text("plate,read_at,reader\n7ABC128,2026-11-02T08:00:00Z,r1\n")
    return tmp_path


def _commands_of(group: str) -> Iterator[str]:
    """The commands of a group that take who is asking, as ``plateward`` shows them."""
    where, _, name = GROUPS[group][0].partition(":")
    module = importlib.import_module(where)
    if not hasattr(module, "Caller"):
        return
    found = getattr(module, name)
    if not isinstance(found, cyclopts.App):
        yield group
        return
    if found.default_command is not None and "caller" in found.default_command.__annotations__:
        yield group
    for command in found:
        inner = None if command.startswith("-") else found[command].default_command
        if inner is not None and inner.__annotations__.get("caller") in (Caller, "Caller"):
            yield f"{group} {command}"


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_command_that_speaks_to_a_node_is_in_the_table(group: str) -> None:
    assert [name for name in _commands_of(group) if name not in COMMANDS] == []


@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
def test_the_exit_status_says_who_must_do_what(
    status: int, expected: int, node: str, told: Told, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(Login(node, "alvarez", "a token"))
    sentence = f"This is the sentence for {status}."
    told.status, told.body = status, json.dumps({"error": sentence, "status": status, "next_step": "Do it."}).encode()
    assert run([*COMMANDS["brake list"]]) == expected
    assert sentence in capsys.readouterr().err


def test_what_is_no_answer_of_a_node_is_a_fault_and_an_unknown_login_the_callers_to_mend(
    node: str, told: Told, home: Path
) -> None:
    keep(Login(node, "alvarez", "a token"))
    told.status, told.body = 502, b"<html>a proxy</html>"
    assert run(["brake", "list"]) == 3
    told.status, told.body = 503, b'["no object"]'
    assert run(["brake", "list"]) == 3
    told.status, told.body = 401, b"{}"
    assert run(["brake", "list"]) == 2
    assert run(["brake", "list", "--as", "nobody-i-am"]) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_swallows_what_the_node_said(command: str, node: str, told: Told, home: Path) -> None:
    keep(Login(node, "alvarez", "a token"))
    for status in (403, 400, 503):
        told.status, told.body = status, json.dumps({"error": "A sentence.", "status": status}).encode()
        assert run([*COMMANDS[command]]) == STATUSES[status], f"{command} on {status}"
    assert run([*COMMANDS[command], "--no-such-option"]) == 2
    keep(Login("http://127.0.0.1:9", "alvarez", "a token"))
    assert run([*COMMANDS[command]]) == 3
