"""The town's pictures read by the real recogniser and delivered like any reader's: over HTTP, with a key."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

from plateward.core.read import Reader
from plateward.demo.agencies import RIDGEPORT_PD
from plateward.demo.town import Town
from plateward.node.devices import readers
from plateward.node.node import Node

VISITOR = "rpd-visitor"
"""A reader for whatever the visitor wants read: photographs and videos of their own."""

FOLDER = "pictures-of-the-town"


async def give_key(node: Node, town: Town, file: Path) -> None:
    """Add the visitor's reader where it is missing, with a fresh key in ``file``, readable by its owner alone."""
    place = next(reader.position for reader in town.readers if reader.position is not None)
    reader = Reader(VISITOR, RIDGEPORT_PD, "Visitor's camera", position=place)
    administrator = next(r.person for r in town.people if r.person.id == "nakamura")
    known = {view.id for view in await readers.list_readers(node, administrator)}
    made = await (
        readers.new_key(node, administrator, VISITOR)
        if VISITOR in known
        else readers.add_reader(node, administrator, reader)
    )
    # The town keeps reads for a month, and visitors want to find what they had read.
    await readers.change_keep(node, administrator, VISITOR, "all")
    await asyncio.to_thread(_write, file, made.key)


def _write(file: Path, key: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(key + "\n", encoding="utf-8")


async def read_pictures(node: Node, town: Town, key: Path, say: Callable[[str], None]) -> None:
    """Draw the town's pictures and clip, read them with the recogniser, and deliver them to the running node.

    In processes of their own and politely: the town is there for whoever looks at it meanwhile.
    """
    if importlib.util.find_spec("onnxruntime") is None or importlib.util.find_spec("cv2") is None:
        say("The recogniser is not installed, so the town's pictures stay unread: pip install 'plateward[reader]'")
        return
    folder = node.settings.data / FOLDER
    say("Reading the town's pictures and a clip with the recogniser, in the background ...")
    if await _run("-m", "plateward.demo.studio", str(folder), str(town.seed), town.now.isoformat()) != 0:
        say("The town's pictures could not be drawn; everything else works.")
        return
    read = ["read", str(folder), "--to", node.settings.address, "--reader", VISITOR, "--key", str(key)]
    read += ["--spool", str(folder / "spool.db"), "--threads", "1", "--json"]
    status = await _run(
        "-c", "import os, sys; os.nice(5); from plateward.cli.main import main; main(sys.argv[1:])", *read
    )
    said = "have been read and can be searched" if status == 0 else "could not all be read; everything else works"
    say(f"The town's pictures and its clip {said}. They lie in {folder}")


async def _run(*arguments: str) -> int:
    """Run this Python on ``arguments``, behind everything else; ended when this is cancelled."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
