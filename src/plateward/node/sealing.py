"""Sealing what lies on the disk, under keys that are destroyed when what they open has expired (crypto-shredding).

A key is a file of its own for each owner and *bucket*: the instant by which everything in it has expired. Keys lie outside the
database, its write-ahead log and its backups. AES-256-GCM with a random 96-bit nonce; the name of what is sealed is
authenticated, so that files cannot be swapped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plateward.node.durable import PRIVATE, write_durably

_NONCE = 12
_BUCKET = "%Y%m%dT%H%MZ"


def bucket(expires: datetime, kept: timedelta) -> str:
    """The bucket of what expires at ``expires``: the next whole day, hour or ten minutes, finer where ``kept`` is short.

    A key therefore outlives what it opens by at most a day where reads are kept for days, by ten minutes where for minutes.
    """
    width = 86_400 if kept >= timedelta(days=2) else 3_600 if kept >= timedelta(hours=2) else 600
    end = -(-int(expires.timestamp() + 1) // width) * width
    return datetime.fromtimestamp(end, UTC).strftime(_BUCKET)


def bucket_ends(name: str) -> datetime:
    """When everything in a bucket has expired. Raises ValueError for a name that is none."""
    return datetime.strptime(name, _BUCKET).replace(tzinfo=UTC)


def seal(key: bytes, content: bytes, name: bytes) -> bytes:
    """``content`` under ``key``, to be opened with the same ``name`` only."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, name)


def unseal(key: bytes, sealed: bytes, name: bytes) -> bytes | None:
    """What was sealed; None where it was changed, cut off or swapped since."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name)
    except (InvalidTag, ValueError):
        return None


def secret(path: Path) -> bytes:
    """The 32 secret bytes in ``path``, made at first use. Reads and writes files: call it in a worker thread."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        write_durably(path, secrets.token_bytes(32), mode=PRIVATE, exclusive=True)
    return path.read_bytes()


def id_key(data: Path) -> bytes:
    """By this key the node makes ids from what a read says, so that no id tells it; see ``secret``."""
    return secret(data / "keys" / "read-ids.key")


@dataclass(frozen=True, slots=True)
class Between:
    """A time in which files were written: from ``begins`` to before ``ends``. Holds seconds since 1970, as file systems do."""

    begins: datetime
    ends: datetime

    def __contains__(self, written: float) -> bool:
        return self.begins.timestamp() <= written < self.ends.timestamp()


@dataclass(frozen=True, slots=True)
class Keys:
    """A folder of keys, one for each owner and bucket. All methods read or write files: call them in a worker thread."""

    folder: Path

    def key(self, owner: str, bucket: str) -> bytes:
        """The key of this owner and bucket, to open with. Raises FileNotFoundError when there is none (any more)."""
        return self._path(owner, bucket).read_bytes()

    def key_to_seal_with(self, owner: str, bucket: str) -> bytes:
        """The same, made at first use. It counts as used now, so that nobody takes it for one that opens nothing."""
        path = self._path(owner, bucket)
        while True:
            with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                if os.fstat(file.fileno()).st_nlink:  # else it was destroyed between opening and locking
                    os.utime(file.fileno())
                    return file.read()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(FileExistsError):  # another thread or server was first: its key is the key
                write_durably(path, AESGCM.generate_key(256), mode=PRIVATE, exclusive=True)

    def shred(self, now: datetime) -> int:
        """Destroy every key whose bucket is over at ``now``. Returns how many."""
        return sum(destroy_key(path) for path, ends in self._every() if ends <= now)

    def destroy_unused(self, used: frozenset[tuple[str, str]], when: Between) -> int:
        """Destroy every key that is not among ``used`` (owner, bucket) and sealed last at a time ``when``. Returns how many."""
        unused = [path for path, _ in self._every() if (path.parent.name, path.stem) not in used]
        return sum(destroy_key(path, when) for path in unused)

    def _path(self, owner: str, bucket: str) -> Path:
        return self.folder / owner / f"{bucket}.key"

    def _every(self) -> Iterator[tuple[Path, datetime]]:
        for path in self.folder.glob("*/*.key"):
            try:
                ends = bucket_ends(path.stem)
            except ValueError:  # a file that is none of ours
                continue
            yield path, ends


def destroy_key(path: Path, when: Between | None = None) -> bool:
    """Overwrite a key, then remove it. False where it is gone already, or sealed something at another time than ``when``."""
    try:
        with path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not os.fstat(file.fileno()).st_nlink:  # somebody else destroyed it; what stands there now is another
                return False
            if when is not None and os.fstat(file.fileno()).st_mtime not in when:
                return False
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return False
    return True
