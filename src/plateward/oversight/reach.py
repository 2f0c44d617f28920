"""Back doors of a network that somebody else runs, from a table of who shares with whom.

Such a table says nothing of onward rights. Unless it has a column for them, receivers are taken to be able to pass on what they
get: that is what happened wherever it was looked at, and a promise should be judged by what can happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plateward.core.agency import COMPONENT_WORDS, Component, Registry
from plateward.core.errors import BadInput
from plateward.core.reach import BackDoor, Link, Network, Way, back_doors, fewest_to_close, reachable
from plateward.formats.edges import Edge

OUT_OF_STATE = "out-of-state"
EXCLUDED = ("federal", "immigration-enforcement")
"""What is looked for where nobody says otherwise."""

_WAYS: Mapping[str, Way] = {"share": Way.SHARE, "member-of": Way.TO_BODY, "may-pass-on": Way.PASSES_ON}


@dataclass(frozen=True, slots=True)
class Party:
    """A name of the table, the agency it is (None: honestly unknown), and why it is excluded ("": it is not)."""

    name: str
    agency: str | None
    why: str


@dataclass(frozen=True, slots=True)
class NetworkReach:
    """What was found: who owns, how many parties can be reached, the back doors, the fewest shares that close all of them."""

    owner: str
    reached: int
    excluded: Mapping[str, Party]
    doors: tuple[BackDoor, ...]
    close_all: tuple[str, ...]


Resolve = Callable[[str], str | None]
"""A name as printed into an agency's id, or None where nobody knows it."""


def network_reach(
    edges: Iterable[Edge],
    owner: str,
    excluded: Sequence[str],
    registry: Registry,
    resolve: Resolve,
    day: date,
    *,
    direct: bool = False,
) -> NetworkReach:
    """The back doors of ``owner`` (a name of the table, or an agency's id) to every party of ``excluded`` components.

    ``direct``: look at its own receivers alone. Raises BadInput when the table does not name the owner.
    """
    lines = tuple(edges)
    network = Network.of(
        Link(
            edge.owner,
            edge.receiver,
            _WAYS[edge.way],
            edge.share if edge.way == "share" else None,
            edge.onward is not False,
        )
        for edge in lines
    )
    name = _named(owner, lines, resolve)
    steps = 1 if direct else None
    ways = reachable(network, name, by_right=True, most_steps=steps)
    home = resolve(name)
    state = registry.agencies[home].state if home else None
    parties = {party: _judge(party, excluded, registry, resolve, day, state) for party in ways}
    found = {party: told for party, told in parties.items() if told.why}
    return NetworkReach(
        name,
        len(ways),
        found,
        back_doors(network, name, found, by_right=True, most_steps=steps),
        fewest_to_close(network, name, found, by_right=True),
    )


def _named(owner: str, edges: Sequence[Edge], resolve: Resolve) -> str:
    """The owner as the table writes it."""
    names = dict.fromkeys(edge.owner for edge in edges)
    if owner in names:
        return owner
    wanted = " ".join(owner.lower().split())
    same = [name for name in names if " ".join(name.lower().split()) == wanted]
    agency = resolve(owner) or owner
    same = same or [name for name in names if resolve(name) == agency]
    if not same:
        raise BadInput(f"no line of the table is a share by {owner!r}", where="OWNER")
    if len(same) > 1:
        raise BadInput(f"{owner!r} may be {', '.join(same[:5])}; write one of them", where="OWNER")
    return same[0]


def _judge(
    name: str, excluded: Sequence[str], registry: Registry, resolve: Resolve, day: date, state: str | None
) -> Party:
    agency = resolve(name)
    if agency is None:
        why = "nobody has classified it" if Component.UNKNOWN in excluded else ""
        return Party(name, None, why)
    components = registry.classify(agency, day).components
    words = [
        COMPONENT_WORDS[Component(one)] for one in excluded if one != OUT_OF_STATE and Component(one) in components
    ]
    there = registry.agencies[agency].state
    if OUT_OF_STATE in excluded and state is not None and there != state:
        words.append(f"in {there}" if there else "of no state")
    return Party(name, agency, ", ".join(words))
