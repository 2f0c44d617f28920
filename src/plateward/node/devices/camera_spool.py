"""Messages of cameras that never send again, kept on disk while the database does not answer.

A Hikvision camera drops what is not answered with 200 (332 of 332 reads in one report), so its message is written to disk, synced,
and answered; when the database is back it goes the same way as any other. The ids of reads come from reader, instant and plate:
after a crash between storing and deleting, the same message adds nothing.

Only a camera whose key was good since the node started is believed meanwhile, and the folder is bounded: nobody can fill the disk
by knocking. What was never taken goes when it is older than the longest that its reader's reads are kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from plateward.node.durable import PRIVATE, sync_folders, write_durably

FOLDER = "camera-spool"
MAX_BYTES = 512 << 20
MAX_FILES = 20_000


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
    """The folder, and who was let in since the node started. Its functions write to disk: call them in a thread."""

    folder: Path
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
        """Write a message durably; False when the folder is full or cannot be written."""
        data = msgspec.msgpack.encode(message)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sizes = [file.stat().st_size for file in self._files()]
            if len(sizes) >= self.max_files or sum(sizes) + len(data) > self.max_bytes:
                return False
            name = f"{message.received_at.timestamp():017.6f}-{secrets.token_hex(6)}.msg"
            write_durably(self.folder / name, data, mode=PRIVATE)
        except OSError:
            return False
        return True

    def waiting(self) -> Iterator[tuple[Path, Spooled | None]]:
        """Messages in the order in which they came; None for a file that is none (a part of one is never there)."""
        for file in self._files():
            try:
                yield file, msgspec.msgpack.decode(file.read_bytes(), type=Spooled)
            except FileNotFoundError:
                continue
            except msgspec.DecodeError:
                yield file, None

    def remove(self, file: Path) -> None:
        """Delete a message that is taken."""
        file.unlink(missing_ok=True)
        sync_folders([self.folder])

    def count(self) -> int:
        """How many messages wait."""
        return len(self._files())

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.msg")) if self.folder.is_dir() else []
