"""``plateward init`` and ``serve``: making a node's data folder, and running the node."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from plateward import registry
from plateward.core.errors import BadInput
from plateward.node.settings import FILE_NAME, TEMPLATE, UNLISTED_TEMPLATE, Settings, load_settings
from plateward.registry.index import id_of
from plateward.registry.names import parse
from plateward.registry.nearest import perhaps

_console = Console(stderr=True, highlight=False, soft_wrap=True)


def init(
    folder: Path,
    *,
    agency: str | None = None,
    title: str = "Plate readers",
    time_zone: str | None = None,
    unlisted: bool = False,
) -> int:
    """Make a data folder with settings for a new node.

    Parameters
    ----------
    folder
        The folder to make; it must be empty or not exist yet.
    agency
        The agency whose node it is, by id or name (plateward agencies search finds it).
    title
        The node's name on its pages.
    time_zone
        The local time that pages show, as in America/Los_Angeles; this machine's where left out.
    unlisted
        The agency is in no registry: take its kind and state from its name, as in 'Mayberry Police Department, NC'.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("this folder is not empty; nothing was changed", where=str(folder))
    if agency is None:
        raise BadInput("name the agency whose node it is, as in --agency us-ca-el-cajon-pd", where="--agency")
    zone = zone_of(time_zone)
    agency_id, said = _unlisted(agency) if unlisted else (_agency(agency), "")
    text = TEMPLATE.format(agency=agency_id, title=toml_text(title), time_zone=zone, unlisted=said)
    make_folder(folder)
    (folder / "promises").mkdir()
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    _say(f"Made {folder / FILE_NAME} for {agency_id}.")
    _say("Next: say in it how long reads are kept and which rule packs bind you, then start the node with")
    _say(f"  plateward serve --config {folder / FILE_NAME}")
    return 0


def zone_of(named: str | None) -> str:
    """The time zone that was named, or this machine's own, UTC where that cannot be told. Raises BadInput for one that is none."""
    if named is not None:
        if not _is_zone(named):
            raise BadInput("write a time zone as America/Los_Angeles", where="--time-zone")
        return named
    own = os.environ.get("TZ", "").removeprefix(":") or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return own if _is_zone(own) else "UTC"


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def make_folder(folder: Path) -> None:
    """Make a node's data folder. Raises BadInput where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise BadInput(f"the folder cannot be made here: {error.strerror}", where=str(folder)) from None


def toml_text(text: str) -> str:
    """``text`` as it stands between the quotes of a TOML string."""
    return "".join(ch for ch in text if ch.isprintable()).replace("\\", "\\\\").replace('"', '\\"')


def _agency(name: str) -> str:
    """The id of the agency that ``name`` certainly means. Raises BadInput saying which may be meant, and what to do about none."""
    found = registry.resolve(name).agency
    if found is not None:
        return found
    raise BadInput(
        f"no agency is known for certain as {name!r}{perhaps(name)}. Name it by its id (plateward agencies search WORDS); one that "
        "no registry holds is described by --unlisted",
        where="--agency",
    )


def _unlisted(name: str) -> tuple[str, str]:
    """The id of an agency that no registry holds, and the table of settings that says what it is.

    Raises BadInput where the name does not tell.
    """
    from plateward.node.start import SELF_SAID

    found = registry.resolve(name)
    if found.agency is not None:
        raise BadInput(f"the registry holds it, as {found.agency}: leave --unlisted out", where="--agency")
    if found.state is None or found.kind not in SELF_SAID or not found.place:
        raise BadInput(
            "the name must say what it is, and its state at the end, as in 'Mayberry Police Department, NC'",
            where="--agency",
        )  # fmt: skip
    parsed = parse(name)
    said = UNLISTED_TEMPLATE.format(name=toml_text(name.rsplit(",", 1)[0].strip()), kind=found.kind, state=found.state)
    return id_of(found.state, parsed.form, "-".join(re.findall("[a-z0-9]+", parsed.body.lower())), None), said


def serve(
    *, config: Path = Path(FILE_NAME), host: str | None = None, port: int | None = None, link: str | None = None,
    verbose: bool = False,
) -> int:  # fmt: skip
    """Run a node until Ctrl-C.

    Parameters
    ----------
    config
        The settings file; the data lies in its folder.
    host
        Listen here instead of where the settings say.
    port
        Listen on this port instead.
    link
        Print a login link for this system administrator, whom nobody else can let in. It stands in the ledger.
    verbose
        Say more in the log.
    """
    import msgspec

    from plateward.web.logs import configure

    settings = load_settings(config)
    settings = msgspec.structs.replace(settings, host=host or settings.host, port=port or settings.port)
    configure(level=logging.INFO if verbose else logging.WARNING)
    asyncio.run(_serve(settings, link))
    return 0


async def _serve(settings: Settings, wanted: str | None) -> None:
    from plateward.node.node import open_node
    from plateward.node.people.accounts import first_link, recovery_link
    from plateward.node.start import prepare
    from plateward.node.upkeep import upkeep
    from plateward.web.serve import serve as serve_web

    async with open_node(settings, progress=lambda text: _console.print(text, markup=False)) as node:
        for note in await prepare(node):
            _console.print(f"Note: {note}", markup=False)
        gc.collect()
        gc.freeze()  # what is loaded by now stays as long as the node: no collection need look through it again
        link = (await recovery_link(node, wanted)).url if wanted else await first_link(node)
        async with upkeep(node):
            await serve_web(node, settings.host, settings.port, lambda url: _started(settings, url, link, wanted))
    _console.print("Stopped.")


def _started(settings: Settings, url: str, link: str | None, wanted: str | None) -> None:
    _console.print(f"Serving {settings.title} at {url}", markup=False)
    if settings.retention.of(settings.agency) is None:
        _console.print("Nothing is collected yet: set [retention] minutes in the settings.", markup=False)
    if link is not None:
        who = f"{wanted} signs in" if wanted else "Nobody has an account yet. Sign in"
        _say(f"{who} once as system administrator, within an hour, at")
        _say(f"  {link}")
        _say("in a browser, or on a command line with: plateward login LINK")


def _say(text: str) -> None:
    _console.print(text, markup=False)
