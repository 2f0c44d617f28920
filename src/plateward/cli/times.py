"""Times as people write them to a command: a day, a time, or so long before or after now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from plateward.core.errors import BadInput

_LENGTH = re.compile(r"([1-9][0-9]{0,4})\s*(m|h|d)", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def length(text: str) -> timedelta | None:
    """``90m``, ``24h`` or ``7d`` as a length of time; None where it is none."""
    match = _LENGTH.fullmatch(text.strip())
    return int(match[1]) * _UNITS[match[2].lower()] if match else None


def back(text: str | None, now: datetime) -> str | None:
    """A time that lies behind, as the node takes it: ``24h`` and ``7d`` before ``now``; ``today`` and ``yesterday`` from
    midnight on where this command runs. Whatever else was written stays: a time without an offset is the node's to read.
    """
    if text is None:
        return None
    if ago := length(text):
        return (now - ago).isoformat(timespec="seconds")
    days = {"today": 0, "yesterday": 1}.get(text.strip().lower())
    if days is None:
        return text
    here = now.astimezone()
    return datetime.combine(here.date() - timedelta(days=days), time()).astimezone().isoformat()


def moment(text: str, where: str, now: datetime, *, ahead: bool = True) -> datetime:
    """A time with its offset (without one: UTC); ``90d`` is so long after ``now``, or before it.

    Raises BadInput naming ``where``.
    """
    if far := length(text):
        return now + far if ahead else now - far
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        said = "90 days from now" if ahead else "90 days ago"
        raise BadInput(
            f"write a day as 2026-12-31, a time as 2026-12-31T17:00, or 90d for {said}", where=where
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
