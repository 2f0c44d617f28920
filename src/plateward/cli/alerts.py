"""``plateward alerts``: see alerts, decide them, say what came of them, watch them come, and the figures of lists and readers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import cyclopts
import httpx
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import Login, call, problem_of
from plateward.core.errors import BadInput

app = cyclopts.App(name="alerts", help="See alerts, decide them, and say what came of them.")

Shelf = Literal["open", "decided", "late", "all"]
Decision = Literal["confirmed", "misread", "wrong-state", "stale", "not-acted"]

AGAIN_S = 3.0
"""After a lost connection, when to try anew."""


@app.command(name="list")
def list_(
    *, shelf: Shelf = "open", hotlist: str | None = None, limit: int = 50, cursor: str | None = None, caller: Caller = NOBODY
) -> int:  # fmt: skip
    """List the alerts that your agency received, the latest first.

    Parameters
    ----------
    shelf
        open (nobody has decided), decided, late, or all.
    hotlist
        Only those of this hot list, by its id.
    limit
        Most alerts to print.
    cursor
        Where the last answer ended ("next").
    """
    asked = {"shelf": shelf, "list": hotlist, "limit": limit, "cursor": cursor}
    params = {name: value for name, value in asked.items() if value is not None}
    answer = call(caller.login("alerts"), "GET", "/api/v1/alerts", params=params)
    if caller.json_:
        print_json(answer)
    else:
        _print_list(answer)
    return 0 if any(owner["allowed"] for owner in answer["owners"]) else 1


def _lines(one: dict[str, Any]) -> tuple[str, str, str]:
    """An alert in three lines that fit any terminal: what was read, why it is wanted, and its id for the next command."""
    listed, read = (_plate(one[f"{which}_plate"], one[f"{which}_state"]) for which in ("listed", "read"))
    state = {True: "same state", False: "OTHER STATE", None: "state unknown"}[one["same_state"]]
    return (
        f"{listed} listed, {read} read: {one['how']}, {state}, {one['confidence']:.0%} sure",
        f"    {one['kind']}, at {one['reader_name']}, {one['read_at'][:19]}, {one['state']}",
        f"    {one['id']}",
    )


def _print_list(answer: dict[str, Any]) -> None:
    console = Console(highlight=False)
    if answer["alerts"]:
        for one in answer["alerts"]:
            console.print("\n".join(_lines(one)), markup=False, soft_wrap=True)
        console.print(answer["alerts"][0]["verify"], style="bold", markup=False)
    elif any(owner["allowed"] for owner in answer["owners"]):
        console.print(
            "No such alert. Those of reads that came in late, and decided ones, are on other shelves: --shelf all"
        )
    for owner in answer["owners"]:
        if not owner["allowed"]:
            console.print(f"{owner['name']} refused: {owner['why']}", markup=False)
    if answer["next"]:
        console.print(f"older: --cursor {answer['next']}", style="dim", markup=False)


def _plate(text: str, state: str | None) -> str:
    return f"{text} {state}" if state else text


@app.command
def show(alert: str, *, caller: Caller = NOBODY) -> int:
    """Show one alert with its history.

    Parameters
    ----------
    alert
        The alert's id.
    """
    return _print_one(call(caller.login("alerts"), "GET", f"/api/v1/alerts/{_id(alert)}"), caller)


def _id(text: str) -> str:
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        raise BadInput(f"{text!r} is no id of an alert; 'plateward alerts list' shows them", where="alert") from None


def _print_one(answer: dict[str, Any], caller: Caller) -> int:
    if caller.json_:
        print_json(answer)
        return 0 if answer["alert"] else 1
    console = Console(highlight=False, soft_wrap=True)
    one = answer["alert"]
    if one is None:
        for owner in answer["owners"]:
            console.print(
                f"{owner['name']} {'has no such alert for you' if owner['allowed'] else 'refused'}: {owner['why']}",
                markup=False,
            )
        return 1
    for line in _facts(one):
        console.print(line, markup=False)
    for step in answer["steps"]:
        note = f": {step['note']}" if step["note"] else ""
        console.print(
            f"  {step['at']} {step['step']} by {step['by_name'] or step['agency']}{note}", style="dim", markup=False
        )
    if one["state"] in ("new", "seen"):
        console.print(one["verify"], style="bold", markup=False)
    return 0


def _facts(one: dict[str, Any]) -> Iterator[str]:
    case = f", case {one['case']}" if one["case"] else ""
    yield f"listed  {_plate(one['listed_plate'], one['listed_state'])}: {one['kind']}, {one['reason']}{case}"
    same = {True: "same state", False: "ANOTHER STATE", None: "state not known"}[one["same_state"]]
    yield f"read    {_plate(one['read_plate'], one['read_state'])}: {one['how']}, {same}, {one['confidence']:.0%} sure"
    more = f", {one['reads']} reads of one pass" if one["reads"] > 1 else ""
    yield f"at      {one['reader_name']}, {one['read_at']}{more}"
    since = f", listed {one['listed_at']}" if one["listed_at"] else ""
    yield f"list    {one['list_name']} of {one['list_owner']}{since}"
    ended, late = f", {one['outcome']}" if one["outcome"] else "", ", came late" if one["late"] else ""
    yield f"stands  {one['state']}{ended}{late}"


@app.command
def confirm(alert: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Confirm an alert: you compared plate, state and vehicle with the picture. Only then other systems hear of it.

    Parameters
    ----------
    alert
        The alert's id.
    note
        A word for the history.
    """
    return decide(alert, "confirmed", note=note, caller=caller)


