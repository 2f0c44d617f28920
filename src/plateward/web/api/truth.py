"""What is true and what has left, by program: changes with two people, exposure, back doors, emergencies, productions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from plateward.core.opening import Process
from plateward.core.proposal import Proposal
from plateward.core.reach import BackDoor
from plateward.node import emergency, production, truth
from plateward.node.agencies import resolve
from plateward.node.emergency import EmergencyView
from plateward.node.exposure import exposure_of
from plateward.node.production import ProductionView
from plateward.node.reach import reach
from plateward.node.truth import Outcome
from plateward.web.api import shapes
from plateward.web.api.sharing import Refusal, refusal_shape
from plateward.web.endpoint import Call
from plateward.web.problem import Problem

_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class OutcomeShape(msgspec.Struct, frozen=True):
    """What came of a change. ``waiting``: its id where it waits for a second person."""

    in_force: bool
    waiting: str | None
    suspended: tuple[str, ...]
    sentence: str


class ChangeShape(msgspec.Struct, frozen=True):
    """A change that waits, or what became of it."""

    id: str
    kind: str
    owner: str | None
    document: dict[str, Any]
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    state: str
    note: str
    may_decide: bool


class ChangesAsked(msgspec.Struct, frozen=True):
    """Which changes: those that wait, or every one."""

    every: bool = False


class Proposing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of what is true, told apart by its ``kind``."""

    change: Proposal


class Deciding(msgspec.Struct, frozen=True):
    """The second person's word on a change."""

    change_id: str
    accepted: bool
    note: _Text = ""


class WhichAgency(msgspec.Struct, frozen=True):
    """An agency by id or name."""

    agency: str


class WhichOwner(msgspec.Struct, frozen=True):
    """An owner by id or name."""

    owner: str


class DeliveryShape(msgspec.Struct, frozen=True):
    """Something that left. ``because``: how the receiver stood behind it; ``record``: its number in this node's ledger."""

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


class TotalShape(msgspec.Struct, frozen=True):
    """What deliveries of one kind under one share add up to."""

    owner: str
    share: str
    kind: str
    deliveries: int
    reads: int
    first: datetime
    last: datetime


class ExposureShape(msgspec.Struct, frozen=True):
    """What an agency and its parts received, latest first."""

    agency: str
    name: str
    owner: str
    family: tuple[str, ...]
    reads: int
    totals: tuple[TotalShape, ...]
    deliveries: tuple[DeliveryShape, ...]


class DoorShape(msgspec.Struct, frozen=True):
    """A back door. ``opens_by``: the share that lets it out; ``close_by``: the fewest shares whose end closes it.

    ``by_right`` false: a step goes against somebody's terms, which only trust enforces.
    """

    target: str
    path: tuple[str, ...]
    ways: tuple[str, ...]
    by_right: bool
    opens_by: str | None
    close_by: tuple[str, ...]
    why: str


class PartyShape(msgspec.Struct, frozen=True):
    """A party that can come to hold the reads, and the promise that excludes it ("" where none does)."""

    agency: str
    steps: int
    by_right: bool
    why: str


class ReachShape(msgspec.Struct, frozen=True):
    """Back doors of an owner, and the fewest shares that close all of them: by right, and whatsoever."""

    owner: str
    doors: tuple[DoorShape, ...]
    parties: tuple[PartyShape, ...]
    close_rights: tuple[str, ...]
    close_all: tuple[str, ...]
    names: dict[str, str]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An emergency: to which agency, which plate, what danger to life; ``on_duty``: that you are the supervisor on duty."""

    agency: str
    plate: str
    danger: _Text
    on_duty: bool


class EmergencyShape(msgspec.Struct, frozen=True):
    """An emergency: open, over, overdue for its review, justified or unjustified."""

    id: str
    owner: str
    agency: str
    plate: str
    danger: str
    opened_at: datetime
    expires: datetime
    review_due: datetime
    state: str
    note: str


class OpenedShape(msgspec.Struct, frozen=True):
    """The emergency, or why there is none."""

    emergency: EmergencyShape | None
    refusal: Refusal | None


class WhichEmergency(msgspec.Struct, frozen=True):
    """One emergency by its id."""

    emergency_id: str


class Reviewing(msgspec.Struct, frozen=True):
    """An independent person's finding on an emergency."""

    emergency_id: str
    justified: bool
    note: _Text


class AskedFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Legal process for named reads: who asks, by what, the court's reference, the SHA-256 of the document, the reads' ids."""

    agency: str
    process: Process
    reference: _Text
    digest: str
    reads: tuple[UUID, ...]


class ProductionShape(msgspec.Struct, frozen=True):
    """A production: asked, confirmed (by counsel), approved, made or refused."""

    id: str
    owner: str
    agency: str
    process: str
    reference: str
    reads: tuple[UUID, ...]
    state: str
    sentence: str
    asked_at: datetime
    counsel: str | None
    approved_by: str | None
    made_at: datetime | None
    digest: str | None


class ProducedShape(msgspec.Struct, frozen=True):
    """A production as it stands, and why it was refused where it was."""

    production: ProductionShape
    refusal: Refusal | None


class WhichProduction(msgspec.Struct, frozen=True):
    """One production by its id."""

    production_id: str


class HandedOver(msgspec.Struct, frozen=True):
    """The file (CSV), its SHA-256, named reads that are not kept any more, and the record that tells of it."""

    file: str
    digest: str
    missing: tuple[UUID, ...]
    record: int


async def changes(call: Call, asked: ChangesAsked) -> tuple[ChangeShape, ...]:
    """Changes of your agency and of the registry that wait for a second person."""
    found = await truth.waiting(call.node, call.who, every=asked.every)
    return tuple(
        ChangeShape(
            one.id, one.kind, one.owner, one.document, one.proposed_by, one.proposed_by_name, one.proposed_at,
            one.decided_by_name, one.decided_at, one.state, one.note, one.may_decide,
        )
        for one in found
    )  # fmt: skip


async def propose(call: Call, asked: Proposing) -> OutcomeShape:
    """Change what is true. What tightens holds at once; what loosens waits for a second person."""
    return _outcome(await truth.propose(call.node, call.who, asked.change))


async def decide(call: Call, asked: Deciding) -> OutcomeShape:
    """Accept or refuse a change as the second person."""
    return _outcome(await truth.decide(call.node, call.who, asked.change_id, asked.accepted, asked.note))


async def exposed(call: Call, asked: WhichAgency) -> ExposureShape:
    """What an agency received of your agency's reads, ever. That you asked is recorded."""
    agency = await agency_named(call, asked.agency)
    answer = await exposure_of(call.node, call.who, agency)
    found = answer.exposure
    return ExposureShape(
        agency, answer.names[agency], answer.owner, found.family, found.reads,
        tuple(TotalShape(t.owner, t.share, t.kind, t.deliveries, t.reads, t.first, t.last) for t in found.totals),
        tuple(
            DeliveryShape(d.at, d.owner, d.receiver, d.kind, d.reads, d.shares, d.purpose, d.because, d.record, d.source)
            for d in found.deliveries
        ),
    )  # fmt: skip


async def reached(call: Call, asked: WhichOwner) -> ReachShape:
    """Back doors of an owner on this node."""
    answer = await reach(call.node, call.who, await agency_named(call, asked.owner))
    reasons = {party.agency: party.why for party in answer.parties}
    return ReachShape(
        answer.owner,
        tuple(_door(door, reasons[door.target]) for door in answer.doors),
        tuple(PartyShape(one.agency, len(one.path), one.by_right, one.why) for one in answer.parties),
        answer.close_rights,
        answer.close_all,
        dict(answer.names),
    )


async def emergencies(call: Call) -> tuple[EmergencyShape, ...]:
    """The emergencies of your agency."""
    return tuple(map(_emergency, await emergency.emergencies(call.node, call.who)))


async def open_emergency(call: Call, asked: Opening) -> OpenedShape:
    """Open one plate of your agency to an agency of your state for four hours."""
    opened = await emergency.open_emergency(
        call.node, call.who, await agency_named(call, asked.agency), asked.plate, asked.danger, on_duty=asked.on_duty
    )
    return OpenedShape(_emergency(opened.view) if opened.view else None, refusal_shape(opened.refusal))


async def look(call: Call, asked: WhichEmergency) -> shapes.Found:
    """Search for the plate of an emergency that was opened to your agency."""
    return shapes.found(await emergency.look(call.node, call.who, asked.emergency_id, session=call.signed_in.id))


async def review_emergency(call: Call, asked: Reviewing) -> EmergencyShape:
    """Say as somebody independent whether an emergency was justified."""
    return _emergency(await emergency.review(call.node, call.who, asked.emergency_id, asked.justified, asked.note))


async def productions(call: Call) -> tuple[ProductionShape, ...]:
    """The productions of your agency."""
    return tuple(map(_production, await production.productions(call.node, call.who)))


async def ask_production(call: Call, asked: AskedFor) -> ProducedShape:
    """Enter legal process for named reads. Only a judge's order opens anything."""
    agency = await agency_named(call, asked.agency)
    done = await production.ask(
        call.node, call.who, agency, asked.process, asked.reference, asked.digest, asked.reads
    )  # fmt: skip
    return ProducedShape(_production(done.view), refusal_shape(done.refusal))


async def confirm_production(call: Call, asked: WhichProduction) -> ProductionShape:
    """Confirm the order as counsel."""
    return _production(await production.confirm(call.node, call.who, asked.production_id))


async def approve_production(call: Call, asked: WhichProduction) -> ProductionShape:
    """Approve as the second person."""
    return _production(await production.approve(call.node, call.who, asked.production_id))


async def make_production(call: Call, asked: WhichProduction) -> HandedOver:
    """Get the file with exactly the named reads, once."""
    made = await production.hand_over(call.node, call.who, asked.production_id, session=call.signed_in.id)
    return HandedOver(made.file, made.digest, made.missing, made.record)


async def agency_named(call: Call, name: str) -> str:
    """The id of the agency that ``name`` means. Raises Problem when it is not known for certain."""
    agency = await resolve(call.node, name)
    if agency is None:
        raise Problem(
            400, f"No agency is known as {name[:80]!r}.", next_step="Write its id or its full name.", field="agency"
        )
    return agency


def _outcome(done: Outcome) -> OutcomeShape:
    return OutcomeShape(done.in_force, done.waiting, done.suspended, done.sentence)


def _door(door: BackDoor, why: str) -> DoorShape:
    ways = tuple(str(link.way) for link in door.path)
    return DoorShape(door.target, door.parties, ways, door.by_right, door.opens_by, door.close_by, why)


def _emergency(one: EmergencyView) -> EmergencyShape:
    return EmergencyShape(
        one.id,
        one.owner,
        one.agency,
        one.plate,
        one.danger,
        one.opened_at,
        one.expires,
        one.review_due,
        one.state,
        one.note,
    )


def _production(one: ProductionView) -> ProductionShape:
    return ProductionShape(
        one.id, one.owner, one.agency, one.process, one.reference, one.reads, one.state, one.sentence, one.asked_at, one.counsel,
        one.approved_by, one.made_at, one.digest,
    )  # fmt: skip
