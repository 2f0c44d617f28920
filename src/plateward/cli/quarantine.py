"""``plateward quarantine``: what is set apart, to release or to drop."""

from __future__ import annotations

from typing import Any, Literal

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import call

app = cyclopts.App(name="quarantine", help="Reads from wrong clocks and messages nobody could read.")

COLUMNS = ("id", "kind", "reader", "reader_name", "received_at", "expires_at", "read_at", "size", "why")


@app.command(name="list")
def list_(*, before: int | None = None, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List what is set apart, newest first, at most 200.

    Parameters
    ----------
    before
        The id that the last page ended with.
    csv
        Print it as CSV.
    """
    query = {"before": before} if before is not None else {}
    found: list[dict[str, Any]] = call(caller.login("readers"), "GET", "/api/v1/quarantine", params=query)
    if not printed_rows(found, COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            states = f", states {one['read_at']}" if one["read_at"] else f", {one['size']:,} bytes"
            print(f"{one['id']}: {one['kind']} of {one['reader']}, came in {one['received_at']}{states}: {one['why']}")
        if not found:
            print("Nothing is set apart.")
    return 0


@app.command
def release(*ids: int, note: str, when: Literal["stated", "received"] = "stated", caller: Caller = NOBODY) -> int:
    """Store them after all. Exit status 1 where one of them has to stay.

    Parameters
    ----------
    ids
        Ids that list tells.
    note
        Why.
    when
        Which time a read gets: the one it states, or the one at which it came in.
    """
    return _decide(ids, {"action": "release", "note": note, "when": when}, caller)


@app.command
def drop(*ids: int, note: str, caller: Caller = NOBODY) -> int:
    """Delete them for good.

    Parameters
    ----------
    ids
        Ids that list tells.
    note
        Why.
    """
    return _decide(ids, {"action": "drop", "note": note}, caller)


def _decide(ids: tuple[int, ...], body: dict[str, Any], caller: Caller) -> int:
    done = call(caller.login("readers"), "POST", "/api/v1/quarantine", json={"ids": list(ids), **body})
    if caller.json_:
        print_json(done)
    else:
        verb = "dropped" if body["action"] == "drop" else "released"
        print(f"{done['decided']} {verb}; {done['stored']} reads stored, {done['duplicates']} there already.")
        for one in done["still"]:
            print(f"{one['id']} stays: {one['why']}")
    return 1 if done["still"] else 0
