"""The first minutes of somebody who has just installed the program: each natural mistake, and the sentence that helps."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from plateward.cli.client import Login, choose, keep
from plateward.cli.main import run
from plateward.cli.times import back, moment
from plateward.core.agency import AgencyKind
from plateward.core.errors import BadInput
from plateward.node.settings import load_settings

Told = Callable[..., tuple[int, str]]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Run a command of a person who never logged in anywhere; its status and all that it says."""
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path / "logins"))
    monkeypatch.delenv("PLATEWARD_NODE", raising=False)

    def run_it(*arguments: str) -> tuple[int, str]:
        status = run(list(arguments))
        out = capsys.readouterr()
        return status, " ".join((out.out + out.err).split())

    return run_it


def test_a_misspelt_agency_makes_nothing_and_names_the_nearest(told: Told, tmp_path: Path) -> None:
    status, said = told("init", str(tmp_path / "node"), "--agency", "El Cajun Police Department, CA")
    assert status == 2 and "perhaps us-ca-el-cajon-pd" in said
    assert not (tmp_path / "node").exists()


def test_an_agency_that_no_registry_holds_can_have_a_node(told: Told, tmp_path: Path) -> None:
    status, said = told("init", str(tmp_path / "node"), "--agency", "Mayberry Police Department, NC")
    assert status == 2 and "--unlisted" in said
    status, said = told("init", str(tmp_path / "node"), "--agency", "Mayberry Police Department, NC", "--unlisted")
    assert status == 0 and "us-nc-mayberry-pd" in said
    settings = load_settings(tmp_path / "node")
    assert settings.agency == "us-nc-mayberry-pd" and settings.unlisted is not None
    assert (settings.unlisted.name, settings.unlisted.kind, settings.unlisted.state) == (
        "Mayberry Police Department", AgencyKind.POLICE, "NC",
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["El Cajon Police Department, CA", "Homeland Security Investigations", "Mayberry Police", "Mayberry"]
)
def test_unlisted_is_refused_for_who_is_known_and_for_a_name_that_says_too_little(
    told: Told, tmp_path: Path, name: str
) -> None:
    status, said = told("init", str(tmp_path / "node"), "--agency", name, "--unlisted")
    assert status == 2 and "--agency" in said and not (tmp_path / "node").exists()


def test_a_title_with_quotes_and_backslashes_stays_what_it_is(told: Told, tmp_path: Path) -> None:
    title = 'The "north\\south" readers'
    assert told("init", str(tmp_path / "node"), "--agency", "us-ca-el-cajon-pd", "--title", title)[0] == 0
    assert load_settings(tmp_path / "node" / "plateward.toml").title == title


def test_a_time_zone_that_is_none_makes_nothing(told: Told, tmp_path: Path) -> None:
    status, said = told("init", str(tmp_path / "node"), "--agency", "us-ca-el-cajon-pd", "--time-zone", "Pacific")
    assert status == 2 and "America/Los_Angeles" in said and not (tmp_path / "node").exists()


