"""Chains of agencies as pages show them: each link with the sourced facts that lead on from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plateward.core.agency import Affiliation, Registry, Relation


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a chain: the agency, and the sourced facts that lead on from it."""

    agency: str
    name: str
    because: tuple[Affiliation, ...]


def steps_of(chain: Sequence[tuple[str, str]], registry: Registry) -> list[Step]:
    """A chain of (id, name) with the sourced affiliation that leads from each to the next; the last says what it is."""
    following = [agency for agency, _ in chain[1:]]
    steps = []
    for i, (agency, name) in enumerate(chain):
        edges = registry.edges_from(agency)
        if i < len(following):
            because = tuple(e for e in edges if e.relation is Relation.PART_OF and e.target == following[i])
        else:
            because = tuple(e for e in edges if e.relation is Relation.IS_A)
        steps.append(Step(agency, name, because))
    return steps
