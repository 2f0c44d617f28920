"""Backups: the database as of one moment, the ledger's files, settings and promises, and the pictures, still encrypted.

The keys of pictures are left out on purpose: a backup must not keep what retention destroys. So pictures can be opened after a
restore only while the node's own key folder still exists. The key that signs the ledger is in the backup: keep it as safe as
the node.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, Fault
from plateward.core.event import Event, EventType, write_instant
from plateward.node import ledger
from plateward.node.keeping.retention import shortened
from plateward.node.node import Node, open_node
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.settings import FILE_NAME, Settings, load_settings
from plateward.store import backup as database
from plateward.store import holds
from plateward.store.embedded import OWNER_ROLE, EmbeddedServer
from plateward.store.embedded.binaries import Programs, installed_programs

DATABASE = "database"
PICTURES = "pictures"
KNOWN = "backups.json"
"""In the data folder: where backups were written, so that what is in them expires too."""
_COPIED = ("ledger", "promises")


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: when it was made, how many ledger entries, and how many pictures (encrypted)."""

    folder: Path
    made_at: datetime
    ledger_size: int
    pictures: int


@dataclass(frozen=True, slots=True)
class _Reached:
    owner: str
    programs: Programs


async def back_up(settings: Settings, target: Path, say: Callable[[str], None]) -> Backup:
    """Write a backup of the node into the new folder ``target``, while it runs or while it does not.

    Raises BadInput when ``target`` exists, Fault when something fails; then nothing is left of it.
    """
    fresh = await asyncio.to_thread(_beside, target)
    try:
        say("the database ...")
        async with _reach(settings, say) as reached:
            manifest = await database.back_up(reached.owner, reached.programs, fresh / DATABASE, datetime.now(UTC))
        say("ledger, promises and pictures ...")
        pictures = await asyncio.to_thread(_copy_files, settings.data, fresh)
        fresh.rename(target)
        await asyncio.to_thread(_remember, settings.data, target, manifest)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return Backup(target, manifest.made_at, manifest.ledger_size, pictures)


class Known(msgspec.Struct, frozen=True):
    """A backup that this node wrote. ``last``: when the last of its files that expire is gone."""

    folder: str
    made_at: datetime
    last: datetime | None = None


def known_backups(data: Path) -> tuple[Known, ...]:
    """The backups that the node in ``data`` wrote and whose files have not all expired."""
    try:
        return msgspec.json.decode((data / KNOWN).read_bytes(), type=tuple[Known, ...])
    except FileNotFoundError:
        return ()
    except msgspec.DecodeError:
        raise Fault(
            f"The list of backups, {KNOWN}, is damaged.", next_step="Restore it, or delete it and expire them by hand."
        ) from None


def out_of_reach(data: Path) -> tuple[str, ...]:
    """Folders of backups that are not where they were written: what expires in them must be deleted where they are now."""
    return tuple(one.folder for one in known_backups(data) if not Path(one.folder).is_dir())


async def expire_backups(node: Node, now: datetime) -> int:
    """Delete from every backup within reach what is past its time, files of ended holds too. Returns how many files."""
    every = await asyncio.to_thread(known_backups, node.settings.data)
    if not every:
        return 0
    async with node.store.transaction() as tx:
        living = {hold.hold_id.hex for hold in await holds.living(tx)}
        cut = await shortened(tx)
    return await asyncio.to_thread(_expire, node.settings.data, every, living, cut, now)


def expire_folder(folder: Path, now: datetime) -> tuple[str, ...]:
    """Delete from the backup in ``folder`` what is past its time, wherever it is. Raises BadInput when it is no backup."""
    return database.expire_backup(folder / DATABASE, now)


def _expire(
    data: Path, every: tuple[Known, ...], living: set[str], cut: dict[int, tuple[int, datetime]], now: datetime
) -> int:
    gone = 0
    for one in every:
        if Path(one.folder).is_dir():
            gone += len(database.expire_backup(Path(one.folder) / DATABASE, now, holds=living, shortened=cut))
    left = tuple(one for one in every if one.last is not None and one.last > now)
    if left != every:
        _write_known(data, left)
    return gone


