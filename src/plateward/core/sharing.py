"""The life of a share as rules: who may take which step, what a reviewer must see, and when an owner has enough receivers.

Three people stand behind every active share: one asked, one reviewed who the receiver really is, one approved. No step takes
more than one share, so nothing approves two at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from plateward.core.agency import Affiliation, Component, Relation
from plateward.core.decision import Decision, explain
from plateward.core.document import Document
from plateward.core.people import Asker, Permission, Person
from plateward.core.policy import PLAIN, Policy, considered
from plateward.core.promise import Promise
from plateward.core.purpose import REASONS
from plateward.core.reach import Link, Network, reachable
from plateward.core.share import NEEDS, Act, Share, ShareState

_S = ShareState

FOLLOWS: Mapping[ShareState, frozenset[ShareState]] = {
    _S.REQUESTED: frozenset({_S.REVIEWED, _S.REFUSED, _S.REVOKED}),
    _S.REVIEWED: frozenset({_S.ACTIVE, _S.REFUSED, _S.REVOKED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.EXPIRED, _S.REVOKED}),
    _S.SUSPENDED: frozenset({_S.REVIEWED, _S.EXPIRED, _S.REVOKED}),
    _S.REFUSED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REVOKED: frozenset(),
}
"""What each state can become. A suspended share comes back only through a review and an approval."""

OPEN = frozenset({_S.REQUESTED, _S.REVIEWED, _S.ACTIVE, _S.SUSPENDED})
"""States in which an owner has something with a receiver; one at a time."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Through whose hands a share went: who asked, and who reviewed it last."""

    requested_by: str
    reviewed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A promise that says something about a receiver. ``refuses``: the share as a whole, else only for ``purposes``."""

    promise: Promise
    refuses: bool
    purposes: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who a receiver really is, as a reviewer must see it before answering.

    ``chain``: agency ids to the top with the affiliations that lead on. ``passes_on``: whom it can pass on to and by which way.
    ``documents``: what the owner holds on file that speaks of it and stands today.
    """

    agency: str
    name: str
    chain: tuple[str, ...]
    because: tuple[Affiliation, ...]
    components: tuple[Component, ...]
    state: str | None
    memberships: tuple[Affiliation, ...]
    touched: tuple[Touched, ...]
    refusal: Decision | None
    passes_on: tuple[tuple[Link, ...], ...]
    documents: tuple[Document, ...] = ()

    @property
    def works_with_ice(self) -> bool:
        """Whether it has a 287(g) agreement with ICE."""
        return Component.T287G in self.components


def cannot(share: Share, after: ShareState) -> str | None:
    """Why ``share`` cannot become ``after``, or None when it can."""
    if after in FOLLOWS[share.state]:
        return None
    return f"This share is {share.state}; it cannot become {after}."


def decides_changes(person: Person, agency: str) -> bool:
    """Whether ``person`` can be the second behind a change of ``agency``'s promises and truths: its privacy officer, whom it pays.

    Somebody whom another agency pays would decide what that agency may have.
    """
    return person.may(Permission.PROMISES) and person.organisation == agency and person.employer == agency


def cannot_request(person: Person, owner: str, receiver: str) -> str | None:
    """Why ``person`` cannot ask for a share: one side's ALPR administrator does."""
    if not person.may(Permission.SHARE_REQUEST):
        return f"Your role, {person.role}, does not request shares; an ALPR administrator does."
    if person.organisation not in (owner, receiver):
        return "An ALPR administrator of the owner or of the receiver requests a share between them."
    return None


def cannot_review(person: Person, share: Share, hands: Hands) -> str | None:
    """Why ``person`` cannot review ``share``, or None."""
    if not person.may(Permission.SHARE_REVIEW) or person.organisation != share.owner or person.employer != share.owner:
        return "An ALPR administrator or the privacy officer of the owner reviews it."
    if person.id == hands.requested_by:
        return "You requested this share; somebody else reviews it."
    return cannot(share, _S.REVIEWED)


