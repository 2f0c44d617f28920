"""How long reads are kept, on this node and now: the owners' choices within promises and laws, followed up on what is stored.

The plan belongs to the policy: it is held by the same epoch, so that nothing is stored by a choice that was changed. What shortens
acts at once, on stored reads too; what lengthens takes two people and only counts for reads to come. Reads never change to a longer
class, except those that matched a hot list as they came.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import msgspec

from plateward import rulepacks
from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, Fault
from plateward.core.event import EventType
from plateward.core.ids import uuid7
from plateward.core.policy import Policy
from plateward.core.proposal import EndRetentionGroup, SetRecordsDuty, SetRetention
from plateward.core.read import Read
from plateward.core.retention import Kept, Plan, Rule, lengthens, limits_on, require_lawful
from plateward.node.node import Node
from plateward.node.sealing import bucket
from plateward.node.sharing.change import Change, change_of_policy
from plateward.store import changes as waiting
from plateward.store import policy as stored
from plateward.store import readers
from plateward.store import retention as rows
from plateward.store.connection import Connection
from plateward.store.partitions import patiently

FILE = "retention"
EFFECTIVE = "retention-effective"
SETTLED = "retention-settled"
SHORTENED = "retention-shortened"
"""Under these keys the database keeps what the settings' file said last, what was in force last, what stored reads follow, and
which classes were shortened when."""

OPERATOR = "operator"
NODE = "node"


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """The plan of one epoch and day."""

    epoch: int
    day: date
    plan: Plan


async def plan(node: Node, tx: Connection, policy: Policy | None = None) -> Plan:
    """The plan in force, held until ``tx`` ends, as the policy is. ``policy``: where ``tx`` holds it already."""
    policy = policy or await node.policy(tx)
    held = node.retention_plan
    if held is None or (held.epoch, held.day) != (policy.epoch, policy.day):
        held = HeldPlan(policy.epoch, policy.day, await _load(node, tx, policy))
        node.retention_plan = held
    return held.plan


async def plan_lately(node: Node) -> Plan:
    """The plan in force a moment ago."""
    async with node.store.transaction() as tx:
        return await plan(node, tx)


async def plan_within(change: Change) -> Plan:
    """The plan as it would be with what was changed so far."""
    return await _load(change.node, change.tx, await change.policy())


async def _load(node: Node, tx: Connection, policy: Policy) -> Plan:
    chosen = tuple(row.rule for row in await rows.rules(tx))
    duties = await rows.duties(tx)
    packs = [rulepacks.load(pack) for pack in node.settings.promises.packs]
    owners = {node.settings.agency, *(rule.owner for rule in chosen), *(owner for owner, _, _ in duties)}
    limits = {}
    for owner in owners & set(policy.registry.agencies):
        mine = [(f"duty {source}", floor) for bound, floor, source in duties if bound == owner]
        home, promises = policy.registry.agencies[owner], policy.promises_of(owner)
        limits[owner] = limits_on(home, policy.day, promises, packs, mine)
    return Plan(chosen, limits)


def kept_of(now: Plan, reader: readers.StoredReader, *, hit: bool = False) -> Kept | None:
    """How long reads of ``reader`` are kept; its own setting can only shorten."""
    kept = now.kept(reader.reader.agency, reader.reader.id, hit=hit)
    if kept is None or reader.keep_minutes is None or kept.minutes <= reader.keep_minutes:
        return kept
    return Kept(reader.keep_minutes)


async def kept_minutes(node: Node, reader: readers.StoredReader) -> int:
    """How long reads of ``reader`` are kept, minutes. Raises BadInput where nobody has said so: then nothing is collected."""
    return _minutes(await plan_lately(node), reader)


async def require_still(node: Node, tx: Connection, policy: Policy, reader: readers.StoredReader, kept: int) -> None:
    """Raise Fault when retention was changed since ``kept`` was asked: the delivery is sent again and stored by what holds now."""
    if _minutes(await plan(node, tx, policy), reader) != kept:
        raise Fault("How long reads are kept was changed meanwhile.", next_step="Send the delivery again.")


def _minutes(now: Plan, reader: readers.StoredReader) -> int:
    kept = kept_of(now, reader)
    if kept is None:
        raise BadInput(f"nothing is collected for {reader.reader.agency}: its retention is not set", where="retention")
    return kept.minutes


async def keep_hits(node: Node, tx: Connection, hits: Sequence[Read]) -> Mapping[UUID, UUID]:
    """Reads that matched a hot list in this very transaction, which stored them: mark them, and keep them for as long as the
    owner and the law let hits be kept. Returns the new names of pictures, by the old: a picture that is kept longer is sealed anew.
    """
    now = await plan(node, tx)
    longer: list[tuple[Read, Kept, Kept]] = []
    for read in hits:
        plain, kept = now.kept(read.agency, read.reader), now.kept(read.agency, read.reader, hit=True)
        if plain is not None and kept is not None:
            longer.append((read, plain, kept))
    if not longer:
        return {}
    await node.partitions.ensure((kept.minutes, read.read_at) for read, _, kept in longer)
    await rows.keep_hits(tx, [(read.id, read.read_at, kept.minutes) for read, _, kept in longer])
    renamed = {}
    for read, plain, kept in longer:
        if read.picture is not None and kept.minutes > plain.minutes:
            new = await _rekey(node, tx, read, timedelta(minutes=plain.minutes), timedelta(minutes=kept.minutes))
            renamed[read.picture] = new or read.picture
    return renamed


async def _rekey(node: Node, tx: Connection, read: Read, plain: timedelta, kept: timedelta) -> UUID | None:
    """Seal a hit's picture under a key that lives as long as the hit; the first one goes with its own time."""
    assert read.picture is not None
    jpeg = await asyncio.to_thread(node.vault.get, read.picture, read.agency, bucket(read.read_at + plain, plain))
    if jpeg is None:
        return None
    new, name = uuid4(), bucket(read.read_at + kept, kept)
    await asyncio.to_thread(node.vault.put, new, read.agency, name, jpeg)
    await rows.rekey_picture(tx, read.id, read.read_at, read.picture, new, name, read.read_at + kept)
    return new


