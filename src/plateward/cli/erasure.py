"""``plateward erasure``: erase bodies of ledger entries before their time, which takes two people and a public event."""

from __future__ import annotations

from typing import Any

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call

app = cyclopts.App(name="erasure", help="Erase bodies of ledger entries before their time.")


@app.command
def request(*entries: int, basis: str, caller: Caller = NOBODY) -> int:
    """Ask to erase the bodies of entries. A second person decides.

    Parameters
    ----------
    entries
        Numbers of the entries.
    basis
        The law or order it rests on.
    """
    body = {"entries": list(entries), "basis": basis}
    return _told(call(caller.login("access-log"), "POST", "/api/v1/erasures", json=body), caller.json_)


@app.command(name="list")
def listed(*, caller: Caller = NOBODY) -> int:
    """Print what was asked for, and what became of it."""
    found: list[dict[str, Any]] = call(caller.login("access-log"), "GET", "/api/v1/erasures")
    if caller.json_:
        print_json(found)
        return 0
    for one in found:
        _told(one, False)
    return 0


@app.command
def decide(erasure: str, *, approve: bool, note: str = "", caller: Caller = NOBODY) -> int:
    """Approve, which erases at once, or refuse, as the second person.

    Parameters
    ----------
    erasure
        The request's id.
    approve
        --approve erases; --no-approve refuses.
    note
        Your words.
    """
    body = {"approved": approve, "note": note}
    return _told(call(caller.login("access-log"), "POST", f"/api/v1/erasures/{erasure}", json=body), caller.json_)


def _told(one: dict[str, Any], json_: bool) -> int:
    if json_:
        print_json(one)
        return 0
    state = "waits for a second person" if one["approved"] is None else "erased" if one["approved"] else "refused"
    print(f"{one['id']}: entries {', '.join(map(str, one['entries']))}: {state}. {one['basis']}")
    return 0
