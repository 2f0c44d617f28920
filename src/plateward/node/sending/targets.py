"""Where messages go, and who may say so: everybody for their own phone and mailbox, an ALPR administrator for other systems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.formats.web_push import browser_key, from_unpadded
from plateward.node import ledger
from plateward.node.alerting.wishes import tell_change
from plateward.node.node import Node
from plateward.node.sending import mqtt
from plateward.node.sending.outside import check_url
from plateward.node.settings import Settings
from plateward.store import feeds, outbox
from plateward.store.connection import Connection
from plateward.store.outbox import Letter, Target

__all__ = [
    "ALERTS", "CHANNELS", "READS", "Deliveries", "Letter", "Target", "add", "checked", "deliveries", "end", "enter", "try_again",
]  # fmt: skip

ALERTS = "alerts"
READS = "reads"
"""What an address is for: alerts, or a feed of reads alone."""

PERSONAL = frozenset({"push", "e-mail"})
CHANNELS = ("push", "e-mail", "webhook", "mqtt")
MAX_TARGETS = 20
"""So many addresses a person, or an agency's other systems, may have."""

_MAILBOX = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Deliveries:
    """A person's addresses and, for an ALPR administrator, the agency's systems; with the latest messages that did not arrive."""

    targets: tuple[Target, ...]
    letters: tuple[Letter, ...]
    systems: bool


async def deliveries(node: Node, person: Person) -> Deliveries:
    """Where messages go, as far as ``person`` may know. Raises NotAllowed for a role that has nothing to do with them."""
    systems = _require(person)
    async with node.store.transaction() as tx:
        every = await outbox.targets(tx, person.organisation, person.id, systems=systems)
        letters = await outbox.messages(
            tx, person.organisation, person.id, systems=systems, states=("dead", "waiting", "sending", "withheld"), limit=50
        )  # fmt: skip
    return Deliveries(every, letters, systems)


def _require(person: Person) -> bool:
    """Whether ``person`` may deal with the agency's other systems too. Raises NotAllowed."""
    systems = person.may(Permission.HOT_LISTS) or person.may(Permission.OWN_LIST)
    if not systems and not person.may(Permission.ALERTS):
        raise NotAllowed(f"your role, {person.role}, gets no alerts and sends none")
    return systems


async def add(
    node: Node, person: Person, channel: str, name: str, address: Mapping[str, str], *, subject: str = ALERTS
) -> Target:
    """Enter an address. Raises BadInput naming the field, NotAllowed for another role."""
    async with node.store.transaction() as tx:
        return await enter(node, tx, person, channel, name, address, subject=subject)


async def enter(
    node: Node, tx: Connection, person: Person, channel: str, name: str, address: Mapping[str, str], *, subject: str
) -> Target:
    """The same in the transaction of what it is entered for."""
    systems = _require(person)
    own = channel in PERSONAL
    if channel not in CHANNELS:
        raise BadInput(f"choose one of {', '.join(CHANNELS)}", where="channel")
    if channel == "webhook" and node.settings.home:
        raise NotAllowed("at home messages go to you: your phone, your mailbox, your own MQTT broker", where="channel")
    if own and not person.may(Permission.ALERTS):
        raise NotAllowed("only people who deal with alerts get them on their phone or in their mailbox")
    if not own and not systems:
        raise NotAllowed("an ALPR administrator enters other systems")
    called = " ".join(name.split()) or _named(channel, address)
    if len(called) > 80 or not called.isprintable():
        raise BadInput("at most 80 printable characters", where="name")
    target = Target(
        uuid4(), person.organisation, person.id if own else None, channel, subject, called,
        checked(node.settings, channel, address), person.id, node.now(),
    )  # fmt: skip
    held = await outbox.targets(tx, person.organisation, person.id, systems=not own)
    if sum((one.person is not None) == own for one in held) >= MAX_TARGETS:
        raise BadInput(f"{MAX_TARGETS} addresses are enough; take one out first", where="channel")
    if any(one.channel == channel and one.address == target.address and one.subject == subject for one in held):
        raise BadInput("this address is there already", where="name")
    await outbox.add_target(tx, target)
    body: dict[str, JSON] = {
        "delivery": str(target.target_id), "agency": target.agency, "channel": channel, "subject": subject,
        "to": person.id if own else called, "by": person.id,
    }  # fmt: skip
    await ledger.append(node, tx, Event(EventType.DELIVERY_ADDED, node.now(), person.organisation, body))
    return target


def _named(channel: str, address: Mapping[str, str]) -> str:
    if channel == "webhook":
        return urlsplit(str(address.get("url", ""))).hostname or "webhook"
    return {"push": "This browser", "e-mail": "Mailbox", "mqtt": "MQTT"}[channel]


def checked(settings: Settings, channel: str, address: Mapping[str, str]) -> dict[str, str]:
    """``address`` when messages of ``channel`` can go there. Raises BadInput naming the field."""
    if channel == "webhook":
        return {"url": check_url(address.get("url", ""), settings.delivery.private_hosts)}
    if channel == "mqtt":
        if settings.delivery.mqtt is None:
            raise BadInput(
                "no MQTT broker is set: put [delivery.mqtt] with its host into plateward.toml, and start the node again",
                where="channel",
            )
        if not mqtt.installed():
            raise BadInput(
                "the node lacks what speaks to a broker: pip install 'plateward[mqtt]', and start it again",
                where="channel",
            )
        topic = address.get("topic", "").strip("/")
        if not _TOPIC.fullmatch(topic):
            raise BadInput(
                "a topic has letters, digits, _ . - and slashes between, as in alerts/dispatch", where="topic"
            )
        return {"topic": topic}
    if channel == "e-mail":
        if settings.delivery.mail is None:
            raise BadInput(
                "no mail server is set: put [delivery.mail] with host and sender into plateward.toml, and start the node again",
                where="channel",
            )
        if not _MAILBOX.fullmatch(address.get("to", "")):
            raise BadInput("write one mailbox, as in name@example.org", where="to")
        return {"to": address["to"]}
    endpoint = check_url(address.get("endpoint", ""), settings.delivery.private_hosts)
    browser_key(address.get("p256dh", ""))
    from_unpadded(address.get("auth", ""), "auth", 16)
    return {"endpoint": endpoint, "p256dh": address["p256dh"], "auth": address["auth"]}


async def end(node: Node, person: Person, target_id: UUID) -> None:
    """Take an address out: nothing goes there any more. Raises BadInput when it is not there or not theirs."""
    systems = _require(person)
    async with node.store.transaction() as tx:
        found = await outbox.target(tx, target_id)
        mine = found is not None and found.agency == person.organisation and (
            found.person == person.id or (found.person is None and systems)
        )  # fmt: skip
        if mine and await feeds.uses(tx, target_id):
            raise BadInput("a feed goes to this address; end that first", where="delivery")
        if not mine or not await outbox.end_target(tx, target_id, by=person.id, at=node.now()):
            raise BadInput("there is no such address of yours", where="delivery")
        body: dict[str, JSON] = {"delivery": str(target_id), "agency": person.organisation, "by": person.id}
        await ledger.append(node, tx, Event(EventType.DELIVERY_ENDED, node.now(), person.organisation, body))


async def try_again(node: Node, person: Person, message_id: UUID) -> None:
    """Let a message that was given up try again. Raises BadInput when there is none such."""
    systems = _require(person)
    async with node.store.transaction() as tx:
        if not await outbox.revive(tx, message_id, person.organisation, person.id, node.now(), systems=systems):
            raise BadInput("there is no such message that was given up", where="message")
        await tell_change(node, tx, person, ("again",))
