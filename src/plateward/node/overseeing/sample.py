"""The random sample of searches: drawn by a checkpoint's root, so that nobody could choose it, and judged record by record.

For a period that is over, the seed is the root of the ledger as it was with the first entry after the period: it cannot be known
before, and everybody who has the ledger draws the same sample again. The first draw of such a period stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, fields_of
from plateward.core.people import Person
from plateward.core.sample import draw
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.overseeing.access import AccessRow, access_row
from plateward.node.overseeing.audit import SEARCHES, Said, require_auditor, verdicts
from plateward.node.overseeing.periods import Period
from plateward.node.publishing.publish import publish
from plateward.node.publishing.successor import root_at
from plateward.oversight.audit.findings import Judged
from plateward.store import audit as rows
from plateward.store import events
from plateward.store.connection import Connection

COUNT = 30
PATTERN = "random-sample"
_MOST = 500


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a sample, and what was said of it. ``row`` is None once its body was erased; ``key`` names its verdicts."""

    seq: int
    key: str
    row: AccessRow | None
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of ``population`` searches, drawn at entry ``record``: ``root`` of the first ``size`` entries is its seed."""

    period: Period
    purpose: str
    record: int
    drawn_at: datetime
    root: bytes
    size: int
    population: int
    members: tuple[Member, ...]


async def find_sample(node: Node, person: Person, period: Period) -> Sample | None:
    """The sample of ``period`` that was drawn; of a period that is not over, the latest. None when there is none."""
    person = await require_auditor(node, person)
    drawn = await _drawn(node, person.organisation, period)
    return await _told(node, person, period, *drawn) if drawn else None


async def draw_sample(node: Node, person: Person, period: Period, count: int = COUNT) -> Sample:
    """Draw a sample of ``period``'s searches. Raises BadInput where a period that is over has one already."""
    person = await require_auditor(node, person)
    if not 1 <= count <= _MOST:
        raise BadInput(f"a sample has 1 to {_MOST} records", where="count")
    if period.over and await _drawn(node, person.organisation, period):
        raise BadInput("the sample of this period is drawn, and the first one stands", where="period")
    root, size = await _seed(node, period)
    population = len(await _population(node, person.organisation, period, size))
    body: dict[str, JSON] = {
        "root": root.hex(), "size": size, "count": min(count, population), "purpose": _purpose(period),
        "population": population, "by": person.id,
    }  # fmt: skip
    async with node.store.transaction() as tx:
        await ledger.append(node, tx, Event(EventType.SAMPLE_DRAWN, node.now(), person.organisation, body))
    found = await find_sample(node, person, period)
    assert found is not None
    return found


async def judge_member(node: Node, person: Person, period: Period, seq: int, judged: str, words: str) -> int:
    """Say what one record of the sample is; returns the entry. Raises BadInput for one's own, or one that was not drawn."""
    person = await require_auditor(node, person)
    sample = await find_sample(node, person, period)
    member = next((one for one in sample.members if one.seq == seq), None) if sample else None
    if member is None or member.row is None:
        raise BadInput("this record is not in the sample", where="record")
    if member.row.person == person.id:
        raise NotAllowed("nobody reviews their own searches: ask another reviewer", where="reviewer")
    if judged not in set(Judged):
        raise BadInput(f"a verdict is one of {', '.join(Judged)}", where="verdict")
    if len(words.strip()) < 5:
        raise BadInput("say in a few words why", where="words")
    body: dict[str, JSON] = {
        "finding": member.key, "pattern": PATTERN, "verdict": judged, "by": person.id, "about": [member.row.person],
        "note": words.strip()[:1000],
    }  # fmt: skip
    async with node.store.transaction() as tx:
        return await ledger.append(node, tx, Event(EventType.AUDIT_VERDICT, node.now(), person.organisation, body))


def _purpose(period: Period) -> str:
    return f"audit {period.name}"


async def _seed(node: Node, period: Period) -> tuple[bytes, int]:
    """The root that seeds, and of how many entries it is."""
    publisher = node.publisher
    out = (await publish(node, publisher)).checkpoint
    if not period.over:
        return out.root, out.size
    async with node.store.transaction() as tx:
        after = await rows.first_at_or_after(tx, period.ends)
    size = out.size if after is None else min(after - publisher.base + 1, out.size)
    return await asyncio.to_thread(root_at, publisher, size, out.size), size


async def _population(node: Node, agency: str, period: Period, size: int) -> list[int]:
    """The numbers of the searches that the sample is of: within the period, and within the ledger that seeds it."""
    last = node.publisher.base + size
    async with node.store.transaction(timeout_s=120) as tx:
        found = rows.searches(tx, agency, period.begins, period.ends, SEARCHES)
        return [row.seq async for row in found if row.seq < last]


async def _drawn(node: Node, agency: str, period: Period) -> tuple[events.StoredEvent, Mapping[str, Any]] | None:
    async with node.store.transaction() as tx:
        every = await _draws(tx, agency, period)
    return every[-1 if period.over else 0] if every else None


async def _draws(tx: Connection, agency: str, period: Period) -> list[tuple[events.StoredEvent, Mapping[str, Any]]]:
    """Every draw of ``period``, the latest first."""
    found = await events.events(tx, types=[str(EventType.SAMPLE_DRAWN)], begins=period.begins, limit=1000)
    told = [
        (event, fields_of(bytes(event.body))) for event in found if event.actor == agency and event.body is not None
    ]
    return [(event, fields) for event, fields in told if fields.get("purpose") == _purpose(period)]


async def _told(
    node: Node, person: Person, period: Period, event: events.StoredEvent, fields: Mapping[str, Any]
) -> Sample:
    root, size = bytes.fromhex(fields["root"]), fields["size"]
    population = await _population(node, person.organisation, period, size)
    chosen = draw(population, fields["count"], root, _purpose(period))
    said = await verdicts(node, person.organisation, period)
    members = []
    for seq in chosen:
        key = f"{_purpose(period)}:{event.seq}:{seq}"
        members.append(Member(seq, key, await access_row(node, person, seq), said.get(key, ())))
    return Sample(period, _purpose(period), event.seq, event.at, root, size, len(population), tuple(members))
