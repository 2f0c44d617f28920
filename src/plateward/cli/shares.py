"""``plateward shares``: request, review, approve and stop shares through a running node.

Exit status 1 when a promise or a rule refused the step.
"""

from __future__ import annotations

from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Column, Table

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call

app = cyclopts.App(name="shares", help="Let one agency use another's reads, on terms: request, review, approve, stop.")


@app.command(name="list")
def list_(
    *, state: str | None = None, every_owner: bool = False, caller: Caller = NOBODY,
    csv: bool = False,
) -> int:  # fmt: skip
    """List the shares your agency gives and gets, and the requests for them.

    Parameters
    ----------
    state
        Only those in this state: requested, reviewed, refused, active, suspended, expired or revoked.
    every_owner
        Those of every owner on the node.
    csv
        Print CSV.
    """
    query = {"every_owner": str(every_owner).lower()} | ({"state": state} if state else {})
    found = call(caller.login("exposure"), "GET", "/api/v1/shares", params=query)
    if caller.json_:
        print_json(found)
    elif csv:
        _print_csv(found)
    else:
        table = Table(
            Column("Share", no_wrap=True),
            "Owner",
            "Receiver",
            "State",
            "May",
            Column("Until", no_wrap=True),
            "Promises",
        )
        for one in found:
            table.add_row(
                one["id"], one["owner_name"], one["receiver_name"], one["state"], ", ".join(one["grants"]),
                one["expires"][:10], "refused" if one["refusal"] else "",
            )  # fmt: skip
        Console(highlight=False).print(table if found else "There is no share and no request.")
    return 0


@app.command
def show(share: str, *, caller: Caller = NOBODY) -> int:
    """Show one share: who the receiver really is, the promises touched, whom it passes on to, and the share's life.

    Parameters
    ----------
    share
        Id of the share.
    """
    found = call(caller.login("exposure"), "GET", f"/api/v1/shares/{share}")
    if caller.json_:
        print_json(found)
    else:
        _print_details(found)
    return 0


@app.command
def request(
    owner: str,
    *,
    receiver: tuple[str, ...],
    words: str,
    grant: tuple[str, ...] = ("search",),
    purpose: tuple[str, ...] = (),
    look_back: int = 30,
    days: int = 365,
    onward: bool = False,
    caller: Caller = NOBODY,
) -> int:
    """Request a share of an owner's reads; each receiver is a request of its own.

    Parameters
    ----------
    owner
        The agency whose reads are asked for, by id or name.
    receiver
        Who would receive them, by id or name; may be given more than once.
    words
        What the receiver needs the reads for.
    grant
        What the receiver may do: search, hits, pictures, exact-location, export; may be given more than once.
    purpose
        Only for this reason; may be given more than once. Left out: any listed reason.
    look_back
        Days that the receiver may look back.
    days
        Days that the share lasts, at most 365.
    onward
        Whether the receiver may pass on what it gets.
    """
    body = {
        "owner": owner, "receivers": list(receiver), "words": words, "grants": list(grant), "purposes": list(purpose),
        "look_back_days": look_back, "days": days, "onward": onward,
    }  # fmt: skip
    made = call(caller.login("share-request"), "POST", "/api/v1/shares", json=body)
    if caller.json_:
        print_json(made)
        return 0
    for one in made:
        share = one["share"]
        print(f"{share['id']}: {share['receiver_name']} asks {share['owner_name']}; it waits for a review.")
        if share["refusal"]:
            print(f"  The promises in force refuse it: {share['refusal']['why']}")
    return 0


@app.command
def review(
    share: str,
    *,
    right: Annotated[bool, Parameter(negative="--no-right")],
    need: Annotated[bool, Parameter(negative="--no-need")],
    note: str,
    caller: Caller = NOBODY,
) -> int:
    """Review a request: has the receiver a right to the reads, and a need for them? See ``shares show`` first.

    Parameters
    ----------
    share
        Id of the share.
    right
        Whether the receiver has a right to the reads.
    need
        Whether it has a need.
    note
        Why: which law or agreement, what need.
    """
    body = {"has_right": right, "has_need": need, "note": note}
    return _did(call(caller.login("share-review"), "POST", f"/api/v1/shares/{share}/review", json=body), caller.json_)


