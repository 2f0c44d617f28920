"""Production: the owner's custodian hands over exactly the reads that a court's order names, once.

It opens no search. Counsel confirms the order, a second person approves, the custodian hands over; an administrative warrant, a
detainer and an agency's own subpoena open nothing, and that they were shown is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.opening import Opening, Process, decide_production
from plateward.core.people import Permission, Person
from plateward.core.purpose import Purpose
from plateward.core.share import Act
from plateward.formats.tables import write_csv
from plateward.node import ledger
from plateward.node.gate import Found, Request, Scope, pass_gate
from plateward.node.node import Node
from plateward.node.sharing.exposure import delivered
from plateward.node.sharing.refusals import recording
from plateward.store import openings as rows
from plateward.store import search as found_rows
from plateward.store.connection import Connection

MAX_READS = 1000


@dataclass(frozen=True, slots=True)
class ProductionView:
    """A production. ``state``: asked, confirmed (by counsel), approved, made or refused."""

    id: str
    owner: str
    agency: str
    agency_name: str
    process: str
    reference: str
    reads: tuple[UUID, ...]
    state: str
    sentence: str
    asked_by: str
    asked_at: datetime
    counsel: str | None
    approved_by: str | None
    made_at: datetime | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The production as it stands, and why it was refused where it was."""

    view: ProductionView
    refusal: Decision | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The file, its SHA-256 (hex), and the reads that were named but are not this owner's, or not kept any more."""

    file: str
    digest: str
    missing: tuple[UUID, ...]
    record: int


async def ask(
    node: Node, person: Person, agency: str, process: str, reference: str, digest: str, reads: tuple[UUID, ...]
) -> Asked:
    """Enter legal process for named reads of the person's own agency: the court's reference, and the SHA-256 of the document."""
    if process not in Process._value2member_map_:
        raise BadInput(f"choose one of {', '.join(Process)}", where="process")
    if len(digest) != 64 or not all(character in "0123456789abcdef" for character in digest):
        raise BadInput("the SHA-256 of the document, as 64 hex digits", where="digest")
    if not 0 < len(set(reads)) <= MAX_READS:
        raise BadInput(f"name 1 to {MAX_READS} reads by their ids", where="reads")
    if not reference.strip():
        raise BadInput("name the court and the order's number", where="reference")
    now = node.now()
    async with recording(node, person, EventType.PRODUCTION_REQUESTED), node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        owner = person.organisation
        if not person.may(Permission.PRODUCTION) or owner not in await node.owners(tx):
            raise NotAllowed("the custodian of the owner's reads enters legal process", where="person")
        decision = decide_production(policy, owner, agency, Process(process))
        row = rows.Production(
            uuid7(now, node.random(10)), owner, agency, process, reference.strip()[:300], bytes.fromhex(digest),
            tuple(dict.fromkeys(reads)), "asked" if decision.allowed else "refused", "" if decision.allowed else decision.why,
            person.id, now,
        )  # fmt: skip
        await rows.add_production(tx, row)
        told: dict[str, JSON] = {
            "production": str(row.production_id), "owner": owner, "agency": agency, "by": person.id,
        }  # fmt: skip
        asked = Event(EventType.PRODUCTION_REQUESTED, now, owner, {**told, "process": process, "digest": digest})
        await ledger.append(node, tx, asked)
        if not decision.allowed:
            refused = Event(EventType.PRODUCTION_REFUSED, now, owner, {**told, "sentence": decision.why})
            await ledger.append(node, tx, refused)
    return Asked(_view(row, policy.registry.called(agency)), None if decision.allowed else decision)


async def confirm(node: Node, person: Person, production_id: str) -> ProductionView:
    """Confirm as counsel that a judge signed the order and that it names these reads."""
    async with recording(node, person, EventType.PRODUCTION_CONFIRMED, production_id), node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        person = await node.current(tx, person)
        row = await _row(tx, person, production_id, "asked")
        if not person.may(Permission.COUNSEL) or person.id == row.asked_by:
            raise NotAllowed("the owner's counsel confirms an order", where="person")
        row = replace(row, state="confirmed", counsel=person.id, counsel_at=node.now())
        await rows.step_production(tx, row)
        await ledger.append(node, tx, _step(node, EventType.PRODUCTION_CONFIRMED, row, person))
    return _view(row, name(row.agency))


async def approve(node: Node, person: Person, production_id: str) -> ProductionView:
    """Approve as the second person, with the privacy role, who neither entered nor confirmed it."""
    async with recording(node, person, EventType.PRODUCTION_APPROVED, production_id), node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        person = await node.current(tx, person)
        row = await _row(tx, person, production_id, "confirmed")
        if not person.may(Permission.SHARE_APPROVE) or person.id in (row.asked_by, row.counsel):
            raise NotAllowed(
                "the owner's privacy officer approves, who neither entered nor confirmed it", where="person"
            )
        row = replace(row, state="approved", approved_by=person.id, approved_at=node.now())
        await rows.step_production(tx, row)
        await ledger.append(node, tx, _step(node, EventType.PRODUCTION_APPROVED, row, person))
    return _view(row, name(row.agency))


