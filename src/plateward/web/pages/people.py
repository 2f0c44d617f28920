"""People with accounts: who they are, adding one, a new login link, closing an account."""

from __future__ import annotations

import re

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.people import Permission, Person, Role
from plateward.node.agencies import resolve
from plateward.node.people import add_person, close, list_people, new_link
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.render import page

_ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


class PersonForm(msgspec.Struct, frozen=True):
    """A new account as typed. ``employer`` empty: the organisation itself."""

    id: str = ""
    name: str = ""
    role: str = "officer"
    organisation: str = ""
    employer: str = ""


class WhichPerson(msgspec.Struct, frozen=True):
    """One account by its id, and why it is closed."""

    person_id: str
    why: str = ""


async def show(call: Call) -> Response:
    """Everybody with an account."""
    return await _show(call, PersonForm(organisation=call.who.organisation))


async def as_csv(call: Call) -> Response:
    """The same as a file."""
    columns = ("id", "name", "role", "organisation", "employer", "assignments", "open")
    rows = [
        (p.id, p.name, str(p.role), p.organisation, p.employer, " ".join(p.assignments), "yes" if p.active else "no")
        for p in await list_people(call.node, call.who)
    ]
    return csv_response("plateward-people.csv", columns, rows)


async def add(call: Call, form: PersonForm) -> Response:
    """Add somebody; the login link is shown once, to be handed over in person."""
    try:
        person = await person_of(call, form)
        link = await add_person(call.node, call.who, person)
    except BadInput as wrong:
        return await _show(call, form, wrong)
    return await page(call, "person_link.html", name=person.name, link=link)


async def make_link(call: Call, asked: WhichPerson) -> Response:
    """A new login link, shown once."""
    link = await new_link(call.node, call.who, asked.person_id)
    return await page(call, "person_link.html", name=asked.person_id, link=link)


async def end(call: Call, asked: WhichPerson) -> Response:
    """Close an account."""
    try:
        await close(call.node, call.who, asked.person_id, asked.why)
    except BadInput as wrong:
        return await _show(call, PersonForm(), wrong)
    return RedirectResponse("/people", 303)


async def person_of(call: Call, form: PersonForm) -> Person:
    """The form as a person. Raises BadInput naming the field."""
    if not _ID.fullmatch(form.id) or len(form.id) > 80:
        raise BadInput("an id is lower-case letters and digits, joined by '-', '_' or '.'", where="id")
    if not form.name.strip() or len(form.name) > 120 or not form.name.isprintable():
        raise BadInput("write the person's name", where="name")
    if form.role not in {str(role) for role in Role}:
        raise BadInput("choose a role", where="role")
    organisation = await _agency(call, form.organisation, "organisation")
    employer = await _agency(call, form.employer, "employer") if form.employer.strip() else organisation
    return Person(form.id, form.name.strip(), Role(form.role), organisation, employer)


async def _agency(call: Call, name: str, field: str) -> str:
    found = await resolve(call.node, name.strip()) if name.strip() else None
    if found is None:
        raise BadInput(
            f"no agency is known for certain as {name.strip()[:80]!r}; write its id or full name", where=field
        )
    return found


async def _show(call: Call, form: PersonForm, wrong: BadInput | None = None) -> Response:
    return await page(
        call,
        "people.html",
        status=400 if wrong else 200,
        people=await list_people(call.node, call.who),
        form=form,
        roles=[(str(role), str(role).replace("-", " ")) for role in Role],
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        may_change=call.who.may(Permission.PEOPLE),
    )
