"""``plateward search``: find a plate through the gate of a running node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Column, Table

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.cli.times import back
from plateward.core.errors import BadInput
from plateward.core.place import Near
from plateward.core.plate import Likeness, PlatePattern


def search(
    pattern: str = "",
    *,
    reason: str,
    case: str | None = None,
    offence: str | None = None,
    on_behalf_of: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    near: str | None = None,
    reader: tuple[str, ...] = (),
    owner: tuple[str, ...] = (),
    fuzzy: bool = False,
    one_edit: bool = False,
    limit: int = 100,
    cursor: str | None = None,
    consent: int | None = None,
    caller: Caller = NOBODY,
    csv: bool = False,
) -> int:
    """Find reads of a plate, and say which owners were asked, which refused, and why.

    Parameters
    ----------
    pattern
        The plate; ? stands for one character, * for any number. Leave it out to search by place and time.
    reason
        Why you search: a reason of the policy's list, as in stolen-vehicle. Another word gets the list.
    case
        Case number.
    offence
        Offence.
    on_behalf_of
        The agency you search for, by id or name, when it is not your own.
    from_
        Earliest time, as in 2026-01-12T08:30:00-08:00 or 2026-01-12; or 24h, 7d for so long ago, yesterday, today.
    to
        Latest time.
    near
        Place as LAT,LON,METRES.
    reader
        Only this reader; may be given more than once.
    owner
        Ask only this agency; may be given more than once.
    fuzzy
        Also find look-alikes (0/O/Q/D, 1/I/L, 2/Z, 5/S, 6/G, 8/B).
    one_edit
        Also find plates that differ in one character.
    limit
        Most reads to print.
    cursor
        Where the last answer ended ("next").
    consent
        Number of the supervisor's consent, for a search that looks at people nobody named.
    csv
        Print the reads as CSV.
    """
    if fuzzy and one_edit:
        raise BadInput("--fuzzy and --one-edit exclude each other")
    likeness = Likeness.LOOK_ALIKE if fuzzy else Likeness.ONE_EDIT if one_edit else Likeness.EXACT
    if pattern:
        PlatePattern.parse(pattern, likeness)  # a typing error is told before anybody is asked
    if near:
        Near.parse(near)
    now = datetime.now(UTC)
    body: dict[str, Any] = {
        "pattern": pattern, "likeness": str(likeness), "reason": reason, "case": case, "offence": offence,
        "on_behalf_of": on_behalf_of, "from": back(from_, now), "to": back(to, now), "near": near,
        "readers": list(reader), "owners": list(owner),
        "limit": limit, "cursor": cursor, "consent": consent,
    }  # fmt: skip
    answer = call(
        caller.login(), "POST", "/api/v1/search", json={k: v for k, v in body.items() if v not in (None, [], "")}
    )
    if caller.json_:
        print_json(answer)
    elif csv:
        _print_csv(answer["reads"])
    else:
        print_found(answer)
    return 0 if any(owner["allowed"] for owner in answer["owners"]) else 1


def print_found(answer: dict[str, Any]) -> None:
    """Print what a search found and who was asked, for people."""
    console = Console(highlight=False)
    if answer.get("refusal"):
        console.print(answer["refusal"], style="bold", markup=False)
    if answer["reads"]:
        whole = (Column("Plate", no_wrap=True), Column("Time", no_wrap=True))
        table = Table(*whole, "Reader", "Agency", "Sure", "Match", caption=_caption(answer))
        for read in answer["reads"]:
            table.add_row(
                read["plate"], f"{read['read_at'][:19]}Z", read.get("reader_name") or read["reader"], read["agency"],
                f"{read['confidence']:.0%}", read["likeness"],
            )  # fmt: skip
        console.print(table)
    elif any(owner["allowed"] for owner in answer["owners"]):
        console.print("No read matches. A look-alike may have been read: try --fuzzy, or a wider time.")
    for owner in answer["owners"]:
        verdict = "answered" if owner["allowed"] else "refused"
        console.print(f"{owner['name']} {verdict}: {owner['why']}", markup=False)
        if owner.get("help") and not owner["allowed"]:
            console.print(f"  {owner['help']}", style="dim", markup=False)
    console.print(f"Access record {answer['access_record']}.", style="dim")


def _caption(answer: dict[str, Any]) -> str:
    return f"older: --cursor {answer['next']}" if answer.get("next") else ""


def _print_csv(reads: list[dict[str, Any]]) -> None:
    from plateward.formats.tables import write_csv

    columns = ("plate", "read_at", "reader", "reader_name", "agency", "confidence", "likeness", "lat", "lon", "id")
    print(write_csv(columns, ([read.get(name) for name in columns] for read in reads)), end="")
