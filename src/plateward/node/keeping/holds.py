"""Holds: named reads kept past their time for a case or a court's order. One person asks, another approves, and every hold ends.

A hold keeps copies, each in a partition and under a key of its own hold, where no search looks; they are seen only by naming the
hold's case, through the gate. What is asked for is frozen until it is decided, 72 hours at most. A law that lets nobody keep a read
past its time for such a reason refuses the hold; one that sets a ceiling ends it there. Ending a hold destroys its reads at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, write_instant
from plateward.core.ids import uuid7
from plateward.core.people import Permission, Person
from plateward.core.plate import normalise
from plateward.core.purpose import Purpose
from plateward.core.retention import FREEZE, Basis, Limits, Plan, spoken
from plateward.core.share import Act
from plateward.node import ledger
from plateward.node.gate import Found, Request, Scope, pass_gate
from plateward.node.keeping import retention
from plateward.node.node import Node
from plateward.node.sharing.refusals import record_refusal
from plateward.store import holds as rows
from plateward.store import readers
from plateward.store.connection import Connection, limit_to
from plateward.store.holds import Hold, Named

__all__ = ["Hold"]

MOST = 5_000
"""Reads that one hold may name: a hold is for a case, not for a street."""

LONGEST = timedelta(days=731)
DUTY = "duty"
"""The basis of reads that the node set apart for a duty to keep records."""

NODE = "node"


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """What somebody wants held, of the own agency. All conditions hold together; at least one of plate, readers or reads is named.

    ``reason``: as for a search. ``asked_for``: an outsider who asks, such as defence counsel by name.
    """

    basis: str
    case: str
    reason: str
    ends: datetime
    plate: str = ""
    readers: tuple[str, ...] = ()
    reads: tuple[UUID, ...] = ()
    seen_from: datetime | None = None
    seen_to: datetime | None = None
    asked_for: str = ""
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The hold, or why it was refused. ``record``: the access record that tells of it, where the gate was passed."""

    hold: Hold | None
    refusal: str | None = None
    record: int | None = None


async def request_hold(node: Node, person: Person, asked: HoldRequest) -> Asked:
    """Ask for a hold; its reads are frozen from now on. Raises BadInput for what is missing, or when it names no read there is."""
    now = node.now()
    _check(asked, now)
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        holds = await retention.plan(node, tx)
        wanted = await _named(node, tx, person, asked, holds, now)
    if not person.may(Permission.HOLD):
        raise NotAllowed(f"your role, {person.role}, does not ask for holds", where="person")
    if refusal := _unlawful(holds, person.organisation, asked.basis):
        await record_refusal(node, person, EventType.HOLD_REQUESTED, refusal, asked.case.strip())
        return Asked(None, refusal)
    limits = holds.limits_of(person.organisation)
    made = uuid7(now, node.random(10))

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[Hold | int]:
        hold = await _freeze(node, tx, person, asked, wanted, limits, made, now)
        return Found(hold, {person.organisation: hold.reads if isinstance(hold, Hold) else 0})

    purpose = Purpose.of(asked.reason, case=asked.case.strip())
    query: dict[str, JSON] = {"hold": str(made), **_scope(asked)}
    passing = Request(
        Act.SEARCH,
        EventType.ACCESS_SEARCH,
        Permission.HOLD,
        (person.organisation,),
        purpose,
        query,
        session=asked.session,
    )
    try:
        passage = await pass_gate(node, person, passing, work)
    except BaseException:
        await asyncio.to_thread(node.vault.held.destroy, made)
        raise
    if passage.answer is None:
        return Asked(None, passage.decisions[0].why, passage.record)
    if isinstance(passage.answer, int):
        many = f"this names more than {MOST:,} reads; name fewer"
        raise BadInput(many if passage.answer else "no read that is still kept is named by this", where="scope")
    return Asked(passage.answer, None, passage.record)