@app.command
def approve(share: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Approve one reviewed share, as a second person with the privacy role. There is no way to approve two at once.

    Parameters
    ----------
    share
        Id of the share.
    note
        A note for the record.
    """
    return _did(
        call(caller.login("share-approve"), "POST", f"/api/v1/shares/{share}/approve", json={"note": note}),
        caller.json_,
    )


@app.command
def refuse(share: str, *, why: str, caller: Caller = NOBODY) -> int:
    """Refuse a request.

    Parameters
    ----------
    share
        Id of the share.
    why
        The reason.
    """
    return _did(
        call(caller.login("share-review"), "POST", f"/api/v1/shares/{share}/refuse", json={"why": why}), caller.json_
    )


@app.command
def suspend(share: str, *, why: str, caller: Caller = NOBODY) -> int:
    """Suspend a share, effective with the next decision; what went out is reported and recalled.

    Parameters
    ----------
    share
        Id of the share.
    why
        The reason.
    """
    return _did(call(caller.login("brake"), "POST", f"/api/v1/shares/{share}/suspend", json={"why": why}), caller.json_)


@app.command
def revoke(share: str, *, why: str, recall: bool = False, caller: Caller = NOBODY) -> int:
    """End a share for good.

    Parameters
    ----------
    share
        Id of the share.
    why
        The reason.
    recall
        Ask the receiver to delete what it got.
    """
    body = {"why": why, "recall": recall}
    return _did(call(caller.login("share-review"), "POST", f"/api/v1/shares/{share}/revoke", json=body), caller.json_)


@app.command
def rules(*, cap: int | None = None, head: str | None = None, caller: Caller = NOBODY) -> int:
    """Set your agency's rules for sharing, both at once; what is left out is not limited. Anybody can read the cap.

    Parameters
    ----------
    cap
        At most so many receivers.
    head
        Account of the agency's head, who is audited and approves no share.
    """
    done = call(caller.login("share-approve"), "POST", "/api/v1/sharing/rules", json={"cap": cap, "head": head})
    if caller.json_:
        print_json(done)
    else:
        limit = "any number of" if done["cap"] is None else f"at most {done['cap']}"
        print(f"Your agency shares with {limit} receivers; its head is {done['head'] or 'not named'}.")
    return 0


def _did(answer: dict[str, Any], as_json: bool) -> int:
    """Print what came of a step; 1 where it was refused."""
    refusal, share = answer["refusal"], answer["share"]
    if as_json:
        print_json(answer)
    else:
        print(f"{share['id']} of {share['owner_name']} with {share['receiver_name']} is {share['state']}.")
        if refusal:
            print(f"Refused: {refusal['why']}")
            if refusal["help"]:
                print(f"Who can help: {refusal['help']}")
    return 1 if refusal else 0


def _print_details(found: dict[str, Any]) -> None:
    share, names = found["share"], found["names"]
    print(f"{share['id']}: {share['owner_name']} with {share['receiver_name']}, {share['state']}")
    print(
        f"  may {', '.join(share['grants'])}; looks back {share['look_back_days']} days; until {share['expires'][:10]}"
    )
    print(f"  passing on: {'allowed' if share['onward'] else 'not allowed'}")
    print(f"  receiver: {' → '.join(names.get(agency, agency) for agency in found['chain'])}")
    print(f"  is: {', '.join(found['components']) or 'of no component'}")
    print(f"  287(g) agreement with ICE: {'yes' if found['works_with_ice'] else 'none known'}")
    for one in found["promises"]:
        what = "refuses it" if one["refuses"] else f"refuses {', '.join(one['purposes'])}"
        print(f"  {one['promise']} {what}: {one['sentence']}")
    if found["documents"]:
        print(f"  documents on file: {', '.join(found['documents'])}")
    for way in found["passes_on"]:
        steps = " → ".join(
            [names.get(way[0]["source"], way[0]["source"]), *(names.get(s["target"], s["target"]) for s in way)]
        )
        print(f"  can reach: {steps}")
    for step in share["steps"]:
        print(f"  {step['at'][:16]} {step['state']} by {step['by_name']}: {step['why']}")
    if share["refusal"]:
        print(f"The promises in force refuse it: {share['refusal']['why']}")


def _print_csv(found: list[dict[str, Any]]) -> None:
    from plateward.formats.tables import write_csv

    columns = ("id", "owner", "receiver", "state", "grants", "look_back_days", "onward", "begins", "expires", "refusal")
    rows = (
        [*(one[name] if name != "grants" else " ".join(one["grants"]) for name in columns[:-1]),
         one["refusal"]["why"] if one["refusal"] else ""]
        for one in found
    )  # fmt: skip
    print(write_csv(columns, rows), end="")
