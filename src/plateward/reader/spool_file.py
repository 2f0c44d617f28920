"""The spool's SQLite file: opening it, telling damage from trouble with the disk, and what is deleted when it is full."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from plateward.core.errors import Fault

_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, picture BLOB,
  hit INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS refused (id TEXT PRIMARY KEY, body BLOB NOT NULL, field TEXT, error TEXT);
CREATE TABLE IF NOT EXISTS dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS flight (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, place INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS about (what TEXT PRIMARY KEY, value NOT NULL);
"""
# Added since the first release: a spool made by it is carried on.
_ADDED = ("hit INTEGER NOT NULL DEFAULT 0", "at INTEGER NOT NULL DEFAULT 0")

# What is being delivered stays as it is: the node may have it already, and must get the same bytes again.
OLDEST_PICTURES = """
UPDATE waiting SET picture = NULL WHERE number IN (
  SELECT number FROM waiting WHERE picture IS NOT NULL AND id NOT IN (SELECT id FROM flight) ORDER BY number LIMIT 64)
"""
OLDEST_READS = """
DELETE FROM waiting WHERE number IN (
  SELECT number FROM waiting WHERE id NOT IN (SELECT id FROM flight) ORDER BY number LIMIT 64)
"""
ALL_READS = "DELETE FROM waiting WHERE"

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def connect(path: Path) -> sqlite3.Connection:
    """Open or make the file. Raises sqlite3.DatabaseError; see ``damaged``."""
    db = sqlite3.connect(path, timeout=10, check_same_thread=False)
    try:
        path.chmod(0o600)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.executescript(_SCHEMA)
        known = {row[1] for row in db.execute("PRAGMA table_info(waiting)")}
        for column in _ADDED:
            if column.split()[0] not in known:
                db.execute(f"ALTER TABLE waiting ADD COLUMN {column}")
        if db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise _broken()
    except BaseException:
        db.close()
        raise
    return db


def _broken() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("the file is damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def damaged(error: sqlite3.Error) -> bool:
    """Whether an error says that the file's content is broken, and not that the disk is full, gone or locked."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


def set_aside(path: Path) -> Path:
    """Move a damaged file away, with the date in its name, and return where it lies now."""
    aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
    path.rename(aside)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    return aside


def counted(db: sqlite3.Connection, what: str, number: int) -> None:
    """Add to what was dropped, ever."""
    if number > 0:
        db.execute(
            "INSERT INTO dropped VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET count = count + excluded.count",
            (what, number),
        )


def number_of(db: sqlite3.Connection, query: str) -> int:
    """The one number that a query gives."""
    return int(db.execute(query).fetchone()[0])


def free_mb(path: Path) -> float | None:
    """Megabytes free on the disk of a file, None where that cannot be told."""
    try:
        return shutil.disk_usage(path.parent).free / 1_000_000
    except OSError:
        return None


@contextlib.contextmanager
def one_deliverer(path: Path) -> Iterator[bool]:
    """Whether this process alone delivers from the spool at ``path``; the lock goes with the process, however it ends."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system: one process is what is usual anyway
        yield True
        return
    try:
        file = path.with_name(path.name + ".lock").open("w", encoding="utf-8")
    except OSError as error:
        raise Fault(f"The spool {path} cannot be locked ({error}).", next_step="Give another with --spool.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
