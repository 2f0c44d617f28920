"""How long a household keeps reads of its list: one person chooses, up to the profile's ceiling, which nobody can lift."""

from __future__ import annotations

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.household import MOST_MINUTES
from plateward.core.people import Permission, Person
from plateward.core.proposal import SetRetention
from plateward.core.retention import spoken
from plateward.node.keeping.retention import apply_retention, plan_lately
from plateward.node.node import Node
from plateward.node.sharing.change import change_of_policy


async def kept_at_home(node: Node) -> int:
    """How long a read of the list is kept now, minutes."""
    plan = await plan_lately(node)
    return plan.longest(node.settings.agency) or 0


async def keep_for(node: Node, person: Person, minutes: int) -> int:
    """Keep reads for ``minutes`` from now on: shorter holds for stored ones too, longer for those to come.

    Raises BadInput above the ceiling. Nothing of it leaves the house, so it takes one person.
    """
    if not person.may(Permission.OWN_LIST):
        raise NotAllowed("the person of the household says how long", where="person")
    if not 1 <= minutes <= MOST_MINUTES:
        raise BadInput(
            f"between a minute and {spoken(MOST_MINUTES)}: who came by is nobody's history to keep", where="length"
        )
    async with change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        await apply_retention(change, SetRetention(minutes), person.organisation, {"proposed_by": person.id})
    return minutes
