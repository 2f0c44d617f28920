"""The ledger's files on the disk, and the key that signs it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from plateward.core.errors import Fault
from plateward.formats.checkpoint import SignedCheckpoint, parse_checkpoint
from plateward.formats.signed_note import NoteSigner
from plateward.formats.tiles import Tile
from plateward.node.settings import Settings, Witness

FOLDER = "ledger"
CHECKPOINT = "checkpoint"
KEY_FILE = "log.vkey"


@dataclass(slots=True)
class Publisher:
    """The one that writes a node's ledger files.

    ``lock`` keeps a request on demand apart from the regular round. ``cosigned``: the size each witness last cosigned. ``latest``:
    the instant of the ledger's youngest entry, as far as this process knows.
    """

    folder: Path
    signer: NoteSigner
    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    cosigned: dict[str, int] = field(default_factory=dict)
    latest: datetime = datetime(1970, 1, 1, tzinfo=UTC)

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
            return (self.folder / tile.whole.path).read_bytes()[: tile.width * 32]


def open_publisher(settings: Settings, random: Callable[[int], bytes]) -> Publisher:
    """The publisher of a node's folder; the key is made at the first start. Reads and writes files."""
    folder = settings.data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    signer = NoteSigner.from_seed(settings.ledger_origin, _seed(settings.data / "keys" / "ledger.key", random))
    write_whole(folder / KEY_FILE, f"{signer.key}\n".encode())
    return Publisher(folder, signer, settings.ledger.witnesses, settings.ledger.quorum)


def _seed(file: Path, random: Callable[[int], bytes]) -> bytes:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        write_whole(file, random(32).hex().encode())
    try:
        return bytes.fromhex(file.read_text(encoding="ascii"))
    except ValueError:
        raise Fault("The ledger's key is damaged.", next_step=f"Restore {file} from a backup.") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a whole file durably, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
