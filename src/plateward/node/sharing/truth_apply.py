"""Putting a change of what is true into the database and telling the ledger, in the change's own transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

from plateward import registry
from plateward.core.agency import Affiliation, Agency, Component, Registry
from plateward.core.canonical import JSON
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.people import Person
from plateward.core.promise import Promise, parse_promises
from plateward.core.proposal import (
    AddAffiliation,
    AddPerson,
    AdoptPromises,
    AssignPerson,
    EndAffiliation,
    EndAssignment,
    EndRetentionGroup,
    Proposal,
    ReleaseBrake,
    SetAgency,
    SetEmployer,
    SetRecordsDuty,
    SetRetention,
    Sourced,
    WithdrawPromise,
)
from plateward.core.sharing import decides_changes
from plateward.node.keeping.retention import apply_retention
from plateward.node.node import in_force
from plateward.node.people.accounts import told_of
from plateward.node.sharing.change import Change
from plateward.store import people, policy
from plateward.store.connection import Connection


async def apply(change: Change, proposal: Proposal, owner: str, by: str, approved_by: str | None = None) -> None:
    """Make ``proposal`` true. ``owner``: whose it is, where it concerns one agency alone. Raises BadInput where it cannot be."""
    hands: dict[str, JSON] = {"proposed_by": by, "approved_by": approved_by}
    match proposal:
        case AddAffiliation() | EndAffiliation():
            await _affiliation(change, proposal, hands)
        case AddPerson():
            await _newcomer(change, proposal, hands)
        case SetAgency():
            await _agency(change, proposal, hands)
        case AssignPerson() | EndAssignment() | SetEmployer():
            await _person(change, proposal, owner, hands)
        case AdoptPromises():
            await _adopt(change, proposal, owner, hands)
        case WithdrawPromise():
            await _withdraw(change, proposal, owner, hands)
        case SetRetention() | EndRetentionGroup() | SetRecordsDuty():
            await apply_retention(change, proposal, owner, hands)
        case ReleaseBrake():
            if not await policy.release_brake(change.tx, owner, proposal.component, by=by, at=change.now):
                raise BadInput(f"{proposal.component} is not blocked", where="component")
            body = {"owner": owner, "component": str(proposal.component), "note": proposal.why, **hands}
            change.tell(EventType.BRAKE_RELEASED, owner, body)


async def _affiliation(change: Change, proposal: AddAffiliation | EndAffiliation, hands: dict[str, JSON]) -> None:
    known = await _registry(change)
    if proposal.agency not in known.agencies:
        raise BadInput(f"no agency is known as {proposal.agency!r}", where="agency")
    body: dict[str, JSON] = {
        "agency": proposal.agency, "relation": str(proposal.relation), "target": proposal.target,
        **_sourced(proposal.source), **hands,
    }  # fmt: skip
    if isinstance(proposal, EndAffiliation):
        await _end(change, proposal, body)
        return
    edge = Affiliation(
        proposal.agency, proposal.relation, proposal.target, proposal.source.value, proposal.since, proposal.until
    )
    known.with_((), (edge,))  # a target that does not exist is told before anything is stored
    await policy.add_affiliation(change.tx, edge, by=str(hands["proposed_by"]), at=change.now)
    body |= {"from": str(edge.since) if edge.since else None, "to": str(edge.until) if edge.until else None}
    loosens = {"loosens": bool(hands["approved_by"])}
    change.tell(EventType.AFFILIATION_CORRECTED, change.node.settings.agency, body | loosens)


async def _end(change: Change, proposal: EndAffiliation, body: dict[str, JSON]) -> None:
    """End an affiliation: what this node entered keeps its history until that day; what the published registry holds stands
    there as before, and an end of this node's own is laid over it.
    """
    by, day = str(body["proposed_by"]), proposal.until or change.now.date()
    wanted = (proposal.agency, proposal.relation, proposal.target)
    entered = [
        row for row in await policy.affiliations(change.tx)
        if (row.affiliation.agency, row.affiliation.relation, row.affiliation.target) == wanted
    ]  # fmt: skip
    mine = [row for row in entered if not row.ends and _lasts(row.affiliation, day)]
    over = [row.affiliation for row in entered if row.ends]
    published = [
        edge for edge in registry.load().ending(over).edges_from(proposal.agency)
        if (edge.relation, edge.target) == wanted[1:] and _lasts(edge, day)
    ]  # fmt: skip
    if not mine and not published:
        raise BadInput(f"no affiliation of {proposal.agency} with {proposal.target} lasts until then", where="target")
    for row in mine:
        await policy.withdraw_affiliation(change.tx, row.number, by=by, at=change.now)
        await policy.add_affiliation(change.tx, replace(row.affiliation, until=day), by=by, at=change.now)
    if published:
        ended = Affiliation(*wanted, proposal.source.value, published[0].since, day)
        await policy.add_affiliation(change.tx, ended, by=by, at=change.now, ends=True)
    told = body | {"to": str(day), "loosens": True, "published": bool(published)}
    change.tell(EventType.AFFILIATION_CORRECTED, change.node.settings.agency, told)


def _lasts(edge: Affiliation, day: date) -> bool:
    return edge.until is None or day < edge.until


async def _agency(change: Change, proposal: SetAgency, hands: dict[str, JSON]) -> None:
    known = await _registry(change)
    old = known.agencies.get(proposal.agency)
    source = proposal.source.value
    new = Agency(proposal.agency, proposal.name, proposal.agency_kind, state=proposal.state, sources=(source,))
    if old is not None:
        new = replace(
            old, name=proposal.name, kind=proposal.agency_kind, state=proposal.state, sources=(*old.sources, source)
        )
    await policy.put_agency(change.tx, new, by=str(hands["proposed_by"]), at=change.now)
    actor = change.node.settings.agency
    if old is None:
        body: dict[str, JSON] = {"agency": new.id, "name": new.name, "kind": str(new.kind), "state": new.state}
        change.tell(EventType.AGENCY_ADDED, actor, {**body, **_sourced(proposal.source), "by": hands["proposed_by"]})
        return
    body = {"agency": new.id, "before": _facts(known, old), "after": _facts(known, new), "loosens": True}
    change.tell(EventType.AGENCY_RECLASSIFIED, actor, {**body, **_sourced(proposal.source), **hands})


async def _person(
    change: Change, proposal: AssignPerson | EndAssignment | SetEmployer, owner: str, hands: dict[str, JSON]
) -> None:
    person = await people.person(change.tx, proposal.person, change.now)
    if person is None or person.organisation != owner:
        raise BadInput(f"nobody of {owner} has an account {proposal.person!r}", where="person")
    known = (await _registry(change)).agencies
    body_of = proposal.employer if isinstance(proposal, SetEmployer) else proposal.body
    if body_of not in known:
        raise BadInput(f"no agency is known as {body_of!r}", where="body")
    if isinstance(proposal, SetEmployer):
        await _employer(change, person, proposal, hands)
        return
    begins = isinstance(proposal, AssignPerson)
    if begins:
        if proposal.body in person.assignments:
            raise BadInput(f"{person.name} is assigned to it already", where="body")
        await people.assign(change.tx, person.id, proposal.body, source=proposal.source.title, since=change.now)
    elif not await people.end_assignment(change.tx, person.id, proposal.body, change.now):
        raise BadInput(f"{person.name} is not assigned to it", where="body")
    body: dict[str, JSON] = {
        "person": person.id, "assignment": proposal.body, "begins": begins, "source": proposal.source.title, **hands,
    }  # fmt: skip
    change.tell(EventType.PERSON_ASSIGNED, owner, body)


async def _employer(change: Change, person: Person, proposal: SetEmployer, hands: dict[str, JSON]) -> None:
    if person.employer == proposal.employer:
        raise BadInput(f"{person.name} is employed there already", where="employer")
    await people.change_person(change.tx, replace(person, employer=proposal.employer), change.now)
    body: dict[str, JSON] = {
        "person": person.id, "before": {"employer": person.employer}, "after": {"employer": proposal.employer},
        "source": proposal.source.title, **hands,
    }  # fmt: skip
    change.tell(EventType.PERSON_CHANGED, person.organisation, body)


async def _newcomer(change: Change, proposal: AddPerson, hands: dict[str, JSON]) -> None:
    known = (await _registry(change)).agencies
    for field, agency in (("organisation", proposal.organisation), ("employer", proposal.employer)):
        if agency not in known:
            raise BadInput(f"no agency is known as {agency!r}", where=field)
    person = Person(proposal.person, proposal.name.strip(), proposal.role, proposal.organisation, proposal.employer)
    source = proposal.source.title
    await people.add_person(change.tx, person, change.now, source=source)
    body = told_of(person) | {"source": source, "by": hands["proposed_by"], "approved_by": hands["approved_by"]}
    change.tell(EventType.PERSON_ADDED, person.organisation, body)


async def responsible_for(change: Change, proposal: Proposal, person: Person) -> str | None:
    """Whose privacy officer decides: of the person's own agency, and for a newcomer of the agency whose account it is, where that
    has one here; None is the agency whose node this is.
    """
    if not isinstance(proposal, AddPerson):
        return person.organisation
    of_its_own = await people.persons(change.tx, change.now, proposal.organisation)
    return proposal.organisation if any(decides_changes(one, proposal.organisation) for one in of_its_own) else None


async def count_as_employed(change: Change, proposal: SetEmployer, change_id: str) -> None:
    """Until a second person has confirmed a new employer, the person counts as working for both."""
    person = await people.person(change.tx, proposal.person, change.now)
    if person is not None and proposal.employer not in person.assignments:
        source = _meanwhile(change_id)
        await people.assign(change.tx, person.id, proposal.employer, source=source, since=change.now)


async def count_as_before(change: Change, proposal: SetEmployer, change_id: str) -> None:
    """A new employer was confirmed or refused: what counted meanwhile ends. An assignment that stood before stays."""
    await people.end_assignment(
        change.tx, proposal.person, proposal.employer, change.now, source=_meanwhile(change_id)
    )  # fmt: skip


def _meanwhile(change_id: str) -> str:
    return f"employer waits as {change_id}"


async def _adopt(change: Change, proposal: AdoptPromises, owner: str, hands: dict[str, JSON]) -> None:
    known, day = await _registry(change), change.now.date()
    fresh = await asyncio.to_thread(parse_promises, proposal.document, "promises")
    stored = await _in_force(change.tx, owner)
    for promise in fresh:
        if promise.promised_by != owner:
            raise BadInput(
                f"promise {promise.id} is made by {promise.promised_by}; adopt your own", where="promised_by"
            )
        await asyncio.to_thread(require_sound, promise, known, day)
        before = stored.get(promise.id)
        if before is not None and before.digest == promise.digest:
            continue
        if before is not None:
            await policy.withdraw_promise(change.tx, owner, promise.id, by=str(hands["proposed_by"]), at=change.now)
        await policy.add_promise(
            change.tx, owner, promise.id, proposal.document, by=str(hands["proposed_by"]), at=change.now
        )  # fmt: skip
        _tell_adopted(change, owner, promise, before, hands)


def _tell_adopted(change: Change, owner: str, promise: Promise, before: Promise | None, hands: dict[str, JSON]) -> None:
    body: dict[str, JSON] = {
        "promise": promise.id, "owner": owner, "digest": promise.digest, "sentence": promise.sentence, "cedar": promise.cedar,
        "source": promise.source.title, "source_date": str(promise.source.date), "link": promise.source.link or None, **hands,
    }  # fmt: skip
    if before is not None:
        loosens = change.compared.get((before.digest, promise.digest), True)
        change.tell(EventType.PROMISE_CHANGED, owner, body | {"before": before.digest, "loosens": loosens})
        return
    until = str(promise.in_force_to) if promise.in_force_to else None
    change.tell(EventType.PROMISE_ADOPTED, owner, body | {"from": str(promise.in_force_from), "to": until})


async def _withdraw(change: Change, proposal: WithdrawPromise, owner: str, hands: dict[str, JSON]) -> None:
    before = (await _in_force(change.tx, owner)).get(proposal.promise)
    if before is None:
        raise BadInput(
            f"{owner} has no promise {proposal.promise!r} in force; a law's rule pack is set by the operator",
            where="promise",
        )
    await policy.withdraw_promise(change.tx, owner, before.id, by=str(hands["proposed_by"]), at=change.now)
    body: dict[str, JSON] = {"promise": before.id, "owner": owner, "digest": before.digest}
    change.tell(EventType.PROMISE_WITHDRAWN, owner, {**body, **_sourced(proposal.source), **hands})


async def _in_force(tx: Connection, owner: str) -> dict[str, Promise]:
    return {row.promise_id: in_force(row) for row in await policy.promises(tx) if row.owner == owner}


async def _registry(change: Change) -> Registry:
    return (await change.policy()).registry


def _facts(known: Registry, agency: Agency) -> dict[str, JSON]:
    edges = [edge.target for edge in known.edges_from(agency.id) if edge.target in Component._value2member_map_]
    return {"kind": str(agency.kind), "state": agency.state, "components": sorted(edges)}


def _sourced(source: Sourced) -> dict[str, JSON]:
    return {"source": source.title, "source_date": str(source.date), "link": source.link or None}
