"""Cedar, closed: the three ways in which it fails open are shut here (DESIGN.md, "The gate").

1. A typo in the id that a ``forbid`` names would forbid nobody: every id a promise mentions must exist (``Forbids.mentions``).
2. A ``forbid`` that errors is skipped by Cedar: any error in the diagnostics is a refusal (``Verdict.clear`` is False).
3. An asker missing from the entities is in no component: askers are classified before they get here, and the only ``permit``
   is generated for one question, naming one asker and one owner's reads.

Policies are written against ``SCHEMA``; a promise that does not fit it does not load.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import cedarpy

from plateward.core.errors import BadInput
from plateward.core.question import Party, Question, Sight, documents_in, entities_in
from plateward.core.share import RECEIVING, Act

SCHEMA = """
entity Component;
entity Agency in [Agency, Component];
// Everybody who would learn the answer: organisation, employer, assignments and the agency asked for, with all they belong to.
entity Asker in [Agency, Component] {
  states: Set<String>,  // of every party; empty for federal and foreign ones
  kinds: Set<String>,   // of every party: "police", "sheriff", "federal-agency", "private" ...
  account: String,      // kind of the agency whose account is used, "" where nobody has said
  employer: String,     // kind of the agency that employs the person, "" where nobody has said
};
// One owner's reads.
entity Reads in [Agency, Component] { state?: String };
type Context = {
  purpose: String,         // id of the reason
  documents: Set<String>,  // what the gate matched to owner, asker, scope and date: "judicial-order", "declaration:us-il-2-130" ...
  onBehalf: Bool,          // the search is for another agency
  money: Bool,             // something of value is given for the data
  onward: Bool,            // the receiver could pass the data on
  hotlist: String,         // kind of hot list for hotlist-entry and hits, else ""
};
action receive;
""" + "\n".join(
    f'action "{act}"{" in [receive]" if act in RECEIVING else ""} appliesTo '
    "{ principal: Asker, resource: Reads, context: Context };"
    for act in Act
)

_PERMIT = "permit"


@dataclass(frozen=True, slots=True)
class Forbids:
    """The ``forbid`` statements of one promise, parsed, valid against the schema, and the ids they mention.

    ``documents``: the kinds of documents that they look for.
    """

    statements: tuple[str, ...]
    agencies: frozenset[str]
    components: frozenset[str]
    documents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Cedar said. ``forbidding``: keys of the statements that forbid. ``clear``: no error, and a decision was reached."""

    permitted: bool
    forbidding: frozenset[str]
    clear: bool


def parse_forbids(text: str, where: str) -> Forbids:
    """Read the Cedar text of a promise.

    Raises BadInput for text that does not parse, does not fit the schema, permits something (a promise only forbids), or holds
    a template.
    """
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise BadInput(f"the Cedar text does not parse: {error}", where=where) from None
    policies = list(parsed["staticPolicies"].values())
    if parsed["templates"] or parsed["templateLinks"] or not policies:
        raise BadInput("a promise is one or more Cedar forbid statements, without templates", where=where)
    if any(policy["effect"] != "forbid" for policy in policies):
        raise BadInput("a promise only forbids; what is permitted comes from shares alone", where=where)
    result = cedarpy.validate_policies(text, SCHEMA)
    if not result.validation_passed:
        raise BadInput(
            f"the Cedar text does not fit the schema: {'; '.join(str(e) for e in result.errors)}", where=where
        )
    mentioned = list(entities_in(policies))
    return Forbids(
        tuple(sorted({json.dumps(policy | {"annotations": {}}, sort_keys=True) for policy in policies})),
        frozenset(name for kind, name in mentioned if kind == "Agency"),
        frozenset(name for kind, name in mentioned if kind == "Component"),
        documents_in(policies),
    )


class Rule:
    """One forbid statement, compiled, that remembers its answers: what it says of a class of questions never changes.

    Made by ``rule``. Without a statement it holds the permit alone: what nobody forbids.
    """

    def __init__(self, statement: str | None) -> None:
        self.key = "" if statement is None else statement_key(statement)
        self._statements = {} if statement is None else {self.key: statement}
        self._compiled: dict[Act | None, cedarpy.PolicySet] = {}
        self._answers: dict[Question, Verdict] = {}

    @cached_property
    def sight(self) -> Sight:
        """What this statement can tell apart."""
        return Sight.of(self._statements.values())

    def ask(self, question: Question) -> Verdict:
        """Put one question, reduced to its class. Any error while deciding, or no decision, makes the verdict unclear."""
        return self.ask_reduced(self.sight.reduce(question))

    def ask_reduced(self, question: Question) -> Verdict:
        """Put a question that ``sight`` has reduced already."""
        known = self._answers.get(question)
        if known is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            known = self._answers[question] = _ask(self._statements, self._compiled, question)
        return known


