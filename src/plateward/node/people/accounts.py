"""People with accounts: who they are, the first of all, login links, closing an account. Adding one: ``joining``."""

from __future__ import annotations

from dataclasses import replace

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.household import why_not_at_home
from plateward.core.people import Permission, Person, Role
from plateward.core.sharing import decides_changes
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.people.sessions import OPERATOR, LoginLink, issue_login_link
from plateward.store import people as rows
from plateward.store.connection import Connection

FIRST = "admin"
HOUSEHOLDER = "me"
"""The ids of an agency's first account and of a household's only one."""


async def first_link(node: Node) -> str | None:
    """A login link for the first system administrator while nobody has signed in on this node; None afterwards.

    At home, one for the person of the household each time: whoever starts the node is that person.
    """
    if node.settings.home:
        return (await issue_login_link(node, HOUSEHOLDER)).url
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


async def recovery_link(node: Node, person_id: str) -> LoginLink:
    """A login link from whoever runs the node, for a system administrator who lost every way in; they let in the others.

    Raises BadInput for anybody else.
    """
    async with node.store.transaction() as tx:
        every = await rows.persons(tx, node.now())
    may = sorted(one.id for one in every if one.active and one.may(Permission.PEOPLE))
    if person_id not in may:
        raise BadInput(
            f"{person_id[:80]!r} is no system administrator here ({', '.join(may) or 'there is none'}), who lets in the others",
            where="--link",
        )  # fmt: skip
    return await issue_login_link(node, person_id)


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


async def add(node: Node, tx: Connection, person: Person, *, by: str | None = None) -> None:
    """Add ``person`` in ``tx`` with its event. Raises BadInput when the id is taken, NotAllowed for a second one at home."""
    if node.settings.home and (person.role is not Role.HOUSEHOLDER or await rows.persons(tx, node.now())):
        raise NotAllowed(why_not_at_home(Permission.PEOPLE), where="person")
    if not node.settings.home and person.role is Role.HOUSEHOLDER:
        raise BadInput("a householder is at home: an agency's node has the agency's roles", where="role")
    await rows.add_person(tx, person, node.now(), source=by or OPERATOR)
    body = told_of(person) | ({"by": by} if by else {})
    await ledger.append(node, tx, Event(EventType.PERSON_ADDED, node.now(), person.organisation, body))


def told_of(person: Person) -> dict[str, JSON]:
    """A new account as its event tells of it."""
    return {
        "person": person.id,
        "name": person.name,
        "role": str(person.role),
        "organisation": person.organisation,
        "employer": person.employer,
    }


async def new_link(node: Node, by: Person, person_id: str) -> LoginLink:
    """A fresh login link for somebody with an account. Raises BadInput when there is no such account."""
    if not by.may(Permission.PEOPLE):
        raise NotAllowed("a system administrator looks after accounts", where="person")
    return await issue_login_link(node, person_id, made_by=by.id)


async def close(node: Node, by: Person, person_id: str, why: str) -> Person:
    """Close an account: its sessions and links end at once, its records stay. Raises BadInput for one's own and without why."""
    if not by.may(Permission.PEOPLE):
        raise NotAllowed("a system administrator looks after accounts", where="person")
    if person_id == by.id:
        raise NotAllowed("nobody closes their own account; ask another administrator", where="person")
    if not why.strip():
        raise BadInput("say why the account is closed", where="why")
    async with node.store.transaction() as tx:
        person = await rows.person(tx, person_id, node.now())
        if person is None or not person.active:
            raise BadInput(f"nobody has an open account {person_id!r}", where="person")
        if decides_changes(person, person.organisation) and not await _another(node, tx, person):
            raise BadInput(
                "this is the only privacy officer, without whom nothing has a second person; add another first",
                where="person",
            )
        closed = replace(person, active=False)
        await rows.change_person(tx, closed, node.now())
        body: dict[str, JSON] = {"person": person.id, "by": by.id, "note": why.strip()[:500]}
        await ledger.append(node, tx, Event(EventType.PERSON_CLOSED, node.now(), person.organisation, body))
    return closed


async def _another(node: Node, tx: Connection, officer: Person) -> bool:
    """Whether the agency has another privacy officer."""
    others = await rows.persons(tx, node.now(), officer.organisation)
    return any(decides_changes(one, officer.organisation) and one.id != officer.id for one in others)
