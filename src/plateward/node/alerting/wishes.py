"""How somebody wants to be alerted: with sound or not, and in which hours never."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import outbox
from plateward.store.connection import Connection
from plateward.store.outbox import Wishes

__all__ = ["Wishes", "is_quiet", "set_wishes", "tell_change", "wishes"]


async def wishes(node: Node, person: Person) -> Wishes:
    """The wishes of ``person``; where nothing was said: sound, and no quiet hours."""
    async with node.store.transaction() as tx:
        return await outbox.wishes(tx, person.id)


async def set_wishes(node: Node, person: Person, *, sound: bool, quiet_from: str, quiet_to: str) -> Wishes:
    """Keep the wishes of ``person``; times of day as in 22:00, both empty for none. Raises BadInput naming the field."""
    begins, ends = _time(quiet_from, "quiet_from"), _time(quiet_to, "quiet_to")
    if (begins is None) != (ends is None):
        raise BadInput(
            "give both ends of the quiet hours, or neither", where="quiet_to" if ends is None else "quiet_from"
        )
    if begins is not None and begins == ends:
        raise BadInput("the quiet hours end when they begin", where="quiet_to")
    wanted = Wishes(sound, begins, ends)
    async with node.store.transaction() as tx:
        before = await outbox.wishes(tx, person.id)
        await outbox.set_wishes(tx, person.id, wanted)
        fields = [name for name in Wishes.__dataclass_fields__ if getattr(before, name) != getattr(wanted, name)]
        await tell_change(node, tx, person, fields)
    return wanted


async def tell_change(node: Node, tx: Connection, person: Person, fields: Sequence[str]) -> None:
    """Record that ``person`` changed how messages are delivered; of no change there is nothing to record."""
    if fields:
        body: dict[str, JSON] = {"agency": person.organisation, "fields": list(fields), "by": person.id}
        await ledger.append(node, tx, Event(EventType.DELIVERY_CHANGED, node.now(), person.organisation, body))


def is_quiet(node: Node, wanted: Wishes) -> bool:
    """Whether now, in the node's time zone, is a time of quiet."""
    return wanted.quiet_at(node.now().astimezone(ZoneInfo(node.settings.time_zone)).time())


def _time(text: str, where: str) -> time | None:
    if not text.strip():
        return None
    try:
        found = time.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise BadInput("write a time of day as in 22:00", where=where)
    return found.replace(second=0, microsecond=0)
