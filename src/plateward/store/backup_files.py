"""The files of a backup, one by one: written in the clear or sealed for the keys that may open them, checked, read again.

Sealed files are age files (age-encryption.org/v1, the name ends with ``.age``): any age program opens them. Nothing of a sealed
backup is ever on the disk in the clear; what is written goes through a pipe.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import IO

import msgspec
import pyrage

from plateward.core.errors import BadInput, Fault

SEALED = ".age"
_CHUNK = 1 << 20
_SECRET = "AGE-SECRET-KEY-"

Identity = pyrage.x25519.Identity | pyrage.ssh.Identity


class BackupFile(msgspec.Struct, frozen=True):
    """One file of a backup. ``table``: where its rows belong (empty for the dump). ``expires_at``: when it must be gone."""

    name: str
    sha256: str
    size: int
    table: str = ""
    rows: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opener:
    """The keys that open sealed files, and where they were read from. Without any, only files in the clear can be read."""

    identities: tuple[Identity, ...] = ()
    where: str = "--identity"


def require_recipients(recipients: Sequence[str]) -> None:
    """Raise BadInput naming the first recipient that is no public key of age, nor one of SSH that age can seal for."""
    for one in recipients:
        _recipient(one)


def opener(file: Path) -> Opener:
    """The keys in ``file``: age keys, one a line, or an SSH key without a passphrase. Raises BadInput where there is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput("this key file cannot be read", where=str(file)) from None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        if lines and all(line.startswith(_SECRET) for line in lines):
            return Opener(tuple(pyrage.x25519.Identity.from_str(line) for line in lines), str(file))
        return Opener((pyrage.ssh.Identity.from_buffer(text.encode()),), str(file))
    except (pyrage.IdentityError, ValueError):
        kinds = "lines of AGE-SECRET-KEY-1…, or an SSH key without a passphrase"
        raise BadInput(f"this is no key file: one holds {kinds}", where=str(file)) from None


def name_of(name: str, recipients: Sequence[str]) -> str:
    """What a file is called, sealed or not."""
    return name + SEALED if recipients else name


@contextmanager
def writing(path: Path, recipients: Sequence[str]) -> Iterator[IO[bytes]]:
    """A new file to write to, or give to a program as its output; durable when the block ends. Sealed where its name says so."""
    with path.open("xb") as file:
        if path.suffix == SEALED:
            keys = [_recipient(one) for one in recipients]
            with _through(lambda source: pyrage.encrypt_io(source, file, keys)) as sink:
                yield sink
        else:
            yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def reading(path: Path, keys: Opener) -> Iterator[IO[bytes]]:
    """A file to read from, or give to a program as its input. Raises BadInput where none of ``keys`` opens it, or it is damaged."""
    if path.suffix == SEALED and not keys.identities:
        raise BadInput("this file is sealed; give the key that opens it: --identity FILE", where=str(path))
    with path.open("rb") as file:
        if path.suffix != SEALED:
            yield file
            return
        with ThreadPoolExecutor(1) as thread:
            read_end, write_end = os.pipe()
            with os.fdopen(read_end, "rb") as source:
                done = thread.submit(_open_into, file, write_end, keys)
                try:
                    yield source
                except Exception:
                    source.close()
                    _tell_damage(done, path, keys)
                    raise
            _tell_damage(done, path, keys)


def describe(path: Path, name: str = "") -> BackupFile:
    """A file's digest and size, under ``name`` or its own."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return BackupFile(name or path.name, digest, path.stat().st_size)


def check(folder: Path, file: BackupFile, keys: Opener | None = None) -> None:
    """Raise BadInput, by name, where a file is missing or not as it was written; with ``keys``, where they do not open it."""
    path = folder / file.name
    if not path.is_file():
        raise BadInput("this file of the backup is missing", where=str(path))
    found = describe(path)
    if found.size < file.size:
        raise BadInput(f"this file was cut off: {found.size:,} bytes of {file.size:,}", where=str(path))
    if found.sha256 != file.sha256:
        raise BadInput("this file was changed since the backup was made (its SHA-256 differs)", where=str(path))
    if keys is not None:
        with reading(path, keys) as source:
            while source.read(_CHUNK):
                pass


def _recipient(text: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text.strip())
        return pyrage.x25519.Recipient.from_str(text.strip())
    except (pyrage.RecipientError, ValueError):
        raise BadInput(
            f"{text[:80]!r} is no key to seal for: age1… or an SSH public key (plateward backups key makes one)",
            where="recipients",
        ) from None


@contextmanager
def _through(seal: Callable[[BufferedIOBase], object]) -> Iterator[IO[bytes]]:
    """A pipe whose other end ``seal`` reads in a thread. What it failed with is raised here."""
    read_end, write_end = os.pipe()

    def run() -> None:
        with os.fdopen(read_end, "rb") as source:  # closed at once where sealing fails, so that nobody writes for ever
            seal(source)

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(run)
        try:
            with os.fdopen(write_end, "wb") as sink:
                yield sink
        except BrokenPipeError:
            _raise_sealing(done)
            raise
        _raise_sealing(done)


def _raise_sealing(done: Future[None]) -> None:
    try:
        done.result()
    except (pyrage.EncryptError, OSError) as error:
        raise Fault(f"The backup cannot be written ({error}).", next_step="Is there room on the disk?") from None


def _open_into(file: BufferedReader, write_end: int, keys: Opener) -> None:
    with os.fdopen(write_end, "wb") as sink:
        pyrage.decrypt_io(file, sink, list(keys.identities))


def _tell_damage(done: Future[None], path: Path, keys: Opener) -> None:
    """Raise what opening failed with, in words. That a reader did not want the rest is no failure."""
    error = done.exception()
    if error is None or isinstance(error, BrokenPipeError) or "Broken pipe" in str(error):
        return
    if isinstance(error, pyrage.DecryptError) and "No matching keys" in str(error):
        raise BadInput(f"no key in {keys.where} opens this file", where=str(path)) from None
    if isinstance(error, (pyrage.DecryptError, OSError)):
        raise BadInput(f"this file is damaged or was cut off ({error})", where=str(path)) from None
    raise error
