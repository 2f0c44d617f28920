"""Reads on their way to a node, on disk until the node has acknowledged them: a lost link or a power cut loses none.

SQLite with full synchronisation: what ``add`` returned from is on the disk. Bounded: when the file would grow past its limit
the oldest pictures go first, then the oldest reads, and both are counted.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from plateward.core.errors import Fault

_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, picture BLOB);
CREATE TABLE IF NOT EXISTS refused (id TEXT PRIMARY KEY, body BLOB NOT NULL, field TEXT, error TEXT);
CREATE TABLE IF NOT EXISTS dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""
_OLDEST_PICTURES = """
UPDATE waiting SET picture = NULL
WHERE number IN (SELECT number FROM waiting WHERE picture IS NOT NULL ORDER BY number LIMIT 64)
"""
_OLDEST_READS = "DELETE FROM waiting WHERE number IN (SELECT number FROM waiting ORDER BY number LIMIT 64)"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A read in the spool: its item for the wire, its picture apart, and the bytes both take."""

    id: str
    item: Mapping[str, Any]
    picture: bytes | None

    @property
    def size(self) -> int:
        """Bytes on the wire, about."""
        return 300 + len(self.picture or b"")


class Spool:
    """The file of waiting reads. Safe for threads; two processes may share it."""

    def __init__(self, path: Path, *, limit_bytes: int = 2 * 1024**3) -> None:
        self.path = path
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self.set_aside: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise Fault(
                f"The spool {path} cannot be opened ({error}).", next_step="Give another with --spool."
            ) from None

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            # Damaged: nothing in it can be trusted, and the reader must go on. The file is kept for whoever repairs it.
            self.set_aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
            self.path.rename(self.set_aside)
            for rest in ("-wal", "-shm"):
                self.path.with_name(self.path.name + rest).unlink(missing_ok=True)
            return _connect(self.path)

    def close(self) -> None:
        """Close the file; what waits in it stays."""
        with self._lock:
            self._db.close()

    def add(self, item: Mapping[str, Any], picture: bytes | None) -> bool:
        """Put a read in, durable on return; False when its id waits already. Raises Fault when the disk takes no more."""
        body = msgspec.json.encode(item)
        with self._lock:
            try:
                return self._insert(item["id"], body, picture)
            except sqlite3.OperationalError:
                pass
            try:  # A full disk: pictures make room for reads.
                self._drop_pictures()
                return self._insert(item["id"], body, None)
            except sqlite3.Error as error:
                step = "Free space on its disk, or give another place with --spool."
                raise Fault(f"The spool {self.path} takes no more reads ({error}).", next_step=step) from None

    def _insert(self, id_: str, body: bytes, picture: bytes | None) -> bool:
        with self._db:
            done = self._db.execute(
                "INSERT OR IGNORE INTO waiting (id, body, picture) VALUES (?, ?, ?)", (id_, body, picture)
            )
            new = done.rowcount == 1
        while self._used() > self._limit and self._make_room():
            pass
        return new

    def _used(self) -> int:
        (pages,), (free,), (size,) = (
            self._db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _make_room(self) -> bool:
        return self._drop_pictures() or self._drop(_OLDEST_READS, "reads")

    def _drop_pictures(self) -> bool:
        return self._drop(_OLDEST_PICTURES, "pictures")

    def _drop(self, statement: str, what: str) -> bool:
        with self._db:
            gone = self._db.execute(statement).rowcount
            if gone:
                self._db.execute(
                    "INSERT INTO dropped VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET count = count + excluded.count",
                    (what, gone),
                )
        return gone > 0

    def oldest(self, most: int, most_bytes: int) -> list[Waiting]:
        """The oldest reads, at most ``most`` and about ``most_bytes``, but one at least."""
        taken: list[Waiting] = []
        size = 0
        with self._lock:
            for id_, body, picture in self._db.execute(
                "SELECT id, body, picture FROM waiting ORDER BY number LIMIT ?", (most,)
            ):
                one = Waiting(id_, msgspec.json.decode(body), picture)
                size += one.size
                if taken and size > most_bytes:
                    break
                taken.append(one)
        return taken

    def done(self, ids: Sequence[str]) -> None:
        """The node has these."""
        with self._lock, self._db:
            self._db.executemany("DELETE FROM waiting WHERE id = ?", [(i,) for i in ids])

    def refuse(self, id_: str, field: str, error: str) -> None:
        """The node will never take this one: it is kept apart with the reason, so that somebody can look."""
        with self._lock, self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO refused SELECT id, body, ?, ? FROM waiting WHERE id = ?", (field, error, id_)
            )
            self._db.execute("DELETE FROM waiting WHERE id = ?", (id_,))

    def waiting(self) -> int:
        """Reads not acknowledged yet."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def refused(self) -> list[tuple[str, str, str]]:
        """(id, field, error) of each read the node refused."""
        with self._lock:
            return list(self._db.execute("SELECT id, field, error FROM refused ORDER BY id"))

    def dropped(self) -> dict[str, int]:
        """How many pictures and reads had to make room, ever."""
        with self._lock:
            return dict(self._db.execute("SELECT what, count FROM dropped"))


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10, check_same_thread=False)
    try:
        path.chmod(0o600)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(_SCHEMA)
        if db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the file is damaged")
    except BaseException:
        db.close()
        raise
    return db