def _check(asked: HoldRequest, now: datetime) -> None:
    if asked.basis not in Basis._value2member_map_:
        raise BadInput(f"choose one of {', '.join(Basis)}", where="basis")
    if not 3 <= len(asked.case.strip()) <= 120:
        raise BadInput("name the case or the court's order", where="case")
    if not now < asked.ends <= now + LONGEST:
        raise BadInput("a hold ends, within two years; ask again before it does", where="ends")
    if not (asked.plate or asked.readers or asked.reads):
        raise BadInput("name a plate, readers, or reads by their ids", where="scope")
    if len(asked.reads) > MOST:
        raise BadInput(f"name at most {MOST:,} reads", where="reads")
    if not asked.reads and (asked.seen_from is None or asked.seen_to is None or asked.seen_from >= asked.seen_to):
        raise BadInput("say from when to when the reads were made", where="seen_from")


def _unlawful(holds: Plan, owner: str, basis: str) -> str | None:
    """Why no hold on this basis can keep anything longer, where that is so: reads are kept to a ceiling that it does not lift."""
    ceiling, kept = holds.limits_of(owner).ceiling(basis), holds.longest(owner)
    if ceiling is None or kept is None or ceiling[1].ceiling_minutes > kept:
        return None
    limit = ceiling[1]
    lifted = [words for basis, words in _WORDS.items() if basis in limit.unless]
    lifts = f"; the law keeps a read longer for {' or '.join(lifted)}" if lifted else ""
    return f"{limit.section or ceiling[0]}. Nothing is kept past {spoken(limit.ceiling_minutes)} for {_WORDS[Basis(basis)]}{lifts}."


_WORDS = {
    Basis.INVESTIGATION: "an investigation", Basis.COURT_ORDER: "a court's order", Basis.HIT: "a hit",
    Basis.COMMERCIAL_VEHICLE: "the screening of commercial vehicles",
}  # fmt: skip


async def _named(node: Node, tx: Connection, person: Person, asked: HoldRequest, holds: Plan, now: datetime) -> Named:
    mine = {known.reader.id: known.reader_no for known in await readers.readers(tx, person.organisation)}
    if unknown := sorted(set(asked.readers) - set(mine)):
        raise BadInput(f"your agency has no reader {unknown[0]!r}", where="readers")
    numbers = await node.agency_numbers(tx, [person.organisation])
    if person.organisation not in numbers:
        raise NotAllowed("only an agency that owns reads here holds them", where="person")
    plate = normalise(asked.plate) if asked.plate.strip() else ""
    oldest = now - timedelta(minutes=holds.longest(person.organisation) or 0)
    return Named(
        numbers[person.organisation], asked.seen_from or oldest, asked.seen_to or now + timedelta(minutes=10),
        asked.reads or None, [plate] if plate else None, [mine[one] for one in asked.readers] or None,
        asked.basis == Basis.HIT,
    )  # fmt: skip


async def _freeze(
    node: Node,
    tx: Connection,
    person: Person,
    asked: HoldRequest,
    wanted: Named,
    limits: Limits,
    made: UUID,
    now: datetime,
) -> Hold | int:
    """The hold with its frozen reads; or how many it names, where those are none or too many."""
    until = min(now + FREEZE, asked.ends)
    count = await rows.freeze(
        tx, made, wanted, until=until, most_minutes=limits.longest(asked.basis), at=now, most=MOST + 1
    )
    if not 0 < count <= MOST:
        await rows.discard(tx, made)
        return count
    await seal_pictures(node, tx, made, person.organisation)
    hold = Hold(
        made, person.organisation, asked.basis, asked.case.strip(), asked.reason.strip()[:300], asked.asked_for.strip()[:200],
        _scope(asked), count, "asked", person.id, now, until, asked.ends,
    )  # fmt: skip
    await rows.add(tx, hold)
    body = _told(hold, "case", "ends", "reads") | {"by": person.id, "why": hold.reason}
    await ledger.append(node, tx, Event(EventType.HOLD_REQUESTED, now, hold.owner, body))
    return hold


async def seal_pictures(node: Node, tx: Connection, hold_id: UUID, owner: str) -> None:
    """Copy the pictures of a hold's reads under the hold's own key: their first key is destroyed on its day."""
    for read, old, bucket in await rows.pictures(tx, hold_id):
        jpeg = await asyncio.to_thread(node.vault.get, old, owner, bucket)
        new = None if jpeg is None else uuid4()
        if jpeg is not None and new is not None:
            await asyncio.to_thread(node.vault.held.put, hold_id, new, jpeg)
        await rows.name_picture(tx, hold_id, read, new)


