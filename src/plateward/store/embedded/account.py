"""Which account of the operating system the server process runs under.

PostgreSQL refuses to run as root, rightly. As root we take an account that exists (never make one) and give the server process
nothing else: no groups, no capabilities. As an ordinary user the server is that user.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plateward.core.errors import Fault

PREFERRED = ("plateward", "postgres", "nobody")
"""Accounts tried in this order when none is configured; a dedicated one shares its files with no other service."""

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """An account by name and numbers. ``drop``: we are root and must become it."""

    name: str
    uid: int
    gid: int
    drop: bool

    def start(self, command: Sequence[str | Path], **more: object) -> subprocess.Popen[bytes]:
        """Start ``command`` as this account, in a session of its own (Ctrl-C does not reach it), with a clean environment."""
        identity: dict[str, object] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drop else {}
        options = {"env": _ENVIRONMENT, "umask": 0o077, "start_new_session": True, "cwd": "/", **identity, **more}
        try:
            return subprocess.Popen([str(part) for part in command], **options)  # type: ignore[call-overload,no-any-return]  # noqa: S603
        except PermissionError as error:
            raise Fault(
                f"cannot run {Path(command[0]).name} as the account {self.name}: {error.strerror}.",
                next_step="Start Plateward as an ordinary user, or allow it to change user (CAP_SETUID, CAP_SETGID).",
            ) from error

    def run(self, command: Sequence[str | Path], stdin: bytes = b"") -> tuple[int, str]:
        """Run ``command`` to its end; returns its exit status and what it printed."""
        process = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = process.communicate(stdin)
        return process.returncode, output.decode(errors="replace")

    def owns(self, path: Path) -> None:
        """Give ``path`` to this account (only root can and needs to)."""
        if self.drop:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can enter ``folder``; asked of the system, since mode bits do not tell all."""
        if not self.drop:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder])[0] == 0


def choose_account(configured: str | None, data: Path) -> Account:
    """The account for the server whose files lie (or will lie) in ``data``.

    An existing cluster keeps the owner it has; then the configured account; then the first of ``PREFERRED``. Raises Fault when
    none will do.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        return _ourselves(configured, owner, data)
    if owner:
        entry = pwd.getpwuid(owner)
        if configured and configured != entry.pw_name:
            raise Fault(
                f"{data} belongs to the account {entry.pw_name}, but server_account is {configured}.",
                next_step=f"Give the folder to it (chown -R {configured} {data}) or change server_account.",
            )
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True)
    for name in (configured,) if configured else PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True)
    raise Fault(
        f"no account to run PostgreSQL under: {configured or ', '.join(PREFERRED)} does not exist here or is root.",
        next_step="Set server_account to an existing unprivileged account, or start Plateward as an ordinary user.",
    )


def _ourselves(configured: str | None, owner: int | None, data: Path) -> Account:
    me = pwd.getpwuid(os.geteuid())
    if configured not in (None, me.pw_name):
        raise Fault(
            f"server_account is {configured}, but only root can run PostgreSQL as somebody else, and this is {me.pw_name}.",
            next_step="Leave server_account away, or start Plateward as root.",
        )
    if owner not in (None, me.pw_uid):
        raise Fault(
            f"{data} belongs to another account (user id {owner}), and this is {me.pw_name}.",
            next_step="Start Plateward as the account that made it, or as root.",
        )
    return Account(me.pw_name, me.pw_uid, me.pw_gid, drop=False)
