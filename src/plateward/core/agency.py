"""Agencies, components and affiliations: who somebody really belongs to.

An affiliation is a dated, sourced edge. ``part-of`` and ``is-a`` classify, transitively: the Bulk Cash Smuggling Center is part
of HSI, which is part of ICE, which is an immigration-enforcement agency. ``member-of`` and ``may-pass-on`` never classify (or
every police department in a fusion centre would be federal): they feed back-door analysis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from plateward.core.errors import BadInput

ID_PATTERN = re.compile(r"^[a-z0-9]+(?:[.-][a-z0-9]+)*$")


class Component(StrEnum):
    """A class an agency can belong to.

    ``out-of-state`` is missing on purpose: it is relative to an owner (``Classification.states``).
    """

    FEDERAL = "federal"
    IMMIGRATION_ENFORCEMENT = "immigration-enforcement"
    FUSION_CENTER = "fusion-center"
    TASK_FORCE = "task-force"
    T287G = "287g"
    PRIVATE = "private"
    TRIBAL = "tribal"
    CAMPUS = "campus"
    PROSECUTOR = "prosecutor"
    MILITARY = "military"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


COMPONENT_WORDS: Mapping[Component, str] = {
    Component.FEDERAL: "a federal agency",
    Component.IMMIGRATION_ENFORCEMENT: "immigration enforcement",
    Component.FUSION_CENTER: "a fusion centre",
    Component.TASK_FORCE: "a task force",
    Component.T287G: "a 287(g) partner of ICE",
    Component.PRIVATE: "a private organisation",
    Component.TRIBAL: "a tribal agency",
    Component.CAMPUS: "a campus agency",
    Component.PROSECUTOR: "a prosecutor",
    Component.MILITARY: "military",
    Component.FOREIGN: "a foreign agency",
    Component.UNKNOWN: "not classified",
}
"""How a sentence says that an agency is of a component."""


class Relation(StrEnum):
    """The kind of an affiliation; only the first two classify."""

    PART_OF = "part-of"
    IS_A = "is-a"
    MEMBER_OF = "member-of"
    MAY_PASS_ON = "may-pass-on"


CLASSIFYING = frozenset({Relation.PART_OF, Relation.IS_A})


class AgencyKind(StrEnum):
    """What an agency is as an organisation. Kinds imply no component except where the registry says so with a source."""

    POLICE = "police"
    SHERIFF = "sheriff"
    STATE_POLICE = "state-police"
    STATE_AGENCY = "state-agency"
    PROSECUTOR = "prosecutor"
    CAMPUS_POLICE = "campus-police"
    TRIBAL_POLICE = "tribal-police"
    TRANSIT_POLICE = "transit-police"
    CORRECTIONS = "corrections"
    FEDERAL_AGENCY = "federal-agency"
    MILITARY = "military"
    FUSION_CENTER = "fusion-center"
    TASK_FORCE = "task-force"
    COURT = "court"
    LOCAL_GOVERNMENT = "local-government"
    PRIVATE = "private"
    VENDOR = "vendor"
    OTHER = "other"


class AgencyStatus(StrEnum):
    """Whether an agency still exists, and acts, under this entry. An inactive one stays in the registry: old lists name it."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read: a document or page, and the day it was read or is dated."""

    title: str
    date: date
    link: str = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """An organisation with a stable id.

    ``state`` is the two-letter USPS code, or None for federal and foreign agencies; ``short`` what people call it in a sentence
    ("ICE"), where that is not ``name``.
    """

    id: str
    name: str
    kind: AgencyKind
    country: str = "US"
    state: str | None = None
    short: str | None = None
    ori: str | None = None
    place: str | None = None
    aliases: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    county: str | None = None
    status: AgencyStatus = AgencyStatus.ACTIVE

    def __post_init__(self) -> None:
        if not ID_PATTERN.match(self.id):
            raise BadInput(f"{self.id!r} is not an agency id: use lower-case words joined by '-' or '.'", where="id")
        if self.state is not None and not re.fullmatch(r"[A-Z]{2}", self.state):
            raise BadInput(f"{self.state!r} is not a two-letter state code", where=f"agency {self.id}, state")

    @property
    def called(self) -> str:
        """The name used in sentences."""
        return self.short or self.name


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A dated, sourced edge from ``agency`` to ``target`` (an agency id, or a component's name for ``is-a``)."""

    agency: str
    relation: Relation
    target: str
    source: Source
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the affiliation is in force on ``day`` (``until`` is the first day it no longer holds)."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Classification:
    """What one agency is, by its affiliations on one day.

    ``ancestors`` holds the agency itself and every agency it is part of; ``components`` every component reached; ``chain``
    the path to the top as agency ids, itself first; ``because`` the affiliations that were followed.
    """

    agency: str
    ancestors: frozenset[str]
    components: frozenset[Component]
    states: frozenset[str]
    chain: tuple[str, ...]
    because: tuple[Affiliation, ...] = ()

    @property
    def known(self) -> bool:
        """False when nobody has classified this agency: doubt is a refusal, never harmless."""
        return Component.UNKNOWN not in self.components


@dataclass(frozen=True, slots=True)
class Registry:
    """Agencies and their affiliations, ready to classify. Build with ``Registry.of``; a change makes a new one (``with_``)."""

    agencies: Mapping[str, Agency]
    affiliations: tuple[Affiliation, ...]
    _from: Mapping[str, tuple[Affiliation, ...]] = field(repr=False)
    _classified: dict[tuple[str, date], Classification] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(agencies: Iterable[Agency], affiliations: Iterable[Affiliation]) -> Registry:
        """Index ``agencies`` and ``affiliations``. Raises BadInput for a doubled id or an edge to nowhere."""
        by_id: dict[str, Agency] = {}
        for agency in agencies:
            if agency.id in by_id:
                raise BadInput(f"agency {agency.id} is defined twice", where=agency.id)
            by_id[agency.id] = agency
        edges = tuple(affiliations)
        outgoing: dict[str, list[Affiliation]] = {}
        for edge in edges:
            _check_ends(edge, by_id)
            outgoing.setdefault(edge.agency, []).append(edge)
        return Registry(by_id, edges, {key: tuple(value) for key, value in outgoing.items()})

    def with_(self, agencies: Iterable[Agency] = (), affiliations: Iterable[Affiliation] = ()) -> Registry:
        """This registry with more agencies (same id replaces) and more affiliations."""
        merged = {**self.agencies, **{agency.id: agency for agency in agencies}}
        return Registry.of(merged.values(), (*self.affiliations, *affiliations))

    def ending(self, ended: Iterable[Affiliation]) -> Registry:
        """This registry with some of its affiliations ended: each of ``ended`` names agency, relation and target, and in
        ``until`` the first day it no longer holds. One that is not there, or has ended before, is left alone.
        """
        days = {(one.agency, one.relation, one.target): one.until for one in ended if one.until is not None}
        if not days:
            return self
        cut = tuple(
            replace(edge, until=day)
            if (day := days.get((edge.agency, edge.relation, edge.target))) and (edge.until is None or day < edge.until)
            else edge
            for edge in self.affiliations
        )
        return Registry.of(self.agencies.values(), cut)

    def edges_from(self, agency: str) -> tuple[Affiliation, ...]:
        """All affiliations that start at ``agency``, in force or not."""
        return self._from.get(agency, ())

    def classify(self, agency: str, day: date) -> Classification:
        """Who ``agency`` belongs to on ``day``: breadth first, so that ``chain`` is the shortest way to the top.

        An agency that the registry does not hold is ``unknown``, and so is one that has neither a state nor a component: a
        name alone tells nothing. What was classified is remembered.
        """
        known = self._classified.get((agency, day))
        if known is None:
            if len(self._classified) >= _REMEMBERED:
                self._classified.clear()
            known = self._classified[agency, day] = self._classify(agency, day)
        return known

    def _classify(self, agency: str, day: date) -> Classification:
        if agency not in self.agencies:
            return Classification(agency, frozenset({agency}), frozenset({Component.UNKNOWN}), frozenset(), (agency,))
        ancestors, components, because, chain = self._climb(agency, day)
        states = frozenset(s for a in (agency, *chain) if (s := self.agencies[a].state) is not None)
        if not states and not components:
            components.add(Component.UNKNOWN)
        return Classification(agency, frozenset(ancestors), frozenset(components), states, chain, tuple(because))

    def way_to(self, agency: str, component: Component, day: date) -> tuple[str, ...]:
        """The shortest chain of agency ids from ``agency`` to the one that *is* ``component`` by its own edge; () if none."""
        parent: dict[str, str | None] = {agency: None}
        queue = [agency]
        for here in queue:
            edges = [edge for edge in self._from.get(here, ()) if edge.relation in CLASSIFYING and edge.holds_on(day)]
            if any(edge.relation is Relation.IS_A and edge.target == component for edge in edges):
                return _path(parent, here)
            for edge in edges:
                if edge.relation is Relation.PART_OF and edge.target not in parent:
                    parent[edge.target] = here
                    queue.append(edge.target)
        return ()

    def called(self, agency: str) -> str:
        """The name of ``agency`` in a sentence; its id where the registry does not hold it."""
        return self.agencies[agency].called if agency in self.agencies else agency

    def _climb(self, agency: str, day: date) -> tuple[set[str], set[Component], list[Affiliation], tuple[str, ...]]:
        parent: dict[str, str | None] = {agency: None}
        components: set[Component] = set()
        because: list[Affiliation] = []
        queue = [agency]
        for here in queue:
            for edge in self._from.get(here, ()):
                if edge.relation not in CLASSIFYING or not edge.holds_on(day):
                    continue
                because.append(edge)
                if edge.relation is Relation.IS_A:
                    components.add(Component(edge.target))
                elif edge.target not in parent:
                    parent[edge.target] = here
                    queue.append(edge.target)
        return set(parent), components, because, _path(parent, queue[-1])


_REMEMBERED = 50_000
"""Classifications that a registry remembers at most."""


def _path(parent: Mapping[str, str | None], top: str) -> tuple[str, ...]:
    """The way from the start to ``top``, the start first."""
    path: list[str] = []
    here: str | None = top
    while here is not None:
        path.append(here)
        here = parent[here]
    return tuple(reversed(path))


def _check_ends(edge: Affiliation, agencies: Mapping[str, Agency]) -> None:
    if edge.agency not in agencies:
        raise BadInput(f"an affiliation starts at {edge.agency!r}, which no agency has as id", where=edge.source.title)
    if edge.relation is Relation.IS_A:
        if edge.target not in Component._value2member_map_:
            raise BadInput(f"{edge.agency} is-a {edge.target!r}, which is no component", where=edge.source.title)
    elif edge.target not in agencies:
        raise BadInput(
            f"{edge.agency} {edge.relation} {edge.target!r}, which no agency has as id", where=edge.source.title
        )
