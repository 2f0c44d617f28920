"""Classes: what the rules can tell apart in askers and owners, and what they answered to each question of a class.

Two sheriffs of one state are one asker to most promises, and five hundred cities that adopted the same promise are one owner. All
that is remembered here follows from the registry, the promises and the day alone, so it outlives a change of shares or brakes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from plateward.core.agency import Classification, Registry
from plateward.core.cedar import Rule, RuleSet, Verdict, statement_key
from plateward.core.people import Asker
from plateward.core.promise import Promise
from plateward.core.question import Party, Question, Sight

_REMEMBERED = 20_000
"""So many askers, or numbered questions, are remembered; with more, all that was answered is collected anew."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnerClass:
    """All owners whom the rules cannot tell apart: the party they see and the statements in force.

    ``sides``: each rule with what it sees of the owner; ``slots``: a number for each of them, the same in every class.
    ``verdicts``: what was answered so far, by the question's number.
    """

    party: Party
    rules: RuleSet
    sides: tuple[tuple[Rule, Party], ...]
    slots: tuple[int, ...]
    verdicts: dict[int, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner: its class, and which of its promises hold each statement (by the statement's key)."""

    of: OwnerClass
    promises: Mapping[str, tuple[Promise, ...]]


@dataclass(slots=True)
class _Memory:
    """What follows from the registry, the packs and the day: shared by the classes of one epoch and the next."""

    owner_classes: dict[tuple[frozenset[str], Party], OwnerClass] = field(default_factory=dict)
    rule_sets: dict[frozenset[str], RuleSet] = field(default_factory=dict)
    askers: dict[tuple[object, ...], Party] = field(default_factory=dict)
    parties: dict[Party, Party] = field(default_factory=dict)
    slots: dict[tuple[int, int], int] = field(default_factory=dict)
    verdicts: dict[int, dict[int, Verdict]] = field(default_factory=dict)
    numbers: dict[Hashable, int] = field(default_factory=dict)
    numbered: int = 0


class Classes:
    """Classifies askers and owners by what ``promises`` can tell apart on ``day``."""

    def __init__(self, registry: Registry, day: date, promises: Iterable[Promise]) -> None:
        self.registry = registry
        self.day = day
        held = tuple(promises)
        self._mentioned = frozenset[str]().union(*(promise.forbids.agencies for promise in held))
        self._packed = tuple(promise for promise in held if promise.promised_by is None)
        self._own: dict[str, list[Promise]] = {}
        for promise in held:
            if promise.promised_by is not None:
                self._own.setdefault(promise.promised_by, []).append(promise)
        self._owners: dict[str, Owner] = {}
        self._memory = _Memory()

    def follow(self, before: Classes) -> frozenset[str] | None:
        """Take over what ``before`` knows where it still holds. Returns the owners whose promises differ; None: nothing holds."""
        same = self.registry is before.registry and self.day == before.day and self._packed == before._packed
        if not same or self._mentioned != before._mentioned:
            return None
        changed = frozenset(o for o in {**self._own, **before._own} if self._own.get(o) != before._own.get(o))
        self._owners = {owner: known for owner, known in before._owners.items() if owner not in changed}
        self._memory = before._memory
        return changed

    def classify(self, agency: str) -> Classification:
        """Who ``agency`` belongs to on the day."""
        return self.registry.classify(agency, self.day)

    def promises_of(self, owner: str) -> tuple[Promise, ...]:
        """The promises that bind ``owner`` on the day, its own first."""
        agency = self.registry.agencies[owner]
        return tuple(p for p in (*self._own.get(owner, ()), *self._packed) if p.binds(agency, self.day))

    def number(self, question: Hashable) -> int:
        """A number for ``question``, the same as long as it is remembered; what was answered is kept under it."""
        memory = self._memory
        known = memory.numbers.get(question)
        if known is None:
            if len(memory.numbers) >= _REMEMBERED:
                self.forget()
            memory.numbered += 1
            known = memory.numbers[question] = memory.numbered
        return known

    def forget(self) -> None:
        """Drop what was answered; numbers are never given twice."""
        memory = self._memory
        memory.numbers.clear()
        memory.verdicts.clear()
        for of in memory.owner_classes.values():
            of.verdicts.clear()

    def ask(self, of: OwnerClass, position: int, question: Question, number: int) -> Verdict:
        """What the rule at ``position`` of a class says; owners in whom it sees the same share it. ``question`` is the one of
        ``number``.
        """
        answered = self._memory.verdicts.setdefault(number, {})
        known = answered.get(of.slots[position])
        if known is None:
            known = answered[of.slots[position]] = of.sides[position][0].ask(question)
        return known

    def asker(self, asker: Asker) -> Party:
        """The asker's class, the same object for all askers of it: of the agencies it belongs to only those some promise names.

        Raises KeyError for a party that the registry does not hold.
        """
        memory = self._memory
        key = (asker.organisation, asker.employer, asker.assignments, asker.on_behalf_of)
        known = memory.askers.get(key)
        if known is None:
            if len(memory.askers) >= _REMEMBERED:
                memory.askers.clear()
            party = self._asking(asker)
            known = memory.askers[key] = memory.parties.setdefault(party, party)
        return known

    def _asking(self, asker: Asker) -> Party:
        classes = [self.classify(party) for party in asker.parties]
        agencies = [self.registry.agencies[party] for party in asker.parties]
        return Party(
            frozenset[str]().union(*(c.ancestors for c in classes)) & self._mentioned,
            frozenset(str(name) for c in classes for name in c.components),
            frozenset(a.state for a in agencies if a.state is not None),
            frozenset(str(a.kind) for a in agencies),
            str(self.registry.agencies[asker.organisation].kind),
            str(self.registry.agencies[asker.employer].kind),
        )

    def owner(self, owner: str) -> Owner:
        """What is known of ``owner``. Raises KeyError where the registry does not hold it."""
        known = self._owners.get(owner)
        if known is None:
            agency, classification = self.registry.agencies[owner], self.classify(owner)
            promises: dict[str, list[Promise]] = {}
            for promise in self.promises_of(owner):
                for statement in promise.forbids.statements:
                    promises.setdefault(statement_key(statement), []).append(promise)
            party = Party(
                classification.ancestors & self._mentioned,
                frozenset(str(name) for name in classification.components),
                frozenset({agency.state}) if agency.state else frozenset(),
            )
            known = self._owners[owner] = Owner(
                self._owner_class(party, promises), {key: tuple(held) for key, held in promises.items()}
            )
        return known

    def _owner_class(self, party: Party, promises: Mapping[str, list[Promise]]) -> OwnerClass:
        """The class of an owner held to these statements: two owners are of one where no statement tells them apart."""
        memory, rules = self._memory, self._rule_set(promises)
        key = (frozenset(promises), self._seen(rules.sight, party))
        if key not in memory.owner_classes:
            sides = tuple((rule, self._seen(rule.sight, party)) for rule in rules.rules)
            slots = tuple(memory.slots.setdefault((id(rule), id(side)), len(memory.slots)) for rule, side in sides)
            memory.owner_classes[key] = OwnerClass(party, rules, sides, slots)
        return memory.owner_classes[key]

    def _seen(self, sight: Sight, owner: Party) -> Party:
        """What ``sight`` sees of an owner, the same object for all of whom it sees the same; a state by its name."""
        _, seen = sight.of_parties(owner, owner)
        named = replace(seen, states=owner.states) if seen.states else seen
        return self._memory.parties.setdefault(named, named)

    def _rule_set(self, promises: Mapping[str, list[Promise]]) -> RuleSet:
        """One rule set for all owners held to the same statements, whatever their promises are called."""
        sets, key = self._memory.rule_sets, frozenset(promises)
        if key not in sets:
            held = {promise.id: promise for some in promises.values() for promise in some}
            sets[key] = RuleSet(text for promise in held.values() for text in promise.forbids.statements)
        return sets[key]
