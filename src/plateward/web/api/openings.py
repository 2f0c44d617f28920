"""What opens reads without a share, by program: emergencies, and productions under legal process."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from plateward.core.opening import Process
from plateward.node.sharing import emergency, production
from plateward.node.sharing.emergency import EmergencyView
from plateward.node.sharing.production import HandedOver, ProductionView
from plateward.web.api import shapes
from plateward.web.api.sharing import Refusal, refusal_shape
from plateward.web.api.truth import agency_named
from plateward.web.endpoint import Call

_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An emergency: to which agency, which plate, what danger to life; ``on_duty``: that you are the supervisor on duty."""

    agency: str
    plate: str
    danger: _Text
    on_duty: bool


class OpenedShape(msgspec.Struct, frozen=True):
    """The emergency, or why there is none."""

    emergency: EmergencyView | None
    refusal: Refusal | None


class WhichEmergency(msgspec.Struct, frozen=True):
    """One emergency by its id."""

    emergency_id: str


class Ending(msgspec.Struct, frozen=True):
    """An emergency to end before its time."""

    emergency_id: str
    note: _Text = ""


class Reviewing(msgspec.Struct, frozen=True):
    """An independent person's finding on an emergency."""

    emergency_id: str
    justified: bool
    note: _Text


class AskedFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Legal process for named reads: who asks, by what, the court and the order's number, the SHA-256 of the document, the
    reads' ids.
    """

    agency: str
    process: Process
    reference: _Text
    digest: str
    reads: tuple[UUID, ...]


class ProducedShape(msgspec.Struct, frozen=True):
    """A production as it stands, and why it was refused where it was."""

    production: ProductionView
    refusal: Refusal | None


class WhichProduction(msgspec.Struct, frozen=True):
    """One production by its id."""

    production_id: str


async def emergencies(call: Call) -> tuple[EmergencyView, ...]:
    """The emergencies of your agency, as owner or as asker."""
    return await emergency.emergencies(call.node, call.who)


async def open_emergency(call: Call, asked: Opening) -> OpenedShape:
    """Open one plate of your agency to an agency of your state for four hours. A refusal is recorded, too."""
    opened = await emergency.open_emergency(
        call.node, call.who, await agency_named(call, asked.agency), asked.plate, asked.danger, on_duty=asked.on_duty
    )
    return OpenedShape(opened.view, refusal_shape(opened.refusal))


async def look(call: Call, asked: WhichEmergency) -> shapes.Found:
    """Search for the plate of an emergency that was opened to your agency."""
    return shapes.found(await emergency.look(call.node, call.who, asked.emergency_id, session=call.signed_in.id))


async def end_emergency(call: Call, asked: Ending) -> EmergencyView:
    """End an emergency of your agency before its four hours are over."""
    return await emergency.end(call.node, call.who, asked.emergency_id, asked.note)


async def review_emergency(call: Call, asked: Reviewing) -> EmergencyView:
    """Say as somebody independent whether an emergency was justified."""
    return await emergency.review(call.node, call.who, asked.emergency_id, asked.justified, asked.note)


async def productions(call: Call) -> tuple[ProductionView, ...]:
    """The productions of your agency."""
    return await production.productions(call.node, call.who)


async def ask_production(call: Call, asked: AskedFor) -> ProducedShape:
    """Enter legal process for named reads. Only a judge's order opens anything."""
    agency = await agency_named(call, asked.agency)
    done = await production.ask(
        call.node, call.who, agency, asked.process, asked.reference, asked.digest, asked.reads
    )  # fmt: skip
    return ProducedShape(done.view, refusal_shape(done.refusal))


async def confirm_production(call: Call, asked: WhichProduction) -> ProductionView:
    """Confirm the order as counsel."""
    return await production.confirm(call.node, call.who, asked.production_id)


async def approve_production(call: Call, asked: WhichProduction) -> ProductionView:
    """Approve as the second person."""
    return await production.approve(call.node, call.who, asked.production_id)


async def make_production(call: Call, asked: WhichProduction) -> HandedOver:
    """Get the file with exactly the named reads, once."""
    return await production.hand_over(call.node, call.who, asked.production_id, session=call.signed_in.id)
