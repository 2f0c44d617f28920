"""A month of the town's searches, most as they should be and some not, made through the gate."""

from __future__ import annotations

from datetime import timedelta

from plateward.core.plate import PlatePattern
from plateward.demo.people import person
from plateward.demo.wanted import prior_searches
from plateward.node.search import SearchRequest, search
from tests.node.world import NOW, World

MONTH = "2026-11"


async def make_searches(world: World) -> int:
    """The month after the world's own beginning, so that the ledger's clock only goes forward. Returns how many searches."""
    after = NOW + timedelta(days=31)
    made = prior_searches(1, after, days=30)
    for prior in made:
        world.at = prior.at
        request = SearchRequest(PlatePattern.parse(prior.pattern), prior.purpose, limit=20)
        await search(world.node, person(prior.user), request)
    world.at = after
    return len(made)
