"""Two versions of a promise compared by what they mean: who may do now what was refused before, and which words grew weaker.

A promise against "any" immigration enforcement that becomes one against sharing "directly" reads almost alike. The comparison
asks both versions about every class of agency in the registry, in every position it can ask from, for every act, purpose,
document and circumstance that either version can tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from plateward.core.agency import AgencyKind, Registry
from plateward.core.cedar import RuleSet
from plateward.core.errors import BadInput
from plateward.core.people import Asker
from plateward.core.policy import Policy
from plateward.core.promise import Promise, Retention, RulePack
from plateward.core.purpose import REASONS
from plateward.core.question import Party, Question, Sight
from plateward.core.share import Act

WEAKENING = frozenset({
    "directly", "solely", "primarily", "principally", "exclusively", "knowingly", "intentionally", "willingly", "proactively",
    "routinely", "generally", "normally", "typically", "automatically", "permanently", "bulk", "civil", "reasonable",
    "reasonably", "should", "may", "unless", "except",
})  # fmt: skip
"""Words that make a promise smaller where they are put in: "shares nothing directly" leaves the indirect way open."""

STRENGTHENING = frozenset({
    "any", "anybody", "anyone", "anything", "all", "no", "nor", "nothing", "never", "nobody", "none", "every", "each", "part",
    "parts", "indirectly", "through", "others", "behalf", "onward", "whoever", "whatever",
})  # fmt: skip
"""Words that make a promise smaller where they are taken out."""

POSITIONS = (
    "itself",
    "with an account of the owner",
    "through an officer assigned to it",
    "through a search on its behalf",
)
"""The ways in which an agency can be behind a question, the most direct first."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One class of askers for whom the answer changed.

    ``agencies``: ids of those in the class. ``position``: one of ``POSITIONS``. ``acts``, ``purposes`` and ``documents``: for which
    the answer changed, where either version can tell them apart ("any" where not). ``loosens``: refused before and not now.
    """

    agencies: tuple[str, ...]
    position: str
    acts: tuple[str, ...]
    purposes: tuple[str, ...]
    documents: tuple[str, ...]
    loosens: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """One part of a promise that differs. ``loosens``: the new version binds less by it."""

    part: str
    before: str
    after: str
    loosens: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one promise. ``old`` or ``new`` is None where it was added or withdrawn."""

    promise: str
    old: Promise | None
    new: Promise | None
    edits: tuple[Edit, ...] = ()
    shifts: tuple[Shift, ...] = ()

    @property
    def loosens(self) -> bool:
        """Whether something that was promised is not promised any more."""
        return self.new is None or any(e.loosens for e in self.edits) or any(s.loosens for s in self.shifts)

    @property
    def tightens(self) -> bool:
        """Whether something is refused now that was not."""
        return self.old is None or any(not s.loosens for s in self.shifts)


def compare_all(old: Sequence[Promise], new: Sequence[Promise], registry: Registry, day: date) -> tuple[Change, ...]:
    """The changes between two versions of a file of promises, by id; unchanged promises are left out."""
    before, after = {p.id: p for p in old}, {p.id: p for p in new}
    changes = [compare(before.get(name), after.get(name), registry, day) for name in {**before, **after}]
    return tuple(change for change in changes if change.edits or change.shifts or None in (change.old, change.new))


def compare_limits(old: RulePack, new: RulePack) -> tuple[Edit, ...]:
    """What changed in the limits that a rule pack states as data: how long reads are kept, where, for what and by which lists."""
    places = [frozenset(pack.no_collect.places if pack.no_collect else ()) for pack in (old, new)]
    purposes = [frozenset(pack.purposes.permitted if pack.purposes else REASONS) for pack in (old, new)]
    ages = [(pack.hot_lists.max_age_minutes if pack.hot_lists else None) or 0 for pack in (old, new)]
    edits = []
    if old.retention != new.retention:
        edits.append(_keeping(old.retention, new.retention))
    if places[0] != places[1]:
        edits.append(
            Edit("no_collect", ", ".join(sorted(places[0])), ", ".join(sorted(places[1])), not places[0] <= places[1])
        )
    if purposes[0] != purposes[1]:
        edits.append(
            Edit(
                "purposes",
                ", ".join(sorted(purposes[0])),
                ", ".join(sorted(purposes[1])),
                not purposes[1] <= purposes[0],
            )
        )
    if ages[0] != ages[1]:
        longer = ages[0] > 0 and (ages[1] == 0 or ages[1] > ages[0])
        edits.append(Edit("hot_lists", f"{ages[0]} minutes", f"{ages[1]} minutes", longer))
    for part in ("version", "read_from", "not_covered", "contested"):
        before, after = getattr(old, part), getattr(new, part)
        if before != after:
            edits.append(Edit(part, str(before), str(after), False))
    return tuple(edits)


