"""Notices: what an agency must be told of its shares and documents, and who of it has seen that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plateward.core.canonical import JSON
from plateward.core.errors import NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import people
from plateward.store import sharing as rows


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice. ``subject``: the id of what it is about; ``seen_by_name``: "" while nobody has seen it."""

    number: int
    at: datetime
    subject: str
    sentence: str
    seen_by_name: str
    seen_at: datetime | None


async def notices(node: Node, person: Person, *, every: bool = True) -> tuple[NoticeView, ...]:
    """What the person's agency was told, latest first; without ``every`` only what nobody has seen. Raises NotAllowed."""
    _may_see(person)
    async with node.store.transaction() as tx:
        found = await rows.notices(tx, person.organisation, every=every)
        names = {known.id: known.name for known in await people.persons(tx, node.now())}
    return tuple(
        NoticeView(
            one.notice_no, one.at, one.subject, one.sentence,
            names.get(one.seen_by, one.seen_by) if one.seen_by else "", one.seen_at,
        )
        for one in found
    )  # fmt: skip


async def unseen(node: Node, person: Person) -> int:
    """How many notices of the person's agency nobody has seen; 0 for a role that sees none."""
    if not person.may(Permission.EXPOSURE):
        return 0
    async with node.store.transaction() as tx:
        return await rows.unseen(tx, person.organisation)


async def see(node: Node, person: Person, numbers: tuple[int, ...] = ()) -> int:
    """Note that the person saw the notices ``numbers``, or all; returns how many nobody had seen. Raises NotAllowed."""
    _may_see(person)
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        waiting = await rows.notices(tx, person.organisation)
        wanted = [one.notice_no for one in waiting if not numbers or one.notice_no in numbers]
        for number in wanted:
            await rows.see_notice(tx, person.organisation, number, by=person.id, at=node.now())
        for number in wanted:
            body: dict[str, JSON] = {"notice": number, "owner": person.organisation, "by": person.id}
            await ledger.append(node, tx, Event(EventType.NOTICE_SEEN, node.now(), person.organisation, body))
    return len(wanted)


def _may_see(person: Person) -> None:
    if not person.may(Permission.EXPOSURE):
        raise NotAllowed("the ALPR administrator, the privacy officer and the auditor see notices", where="person")