# ---------------------------------------------------------------- changing it


async def apply_retention(
    change: Change, proposal: SetRetention | EndRetentionGroup | SetRecordsDuty, owner: str, hands: Mapping[str, JSON]
) -> None:
    """Put a choice or a duty into force in the change's transaction. Raises BadInput where a law or duty forbids it.

    ``change.lengthens`` says afterwards whether any read to come is kept longer.
    """
    before, by = await plan_within(change), str(hands["proposed_by"])
    mine = {known.reader.id for known in await readers.readers(change.tx, owner)}
    if isinstance(proposal, SetRetention):
        named = frozenset(proposal.readers.replace(",", " ").split())
        rule = Rule(owner, proposal.minutes, proposal.group.strip(), named, proposal.hit_minutes)
        if unknown := sorted(named - mine):
            raise BadInput(f"{owner} has no reader {unknown[0]!r}", where="readers")
        require_lawful(rule, before.limits_of(owner))
        await rows.set_rule(change.tx, rule, by=by, at=change.now)
    elif isinstance(proposal, EndRetentionGroup):
        if not await rows.end_rule(change.tx, owner, proposal.group, at=change.now):
            raise BadInput(f"{owner} has no group {proposal.group!r}", where="group")
    else:
        source = msgspec.to_builtins(proposal.source)
        await rows.set_duty(change.tx, owner, proposal.reads, proposal.minutes, source, by=by, at=change.now)
    after = await plan_within(change)
    change.lengthens = lengthens(before, after, owner, mine) or (
        isinstance(proposal, SetRecordsDuty) and proposal.minutes > 0
    )
    await _tell_effective(change.node, change.tx, after, change.tell, hands)
    change.node.hurry.set()


def _effective(now: Plan) -> dict[str, dict[str, JSON]]:
    """What holds for every group of every owner, as the database keeps it to notice a change."""
    found: dict[str, dict[str, JSON]] = {}
    for rule in now.rules:
        reader = min(rule.readers, default="")
        plain, hits = now.within(rule), now.within(rule, hit=True)
        found[f"{rule.owner}|{rule.group}"] = {
            "min": plain.minutes, "hit": hits.minutes, "ceiling": plain.limited_by, "floor": plain.asked_by,
            "readers": hashlib.sha256(" ".join(sorted(rule.readers)).encode()).hexdigest()[:16] if reader else "",
        }  # fmt: skip
    return found


async def _tell_effective(
    node: Node,
    tx: Connection,
    now: Plan,
    tell: Callable[[EventType, str, Mapping[str, JSON]], None],
    hands: Mapping[str, JSON],
) -> None:
    before: dict[str, dict[str, JSON]] = await stored.setting(tx, EFFECTIVE) or {}
    after = _effective(now)
    if after == before:
        return
    await stored.set_setting(tx, EFFECTIVE, after, by=str(hands["proposed_by"]), at=node.now())
    for key, holds in after.items():
        old = before.get(key)
        if old is not None and (old["min"], old["hit"], old["readers"]) == (
            holds["min"],
            holds["hit"],
            holds["readers"],
        ):
            continue
        owner, _, group = key.partition("|")
        tell(EventType.RETENTION_CHANGED, owner, {
            "owner": owner, "reader_group": group or None, "before_min": old["min"] if old else None, "after_min": holds["min"],
            "ceiling": holds["ceiling"], "floor": holds["floor"], **hands,
        })  # fmt: skip


async def keep_retention(node: Node) -> bool:
    """Tell the ledger where what holds has changed by itself: a law came into force, a promise was adopted. True when it had."""
    async with node.store.transaction() as tx:
        same = _effective(await plan(node, tx)) == (await stored.setting(tx, EFFECTIVE) or {})
    if same:
        return False
    async with change_of_policy(node) as change:
        await _tell_effective(node, change.tx, await plan_within(change), change.tell, {"proposed_by": NODE})
    return True