async def hand_over(node: Node, person: Person, production_id: str, *, session: str | None = None) -> HandedOver:
    """The file with exactly the named reads, once. Raises BadInput unless it is approved, and when the gate refuses it now."""
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        row = await _row(tx, person, production_id, "approved")

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[HandedOver]:
        held = await _row(tx, person, production_id, "approved")
        limits = [(scope.number, scope.since) for scope in scopes]
        named = {read_id: await found_rows.find_one(tx, limits, read_id) for read_id in held.reads}
        present = [found for found in named.values() if found is not None]
        file = _file(present)
        digest = sha256(file.encode()).digest()
        kept = f"{len(present)} of the {len(held.reads)} reads named are this owner's and kept."
        made = replace(held, state="made", made_at=node.now(), handed_over=digest, sentence=kept)
        await rows.step_production(tx, made)
        told = await ledger.append(node, tx, _made(node, made, person, len(present)))
        await delivered(
            node, tx, held.owner, held.agency, kind="production", record=told, by=person.id, reads=len(present),
            purpose="court-order",
        )  # fmt: skip
        missing = tuple(read_id for read_id, found in named.items() if found is None)
        return Found(HandedOver(file, digest.hex(), missing, 0), {held.owner: len(present)})

    purpose = Purpose("court-order", row.reference, case=production_id, on_behalf_of=row.agency)
    asked = Request(
        Act.PRODUCTION, EventType.ACCESS_EXPORT, Permission.PRODUCTION, (row.owner,), purpose,
        {"production": production_id, "reads": [str(one) for one in row.reads]}, session=session,
        opening=Opening(row.agency, row.process, production_id), approvals=(production_id,),
    )  # fmt: skip
    passage = await pass_gate(node, person, asked, work)
    if passage.answer is None:
        raise BadInput(passage.decisions[0].why, where="production")
    return replace(passage.answer, record=passage.record)


async def productions(node: Node, person: Person) -> tuple[ProductionView, ...]:
    """The productions of the person's own agency, latest first, for those who take part in them or oversee them."""
    if not person.may(Permission.PRODUCTION) and not person.may(Permission.EXPOSURE):
        raise NotAllowed("the custodian, counsel, the privacy officer and the auditor see productions", where="person")
    async with node.store.transaction() as tx:
        name = (await node.policy(tx)).registry.called
        found = await rows.productions(tx, person.organisation)
    return tuple(_view(row, name(row.agency)) for row in found)


def _file(found: list[found_rows.Row]) -> str:
    columns = ("id", "read_at", "plate", "region", "confidence", "reader", "lat", "lon", "agency")
    rows_ = (
        (
            one.read.id, one.read.read_at.isoformat(), one.read.plate, one.read.region, one.read.confidence, one.read.reader,
            one.read.position.lat if one.read.position else None, one.read.position.lon if one.read.position else None,
            one.read.agency,
        )
        for one in found
    )  # fmt: skip
    return write_csv(columns, rows_)


def _step(node: Node, event: EventType, row: rows.Production, person: Person) -> Event:
    body: dict[str, JSON] = {"production": str(row.production_id), "owner": row.owner, "by": person.id}
    return Event(event, node.now(), row.owner, body)


def _made(node: Node, row: rows.Production, person: Person, reads: int) -> Event:
    assert row.handed_over is not None
    body: dict[str, JSON] = {
        "production": str(row.production_id), "owner": row.owner, "agency": row.agency, "reads": reads,
        "digest": row.handed_over.hex(), "custodian": person.id, "counsel": row.counsel, "approved_by": row.approved_by,
    }  # fmt: skip
    return Event(EventType.PRODUCTION_MADE, node.now(), row.owner, body)


async def _row(tx: Connection, person: Person, production_id: str, state: str) -> rows.Production:
    try:
        number = UUID(production_id)
    except ValueError:
        raise BadInput(f"{production_id[:60]!r} is no production's number", where="production") from None
    row = await rows.production(tx, number)
    if row is None or row.owner != person.organisation:
        raise BadInput("there is no such production for you", where="production")
    if row.state != state:
        raise BadInput(f"this production is {row.state}; this step needs it {state}", where="production")
    return row


def _view(row: rows.Production, name: str) -> ProductionView:
    return ProductionView(
        str(row.production_id), row.owner, row.agency, name, row.process, row.reference, tuple(row.reads), row.state,
        row.sentence, row.asked_by, row.asked_at, row.counsel, row.approved_by, row.made_at,
        bytes(row.handed_over).hex() if row.handed_over else None,
    )  # fmt: skip
