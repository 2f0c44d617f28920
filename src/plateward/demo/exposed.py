"""What the Bulk Cash Smuggling Center had received when somebody noticed, as the log of the town's former system tells it.

Four months, until December 2025: invented, after what Pasadena found when it was asked for its records.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plateward.demo.agencies import BCSC, RIDGEPORT_PD
from plateward.demo.chance import stream
from plateward.demo.shares import MISTAKE
from plateward.oversight.exposure import Delivery

SOURCE = "organisation audit of the former system, exported 2025-12-05"
BEGAN, FOUND = datetime(2025, 8, 4, 16, tzinfo=UTC), datetime(2025, 12, 4, 19, tzinfo=UTC)
_PURPOSES = ("drug-crime", "court-order", "wanted-person", "")


def deliveries(seed: int) -> tuple[Delivery, ...]:
    """Every answer the former system gave to the centre, oldest first: a few searches on working days."""
    chance = stream(seed, "exposed")
    told: list[Delivery] = []
    day = BEGAN
    while day < FOUND:
        searches = chance.choice((0, 0, 0, 1, 1, 2)) if day.weekday() < 5 else 0
        told.extend(
            Delivery(
                at, RIDGEPORT_PD, BCSC, "search", chance.choice((1, 1, 2, 3, 5, 9, 14)), (MISTAKE,), chance.choice(_PURPOSES),
                "account", None, SOURCE,
            )
            for at in sorted(day + timedelta(minutes=chance.randrange(480)) for _ in range(searches))
        )  # fmt: skip
        day += timedelta(days=1)
    return tuple(told)
