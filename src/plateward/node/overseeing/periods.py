"""Periods that people audit and report by: a month or a year, in the time zone of the node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from plateward.core.errors import BadInput
from plateward.node.node import Node

_NAME = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """From ``begins`` up to, not including, ``ends`` (UTC). ``name``: "2026-11" or "2026". ``over``: whether it has ended."""

    name: str
    begins: datetime
    ends: datetime
    over: bool

    @property
    def is_year(self) -> bool:
        """Whether it is a year, not a month."""
        return "-" not in self.name


def period(node: Node, name: str) -> Period:
    """The period called ``name``; the present month where it is empty. Raises BadInput for anything else, or what lies ahead."""
    zone, now = ZoneInfo(node.settings.time_zone), node.now()
    match = _NAME.fullmatch(name.strip() or f"{now.astimezone(zone):%Y-%m}")
    if match is None or not 1970 <= int(match[1]) < 9999:
        raise BadInput("a period is a month as in 2026-11, or a year as in 2026", where="period")
    year, month = int(match[1]), int(match[2] or 0)
    first = datetime(year, month or 1, 1, tzinfo=zone)
    after = datetime(year + (month in (0, 12)), 1 if month in (0, 12) else month + 1, 1, tzinfo=zone)
    if first > now:
        raise BadInput("this period has not begun", where="period")
    return Period(match[0], first.astimezone(UTC), after.astimezone(UTC), after <= now)


def months_of(node: Node, year: Period) -> tuple[Period, ...]:
    """The months of ``year`` that have begun, in their order."""
    names = (f"{year.name}-{month:02d}" for month in range(1, 13))
    begun = recent(node, 1)[0]
    return tuple(period(node, name) for name in names if name <= begun)


def recent(node: Node, months: int = 12) -> tuple[str, ...]:
    """The names of the present month and those before it, the latest first."""
    local = node.now().astimezone(ZoneInfo(node.settings.time_zone))
    return tuple(
        f"{year:04d}-{month + 1:02d}"
        for year, month in (divmod(local.year * 12 + local.month - 1 - ago, 12) for ago in range(months))
    )
