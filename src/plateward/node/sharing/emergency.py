"""Emergencies: a danger to somebody's life, one plate, four hours, opened by a supervisor and reviewed by somebody else.

It passes a promise of the owner that foresees it, and never a law. It opens one plate: the same agency gets no second one while it
lasts, and while one waits longer than three days for its review, the owner opens no other. A refused opening is recorded too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, write_instant
from plateward.core.ids import uuid7
from plateward.core.opening import EMERGENCY, EMERGENCY_TERM, REVIEW_TERM, Opening, decide_emergency
from plateward.core.people import Asker, Permission, Person
from plateward.core.plate import PlatePattern
from plateward.core.purpose import Purpose
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.search import NAMED_CHARACTERS, SearchAnswer, SearchRequest, search
from plateward.node.sharing.refusals import recording
from plateward.store import openings as rows
from plateward.store import sharing as notices
from plateward.store.connection import Connection

REASON = "threat"


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """An emergency. ``state``: open, over, overdue (nobody has reviewed it in time), justified or unjustified."""

    id: str
    owner: str
    agency: str
    agency_name: str
    plate: str
    danger: str
    opened_by: str
    opened_at: datetime
    expires: datetime
    review_due: datetime
    state: str
    reviewed_by: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The emergency, or why there is none."""

    view: EmergencyView | None
    refusal: Decision | None = None


async def open_emergency(node: Node, person: Person, agency: str, plate: str, danger: str, *, on_duty: bool) -> Opened:
    """Open ``plate`` of the person's own agency to ``agency``; a refusal is recorded as well.

    Raises BadInput for a pattern or where no danger is named, and NotAllowed for another role.
    """
    pattern = _whole_plate(plate)
    danger = danger.strip()[:500]
    if len(danger) < 10:
        raise BadInput("name the danger to life in a sentence", where="danger")
    if not on_duty:
        raise BadInput("the supervisor on duty opens an emergency; say that you are", where="on_duty")
    now = node.now()
    async with recording(node, person, EventType.EMERGENCY_OPENED), node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        owner = person.organisation
        if not person.may(Permission.EMERGENCY) or owner not in await node.owners(tx):
            raise NotAllowed("a supervisor of the agency whose reads they are opens an emergency", where="person")
        await rows.one_opens(tx, owner)
        mine = [row for row in await rows.emergencies(tx, owner) if row.owner == owner]
        decision = _in_the_way(mine, owner, agency, now) or decide_emergency(
            policy, owner, Asker.agency(agency), REASON
        )
        asked: dict[str, JSON] = {
            "owner": owner, "agency": agency, "plate": pattern.text, "danger": danger, "by": person.id,
            "promises": list(decision.promises),
        }  # fmt: skip
        if not decision.allowed:
            told = Event(EventType.EMERGENCY_REFUSED, now, owner, {**asked, "sentence": decision.why})
            await ledger.append(node, tx, told)
            return Opened(None, decision)
        row = rows.Emergency(
            uuid7(now, node.random(10)), owner, agency, pattern.text, danger, person.id, now,
            now + EMERGENCY_TERM, decision.promises,
        )  # fmt: skip
        await rows.add_emergency(tx, row)
        await _tell_both(tx, policy.registry.called, row, person)
        body = {**asked, "emergency": str(row.emergency_id), "expires": write_instant(row.expires_at)}
        await ledger.append(node, tx, Event(EventType.EMERGENCY_OPENED, now, owner, body))
    return Opened(_view(row, policy.registry.called(agency), now))


async def _tell_both(tx: Connection, name: Callable[[str], str], row: rows.Emergency, by: Person) -> None:
    """Notices to the owner, who reviews it, and to the agency, which may search. They do not name the plate."""
    number, until = str(row.emergency_id), f"{row.expires_at:%Y-%m-%d %H:%M} UTC"
    due = f"{row.opened_at + REVIEW_TERM:%Y-%m-%d %H:%M} UTC"
    told = f"{by.name} opened one plate to {name(row.agency)} in an emergency, until {until}; somebody else reviews it by {due}."
    await notices.add_notice(tx, row.owner, number, told, row.opened_at)
    told = f"{name(row.owner)} opened one plate to you in an emergency, until {until}."
    await notices.add_notice(tx, row.agency, number, told, row.opened_at)


async def remind(node: Node) -> int:
    """Tell owners, once each, of emergencies that nobody has reviewed in time. Returns how many."""
    now = node.now()
    async with node.store.transaction() as tx:
        late = await rows.overdue(tx, now - REVIEW_TERM, _OVERDUE)
        if not late:
            return 0
        name = (await node.policy(tx)).registry.called
        for row in late:
            told = (
                f"The emergency for {name(row.agency)} of {row.opened_at:%Y-%m-%d} should have been reviewed by now; "
                "until it is, no other opens."
            )
            await notices.add_notice(tx, row.owner, f"{_OVERDUE}{row.emergency_id}", told, now)
    return len(late)


_OVERDUE = "overdue:"


def _whole_plate(plate: str) -> PlatePattern:
    pattern = PlatePattern.parse(plate)
    if pattern.fixed_characters < NAMED_CHARACTERS or pattern.fixed_characters != len(pattern.text):
        raise BadInput("an emergency opens one whole plate", where="plate")
    return pattern


