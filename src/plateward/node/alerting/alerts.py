"""Alerts as people see them: a list, one with its history, its picture, and a stream that loses nothing. All through the gate.

An agency is alerted by its own lists. Of another owner's reads it sees what the share shows: without exact places the middle of a
grid cell, without pictures none. That a partner was alerted was counted when the alert was raised, so looking at it counts no read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from plateward.core.alert import State
from plateward.core.cursor import cursor_after, parse_cursor
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.hotlist import EVERY_KIND, HOUSEHOLD, decide_hits
from plateward.core.people import Asker, Permission, Person, Role
from plateward.core.policy import PLAIN, Circumstances, Policy
from plateward.core.purpose import Purpose
from plateward.core.share import Act, Grant
from plateward.node.alerting.view import Alert, seen_by
from plateward.node.gate import Found, Passage, Request, Scope, pass_gate
from plateward.node.node import Node
from plateward.node.reads import picture_within
from plateward.node.search import OwnerAnswer, tell
from plateward.store import alerts as rows
from plateward.store import pictures
from plateward.store.connection import Connection, limit_to

T = TypeVar("T")

MAX_LIMIT = 500
BEAT_S = 15
POLL_S = 2.0
"""A stream looks by itself this often, should it hear nothing."""

REST_S = 0.1
"""Between two looks of a stream, so that a burst of alerts is looked up together."""

OWN_REASON = "wanted-person"
"""Under this purpose somebody opens the alerts of the own agency, whatever each plate is wanted for."""


class Shelf(StrEnum):
    """Which alerts a list shows: those that wait for a person, those decided, those that came too late to act upon, or all."""

    OPEN = "open"
    DECIDED = "decided"
    LATE = "late"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts. ``cursor``: where the page begins, as the page before said."""

    shelf: Shelf = Shelf.OPEN
    list_id: str | None = None
    limit: int = 50
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadInput(f"between 1 and {MAX_LIMIT}", where="limit")


@dataclass(frozen=True, slots=True)
class AlertsAnswer:
    """Alerts, the latest first, and what each owner answered. ``head``: the number of the last change; a stream goes on from it."""

    alerts: tuple[Alert, ...]
    owners: tuple[OwnerAnswer, ...]
    access_record: int
    head: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """One alert with its history, or why not. ``reads``: those of its pass, the first 200."""

    alert: Alert | None
    steps: tuple[rows.Step, ...]
    reads: tuple[rows.PassRead, ...]
    owners: tuple[OwnerAnswer, ...]
    access_record: int


