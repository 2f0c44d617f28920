"""What anybody may know of retention: how long reads are kept and why, what was destroyed and when, and whether it is on time.

Without persons and plates: it is published, so that a resident can check what an agency says of itself. The receipts stand in the
public ledger; this is the same, to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plateward.core.event import EventType, fields_of, parse_instant
from plateward.core.household import MOST_MINUTES
from plateward.core.people import Permission, Person
from plateward.core.retention import SUGGESTED_MINUTES, Kept, Plan, spoken
from plateward.node.backup_list import out_of_reach
from plateward.node.keeping import retention
from plateward.node.keeping.residue import deadline
from plateward.node.node import Node
from plateward.store import events, readers
from plateward.store import retention as rows
from plateward.store.retention import PurgeState

RECEIPTS = 200
_TYPES = (str(EventType.PURGE_DONE), str(EventType.PURGE_LATE))


@dataclass(frozen=True, slots=True)
class Group:
    """How long reads of a group of readers are kept, minutes; ``name`` empty: of every reader in no group. ``because``: why."""

    name: str
    readers: tuple[str, ...]
    minutes: int
    hit_minutes: int
    chosen: int
    because: str
    limited_by: str | None
    section: str


@dataclass(frozen=True, slots=True)
class OwnerView:
    """An owner's retention. ``before``: no searchable read is older; ``since``: from when on that was so without a gap.

    ``gone_after``: how long after its time the bytes of a read may still lie on the disk. ``home``: a household's.
    """

    agency: str
    name: str
    groups: tuple[Group, ...]
    before: datetime | None
    since: datetime | None
    gone_after: timedelta
    conflicts: tuple[str, ...]
    home: bool = False

    @property
    def longest(self) -> int:
        """The longest that a read is kept, minutes; 0 where nothing is collected."""
        return max((group.hit_minutes for group in self.groups), default=0)

    @property
    def sentence(self) -> str:
        """What a public page says."""
        if not self.groups:
            return f"{self.name} has not set how long it keeps reads, so nothing is collected."
        whose = "The household keeps reads of its own list" if self.home else f"{self.name} keeps reads"
        if self.before is None:
            return f"{whose} {spoken(self.longest)}; no round of purging has been done yet."
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        if self.home:
            kept = spoken(self.longest)
            return (
                f"No read of the household's own list is older than {kept}{since}. Of all other plates nothing is kept."
            )
        plain = max(group.minutes for group in self.groups)
        hits = f", and none that hit a hot list older than {spoken(self.longest)}" if self.longest > plain else ""
        return f"No read of {self.name} is older than {spoken(plain)}{hits}{since}."


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, or an alarm (``late``), by its number in the ledger. ``owner`` "*": nobody's own, such as plates and keys."""

    seq: int
    at: datetime
    late: bool
    owner: str
    kept_min: int
    reads: int
    pictures: int
    before: datetime | None
    oldest: datetime | None
    held: int
    others: Mapping[str, int]
    minutes_late: int
    why: str


@dataclass(frozen=True, slots=True)
class Published:
    """Everything of it. ``unreachable``: backups that are not where they were written (shown to who runs the node)."""

    owners: tuple[OwnerView, ...]
    receipts: tuple[Receipt, ...]
    state: PurgeState
    suggested: int = SUGGESTED_MINUTES
    unreachable: tuple[str, ...] = ()


async def published(node: Node, person: Person | None = None, *, limit: int = RECEIPTS) -> Published:
    """What is published; ``person`` may see more where they run the node."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        holds = await retention.plan(node, tx)
        chosen = await rows.rules(tx)
        state = await rows.state(tx)
        every = await readers.readers(tx)
        found = await events.events(tx, types=_TYPES, limit=limit)
        owners = await node.owners(tx)
    named = {known.reader.id: known.reader.name for known in every}
    home = node.settings.home
    views = tuple(_owner(owner, policy.registry.called(owner), holds, chosen, state, named, home) for owner in owners)
    unreachable: tuple[str, ...] = ()
    if person is not None and person.may(Permission.SETTINGS):
        unreachable = await asyncio.to_thread(out_of_reach, node.settings.data)
    receipts = tuple(
        _receipt(event.seq, event.at, event.type, fields_of(bytes(event.body))) for event in found if event.body
    )
    return Published(views, receipts, state, unreachable=unreachable)


def _owner(
    owner: str, name: str, holds: Plan, chosen: tuple[rows.StoredRule, ...], state: PurgeState, named: Mapping[str, str],
    home: bool,
) -> OwnerView:  # fmt: skip
    mine = [row for row in chosen if row.rule.owner == owner]
    groups = tuple(_group(holds, row.rule, named, home) for row in mine)
    longest = max((group.hit_minutes for group in groups), default=0)
    before = state.done_at - timedelta(minutes=longest) if groups and state.done_at and not state.late_since else None
    begun = [row.made_at for row in mine] + ([state.late_last] if state.late_last else [])
    conflicts = tuple(conflict.sentence for conflict in holds.conflicts(owner))
    return OwnerView(owner, name, groups, before, max(begun, default=None), deadline(max(longest, 1)), conflicts, home)


def _group(holds: Plan, rule: Any, named: Mapping[str, str], home: bool) -> Group:
    plain, hits = holds.within(rule), holds.within(rule, hit=True)
    return Group(
        rule.group, tuple(named.get(one, one) for one in sorted(rule.readers)), plain.minutes, hits.minutes, rule.minutes,
        because(plain, rule.minutes, home=home), plain.limited_by, plain.section,
    )  # fmt: skip


def because(kept: Kept, chosen: int | None = None, *, home: bool = False) -> str:
    """Why reads are kept so long, in a sentence. ``home``: on a household's node, where one person chooses."""
    if kept.limited_by is not None:
        more = f" instead of the {spoken(chosen)} chosen" if chosen is not None and chosen != kept.minutes else ""
        return f"{kept.section or kept.limited_by} ({kept.limited_by}){more}."
    if kept.asked_by is not None:
        return f"A duty to keep records asks for it: {kept.asked_by.removeprefix('duty ')}."
    return f"The household chose it: {spoken(MOST_MINUTES)} at most." if home else "The agency's own choice."


def _receipt(seq: int, at: datetime, kind: str, told: Mapping[str, Any]) -> Receipt:
    late = kind == EventType.PURGE_LATE
    others = told.get("others") or {}
    return Receipt(
        seq, at, late, told["owner"], told.get("kept_min", 0), told.get("reads", 0), told.get("pictures", 0),
        parse_instant(told["before"]) if "before" in told else None, parse_instant(told["from"]) if "from" in told else None,
        told.get("held", 0), {name: int(count) for name, count in others.items()}, told.get("minutes", 0), told.get("why", ""),
    )  # fmt: skip


async def kept_by_reader(node: Node, person: Person) -> Mapping[str, tuple[int, str]]:
    """For each reader that the person may see: minutes its reads are kept, and why."""
    agency = None if person.may(Permission.READERS) else person.organisation
    async with node.store.transaction() as tx:
        holds = await retention.plan(node, tx)
        every = await readers.readers(tx, agency)
    found = {}
    for known in every:
        kept, rule = retention.kept_of(holds, known), holds.rule(known.reader.agency, known.reader.id)
        if kept is not None and rule is not None:
            found[known.reader.id] = (kept.minutes, because(kept, rule.minutes, home=node.settings.home))
    return found
