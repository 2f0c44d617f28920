"""``bodies.jsonl`` beside the ledger: the bodies that everybody needs to check it, and whose open part names nobody.

Where the ledger begins (and which one it succeeds), which bodies two people erased before their time, and which reads go out by
themselves: to whose system, since when, until when, and how many a day.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from plateward.core.event import disclose
from plateward.core.event_table import SHOWN_TO_ALL
from plateward.formats.bodies import BodyRecord
from plateward.node.durable import write_whole
from plateward.node.node import Node
from plateward.node.publishing.files import BODIES, Publisher
from plateward.store import events

_PAGE = 1000


async def publish_bodies(node: Node, publisher: Publisher, size: int) -> None:
    """Add what the first ``size`` entries have and the file has not. Written before the checkpoint that covers it."""
    file = publisher.folder / BODIES
    held = await asyncio.to_thread(_read, file)
    shown = max(held, default=-1)
    lines: list[bytes] = []
    before = publisher.base + size
    while True:
        async with node.store.transaction() as tx:
            rows = await events.events(tx, types=sorted(str(kind) for kind in SHOWN_TO_ALL), before=before, limit=_PAGE)
        new = [row for row in rows if row.seq - publisher.base > shown]
        for row in new:
            if row.body is not None and row.salt is not None:
                record = BodyRecord(row.seq - publisher.base, disclosure=disclose(bytes(row.body), bytes(row.salt)))
                lines.append(record.encode())
        if len(new) < _PAGE:
            break
        before = new[-1].seq
    if lines:
        await asyncio.to_thread(_append, file, lines[::-1])


def _read(file: Path) -> list[int]:
    try:
        return [json.loads(line)["index"] for line in file.read_bytes().splitlines()]
    except FileNotFoundError:
        return []


def _append(file: Path, lines: list[bytes]) -> None:
    before = file.read_bytes() if file.exists() else b""
    write_whole(file, before + b"".join(lines))
