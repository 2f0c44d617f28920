"""A household from nothing, as its person does it: three commands, and everything else refused."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from plateward.cli.main import run
from tests.postgres import make_folder


@dataclass(slots=True)
class Running:
    """``plateward home`` in a process of its own."""

    folder: Path
    port: int

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"PLATEWARD_HOME": str(self.folder / "logins"), "COLUMNS": "200"}

    def start(self, *more: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        arguments = (
            "home",
            "--data",
            str(self.folder / "data"),
            "--port",
            str(self.port),
            "--no-browser",
            "--json",
            *more,
        )
        process = subprocess.Popen(
            [*_program(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env,
            start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            if line.startswith("{"):
                return process, json.loads(line)
            seen.append(line)
        raise AssertionError("the node did not start: " + "".join(seen))

    def run(self, *arguments: str) -> Done:
        """One command in this process, with this household's logins."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("PLATEWARD_HOME", self.env["PLATEWARD_HOME"])
            patch.setenv("COLUMNS", "200")
            status = run(list(arguments))
        return Done(status, out.getvalue(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def _program() -> list[str]:
    return [sys.executable, "-c", "from plateward.cli.main import main; main()"]


@pytest.fixture(scope="module")
def home() -> Iterator[Running]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        running = Running(make_folder(), free.getsockname()[1])
    process, _ = running.start("--place", "us-ca")
    try:
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
        shutil.rmtree(running.folder)


def test_three_commands_lead_to_a_sighting_and_a_stranger_leaves_none(home: Running) -> None:
    assert "NOTHING IS COLLECTED" in home.run("home", "status").stdout
    law = home.run("home", "law", "--read")
    assert law.returncode == 0 and law.stdout.startswith("California") and "1798.90.54" in law.stdout
    added = home.run("home", "add", "7ABC123", "Anna's car", "--until", "2027-06-30")
    assert added.stdout == "7ABC123 is on your list as Anna's car until 2027-06-30.\n", added.stderr
    made = json.loads(home.run("home", "camera", "driveway", "Driveway", "--json").stdout)
    assert Path(made["key_file"]).stat().st_mode & 0o077 == 0
    for plate, kept in (("7ABC123", 0), ("8STR456", 1)):
        body = {"plate": plate, "confidence": 0.95}
        answer = httpx.post(made["address"] + "&map=plate=plate,confidence=confidence", json=body, timeout=60)
        assert answer.json()["not_kept"] == kept, answer.text
    seen = home.run("home", "seen")
    assert "Anna's car" in seen.stdout and "8STR456" not in seen.stdout
    assert json.loads(home.run("home", "seen", "7abc-123", "--json").stdout)["seen"][0]["reader_name"] == "Driveway"
    assert home.run("home", "list", "--csv").stdout.splitlines()[1].startswith("7ABC123,Anna's car")
    assert "7 days" in home.run("home", "keep", "7d").stdout
    assert "7 days" in home.run("home", "policy").stdout
    assert home.run("home", "status").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("search", "7ABC123", "--reason", "audit"), 1, "own list alone"),
        (("shares", "list"), 1, "shares nothing"),
        (("people", "list"), 1, "one person"),
        (("emergencies", "list"), 1, "hands nothing over"),
        (("home", "seen", "8STR456"), 2, "not on your list"),
        (("home", "keep", "31d"), 2, "nobody's history"),
        (("home", "add", "7ABC123", "Anna", "--until", "soon"), 2, "2027-06-30"),
    ],
)
def test_what_a_household_does_not_do_is_refused_in_its_words(
    home: Running, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    done = home.run(*arguments)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_retention_speaks_of_the_household_and_says_how_to_change_it(home: Running) -> None:
    said = home.run("retention", "show").stdout
    assert (
        "household's own list" in said
        and "plateward home keep" in said
        and "agency" not in said
        and "group" not in said
    )


def test_a_folder_with_something_else_in_it_is_left_alone(home: Running, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Anna")
    done = home.run("home", "--data", str(tmp_path), "--no-browser")
    assert done.returncode == 2 and "nothing was changed" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
    done = home.run("home", "--data", str(tmp_path / "new"), "--place", "Narnia", "--no-browser")
    assert done.returncode == 2 and not (tmp_path / "new" / "plateward.toml").exists()
