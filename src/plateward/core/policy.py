"""The policy of one epoch: everything the gate decides by, compiled so that most questions were answered before.

A decision depends on what an asker *is*, not on who it is: two sheriffs of one state are one class, and five hundred cities
that adopted the same promise are one class of owner. Cedar is asked once for each pair of classes, act, purpose and set of
documents; these answers live as long as the registry, the packs and the day are the same. Whole decisions are kept too, each
until the first moment at which a share involved begins or expires, and an epoch that changed one owner's shares leaves those on
all others as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from plateward.core.agency import Classification, Component, Registry, Source
from plateward.core.cedar import Verdict, together
from plateward.core.classes import Classes, OwnerClass
from plateward.core.decision import (
    Decision,
    Explanation,
    explain,
    refused_by_promises,
    refused_purpose,
    refused_unclear,
    refused_unknown,
    refused_without_share,
)
from plateward.core.document import Document, Standing
from plateward.core.kept import Answers, Kept, stands
from plateward.core.people import Asker
from plateward.core.promise import Promise
from plateward.core.purpose import REFUSABLE, listed
from plateward.core.question import Party, Question
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
        return _brake_promise(self)


@lru_cache(maxsize=1024)
def _brake_promise(brake: Brake) -> Promise:
    day = brake.pulled_at.date()
    sentence = f"{brake.owner} blocked everything {str(brake.component).replace('-', ' ')} on {day}."
    cedar = f'forbid (principal in Component::"{brake.component}", action, resource);'
    return Promise(
        f"brake.{brake.owner}.{brake.component}", "Emergency brake", sentence, cedar, (), day,
        Source("emergency brake", day), promised_by=brake.owner, help="The owner's privacy officer can say when it is released.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else a decision looks at: documents granted for this case, money, onward rights, the kind of hot list.

    Standing documents are not here: the policy matches them itself.
    """

    documents: frozenset[str] = frozenset()
    money: bool = False
    onward: bool = False
    hotlist: str = ""


PLAIN = Circumstances()
"""Nothing out of the ordinary."""


