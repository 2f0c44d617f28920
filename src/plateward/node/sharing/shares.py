"""Shares as people see them: who asked for what, who the receiver really is, what was decided and by whom.

Every request is kept, granted or not, and can be published: what is public says nothing about persons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateward.core.agency import Agency, AgencyKind, Source
from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy, considered
from plateward.core.purpose import REASONS
from plateward.core.reach import Network, links_of
from plateward.core.share import Grant, Share, ShareState
from plateward.core.sharing import OPEN, Hands, Receiver, cannot_request, receiver_of
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.sharing.change import Change, change_of_policy
from plateward.node.sharing.refusals import record_refusal, recording
from plateward.store import exposure, people, policy, sharing
from plateward.store.connection import Connection

TERM = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a share would allow. ``days``: how long, at most a year."""

    grants: frozenset[Grant]
    look_back_days: int = 30
    purposes: frozenset[str] = frozenset()
    onward: bool = False
    days: int = TERM.days

    def __post_init__(self) -> None:
        if not self.grants:
            raise BadInput(f"name what the receiver may do: {', '.join(Grant)}", where="grants")
        if not 1 <= self.days <= TERM.days:
            raise BadInput(f"a share lasts 1 to {TERM.days} days; then somebody asks again", where="days")
        unknown = sorted(self.purposes - set(REASONS))
        if unknown:
            raise BadInput(f"{unknown[0]!r} is no reason; they are {', '.join(REASONS)}", where="purposes")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a share's life, with the person's name where somebody of this node took it."""

    state: str
    by: str
    by_name: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share, who is at its two ends, and its life so far, oldest step first. ``refusal``: what the promises say of it now."""

    share: Share
    owner_name: str
    receiver_name: str
    steps: tuple[Step, ...]
    refusal: Decision | None = None

    @property
    def hands(self) -> Hands:
        """Who asked, and who reviewed it last."""
        return hands_of(tuple((step.state, step.by) for step in self.steps))


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a reviewer answered."""

    by: str
    by_name: str
    at: datetime
    has_right: bool
    has_need: bool
    note: str


@dataclass(frozen=True, slots=True)
class ShareDetails:
    """Everything about one share: the view, who the receiver is today, and the reviews."""

    view: ShareView
    receiver: Receiver
    reviews: tuple[Reviewed, ...]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShareAnswer:
    """What came of a step. ``refusal``: why it was not taken, where it was not."""

    view: ShareView
    refusal: Decision | None = None


@dataclass(frozen=True, slots=True)
class PublicShare:
    """A share or request as anybody may read it: no persons. ``sentence``: why it was refused or suspended.

    ``asked``: when it was asked for, or began where it was entered from another system's records. ``since``: when it came into its
    state.
    """

    id: str
    owner: str
    owner_name: str
    receiver: str
    receiver_name: str
    state: str
    grants: tuple[str, ...]
    look_back_days: int
    onward: bool
    asked: datetime
    since: datetime
    expires: datetime
    sentence: str


def hands_of(steps: tuple[tuple[str, str], ...]) -> Hands:
    """Who asked and who reviewed last, of (state, by) steps."""
    reviewed = [by for state, by in steps if state == ShareState.REVIEWED]
    return Hands(steps[0][1], reviewed[-1] if reviewed else None)


async def list_shares(
    node: Node, person: Person, *, state: str | None = None, every_owner: bool = False
) -> tuple[ShareView, ...]:
    """The shares that the person's agency gives or gets; every share of the node for its overseers where asked."""
    _may_see(person)
    async with node.store.transaction() as tx:
        policy_now = await node.policy(tx)
        found = await policy.shares(tx)
        names = await _names(node, tx)
    mine = (one for one in found if every_owner or person.organisation in (one.share.owner, one.share.receiver))
    return tuple(view_of(one, policy_now, names) for one in mine if state is None or one.share.state == state)


async def share_details(node: Node, person: Person, share_id: str) -> ShareDetails:
    """One share with everything a reviewer must see. Raises BadInput when there is none that this person may see."""
    _may_see(person)
    async with node.store.transaction() as tx:
        policy_now = await node.policy(tx)
        row = await policy.share(tx, share_id)
        if row is None or person.organisation not in (row.share.owner, row.share.receiver):
            raise BadInput(f"there is no share {share_id[:80]!r} for you to see", where="share")
        names, reviews = await _names(node, tx), await sharing.reviews(tx, share_id)
        network = await network_of(node, tx, policy_now)
    receiver = receiver_of(policy_now, network, row.share, node.now().date())
    told = tuple(
        Reviewed(r.reviewed_by, names.get(r.reviewed_by, r.reviewed_by), r.reviewed_at, r.has_right, r.has_need, r.note)
        for r in reviews
    )
    mentioned = {*receiver.chain, *(link.target for way in receiver.passes_on for link in way)}
    mentioned |= {link.source for way in receiver.passes_on for link in way}
    called = {agency: policy_now.registry.called(agency) for agency in mentioned}
    return ShareDetails(view_of(row, policy_now, names), receiver, told, called)


