"""``plateward notices``: what your agency was told of its shares and documents, and saying that you saw it."""

from __future__ import annotations

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call

app = cyclopts.App(
    name="notices", help="What your agency must know: shares that suspended themselves, recalls, lapsed documents."
)


@app.command(name="list")
def list_(*, unseen: bool = False, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List notices, the latest first.

    Parameters
    ----------
    unseen
        Only those nobody has seen.
    csv
        Print CSV.
    """
    found = call(caller.login("exposure"), "GET", "/api/v1/notices", params={"unseen": str(unseen).lower()})
    if caller.json_:
        print_json(found)
    elif csv:
        from plateward.formats.tables import write_csv

        columns = ("number", "at", "subject", "sentence", "seen_by", "seen_at")
        print(write_csv(columns, ([one[name] for name in columns] for one in found)), end="")
    else:
        for one in found:
            seen = f"seen by {one['seen_by']}" if one["seen_at"] else "new"
            print(f"{one['number']}  {one['at'][:16]}  {seen}\n    {one['sentence']}")
        if not found:
            print("There is no notice.")
    return 0


@app.command
def see(*numbers: int, caller: Caller = NOBODY) -> int:
    """Say that you saw notices; that is recorded.

    Parameters
    ----------
    numbers
        Numbers of the notices; none: all.
    """
    done = call(caller.login("exposure"), "POST", "/api/v1/notices/seen", json={"numbers": list(numbers)})
    if caller.json_:
        print_json(done)
    else:
        print(f"{done['seen']} notices that nobody had seen.")
    return 0
