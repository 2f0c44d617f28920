"""The outbox is emptied here. Each message is claimed, decided, sent and finished, in that order, each step durable by itself.

A crash after claiming lets the lease run out and another try; after sending, too: the same message goes again under the same id,
by which webhook, phone, mailbox and broker know it. Nothing is lost, and nothing counts twice.

The gate is asked when a message is sent, not when it was put there: whoever lost the right meanwhile gets nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from plateward.core.alert import State
from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.event import Event, EventType
from plateward.core.people import Asker, Permission
from plateward.core.policy import Circumstances
from plateward.core.share import Act
from plateward.node import ledger
from plateward.node.alerting.alerts import reason_of
from plateward.node.alerting.view import Alert, seen_by
from plateward.node.alerting.wishes import is_quiet
from plateward.node.node import Node
from plateward.node.sending import content, mail, mqtt, push, webhook
from plateward.node.sending.channels import Again, Never, Parcel
from plateward.store import alerts, outbox, people
from plateward.store.connection import Connection, limit_to
from plateward.store.outbox import Message

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
"""So long one sender has a message for itself; longer than any channel waits for an answer."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
MAX_ATTEMPTS = 9
"""With waits of 5, 10, 20 … seconds: given up after about twenty minutes, then it is with the dead, where people see it."""

POLL_S = 5.0
BATCH = 50

Channel = Callable[[Node, Parcel], Awaitable[None]]
CHANNELS: Mapping[str, Channel] = {"webhook": webhook.deliver, "e-mail": mail.deliver, "push": push.deliver}


@dataclass(frozen=True, slots=True)
class _Withheld:
    """Why a message is not sent at all."""

    why: str


async def send_for_ever(node: Node) -> None:
    """Send what is in the outbox, for good; woken when something is put there."""
    while True:
        rings = node.bell.count(outbox.CHANNEL)
        try:
            while await send_due(node):
                pass
        except Exception as fault:
            log.error("sending failed", kind=type(fault).__name__)
        await node.bell.wait(outbox.CHANNEL, rings, POLL_S)


async def send_due(node: Node) -> int:
    """Send what is due now; returns how many messages were claimed."""
    now = node.now()
    async with node.store.transaction() as tx:
        claimed = await outbox.claim(tx, now, now + LEASE, most=BATCH)
    if not claimed:
        return 0
    parcels = []
    for message in claimed:
        ready = await _prepare(node, message)
        if isinstance(ready, _Withheld):
            await _finish(node, message, None, "withheld", ready.why)
        else:
            parcels.append(ready)
    ended = await send_all(node, [parcel for parcel, _ in parcels])
    for parcel, alert in parcels:
        await _conclude(node, parcel.message, alert, ended[parcel.id])
    return len(claimed)


async def _prepare(node: Node, message: Message) -> tuple[Parcel, Alert | None] | _Withheld:
    """The message as it may go out now, or why it may not."""
    async with node.store.transaction() as tx:
        if message.alert_id is None:
            return Parcel(message, content.of_body(node, message), node.now()), None
        return await _alert(node, tx, message)


async def _alert(node: Node, tx: Connection, message: Message) -> tuple[Parcel, Alert | None] | _Withheld:
    assert message.alert_id is not None
    known = await alerts.owner(tx, message.alert_id)
    if known is None:
        return _Withheld("the alert is gone")
    owner, kind = known
    decision = await _decide(node, tx, message, owner, kind)
    if isinstance(decision, _Withheld):
        return decision
    numbers = list((await node.agency_numbers(tx, [owner])).values())
    await limit_to(tx, numbers)
    stored = await alerts.one(tx, numbers, message.agency, message.alert_id, node.now())
    if stored is None or stored.forgotten_at is not None or stored.expires_at <= node.now():
        return _Withheld("the read is past its time")
    if message.person is None and stored.state != State.CONFIRMED:
        return _Withheld("nobody has confirmed it, or no longer")
    (alert,) = seen_by(message.agency, (stored,), {owner: decision.grants})
    return Parcel(message, content.of_alert(node, message, alert), node.now()), alert


