"""Which promise or law each entry of a sharing list breaks: asked of the same policy that a node's gate asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plateward.core.agency import Agency, AgencyKind, Component
from plateward.core.decision import explain
from plateward.core.people import Asker
from plateward.core.policy import Circumstances, Policy
from plateward.core.promise import Promise, RulePack
from plateward.core.purpose import listed
from plateward.core.share import Act
from plateward.formats.sharing.lists import Direction, Entry, Kind, SharingList, Unread, Where
from plateward.oversight.audit.words import on_behalf
from plateward.oversight.review.parties import Parties, Party

ASK = "ask"
_PAPERS = ("declaration", "counsel-opinion")
"""Papers that make a share lawful and that no list shows: where a promise admits one, its finding is a question."""


@dataclass(frozen=True, slots=True)
class Document:
    """The file a review read: its name, SHA-256, format, and the date it states or the reviewer gave."""

    name: str
    sha256: str
    format: str
    dated: date | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise or section that one entry appears to break.

    ``voice``: "contradicts" (a promise), "appears contrary to" (a law as a pack reads it) or "ask". ``sentence`` says who, by which
    chain, and which promise.
    """

    promise: str
    title: str
    voice: str
    sentence: str
    section: str = ""
    in_force_from: date | None = None
    pack: str | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One entry with who it is and what it breaks. ``ask``: what a person should find out, "" where nothing is open."""

    entry: Entry
    party: Party
    chain: tuple[str, ...]
    components: tuple[str, ...]
    findings: tuple[Finding, ...]
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A whole list reviewed for one owner on one day, by the promises and packs named."""

    owner: Agency
    day: date
    document: Document
    entries: tuple[Reviewed, ...]
    promises: tuple[Promise, ...]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[Reviewed, ...]:
        """Entries with at least one finding."""
        return tuple(r for r in self.entries if r.findings)

    @property
    def open(self) -> tuple[Reviewed, ...]:
        """Entries nobody can judge by what is known."""
        return tuple(r for r in self.entries if r.ask)

    def components(self) -> dict[str, int]:
        """How many entries belong to each component, the most frequent first."""
        return dict(Counter(name for r in self.entries for name in r.components).most_common())

    def summary(self) -> dict[str, object]:
        """The counts that head a report."""
        promises = Counter(f.promise for r in self.entries for f in r.findings)
        return {
            "entries": len(self.entries),
            "with_findings": len(self.found),
            "findings": sum(len(r.findings) for r in self.entries),
            "to_ask": sum(not r.party.by_name for r in self.open),
            "by_name_alone": sum(r.party.by_name for r in self.open),
            "unread": len(self.unread),
            "directions": dict(Counter(str(r.entry.direction) for r in self.entries)),
            "kinds": dict(Counter(str(r.entry.kind) for r in self.entries)),
            "components": self.components(),
            "promises": dict(promises.most_common()),
        }