def test_pages_show_the_time_of_the_machine_unless_told_otherwise(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = ("--agency", "us-ca-el-cajon-pd")
    for number, (here, more, zone) in enumerate(
        [
            ("America/Denver", (), "America/Denver"),
            (":Europe/Berlin", (), "Europe/Berlin"),
            ("nowhere/at all", (), "UTC"),
            ("America/Denver", ("--time-zone", "America/Chicago"), "America/Chicago"),
        ]
    ):
        monkeypatch.setenv("TZ", here)
        assert told("init", str(tmp_path / str(number)), *agency, *more)[0] == 0
        assert load_settings(tmp_path / str(number)).time_zone == zone


def test_a_folder_that_cannot_be_made_is_named(told: Told, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, said = told("init", str(tmp_path / "file" / "node"), "--agency", "us-ca-el-cajon-pd")
    assert status == 2 and str(tmp_path / "file" / "node") in said


def test_settings_are_found_by_file_or_folder_and_what_is_neither_is_named(told: Told, tmp_path: Path) -> None:
    status, said = told("serve", "--config", str(tmp_path))
    assert status == 2 and "plateward.toml" in said and "plateward init DIR" in said
    (tmp_path / "plateward.toml").write_text('agency = "us-ca-el-cajon-pd"\nport = "high"\n')
    status, said = told("serve", "--config", str(tmp_path))
    assert status == 2 and "plateward.toml, port" in said and "a whole number" in said


def test_everything_that_a_command_needs_is_said_at_once(told: Told) -> None:
    status, said = told("people", "add", "jo", "--role", "officer")
    assert status == 2 and "--name, --source, --source-date are missing" in said and "people add --help" in said
    assert "--name requires an argument" in told("people", "add", "jo", "--name")[1]


def test_who_never_logged_in_is_told_how(told: Told) -> None:
    status, said = told("home", "list")
    assert status == 2 and "plateward login LINK" in said and "plateward home" in said


def test_a_node_that_is_not_started_is_named_with_the_others_that_are_known(told: Told) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    keep(Login("http://127.0.0.1:9", "lee", "token"))
    keep(Login(address, "lee", "token"))
    for arguments in (("shares", "list"), ("login", f"{address}/login?token=abc")):
        status, said = told(*arguments)
        assert status == 3 and address in said and "nothing listens there" in said and "http://127.0.0.1:9" in said
        assert "ConnectError" not in said


def test_this_machine_is_one_node_whatever_it_is_called(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Login("http://127.0.0.1:8731", "lee", "token")
    keep(kept)
    for written in (
        "http://localhost:8731",
        "http://localhost:8731/",
        "localhost:8731",
        "http://127.0.0.1:8731/search",
    ):
        assert choose(written, None) == kept
        monkeypatch.setenv("PLATEWARD_NODE", written)
        assert choose(None, "lee") == kept
    status, said = told("shares", "list", "--node", "http://plates.example.org")
    assert (
        status == 2
        and "not logged in at http://plates.example.org" in said
        and "you are at http://127.0.0.1:8731" in said
    )
    status, said = told("shares", "list", "--node", "ftp://plates.example.org")
    assert status == 2 and "--node" in said and "http://127.0.0.1:8731" in said


def test_something_else_on_the_port_is_said_to_be_no_node(told: Told) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{other.server_address[1]}"
        keep(Login(address, "lee", "token"))
        for arguments in (("shares", "list"), ("login", f"{address}/login?token=abc")):
            status, said = told(*arguments)
            assert status == 3 and f"{address} is no node of Plateward" in said
        other.shutdown()


def test_a_readers_key_that_is_not_there_says_how_one_is_made(told: Told, tmp_path: Path) -> None:
    (tmp_path / "logins" / "readers").mkdir(parents=True)
    (tmp_path / "logins" / "readers" / "driveway.key").write_text("pwr_x\n")
    status, said = told("read", "photo.jpg", "--to", "http://127.0.0.1:9", "--reader", "drivway")
    assert status == 2 and "readers add" in said and "keys here of driveway" in said


@pytest.mark.parametrize("place", ["US-CAL", "US-XX", "Kalifornien", "U"])
def test_a_place_that_is_none_makes_no_household(told: Told, tmp_path: Path, place: str) -> None:
    status, said = told("home", "--data", str(tmp_path / "at-home"), "--place", place, "--no-browser")
    assert status == 2 and "--place" in said and "US-CA" in said
    assert not (tmp_path / "at-home").exists()


def test_so_long_ago_and_so_long_from_now_are_understood() -> None:
    assert back("24h", NOW) == "2026-11-22T12:00:00+00:00" and back("7d", NOW) == "2026-11-16T12:00:00+00:00"
    assert back("2026-11-01", NOW) == "2026-11-01" and back("soon", NOW) == "soon" and back(None, NOW) is None
    midnight = datetime.fromisoformat(str(back("yesterday", NOW)))
    assert midnight.astimezone().hour == 0 and (NOW - midnight).total_seconds() <= 48 * 3600
    assert moment("90d", "--until", NOW) == datetime(2027, 2, 21, 12, tzinfo=UTC)
    assert moment("36h", "--from", NOW, ahead=False) == datetime(2026, 11, 22, 0, tzinfo=UTC)
    with pytest.raises(BadInput, match="90d for 90 days from now"):
        moment("next week", "--until", NOW)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed_is_named(told: Told, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        status, said = told("init", str(tmp_path / "node"), "--agency", "us-ca-el-cajon-pd")
    finally:
        tmp_path.chmod(0o755)
    assert status == 2 and "cannot be made here" in said
