"""``plateward holds``: keep named reads past their time for a case, by two people, until an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import call
from plateward.cli.times import moment
from plateward.formats.tables import write_csv

app = cyclopts.App(name="holds", help="Keep named reads for a case, by two people, until an end.")

COLUMNS = (
    "id", "state", "basis", "case", "reason", "asked_for", "reads", "kept", "asked_by", "asked_at", "ends", "decided_by",
    "ended_at", "note",
)  # fmt: skip
READ_COLUMNS = ("id", "read_at", "plate", "region", "confidence", "reader", "lat", "lon", "kept_until")
Basis = Literal["investigation", "court-order", "hit", "commercial-vehicle-screening"]


@app.command
def request(
    *,
    case: str,
    reason: str,
    until: str,
    basis: Basis = "investigation",
    plate: str = "",
    reader: tuple[str, ...] = (),
    read: tuple[str, ...] = (),
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    for_: Annotated[str, Parameter(name="--for")] = "",
    caller: Caller = NOBODY,
) -> int:
    """Ask to hold reads of your agency; they are frozen until somebody else decides, 72 hours at most. Exit status 1 where refused.

    Parameters
    ----------
    case
        The case, or the court's order.
    reason
        Why, as for a search.
    until
        When the hold ends, such as 2026-12-31, or 90d from now.
    basis
        What it rests on.
    plate
        Reads of this plate.
    reader
        Reads of this reader; several may be given.
    read
        This read, by its id; several may be given.
    from_
        Reads made from then, such as 2026-12-01 or 36h for so long ago; the last day where left out.
    to
        Reads made before then; now where left out.
    for_
        Who asks, where somebody outside does: defence counsel, by name.
    """
    now = datetime.now(UTC)
    body: dict[str, Any] = {
        "case": case, "reason": reason, "basis": basis, "plate": plate, "readers": list(reader), "reads": list(read),
        "ends": moment(until, "--until", now).isoformat(), "asked_for": for_,
        "seen_from": moment(from_, "--from", now, ahead=False).isoformat() if from_ else (now - timedelta(days=1)).isoformat(),
        "seen_to": moment(to, "--to", now, ahead=False).isoformat() if to else now.isoformat(),
    }  # fmt: skip
    if read and not from_ and not to:
        body["seen_from"] = body["seen_to"] = None
    done = call(caller.login("hold"), "POST", "/api/v1/holds", json=body)
    if caller.json_:
        print_json(done)
    elif done["refusal"]:
        print(f"Nothing can be held: {done['refusal']}")
    else:
        one = done["hold"]
        print(
            f"{one['reads']:,} reads are frozen until {one['frozen_until'][:16]}; somebody else decides on {one['id']}."
        )
    return 1 if done["refusal"] else 0


@app.command
def decide(hold: str, *, approve: bool, note: str = "", caller: Caller = NOBODY) -> int:
    """Approve or refuse a hold as the second person; refusing destroys what was frozen.

    Parameters
    ----------
    hold
        Its id.
    approve
        --approve keeps the reads until the hold's end; --no-approve refuses.
    note
        Your words; needed to refuse.
    """
    body = {"approved": approve, "note": note}
    return _told(call(caller.login("hold-decide"), "POST", f"/api/v1/holds/{hold}/decision", json=body), caller.json_)


@app.command
def end(hold: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """End a hold now; its reads are destroyed at once.

    Parameters
    ----------
    hold
        Its id.
    note
        Your words.
    """
    return _told(call(caller.login("hold"), "POST", f"/api/v1/holds/{hold}/end", json={"note": note}), caller.json_)


@app.command(name="list")
def list_(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List the holds of your agency.

    Parameters
    ----------
    csv
        Print them as CSV.
    """
    found: list[dict[str, Any]] = call(caller.login("holds"), "GET", "/api/v1/holds")
    if not printed_rows(found, COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            _told(one, False)
        if not found:
            print("Nothing is held.")
    return 0


@app.command
def reads(
    hold: str, *, case: str, reason: str, export: bool = False, csv: bool = False, caller: Caller = NOBODY
) -> int:
    """Print what an approved hold keeps, for its case; that you looked is recorded. Exit status 1 where it is refused.

    Parameters
    ----------
    hold
        Its id.
    case
        The case that the reads are held for.
    reason
        Why, as for a search.
    export
        To hand them out: recorded as an export.
    csv
        Print them as CSV.
    """
    body = {"case": case, "reason": reason, "export": export}
    done = call(caller.login("search"), "POST", f"/api/v1/holds/{hold}/reads", json=body)
    if caller.json_:
        print_json(done)
    elif done["refusal"]:
        print(done["refusal"])
    elif csv:
        print(write_csv(READ_COLUMNS, ([one[name] for name in READ_COLUMNS] for one in done["reads"])), end="")
    else:
        for one in done["reads"]:
            print(f"{one['read_at'][:19]} {one['plate']} {one['reader']}, held until {one['kept_until'][:16]}")
    return 1 if done["refusal"] else 0


def _told(one: dict[str, Any], json_: bool) -> int:
    if json_:
        print_json(one)
        return 0
    states = {"asked": f"frozen until {(one['frozen_until'] or '')[:16]}", "active": f"held until {one['ends'][:16]}"}
    apart = f"set apart for counsel{', who says: ' + one['advice'] if one['advice'] else ''}"
    state = apart if one["state"] == "conflict" else states.get(one["state"], one["state"])
    print(f"{one['id']} {state}: {one['case']}, {one['reads']:,} reads named, {one['kept']:,} kept. {one['reason']}")
    return 0