_REMEMBERED = 20_000
"""Answers a rule remembers at most."""


@lru_cache(maxsize=8192)
def rule(statement: str | None) -> Rule:
    """The rule of one parsed statement, the same for everybody who holds it."""
    return Rule(statement)


@lru_cache(maxsize=8192)
def statement_key(statement: str) -> str:
    """The key of one forbid statement: equal text, equal key, whatever the promise is called."""
    return hashlib.sha256(statement.encode()).hexdigest()[:24]


class RuleSet:
    """The forbid statements that bind somebody. Each is asked by itself: one that forbids is enough, and so is one in doubt."""

    def __init__(self, statements: Iterable[str]) -> None:
        self.statements = {statement_key(text): text for text in statements}
        self.rules = tuple(rule(text) for _, text in sorted(self.statements.items())) or (rule(None),)
        self._compiled: dict[Act | None, cedarpy.PolicySet] = {}

    @cached_property
    def sight(self) -> Sight:
        """What these statements together can tell apart."""
        return Sight.union(one.sight for one in self.rules)

    def ask(self, question: Question) -> Verdict:
        """Put one question to every statement."""
        return together(one.ask(question) for one in self.rules)

    def ask_cedar(self, question: Question) -> Verdict:
        """Put one question as it is, to Cedar itself, with all statements at once: what ``ask`` must agree with."""
        return _ask(self.statements, self._compiled, question)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several statements: permitted only where each permits, clear only where each is."""
    permitted = clear = True
    forbidding: list[frozenset[str]] = []
    for verdict in verdicts:
        permitted, clear = permitted and verdict.permitted, clear and verdict.clear
        if verdict.forbidding:
            forbidding.append(verdict.forbidding)
    return Verdict(permitted, frozenset[str]().union(*forbidding), clear)


def _ask(statements: Mapping[str, str], compiled: dict[Act | None, cedarpy.PolicySet], question: Question) -> Verdict:
    """Ask Cedar: the statements, with the one narrow permit for the act that is granted. They are compiled when first needed."""
    permitted = question.act if question.granted else None
    if permitted not in compiled:
        policies = {key: json.loads(statement) for key, statement in statements.items()}
        if permitted is not None:
            policies[_PERMIT] = _permit(permitted)
        compiled[permitted] = _policy_set(policies)
    result = cedarpy.is_authorized(_request(question), compiled[permitted], json.dumps(list(_world(question))))
    reasons = frozenset(result.diagnostics.reasons)
    clear = result.decision is not cedarpy.Decision.NoDecision and not result.diagnostics.errors
    return Verdict(clear and result.decision is cedarpy.Decision.Allow, reasons - {_PERMIT}, clear)


def _policy_set(policies: Mapping[str, Any]) -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_json_str(
        json.dumps({"templates": {}, "staticPolicies": policies, "templateLinks": []})
    )


def _permit(act: Act) -> dict[str, Any]:
    """The only kind of permit there is: this asker, this act, this owner's reads."""
    return {
        "effect": "permit",
        "principal": {"op": "==", "entity": {"type": "Asker", "id": "asker"}},
        "action": {"op": "==", "entity": {"type": "Action", "id": str(act)}},
        "resource": {"op": "==", "entity": {"type": "Reads", "id": "owner"}},
        "conditions": [],
    }


def _request(question: Question) -> dict[str, Any]:
    return {
        "principal": {"type": "Asker", "id": "asker"},
        "action": {"type": "Action", "id": str(question.act)},
        "resource": {"type": "Reads", "id": "owner"},
        "context": {
            "purpose": question.purpose,
            "documents": sorted(question.documents),
            "onBehalf": question.on_behalf,
            "money": question.money,
            "onward": question.onward,
            "hotlist": question.hotlist,
        },
    }


def _world(question: Question) -> Iterable[dict[str, Any]]:
    asker, owner = question.asker, question.owner
    yield {
        "uid": {"type": "Asker", "id": "asker"},
        "attrs": {
            "states": sorted(asker.states),
            "kinds": sorted(asker.kinds),
            "account": asker.account,
            "employer": asker.employer,
        },
        "parents": _parents(asker),
    }
    yield {
        "uid": {"type": "Reads", "id": "owner"},
        "attrs": {"state": next(iter(owner.states))} if len(owner.states) == 1 else {},
        "parents": _parents(owner),
    }
    yield {"uid": {"type": "Action", "id": "receive"}, "attrs": {}, "parents": []}
    for act in Act:
        parents = [{"type": "Action", "id": "receive"}] if act in RECEIVING else []
        yield {"uid": {"type": "Action", "id": str(act)}, "attrs": {}, "parents": parents}


def _parents(party: Party) -> list[dict[str, str]]:
    agencies = [{"type": "Agency", "id": name} for name in sorted(party.agencies)]
    return agencies + [{"type": "Component", "id": name} for name in sorted(party.components)]
