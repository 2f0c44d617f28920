"""The small server around a witness, and the folder in which it remembers. No database.

DIR/name                      the witness's name
DIR/secret                    its private keys, one a line; readable by its owner only
DIR/lock                      held by the one server that runs
DIR/logs/<origin hash>/keys   verifier keys of a log that it accepts, one a line
DIR/logs/<origin hash>/checkpoint   the last checkpoint that it cosigned
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from plateward.core.errors import BadInput, Fault
from plateward.formats.cosignature import Cosigner
from plateward.formats.signed_note import KeyType, VerifierKey, check_name, parse_vkey
from plateward.formats.witness_protocol import MAX_REQUEST
from plateward.node.durable import PRIVATE, write_durably
from plateward.oversight.witness import TEXT, Answer, WitnessedLog, answer, origin_hash, recall

_KINDS = {"ed25519": KeyType.COSIGNATURE_ED25519, "ml-dsa-44": KeyType.COSIGNATURE_ML_DSA_44}


@dataclass(frozen=True, slots=True)
class WitnessFolder:
    """A witness's memory on disk."""

    path: Path
    _held: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @staticmethod
    def make(path: Path, name: str, seeds: Sequence[tuple[str, bytes]]) -> WitnessFolder:
        """A new witness. ``seeds``: kind of key and 32 random bytes. Raises BadInput when there is one already."""
        check_name(name)
        if (path / "secret").exists():
            raise BadInput("there is a witness in this folder already", where=str(path))
        (path / "logs").mkdir(parents=True, exist_ok=True)
        write_durably(path / "name", name.encode("utf-8") + b"\n")
        write_durably(
            path / "secret", "".join(f"{kind} {seed.hex()}\n" for kind, seed in seeds).encode("ascii"), mode=PRIVATE
        )
        return WitnessFolder(path)

    @staticmethod
    def open(path: Path) -> WitnessFolder:
        """An existing witness. Raises BadInput when there is none."""
        if not (path / "secret").is_file():
            raise BadInput("there is no witness in this folder: plateward witness init makes one", where=str(path))
        return WitnessFolder(path)

    def cosigners(self) -> list[Cosigner]:
        """The witness's private keys. Raises BadInput when the file is damaged; its content stays out of the message."""
        name = (self.path / "name").read_text("utf-8").strip()
        found = []
        for number, line in enumerate((self.path / "secret").read_text("ascii").splitlines(), 1):
            kind, _, seed = line.partition(" ")
            try:
                found.append(Cosigner.from_seed(name, _KINDS[kind], bytes.fromhex(seed)))
            except (KeyError, ValueError):
                raise BadInput("this is not a private key", where=f"{self.path / 'secret'}, line {number}") from None
        return found

    def add(self, keys: Sequence[VerifierKey]) -> None:
        """Accept the logs of these keys from now on. A further key of a known log is one that it changes to."""
        for key in keys:
            if key.type is not KeyType.ED25519:
                raise BadInput("this is a witness's key; a log's is needed", where=key.name)
            folder = self.path / "logs" / origin_hash(key.name)
            folder.mkdir(parents=True, exist_ok=True)
            known = self._keys(key.name)
            if key not in known:
                write_durably(folder / "keys", "".join(f"{each}\n" for each in (*known, key)).encode("utf-8"))

    def logs(self) -> list[WitnessedLog]:
        """Every log that is accepted, in order of origin."""
        names = [_lines(file)[0].partition("+")[0] for file in self.path.glob("logs/*/keys")]
        return sorted((log for name in names if (log := self.find(name))), key=lambda log: log.origin)

    def find(self, origin: str) -> WitnessedLog | None:
        """What is remembered of a log; None when it is not accepted. Raises BadInput when what is stored is damaged."""
        keys = self._keys(origin)
        return recall(origin, keys, self.latest(origin_hash(origin))) if keys else None

    def latest(self, hashed: str) -> bytes | None:
        """The last cosigned checkpoint, by the hash of its origin; None when there is none."""
        file = self.path / "logs" / hashed / "checkpoint"
        return file.read_bytes() if file.is_file() else None

    def judge(self, request: bytes, cosigners: Sequence[Cosigner], now: int) -> Answer:
        """Judge a request and remember, durably, what it comes to: only then there is an answer. One at a time."""
        with self._held:
            judged = answer(request, self.find, cosigners, now)
            if judged.remember is not None and judged.remember.latest is not None:
                folder = self.path / "logs" / origin_hash(judged.remember.origin)
                write_durably(folder / "checkpoint", judged.remember.latest.encode())
            return judged

    def lock(self) -> IO[bytes]:
        """Keep other servers off this folder as long as the returned file is open. Raises Fault when one has it."""
        file = (self.path / "lock").open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise Fault(f"A witness is running on {self.path} already.", next_step="Stop it first.") from None
        return file

    def _keys(self, origin: str) -> tuple[VerifierKey, ...]:
        file = self.path / "logs" / origin_hash(origin) / "keys"
        return tuple(parse_vkey(line, str(file)) for line in _lines(file)) if file.is_file() else ()


def witness_app(folder: WitnessFolder, clock: Callable[[], float] = time.time) -> Starlette:
    """The witness over HTTP: ``POST /add-checkpoint`` and ``GET /<origin hash>/checkpoint``."""
    cosigners = folder.cosigners()

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST:
                return Response(f"at most {MAX_REQUEST} bytes\n", 413, media_type=TEXT)
        judged = await anyio.to_thread.run_sync(partial(folder.judge, bytes(body), cosigners, int(clock())))
        return Response(judged.body, judged.status, headers={"content-type": judged.content_type})

    async def checkpoint(request: Request) -> Response:
        hashed = str(request.path_params["hashed"])
        known = len(hashed) == 64 and not set(hashed) - set("0123456789abcdef")
        data = await anyio.to_thread.run_sync(folder.latest, hashed) if known else None
        if data is None:
            return Response("no checkpoint of this log was cosigned here\n", 404, media_type=TEXT)
        return Response(data, headers={"content-type": TEXT, "cache-control": "max-age=5"})

    routes = [
        Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
        Route("/{hashed}/checkpoint", checkpoint, methods=["GET"]),
    ]
    return Starlette(routes=routes)


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").splitlines() if line.strip()]
