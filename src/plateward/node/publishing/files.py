"""The ledger's files on the disk, and the key that signs it."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx
import msgspec

from plateward.core.errors import Fault
from plateward.formats.checkpoint import SignedCheckpoint, parse_checkpoint
from plateward.formats.signed_note import NoteSigner
from plateward.formats.tiles import WIDTH, Tile
from plateward.node.durable import PRIVATE, write_durably, write_whole
from plateward.node.settings import Settings, Witness

FOLDER = "ledger"
CHECKPOINT = "checkpoint"
KEY_FILE = "log.vkey"
BODIES = "bodies.jsonl"
SUCCESSION = "succession.json"
BEFORE = "before"
WITNESS_TIMEOUT_S = 10
_HASH = 32


class Succession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That this ledger follows another: its number, from which of the database's rows on, and the other's last checkpoint.

    ``kept``: how many of the other's entries the database still had. ``predecessor_base``: from which row the other began.
    """

    generation: int
    base: int
    kept: int
    predecessor_base: int
    checkpoint: str


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=WITNESS_TIMEOUT_S)


@dataclass(slots=True)
class Publisher:
    """The one that writes a node's ledger files.

    ``lock`` keeps a request on demand apart from the regular round. ``cosigned``: the size each witness last cosigned. ``latest``:
    the instant of the ledger's youngest entry, as far as this process knows. ``halted``: why nothing may be appended any more.
    ``connect``: how witnesses are reached.
    """

    folder: Path
    signer: NoteSigner
    origin: str
    seed: bytes
    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    cosigned: dict[str, int] = field(default_factory=dict)
    latest: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    succession: Succession | None = None
    halted: str = ""
    connect: Callable[[], httpx.AsyncClient] = _client

    @property
    def base(self) -> int:
        """The database's number of this ledger's first entry: 0, or where it took the place of another."""
        return self.succession.base if self.succession else 0

    @property
    def generation(self) -> int:
        """1, or one more than the ledger that this one follows."""
        return self.succession.generation if self.succession else 1

    def secret(self, use: str) -> bytes:
        """A secret of this node for one use: nobody can try values through a digest that is keyed with it."""
        return hashlib.blake2b(f"plateward {use}".encode(), key=self.seed, digest_size=32).digest()

    def published(self) -> SignedCheckpoint | None:
        """The checkpoint that is out, or None before the first. Reads a file."""
        try:
            return parse_checkpoint((self.folder / CHECKPOINT).read_bytes())
        except FileNotFoundError:
            return None

    def read_tile(self, tile: Tile) -> bytes:
        """A tile's file; the full one where the partial one has been cleared away."""
        try:
            return (self.folder / tile.path).read_bytes()
        except FileNotFoundError:
            return (self.folder / tile.whole.path).read_bytes()[: tile.width * _HASH]

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Keep every other publisher of this folder out while the block runs, in this process and in others."""
        async with self.lock:
            file = await asyncio.to_thread(self._take)
            try:
                yield
            finally:
                file.close()

    def _take(self) -> IO[bytes]:
        file = (self.folder / ".lock").open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def leaves(self, first: int, last: int, size: int) -> list[bytes]:
        """The leaf hashes of entries ``first`` up to ``last`` of the ``size`` that are published. Reads files."""
        found: list[bytes] = []
        for place in range(first // WIDTH, -(-last // WIDTH)):
            hashes = self.read_tile(Tile(0, place, min(WIDTH, size - place * WIDTH)))
            found.extend(hashes[i : i + _HASH] for i in range(0, len(hashes), _HASH))
        return found[first % WIDTH :][: last - first]

    def succeed(self, seen: SignedCheckpoint, kept: int, base: int) -> None:
        """End this ledger at ``seen`` and begin its successor at row ``base``. Writes the file that makes it so."""
        after = Succession(self.generation + 1, base, kept, self.base, seen.encode().decode("utf-8"))
        write_durably(self.folder / SUCCESSION, msgspec.json.format(msgspec.json.encode(after)))
        self.succession = after
        self.signer = NoteSigner.from_seed(origin_of(self.origin, after), self.seed)

    def settle(self) -> None:
        """Put the files of a ledger that ended under ``before/``, and our key beside the new one. May be repeated."""
        out = self.published()
        if out is not None and out.checkpoint.origin != self.signer.name:
            old = self.folder / BEFORE / str(self.generation - 1)
            old.mkdir(parents=True, exist_ok=True)
            for name in (
                "tile",
                BODIES,
                KEY_FILE,
                CHECKPOINT,
            ):  # the checkpoint last: it tells that this is not finished
                if (self.folder / name).exists():
                    (self.folder / name).rename(old / name)
        self.cosigned.clear()
        write_whole(self.folder / KEY_FILE, f"{self.signer.key}\n".encode())


def open_publisher(settings: Settings, random: Callable[[int], bytes]) -> Publisher:
    """The publisher of a node's folder; the key is made at the first start. Reads and writes files."""
    folder = settings.data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    seed, succession = _seed(settings.data / "keys" / "ledger.key", random), _succession(folder / SUCCESSION)
    signer = NoteSigner.from_seed(origin_of(settings.ledger_origin, succession), seed)
    publisher = Publisher(
        folder,
        signer,
        settings.ledger_origin,
        seed,
        settings.ledger.witnesses,
        settings.ledger.quorum,
        succession=succession,
    )
    publisher.settle()
    return publisher


def origin_of(origin: str, succession: Succession | None) -> str:
    """The name of a ledger: as set, and from the second on with its number."""
    return f"{origin}/{succession.generation}" if succession else origin


def _succession(file: Path) -> Succession | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Succession)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        raise Fault(
            "The note of the ledger's succession is damaged.", next_step=f"Restore {file} from a backup."
        ) from None


def _seed(file: Path, random: Callable[[int], bytes]) -> bytes:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(file, random(32).hex().encode(), mode=PRIVATE)
    try:
        return bytes.fromhex(file.read_text(encoding="ascii"))
    except ValueError:
        raise Fault("The ledger's key is damaged.", next_step=f"Restore {file} from a backup.") from None
