"""Writing files so that a crash leaves the old content or the new, never a part, and what was reported as written stays."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

PUBLIC, PRIVATE = 0o644, 0o600


def write_whole(path: Path, content: bytes) -> None:
    """Write a whole file or none; others may write the same file at the same time.

    The content is synced, its name is not: whoever writes many files syncs their folders once, with ``sync_folders``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _beside(path, content, PUBLIC).replace(path)


def write_durably(path: Path, content: bytes, *, mode: int = PUBLIC, exclusive: bool = False) -> None:
    """Write a whole file, with its name synced. The folder must be there; ``mode``: who can read it.

    With ``exclusive`` the file must not exist yet: raises FileExistsError, and whoever was first stays.
    """
    beside = _beside(path, content, mode)
    try:
        if exclusive:
            path.hardlink_to(beside)
        else:
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folders([path.parent])


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the names in these folders durable."""
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _beside(path: Path, content: bytes, mode: int) -> Path:
    """A synced neighbour with the content; nothing of it stays where writing fails."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside
