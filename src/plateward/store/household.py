"""What a household forgets: reads of plates that are not on its list any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plateward.core.read import Read
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("household")


async def forget(connection: Connection, reads: Sequence[Read], at: datetime) -> int:
    """Destroy ``reads`` before their time, with a receipt; their pictures and alerts are due at once. How many there were.

    The database refuses it on an agency's node.
    """
    values = {"ids": [read.id for read in reads], "instants": [read.read_at for read in reads], "at": at}
    row = await (await connection.execute(_SQL["forget"], values)).fetchone()
    return int(row[0]) if row else 0
