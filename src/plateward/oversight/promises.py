"""Every known agency against every share and every owner: where what is shared breaks what was promised.

Asked by class: what an agency is, as far as an owner's promises can tell, decides the answer for all agencies of that kind, and
owners held to the same rules are one owner. Twenty thousand agencies and five hundred owners are a few thousand questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plateward.core.cedar import Rule
from plateward.core.classes import OwnerClass
from plateward.core.decision import Explanation, explain
from plateward.core.people import Asker
from plateward.core.policy import Circumstances, Policy
from plateward.core.promise import Promise
from plateward.core.purpose import REASONS, listed
from plateward.core.question import Party, Question
from plateward.core.share import RECEIVING, Act


@dataclass(frozen=True, slots=True)
class Edge:
    """One share as a list or a node has it: ids of its two agencies, and whether the receiver may pass on what it gets."""

    owner: str
    receiver: str
    onward: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """One share that a promise refuses for every listed reason. ``promise`` is None where nobody has classified the receiver."""

    edge: Edge
    promise: Promise | None
    sentence: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassFinding:
    """What the promises of one class of owners refuse to one class of receivers.

    ``owners`` and ``receivers``: ids of those in the two classes. ``refused``: the (act, reason) pairs refused. ``whole``: whether
    no data goes out at all, for any act asked that lets data out and any reason. ``promises``: those of the first owner;
    ``because``: the chain of the first receiver, in words.
    """

    owners: tuple[str, ...]
    receivers: tuple[str, ...]
    promises: tuple[Promise, ...]
    refused: tuple[tuple[Act, str], ...]
    whole: bool
    because: Explanation
    pairs: int


@dataclass(frozen=True, slots=True)
class Survey:
    """All agencies against all owners. ``questions`` is how many decisions were answered, ``asked`` how many had to be asked."""

    agencies: int
    owners: int
    unknown: tuple[str, ...]
    owner_classes: int
    receiver_classes: int
    questions: int
    asked: int
    findings: tuple[ClassFinding, ...]

    @property
    def refused_pairs(self) -> int:
        """Pairs of owner and receiver between whom no data goes out at all."""
        return sum(finding.pairs for finding in self.findings if finding.whole)


def check_shares(policy: Policy, edges: Iterable[Edge]) -> tuple[Broken, ...]:
    """The shares among ``edges`` that the promises in force refuse as a whole, a finding for each promise that does.

    An owner that the registry does not hold has made no promise that is known here; a receiver it does not hold, or that nobody
    has classified, is refused by every owner that has.
    """
    found: list[Broken] = []
    known: dict[tuple[OwnerClass, Party, bool], tuple[str, ...]] = {}
    for edge in edges:
        if edge.owner not in policy.registry.agencies or edge.owner == edge.receiver:
            continue
        if not policy.promises_of(edge.owner):
            continue
        if not policy.classify(edge.receiver).known:
            found.append(
                Broken(edge, None, f"{policy.registry.called(edge.receiver)} is not classified.", (edge.receiver,))
            )
            continue
        key = (policy.owner_class(edge.owner), policy.asker_class(Asker.agency(edge.receiver)), edge.onward)
        if key not in known:
            known[key] = _refusing(policy, edge)
        if known[key]:
            found.extend(_broken(policy, edge, known[key]))
    return tuple(found)


def _refusing(policy: Policy, edge: Edge) -> tuple[str, ...]:
    """The statements that forbid the share whatever listed reason it is for."""
    held: frozenset[str] | None = None
    circumstances = Circumstances(onward=edge.onward)
    for reason in listed():
        verdict, _ = policy.judge(Asker.agency(edge.receiver), edge.owner, Act.SHARE, reason, True, circumstances)
        held = verdict.forbidding if held is None else held & verdict.forbidding
    return tuple(sorted(held or ()))


def _broken(policy: Policy, edge: Edge, statements: Sequence[str]) -> Iterable[Broken]:
    owner = policy.registry.agencies[edge.owner]
    asker = Asker.agency(edge.receiver)
    for promise in policy.holding(edge.owner, statements):
        explanation = explain(promise, asker, owner, policy.registry, policy.day)
        because = f" ({explanation.words})" if explanation.words else ""
        says = "Ask" if promise.voice == "ask" else f"This {promise.voice}"
        sentence = (
            f"{owner.called} shares with {policy.registry.called(edge.receiver)}{because}. {says}: “{promise.sentence}”"
        )
        yield Broken(edge, promise, sentence, explanation.chain)


def survey(
    policy: Policy,
    owners: Iterable[str],
    receivers: Iterable[str] | None = None,
    acts: Sequence[Act] = tuple(Act),
    reasons: Sequence[str] = tuple(REASONS),
) -> Survey:
    """Ask every owner's promises about every agency (``receivers``; None: all the registry holds), every act and every reason."""
    by_owner = _by_owner_class(policy, owners)
    everybody = list(policy.registry.agencies if receivers is None else receivers)
    unknown = tuple(agency for agency in everybody if not policy.classify(agency).known)
    parties = _by_party(policy, everybody)
    asking = _Asking(tuple(parties), tuple((act, reason) for act in acts for reason in reasons))
    findings: list[ClassFinding] = []
    for of, owned in by_owner.items():
        findings.extend(_survey_class(policy, of, owned, list(parties.values()), asking))
    number = sum(map(len, by_owner.values()))
    return Survey(
        len(everybody), number, unknown, len(by_owner), len(parties),
        number * len(everybody) * len(asking.pairs), asking.asked,
        tuple(sorted(findings, key=lambda finding: -finding.pairs)),
    )  # fmt: skip


