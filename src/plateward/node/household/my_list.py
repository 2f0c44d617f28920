"""The household's own list: family's and expected visitors' plates, each with a name and an end.

One person enters and takes off; there is nobody to confirm. What the ledger keeps of it names no plate and no name: a visitor
who is taken off leaves nothing behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, write_instant
from plateward.core.hotlist import HOUSEHOLD, LONGEST, ListedPlate, decide_entry
from plateward.core.household import MOST_NAME, MOST_PLATES
from plateward.core.ids import uuid7
from plateward.core.people import Asker, Permission, Person
from plateward.core.plate import mask, normalise
from plateward.node import ledger
from plateward.node.hotlists.content import content_digest
from plateward.node.household.profile import LIST
from plateward.node.household.sieve import forget_unlisted
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store.connection import Connection

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_WHAT = "a plate of the own list"
"""What the ledger says of an entry in the place of its name."""


@dataclass(frozen=True, slots=True)
class MyPlate:
    """A plate on the list. ``name``: whose it is, in the person's own words. ``region``: its state, where it was given."""

    id: str
    plate: str
    name: str
    region: str | None
    ends: datetime
    entered: datetime


@dataclass(frozen=True, slots=True)
class NewPlate:
    """A plate to put on the list. ``ends``: None for a year from now, the longest there is."""

    plate: str
    name: str
    ends: datetime | None = None
    region: str | None = None


async def my_list(node: Node, person: Person) -> tuple[MyPlate, ...]:
    """What is on the list, by name. Raises NotAllowed for anybody else."""
    _require(person)
    async with node.store.transaction() as tx:
        found = await entries(tx)
    return tuple(
        sorted((one for one in found if one.ends > node.now()), key=lambda one: (one.name.casefold(), one.plate))
    )


async def entries(tx: Connection) -> tuple[MyPlate, ...]:
    """The entries of the own list; ``tx`` sees them from here on."""
    stored = await _list(tx)
    return tuple(_view(row) for row in await rows.entries(tx, stored.list_no, limit=MOST_PLATES))


async def put_plate(node: Node, person: Person, new: NewPlate) -> MyPlate:
    """Put a plate on the list, from now on; one that is there gets the new name and end. Raises BadInput naming the field."""
    _require(person)
    now = node.now()
    listed = _listed(new, now)
    async with node.store.transaction() as tx:
        stored = await _list(tx, lock=True)
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        decision = decide_entry(policy, Asker.of(person), stored.owner, HOUSEHOLD, listed.reason, now)
        if not decision.allowed:
            raise NotAllowed(decision.why, where="name")
        known = await rows.entries(tx, stored.list_no, limit=MOST_PLATES + 1)
        same = [row for row in known if row.plate == listed.plate]
        if not same and len(known) >= MOST_PLATES:
            raise BadInput(f"{MOST_PLATES} plates are enough for a household: take one off first", where="plate")
        for row in same:
            await rows.remove_entry(tx, stored.list_no, row.entry_id)
        entry = uuid7(now, node.random(10))
        await rows.add_entry(
            tx, stored.list_no, entry, listed, content_digest(listed), by=person.id, at=now, active_until=listed.expires
        )
        for row in same:
            await _tell(node, tx, person, EventType.HOTLIST_ENTRY_REMOVED, row.entry_id, {"note": "entered anew"})
        told: dict[str, JSON] = {"plate": mask(listed.plate), "reason": _WHAT, "expires": write_instant(listed.expires)}
        await _tell(node, tx, person, EventType.HOTLIST_ENTRY_ADDED, entry, told)
    return MyPlate(str(entry), listed.plate, listed.reason, listed.region, listed.expires, now)


async def take_off(node: Node, person: Person, entry_id: str) -> int:
    """Take a plate off: what was kept of it is destroyed, with its pictures and alerts. How many reads that were.

    Raises BadInput where there is no such entry.
    """
    _require(person)
    async with node.store.transaction() as tx:
        stored = await _list(tx, lock=True)
        row = await _entry(tx, stored, entry_id)
        await rows.remove_entry(tx, stored.list_no, row.entry_id)
        await _tell(node, tx, person, EventType.HOTLIST_ENTRY_REMOVED, row.entry_id, {})
    return await forget_unlisted(node)


async def plate_of(tx: Connection, entry_id: str) -> MyPlate:
    """One entry; ``tx`` sees the list from here on. Raises BadInput where there is none."""
    return _view(await _entry(tx, await _list(tx), entry_id))


def _listed(new: NewPlate, now: datetime) -> ListedPlate:
    name = " ".join(new.name.split())
    if not name or len(name) > MOST_NAME or not name.isprintable():
        raise BadInput(f'say whose it is, as in "Anna\'s car", in at most {MOST_NAME} characters', where="name")
    region = (new.region or "").strip().upper() or None
    if region is not None and not _REGION.fullmatch(region):
        raise BadInput("write the state as US-CA, or leave it empty", where="region")
    ends = new.ends or now + LONGEST
    if ends.tzinfo is None:
        raise BadInput("a time needs its offset from UTC", where="ends")
    if not now < ends <= now + LONGEST:
        raise BadInput("a plate stays on the list for a year at most; say so again then", where="ends")
    try:
        plate = normalise(new.plate)
    except BadInput as wrong:
        raise BadInput(wrong.args[0], where="plate") from None
    return ListedPlate(plate, region, HOUSEHOLD, name, None, 2, ends)


async def _list(tx: Connection, *, lock: bool = False) -> rows.StoredList:
    stored = await rows.by_id(tx, LIST)
    assert stored is not None, "a household's node has its list from its first start"
    if lock:
        await rows.lock(tx, stored.list_no)
    await rows.show_lists(tx, [stored.list_no])
    return stored


async def _entry(tx: Connection, stored: rows.StoredList, entry_id: str) -> rows.StoredEntry:
    try:
        found = await rows.entry(tx, stored.list_no, UUID(entry_id))
    except ValueError:
        found = None
    if found is None:
        raise BadInput("there is no such plate on your list", where="entry")
    return found


def _view(row: rows.StoredEntry) -> MyPlate:
    return MyPlate(str(row.entry_id), row.plate, row.reason, row.region, row.expires_at, row.listed_at)


def _require(person: Person) -> None:
    if not person.may(Permission.OWN_LIST):
        raise NotAllowed("the person of the household keeps the list", where="person")


async def _tell(
    node: Node, tx: Connection, person: Person, event: EventType, entry: UUID, more: dict[str, JSON]
) -> None:
    body: dict[str, JSON] = {"hotlist": LIST, "entry": str(entry), "by": person.id, **more}
    await ledger.append(node, tx, Event(event, node.now(), person.organisation, body))
