"""Cedar, closed: the three ways in which it fails open are shut here (DESIGN.md, "The gate").

1. A typo in the id that a ``forbid`` names would forbid nobody: every id a promise mentions must exist (``Forbids.mentions``).
2. A ``forbid`` that errors is skipped by Cedar: any error in the diagnostics is a refusal (``Verdict.clear`` is False).
3. An asker missing from the entities is in no component: askers are classified before they get here, and the only ``permit``
   is generated for one question, naming one asker and one owner's reads.

Policies are written against ``SCHEMA``; a promise that does not fit it does not load.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cedarpy

from plateward.core.errors import BadInput
from plateward.core.question import Party, Question, Sight, entities_in
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
    """The ``forbid`` statements of one promise, parsed, valid against the schema, and the ids they mention."""

    statements: tuple[str, ...]
    agencies: frozenset[str]
    components: frozenset[str]


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
    )


class RuleSet:
    """Forbid statements by key, parsed once and asked many times; a question of a class that was asked before is remembered."""

    def __init__(self, statements: Mapping[str, str]) -> None:
        self._statements = dict(statements)
        self._compiled: dict[Act | None, cedarpy.PolicySet] = {}
        self._answers: dict[Question, Verdict] = {}

    @cached_property
    def sight(self) -> Sight:
        """What these statements can tell apart."""
        return Sight.of(self._statements.values())

    @property
    def asked(self) -> int:
        """How many classes of questions Cedar was asked so far."""
        return len(self._answers)

    def ask(self, question: Question) -> Verdict:
        """Put one question, reduced to its class. Any error while deciding, or no decision, makes the verdict unclear."""
        return self.ask_reduced(self.sight.reduce(question))

    def ask_reduced(self, question: Question) -> Verdict:
        """Put a question that ``sight`` has reduced already."""
        if question not in self._answers:
            self._answers[question] = self.ask_cedar(question)
        return self._answers[question]

    def ask_cedar(self, question: Question) -> Verdict:
        """Put one question as it is, to Cedar itself: what ``ask`` must agree with."""
        policies = self._policies(question.act if question.granted else None)
        result = cedarpy.is_authorized(_request(question), policies, json.dumps(list(_world(question))))
        reasons = frozenset(result.diagnostics.reasons)
        clear = result.decision is not cedarpy.Decision.NoDecision and not result.diagnostics.errors
        return Verdict(clear and result.decision is cedarpy.Decision.Allow, reasons - {_PERMIT}, clear)

    def _policies(self, permitted: Act | None) -> cedarpy.PolicySet:
        """The statements, with the one narrow permit for the act that is granted; compiled when first needed."""
        if permitted not in self._compiled:
            policies = {key: json.loads(statement) for key, statement in self._statements.items()}
            if permitted is not None:
                policies[_PERMIT] = _permit(permitted)
            self._compiled[permitted] = _policy_set(policies)
        return self._compiled[permitted]


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
