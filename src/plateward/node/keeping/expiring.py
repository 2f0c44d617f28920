"""Backups expire with the reads in them; what was left half written goes, and the ledger tells of each that is new."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from msgspec.structs import replace

from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType, fields_of, write_instant
from plateward.node import backup_list, ledger
from plateward.node.backup_list import Every, Known
from plateward.node.backups import DATABASE, PICTURES
from plateward.node.keeping.retention import shortened
from plateward.node.node import Node
from plateward.store import backup as database
from plateward.store import events, holds

log = structlog.get_logger()

_TOLD_LATELY = 200


async def expire_backups(node: Node, now: datetime) -> int:
    """Delete from every backup within reach what is past its time, files of ended holds too, and what was left half written.

    The ledger is told of new ones. Returns how many files went.
    """
    data = node.settings.data
    every = await asyncio.to_thread(backup_list.known_backups, data)
    if not every:
        return 0
    await _tell(node, [one for one in every if one.whole and not one.told], now)
    async with node.store.transaction() as tx:
        living = {hold.hold_id.hex for hold in await holds.living(tx)}
        cut = await shortened(tx)
    return await asyncio.to_thread(_expire, data, every, living, cut, now)


def expire_folder(folder: Path, now: datetime) -> tuple[str, ...]:
    """Delete from the backup in ``folder`` what is past its time, wherever it is. Raises BadInput when it is no backup."""
    return database.expire_backup(folder / DATABASE, now)


async def _tell(node: Node, new: Sequence[Known], now: datetime) -> None:
    """An entry of the ledger for each new backup, once: what was told before a crash is found there."""
    if not new:
        return
    async with node.store.transaction() as tx:
        found = await events.events(tx, types=[str(EventType.BACKUP_MADE)], limit=_TOLD_LATELY)
        told = {str(fields_of(bytes(event.body))["backup"]) for event in found if event.body is not None}
        for one in new:
            if one.name not in told:
                body: dict[str, JSON] = {"backup": one.name, "expires": write_instant(one.last or one.made_at)}
                await ledger.append(node, tx, Event(EventType.BACKUP_MADE, now, node.settings.agency, body))
    names = {one.folder for one in new}

    def mark(every: Every) -> Every:
        return tuple(replace(one, told=True) if one.folder in names else one for one in every)

    await asyncio.to_thread(backup_list.change, node.settings.data, mark)


def _expire(data: Path, every: Every, living: set[str], cut: Mapping[int, tuple[int, datetime]], now: datetime) -> int:
    gone, over = 0, set[str]()
    for one in every:
        folder = Path(one.folder)
        if not one.whole:
            if _cleared(folder):
                over |= {one.folder} if Path(one.becomes).is_dir() else {one.folder, one.becomes}
            continue
        if folder.is_dir():
            gone += len(database.expire_backup(folder / DATABASE, now, holds=living, shortened=cut))
        if one.last is None or one.last <= now:
            shutil.rmtree(folder / PICTURES, ignore_errors=True)  # their keys are gone: nothing opens them
            over.add(one.folder)
    if over:
        backup_list.change(data, lambda known: backup_list.without(known, *over))
    return gone


def _cleared(folder: Path) -> bool:
    """Remove a half-written backup, unless somebody is still writing it; whether it is gone."""
    if not backup_list.abandoned(folder):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    log.warning("removed a backup that was left half written", where=str(folder))
    return True
