"""Somebody new: an account says whose it is and who pays the person, so it needs a source and two people.

The system administrator proposes, and a privacy officer accepts before the person may sign in: an ATF agent with an account inside
a city's department, entered as the city's, once searched for ICE there. Only while the node has no privacy officer who could be the
second person are accounts of its own agency made by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.people import Permission, Person
from plateward.core.proposal import AddPerson
from plateward.core.sharing import decides_changes
from plateward.node.node import Node
from plateward.node.people.accounts import add
from plateward.node.people.sessions import LoginLink, issue_login_link
from plateward.node.sharing import truth
from plateward.node.sharing.truth import ChangeView
from plateward.store import people as rows

ADD = "add-person"


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of it: a ``link`` to sign in with, or ``waiting``, the number under which it waits for a second person."""

    link: LoginLink | None
    waiting: str | None


async def add_person(node: Node, by: Person, newcomer: AddPerson) -> Joined:
    """Give somebody an account, or propose it. Raises BadInput when the id is taken or an agency unknown."""
    if not by.may(Permission.PEOPLE):
        raise NotAllowed("a system administrator looks after accounts", where="person")
    if await _has_second_person(node):
        outcome = await truth.propose(node, by, newcomer)
        return Joined(None, outcome.waiting)
    own = node.settings.agency
    if (newcomer.organisation, newcomer.employer) != (own, own):
        raise BadInput(
            "an account of another agency, or of somebody whom another one pays, takes two people: add a privacy officer first",
            where="employer" if newcomer.organisation == own else "organisation",
        )
    person = Person(newcomer.person, newcomer.name.strip(), newcomer.role, own, own)
    async with node.store.transaction() as tx:
        await add(node, tx, person, by=by.id)
    return Joined(await issue_login_link(node, person.id, made_by=by.id), None)


async def joining(node: Node, by: Person) -> tuple[ChangeView, ...]:
    """The newcomers who wait for a second person, as far as this person sees them."""
    return tuple(one for one in await truth.waiting(node, by) if one.kind == ADD)


async def _has_second_person(node: Node) -> bool:
    async with node.store.transaction() as tx:
        own = await rows.persons(tx, node.now(), node.settings.agency)
    return any(decides_changes(one, node.settings.agency) for one in own)
