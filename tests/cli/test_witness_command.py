"""``plateward witness``: a folder, a small server, power cuts and two servers at once."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from plateward.cli.main import run
from plateward.cli.witness_server import WitnessFolder, witness_app
from plateward.core.errors import Fault
from plateward.core.merkle import consistency_proof
from plateward.formats.checkpoint import parse_checkpoint
from plateward.formats.cosignature import verify_cosignatures
from plateward.formats.signed_note import NoteSigner, parse_vkey
from plateward.formats.witness_protocol import AddCheckpoint
from plateward.node import durable
from plateward.oversight.witness import origin_hash
from tests.ledger_world import SIGNER, LedgerWorld

Capture = pytest.CaptureFixture[str]
NOW = 1_795_000_000.0


@pytest.fixture
def folder(tmp_path: Path, capsys: Capture) -> Path:
    path = tmp_path / "witness"
    assert run(["witness", "init", str(path), "--name", "witness.example/w1", "--post-quantum"]) == 0
    assert run(["witness", "add", str(path), str(SIGNER.key)]) == 0
    capsys.readouterr()
    return path


class Web:
    """The witness's application over HTTP, without a socket."""

    def __init__(self, folder: Path) -> None:
        self.transport = httpx.ASGITransport(
            witness_app(WitnessFolder.open(folder), lambda: NOW), raise_app_exceptions=False
        )

    def post(self, path: str, content: bytes) -> httpx.Response:
        return asyncio.run(self._send("POST", path, content))

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._send("GET", path, b""))

    async def _send(self, method: str, path: str, content: bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=self.transport, base_url="http://witness") as client:
            return await client.request(method, path, content=content)


def client(folder: Path) -> Web:
    return Web(folder)


def full(_: int) -> None:
    raise OSError(28, "no space left on device")


def request(world: LedgerWorld, old: int, size: int | None = None) -> bytes:
    size = world.size if size is None else size
    proof = tuple(consistency_proof(old, size, world.read)) if 0 < old < size else ()
    return AddCheckpoint(old, proof, world.sign(size)).encode()


def test_the_keys_are_made_once_and_are_secret(folder: Path, capsys: Capture) -> None:
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert run(["witness", "init", str(folder), "--name", "witness.example/w1"]) == 2
    assert "already" in capsys.readouterr().err
    assert run(["witness", "list", str(folder), "--json"]) == 0
    said = capsys.readouterr().out
    assert len(json.loads(said)["keys"]) == 2
    for line in (folder / "secret").read_text().splitlines():
        assert line.split()[1] not in said


