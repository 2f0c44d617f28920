"""Cursors: where a page of rows ended, newest first, so that the next begins there whatever has come since.

A cursor is the instant of the last row in microseconds (hexadecimal), a hyphen, and the row's own id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from plateward.core.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_Id = TypeVar("_Id")


def cursor_after(at: datetime, row: str) -> str:
    """The cursor for what comes after the row ``row`` of the instant ``at``."""
    return f"{(at - _EPOCH) // _MICROSECOND:x}-{row}"


def parse_cursor(cursor: str, id_of: Callable[[str], _Id]) -> tuple[datetime, _Id]:
    """Instant and id of the row a page ended with; ``id_of`` reads the id. Raises BadInput for what no page gave."""
    try:
        at, _, row = cursor.partition("-")
        return _EPOCH + int(at, 16) * _MICROSECOND, id_of(row)
    except (ValueError, OverflowError):
        raise BadInput("this is not where a page ended; begin anew without it", where="cursor") from None
