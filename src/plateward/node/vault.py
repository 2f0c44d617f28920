"""Pictures and their keys: each picture is a file under a random name, sealed; destroying a key destroys its pictures.

Keys lie in ``keys/pictures`` (``sealing`` says how): what is left of a picture in a file system, a snapshot or a backup cannot be
opened once its key is gone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plateward.core.errors import Fault
from plateward.node.durable import PRIVATE, write_durably
from plateward.node.sealing import Between, Keys, destroy_key, seal, unseal

FOLDERS = 256
"""Pictures lie in as many folders, by the first byte of their names."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The pictures of one node. All methods read or write files: call them in a worker thread."""

    folder: Path

    def open_folders(self) -> None:
        """Make the folders, readable by this account alone."""
        for folder in (self._pictures, self.keys.folder.parent, self.keys.folder):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)

    def put(self, name: UUID, owner: str, bucket: str, jpeg: bytes) -> None:
        """Seal ``jpeg`` under the key of ``owner`` and ``bucket``, and write it durably."""
        sealed = seal(self.keys.key_to_seal_with(owner, bucket), jpeg, name.bytes)
        path = self._path(name)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        write_durably(path, sealed, mode=PRIVATE)

    def get(self, name: UUID, owner: str, bucket: str) -> bytes | None:
        """The picture, or None when it or its key is gone. Raises Fault when the file is not what was written."""
        try:
            sealed, key = self._path(name).read_bytes(), self.keys.key(owner, bucket)
        except FileNotFoundError:
            return None
        jpeg = unseal(key, sealed, name.bytes)
        if jpeg is None:
            raise Fault("A picture's file was changed after it was written.", next_step="Restore it from a backup.")
        return jpeg

    def remove(self, name: UUID) -> None:
        """Delete one picture's file; one that is gone already is fine."""
        self._path(name).unlink(missing_ok=True)

    def written(self, number: int, when: Between) -> list[UUID]:
        """Names of the pictures in folder ``number`` (0 to 255) that were written at a time, whoever they belong to."""
        folder = self._pictures / f"{number:02x}"
        names = (path for path in folder.glob("[!.]*") if len(path.name) == 32)
        return [UUID(path.name) for path in names if _written(path, when)]

    @property
    def keys(self) -> Keys:
        """The keys of pictures, by owner and bucket."""
        return Keys(self.folder / "keys" / "pictures")

    @property
    def held(self) -> HeldPictures:
        """Pictures of reads that a hold keeps."""
        return HeldPictures(self.folder / "held")

    @property
    def _pictures(self) -> Path:
        return self.folder / "pictures"

    def _path(self, name: UUID) -> Path:
        return self._pictures / name.hex[:2] / name.hex


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
        write_durably(place / name.hex, seal(key.read_bytes(), jpeg, name.bytes), mode=PRIVATE)

    def get(self, hold: UUID, name: UUID) -> bytes | None:
        """The picture, or None when it or its hold is gone. Raises Fault when the file is not what was written."""
        place = self.folder / hold.hex
        try:
            sealed, key = (place / name.hex).read_bytes(), (place / "key").read_bytes()
        except FileNotFoundError:
            return None
        jpeg = unseal(key, sealed, name.bytes)
        if jpeg is None:
            raise Fault("A held picture's file was changed after it was written.", next_step="Tell counsel.")
        return jpeg

    def keep(self, hold: UUID, names: frozenset[UUID]) -> None:
        """Remove every picture of ``hold`` that is not among ``names``."""
        place = self.folder / hold.hex
        wanted = {"key", *(name.hex for name in names)}
        for path in place.iterdir() if place.is_dir() else ():
            if path.name not in wanted and not path.name.startswith("."):
                path.unlink(missing_ok=True)

    def destroy(self, hold: UUID) -> None:
        """Destroy a hold's key, and with it its pictures; done already is fine."""
        place = self.folder / hold.hex
        destroy_key(place / "key")
        shutil.rmtree(place, ignore_errors=True)

    def holds(self, when: Between | None = None) -> frozenset[UUID]:
        """The holds that have pictures here; or those that were given the last at a time."""
        places = (path for path in self.folder.glob("*") if len(path.name) == 32)
        return frozenset(UUID(path.name) for path in places if when is None or _written(path, when))


def half_written(folders: Iterator[Path], when: Between) -> list[Path]:
    """Files in ``folders`` and below them that a crash left beside what they were to become, written at a time."""
    return [
        path
        for top in folders
        for folder, _, names in os.walk(top)
        for path in (Path(folder, name) for name in names if name.startswith(".") and name.endswith(".new"))
        if _written(path, when)
    ]


def _written(path: Path, when: Between) -> bool:
    try:
        return path.stat().st_mtime in when
    except FileNotFoundError:
        return False
