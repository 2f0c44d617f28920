"""Whatever people do in whatever order, no decision breaks a promise in force, nobody approves what they asked for, a brake wins.

A machine in the sense of Hypothesis: it requests, reviews, approves, suspends, corrects affiliations, adopts promises, puts
documents on file and withdraws them, pulls brakes and moves the clock, through the same rules that the node uses, and after each
step asks every agency's officer whether they would get reads. What must come out is computed here in another way: by walking the
affiliations by hand. One policy follows the other as on the node, so whatever is kept from one epoch to the next is tried as well.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from plateward.core.agency import Affiliation, Component, Registry, Relation
from plateward.core.document import Document
from plateward.core.people import Asker, Person, Role
from plateward.core.policy import Brake, Policy, considered, reevaluate
from plateward.core.promise import Promise, parse_promises
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.core.sharing import FOLLOWS, Hands, cannot_approve, cannot_request, cannot_review
from tests.core.world import AFFILIATIONS, AGENCIES, NO_ICE, NOW, edge

OWNER = "ridgeport-pd"
RECEIVERS = ("port-alder-pd", "us-dhs-ice-hsi-bcsc", "us-doj-atf", "reno-pd", "mystery")
BLOCKABLE = (Component.FEDERAL, Component.IMMIGRATION_ENFORCEMENT, Component.FUSION_CENTER)
NO_RENO = (
    NO_ICE.replace("ridgeport.no-immigration-enforcement", "ridgeport.no-reno")
    .replace("immigration enforcement", "Reno")
    .replace('Component::"immigration-enforcement"', 'Agency::"reno-pd"')
    .replace("us-dhs-ice-hsi-bcsc", "reno-pd")
)
OUTSIDE = (
    NO_RENO.replace("ridgeport.no-reno", "ridgeport.declared")
    .replace('(principal in Agency::"reno-pd",', "(principal,")
    .replace("resource);", 'resource) when { principal.states.contains("NV") }')
    .replace("in_force_from", 'admits = ["declaration:the-law"]\nin_force_from')
)
OUTSIDE = OUTSIDE.replace(
    'contains("NV") }',
    'contains("NV") } unless { context.documents.contains("declaration:the-law") && !context.onward };',
)
ICE, RENO, SIGNED = (parse_promises(text, "machine")[0] for text in (NO_ICE, NO_RENO, OUTSIDE))
DECLARERS = ("reno-pd", "reno-pd", "reno-pd", "port-alder-pd", "us-doj-atf")
PEOPLE = (
    Person("asks", "A", Role.ALPR_ADMINISTRATOR, OWNER, OWNER),
    Person("reviews", "B", Role.ALPR_ADMINISTRATOR, OWNER, OWNER),
    Person("approves", "C", Role.PRIVACY_OFFICER, OWNER, OWNER),
    Person("also-approves", "D", Role.PRIVACY_OFFICER, OWNER, OWNER),
    Person("officer", "E", Role.OFFICER, OWNER, OWNER),
    Person("stranger", "F", Role.PRIVACY_OFFICER, "reno-pd", "reno-pd"),
    Person("hosted", "G", Role.PRIVACY_OFFICER, OWNER, "us-doj-atf"),
)
HEAD = "also-approves"


class Sharing(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.promises: dict[str, Promise] = {ICE.id: ICE, SIGNED.id: SIGNED}
        self.documents: dict[str, Document] = {}
        self.last: Policy | None = None
        self.registry = Registry.of(AGENCIES, AFFILIATIONS)
        self.edges: set[Affiliation] = set(AFFILIATIONS)
        self.brakes: set[Component] = set()
        self.shares: dict[str, Share] = {}
        self.hands: dict[str, Hands] = {}
        self.approved_by: dict[str, str] = {}

    def policy(self) -> Policy:
        """The policy now, following the one before as on the node."""
        brakes = [Brake(OWNER, component, NOW, "approves") for component in self.brakes]
        if set(self.registry.affiliations) != self.edges:
            self.registry = Registry.of(AGENCIES, self.edges)
        self.last = Policy(
            epoch=1, day=self.now.date(), registry=self.registry, promises=self.promises.values(), shares=self.shares.values(),
            brakes=brakes, documents=self.documents.values(), before=self.last,
        )  # fmt: skip
        return self.last

    def settle(self) -> None:
        """As the node does in the transaction of every change."""
        for share, _ in reevaluate(self.policy()):
            self.shares[share.id] = replace(share, state=ShareState.SUSPENDED)

    def step(self, share: Share, state: ShareState) -> None:
        assert state in FOLLOWS[share.state]
        self.shares[share.id] = replace(share, state=state)

    @rule(
        receiver=st.sampled_from(RECEIVERS), who=st.sampled_from(PEOPLE), days=st.integers(1, 365), onward=st.booleans()
    )
    def request(self, receiver: str, who: Person, days: int, onward: bool) -> None:
        if cannot_request(who, OWNER, receiver) is None and len(self.shares) < 8:
            name = f"sh-{len(self.shares)}"
            end = self.now + timedelta(days=days)
            share = Share(
                name, OWNER, receiver, frozenset({Grant.SEARCH}), ShareState.REQUESTED, self.now, end, onward=onward
            )
            self.shares[name], self.hands[name] = share, Hands(who.id)

    @precondition(lambda self: self.shares)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def review(self, data: st.DataObject, who: Person) -> None:
        share = data.draw(st.sampled_from(sorted(self.shares.values(), key=lambda s: s.id)))
        if cannot_review(who, share, self.hands[share.id]) is None:
            self.hands[share.id] = replace(self.hands[share.id], reviewed_by=who.id)
            self.step(share, ShareState.REVIEWED)
            if considered(self.policy(), share) is not None:
                self.step(self.shares[share.id], ShareState.REFUSED)

    @precondition(lambda self: self.shares)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def approve(self, data: st.DataObject, who: Person) -> None:
        share = data.draw(st.sampled_from(sorted(self.shares.values(), key=lambda s: s.id)))
        if cannot_approve(who, share, self.hands[share.id], HEAD) is None:
            if considered(self.policy(), share) is not None:
                self.step(share, ShareState.REFUSED)
                return
            self.step(share, ShareState.ACTIVE)
            self.approved_by[share.id] = who.id

    @rule(receiver=st.sampled_from(RECEIVERS), onward=st.booleans())
    def three_people_do_it_right(self, receiver: str, onward: bool) -> None:
        """So that many sequences get as far as an active share."""
        before = len(self.shares)
        self.request(receiver, PEOPLE[0], 300, onward)
        for share in list(self.shares.values())[before:]:
            self.hands[share.id] = replace(self.hands[share.id], reviewed_by="reviews")
            self.step(share, ShareState.REVIEWED)
            reviewed = self.shares[share.id]
            assert cannot_approve(PEOPLE[2], reviewed, self.hands[share.id], HEAD) is None
            if considered(self.policy(), reviewed) is not None:
                self.step(reviewed, ShareState.REFUSED)
                continue
            self.step(reviewed, ShareState.ACTIVE)
            self.approved_by[share.id] = "approves"

    @rule(agency=st.sampled_from(RECEIVERS), to=st.sampled_from(["us-dhs-ice-hsi", "us-doj-atf", "river-center"]))
    def belongs(self, agency: str, to: str) -> None:
        self.edges.add(edge(agency, Relation.PART_OF, to))
        self.settle()

    @rule(agency=st.sampled_from(RECEIVERS))
    def is_cleared(self, agency: str) -> None:
        self.edges = {e for e in self.edges if e.agency != agency or e in AFFILIATIONS}
        self.settle()

    @rule(
        party=st.sampled_from(DECLARERS), days=st.integers(0, 90), owner=st.sampled_from([OWNER, "port-alder-pd"]),
        kind=st.sampled_from(["declaration:the-law", "declaration:the-law", "declaration:another"]),
    )  # fmt: skip
    def puts_on_file(self, party: str, days: int, owner: str, kind: str) -> None:
        if party == owner or len(self.documents) >= 6:
            return
        today = self.now.date()
        name = f"doc-{len(self.documents)}-{party}"
        self.documents[name] = Document(
            name, kind, owner, party, frozenset({SIGNED.id}), "A signer", today, "a declaration", "ab" * 32, today,
            today + timedelta(days=days),
        )  # fmt: skip
        self.settle()

    @precondition(lambda self: self.documents)
    @rule(data=st.data())
    def withdraws(self, data: st.DataObject) -> None:
        del self.documents[data.draw(st.sampled_from(sorted(self.documents)))]
        self.settle()

    @rule(promise=st.sampled_from([ICE, RENO, SIGNED]), adopt=st.booleans())
    def promise(self, promise: Promise, adopt: bool) -> None:
        if adopt:
            self.promises[promise.id] = promise
        else:
            self.promises.pop(promise.id, None)
        self.settle()

    @rule(component=st.sampled_from(BLOCKABLE), on=st.booleans())
    def brake(self, component: Component, on: bool) -> None:
        (self.brakes.add if on else self.brakes.discard)(component)
        self.settle()

    @rule(days=st.sampled_from([1, 30, 200]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        for share in list(self.shares.values()):
            if share.state is ShareState.ACTIVE and share.expires <= self.now:
                self.step(share, ShareState.EXPIRED)
        self.settle()

    def belongs_to(self, agency: str) -> set[str]:
        """Everything an agency belongs to, walked by hand."""
        found, rest = {agency}, [agency]
        while rest:
            here = rest.pop()
            for e in self.edges:
                if e.agency == here and e.relation in (Relation.PART_OF, Relation.IS_A) and e.target not in found:
                    found.add(e.target)
                    rest.append(e.target)
        return found

    def has_declared(self, party: str) -> bool:
        """Whether a declaration of this law, by this party, for this owner, stands today."""
        today = self.now.date()
        return any(
            (one.kind, one.owner, one.party) == ("declaration:the-law", OWNER, party)
            and one.begins <= today <= one.ends
            for one in self.documents.values()
        )

    @invariant()
    def no_decision_breaks_a_promise_or_passes_a_brake(self) -> None:
        if not hasattr(self, "shares"):
            return
        policy = self.policy()
        for receiver in RECEIVERS:
            everything = self.belongs_to(receiver)
            decision = policy.decide(Asker.agency(receiver), OWNER, Act.SEARCH, "property-crime", self.now)
            on_behalf = Asker("e", OWNER, OWNER, (), receiver)
            for_it = policy.decide(on_behalf, OWNER, Act.SEARCH, "property-crime", self.now)
            forbidden = (
                (ICE.id in self.promises and "immigration-enforcement" in everything)
                or (RENO.id in self.promises and "reno-pd" in everything)
                or bool({str(one) for one in self.brakes} & everything)
                or (SIGNED.id in self.promises and receiver == "reno-pd" and not self.has_declared("reno-pd"))
                or (receiver == "mystery" and everything == {"mystery"})
            )
            live = [
                share for share in self.shares.values()
                if share.receiver == receiver and share.state is ShareState.ACTIVE and share.begins <= self.now < share.expires
            ]  # fmt: skip
            assert decision.allowed == (bool(live) and not forbidden)
            if decision.allowed and receiver == "reno-pd" and SIGNED.id in self.promises:
                assert not any(share.onward for share in live), "the declaration admits nobody who may pass on"
                assert [self.documents[name].party for name in decision.documents] == ["reno-pd"]
            assert not for_it.allowed or not forbidden
            if forbidden:
                assert not live, "a share that a promise refuses is not active"

    @invariant()
    def nobody_approves_what_they_requested_or_reviewed_nor_the_head_nor_anybody_employed_elsewhere(self) -> None:
        for name, who in getattr(self, "approved_by", {}).items():
            hands = self.hands[name]
            assert who not in (hands.requested_by, HEAD, "officer", "stranger", "hosted", "asks", "reviews")
            if self.shares[name].state is ShareState.ACTIVE:
                assert who != hands.reviewed_by


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
