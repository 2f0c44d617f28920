"""Which backups this node wrote, so that what is in them expires too and what was left half written goes.

The list lies in ``backups.json`` of the data folder. The command that writes a backup and the node that purges both change it, one
at a time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from plateward.core.errors import Fault
from plateward.core.event import write_instant
from plateward.node.durable import write_durably

FILE_NAME = "backups.json"


class Known(msgspec.Struct, frozen=True):
    """A backup that this node wrote. ``last``: when the last of its files that expire is gone.

    ``recipients``: who can open it, empty where it is in the clear. ``becomes``: while it is written, the folder it is to become.
    ``told``: whether the ledger tells of it.
    """

    folder: str
    made_at: datetime
    last: datetime | None = None
    recipients: tuple[str, ...] = ()
    becomes: str = ""
    told: bool = False

    @property
    def whole(self) -> bool:
        """Whether it was finished."""
        return not self.becomes

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return f"{Path(self.folder).name[:80]} {write_instant(self.made_at)}"


Every = tuple[Known, ...]


def known_backups(data: Path) -> Every:
    """The backups that the node in ``data`` wrote and whose files have not all expired."""
    try:
        return msgspec.json.decode((data / FILE_NAME).read_bytes(), type=Every)
    except FileNotFoundError:
        return ()
    except msgspec.DecodeError:
        raise Fault(
            f"The list of backups, {FILE_NAME}, is damaged.",
            next_step="Restore it, or delete it and expire them by hand.",
        ) from None


def out_of_reach(data: Path) -> tuple[str, ...]:
    """Folders of backups that are not where they were written: what expires in them must be deleted where they are now."""
    return tuple(one.folder for one in known_backups(data) if one.whole and not Path(one.folder).is_dir())


def change(data: Path, how: Callable[[Every], Every]) -> None:
    """Change the list, while nobody else does."""
    with (data / f".{FILE_NAME}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = known_backups(data)
        after = how(before)
        if after != before:
            write_durably(data / FILE_NAME, msgspec.json.format(msgspec.json.encode(after)))


def with_(every: Every, one: Known) -> Every:
    """The list with ``one`` in the place of what stood there for its folder."""
    return (*without(every, one.folder), one)


def without(every: Every, *folders: str) -> Every:
    """The list without what stands there for ``folders``."""
    return tuple(known for known in every if known.folder not in folders)


@contextlib.contextmanager
def being_written(folder: Path) -> Iterator[None]:
    """Lock a folder while it is written to. Raises BlockingIOError where somebody else does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def abandoned(folder: Path) -> bool:
    """Whether nobody writes to this folder any more."""
    try:
        with being_written(folder):
            return True
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
