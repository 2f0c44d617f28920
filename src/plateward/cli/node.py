"""``plateward init`` and ``serve``: making a node's data folder, and running the node."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path

from rich.console import Console

from plateward import registry
from plateward.core.errors import BadInput
from plateward.node.settings import FILE_NAME, TEMPLATE, Settings, load_settings

_console = Console(stderr=True, highlight=False, soft_wrap=True)


def init(
    folder: Path,
    *,
    agency: str | None = None,
    title: str = "Plate readers",
    time_zone: str = "UTC",
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
        The local time that pages show, as in America/Los_Angeles.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("this folder is not empty; nothing was changed", where=str(folder))
    if agency is None:
        raise BadInput("name the agency whose node it is, as in --agency us-ca-el-cajon-pd", where="--agency")
    agency_id = _agency(agency)
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    (folder / "promises").mkdir()
    text = TEMPLATE.format(agency=agency_id, title=title.replace('"', "'"), time_zone=time_zone)
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    _console.print(f"Made {folder / FILE_NAME} for {agency_id}.", markup=False)
    _console.print("Next: say in it how long reads are kept, then start the node with", markup=False)
    _console.print(f"  plateward serve --config {folder / FILE_NAME}", markup=False)
    return 0


def _agency(name: str) -> str:
    from plateward.registry import resolve

    if name in registry.load().agencies:
        return name
    found = resolve(name).agency
    if found is None:
        raise BadInput(
            f"no agency is known as {name!r}; plateward agencies resolve shows the nearest", where="--agency"
        )
    return found


def serve(
    *, config: Path = Path(FILE_NAME), host: str | None = None, port: int | None = None, verbose: bool = False
) -> int:
    """Run a node until Ctrl-C.

    Parameters
    ----------
    config
        The settings file; the data lies in its folder.
    host
        Listen here instead of where the settings say.
    port
        Listen on this port instead.
    verbose
        Say more in the log.
    """
    import msgspec

    from plateward.web.logs import configure

    settings = load_settings(config)
    settings = msgspec.structs.replace(settings, host=host or settings.host, port=port or settings.port)
    configure(level=logging.INFO if verbose else logging.WARNING)
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    from plateward.node.node import open_node
    from plateward.node.people.accounts import first_link
    from plateward.node.start import prepare
    from plateward.node.upkeep import upkeep
    from plateward.web.serve import serve as serve_web

    async with open_node(settings, progress=lambda text: _console.print(text, markup=False)) as node:
        for note in await prepare(node):
            _console.print(f"Note: {note}", markup=False)
        gc.collect()
        gc.freeze()  # what is loaded by now stays as long as the node: no collection need look through it again
        link = await first_link(node)
        async with upkeep(node):
            await serve_web(node, settings.host, settings.port, lambda url: _started(settings, url, link))
    _console.print("Stopped.")


def _started(settings: Settings, url: str, link: str | None) -> None:
    _console.print(f"Serving {settings.title} at {url}", markup=False)
    if settings.retention.of(settings.agency) is None:
        _console.print("Nothing is collected yet: set [retention] minutes in the settings.", markup=False)
    if link is not None:
        _console.print(
            "Nobody has an account yet. Sign in once as system administrator, within an hour, at", markup=False
        )
        _console.print(f"  {link}", markup=False)
