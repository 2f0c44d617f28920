"""One question to the rules: who asks, whose reads, what for. And what a set of rules can tell apart in it.

Two questions that differ only in what no rule looks at have one answer. ``Sight`` reads off the rules what they look at, so that
a question is reduced to its class before it is asked: to a promise against immigration enforcement every city of every state is
the same asker.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plateward.core.share import RECEIVING, Act

OWN, OTHER = "(own)", "(other)"
"""What stands for the owner's own state, and for every word that no rule names."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a question, as the rules see it: everything it is in, and its attributes.

    ``account``: the kind of agency whose account is used; ``employer``: the kind of agency that employs the person; "" where
    nobody has said.
    """

    agencies: frozenset[str]
    components: frozenset[str]
    states: frozenset[str]
    kinds: frozenset[str] = frozenset()
    account: str = ""
    employer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``granted``: a share, or owning the reads, covers the act; without it nothing is permitted."""

    asker: Party
    owner: Party
    act: Act
    granted: bool
    purpose: str
    documents: frozenset[str] = frozenset()
    on_behalf: bool = False
    money: bool = False
    onward: bool = False
    hotlist: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What some rules can tell apart: the agencies, components, acts and words they name, and the attributes they read.

    ``blurred``: they compare parts of words (Cedar's ``like``), so no word may stand for another.
    """

    agencies: frozenset[str]
    components: frozenset[str]
    acts: frozenset[str]
    words: frozenset[str]
    attributes: frozenset[str]
    blurred: bool = False

    @staticmethod
    def of(statements: Iterable[str]) -> Sight:
        """Read it off parsed statements (Cedar's JSON)."""
        parsed = [json.loads(statement) for statement in statements]
        entities, words, attributes, blurred = list(entities_in(parsed)), set[str](), set[str](), False
        for node in _mappings(parsed):
            words.update(_strings(node.get("Value")))
            if isinstance(node.get("attr"), str):
                attributes.add(node["attr"])
            blurred = blurred or "like" in node
        named = {
            kind: frozenset(name for k, name in entities if k == kind) for kind in ("Agency", "Component", "Action")
        }
        return Sight(
            named["Agency"], named["Component"], named["Action"], frozenset(words), frozenset(attributes), blurred
        )

    @staticmethod
    def union(sights: Iterable[Sight]) -> Sight:
        """What several rules together can tell apart."""
        every = tuple(sights)
        none = frozenset[str]()
        return Sight(
            none.union(*(sight.agencies for sight in every)),
            none.union(*(sight.components for sight in every)),
            none.union(*(sight.acts for sight in every)),
            none.union(*(sight.words for sight in every)),
            none.union(*(sight.attributes for sight in every)),
            any(sight.blurred for sight in every),
        )

    def of_parties(self, asker: Party, owner: Party) -> tuple[Party, Party]:
        """Both sides, reduced to what these rules can tell apart."""
        return (
            Party(
                asker.agencies & self.agencies,
                asker.components & self.components,
                self._states(asker.states, owner.states, "states"),
                self._words(asker.kinds, "kinds"),
                self._word(asker.account, "account"),
                self._word(asker.employer, "employer"),
            ),
            Party(
                owner.agencies & self.agencies,
                owner.components & self.components,
                self._states(owner.states, owner.states, "state"),
            ),
        )

    def act(self, act: Act) -> Act:
        """The act that stands for ``act``: itself where a rule names it, else the first of its group that none names."""
        if str(act) in self.acts or act not in RECEIVING:
            return act
        return next(one for one in Act if one in RECEIVING and str(one) not in self.acts)

    def purpose(self, purpose: str) -> str:
        """The purpose that stands for ``purpose``."""
        return self._word(purpose, "purpose")

    def documents(self, documents: frozenset[str]) -> frozenset[str]:
        """The documents that these rules look for, and one that stands for all others."""
        return self._words(documents, "documents")

    def reduce(self, question: Question) -> Question:
        """The question that stands for all that these rules cannot tell from ``question``."""
        asker, owner = self.of_parties(question.asker, question.owner)
        return replace(
            question,
            asker=asker,
            owner=owner,
            act=self.act(question.act),
            purpose=self.purpose(question.purpose),
            documents=self.documents(question.documents),
            on_behalf=question.on_behalf and "onBehalf" in self.attributes,
            money=question.money and "money" in self.attributes,
            onward=question.onward and "onward" in self.attributes,
            hotlist=self._word(question.hotlist, "hotlist"),
        )

    def _word(self, word: str, attribute: str) -> str:
        if attribute not in self.attributes:
            return ""
        return word if not word or self.blurred or word in self.words else OTHER

    def _words(self, words: frozenset[str], attribute: str) -> frozenset[str]:
        if attribute not in self.attributes:
            return frozenset()
        return words if self.blurred else frozenset(word if word in self.words else OTHER for word in words)

    def _states(self, states: frozenset[str], own: frozenset[str], attribute: str) -> frozenset[str]:
        """Rules compare states with the owner's and with those they name; every other state is like another."""
        if attribute not in self.attributes:
            return frozenset()
        if self.blurred:
            return states
        return frozenset(s if s in self.words else OWN if s in own else OTHER for s in states)


def entities_in(node: Any) -> Iterator[tuple[str, str]]:
    """Every entity that a parsed policy mentions, as (type, id)."""
    for found in _mappings(node):
        if isinstance(found.get("type"), str) and isinstance(found.get("id"), str):
            yield found["type"], found["id"]


def documents_in(node: Any) -> frozenset[str]:
    """Every kind of document that a parsed policy compares ``context.documents`` with."""
    found: set[str] = set()
    for comparison in _mappings(node):
        for sides in comparison.values():
            if isinstance(sides, Mapping) and _looks_at_documents(sides.get("left"), sides.get("right")):
                found.update(word for part in _mappings(sides) for word in _strings(part.get("Value")))
    return frozenset(found)


def _looks_at_documents(*sides: Any) -> bool:
    return any(isinstance(side, Mapping) and (side.get(".") or {}).get("attr") == "documents" for side in sides)


def _mappings(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from _mappings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _mappings(value)


def _strings(value: Any) -> Iterator[str]:
    """The words of a literal; an entity's id is none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
