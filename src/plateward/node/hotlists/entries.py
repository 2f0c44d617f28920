"""Plates that people put on hot lists by hand, and what is on a list.

An entry matches at once for four hours, and afterwards only when a second person, a supervisor or an administrator, has confirmed
it; entered again, it has what is left of the same four hours. What a promise refuses is refused here with its reason, recorded, and
remembered, so that it does not come back as something else.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput
from plateward.core.event import EventType, write_instant
from plateward.core.hotlist import (
    IMMIGRATION_VIOLATOR,
    LONGEST,
    UNCONFIRMED,
    UNCONFIRMED_AGAIN,
    ListedPlate,
    decide_entry,
    kind_of,
    require_reason,
)
from plateward.core.ids import uuid7
from plateward.core.people import Asker, Permission, Person
from plateward.core.plate import normalise
from plateward.node.hotlists import memory as hotlist_memory
from plateward.node.hotlists.content import content_digest
from plateward.node.hotlists.lists import ListView, own_list, require, tell, view
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store.connection import Connection


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as people see it. ``state``: active, unconfirmed (it matches for now), waiting (it does not) or expired."""

    id: str
    list_id: str
    plate: str
    region: str | None
    kind: str
    reason: str
    case: str | None
    priority: int
    entered_by: str
    listed_at: datetime
    expires: datetime
    active_until: datetime
    confirmed_by: str | None
    state: str


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A plate as somebody enters it. ``kind``: None for the list's. ``expires`` is needed."""

    plate: str
    reason: str
    case: str
    expires: datetime | None
    state: str | None = None
    kind: str | None = None
    priority: int = 2
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """What came of entering a plate: the entry, or the decision that refused it."""

    entry: EntryView | None
    decision: Decision


async def list_with_entries(
    node: Node, person: Person, list_id: str, *, plate: str = "", after: str | None = None, limit: int = 100
) -> tuple[ListView, tuple[EntryView, ...], str | None]:
    """A list, a page of its entries by plate, and where the next page begins. ``plate``: those that look alike.

    Looking is recorded: a list tells whom the police want.
    """
    require(person, Permission.HOT_ENTRIES, "officers, supervisors and ALPR administrators see what is on hot lists")
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        stored = await own_list(tx, person, list_id)
        await rows.show_lists(tx, [stored.list_no])
        limit = min(max(limit, 1), 5_000)
        wanted = normalise(plate) if plate.strip() else None
        found = await rows.entries(tx, stored.list_no, plate=wanted, after=_after(after), limit=limit)
        body: dict[str, JSON] = {
            "person": person.id, "organisation": person.organisation, "hotlist": list_id, "rows": len(found),
        }  # fmt: skip
        await tell(node, tx, EventType.HOTLIST_SEEN, person.organisation, body | ({"plate": wanted} if wanted else {}))
    views = tuple(_entry_view(row, list_id, node.now()) for row in found)
    further = f"{found[-1].plate}.{found[-1].entry_id}" if len(found) == limit else None
    return view(node, policy, stored), views, further


async def unconfirmed(node: Node, person: Person) -> tuple[EntryView, ...]:
    """Entries by hand of the person's agency that wait for a second person, the latest first."""
    if not person.may(Permission.HOT_ENTRIES):
        return ()
    async with node.store.transaction() as tx:
        own = {
            one.list_no: one.list_id for one in await rows.of_agency(tx, person.organisation) if one.retired_at is None
        }
        await rows.show_lists(tx, sorted(own))
        found = await rows.waiting(tx, sorted(own), node.now())
    return tuple(_entry_view(row, own[row.list_no], node.now()) for row in found)


