"""One node a folder: a lock that the operating system gives back when its holder dies, however it dies."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from plateward.core.errors import Fault


class FolderLock:
    """Holds ``folder/lock`` from ``acquire`` to ``release``; the file names the holder's process id."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises Fault naming the process that has it."""
        import fcntl

        # flock, not lockf: it belongs to this open file, so that a second server in the same process is refused as well.
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise Fault(
                f"the data folder {self._path.parent} is in use by process {holder}.",
                next_step="Stop that node first, or give this one a data folder of its own.",
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle

    def release(self) -> None:
        """Give it back. The file stays: removing it would let two processes lock two different files."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> FolderLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