@dataclass(frozen=True, slots=True)
class PictureAnswer:
    """The picture of an alert's read as JPEG; None where it was refused or is gone."""

    jpeg: bytes | None
    owners: tuple[OwnerAnswer, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question to the gate: of whose reads, for which kind of wanted plate (None: whatever kind, of the own reads)."""

    owners: tuple[str, ...]
    kind: str | None

    @property
    def reason(self) -> str:
        return OWN_REASON if self.kind is None else reason_of(self.kind)

    @property
    def circumstances(self) -> Circumstances:
        return PLAIN if self.kind is None else Circumstances(hotlist=self.kind)


def reason_of(kind: str) -> str:
    """The purpose for which a plate of ``kind`` is looked for."""
    return EVERY_KIND[kind][1] if kind in EVERY_KIND else OWN_REASON


async def alerts(node: Node, person: Person, wanted: Wanted, *, session: str | None = None) -> AlertsAnswer:
    """The alerts that the person's agency received, the latest first."""
    async with node.store.transaction() as tx:
        head = await rows.head(tx)
        asked = await _asked(tx, person)
    passages = [await _list(node, person, wanted, one, session) for one in asked]
    found = sorted((alert for passage in passages for alert in passage.answer or ()), key=_order)
    page = tuple(found[: wanted.limit])
    more = len(page) == wanted.limit
    return AlertsAnswer(
        page,
        tuple(owner for passage in passages for owner in told(passage)),
        passages[0].record,
        head,
        cursor_after(page[-1].raised_at, str(page[-1].id)) if more else None,
    )


def _order(alert: Alert) -> tuple[float, int]:
    return -alert.raised_at.timestamp(), -alert.id.int


async def _asked(tx: Connection, person: Person) -> tuple[_Asked, ...]:
    kinds: dict[str, list[str]] = {}
    for owner, kind in await rows.partners(tx, person.organisation):
        kinds.setdefault(kind, []).append(owner)
    own = HOUSEHOLD if person.role is Role.HOUSEHOLDER else None  # a household wants nobody: its list is of one kind
    return (_Asked((person.organisation,), own), *(_Asked(tuple(owners), kind) for kind, owners in kinds.items()))


async def _list(
    node: Node, person: Person, wanted: Wanted, asked: _Asked, session: str | None
) -> Passage[tuple[Alert, ...]]:
    sought = _filter(wanted, asked.kind)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[tuple[Alert, ...]]:
        numbers = [scope.number for scope in scopes]
        found = await rows.newest(tx, numbers, person.organisation, sought, node.now())
        return Found(seen_by(person.organisation, found, {scope.owner: scope.grants for scope in scopes}))

    query = {"alerts": str(wanted.shelf), **({"hotlist": wanted.list_id} if wanted.list_id else {})}
    request = Request(
        Act.HITS, EventType.ACCESS_ALERTS, Permission.ALERTS, asked.owners, Purpose(asked.reason), query,
        circumstances=asked.circumstances, session=session,
    )  # fmt: skip
    passage = await pass_gate(node, person, request, work)
    return replace(passage, answer=_permitted(node, passage.policy, person, passage.answer or ()))


def _filter(wanted: Wanted, kind: str | None) -> rows.AlertFilter:
    states = {
        Shelf.OPEN: (State.NEW, State.SEEN),
        Shelf.DECIDED: tuple(state for state in State if state.decided),
    }.get(wanted.shelf)
    late = {Shelf.OPEN: False, Shelf.LATE: True}.get(wanted.shelf)
    after = parse_cursor(wanted.cursor, UUID) if wanted.cursor else None
    return rows.AlertFilter(states, wanted.list_id, kind, late, after, wanted.limit)


async def alert(node: Node, person: Person, alert_id: UUID, *, session: str | None = None) -> AlertAnswer:
    """One alert with its history."""

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[_One]:
        return Found(await find(node, tx, person, scopes, alert_id))

    passage = await pass_gate(node, person, await request_of(node, alert_id, {}, session), work)
    one = passage.answer or _One(None, (), ())
    return AlertAnswer(one.alert, one.steps, one.reads, told(passage), passage.record)


@dataclass(frozen=True, slots=True)
class _One:
    alert: Alert | None
    steps: tuple[rows.Step, ...]
    reads: tuple[rows.PassRead, ...]


async def find(node: Node, tx: Connection, person: Person, scopes: Iterable[Scope], alert_id: UUID) -> _One:
    """An alert as ``person`` may see it, within what the gate allowed. Names of another agency's people are left out."""
    scopes, now = tuple(scopes), node.now()
    stored = await rows.one(tx, [scope.number for scope in scopes], person.organisation, alert_id, now)
    if stored is None:
        return _One(None, (), ())
    grants = {scope.owner: scope.grants for scope in scopes}
    (found,) = seen_by(person.organisation, (stored,), grants)
    steps = tuple(
        step if step.by_agency == person.organisation else replace(step, by_person="", by_name="", note="")
        for step in await rows.steps(tx, alert_id)
    )
    reads = await rows.reads(tx, alert_id, now) if found.exact_location and stored.expires_at > now else ()
    return _One(found, steps, reads)


async def request_of(node: Node, alert_id: UUID, doing: dict[str, str], session: str | None) -> Request:
    """The question to the gate about one alert. Raises BadInput when there is none of this id."""
    owner, kind = await _owner(node, alert_id)
    return Request(
        Act.HITS, EventType.ACCESS_ALERTS, Permission.ALERTS, (owner,), Purpose(reason_of(kind)),
        {"alert": str(alert_id), **doing}, circumstances=Circumstances(hotlist=kind), session=session,
    )  # fmt: skip


async def _owner(node: Node, alert_id: UUID) -> tuple[str, str]:
    async with node.store.transaction() as tx:
        owner = await rows.owner(tx, alert_id)
    if owner is None:
        raise BadInput("there is no such alert", where="alert")
    return owner


async def picture(node: Node, person: Person, alert_id: UUID, *, session: str | None = None) -> PictureAnswer:
    """The picture of the read that an alert shows: to be compared with the listed plate."""
    owner, kind = await _owner(node, alert_id)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[bytes | None]:
        numbers = [scope.number for scope in scopes]
        found = await rows.one(tx, numbers, person.organisation, alert_id, node.now())
        if found is None or found.picture_ref is None or Grant.PICTURES not in scopes[0].grants:
            return Found(None)
        stored = await pictures.picture(tx, numbers, found.picture_ref)
        if stored is None:
            return Found(None)
        jpeg = await asyncio.to_thread(node.vault.get, stored.ref, owner, stored.bucket)
        return Found(picture_within(jpeg, scopes[0].grants), {owner: 1})

    request = Request(
        Act.PICTURE, EventType.ACCESS_PICTURE, Permission.ALERTS, (owner,), Purpose(reason_of(kind)), {"alert": str(alert_id)},
        circumstances=Circumstances(hotlist=kind), session=session,
    )  # fmt: skip
    passage = await pass_gate(node, person, request, work)
    return PictureAnswer(passage.answer, told(passage))


async def follow(
    node: Node, person: Person, after: int | None = None, *, session: str | None = None
) -> AsyncIterator[tuple[Alert, ...]]:
    """Alerts as they are raised or change after change number ``after`` (None: from now on), and an empty tuple every 15 seconds.

    Opening it is recorded once; the decision is taken again at each look, and the stream ends when the right to look on does.
    """
    opened = await alerts(node, person, Wanted(limit=1), session=session)
    if not any(owner.allowed for owner in opened.owners):
        return
    after, clock = opened.head if after is None else after, asyncio.get_running_loop()
    beat = clock.time() + BEAT_S
    while True:
        rings = node.bell.count(rows.CHANNEL)
        fresh = await _since(node, person, after)
        if fresh is None:
            return
        if fresh or clock.time() >= beat:
            after, beat = max((after, *(one.change for one in fresh))), clock.time() + BEAT_S
            yield fresh
        await asyncio.sleep(REST_S)
        await node.bell.wait(rows.CHANNEL, rings, POLL_S)


async def _since(node: Node, person: Person, after: int) -> tuple[Alert, ...] | None:
    """What changed after ``after``, or None when this person may not look on any more.

    Decided and looked up in one transaction: what is decided before a brake is not looked up after it.
    """
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        if not person.may(Permission.ALERTS):
            return None
        questions = [
            (asked.kind, [found for found in _decisions(node, policy, person, asked) if found.allowed])
            for asked in await _asked(tx, person)
        ]
        if not any(allowed for _, allowed in questions):
            return None
        numbers = await node.agency_numbers(tx, {found.owner for _, allowed in questions for found in allowed})
        changed: list[Alert] = []
        for kind, allowed in questions:
            owners = [numbers[found.owner] for found in allowed if found.owner in numbers]
            await limit_to(tx, owners)
            stored = await rows.changed(tx, owners, person.organisation, after, node.now(), kind=kind)
            grants = {found.owner: found.grants for found in allowed}
            changed.extend(_permitted(node, policy, person, seen_by(person.organisation, stored, grants)))
    return tuple(sorted(changed, key=lambda one: one.change))


def _decisions(node: Node, policy: Policy, person: Person, asked: _Asked) -> tuple[Decision, ...]:
    return policy.decide_all(Asker.of(person), asked.owners, Act.HITS, asked.reason, node.now(), asked.circumstances)


def _permitted(node: Node, policy: Policy, person: Person, found: Iterable[Alert]) -> tuple[Alert, ...]:
    """Those of ``found`` whose kind of list may still match that owner's reads; one's own need no leave."""
    return tuple(
        one
        for one in found
        if one.own or decide_hits(policy, person.organisation, one.agency, one.kind, node.now()).allowed
    )


def told(passage: Passage[T]) -> tuple[OwnerAnswer, ...]:
    """What each owner answered, in words."""
    return tuple(tell(decision, passage.policy, passage.rows) for decision in passage.decisions)
