"""Our server among the system's processes: found by what it runs on which folder, never by a number in a file alone.

A process id in ``postmaster.pid`` outlives its process: after a crash the same number may be anybody's.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from plateward.store.embedded.account import Account


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs on our data, by its process id; ``socket`` is its socket's folder, ``state`` what it says of itself."""

    pid: int
    socket: Path
    state: str

    @property
    def ready(self) -> bool:
        """Whether it accepts connections."""
        return self.state == "ready"


def find_server(data: Path, account: Account) -> Running | None:
    """The server on ``data`` as its pid file tells, if the process of that number really is one."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not is_our_server(pid, data, account):
        return None
    lines += [""] * (8 - len(lines))
    return Running(pid, Path(lines[4].strip()), lines[7].strip())


def is_our_server(pid: int, data: Path, account: Account) -> bool:
    """Whether process ``pid`` is PostgreSQL's main process, run by ``account`` on the folder ``data``."""
    if pid <= 1:
        return False
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            command = process.cmdline()
            return (
                process.status() != psutil.STATUS_ZOMBIE
                and process.uids().real == account.uid
                and bool(command)
                and Path(command[0]).name == "postgres"
                and "-D" in command[:-1]
                and Path(command[command.index("-D") + 1]) == data
            )
    except psutil.Error:
        return False


def left_behind(data: Path, account: Account) -> Iterator[int]:
    """Processes of a server whose main process is gone and which still use ``data``: they end by themselves when they notice."""
    for process in psutil.process_iter(["pid", "name", "uids"]):
        with contextlib.suppress(psutil.Error, OSError):
            uids = process.info["uids"]
            if process.info["name"] == "postgres" and uids and uids.real == account.uid and process.cwd() == str(data):
                yield process.pid


def send(pid: int, what: signal.Signals, data: Path, account: Account) -> bool:
    """Signal our server; False when the process is no longer it."""
    if not is_our_server(pid, data, account):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)
    return True
