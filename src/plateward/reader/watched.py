"""A folder that a camera fills, by FTP or a network drive: each file once, and only when it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from plateward.reader.sources import kind_of

SETTLE_S = 1.0
"""A file that has not changed for so long is complete, if it looks so."""
GIVE_UP_S = 30.0
"""A picture without its end is read after this long all the same: then its error is told."""
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload")
_ENDS = {".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9", ".png": b"IEND\xaeB`\x82"}

State = tuple[int, int]


@dataclass(slots=True)
class _Coming:
    """A file on its way: size and time of change, and since when both are so."""

    state: State
    since: float


class FillingFolder:
    """Remembers which files were given out, by size and time of change; of files that are gone it remembers nothing."""

    def __init__(self, folder: Path, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._elapsed = folder, elapsed
        self._coming: dict[str, _Coming] = {}
        self._given: dict[str, State] = {}

    def complete(self) -> list[Path]:
        """Files that are complete and were not given out yet, the oldest first. Raises OSError when the folder cannot be read."""
        now = self._elapsed()
        there = dict(self._files())
        self._given = {name: state for name, state in self._given.items() if there.get(name) == state}
        self._coming = {name: coming for name, coming in self._coming.items() if name in there}
        ready = []
        for name, state in there.items():
            if self._given.get(name) == state:
                continue
            coming = self._coming.get(name)
            if coming is None or coming.state != state:
                self._coming[name] = _Coming(state, now)
            elif now - coming.since >= (SETTLE_S if _looks_whole(Path(name)) else GIVE_UP_S):
                ready.append((state[1], name))
                self._given[name] = state
                del self._coming[name]
        return [Path(name) for _, name in sorted(ready)]

    def _files(self) -> Iterator[tuple[str, State]]:
        os.scandir(self._folder).close()  # a drive that is gone is an error, not an empty folder
        for place, folders, files in os.walk(self._folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                path = Path(place) / name
                if name.startswith(".") or name.lower().endswith(UNFINISHED) or kind_of(path) is None:
                    continue
                try:
                    status = path.stat()
                except OSError:
                    continue
                if status.st_size:
                    yield str(path), (status.st_size, status.st_mtime_ns)


def _looks_whole(path: Path) -> bool:
    end = _ENDS.get(path.suffix.lower())
    if end is None:
        return True
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            return end in file.read()
    except OSError:
        return False
