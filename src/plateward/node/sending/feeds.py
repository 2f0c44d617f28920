"""Feeds: asking for one, approving it, refusing it, ending it.

A standing export of reads is dangerous, so it is a promise that runs. One person asks and another approves; the gate is asked each
time, and once more for everything that goes out (``feed_sending``). A feed that would reach another agency is asked for on that
agency's behalf: it needs a share that grants exports, and no promise that forbids it. Every feed ends, after a year at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, write_instant
from plateward.core.feed import (
    LEAST_WORDS,
    Feed,
    FeedState,
    What,
    cannot_approve,
    cannot_end,
    check_term,
    parties_in,
)
from plateward.core.ids import uuid7
from plateward.core.people import Permission, Person
from plateward.core.purpose import OWN_LIST, Purpose
from plateward.node import ledger
from plateward.node.gate import Found, Scope, pass_gate
from plateward.node.node import Node
from plateward.node.sending import targets
from plateward.node.sending.feeds_in_force import decision_on, export_request, finish, ids_of, put
from plateward.node.sharing.agencies import resolve
from plateward.node.sharing.change import change_of_policy
from plateward.node.sharing.refusals import recording, refusal_event
from plateward.store import feeds as rows
from plateward.store import outbox, readers, retention
from plateward.store.connection import Connection

SYSTEMS = frozenset({"webhook", "mqtt"})
"""Channels that lead to other systems; a feed goes to no person's phone."""


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What somebody wants to go out by itself, of the own agency.

    ``delivery``: an address that is there; else ``channel`` and ``address`` make one. ``readers`` and the readers of the retention
    ``group`` (as it is now); neither: every reader. ``recipient``: whose system it is, in words for anybody to read; an agency
    named there, or in ``receiver``, is the one that would receive. ``reason`` as for a search, with a ``case`` or a sentence in
    ``words``.
    """

    what: str
    recipient: str
    reason: str
    ends: datetime
    delivery: UUID | None = None
    channel: str = ""
    address: Mapping[str, str] | None = None
    name: str = ""
    readers: tuple[str, ...] = ()
    group: str = ""
    receiver: str = ""
    words: str = ""
    case: str = ""
    home_assistant: bool = False
    session: str | None = None


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """The feed as it stands, or None where it was refused when asked for; ``decision``: what the gate said, where it was asked."""

    feed: Feed | None
    decision: Decision | None = None
    record: int | None = None

    @property
    def refusal(self) -> str | None:
        """Why it was refused, where it was."""
        return None if self.decision is None or self.decision.allowed else self.decision.why


async def ask(node: Node, person: Person, wanted: FeedRequest) -> FeedAnswer:
    """Ask for a feed. Raises BadInput naming the field, NotAllowed for another role; a refusal of the gate is an answer."""
    _check(node, wanted)
    recipient, named = await _receiver(node, person.organisation, wanted)
    async with recording(node, person, EventType.FEED_ASKED):
        async with node.store.transaction() as tx:
            person = await node.current(tx, person)
            if not person.may(Permission.FEED):
                raise NotAllowed(f"your role, {person.role}, asks for no feeds", where="person")
            taken = await _readers(tx, person.organisation, wanted)
            target = await _target(node, tx, person, wanted)
        channel = target.channel if target else wanted.channel
        receiver = _over(node, person.organisation, channel, named)
        purpose = _purpose(node, wanted, receiver)
        query: dict[str, JSON] = {
            "feed": wanted.what, "recipient": recipient, "channel": channel, "readers": list(taken),
        }  # fmt: skip
        request = export_request(person.organisation, purpose, query, wanted.session)
        passage = await pass_gate(node, person, request, _nothing)
        decision = passage.decisions[0]
        if not decision.allowed:
            return FeedAnswer(None, decision, passage.record)
        async with node.store.transaction() as tx:
            target = target or await targets.enter(
                node, tx, person, wanted.channel, wanted.name, wanted.address or {}, subject=targets.READS
            )
            feed = Feed(
                uuid7(node.now(), node.random(10)), person.organisation, wanted.name.strip() or recipient[:80], target.target_id,
                channel, What(wanted.what), taken, recipient, receiver, purpose.reason, purpose.words, purpose.case,
                wanted.home_assistant and channel == "mqtt", FeedState.ASKED, person.id, node.now(), wanted.ends, passage.record,
            )  # fmt: skip
            await rows.add(tx, feed)
            body = _terms(feed) | {"by": person.id}
            await ledger.append(node, tx, Event(EventType.FEED_ASKED, node.now(), feed.owner, body))
    return FeedAnswer(feed, decision, passage.record)


def _check(node: Node, wanted: FeedRequest) -> None:
    if wanted.what not in What._value2member_map_:
        raise BadInput(f"choose one of {', '.join(What)}", where="what")
    check_term(wanted.ends, node.now())
    if len(wanted.name.strip()) > 80 or not wanted.name.isprintable():
        raise BadInput("at most 80 printable characters", where="name")


async def _receiver(node: Node, owner: str, wanted: FeedRequest) -> tuple[str, str | None]:
    """Whose system it is in words, and the agency that would receive where that is not the owner.

    What the words name counts as what the field names: a feed to a system "of HSI" is asked for as HSI.
    """
    recipient = " ".join(wanted.recipient.split())
    if not 3 <= len(recipient) <= 120 or not recipient.isprintable():
        raise BadInput(
            "say whose system it is, in 3 to 120 printable characters; anybody may read it", where="recipient"
        )
    given = await resolve(node, wanted.receiver.strip()) if wanted.receiver.strip() else None
    if wanted.receiver.strip() and given is None:
        raise BadInput(f"no agency is known as {wanted.receiver.strip()[:80]!r}", where="receiver")
    named = [agency for text in parties_in(recipient) if (agency := await resolve(node, text)) not in (None, owner)]
    receiver = given or next(iter(named), None)
    if receiver is None:
        return recipient, None
    async with node.store.transaction() as tx:
        known = (await node.policy(tx)).classify(receiver).ancestors | {receiver}
    if stranger := next((agency for agency in named if agency not in known), None):
        raise BadInput(
            f"{recipient!r} names {stranger}, which {receiver} is no part of; a feed goes to one agency",
            where="recipient",
        )
    return recipient, None if receiver == owner else receiver


def _over(node: Node, owner: str, channel: str, receiver: str | None) -> str | None:
    """The receiver, where reads go over a broker: that is the operator's, so another owner's reads go to the operator."""
    operator = node.settings.agency
    if channel != "mqtt" or owner == operator:
        return receiver
    if receiver not in (None, operator):
        raise BadInput(f"the broker is {operator}'s: what goes over it goes there", where="channel")
    return operator


def _purpose(node: Node, wanted: FeedRequest, receiver: str | None) -> Purpose:
    if node.settings.home and wanted.reason == OWN_LIST:
        purpose = Purpose(OWN_LIST, on_behalf_of=receiver)
    else:
        purpose = Purpose.of(wanted.reason, case=wanted.case.strip(), on_behalf_of=receiver)
    words = " ".join(wanted.words.split())
    if not purpose.case and len(words) < LEAST_WORDS:
        raise BadInput("name a case, or say in a sentence what it is for", where="words")
    typed = "" if purpose.words == purpose.reason else purpose.words
    return replace(purpose, words=words or typed)


async def _readers(tx: Connection, owner: str, wanted: FeedRequest) -> tuple[str, ...]:
    mine = {known.reader.id for known in await readers.readers(tx, owner)}
    if not mine:
        raise NotAllowed("only an agency that owns reads here lets them go out", where="person")
    if unknown := sorted(set(wanted.readers) - mine):
        raise BadInput(f"your agency has no reader {unknown[0]!r}", where="readers")
    named = set(wanted.readers)
    if group := wanted.group.strip():
        members = [
            row.rule.readers for row in await retention.rules(tx) if (row.rule.owner, row.rule.group) == (owner, group)
        ]
        if not members:
            raise BadInput(f"your agency has no group of readers {group!r}", where="group")
        named |= set(members[0]) & mine
    return tuple(sorted(named))


async def _target(node: Node, tx: Connection, person: Person, wanted: FeedRequest) -> targets.Target | None:
    """The address that is there already, or None where one is made with the feed, which is checked here."""
    if wanted.delivery is not None:
        target = await outbox.target(tx, wanted.delivery)
        if target is None or target.agency != person.organisation or target.channel not in SYSTEMS or target.ended_at:
            raise BadInput("your agency has no other system at such an address", where="delivery")
        return target
    if wanted.channel not in SYSTEMS:
        raise BadInput(f"choose one of {', '.join(sorted(SYSTEMS))}, or an address that is there", where="channel")
    targets.checked(node.settings, wanted.channel, wanted.address or {})
    return None


async def _nothing(tx: Connection, scopes: tuple[Scope, ...]) -> Found[None]:
    """Asking for a feed reads nothing."""
    return Found(None)


# ---------------------------------------------------------------- deciding and ending


async def approve(node: Node, person: Person, feed_id: str, note: str = "") -> FeedAnswer:
    """Approve as the second person: reads go out from now on. The gate is asked again, as whoever asked for the feed."""
    async with recording(node, person, EventType.FEED_APPROVED, feed_id), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        feed = await _waiting(change.tx, person, feed_id)
        if why := cannot_approve(person, feed):
            raise NotAllowed(why, where="person")
        check_term(feed.ends_at, change.now)
        target = await outbox.target(change.tx, feed.target_id)
        if target is None or target.ended_at:
            raise BadInput("its address was taken out meanwhile; refuse it", where="feed")
        decision = await decision_on(change, await change.policy(), feed)
        if not decision.allowed:
            change.told.append(refusal_event(node, person, EventType.FEED_APPROVED, decision.why, feed_id))
            return FeedAnswer(feed, decision)
        running = replace(
            feed, state=FeedState.ACTIVE, decided_by=person.id, decided_at=change.now, note=note.strip()[:500]
        )
        await rows.step(change.tx, running)
        change.tell(EventType.FEED_APPROVED, feed.owner, _terms(feed) | {"asked_by": feed.asked_by, "by": person.id})
        if feed.home_assistant:
            mine = [one.reader.id for one in await readers.readers(change.tx, feed.owner) if feed.takes(one.reader.id)]
            await put(change, running, {"introduce": sorted(mine)}, feed.ends_at)
    return FeedAnswer(running, decision)


async def refuse(node: Node, person: Person, feed_id: str, note: str) -> Feed:
    """Refuse what somebody asked for, with a reason. Raises BadInput without one, NotAllowed for another role."""
    if not note.strip():
        raise BadInput("say why you refuse", where="note")
    async with recording(node, person, EventType.FEED_REFUSED, feed_id), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        feed = await _waiting(change.tx, person, feed_id)
        if not person.may(Permission.FEED_DECIDE):
            raise NotAllowed(f"your role, {person.role}, decides no feeds", where="person")
        return await finish(change, feed, FeedState.REFUSED, by=person.id, note=note)


async def end(node: Node, person: Person, feed_id: str, note: str = "") -> Feed:
    """End a feed now, or take back what was asked for: one person may. What waits is sent no more."""
    async with recording(node, person, EventType.FEED_ENDED, feed_id), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        feed = await _own(change.tx, person, feed_id)
        if why := cannot_end(person, feed):
            raise NotAllowed(why, where="person")
        if feed.state not in (FeedState.ASKED, FeedState.ACTIVE):
            raise BadInput(f"this feed is {feed.state}; there is nothing to end", where="feed")
        return await finish(change, feed, FeedState.ENDED, by=person.id, note=note)


async def _own(tx: Connection, person: Person, feed_id: str) -> Feed:
    try:
        feed = await rows.feed(tx, UUID(feed_id), lock=True)
    except ValueError:
        feed = None
    if feed is None or feed.owner != person.organisation:
        raise BadInput("there is no such feed of your agency", where="feed")
    return feed


async def _waiting(tx: Connection, person: Person, feed_id: str) -> Feed:
    feed = await _own(tx, person, feed_id)
    if feed.state is not FeedState.ASKED:
        raise BadInput(f"this feed is {feed.state} already", where="feed")
    return feed


def _terms(feed: Feed) -> dict[str, JSON]:
    """A feed as its events tell of it."""
    terms: dict[str, JSON | None] = {
        **ids_of(feed), "what": str(feed.what), "readers": list(feed.readers) or None, "channel": feed.channel,
        "recipient": feed.recipient, "receiver": feed.receiver, "reason": feed.reason, "words": feed.words or None,
        "case": feed.case_no, "ends": write_instant(feed.ends_at),
    }  # fmt: skip
    return {name: value for name, value in terms.items() if value is not None}
