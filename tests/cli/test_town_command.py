"""The whole system as a user meets it: ``plateward demo`` in one process, other commands in others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from plateward.core.ids import uuid7
from tests.postgres import make_folder
from tests.reader.drawing import paste, plate, street, write_jpeg

SEARCH = ("search", "7AB?12*", "--reason", "burglary series", "--case", "26-0117")


@dataclass(slots=True)
class RunningTown:
    """A demonstration in a process of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"PLATEWARD_HOME": str(self.folder / "home"), "COLUMNS": "200"}

    def start(self) -> dict[str, str]:
        """Start it and wait until it answers; the line it prints with --json."""
        arguments = ("demo", "--port", str(self.port), "--no-browser", "--no-pictures", "--reads", "4000", "--json")
        self.process = subprocess.Popen(
            [*_program(), *arguments, "--data", str(self.folder / "data")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
            seen.append(line)
        raise AssertionError("the demonstration did not start: " + "".join(seen))

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_program(), *arguments], capture_output=True, text=True, env=self.env, check=False, timeout=120
        )


def _program() -> list[str]:
    return [sys.executable, "-c", "from plateward.cli.main import main; main()"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def town() -> Iterator[RunningTown]:
    folder = make_folder()
    running = RunningTown(folder, _free_port())
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_an_officer_searches_and_gets_reads_as_the_contract_says(town: RunningTown) -> None:
    done = town.run(*SEARCH, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {"reads", "owners", "access_record"} <= set(answer)
    assert all(read["plate"].startswith("7AB") for read in answer["reads"])
    assert {"agency", "allowed", "why", "promises"} <= set(answer["owners"][0])


def test_a_token_is_withdrawn_on_the_machine_that_has_it(town: RunningTown) -> None:
    assert town.run(*SEARCH, "--as", "castellano", "--json").returncode == 0
    kept = json.loads((town.folder / "home" / "logins.json").read_text())
    (token,) = [one["token"] for one in kept if one["person"] == "castellano"]
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 20}
    assert httpx.get(f"{town.address}/api/v1/me", **asked).status_code == 200
    done = town.run("logout", "--as", "castellano")
    assert done.returncode == 0, done.stderr
    assert "Signed out here" in done.stdout
    assert "castellano" not in (town.folder / "home" / "logins.json").read_text()
    assert httpx.get(f"{town.address}/api/v1/me", **asked).status_code == 401


def test_the_towns_own_oversight_is_a_living_example_with_honest_gaps(town: RunningTown) -> None:
    done = town.run("audit", "checklist", "--json")
    assert done.returncode == 1, done.stderr
    lines = {line["id"]: line["verdict"] for line in json.loads(done.stdout)}
    assert {name for name, verdict in lines.items() if verdict == "not met"} == {"users", "training"}
    said = town.run("audit", "checklist").stdout
    assert "not met on purpose" in said and said.count("[not met]") == 2
    assert lines["monitoring"] == lines["sharing"] == lines["audit-plan"] == "met"
    found = json.loads(town.run("audit", "--year", f"{datetime.now(UTC):%Y}", "--json").stdout)
    about = {one["person"] for one in found["findings"]}
    assert {"marsh", "okafor"} <= about and not {"off-shift", "staff-or-relations"} & {
        one["pattern"] for one in found["summary"]["not_tried"]
    }
    refused = town.run("audit", "--as", "alvarez")
    assert refused.returncode == 1 and "does not include" in refused.stderr


def test_a_visitors_old_photograph_and_a_key_of_another_town_say_what_to_do(town: RunningTown, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    scene = street()
    paste(scene, plate("7KLM482"), 390, 380, 170)
    photo = write_jpeg(tmp_path / "holiday.jpg", scene)
    os.utime(photo, (1_714_521_600, 1_714_521_600))
    given = ("read", str(photo), "--quick", "--threads", "1", "--to", town.address)
    old = town.run(*given, "--reader", "rpd-visitor")
    assert "1 expired" in old.stderr and "--started-at now" in old.stderr, old.stderr
    now = town.run(*given, "--reader", "rpd-visitor", "--started-at", "now")
    assert "1 accepted" in now.stderr, now.stderr
    found = json.loads(town.run("search", "7KLM482", *SEARCH[2:], "--from", "24h", "--json").stdout)
    assert [read["plate"] for read in found["reads"]] == ["7KLM482"]
    (tmp_path / "other.key").write_text("pwr_of-another-town\n")
    other = town.run(*given, "--key", str(tmp_path / "other.key"), "--wait", "1")
    assert "takes nothing from this reader" in other.stderr, other.stderr


def test_a_certificate_is_made_fetched_and_proved_offline(town: RunningTown) -> None:
    out = town.folder / "certificate"
    done = town.run(
        "reports", "make", "certificate", "--period", f"{datetime.now(UTC):%Y}", "--out", str(out), "--json"
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    receipt = next(file for file in made["files"] if file.endswith(".tlog-proof"))
    checked = town.run("ledger", "verify", str(town.folder / "data" / "ledger"), "--receipt", receipt, "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    document = json.loads(Path(made["files"][0]).read_text())
    assert not document["certificate"]["certified"] and document["certificate"]["survey"]["judged"] > 0
    assert town.run("reports", "make", "certificate", "--period", "November").returncode == 2


def test_a_driver_who_shares_the_car_is_put_before_a_second_person(town: RunningTown) -> None:
    (asked,) = json.loads(town.run("drivers", "list", "--json").stdout)
    assert asked["state"] == "review" and asked["co_registrant"]
    early = town.run("drivers", "answer", asked["id"])
    assert early.returncode == 2 and "second person" in early.stderr
    own = town.run(
        "drivers", "review", asked["id"], "--refuse", "--note", "An order names the other.", "--as", "whitfield"
    )
    assert own.returncode == 1, "who entered it does not decide it"
    other = ("--refuse", "--note", "An order names the other.", "--as", "delacroix", "--json")
    done = town.run("drivers", "review", asked["id"], *other)
    assert done.returncode == 0 and json.loads(done.stdout)["state"] == "refused"
    new = town.run("drivers", "ask", "7ABC123", "--identity", "licence seen", "--registration", "card seen", "--json")
    assert json.loads(new.stdout)["state"] == "waiting"
    assert town.run("drivers", "answer", json.loads(new.stdout)["id"]).returncode == 2, (
        "no sooner than after three days"
    )


def test_the_same_search_by_the_analyst_is_refused_with_status_1_and_the_reason_in_one_sentence(
    town: RunningTown,
) -> None:
    done = town.run(*SEARCH, "--as", "keller", "--json")
    assert done.returncode == 1, done.stderr
    answer = json.loads(done.stdout)
    assert answer["reads"] == []
    ridgeport = next(owner for owner in answer["owners"] if owner["agency"] == "us-ca-ridgeport-pd")
    assert ridgeport["why"] == (
        "Bulk Cash Smuggling Center → Homeland Security Investigations → ICE, immigration enforcement; "
        "Ridgeport Police promised on 2026-01-12 not to share with immigration enforcement."
    )
    assert "ridgeport-pd.no-immigration-enforcement" in ridgeport["promises"]


def test_a_picture_is_read_to_the_town_signed_and_a_reader_keeps_hits_unless_told_otherwise(
    town: RunningTown, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime", reason="the reader's parts are not installed")
    from tests.reader.drawing import paste, plate, street, write_jpeg

    picture = street()
    paste(picture, plate("7KLM482"), 390, 380, 170)
    path, key = write_jpeg(tmp_path / "mine.jpg", picture), tmp_path / "gate.key"
    made = json.loads(town.run("readers", "add", "rpd-gate", "--name", "The yard's gate", "--json").stdout)
    key.write_text(made["key"])
    spool = ("--spool", str(tmp_path / "spool.sqlite"), "--quick", "--threads", "1")
    read = ("read", str(path), "--to", town.address, "--reader", "rpd-gate", "--key", str(key), *spool)
    hits = town.run(*read)
    assert hits.returncode == 0, hits.stderr
    assert "matched no hot list and were forgotten" in hits.stderr
    assert "0 accepted, 0 known already" in hits.stderr
    assert town.run("readers", "keep", "rpd-gate", "all").returncode == 0
    assert "1 accepted" in town.run(*read).stderr
    assert "1 known already" in town.run(*read).stderr
    stolen = httpx.post(
        f"{town.address}/api/v1/reads",
        json={"reads": []},
        headers={"Authorization": f"Bearer {made['key']}"},
        timeout=20,
    )
    assert stolen.status_code == 401, "the reader signs: its key alone delivers nothing any more"
    shown = json.loads(town.run("readers", "show", "rpd-gate", "--json").stdout)
    assert shown["health"]["keep"] == "all"
    assert town.run("readers", "show", "no-such-reader").returncode == 2
    assert town.run("readers", "change", "rpd-gate").returncode == 2
    moved = town.run("readers", "change", "rpd-gate", "--name", "North gate", "--lat", "35.4", "--lon", "-121.2")
    assert moved.stdout == "rpd-gate: North gate, 35.400000, -121.200000, active\n", moved.stderr
    assert town.run("readers", "pause", "rpd-gate").stdout.endswith("paused\n")
    assert town.run("readers", "resume", "rpd-gate").stdout.endswith("active\n")
    assert town.run("readers", "retire", "rpd-gate").stdout.endswith("retired\n")
    assert town.run("readers", "key", "rpd-gate").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "7ABC123", "--reason", "investigation"), "stolen-vehicle"),
        (("search", "7ABC123", "--reason", "burglary", "--on-behalf-of", "Nobody at all"), "no agency is known"),
        (("search", "7ABC123", "--reason", "burglary", "--near", "here"), "latitude"),
        (("search", "7A*", "--reason", "burglary"), "case"),
        (("search", "7A*", "--fuzzy", "--one-edit", "--reason", "burglary"), "exclude"),
        (("search", "7ABC123"), "reason"),
        (("search", "7ABC123", "--reason", "burglary", "--as", "nobody"), "nobody"),
        (("serch",), "no command"),
    ],
)
def test_bad_input_is_named_with_status_2(town: RunningTown, arguments: tuple[str, ...], said: str) -> None:
    done = town.run(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert said in done.stderr


def test_a_search_of_people_nobody_named_waits_for_a_supervisor(town: RunningTown) -> None:
    begin = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    done = town.run("search", "7A*", "--reason", "burglary", "--case", "26-0117", "--from", begin, "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert "supervisor" in answer["refusal"]
    assert answer["consent_wanted"]


def test_a_file_of_reads_is_imported_once_and_found(town: RunningTown) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    file = town.folder / "reads.csv"
    file.write_text(f"plate,time,camera\n5IMP042,{at.isoformat()},old-camera\n,{at.isoformat()},old-camera\n")
    first = town.run("import", "csv", str(file), "--as", "nakamura", "--json")
    assert first.returncode == 0, first.stderr
    answer = json.loads(first.stdout)
    assert answer["accepted"] == 1
    assert [entry["line"] for entry in answer["rejected"]] == [3]
    second = json.loads(town.run("import", "csv", str(file), "--as", "nakamura", "--json").stdout)
    assert (second["accepted"], second["duplicates"]) == (0, 1)
    found = json.loads(town.run("search", "5IMPO42", "--fuzzy", "--reason", "stolen vehicle", "--json").stdout)
    assert [(read["plate"], read["likeness"]) for read in found["reads"]] == [("5IMP042", "look-alike")]


def test_an_export_as_a_spreadsheet_saved_it_is_imported_by_saying_what_it_leaves_out(town: RunningTown) -> None:
    local = (datetime.now(UTC) - timedelta(hours=1)).astimezone(ZoneInfo("America/Los_Angeles"))
    file = town.folder / "export.csv"
    row = f"5IMP077\t{local:%m/%d/%Y}\t{local:%I:%M:%S %p}\r\n"
    file.write_text(f"Tag No\tSeen On\tSeen At\r\n{row}", encoding="utf-16")
    as_said = ("--column", "plate=Tag No", "--column", "read_at=Seen On+Seen At", "--reader", "old-camera")
    asked = town.run("import", "csv", str(file), *as_said, "--as", "nakamura")
    assert asked.returncode == 2 and "--dates" in asked.stdout
    asked = town.run(
        "import", "csv", str(file), *as_said, "--dates", "month-first", "--zone", "Mars", "--as", "nakamura"
    )
    assert asked.returncode == 2 and "no time zone" in asked.stderr
    whole = (*as_said, "--dates", "month-first", "--zone", "America/Los_Angeles", "--as", "nakamura", "--json")
    assert json.loads(town.run("import", "csv", str(file), *whole).stdout)["accepted"] == 1
    assert json.loads(town.run("import", "csv", str(file), *whole).stdout)["duplicates"] == 1


def test_hot_lists_are_loaded_entered_and_refused_with_their_exit_status(town: RunningTown) -> None:
    def act(*arguments: str, who: str) -> tuple[int, dict[str, Any]]:
        done = town.run("hotlists", *arguments, "--as", who, "--json")
        return done.returncode, json.loads(done.stdout or "{}")

    _, lists = act("list", who="nakamura")
    states = {one["id"]: one["state"] for one in lists}  # type: ignore[index]
    assert (states["ca-stolen"], states["valley-watch"], states["rpd-bolo"]) == ("current", "stale", "current")
    file = town.folder / "stolen.csv"
    file.write_text("plate,state,code\n7CLI001,CA,V\n7CLI002,CA,N\n??,CA,V\n")
    act(
        "make",
        "cli-stolen",
        "Stolen",
        "--kind",
        "stolen-vehicle",
        "--source",
        "tests",
        "--default-days",
        "9",
        who="nakamura",
    )
    status, waits = act("import", "cli-stolen", str(file), who="nakamura")
    assert (status, waits["done"], waits["added"], waits["rejected"]) == (1, False, 1, 1)
    assert [(one["kind"], one["count"]) for one in waits["dropped"]] == [("immigration-violator", 1)]
    status, taken = act("import", "cli-stolen", str(file), "--insist", who="nakamura")
    assert (status, taken["done"]) == (0, True)
    plate = (
        "add",
        "rpd-bolo",
        "7CLI003",
        "--case",
        "R26-1",
        "--expires",
        str(datetime.now(UTC).date() + timedelta(days=3)),
    )
    status, refused = act(*plate, "--reason", "ICE removal order", who="alvarez")
    assert (status, refused["allowed"]) == (1, False) and refused["promises"]
    plate = ("add", "rpd-bolo", "7CLI004", *plate[3:])
    status, entered = act(*plate, "--reason", "stolen at night", who="alvarez")
    assert (status, entered["entry"]["state"]) == (0, "unconfirmed")
    assert act("confirm", "rpd-bolo", entered["entry"]["id"], who="brandt")[1]["state"] == "active"
    done = town.run("hotlists", "check", str(file), "--json")
    assert (done.returncode, json.loads(done.stdout)["rejected"]) == (1, 1)


def test_an_officer_tells_the_alerts_of_the_town_apart(town: RunningTown) -> None:
    """A burglar's car as listed, another car whose plate only looks like it, a plate of another state."""
    listed = json.loads(town.run("alerts", "list", "--as", "alvarez", "--limit", "100", "--json").stdout)
    by_read = {(one["read_plate"], one["read_state"]): one for one in reversed(listed["alerts"])}
    same, alike, other = by_read["7ABC128", "US-CA"], by_read["7A8C128", "US-CA"], by_read["6TRV880", "US-NV"]
    assert (same["how"], alike["how"], other["same_state"]) == ("exact", "look-alike", False)
    assert same["picture"] and "not reasonable suspicion" in same["verify"]
    confirmed = town.run("alerts", "confirm", same["id"], "--as", "alvarez", "--json")
    assert confirmed.returncode == 0 and json.loads(confirmed.stdout)["alert"]["state"] == "confirmed"
    assert town.run("alerts", "decide", alike["id"], "misread", "--as", "alvarez").returncode == 0
    assert town.run("alerts", "decide", other["id"], "wrong-state", "--as", "alvarez").returncode == 0
    ended = town.run("alerts", "outcome", same["id"], "stop", "--note", "talked to the driver", "--as", "alvarez")
    assert ended.returncode == 0 and "talked to the driver" in ended.stdout
    figures = json.loads(town.run("alerts", "figures", "--as", "delacroix", "--json").stdout)["total"]
    assert (figures["confirmed"], figures["misread"], figures["wrong_state"], figures["outcomes"]) == (
        1,
        1,
        1,
        {"stop": 1},
    )
    watched = town.run("alerts", "watch", "--after", "0", "--count", "1", "--as", "alvarez", "--json")
    assert watched.returncode == 0 and json.loads(watched.stdout)["id"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("alerts", "show", "no-id"), 2, "no id of an alert"),
        (("alerts", "show", "00000000-0000-7000-8000-000000000000", "--as", "alvarez"), 2, "no such alert"),
        (("alerts", "list", "--as", "whitfield"), 1, "does not"),
        (("alerts", "figures", "--from", "yesterday", "--as", "delacroix"), 2, "day as in"),
    ],
)
def test_what_cannot_be_done_with_alerts_says_why(
    town: RunningTown, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = town.run(*arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


def test_the_ledger_verifies_from_outside(town: RunningTown) -> None:
    time.sleep(3)
    done = town.run("ledger", "verify", f"{town.address}/ledger", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"]


def test_killed_and_started_again_it_goes_on_where_it_was(town: RunningTown) -> None:
    before = json.loads(town.run(*SEARCH, "--json").stdout)
    town.stop(signal.SIGKILL)
    town.start()
    after = json.loads(town.run(*SEARCH, "--json").stdout)
    assert [read["id"] for read in after["reads"]] == [read["id"] for read in before["reads"]]
    assert after["access_record"] > before["access_record"]


@pytest.mark.parametrize("victim", ["node", "database"])
def test_every_acknowledged_read_outlives_a_kill_during_ingest_and_none_is_there_twice(
    town: RunningTown, victim: str
) -> None:
    sent: list[dict[str, object]] = []
    acknowledged: list[str] = []
    killed = threading.Event()
    sender = threading.Thread(target=_send_until, args=(town, victim, sent, acknowledged, killed))
    sender.start()
    while len(acknowledged) < 40:
        time.sleep(0.02)
    if victim == "node":
        os.kill(town.pid, signal.SIGKILL)
    else:
        os.kill(int(next((town.folder / "data").rglob("postmaster.pid")).read_text().splitlines()[0]), signal.SIGKILL)
    killed.set()
    sender.join(60)
    if victim == "database":
        town.stop(signal.SIGKILL)
    else:
        assert town.process is not None
        town.process.wait(30)
        assert town.process.stdout is not None
        town.process.stdout.close()
    town.start()
    again = _post(town, sent[-100:])
    assert again["accepted"] + again["duplicates"] == len(sent[-100:])
    plate = "KILLN001" if victim == "node" else "KILLD001"
    found = json.loads(town.run("search", plate, "--reason", "stolen vehicle", "--limit", "1000", "--json").stdout)
    ids = [read["id"] for read in found["reads"]]
    assert len(ids) == len(set(ids))
    assert set(acknowledged) <= set(ids)


def _send_until(
    town: RunningTown, victim: str, sent: list[dict[str, object]], acknowledged: list[str], killed: threading.Event
) -> None:
    """Deliver batches of ten reads, noting what was sent and what was acknowledged, until something is killed."""
    for number in range(500):
        if killed.is_set():
            return
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10, milliseconds=number * 10)
        plate = "KILLN001" if victim == "node" else "KILLD001"
        batch = [
            {
                "id": str(uuid7(at - timedelta(milliseconds=i), os.urandom(10))),
                "plate": plate,
                "read_at": (at - timedelta(milliseconds=i)).isoformat(),
            }
            for i in range(10)
        ]
        sent.extend(batch)
        try:
            answer = _post(town, batch)
        except (httpx.HTTPError, AssertionError):
            continue
        assert answer["accepted"] == 10
        acknowledged.extend(str(item["id"]) for item in batch)


def _post(town: RunningTown, batch: list[dict[str, object]]) -> dict[str, int]:
    key = (town.folder / "home" / "readers" / "rpd-visitor.key").read_text().strip()
    response = httpx.post(
        f"{town.address}/api/v1/reads", json={"reads": batch}, headers={"Authorization": f"Bearer {key}"}, timeout=20
    )
    assert response.status_code == 200, response.text
    return response.json()  # type: ignore[no-any-return]


def test_ctrl_c_stops_it_cleanly(town: RunningTown) -> None:
    assert town.stop() == 0
    done = town.run(*SEARCH)
    assert done.returncode in (2, 3)
    assert done.stderr
