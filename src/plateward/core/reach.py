"""Back doors: who can come to hold an owner's reads, by which way, and the fewest shares whose end would close it.

A promise can be kept and empty: the owner shares with a sheriff, the sheriff with a fusion centre, and the centre passes on to
whom the promise excludes. Two questions are asked of the same network:

- *by right*: every step is one that terms or affiliations allow. A receiver passes on over its own shares, and to the bodies
  it belongs to, only where the share it received by says ``onward``; a standing ``may-pass-on`` needs no leave.
- *in practice*: whoever holds reads can pass them on, whatever the terms say; somebody who works for two bodies, and a search
  for somebody else, are ways too. Such a back door is one that trust alone keeps shut.

The fewest shares are a minimum cut (Ford and Fulkerson; Dinic's algorithm, which on unit capacities needs O(E * sqrt(V)) steps):
only shares can be ended by a decision, so every other step counts as uncuttable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from plateward.core.agency import Registry, Relation
from plateward.core.share import Share, ShareState


class Way(StrEnum):
    """How reads get from one party to the next."""

    SHARE = "share"
    PASSES_ON = "may-pass-on"
    TO_BODY = "member-of"
    TO_MEMBERS = "has-member"
    ON_BEHALF = "on-behalf-of"
    ASSIGNED = "assigned"


WAY_WORDS: Mapping[Way, str] = {
    Way.SHARE: "shares with",
    Way.PASSES_ON: "may pass on to",
    Way.TO_BODY: "is a member of",
    Way.TO_MEMBERS: "serves its member",
    Way.ON_BEHALF: "has searched for",
    Way.ASSIGNED: "has staff assigned to",
}


_PLAINEST = {way: number for number, way in enumerate(Way)}


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a path. ``share``: the share it is, and ``onward`` whether that lets the receiver pass on."""

    source: str
    target: str
    way: Way
    share: str | None = None
    onward: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """Links by where they start. Build with ``Network.of``."""

    links: Mapping[str, tuple[Link, ...]]

    @staticmethod
    def of(links: Iterable[Link]) -> Network:
        """Index ``links``; the same link given twice is one, and one that leads back to its start is none.

        Of several ways to the same party the plainest is told: a share before a standing right, that before a membership.
        """
        found: dict[str, dict[Link, None]] = {}
        for link in sorted(links, key=lambda link: _PLAINEST[link.way]):
            if link.source != link.target:
                found.setdefault(link.source, {})[link] = None
        return Network({source: tuple(each) for source, each in found.items()})

    @property
    def size(self) -> int:
        """How many links there are."""
        return sum(map(len, self.links.values()))


@dataclass(frozen=True, slots=True)
class BackDoor:
    """A way to one party. ``by_right``: no step breaks anybody's terms. ``close_by``: the fewest shares to end, by id."""

    target: str
    path: tuple[Link, ...]
    by_right: bool
    close_by: tuple[str, ...]

    @property
    def opens_by(self) -> str | None:
        """The share that lets it out of known hands: the last one on the path."""
        return next((link.share for link in reversed(self.path) if link.way is Way.SHARE), None)

    @property
    def parties(self) -> tuple[str, ...]:
        """Everybody on the path, the owner first."""
        return (self.path[0].source, *(link.target for link in self.path))


_State = tuple[str, bool]
"""A party that holds the owner's reads, and whether it may pass them on."""


@dataclass(slots=True)
class _Arrivals:
    """How each party was first reached."""

    came_by: dict[_State, tuple[_State, Link] | None] = field(default_factory=dict)

    def path(self, state: _State) -> tuple[Link, ...]:
        links: list[Link] = []
        before = self.came_by[state]
        while before is not None:
            links.append(before[1])
            before = self.came_by[before[0]]
        return tuple(reversed(links))


