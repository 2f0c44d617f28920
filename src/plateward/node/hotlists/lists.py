"""Hot lists: who may make, change and end them. The ALPR administrator of an agency looks after its lists.

Plates come onto a list by hand (``hot_entries``) or from files (``hotlist_import``), never both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.hotlist import (
    KINDS,
    LONGEST,
)
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy
from plateward.formats.hotlists.layout import parse_layout
from plateward.node import ledger
from plateward.node.hotlists.matching import age_limit, grants
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store import readers
from plateward.store.connection import Connection

ID = re.compile(r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$")
BY_HAND_AGE, FILE_AGE = 30 * 1440, 1440
"""Minutes after which a list is stale where nobody says otherwise: a month by hand, a day from files."""


@dataclass(frozen=True, slots=True)
class ListSettings:
    """What is set of a list. ``max_age_minutes``: None for what is usual. ``layout``: a layout file's text, or ""."""

    name: str
    kind: str
    source: str
    max_age_minutes: int | None = None
    default_days: int | None = None
    look_alike: bool = True
    least_confidence: float = 0.1
    edge: bool = False
    layout: str = ""


@dataclass(frozen=True, slots=True)
class ListView:
    """A list as people see it. ``state``: current, stale, empty or retired. ``matches``: agencies whose reads it may match now."""

    id: str
    owner: str
    owner_name: str
    name: str
    kind: str
    source: str
    by_hand: bool
    entries: int
    kinds: tuple[str, ...]
    as_of: datetime
    stale_at: datetime
    max_age_minutes: int
    default_days: int | None
    look_alike: bool
    least_confidence: float
    edge: bool
    has_layout: bool
    state: str
    matches: tuple[str, ...]


