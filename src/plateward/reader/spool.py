"""Reads on their way to a node, on disk until the node has acknowledged them: a lost link or a power cut loses none.

SQLite with full synchronisation: what ``add`` returned from is on the disk (or counted as held in memory while the disk takes
nothing). Bounded: when the file would grow past its limit the oldest pictures go first, then the oldest reads, and both are
counted. What is deleted is overwritten.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from plateward.core.errors import Fault
from plateward.reader.spool_file import (
    ALL_READS,
    OLDEST_PICTURES,
    OLDEST_READS,
    connect,
    counted,
    damaged,
    free_mb,
    number_of,
    set_aside,
)  # fmt: skip

MOST_REFUSED = 500
"""Reads that the node refused are kept for somebody to look at, the newest of them."""
MOST_IN_MEMORY = 2000
"""Reads held in memory, without pictures, while the disk takes nothing."""


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


@dataclass(frozen=True, slots=True)
class Flight:
    """A delivery under way: its number in this spool, and its reads in their order, the same however often it is sent."""

    sequence: int
    reads: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits: reads, since when, bytes used; reads the node refused; and what had to make room, ever."""

    reads: int
    oldest_at: datetime | None
    bytes: int
    refused: int
    dropped: Mapping[str, int]
    free_mb: float | None


