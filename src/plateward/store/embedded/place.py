"""Where the server's files lie: folders with the right owner, a lock against a second node, a socket path that is short enough.

<folder>/lock       held by the node that uses the folder, with its process id
<folder>/elsewhere  names the real folder, where this one cannot be entered by the server's account
<folder>/data       the cluster; belongs to the server's account
<folder>/conf       configuration, written at each start; belongs to the node
<folder>/log        the server's log, a week of it
<folder>/socket     the socket, or in a short folder under the system's temporary one
<folder>/programs   copies of the programs, where the installed ones cannot be read by the server's account
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from plateward.core.errors import Fault
from plateward.store.embedded.account import Account

MAX_SOCKET_PATH = 103 if sys.platform == "darwin" else 107
"""Longest path of a Unix socket in bytes (``sockaddr_un.sun_path`` less its final zero)."""

SOCKET_FILE = ".s.PGSQL.5432"
ELSEWHERE = Path("/var/lib/plateward")


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one server, below ``root``."""

    root: Path

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.root / "data"

    @property
    def conf(self) -> Path:
        """Configuration files."""
        return self.root / "conf"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.root / "log"

    @property
    def programs(self) -> Path:
        """Copies of the programs."""
        return self.root / "programs"

    @property
    def socket_note(self) -> Path:
        """Names the socket's folder when it lies elsewhere."""
        return self.root / "socket-folder"


def existing_place(folder: Path) -> Place:
    """The place that ``folder`` stands for: itself, or where its ``elsewhere`` points."""
    note = folder / "elsewhere"
    return Place(Path(note.read_text().splitlines()[0])) if note.exists() else Place(folder)


def enterable_place(folder: Path, account: Account) -> tuple[Place, str | None]:
    """A place for ``folder`` that ``account`` can enter, and a sentence to show when it is not ``folder`` itself.

    Root's home is closed to everybody else, and so is a data folder in it: then the files lie in a new folder under
    ``/var/lib/plateward``, and ``folder/elsewhere`` names it.
    """
    place = existing_place(folder)
    place.root.mkdir(parents=True, exist_ok=True)
    if account.can_enter(place.root):
        return place, None
    if place.root != folder:
        raise Fault(
            f"the account {account.name} cannot enter {place.root}, where the data of {folder} lies.",
            next_step=f"Make {_first_closed(place.root, account)} enterable again (chmod o+x).",
        )
    closed = _first_closed(folder, account)
    other = Place(ELSEWHERE / secrets.token_hex(6))
    try:
        other.root.mkdir(mode=0o711, parents=True)
        other.root.parent.chmod(0o711)
    except OSError as error:
        raise Fault(
            f"the account {account.name} cannot enter {closed}, and {ELSEWHERE} cannot be made ({error.strerror}).",
            next_step=f"Choose a data folder outside of {closed}, or allow entering it (chmod o+x {closed}).",
        ) from error
    text = f"{other.root}\nThe database of this folder lies there: the account {account.name} cannot enter {closed}.\n"
    write_file(folder / "elsewhere", text, mode=0o644)
    return other, (
        f"The account {account.name}, which runs PostgreSQL, cannot enter {closed}: the database lies in {other.root} instead "
        f"(delete that too when you delete {folder})."
    )


def _first_closed(folder: Path, account: Account) -> Path:
    """The outermost parent that keeps ``account`` out."""
    for parent in (*reversed(folder.resolve().parents), folder.resolve()):
        if not account.can_enter(parent):
            return parent
    return folder


def make_folder(folder: Path, account: Account | None) -> None:
    """Make ``folder`` private to ``account``, or readable configuration of the node (None)."""
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise Fault(f"{folder} is a symbolic link.", next_step="Remove it; Plateward makes the folder itself.")
    folder.chmod(0o700 if account else 0o755)
    if account:
        account.owns(folder)


def write_file(path: Path, text: str, *, mode: int) -> None:
    """Replace ``path`` by ``text`` at once: a reader sees the old or the new, never half."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        os.fchmod(out.fileno(), mode)
    fresh.replace(path)


def socket_folder(place: Place, account: Account) -> Path:
    """A folder for the socket whose path is short enough, private to ``account``.

    In the place itself where that fits, else a fresh folder with an unguessable name under the system's temporary folder;
    a folder left by an earlier run is removed.
    """
    forget_socket_folder(place)
    own = place.root / "socket"
    if len(os.fsencode(own / SOCKET_FILE)) <= MAX_SOCKET_PATH:
        make_folder(own, account)
        return own
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if len(os.fsencode(parent)) + 30 + len(SOCKET_FILE) <= MAX_SOCKET_PATH and account.can_enter(Path(parent)):
            folder = Path(tempfile.mkdtemp(prefix="plateward-", dir=parent))
            account.owns(folder)
            write_file(place.socket_note, f"{folder}\n", mode=0o644)
            return folder
    raise Fault(
        f"the path {own} is too long for a socket, and the temporary folder {tempfile.gettempdir()} too.",
        next_step="Choose a data folder with a shorter path, or set TMPDIR to a short one.",
    )


def forget_socket_folder(place: Place) -> None:
    """Remove a socket folder that an earlier run left under the temporary folder."""
    if place.socket_note.exists():
        folder = Path(place.socket_note.read_text().strip())
        if folder.name.startswith("plateward-") and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        place.socket_note.unlink()
