"""Exposure: what an agency has received, ever, from whom, under which share.

Asked when it turns out that a receiver was not who it seemed: the question is not what the rules say now but what has left.
The deliveries come from whoever keeps the records; here they are put in order, counted and written down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plateward.core.agency import Registry, Relation
from plateward.formats.tables import write_csv

COLUMNS = (
    "at", "owner", "receiver", "kind", "reads", "shares", "purpose", "because", "record", "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that left an owner: when, to whom, what, how many reads, under which shares.

    ``because``: how the receiver stood behind it (account, employer, assignment, on behalf). ``record``: its number in this node's
    ledger; None where ``source``, another system's records, tells of it.
    """

    at: datetime
    owner: str
    receiver: str
    kind: str
    reads: int
    shares: tuple[str, ...]
    purpose: str
    because: str
    record: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Total:
    """What one owner's deliveries of one kind under one share add up to."""

    owner: str
    share: str
    kind: str
    deliveries: int
    reads: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Exposure:
    """All that ``agency`` and its parts (``family``) received, latest first, and what it adds up to."""

    agency: str
    family: tuple[str, ...]
    deliveries: tuple[Delivery, ...]
    totals: tuple[Total, ...]

    @property
    def reads(self) -> int:
        """How many reads in all, counting a read again each time it was delivered."""
        return sum(delivery.reads for delivery in self.deliveries)


def family_of(registry: Registry, agency: str) -> tuple[str, ...]:
    """``agency`` and everything that is or was part of it: what ICE received includes what its centres did."""
    parts: dict[str, list[str]] = {}
    for edge in registry.affiliations:
        if edge.relation is Relation.PART_OF:
            parts.setdefault(edge.target, []).append(edge.agency)
    found = {agency: None}
    queue = [agency]
    for here in queue:
        for part in parts.get(here, ()):
            if part not in found:
                found[part] = None
                queue.append(part)
    return tuple(found)


def exposure(agency: str, family: Sequence[str], deliveries: Iterable[Delivery]) -> Exposure:
    """Put deliveries in order and add them up."""
    ordered = tuple(sorted(deliveries, key=lambda one: (one.at, one.record or 0), reverse=True))
    groups: dict[tuple[str, str, str], list[Delivery]] = {}
    for one in ordered:
        groups.setdefault((one.owner, " ".join(one.shares), one.kind), []).append(one)
    totals = tuple(
        Total(owner, share, kind, len(each), sum(one.reads for one in each), each[-1].at, each[0].at)
        for (owner, share, kind), each in sorted(groups.items())
    )
    return Exposure(agency, tuple(family), ordered, totals)


def by_month(found: Exposure) -> Mapping[str, int]:
    """Reads delivered in each month (``2025-08``), oldest first."""
    counts: Counter[str] = Counter()
    for one in found.deliveries:
        counts[f"{one.at:%Y-%m}"] += one.reads
    return dict(sorted(counts.items()))


def as_csv(found: Exposure) -> str:
    """Every delivery as CSV, latest first; times in UTC."""
    return write_csv(
        COLUMNS,
        (
            (
                one.at.isoformat(timespec="seconds").replace("+00:00", "Z"), one.owner, one.receiver, one.kind, one.reads,
                " ".join(one.shares), one.purpose, one.because, one.record, one.source,
            )
            for one in found.deliveries
        ),
    )  # fmt: skip