def test_a_ledger_is_cosigned_and_served_to_monitors(folder: Path, capsys: Capture) -> None:
    world, web = LedgerWorld().fill(300), client(folder)
    hashed = origin_hash(SIGNER.name)
    assert web.get(f"/{hashed}/checkpoint").status_code == 404
    said = web.post("/add-checkpoint", content=request(world, 0))
    assert said.status_code == 200
    assert said.text.startswith("\u2014 witness.example/w1 ")
    served = web.get(f"/{hashed}/checkpoint")
    assert served.headers["content-type"] == "text/plain; charset=utf-8"
    assert run(["witness", "list", str(folder), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    keys = [parse_vkey(key) for key in listed["keys"]]
    assert len(verify_cosignatures(parse_checkpoint(served.content), keys)) == 2
    assert listed["logs"][0]["size"] == 300
    assert run(["witness", "list", str(folder)]) == 0
    assert "300 entries" in capsys.readouterr().out


def test_the_answers_have_the_statuses_and_types_of_the_specification(folder: Path) -> None:
    world, web = LedgerWorld().fill(30), client(folder)
    assert web.post("/add-checkpoint", content=b"nonsense").status_code == 400
    assert web.post("/add-checkpoint", content=b"x" * 2_000_000).status_code == 413
    assert web.get("/add-checkpoint").status_code == 405
    assert web.get("/..%2f..%2fsecret/checkpoint").status_code == 404
    assert web.post("/sign-subtree", content=b"").status_code == 404
    assert web.post("/add-checkpoint", content=request(world, 0)).status_code == 200
    conflict = web.post("/add-checkpoint", content=request(world, 5))
    assert (conflict.status_code, conflict.text, conflict.headers["content-type"]) == (409, "30\n", "text/x.tlog.size")
    assert web.post("/add-checkpoint", content=request(LedgerWorld().fill(40, origin="x"), 30)).status_code == 422


def test_what_was_cosigned_survives_a_restart_so_that_a_fork_is_refused_after_it(folder: Path) -> None:
    assert client(folder).post("/add-checkpoint", content=request(LedgerWorld().fill(30), 0)).status_code == 200
    fork = LedgerWorld().fill(30, origin="x")
    assert client(folder).post("/add-checkpoint", content=request(fork, 0)).status_code == 409
    assert client(folder).post("/add-checkpoint", content=request(fork, 30)).status_code == 422


def test_no_cosignature_leaves_before_it_is_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed and not stored: the disk is full. The ledger asks again later, from the same size."""
    world, web = LedgerWorld().fill(30), client(folder)
    with monkeypatch.context() as broken:
        broken.setattr(durable.os, "fsync", full)
        said = web.post("/add-checkpoint", content=request(world, 0))
    assert said.status_code == 500
    assert "witness.example" not in said.text
    assert WitnessFolder.open(folder).latest(origin_hash(SIGNER.name)) is None
    assert web.post("/add-checkpoint", content=request(world, 0)).status_code == 200


def test_a_cosignature_that_was_stored_and_not_sent_binds_the_witness(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed but stored: the file was replaced, and then the folder could not be flushed."""
    world, web = LedgerWorld().fill(30), client(folder)
    real, calls = os.fsync, []

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(5, "input/output error")
        real(descriptor)

    with monkeypatch.context() as broken:
        broken.setattr(durable.os, "fsync", second_fails)
        assert web.post("/add-checkpoint", content=request(world, 0)).status_code == 500
    assert web.post("/add-checkpoint", content=request(LedgerWorld().fill(30, origin="x"), 0)).status_code == 409
    assert web.post("/add-checkpoint", content=request(world, 30)).status_code == 200


def test_a_damaged_memory_stops_the_witness_rather_than_letting_it_start_over(folder: Path) -> None:
    world, web = LedgerWorld().fill(30), client(folder)
    assert web.post("/add-checkpoint", content=request(world, 0)).status_code == 200
    (folder / "logs" / origin_hash(SIGNER.name) / "checkpoint").write_bytes(b"")
    assert web.post("/add-checkpoint", content=request(world, 0)).status_code == 500


def test_of_many_requests_at_once_only_one_history_comes_out(folder: Path) -> None:
    one, two, web = LedgerWorld().fill(40), LedgerWorld().fill(40, origin="x"), client(folder)
    asked = [request(world, 0, size) for size in range(1, 21) for world in (one, two)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda body: web.post("/add-checkpoint", content=body).status_code, asked))
    assert said.count(200) == 1
    assert set(said) == {200, 409}


def test_two_servers_on_one_folder_are_refused(folder: Path) -> None:
    held = WitnessFolder.open(folder).lock()
    with pytest.raises(Fault, match="already"):
        WitnessFolder.open(folder).lock()
    held.close()
    WitnessFolder.open(folder).lock().close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "{folder}"], "at least one"),
        (["add", "{folder}", "nonsense"], "neither a key"),
        (["add", "{folder}", "{own}"], "a log's is needed"),
        (["add", "/nowhere", str(SIGNER.key)], "witness init"),
        (["serve", "/nowhere"], "witness init"),
        (["list", "/nowhere"], "witness init"),
        (["init", "{folder}-new", "--name", "two words"], "key name"),
    ],
)
def test_typing_mistakes_are_named(folder: Path, arguments: list[str], says: str, capsys: Capture) -> None:
    own = str(WitnessFolder.open(folder).cosigners()[0].key)
    assert run(["witness", *(each.format(folder=folder, own=own) for each in arguments)]) == 2
    assert says in capsys.readouterr().err


def test_a_damaged_key_file_is_named_without_its_content(folder: Path, capsys: Capture) -> None:
    (folder / "secret").write_text("ed25519 topsecret\n")
    assert run(["witness", "list", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "line 1" in said
    assert "topsecret" not in said


def test_a_ledger_that_changes_its_key_is_known_by_both(folder: Path) -> None:
    newer = NoteSigner.from_seed(SIGNER.name, b"\x44" * 32)
    assert run(["witness", "add", str(folder), str(newer.key), str(newer.key)]) == 0
    (log,) = WitnessFolder.open(folder).logs()
    assert log.keys == (SIGNER.key, newer.key)
