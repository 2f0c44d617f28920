"""The policy of one epoch: everything the gate decides by, compiled so that most questions were answered before.

A decision depends on what an asker *is*, not on who it is: two sheriffs of one state are one class, and five hundred cities
that adopted the same promise are one class of owner. Cedar is asked once for each pair of classes, act, purpose and set of
documents; the answers live as long as the policy, which is one epoch and one day. Whole decisions are kept too, each until the
first moment at which a share involved begins or expires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from plateward.core.agency import Classification, Component, Registry, Source
from plateward.core.cedar import Rule, RuleSet, Verdict, statement_key, together
from plateward.core.decision import (
    Decision,
    refused_by_promises,
    refused_purpose,
    refused_unclear,
    refused_unknown,
    refused_without_share,
)
from plateward.core.people import Asker
from plateward.core.promise import Promise
from plateward.core.purpose import REFUSABLE, listed
from plateward.core.question import Party, Question, Sight
from plateward.core.share import Act, Grant, Share, ShareState


@dataclass(frozen=True, slots=True)
class Brake:
    """The emergency brake: one act that blocks a whole component for one owner, from the next decision on."""

    owner: str
    component: Component
    pulled_at: datetime
    pulled_by: str
    why: str = ""

    def promise(self) -> Promise:
        """The brake as a rule, so that it is decided, explained and recorded as every other."""
        day = self.pulled_at.date()
        sentence = f"{self.owner} blocked everything {str(self.component).replace('-', ' ')} on {day}."
        cedar = f'forbid (principal in Component::"{self.component}", action, resource);'
        return Promise(
            f"brake.{self.owner}.{self.component}", "Emergency brake", sentence, cedar, (), day,
            Source("emergency brake", day), promised_by=self.owner, help="The owner's privacy officer can say when it is released.",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else a decision looks at: matched documents, money, onward rights, the kind of hot list."""

    documents: frozenset[str] = frozenset()
    money: bool = False
    onward: bool = False
    hotlist: str = ""


PLAIN = Circumstances()
"""Nothing out of the ordinary."""


_KEPT = 4096
"""So many different questions a policy keeps whole answers to; a node with more starts to collect them anew."""