async def _decide(node: Node, tx: Connection, message: Message, owner: str, kind: str) -> Decision | _Withheld:
    """Whether this receiver may learn of an alert of ``owner`` now."""
    policy = await node.policy(tx)
    asker = Asker.agency(message.agency)
    if message.person is not None:
        person = await _person(node, tx, message.person)
        if isinstance(person, _Withheld):
            return person
        asker = person
    circumstances = Circumstances(hotlist=kind)
    decision = policy.decide(asker, owner, Act.HITS, reason_of(kind), node.now(), circumstances)
    return decision if decision.allowed else _Withheld(f"refused: {decision.why}")


async def _person(node: Node, tx: Connection, person_id: str) -> Asker | _Withheld:
    person = await people.person(tx, person_id, node.now())
    if person is None or not person.may(Permission.ALERTS):
        return _Withheld("this person deals with no alerts any more")
    if is_quiet(node, await outbox.wishes(tx, person_id)):
        return _Withheld("quiet hours")
    return Asker.of(person)


async def send_all(node: Node, parcels: Sequence[Parcel]) -> Mapping[str, Exception | None]:
    """Send ``parcels``, each over its channel; for each by its id None where it was taken, or why not."""
    by_broker = [parcel for parcel in parcels if parcel.message.channel == "mqtt"]
    others = [parcel for parcel in parcels if parcel.message.channel != "mqtt"]
    results = await asyncio.gather(*(_send(node, parcel) for parcel in others))
    ended = dict(zip((parcel.id for parcel in others), results, strict=True))
    if by_broker:
        done = await mqtt.deliver_all(node, by_broker)
        ended |= dict(zip((parcel.id for parcel in by_broker), done, strict=True))
    return ended


async def _send(node: Node, parcel: Parcel) -> Exception | None:
    """Send one message over its channel; None when it was taken."""
    try:
        await CHANNELS[parcel.message.channel](node, parcel)
    except (Again, Never) as ended:
        return ended
    except Exception as fault:
        log.error("a channel failed", channel=parcel.message.channel, kind=type(fault).__name__)
        return Again(f"a fault of the node ({type(fault).__name__})")
    return None


async def _conclude(node: Node, message: Message, alert: Alert | None, ended: Exception | None) -> None:
    if ended is None:
        await _finish(node, message, alert, "sent", "")
    elif isinstance(ended, Never):
        await _finish(node, message, None, "dead", str(ended))
        if ended.gone and message.channel == "push":
            await _end(node, message)
    elif message.attempts >= MAX_ATTEMPTS:
        await _finish(node, message, None, "dead", f"given up after {message.attempts} attempts: {ended}")
    else:
        async with node.store.transaction() as tx:
            await outbox.again(tx, message, node.now() + wait_after(message.attempts), str(ended))


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubled each time, an hour at most."""
    doubled: timedelta = FIRST_WAIT * (1 << (attempts - 1))
    return min(LONGEST_WAIT, doubled)


async def _finish(node: Node, message: Message, alert: Alert | None, state: str, problem: str) -> None:
    async with node.store.transaction() as tx:
        mine = await outbox.finish(tx, message, state, node.now(), problem=problem)
        if mine and alert is not None:
            body: dict[str, JSON] = {
                "alert": str(alert.id), "owner": alert.agency, "channel": message.channel, "to": [message.person or message.name],
            }  # fmt: skip
            await ledger.append(node, tx, Event(EventType.ALERT_SENT, node.now(), message.agency, body))


async def _end(node: Node, message: Message) -> None:
    """A browser took its subscription back: nothing goes there any more."""
    async with node.store.transaction() as tx:
        if await outbox.end_target(tx, message.target_id, by="node", at=node.now()):
            body: dict[str, JSON] = {
                "delivery": str(message.target_id), "agency": message.agency, "note": "the browser took it back",
            }  # fmt: skip
            await ledger.append(node, tx, Event(EventType.DELIVERY_ENDED, node.now(), message.agency, body))