class _Asking:
    """Asks each rule once for all that it cannot tell apart. A mask has a bit for each (act, reason) pair that is refused."""

    def __init__(self, parties: tuple[Party, ...], pairs: tuple[tuple[Act, str], ...]) -> None:
        self.parties, self.pairs, self.asked = parties, pairs, 0
        self._columns: dict[tuple[int, int], tuple[int, ...]] = {}

    def column(self, rule: Rule, side: Party) -> tuple[int, ...]:
        """What ``rule`` refuses of the reads of an owner of whom it sees ``side``: a mask for each party."""
        key = (id(rule), id(side))
        if key not in self._columns:
            seen: dict[Party, int] = {}
            masks = []
            for party in self.parties:
                reduced, _ = rule.sight.of_parties(party, side)
                if reduced not in seen:
                    seen[reduced] = self._mask(rule, party, side)
                masks.append(seen[reduced])
            self._columns[key] = tuple(masks)
        return self._columns[key]

    def _mask(self, rule: Rule, party: Party, side: Party) -> int:
        mask, refused = 0, dict[tuple[Act, str], bool]()
        for bit, (act, reason) in enumerate(self.pairs):
            alike = (rule.sight.act(act), rule.sight.purpose(reason))
            if alike not in refused:
                self.asked += 1
                refused[alike] = not rule.ask(Question(party, side, act, True, reason)).permitted
            if refused[alike]:
                mask |= 1 << bit
        return mask

    def whole(self, mask: int) -> bool:
        """Whether a mask refuses every reason for every act that lets data out."""
        return all(mask >> bit & 1 for bit, (act, _) in enumerate(self.pairs) if act in RECEIVING)

    def named(self, mask: int) -> tuple[tuple[Act, str], ...]:
        """The (act, reason) pairs of a mask."""
        return tuple(pair for bit, pair in enumerate(self.pairs) if mask >> bit & 1)


def _by_owner_class(policy: Policy, owners: Iterable[str]) -> dict[OwnerClass, list[str]]:
    found: dict[OwnerClass, list[str]] = {}
    for owner in dict.fromkeys(owners):
        found.setdefault(policy.owner_class(owner), []).append(owner)
    return found


def _by_party(policy: Policy, agencies: Iterable[str]) -> dict[Party, list[str]]:
    found: dict[Party, list[str]] = {}
    for agency in agencies:
        if policy.classify(agency).known:
            found.setdefault(policy.asker_class(Asker.agency(agency)), []).append(agency)
    return found


def _survey_class(
    policy: Policy, of: OwnerClass, owners: list[str], agencies: list[list[str]], asking: _Asking
) -> Iterable[ClassFinding]:
    """One class of owners against all classes of receivers, those put together to whom the same rules refuse the same."""
    columns = [(rule.key, asking.column(rule, side)) for rule, side in of.sides]
    alike: dict[tuple[int, ...], list[str]] = {}
    for row, named in zip(zip(*(column for _, column in columns), strict=True), agencies, strict=True):
        if any(row):
            alike.setdefault(row, []).extend(named)
    for row, receivers in alike.items():
        mask = 0
        for part in row:
            mask |= part
        statements = [key for (key, _), part in zip(columns, row, strict=True) if part]
        refused = asking.named(mask)
        yield _finding(policy, owners, receivers, statements, refused, asking.whole(mask))


def _finding(
    policy: Policy,
    owners: list[str],
    receivers: list[str],
    statements: Sequence[str],
    refused: tuple[tuple[Act, str], ...],
    whole: bool,
) -> ClassFinding:
    promises = policy.holding(owners[0], statements)
    owner, asker = policy.registry.agencies[owners[0]], Asker.agency(receivers[0])
    explanations = (explain(promise, asker, owner, policy.registry, policy.day) for promise in promises)
    because = next((e for e in explanations if e.words), Explanation("", (receivers[0],)))
    both = len(set(owners) & set(receivers))
    return ClassFinding(
        tuple(owners), tuple(receivers), promises, refused, whole, because, len(owners) * len(receivers) - both
    )
