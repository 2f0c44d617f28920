"""``plateward drivers``: drivers who ask what was looked up about their own plate. No answer has a read, a place or a time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.cli.reports import tell_made

app = cyclopts.App(name="drivers", help="Drivers who ask what was looked up about their own plate.")
MAY = "access-log"


@app.command
def ask(
    plate: str,
    *,
    identity: str,
    registration: str,
    co_registrant: Annotated[bool, Parameter(negative=())] = False,
    caller: Caller = NOBODY,
) -> int:
    """Enter a driver's request. It may be answered after three days; with a co-registrant a second person decides.

    Parameters
    ----------
    plate
        The driver's whole plate.
    identity
        What proved who the driver is, and who looked at it.
    registration
        What proved that the vehicle is registered to the driver.
    co_registrant
        Somebody else is registered too.
    """
    body = {"plate": plate, "identity": identity, "registration": registration, "co_registrant": co_registrant}
    return _told(call(caller.login(MAY), "POST", "/api/v1/drivers", json=body), caller.json_)


@app.command(name="list")
def listed(*, caller: Caller = NOBODY) -> int:
    """Print the requests of drivers, the latest first."""
    found: list[dict[str, Any]] = call(caller.login(MAY), "GET", "/api/v1/drivers")
    if caller.json_:
        print_json(found)
        return 0
    for one in found:
        _told(one, False)
    if not found:
        print("No driver has asked.")
    return 0


@app.command
def review(
    request: str,
    *,
    answer: Annotated[bool, Parameter(negative="--refuse")],
    note: str,
    caller: Caller = NOBODY,
) -> int:
    """Decide, as a second person, whether a request with a co-registrant is answered.

    Parameters
    ----------
    request
        The request's id.
    answer
        --answer lets it be answered; --refuse refuses it.
    note
        Why.
    """
    body = {"answer": answer, "note": note}
    return _told(call(caller.login(MAY), "POST", f"/api/v1/drivers/{request}/review", json=body), caller.json_)


@app.command
def answer(request: str, *, out: Path | None = None, caller: Caller = NOBODY) -> int:
    """Make the answer, to be handed over: counts by agency and purpose of searches that lie long back.

    Parameters
    ----------
    request
        The request's id.
    out
        Write the document and its proof into this folder.
    """
    login = caller.login(MAY)
    return tell_made(login, call(login, "POST", f"/api/v1/drivers/{request}/answer"), out, caller.json_)


def _told(one: dict[str, Any], json_: bool) -> int:
    if json_:
        print_json(one)
        return 0
    state = {
        "review": "a second person decides, since somebody else is registered too",
        "waiting": f"may be answered from {one['answer_from'][:16]} UTC on",
    }.get(one["state"], one["state"])
    print(f"{one['id']}  {one['plate']}, asked {one['asked_at'][:10]}: {state}")
    return 0