@app.command
def decide(alert: str, decision: Decision, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Say what comparing plate and picture showed. Changing a decision needs a note.

    Parameters
    ----------
    alert
        The alert's id.
    decision
        confirmed, misread, wrong-state, stale or not-acted.
    note
        Why, in a few words.
    """
    body = {"decision": decision, "note": note}
    return _print_one(call(caller.login("alerts"), "POST", f"/api/v1/alerts/{_id(alert)}/decision", json=body), caller)


@app.command
def outcome(alert: str, what: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Say what came of an alert that was decided.

    Parameters
    ----------
    alert
        The alert's id.
    what
        stop, arrest, recovered, found, nothing, wrongful-stop or other.
    note
        A few words.
    """
    body = {"outcome": what, "note": note}
    return _print_one(call(caller.login("alerts"), "POST", f"/api/v1/alerts/{_id(alert)}/outcome", json=body), caller)


@app.command
def watch(
    *, after: int | None = None, count: Annotated[int, Parameter(name="--count")] = 0, caller: Caller = NOBODY
) -> int:
    """Print alerts as they are raised or change, one a line, for as long as you may see them. Lost connections lose nothing.

    Parameters
    ----------
    after
        Begin after this change ("head" of a list); from now on where left out.
    count
        Stop after so many; 0 for never.
    """
    call(caller.login("alerts"), "GET", "/api/v1/me")  # renews a login that has ended, and says where nobody answers
    login, heard = caller.login("alerts"), after
    printed = 0
    while True:
        try:
            for number, one in _stream(login, heard):
                heard = number
                print(json.dumps(one, ensure_ascii=False) if caller.json_ else _line(one), flush=True)
                printed += 1
                if count and printed >= count:
                    return 0
            return 0
        except httpx.TransportError:
            time.sleep(AGAIN_S)


def _stream(login: Login, after: int | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Changes and their alerts until the node says that it is over. Raises httpx.TransportError when the connection breaks."""
    headers = {"Authorization": f"Bearer {login.token}"} | ({"Last-Event-ID": str(after)} if after is not None else {})
    with httpx.stream(
        "GET", f"{login.address}/api/v1/alerts/stream", headers=headers, timeout=httpx.Timeout(60, connect=5)
    ) as answer:
        if not answer.is_success:
            answer.read()
            raise problem_of(answer)
        number, name = 0, ""
        for line in answer.iter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                number = int(value)
            elif field == "event":
                name = value
            elif field == "data" and name == "alert":
                yield number, json.loads(value)
            elif field == "data" and name == "over":
                return


def _line(one: dict[str, Any]) -> str:
    read = "" if one["read_plate"] == one["listed_plate"] else f" (read {one['read_plate']})"
    return f"{one['read_at'][:19]} {one['state']:<11} {one['listed_plate']}{read} {one['kind']} at {one['reader_name']} {one['id']}"


@app.command
def figures(
    *,
    from_: Annotated[str, Parameter(name="--from")] = "",
    to: str = "",
    csv: bool = False,
    caller: Caller = NOBODY,
) -> int:
    """How often alerts were right, by list and by reader: confirmed, misread, wrong state, stale.

    Parameters
    ----------
    from_
        First day, as in 2026-11-01; thirty days ago where left out.
    to
        Last day; today where left out.
    csv
        Print the table as CSV.
    """
    params = {name: value for name, value in (("from", from_), ("to", to)) if value}
    found = call(caller.login("alerts"), "GET", "/api/v1/alerts/figures", params=params)
    lines = [
        ("all", found["total"]),
        *(("list", one) for one in found["lists"]),
        *(("reader", one) for one in found["readers"]),
    ]
    if caller.json_:
        print_json(found)
    elif csv:
        _print_csv(lines)
    else:
        _print_figures(lines)
    return 0


def _print_figures(lines: list[tuple[str, dict[str, Any]]]) -> None:
    table = Table(
        "By", "Name", "Alerts", "Open", "Confirmed", "Misread", "Wrong state", "Stale", "Not acted", "Late", "Wrong"
    )
    for by, one in lines:
        wrong = "" if one["share_false"] is None else f"{one['share_false']:.0%}"
        counts = (
            one[name]
            for name in ("alerts", "open", "confirmed", "misread", "wrong_state", "stale", "not_acted", "late")
        )
        table.add_row(by, one["name"] or one["id"], *(f"{count:,}" for count in counts), wrong)
    Console(highlight=False).print(table)


def _print_csv(lines: list[tuple[str, dict[str, Any]]]) -> None:
    from plateward.formats.tables import write_csv

    names = [name for name in lines[0][1] if name != "outcomes"]
    print(write_csv(["by", *names], ([by, *(one[name] for name in names)] for by, one in lines)), end="")
