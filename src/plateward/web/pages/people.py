"""People with accounts: who they are, proposing somebody new, a new login link, closing an account."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.core.people import AGENCY_ROLES, Permission
from plateward.node.people.accounts import close, list_people, new_link
from plateward.node.people.joining import joining
from plateward.web.api.people import join
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.render import page


class PersonForm(msgspec.Struct, frozen=True):
    """A new account as typed. ``employer`` empty: the organisation itself."""

    id: str = ""
    name: str = ""
    role: str = "officer"
    organisation: str = ""
    employer: str = ""
    source: str = ""
    source_date: str = ""
    source_link: str = ""


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
    """Propose somebody. Where nobody could be the second person yet, the login link is shown at once."""
    given = msgspec.structs.asdict(form)
    try:
        joined = await join(call, {**given, "person": form.id})
    except BadInput as wrong:
        return await _show(call, form, BadInput(wrong.args[0], where=_FIELDS.get(wrong.where or "", wrong.where)))
    if joined.link is None:
        return await _show(call, PersonForm(organisation=form.organisation), proposed=form.name)
    return await page(call, "person_link.html", name=form.name, link=joined.link)


_FIELDS = {"person": "id"}


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


async def _show(call: Call, form: PersonForm, wrong: BadInput | None = None, proposed: str = "") -> Response:
    return await page(
        call,
        "people.html",
        status=400 if wrong else 200,
        people=await list_people(call.node, call.who),
        joining=await joining(call.node, call.who),
        form=form,
        roles=[(str(role), str(role).replace("-", " ")) for role in AGENCY_ROLES],
        wrong={wrong.where or "": wrong.args[0]} if wrong else {},
        proposed=proposed,
        may_change=call.who.may(Permission.PEOPLE),
    )
