"""Which states have a place of a given name: the gazetteer behind honest answers about names without a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from plateward.registry.tables import parts, rows

PLACE_COLUMNS = ("state", "places", "principal")


@dataclass(frozen=True, slots=True)
class Places:
    """``states`` by place name; ``principal`` the state that a bare name means: a city of at least 20,000 people that is twenty
    times as large as the next place of its name."""

    states: Mapping[str, tuple[str, ...]]
    principal: Mapping[str, str]

    def has(self, place: str, state: str) -> bool:
        """Whether ``state`` has a place of that (normalised) name."""
        return state in self.states.get(place, ())


@cache
def places() -> Places:
    """The gazetteer that comes with the program. Read once for each process."""
    states: dict[str, tuple[str, ...]] = {}
    principal: dict[str, str] = {}
    for state, names, large in rows("places", PLACE_COLUMNS):
        for name in parts(names):
            states[name] = (*states.get(name, ()), state)
        for name in parts(large):
            principal[name] = state
    return Places(states, principal)
