"""Messages of cameras that never send again, kept on disk while the database does not answer.

A Hikvision camera drops what is not answered with 200 (332 of 332 reads in one report), so its message is written to disk, synced,
and answered; when the database is back it goes the same way as any other. The ids of reads come from reader, instant and plate:
after a crash between storing and deleting, the same message adds nothing.

A message names plates, so it is sealed like a picture: its key is destroyed when it may not be kept any longer, and lies outside
the database and its backups. Only a camera whose key was good since the node started is believed meanwhile, and the folder is
bounded: nobody can fill the disk by knocking.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from plateward.node.durable import PRIVATE, sync_folders, write_durably
from plateward.node.sealing import Keys, bucket, bucket_ends, seal, unseal

FOLDER = "camera-spool"
MAX_BYTES = 512 << 20
MAX_FILES = 20_000
_SEALED = ".sealed"
_CLEAR = ".msg"
"""What earlier programs wrote: taken like the others, and gone then."""

_OWNER = "messages"


class Spooled(msgspec.Struct, frozen=True):
    """One message as it came, of the reader whose key has this SHA-256; ``expires_at``: when it may not be kept any longer."""

    reader: str
    key_digest: bytes
    received_at: datetime
    expires_at: datetime
    content_type: str
    body: bytes
    sender: str | None
    zone: str
    mapping: dict[str, str]


@dataclass(slots=True)
class CameraSpool:
    """The folder, its keys, and who was let in since the node started. Its functions write to disk: call them in a thread."""

    folder: Path
    keys: Keys
    max_bytes: int = MAX_BYTES
    max_files: int = MAX_FILES
    _known: dict[tuple[str, bytes], timedelta] = field(default_factory=dict)

    def remember(self, reader: str, key_digest: bytes, kept: timedelta) -> None:
        """This key opened this reader, whose reads are kept for ``kept``."""
        self._known[reader, key_digest] = kept

    def forget(self, reader: str, key_digest: bytes) -> None:
        """This key opens nothing any more."""
        self._known.pop((reader, key_digest), None)

    def kept(self, reader: str, key_digest: bytes) -> timedelta | None:
        """How long reads of ``reader`` are kept, where this key was good; None for a stranger."""
        return self._known.get((reader, key_digest))

    def put(self, message: Spooled) -> bool:
        """Seal a message and write it durably; False when the folder is full or cannot be written."""
        over = bucket(message.expires_at, message.expires_at - message.received_at)
        name = f"{message.received_at.timestamp():017.6f}-{secrets.token_hex(6)}-{over}{_SEALED}"
        try:
            data = seal(self.keys.key_to_seal_with(_OWNER, over), msgspec.msgpack.encode(message), name.encode())
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sizes = [file.stat().st_size for file in self._files()]
            if len(sizes) >= self.max_files or sum(sizes) + len(data) > self.max_bytes:
                return False
            write_durably(self.folder / name, data, mode=PRIVATE)
        except OSError:
            return False
        return True

    def waiting(self) -> Iterator[tuple[Path, Spooled | None]]:
        """Messages in the order in which they came; None for a file that is none (a part of one is never there)."""
        for file in self._files():
            try:
                content = self._open(file)
                yield file, None if content is None else msgspec.msgpack.decode(content, type=Spooled)
            except FileNotFoundError:
                continue
            except msgspec.DecodeError:
                yield file, None

    def remove(self, file: Path) -> None:
        """Delete a message that is taken."""
        file.unlink(missing_ok=True)
        sync_folders([self.folder])

    def expire(self, now: datetime) -> int:
        """Delete the messages whose key's time is over, taken or not, and the keys. Returns how many messages."""
        over = [file for file in self._files() if (ends := _ends(file)) is not None and ends <= now]
        for file in over:
            file.unlink(missing_ok=True)
        self.keys.shred(now)
        return len(over)

    def count(self) -> int:
        """How many messages wait."""
        return len(self._files())

    def _open(self, file: Path) -> bytes | None:
        ends = _ends(file)
        if ends is None:
            return file.read_bytes() if file.suffix == _CLEAR else None
        sealed = file.read_bytes()
        try:
            key = self.keys.key(_OWNER, _bucket(file))
        except FileNotFoundError:
            return None
        return unseal(key, sealed, file.name.encode())

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(file for file in self.folder.iterdir() if file.suffix in (_SEALED, _CLEAR))


def _bucket(file: Path) -> str:
    return file.stem.rpartition("-")[2]


def _ends(file: Path) -> datetime | None:
    """When the key of a message is destroyed; None for a file that is none of ours or is not sealed."""
    try:
        return bucket_ends(_bucket(file)) if file.suffix == _SEALED else None
    except ValueError:
        return None
