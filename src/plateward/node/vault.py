"""Pictures and their keys: each picture is a file under a random name, encrypted; destroying a key destroys its pictures.

Keys lie in ``keys/pictures``, outside the database, its write-ahead log and its backups, one for each owner and *bucket*: the
instant by which everything in it has expired. Then the key is overwritten and removed (crypto-shredding): what is left of a
picture in a file system, a snapshot or a backup cannot be opened any more.

AES-256-GCM with a random 96-bit nonce for each picture; the picture's name is authenticated, so files cannot be swapped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plateward.core.errors import Fault
from plateward.node.durable import PRIVATE, write_durably

_NONCE = 12


_BUCKET = "%Y%m%dT%H%MZ"


def bucket(expires: datetime, kept: timedelta) -> str:
    """The bucket of a picture that expires at ``expires``: the next whole day, hour or ten minutes, finer where ``kept`` is short.

    A key therefore outlives its pictures by at most a day where reads are kept for days, by ten minutes where for minutes.
    """
    width = 86_400 if kept >= timedelta(days=2) else 3_600 if kept >= timedelta(hours=2) else 600
    end = -(-int(expires.timestamp() + 1) // width) * width
    return datetime.fromtimestamp(end, UTC).strftime(_BUCKET)


@dataclass(frozen=True, slots=True)
class Vault:
    """The pictures of one node. All methods read or write files: call them in a worker thread."""

    folder: Path

    def open_folders(self) -> None:
        """Make the folders, readable by this account alone."""
        for folder in (self._pictures, self._keys.parent, self._keys):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)

    def put(self, name: UUID, owner: str, bucket: str, jpeg: bytes) -> None:
        """Encrypt ``jpeg`` under the key of ``owner`` and ``bucket``, and write it durably."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._key(owner, bucket, make=True)).encrypt(nonce, jpeg, name.bytes)
        path = self._path(name)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        write_durably(path, nonce + sealed, mode=PRIVATE)

    def get(self, name: UUID, owner: str, bucket: str) -> bytes | None:
        """The picture, or None when it or its key is gone. Raises Fault when the file is not what was written."""
        try:
            sealed = self._path(name).read_bytes()
            key = self._key(owner, bucket, make=False)
        except FileNotFoundError:
            return None
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.bytes)
        except InvalidTag:
            raise Fault(
                "A picture's file was changed after it was written.", next_step="Restore it from a backup."
            ) from None

    def remove(self, name: UUID) -> None:
        """Delete one picture's file; one that is gone already is fine."""
        self._path(name).unlink(missing_ok=True)

    def shred(self, now: datetime) -> int:
        """Destroy every key whose bucket is over at ``now``, overwriting it first. Returns how many."""
        over = [path for path, ends in self._all_keys() if ends <= now]
        for path in over:
            _destroy_key(path)
        return len(over)

    def destroy_unused(self, used: frozenset[tuple[str, str]]) -> int:
        """Destroy every key that is not among ``used`` (owner, bucket). Returns how many."""
        unused = [path for path, _ in self._all_keys() if (path.parent.name, path.stem) not in used]
        for path in unused:
            _destroy_key(path)
        return len(unused)

    @property
    def held(self) -> HeldPictures:
        """Pictures of reads that a hold keeps."""
        return HeldPictures(self.folder / "held")

    @property
    def _pictures(self) -> Path:
        return self.folder / "pictures"

    @property
    def _keys(self) -> Path:
        return self.folder / "keys" / "pictures"

    def _path(self, name: UUID) -> Path:
        return self._pictures / name.hex[:2] / name.hex

    def _key(self, owner: str, bucket: str, *, make: bool) -> bytes:
        path = self._keys / owner / f"{bucket}.key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if not make:
                raise
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):  # another thread or server was first: its key is the key
            write_durably(path, AESGCM.generate_key(256), mode=PRIVATE, exclusive=True)
        return path.read_bytes()

    def _all_keys(self) -> Iterator[tuple[Path, datetime]]:
        for path in self._keys.glob("*/*.key"):
            yield path, datetime.strptime(path.stem, _BUCKET).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HeldPictures:
    """Pictures of held reads, in a folder for each hold, under a key that lies there and is destroyed with it.

    No part of backups: a hold's pictures live on the node alone.
    """

    folder: Path

    def put(self, hold: UUID, name: UUID, jpeg: bytes) -> None:
        """Seal a picture for ``hold``, durably."""
        place = self.folder / hold.hex
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = place / "key"
        if not key.exists():
            write_durably(key, AESGCM.generate_key(256), mode=PRIVATE)
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(key.read_bytes()).encrypt(nonce, jpeg, name.bytes)
        write_durably(place / name.hex, sealed, mode=PRIVATE)

    def get(self, hold: UUID, name: UUID) -> bytes | None:
        """The picture, or None when it or its hold is gone. Raises Fault when the file is not what was written."""
        place = self.folder / hold.hex
        try:
            sealed, key = (place / name.hex).read_bytes(), (place / "key").read_bytes()
        except FileNotFoundError:
            return None
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.bytes)
        except InvalidTag:
            raise Fault("A held picture's file was changed after it was written.", next_step="Tell counsel.") from None

    def remove(self, hold: UUID, names: frozenset[UUID]) -> None:
        """Remove every picture of ``hold`` that is not among ``names``."""
        place = self.folder / hold.hex
        keep = {"key", *(name.hex for name in names)}
        for path in place.iterdir() if place.is_dir() else ():
            if path.name not in keep:
                path.unlink(missing_ok=True)

    def destroy(self, hold: UUID) -> None:
        """Destroy a hold's key, and with it its pictures; done already is fine."""
        place = self.folder / hold.hex
        if (place / "key").exists():
            _destroy_key(place / "key")
        shutil.rmtree(place, ignore_errors=True)

    def holds(self) -> frozenset[UUID]:
        """The holds that have pictures here."""
        return frozenset(UUID(path.name) for path in self.folder.glob("*") if len(path.name) == 32)


def _destroy_key(path: Path) -> None:
    """Overwrite a key, then remove it."""
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
