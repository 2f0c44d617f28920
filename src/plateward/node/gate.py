"""The gate: the one door. Whoever wants something of somebody's reads passes here, in one database transaction:

1. *classify* the asker: person → employer, assignments, the agency asked for → affiliations → components; the unknown is refused;
2. *decide* for each owner asked: an explicit share must permit, every promise may forbid; any doubt is a refusal;
3. *run* the work, limited in SQL to the owners, times and fields allowed, and hold the answer;
4. *record* it, refusals too: taking the ledger's sequence is the last lock that a transaction takes;
5. *commit*, and only then answer. No record, no answer.

A brake, a revoked share or a corrected affiliation raises the policy epoch. The epoch is read under a lock that these take
exclusively, so nothing that was decided before a brake is answered after it. Row-level security is the second wall: the
transaction sees the rows of the owners that were allowed, and a query that forgets its limits sees no more.

There is no switch that turns this off, and nothing under ``store`` is reached from ``web`` or ``cli`` in another way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.event import Event, EventType
from plateward.core.opening import Opening
from plateward.core.people import Asker, Permission, Person
from plateward.core.policy import PLAIN, Circumstances, Policy
from plateward.core.purpose import Purpose
from plateward.core.share import Act, Grant
from plateward.node import faults, ledger
from plateward.node.keeping.retention import plan
from plateward.node.node import Node
from plateward.store.connection import Connection, limit_to

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants: one act on the reads of some owners, and why.

    ``query`` is what the record says was asked. ``refusal``: why nobody is asked, where that is certain already (a supervisor's
    consent is missing); it is recorded like any other. ``approvals``: ids of consents and documents relied upon. ``opening``: the
    court's order or the emergency that opens reads without a share.
    """

    act: Act
    event: EventType
    permission: Permission
    owners: tuple[str, ...]
    purpose: Purpose
    query: Mapping[str, JSON]
    circumstances: Circumstances = PLAIN
    refusal: str | None = None
    approvals: tuple[str, ...] = ()
    session: str | None = None
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What the work may touch of one owner: reads not older than ``since``, and the fields that ``grants`` name."""

    owner: str
    number: int
    since: datetime | None
    grants: frozenset[Grant]


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What the work brings back: the answer, and how many rows of each owner are in it.

    ``then``: from the number of the record what else the ledger must tell of it, in the same transaction.
    """

    answer: T
    rows: Mapping[str, int] = field(default_factory=dict)
    then: Callable[[int], Event] | None = None


@dataclass(frozen=True, slots=True)
class Passage(Generic[T]):
    """What came out: a decision for each owner, the answer where any allowed, and the number of the record that tells of it."""

    decisions: tuple[Decision, ...]
    answer: T | None
    rows: Mapping[str, int]
    record: int
    policy: Policy


@dataclass(frozen=True, slots=True)
class Admission:
    """Steps 1 and 2: who asks, what was decided for each owner, and the scopes within which the work may run."""

    policy: Policy
    person: Person
    decisions: tuple[Decision, ...]
    scopes: tuple[Scope, ...]


Work = Callable[[Connection, tuple[Scope, ...]], Awaitable[Found[T]]]


async def pass_gate(node: Node, person: Person, request: Request, work: Work[T]) -> Passage[T]:
    """Let ``person`` do ``work`` within what is allowed, and record it. Raises Fault when it failed: then nothing was answered."""
    try:
        async with node.store.transaction() as tx:
            admitted = await admit(node, tx, person, request)
            policy, person, decisions = admitted.policy, admitted.person, admitted.decisions
            found = await work(tx, admitted.scopes) if admitted.scopes else None
            rows = found.rows if found else {}
            record = await ledger.append(node, tx, _event(node, policy, person, request, decisions, rows))
            if found is not None and found.then is not None:
                await ledger.append(node, tx, found.then(record))
    except Exception as fault:
        await faults.record(node, request.event, person, fault)
        raise
    return Passage(decisions, found.answer if found else None, rows, record, policy)