class Reviewer:
    """Judges lists of one owner on one day by its promises: the packs' and its own."""

    def __init__(self, owner: Agency, day: date, parties: Parties, promises: Iterable[Promise]) -> None:
        self.owner, self.day, self.parties, self.promises = owner, day, parties, tuple(promises)
        self._policy: Policy | None = None

    @property
    def policy(self) -> Policy:
        """The policy of that day, made anew where more names were resolved since."""
        registry = self.parties.registry
        if self._policy is None or self._policy.registry is not registry:
            self._policy = Policy(epoch=0, day=self.day, registry=registry, promises=self.promises, shares=())
        return self._policy

    def review(self, source: SharingList, document: Document) -> Review:
        """Every entry of a list with who it is and what it breaks."""
        told = _states_told(source)
        for entry in source.entries:  # all of them first: each name read for itself alone makes another registry
            self._find(entry, told)
        entries = tuple(self._entry(entry, self._find(entry, told), told) for entry in source.entries)
        bound = self.policy.promises_of(self.owner.id)
        notes = list(source.notes)
        if not source.entries:
            notes.append("No entry was read, so nothing was judged: look whether this is the whole list.")
        if not bound:
            notes.append(f"No promise or rule pack in force on {self.day} binds {self.owner.name}.")
        return Review(self.owner, self.day, document, entries, bound, source.unread, tuple(notes))

    def _find(self, entry: Entry, told: Mapping[str, _Told]) -> Party:
        return self.parties.find(entry.name, entry.state or (told[entry.name].state if entry.name in told else None))

    def _entry(self, entry: Entry, party: Party, told: Mapping[str, _Told]) -> Reviewed:
        if party.id == self.owner.id:
            return Reviewed(entry, party, (self.owner.id,), self._components(party), ())
        if party.id is None:
            return Reviewed(entry, party, (), self._components(party), (), _who_is(party))
        chain = self.policy.classify(party.id).chain
        findings = tuple(self._findings(entry, party, party.id, _doubt(entry, party, told.get(entry.name))))
        ask = f"{entry.name} is not in the registry; {party.why}." if party.by_name else _hotlist_named_for(entry)
        if not ask and self._unclassified(party.id):
            ask = f"Ask what {entry.name!r} is: the registry has the name from such lists and nothing else."
        return Reviewed(entry, party, () if party.by_name else chain, self._components(party), findings, ask)

    def _components(self, party: Party) -> tuple[str, ...]:
        named = {str(component) for component in party.resolution.components}
        if party.id is not None:
            named |= {str(component) for component in self.policy.classify(party.id).components}
            agency = self.parties.registry.agencies[party.id]
            if agency.state and self.owner.state and agency.state != self.owner.state:
                named.add("out-of-state")
        return tuple(sorted(named))

    def _findings(self, entry: Entry, party: Party, id_: str, doubt: str) -> Iterable[Finding]:
        """Outbound, the owner's promises about the receiver; inbound, the sender's about the owner; hot lists likewise."""
        outbound = entry.direction is Direction.OUTBOUND
        hotlist = entry.kind is Kind.HOTLIST
        if outbound:
            for promise in self._forbidding(id_, self.owner.id, Act.SHARE):
                yield self._finding(promise, entry, party, id_, self.owner, doubt, hot_list=hotlist)
        elif hotlist:
            for promise in self._forbidding(id_, self.owner.id, Act.HOTLIST_ENTRY, hotlist="shared"):
                yield self._finding(promise, entry, party, id_, self.owner, doubt, hot_list=True)
        elif not self._unclassified(id_):  # a sender of an unknown kind may stand under no law of agencies at all
            sender = self.parties.registry.agencies[id_]
            for promise in self._forbidding(self.owner.id, id_, Act.SHARE):
                yield self._finding(promise, entry, party, self.owner.id, sender, doubt)

    def _unclassified(self, id_: str) -> bool:
        return Component.UNKNOWN in self.policy.classify(id_).components

    def _forbidding(self, receiver: str, owner: str, act: Act, hotlist: str = "") -> list[Promise]:
        """The promises of ``owner`` that forbid the whole share, whatever listed reason it is for."""
        held: list[Promise] | None = None
        circumstances = Circumstances(hotlist=hotlist)
        for reason in listed():
            _, promises = self.policy.judge(Asker.agency(receiver), owner, act, reason, True, circumstances)
            held = list(promises) if held is None else [p for p in held if p in promises]
            if not held:
                return []
        return self._once(held or [], receiver)

    def _once(self, promises: list[Promise], receiver: str) -> list[Promise]:
        """Without those that only say of a federal or other body of no state that it is not of this one, where the same set of
        promises already says what it is: a newspaper that prints "out of state" of a Border Patrol sector in the state is wrong."""
        if self.parties.registry.agencies[receiver].state:
            return promises
        said = {promise.pack for promise in promises if not _by_state_alone(promise)}
        return [promise for promise in promises if not (_by_state_alone(promise) and promise.pack in said)]

    def _finding(
        self,
        promise: Promise,
        entry: Entry,
        party: Party,
        receiver: str,
        owner: Agency,
        doubt: str,
        *,
        hot_list: bool = False,
    ) -> Finding:
        explanation = explain(promise, Asker.agency(receiver), owner, self.parties.registry, self.day)
        what = "hot lists" if entry.kind is Kind.HOTLIST else "its reads"
        if entry.direction is Direction.OUTBOUND:
            does = f"{owner.called} lists {entry.name} as a receiver of {what}"
        elif entry.kind is Kind.HOTLIST:
            does = f"{owner.called} takes hot lists from {entry.name}"
        else:
            does = f"{entry.name} is listed as sharing its reads with {self.owner.called}"
        because = f" ({explanation.words})" if explanation.words else ""
        by_name = ", by its name alone," if party.by_name and not explanation.words else ""
        gone = " It is marked inactive." if entry.inactive else ""
        voice: str = promise.voice
        verdict = f"This {promise.voice}: “{promise.sentence}”"
        question = self._open_question(promise, receiver)
        papers = [name.partition(":")[0].replace("-", " ") for name in promise.admits if name.startswith(_PAPERS)]
        if hot_list:
            voice, verdict = ASK, f"Ask whether this promise covers hot lists: “{promise.sentence}”"
        elif papers:
            voice, verdict = ASK, f"A list cannot show whether there is a {papers[0]}: ask for it. “{promise.sentence}”"
        elif question:
            voice, verdict = ASK, f"{question} “{promise.sentence}”"
        elif promise.voice == ASK:
            verdict = f"Ask: “{promise.sentence}”"
        sentence = f"{does}{by_name}{because}. {verdict}{doubt}{gone}"
        return Finding(promise.id, promise.title, voice, sentence, promise.section, promise.in_force_from, promise.pack)

    def _open_question(self, promise: Promise, receiver: str) -> str:
        """What no list can settle of a finding, though the gate refuses in doubt: then it is a question and accuses nobody."""
        components = self.policy.classify(receiver).components
        private = {Component.PRIVATE, Component.CAMPUS} <= components
        if private and Component.PRIVATE in promise.forbids.components:
            return (
                "Ask whether the police of a private school or university, whose officers may be deputised, count as a public "
                "agency here:"
            )
        joint = (
            self.parties.registry.agencies[receiver].kind is AgencyKind.TASK_FORCE and Component.FEDERAL in components
        )
        if joint and Component.FEDERAL in promise.forbids.components:
            return "It is run by federal agencies together with state and local ones: ask who holds its data, and under which law."
        if _by_state_alone(promise) and not self.parties.registry.agencies[receiver].state:
            return "" if Component.FEDERAL in components else "Ask who runs it, and under which state's law it stands:"
        return ""