async def network_of(node: Node, tx: Connection, policy_now: Policy) -> Network:
    """Everything by which reads can move on, as this node knows it."""
    staff = [
        (person.employer, body) for person in await people.persons(tx, node.now()) if person.active for body in person.assignments
    ]  # fmt: skip
    shares = [share for held in policy_now.shares.values() for share in held]
    on_behalf = await exposure.on_behalf(tx)
    return Network.of(links_of(policy_now.registry, shares, node.now(), on_behalf=on_behalf, assigned=staff))


async def request(
    node: Node, person: Person, owner: str, receivers: tuple[str, ...], terms: Terms, words: str
) -> tuple[ShareAnswer, ...]:
    """Ask ``owner`` for a share with each of ``receivers`` (ids, or names nobody knows): one request each, never a group.

    Raises BadInput for an owner without reads here, no receiver, or a receiver that is the owner.
    """
    if not receivers:
        raise BadInput("name at least one receiver", where="receiver")
    if not words.strip():
        raise BadInput("say what the receiver needs the reads for", where="words")
    return tuple([await _request_one(node, person, owner, one, terms, words) for one in dict.fromkeys(receivers)])


async def _request_one(node: Node, person: Person, owner: str, named: str, terms: Terms, words: str) -> ShareAnswer:
    async with recording(node, person, EventType.SHARE_REQUESTED, owner), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        if owner not in await node.owners(change.tx):
            raise BadInput(f"{owner[:80]} owns no reads here", where="owner")
        receiver = await _receiver(change, named)
        share = Share(
            f"sh-{node.random(5).hex()}", owner, receiver, terms.grants, ShareState.REQUESTED, change.now,
            change.now + timedelta(days=terms.days), terms.look_back_days, terms.purposes, terms.onward,
        )  # fmt: skip
        hindrance = cannot_request(person, owner, receiver)
        if hindrance:
            raise NotAllowed(hindrance, where="person")
        for one in await policy.shares(change.tx, owner=owner, receiver=receiver):
            if one.share.state in OPEN and change.now < one.share.expires:
                raise BadInput(
                    f"there is a share {one.share.id} between them already, {one.share.state}", where="receiver"
                )
        await policy.add_share(change.tx, share, policy.Step(share.state, person.id, change.now, words.strip()[:1000]))
        body: dict[str, JSON] = {
            "share": share.id, "owner": owner, "receiver": receiver, "terms": terms_told(share), "by": person.id,
            "note": words.strip()[:1000],
        }  # fmt: skip
        change.tell(EventType.SHARE_REQUESTED, person.organisation, body)
        return await answer(change, share.id)


async def _receiver(change: Change, named: str) -> str:
    """The id of the receiver. One that nobody knows is entered under its name, classified as nothing: so it is refused, and
    the request is kept.
    """
    known = (await change.policy()).registry.agencies
    if named in known:
        return named
    slug = re.sub(r"[^a-z0-9]+", "-", named.lower()).strip("-")[:60]
    if not slug:
        raise BadInput("name the receiver", where="receiver")
    agency = f"unclassified.{slug}"
    if agency not in known:
        source = Source(f"a request to {change.node.settings.title}", change.now.date())
        entry = Agency(agency, named.strip()[:120], AgencyKind.OTHER, sources=(source,))
        await policy.put_agency(change.tx, entry, by="request", at=change.now)
        body: dict[str, JSON] = {
            "agency": agency, "name": entry.name, "kind": str(entry.kind), "source": source.title,
            "source_date": str(source.date),
        }  # fmt: skip
        change.tell(EventType.AGENCY_ADDED, change.node.settings.agency, body)
    return agency


async def answer(change: Change, share_id: str, refusal: Decision | None = None) -> ShareAnswer:
    """The share as it stands within ``change``."""
    row = await policy.share(change.tx, share_id)
    assert row is not None
    return ShareAnswer(view_of(row, await change.policy(), await _names(change.node, change.tx)), refusal)