async def admit(node: Node, tx: Connection, person: Person, request: Request) -> Admission:
    """Classify and decide in ``tx``, which from here on sees the reads allowed and no others.

    ``pass_gate`` does this and records it. Called by itself only for what passed once and goes on by itself, such as a feed: it is
    asked anew each time, and what goes out is recorded in the same transaction by whoever lets it go.
    """
    policy = await node.policy(tx)
    person = await node.current(tx, person)
    decisions = decide(policy, person, Asker.of(person, request.purpose.on_behalf_of), request, node.now())
    scopes = await _scopes(node, tx, policy, decisions)
    await limit_to(tx, [scope.number for scope in scopes])
    return Admission(policy, person, decisions, scopes)


def decide(policy: Policy, person: Person, asker: Asker, request: Request, now: datetime) -> tuple[Decision, ...]:
    """One decision for each owner asked, in their order. A role that may not do this at all is refused for every owner."""
    if request.refusal is not None:
        help_ = "A supervisor of your agency can consent to it, once."
        return tuple(Decision(owner, False, request.refusal, help=help_) for owner in request.owners)
    if not person.may(request.permission):
        why = f"Your role, {person.role}, does not allow this." if person.active else "This account is closed."
        return tuple(Decision(owner, False, why, help="An officer or a supervisor can.") for owner in request.owners)
    if request.opening is not None:
        return tuple(
            request.opening.decide(policy, owner, asker, request.purpose.reason, now) for owner in request.owners
        )
    return policy.decide_all(asker, request.owners, request.act, request.purpose.reason, now, request.circumstances)


async def _scopes(node: Node, tx: Connection, policy: Policy, decisions: tuple[Decision, ...]) -> tuple[Scope, ...]:
    allowed = [decision for decision in decisions if decision.allowed]
    numbers = await node.agency_numbers(tx, [decision.owner for decision in allowed])
    retention, now = await plan(node, tx, policy), node.now()
    since: dict[tuple[int | None, int | None], datetime | None] = {}
    scopes = []
    for decision in allowed:
        if decision.owner not in numbers:
            continue
        limits = retention.longest(decision.owner), decision.look_back_days
        if limits not in since:
            since[limits] = _since(now, *limits)
        scopes.append(Scope(decision.owner, numbers[decision.owner], since[limits], decision.grants))
    return tuple(scopes)


def _since(now: datetime, kept_minutes: int | None, look_back_days: int | None) -> datetime | None:
    """Nobody looks further back than the owner keeps reads, nor than the share allows."""
    limits = [timedelta(minutes=kept_minutes)] if kept_minutes is not None else []
    if look_back_days is not None:
        limits.append(timedelta(days=look_back_days))
    return now - min(limits) if limits else None


def _event(
    node: Node,
    policy: Policy,
    person: Person,
    request: Request,
    decisions: tuple[Decision, ...],
    rows: Mapping[str, int],
) -> Event:
    """The access record that California Civ. Code 1798.90.52(a) asks for, and what was decided by what."""
    purpose = request.purpose
    body: dict[str, JSON] = {
        "person": person.id,
        "name": person.name,
        "organisation": person.organisation,
        "employer": person.employer,
        "assignments": list(person.assignments),
        "query": dict(request.query),
        "reason": purpose.reason,
        "owners": [_told(decision, rows.get(decision.owner, 0)) for decision in decisions],
        "allowed": any(decision.allowed for decision in decisions),
        "rows": sum(rows.values()),
        "epoch": policy.epoch,
    }
    optional: dict[str, JSON] = {
        "on_behalf_of": purpose.on_behalf_of,
        "words": purpose.words,
        "case": purpose.case,
        "offence": purpose.offence,
        "approvals": list(request.approvals),
        "session": request.session,
    }
    body.update({name: value for name, value in optional.items() if value})
    return Event(request.event, node.now(), person.organisation, body)


def _told(decision: Decision, rows: int) -> dict[str, JSON]:
    told: dict[str, JSON] = {
        "agency": decision.owner,
        "allowed": decision.allowed,
        "why": decision.why,
        "promises": list(decision.promises),
        "shares": list(decision.shares),
        "chain": list(decision.chain),
        "help": decision.help,
        "rows": rows,
    }
    return told | {"documents": list(decision.documents)} if decision.documents else told
