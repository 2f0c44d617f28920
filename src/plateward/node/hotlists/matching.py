"""Matching: reads against hot lists, in the transaction that stores the reads.

Which lists may match whose reads is what the gate decides for the policy epoch that the transaction holds: an owner's own lists,
and those of a partner under a share that permits ``hits``. A share revoked or a brake pulled stops matching with the next
transaction. The transaction sees the entries of just these lists (row-level security), and one query finds them for a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plateward import rulepacks
from plateward.core.alert import NewAlert
from plateward.core.hotlist import LATE_AFTER, Fit, decide_hits, fit, limit_of_age
from plateward.core.ids import uuid7
from plateward.core.policy import Policy
from plateward.core.promise import HotLists
from plateward.core.read import Read
from plateward.node.alerting.raising import raise_alerts
from plateward.node.keeping.retention import keep_hits
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Granted:
    """A list that may match some owner's reads: its entries of these kinds, under this share (None: the owner's own list)."""

    list: rows.StoredList
    kinds: frozenset[str]
    share: str | None


async def match(node: Node, tx: Connection, policy: Policy, owner: str, reads: Sequence[Read]) -> int:
    """Raise an alert for every pair of a read in ``reads`` (of ``owner``, stored in ``tx``) and an entry that it fits.

    Call it last in the transaction. Returns how many pairs there were; reads of one pass make one alert.
    """
    now = node.now()
    alerts = [_alert(node, hit, now) for hit in await hits_among(node, tx, policy, owner, reads)]
    if alerts:
        hits = {alert.read_id for alert in alerts}
        renamed = await keep_hits(node, tx, [read for read in reads if read.id in hits])
        alerts = [replace(one, picture=renamed.get(one.picture, one.picture)) if one.picture else one for one in alerts]
        await raise_alerts(node, tx, alerts)
    return len(alerts)


@dataclass(frozen=True, slots=True)
class Hit:
    """A read and an entry that it fits, of a list that may match it."""

    read: Read
    entry: rows.Found
    granted: Granted
    fit: Fit


async def hits_among(node: Node, tx: Connection, policy: Policy, owner: str, reads: Sequence[Read]) -> tuple[Hit, ...]:
    """Every pair of a read in ``reads`` (of ``owner``) and an entry that it fits now. Reads need not be stored."""
    if not reads:
        return ()
    now = node.now()
    granted = {one.list.list_no: one for one in grants(node, policy, owner, await rows.active(tx), now)}
    if not granted:
        return ()
    await rows.show_lists(tx, sorted(granted))
    found = await rows.matches(tx, sorted(granted), list(_texts(reads)), now)
    return tuple(
        Hit(reads[row.place], row, granted[row.list_no], fitting)
        for row in found
        if (fitting := _fits(reads[row.place], row, granted[row.list_no])) is not None
    )


def grants(
    node: Node, policy: Policy, owner: str, lists: Iterable[rows.StoredList], now: datetime
) -> tuple[Granted, ...]:
    """Which of ``lists`` may match reads of ``owner`` now: neither stale nor retired, and allowed kind by kind."""
    found = []
    for one in lists:
        if one.retired_at is not None or not one.entries or is_stale(node, policy, one, now, owner):
            continue
        decided = [(kind, decide_hits(policy, one.owner, owner, kind, now)) for kind in one.kinds]
        kinds = frozenset(kind for kind, decision in decided if decision.allowed)
        if kinds:
            share = next((s for _, decision in decided if decision.allowed for s in decision.shares), None)
            found.append(Granted(one, kinds, share))
    return tuple(found)


def is_stale(node: Node, policy: Policy, one: rows.StoredList, now: datetime, owner: str | None = None) -> bool:
    """Whether a list is older than it may be, by its own limit or by the law of its owner and of the reads' ``owner``."""
    return one.as_of + age_limit(node, policy, one, owner) <= now


def age_limit(node: Node, policy: Policy, one: rows.StoredList, owner: str | None = None) -> timedelta:
    """How old a list may be."""
    agencies = {one.owner, owner or one.owner}
    laws = [law for pack in node.settings.promises.packs if (law := _law(pack, policy, agencies)) is not None]
    return limit_of_age(
        one.max_age, *(timedelta(minutes=law.max_age_minutes) for law in laws if law.max_age_minutes is not None)
    )


def _law(pack: str, policy: Policy, agencies: Iterable[str]) -> HotLists | None:
    """What a rule pack says of hot lists where it binds one of ``agencies`` today."""
    law = rulepacks.load(pack)
    known = (policy.registry.agencies.get(agency) for agency in agencies)
    bound = any(agency is not None and law.applies_to.covers(agency) for agency in known)
    return law.hot_lists if bound and policy.day >= law.in_force_from else None


def _texts(reads: Sequence[Read]) -> Iterable[tuple[int, str]]:
    for place, read in enumerate(reads):
        yield place, read.plate
        for text, probability in read.candidates:
            if probability > 0:
                yield place, text


def _fits(read: Read, row: rows.Found, granted: Granted) -> Fit | None:
    if row.kind not in granted.kinds:
        return None
    found = fit(read, row.plate, row.region, alike=granted.list.look_alike)
    return found if found is not None and found.confidence * 1000 >= granted.list.least_confidence else None


def _alert(node: Node, hit: Hit, now: datetime) -> NewAlert:
    read, row, granted, fitting = hit.read, hit.entry, hit.granted, hit.fit
    return NewAlert(
        alert_id=uuid7(now, node.random(10)), agency=read.agency, list_id=granted.list.list_id, list_owner=granted.list.owner,
        entry_id=str(row.entry_id), read_id=read.id, read_at=read.read_at, reader_id=read.reader, listed_plate=row.plate,
        listed_state=row.region, read_plate=read.plate, read_region=read.region, how=fitting.how,
        state_match=fitting.same_state, confidence=fitting.confidence, late=now - read.read_at > LATE_AFTER,
        share=granted.share, list_name=granted.list.name, kind=row.kind, reason=row.reason, case=row.case_no,
        priority=row.priority, listed_at=row.listed_at, entry_expires=row.expires_at, picture=read.picture,
    )  # fmt: skip