def links_of(
    registry: Registry,
    shares: Iterable[Share],
    now: datetime,
    *,
    on_behalf: Iterable[tuple[str, str]] = (),
    assigned: Iterable[tuple[str, str]] = (),
) -> Iterable[Link]:
    """The links of what is in force at ``now``.

    ``on_behalf``: who was answered when searching for whom. ``assigned``: whose staff works for which body.
    """
    for share in shares:
        if share.state is ShareState.ACTIVE and share.begins <= now < share.expires:
            yield Link(share.owner, share.receiver, Way.SHARE, share.id, share.onward)
    yield from _affiliated(registry, now.date())
    yield from (Link(asker, party, Way.ON_BEHALF) for asker, party in on_behalf)
    yield from (Link(employer, body, Way.ASSIGNED) for employer, body in assigned)


def _affiliated(registry: Registry, day: date) -> Iterable[Link]:
    for edge in registry.affiliations:
        if edge.relation is Relation.MAY_PASS_ON and edge.holds_on(day):
            yield Link(edge.agency, edge.target, Way.PASSES_ON)
        elif edge.relation is Relation.MEMBER_OF and edge.holds_on(day):
            yield Link(edge.agency, edge.target, Way.TO_BODY)
            yield Link(edge.target, edge.agency, Way.TO_MEMBERS)


def reachable(
    network: Network, owner: str, *, by_right: bool, most_steps: int | None = None
) -> Mapping[str, tuple[Link, ...]]:
    """Every party that can come to hold ``owner``'s reads, with one of the shortest ways there.

    ``most_steps``: look at ways of at most so many links.
    """
    arrivals = _walk(network, owner, by_right, most_steps)
    found: dict[str, tuple[Link, ...]] = {}
    for state in arrivals.came_by:
        if state[0] != owner and state[0] not in found:
            found[state[0]] = arrivals.path(state)
    return found


def back_doors(
    network: Network, owner: str, excluded: Iterable[str], *, by_right: bool, most_steps: int | None = None
) -> tuple[BackDoor, ...]:
    """The ways from ``owner`` to each of ``excluded``, the shortest first, with what would close each.

    Nobody looks beyond an excluded party: whom that one tells is a consequence of its door, not another.
    """
    wanted = dict.fromkeys(excluded)
    network = _without_beyond(network, wanted)
    ways = reachable(network, owner, by_right=by_right, most_steps=most_steps)
    targets = [party for party in wanted if party in ways]
    graph = _Graph.of(network, owner, by_right)
    doors = [BackDoor(party, ways[party], by_right, graph.cut((party,))) for party in targets]
    return tuple(sorted(doors, key=lambda door: (len(door.path), door.target)))


def fewest_to_close(network: Network, owner: str, excluded: Iterable[str], *, by_right: bool) -> tuple[str, ...]:
    """The fewest shares, by id, whose end closes every way from ``owner`` to any of ``excluded``. () when there is none."""
    return _Graph.of(network, owner, by_right).cut(tuple(dict.fromkeys(excluded)))


def _without_beyond(network: Network, excluded: Iterable[str]) -> Network:
    ends = frozenset(excluded)
    return Network({source: links for source, links in network.links.items() if source not in ends})


def _walk(network: Network, owner: str, by_right: bool, most_steps: int | None = None) -> _Arrivals:
    arrivals = _Arrivals({(owner, True): None})
    queue: deque[tuple[_State, int]] = deque([((owner, True), 0)])
    while queue:
        state, steps = queue.popleft()
        if most_steps is not None and steps >= most_steps:
            continue
        for link in network.links.get(state[0], ()):
            after = _after(link, state, owner, by_right)
            if after is not None and after not in arrivals.came_by and (after[0], True) not in arrivals.came_by:
                arrivals.came_by[after] = (state, link)
                queue.append((after, steps + 1))
    return arrivals


def _after(link: Link, state: _State, owner: str, by_right: bool) -> _State | None:
    """Who holds the reads after ``link``, or None where they cannot go that way. From the owner they leave by share alone:
    its own people's searches pass the gate, which knows for whom they work.
    """
    party, may_pass_on = state
    if party == owner:
        return (link.target, link.onward or not by_right) if link.way is Way.SHARE else None
    if not by_right:
        return link.target, True
    if link.way is Way.PASSES_ON:
        return link.target, False
    if not may_pass_on or link.way in (Way.ON_BEHALF, Way.ASSIGNED):
        return None
    return link.target, link.onward


_UNCUTTABLE = 1 << 30