def _in_the_way(mine: list[rows.Emergency], owner: str, agency: str, now: datetime) -> Decision | None:
    """What keeps an owner from opening another emergency: one that nobody has reviewed in time, or one open to the same agency."""
    late = [row for row in mine if _state(row, now) == "overdue"]
    if late:
        why = f"The emergency of {late[0].opened_at:%Y-%m-%d} was due for review within three days, and nobody has."
        return Decision(owner, False, why, help="The auditor or the privacy officer reviews it.")
    for row in mine:
        if row.agency == agency and _state(row, now) == "open":
            why = f"An emergency opens one plate, and one is open to this agency until {row.expires_at:%Y-%m-%d %H:%M} UTC."
            return Decision(
                owner, False, why, help="A supervisor ends that one first, if another plate is what matters."
            )
    return None


async def look(node: Node, person: Person, emergency_id: str, *, session: str | None = None) -> SearchAnswer:
    """Search for the emergency's plate, as somebody of the agency it was opened to; recorded like every search, and refused when
    the emergency is over. Raises BadInput where there is none for this person.
    """
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        row = await rows.emergency(tx, _uuid(emergency_id))
    if row is None or person.organisation != row.agency:
        raise BadInput("there is no such emergency for you", where="emergency")
    number = str(row.emergency_id)
    purpose = Purpose(REASON, row.danger[:200], case=number)
    request = SearchRequest(
        PlatePattern.parse(row.plate), purpose, owners=(row.owner,), session=session, emergency=number
    )
    return await search(node, person, request, Opening(row.agency, EMERGENCY, number, row.expires_at))


async def end(node: Node, person: Person, emergency_id: str, note: str = "") -> EmergencyView:
    """End an emergency before its time, as a supervisor of the owner. Raises BadInput when it is over."""
    now = node.now()
    async with recording(node, person, EventType.EMERGENCY_ENDED, emergency_id), node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        row = await rows.emergency(tx, _uuid(emergency_id))
        if row is None or person.organisation != row.owner or not person.may(Permission.EMERGENCY):
            raise NotAllowed("a supervisor of the owner ends it", where="emergency")
        if not await rows.end_emergency(tx, row.emergency_id, now):
            raise BadInput("it is over already", where="emergency")
        body: dict[str, JSON] = {"emergency": emergency_id, "by": person.id}
        body |= {"note": note.strip()[:500]} if note.strip() else {}
        await ledger.append(node, tx, Event(EventType.EMERGENCY_ENDED, now, row.owner, body))
    return _view(replace(row, expires_at=now), policy.registry.called(row.agency), now)


async def review(node: Node, person: Person, emergency_id: str, justified: bool, note: str) -> EmergencyView:
    """Say afterwards whether an emergency was justified, as somebody independent: the auditor or the privacy officer."""
    if not note.strip():
        raise BadInput("say what you found", where="note")
    now = node.now()
    async with recording(node, person, EventType.EMERGENCY_REVIEWED, emergency_id), node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        row = await rows.emergency(tx, _uuid(emergency_id))
        if row is None or person.organisation != row.owner or not person.may(Permission.ACCESS_LOG):
            raise NotAllowed("the owner's auditor or privacy officer reviews it", where="emergency")
        if row.opened_by == person.id:
            raise NotAllowed("nobody reviews an emergency they opened themselves", where="emergency")
        note = note.strip()[:500]
        if not await rows.review_emergency(tx, row.emergency_id, justified=justified, by=person.id, at=now, note=note):
            raise BadInput("it was reviewed already", where="emergency")
        body: dict[str, JSON] = {"emergency": emergency_id, "by": person.id, "justified": justified, "note": note}
        await ledger.append(node, tx, Event(EventType.EMERGENCY_REVIEWED, now, row.owner, body))
        row = await rows.emergency(tx, row.emergency_id)
        assert row is not None
    return _view(row, policy.registry.called(row.agency), now)


async def emergencies(node: Node, person: Person) -> tuple[EmergencyView, ...]:
    """The emergencies of the person's agency as owner or as asker, latest first. Raises NotAllowed for a role that sees none."""
    if not person.may(Permission.EMERGENCIES):
        raise NotAllowed("officers, supervisors and those who oversee them see emergencies", where="person")
    async with node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        found = await rows.emergencies(tx, person.organisation)
    return tuple(_view(row, name(row.agency), node.now()) for row in found)


def _view(row: rows.Emergency, name: str, now: datetime) -> EmergencyView:
    return EmergencyView(
        str(row.emergency_id), row.owner, row.agency, name, row.plate, row.danger, row.opened_by, row.opened_at,
        row.expires_at, row.opened_at + REVIEW_TERM, _state(row, now), row.reviewed_by, row.note,
    )  # fmt: skip


def _state(row: rows.Emergency, now: datetime) -> str:
    if row.justified is not None:
        return "justified" if row.justified else "unjustified"
    if now > row.opened_at + REVIEW_TERM:
        return "overdue"
    return "open" if now < row.expires_at else "over"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{text[:60]!r} is no emergency's number", where="emergency") from None
