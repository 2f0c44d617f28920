"""When the truth changes: affiliations, agencies, employers, assignments, promises and brakes.

A change has a source and passes two people, except that what tightens acts at once: a share that breaks under a truth somebody
merely proposes is suspended when it is proposed, and comes back only through a review. Every share is evaluated anew in the
same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy
from plateward.core.proposal import (
    ALWAYS_LOOSEN,
    KIND_WORDS,
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
    kind_of,
    loosens,
)
from plateward.core.sharing import decides_changes
from plateward.node.node import Node
from plateward.node.sharing.change import Change, change_of_policy
from plateward.node.sharing.promise_files import compared as compared_with
from plateward.node.sharing.refusals import recording
from plateward.node.sharing.settle import settle
from plateward.node.sharing.truth_apply import apply, count_as_before, count_as_employed, responsible_for
from plateward.oversight.exposure import family_of
from plateward.store import changes as rows
from plateward.store import people
from plateward.store import sharing as notices

_OF_PEOPLE = (AddPerson, AssignPerson, EndAssignment, SetEmployer)
_OF_THE_REGISTRY = (AddAffiliation, EndAffiliation, SetAgency)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change. ``waiting``: the number under which it waits for a second person, where it does.

    ``suspended``: the shares that it suspended.
    """

    in_force: bool
    waiting: str | None
    suspended: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change that waited or waits. ``state``: waiting, in force or refused. ``may_decide``: whether you are the second person."""

    id: str
    kind: str
    owner: str | None
    document: dict[str, Any]
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    state: str
    note: str
    may_decide: bool


class _Loosens(Exception):
    """The change was tried, and takes a refusal away."""

    def __init__(self, after: Policy) -> None:
        self.after = after


async def propose(node: Node, person: Person, proposal: Proposal) -> Outcome:
    """Change what is true, or propose it where that would loosen something. Raises BadInput for another role or an impossible
    change; nothing is changed then.
    """
    compared = (
        await compared_with(node, person.organisation, proposal.document) if isinstance(proposal, AdoptPromises) else {}
    )
    async with recording(node, person, EventType.CHANGE_PROPOSED, kind_of(proposal)), change_of_policy(node) as change:
        change.compared = compared
        person = await node.current(change.tx, person)
        owner = person.organisation
        _may_propose(person, proposal, await node.owners(change.tx))
        told = len(change.told)
        try:
            async with change.tx.transaction():
                before = await change.policy()
                await apply(change, proposal, owner, person.id)
                after = await change.policy()
                if await _loosens(change, proposal, owner, before, after):
                    raise _Loosens(after)
        except _Loosens as loose:
            del change.told[told:]
            return await _wait(change, proposal, person, loose.after)
        suspended = await settle(change)
    return Outcome(True, None, tuple(share.id for share in suspended), "This tightens, so it holds from now on.")


async def _loosens(change: Change, proposal: Proposal, owner: str, before: Policy, after: Policy) -> bool:
    if isinstance(proposal, ALWAYS_LOOSEN):
        return True
    if isinstance(proposal, (SetRetention, EndRetentionGroup, SetRecordsDuty)):
        return change.lengthens
    if isinstance(proposal, AdoptPromises):
        return any(event.type is EventType.PROMISE_CHANGED and event.body["loosens"] for event in change.told)
    if not isinstance(proposal, AddAffiliation):
        return False
    family = family_of(after.registry, proposal.agency)
    owners = await change.node.owners(change.tx)
    receivers = [receiver for (giver, receiver) in after.shares if giver in family]
    return loosens(before, after, (*family, *receivers), owners)


async def _wait(change: Change, proposal: Proposal, person: Person, after: Policy) -> Outcome:
    made, kind = change.new_id(), kind_of(proposal)
    document = msgspec.json.encode(proposal)
    owner = None if isinstance(proposal, _OF_THE_REGISTRY) else await responsible_for(change, proposal, person)
    stored = rows.StoredChange(made, kind, owner, msgspec.json.decode(document), True, person.id, change.now)
    await rows.add_change(change.tx, stored)
    if isinstance(proposal, SetEmployer):
        await count_as_employed(change, proposal, str(made))
    body: dict[str, JSON] = {
        "change": str(made), "kind": kind, "owner": owner, "digest": sha256(document).hexdigest(), "by": person.id,
    }  # fmt: skip
    change.tell(EventType.CHANGE_PROPOSED, person.organisation, body)
    told = f"{KIND_WORDS[kind]}: {person.name} proposed it, and it waits for a second person."
    if isinstance(proposal, AddPerson):
        told += await _same_name(change, proposal)
    await notices.add_notice(change.tx, owner or change.node.settings.agency, str(made), told, change.now)
    suspended = await settle(change, after)
    sentence = "This would loosen something, so it waits for a second person."
    return Outcome(False, str(made), tuple(share.id for share in suspended), sentence)


async def _same_name(change: Change, newcomer: AddPerson) -> str:
    """A word of warning where somebody of that name has an account: with two, one would be two people."""
    name = " ".join(newcomer.name.split()).casefold()
    known = [
        one.id for one in await people.persons(change.tx, change.now) if one.active and one.name.casefold() == name
    ]
    return f" Somebody of that name has the account {known[0]}: is it another person?" if known else ""


async def decide(node: Node, person: Person, change_id: str, accepted: bool, note: str = "") -> Outcome:
    """Accept or refuse a change that waits, as the second person. Raises BadInput when this person may not, or it is decided."""
    act = EventType.CHANGE_ACCEPTED if accepted else EventType.CHANGE_REFUSED
    async with recording(node, person, act, change_id), change_of_policy(node) as change:
        person = await node.current(change.tx, person)
        row = await rows.change(change.tx, _uuid(change_id))
        if row is None:
            raise BadInput("there is no such change", where="change")
        if not _may_decide(node, person, row):
            raise NotAllowed(_who_decides(row), where="change")
        if row.accepted is not None:
            raise BadInput(f"this change is {_state(row)} already", where="change")
        if not accepted and not note.strip():
            raise BadInput("say why you refuse", where="note")
        note = note.strip()[:500]
        done = await rows.decide_change(
            change.tx, row.change_id, accepted=accepted, by=person.id, at=change.now, note=note
        )
        assert done
        proposal = msgspec.convert(row.document, Proposal)
        if not accepted:
            return await _refused(change, row, proposal, person, note)
        await apply(change, proposal, row.owner or person.organisation, row.proposed_by, person.id)
        if isinstance(proposal, SetEmployer):
            await count_as_before(change, proposal, str(row.change_id))
        change.tell(EventType.CHANGE_ACCEPTED, person.organisation, _decided(row, person, note))
        suspended = await settle(change)
    return Outcome(
        True, None, tuple(share.id for share in suspended), "Two people stand behind it; it holds from now on."
    )


async def _refused(change: Change, row: rows.StoredChange, proposal: Proposal, person: Person, note: str) -> Outcome:
    if isinstance(proposal, SetEmployer):
        await count_as_before(change, proposal, str(row.change_id))
    change.tell(EventType.CHANGE_REFUSED, person.organisation, _decided(row, person, note))
    return Outcome(False, None, (), "Refused; nothing was loosened. What was suspended comes back through a review.")


def _decided(row: rows.StoredChange, person: Person, note: str) -> dict[str, JSON]:
    return {"change": str(row.change_id), "kind": row.kind, "by": person.id, "note": note or None}


async def waiting(node: Node, person: Person, *, every: bool = False) -> tuple[ChangeView, ...]:
    """The changes that wait, or every one there was: of the person's agency, of the registry, and the person's own."""
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        found = await rows.changes(tx, every=every)
        names = {known.id: known.name for known in await people.persons(tx, node.now())}
    return tuple(
        ChangeView(
            str(row.change_id), row.kind, row.owner, dict(row.document), row.proposed_by,
            names.get(row.proposed_by, row.proposed_by), row.proposed_at,
            names.get(row.decided_by, row.decided_by) if row.decided_by else None, row.decided_at, _state(row), row.note,
            row.accepted is None and _may_decide(node, person, row),
        )
        for row in found
        if row.owner in (None, person.organisation) or row.proposed_by == person.id
    )  # fmt: skip


def _may_propose(person: Person, proposal: Proposal, owners: tuple[str, ...]) -> None:
    if isinstance(proposal, AddPerson):
        if not person.may(Permission.PEOPLE):
            raise NotAllowed("a system administrator looks after accounts", where="person")
        return
    if not person.may(Permission.TRUTH) or person.organisation not in owners:
        raise NotAllowed("an owner's ALPR administrator, privacy officer or supervisor proposes this", where="person")
    if isinstance(proposal, ReleaseBrake):
        allowed = person.may(Permission.BRAKE)
    elif isinstance(proposal, _OF_PEOPLE):
        allowed = person.may(Permission.PEOPLE) or person.may(Permission.SHARE_REVIEW)
    else:
        allowed = person.may(Permission.SHARE_REVIEW)
    if not allowed:
        raise NotAllowed(f"your role, {person.role}, does not propose this", where="person")


def _may_decide(node: Node, person: Person, row: rows.StoredChange) -> bool:
    """The second person is a privacy officer, of the owner it concerns or else of the agency whose node this is."""
    responsible = row.owner or node.settings.agency
    return decides_changes(person, responsible) and person.id != row.proposed_by


def _who_decides(row: rows.StoredChange) -> str:
    whose = row.owner or "the agency whose node this is"
    return f"a privacy officer of {whose}, paid by it and not who proposed it, decides this"


def _state(row: rows.StoredChange) -> str:
    if row.accepted is None:
        return "waiting"
    return "in force" if row.accepted else "refused"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{text[:60]!r} is no change's number", where="change") from None