def view_of(row: policy.StoredShare, policy_now: Policy, names: Mapping[str, str]) -> ShareView:
    """A stored share as people see it."""
    share, name = row.share, policy_now.registry.called
    steps = tuple(Step(str(s.state), s.by, names.get(s.by, s.by), s.at, s.why) for s in row.steps)
    open_ = share.state in OPEN and share.owner in policy_now.registry.agencies
    refusal = considered(policy_now, share) if open_ else None
    return ShareView(share, name(share.owner), name(share.receiver), steps, refusal)


def terms_told(share: Share) -> dict[str, JSON]:
    """A share's terms as events tell them."""
    return {
        "grants": sorted(share.grants),
        "look_back_days": share.look_back_days,
        "purposes": sorted(share.purposes),
        "onward": share.onward,
        "begins": share.begins.isoformat(),
        "expires": share.expires.isoformat(),
    }


async def published(node: Node) -> tuple[PublicShare, ...]:
    """Every share and every request there ever was, for anybody to read."""
    async with node.store.transaction() as tx:
        policy_now = await node.policy(tx)
        found = await policy.shares(tx)
    name = policy_now.registry.called
    told = [
        PublicShare(
            row.share.id, row.share.owner, name(row.share.owner), row.share.receiver, name(row.share.receiver),
            str(row.share.state), tuple(sorted(row.share.grants)), row.share.look_back_days, row.share.onward,
            min(row.steps[0].at, row.share.begins), row.steps[-1].at, row.share.expires, _public_sentence(row),
        )
        for row in found
    ]  # fmt: skip
    return tuple(sorted(told, key=lambda one: (one.owner_name, one.receiver_name, one.asked)))


def _public_sentence(row: policy.StoredShare) -> str:
    """Why it was refused or suspended, where the node said so by rule: what people wrote stays inside."""
    last = row.steps[-1]
    return last.why if last.by == "node" else ""


async def cap_of(node: Node, owner: str) -> int | None:
    """How many receivers ``owner`` published to have at most; None where it set no number."""
    async with node.store.transaction() as tx:
        return (await rules_of(tx, owner)).get("cap")


async def rules_of(tx: Connection, owner: str) -> dict[str, int | None]:
    """An owner's own rules for sharing: the published cap."""
    return dict(await policy.setting(tx, f"sharing:{owner}") or {})


async def head_of(tx: Connection, owner: str) -> str | None:
    """Who leads ``owner`` and is therefore audited; None where nobody was named."""
    named = await policy.setting(tx, f"head:{owner}")
    return str(named) if named else None


_RULES = "the privacy officer sets the rules for sharing"


async def set_rules(node: Node, person: Person, *, cap: int | None, head: str | None) -> None:
    """Set how many receivers the person's agency wants at most, and who its head is. Raises BadInput for another role."""
    if not person.may(Permission.SHARE_APPROVE):
        await record_refusal(node, person, EventType.CONFIG_CHANGED, _RULES)
        raise NotAllowed(_RULES, where="person")
    if cap is not None and not 0 <= cap <= 100_000:
        raise BadInput("0 to 100000", where="cap")
    owner = person.organisation
    async with node.store.transaction() as tx:
        if head is not None and await people.person(tx, head, node.now()) is None:
            raise BadInput(f"nobody has an account {head[:80]!r}", where="head")
        before = {"cap": (await rules_of(tx, owner)).get("cap"), "head": await head_of(tx, owner)}
        await policy.set_setting(tx, f"sharing:{owner}", {"cap": cap}, by=person.id, at=node.now())
        await policy.set_setting(tx, f"head:{owner}", head, by=person.id, at=node.now())
        for name, value in {"cap": cap, "head": head}.items():
            if value != before[name]:
                body: dict[str, JSON] = {
                    "setting": f"sharing.{owner}.{name}",
                    "by": person.id,
                    "after": str(value or "none"),
                }
                await ledger.append(node, tx, Event(EventType.CONFIG_CHANGED, node.now(), owner, body))


async def _names(node: Node, tx: Connection) -> dict[str, str]:
    return {person.id: person.name for person in await people.persons(tx, node.now())}


def _may_see(person: Person) -> None:
    sees = (Permission.SHARE_REQUEST, Permission.SHARE_REVIEW, Permission.SHARE_APPROVE, Permission.EXPOSURE)
    if not any(map(person.may, sees)):
        raise NotAllowed("ALPR administrators, the privacy officer and the auditor look after shares", where="person")