def _remember(data: Path, target: Path, manifest: database.Manifest) -> None:
    expiries = [file.expires_at for file in manifest.files if file.expires_at is not None]
    one = Known(str(target.resolve()), manifest.made_at, max(expiries, default=None))
    _write_known(data, (*(known for known in known_backups(data) if known.folder != one.folder), one))


def _write_known(data: Path, every: tuple[Known, ...]) -> None:
    beside = data / f".{KNOWN}.new"
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(every)))
    beside.replace(data / KNOWN)


async def restore(source: Path, target: Path, say: Callable[[str], None]) -> Settings:
    """Make the node of backup ``source`` again in the empty folder ``target``, without what has expired since.

    Raises BadInput for a damaged backup, naming the file, and for a folder that is not empty: nothing is changed then.
    """
    await asyncio.to_thread(_copy_back, source, target)
    settings = await asyncio.to_thread(load_settings, target / FILE_NAME)
    say("the database ...")
    async with _reach(settings, say) as reached:
        await database.restore(reached.owner, reached.programs, source / DATABASE, datetime.now(UTC))
    say("the ledger ...")
    async with open_node(settings, progress=say) as node:
        await begin_ledger(node, node.publisher)
        event = Event(EventType.BACKUP_RESTORED, node.now(), settings.agency, _restored_body(source))
        async with node.store.transaction() as tx:
            await ledger.append(node, tx, event)
    return settings


def _restored_body(source: Path) -> dict[str, JSON]:
    manifest = database.read_manifest(source / DATABASE)
    return {"backup": source.name[:80], "made": write_instant(manifest.made_at), "size": manifest.ledger_size}


@contextlib.asynccontextmanager
async def _reach(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[_Reached]:
    """The node's database, running or started for this."""
    if not settings.embedded:
        from plateward.store.connection import Database

        yield _Reached(Database.from_dsn(settings.database).owner, installed_programs())
        return
    folder = settings.data / "postgres"
    running = await asyncio.to_thread(EmbeddedServer.running, folder, account=settings.database_account)
    if running is not None:
        yield _Reached(running.dsn(OWNER_ROLE), running.programs)
        return
    async with EmbeddedServer(folder, account=settings.database_account, progress=say) as server:
        yield _Reached(server.dsn(OWNER_ROLE), server.programs)


def _beside(target: Path) -> Path:
    """An empty folder beside ``target``, which it becomes when it is whole."""
    if target.exists():
        raise BadInput("this exists already; name a folder that does not", where=str(target))
    folder = target.with_name(f".{target.name}.new")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Fault(
            f"The backup cannot be written ({error}).", next_step="Name a folder on a disk with room."
        ) from None
    return folder


def _copy_files(data: Path, fresh: Path) -> int:
    for name in _COPIED:
        if (data / name).is_dir():
            shutil.copytree(data / name, fresh / name)
    key = data / "keys" / "ledger.key"
    if key.is_file():
        (fresh / "keys").mkdir(mode=0o700)
        shutil.copy2(key, fresh / "keys" / "ledger.key")
    if (data / FILE_NAME).is_file():
        shutil.copy2(data / FILE_NAME, fresh / FILE_NAME)
    if (data / PICTURES).is_dir():
        shutil.copytree(data / PICTURES, fresh / PICTURES)
    return sum(1 for path in (fresh / PICTURES).rglob("*") if path.is_file())


def _copy_back(source: Path, target: Path) -> None:
    if not (source / FILE_NAME).is_file():
        raise BadInput(f"this folder is no backup of a node: it has no {FILE_NAME}", where=str(source))
    if target.exists() and any(target.iterdir()):
        raise BadInput("this folder is not empty; a restore begins with a new one", where=str(target))
    target.mkdir(parents=True, exist_ok=True, mode=0o755)
    for entry in source.iterdir():
        if entry.name == DATABASE:
            continue
        if entry.is_dir():
            shutil.copytree(entry, target / entry.name)
        else:
            shutil.copy2(entry, target / entry.name)