async def add_entry(node: Node, person: Person, list_id: str, new: NewEntry) -> EntryAnswer:
    """Put a plate on a list by hand. Raises BadInput naming the field; what a promise refuses is an answer, and recorded."""
    require(person, Permission.HOT_ENTRIES, "officers, supervisors and ALPR administrators enter plates")
    key = await asyncio.to_thread(hotlist_memory.memory_key, node.settings.data)
    async with node.store.transaction() as tx:
        stored = await own_list(tx, person, list_id)
        if not stored.by_hand:
            raise BadInput("this list is loaded from files; enter the plate on a list that is kept by hand", where="id")
        await rows.lock(tx, stored.list_no)
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        listed = _listed(new, stored, node.now())
        asker = Asker.of(person, new.on_behalf_of)
        decision = decide_entry(policy, asker, stored.owner, listed.kind, listed.reason, node.now())
        known = await _remembered(tx, stored.agency_no, key, listed)
        if decision.allowed and known.case:
            decision = _kept_off(stored.owner, known.case)
        if not decision.allowed:
            await _refuse(node, tx, person, stored, listed, decision, key)
            return EntryAnswer(None, decision)
        await rows.show_lists(tx, [stored.list_no])
        until = node.now() if known.plate else await _unconfirmed_until(node, tx, stored, key, listed)
        entry = await _enter(node, tx, person, stored, listed, until)
    return EntryAnswer(entry, decision)


async def confirm_entry(node: Node, person: Person, list_id: str, entry_id: str) -> EntryView:
    """Confirm an entry as the second person. Raises BadInput for whoever entered it, another role, or one confirmed already."""
    if not (person.may(Permission.CONSENT) or person.may(Permission.HOT_LISTS)):
        raise BadInput("a supervisor or an ALPR administrator confirms entries", where="person")
    async with node.store.transaction() as tx:
        stored = await own_list(tx, person, list_id)
        await rows.lock(tx, stored.list_no)
        await rows.show_lists(tx, [stored.list_no])
        row = await _entry(tx, stored, entry_id)
        if row.entered_by == person.id:
            raise BadInput("a second person confirms an entry, not the one who made it", where="person")
        if not await rows.confirm_entry(tx, stored.list_no, row.entry_id, by=person.id, at=node.now()):
            raise BadInput("this entry is confirmed already", where="entry")
        body: dict[str, JSON] = {
            "hotlist": list_id, "entry": str(row.entry_id), "by": person.id, "before": {"confirmed": False},
            "after": {"confirmed": True},
        }  # fmt: skip
        await tell(node, tx, EventType.HOTLIST_ENTRY_CHANGED, person.organisation, body)
        return _entry_view(await _entry(tx, stored, entry_id), list_id, node.now())


async def remove_entry(node: Node, person: Person, list_id: str, entry_id: str, note: str = "") -> None:
    """Take an entry off a list kept by hand, at once. Raises BadInput where there is none."""
    require(person, Permission.HOT_ENTRIES, "officers, supervisors and ALPR administrators remove entries")
    async with node.store.transaction() as tx:
        stored = await own_list(tx, person, list_id)
        await rows.lock(tx, stored.list_no)
        await rows.show_lists(tx, [stored.list_no])
        row = await _entry(tx, stored, entry_id)
        await rows.remove_entry(tx, stored.list_no, row.entry_id)
        body: dict[str, JSON] = {"hotlist": list_id, "entry": str(row.entry_id), "by": person.id}
        if note.strip():
            body["note"] = note.strip()[:300]
        await tell(node, tx, EventType.HOTLIST_ENTRY_REMOVED, person.organisation, body)


@dataclass(frozen=True, slots=True)
class _Known:
    """The promises that kept off this plate with this case, and this plate with whatever case."""

    case: str | None
    plate: str | None


async def _remembered(tx: Connection, agency_no: int, key: bytes, listed: ListedPlate) -> _Known:
    case, plate = hotlist_memory.of_case(key, listed.plate, listed.case), hotlist_memory.of_plate(key, listed.plate)
    known = await rows.refused(tx, agency_no, [case, plate])
    return _Known(known.get(case), known.get(plate))


async def _refuse(
    node: Node,
    tx: Connection,
    person: Person,
    stored: rows.StoredList,
    listed: ListedPlate,
    decision: Decision,
    key: bytes,
) -> None:
    """Record the refusal, and remember an immigration entry so that it does not come back as something else."""
    if listed.kind == IMMIGRATION_VIOLATOR and decision.promises:
        digests = [hotlist_memory.of_case(key, listed.plate, listed.case), hotlist_memory.of_plate(key, listed.plate)]
        await rows.remember(tx, stored.agency_no, digests, decision.promises[0], node.now())
    body: dict[str, JSON] = {
        "hotlist": stored.list_id, "kind": listed.kind, "promises": list(decision.promises), "sentence": decision.why,
        "by": person.id,
    }  # fmt: skip
    await tell(node, tx, EventType.HOTLIST_ENTRY_REFUSED, person.organisation, body)