def compare(old: Promise | None, new: Promise | None, registry: Registry, day: date) -> Change:
    """What changed from ``old`` to ``new``; ``day`` is the day of the affiliations that classify askers.

    Raises BadInput where the registry holds no owner that the promise could bind.
    """
    present = new or old
    if present is None:
        raise BadInput("there is nothing to compare", where="promise")
    if old is None or new is None:
        return Change(present.id, old, new)
    edits = tuple(_edits(old, new))
    shifts: tuple[Shift, ...] = ()
    if old.forbids.statements != new.forbids.statements:
        shifts = _merged(_shifts(old, new, registry, day))
    return Change(new.id, old, new, edits, shifts)


def _edits(old: Promise, new: Promise) -> Iterator[Edit]:
    if old.sentence != new.sentence:
        yield Edit("sentence", old.sentence, new.sentence, any(weaker_words(old.sentence, new.sentence)))
    if old.forbids.statements != new.forbids.statements:
        yield Edit("cedar", old.cedar.strip(), new.cedar.strip(), False)
    if old.promised_by != new.promised_by:
        yield Edit("promised_by", str(old.promised_by), str(new.promised_by), True)
    if old.applies_to != new.applies_to:
        yield Edit("applies_to", str(old.applies_to), str(new.applies_to), True)
    if old.in_force_from != new.in_force_from:
        yield Edit(
            "in_force_from", str(old.in_force_from), str(new.in_force_from), new.in_force_from > old.in_force_from
        )
    if old.in_force_to != new.in_force_to:
        sooner = (new.in_force_to or date.max) < (old.in_force_to or date.max)
        yield Edit("in_force_to", str(old.in_force_to or "open"), str(new.in_force_to or "open"), sooner)
    if set(old.admits) != set(new.admits):
        more = not set(new.admits) <= set(old.admits)
        yield Edit("admits", ", ".join(old.admits) or "nothing", ", ".join(new.admits) or "nothing", more)
    if old.retention != new.retention:
        yield _keeping(old.retention, new.retention)
    yield from _cases(old, new)
    for part in ("title", "section", "help", "voice"):
        if getattr(old, part) != getattr(new, part):
            yield Edit(part, str(getattr(old, part)), str(getattr(new, part)), False)
    if old.source != new.source:
        yield Edit("source", f"{old.source.title}, {old.source.date}", f"{new.source.title}, {new.source.date}", False)


