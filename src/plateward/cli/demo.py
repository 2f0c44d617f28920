"""``plateward demo``: everything at once, with a synthetic town, and nothing to set up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import webbrowser
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from plateward.cli.client import Login, forget, home, keep
from plateward.web.logs import configure

app = cyclopts.App(name="demo", help="Start a synthetic town with everything in it.")
_console = Console(stderr=True, highlight=False, soft_wrap=True)

PORT = 8731


@app.default
def demo(
    *,
    port: int = PORT,
    host: str = "127.0.0.1",
    browser: bool = True,
    data: Path = Path("demo-data"),
    live: bool = False,
    reads: int = 200_000,
    pictures: bool = True,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Start the town of Ridgeport: a node with its own database, a month of reads, officers, partners, and promises.

    Stops on Ctrl-C and goes on where it was when started again.

    Parameters
    ----------
    port
        Listen on this port.
    host
        Listen here; the town knows no passwords, so keep it on this machine.
    browser
        Open the page in a browser.
    data
        The folder for the town's data; delete it to begin anew.
    live
        Let the town's traffic go on while it runs.
    reads
        How many reads the first start makes.
    pictures
        Read the town's pictures and its clip with the recogniser at the first start.
    json_
        Print address and login link as one JSON line.
    """
    configure(level=logging.WARNING)
    asyncio.run(_demo(_Wish(port, host, browser, data, live, reads, pictures, json_)))
    return 0


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asked for."""

    port: int
    host: str
    browser: bool
    data: Path
    live: bool
    reads: int
    pictures: bool
    json: bool


async def _demo(wish: _Wish) -> None:
    from plateward.demo import start
    from plateward.demo.people import SEARCHING_OFFICER
    from plateward.demo.reading import VISITOR, give_key, read_pictures
    from plateward.node.node import open_node
    from plateward.node.people.sessions import issue_login_link
    from plateward.node.start import prepare
    from plateward.node.upkeep import upkeep
    from plateward.web.serve import serve

    settings = start.settings(wish.data, wish.port, wish.host)
    await asyncio.to_thread(start.write_files, wish.data)
    await asyncio.to_thread(start.write_settings, settings)
    async with open_node(settings, progress=_say) as node:
        fresh = not start.is_built(wish.data)
        if fresh:
            with _Bars() as bars:
                await start.build(node, bars, count=wish.reads)
        await prepare(node)
        town = await asyncio.to_thread(start.of_folder, wish.data)
        node.demo_people = tuple(resident.person for resident in town.people)
        link = await issue_login_link(node, SEARCHING_OFFICER)
        key = home() / "readers" / f"{VISITOR}.key"
        await give_key(node, town, key)
        reading = read_pictures(node, town, key, _say) if fresh and wish.pictures else None

        def started(url: str) -> None:
            _welcome(wish, url, link.url)

        async with upkeep(node), _beside(start.replay(node, town) if wish.live else None, reading):
            await serve(node, wish.host, wish.port, started)
    forget(settings.address)
    _say("Stopped. Start it again to go on where you were.")


@contextlib.asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None] | None) -> AsyncIterator[None]:
    """Run coroutines beside the block, and end them with it."""
    tasks = [asyncio.create_task(one) for one in work if one is not None]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _welcome(wish: _Wish, url: str, link: str) -> None:
    keep(Login(url.replace("localhost", "127.0.0.1"), demo=True))
    if wish.json:
        import json

        print(json.dumps({"url": url, "login": link}), flush=True)
    print(f"\nRidgeport is running at {url}", flush=True)
    print(f"Sign in, once, within an hour: {link}\n", flush=True)
    print("From another terminal:", flush=True)
    for line in (
        "plateward search '7AB?12*' --reason 'burglary series' --case 26-0117",
        "plateward search '7AB?12*' --reason 'burglary series' --case 26-0117 --as keller",
        f"plateward read PHOTO-OR-VIDEO --to {url.replace('localhost', '127.0.0.1')} --reader rpd-visitor --started-at now",
    ):
        print(f"  .venv/bin/{line}", flush=True)
    print("\nCtrl-C stops it.", flush=True)
    if wish.browser and sys.stdout.isatty():
        with contextlib.suppress(Exception):
            webbrowser.open(link)


def _say(text: str) -> None:
    _console.print(text, markup=False)


class _Bars:
    """Progress bars for whoever builds the town."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=_console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that ``what`` is at ``done`` of ``total``."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total or None)
        self._progress.update(self._tasks[what], completed=done, total=total or None)
