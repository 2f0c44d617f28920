"""Decisions: allowed or refused, by which promises and shares, in a sentence that a person understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from plateward.core.agency import COMPONENT_WORDS, Agency, Component, Registry
from plateward.core.people import Asker
from plateward.core.promise import Promise
from plateward.core.purpose import title
from plateward.core.share import Act, Grant, Share


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided for one owner.

    ``promises`` and ``shares``: ids of those that decided. ``grants`` and ``look_back_days``: the limits within which the act is
    allowed (None: as far back as the owner keeps reads). ``chain``: for a refusal by a promise, the affiliations that led to it,
    as agency ids. ``help``: who can lawfully help. ``documents``: ids of the documents on file that it rests on.
    """

    owner: str
    allowed: bool
    why: str
    promises: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    grants: frozenset[Grant] = frozenset()
    look_back_days: int | None = None
    chain: tuple[str, ...] = ()
    help: str = ""
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a promise applies to an asker: the words, and the chain of agencies that leads there."""

    words: str
    chain: tuple[str, ...]


def explain(promise: Promise, asker: Asker, owner: Agency, registry: Registry, day: date) -> Explanation:
    """Say why ``promise`` refuses ``asker``: by what one of its parties is, by where it is, or by what is asked."""
    for party in asker.parties:
        found = _by_component(promise, party, registry, day) or _by_name(promise, party, registry, day)
        if found:
            return found
    for party in asker.parties:
        state = registry.agencies[party].state
        if promise.compares_states and state != owner.state:
            where = f"is in {state}, not in {owner.state}" if state else "belongs to no state"
            return Explanation(f"{registry.called(party)} {where}", (party,))
    return Explanation("", ())


def _by_component(promise: Promise, party: str, registry: Registry, day: date) -> Explanation | None:
    mentioned = promise.forbids.components & registry.classify(party, day).components
    order = list(Component)
    for component in sorted(
        (Component(name) for name in mentioned), key=lambda c: (c is Component.FEDERAL, order.index(c))
    ):
        way = registry.way_to(party, component, day)
        return Explanation(f"{' → '.join(map(registry.called, way))}, {COMPONENT_WORDS[component]}", way)
    return None


def _by_name(promise: Promise, party: str, registry: Registry, day: date) -> Explanation | None:
    named = promise.forbids.agencies & registry.classify(party, day).ancestors
    if not named:
        return None
    chain = registry.classify(party, day).chain
    way = chain[: 1 + max(chain.index(name) for name in named if name in chain)] if named & set(chain) else (party,)
    return Explanation(" → ".join(map(registry.called, way)), way)


def refused_by_promises(
    promises: Iterable[Promise], owner: Agency, explained: Callable[[Promise], Explanation]
) -> Decision:
    """The refusal that one or more promises make; the sentence is the first one's, with the reason it applies, and the help is
    what the promises say, else who answers for them.
    """
    deciding = sorted(promises, key=lambda p: (p.pack is not None, p.id))
    first = deciding[0]
    explanation = explained(first)
    why = f"{explanation.words}; {first.sentence}" if explanation.words else first.sentence
    return Decision(
        owner.id,
        False,
        why,
        tuple(p.id for p in deciding),
        chain=explanation.chain,
        help=next(
            (p.help for p in deciding if p.help), f"The privacy officer of {owner.called} answers for this promise."
        ),
    )


def refused_unknown(owner: str, party: str, registry: Registry) -> Decision:
    """Nobody has classified one of the asker's organisations: doubt is a refusal."""
    return Decision(
        owner,
        False,
        f"{registry.called(party)} is not classified: nobody has said what it belongs to, so it gets nothing.",
        chain=(party,),
        help="Ask your ALPR administrator to have the agency entered with its affiliations and a source.",
    )


def refused_unclear(owner: str) -> Decision:
    """The rules could not be evaluated: doubt is a refusal."""
    return Decision(
        owner,
        False,
        "A promise could not be evaluated for this question, so the answer is no.",
        help="The privacy officer sees the promise that failed with: plateward promises check",
    )


def refused_purpose(owner: str, reason: str, registry: Registry) -> Decision:
    """The purpose is on no policy's list, so no share and no ownership covers it, whether or not a promise speaks of it."""
    return Decision(
        owner,
        False,
        f"{title(reason)} is on no list of permitted purposes; {registry.called(owner)} answers no search for it.",
        help="If this is not what the search is for, say in its reason what it is for.",
    )


def refused_without_share(
    owner: str, party: str, act: Act, reason: str, shares: Iterable[Share], registry: Registry
) -> Decision:
    """No share permits the act; says whether one existed and what it lacks."""
    names = f"{registry.called(owner)} shares", f"with {registry.called(party)}"
    held = list(shares)
    if not held:
        why = f"{names[0]} nothing {names[1]}."
    else:
        states = ", ".join(sorted({str(share.state) for share in held}))
        why = f"{names[0]} {names[1]}, but not for this: the share is {states}, and covers neither {act} nor {reason} now."
        if any(share.state == "active" for share in held):
            why = f"{names[0]} {names[1]}, but its terms do not cover {act} for {reason} at this time."
    return Decision(
        owner,
        False,
        why,
        shares=tuple(share.id for share in held),
        help=f"Its ALPR administrator can request a share from {registry.called(owner)}.",
    )
