"""The household's own home automation, told of its own list over its own broker: the one thing that leaves the node by itself.

It is a feed like an agency's (``node.sending.feeds``), with its end, its figures and its record; one person is enough because it
goes to nobody else: a broker in the household's own network, reads of listed plates alone.
"""

from __future__ import annotations

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.feed import LONGEST, Feed, FeedState, What
from plateward.core.household import in_own_network
from plateward.core.people import Permission, Person
from plateward.core.purpose import OWN_LIST
from plateward.node.node import Node
from plateward.node.sending import feeds, targets
from plateward.node.sending.feeds import FeedRequest
from plateward.store import feeds as rows

RECIPIENT = "the home automation of this house"
NAME = "Home automation"


async def broker_feed(node: Node) -> Feed | None:
    """The feed that tells the household's broker, where one runs."""
    async with node.store.transaction() as tx:
        every = await rows.of_owner(tx, node.settings.agency)
    return next((feed for feed in every if feed.runs(node.now())), None)


async def tell_broker(node: Node, person: Person, topic: str, *, session: str | None = None) -> Feed:
    """Tell the broker of each read of the list from now on, for a year, below ``topic``; introduce the cameras to Home Assistant.

    Raises BadInput where no broker is set, or one outside of the house; NotAllowed for anybody else.
    """
    _require(person)
    if await broker_feed(node) is not None:
        raise BadInput("your broker is told already; end that first", where="topic")
    address = targets.checked(node.settings, "mqtt", {"topic": topic})
    require_own(node)
    wanted = FeedRequest(
        str(What.HITS), RECIPIENT, OWN_LIST, node.now() + LONGEST, channel="mqtt", address=address, name=NAME,
        words="to tell the home automation of this house", home_assistant=True, session=session,
    )  # fmt: skip
    async with node.store.transaction() as tx:
        every = await rows.of_owner(tx, person.organisation)
    for left in (
        one for one in every if one.state is FeedState.ASKED
    ):  # of a run that ended between asking and approving
        await feeds.end(node, person, str(left.feed_id), "begun anew")
    answer = await feeds.ask(node, person, wanted)
    if answer.feed is None:
        raise NotAllowed(answer.refusal or "the gate refused it", where="topic")
    running = await feeds.approve(node, person, str(answer.feed.feed_id))
    assert running.feed is not None
    return running.feed


async def end_broker(node: Node, person: Person) -> None:
    """Tell the broker nothing any more, and have it forget the cameras. Raises BadInput where it is told nothing."""
    _require(person)
    feed = await broker_feed(node)
    if feed is None:
        raise BadInput("your broker is told nothing", where="topic")
    await feeds.end(node, person, str(feed.feed_id))


def require_own(node: Node) -> None:
    """Raise BadInput unless the broker of the settings is in a network of one's own."""
    settings = node.settings.delivery.mqtt
    if settings is None or not in_own_network(settings.host):
        host = settings.host if settings else "no broker"
        raise BadInput(
            f"{host} is not in your own network: at home reads go to your own broker, as 192.168.1.20 or homeassistant.local",
            where="delivery.mqtt",
        )


def _require(person: Person) -> None:
    if not person.may(Permission.OWN_LIST):
        raise NotAllowed("the person of the household tells its broker", where="person")
