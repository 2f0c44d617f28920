"""Emergencies: a danger to somebody's life, one plate, four hours, opened by a supervisor and reviewed by somebody else.

It passes a promise of the owner that foresees it, and never a law. While one waits longer than three days for its review, the
owner opens no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType, write_instant
from plateward.core.ids import uuid7
from plateward.core.opening import EMERGENCY, EMERGENCY_TERM, REVIEW_TERM, Opening, decide_emergency
from plateward.core.people import Asker, Permission, Person
from plateward.core.plate import PlatePattern
from plateward.core.purpose import Purpose
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.search import NAMED_CHARACTERS, SearchAnswer, SearchRequest, search
from plateward.store import openings as rows

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
    note: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The emergency, or why there is none."""

    view: EmergencyView | None
    refusal: Decision | None = None


async def open_emergency(node: Node, person: Person, agency: str, plate: str, danger: str, *, on_duty: bool) -> Opened:
    """Open ``plate`` of the person's own agency to ``agency``. Raises BadInput for another role, a pattern, or no danger named."""
    pattern = PlatePattern.parse(plate)
    if pattern.fixed_characters < NAMED_CHARACTERS or pattern.fixed_characters != len(pattern.text):
        raise BadInput("an emergency opens one whole plate", where="plate")
    if len(danger.strip()) < 10:
        raise BadInput("name the danger to life in a sentence", where="danger")
    if not on_duty:
        raise BadInput("the supervisor on duty opens an emergency; say that you are", where="on_duty")
    now = node.now()
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        owner = person.organisation
        if not person.may(Permission.EMERGENCY) or owner not in await node.owners(tx):
            raise BadInput("a supervisor of the agency whose reads they are opens an emergency", where="person")
        late = [
            row for row in await rows.emergencies(tx, owner) if row.owner == owner and _state(row, now) == "overdue"
        ]
        if late:
            why = f"The emergency of {late[0].opened_at:%Y-%m-%d} was due for review within three days, and nobody has."
            return Opened(None, Decision(owner, False, why, help="The auditor or the privacy officer reviews it."))
        decision = decide_emergency(policy, owner, Asker.agency(agency), REASON)
        if not decision.allowed:
            return Opened(None, decision)
        row = rows.Emergency(
            uuid7(now, node.random(10)), owner, agency, pattern.text, danger.strip()[:500], person.id, now,
            now + EMERGENCY_TERM, decision.promises,
        )  # fmt: skip
        await rows.add_emergency(tx, row)
        body: dict[str, JSON] = {
            "emergency": str(row.emergency_id), "owner": owner, "agency": agency, "plate": row.plate, "danger": row.danger,
            "by": person.id, "expires": write_instant(row.expires_at), "promises": list(decision.promises),
        }  # fmt: skip
        await ledger.append(node, tx, Event(EventType.EMERGENCY_OPENED, now, owner, body))
    return Opened(_view(row, policy.registry.called(agency), now))


async def look(node: Node, person: Person, emergency_id: str, *, session: str | None = None) -> SearchAnswer:
    """Search for the emergency's plate, as somebody of the agency it was opened to; recorded like every search."""
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        row = await rows.emergency(tx, _uuid(emergency_id))
    if row is None or person.organisation != row.agency:
        raise BadInput("there is no such emergency for you", where="emergency")
    if row.expires_at <= node.now():
        raise BadInput("this emergency is over; a supervisor of the owner can open another", where="emergency")
    purpose = Purpose(REASON, row.danger[:200], case=str(row.emergency_id))
    request = SearchRequest(PlatePattern.parse(row.plate), purpose, owners=(row.owner,), session=session)
    return await search(node, person, request, Opening(row.agency, EMERGENCY, str(row.emergency_id)))


async def review(node: Node, person: Person, emergency_id: str, justified: bool, note: str) -> EmergencyView:
    """Say afterwards whether an emergency was justified, as somebody independent: the auditor or the privacy officer."""
    if not note.strip():
        raise BadInput("say what you found", where="note")
    now = node.now()
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        row = await rows.emergency(tx, _uuid(emergency_id))
        if row is None or person.organisation != row.owner or not person.may(Permission.ACCESS_LOG):
            raise BadInput("the owner's auditor or privacy officer reviews it", where="emergency")
        note = note.strip()[:500]
        if not await rows.review_emergency(tx, row.emergency_id, justified=justified, by=person.id, at=now, note=note):
            raise BadInput("it was reviewed already, or you opened it yourself", where="emergency")
        body: dict[str, JSON] = {"emergency": emergency_id, "by": person.id, "justified": justified, "note": note}
        await ledger.append(node, tx, Event(EventType.EMERGENCY_REVIEWED, now, row.owner, body))
        row = await rows.emergency(tx, row.emergency_id)
        assert row is not None
    return _view(row, policy.registry.called(row.agency), now)


async def emergencies(node: Node, person: Person) -> tuple[EmergencyView, ...]:
    """The emergencies of the person's agency as owner or as asker, latest first."""
    async with node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        found = await rows.emergencies(tx, person.organisation)
    return tuple(_view(row, name(row.agency), node.now()) for row in found)


def _view(row: rows.Emergency, name: str, now: datetime) -> EmergencyView:
    return EmergencyView(
        str(row.emergency_id), row.owner, row.agency, name, row.plate, row.danger, row.opened_by, row.opened_at,
        row.expires_at, row.opened_at + REVIEW_TERM, _state(row, now), row.note,
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
