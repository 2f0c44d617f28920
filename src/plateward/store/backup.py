"""Backups that forget on time: one consistent picture of the database, reads in a file for each of their partitions.

    <backup>/manifest.json          what is in it, with digests, and when each file must be gone
    <backup>/database.dump          everything but reads, dictionary, quarantine and sessions (pg_dump, custom format)
    <backup>/reads/<partition>.gz   the reads of one retention class and day (COPY, binary)
    <backup>/held/<hold>.gz         the reads that one hold keeps
    <backup>/quarantine.gz          deliveries set apart
    <backup>/alerts*.gz             alerts, which quote reads, and what was said and sent of them

A file of reads expires with the first of its reads, so that no copy outlives what was promised: ``expire_backup`` deletes it, and
a restore leaves it out. Pictures and their keys are no part of this: they lie outside the database. The dictionary is made
anew from the reads; sessions end. Sealed for recipients, each file but the manifest is an age file (``backup_files``).
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import zlib
from collections.abc import AsyncIterator, Container, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import plateward
from plateward.core.errors import BadInput, Fault
from plateward.store import restoring
from plateward.store.backup_files import BackupFile, Opener, check, describe, name_of, reading, writing
from plateward.store.embedded.binaries import Programs
from plateward.store.migrate import migrations

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
QUARANTINE = "quarantine.gz"
_APART = (
    "plateward_parts.*", "plateward.plate_dictionary", "plateward.quarantine", "plateward.sessions", "plateward.login_links",
    "plateward.alerts", "plateward.alert_reads", "plateward.alert_steps", "plateward.outbox",
    "plateward.feed_reads",
)  # fmt: skip
_OF_ALERTS = ("alerts", "alert_reads", "alert_steps", "outbox")
"""In the order in which they refer to each other; they expire together, with the first read that an alert quotes."""
_CHUNK = 1 << 20
NO_KEYS = Opener()


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. ``expired``: names of files that were deleted on time. ``recipients``: public keys it is sealed for."""

    format: int
    program: str
    made_at: datetime
    migrations: tuple[str, ...]
    ledger_size: int
    epoch: int
    files: tuple[BackupFile, ...]
    expired: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    def living(self, now: datetime) -> tuple[BackupFile, ...]:
        """The files whose time has not passed."""
        return tuple(
            file
            for file in self.files
            if file.name not in self.expired and (file.expires_at is None or file.expires_at > now)
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows to copy: the query, where they go on restoring, and the query for when the first of them expires."""

    name: str
    table: str
    expires: sql.Composable


async def back_up(
    owner: str, programs: Programs, folder: Path, now: datetime, recipients: Sequence[str] = ()
) -> Manifest:
    """Write a backup of the database at ``owner`` into the new folder ``folder``, sealed for ``recipients``; returns its manifest.

    The node may go on working: all of it is as of one moment. Raises BadInput when ``folder`` exists, Fault when the database or
    disk fails; nothing is left behind then.
    """
    fresh = await asyncio.to_thread(_new_folder, folder)
    try:
        manifest = await _write(owner, programs, fresh, now, tuple(recipients))
        _sync(fresh / "reads")
        _sync(fresh / "held")
        _write_manifest(fresh, manifest)
        fresh.rename(folder)
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return manifest


def _new_folder(folder: Path) -> Path:
    """The folder to write into, beside ``folder``, which it becomes when it is whole."""
    if folder.exists():
        raise BadInput("this exists already; name a folder that does not", where=str(folder))
    fresh = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    (fresh / "reads").mkdir(parents=True)
    (fresh / "held").mkdir()
    fresh.chmod(0o700)
    return fresh


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BadInput when there is none, or it is of a later format."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BadInput(f"this folder is no backup: it has no {MANIFEST}", where=str(folder)) from None
    except msgspec.DecodeError as error:
        raise BadInput(f"the manifest is damaged: {error}", where=str(folder / MANIFEST)) from None
    if manifest.format != FORMAT:
        raise BadInput(
            f"this backup has format {manifest.format}, and this program reads format {FORMAT}; install {manifest.program}",
            where=str(folder / MANIFEST),
        )
    return manifest


def expire_backup(
    folder: Path,
    now: datetime,
    *,
    holds: Container[str] | None = None,
    shortened: Mapping[int, tuple[int, datetime]] | None = None,
) -> tuple[str, ...]:
    """Delete the files of a backup whose time has passed; returns their names. The rest can still be restored.

    ``holds``: those that still keep reads (hex); files of others go. ``shortened``: classes whose reads made before an instant are
    kept for fewer minutes since.
    """
    manifest = read_manifest(folder)
    due = tuple(
        file.name
        for file in manifest.files
        if file.name not in manifest.expired and _is_due(file, manifest.made_at, now, holds, shortened or {})
    )
    for name in due:
        (folder / name).unlink(missing_ok=True)
    if due:
        _sync(folder / "reads")
        _write_manifest(folder, msgspec.structs.replace(manifest, expired=(*manifest.expired, *due)))
    return due


def _is_due(
    file: BackupFile,
    made_at: datetime,
    now: datetime,
    holds: Container[str] | None,
    shortened: Mapping[int, tuple[int, datetime]],
) -> bool:
    if file.expires_at is None:
        return False
    if file.name.startswith("held/") and holds is not None:
        return file.expires_at <= now or Path(file.name).name.partition(".")[0] not in holds
    class_ = re.match(r"reads/reads_k(\d+)_", file.name)
    cut = shortened.get(int(class_[1])) if class_ else None
    if class_ and cut is not None and made_at <= cut[1]:
        return file.expires_at - timedelta(minutes=int(class_[1]) - cut[0]) <= now
    return file.expires_at <= now


async def restore(owner: str, programs: Programs, folder: Path, now: datetime, keys: Opener = NO_KEYS) -> Manifest:
    """Bring the backup in ``folder`` into the empty database at ``owner``, without what has expired by ``now``.

    Every file is checked before anything is written. A backup of an older program is upgraded. Raises BadInput for a damaged file
    or one that ``keys`` do not open, by name, and for a database that is not empty; Fault when a newer program made the backup. A
    restore that fails leaves the database as empty as it was.
    """
    manifest = read_manifest(folder)
    wanted = manifest.living(now)
    for file in wanted:
        await asyncio.to_thread(check, folder, file, keys)
    restoring.require_known(manifest.migrations, manifest.program)
    async with restoring.emptied_on_failure(owner) as connection:
        with reading(folder / name_of(DUMP, manifest.recipients), keys) as dump:
            arguments = ["--exit-on-error", "--single-transaction"]
            await run_program(programs, "pg_restore", owner, arguments, source=dump)
        for file in wanted:
            if file.table:
                await restoring.load_rows(connection, folder / file.name, file.table, keys)
        await restoring.finish(connection, owner)
    return manifest


async def _write(owner: str, programs: Programs, folder: Path, now: datetime, recipients: tuple[str, ...]) -> Manifest:
    async with _one_moment(owner) as (connection, snapshot):
        apart = [f"--exclude-table-data={table}" for table in _APART]
        arguments = ["--format=custom", "--compress=gzip:1", f"--snapshot={snapshot}", *apart]
        dump = folder / name_of(DUMP, recipients)
        with writing(dump, recipients) as sink:
            await run_program(programs, "pg_dump", owner, arguments, sink=sink)
        files = [await asyncio.to_thread(describe, dump)]
        copied = [await _copy_out(connection, folder, source, recipients) for source in await _sources(connection)]
        known = tuple(step.file for step in migrations())
        size = await _number(connection, "SELECT size FROM plateward.ledger_head")
        epoch = await _number(connection, "SELECT epoch FROM plateward.policy_epoch")
        files += [file for file in copied if file is not None]
        return Manifest(FORMAT, plateward.__version__, now, known, size, epoch, tuple(files), recipients=recipients)


async def _number(connection: psycopg.AsyncConnection[tuple[object, ...]], query: str) -> int:
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None and isinstance(row[0], int)
    return row[0]


@asynccontextmanager
async def _one_moment(owner: str) -> AsyncIterator[tuple[psycopg.AsyncConnection[tuple[object, ...]], str]]:
    """A transaction whose view of the database others can share by the name given."""
    async with await psycopg.AsyncConnection.connect(owner) as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        row = await (await connection.execute("SELECT pg_export_snapshot()")).fetchone()
        assert row is not None
        yield connection, str(row[0])


async def _sources(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> list[_Source]:
    rows = await (
        await connection.execute("SELECT name, keep_minutes FROM plateward.read_partitions ORDER BY from_at, name")
    ).fetchall()
    sources = [
        _Source(
            f"reads/{name}.gz",
            f"plateward_parts.{name}",
            sql.SQL("min(read_at) + {} * interval '1 minute'").format(sql.Literal(keep)),
        )
        for name, keep in rows
    ]
    leaves = await (
        await connection.execute(
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'plateward_parts' AND c.relkind = 'r' AND c.relname ~ '^held_[0-9a-f]{32}$' ORDER BY 1"
        )
    ).fetchall()
    held = [
        _Source(f"held/{str(leaf)[5:]}.gz", f"plateward_parts.{leaf}", sql.SQL("min(kept_until)")) for (leaf,) in leaves
    ]
    first = sql.SQL("(SELECT min(a.expires_at) FROM plateward.alerts a WHERE a.forgotten_at IS NULL)")
    alerts = [_Source(f"{name}.gz", f"plateward.{name}", first) for name in _OF_ALERTS]
    return [*sources, *held, _Source(QUARANTINE, "plateward.quarantine", sql.SQL("min(expires_at)")), *alerts]


async def _copy_out(
    connection: psycopg.AsyncConnection[tuple[object, ...]], folder: Path, source: _Source, recipients: Sequence[str]
) -> BackupFile | None:
    """Copy one table's rows into a file; None when it has none, or was dropped meanwhile as past its time."""
    table, name = sql.Identifier(*source.table.split(".")), name_of(source.name, recipients)
    try:
        async with connection.transaction():
            query = sql.SQL("SELECT count(*), {} FROM {}").format(source.expires, table)
            row = await (await connection.execute(query)).fetchone()
            if row is None or row[0] == 0:
                return None
            with writing(folder / name, recipients) as out:
                await _pack(connection, table, out)
    except psycopg.errors.UndefinedTable:
        return None
    described = await asyncio.to_thread(describe, folder / name, name)
    rows, expires = row
    assert isinstance(rows, int) and (expires is None or isinstance(expires, datetime))
    return msgspec.structs.replace(described, table=source.table, rows=rows, expires_at=expires)


async def _pack(connection: psycopg.AsyncConnection[tuple[object, ...]], table: sql.Identifier, out: IO[bytes]) -> None:
    packer, pending = zlib.compressobj(1, wbits=31), bytearray()
    async with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(table)) as copy:
        async for chunk in copy:
            pending += chunk
            if len(pending) >= _CHUNK:
                await asyncio.to_thread(lambda data: out.write(packer.compress(data)), bytes(pending))
                pending.clear()
    await asyncio.to_thread(lambda: out.write(packer.compress(bytes(pending)) + packer.flush()))


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    path = folder / MANIFEST
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with fresh.open("xb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(manifest)))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def run_program(
    programs: Programs,
    name: str,
    dsn: str,
    arguments: Sequence[str],
    *,
    source: IO[bytes] | None = None,
    sink: IO[bytes] | None = None,
) -> None:
    """Run one of PostgreSQL's client programs on the database at ``dsn``, from ``source`` and into ``sink``.

    Raises Fault with what it said last.

    A password travels in the environment: every account of the machine can read a command line.
    """
    parts = conninfo_to_dict(dsn)
    password = parts.pop("password", None)
    clean = make_conninfo("", **{key: value for key, value in parts.items() if value is not None})
    environment: Mapping[str, str] = {
        "PATH": os.defpath,
        "LC_ALL": "C",
        **({"PGPASSWORD": str(password)} if password else {}),
    }
    process = await asyncio.create_subprocess_exec(
        str(programs[name]), "-d", clean, *arguments, env=environment, stdin=source or asyncio.subprocess.DEVNULL,
        stdout=sink or asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, output = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        said = " / ".join(line for line in output.decode(errors="replace").splitlines()[-3:] if line.strip())
        raise Fault(
            f"{name} failed: {said[:500]}", next_step="Is there room on the disk, and does the database answer?"
        )
