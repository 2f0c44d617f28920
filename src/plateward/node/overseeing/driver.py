"""A driver asks what was looked up about the own plate.

An abuser may share the car, or be the one who looks it up. So an answer has counts, agencies and purposes of searches that lie long
back, never a read, a place or a person; and where somebody else is registered too, a second person of the agency decides
whether anything is said. Identity and registration are proved at the counter, and what proved them is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.people import Person
from plateward.core.plate import normalise
from plateward.core.purpose import title
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.overseeing.audit import SEARCHES, require_auditor
from plateward.node.overseeing.reports import Content, Report, Table, keep
from plateward.store import audit as rows
from plateward.store.connection import Connection

DELAY = timedelta(days=60)
"""Searches younger than this are not counted in an answer: it must not tell of a case that is being worked."""

WAIT = timedelta(days=3)
"""An answer is given no sooner after the question: time to look at the papers, and none to use it in anger."""

KEPT = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Asked:
    """A driver's request as the agency's people see it. ``ready``: whether ``person`` may answer or decide it now."""

    id: str
    plate: str
    identity: str
    registration: str
    co_registrant: bool
    entered_by: str
    asked_at: datetime
    answer_from: datetime
    state: str
    reviewed_by: str | None
    note: str
    ready: bool


async def ask(
    node: Node, person: Person, plate: str, identity: str, registration: str, *, co_registrant: bool
) -> Asked:
    """Enter a driver's request. Raises BadInput where identity or registration are not proved: then nothing is kept."""
    person = await require_auditor(node, person)
    plain = normalise(plate)
    if not plain:
        raise BadInput("type the plate", where="plate")
    for name, told in (("identity", identity), ("registration", registration)):
        if len(told.strip()) < 5:
            raise BadInput("say what proved it: kind of document and who looked at it", where=name)
    now = node.now()
    request = rows.DriverRequest(
        uuid7(now, node.random(10)), person.organisation, plain, identity.strip()[:200], registration.strip()[:200], co_registrant,
        person.id, now, now + WAIT, "review" if co_registrant else "waiting", now + KEPT,
    )  # fmt: skip
    body: dict[str, JSON] = {
        "request": str(request.request_id), "identity_proved": True, "registration_proved": True,
        "co_registrant": co_registrant, "plate": plain, "by": person.id,
    }  # fmt: skip
    async with node.store.transaction() as tx:
        await rows.add_driver(tx, request)
        await ledger.append(node, tx, Event(EventType.DRIVER_ASKED, now, person.organisation, body))
    return _told(request, person, now)


async def requests(node: Node, person: Person) -> tuple[Asked, ...]:
    """The requests of drivers to one's agency, latest first."""
    person = await require_auditor(node, person)
    async with node.store.transaction() as tx:
        found = await rows.drivers(tx, person.organisation)
    return tuple(_told(row, person, node.now()) for row in found)


async def review(node: Node, person: Person, request_id: str, *, answer: bool, note: str) -> Asked:
    """Decide, as a second person, whether a request with a co-registrant is answered. Raises BadInput."""
    person = await require_auditor(node, person)
    now = node.now()
    if len(note.strip()) < 5:
        raise BadInput("say in a few words why", where="note")
    async with node.store.transaction() as tx:
        row = await _row(tx, person, request_id, "review")
        if row.entered_by == person.id:
            raise NotAllowed("somebody else than who entered it decides", where="request")
        state = "waiting" if answer else "refused"
        row = replace(row, state=state, reviewed_by=person.id, reviewed_at=now, note=note.strip()[:500])
        await rows.step_driver(tx, row)
        said = "put before a person" if answer else "refused"
        await ledger.append(node, tx, _answered(row, said, person, now))
    return _told(row, person, now)


async def answer(node: Node, person: Person, request_id: str) -> Report:
    """Answer a request: counts by agency and by purpose. Raises BadInput before its time, or where a second person must decide."""
    person = await require_auditor(node, person)
    now = node.now()
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        row = await _row(tx, person, request_id, "waiting")
        if now < row.answer_from:
            raise BadInput(f"an answer is given from {row.answer_from:%Y-%m-%d %H:%M} UTC on", where="request")
        found = await rows.of_plate(tx, person.organisation, row.plate, now - DELAY, SEARCHES)
        await rows.step_driver(tx, replace(row, state="answered"))
        await ledger.append(node, tx, _answered(row, "answered", person, now))
        called = policy.registry.called
        content = _content(called(person.organisation), found, called, now)
        return await keep(node, tx, person, "driver", content, public=False)


def _content(owner: str, found: Sequence[rows.SearchRow], called: Callable[[str], str], now: datetime) -> Content:
    notes = (
        f"Searches for this very plate in the reads of {owner}, until {now - DELAY:%Y-%m-%d}. Later ones are not counted yet; ask "
        "again.",
        "Searches with unknown characters may have found the plate too; they cannot be counted. No answer names a person, a place "
        "or a read. Who believes to have been followed can ask the auditor to look at the searches.",
    )
    answered = sum(row.allowed for row in found)
    tables = (
        _table("By agency", "agency", Counter(called(row.on_behalf_of or row.organisation) for row in found)),
        _table("By purpose", "purpose", Counter(title(row.reason) for row in found)),
        Table("In all", ("searches", "answered", "refused"), ((len(found), answered, len(found) - answered),)),
    )
    return Content("Answer to a driver", notes, tables)


def _table(name: str, column: str, counts: Counter[str]) -> Table:
    return Table(name, (column, "searches"), tuple(counts.most_common()))


def _answered(row: rows.DriverRequest, said: str, person: Person, now: datetime) -> Event:
    body: dict[str, JSON] = {"request": str(row.request_id), "answer": said, "by": person.id}
    return Event(EventType.DRIVER_ANSWERED, now, row.owner, body)


async def _row(tx: Connection, person: Person, request_id: str, state: str) -> rows.DriverRequest:
    try:
        row = await rows.driver(tx, UUID(request_id))
    except ValueError:
        row = None
    if row is None or row.owner != person.organisation:
        raise BadInput("there is no such request", where="request")
    if row.state != state:
        needs = "a second person must decide it first" if row.state == "review" else f"it is {row.state} already"
        raise BadInput(needs, where="request")
    return row


def _told(row: rows.DriverRequest, person: Person, now: datetime) -> Asked:
    deciding = row.state == "review" and row.entered_by != person.id
    ready = deciding or (row.state == "waiting" and now >= row.answer_from)
    return Asked(
        str(row.request_id), row.plate, row.identity, row.registration, row.co_registrant, row.entered_by, row.asked_at,
        row.answer_from, row.state, row.reviewed_by, row.note, ready,
    )  # fmt: skip
