"""People with accounts by program: who they are, proposing somebody new, login links, closing an account."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Annotated

import msgspec

from plateward.core.errors import BadInput
from plateward.core.people import PERSON_ID, Person, Role
from plateward.core.proposal import AddPerson, Sourced, proposal_of
from plateward.node.people import accounts as people
from plateward.node.people.joining import Joined, add_person
from plateward.node.sharing.agencies import resolve
from plateward.registry.nearest import perhaps
from plateward.web.endpoint import Call

_Text = Annotated[str, msgspec.Meta(max_length=500)]


class Adding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody new: whose account it is (``organisation`` empty: the node's own agency's) and who pays the person (``employer``
    empty: the same), by id or name, and the source.
    """

    id: str
    name: str
    role: Role
    source: Sourced
    organisation: str = ""
    employer: str = ""


class JoinedShape(msgspec.Struct, frozen=True):
    """A one-time login link and when it ends, or under which id the account waits for a second person."""

    link: str | None
    expires: datetime | None
    waiting: str | None


class LinkShape(msgspec.Struct, frozen=True):
    """A one-time login link. It is not shown again."""

    link: str
    expires: datetime


class WhichPerson(msgspec.Struct, frozen=True):
    """One account by its id."""

    person_id: str


class Closing(msgspec.Struct, frozen=True):
    """An account to close, and why."""

    person_id: str
    why: _Text


async def listed(call: Call) -> tuple[Person, ...]:
    """Everybody with an account."""
    return await people.list_people(call.node, call.who)


async def add(call: Call, asked: Adding) -> JoinedShape:
    """Propose an account; a privacy officer accepts it before the person may sign in."""
    given = {
        "person": asked.id, "name": asked.name, "role": str(asked.role), "organisation": asked.organisation,
        "employer": asked.employer, "source": asked.source.title, "source_date": str(asked.source.date),
        "source_link": asked.source.link,
    }  # fmt: skip
    joined = await join(call, given)
    link = joined.link
    return JoinedShape(link.url if link else None, link.expires if link else None, joined.waiting)


async def make_link(call: Call, asked: WhichPerson) -> LinkShape:
    """A new one-time login link for somebody with an account."""
    link = await people.new_link(call.node, call.who, asked.person_id)
    return LinkShape(link.url, link.expires)


async def close(call: Call, asked: Closing) -> Person:
    """Close an account: its sessions end at once, its records stay."""
    return await people.close(call.node, call.who, asked.person_id, asked.why)


async def join(call: Call, given: dict[str, str]) -> Joined:
    """Somebody new from flat texts, agencies by id or name. Raises BadInput naming the field."""
    if not re.fullmatch(PERSON_ID, given.get("person", "").strip()):
        raise BadInput("an account is lower-case letters and digits, as jo or jo.miller", where="person")
    organisation = await _agency(call, given.get("organisation") or call.node.settings.agency, "organisation")
    employer = given.get("employer", "").strip()
    paid_by = await _agency(call, employer, "employer") if employer else organisation
    newcomer = proposal_of("add-person", {**given, "organisation": organisation, "employer": paid_by})
    assert isinstance(newcomer, AddPerson)
    return await add_person(call.node, call.who, newcomer)


async def _agency(call: Call, name: str, field: str) -> str:
    found = await resolve(call.node, name.strip()) if name.strip() else None
    if found is None:
        near = await asyncio.to_thread(perhaps, name)
        raise BadInput(
            f"no agency is known for certain as {name.strip()[:80]!r}{near}; write its id or full name", where=field
        )
    return found