@dataclass(slots=True)
class _Graph:
    """What is reachable from the owner, as a flow network: edge ``e`` and its reverse ``e ^ 1`` in flat lists."""

    source: int
    number: dict[_State, int]
    edges_at: list[list[int]]
    ends: list[int]
    capacity: list[int]
    shares: list[str | None]

    @staticmethod
    def of(network: Network, owner: str, by_right: bool) -> _Graph:
        start: _State = (owner, True)
        graph = _Graph(0, {start: 0}, [[]], [], [], [])
        queue = deque([start])
        while queue:
            state = queue.popleft()
            for link in network.links.get(state[0], ()):
                after = _after(link, state, owner, by_right)
                if after is None or after[0] == owner:
                    continue
                if after not in graph.number:
                    graph._node(after)
                    queue.append(after)
                graph._edge(graph.number[state], graph.number[after], 1 if link.share else _UNCUTTABLE, link.share)
        return graph

    def _node(self, state: _State) -> None:
        self.number[state] = len(self.edges_at)
        self.edges_at.append([])

    def _edge(self, start: int, end: int, capacity: int, share: str | None) -> None:
        for at, to, room in ((start, end, capacity), (end, start, 0)):
            self.edges_at[at].append(len(self.ends))
            self.ends.append(to)
            self.capacity.append(room)
            self.shares.append(share)

    def cut(self, targets: Sequence[str]) -> tuple[str, ...]:
        """The shares of a minimum cut between the owner and ``targets``: of all the smallest, the one nearest to the owner."""
        sinks = {
            self.number[state]
            for target in targets
            for state in ((target, True), (target, False))
            if state in self.number
        }
        if not sinks:
            return ()
        room = self.capacity.copy()
        while (levels := self._levels(room, sinks)) is not None:
            progress = [0] * len(self.edges_at)
            while self._augment(room, levels, progress, sinks):
                pass
        inside = self._inside(room)
        crossing = {
            share for node in inside for edge in self.edges_at[node]
            if (share := self.shares[edge]) is not None and self.capacity[edge] > 0 and self.ends[edge] not in inside
        }  # fmt: skip
        return tuple(sorted(crossing))

    def _levels(self, room: Sequence[int], sinks: Iterable[int]) -> list[int] | None:
        """How far each node is from the sinks, as far as the owner; None when no way is left. Backwards, because an excluded
        party has few ways in where an owner may have a thousand out.
        """
        levels = [-1] * len(self.edges_at)
        queue = deque(sinks)
        for sink in queue:
            levels[sink] = 0
        while queue:
            node = queue.popleft()
            for edge in self.edges_at[node]:
                before = self.ends[edge]
                if room[edge ^ 1] > 0 and levels[before] < 0:
                    levels[before] = levels[node] + 1
                    if before == self.source:
                        return levels
                    queue.append(before)
        return None

    def _augment(self, room: list[int], levels: Sequence[int], progress: list[int], sinks: Iterable[int]) -> bool:
        """Send one unit from the owner down the levels to a sink; False when none gets through any more."""
        path: list[int] = []
        node = self.source
        ends = frozenset(sinks)
        while node not in ends:
            edges = self.edges_at[node]
            while progress[node] < len(edges):
                edge = edges[progress[node]]
                if room[edge] > 0 and levels[self.ends[edge]] == levels[node] - 1:
                    break
                progress[node] += 1
            if progress[node] < len(edges):
                path.append(edges[progress[node]])
                node = self.ends[path[-1]]
            elif not path:
                return False
            else:
                node = self.ends[path.pop() ^ 1]
                progress[node] += 1
        for edge in path:
            room[edge] -= 1
            room[edge ^ 1] += 1
        return True

    def _inside(self, room: Sequence[int]) -> frozenset[int]:
        """Everybody still reachable from the owner when the cut is full."""
        seen = {self.source}
        queue = deque(seen)
        while queue:
            for edge in self.edges_at[queue.popleft()]:
                if room[edge] > 0 and self.ends[edge] not in seen:
                    seen.add(self.ends[edge])
                    queue.append(self.ends[edge])
        return frozenset(seen)
