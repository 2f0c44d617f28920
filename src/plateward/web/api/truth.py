"""What is true and what has left, by program: changes with two people, exposure, back doors."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

import msgspec

from plateward.core.proposal import Proposal
from plateward.core.reach import BackDoor
from plateward.node.sharing import truth
from plateward.node.sharing.agencies import resolve
from plateward.node.sharing.exposure import exposure_of
from plateward.node.sharing.reach import reach
from plateward.node.sharing.truth import ChangeView, Outcome
from plateward.oversight.exposure import Delivery, Total
from plateward.registry.nearest import perhaps
from plateward.web.api.sharing import RecallShape
from plateward.web.endpoint import Call
from plateward.web.pages.partner_alerts import Asked, found_for
from plateward.web.problem import Problem

_Text = Annotated[str, msgspec.Meta(max_length=1000)]


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


class PartnerCount(msgspec.Struct, frozen=True):
    """How many alerts a partner had on one day from lists of one kind."""

    day: date
    partner: str
    kind: str
    alerts: int


class PartnerAlertShape(msgspec.Struct, frozen=True):
    """One alert that a partner had from your reads. ``alert``: its id, empty once the ledger has erased it."""

    day: date
    partner: str
    kind: str
    share: str | None
    alert: str
    record: int | None


class PartnersAlerted(msgspec.Struct, frozen=True):
    """What partners were alerted to: ``counts`` of the whole time, a page of ``alerts``, latest first. ``next``: for ``before``."""

    owner: str
    total: int
    counts: tuple[PartnerCount, ...]
    alerts: tuple[PartnerAlertShape, ...]
    next: int | None
    names: dict[str, str]


class ExposureShape(msgspec.Struct, frozen=True):
    """What an agency and its parts received, latest first, and what was asked back of them."""

    agency: str
    name: str
    owner: str
    family: tuple[str, ...]
    reads: int
    totals: tuple[Total, ...]
    deliveries: tuple[Delivery, ...]
    recalls: tuple[RecallShape, ...]


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


async def changes(call: Call, asked: ChangesAsked) -> tuple[ChangeView, ...]:
    """Changes of your agency and of the registry that wait for a second person."""
    return await truth.waiting(call.node, call.who, every=asked.every)


async def propose(call: Call, asked: Proposing) -> Outcome:
    """Change what is true. What tightens holds at once; what loosens waits for a second person."""
    return await truth.propose(call.node, call.who, asked.change)


async def decide(call: Call, asked: Deciding) -> Outcome:
    """Accept or refuse a change as the second person."""
    return await truth.decide(call.node, call.who, asked.change_id, asked.accepted, asked.note)


async def exposed(call: Call, asked: WhichAgency) -> ExposureShape:
    """What an agency received of your agency's reads, ever. That you asked is recorded."""
    agency = await agency_named(call, asked.agency)
    answer = await exposure_of(call.node, call.who, agency)
    found = answer.exposure
    recalls = tuple(
        RecallShape(
            str(one.recall_id), one.share_id, one.owner, one.receiver, one.deliveries, one.asked_at, one.answer,
            one.answered_at, one.note,
        )
        for one in answer.recalls
    )  # fmt: skip
    return ExposureShape(
        agency, answer.names[agency], answer.owner, found.family, found.reads, found.totals, found.deliveries, recalls
    )


async def partners_alerted(call: Call, asked: Asked) -> PartnersAlerted:
    """What partners' hot lists matched among your reads, by day; never which plate. That you asked is recorded."""
    found = await found_for(call, asked)
    counts = tuple(PartnerCount(one.day, one.partner, one.kind, one.alerts) for one in found.counts)
    alerts = tuple(
        PartnerAlertShape(one.day, one.partner, one.kind, one.share, one.alert, one.record) for one in found.alerts
    )
    return PartnersAlerted(found.owner, found.total, counts, alerts, found.next, dict(found.names))


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


async def agency_named(call: Call, name: str) -> str:
    """The id of the agency that ``name`` means. Raises Problem when it is not known for certain."""
    agency = await resolve(call.node, name)
    if agency is None:
        raise Problem(
            400,
            f"No agency is known as {name[:80]!r}{await asyncio.to_thread(perhaps, name)}.",
            next_step="Write its id or its full name.",
            field="agency",
        )
    return agency


def _door(door: BackDoor, why: str) -> DoorShape:
    ways = tuple(str(link.way) for link in door.path)
    return DoorShape(door.target, door.parties, ways, door.by_right, door.opens_by, door.close_by, why)
