"""The emergency brake: one act of one person blocks a whole component for an owner, from the next decision on.

Releasing it loosens, so it takes a second person (``node.sharing.truth``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plateward.core.agency import COMPONENT_WORDS, Component
from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import Brake
from plateward.core.share import Share
from plateward.node.node import Node
from plateward.node.sharing.change import change_of_policy
from plateward.node.sharing.refusals import recording
from plateward.node.sharing.settle import settle
from plateward.store import people, policy
from plateward.store import sharing as rows


@dataclass(frozen=True, slots=True)
class BrakeView:
    """A brake that is or was on. ``words``: what the component is called."""

    owner: str
    owner_name: str
    component: str
    words: str
    why: str
    pulled_by: str
    pulled_by_name: str
    pulled_at: datetime
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pulled:
    """A brake that was pulled now, and the shares that it suspended."""

    brake: Brake
    suspended: tuple[Share, ...]


async def pull(node: Node, person: Person, component: str, why: str) -> Pulled:
    """Block ``component`` for the person's own agency. Raises BadInput for an unknown component, another role, or a brake on."""
    if component not in Component._value2member_map_:
        raise BadInput(f"choose one of {', '.join(Component)}", where="component")
    if not why.strip():
        raise BadInput("say why in a few words", where="why")
    async with recording(node, person, EventType.BRAKE_PULLED, component), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        if not person.may(Permission.BRAKE):
            raise NotAllowed(f"your role, {person.role}, does not pull the brake", where="person")
        owner = person.organisation
        brake = Brake(owner, Component(component), change.now, person.id, why.strip()[:500])
        if not await policy.pull_brake(change.tx, brake):
            raise BadInput(f"everything {component} is blocked already", where="component")
        body: dict[str, JSON] = {"owner": owner, "component": component, "by": person.id, "note": brake.why}
        change.tell(EventType.BRAKE_PULLED, owner, body)
        sentence = f"{person.name} pulled the brake on {COMPONENT_WORDS[Component(component)]}: {brake.why}"
        await rows.add_notice(change.tx, owner, f"brake.{component}", sentence, change.now)
        return Pulled(brake, await settle(change))


async def brakes(node: Node, person: Person, *, every: bool = False) -> tuple[BrakeView, ...]:
    """The brakes of the person's own agency that are on, or every one there was."""
    async with node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        found = await policy.brakes(tx, every=every)
        names = {known.id: known.name for known in await people.persons(tx, node.now())}
    return tuple(
        BrakeView(
            row.brake.owner, name(row.brake.owner), str(row.brake.component), COMPONENT_WORDS[row.brake.component],
            row.brake.why, row.brake.pulled_by, names.get(row.brake.pulled_by, row.brake.pulled_by), row.brake.pulled_at,
            row.released_at,
        )
        for row in found
        if row.brake.owner == person.organisation
    )  # fmt: skip