async def follow_settings(node: Node) -> None:
    """Take over what the settings' file says: where nobody has chosen yet, and what is shorter. What is longer waits for a second
    person, as any lengthening does.
    """
    settings = node.settings.retention
    said = {agency: settings.of(agency) for agency in sorted({node.settings.agency, *settings.agencies})}
    told = {agency: minutes for agency, minutes in said.items() if minutes is not None}
    async with change_of_policy(node) as change:
        tx = change.tx
        before: dict[str, int] = await stored.setting(tx, FILE) or {}
        chosen = {row.rule.owner: row.rule for row in await rows.rules(tx) if not row.rule.group}
        for agency, minutes in told.items():
            await readers.add_agency(tx, agency)
            rule = chosen.get(agency)
            if rule is None or (minutes != before.get(agency) and minutes < rule.minutes):
                hits = rule.hit_minutes if rule else None
                await rows.set_rule(tx, Rule(agency, minutes, hit_minutes=hits), by=OPERATOR, at=change.now)
            elif minutes != before.get(agency) and minutes > rule.minutes:
                await _await_second(change, agency, minutes)
        if told != before:
            await stored.set_setting(tx, FILE, told, by=OPERATOR, at=change.now)
        await _tell_effective(node, tx, await plan_within(change), change.tell, {"proposed_by": OPERATOR})


async def _await_second(change: Change, owner: str, minutes: int) -> None:
    document = msgspec.json.encode(SetRetention(minutes))
    waits = await waiting.changes(change.tx)
    if any(row.owner == owner and dict(row.document) == msgspec.json.decode(document) for row in waits):
        return
    made = uuid7(change.now, change.node.random(10))
    row = waiting.StoredChange(made, "set-retention", owner, msgspec.json.decode(document), True, OPERATOR, change.now)
    await waiting.add_change(change.tx, row)
    body: dict[str, JSON] = {
        "change": str(made), "kind": "set-retention", "owner": owner, "digest": hashlib.sha256(document).hexdigest(),
        "by": OPERATOR,
    }  # fmt: skip
    change.tell(EventType.CHANGE_PROPOSED, owner, body)


# ---------------------------------------------------------------- following it up on what is stored


async def settle_reads(node: Node) -> int:
    """Bring stored reads, and their pictures, into the class that holds for them now where it is shorter; how many moved.

    Whole or again: only when every partition was looked at is it noted that stored reads follow the plan.
    """
    now = node.now()
    async with node.store.transaction() as tx:
        holds = await plan(node, tx)
        targets = _targets(holds, await readers.readers(tx))
        digest = hashlib.sha256(json.dumps([[t.reader_no, t.plain, t.hits] for t in targets]).encode()).hexdigest()
        if await stored.setting(tx, SETTLED) == digest:
            return 0
        shortest = min((min(t.plain, t.hits) for t in targets), default=None)
        parts = await rows.partitions_longer(tx, shortest) if shortest is not None else ()
    moved = 0
    for part, minutes in parts:
        work = partial(_shorten, part=part, minutes=minutes, targets=targets, now=now)
        moved += await patiently(node.store, work, "shorten what is kept")
    if moved:
        node.partitions.forget()
    async with node.store.transaction() as tx:
        await stored.set_setting(tx, SETTLED, digest, by=NODE, at=now)
    return moved


async def _shorten(tx: Connection, *, part: str, minutes: int, targets: Sequence[rows.Target], now: datetime) -> int:
    moved, shortest = await rows.shorten(tx, part, targets, now)
    if moved:  # for backups that were made before
        known: dict[str, dict[str, JSON]] = await stored.setting(tx, SHORTENED) or {}
        known[str(minutes)] = {"to": shortest, "before": now.isoformat()}
        await stored.set_setting(tx, SHORTENED, known, by=NODE, at=now)
    return moved


async def shortened(tx: Connection) -> dict[int, tuple[int, datetime]]:
    """Classes whose reads were shortened: to how many minutes at least, and when last; for backups made before."""
    known = await stored.setting(tx, SHORTENED) or {}
    return {int(minutes): (one["to"], datetime.fromisoformat(one["before"])) for minutes, one in known.items()}


def _targets(now: Plan, every: Sequence[readers.StoredReader]) -> list[rows.Target]:
    found = []
    for reader in every:
        plain, hits = kept_of(now, reader), kept_of(now, reader, hit=True)
        if plain is not None and hits is not None:
            found.append(rows.Target(reader.reader_no, plain.minutes, hits.minutes))
    return sorted(found, key=lambda target: target.reader_no)


async def make_partitions(node: Node) -> None:
    """Make the partitions that the coming reads of every retention class need."""
    holds = await plan_lately(node)
    kept = {holds.within(rule, hit=hit).minutes for rule in holds.rules for hit in (False, True)}
    await node.partitions.ensure_ahead(kept, node.now())
