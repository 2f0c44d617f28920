"""``plateward exposure``: what an agency has received, ever, from whom, under which share."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call


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
        from plateward.formats.tables import write_csv
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


def _print_recalls(console: Console, found: dict[str, Any]) -> None:
    """What was asked back of the agency, and what it answered."""
    for one in found["recalls"]:
        answer = f"answered {one['answered_at'][:10]}: {one['answer']}" if one["answer"] else "no answer yet"
        note = f" ({one['note']})" if one["note"] else ""
        asked = f"{one['receiver']} was asked on {one['asked_at'][:10]} to delete {one['deliveries']} deliveries"
        console.print(f"{asked} under {one['share']}; {answer}{note}.", markup=False)
