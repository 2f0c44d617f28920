"""Every command that speaks to a node, held against the contract: 1 refused, 2 bad input, 3 a fault."""

from __future__ import annotations

import importlib
import inspect
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import cyclopts
import pytest

from plateward.cli.client import Login, keep
from plateward.cli.main import GROUPS, run

TYPED: dict[str, tuple[str, ...]] = {
    "search": ("7ABC128", "--reason", "property-crime"),
    "import": ("csv", "reads.csv"),
    "export": ("7ABC128", "--reason", "property-crime", "--out", "new-file.csv"),
    "productions request": (
        "ICE", "r-1", "--process", "judicial-order", "--court", "Superior court", "--number", "26-1", "--document", "reads.csv",
    ),
    "truth propose": ("release-brake", "component=federal", "why=over"),
    "erasure request": ("7", "--basis", "order 26-CV-0042"),
    "shares review": ("sh-1", "--right", "--need", "--note", "a law"),
    "brake pull": ("federal", "--why", "until counsel has answered"),
    "drivers review": ("d-1", "--refuse", "--note", "an order"),
    "readers change": ("gate-1", "--name", "North gate"),
    "feeds ask": (
        "--what", "hits", "--recipient", "our own desk", "--reason", "property-crime", "--until", "30d", "--mqtt", "gate",
    ),
}  # fmt: skip
"""What is typed where the kind of a parameter does not say what would be right."""

WORDS = {
    "plate": "7ABC128", "from_": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z", "until": "2026-11-20T00:00:00Z",
    "file": "reads.csv", "document": "reads.csv", "reason": "property-crime", "days": "3", "period": "2026-11",
    "alert": "01a206e5-1182-740b-8d3b-20891eb9ec59", "expires": "2026-12-24", "length": "21d", "reads": "hit",
    "source_date": "2026-03-03", "out": "new-file", "id": "newcomer",
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


def _functions(group: str) -> Iterator[tuple[str, Callable[..., object]]]:
    """The commands of a group that take who is asking, as ``plateward`` shows them."""
    where, _, name = GROUPS[group][0].partition(":")
    module = importlib.import_module(where)
    found = getattr(module, name)
    if not isinstance(found, cyclopts.App):
        made: dict[str, object] = {group: found}
    else:
        made = {group: found.default_command} if found.default_command else {}
        made |= {f"{group} {name}": found[name].default_command for name in found if not name.startswith("-")}
    for command, function in made.items():
        if callable(function) and "caller" in inspect.signature(function).parameters:
            yield command, function


def _of_kind(kind: object) -> str:
    """A value that a parameter of this kind takes."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return str(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str(next(iter(kind)).value)
    return {int: "1", float: "1", Path: "reads.csv", date: "2026-11-01"}.get(kind, "some-words")  # type: ignore[call-overload, no-any-return]


def _typed(function: Callable[..., object]) -> Iterator[str]:
    """Something for every parameter that must be given."""
    hints = get_type_hints(function)
    for name, one in inspect.signature(function).parameters.items():
        if one.default is not inspect.Parameter.empty:
            continue
        kind = hints[name]
        if kind is bool:
            yield f"--{name.rstrip('_').replace('_', '-')}"
            continue
        word = WORDS.get(name) or _of_kind(kind)
        flag = () if one.kind is not inspect.Parameter.KEYWORD_ONLY else (f"--{name.rstrip('_').replace('_', '-')}",)
        yield from (*flag, word)


COMMANDS = {
    command: (*command.split(), *TYPED.get(command, tuple(_typed(function))))
    for group in GROUPS
    for command, function in _functions(group)
}


def test_the_commands_that_speak_to_a_node_are_found() -> None:
    assert {"search", "audit", "drivers answer", "shares approve", "erasure decide"} <= COMMANDS.keys() and len(
        COMMANDS
    ) > 50


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