_EXPLAINED = 20_000
"""So many explanations are kept at most."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question to many owners: what is the same for each of them. ``recipients`` must all be permitted by a share."""

    asker: Asker
    act: Act
    reason: str
    circumstances: Circumstances
    recipients: tuple[str, ...]
    stranger: str | None
    party: Party | None

    def key(self, granted: bool) -> tuple[object, ...]:
        """What the rules can depend on."""
        asked_for = self.asker.on_behalf_of is not None
        return id(self.party), asked_for, self.act, self.reason, granted, self.circumstances

    def question(self, owner: Party, granted: bool, documents: frozenset[str]) -> Question:
        """The question as it is put to rules."""
        assert self.party is not None
        more = self.circumstances
        return Question(
            self.party, owner, self.act, granted, self.reason, documents, self.asker.on_behalf_of is not None,
            more.money, more.onward, more.hotlist,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reliance:
    """The standing documents that a question rests on, and what each statement may see of them (kinds, by the statement's key)."""

    documents: tuple[Document, ...] = ()
    visible: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def key(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """What the rules can depend on."""
        return tuple(sorted(self.visible.items(), key=lambda item: item[0]))


_NOTHING = Reliance()


class Policy:
    """Decides, by the registry, promises, shares, documents and brakes of one epoch on one day. Same question, same answer.

    ``before``: the policy of the epoch before; what cannot have changed since is taken over, and it is not to be used any more.
    """

    def __init__(
        self,
        *,
        epoch: int,
        day: date,
        registry: Registry,
        promises: Iterable[Promise],
        shares: Iterable[Share],
        brakes: Iterable[Brake] = (),
        documents: Iterable[Document] = (),
        before: Policy | None = None,
    ) -> None:
        self.epoch = epoch
        self.day = day
        self.registry = registry
        self.promises = (*promises, *(brake.promise() for brake in brakes))
        self.shares: dict[tuple[str, str], list[Share]] = {}
        for share in shares:
            self.shares.setdefault((share.owner, share.receiver), []).append(share)
        self.standing = Standing(documents, day)
        self._classes = Classes(registry, day, self.promises)
        self._answers = Answers()
        self._explained: dict[tuple[object, ...], Explanation] = {}
        if before is not None:
            self._follow(before)

    def _follow(self, before: Policy) -> None:
        changed = self._classes.follow(before._classes)
        if changed is None:
            return
        pairs = {**self.shares, **before.shares}
        shared = {owner for owner, who in pairs if self.shares.get((owner, who)) != before.shares.get((owner, who))}
        filed = self.standing.owners() | before.standing.owners()
        differing = {o for o in filed if self.standing.everything_of(o) != before.standing.everything_of(o)}
        self._answers = before._answers.hand_over(changed | shared | differing)

    def classify(self, agency: str) -> Classification:
        """Who ``agency`` belongs to today."""
        return self._classes.classify(agency)

    def promises_of(self, owner: str) -> tuple[Promise, ...]:
        """The promises that bind ``owner`` today, its own first."""
        return self._classes.promises_of(owner)

    def asker_class(self, asker: Asker) -> Party:
        """The asker's class, the same object for all askers of it. Raises KeyError for a party that the registry does not hold."""
        return self._classes.asker(asker)

    def owner_class(self, owner: str) -> OwnerClass:
        """The owner's class, the same object for all owners of it."""
        return self._classes.owner(owner).of

    def holding(self, owner: str, statements: Iterable[str]) -> tuple[Promise, ...]:
        """The promises of ``owner`` that hold these statements, each once."""
        promises = self._classes.owner(owner).promises
        return tuple({promise.id: promise for key in statements for promise in promises.get(key, ())}.values())

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
        # It matters whom somebody works for, not who it is, unless a document speaks of that very person.
        person = asker.person if asker.person in self.standing.persons else None
        question = (
            person, asker.organisation, asker.employer, asker.assignments, asker.on_behalf_of, act, reason, circumstances,
        )  # fmt: skip
        kept = self._answers.to(question)
        asking: _Asking | None = None
        decisions = []
        for owner in owners:
            known = kept.get(owner)
            if known is None or not known.since <= now < known.until:
                asking = asking or self._asking(asker, act, reason, circumstances)
                held = [share for party in asking.recipients for share in self.shares.get((owner, party), ())]
                known = Kept(self._decide(asking, owner, now), *stands(held, now))
                self._answers.keep(question, owner, known)
            decisions.append(known.decision)
        return tuple(decisions)

    def _asking(self, asker: Asker, act: Act, reason: str, circumstances: Circumstances) -> _Asking:
        """The question; everybody must be permitted whose account it is, who employs the person, and for whom it is asked."""
        every = (asker.organisation, asker.employer, *((asker.on_behalf_of,) if asker.on_behalf_of else ()))
        stranger = next((party for party in asker.parties if not self.classify(party).known), None)
        party = None if stranger else self._classes.asker(asker)
        return _Asking(asker, act, reason, circumstances, tuple(dict.fromkeys(every)), stranger, party)

    def _decide(self, asking: _Asking, owner: str, now: datetime) -> Decision:
        if asking.stranger is not None:
            return refused_unknown(owner, asking.stranger, self.registry)
        if owner not in self.registry.agencies:
            return refused_unknown(owner, owner, self.registry)
        covering, lacking = self._covering(asking, owner, now)
        reliance = self._reliance(asking, owner)
        verdict = self._verdict(asking, owner, lacking is None, reliance)
        if verdict.forbidding:
            return self.refused(self.holding(owner, sorted(verdict.forbidding)), asking.asker, owner)
        if not verdict.clear:
            return refused_unclear(owner)
        if asking.reason in REFUSABLE:
            return refused_purpose(owner, asking.reason, self.registry)
        if lacking is not None:
            held = self.shares.get((owner, lacking), ())
            return refused_without_share(owner, lacking, asking.act, asking.reason, held, self.registry)
        if not verdict.permitted:
            return refused_unclear(owner)
        return self._allowed(owner, covering, reliance.documents)

    def judge(
        self, asker: Asker, owner: str, act: Act, reason: str, granted: bool, circumstances: Circumstances = PLAIN
    ) -> tuple[Verdict, tuple[Promise, ...]]:
        """What the owner's promises say of an act, whether or not a share covers it, with the documents on file: the verdict, and
        the promises that forbid. Raises KeyError for a party or owner that the registry does not hold.
        """
        party = self._classes.asker(asker)
        asking = _Asking(asker, act, reason, circumstances, (), None, party)
        verdict = self._verdict(asking, owner, granted, self._reliance(asking, owner))
        return verdict, self.holding(owner, sorted(verdict.forbidding)) if verdict.forbidding else ()

    def refused(self, promises: Iterable[Promise], asker: Asker, owner: str) -> Decision:
        """The refusal that ``promises`` make, with what lapsed where a document had lifted one of them."""
        home, promises = self.registry.agencies[owner], tuple(promises)
        lapsed = self.standing.lapsed(owner, asker.parties, promises)
        refusal = refused_by_promises(promises, home, lambda promise: self._explain(promise, asker, owner))
        if lapsed is None:
            return refusal
        whose = self.registry.called(lapsed.party)
        why = f"{refusal.why} The {lapsed.title} of {whose} that {home.called} held ended on {lapsed.ends}."
        return replace(refusal, why=why)

    def _explain(self, promise: Promise, asker: Asker, owner: str) -> Explanation:
        home = self.registry.agencies[owner]
        seen = (promise.forbids.components, promise.forbids.agencies, promise.compares_states, home.state)
        key = (*seen, asker.organisation, asker.employer, asker.assignments, asker.on_behalf_of)
        known = self._explained.get(key)
        if known is None:
            if len(self._explained) >= _EXPLAINED:
                self._explained.clear()
            known = self._explained[key] = explain(promise, asker, home, self.registry, self.day)
        return known

    def _verdict(self, asking: _Asking, owner: str, granted: bool, reliance: Reliance) -> Verdict:
        """What the statements that bind ``owner`` say; asked once for its class."""
        classes, of = self._classes, self._classes.owner(owner).of
        number = classes.number((*asking.key(granted), *reliance.key()))
        verdict = of.verdicts.get(number)
        if verdict is None:
            given, visible = asking.circumstances.documents, reliance.visible
            question = asking.question(of.party, granted, given)
            verdict = of.verdicts[number] = together(
                classes.ask(of, position, _seeing(question, visible.get(rule.key)), number)
                for position, (rule, _) in enumerate(of.sides)
            )
        return verdict

    def _reliance(self, asking: _Asking, owner: str) -> Reliance:
        """The documents on file that answer a promise of ``owner`` for everybody behind the question whom it would refuse.

        A promise sees a document only where it admits the kind, where the document names the promise, and where every party that
        the promise refuses by itself has one: a declaration of Iowa's police admits no one for whom they search.
        """
        on_file = self.standing.of(owner)
        suiting = [one for one in on_file if one.suits(asking.asker, asking.act, asking.reason)]
        if not suiting:
            return _NOTHING
        admitted: dict[str, set[str]] = {}
        relied: dict[str, Document] = {}
        for promise in self.promises_of(owner):
            for kind in sorted({one.kind for one in suiting if promise.id in one.promises} & set(promise.admits)):
                answering = {one.party: one for one in suiting if one.kind == kind and promise.id in one.promises}
                needing = self._refused_alone(promise, asking, owner)
                if needing <= set(answering):
                    admitted.setdefault(promise.id, set()).add(kind)
                    relied |= {answering[party].id: answering[party] for party in needing}
        visible = {
            key: frozenset.intersection(*(frozenset(admitted.get(promise.id, ())) for promise in holders))
            for key, holders in self._classes.owner(owner).promises.items()
        }
        return Reliance(tuple(relied.values()), {key: kinds for key, kinds in visible.items() if kinds})

    def _refused_alone(self, promise: Promise, asking: _Asking, owner: str) -> set[str]:
        """The parties behind the question whom ``promise`` refuses by themselves; all where it refuses only all together."""
        others = {party for party in asking.asker.parties if party != owner}
        classes, held = self._classes, self._classes.owner(owner)
        sides = enumerate(held.of.sides)
        positions = [at for at, (rule, _) in sides if promise in held.promises.get(rule.key, ())]
        refused = set()
        for party in others:
            alone = replace(asking, asker=Asker.agency(party), party=classes.asker(Asker.agency(party)))
            number = classes.number(alone.key(True))
            question = alone.question(held.of.party, True, asking.circumstances.documents)
            if any(classes.ask(held.of, at, question, number).forbidding for at in positions):
                refused.add(party)
        return refused or others

    def _covering(self, asking: _Asking, owner: str, now: datetime) -> tuple[tuple[Share, ...], str | None]:
        """The shares that together cover every recipient who is not the owner, and the first recipient whom none covers."""
        found: list[Share] = []
        for party in asking.recipients:
            if party == owner:
                continue
            held = self.shares.get((owner, party), ())
            share = next((s for s in held if s.permits(asking.act, asking.reason, now)), None)
            if share is None:
                return (), party
            found.append(share)
        return tuple(found), None

    def _allowed(self, owner: str, covering: tuple[Share, ...], documents: tuple[Document, ...]) -> Decision:
        called = self.registry.called
        if not covering:
            return Decision(owner, True, f"{called(owner)} owns these reads.", grants=frozenset(Grant))
        grants = frozenset.intersection(*(share.grants for share in covering))
        days = min(share.look_back_days for share in covering)
        until = min(share.expires for share in covering).date()
        why = f"{called(owner)} shares with {called(covering[0].receiver)} until {until}."
        for one in documents:
            why += f" This rests on the {one.title} of {called(one.party)}, which holds until {one.ends}."
        return Decision(
            owner, True, why, shares=tuple(s.id for s in covering), grants=grants, look_back_days=days,
            documents=tuple(one.id for one in documents),
        )  # fmt: skip


def _seeing(question: Question, documents: frozenset[str] | None) -> Question:
    """``question`` with more documents."""
    return replace(question, documents=question.documents | documents) if documents else question


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
        refusal = policy.refused(promises, asker, share.owner) if promises else refused_unclear(share.owner)
    return refusal