def cannot_approve(person: Person, share: Share, hands: Hands, head: str | None) -> str | None:
    """Why ``person`` cannot approve ``share``, or None. ``head``: who leads the owner and is audited."""
    if not person.may(Permission.SHARE_APPROVE) or person.organisation != share.owner or person.employer != share.owner:
        return "The privacy officer of the owner approves it."
    if person.id == hands.requested_by:
        return "You requested this share; nobody approves a request of their own."
    if hands.reviewed_by is None or share.state is not _S.REVIEWED:
        return "Nobody has reviewed this share yet." if share.state is _S.REQUESTED else cannot(share, _S.ACTIVE)
    if person.id == hands.reviewed_by:
        return "You reviewed this share; a second person approves it."
    if person.id == head:
        return "The head of the agency is audited and approves no share; another person with the privacy role does."
    return None


def cannot_stop(person: Person, share: Share, after: ShareState) -> str | None:
    """Why ``person`` cannot refuse, suspend or revoke ``share``: one person of the owner is enough, and either side may give up."""
    stops = (Permission.SHARE_REVIEW, Permission.SHARE_APPROVE, Permission.BRAKE)
    of_owner = person.organisation == share.owner and any(map(person.may, stops))
    gives_up = person.organisation == share.receiver and person.may(Permission.SHARE_REQUEST) and after is _S.REVOKED
    if not of_owner and not gives_up:
        return "Somebody of the owner who looks after shares can do this; the receiver's ALPR administrator can give a share up."
    return cannot(share, after)


def over_cap(shares: Iterable[Share], owner: str, receiver: str, cap: int | None, now: datetime) -> str | None:
    """Why one more receiver would be too many, where the owner published how many it wants to have at most."""
    if cap is None:
        return None
    held = {s.receiver for s in shares if s.owner == owner and s.state is _S.ACTIVE and now < s.expires} - {receiver}
    if len(held) < cap:
        return None
    return f"The owner published that it shares with at most {cap} agencies, and it does with {len(held)}."


def receiver_of(policy: Policy, network: Network, share: Share, day: date) -> Receiver:
    """Everything a reviewer of ``share`` must see."""
    registry, agency = policy.registry, share.receiver
    classification = policy.classify(agency)
    entry = registry.agencies.get(agency)
    ways = reachable(_from(network, agency), _DOOR, by_right=False, most_steps=3)
    onward = sorted((way for party, way in ways.items() if party not in (agency, share.owner)), key=len)
    return Receiver(
        agency,
        registry.called(agency),
        classification.chain,
        classification.because,
        tuple(component for component in Component if component in classification.components),
        entry.state if entry else None,
        tuple(
            edge
            for edge in registry.edges_from(agency)
            if edge.relation in (Relation.MEMBER_OF, Relation.MAY_PASS_ON) and edge.holds_on(day)
        ),
        touched(policy, share),
        considered(policy, share),
        tuple(way[1:] for way in onward),
        tuple(one for one in policy.standing.of(share.owner) if one.party == agency),
    )


_DOOR = "."
"""Stands before the receiver, so that everything behind it is seen from outside; no agency has this id."""


def _from(network: Network, agency: str) -> Network:
    from plateward.core.reach import Way

    return Network({**network.links, _DOOR: (Link(_DOOR, agency, Way.SHARE, "", True),)})


def touched(policy: Policy, share: Share) -> tuple[Touched, ...]:
    """The promises of the owner that refuse something to the receiver, for any purpose there is, those that refuse most first."""
    if not policy.classify(share.receiver).known:
        return ()
    asker = Asker.agency(share.receiver)
    circumstances = replace(PLAIN, onward=share.onward)
    acts = (Act.SHARE, *(act for act, grant in NEEDS.items() if grant in share.grants))
    reasons = sorted(share.purposes) or list(REASONS)
    found: dict[str, tuple[Promise, set[str]]] = {}
    for reason in reasons:
        for act in acts:
            for promise in policy.judge(asker, share.owner, act, reason, True, circumstances)[1]:
                found.setdefault(promise.id, (promise, set()))[1].add(reason)
    owner = policy.registry.agencies[share.owner]
    told = [
        Touched(
            promise,
            len(purposes) == len(reasons),
            tuple(reason for reason in reasons if reason in purposes),
            explain(promise, asker, owner, policy.registry, policy.day).words,
        )
        for promise, purposes in found.values()
    ]
    return tuple(sorted(told, key=lambda one: (not one.refuses, one.promise.pack is not None, one.promise.id)))
