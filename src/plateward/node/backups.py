"""Backups: the database as of one moment, the ledger's files, settings and promises, and pictures; sealed for who may open them.

    <backup>/backup.json      what is in it and for whom it is sealed
    <backup>/node.tar.age     settings, promises, the ledger's files and the key that signs it
    <backup>/database/...     see ``store.backup``: a file for each class and day of reads, each gone on time
    <backup>/pictures/...     still sealed with their own keys

The keys of pictures are left out on purpose: a backup must not keep what retention destroys. So pictures can be opened after a
restore only while the node's own key folder still exists.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import plateward
from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, Fault
from plateward.core.event import Event, EventType, write_instant
from plateward.node import ledger
from plateward.node.backup_list import Known, being_written, change, with_, without
from plateward.node.node import open_node
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.sending.feeds_in_force import end_restored
from plateward.node.settings import FILE_NAME, Settings, load_settings
from plateward.store import backup as database
from plateward.store.backup_files import (
    BackupFile,
    Opener,
    check,
    describe,
    name_of,
    opener,
    reading,
    require_recipients,
    writing,
)
from plateward.store.embedded import OWNER_ROLE, EmbeddedServer
from plateward.store.embedded.binaries import Programs, installed_programs

DATABASE = "database"
PICTURES = "pictures"
CONTENTS = "backup.json"
FORMAT = 1
_NODE = "node.tar"
_IN_TAR = ("ledger", "promises", "keys/ledger.key", FILE_NAME)


class Contents(msgspec.Struct, frozen=True):
    """What ``backup.json`` says: for whom the backup is sealed, its file of settings and ledger, and how many pictures it has."""

    format: int
    program: str
    made_at: datetime
    recipients: tuple[str, ...]
    node: BackupFile
    pictures: int


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written. ``recipients``: for whom it is sealed, empty where it is in the clear."""

    folder: Path
    made_at: datetime
    ledger_size: int
    pictures: int
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a backup found. ``faults``: a sentence for each file that is not as it should be.

    ``opened``: whether files were opened too, rather than compared with their digests alone.
    """

    contents: Contents
    files: int
    size: int
    expired: int
    opened: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reached:
    owner: str
    programs: Programs


async def back_up(settings: Settings, target: Path, say: Callable[[str], None], *, recipients: Sequence[str]) -> Backup:
    """Write a backup of the node into the new folder ``target``, while it runs or while it does not, sealed for ``recipients``.

    Without recipients it is in the clear. Raises BadInput when ``target`` exists or a recipient is none, Fault when something
    fails; then nothing is left of it. One that is killed is removed by the node.
    """
    require_recipients(recipients)
    fresh = await asyncio.to_thread(_beside, target)
    begun = Known(
        str(fresh), datetime.now(UTC), recipients=tuple(recipients), becomes=str(fresh.with_name(target.name))
    )
    try:
        with being_written(fresh):
            await asyncio.to_thread(change, settings.data, lambda every: with_(every, begun))
            say("the database ...")
            async with _reach(settings, say) as reached:
                manifest = await database.back_up(
                    reached.owner, reached.programs, fresh / DATABASE, datetime.now(UTC), recipients
                )
            say("ledger, promises and pictures ...")
            pictures = await asyncio.to_thread(_copy_files, settings.data, fresh, tuple(recipients), manifest.made_at)
            last = max((file.expires_at for file in manifest.files if file.expires_at is not None), default=None)
            whole = Known(begun.becomes, manifest.made_at, last, manifest.recipients)
            # On the list before it has its name: a backup that nobody knows of would never expire.
            await asyncio.to_thread(change, settings.data, lambda every: with_(every, whole))
            fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        change(settings.data, lambda every: without(every, begun.folder, begun.becomes))
        raise
    await asyncio.to_thread(change, settings.data, lambda every: without(every, begun.folder))
    return Backup(target, manifest.made_at, manifest.ledger_size, pictures, manifest.recipients)


def read_contents(folder: Path) -> Contents:
    """What a backup says of itself. Raises BadInput when it is none, or of another format."""
    try:
        found = msgspec.json.decode((folder / CONTENTS).read_bytes(), type=Contents)
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"this folder is no backup of a node: it has no {CONTENTS}", where=str(folder)) from None
    except msgspec.DecodeError as error:
        raise BadInput(f"this is damaged: {error}", where=str(folder / CONTENTS)) from None
    if found.format != FORMAT:
        said = f"this backup has format {found.format}, and this program reads format {FORMAT}; install {found.program}"
        raise BadInput(said, where=str(folder / CONTENTS))
    return found


def key_file(file: Path) -> Opener:
    """The keys in a file that open a backup: of age or SSH. Raises BadInput when it holds none."""
    return opener(file)


def check_backup(folder: Path, now: datetime, keys: Opener | None = None) -> Checked:
    """Compare every file that should still be there with its digest, and open it where ``keys`` are given. Reads every byte.

    Raises BadInput for a folder that is no backup. Pictures are not looked at: each is found damaged, if it is, when it is opened.
    """
    contents, manifest = read_contents(folder), database.read_manifest(folder / DATABASE)
    living = manifest.living(now)
    faults = []
    opens = keys if keys is not None or contents.recipients else Opener()
    for place, file in ((folder, contents.node), *((folder / DATABASE, file) for file in living)):
        try:
            check(place, file, opens)
        except BadInput as fault:
            faults.append(str(fault))
    size = contents.node.size + sum(file.size for file in living)
    return Checked(contents, 1 + len(living), size, len(manifest.files) - len(living), opens is not None, tuple(faults))


async def restore(source: Path, target: Path, say: Callable[[str], None], identity: Path | None = None) -> Settings:
    """Make the node of backup ``source`` again in the empty folder ``target``, without what has expired since.

    Raises BadInput for a damaged backup or one that the key in the file ``identity`` does not open, naming the file, and for a
    folder that is not empty: nothing is changed then.
    """
    keys = await asyncio.to_thread(opener, identity) if identity is not None else Opener()
    contents = await asyncio.to_thread(_ready, source, target, keys)
    try:
        await asyncio.to_thread(_copy_back, source, target, contents, keys)
        return await _bring_back(source, target, say, keys)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _ready(source: Path, target: Path, keys: Opener) -> Contents:
    if target.exists() and any(target.iterdir()):
        raise BadInput("this folder is not empty; a restore begins with a new one", where=str(target))
    contents = read_contents(source)
    check(source, contents.node, keys)
    return contents


async def _bring_back(source: Path, target: Path, say: Callable[[str], None], keys: Opener) -> Settings:
    settings = await asyncio.to_thread(load_settings, target / FILE_NAME)
    say("the database ...")
    async with _reach(settings, say) as reached:
        await database.restore(reached.owner, reached.programs, source / DATABASE, datetime.now(UTC), keys)
    say("the ledger ...")
    async with open_node(settings, progress=say) as node:
        await begin_ledger(node, node.publisher)
        event = Event(EventType.BACKUP_RESTORED, node.now(), settings.agency, _restored_body(source))
        async with node.store.transaction() as tx:
            await ledger.append(node, tx, event)
        await end_restored(node)
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


# ---------------------------------------------------------------- files


def _beside(target: Path) -> Path:
    """An empty folder beside ``target``, which it becomes when it is whole."""
    if target.exists():
        raise BadInput("this exists already; name a folder that does not", where=str(target))
    folder = target.absolute().with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Fault(
            f"The backup cannot be written ({error}).", next_step="Name a folder on a disk with room."
        ) from None
    return folder


def _copy_files(data: Path, fresh: Path, recipients: tuple[str, ...], made_at: datetime) -> int:
    name = name_of(_NODE, recipients)
    with writing(fresh / name, recipients) as sink, tarfile.open(fileobj=sink, mode="w|") as tar:
        for path in _to_pack(data):
            with contextlib.suppress(FileNotFoundError):  # a part of a tile, cleared away meanwhile
                tar.add(path, arcname=str(path.relative_to(data)), recursive=False)
    if (data / PICTURES).is_dir():
        shutil.copytree(data / PICTURES, fresh / PICTURES, ignore=_passing, copy_function=_copy_if_there)
    pictures = sum(1 for path in (fresh / PICTURES).rglob("*") if path.is_file())
    contents = Contents(FORMAT, plateward.__version__, made_at, recipients, describe(fresh / name), pictures)
    (fresh / CONTENTS).write_bytes(msgspec.json.format(msgspec.json.encode(contents)))
    return pictures


def _to_pack(data: Path) -> Iterator[Path]:
    for name in _IN_TAR:
        top = data / name
        every = sorted(top.rglob("*")) if top.is_dir() else [top]
        yield from (path for path in every if path.is_file() and not path.name.startswith("."))


def _passing(_: str, names: list[str]) -> set[str]:
    """Files that are being written, and will have another name in a moment."""
    return {name for name in names if name.startswith(".")}


def _copy_if_there(source: str, target: str) -> None:
    """Copy a picture, unless it was purged since the folder was listed."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, target)


def _copy_back(source: Path, target: Path, contents: Contents, keys: Opener) -> None:
    target.mkdir(parents=True, exist_ok=True, mode=0o755)
    (target / "keys").mkdir(mode=0o700)
    with reading(source / contents.node.name, keys) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        tar.extractall(target, filter="data")
    if (source / PICTURES).is_dir():
        shutil.copytree(source / PICTURES, target / PICTURES)