def _scope(asked: HoldRequest) -> dict[str, JSON]:
    scope: dict[str, JSON | None] = {
        "plate": normalise(asked.plate) if asked.plate.strip() else None, "readers": list(asked.readers) or None,
        "reads": [str(one) for one in asked.reads] or None,
        "from": write_instant(asked.seen_from) if asked.seen_from else None,
        "to": write_instant(asked.seen_to) if asked.seen_to else None,
    }  # fmt: skip
    return {name: value for name, value in scope.items() if value is not None}


# ---------------------------------------------------------------- deciding and ending


async def decide_hold(node: Node, person: Person, hold_id: str, *, approved: bool, note: str = "") -> Hold:
    """Approve or refuse as the second person; refusing destroys what was frozen. Raises NotAllowed for one's own request.

    Reads that a duty set apart take counsel's advice first, and then another person who agrees.
    """
    now, note = node.now(), note.strip()[:500]
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        hold = await _row(tx, person, hold_id)
        if not person.may(Permission.HOLD_DECIDE):
            raise NotAllowed(f"your role, {person.role}, does not decide holds", where="person")
        if person.id in (hold.asked_by, hold.advised_by):
            raise NotAllowed("nobody decides alone: ask another person", where="person")
        if hold.state not in ("asked", "conflict"):
            raise BadInput(f"this hold is {hold.state} already", where="hold")
        if not approved and not note:
            raise BadInput("say why you refuse", where="note")
        if hold.state == "conflict" and hold.advice is None:
            return await _advise(tx, hold, person, approved, note)
        if hold.state == "conflict" and not approved:
            cleared = replace(hold, advice=None, advised_by=None, note=note)
            await rows.step(tx, cleared)
            return cleared
        keep = approved if hold.state == "asked" else hold.advice == "keep"
        done = replace(
            hold,
            state="active" if keep else "refused",
            decided_by=person.id,
            decided_at=now,
            note=note,
            frozen_until=None,
        )
        await _carry_out(node, tx, done, person.id)
    if not keep:
        await asyncio.to_thread(node.vault.held.destroy, hold.hold_id)
        node.hurry.set()
    return done


async def _advise(tx: Connection, hold: Hold, person: Person, keep: bool, note: str) -> Hold:
    if not person.may(Permission.COUNSEL):
        raise NotAllowed("counsel says first what becomes of reads that a duty and a law disagree on", where="person")
    advised = replace(hold, advice="keep" if keep else "destroy", advised_by=person.id, note=note)
    await rows.step(tx, advised)
    return advised


async def _carry_out(node: Node, tx: Connection, hold: Hold, by: str | None) -> None:
    now = node.now()
    if hold.state == "active":
        limits = (await retention.plan(node, tx)).limits_of(hold.owner)
        await rows.step(tx, hold)
        await rows.keep_until(tx, hold.hold_id, hold.ends_at, _most(hold, limits))
        body = _told(hold, "case", "ends", "reads") | {"by": by}
        await ledger.append(node, tx, Event(EventType.HOLD_APPROVED, now, hold.owner, body))
        return
    await rows.release(tx, hold.hold_id, now, everything=True)
    await rows.step(tx, replace(hold, ended_at=now, ended_by=by, scope=_without_plates(hold)))
    body = _told(hold) | ({"by": by} if by else {}) | ({"note": hold.note} if hold.note else {})
    await ledger.append(node, tx, Event(EventType.HOLD_REFUSED, now, hold.owner, body))


def _most(hold: Hold, limits: Limits) -> int | None:
    """Minutes after each read that this hold may keep it at most. Counsel has decided on a duty's reads."""
    return None if hold.basis == DUTY else limits.longest(hold.basis)


def _without_plates(hold: Hold) -> Mapping[str, Any]:
    """What stays of a hold that is over: its case and its figures, not whose car it was about."""
    return {name: value for name, value in hold.scope.items() if name not in ("plate", "reads")}