def weaker_words(old: str, new: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that make a sentence a smaller promise: those put in, and those taken out."""
    before, after = _words(old), _words(new)
    put_in = tuple(sorted(word for word in WEAKENING if after.count(word) > before.count(word)))
    return put_in, tuple(sorted(word for word in STRENGTHENING if before.count(word) > after.count(word)))


def _words(sentence: str) -> list[str]:
    return re.findall(r"[a-z]+", sentence.lower())


def _keeping(before: Retention | None, after: Retention | None) -> Edit:
    def told(kept: Retention | None) -> str:
        return (
            "no limit"
            if kept is None
            else f"{kept.ceiling_minutes} minutes unless {', '.join(kept.unless) or 'nothing'}"
        )

    longer = before is not None and (
        after is None or after.ceiling_minutes > before.ceiling_minutes or not set(after.unless) <= set(before.unless)
    )
    return Edit("retention", told(before), told(after), longer)


def _cases(old: Promise, new: Promise) -> Iterator[Edit]:
    """A case that must be denied and is not there any more, or must be allowed now, was a part of the promise."""
    after = {case.name: case for case in new.cases}
    before = {case.name: case for case in old.cases}
    for name, case in before.items():
        if name not in after:
            yield Edit("case", f"{name}: {case.expect}", "dropped", case.expect == "denied")
        elif after[name] != case:
            loosens = case.expect == "denied" and after[name].expect == "allowed"
            yield Edit("case", f"{name}: {case.expect}", f"{name}: {after[name].expect}, changed", loosens)
    for name, case in after.items():
        if name not in before:
            yield Edit("case", "", f"{name}: {case.expect}", False)


@dataclass(frozen=True, slots=True)
class _Sides:
    """The two versions as rules, what either can tell apart, and the classes of askers there are."""

    old: RuleSet
    new: RuleSet
    sight: Sight


def _shifts(old: Promise, new: Promise, registry: Registry, day: date) -> Iterator[Shift]:
    rules = RuleSet(old.forbids.statements), RuleSet(new.forbids.statements)
    sides = _Sides(*rules, Sight.union(one.sight for one in rules))
    policy = Policy(epoch=0, day=day, registry=registry, promises=(old, new), shares=())
    for owner in _owners(new, registry):
        side = policy.owner_class(owner).party
        for (asker, party, position), agencies in _classes(policy, owner, side, sides.sight).items():
            found: dict[bool, list[Question]] = {}
            for question in _questions(asker, party, position, sides.sight):
                before, after = (bool(rules.ask(question).forbidding) for rules in (sides.old, sides.new))
                if before != after:
                    found.setdefault(before, []).append(question)
            for loosens, questions in found.items():
                yield _shift(agencies, position, questions, loosens, sides.sight)


def _owners(promise: Promise, registry: Registry) -> tuple[str, ...]:
    """Whose reads the versions are asked about: who promised, or for a pack one police department of each state."""
    if promise.promised_by is not None:
        if promise.promised_by not in registry.agencies:
            raise BadInput(f"{promise.promised_by!r} is in no registry", where=f"promise {promise.id}, promised_by")
        return (promise.promised_by,)
    first: dict[str, str] = {}
    for agency in registry.agencies.values():
        if promise.applies_to and promise.applies_to.covers(agency) and agency.kind is AgencyKind.POLICE:
            first.setdefault(str(agency.state), agency.id)
    if not first:
        raise BadInput("no police department of the registry is bound by it", where=f"promise {promise.id}, applies_to")
    return tuple(first.values())


def _classes(policy: Policy, owner: str, side: Party, sight: Sight) -> dict[tuple[Party, Party, str], list[str]]:
    """Every class of asker: in which position which agencies are, as far as the versions can tell."""
    found: dict[tuple[Party, Party, str], list[str]] = {}
    for agency in policy.registry.agencies:
        if not policy.classify(agency).known:
            continue
        for position, asker in _askers(agency, owner):
            seen, reduced_owner = sight.of_parties(policy.asker_class(asker), side)
            found.setdefault((seen, reduced_owner, position), []).append(agency)
    return found


def _askers(agency: str, owner: str) -> Iterable[tuple[str, Asker]]:
    return zip(
        POSITIONS,
        (
            Asker.agency(agency),
            Asker("somebody", owner, agency),
            Asker("somebody", owner, owner, (agency,)),
            Asker("somebody", owner, owner, (), agency),
        ),
        strict=True,
    )


def _questions(asker: Party, owner: Party, position: str, sight: Sight) -> Iterator[Question]:
    """Every question of one class of asker that the versions can tell apart."""
    acts = sorted({sight.act(act) for act in Act}, key=list(Act).index)
    purposes = sorted({sight.purpose(reason) for reason in REASONS})
    hotlists = ["", *sorted(sight.words - set(REASONS))] if "hotlist" in sight.attributes else [""]
    moneys, onwards = ([False, True] if name in sight.attributes else [False] for name in ("money", "onward"))
    behalf = position == POSITIONS[3] and "onBehalf" in sight.attributes
    for act, purpose, documents, hotlist, money, onward in product(
        acts, purposes, _papers(sight), hotlists, moneys, onwards
    ):
        yield Question(asker, owner, act, True, purpose, documents, behalf, money, onward, hotlist)


def _papers(sight: Sight) -> list[frozenset[str]]:
    """Sets of documents: none, each one that a version names, and all of them."""
    if "documents" not in sight.attributes:
        return [frozenset()]
    named = sorted(word for word in sight.words if word not in REASONS)
    return list(dict.fromkeys([frozenset[str](), *(frozenset({word}) for word in named), frozenset(named)]))


def _shift(agencies: list[str], position: str, questions: list[Question], loosens: bool, sight: Sight) -> Shift:
    changed = {(q.act, q.purpose, q.documents) for q in questions}
    acts, purposes = {act for act, _, _ in changed}, {purpose for _, purpose, _ in changed}
    documents = min((d for _, _, d in changed), key=lambda d: (len(d), sorted(d)))
    return Shift(
        tuple(agencies), position,
        tuple(str(act) for act in Act if sight.act(act) in acts),
        tuple(reason for reason in REASONS if sight.purpose(reason) in purposes),
        tuple(sorted(documents)), loosens,
    )  # fmt: skip


def _merged(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Shifts of classes that changed alike, as one: the classes are many where the rules look at many things."""
    found: dict[Shift, list[str]] = {}
    for shift in shifts:
        found.setdefault(replace(shift, agencies=()), []).extend(shift.agencies)
    return tuple(replace(shift, agencies=tuple(dict.fromkeys(agencies))) for shift, agencies in found.items())