async def add_list(node: Node, person: Person, list_id: str, by_hand: bool, settings: ListSettings) -> ListView:
    """Make a list of the person's own agency. Raises BadInput naming the field."""
    require(person, Permission.HOT_LISTS, "an ALPR administrator makes hot lists")
    if not ID.fullmatch(list_id) or len(list_id) > 80:
        raise BadInput("an id is lower-case letters and digits, joined by '-', '_' or '.'", where="id")
    _check(settings)
    age = settings.max_age_minutes or (BY_HAND_AGE if by_hand else FILE_AGE)
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        number = await readers.add_agency(tx, person.organisation)
        new = columns_of(settings, age) | {
            "list_id": list_id, "agency_no": number, "by_hand": by_hand, "by": person.id, "at": node.now()
        }  # fmt: skip
        if await rows.add_list(tx, new) is None:
            raise BadInput(f"there is a hot list {list_id!r} already", where="id")
        body: dict[str, JSON] = {
            "hotlist": list_id, "owner": person.organisation, "kind": settings.kind, "source": settings.source,
            "age_limit_h": -(-age // 60), "by": person.id,
        }  # fmt: skip
        await tell(node, tx, EventType.HOTLIST_ADDED, person.organisation, body)
        stored = await rows.by_id(tx, list_id)
        assert stored is not None
        return view(node, policy, stored)


async def change_list(node: Node, person: Person, list_id: str, changed: Mapping[str, Any]) -> ListView:
    """Change settings of a list, those that are given by the names of ``ListSettings``. Raises BadInput naming the field."""
    require(person, Permission.HOT_LISTS, "an ALPR administrator changes hot lists")
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        stored = await own_list(tx, person, list_id)
        before = settings_of(stored)
        settings = ListSettings(**{**_as_dict(before), **changed})
        _check(settings)
        fields = [name for name, value in _as_dict(settings).items() if value != getattr(before, name)]
        columns = columns_of(settings, settings.max_age_minutes or stored.max_age_minutes)
        if fields and not await rows.change_list(tx, columns | {"list_no": stored.list_no}):
            raise BadInput("this list is retired", where="id")
        if fields:
            body: dict[str, JSON] = {"hotlist": list_id, "fields": list(fields), "by": person.id}
            await tell(node, tx, EventType.HOTLIST_CHANGED, person.organisation, body)
        return view(node, policy, await own_list(tx, person, list_id))


async def retire_list(node: Node, person: Person, list_id: str) -> None:
    """End a list and delete its entries. Raises BadInput when it is retired or not the person's to end."""
    require(person, Permission.HOT_LISTS, "an ALPR administrator retires hot lists")
    async with node.store.transaction() as tx:
        stored = await own_list(tx, person, list_id)
        await rows.lock(tx, stored.list_no)
        await rows.show_lists(tx, [stored.list_no])
        if not await rows.retire(tx, stored.list_no, by=person.id, at=node.now()):
            raise BadInput("this list is retired already", where="id")
        await tell(
            node, tx, EventType.HOTLIST_RETIRED, person.organisation, {"hotlist": list_id, "by": person.id}
        )  # fmt: skip


async def affirm_list(node: Node, person: Person, list_id: str) -> ListView:
    """Say that every entry of a list kept by hand was looked through and is current: its age begins anew."""
    require(person, Permission.HOT_LISTS, "an ALPR administrator affirms hot lists")
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        stored = await own_list(tx, person, list_id)
        if not stored.by_hand:
            raise BadInput("this list is current when its next file is loaded", where="id")
        await rows.still_current(tx, stored.list_no, node.now())
        body: dict[str, JSON] = {"hotlist": list_id, "fields": ["as_of"], "by": person.id}
        await tell(node, tx, EventType.HOTLIST_CHANGED, person.organisation, body)
        return view(node, policy, await own_list(tx, person, list_id))


async def lists(node: Node, person: Person) -> tuple[ListView, ...]:
    """The hot lists of the person's own agency, and whose reads each may match."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        owners, now = await node.owners(tx), node.now()
        found = []
        for one in await rows.of_agency(tx, person.organisation):
            matched = tuple(owner for owner in owners if grants(node, policy, owner, [one], now))
            found.append(view(node, policy, one, matched))
    return tuple(found)


async def own_list(tx: Connection, person: Person, list_id: str) -> rows.StoredList:
    """A list of the person's own agency. Another agency's is as if there were none."""
    stored = await rows.by_id(tx, list_id)
    if stored is None or stored.owner != person.organisation:
        raise BadInput(f"your agency has no hot list {list_id[:80]!r}", where="id")
    return stored


def settings_of(stored: rows.StoredList) -> ListSettings:
    """A list's settings as they are."""
    return ListSettings(
        stored.name, stored.kind, stored.source, stored.max_age_minutes, stored.default_days, stored.look_alike,
        stored.least_confidence / 1000, stored.edge, stored.layout,
    )  # fmt: skip


def _check(settings: ListSettings) -> None:
    for field in ("name", "source"):
        value = getattr(settings, field)
        if not value.strip() or len(value) > 120 or not value.isprintable():
            raise BadInput(f"write the list's {field}, in at most 120 characters", where=field)
    if settings.kind not in KINDS:
        raise BadInput(f"choose one of {', '.join(KINDS)}", where="kind")
    if settings.max_age_minutes is not None and not 1 <= settings.max_age_minutes <= 366 * 1440:
        raise BadInput("a list is stale after a minute at least and a year at most", where="max_age_minutes")
    if settings.default_days is not None and not 1 <= settings.default_days <= LONGEST.days:
        raise BadInput("entries end after 1 to 366 days", where="default_days")
    if not 0 <= settings.least_confidence <= 1:
        raise BadInput("a confidence lies between 0 and 1", where="least_confidence")
    if settings.layout:
        parse_layout(settings.layout, "layout")


def columns_of(settings: ListSettings, age: int) -> dict[str, Any]:
    """Settings as they are stored; ``age``: minutes after which the list is stale."""
    return _as_dict(settings) | {
        "name": settings.name.strip(), "source": settings.source.strip(), "max_age_minutes": age,
        "least_confidence": round(settings.least_confidence * 1000),
    }  # fmt: skip


def _as_dict(settings: ListSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in ListSettings.__dataclass_fields__}


def view(node: Node, policy: Policy, one: rows.StoredList, matches: tuple[str, ...] = ()) -> ListView:
    """``one`` as people see it; ``matches``: the owners whose reads it may match."""
    stale_at = one.as_of + age_limit(node, policy, one)
    state = (
        "retired"
        if one.retired_at
        else "empty"
        if not one.entries
        else "stale"
        if stale_at <= node.now()
        else "current"
    )
    return ListView(
        one.list_id, one.owner, policy.registry.called(one.owner), one.name, one.kind, one.source, one.by_hand, one.entries,
        tuple(sorted(one.kinds)), one.as_of, stale_at, one.max_age_minutes, one.default_days, one.look_alike,
        one.least_confidence / 1000, one.edge, bool(one.layout), state, matches,
    )  # fmt: skip


def require(person: Person, permission: Permission, who: str) -> None:
    """Raise BadInput, saying ``who`` can, unless the person may."""
    if not person.may(permission):
        raise BadInput(who, where="person")


async def tell(node: Node, tx: Connection, event: EventType, actor: str, body: Mapping[str, JSON]) -> None:
    """Tell the ledger; the last thing a transaction does."""
    await ledger.append(node, tx, Event(event, node.now(), actor, body))