_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class OwnerClass:
    """All owners whom the rules cannot tell apart: the party they see and the statements in force.

    ``sides``: each rule with what it sees of the owner. ``verdicts``: what was answered so far, by the rest of the question.
    """

    party: Party
    rules: RuleSet
    sides: tuple[tuple[Rule, Party], ...]
    verdicts: dict[object, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Owner:
    """One owner: its class, and which of its promises hold each statement."""

    of: OwnerClass
    promises: Mapping[str, tuple[Promise, ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A decision that stands while ``since`` <= now < ``until``: no share involved begins or expires in between."""

    decision: Decision
    since: datetime
    until: datetime


class Policy:
    """Decides, by the registry, promises, shares and brakes of one epoch on one day. Same question, same answer."""

    def __init__(
        self,
        *,
        epoch: int,
        day: date,
        registry: Registry,
        promises: Iterable[Promise],
        shares: Iterable[Share],
        brakes: Iterable[Brake] = (),
    ) -> None:
        self.epoch = epoch
        self.day = day
        self.registry = registry
        self.promises = (*promises, *(brake.promise() for brake in brakes))
        self.shares: dict[tuple[str, str], list[Share]] = {}
        for share in shares:
            self.shares.setdefault((share.owner, share.receiver), []).append(share)
        mentioned = [promise.forbids.agencies for promise in self.promises]
        self._mentioned = frozenset[str]().union(*mentioned)
        self._classes: dict[str, Classification] = {}
        self._owners: dict[str, _Owner] = {}
        self._owner_classes: dict[tuple[frozenset[str], Party], OwnerClass] = {}
        self._rule_sets: dict[frozenset[str], RuleSet] = {}
        self._askers: dict[tuple[object, ...], Party] = {}
        self._parties: dict[Party, Party] = {}
        self._answers: dict[tuple[object, ...], dict[str, _Kept]] = {}
        self._verdicts: dict[tuple[int, int, tuple[object, ...]], Verdict] = {}
        self._by_owner: dict[str, list[Promise]] = {}
        self._packed = [promise for promise in self.promises if promise.promised_by is None]
        for promise in self.promises:
            if promise.promised_by is not None:
                self._by_owner.setdefault(promise.promised_by, []).append(promise)

    def classify(self, agency: str) -> Classification:
        """Who ``agency`` belongs to today."""
        if agency not in self._classes:
            self._classes[agency] = self.registry.classify(agency, self.day)
        return self._classes[agency]

    def promises_of(self, owner: str) -> tuple[Promise, ...]:
        """The promises that bind ``owner`` today, its own first."""
        agency = self.registry.agencies[owner]
        return tuple(p for p in (*self._by_owner.get(owner, ()), *self._packed) if p.binds(agency, self.day))

    def decide(
        self, asker: Asker, owner: str, act: Act, reason: str, now: datetime, circumstances: Circumstances = PLAIN
    ) -> Decision:
        """Decide one act on one owner's reads. Promises speak first: their refusal says more than a missing share."""
        return self.decide_all(asker, (owner,), act, reason, now, circumstances)[0]

    def decide_all(
        self,
        asker: Asker,
        owners: Iterable[str],
        act: Act,
        reason: str,
        now: datetime,
        circumstances: Circumstances = PLAIN,
    ) -> tuple[Decision, ...]:
        """One decision for each owner, in their order. What was decided before is not decided again while it must be the same."""
        kept = self._answers_to(asker, act, reason, circumstances)
        decisions = []
        for owner in owners:
            known = kept.get(owner)
            if known is None or not known.since <= now < known.until:
                since, until = self._stands(asker, owner, now)
                known = _Kept(self._decide(asker, owner, act, reason, now, circumstances), since, until)
                kept[owner] = known
            decisions.append(known.decision)
        return tuple(decisions)

    def _answers_to(self, asker: Asker, act: Act, reason: str, circumstances: Circumstances) -> dict[str, _Kept]:
        """The answers so far to one question, by owner. It matters whom somebody works for, not who it is."""
        key = (asker.organisation, asker.employer, asker.assignments, asker.on_behalf_of, act, reason, circumstances)
        if key not in self._answers:
            if len(self._answers) >= _KEPT:
                self._forget()
            self._answers[key] = {}
        return self._answers[key]

    def _forget(self) -> None:
        self._answers.clear()
        self._verdicts.clear()
        for of in self._owner_classes.values():
            of.verdicts.clear()

    def _stands(self, asker: Asker, owner: str, now: datetime) -> tuple[datetime, datetime]:
        """From when until when a decision made ``now`` stands: the last and the next moment a share involved begins or expires."""
        held = [share for party in self._recipients(asker) for share in self.shares.get((owner, party), ())]
        if not held:
            return _ALWAYS
        moments = [moment for share in held for moment in (share.begins, share.expires)]
        since = max((moment for moment in moments if moment <= now), default=_ALWAYS[0])
        return since, min((moment for moment in moments if moment > now), default=_ALWAYS[1])

    def _decide(
        self, asker: Asker, owner: str, act: Act, reason: str, now: datetime, circumstances: Circumstances
    ) -> Decision:
        for party in asker.parties:
            if not self.classify(party).known:
                return refused_unknown(owner, party, self.registry)
        if owner not in self.registry.agencies:
            return refused_unknown(owner, owner, self.registry)
        covering = self._covering(asker, owner, act, reason, now)
        verdict, promises = self.judge(asker, owner, act, reason, covering is not None, circumstances)
        if promises:
            return refused_by_promises(promises, asker, self.registry.agencies[owner], self.registry, self.day)
        if not verdict.clear:
            return refused_unclear(owner)
        if reason in REFUSABLE:
            return refused_purpose(owner, reason, self.registry)
        if covering is None:
            party = self._uncovered(asker, owner, act, reason, now)
            held = self.shares.get((owner, party), ())
            return refused_without_share(owner, party, act, reason, held, self.registry)
        if not verdict.permitted:
            return refused_unclear(owner)
        return self._allowed(asker, owner, covering)

    def judge(
        self, asker: Asker, owner: str, act: Act, reason: str, granted: bool, circumstances: Circumstances = PLAIN
    ) -> tuple[Verdict, tuple[Promise, ...]]:
        """What the owner's promises say of an act, whether or not a share covers it: the verdict, and the promises that forbid."""
        held, on_behalf = self._owner(owner), asker.on_behalf_of is not None
        party = self.asker_class(asker)
        key = (id(party), on_behalf, act, reason, granted, circumstances)
        verdict = held.of.verdicts.get(key)
        if verdict is None:
            question = Question(
                party, held.of.party, act, granted, reason, circumstances.documents, on_behalf,
                circumstances.money, circumstances.onward, circumstances.hotlist,
            )  # fmt: skip
            verdict = held.of.verdicts[key] = together(
                self._ask(rule, side, question, key) for rule, side in held.of.sides
            )
        return verdict, self.holding(owner, sorted(verdict.forbidding)) if verdict.forbidding else ()

    def _ask(self, rule: Rule, side: Party, question: Question, key: tuple[object, ...]) -> Verdict:
        """One rule's verdict; owners in whom it sees the same share it."""
        known = self._verdicts.get((id(rule), id(side), key))
        if known is None:
            known = self._verdicts[id(rule), id(side), key] = rule.ask(question)
        return known

    def holding(self, owner: str, statements: Iterable[str]) -> tuple[Promise, ...]:
        """The promises of ``owner`` that hold these statements, each once."""
        promises = self._owner(owner).promises
        return tuple({promise.id: promise for key in statements for promise in promises.get(key, ())}.values())

    def _recipients(self, asker: Asker) -> tuple[str, ...]:
        """Everybody who must be permitted: whose account it is, who employs the person, and for whom the search is."""
        every = (asker.organisation, asker.employer, *((asker.on_behalf_of,) if asker.on_behalf_of else ()))
        return tuple(dict.fromkeys(every))

    def _covering(self, asker: Asker, owner: str, act: Act, reason: str, now: datetime) -> tuple[Share, ...] | None:
        """The shares that together cover every recipient who is not the owner; None when one is not covered."""
        found: list[Share] = []
        for party in self._recipients(asker):
            if party == owner:
                continue
            share = self._share(owner, party, act, reason, now)
            if share is None:
                return None
            found.append(share)
        return tuple(found)

    def _share(self, owner: str, receiver: str, act: Act, reason: str, now: datetime) -> Share | None:
        return next((s for s in self.shares.get((owner, receiver), ()) if s.permits(act, reason, now)), None)

    def _uncovered(self, asker: Asker, owner: str, act: Act, reason: str, now: datetime) -> str:
        return next(
            p for p in self._recipients(asker) if p != owner and self._share(owner, p, act, reason, now) is None
        )

    def _allowed(self, asker: Asker, owner: str, covering: tuple[Share, ...]) -> Decision:
        if not covering:
            return Decision(owner, True, f"{self.registry.called(owner)} owns these reads.", grants=frozenset(Grant))
        grants = frozenset.intersection(*(share.grants for share in covering))
        days = min(share.look_back_days for share in covering)
        until = min(share.expires for share in covering).date()
        why = f"{self.registry.called(owner)} shares with {self.registry.called(covering[0].receiver)} until {until}."
        return Decision(owner, True, why, shares=tuple(s.id for s in covering), grants=grants, look_back_days=days)

    def asker_class(self, asker: Asker) -> Party:
        """The asker's class, the same object for all askers of it: of the agencies it belongs to only those some promise names.

        Raises KeyError for a party that the registry does not hold.
        """
        key = (asker.organisation, asker.employer, asker.assignments, asker.on_behalf_of)
        if key not in self._askers:
            classes = [self.classify(party) for party in asker.parties]
            agencies = [self.registry.agencies[party] for party in asker.parties]
            party = Party(
                frozenset[str]().union(*(c.ancestors for c in classes)) & self._mentioned,
                frozenset(str(name) for c in classes for name in c.components),
                frozenset(a.state for a in agencies if a.state is not None),
                frozenset(str(a.kind) for a in agencies),
                str(self.registry.agencies[asker.organisation].kind),
                str(self.registry.agencies[asker.employer].kind),
            )
            self._askers[key] = self._parties.setdefault(party, party)
        return self._askers[key]

    def owner_class(self, owner: str) -> OwnerClass:
        """The owner's class, the same object for all owners of it."""
        return self._owner(owner).of

    def _owner(self, owner: str) -> _Owner:
        if owner not in self._owners:
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
            of = self._owner_class(party, promises)
            self._owners[owner] = _Owner(of, {k: tuple(v) for k, v in promises.items()})
        return self._owners[owner]

    def _owner_class(self, party: Party, promises: Mapping[str, list[Promise]]) -> OwnerClass:
        """The class of an owner held to these statements: two owners are of one where no statement tells them apart."""
        rules = self._rule_set(promises)
        key = (frozenset(promises), self._seen(rules.sight, party))
        if key not in self._owner_classes:
            sides = tuple((rule, self._seen(rule.sight, party)) for rule in rules.rules)
            self._owner_classes[key] = OwnerClass(party, rules, sides)
        return self._owner_classes[key]

    def _seen(self, sight: Sight, owner: Party) -> Party:
        """What ``sight`` sees of an owner, the same object for all of whom it sees the same; a state by its name."""
        _, seen = sight.of_parties(owner, owner)
        named = replace(seen, states=owner.states) if seen.states else seen
        return self._parties.setdefault(named, named)

    def _rule_set(self, promises: Mapping[str, list[Promise]]) -> RuleSet:
        """One rule set for all owners held to the same statements, whatever their promises are called."""
        key = frozenset(promises)
        if key not in self._rule_sets:
            held = {promise.id: promise for some in promises.values() for promise in some}
            self._rule_sets[key] = RuleSet(text for promise in held.values() for text in promise.forbids.statements)
        return self._rule_sets[key]


def reevaluate(policy: Policy) -> tuple[tuple[Share, Decision], ...]:
    """Every active share that the promises in force do not allow any more, with the refusal: what must suspend itself."""
    active = (share for held in policy.shares.values() for share in held if share.state is ShareState.ACTIVE)
    return tuple((share, refusal) for share in active if (refusal := considered(policy, share)) is not None)


def considered(policy: Policy, share: Share) -> Decision | None:
    """The refusal that the owner's promises make to ``share`` as a whole, or None where they allow it for some listed purpose."""
    asker = Asker.agency(share.receiver)
    if not policy.classify(share.receiver).known:
        return refused_unknown(share.owner, share.receiver, policy.registry)
    circumstances = replace(PLAIN, onward=share.onward)
    refusal: Decision | None = None
    for reason in sorted(share.purposes) or listed():
        verdict, promises = policy.judge(asker, share.owner, Act.SHARE, reason, True, circumstances)
        if verdict.permitted:
            return None
        owner = policy.registry.agencies[share.owner]
        refusal = (
            refused_by_promises(promises, asker, owner, policy.registry, policy.day)
            if promises
            else refused_unclear(share.owner)
        )
    return refusal
