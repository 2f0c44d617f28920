"""The access log: who asked what, why, and what came out. Everybody sees their own records; some see all of their agency.

Looking at other people's records is recorded itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plateward.core.canonical import JSON
from plateward.core.cursor import cursor_after, parse_cursor
from plateward.core.errors import NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.search import OwnerAnswer
from plateward.store import events, people


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One access record as California Civ. Code 1798.90.52(a) asks for it. ``seq``: its place in the ledger."""

    seq: int
    at: datetime
    event: str
    person: str
    person_name: str
    organisation: str
    organisation_name: str
    employer: str
    employer_name: str
    on_behalf_of: str | None
    query: Mapping[str, JSON]
    reason: str
    words: str
    case: str | None
    offence: str | None
    allowed: bool
    owners: tuple[OwnerAnswer, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Records, the latest first. ``next``: where the next page begins. ``all_of_agency``: whether others' are among them."""

    rows: tuple[AccessRow, ...]
    next: str | None
    all_of_agency: bool


async def access_log(
    node: Node,
    person: Person,
    *,
    cursor: str | None = None,
    limit: int = 100,
    person_filter: str | None = None,
    only_refused: bool = False,
) -> AccessPage:
    """The records that ``person`` may see: of the own agency's people and of requests for its reads, or only the own ones."""
    every = person.may(Permission.ACCESS_LOG)
    if person_filter is not None and person_filter != person.id and not every:
        raise NotAllowed("your role sees its own records only", where="person")
    wanted = events.AccessFilter(
        concerns=person.organisation if every else None,
        user_id=person_filter if every else person.id,
        allowed=False if only_refused else None,
    )
    limit = min(max(limit, 1), 1000)
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        found = await events.access(tx, wanted, after=parse_cursor(cursor, int) if cursor else None, limit=limit)
        names = {known.id: known.name for known in await people.persons(tx, node.now())}
        if every:
            await ledger.append(node, tx, _looked(node, person, person_filter, only_refused, len(found)))
    told = tuple(_told(row, policy, names) for row in found)
    following = cursor_after(found[-1].at, str(found[-1].seq)) if len(found) == limit else None
    return AccessPage(told, following, every)


async def access_row(node: Node, person: Person, seq: int) -> AccessRow | None:
    """One record; None when there is none or it is not this person's to see."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        row = await events.access_record(tx, seq)
        asker = await people.person(tx, row.user_id, node.now()) if row else None
    if row is None:
        return None
    own = row.user_id == person.id
    of_agency = row.organisation == person.organisation or person.organisation in row.owners
    return (
        _told(row, policy, {asker.id: asker.name} if asker else {})
        if own or (of_agency and person.may(Permission.ACCESS_LOG))
        else None
    )


def _told(row: events.AccessRecord, policy: Policy, names: Mapping[str, str]) -> AccessRow:
    name = policy.registry.called
    return AccessRow(
        seq=row.seq,
        at=row.at,
        event=row.act,
        person=row.user_id,
        person_name=names.get(row.user_id, row.user_id),
        organisation=row.organisation,
        organisation_name=name(row.organisation),
        employer=row.employer,
        employer_name=name(row.employer),
        on_behalf_of=row.on_behalf_of,
        query=row.query,
        reason=row.reason,
        words=row.words,
        case=row.case_no,
        offence=row.offence,
        allowed=row.allowed,
        owners=tuple(_owner(told, name) for told in row.decisions),
        rows=row.rows,
    )


def _owner(told: Mapping[str, Any], name: Any) -> OwnerAnswer:
    return OwnerAnswer(
        told["agency"], name(told["agency"]), told["allowed"], told["why"], tuple(told["promises"]), tuple(told["shares"]),
        tuple((agency, name(agency)) for agency in told["chain"]), told.get("help", ""), told["rows"],
    )  # fmt: skip


def _looked(node: Node, person: Person, person_filter: str | None, only_refused: bool, count: int) -> Event:
    """The record that somebody looked at other people's records."""
    asked: dict[str, JSON] = {"person": person_filter} if person_filter else {}
    asked |= {"only_refused": True} if only_refused else {}
    body: dict[str, JSON] = {"person": person.id, "organisation": person.organisation, "query": asked, "rows": count}
    return Event(EventType.ACCESS_LOG, node.now(), person.organisation, body)