async def end_hold(node: Node, person: Person, hold_id: str, note: str = "") -> Hold:
    """End a hold now, which one person may: its reads are destroyed at once."""
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        hold = await _row(tx, person, hold_id)
        if not (person.may(Permission.HOLD) or person.may(Permission.HOLD_DECIDE)):
            raise NotAllowed(f"your role, {person.role}, does not end holds", where="person")
        if hold.state not in ("asked", "active"):
            raise BadInput(f"this hold is {hold.state}; there is nothing to end", where="hold")
        done = await _end(node, tx, replace(hold, note=note.strip()[:500]), person.id)
    await asyncio.to_thread(node.vault.held.destroy, hold.hold_id)
    node.hurry.set()
    return done


async def _end(node: Node, tx: Connection, hold: Hold, by: str | None) -> Hold:
    now = node.now()
    purged = await rows.release(tx, hold.hold_id, now, everything=True)
    done = replace(
        hold, state="ended", ended_at=now, ended_by=by, frozen_until=None, scope=_without_plates(hold)
    )  # fmt: skip
    await rows.step(tx, done)
    body = _told(hold) | {"purged": purged} | ({"by": by} if by else {}) | ({"note": hold.note} if hold.note else {})
    await ledger.append(node, tx, Event(EventType.HOLD_ENDED, now, hold.owner, body))
    return done


# ---------------------------------------------------------------- by the clock


async def keep_within_law(node: Node, now: datetime) -> None:
    """A law that came into force, or another ceiling, holds for reads that are held already."""
    async with node.store.transaction() as tx:
        holds = await retention.plan(node, tx)
        for hold in await rows.living(tx):
            if hold.state in ("asked", "active"):
                until = hold.frozen_until if hold.state == "asked" and hold.frozen_until else hold.ends_at
                await rows.keep_until(tx, hold.hold_id, until, _most(hold, holds.limits_of(hold.owner)))


async def expire(node: Node, now: datetime) -> None:
    """End what is over: undecided freezes, holds past their end, reads past what the law allows. Pictures: see ``leftovers``."""
    async with node.store.transaction() as tx:
        living = await rows.living(tx)
    for hold in living:
        async with node.store.transaction() as tx:
            await _expire(node, tx, hold.hold_id, now)


async def _expire(node: Node, tx: Connection, hold_id: UUID, now: datetime) -> None:
    hold = await rows.hold(tx, hold_id)
    if hold is None or not hold.living:
        return
    if hold.state == "asked" and hold.frozen_until is not None and hold.frozen_until <= now:
        undecided = replace(hold, state="refused", note="nobody decided in time", frozen_until=None)
        await _carry_out(node, tx, undecided, None)
    elif hold.ends_at <= now:
        await _end(node, tx, hold, None)
    elif await rows.release(tx, hold_id, now, everything=False):
        numbers = await node.agency_numbers(tx, [hold.owner])
        await limit_to(tx, list(numbers.values()))
        if not (await rows.counts(tx, [hold_id])).get(hold_id):
            await _end(node, tx, replace(hold, note="the law's time is over for every read"), None)


async def holds_of(node: Node, person: Person) -> tuple[tuple[Hold, int], ...]:
    """The holds on the own agency's reads, latest first, each with how many reads it still keeps; for who takes part."""
    if not person.may(Permission.HOLDS):
        raise NotAllowed(f"your role, {person.role}, does not see holds", where="person")
    async with node.store.transaction() as tx:
        found = await rows.holds(tx, person.organisation)
        numbers = await node.agency_numbers(tx, [person.organisation])
        await limit_to(tx, list(numbers.values()))
        left = await rows.counts(tx, [hold.hold_id for hold in found])
    return tuple((hold, left.get(hold.hold_id, 0)) for hold in found)


async def _row(tx: Connection, person: Person, hold_id: str) -> Hold:
    try:
        hold = await rows.hold(tx, UUID(hold_id))
    except ValueError:
        hold = None
    if hold is None or hold.owner != person.organisation:
        raise BadInput("there is no such hold of your agency", where="hold")
    return hold


def _told(hold: Hold, *fields: str) -> dict[str, JSON]:
    every: Mapping[str, Any] = {"case": hold.case_no, "ends": write_instant(hold.ends_at), "reads": hold.reads}
    return {"hold": str(hold.hold_id), "owner": hold.owner, **{name: every[name] for name in fields}}
