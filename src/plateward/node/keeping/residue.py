"""What deleting leaves behind on the disk, removed within a stated deadline: unsearchable at once, unreadable soon after.

A read is gone for every search when its time is over. Its bytes go when the partition is dropped (after the partition's own length:
ten minutes, an hour or a day), its plate's row when the dictionary is written anew, and what the write-ahead log told of both when
its segments are removed. ``deadline`` is the sum, and what the tests search the disk for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from plateward.core.errors import Fault
from plateward.node.node import Node
from plateward.store import residue as rows
from plateward.store import retention as state_rows
from plateward.store.partitions import width

log = structlog.get_logger()

MARGIN = timedelta(minutes=30)
"""What purging each minute, cleaning each five, and one of each that failed may take together."""


def deadline(keep_minutes: int) -> timedelta:
    """How long after its time a read may still be found on the disk by somebody who reads its bytes: its partition's length, and
    half an hour.
    """
    return width(keep_minutes) + MARGIN


async def clean(node: Node) -> bool:
    """Write anew whatever deleted rows can still be read from, then have the log forget. False where something must wait for the
    next round, or where the server does not let us.
    """
    async with node.store.transaction() as tx:
        noted = await rows.noted(tx)
    if not noted:
        return True
    whole = True
    if rows.RECOUNT in noted:
        await rows.rewrite_dictionary(node.store, recount=True, at=node.now())
        await node.partitions.purge_plates(node.now())
        await rows.rewrite_dictionary(node.store, recount=False, at=node.now())
    elif rows.DICTIONARY in noted:
        await rows.rewrite_dictionary(node.store, recount=False, at=node.now())
    for relation in sorted(set(noted) - {rows.LOG, rows.RECOUNT, rows.DICTIONARY}):
        try:
            whole = await rows.rewrite(node.store, relation) and whole
        except Fault as busy:  # a long search holds the table; the others need not wait for it
            log.warning("not written anew yet", where=relation, why=busy.args[0])
            whole = False
    if not await rows.turn_log(node.store):
        log.warning("the database server keeps its log", next_step="Grant pg_checkpoint to plateward_owner.")
        return False
    if whole:
        async with node.store.transaction() as tx:
            state = await state_rows.state(tx)
            await state_rows.set_state(tx, replace(state, cleaned_at=node.now()))
    return whole
