"""``plateward exposure``: what an agency has received, ever, under which share; and what partners were alerted to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import Login, call
from plateward.formats.tables import write_csv

app = cyclopts.App(name="exposure", help="What an agency has received, and what partners were alerted to.")


@app.default
def exposure(
    agency: str,
    *,
    caller: Caller = NOBODY,
    csv: bool = False,
) -> int:
    """List everything that AGENCY and its parts received of your agency's reads, and what it was asked to delete.

    Answers to searches, emergencies, hits, exports and productions count, ever.

    Parameters
    ----------
    agency
        The receiver, by id or name.
    csv
        Print every delivery as CSV.
    """
    login = caller.login("exposure")
    found = call(login, "GET", "/api/v1/exposure", params={"agency": agency})
    if caller.json_:
        print_json(found)
        return 0
    if csv:
        from plateward.oversight.exposure import COLUMNS

        rows = ([" ".join(one[c]) if c == "shares" else one[c] for c in COLUMNS] for one in found["deliveries"])
        print(write_csv(COLUMNS, rows), end="")
        return 0
    console = Console(highlight=False)
    _print_recalls(console, found)
    if not found["deliveries"]:
        console.print(f"{found['name']} received nothing from {found['owner']} that any record tells of.", markup=False)
        return 0
    console.print(
        f"{found['name']} received {found['reads']:,} reads of {found['owner']} in {len(found['deliveries'])} deliveries:",
        markup=False,
    )
    table = Table("Kind", "Under", "Deliveries", "Reads", "First", "Last")
    for one in found["totals"]:
        table.add_row(
            one["kind"], one["share"] or "no share", str(one["deliveries"]), f"{one['reads']:,}", one["first"][:10],
            one["last"][:10],
        )  # fmt: skip
    console.print(table)
    return 0


@app.command
def alerts(
    *,
    from_: Annotated[str, Parameter(name="--from")] = "",
    to: str = "",
    partner: str = "",
    csv: bool = False,
    caller: Caller = NOBODY,
) -> int:
    """What partners' hot lists matched among your agency's reads: whose list, of which kind, on which day; never which plate.

    Parameters
    ----------
    from_
        First day, as in 2026-11-01; thirty days ago where left out.
    to
        Last day; today where left out.
    partner
        Only this agency, by id or name.
    csv
        Print every alert as CSV.
    """
    login = caller.login("exposure")
    asked = {name: value for name, value in (("from", from_), ("to", to), ("partner", partner)) if value}
    if csv:
        print(write_csv(_COLUMNS, _every(login, asked)), end="")
        return 0
    found = call(login, "GET", "/api/v1/exposure/alerts", params=asked)
    if caller.json_:
        print_json(found)
        return 0
    if not found["total"]:
        print("No partner was alerted in this time.")
        return 0
    console = Console(highlight=False)
    table = Table("Day", "Partner", "Kind of list", "Alerts")
    for one in found["counts"]:
        table.add_row(one["day"], found["names"][one["partner"]], one["kind"], f"{one['alerts']:,}")
    console.print(table)
    console.print(f"{found['total']:,} alerts; --csv lists each with its number.", markup=False)
    return 0


_COLUMNS = ("day", "partner", "kind", "share", "alert", "record")


def _every(login: Login, asked: dict[str, str]) -> Iterator[list[object]]:
    """Every alert, page by page."""
    params: dict[str, object] = dict(asked)
    while True:
        found = call(login, "GET", "/api/v1/exposure/alerts", params=params)
        yield from ([one[name] if one[name] is not None else "" for name in _COLUMNS] for one in found["alerts"])
        if found["next"] is None:
            return
        params["before"] = found["next"]


def _print_recalls(console: Console, found: dict[str, Any]) -> None:
    """What was asked back of the agency, and what it answered."""
    for one in found["recalls"]:
        answer = f"answered {one['answered_at'][:10]}: {one['answer']}" if one["answer"] else "no answer yet"
        note = f" ({one['note']})" if one["note"] else ""
        asked = f"{one['receiver']} was asked on {one['asked_at'][:10]} to delete {one['deliveries']} deliveries"
        console.print(f"{asked} under {one['share']}; {answer}{note}.", markup=False)