async def _unconfirmed_until(
    node: Node, tx: Connection, stored: rows.StoredList, key: bytes, listed: ListedPlate
) -> datetime:
    """Until when a new entry matches with nobody's confirmation: four hours in a month, whoever enters the plate for whatever."""
    now, digest = node.now(), hotlist_memory.of_entering(key, listed.plate)
    first = await rows.remembered_at(tx, stored.agency_no, digest, now - UNCONFIRMED_AGAIN)
    if first is None:
        await rows.remember(tx, stored.agency_no, [digest], "unconfirmed", now)
    return max(now, (first or now) + UNCONFIRMED)


async def _enter(
    node: Node, tx: Connection, person: Person, stored: rows.StoredList, listed: ListedPlate, until: datetime
) -> EntryView:
    now, entry_id = node.now(), uuid7(node.now(), node.random(10))
    digest = content_digest(listed)
    added = await rows.add_entry(tx, stored.list_no, entry_id, listed, digest, by=person.id, at=now, active_until=until)
    if not added:
        raise BadInput("this plate is on the list already, with the same reason and case", where="plate")
    body: dict[str, JSON] = {
        "hotlist": stored.list_id, "entry": str(entry_id), "by": person.id, "plate": listed.plate, "reason": listed.reason,
        "expires": write_instant(listed.expires),
    }  # fmt: skip
    if listed.case:
        body["case"] = listed.case
    await tell(node, tx, EventType.HOTLIST_ENTRY_ADDED, person.organisation, body)
    return _entry_view(await _entry(tx, stored, str(entry_id)), stored.list_id, now)


def _listed(new: NewEntry, stored: rows.StoredList, now: datetime) -> ListedPlate:
    reason, case = " ".join(new.reason.split()), " ".join(new.case.split())
    require_reason(reason)
    if not case or len(case) > 60 or not case.isprintable():
        raise BadInput("name the case, in at most 60 characters", where="case")
    if new.expires is None or new.expires.tzinfo is None:
        raise BadInput("say until when the plate is wanted, with its offset from UTC", where="expires")
    if not now < new.expires <= now + LONGEST:
        raise BadInput("an entry ends after now and within a year", where="expires")
    state = (new.state or "").strip() or None
    if state is not None and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", state):
        raise BadInput("write the state as US-CA", where="state")
    kind = kind_of((new.kind or "").strip(), reason, stored.kind)
    try:
        plate = normalise(new.plate)
    except BadInput as wrong:
        raise BadInput(wrong.args[0], where="plate") from None
    return ListedPlate(plate, state, kind, reason, case, new.priority, new.expires)


def _kept_off(owner: str, promise: str) -> Decision:
    why = (
        "This plate and case came in a file that a promise keeps off hot lists; they are not entered as something else."
    )
    return Decision(owner, False, why, promises=(promise,), help="The privacy officer can say which promise this is.")


async def _entry(tx: Connection, stored: rows.StoredList, entry_id: str) -> rows.StoredEntry:
    try:
        found = await rows.entry(tx, stored.list_no, UUID(entry_id))
    except ValueError:
        found = None
    if found is None:
        raise BadInput("there is no such entry on this list", where="entry")
    return found


def _entry_view(row: rows.StoredEntry, list_id: str, now: datetime) -> EntryView:
    if row.expires_at <= now:
        state = "expired"
    elif row.active_until >= row.expires_at:
        state = "active"
    else:
        state = "unconfirmed" if row.active_until > now else "waiting"
    return EntryView(
        str(row.entry_id), list_id, row.plate, row.region, row.kind, row.reason, row.case_no, row.priority, row.entered_by,
        row.listed_at, row.expires_at, row.active_until, row.confirmed_by, state,
    )  # fmt: skip


def _after(cursor: str | None) -> tuple[str, UUID] | None:
    if not cursor:
        return None
    plate, _, entry = cursor.partition(".")
    try:
        return plate, UUID(entry)
    except ValueError:
        raise BadInput("this is no page of the list", where="after") from None
