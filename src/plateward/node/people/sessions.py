"""Sign-in: one-time links, sessions and tokens; ``passkeys`` has a room of its own. Closing an account ends them all.

A link works once and for an hour. Opening it shows a button; pressing the button signs in, so that a program that previews
links burns none.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType, write_instant
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import people
from plateward.store import sharing as notices
from plateward.store.connection import Connection

LINK_TERM = timedelta(hours=1)
SESSION_TERM = timedelta(hours=12)
TOKEN_TERM = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LoginLink:
    """A link that signs ``person`` in once, until ``expires``."""

    token: str
    url: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in at ``made``. ``cookie``: the secret, known only when it is made. ``id`` names the session in records."""

    id: str
    person: Person
    csrf: str
    made: datetime
    expires: datetime
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody signed in: method, program or device, and network address."""

    method: str
    agent: str = ""
    address: str = ""


OPERATOR = "operator"
EVERY = "every one"
"""Stands for the id of a session in the record of ending all of them."""


async def issue_login_link(node: Node, person_id: str, *, made_by: str = OPERATOR) -> LoginLink:
    """Make a link for ``person_id``. Raises BadInput when nobody has this id.

    Whoever makes a link could use it, and be two people then: those who oversee the person's agency are told by a notice.
    """
    token, now = _secret(node), node.now()
    async with node.store.transaction() as tx:
        person = await _known(node, tx, person_id)
        await people.add_login_link(tx, _hash(token), person.id, made_by=made_by, at=now, expires=now + LINK_TERM)
        if made_by != OPERATOR:
            maker = await _known(node, tx, made_by)
            told = (
                f"{maker.name} made a login link for {person.name}, with which anybody signs in as {person.name}, once."
            )
            await notices.add_notice(tx, person.organisation, f"login.{person.id}", told, now)
        await _tell(
            node, tx, EventType.LOGIN_LINK_MADE, person, {"by": made_by, "expires": write_instant(now + LINK_TERM)}
        )
    return LoginLink(token, f"{node.settings.address}/login?token={token}", now + LINK_TERM)


async def redeem(node: Node, token: str, *, agent: str = "", address: str = "") -> Session | None:
    """Sign in with a link's token. None when it was used, has expired or never was: the three are not told apart."""
    async with node.store.transaction() as tx:
        person_id = await people.use_login_link(tx, _hash(token), node.now())
        if person_id is None:
            return None
        return await begin(node, tx, await _known(node, tx, person_id), Way("link", agent, address))


async def issue_token(node: Node, person: Person, name: str) -> str:
    """A token with which a program acts as ``person`` over the API, for 30 days."""
    async with node.store.transaction() as tx:
        known = await _known(node, tx, person.id)
        return (await begin(node, tx, known, Way("token", name), TOKEN_TERM)).cookie


async def assert_person(node: Node, person_id: str) -> Session:
    """In a demonstration, be anybody of the town without proof: that is how its story is told. Refused everywhere else."""
    if not node.settings.demo:
        raise BadInput("only a demonstration lets one act as somebody without proof")
    async with node.store.transaction() as tx:
        return await begin(node, tx, await _known(node, tx, person_id), Way("demonstration"))


def demo_people(node: Node) -> tuple[Person, ...]:
    """Everybody one may act as in a demonstration; nobody elsewhere."""
    return node.demo_people if node.settings.demo else ()


async def session_of(node: Node, secret: str) -> Session | None:
    """The session that a cookie or token belongs to; None when it has ended or the account is closed."""
    if not secret or len(secret) > 200:
        return None
    digest = _hash(secret)
    async with node.store.transaction() as tx:
        found = await people.session(tx, digest, node.now())
        if found is None:
            return None
        person = await people.person(tx, found.user_id, node.now())
    if person is None or not person.active:
        return None
    return Session(_name(digest), person, found.csrf.hex(), found.made_at, found.expires)


async def end_session(node: Node, secret: str) -> None:
    """Sign out. A session that has ended already is fine."""
    async with node.store.transaction() as tx:
        user = await people.end_session(tx, _hash(secret))
        if user is not None:
            await _tell(
                node,
                tx,
                EventType.LOGIN_ENDED,
                await _known(node, tx, user),
                {"session": _name(_hash(secret)), "why": "signed out"},
            )


async def end_every_session(node: Node, person: Person) -> None:
    """End every session, token and login link of ``person``: what somebody does who has lost a machine. Passkeys stay."""
    async with node.store.transaction() as tx:
        await people.end_sessions(tx, person.id)
        await _tell(node, tx, EventType.LOGIN_ENDED, person, {"session": EVERY, "why": "signed out everywhere"})


async def begin(node: Node, tx: Connection, person: Person, way: Way, term: timedelta = SESSION_TERM) -> Session:
    """A session of ``person``, who has proved who they are; recorded in the transaction given."""
    secret, csrf, now = _secret(node), node.random(32), node.now()
    digest = _hash(secret)
    await people.add_session(
        tx, digest, person.id, csrf=csrf, agent=f"{way.method}: {way.agent}"[:200], at=now, expires=now + term
    )
    told: dict[str, JSON] = {"session": _name(digest), "method": way.method, "address": way.address}
    await _tell(node, tx, EventType.LOGIN_SUCCEEDED, person, told | ({"device": way.agent[:200]} if way.agent else {}))
    return Session(_name(digest), person, csrf.hex(), now, now + term, secret)


async def _known(node: Node, tx: Connection, person_id: str) -> Person:
    person = await people.person(tx, person_id, node.now())
    if person is None or not person.active:
        raise BadInput(f"nobody has an account {person_id!r} here", where="person")
    return person


async def _tell(node: Node, tx: Connection, event: EventType, person: Person, more: dict[str, JSON]) -> None:
    await ledger.append(node, tx, Event(event, node.now(), person.organisation, {"person": person.id, **more}))


def _secret(node: Node) -> str:
    return urlsafe_b64encode(node.random(32)).rstrip(b"=").decode()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _name(digest: bytes) -> str:
    return digest[:6].hex()