class Spool:
    """The file of waiting reads. Safe for threads; several processes may add to it, one at a time delivers.

    ``name``: 16 hexadecimal digits of its own; its deliveries are numbered under it. ``trouble``: why the disk takes nothing now.
    """

    def __init__(self, path: Path, *, limit_bytes: int = 2 * 1024**3) -> None:
        self.path = path
        self._limit = limit_bytes
        self._lock = threading.RLock()
        self._memory: deque[tuple[Mapping[str, Any], bool]] = deque()
        self.lost = 0
        self.trouble: str | None = None
        self.set_aside: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise Fault(
                f"The spool {path} cannot be opened ({error}).", next_step="Give another with --spool."
            ) from None
        self.name = self._named()

    def _open(self) -> sqlite3.Connection:
        try:
            return connect(self.path)
        except sqlite3.DatabaseError as error:
            if not damaged(error):
                raise
            # Nothing in it can be trusted, and the reader must go on. The file is kept for whoever repairs it.
            self.set_aside = set_aside(self.path)
            return connect(self.path)

    def _named(self) -> str:
        with self._lock, self._db:
            self._db.execute("INSERT OR IGNORE INTO about VALUES ('name', ?)", (secrets.token_hex(8),))
            return str(self._db.execute("SELECT value FROM about WHERE what = 'name'").fetchone()[0])

    def close(self) -> None:
        """Close the file; what waits in it stays."""
        with self._lock:
            self._write_memory()
            self._db.close()

    def add(self, item: Mapping[str, Any], picture: bytes | None, *, hit: bool = False) -> bool:
        """Put a read in, durable on return unless ``trouble`` says otherwise; False when its id waits already.

        While the disk takes nothing, pictures make room for reads; then reads wait in memory, and beyond that they are lost and
        counted. ``hit``: whether it matched a hot list.
        """
        with self._lock:
            self._write_memory()
            try:
                return self._insert(item, picture, hit)
            except sqlite3.DatabaseError as error:
                if damaged(error):
                    self._begin_anew()
                    return self._insert(item, picture, hit)
            try:
                self._drop_pictures()
                return self._insert(item, None, hit)
            except sqlite3.Error as error:
                return self._hold(item, hit, error)

    def _insert(self, item: Mapping[str, Any], picture: bytes | None, hit: bool) -> bool:
        values = (item["id"], msgspec.json.encode(item), picture, hit, _instant(item))
        with self._db:
            done = self._db.execute(
                "INSERT OR IGNORE INTO waiting (id, body, picture, hit, at) VALUES (?, ?, ?, ?, ?)", values
            )
            new = done.rowcount == 1
        while self._used() > self._limit and self._make_room():
            pass
        self.trouble = None
        return new

    def _hold(self, item: Mapping[str, Any], hit: bool, error: sqlite3.Error) -> bool:
        self.trouble = f"the spool's disk takes nothing ({error})"
        self._memory.append((item, hit))
        if len(self._memory) > MOST_IN_MEMORY:
            self._memory.popleft()
            self.lost += 1
        return True

    def _write_memory(self) -> None:
        """What waits in memory goes to the disk as soon as it takes something again."""
        while self._memory:
            item, hit = self._memory[0]
            try:
                self._insert(item, None, hit)
            except sqlite3.Error:
                return
            self._memory.popleft()

    def _begin_anew(self) -> None:
        self._db.close()
        self.set_aside = set_aside(self.path)
        self._db = connect(self.path)
        self.name = self._named()

    def _used(self) -> int:
        pages, free, size = (number_of(self._db, f"PRAGMA {n}") for n in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * size

    def _make_room(self) -> bool:
        return self._drop_pictures() or self._drop(OLDEST_READS, "reads")

    def _drop_pictures(self) -> bool:
        return self._drop(OLDEST_PICTURES, "pictures")

    def _drop(self, statement: str, what: str, values: Sequence[object] = ()) -> bool:
        with self._db:
            gone = self._db.execute(statement, values).rowcount
            counted(self._db, what, gone)
        return gone > 0

    def take_off(self, most: int, most_bytes: int) -> Flight | None:
        """The delivery under way, or the next one: the oldest reads, at most ``most`` and about ``most_bytes``, but one at least.

        Its number and its reads are on the disk before it returns, so that after a power cut the same is sent again.
        """
        with self._lock:
            self._write_memory()
            rows = self._db.execute(
                "SELECT f.sequence, w.id, w.body, w.picture FROM flight f JOIN waiting w USING (id) ORDER BY f.place"
            ).fetchall()
            if rows:
                return Flight(rows[0][0], tuple(Waiting(i, msgspec.json.decode(b), p) for _, i, b, p in rows))
            reads = self.oldest(most, most_bytes)
            if not reads:
                return None
            with self._db:
                self._db.execute("DELETE FROM flight")
                sequence = self._count_up()
                self._db.executemany(
                    "INSERT INTO flight VALUES (?, ?, ?)", [(one.id, sequence, n) for n, one in enumerate(reads)]
                )
            return Flight(sequence, tuple(reads))

    def land(self) -> None:
        """The delivery under way is given up; what is left of it goes with the next, under another number."""
        with self._lock, self._db:
            self._db.execute("DELETE FROM flight")

    def next_number(self) -> int:
        """A number for something that is signed and not a delivery of reads."""
        with self._lock, self._db:
            return self._count_up()

    def _count_up(self) -> int:
        self._db.execute("INSERT OR IGNORE INTO about VALUES ('sequence', 0)")
        self._db.execute("UPDATE about SET value = value + 1 WHERE what = 'sequence'")
        return number_of(self._db, "SELECT value FROM about WHERE what = 'sequence'")

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
            self._db.executemany("DELETE FROM flight WHERE id = ?", [(i,) for i in ids])

    def refuse(self, id_: str, field: str, error: str) -> None:
        """The node will never take this one: it is kept apart with the reason, so that somebody can look."""
        with self._lock, self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO refused SELECT id, body, ?, ? FROM waiting WHERE id = ?", (field, error, id_)
            )
            self._db.execute("DELETE FROM waiting WHERE id = ?", (id_,))
            self._db.execute("DELETE FROM flight WHERE id = ?", (id_,))
            self._db.execute(
                "DELETE FROM refused WHERE rowid NOT IN (SELECT rowid FROM refused ORDER BY rowid DESC LIMIT ?)",
                (MOST_REFUSED,),
            )

    def forget(self, before: datetime | None, *, all_but_hits: bool = False) -> int:
        """Delete reads made ``before`` (the node would not keep them any more), or all that matched no hot list. How many."""
        where, values = (
            (ALL_READS + " hit = 0", []) if all_but_hits else (ALL_READS + " at < ?", [_milliseconds(before)])
        )
        with self._lock, self._db:
            gone = self._db.execute(where, values).rowcount
            self._db.execute("DELETE FROM flight WHERE id NOT IN (SELECT id FROM waiting)")
            if not all_but_hits:
                self._db.execute("DELETE FROM refused WHERE json_extract(body, '$.read_at') < ?", (_text(before),))
            counted(self._db, "not-permitted" if all_but_hits else "expired", gone)
        return gone

    def waiting(self) -> int:
        """Reads not acknowledged yet."""
        with self._lock:
            return number_of(self._db, "SELECT count(*) FROM waiting") + len(self._memory)

    def depth(self) -> Depth:
        """What waits, for the heartbeat."""
        with self._lock:
            oldest = self._db.execute("SELECT min(at) FROM waiting WHERE at > 0").fetchone()[0]
            refused, used = number_of(self._db, "SELECT count(*) FROM refused"), self._used()
        at = datetime.fromtimestamp(oldest / 1000, UTC) if oldest else None
        return Depth(self.waiting(), at, used, refused, self.dropped(), free_mb(self.path))

    def refused(self) -> list[tuple[str, str, str]]:
        """(id, field, error) of each read the node refused."""
        with self._lock:
            return list(self._db.execute("SELECT id, field, error FROM refused ORDER BY id"))

    def dropped(self) -> dict[str, int]:
        """How many pictures and reads had to make room, ever, and how many were past their time."""
        with self._lock:
            found = dict(self._db.execute("SELECT what, count FROM dropped"))
        return found | ({"reads": found.get("reads", 0) + self.lost} if self.lost else {})


def _instant(item: Mapping[str, Any]) -> int:
    try:
        return _milliseconds(datetime.fromisoformat(str(item.get("read_at"))))
    except ValueError:
        return 0


def _milliseconds(at: datetime | None) -> int:
    return 0 if at is None else round(at.timestamp() * 1000)


def _text(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat()
