"""``plateward emergencies``: a danger to life opens one plate to one agency for four hours, and somebody else reviews it."""

from __future__ import annotations

from typing import Any, Literal

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import call
from plateward.cli.search import print_found
from plateward.core.plate import PlatePattern

app = cyclopts.App(
    name="emergencies", help="One plate, four hours, a named danger to life, and a review within 72 hours."
)

COLUMNS = (
    "id", "owner", "agency", "plate", "danger", "opened_by", "opened_at", "expires", "review_due", "state", "reviewed_by", "note",
)  # fmt: skip


@app.command(name="open")
def open_(agency: str, plate: str, *, danger: str, on_duty: bool = False, caller: Caller = NOBODY) -> int:
    """Open PLATE of your agency to AGENCY for four hours. Exit status 1 where it is refused; that is recorded, too.

    It passes a promise of your agency that foresees it, and never a law.

    Parameters
    ----------
    agency
        An agency of your state, by id or name.
    plate
        One whole plate.
    danger
        The danger to somebody's life, in a sentence.
    on_duty
        You are the supervisor on duty.
    """
    PlatePattern.parse(plate)
    body = {"agency": agency, "plate": plate, "danger": danger, "on_duty": on_duty}
    done = call(caller.login("emergency"), "POST", "/api/v1/emergencies", json=body)
    if caller.json_:
        print_json(done)
    elif done["refusal"]:
        print(f"Nothing was opened: {done['refusal']['why']}")
        if done["refusal"]["help"]:
            print(done["refusal"]["help"])
    else:
        one = done["emergency"]
        print(f"{one['plate']} is open to {one['agency_name']} until {one['expires'][:16]}, as {one['id']}.")
        print(f"Somebody else reviews it before {one['review_due'][:16]}.")
    return 1 if done["refusal"] else 0


@app.command(name="list")
def list_(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List the emergencies of your agency, as owner or as asker. Exit status 1 while a review is overdue.

    Parameters
    ----------
    csv
        Print them as CSV.
    """
    found: list[dict[str, Any]] = call(caller.login("emergencies"), "GET", "/api/v1/emergencies")
    if not printed_rows(found, COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            print(
                f"{one['id']} {one['state'].upper() if one['state'] == 'overdue' else one['state']}: {one['plate']} of "
                f"{one['owner']} to {one['agency_name']}, opened {one['opened_at'][:16]}: {one['danger']}"
            )
        if not found:
            print("There was no emergency.")
    return 1 if any(one["state"] == "overdue" for one in found) else 0


@app.command
def search(emergency: str, *, caller: Caller = NOBODY) -> int:
    """Search for the plate of an emergency that was opened to your agency. Exit status 1 where it is refused, or over.

    Parameters
    ----------
    emergency
        Its id.
    """
    answer = call(caller.login(), "POST", f"/api/v1/emergencies/{emergency}/search", json={})
    if caller.json_:
        print_json(answer)
    else:
        print_found(answer)
    return 0 if any(owner["allowed"] for owner in answer["owners"]) else 1


@app.command
def end(emergency: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """End an emergency of your agency before its four hours are over.

    Parameters
    ----------
    emergency
        Its id.
    note
        A note for the record.
    """
    done = call(caller.login("emergency"), "POST", f"/api/v1/emergencies/{emergency}/end", json={"note": note})
    return _told(done, caller)


@app.command
def review(
    emergency: str, verdict: Literal["justified", "unjustified"], *, note: str, caller: Caller = NOBODY
) -> int:  # fmt: skip
    """Say as somebody independent, an auditor or a privacy officer of the owner, whether an emergency was justified.

    Parameters
    ----------
    emergency
        Its id.
    verdict
        justified or unjustified.
    note
        What you found.
    """
    body = {"justified": verdict == "justified", "note": note}
    return _told(
        call(caller.login("access-log"), "POST", f"/api/v1/emergencies/{emergency}/review", json=body), caller
    )  # fmt: skip


def _told(one: dict[str, Any], caller: Caller) -> int:
    if caller.json_:
        print_json(one)
    else:
        print(f"{one['plate']} to {one['agency_name']}: {one['state']}.")
    return 0
