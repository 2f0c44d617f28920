"""Looking at held reads: only those of an approved hold, only by naming its case, and through the gate like any other look."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import PLAIN
from plateward.core.purpose import Purpose
from plateward.core.share import Act
from plateward.node.gate import Found, Passage, Request, Scope, pass_gate
from plateward.node.node import Node
from plateward.store import holds as rows
from plateward.store.connection import Connection
from plateward.store.holds import HeldRead, Hold

__all__ = ["HeldRead", "look", "picture"]


async def look(
    node: Node,
    person: Person,
    hold_id: str,
    case: str,
    reason: str,
    *,
    export: bool = False,
    session: str | None = None,
) -> Passage[tuple[Hold, tuple[HeldRead, ...]]]:
    """The reads of a hold, for its case. ``export``: to hand them out as a file, which promises see as an export with a hold.

    Raises BadInput where there is no active hold of the own agency under this case.
    """
    hold = await _active(node, person, hold_id, case)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[tuple[Hold, tuple[HeldRead, ...]]]:
        found = await rows.reads(tx, [scope.number for scope in scopes], hold.hold_id, node.now())
        return Found((hold, found), {hold.owner: len(found)})

    return await pass_gate(node, person, _request(hold, reason, session, export=export), work)


async def picture(
    node: Node, person: Person, hold_id: str, read_id: UUID, case: str, reason: str, *, session: str | None = None
) -> Passage[tuple[bytes, str] | None]:
    """The picture of one held read and its media type; None where it has none."""
    hold = await _active(node, person, hold_id, case)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[tuple[bytes, str] | None]:
        found = await rows.reads(tx, [scope.number for scope in scopes], hold.hold_id, node.now())
        one = next((held for held in found if held.read.id == read_id), None)
        if one is None or one.read.picture is None:
            return Found(None)
        jpeg = await asyncio.to_thread(node.vault.held.get, hold.hold_id, one.read.picture)
        return Found(None if jpeg is None else (jpeg, one.media_type or "image/jpeg"), {hold.owner: 1})

    asked = _request(hold, reason, session)
    query: dict[str, JSON] = {**asked.query, "read": str(read_id)}
    asked = replace(asked, act=Act.PICTURE, event=EventType.ACCESS_PICTURE, query=query)
    return await pass_gate(node, person, asked, work)


def _request(hold: Hold, reason: str, session: str | None, *, export: bool = False) -> Request:
    act, event = (Act.EXPORT, EventType.ACCESS_EXPORT) if export else (Act.SEARCH, EventType.ACCESS_READ)
    return Request(
        act, event, Permission.SEARCH, (hold.owner,), Purpose.of(reason, case=hold.case_no), {"hold": str(hold.hold_id)},
        replace(PLAIN, documents=frozenset({"hold"})), approvals=(str(hold.hold_id),), session=session,
    )  # fmt: skip


async def _active(node: Node, person: Person, hold_id: str, case: str) -> Hold:
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        try:
            hold = await rows.hold(tx, UUID(hold_id))
        except ValueError:
            hold = None
    if hold is None or hold.owner != person.organisation or hold.state != "active":
        raise BadInput("there is no approved hold of your agency with this number", where="hold")
    if case.strip().casefold() != hold.case_no.casefold():
        raise BadInput("held reads are seen for the case they are held for alone", where="case")
    return hold