def _by_state_alone(promise: Promise) -> bool:
    return promise.compares_states and not promise.forbids.components


def _doubt(entry: Entry, party: Party, told: _Told | None) -> str:
    """By what it was told who a name is, where the entry itself does not say; "" where nothing is in doubt."""
    if party.by_name:
        return " The state is read from the name alone."
    if entry.confidence < 1:
        return f" The name was read from a picture of the page, with a certainty of {entry.confidence:.0%}: compare it."
    if party.corrected:
        return " A person said who that is."
    if told is not None and not entry.state and party.resolution.state and f"({told.state})" not in entry.name:
        return f" The document gives the state, {told.state}, with this name on {told.where}."
    if party.resolution.confidence < 1:
        return f" How sure it is who that is: {party.why}."
    return ""


def _hotlist_named_for(entry: Entry) -> str:
    """A question where a hot list bears the name of an immigration agency, whoever shares it."""
    for name in entry.hotlists:
        helped = on_behalf(name)
        if helped is not None and helped.whom == "immigration":
            return f"Ask whose plates the hot list “{name}” of {entry.name} holds: it bears the name of an immigration agency."
    return ""


@dataclass(frozen=True, slots=True)
class _Told:
    """The state that a document gives for a name in another of its sections, and where."""

    state: str
    where: Where


def _states_told(source: SharingList) -> dict[str, _Told]:
    """States that a document gives for a name in another of its sections, where it gives one and no other."""
    told: dict[str, dict[str, Where]] = {}
    for entry in source.entries:
        if entry.state:
            told.setdefault(entry.name, {}).setdefault(entry.state, entry.where)
    return {name: _Told(*next(iter(states.items()))) for name, states in told.items() if len(states) == 1}


def _who_is(party: Party) -> str:
    guesses = f" It may be {', '.join(party.guesses[:5])}." if party.guesses else ""
    return f"Ask who {party.name!r} is: {party.why}.{guesses}"


def promises_for(owner: Agency, packs: Sequence[RulePack], own: Sequence[Promise]) -> tuple[Promise, ...]:
    """The promises to judge by: those of the packs, for every owner they cover, and the owner's own."""
    return (*own, *(promise for pack in packs for promise in pack.promises))
