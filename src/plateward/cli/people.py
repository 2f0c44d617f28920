"""``plateward people``: who has an account; proposing somebody new, login links, closing an account."""

from __future__ import annotations

from typing import Any

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import call
from plateward.core.people import Role

app = cyclopts.App(name="people", help="People with accounts, whose accounts they are, and who employs them.")

COLUMNS = ("id", "name", "role", "organisation", "employer", "assignments", "active")


@app.command(name="list")
def list_(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List everybody with an account.

    Parameters
    ----------
    csv
        Print them as CSV.
    """
    found: list[dict[str, Any]] = call(caller.login("people"), "GET", "/api/v1/people")
    if not printed_rows(found, COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            paid = f", employed by {one['employer']}" if one["employer"] != one["organisation"] else ""
            also = f", assigned to {', '.join(one['assignments'])}" if one["assignments"] else ""
            closed = "" if one["active"] else " (closed)"
            print(f"{one['id']}{closed}: {one['name']}, {one['role']} of {one['organisation']}{paid}{also}")
    return 0


@app.command
def add(
    id_: str, *, name: str, role: Role, organisation: str = "", source: str, source_date: str, employer: str = "",
    source_link: str = "", caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Propose an account. A privacy officer accepts who employs the person before the person may sign in (exit status 1 then).

    Parameters
    ----------
    id_
        The account: lower-case letters and digits. It never changes.
    name
        The person's name.
    role
        The person's role.
    organisation
        The agency whose account it is, by id or name; the node's own where left out.
    employer
        Who pays the person, where that is another agency.
    source
        Which document says so.
    source_date
        Its date, as in 2026-03-03.
    source_link
        Its address.
    """
    body = {
        "id": id_, "name": name, "role": str(role), "organisation": organisation, "employer": employer,
        "source": {"title": source, "date": source_date, "link": source_link},
    }  # fmt: skip
    done = call(caller.login("people"), "POST", "/api/v1/people", json=body)
    if caller.json_:
        print_json(done)
    elif done["waiting"]:
        print(f"{name} waits as {done['waiting']} for a privacy officer, who accepts who employs a person.")
        print(f"  plateward truth accept {done['waiting']} --as THE-PRIVACY-OFFICER")
    else:
        print(f"A login link, shown once: {done['link']}")
    return 1 if done["waiting"] else 0


@app.command
def link(person: str, *, caller: Caller = NOBODY) -> int:
    """Make a one-time login link. Hand it over in a way that only this person can read.

    Parameters
    ----------
    person
        The account.
    """
    done = call(caller.login("people"), "POST", f"/api/v1/people/{person}/link", json={})
    if caller.json_:
        print_json(done)
    else:
        print(done["link"])
    return 0


@app.command
def close(person: str, *, why: str, caller: Caller = NOBODY) -> int:
    """Close an account: its sessions end at once, its records stay.

    Parameters
    ----------
    person
        The account.
    why
        Why it is closed.
    """
    done = call(caller.login("people"), "POST", f"/api/v1/people/{person}/close", json={"why": why})
    if caller.json_:
        print_json(done)
    else:
        print(f"The account of {done['name']} is closed.")
    return 0
