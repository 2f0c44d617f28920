"""People with accounts: who they are, adding one, and the first of all."""

from __future__ import annotations

from dataclasses import replace

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person, Role
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.sessions import LoginLink, issue_login_link
from plateward.store import people as rows
from plateward.store.connection import Connection

FIRST = "admin"


async def first_link(node: Node) -> str | None:
    """A login link for the first system administrator while nobody has signed in on this node; None afterwards."""
    async with node.store.transaction() as tx:
        every = await rows.persons(tx, node.now())
        if not every:
            await add(
                node,
                tx,
                Person(
                    FIRST, "First administrator", Role.SYSTEM_ADMINISTRATOR, node.settings.agency, node.settings.agency
                ),
            )
    if every and {person.id for person in every} != {FIRST}:
        return None
    return (await issue_login_link(node, FIRST)).url


async def anybody(node: Node) -> bool:
    """Whether somebody has an account on this node."""
    async with node.store.transaction() as tx:
        return bool(await rows.persons(tx, node.now()))


async def list_people(node: Node, person: Person) -> tuple[Person, ...]:
    """Everybody with an account, for whoever looks after accounts; else only the person."""
    if not person.may(Permission.PEOPLE):
        return (person,)
    async with node.store.transaction() as tx:
        return await rows.persons(tx, node.now())


async def add_person(node: Node, by: Person, person: Person) -> LoginLink:
    """Give somebody an account and make the link to sign in with. Raises BadInput when the id is taken or an agency unknown."""
    if not by.may(Permission.PEOPLE):
        raise BadInput("a system administrator looks after accounts", where="person")
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        for field, agency in (("organisation", person.organisation), ("employer", person.employer)):
            if agency not in policy.registry.agencies:
                raise BadInput(f"no agency is known as {agency!r}", where=field)
        await add(node, tx, person, by=by.id)
    return await issue_login_link(node, person.id, made_by=by.id)


async def add(node: Node, tx: Connection, person: Person, *, by: str | None = None) -> None:
    """Add ``person`` in ``tx`` with its event. Raises BadInput when the id is taken."""
    await rows.add_person(tx, person, node.now(), source=by or "operator")
    body: dict[str, JSON] = {
        "person": person.id,
        "name": person.name,
        "role": str(person.role),
        "organisation": person.organisation,
        "employer": person.employer,
    }
    await ledger.append(
        node, tx, Event(EventType.PERSON_ADDED, node.now(), person.organisation, body | ({"by": by} if by else {}))
    )


async def new_link(node: Node, by: Person, person_id: str) -> LoginLink:
    """A fresh login link for somebody with an account. Raises BadInput when there is no such account."""
    if not by.may(Permission.PEOPLE):
        raise BadInput("a system administrator looks after accounts", where="person")
    return await issue_login_link(node, person_id, made_by=by.id)


async def close(node: Node, by: Person, person_id: str, why: str) -> Person:
    """Close an account: its sessions and links end at once, its records stay. Raises BadInput for one's own and without why."""
    if not by.may(Permission.PEOPLE):
        raise BadInput("a system administrator looks after accounts", where="person")
    if person_id == by.id:
        raise BadInput("nobody closes their own account; ask another administrator", where="person")
    if not why.strip():
        raise BadInput("say why the account is closed", where="why")
    async with node.store.transaction() as tx:
        person = await rows.person(tx, person_id, node.now())
        if person is None or not person.active:
            raise BadInput(f"nobody has an open account {person_id!r}", where="person")
        closed = replace(person, active=False)
        await rows.change_person(tx, closed, node.now())
        body: dict[str, JSON] = {"person": person.id, "by": by.id, "note": why.strip()[:500]}
        await ledger.append(node, tx, Event(EventType.PERSON_CLOSED, node.now(), person.organisation, body))
    return closed
